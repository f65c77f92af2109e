"""A long list of texts as a terminal whose trie is never built: a state is a range of the sorted list and a depth.

The texts of a range agree on the first ``depth`` bytes. A byte leads to the part of the range that has it next, found by bisection. So a
million texts cost a sort, and what decoding visits; an explicit trie of them would be some ten million states.

>>> listed = ListedTexts([b"ab", b"abc", b"b"])
>>> listed.expand(listed.start(frozenset({0}))).own
{97: (0, 2, 1), 98: (2, 3, 1)}
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from typing import cast

import numpy as np

from maskwright.automata.program import LazyState, LazyTerminal, Program, RuleState, Scan

Range = tuple[int, int, int]


class ListedTexts(LazyTerminal):
    """One of many texts; its only label is 0.

    Accepting states may have edges, where a text begins another one; there is no shared terminal to fall into.

    Parameters
    ----------
    texts : iterable of bytes
        At least one, none of them empty.
    name : str
        What errors call it.
    """

    __slots__ = ("_key", "_lengths", "_name", "_texts")

    def __init__(self, texts: Iterable[bytes], name: str = "one of the texts"):
        self._texts = sorted(set(texts))
        self._name = name
        self._lengths = np.fromiter(map(len, self._texts), np.int32, len(self._texts))
        digest = blake2b(b"".join(self._texts), digest_size=16)
        digest.update(self._lengths.tobytes())
        self._key = ("listed texts", digest.digest())

    @property
    def key(self) -> Hashable:
        return self._key

    def describe(self, label: int) -> str:
        return self._name

    def start(self, labels: frozenset[int]) -> Range:
        return 0, len(self._texts), 0

    def expand(self, state: Hashable) -> LazyState:
        low, high, depth = cast(Range, state)
        texts = self._texts
        accepts = len(texts[low]) == depth
        at = low + accepts
        own: dict[int, Hashable | None] = {}
        prefix = texts[low][:depth]
        while at < high:
            byte = texts[at][depth]
            after = high if byte == 255 else bisect_left(texts, prefix + bytes([byte + 1]), at, high)
            own[byte] = (at, after, depth + 1)
            at = after
        return LazyState(own, (0,) if accepts else (), None, {0: int(self._lengths[low:high].min()) - depth})


class ListedProgram(Program):
    """The program of a `ListedTexts`."""

    def __init__(self, terminal: ListedTexts):
        self.start = 0
        self._scan = Scan(terminal, 0, 1)
        self._cost = terminal.expand(terminal.start(frozenset({0}))).costs[0]

    def expand(self, state: int) -> RuleState:
        return RuleState(True, (), (), 0) if state else RuleState(False, (self._scan,), (), self._cost)

    def where(self, state: int) -> str:
        return self._scan.terminal.describe(0)
