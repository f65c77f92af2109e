"""Formulas over objects, put into cases.

Disjunctions are simplified by what the tables of a case say (unit propagation; a member whose schemas contradict each other is absent)
until nothing changes. Those that give keys an order of their own (branches of anyOf, oneOf, then, else) are split into cases; others
stay and are resolved while the members are read (`progress`), which keeps ``dependentRequired`` over n keys from making 2^n cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from maskwright.automata.limits import tick

from .cases import ANYTHING, NOTHING, ObjectCase, Rank, conjoin, conjuncts
from .formulas import ABSENT, ALL, AND, FALSE, OR, PRESENT, PROP, SIZE, SOME, TRUE, Formula
from .nodes import FALSE_LITERAL, TRUE_LITERAL

if TYPE_CHECKING:
    from .shapes import Shapes

#: cases an object formula is split into before the remaining disjunctions are left to `progress`
MAX_CASES = 256
#: keys of a closed object among which "some member" is written out
_MAX_NAMED = 64

_LAST: Rank = (1 << 60,)


class ObjectCases:
    """Makes the cases of formulas over objects.

    Parameters
    ----------
    shapes : Shapes
        Answers what a member's value must satisfy, and whether that is surely nothing.
    """

    def __init__(self, shapes: Shapes):
        self.shapes = shapes
        self.make = shapes.make

    def cases(self, formula: Formula) -> list[ObjectCase]:
        """Return the satisfiable-looking cases of a formula over objects, split where branches give keys an order."""
        first = self.first(formula)
        done: list[ObjectCase] = []
        queue = [] if first is None else [first]
        while queue:
            tick()
            case = queue.pop()
            at = next((i for i, (_, f) in enumerate(case.rest) if f.kind == OR and f.mentions), None)
            if at is None or len(done) + len(queue) + len(case.rest[at][1].args) > MAX_CASES:
                done.append(case)
                continue
            queue.extend(reversed(list(self.split(case, at))))
        return done

    def first(self, formula: Formula) -> ObjectCase | None:
        """Return the case before splitting, None if it is contradictory."""
        case = ObjectCase()
        for i, part in enumerate(conjuncts(formula)):
            if not self._add(case, part, (i,)):
                return None
        return case if self._settle(case) else None

    def unsettled(self, formula: Formula) -> ObjectCase:
        """Return the tables of what holds unconditionally, however contradictory; for saying what contradicts what."""
        case = ObjectCase()
        for i, part in enumerate(conjuncts(formula)):
            self._add(case, part, (i,))
        return case

    def split(self, case: ObjectCase, at: int) -> Iterator[ObjectCase]:
        """Yield the cases that the branches of disjunction ``at`` lead to."""
        rank, formula = case.rest[at]
        for branch in formula.args:
            split = case.copy()
            del split.rest[at]
            parts = conjuncts(branch)
            if all(self._add(split, part, (*rank, i)) for i, part in enumerate(parts)) and self._settle(split):
                yield split

    def _add(self, case: ObjectCase, atom: Formula, rank: Rank) -> bool:
        """Enter a conjunct into the tables; false if that is contradictory."""
        kind, args = atom.kind, atom.args
        if kind == PROP:
            key, literal, mention = args
            before = case.props.get(key, ())
            if literal not in before:
                case.props[key] = (*before, literal)
                case.dirty.add(key)
            if mention and rank < case.ranks.get(key, _LAST):
                case.ranks[key] = rank
        elif kind == PRESENT:
            case.required.add(args[0])
            case.dirty.add(args[0])
        elif kind == ABSENT:
            case.absent.add(args[0])
        elif kind == ALL:
            case.universals[args] = None
            case.dirty.update(case.props)
            case.dirty.update(case.required)
        elif kind == SIZE:
            case.lo = max(case.lo, args[0])
            case.hi = args[1] if case.hi is None else case.hi if args[1] is None else min(case.hi, args[1])
        elif kind == AND:
            return all(self._add(case, part, (*rank, i)) for i, part in enumerate(args))
        elif atom is FALSE:
            return False
        elif atom is not TRUE:
            case.rest.append((rank, atom))
        return True

    def _settle(self, case: ObjectCase) -> bool:
        """Propagate until nothing changes; false if the case is contradictory."""
        while True:
            for key in case.dirty:
                value = self.shapes.member(case, key)
                if value == NOTHING or (len(value) > 1 and self.shapes.surely_empty(value)):
                    case.absent.add(key)
            case.dirty = set()
            if case.required & case.absent:
                return False
            if case.hi is not None and (case.hi < len(case.required) or case.hi < case.lo):
                return False
            if not case.rest or not self._propagate(case):
                return self._consistent(case)
            if FALSE in (f for _, f in case.rest):
                return False

    def _propagate(self, case: ObjectCase) -> bool:
        """Simplify the disjunctions under the tables; true if the tables changed."""
        before, case.rest = case.rest, []
        changed = False
        for rank, formula in before:
            simpler = self._simplify(case, formula)
            if simpler is FALSE:
                case.rest = [(rank, FALSE)]
                return True
            if simpler.kind in (OR, SOME):
                case.rest.append((rank, simpler))
            elif simpler is not TRUE:
                self._add(case, simpler, rank)
                changed = True
        return changed

    def _consistent(self, case: ObjectCase) -> bool:
        """Check the least number of members against what a closed object can hold."""
        if case.lo <= len(case.required):
            return True
        closing = [s for s, literal in case.universals if literal == FALSE_LITERAL and s[0] == "rest" and not s[2]]
        if not closing:
            return True
        possible = {key for key in closing[0][1] if key not in case.absent and self.shapes.member(case, key) != NOTHING}
        return len(possible | case.required) >= case.lo

    def _simplify(self, case: ObjectCase, formula: Formula) -> Formula:
        kind = formula.kind
        if kind == AND:
            return self.make.conjunction([self._simplify(case, part) for part in formula.args])
        if kind == OR:
            return self.make.disjunction([self._simplify(case, part) for part in formula.args])
        if kind in (PRESENT, ABSENT):
            key = formula.args[0]
            if key in case.required:
                return TRUE if kind == PRESENT else FALSE
            if key in case.absent or self.shapes.member(case, key) == NOTHING:
                return FALSE if kind == PRESENT else TRUE
        elif kind == PROP:
            return self._simplify_prop(case, formula)
        elif kind == ALL:
            return self._simplify_all(case, formula)
        elif kind == SOME:
            return self._simplify_some(case, formula)
        elif kind == SIZE:
            lo, hi = formula.args
            if lo <= max(case.lo, len(case.required)) and (hi is None or (case.hi is not None and case.hi <= hi)):
                return TRUE
            if (case.hi is not None and case.hi < lo) or (hi is not None and hi < max(case.lo, len(case.required))):
                return FALSE
        return formula

    def _simplify_prop(self, case: ObjectCase, formula: Formula) -> Formula:
        key, literal, _ = formula.args
        if key in case.absent:
            return TRUE
        value = self.shapes.member(case, key)
        if literal in value or value == NOTHING:
            return TRUE
        if literal == TRUE_LITERAL:
            return formula
        if value == ANYTHING and literal != FALSE_LITERAL:
            return formula
        if self.shapes.surely_empty(conjoin((*value, literal))):
            return FALSE if key in case.required else self.make.absent(key)
        if value != ANYTHING and self.shapes.surely_empty(conjoin((*value, literal ^ 1))):
            return TRUE
        return formula

    def _simplify_all(self, case: ObjectCase, formula: Formula) -> Formula:
        if formula.args in case.universals:
            return TRUE
        selector, literal = formula.args
        if literal == FALSE_LITERAL and any(self.shapes.takes(selector, key) for key in case.required):
            return FALSE
        return formula

    def _simplify_some(self, case: ObjectCase, formula: Formula) -> Formula:
        selector, literal = formula.args
        if (selector, literal ^ 1) in case.universals:
            return FALSE
        if literal == TRUE_LITERAL and any(self.shapes.takes(selector, key) for key in case.required):
            return TRUE
        for closing, closed in case.universals:
            if closed == FALSE_LITERAL and closing[0] == "rest" and not closing[2] and len(closing[1]) <= _MAX_NAMED:
                named = [key for key in sorted(closing[1]) if key not in case.absent and self.shapes.takes(selector, key)]
                choices = [self.make.conjunction((self.make.present(key), self.make.prop(key, literal))) for key in named]
                return self._simplify(case, self.make.disjunction(choices))
        return formula
