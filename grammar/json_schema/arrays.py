"""Arrays as automata: which item may follow which.

An `ArrayPlan` is the case of an array (`shapes.ArrayCase`) made ready to be read item by item. A *position* says what has been read:

    at      index of the next item, not counted beyond the horizon, from where on all items are alike
    lo, hi  items still needed, items still allowed (hi None: any number)
    seen    values read so far, where items must be pairwise different
    rest    residual formula (`progress`), relative to the items left

So a flat list without bounds has one position, and ``minItems: 1000000`` is a number that counts down.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from .cases import NOTHING, ArrayCase, Conjunction, conjoin
from .costs import INF, Computation, Cost, Step, cheapest
from .formulas import TRUE, UNIQUE, Formula
from .progress import Progress
from .shapes import Shapes
from .values import Value
from .whitespace import Measure


class Position(NamedTuple):
    """What has been read of an array; see the module."""

    at: int
    lo: int
    hi: int | None
    seen: frozenset[Value]
    rest: Formula


class Move(NamedTuple):
    """One way to go on: an item of ``value``, then ``target``."""

    value: Conjunction
    target: Position
    #: the item is guessed to repeat (or not to repeat) an earlier one; None: it does not matter
    again: bool | None = None


_NONE_SEEN: frozenset[Value] = frozenset()
#: places of an array up to which an item that must repeat is narrowed to what one of them may be
PLACES_COMPARED = 8


class ArrayPlan:
    """An array ready to be read; see the module.

    Parameters
    ----------
    case : ArrayCase
    shapes : Shapes
    progress : Progress
    measure : Measure
    values : dict of int to list of Value, optional
        The values each item may have, by index up to the horizon; needed where the array must be unique.
    """

    def __init__(self, case: ArrayCase, shapes: Shapes, progress: Progress, measure: Measure, values: dict[int, list[Value]] | None = None):
        self.shapes = shapes
        self.progress = progress
        self.measure = measure
        #: items are compared, and some have too many values to be part of the position: the text must be remembered (`memory`)
        self.undecided = values is not None and len(values) <= case.horizon
        #: where items are remembered, the first of those that are alike has a place of its own: it repeats none of them
        self.horizon = case.horizon + self.undecided
        self.items = [case.item(i) for i in range(self.horizon + 1)]
        self.values = None if self.undecided else values
        rest = shapes.make.conjunction(case.rest)
        hi = case.hi
        if values is not None and not self.undecided and UNIQUE in (f.kind for f in case.rest):
            most = len({v for vs in values.values() for v in vs})
            hi = most if hi is None else min(hi, most)
        self.dead = hi is not None and hi < case.lo
        self._known: dict[Hashable, Cost] = {}
        self._repeating: dict[int, tuple[Conjunction, ...]] = {}
        self.start: Any = Position(0, case.lo, hi, _NONE_SEEN, rest)

    def is_plain(self, position: Position) -> bool:
        """Whether the residual is spent."""
        return position.rest is TRUE

    def closable(self, position: Position) -> bool:
        """Whether the array may end here."""
        return not position.lo and (position.rest is TRUE or self.progress.closes(position.rest))

    def moves(self, position: Position) -> Iterator[Move]:
        """Yield what may follow: an item, once per way to satisfy the residual."""
        at, lo, hi, seen, rest = position
        if hi == 0:
            return
        after = min(at + 1, self.horizon)
        lo, hi = max(lo - 1, 0), None if hi is None else hi - 1
        if rest is TRUE:
            if self.items[at] != NOTHING:
                yield Move(self.items[at], Position(after, lo, hi, _NONE_SEEN, TRUE))
        elif self.values is None:
            stepped = self.progress.read_item(rest)
            repeated = self.progress.read_item(rest, True)
            for value, left in self._ways(self.items[at], stepped):
                yield Move(value, Position(after, lo, hi, _NONE_SEEN, left), None if stepped is repeated else False)
            if stepped is not repeated:
                for base in self._like_earlier(at):
                    for value, left in self._ways(base, repeated):
                        yield Move(value, Position(after, lo, hi, _NONE_SEEN, left), True)
        else:
            for constant in self.values[at]:
                base = conjoin((*self.items[at], self.shapes.unfolder.schema.constant(constant)))
                for value, left in self._ways(base, self.progress.read_item(rest, constant in seen)):
                    yield Move(value, Position(after, lo, hi, seen | {constant} if left is not TRUE else _NONE_SEEN, left))

    def _like_earlier(self, at: int) -> tuple[Conjunction, ...]:
        """Return what an item at ``at`` may be that repeats an earlier one: it satisfies what is asked of that one's place too."""
        found = self._repeating.get(at)
        if found is None:
            places = at + (at == self.horizon)
            both = dict.fromkeys(conjoin((*self.items[at], *self.items[j])) for j in range(places))
            both.pop(NOTHING, None)
            found = self._repeating[at] = tuple(both) if places <= PLACES_COMPARED else (self.items[at],)
        return found

    def _ways(self, value: Conjunction, stepped: Formula) -> Iterator[tuple[Conjunction, Formula]]:
        for literals, left in self.progress.choices(stepped):
            narrowed = conjoin((*value, *literals)) if literals else value
            if narrowed != NOTHING:
                yield narrowed, left

    # costs ------------------------------------------------------------------------------------------------------------------------------

    def after(self, position: Position, final: bool = False) -> Computation[Cost]:
        """Compute the least size from after an item to the end of the array; ``final``: all costs are, and may be kept."""
        if self.closable(position):
            return self.measure.close
        if position.hi is not None and position.hi < position.lo:
            return INF
        each: list[Cost] = []
        for i in range(position.at, min(position.at + position.lo, self.horizon + 1)):
            each.append(self.measure.next + (yield self.items[i]))
        if position.rest is TRUE:
            return _plain(position, each, position.at, self.measure.close)
        if self._all_different(position):
            return (yield from self._different(position))

        def bound(p: Position) -> Cost:
            return _plain(p, each, position.at, self.measure.close)

        def steps(p: Position) -> Iterator[Step]:
            return (Step(self.measure.next, move.value, move.target) for move in self.moves(p))

        known = self._known if final else None
        return (yield from cheapest(position, self.closable, self.measure.close, steps, bound, known))

    def _all_different(self, position: Position) -> bool:
        return position.rest.kind == UNIQUE and position.at == self.horizon and self.values is not None

    def _different(self, position: Position) -> Computation[Cost]:
        """Compute the cost of the cheapest distinct items: all are alike, so the choice is free."""
        assert self.values is not None
        costs = []
        for constant in self.values[position.at]:
            if constant not in position.seen:
                costs.append((yield conjoin((*self.items[position.at], self.shapes.unfolder.schema.constant(constant)))))
        if len(costs) < position.lo:
            return INF
        return sum(sorted(costs)[: position.lo]) + position.lo * self.measure.next + self.measure.close


def _plain(position: Position, each: list[Cost], first: int, close: int) -> Cost:
    """Cost of the items still needed, ``each`` holding what an item costs from index ``first`` on (the last one repeats)."""
    if position.hi is not None and position.hi < position.lo:
        return INF
    if not position.lo:
        return close
    begin = min(position.at - first, len(each) - 1)
    single = each[begin : begin + position.lo]
    total = sum(single)
    more = position.lo - len(single)
    return total + close + (more * each[-1] if more else 0)
