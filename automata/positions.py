"""Regular expressions to deterministic automata through positions (Glushkov 1961; bit-parallel as in Navarro and Raffinot 2002).

Every occurrence of a character set in an expression is a *position*, numbered from 1; position 0 is the start. A set of positions
is a Python integer with bit p for position p. What may follow what is kept as rectangles ``(sources, targets)``: a concatenation adds
``last(x) x first(y)``, a loop ``last(x) x first(x)``, so there are at most as many as operators, though their edges may be
quadratically many. With class masks ``at[c]`` (positions whose set contains class c) a subset S goes by class c to

    follow(S) & at[c],   follow(S) = union of targets over the rectangles whose sources meet S

Before determinising, small rectangles are taken apart and their edges grouped by distance: all edges of an unrolled repeat
x{2,2000} have a handful of distances, each one shift of the whole set. ``[a-z]{1,2000}`` takes 15 ms this way.

*Guards* (``\b``, ``^``, ``$``, lookarounds of one character) constrain two neighbours: the character before and the one after, either
of which may be the edge of the text. A rectangle may carry a guard; the part about the character after is a mask of classes when a
step is taken, the part about the one before is remembered with the subset, where a guarded rectangle asks for it.

A fragment may end *openly*: everything that follows is accepted (the end of a search). A subset that holds an open end is replaced
by the one universal state.

Refused: epsilon automata with closures as sets of integers (three times slower on short patterns, which are nearly all).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from maskwright.errors import LimitExceeded

from .alphabet import CHARS, from_sets
from .charset import CharSet
from .dfa import DEFAULT_MAX_STATES, DFA
from .limits import tick

#: rectangles with at most this many edges are taken apart
_SMALL = 16
#: distances with fewer edges than this are kept per position instead
_FEW = 3
_MOST_SHIFTS = 12
#: positions that begin wide rectangles up to which these are looked up one by one, and the most of which that is prepared
_FEW_WIDE = 8
_MOST_LISTED = 20_000
_UNIVERSAL = -1


class Side(NamedTuple):
    """What may stand on one side: a character of a set, or (``edge``) the edge of the text."""

    charset: CharSet
    edge: bool

    def meet(self, other: Side) -> Side:
        """Return what both allow."""
        return Side(self.charset & other.charset, self.edge and other.edge)


class Guard(NamedTuple):
    """A condition on the two neighbours of a place between characters."""

    before: Side
    after: Side

    def meet(self, other: Guard) -> Guard:
        """Return the conjunction."""
        if self in (FREE, other):
            return other
        return self if other == FREE else Guard(self.before.meet(other.before), self.after.meet(other.after))

    @property
    def possible(self) -> bool:
        """Whether some neighbours satisfy it."""
        return all(side.edge or side.charset for side in self)


ANY_SIDE = Side(CharSet.ALL, True)
FREE = Guard(ANY_SIDE, ANY_SIDE)

#: sets of positions by the guard under which they count
Guarded = dict[Guard, int]


class Fragment(NamedTuple):
    """An expression built so far: its positions and rectangles are contiguous, so that it can be copied.

    Attributes
    ----------
    first, last : dict of Guard to int
        Sets of positions that can begin and end it.
    empty : frozenset of Guard
        Conditions under which it matches the empty sequence.
    positions, rectangles : (int, int)
        Half-open ranges in the builder.
    """

    first: Guarded
    last: Guarded
    empty: frozenset[Guard]
    positions: tuple[int, int]
    rectangles: tuple[int, int]

    @property
    def is_free(self) -> bool:
        """Whether nothing at its edges is guarded."""
        return all(guard == FREE for part in (self.first, self.last, self.empty) for guard in part)


_ALWAYS = frozenset((FREE,))
_NEVER: frozenset[Guard] = frozenset()


def _united(into: Guarded, more: Guarded, guards: Iterable[Guard] = _ALWAYS) -> Guarded:
    """Return the union, ``more`` being subject to one of ``guards``."""
    out = dict(into)
    for guard, mask in more.items():
        for extra in guards:
            both = guard.meet(extra)
            if both.possible:
                out[both] = out.get(both, 0) | mask
    return out


def _shifted(part: Guarded, shift: int) -> Guarded:
    return {guard: mask << shift for guard, mask in part.items()}


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
        self.rectangles: list[tuple[int, int, Guard]] = []
        self.has_guards = False

    def _here(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (len(self.symbols), len(self.symbols)), (len(self.rectangles), len(self.rectangles))

    def guard(self, guard: Guard = FREE) -> Fragment:
        """Return the fragment of the empty sequence under a condition on its neighbours."""
        self.has_guards = self.has_guards or guard != FREE
        return Fragment({}, {}, frozenset((guard,)) if guard.possible else _NEVER, *self._here())

    def symbol(self, charset: CharSet) -> Fragment:
        """Return the fragment of one character of ``charset``."""
        at, rect = len(self.symbols), len(self.rectangles)
        self._reserve(1)
        self.symbols.append(self.sets.setdefault(charset, len(self.sets)))
        here = {FREE: 1 << at}
        return Fragment(here, here, _NEVER, (at, at + 1), (rect, rect))

    def _reserve(self, count: int) -> None:
        if len(self.symbols) + count > self.max_positions:
            raise LimitExceeded("states", self.max_positions, len(self.symbols) + count, hint="the pattern unrolls to too many positions")

    def _link(self, last: Guarded, first: Guarded) -> None:
        for left, sources in last.items():
            for right, targets in first.items():
                guard = left.meet(right)
                if guard.possible:
                    self.rectangles.append((sources, targets, guard))

    def concat(self, parts: Sequence[Fragment]) -> Fragment:
        """Return the fragments one after another."""
        if not parts:
            return self.guard()
        first, last, empty = parts[0][:3]
        for part in parts[1:]:
            self._link(last, part.first)
            if empty:
                first = _united(first, part.first, empty)
            last = _united(part.last, last, part.empty) if part.empty else part.last
            if empty:
                empty = frozenset(g for a in empty for b in part.empty if (g := a.meet(b)).possible)
        return Fragment(first, last, empty, *self._span(parts))

    def alternate(self, parts: Sequence[Fragment]) -> Fragment:
        """Return the choice between fragments."""
        first: Guarded = {}
        last: Guarded = {}
        for part in parts:
            for guard, mask in part.first.items():
                first[guard] = first.get(guard, 0) | mask
            for guard, mask in part.last.items():
                last[guard] = last.get(guard, 0) | mask
        return Fragment(first, last, frozenset().union(*(part.empty for part in parts)), *self._span(parts))

    def _span(self, parts: Sequence[Fragment]) -> tuple[tuple[int, int], tuple[int, int]]:
        return (parts[0].positions[0], len(self.symbols)), (parts[0].rectangles[0], len(self.rectangles))

    def repeat(self, part: Fragment, lo: int, hi: int | None) -> Fragment:
        """Return ``part`` between ``lo`` and ``hi`` (None: any number of) times; it is copied that often."""
        if hi == 0 or not part.first:
            empty = _ALWAYS if lo == 0 else part.empty if lo == 1 or part.is_free else self._powers(part.empty, lo)
            return Fragment({}, {}, empty, *self._span([part]))
        if FREE in part.empty:
            lo = 0
        if part.empty and FREE not in part.empty and (lo, hi) not in ((0, 1), (1, 1), (0, None)):
            return self._repeat_guarded(part, lo, hi)
        copies = max(lo, 1) if hi is None else hi
        ends: Guarded = part.last if lo <= 1 else {}
        last = part.last
        for i, (first, following) in enumerate(self._copies(part, copies - 1), 2):
            self._link(last, first)
            last = following
            if i >= lo:
                ends = _united(ends, last)
        if hi is None:
            size = (part.positions[1] - part.positions[0]) * (copies - 1)
            self._link(last, _shifted(part.first, size))
        return Fragment(part.first, ends, _ALWAYS if lo == 0 else part.empty, *self._span([part]))

    def _copies(self, part: Fragment, count: int) -> Iterator[tuple[Guarded, Guarded]]:
        """Copy a fragment ``count`` times; yield the first and last positions of each copy."""
        size = part.positions[1] - part.positions[0]
        if len(self.symbols) != part.positions[1]:
            raise AssertionError("a fragment is copied right after it is made")
        self._reserve(size * count)
        symbols = self.symbols[slice(*part.positions)]
        rectangles = self.rectangles[slice(*part.rectangles)]
        for i in range(1, count + 1):
            shift = size * i
            self.symbols += symbols
            self.rectangles += [(s << shift, t << shift, g) for s, t, g in rectangles]
            yield _shifted(part.first, shift), _shifted(part.last, shift)

    def _repeat_guarded(self, part: Fragment, lo: int, hi: int | None) -> Fragment:
        """Repeat what may be empty under a condition: copy by copy, the optional ones empty without condition."""
        count = lo + 1 if hi is None else hi
        copies = [(part.first, part.last), *self._copies(part, count - 1)]
        if hi is None:
            self._link(copies[-1][1], copies[-1][0])
        spans = self._span([part])
        return self.concat([
            Fragment(first, last, part.empty if i < lo else part.empty | _ALWAYS, *spans) for i, (first, last) in enumerate(copies)
        ])

    @staticmethod
    def _powers(empty: frozenset[Guard], count: int) -> frozenset[Guard]:
        """Return the conditions of ``count`` empty sequences in a row."""
        out = empty
        for _ in range(min(count, len(empty) + 1) - 1):
            out = frozenset(g for a in out for b in empty if (g := a.meet(b)).possible)
        return out

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
        first: Guarded = {}
        ends: Guarded = {}
        empty: frozenset[Guard] = _NEVER
        open_ends = 0
        for part, is_open in alternatives:
            if is_open and part.is_free:
                if part.empty:
                    return DFA.everything(CHARS)
                open_ends |= part.last.get(FREE, 0)
            elif is_open:
                rest = self.symbol(CharSet.ALL)
                open_ends |= rest.last[FREE]
                part = self.concat([part, rest._replace(empty=_ALWAYS)])
            first = _united(first, part.first)
            ends = _united(ends, part.last)
            empty |= part.empty
        self._link({FREE: 1}, first)
        ends = _united(ends, dict.fromkeys(empty, 1))
        return _Subsets(self, ends, open_ends).automaton(self.max_states)


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
        #: the sources of wide rectangles, and what may follow each; None where listing them would take long
        self.sources = 0
        self.after: dict[int, int] | None = {}
        for sources, targets in self.wide:
            self.sources |= sources
            if self.after is None or len(self.after) + sources.bit_count() > _MOST_LISTED:
                self.after = None
                continue
            for p in _bits(sources):
                self.after[1 << p] = self.after.get(1 << p, 0) | targets

    def __call__(self, states: int) -> int:
        """Return the positions that may follow any of ``states``."""
        out = 0
        for mask, distance in self.left:
            out |= (states & mask) << distance
        for mask, distance in self.right:
            out |= (states & mask) >> distance
        wide = states & self.sources
        if self.after is not None and wide.bit_count() <= _FEW_WIDE:
            while wide:
                low = wide & -wide
                out |= self.after[low]
                wide ^= low
        elif wide:
            for sources, targets in self.wide:
                if wide & sources:
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


class _Subsets:
    """Determinises: a state is a set of positions, and which of the guards' left sides hold, as far as a position asks."""

    def __init__(self, build: Positions, ends: Guarded, open_ends: int):
        # without empty sets and guards every position met is live
        self.exact = all(build.sets) and bool(ends or open_ends) and not build.has_guards
        self.open_ends = open_ends
        self.follow = _Follow((s, t) for s, t, guard in build.rectangles if guard == FREE)
        guarded = [(s, t, guard) for s, t, guard in build.rectangles if guard != FREE]
        befores = list(dict.fromkeys(guard.before for guard in [*ends, *(g for _, _, g in guarded)] if guard != FREE))
        self.num_befores = len(befores)
        guards = list(dict.fromkeys(side.charset for guard in [*ends, *(g for _, _, g in guarded)] for side in guard))
        self.alphabet, owners = from_sets(CHARS, [*build.sets, *guards])
        positions_of_set = [0] * len(build.sets)
        for position, number in enumerate(build.symbols):
            if number >= 0:
                positions_of_set[number] |= 1 << position
        self.at = [sum(m for i, m in enumerate(positions_of_set) if owner >> i & 1) for owner in owners]
        place = {charset: len(build.sets) + i for i, charset in enumerate(guards)}
        self.before_of_class = [sum(1 << k for k, b in enumerate(befores) if owner >> place[b.charset] & 1) for owner in owners]
        self.before_of_edge = sum(1 << k for k, b in enumerate(befores) if b.edge)
        self.asking = 0
        self.guarded: dict[tuple[int, int, tuple[bool, ...]], int] = {}
        for sources, targets, guard in guarded:
            classes = tuple(bool(owner >> place[guard.after.charset] & 1) for owner in owners)
            key = (sources, befores.index(guard.before), classes)
            self.guarded[key] = self.guarded.get(key, 0) | targets
            self.asking |= sources
        self.ends: list[tuple[int, int]] = []  # positions and the left side (or -1: none) with which they end
        for guard, mask in ends.items():
            if guard.after.edge:
                self.ends.append((mask, -1 if guard == FREE else befores.index(guard.before)))
                self.asking |= 0 if guard == FREE else mask
        if not self.asking:
            self.num_befores = 0

    def automaton(self, max_states: int) -> DFA:
        """Explore from the start position and return the minimal automaton."""
        start = (1 << self.num_befores) | (self.before_of_edge if self.asking & 1 else 0)
        numbers = {0: 0, start: 1}
        subsets = [0, start]
        rows = [[0] * len(self.at)]
        for state in subsets:
            if state == 0:
                continue
            tick()
            if state == _UNIVERSAL:
                rows.append([numbers[_UNIVERSAL]] * len(self.at))
                continue
            row = []
            for target in self._targets(state):
                number = numbers.get(target)
                if number is None:
                    number = numbers[target] = len(subsets)
                    subsets.append(target)
                row.append(number)
            rows.append(row)
            if len(subsets) > max_states:
                raise LimitExceeded("states", max_states, len(subsets), hint="the pattern needs too many states")
        labels: list[tuple[int, ...]] = [(0,) if self._accepting(s) else () for s in subsets]
        out = DFA(self.alphabet, rows, 1, labels)
        return (out if self.exact else out.trim()).minimize()

    def _targets(self, state: int) -> list[int]:
        """Return the state after each class of characters."""
        states = state >> self.num_befores
        reach = self.follow(states)
        if not self.asking:
            open_ends = self.open_ends
            return [_UNIVERSAL if (target := reach & mask) & open_ends else target for mask in self.at]
        reaches = [reach] * len(self.at)
        if states & self.asking:
            for (sources, before, classes), targets in self.guarded.items():
                if states & sources and state >> before & 1:
                    reaches = [r | targets if inside else r for r, inside in zip(reaches, classes)]
        out = []
        for reach, mask, before in zip(reaches, self.at, self.before_of_class):
            target = reach & mask
            if target & self.open_ends:
                out.append(_UNIVERSAL)
            else:
                out.append(target << self.num_befores | (before if target & self.asking else 0))
        return out

    def _accepting(self, state: int) -> bool:
        if state == _UNIVERSAL:
            return True
        states = state >> self.num_befores
        return any(states & mask and (before < 0 or state >> before & 1) for mask, before in self.ends)
