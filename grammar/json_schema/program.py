"""The pushdown program of a schema: rule states made on demand.

A rule state is a number for a *place*, a tuple that says what is to be read next:

    ("end",)                                   nothing
    ("value", c, after, depth)                 a value of conjunction c, then state ``after``
    ("colon", c, after, depth)                 the colon before it
    ("member", plan, i, depth)                 the same after declared key i, where that says all: what follows is worked out when asked for
    ("container", c, depth)                    rule: an object or array of c
    ("opened", plan, position, depth)          after an opening bracket
    ("next", plan, position, depth)            after a comma
    ("after", plan, position, depth)           after a member or item
    ("lead",), ("trail",), ("trailed",)        whitespace around the root
    ("nowhere",)                               where a string goes that fails a check; never part of a set

Scalars are scanned in place; containers are called, so that their states do not depend on where they stand. ``depth`` is 0 throughout
unless the layout indents. Nothing is offered that cannot be finished: a move is there only if its cost is finite.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from maskwright.automata.limits import within
from maskwright.automata.program import Call, Judgement, Program, RuleState, Scan, ScanTable, Stretch

from .arrays import ArrayPlan
from .arrays import Move as ItemMove
from .cases import Conjunction, conjoin
from .checks import KeyCheck, StringCheck
from .costs import INF, Computation, Cost, Costs
from .formulas import FALSE, TRUE, Formula
from .keytable import KeyClass, KeyTable
from .memory import ItemCheck, Items, Memory, NewKey, Remember, Spelled, is_orderless
from .nodes import ARRAY, BOOLEAN, EVERY_TYPE, NULL, NUMBER, OBJECT, STRING, TRUE_LITERAL
from .objects import Move, ObjectPlan
from .plain_costs import CONTAINER, PlainCosts
from .progress import Progress
from .scalars import MANY_STRINGS, Lexeme, Scalars
from .shapes import Shapes
from .strings import StringLanguage
from .unfold import Unfolder
from .whitespace import CLOSE, EMPTY, NEXT, OPEN, Container, Layout, Layouts

_SCALARS = (NULL, BOOLEAN, NUMBER, STRING)
_CONTAINERS = ARRAY | OBJECT
NONE = -1
#: characters of listed strings from which on the garbage collector takes 1 ms for them
_MANY_CHARS = 2**18
_NO_KEYS: frozenset[str] = frozenset()

Plan = ObjectPlan | ArrayPlan


class _Value(NamedTuple):
    """What the values of a conjunction begin with.

    Attributes
    ----------
    lexemes : list of Lexeme
        Scalars.
    checked : bool
        Some lexeme has checks.
    contains : bool
        There are arrays or objects too.
    cost : Cost
        Least size.
    """

    lexemes: list[Lexeme]
    checked: bool
    contains: bool
    cost: Cost


class SchemaProgram(Program):
    """The program of a schema; see the module.

    Parameters
    ----------
    unfolder : Unfolder
    """

    def __init__(self, unfolder: Unfolder):
        schema = unfolder.schema
        options = schema.options
        self.schema = schema
        self.scalars = Scalars(unfolder)
        self.shapes = Shapes(unfolder, self.scalars)
        self.progress = Progress(unfolder.formulas, self.shapes.hopeless)
        self.layouts = Layouts(options.whitespace)
        self.items = Items()
        self.measure = self.layouts.measure
        self._plain_costs = PlainCosts(schema.nodes, self.measure)
        self.costs = Costs(self._equation, self._plain_costs.at_once)
        self._seconds = options.budget.seconds
        self._any_order = options.key_order == "any"
        self._forbid = options.additional_properties == "forbid"
        self._objects: dict[Formula, list[ObjectPlan]] = {}
        self._arrays: dict[Formula, ArrayPlan | None] = {}
        self._owner: dict[Plan, Conjunction] = {}
        self._places: list[tuple] = []
        self._numbers: dict[tuple, int] = {}
        self._after: dict[tuple, Cost] = {}
        self._finishes: dict[tuple, bool] = {}
        #: (plan, depth) -> the scans of declared members, and what each adds to the cost of the rest (`INF`: it has no value)
        self._plain_members_of: dict[tuple[ObjectPlan, int], tuple[ScanTable, list[Cost]]] = {}
        self._values: dict[Conjunction, _Value] = {}
        self._rests: dict[int, int] = {}
        self._one_layout = None if self.layouts.by_depth else self.layouts.at(0)
        self.root: Conjunction = () if schema.root == 0 else (schema.root,)
        self._end = self.state("end")
        spaced = self._layout(0).around is not None
        self._final = self.state("trail") if spaced else self._end
        self._first_value = self.state("value", self.root, self._final, 0)
        self.start = self.state("lead") if spaced else self._first_value

    def string_languages(self) -> list[StringLanguage]:
        """Return the languages whose union are the strings that satisfy the schema, for whoever writes them otherwise than as JSON."""
        return self.scalars.string_languages(self.shapes.formula(self.root, STRING))

    # places -----------------------------------------------------------------------------------------------------------------------------

    def state(self, *place: Any) -> int:
        """Return the number of a place."""
        found = self._numbers.get(place)
        if found is None:
            found = self._numbers[place] = len(self._places)
            self._places.append(place)
        return found

    def where(self, state: int) -> str:
        """Return the JSON pointer of the subschema in force at a rule state."""
        place = self._places[state]
        name = place[0]
        if len(place) == 1:
            conjunction = self.root
        elif name == CONTAINER:
            conjunction = place[1]
        elif name == "member":
            conjunction = place[1].values[place[2]] or self._owner[place[1]]
        elif name in ("value", "colon"):
            conjunction = place[1] or self._owner_of(place[2])
        elif isinstance(place[1], ArrayPlan) and name != "after":
            conjunction = place[1].items[place[2].at] or self._owner[place[1]]
        else:
            conjunction = self._owner[place[1]]
        return self.schema.pointer(conjunction[0]) if conjunction else ""

    def _owner_of(self, state: int) -> Conjunction:
        """Return the conjunction of the container that a rule state belongs to."""
        place = self._places[state]
        return self._owner.get(place[1], ()) if len(place) > 1 else self.root

    def expand(self, state: int) -> RuleState:
        """Return the edges of a rule state."""
        return within(self._seconds, self._expand, state)

    def _expand(self, state: int) -> RuleState:
        place = self._places[state]
        name = place[0]
        if name == "after":
            return self._expand_after(*place[1:])
        if name == "member":
            return self._expand_member(*place[1:])
        if name == "colon":
            return self._expand_colon(*place[1:])
        if name == "value":
            return self._expand_value(*place[1:])
        if name in ("next", "opened"):
            return self._expand_next(name == "opened", *place[1:])
        if name == CONTAINER:
            return self._expand_container(*place[1:])
        return self._expand_edge(name)

    def _expand_edge(self, name: str) -> RuleState:
        """Expand the states before and after the root value."""
        around = self._layout(0).around
        if name == "nowhere":
            return RuleState(False, (), (), 0)
        if name == "end" or around is None:
            return RuleState(True, (), (), 0)
        if name == "lead":
            inner = self.expand(self._first_value)
            scans = (*inner.scans, Scan(around, 0, self._first_value))
            return RuleState(False, scans, inner.calls, inner.cost, None, inner.remembers)
        return RuleState(True, (Scan(around, 0, self._end),), (), 0)

    # costs ------------------------------------------------------------------------------------------------------------------------------

    def cost(self, conjunction: Conjunction) -> Cost:
        """Return the least size of a value of ``conjunction``, `INF` if there is none."""
        return self.costs(conjunction)

    def prepare(self) -> None:
        """Make what would keep a mask waiting, the terminals of long lists of strings, as many as `Scalars.prepares`; compiling ends here.

        What is asked for later, as the costs of all members that may come are by the first mask, must not make it wait. Neither must the
        garbage collector, which goes through a long list twice before it takes it for old: 8 ms each for 100,000 strings.
        """
        for node in self.schema.nodes:
            if not self.scalars.prepares:
                break
            if len(node.parts.get("enum", ())) > MANY_STRINGS and len(node.parts) == 1:
                self.scalars.cost(self.shapes.formula((2 * node.id,), STRING), STRING)
        if self.scalars.compiling and self.scalars.prepared > _MANY_CHARS and gc.isenabled():
            gc.collect(1)
        self.scalars.compiling = False

    def _equation(self, unknown: Any) -> Computation[Cost]:
        plain = self._plain_costs.equation(unknown)
        if plain is not None:
            return plain
        if unknown and unknown[0] == CONTAINER:
            return self._container_cost(unknown[1])
        return self._value_cost(unknown)

    def _value_cost(self, conjunction: Conjunction) -> Computation[Cost]:
        best: Cost = INF
        for kind in _SCALARS:
            best = min(best, self.scalars.cost(self.shapes.formula(conjunction, kind), kind))
        best *= self.measure.scale
        if best > self.measure.empty and self._has_containers(conjunction):
            best = min(best, (yield (CONTAINER, conjunction)))
        return best

    def _has_containers(self, conjunction: Conjunction) -> bool:
        formula = self.shapes.formula
        return formula(conjunction, ARRAY) is not FALSE or formula(conjunction, OBJECT) is not FALSE

    def _container_cost(self, conjunction: Conjunction) -> Computation[Cost]:
        best: Cost = INF
        for plan in self.plans(conjunction):
            if plan.closable(plan.start):
                return self.measure.empty
            after = yield from self._deeper(plan.after(plan.start))
            best = min(best, after + self.measure.open - self.measure.next)
        return best

    def _deeper(self, computation: Computation[Cost]) -> Computation[Cost]:
        """Pass the needs of a container's computation on; sizes come back as seen from the container."""
        if self.measure.scale == 1:
            return (yield from computation)
        answer: Any = None
        while True:
            try:
                needed = computation.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = self.measure.deeper((yield needed))

    def after(self, plan: Plan, position: Any) -> Cost:
        """Return the least size from after a member or item to the end of its container."""
        if isinstance(plan, ObjectPlan) and not plan.any_order and plan.is_plain(position):
            return self._plain_after(plan, position.at)
        key = (plan, position)
        found = self._after.get(key)
        if found is None:
            found = self._after[key] = self.costs.run(self._deeper(plan.after(position, True)))
        return found

    def _ends(self, plan: Plan, position: Any) -> bool:
        """Return whether a container can be finished after a member or item."""
        if position.rest is TRUE or isinstance(plan, ArrayPlan):
            return self.after(plan, position) < INF
        key = (plan, position)
        found = self._finishes.get(key)
        if found is None:
            found = self._finishes[key] = plan.closes_greedily(position, self.cost) or self.after(plan, position) < INF
        return found

    def _plain_after(self, plan: ObjectPlan, at: int) -> Cost:
        """As `after`, for a plain position of an object in the schema's order."""
        if not plan.needed[at]:
            return self.measure.close
        if not plan.suffix:
            self.costs.run(self._deeper(plan.after(plan.plain_position(at), True)))
        return plan.suffix[plan.needed[at]]

    def _rest(self, state: int) -> int:
        """Return the least number of bytes after a value, from the state that follows it."""
        found = self._rests.get(state)
        if found is None:
            place = self._places[state]
            found = self._rests[state] = self.measure.at(self.after(place[1], place[2]), place[3]) if place[0] == "after" else 0
        return found

    def troubles(self) -> set[str | int]:
        """Return what some plan made so far cannot decide: keywords, and literals that some undeclared member may have to satisfy."""
        out: set[str | int] = {"uniqueItems" if isinstance(plan, ArrayPlan) else "minProperties" for plan in self._owner if plan.undecided}
        return out.union(*(plan.sought for plan in self._owner if isinstance(plan, ObjectPlan)))

    def member_values(self, state: int) -> list[int] | None:
        """Return the states in which values of members begin, if an object opens at ``state`` that has no residual.

        Whoever looks at what a schema can lead to need not walk through the positions, which counts multiply.
        """
        place = self._places[state]
        if place[0] != "opened" or not isinstance(place[1], ObjectPlan) or place[1].rest is not TRUE:
            return None
        return within(self._seconds, self._member_values, place[1])

    def _member_values(self, plan: ObjectPlan) -> list[int]:
        values = dict.fromkeys([*plan.values, *(other.value for other in plan.others)])
        return [self.state("value", value, self._end, 0) for value in values if self.cost(value) < INF]

    # plans ------------------------------------------------------------------------------------------------------------------------------

    def plans(self, conjunction: Conjunction) -> Iterator[Plan]:
        """Yield the plans of the arrays and objects of a conjunction."""
        array = self._array(conjunction)
        if array is not None:
            yield array
        yield from self._object_plans(conjunction)

    def _array(self, conjunction: Conjunction) -> ArrayPlan | None:
        formula = self.shapes.formula(conjunction, ARRAY)
        if formula is FALSE:
            return None
        if formula not in self._arrays:
            case = self.shapes.array_case(formula)
            plan = None
            if case is not None:
                plan = ArrayPlan(case, self.shapes, self.progress, self.measure, self.shapes.distinct_values(case))
                self._owner[plan] = conjunction
            self._arrays[formula] = None if plan is None or plan.dead else plan
        return self._arrays[formula]

    def _object_plans(self, conjunction: Conjunction) -> list[ObjectPlan]:
        formula = self.shapes.formula(conjunction, OBJECT)
        if formula is FALSE:
            return []
        found = self._objects.get(formula)
        if found is None:
            table = KeyTable(formula, self.scalars)
            made = [
                ObjectPlan(case, table, self.shapes, self.progress, self._any_order, self._forbid, self.measure)
                for case in self.shapes.object_cases(formula)
            ]
            found = self._objects[formula] = [plan for plan in made if not plan.dead]
            self._owner.update(dict.fromkeys(found, conjunction))
        return found

    # values -----------------------------------------------------------------------------------------------------------------------------

    def _value(self, conjunction: Conjunction) -> _Value:
        found = self._values.get(conjunction)
        if found is None:
            formula = self.shapes.formula
            types = self._types(conjunction)
            kinds = [kind for kind in _SCALARS if types & kind]
            lexemes = [lexeme for kind in kinds for lexeme in self.scalars.lexemes(formula(conjunction, kind), kind)]
            contains = bool(types & _CONTAINERS) and self._has_containers(conjunction) and self.costs((CONTAINER, conjunction)) < INF
            checked = any(checks for _, checks in lexemes)
            found = self._values[conjunction] = _Value(lexemes, checked, contains, self.cost(conjunction))
        return found

    def _types(self, conjunction: Conjunction) -> int:
        """Return the types that a value may have by the types asked for in so many words; its formulas over all others are `FALSE`."""
        if len(conjunction) != 1 or conjunction[0] & 1 or conjunction[0] == TRUE_LITERAL:
            return EVERY_TYPE
        return self.schema.nodes[conjunction[0] >> 1].mask

    def _expand_value(self, conjunction: Conjunction, after: int, depth: int) -> RuleState:
        lexemes, checked, contains, least = self._value(conjunction)
        rest = self._rest(after)
        if checked:
            scans = [Scan(terminal, 0, self._if_passing(checks, after, rest)) for terminal, checks in lexemes]
        else:
            scans = [Scan(terminal, 0, after) for terminal, _ in lexemes]
        calls = (Call(self.state(CONTAINER, conjunction, depth), after),) if contains else ()
        return RuleState(False, scans, calls, self.measure.at(least, depth) + rest, None, checked)

    def _if_passing(self, checks: frozenset[Any], after: int, rest: int) -> int | StringCheck:
        return StringCheck(checks, after, self.state("nowhere"), rest) if checks else after

    def _expand_colon(self, conjunction: Conjunction, after: int, depth: int) -> RuleState:
        value = self.state("value", conjunction, after, depth)
        cost = self.measure.at(self.cost(conjunction) + self.measure.colon, depth) + self._rest(after)
        return RuleState(False, (Scan(self._layout(depth).colon, 0, value),), (), cost)

    def _expand_member(self, plan: ObjectPlan, i: int, depth: int) -> RuleState:
        after = self.state("after", plan, plan.plain_position(i + 1), depth)
        return self._expand_colon(plan.values[i], after, depth + 1 if self.layouts.by_depth else 0)

    # containers ---------------------------------------------------------------------------------------------------------------------------

    def _layout(self, depth: int) -> Layout:
        return self._one_layout or self.layouts.at(depth)

    def _signs(self, plan: Plan, depth: int) -> Container:
        layout = self._layout(depth)
        return layout.object if isinstance(plan, ObjectPlan) else layout.array

    def _expand_container(self, conjunction: Conjunction, depth: int) -> RuleState:
        scans: dict[Scan, None] = {}
        for plan in self.plans(conjunction):
            signs = self._signs(plan, depth)
            if signs.close_empty is None and plan.closable(plan.start):
                scans[Scan(signs.open, EMPTY, self._end)] = None
            if (signs.close_empty is not None and plan.closable(plan.start)) or self._goes_on(plan, plan.start):
                scans[Scan(signs.open, OPEN, self._opened(plan, depth))] = None
        return RuleState(False, tuple(scans), (), self.measure.at(self.costs((CONTAINER, conjunction)), depth))

    def _opened(self, plan: Plan, depth: int) -> int | Remember:
        """Return where a container goes that has opened."""
        if self.remembers and plan.undecided:
            if isinstance(plan, ArrayPlan):
                return Remember(self, self.items, plan, plan.start, depth, None)
            return self.state("opened", plan, plan.start, depth, _NO_KEYS)
        return self.state("opened", plan, plan.start, depth)

    def _goes_on(self, plan: Plan, position: Any) -> bool:
        """Whether some member or item may follow."""
        if isinstance(plan, ObjectPlan) and not plan.any_order and plan.is_plain(position):
            return self._plain_goes_on(plan, position.at)
        return any(self.cost(move.value) < INF and self._ends(plan, move.target) for move in plan.moves(position))

    def _plain_goes_on(self, plan: ObjectPlan, at: int) -> bool:
        """As `_goes_on`, without counts and residual, in the schema's order: what is left to come costs the same whatever comes first."""
        for i in range(at, len(plan.keys)):
            if self.cost(plan.values[i]) < INF and self._plain_after(plan, i + 1) < INF:
                return True
            if plan.required[i]:
                return False
        return any(self.cost(other.value) < INF for other in plan.others)

    def _expand_after(
        self, plan: Plan, position: Any, depth: int, memory: Memory | frozenset[str] | None = None, again: bool | None = None
    ) -> RuleState:
        signs = self._signs(plan, depth)
        scans = []
        if self._goes_on(plan, position):
            if isinstance(memory, frozenset):
                scans.append(Scan(signs.after, NEXT, self.state("next", plan, position, depth, memory)))
            elif memory is not None and position.rest is not TRUE:
                assert isinstance(plan, ArrayPlan)
                scans.append(Scan(signs.after, NEXT, Remember(self, self.items, plan, position, depth, memory)))
            else:
                scans.append(Scan(signs.after, NEXT, self.state("next", plan, position, depth)))
        if plan.closable(position):
            scans.append(Scan(signs.after, CLOSE, self._end))
        check = ItemCheck(self.items, memory, again) if isinstance(memory, Memory) and again is not None else None
        return RuleState(False, scans, (), self.measure.at(self.after(plan, position), depth), check, memory is not None)

    def _expand_next(self, opened: bool, plan: Plan, position: Any, depth: int, memory: Memory | frozenset[str] | None = None) -> RuleState:
        signs = self._signs(plan, depth)
        inner = depth + 1 if self.layouts.by_depth else 0
        if isinstance(plan, ObjectPlan):
            assert not isinstance(memory, Memory)
            scans, cost, calls = self._members(plan, position, depth, inner, memory)
            remembers = plan.table.checked or (not plan.is_plain(position) and any(isinstance(scan.target, NewKey) for scan in scans))
        else:
            assert not isinstance(memory, frozenset)
            scans, cost, calls, remembers = self._items(plan, position, depth, inner, memory)
        if opened and signs.close_empty is not None and plan.closable(position):
            scans.append(Scan(signs.close_empty, 0, self._end))
            cost = self.measure.close
        if cost == INF:  # of what was remembered, nothing can be repeated
            return self.expand(self.state("nowhere"))
        return RuleState(False, scans, calls, self.measure.at(cost, depth), None, remembers or memory is not None)

    def _members(
        self, plan: ObjectPlan, position: Any, depth: int, inner: int, keys: frozenset[str] | None
    ) -> tuple[list[Scan] | Stretch, Cost, list[Call]]:
        if plan.is_plain(position):
            return *self._plain_members(plan, position, depth, inner), []
        table = plan.table
        scans = []
        best: Cost = INF
        settled = position.rest is TRUE
        for move in plan.moves(position):
            size = self.cost(move.value)
            if size == INF or not self._ends(plan, move.target):
                continue
            if settled:
                best = min(best, move.bytes + self.measure.colon + self.measure.deeper(size) + self.after(plan, move.target))
            terminal = table.others if isinstance(move.group, KeyClass) else table.terminal
            scans.append(Scan(terminal, move.label, self._member(plan, move, depth, inner, keys)))
        if not settled:
            best = self.costs.run(self._deeper(plan.next_member(position)))
        return scans, best, []

    def _member(self, plan: ObjectPlan, move: Move, depth: int, inner: int, keys: frozenset[str] | None) -> int | Judgement:
        """Return where the key of a move leads, ``keys`` being the undeclared keys remembered."""
        target = self._after_key(plan, move, depth, inner, keys)
        return self._if_belongs(plan, move.group, target)

    def _if_belongs(self, plan: ObjectPlan, group: KeyClass | str, target: int | NewKey) -> int | Judgement:
        """Return where a key of a class leads that must pass the checks of the class."""
        if isinstance(group, str) or not group.checks:
            return target
        cost = target.cost if isinstance(target, NewKey) else self.expand(target).cost
        return KeyCheck(plan.table, group, target, self.state("nowhere"), cost)

    def _after_key(self, plan: ObjectPlan, move: Move, depth: int, inner: int, keys: frozenset[str] | None) -> int | NewKey:
        after = (plan, move.target, depth)
        if not self.remembers or (keys is None and not move.holds):
            return self.state("colon", move.value, self.state("after", *after), inner)
        on = plan.compares_keys(move.target)
        if move.label in plan.declared_labels:
            return self.state("colon", move.value, self.state("after", *after, *((keys,) if on else ())), inner)
        return NewKey(self, move.value, after, inner, keys or _NO_KEYS, on, move.holds or plan.counts_keys(move.target))

    def _plain_members(self, plan: ObjectPlan, position: Any, depth: int, inner: int) -> tuple[list[Scan] | Stretch, Cost]:
        """As `_members`, without counts and residual: what follows depends on the member alone, or (any order) on what was read."""
        at = position.at
        rest = self.after(plan, position)
        required = plan.required
        colon = self.measure.colon
        scans: list[Scan] | Stretch = []
        best: Cost = INF
        if plan.any_order:
            for i in plan.available(at):
                size = self._member_size(plan, i)
                if size < INF:
                    target = self.state("after", plan, position._replace(at=at | 1 << i), depth)
                    scans.append(Scan(plan.table.terminal, plan.labels[i], self.state("colon", plan.values[i], target, inner)))
                    best = min(best, size + rest - (plan.gap - colon + size if required[i] else 0))
        else:
            stop = next((i + 1 for i in plan.still_required(at)), len(plan.keys))
            scans, least = self._plain_scans_from(plan, at, stop, depth)
            best = least + rest
            if plan.needed[at]:
                return scans, best
        target = NONE
        for other in plan.others:
            size = self.measure.deeper(self.cost(other.value))
            if size < INF:
                if target == NONE:
                    target = self.state("after", plan, position if plan.any_order else position._replace(at=len(plan.keys)), depth)
                value = self._if_belongs(plan, other.group, self.state("colon", other.value, target, inner))
                terminal = plan.table.others if isinstance(other.group, KeyClass) else plan.table.terminal
                scans.append(Scan(terminal, other.label, value))
                best = min(best, other.bytes + colon + size + rest)
        return scans, best

    def _plain_scans_from(self, plan: ObjectPlan, at: int, stop: int, depth: int) -> tuple[list[Scan] | Stretch, Cost]:
        """Return the scans of members ``at`` to ``stop - 1``, and the least that one adds to the cost of what is required from ``at`` on.

        Positions of one object ask for overlapping ranges, so what a member comes to is kept.
        """
        if at == stop:
            return [], INF
        found = self._plain_members_of.get((plan, depth))
        if found is None:
            found = self._plain_members_of[plan, depth] = (ScanTable(plan.table.terminal, plan.labels), [INF] * len(plan.keys))
        members, costs = found
        if at < members.first or stop > members.last:
            for i in members.gaps(at, stop):
                size = self._member_size(plan, i)
                if size < INF:
                    members.targets[i] = self.state("member", plan, i, depth)
                    costs[i] = self.measure.colon - plan.gap if plan.required[i] else size
            members.widen(at, stop)
        asked = costs[at:stop]
        stretch = Stretch(members, at, stop)
        return ([*stretch] if INF in asked else stretch), min(asked)

    def _member_size(self, plan: ObjectPlan, i: int) -> Cost:
        """Return the least size of declared member ``i``: key, colon, value."""
        return plan.bytes[i] + self.measure.colon + self.measure.deeper(self.cost(plan.values[i]))

    def _items(
        self, plan: ArrayPlan, position: Any, depth: int, inner: int, memory: Memory | None
    ) -> tuple[list[Scan], Cost, list[Call], bool]:
        scans: list[Scan] = []
        calls: list[Call] = []
        remembers = False
        best: Cost = INF
        for move in chain.from_iterable(self._guessed(plan, move, memory) for move in plan.moves(position)):
            cost = self.measure.deeper(self.cost(move.value)) + self.after(plan, move.target)
            if cost < INF:
                best = min(best, cost)
                if memory is None or (move.again is None and move.target.rest is TRUE):
                    after = self.state("after", plan, move.target, depth)
                else:
                    after = self.state("after", plan, move.target, depth, memory, move.again)
                value = self._expand_value(move.value, after, inner)
                scans += value.scans
                calls += value.calls
                remembers |= value.remembers
        return scans, best, calls, remembers

    def _guessed(self, plan: ArrayPlan, move: ItemMove, memory: Memory | None) -> Iterator[ItemMove]:
        """Yield a move as it is, or, where an item must repeat one that was read, once per value read: a mask then leads straight to it."""
        if memory is None or not move.again:
            yield move
            return
        constants = [v for v in memory.seen if not isinstance(v, Spelled) and (self._any_order or is_orderless(v))]
        if len(constants) < len(memory.seen):
            yield move  # compared when the item is complete
        for value in constants:
            constant = plan.shapes.unfolder.schema.constant(value)
            yield ItemMove(conjoin((*move.value, constant)), move.target)
