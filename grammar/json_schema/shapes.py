"""Normal forms: what a conjunction of schemas says about objects and arrays, with what can be decided at once decided.

A *conjunction* is the sorted tuple of the literals that hold at one place of the value; memoising on it is what cuts recursion. Its
formula over objects is put into `ObjectCase`s, over arrays into one `ArrayCase`: tables of what holds unconditionally, and the
disjunctions left. Disjunctions are simplified by what the tables say (unit propagation; a member whose schemas contradict each other is
absent) until nothing changes.

Over objects, disjunctions that give keys an order of their own (branches of anyOf, oneOf, then, else) are split into cases; other
disjunctions stay and are resolved while the members are read (`progress`), which keeps ``dependentRequired`` over n keys from making 2^n
cases. Over arrays nothing is split.

`Shapes.surely_empty` and `Shapes.disjoint` are one-sided provers on the same tables: "yes" is a proof, "no" may mean "not found within
the budget".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .formulas import (
    ABSENT,
    ALL,
    AND,
    COUNT,
    FALSE,
    ITEM,
    ITEMS,
    LENGTH,
    OR,
    PRESENT,
    PROP,
    REPEATED,
    SIZE,
    SOME,
    TRUE,
    UNIQUE,
    Formula,
)
from .nodes import ARRAY, FALSE_LITERAL, OBJECT, TRUE_LITERAL, TYPES
from .scalars import Scalars
from .unfold import InProgress, Unfolder, value_type
from .values import Value

Conjunction = tuple[int, ...]
Rank = tuple[int, ...]

ANYTHING: Conjunction = ()
NOTHING: Conjunction = (FALSE_LITERAL,)

#: cases an object formula is split into before the remaining disjunctions are left to `progress`
MAX_CASES = 256
#: distinct values an array of unique items may draw from
MAX_UNIQUE = 256
#: splits the emptiness prover tries
MAX_PROOF = 48
#: levels of members the emptiness prover descends
PROOF_DEPTH = 3


def conjoin(literals: Iterable[int]) -> Conjunction:
    """Return the conjunction of literals; a literal beside its complement gives `NOTHING`."""
    kept = set(literals)
    kept.discard(TRUE_LITERAL)
    if FALSE_LITERAL in kept or any(literal ^ 1 in kept for literal in kept):
        return NOTHING
    return tuple(sorted(kept))


class ObjectCase:
    """What holds of an object in one case; built by `Shapes`.

    Attributes
    ----------
    props : dict of str to list of int
        Literals of the value of each key, where the key is present; selectors come on top.
    ranks : dict of str to tuple of int
        Place of first mention.
    required, absent : set of str
    universals : dict of (selector, literal)
        What every member whose key the selector takes satisfies.
    lo, hi : int
        Number of members.
    rest : list of (rank, Formula)
        Disjunctions and SOME atoms.
    """

    __slots__ = ("absent", "dirty", "hi", "lo", "props", "ranks", "required", "rest", "universals")

    def __init__(self) -> None:
        self.props: dict[str, tuple[int, ...]] = {}
        self.ranks: dict[str, Rank] = {}
        self.required: set[str] = set()
        self.absent: set[str] = set()
        self.universals: dict[tuple, None] = {}
        self.lo = 0
        self.hi: int | None = None
        self.rest: list[tuple[Rank, Formula]] = []
        self.dirty: set[str] = set()

    def copy(self) -> ObjectCase:
        """Return an independent copy."""
        out = ObjectCase()
        out.props = dict(self.props)
        out.ranks = dict(self.ranks)
        out.required = set(self.required)
        out.absent = set(self.absent)
        out.universals = dict(self.universals)
        out.lo, out.hi = self.lo, self.hi
        out.rest = list(self.rest)
        out.dirty = set(self.dirty)
        return out


class ArrayCase:
    """What holds of an array; built by `Shapes`.

    Attributes
    ----------
    prefix : dict of int to tuple of int
        Literals of single items.
    tails : dict of (int, int)
        ``(i, literal)``: every item from i on satisfies the literal.
    lo, hi : int
    rest : list of Formula
        Disjunctions, counts, uniqueness.
    """

    __slots__ = ("hi", "lo", "prefix", "rest", "tails")

    def __init__(self) -> None:
        self.prefix: dict[int, tuple[int, ...]] = {}
        self.tails: dict[tuple[int, int], None] = {}
        self.lo = 0
        self.hi: int | None = None
        self.rest: list[Formula] = []

    def copy(self) -> ArrayCase:
        """Return an independent copy."""
        out = ArrayCase()
        out.prefix = dict(self.prefix)
        out.tails = dict(self.tails)
        out.lo, out.hi = self.lo, self.hi
        out.rest = list(self.rest)
        return out

    @property
    def horizon(self) -> int:
        """Index from which on all items are alike."""
        return max([0, *(i + 1 for i in self.prefix), *(i for i, _ in self.tails)])

    def item(self, index: int) -> Conjunction:
        """Return the conjunction of item ``index``."""
        return conjoin((*self.prefix.get(index, ()), *(literal for first, literal in self.tails if index >= first)))


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """Return the operands of a conjunction, or the formula alone."""
    return formula.args if formula.kind == AND else (formula,)


def disjuncts(formula: Formula) -> tuple[Formula, ...]:
    """Return the operands of a disjunction, or the formula alone."""
    return formula.args if formula.kind == OR else (formula,)


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
        self._disjoint: dict[tuple[Formula, int], bool] = {}
        self._depth = 0
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
            return not self.scalars.contains_string(self.unfolder.unfold(selector[1], 8), key)
        return False

    def member(self, case: ObjectCase, key: str) -> Conjunction:
        """Return the conjunction of the value of ``key``."""
        literals = case.props.get(key, ())
        if case.universals:
            literals = (*literals, *(literal for selector, literal in case.universals if self.takes(selector, key)))
        elif len(literals) == 1 and literals[0] != TRUE_LITERAL:
            return literals
        return conjoin(literals)

    # objects: building cases ------------------------------------------------------------------------------------------------------------

    def object_cases(self, formula: Formula) -> list[ObjectCase]:
        """Return the satisfiable-looking cases of a formula over objects, split where branches give keys an order."""
        first = self._object_case(formula)
        done: list[ObjectCase] = []
        queue = [] if first is None else [first]
        while queue:
            case = queue.pop()
            at = next((i for i, (_, f) in enumerate(case.rest) if f.kind == OR and f.mentions), None)
            if at is None or len(done) + len(queue) + len(case.rest[at][1].args) > MAX_CASES:
                done.append(case)
                continue
            queue.extend(reversed(list(self._split(case, at))))
        return done

    def _object_case(self, formula: Formula) -> ObjectCase | None:
        case = ObjectCase()
        for i, part in enumerate(conjuncts(formula)):
            if not self._add(case, part, (i,)):
                return None
        return case if self._settle(case) else None

    def _split(self, case: ObjectCase, at: int) -> Iterator[ObjectCase]:
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
                value = self.member(case, key)
                if value == NOTHING or (len(value) > 1 and self.surely_empty(value)):
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
        possible = {key for key in closing[0][1] if key not in case.absent and self.member(case, key) != NOTHING}
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
            if key in case.absent or self.member(case, key) == NOTHING:
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
        value = self.member(case, key)
        if literal in value or value == NOTHING:
            return TRUE
        if literal == TRUE_LITERAL:
            return formula
        if value == ANYTHING and literal != FALSE_LITERAL:
            return formula
        if self.surely_empty(conjoin((*value, literal))):
            return FALSE if key in case.required else self.make.absent(key)
        if value != ANYTHING and self.surely_empty(conjoin((*value, literal ^ 1))):
            return TRUE
        return formula

    def _simplify_all(self, case: ObjectCase, formula: Formula) -> Formula:
        if formula.args in case.universals:
            return TRUE
        selector, literal = formula.args
        if literal == FALSE_LITERAL and any(self.takes(selector, key) for key in case.required):
            return FALSE
        return formula

    def _simplify_some(self, case: ObjectCase, formula: Formula) -> Formula:
        selector, literal = formula.args
        if (selector, literal ^ 1) in case.universals:
            return FALSE
        if literal == TRUE_LITERAL and any(self.takes(selector, key) for key in case.required):
            return TRUE
        for closing, closed in case.universals:
            if closed == FALSE_LITERAL and closing[0] == "rest" and not closing[2] and len(closing[1]) <= 64:
                named = [key for key in sorted(closing[1]) if key not in case.absent and self.takes(selector, key)]
                choices = [self.make.conjunction((self.make.present(key), self.make.prop(key, literal))) for key in named]
                return self._simplify(case, self.make.disjunction(choices))
        return formula

    # arrays ---------------------------------------------------------------------------------------------------------------------------

    def array_case(self, formula: Formula) -> ArrayCase | None:
        """Return the case of a formula over arrays, None if it is contradictory."""
        case = ArrayCase()
        for part in conjuncts(formula):
            if not self._add_item(case, part):
                return None
        return case if self._settle_array(case) else None

    def _add_item(self, case: ArrayCase, atom: Formula) -> bool:
        kind, args = atom.kind, atom.args
        if kind == ITEM:
            case.prefix[args[0]] = (*case.prefix.get(args[0], ()), args[1])
        elif kind == ITEMS:
            case.tails[args] = None
        elif kind == LENGTH:
            case.lo = max(case.lo, args[0])
            case.hi = args[1] if case.hi is None else case.hi if args[1] is None else min(case.hi, args[1])
        elif kind == AND:
            return all(self._add_item(case, part) for part in args)
        elif atom is FALSE:
            return False
        elif atom is not TRUE:
            case.rest.append(atom)
        return True

    def _settle_array(self, case: ArrayCase) -> bool:
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
                self._add_item(case, simpler)
            if not changed:
                return True

    def _shorten(self, case: ArrayCase) -> bool:
        """Lower the greatest length to before the first item that can have no value."""
        indices = sorted({*case.prefix, *(i for i, _ in case.tails)})
        for index in indices:
            if case.hi is not None and index >= case.hi:
                break
            value = case.item(index)
            if value == NOTHING or (len(value) > 1 and self.surely_empty(value)):
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
        if self.surely_empty(conjoin((*value, literal))):
            return self.make.size(LENGTH, 0, index)
        return TRUE if self.surely_empty(conjoin((*value, literal ^ 1))) else formula

    def distinct_values(self, case: ArrayCase) -> dict[int, list[Value]] | None:
        """Return the values of each item up to the horizon, if the case compares items with each other; None otherwise.

        An item of more than `MAX_UNIQUE` values is left out; `ArrayPlan.undecided` then says so.
        """
        if not any(atom.kind in (UNIQUE, REPEATED) for formula in case.rest for atom in formula.atoms()):
            return None
        out = {}
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
        if kind == ARRAY:
            case = self.array_case(formula)
            stack: list = [] if case is None else [case]
        else:
            first = self._object_case(formula)
            stack = [] if first is None else [first]
        budget = MAX_PROOF
        while stack:
            case = stack.pop()
            pending = [f if kind == ARRAY else f[1] for f in case.rest]
            at = next((i for i, f in enumerate(pending) if f.kind == OR), None)
            if at is None:
                return False
            budget -= len(pending[at].args)
            if budget < 0:
                return False
            stack.extend(self._split_array(case, at) if kind == ARRAY else self._split(case, at))
        return True

    def _split_array(self, case: ArrayCase, at: int) -> Iterator[ArrayCase]:
        for branch in case.rest[at].args:
            split = case.copy()
            del split.rest[at]
            if self._add_item(split, branch) and self._settle_array(split):
                yield split


_LAST: Rank = (1 << 60,)
