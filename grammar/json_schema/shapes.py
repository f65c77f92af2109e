"""Normal forms: what a conjunction of schemas says about objects and arrays, with what can be decided at once decided.

A *conjunction* is the sorted tuple of the literals that hold at one place of the value; memoising on it is what cuts recursion. Its
formula over objects is put into cases by `object_cases`, over arrays by `array_cases`: tables of what holds unconditionally, and the
disjunctions left.

`Shapes.surely_empty` and `Shapes.disjoint` are one-sided provers on the same tables: "yes" is a proof, "no" may mean "not found within
the budget".
"""

from __future__ import annotations

from collections.abc import Iterable

from maskwright.automata.limits import tick

from .array_cases import ArrayCases
from .cases import ANYTHING, NOTHING, ArrayCase, Conjunction, ObjectCase, conjoin
from .formulas import FALSE, OR, REPEATED, UNIQUE, Formula
from .nodes import ARRAY, OBJECT, STRING, TRUE_LITERAL, TYPES
from .object_cases import ObjectCases
from .scalars import Scalars
from .unfold import InProgress, Unfolder, value_type
from .values import Value

#: distinct values an array of unique items may draw from
MAX_UNIQUE = 256
#: splits the emptiness prover tries
MAX_PROOF = 48
#: levels of members the emptiness prover descends
PROOF_DEPTH = 3


