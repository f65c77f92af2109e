"""Alphabets: a universe of symbols cut into classes that no automaton over it tells apart.

Symbols are either bytes (0..255) or Unicode scalar values. The universe is cut into intervals, and intervals with the same
behaviour share a *class*, so a transition table has a column per class instead of per symbol.

    bounds  : int32[k]   first symbol of each interval, ``bounds[0] == 0``, strictly ascending
    classes : int32[k]   class of each interval, dense 0..num_classes-1; `NONE` for the surrogates of the character universe

Classes are numbered by first occurrence, so that two alphabets with the same classes are equal arrays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .charset import MAX_CHAR, SURROGATES, CharSet

NONE = -1
BYTES = "bytes"
CHARS = "chars"

_SIZES = {BYTES: 256, CHARS: MAX_CHAR + 1}


class Alphabet:
    """An immutable partition of a universe into classes.

    Parameters
    ----------
    universe : {"bytes", "chars"}
    bounds, classes : sequence of int
        See the module's layout; adjacent intervals of one class are merged and classes renumbered by first occurrence.
    """

    __slots__ = ("_bounds", "_classes", "_hash", "bounds", "classes", "num_classes", "universe")

    def __init__(self, universe: str, bounds: Sequence[int], classes: Sequence[int]):
        merged_bounds, merged_classes = [], []
        numbers: dict[int, int] = {NONE: NONE}
        last = None
        for bound, label in zip(bounds, classes):
            number = numbers.setdefault(label, len(numbers) - 1)
            if number != last:
                merged_bounds.append(bound)
                merged_classes.append(number)
                last = number
        self.universe = universe
        self.num_classes = len(numbers) - 1
        self._bounds = tuple(merged_bounds)
        self._classes = tuple(merged_classes)
        self.bounds = np.array(merged_bounds, np.int32)
        self.classes = np.array(merged_classes, np.int32)
        self._hash = hash((universe, self._bounds, self._classes))

    @property
    def size(self) -> int:
        """Number of symbols of the universe, surrogates included."""
        return _SIZES[self.universe]

    def class_of(self, symbol: int) -> int:
        """Return the class of ``symbol``, `NONE` for a surrogate or a number outside the universe."""
        if not 0 <= symbol < _SIZES[self.universe]:
            return NONE
        return self._classes[bisect_right(self._bounds, symbol) - 1]

    def intervals(self) -> list[tuple[int, int, int]]:
        """Return ``(first, last, class)`` of every interval, those without a class included."""
        ends = (*self._bounds[1:], _SIZES[self.universe])
        return [(lo, end - 1, c) for lo, end, c in zip(self._bounds, ends, self._classes)]

    def members(self) -> list[list[tuple[int, int]]]:
        """Return the intervals of each class."""
        out: list[list[tuple[int, int]]] = [[] for _ in range(self.num_classes)]
        for lo, hi, c in self.intervals():
            if c != NONE:
                out[c].append((lo, hi))
        return out

    def representatives(self) -> list[int]:
        """Return one symbol of each class, printable ASCII where there is one."""
        out = [NONE] * self.num_classes
        for lo, hi, c in self.intervals():
            if c == NONE:
                continue
            if out[c] == NONE:
                out[c] = lo
            if not 0x21 <= out[c] <= 0x7E:
                for first, last in ((0x61, 0x7A), (0x30, 0x39), (0x21, 0x7E), (0x20, 0x20)):
                    if max(lo, first) <= min(hi, last):
                        out[c] = max(lo, first)
                        break
        return out

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Alphabet)
            and self.universe == other.universe
            and self._bounds == other._bounds
            and self._classes == other._classes
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Alphabet({self.universe}, {self.num_classes} classes, {len(self._bounds)} intervals)"


def _merge_intervals(universe: str, columns: Sequence[Alphabet]) -> tuple[list[int], list[tuple[int, ...]]]:
    """Cut the universe at every bound of every alphabet; return the bounds and the tuple of classes in each interval."""
    bounds = sorted({b for a in columns for b in a._bounds})
    at = [0] * len(columns)
    rows = []
    for bound in bounds:
        for i, a in enumerate(columns):
            if at[i] + 1 < len(a._bounds) and a._bounds[at[i] + 1] <= bound:
                at[i] += 1
        rows.append(tuple([a._classes[k] for a, k in zip(columns, at)]))
    return bounds, rows


@lru_cache(maxsize=1024)
def refine(*alphabets: Alphabet) -> tuple[Alphabet, list[list[int]]]:
    """Return the coarsest alphabet finer than all the given ones, and for each of them the old class of every new class."""
    first = alphabets[0]
    if all(a is first or a == first for a in alphabets[1:]):
        return first, [list(range(first.num_classes))] * len(alphabets)
    if any(a.universe != first.universe for a in alphabets):
        raise ValueError("alphabets of different universes do not mix: " + ", ".join(a.universe for a in alphabets))
    bounds, rows = _merge_intervals(first.universe, alphabets)
    numbers: dict[tuple[int, ...], int] = {}
    outside = (NONE,) * len(alphabets)
    classes = [NONE if row == outside else numbers.setdefault(row, len(numbers)) for row in rows]
    fine = Alphabet(first.universe, bounds, classes)
    return fine, [[row[i] for row in numbers] for i in range(len(alphabets))]


def from_sets(universe: str, sets: Sequence[CharSet]) -> tuple[Alphabet, list[int]]:
    """Return the coarsest alphabet of which every set is a union of classes.

    Returns
    -------
    alphabet : Alphabet
    owners : list of int
        For each class the bitmask of the sets that contain it.
    """
    size = _SIZES[universe]
    toggles: dict[int, int] = {0: 0}
    if universe == CHARS:
        toggles[SURROGATES[0]] = toggles[SURROGATES[1] + 1] = 0
    for i, charset in enumerate(sets):
        bit = 1 << i
        for lo, hi in charset.ranges:
            toggles[lo] = toggles.get(lo, 0) ^ bit
            toggles[hi + 1] = toggles.get(hi + 1, 0) ^ bit
    bounds, classes = [], []
    numbers: dict[int, int] = {}
    inside = 0
    for bound in sorted(toggles):
        inside ^= toggles[bound]
        if bound >= size:
            break
        bounds.append(bound)
        gap = universe == CHARS and bound == SURROGATES[0]
        classes.append(NONE if gap else numbers.setdefault(inside, len(numbers)))
    return Alphabet(universe, bounds, classes), list(numbers)
