"""A list of strings as one terminal, made on demand.

Spelled out, 100,000 strings with all their escapes are some ten million byte states, and even three words take 2 ms. As sorted UTF-8 they
are a trie without nodes (`keys`): this terminal is that trie with one label for all strings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable

import numpy as np

from maskwright.automata.kernels import KERNELS
from maskwright.automata.keytries import key_trie

from .keys import _ALL, _OPENING, KeyTrieTerminal, Place

#: bytes of all strings together up to which compiled code makes a trie of them in some 0.1 s, and of 18 times the size at most
_QUICK_BYTES = 2**24
#: strings that messages name; of the others no Python objects are kept, which the garbage collector would have to look at
_SHOWN = 3


class ListedStrings(KeyTrieTerminal):
    """The JSON texts of finitely many strings; the only label is 0.

    Parameters
    ----------
    texts : iterable of str
        Distinct, without lone surrogates.
    plain : bool
        Only spellings without needless escapes.

    Examples
    --------
    >>> terminal = ListedStrings(["up", "down"])
    >>> terminal.expand(terminal.start(frozenset({0}))).costs
    {0: 4}
    """

    __slots__ = ()

    def __init__(self, texts: Iterable[str], plain: bool = False):
        ordered = sorted(texts)  # by code points, which is the order of their UTF-8
        joined = "".join(ordered)
        data = joined.encode("utf-8")
        sizes = map(len, ordered if len(data) == len(joined) else map(str.encode, ordered))
        offsets = np.zeros(len(ordered) + 1, np.int32)
        np.cumsum(np.fromiter(sizes, np.int32, len(ordered)), out=offsets[1:])
        digest = hashlib.blake2b(offsets.tobytes(), digest_size=16)
        digest.update(data)
        self._raws = None
        self._packed = np.frombuffer(data + b"\0", np.uint8), offsets
        labels = np.zeros(len(ordered), np.int64)
        self._begin(tuple(ordered[: _SHOWN + 1]), labels, None, plain, ("plain listed" if plain else "listed", digest.digest()))

    def prepare(self) -> None:
        """Make the trie now, if that is quick, so that no mask waits for it."""
        data, offsets = self._pack
        if KERNELS.compiled and not self._plain and len(data) <= _QUICK_BYTES:
            self._trie = key_trie(data, offsets)

    @property
    def _num_labels(self) -> int:
        return 1

    def _costs_of(self, labels: frozenset[int] | bool, fallen: int, low: int, high: int, depth: int) -> dict[int, int]:
        return self._costs(_ALL, 0, (low, high, depth, ""))

    def describe(self, label: int) -> str:
        """Return the first strings."""
        shown = ", ".join(f'"{text}"' for text in self.keys[:_SHOWN])
        return f"one of {shown}, ..." if len(self.keys) > _SHOWN else f"one of {shown}"

    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state."""
        return (_OPENING, _ALL, False)

    def _costs(self, wanted: int, fallen: int, place: Place) -> dict[int, int]:
        lo, hi, depth, read = place
        if not read:
            return {0: int(self._total[lo:hi].min()) - self._spent(lo, depth)}
        best = []
        for escapes, first, last, end in self._next_chars(lo, hi, depth):
            left = [len(escape) - len(read) for escape in escapes if escape.startswith(read)]
            if left:
                best.append(int(self._total[first:last].min()) + min(left) - self._spent(first, end))
        return {0: min(best)}