class Shapes:
    """Puts formulas into cases and proves emptiness; memoised on conjunctions.

    Parameters
    ----------
    unfolder : Unfolder
    scalars : Scalars
    """

    def __init__(self, unfolder: Unfolder, scalars: Scalars):
        self.unfolder = unfolder
        self.make = unfolder.formulas
        self.scalars = scalars
        self._formulas: dict[tuple[Conjunction, int], Formula] = {}
        self._empty: dict[Conjunction, bool] = {}
        self._hopeless: dict[Conjunction, bool] = {}
        self._disjoint: dict[tuple[Formula, int], bool] = {}
        self._depth = 0
        self._objects = ObjectCases(self)
        self._arrays = ArrayCases(self)
        unfolder.disjoint = self.disjoint

    def formula(self, conjunction: Conjunction, kind: int) -> Formula:
        """Return the formula of a conjunction over values of type ``kind``."""
        if len(conjunction) == 1:
            return self.unfolder.unfold(conjunction[0], kind)
        key = (conjunction, kind)
        found = self._formulas.get(key)
        if found is None:
            found = self._formulas[key] = self.make.conjunction([self.unfolder.unfold(literal, kind) for literal in conjunction])
        return found

    # selectors ------------------------------------------------------------------------------------------------------------------------

    def takes(self, selector: tuple, key: str) -> bool:
        """Return whether a selector takes a declared key."""
        kind = selector[0]
        if kind == "rest":
            return key not in selector[1] and not any(self.scalars.pattern_matches(p, key) for p in selector[2])
        if kind == "pattern":
            return self.scalars.pattern_matches(selector[1], key)
        if kind == "unnamed":
            return not self.scalars.contains_string(self.unfolder.unfold(selector[1], STRING), key)
        return False

    def member(self, case: ObjectCase, key: str) -> Conjunction:
        """Return the conjunction of the value of ``key``."""
        literals = case.props.get(key, ())
        if case.universals:
            literals = (*literals, *(literal for selector, literal in case.universals if self.takes(selector, key)))
        elif len(literals) == 1 and literals[0] != TRUE_LITERAL:
            return literals
        return conjoin(literals)

    # cases ------------------------------------------------------------------------------------------------------------------------------

    def object_cases(self, formula: Formula) -> list[ObjectCase]:
        """Return the satisfiable-looking cases of a formula over objects."""
        return self._objects.cases(formula)

    def unsettled(self, formula: Formula, kind: int) -> ObjectCase | ArrayCase:
        """Return the tables of a formula before anything is concluded from them."""
        return self._arrays.unsettled(formula) if kind == ARRAY else self._objects.unsettled(formula)

    def array_case(self, formula: Formula) -> ArrayCase | None:
        """Return the case of a formula over arrays, None if it is contradictory."""
        return self._arrays.first(formula)

    def distinct_values(self, case: ArrayCase) -> dict[int, list[Value]] | None:
        """Return the values of each item up to the horizon, if the case compares items with each other; None otherwise.

        An item of more than `MAX_UNIQUE` values is left out; `ArrayPlan.undecided` then says so.
        """
        if not any(atom.kind in (UNIQUE, REPEATED) for formula in case.rest for atom in formula.atoms()):
            return None
        out: dict[int, list[Value]] = {}
        for index in range(case.horizon + 1):
            if case.hi is not None and index >= case.hi:
                out[index] = []
                continue
            values = self.values(case.item(index))
            if values is not None:
                out[index] = values
        return out

    def values(self, conjunction: Conjunction) -> list[Value] | None:
        """Return a finite superset of the values of a conjunction, None if there is none of at most `MAX_UNIQUE` values."""
        out: list[Value] = []
        for kind in TYPES:
            formula = self.formula(conjunction, kind)
            if formula is FALSE:
                continue
            some = self._listed(conjunction, kind) if kind in (ARRAY, OBJECT) else self.scalars.values(formula, kind, MAX_UNIQUE)
            if some is None:
                return None
            out += some
        return out if len(out) <= MAX_UNIQUE else None

    def _listed(self, conjunction: Conjunction, kind: int) -> list[Value] | None:
        """Return the arrays or objects that an enum or const of the conjunction lists."""
        stack = [literal for literal in conjunction if not literal & 1]
        while stack:
            parts = self.unfolder.schema.nodes[stack.pop() >> 1].parts
            for keyword in ("const", "enum"):
                if keyword in parts:
                    return [value for value in parts[keyword] if value_type(value) == kind]
            stack += [literal for keyword in ("refs", "allOf") for literal in parts.get(keyword, ()) if not literal & 1]
        return None

    # provers --------------------------------------------------------------------------------------------------------------------------

    def hopeless(self, literals: Iterable[int]) -> bool:
        """Return True only if no value satisfies all the literals; as `surely_empty`, but quick: arrays and objects are not looked into."""
        conjunction = conjoin(literals)
        found = self._empty.get(conjunction)
        if found is None:
            found = self._hopeless.get(conjunction)
        if found is None:
            found = conjunction == NOTHING or not any(self._conceivable(conjunction, kind) for kind in TYPES)
            self._hopeless[conjunction] = found
        return found

    def _conceivable(self, conjunction: Conjunction, kind: int) -> bool:
        formula = self.formula(conjunction, kind)
        return formula is not FALSE and (kind in (ARRAY, OBJECT) or not self.scalars.is_empty(formula, kind))

    def surely_empty(self, conjunction: Conjunction) -> bool:
        """Return True only if no value satisfies the conjunction."""
        if conjunction in (ANYTHING, NOTHING):
            return conjunction == NOTHING
        found = self._empty.get(conjunction)
        if found is not None:
            return found
        if self._depth >= PROOF_DEPTH:
            return False
        self._depth += 1
        try:
            found = not any(self._inhabited(conjunction, kind) for kind in TYPES)
        except InProgress:
            return False
        finally:
            self._depth -= 1
        if found or not self._depth:
            self._empty[conjunction] = found
        return found

    def _inhabited(self, conjunction: Conjunction, kind: int) -> bool:
        formula = self.formula(conjunction, kind)
        if formula is FALSE or formula.trivial:
            return formula is not FALSE
        if kind in (ARRAY, OBJECT):
            return not self._refuted(formula, kind)
        return not self.scalars.is_empty(formula, kind)

    def disjoint(self, f: Formula, g: Formula, kind: int) -> bool:
        """Return True only if two formulas over objects or arrays exclude each other."""
        both = self.make.conjunction((f, g))
        if both is FALSE or both.trivial:
            return both is FALSE
        key = (both, kind)
        found = self._disjoint.get(key)
        if found is None:
            try:
                found = self._disjoint[key] = self._refuted(both, kind)
            except InProgress:
                return False
        return found

    def _refuted(self, formula: Formula, kind: int) -> bool:
        """Return True only if the formula is unsatisfiable: try all ways through its disjunctions."""
        made = self._arrays if kind == ARRAY else self._objects
        first = made.first(formula)
        stack: list = [] if first is None else [first]
        budget = MAX_PROOF
        while stack:
            tick()
            case = stack.pop()
            pending = [f if kind == ARRAY else f[1] for f in case.rest]
            at = next((i for i, f in enumerate(pending) if f.kind == OR), None)
            if at is None:
                return False
            budget -= len(pending[at].args)
            if budget < 0:
                return False
            stack.extend(made.split(case, at))
        return True
