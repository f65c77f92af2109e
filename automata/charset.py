"""Sets of Unicode scalar values, and the UTF-8 byte sequences they are spelled with.

A `CharSet` is a tuple of inclusive ranges ``(lo, hi)``, sorted, disjoint and never adjacent, so equal sets are equal tuples. The
universe is the 1,112,064 scalar values: 0..0x10FFFF without the surrogates 0xD800..0xDFFF, which no UTF-8 text contains. The
invariant is ``ranges[i].hi + 1 < ranges[i + 1].lo`` except across the surrogate gap, where both sides may be present.

`utf8_ranges` splits a set into sequences of byte ranges (Thompson's scheme, as in the `utf8-ranges` crate): first by encoded
length, then so that in each sequence every byte runs through its range independently of the others.

Refused: bitmaps (139 KB a set) and sorted arrays of code points; the classes of real patterns have 1 to 800 ranges.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import ClassVar

MAX_CHAR = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)

#: greatest code point that takes 1, 2, 3, 4 bytes
_LENGTH_LIMITS = (0x7F, 0x7FF, 0xFFFF, MAX_CHAR)

Ranges = tuple[tuple[int, int], ...]


def _normalised(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Sort, merge and cut out the surrogates."""
    merged: list[list[int]] = []
    for lo, hi in sorted(pairs):
        if lo > hi:
            continue
        if merged and lo <= merged[-1][1] + 1:
            if hi > merged[-1][1]:
                merged[-1][1] = hi
        else:
            merged.append([lo, hi])
    out: list[tuple[int, int]] = []
    first, last = SURROGATES
    for lo, hi in merged:
        if hi < first or lo > last:
            out.append((lo, hi))
            continue
        if lo < first:
            out.append((lo, first - 1))
        if hi > last:
            out.append((last + 1, hi))
    return tuple(out)


class CharSet:
    """An immutable set of Unicode scalar values.

    Parameters
    ----------
    pairs : iterable of (int, int)
        Inclusive ranges in any order; they may overlap. Surrogates are dropped.

    Examples
    --------
    >>> vowels = CharSet.of("aeiou")
    >>> (CharSet.range("a", "f") - vowels).ranges
    ((98, 100), (102, 102))
    >>> "é" in ~vowels
    True
    """

    __slots__ = ("_hash", "ranges")

    ALL: ClassVar[CharSet]
    NONE: ClassVar[CharSet]

    ranges: Ranges

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()):
        self.ranges = _normalised(pairs)
        self._hash = hash(self.ranges)

    @classmethod
    def of(cls, chars: Iterable[str | int]) -> CharSet:
        """Return the set of the given characters or code points."""
        points = [c if isinstance(c, int) else ord(c) for c in chars]
        return cls(zip(points, points))

    @classmethod
    def range(cls, lo: str | int, hi: str | int) -> CharSet:
        """Return the set of all scalar values from ``lo`` to ``hi``, both included."""
        return cls(((lo if isinstance(lo, int) else ord(lo), hi if isinstance(hi, int) else ord(hi)),))

    @classmethod
    def union(cls, sets: Iterable[CharSet]) -> CharSet:
        """Return the union of many sets with one sort."""
        return cls(pair for s in sets for pair in s.ranges)

    def __or__(self, other: CharSet) -> CharSet:
        return CharSet(self.ranges + other.ranges)

    def __invert__(self) -> CharSet:
        gaps = []
        at = 0
        for lo, hi in self.ranges:
            gaps.append((at, lo - 1))
            at = hi + 1
        gaps.append((at, MAX_CHAR))
        return CharSet(gaps)

    def __and__(self, other: CharSet) -> CharSet:
        out = []
        mine, yours = self.ranges, other.ranges
        i = j = 0
        while i < len(mine) and j < len(yours):
            lo = max(mine[i][0], yours[j][0])
            hi = min(mine[i][1], yours[j][1])
            if lo <= hi:
                out.append((lo, hi))
            if mine[i][1] < yours[j][1]:
                i += 1
            else:
                j += 1
        return CharSet(out)

    def __sub__(self, other: CharSet) -> CharSet:
        return self & ~other

    def __xor__(self, other: CharSet) -> CharSet:
        return (self | other) - (self & other)

    def __le__(self, other: CharSet) -> bool:
        return (self & other).ranges == self.ranges

    def __contains__(self, char: object) -> bool:
        point = ord(char) if isinstance(char, str) else char
        at = bisect_right(self.ranges, (point, MAX_CHAR + 1)) - 1  # type: ignore[arg-type]
        return at >= 0 and self.ranges[at][0] <= point <= self.ranges[at][1]  # type: ignore[operator]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Iterate over the ranges, not over the characters."""
        return iter(self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        """Return the number of scalar values in the set."""
        return sum(hi - lo + 1 for lo, hi in self.ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharSet) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        shown = ", ".join(f"{lo:#x}" if lo == hi else f"{lo:#x}-{hi:#x}" for lo, hi in self.ranges[:8])
        return f"CharSet({shown}{', ...' if len(self.ranges) > 8 else ''})"


CharSet.NONE = CharSet()
CharSet.ALL = CharSet(((0, MAX_CHAR),))


def _encode(point: int) -> tuple[int, ...]:
    return tuple(chr(point).encode("utf-8"))


def _sequences(lo: int, hi: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Split one range of scalar values of equal encoded length; lowest first."""
    stack = [(lo, hi)]
    while stack:
        lo, hi = stack.pop()
        length = len(_encode(lo))
        for tail in range(1, length):
            mask = (1 << (6 * tail)) - 1
            if lo | mask == hi | mask:
                continue  # the bytes before the last `tail` agree
            if lo & mask:
                stack += ((lo | mask) + 1, hi), (lo, lo | mask)
                break
            if hi & mask != mask:
                stack += (hi & ~mask, hi), (lo, (hi & ~mask) - 1)
                break
        else:
            yield tuple(zip(_encode(lo), _encode(hi)))


def utf8_ranges(charset: CharSet) -> list[tuple[tuple[int, int], ...]]:
    """Spell a set as sequences of byte ranges.

    Returns
    -------
    list of tuple of (int, int)
        Each sequence stands for the product of its ranges; sequences are disjoint and in code point order.

    Examples
    --------
    >>> utf8_ranges(CharSet.range("a", "\u00ff"))
    [((97, 127),), ((194, 195), (128, 191))]
    """
    out: list[tuple[tuple[int, int], ...]] = []
    for lo, hi in charset.ranges:
        start = lo
        for limit in _LENGTH_LIMITS:
            if start <= min(hi, limit):
                out += _sequences(start, min(hi, limit))
                start = limit + 1
    return out
