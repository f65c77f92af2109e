"""Formulas over arrays, put into a case.

Disjunctions are simplified by what the tables say, until nothing changes; what is left is resolved while the items are read
(`progress`). Nothing is split.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .cases import ANYTHING, NOTHING, ArrayCase, conjoin, conjuncts
from .formulas import AND, COUNT, FALSE, ITEM, ITEMS, LENGTH, OR, REPEATED, TRUE, UNIQUE, Formula

if TYPE_CHECKING:
    from .shapes import Shapes


class ArrayCases:
    """Makes the cases of formulas over arrays.

    Parameters
    ----------
    shapes : Shapes
        Answers whether what an item must satisfy is surely nothing.
    """

    def __init__(self, shapes: Shapes):
        self.shapes = shapes
        self.make = shapes.make

    def first(self, formula: Formula) -> ArrayCase | None:
        """Return the case of a formula over arrays, None if it is contradictory."""
        case = ArrayCase()
        for part in conjuncts(formula):
            if not self._add(case, part):
                return None
        return case if self._settle(case) else None

    def _add(self, case: ArrayCase, atom: Formula) -> bool:
        kind, args = atom.kind, atom.args
        if kind == ITEM:
            case.prefix[args[0]] = (*case.prefix.get(args[0], ()), args[1])
        elif kind == ITEMS:
            case.tails[args] = None
        elif kind == LENGTH:
            case.lo = max(case.lo, args[0])
            case.hi = args[1] if case.hi is None else case.hi if args[1] is None else min(case.hi, args[1])
        elif kind == AND:
            return all(self._add(case, part) for part in args)
        elif atom is FALSE:
            return False
        elif atom is not TRUE:
            case.rest.append(atom)
        return True

    def _settle(self, case: ArrayCase) -> bool:
        while True:
            if not self._shorten(case):
                return False
            before, case.rest = case.rest, []
            changed = False
            for formula in before:
                simpler = self._simplify_items(case, formula)
                if simpler is FALSE:
                    return False
                if simpler.kind in (ITEM, ITEMS, LENGTH, AND):
                    changed = True
                self._add(case, simpler)
            if not changed:
                return True

    def _shorten(self, case: ArrayCase) -> bool:
        """Lower the greatest length to before the first item that can have no value."""
        indices = sorted({*case.prefix, *(i for i, _ in case.tails)})
        for index in indices:
            if case.hi is not None and index >= case.hi:
                break
            value = case.item(index)
            if value == NOTHING or (len(value) > 1 and self.shapes.surely_empty(value)):
                case.hi = index
                break
        return case.hi is None or case.lo <= case.hi

    def _simplify_items(self, case: ArrayCase, formula: Formula) -> Formula:
        kind = formula.kind
        if kind == AND:
            return self.make.conjunction([self._simplify_items(case, part) for part in formula.args])
        if kind == OR:
            return self.make.disjunction([self._simplify_items(case, part) for part in formula.args])
        if kind == LENGTH:
            lo, hi = formula.args
            if lo <= case.lo and (hi is None or (case.hi is not None and case.hi <= hi)):
                return TRUE
            if (case.hi is not None and case.hi < lo) or (hi is not None and hi < case.lo):
                return FALSE
        elif kind in (ITEM, ITEMS):
            return self._simplify_item(case, formula)
        elif kind in (UNIQUE, REPEATED) and case.hi is not None and case.hi <= 1:
            return TRUE if kind == UNIQUE else FALSE
        elif kind == COUNT and case.hi is not None:
            index, literal, lo, hi = formula.args
            most = max(case.hi - index, 0)
            if most < lo:
                return FALSE
            if hi is not None and most <= hi:
                return self.make.count(index, literal, lo, None)
        return formula

    def _simplify_item(self, case: ArrayCase, formula: Formula) -> Formula:
        index, literal = formula.args
        if case.hi is not None and case.hi <= index:
            return TRUE
        if formula.kind == ITEMS:
            return TRUE if any(first <= index and other == literal for first, other in case.tails) else formula
        value = case.item(index)
        if literal in value:
            return TRUE
        if value == ANYTHING:
            return formula
        if self.shapes.surely_empty(conjoin((*value, literal))):
            return self.make.size(LENGTH, 0, index)
        return TRUE if self.shapes.surely_empty(conjoin((*value, literal ^ 1))) else formula

    def unsettled(self, formula: Formula) -> ArrayCase:
        """Return the tables of what holds unconditionally, however contradictory; for saying what contradicts what."""
        case = ArrayCase()
        for part in conjuncts(formula):
            self._add(case, part)
        return case

    def split(self, case: ArrayCase, at: int) -> Iterator[ArrayCase]:
        """Yield the cases that the branches of disjunction ``at`` lead to."""
        for branch in case.rest[at].args:
            split = case.copy()
            del split.rest[at]
            if self._add(split, branch) and self._settle(split):
                yield split
