"""Objects as automata: which member may follow which.

An `ObjectPlan` is one case of an object (`shapes.ObjectCase`) made ready to be read member by member. A *position* says what has
been read:

    at      key order "schema": index of the next declared key that may come; "any": bitmask of the declared keys read
    lo, hi  members still needed, members still allowed (hi None: any number); 0 and None wherever they can no longer bind
    used    classes of undeclared keys seen, while lo is not yet met: where no more than one key of a class can be needed, a repeated key
            must not count twice (where more can, the keys themselves are remembered, and may not repeat)
    rest    residual formula (`progress`)
    held    some undeclared key read may not come again, since what it met was asked of some member (the key is remembered: `memory`)

Declared keys are those some formula of the case speaks of, in the order of first mention; every other key is one of `others`: a class of
undeclared keys, or a key that only another case declares. In key order "schema" others come last, in any order. Most objects have no counts
and no residual: their positions are plain integers in disguise, and completion costs are suffix sums.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .cases import NOTHING, Conjunction, ObjectCase, conjoin, conjuncts
from .costs import INF, Computation, Cost, Step, cheapest
from .formulas import AND, PRESENT, SIZE, SOME, TRUE, Formula
from .keytable import KeyClass, KeyTable
from .nodes import TRUE_LITERAL
from .progress import HELD, Progress, Taker
from .shapes import Shapes
from .sizes import text_bytes
from .whitespace import Measure


class Position(NamedTuple):
    """What has been read of an object; see the module."""

    at: int
    lo: int
    hi: int | None
    used: frozenset[int]
    rest: Formula
    held: bool = False


class Move(NamedTuple):
    """One way to go on: a key with ``label``, a value of ``value``, then ``target``.

    Attributes
    ----------
    bytes : int
        Least spelling of the key.
    group : KeyClass or str
        The key, or the class it is in.
    holds : bool
        The key may not come again.
    """

    label: int
    bytes: int
    value: Conjunction
    target: Position
    group: KeyClass | str
    holds: bool = False


class Other(NamedTuple):
    """Keys that the case does not declare."""

    label: int
    bytes: int
    value: Conjunction
    group: KeyClass | str

    @property
    def number(self) -> int:
        """Tells it apart from all other classes and keys."""
        return self.group.number if isinstance(self.group, KeyClass) else self.label


#: a way to read a member: what its value must satisfy, the residual afterwards, and whether the key is held
Way = tuple[Conjunction, Formula, bool]

_UNUSED: frozenset[int] = frozenset()
_KEY = frozenset((HELD,))


class ObjectPlan:
    """One case of an object; see the module.

    Parameters
    ----------
    case : ObjectCase
    table : KeyTable
    shapes : Shapes
    progress : Progress
    any_order : bool
    forbid : bool
        Keys that the schema does not speak of are refused.
    measure : Measure
    """

    def __init__(
        self, case: ObjectCase, table: KeyTable, shapes: Shapes, progress: Progress, any_order: bool, forbid: bool, measure: Measure
    ):
        self.shapes = shapes
        self.progress = progress
        self.table = table
        self.any_order = any_order
        self.measure = measure
        #: least punctuation that comes with one more member
        self.gap = measure.next + measure.colon
        self.case = case
        self.rest = shapes.make.conjunction([formula for _, formula in case.rest])
        self._declare(case, table, shapes)
        self.others = [] if forbid and self.keys and not case.universals else list(self._find_others(case, table, shapes))
        n = len(self.keys)
        #: required declared keys from each index on
        self.needed = [0] * (n + 1)
        for i in range(n - 1, -1, -1):
            self.needed[i] = self.needed[i + 1] + self.required[i]
        self.declared_labels = frozenset(self.labels)
        self.required_keys = [i for i in range(n) if self.required[i]]
        self.optional_keys = [i for i in range(n) if not self.required[i]]
        self.required_mask = sum(1 << i for i in range(n) if self.required[i])
        #: whether some required key has no spelling at all
        self.dead = any(key not in table.label for key in case.required)
        #: the least number of members may need undeclared keys: those read must be remembered (`memory`)
        self.undecided = self._asks_for_many()
        #: literals that some undeclared member may have to satisfy: the key of the one that does must be remembered
        self.sought = self._sought()
        self._each: list[Cost] | None = None
        self._sizes: list[Cost] | None = None
        #: in the schema's order: least size of the last k required members and the closing bracket; empty until asked for
        self.suffix: list[Cost] = []
        self.start: Any = self.position(0, case.lo, case.hi, _UNUSED, self.rest)

    def _declare(self, case: ObjectCase, table: KeyTable, shapes: Shapes) -> None:
        known = {*case.props, *case.required, *self.rest.keys} - case.absent
        appearance = table.label
        last = len(appearance)
        order = sorted(known, key=lambda k: (0, case.ranks[k]) if k in case.ranks else (1, (appearance.get(k, last),)))
        self.keys: list[str] = []
        self.labels: list[int] = []
        self.bytes: list[int] = []
        self.values: list[Conjunction] = []
        self.required: list[bool] = []
        for key in order:
            value = shapes.member(case, key)
            if value == NOTHING or key not in table.label:
                continue
            self.keys.append(key)
            self.labels.append(table.label[key])
            self.bytes.append(text_bytes(key) * self.measure.scale)
            self.values.append(value)
            self.required.append(key in case.required)

    def _find_others(self, case: ObjectCase, table: KeyTable, shapes: Shapes) -> Iterator[Other]:
        declared = {*self.keys, *case.absent}
        for key in table.keys:
            if key not in declared:
                value = shapes.member(case, key)
                if value != NOTHING:
                    yield Other(table.label[key], text_bytes(key) * self.measure.scale, value, key)
        for group in table.classes:
            value = conjoin(literal for selector, literal in case.universals if group.takes(selector))
            if value != NOTHING:
                yield Other(group.label, group.bytes * self.measure.scale, value, group)

    def compares_keys(self, position: Position) -> bool:
        """Whether the undeclared keys remembered may not come again from here on."""
        return position.held or self.counts_keys(position)

    def counts_keys(self, position: Position) -> bool:
        """Whether all undeclared keys must differ from here on: one that is written twice would be counted twice."""
        return self.undecided and (position.lo > 0 or position.rest.open)

    def _sought(self) -> frozenset[int]:
        sought = [f.args for f in self.rest.atoms() if f.kind == SOME and f.args[1] != TRUE_LITERAL] if self.rest.open else []
        return frozenset(literal for selector, literal in sought if any(self._taker(other.group)(selector) for other in self.others))

    def _asks_for_many(self) -> bool:
        most = max([self.case.lo, *(f.args[0] for f in self.rest.atoms() if f.kind == SIZE)])
        return most > max(1, len(self.required_keys)) and any(isinstance(other.group, KeyClass) for other in self.others)

    # positions --------------------------------------------------------------------------------------------------------------------------

    def position(self, at: int, lo: int, hi: int | None, used: frozenset[int], rest: Formula, held: bool = False) -> Position:
        """Return the position with counts that cannot bind left out."""
        missing = self.missing(at)
        lo = 0 if lo <= missing else lo
        if hi is not None and not self.others and rest is TRUE and hi >= self.left(at):
            hi = None
        return Position(at, lo, hi, used if lo else _UNUSED, rest, held)

    def plain_position(self, at: int) -> Position:
        """Return the position at ``at`` without counts and residual."""
        return Position(at, 0, None, _UNUSED, TRUE)

    def missing(self, at: int) -> int:
        """Return how many required keys are still to come."""
        return (self.required_mask & ~at).bit_count() if self.any_order else self.needed[at]

    def left(self, at: int) -> int:
        """Return how many declared keys may still come."""
        return len(self.keys) - (at.bit_count() if self.any_order else at)

    def available(self, at: int) -> Iterator[int]:
        """Yield the indices of the declared keys not yet read or passed."""
        if self.any_order:
            yield from (i for i in range(len(self.keys)) if not at >> i & 1)
        else:
            yield from range(at, len(self.keys))

    def is_plain(self, position: Position) -> bool:
        """Whether neither counts nor a residual are left, and no key is held."""
        return position.rest is TRUE and not position.lo and position.hi is None and not position.held

    def closable(self, position: Position) -> bool:
        """Whether the object may end here."""
        if position.lo or self.missing(position.at):
            return False
        return position.rest is TRUE or self.progress.closes(position.rest)

    # moves ------------------------------------------------------------------------------------------------------------------------------

    def moves(self, position: Position) -> Iterator[Move]:
        """Yield what may follow: every member whose key may come next, once per way to satisfy the residual."""
        at, lo, hi, used, rest, held = position
        if hi == 0:
            return
        fewer = None if hi is None else hi - 1
        for i in self.available(at):
            after = at | 1 << i if self.any_order else i + 1
            if fewer is None or fewer >= self.missing(after):
                for value, left, _ in self.declared_ways(i, rest):
                    target = self.position(after, max(lo - 1, 0), fewer, used, left, held)
                    yield Move(self.labels[i], self.bytes[i], value, target, self.keys[i])
            if not self.any_order:
                if self.required[i]:
                    return
                rest = self.progress.skip_key(rest, self.keys[i])
        after = at if self.any_order else len(self.keys)
        if fewer is not None and fewer < self.missing(after):
            return
        for other in self.others:
            lo_left, seen = self.counted(other, lo, used)
            for value, left, holds in self.other_ways(other, used, rest):
                target = self.position(after, lo_left, fewer, seen, left, held or holds)
                yield Move(other.label, other.bytes, value, target, other.group, holds)

    def declared_ways(self, i: int, rest: Formula) -> Iterator[Way]:
        """Yield the ways to read declared key ``i``."""
        if rest is TRUE:
            yield self.values[i], TRUE, False
            return
        key = self.keys[i]
        stepped = self.progress.read_key(rest, key, lambda selector: self.shapes.takes(selector, key))
        yield from self._ways(self.values[i], stepped)

    def other_ways(self, other: Other, used: frozenset[int], rest: Formula) -> Iterator[Way]:
        """Yield the ways to read a key of `others`."""
        if not rest.open:
            yield other.value, rest, False
            return
        fresh = self.undecided or other.number not in used
        group = other.group
        stepped = self.progress.read_other(rest, self._taker(group), group.content if isinstance(group, KeyClass) else group, fresh)
        yield from self._ways(other.value, stepped)

    def _ways(self, value: Conjunction, stepped: Formula) -> Iterator[Way]:
        for literals, left in self.progress.choices(stepped):
            holds = HELD in literals
            narrowed = conjoin((*value, *(literals - _KEY if holds else literals))) if literals else value
            if narrowed != NOTHING:
                yield narrowed, left, holds

    def _taker(self, group: KeyClass | str) -> Taker:
        if isinstance(group, KeyClass):
            return group.takes
        return lambda selector: self.shapes.takes(selector, group)

    def counted(self, other: Other, lo: int, used: frozenset[int]) -> tuple[int, frozenset[int]]:
        """Return what is still needed, and the classes seen, after a key of ``other``."""
        if not lo or self.undecided:
            return max(lo - 1, 0), _UNUSED
        return (lo, used) if other.number in used else (lo - 1, used | {other.number})

    # costs ------------------------------------------------------------------------------------------------------------------------------

    def after(self, position: Position, final: bool = False) -> Computation[Cost]:
        """Compute the least size from after a member to the end of the object; ``final``: all costs are, and may be kept."""
        if self.closable(position):
            return self.measure.close
        if position.rest is not TRUE:
            return (yield from self._searched(position, False))
        if final and not position.lo and position.hi is None:
            return (yield from self._plain_after(position.at))
        total: Cost = self.measure.close
        count = 0
        for i in self.still_required(position.at):
            total += self.gap + self.bytes[i] + (yield self.values[i])
            count += 1
        extra = position.lo - count
        if extra > 0:
            total += yield from self._extra(position, extra, final)
            count += extra
        return INF if position.hi is not None and position.hi < count else total

    def _plain_after(self, at: int) -> Computation[Cost]:
        """As `after`, without counts: a suffix sum, or what all required members cost less those read."""
        if self._each is None:
            self._each = []
            for i in self.required_keys:
                self._each.append(self.gap + self.bytes[i] + (yield self.values[i]))
            self.suffix = [self.measure.close]
            for each in reversed(self._each):
                self.suffix.append(self.suffix[-1] + each)
        if not self.any_order:
            return self.suffix[self.needed[at]]
        if self.suffix[-1] == INF:
            return INF
        missing = self.required_mask & ~at
        if missing.bit_count() * 2 < len(self.required_keys):
            return self.measure.close + sum(each for i, each in zip(self.required_keys, self._each) if missing >> i & 1)
        return self.suffix[-1] - sum(each for i, each in zip(self.required_keys, self._each) if at >> i & 1)

    def still_required(self, at: int) -> Iterator[int]:
        """Yield the indices of the required keys not yet read."""
        if self.any_order:
            return (i for i in self.required_keys if not at >> i & 1)
        return iter(self.required_keys[bisect_left(self.required_keys, at) :])

    def _extra(self, position: Position, extra: int, final: bool) -> Computation[Cost]:
        """Compute the cost of the ``extra`` cheapest members that need not be there otherwise."""
        costs = []
        if final:
            if self._sizes is None:
                sizes = []
                for i in self.optional_keys:
                    sizes.append(self.bytes[i] + (yield self.values[i]))
                self._sizes = sizes
            if self.any_order:
                costs = [size for i, size in zip(self.optional_keys, self._sizes) if not position.at >> i & 1]
            else:
                costs = self._sizes[bisect_left(self.optional_keys, position.at) :]
        else:
            for i in self.available(position.at):
                if not self.required[i]:
                    costs.append(self.bytes[i] + (yield self.values[i]))
        for other in self.others:
            if self.undecided and isinstance(other.group, KeyClass):
                costs += [other.bytes + (yield other.value)] * extra
            elif other.number not in position.used:
                costs.append(other.bytes + (yield other.value))
        if len(costs) < extra:
            return INF
        return sum(sorted(costs)[:extra]) + extra * self.gap

    def next_member(self, position: Position) -> Computation[Cost]:
        """Compute the least size from after a comma to the end of the object, where a residual has a say."""
        return (yield from self._searched(position, True)) - self.measure.next

    def _searched(self, position: Position, moving: bool) -> Computation[Cost]:
        """Search for the cheapest end, with ``moving`` after one member at least.

        Members are tried in declared order, since their order does not change the cost.
        """
        rest = position.rest
        every = rest.open or position.lo > 0 or moving
        tried = [i for i in self.available(position.at) if self.required[i] or every or self.keys[i] in rest.keys]
        # what a member costs at least; exactly, if it is required
        each: list[Cost] = []
        for i in tried:
            each.append(self.gap + self.bytes[i] + ((yield self.values[i]) if self.required[i] else self.measure.scale))
        suffix: list[Cost] = [self.measure.close] * (len(tried) + 1)
        for n in range(len(tried) - 1, -1, -1):
            suffix[n] = suffix[n + 1] + (each[n] if self.required[tried[n]] else 0)
        index = {self.keys[i]: n for n, i in enumerate(tried)}
        search = _Search(self, tried, each, suffix, index, self.others if every else [])
        # a position before the first key, told apart from those after it, where the object may not end yet
        start = position._replace(at=-1 if moving else 0)
        return (yield from cheapest(start, search.ends, self.measure.close, search.steps, search.bound))

    def closes_greedily(self, position: Position, cost: Callable[[Conjunction], Cost]) -> bool:
        """Return whether reading what is required, and what the residual then plainly asks for, leads to an end; False proves nothing."""
        rest = position.rest
        todo = set(self.still_required(position.at))
        index = {key: i for i, key in enumerate(self.keys)} if rest.kind in (AND, PRESENT) else {}
        done: set[int] = set()
        while True:
            asked = {index.get(f.args[0], -1) for f in conjuncts(rest) if f.kind == PRESENT} if index else set()
            todo |= asked - done
            if not todo:
                break
            i = min(todo)
            if i < 0 or (i < position.at if not self.any_order else position.at >> i & 1):
                return False
            todo.discard(i)
            done.add(i)
            way = next((w for w in self.declared_ways(i, rest) if cost(w[0]) < INF), None)
            if way is None:
                return False
            rest = way[1]
        if position.lo > len(done) or (position.hi is not None and position.hi < len(done)):
            return False
        return self.progress.closes(rest)


class _Search(NamedTuple):
    """The automaton of an object's members in declared order; ``at`` of its positions is an index into ``tried``."""

    plan: ObjectPlan
    tried: list[int]
    each: list[Cost]
    suffix: list[Cost]
    numbers: dict[str, int]
    others: list[Other]

    def bound(self, position: Position) -> Cost:
        """Cost of the required members, and of those that the residual plainly asks for."""
        total = self.suffix[max(position.at, 0)]
        for part in conjuncts(position.rest):
            if part.kind == PRESENT:
                n = self.numbers.get(part.args[0], -1)
                if n < position.at:
                    return INF
                if not self.plan.required[self.tried[n]]:
                    total += self.each[n]
        return total

    def ends(self, position: Position) -> bool:
        """Whether nothing more is needed."""
        if position.at < 0 or position.lo or any(self.plan.required[i] for i in self.tried[position.at :]):
            return False
        return self.plan.progress.closes(position.rest)

    def steps(self, position: Position) -> Iterator[Step]:
        """Yield what may follow."""
        plan = self.plan
        at, lo, hi, used, rest, _ = position
        if hi == 0:
            return
        fewer = None if hi is None else hi - 1
        # where a member more is worth nothing by itself, one that nothing asks for only adds to the cost
        idle = at >= 0 and not lo and not rest.open
        for n in range(max(at, 0), len(self.tried)):
            i = self.tried[n]
            if idle and not plan.required[i] and plan.keys[i] not in rest.keys:
                continue
            for value, left, _ in plan.declared_ways(i, rest):
                yield Step(plan.gap + plan.bytes[i], value, Position(n + 1, max(lo - 1, 0), fewer, used, left))
            if plan.required[i]:
                return
            rest = plan.progress.skip_key(rest, plan.keys[i])
        for other in self.others:
            lo_left, seen = plan.counted(other, lo, used)
            for value, left, _ in plan.other_ways(other, used, rest):
                yield Step(plan.gap + other.bytes, value, Position(len(self.tried), lo_left, fewer, seen, left))
