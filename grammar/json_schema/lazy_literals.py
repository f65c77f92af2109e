"""A long list of numbers as one terminal, its states made when they are read.

The table of 100,000 values and all their spellings (`number_literals`) takes seconds; a text visits a few of its states. Here the words
of `number_literals` stay two sorted lists, plain words and mantissa words, and a state is the range of either list that begins with what
was read, found by bisection:

    plain, mantissa    ranges ``[lo, hi)`` of words with the prefix read
    value, tail        whether what was read, up to zeros behind the point, is itself a plain word; and the mantissa word it is, if any
    depth, digits      length of the prefix; significant digits in it, where they are limited (0 otherwise)

Zeros behind a point change neither value nor mantissa, so no words need be added for them as in the table.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Hashable, Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from maskwright.automata.alphabet import NONE
from maskwright.automata.program import LazyState, LazyTerminal

from .number_literals import EXPONENT_DIGITS, mantissa_word, plain_word
from .number_spelling import EXACT, Style

_ZERO, _POINT, _PLUS, _MINUS, _EXPONENTS = 0x30, 0x2E, 0x2B, 0x2D, b"eE"
_FAR = 1 << 30

Span = tuple[int, int]


class _Read(NamedTuple):
    """A prefix of a number before any exponent; see the module. ``tail`` is a position in the list of mantissa words."""

    plain: Span
    mantissa: Span
    value: bool
    tail: int
    behind: int
    depth: int
    digits: int


class _Exponent(NamedTuple):
    """An exponent being read: of which mantissa word, its sign (0: none yet), its digits without leading zeros, how many digits in all."""

    word: int
    sign: int
    text: str
    read: int


class ListedNumbers(LazyTerminal):
    """All spellings of finitely many numbers; the only label is 0.

    Parameters
    ----------
    values : iterable of Fraction
        Finite decimals.
    style : Style
        As for `number_literals.literal_dfa`.
    name : str
        What `describe` says.
    """

    __slots__ = ("_costs", "_exponents", "_key", "_mantissas", "_name", "_plains", "_significant", "_width")

    def __init__(self, values: Iterable[Fraction], style: Style = EXACT, name: str = "a number"):
        plains = []
        exponents: dict[str, set[int]] = {}
        for value in values:
            word = plain_word(value)
            plains.append(word)
            if value and (style.significant is None or value.denominator != 1):
                mantissa, exponent = mantissa_word(word)
                exponents.setdefault(mantissa, set()).add(exponent)
        if "0" in plains:
            plains.append("-0")
        self._plains = sorted(plains)
        self._mantissas = sorted(exponents)
        self._exponents = [frozenset(exponents[word]) for word in self._mantissas]
        self._significant = style.significant
        self._width = 0 if style.significant is None else EXPONENT_DIGITS
        ends = [len(word) + 1 + min(map(_exponent_cost, exponents[word])) for word in self._mantissas]
        self._costs = np.array([len(word) for word in self._plains], np.int64), np.array(ends, np.int64)
        self._name = name
        digest = hashlib.blake2b("\n".join(self._plains).encode(), digest_size=16).digest()
        self._key = ("numbers", digest, style.significant)

    @property
    def key(self) -> Hashable:
        return self._key

    def describe(self, label: int) -> str:
        """Return the first numbers."""
        return f"{self._name} ({', '.join(self._plains[:3])}, ...)"

    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state."""
        return _Read((0, len(self._plains)), (0, len(self._mantissas)), False, NONE, NONE, 0, 0)

    def expand(self, state: Hashable) -> LazyState:
        """Return the edges of a state."""
        return self._expand_exponent(state) if isinstance(state, _Exponent) else self._expand_prefix(state)  # type: ignore[arg-type]

    # -- before the exponent

    def _expand_prefix(self, read: _Read) -> LazyState:
        edges: dict[int, Hashable] = {}
        accepts = read.value and read.behind != 0
        for byte in self._next_bytes(read):
            target = self._after(read, byte)
            if target is not None:
                edges[byte] = target
        if read.tail != NONE and read.behind != 0:
            for byte in _EXPONENTS:
                edges[byte] = _Exponent(read.tail, 0, "", 0)
        return LazyState(edges, (0,) if accepts else (), None, {0: self._least(read)})

    def _next_bytes(self, read: _Read) -> set[int]:
        """Return the bytes that may go on, those of words exactly and those of zeros behind the point at most."""
        found = set()
        for words, (at, hi) in ((self._plains, read.plain), (self._mantissas, read.mantissa)):
            while at < hi:
                if len(words[at]) == read.depth:
                    at += 1
                    continue
                char = words[at][read.depth]
                found.add(ord(char))
                at = bisect_left(words, words[at][: read.depth] + chr(ord(char) + 1), at, hi)
        if read.value or read.tail != NONE:
            found.add(_POINT if read.behind == NONE else _ZERO)
        return found

    def _after(self, read: _Read, byte: int) -> _Read | None:
        """Return the state after a byte, None if it is dead."""
        plain = _narrowed(self._plains, read.plain, read.depth, byte)
        mantissa = _narrowed(self._mantissas, read.mantissa, read.depth, byte)
        depth, behind, digits = read.depth + 1, read.behind, read.digits
        if byte == _POINT:
            value = read.value and self._significant is None
            after = _Read(plain, mantissa, value, read.tail, 0, depth, digits)
            return None if self._dead(after) else after
        if byte not in (_MINUS, _POINT):
            behind = min(behind + 1, 1) if behind != NONE else NONE
            if self._significant is not None:
                digits += bool(digits or byte > _ZERO)
        padded = byte == _ZERO and behind != NONE
        room = self._significant is None or digits <= self._significant
        value = _is_word(self._plains, plain, depth) or (padded and room and read.value)
        tail = mantissa[0] if _is_word(self._mantissas, mantissa, depth) else read.tail if padded and room else NONE
        after = _Read(plain, mantissa, value, tail, behind, depth, digits)
        return None if self._dead(after) else after

    def _dead(self, read: _Read) -> bool:
        """Return whether nothing can come of a prefix."""
        if read.plain[0] < read.plain[1] or read.mantissa[0] < read.mantissa[1]:
            return False
        if read.behind == 0 and self._significant is not None and read.digits >= self._significant:
            return True
        return not read.value and read.tail == NONE

    def _least(self, read: _Read) -> int:
        """Return the least number of bytes to a lexeme."""
        if read.value and read.behind != 0:
            return 0
        best = _FAR
        for costs, (lo, hi) in zip(self._costs, (read.plain, read.mantissa)):
            if lo < hi:
                best = min(best, int(costs[lo:hi].min()) - read.depth)
        zeros = 1 if read.behind == 0 else 0
        room = not zeros or self._significant is None or read.digits < self._significant
        if read.value and room:
            best = min(best, zeros)
        if read.tail != NONE and room:
            best = min(best, zeros + 1 + min(map(_exponent_cost, self._exponents[read.tail])))
        return best

    # -- the exponent

    def _goals(self, at: _Exponent) -> list[str]:
        """Return the digits, without leading zeros, of the exponents that are still possible."""
        numbers = self._exponents[at.word]
        allowed = [n for n in numbers if (n <= 0 if at.sign < 0 else n >= 0)]
        return [text for text in (str(abs(n)) if n else "" for n in allowed) if text.startswith(at.text)]

    def _expand_exponent(self, at: _Exponent) -> LazyState:
        if not at.sign:
            edges: dict[int, Hashable] = {}
            costs = []
            for byte, sign in ((_MINUS, -1), (_PLUS, 1)):
                signed = at._replace(sign=sign)
                if self._goals(signed):
                    edges[byte] = signed
                    here = self._expand_exponent(signed)
                    costs.append(here.costs[0] + (sign < 0))
                    if sign > 0:
                        edges.update(here.edges)
            return LazyState(edges, (), None, {0: min(costs)})
        goals = self._goals(at)
        left = self._width - at.read if self._width else _FAR
        accepts = at.read > 0 and at.text in goals
        edges = {}
        for text in goals:
            if len(text) > len(at.text) and len(text) - len(at.text) <= left:
                digit = text[len(at.text)]
                edges[ord(digit)] = at._replace(text=at.text + digit, read=self._counted(at))
        if not at.text and left > 0 and any(len(text) < left for text in goals):
            edges[_ZERO] = at._replace(read=self._counted(at))
        cost = 0 if accepts else min(max(len(text) - len(at.text), at.read == 0) for text in goals)
        return LazyState(edges, (0,) if accepts else (), None, {0: cost})

    def _counted(self, at: _Exponent) -> int:
        return at.read + 1 if self._width else 1


def _exponent_cost(exponent: int) -> int:
    return len(str(exponent))


def _narrowed(words: list[str], span: Span, depth: int, byte: int) -> Span:
    """Return the words of a span, alike up to ``depth``, that go on with ``byte``."""
    lo, hi = span
    if lo < hi and len(words[lo]) == depth:
        lo += 1
    if lo >= hi:
        return (0, 0)
    prefix = words[lo][:depth]
    first = bisect_left(words, prefix + chr(byte), lo, hi)
    last = bisect_left(words, prefix + chr(byte + 1), first, hi)
    return (first, last) if first < last else (0, 0)


def _is_word(words: list[str], span: Span, depth: int) -> bool:
    return span[0] < span[1] and len(words[span[0]]) == depth
