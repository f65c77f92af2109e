"""Regular expressions to deterministic automata through positions (Glushkov 1961; bit-parallel as in Navarro and Raffinot 2002).

Every occurrence of a character set in an expression is a *position*, numbered from 1; position 0 is the start. A set of positions
is a Python integer with bit p for position p. What may follow what is kept as rectangles ``(sources, targets)``: a concatenation adds
``last(x) x first(y)``, a loop ``last(x) x first(x)``, so there are at most as many as operators, though their edges may be
quadratically many. With class masks ``at[c]`` (positions whose set contains class c) a subset S goes by class c to

    follow(S) & at[c],   follow(S) = union of targets over the rectangles whose sources meet S

Before determinising, small rectangles are taken apart and their edges grouped by distance: all edges of an unrolled repeat
x{2,2000} have a handful of distances, each one shift of the whole set. ``[a-z]{1,2000}`` takes 15 ms this way.

A fragment may end *openly*: everything that follows is accepted (the end of a search). A subset that holds an open end is replaced
by the one universal state.

Refused: epsilon automata with closures as sets of integers (three times slower on short patterns, which are nearly all).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from maskwright.errors import LimitExceeded

from .alphabet import CHARS, from_sets
from .charset import CharSet
from .dfa import DEFAULT_MAX_STATES, DFA

#: rectangles with at most this many edges are taken apart
_SMALL = 16
#: distances with fewer edges than this are kept per position instead
_FEW = 3
_MOST_SHIFTS = 12
_UNIVERSAL = -1


class Fragment(NamedTuple):
    """An expression built so far: its positions and rectangles are contiguous, so that it can be copied.

    Attributes
    ----------
    first, last : int
        Sets of positions.
    nullable : bool
    positions, rectangles : (int, int)
        Half-open ranges in the builder.
    """

    first: int
    last: int
    nullable: bool
    positions: tuple[int, int]
    rectangles: tuple[int, int]


class Positions:
    """Builds fragments bottom-up and determinises them. Operands must be made directly one after another.

    Parameters
    ----------
    max_states : int
        Bound of the deterministic automaton; four times as many positions are allowed.

    Examples
    --------
    >>> build = Positions()
    >>> word = build.repeat(build.symbol(CharSet.range("a", "z")), 1, 3)
    >>> build.automaton([(word, False)]).accepts("abcd")
    False
    """

    def __init__(self, max_states: int = DEFAULT_MAX_STATES):
        self.max_states = max_states
        self.max_positions = 4 * max_states
        self.sets: dict[CharSet, int] = {}
        self.symbols: list[int] = [-1]
        self.rectangles: list[tuple[int, int]] = []

    def _here(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (len(self.symbols), len(self.symbols)), (len(self.rectangles), len(self.rectangles))

    def epsilon(self) -> Fragment:
        """Return the fragment of the empty sequence."""
        return Fragment(0, 0, True, *self._here())

    def symbol(self, charset: CharSet) -> Fragment:
        """Return the fragment of one character of ``charset``."""
        at, rect = len(self.symbols), len(self.rectangles)
        self._reserve(1)
        self.symbols.append(self.sets.setdefault(charset, len(self.sets)))
        return Fragment(1 << at, 1 << at, False, (at, at + 1), (rect, rect))

    def _reserve(self, count: int) -> None:
        if len(self.symbols) + count > self.max_positions:
            raise LimitExceeded("states", self.max_positions, len(self.symbols) + count, hint="the pattern unrolls to too many positions")

    def concat(self, parts: Sequence[Fragment]) -> Fragment:
        """Return the fragments one after another."""
        if not parts:
            return self.epsilon()
        first, last, nullable = parts[0][:3]
        for part in parts[1:]:
            if last and part.first:
                self.rectangles.append((last, part.first))
            if nullable:
                first |= part.first
            last = part.last | last if part.nullable else part.last
            nullable = nullable and part.nullable
        return Fragment(first, last, nullable, *self._span(parts))

    def alternate(self, parts: Sequence[Fragment]) -> Fragment:
        """Return the choice between fragments."""
        first = last = 0
        for part in parts:
            first |= part.first
            last |= part.last
        return Fragment(first, last, any(part.nullable for part in parts), *self._span(parts))

    def _span(self, parts: Sequence[Fragment]) -> tuple[tuple[int, int], tuple[int, int]]:
        return (parts[0].positions[0], len(self.symbols)), (parts[0].rectangles[0], len(self.rectangles))

    def repeat(self, part: Fragment, lo: int, hi: int | None) -> Fragment:
        """Return ``part`` between ``lo`` and ``hi`` (None: any number of) times; it is copied that often."""
        if not part.first or hi == 0:
            return Fragment(0, 0, part.nullable or lo == 0, *self._span([part]))
        if part.nullable:
            lo = 0
        copies = max(lo, 1) if hi is None else hi
        size = part.positions[1] - part.positions[0]
        self._reserve(size * (copies - 1))
        symbols = self.symbols[slice(*part.positions)]
        rectangles = self.rectangles[slice(*part.rectangles)]
        first, last, ends = part.first, part.last, part.last if lo <= 1 else 0
        for i in range(1, copies):
            shift = size * i
            self.symbols += symbols
            self.rectangles += [(s << shift, t << shift) for s, t in rectangles]
            self.rectangles.append((last, part.first << shift))
            first, last = part.first << shift, part.last << shift
            if i + 1 >= lo:
                ends |= last
        if hi is None:
            self.rectangles.append((last, first))
        return Fragment(part.first, ends, lo == 0, *self._span([part]))

    def automaton(self, alternatives: Sequence[tuple[Fragment, bool]]) -> DFA:
        """Determinise the choice between fragments and return the minimal automaton over characters.

        Parameters
        ----------
        alternatives : sequence of (Fragment, bool)
            Whether anything may follow the fragment.

        Raises
        ------
        LimitExceeded
            When the automaton has more than ``max_states`` states.
        """
        first = accepting = open_ends = 0
        for part, is_open in alternatives:
            first |= part.first
            if part.nullable and is_open:
                return DFA.everything(CHARS)
            if is_open:
                open_ends |= part.last
            else:
                accepting |= part.last | part.nullable
        alphabet, owners = from_sets(CHARS, list(self.sets))
        positions_of_set = [0] * len(self.sets)
        for position, number in enumerate(self.symbols):
            if number >= 0:
                positions_of_set[number] |= 1 << position
        at = [sum(m for i, m in enumerate(positions_of_set) if owner >> i & 1) for owner in owners]
        follow = _Follow([*self.rectangles, (1, first)])
        rows, subsets = _explore(follow, at, open_ends, self.max_states)
        labels: list[tuple[int, ...]] = [(0,) if s == _UNIVERSAL or s & accepting else () for s in subsets]
        labels[0] = ()
        out = DFA(alphabet, rows, 1, labels)
        exact = all(self.sets) and bool(accepting or open_ends)
        return (out if exact else out.trim()).minimize()


class _Follow:
    """The rectangles in the form that is fastest to apply: shifts, wide rectangles, single positions."""

    def __init__(self, rectangles: Iterable[tuple[int, int]]):
        by_target: dict[int, int] = {}
        for sources, targets in rectangles:
            by_target[targets] = by_target.get(targets, 0) | sources
        self.wide: list[tuple[int, int]] = []
        by_distance: dict[int, int] = {}
        for targets, sources in by_target.items():
            if sources.bit_count() * targets.bit_count() > _SMALL:
                self.wide.append((sources, targets))
                continue
            ends = list(_bits(targets))
            for p in _bits(sources):
                for q in ends:
                    by_distance[q - p] = by_distance.get(q - p, 0) | 1 << p
        ranked = sorted(by_distance.items(), key=lambda item: -item[1].bit_count())
        self.left = [(mask, d) for d, mask in ranked[:_MOST_SHIFTS] if mask.bit_count() >= _FEW and d >= 0]
        self.right = [(mask, -d) for d, mask in ranked[:_MOST_SHIFTS] if mask.bit_count() >= _FEW and d < 0]
        self.single: dict[int, int] = {}
        for rank, (d, mask) in enumerate(ranked):
            if rank >= _MOST_SHIFTS or mask.bit_count() < _FEW:
                for p in _bits(mask):
                    self.single[1 << p] = self.single.get(1 << p, 0) | 1 << (p + d)
        self.singles = sum(self.single)

    def __call__(self, states: int) -> int:
        """Return the positions that may follow any of ``states``."""
        out = 0
        for mask, distance in self.left:
            out |= (states & mask) << distance
        for mask, distance in self.right:
            out |= (states & mask) >> distance
        for sources, targets in self.wide:
            if states & sources:
                out |= targets
        rest = states & self.singles
        while rest:
            low = rest & -rest
            out |= self.single[low]
            rest ^= low
        return out


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _explore(follow: _Follow, at: Sequence[int], open_ends: int, max_states: int) -> tuple[list[list[int]], list[int]]:
    """Number the subsets met from the start position; return their rows and the subsets."""
    numbers = {0: 0, 1: 1}
    subsets = [0, 1]
    rows = [[0] * len(at)]
    row_of: dict[int, list[int]] = {}
    for states in subsets:
        if states == 0:
            continue
        if states == _UNIVERSAL:
            rows.append([numbers[_UNIVERSAL]] * len(at))
            continue
        reach = follow(states)
        row = row_of.get(reach)
        if row is None:
            row = []
            for mask in at:
                target = reach & mask
                if target & open_ends:
                    target = _UNIVERSAL
                number = numbers.get(target)
                if number is None:
                    number = numbers[target] = len(subsets)
                    subsets.append(target)
                row.append(number)
            row_of[reach] = row
        rows.append(row)
        if len(subsets) > max_states:
            raise LimitExceeded("states", max_states, len(subsets), hint="the pattern needs too many states")
    return rows, subsets
