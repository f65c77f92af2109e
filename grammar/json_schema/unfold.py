"""From a literal and a type to the formula that a value of that type must satisfy.

``template(node, type)`` writes down one node's keywords as a formula whose in-place subschemas are HERE leaves; ``Unfolder.unfold``
substitutes them, on a stack of its own, since chains of ``allOf`` and ``$ref`` may be as deep as the document is long. Nothing here
descends into members or items: they stay literals.

``oneOf`` over objects and arrays is the disjunction of its branches, each with the complements of just those other branches it is not
provably disjoint with (`Unfolder.disjoint`, set by `shapes`); over scalars it stays as it is and is evaluated on languages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from maskwright.automata.limits import tick
from maskwright.errors import LimitExceeded

from .annotations import demand
from .formulas import (
    ALL,
    AND,
    FACT,
    FALSE,
    HERE,
    LENGTH,
    NOT,
    NOT_ONE_OF,
    ONE_OF,
    OR,
    SILENT,
    SIZE,
    TRUE,
    UNIQUE,
    Formula,
    Formulas,
)
from .nodes import ARRAY, BOOLEAN, FALSE_LITERAL, NULL, NUMBER, OBJECT, STRING, TRUE_LITERAL, Node, Schema
from .values import NULL as NULL_VALUE
from .values import Array, Boolean, Object, Value, has_surrogate

SCALARS = NULL | BOOLEAN | NUMBER | STRING

_UNEVALUATED = {OBJECT: "unevaluatedProperties", ARRAY: "unevaluatedItems"}

#: pairs of overlapping branches of one oneOf beyond which it is refused over objects and arrays
MAX_OVERLAPS = 20_000


#: values of an enum from which on it is looked at as a whole first
_MANY_VALUES = 16


def value_type(value: Value) -> int:
    """Return the type bit of a value."""
    if isinstance(value, str):
        return STRING
    if isinstance(value, Fraction):
        return NUMBER
    if isinstance(value, Boolean):
        return BOOLEAN
    if value is NULL_VALUE:
        return NULL
    return ARRAY if isinstance(value, Array) else OBJECT


def _of_type(values: tuple[Value, ...], kind: int) -> tuple[Value, ...]:
    """Return the values of one type that have a text."""
    if len(values) > _MANY_VALUES and set(map(type, values)) == {str} and (kind != STRING or "".join(values).isascii()):  # type: ignore[arg-type]
        return values if kind == STRING else ()
    return tuple(v for v in values if value_type(v) == kind and not (kind == STRING and has_surrogate(v)))


class InProgress(Exception):
    """A literal was asked for while it is being unfolded; only the disjointness prover meets this, and gives up."""


class Unfolder:
    """Unfolds the literals of a schema; memoised.

    Attributes
    ----------
    disjoint : callable
        ``disjoint(f, g, type)``: whether two formulas over objects or arrays are known to exclude each other.
    """

    def __init__(self, schema: Schema):
        self.schema = schema
        self.formulas = Formulas()
        self.disjoint: Callable[[Formula, Formula, int], bool] = lambda f, g, kind: False
        self._memo: dict[tuple[int, int], Formula] = {}
        self._active: set[tuple[int, int]] = set()
        self._overlapping: dict[tuple[tuple[int, ...], int], list[tuple[int, int]]] = {}

    # unfolding ------------------------------------------------------------------------------------------------------------------------

    def unfold(self, literal: int, kind: int) -> Formula:
        """Return the formula of ``literal`` over values of type ``kind``."""
        if literal <= FALSE_LITERAL:
            return TRUE if literal == TRUE_LITERAL else FALSE
        found = self._memo.get((literal, kind))
        if found is not None:
            return found
        node = self.schema.nodes[literal >> 1]
        if not node.mask & kind:
            return TRUE if literal & 1 else FALSE
        if not node.parts:  # a type and nothing else, as most members have it
            return FALSE if literal & 1 else TRUE
        stack: list[tuple[int, Formula, Iterator[int]]] = []
        self._open(literal, kind, stack)
        try:
            while stack:
                tick()
                literal, template, leaves = stack[-1]
                needed = next((leaf for leaf in leaves if leaf > FALSE_LITERAL and (leaf, kind) not in self._memo), None)
                if needed is not None:
                    self._open(needed, kind, stack)
                    continue
                self._active.discard((literal, kind))
                self._memo[literal, kind] = self._substitute(template, kind)
                stack.pop()
        except (InProgress, LimitExceeded):
            for open_literal, *_ in stack:
                self._active.discard((open_literal, kind))
            raise
        return self._memo[literal, kind]

    def _open(self, literal: int, kind: int, stack: list[tuple[int, Formula, Iterator[int]]]) -> None:
        if (literal, kind) in self._active:
            raise InProgress
        node = self.schema.nodes[literal >> 1]
        template = self.template(node, kind, bool(literal & 1))
        self._active.add((literal, kind))
        stack.append((literal, template, self._leaves(template, kind)))

    def _leaves(self, template: Formula, kind: int) -> Iterator[int]:
        """Yield the literals that the template is filled in with; each is to be unfolded before the next is asked for."""
        if template.kind in (AND, OR, NOT):
            for part in template.args:
                yield from self._leaves(part, kind)
        elif template.kind in (HERE, SILENT):
            yield template.args[0]
        elif template.kind in (ONE_OF, NOT_ONE_OF):
            yield from template.args[0]
            if not kind & SCALARS and all(lit <= 1 or (lit, kind) in self._memo for lit in template.args[0]):
                for i, j in self._overlaps(template.args[0], kind):
                    yield template.args[0][i] ^ 1
                    yield template.args[0][j] ^ 1

    def _substitute(self, template: Formula, kind: int) -> Formula:
        make = self.formulas
        if template.kind == AND:
            return make.conjunction([self._substitute(part, kind) for part in template.args])
        if template.kind == OR:
            return make.disjunction([self._substitute(part, kind) for part in template.args])
        if template.kind == NOT:
            return make.negation_of_scalar(self._substitute(template.args[0], kind))
        if template.kind == HERE:
            return self.unfold(template.args[0], kind)
        if template.kind == SILENT:
            return make.silent(self.unfold(template.args[0], kind))
        if template.kind in (ONE_OF, NOT_ONE_OF):
            return self._one_of(template.args[0], kind, template.kind == NOT_ONE_OF)
        return template

    # oneOf ----------------------------------------------------------------------------------------------------------------------------

    def _one_of(self, literals: tuple[int, ...], kind: int, negated: bool) -> Formula:
        make = self.formulas
        branches = [self.unfold(literal, kind) for literal in literals]
        if kind & SCALARS:
            return make.exactly_one(branches)
        overlaps = self._overlaps(literals, kind)
        if negated:
            none = make.conjunction([self.unfold(literal ^ 1, kind) for literal in literals])
            return make.disjunction([none, *(make.conjunction((branches[i], branches[j])) for i, j in overlaps)])
        others: list[list[Formula]] = [[] for _ in literals]
        for i, j in overlaps:
            others[i].append(self.unfold(literals[j] ^ 1, kind))
            others[j].append(self.unfold(literals[i] ^ 1, kind))
        return make.disjunction([make.conjunction([f, *rest]) for f, rest in zip(branches, others)])

    def _overlaps(self, literals: tuple[int, ...], kind: int) -> list[tuple[int, int]]:
        key = (literals, kind)
        found = self._overlapping.get(key)
        if found is None:
            branches = [self.unfold(literal, kind) for literal in literals]
            alive = [i for i, f in enumerate(branches) if f is not FALSE]
            found = []
            for n, i in enumerate(alive):
                tick()
                found += [(i, j) for j in alive[n + 1 :] if not self.disjoint(branches[i], branches[j], kind)]
                if len(found) > MAX_OVERLAPS:
                    break
            if len(found) > MAX_OVERLAPS:
                raise LimitExceeded(
                    "nodes", MAX_OVERLAPS, len(found), hint="too many overlapping branches of oneOf; use anyOf or disjoint branches"
                )
            self._overlapping[key] = found
        return found

    # templates ------------------------------------------------------------------------------------------------------------------------

    def template(self, node: Node, kind: int, negated: bool) -> Formula:
        """Return a node's formula, or its complement, with HERE for its in-place subschemas."""
        make = self.formulas
        if not node.mask & kind:
            return TRUE if negated else FALSE
        ordered, rest = self._own(node, kind)
        if _UNEVALUATED.get(kind) in node.parts:
            rest.append(demand(self, node, kind))
        formula = make.conjunction([*self._ahead(node, ordered), *self._branches(node, kind), *rest])
        if not negated:
            return formula
        return make.negation_of_scalar(formula) if kind & SCALARS else make.negate(formula)

    def _own(self, node: Node, kind: int) -> tuple[dict[str, list[Formula]], list[Formula]]:
        """Return a node's own constraints: those that give keys their order, by keyword, and the rest."""
        if kind == OBJECT:
            return self._object(node)
        if kind == ARRAY:
            return {}, self._array(node)
        return {}, list(self._scalar(node, kind))

    def _ahead(self, node: Node, ordered: dict[str, list[Formula]]) -> Iterator[Formula]:
        """Yield `properties`, `allOf` and references in textual order."""
        here = self.here
        for keyword, payload in node.parts.items():
            if keyword in ordered:
                yield from ordered[keyword]
            elif keyword in ("allOf", "refs"):
                yield from map(here, payload)

    def _branches(self, node: Node, kind: int) -> Iterator[Formula]:
        make, here, parts = self.formulas, self.here, node.parts
        for keyword, payload in parts.items():
            if keyword == "anyOf":
                yield make.disjunction([here(literal) for literal in payload])
            elif keyword == "oneOf":
                yield make.plain(ONE_OF, tuple(payload)) if len(payload) > 1 else here(payload[0])
            elif keyword == "not":
                yield here(payload ^ 1)
            elif keyword == "if":
                met = make.conjunction((self.silently(payload), here(parts.get("then", TRUE_LITERAL))))
                yield make.disjunction((met, make.conjunction((self.silently(payload ^ 1), here(parts.get("else", TRUE_LITERAL))))))
            elif keyword == "dependentSchemas" and kind == OBJECT:
                for key, literal in payload.items():
                    yield make.disjunction((make.absent(key), make.conjunction((make.present(key), here(literal)))))

    def here(self, literal: int) -> Formula:
        """Return the leaf for an in-place subschema."""
        if literal <= FALSE_LITERAL:
            return TRUE if literal == TRUE_LITERAL else FALSE
        return self.formulas.plain(HERE, literal)

    def silently(self, literal: int) -> Formula:
        """Return the leaf for an in-place subschema whose keys get no place in the key order from it."""
        if literal <= FALSE_LITERAL:
            return TRUE if literal == TRUE_LITERAL else FALSE
        return self.formulas.plain(SILENT, literal)

    def _values(self, node: Node, kind: int) -> Iterator[tuple[Value, ...]]:
        for keyword in ("enum", "const"):
            if keyword in node.parts:
                yield _of_type(node.parts[keyword], kind)

    # scalars --------------------------------------------------------------------------------------------------------------------------

    def _scalar(self, node: Node, kind: int) -> Iterator[Formula]:
        make, parts = self.formulas, node.parts
        for values in self._values(node, kind):
            if kind == NULL:
                yield TRUE if values else FALSE
            else:
                yield make.plain(FACT, "in", frozenset(values)) if values else FALSE
        if kind == STRING:
            yield from self._string_facts(node)
        elif kind == NUMBER and parts:
            if "integer" in parts:
                yield make.plain(FACT, "integer", node.resource.dialect.strict_integers)
            for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
                if keyword in parts:
                    yield make.plain(FACT, keyword, parts[keyword])

    def _string_facts(self, node: Node) -> Iterator[Formula]:
        make, parts = self.formulas, node.parts
        lo, hi = parts.get("minLength", 0), parts.get("maxLength")
        if hi is not None and lo > hi:
            yield FALSE
        elif lo or hi is not None:
            yield make.plain(FACT, "length", lo, hi)
        if "pattern" in parts:
            yield make.plain(FACT, "pattern", parts["pattern"])
        if "x-grammar" in parts:
            yield make.plain(FACT, "x-grammar", *parts["x-grammar"])
        if "format" in parts:
            yield make.plain(FACT, "format", parts["format"], node.resource.dialect.name)

    # arrays ---------------------------------------------------------------------------------------------------------------------------

    def _array(self, node: Node) -> list[Formula]:
        make, parts = self.formulas, node.parts
        out = [make.disjunction([self.constant_array(v) for v in values]) for values in self._values(node, ARRAY)]  # type: ignore[arg-type]
        prefix = parts.get("prefixItems", ())
        out += [make.item(i, literal) for i, literal in enumerate(prefix)]
        if "items" in parts:
            out.append(make.items(len(prefix), parts["items"]))
        if "minItems" in parts or "maxItems" in parts:
            out.append(make.size(LENGTH, parts.get("minItems", 0), parts.get("maxItems")))
        if "contains" in parts:
            out.append(make.count(0, parts["contains"], parts.get("minContains", 1), parts.get("maxContains")))
        if "uniqueItems" in parts and parts.get("maxItems", 2) > 1:
            out.append(make.plain(UNIQUE))
        return out

    def constant_array(self, value: Array) -> Formula:
        """Return the formula of one array."""
        make, n = self.formulas, len(value.items)
        items = [make.item(i, self.schema.constant(v)) for i, v in enumerate(value.items)]
        return make.conjunction([make.size(LENGTH, n, n), *items])

    # objects --------------------------------------------------------------------------------------------------------------------------

    def _object(self, node: Node) -> tuple[dict[str, list[Formula]], list[Formula]]:
        make, parts = self.formulas, node.parts
        ordered = (
            {"properties": [make.prop(key, literal, True) for key, literal in parts["properties"].items()]} if "properties" in parts else {}
        )
        out = [make.disjunction([self.constant_object(v) for v in values]) for values in self._values(node, OBJECT)]  # type: ignore[arg-type]
        out += map(make.present, parts.get("required", ()))
        if "minProperties" in parts or "maxProperties" in parts:
            out.append(make.size(SIZE, parts.get("minProperties", 0), parts.get("maxProperties")))
        for key, others in parts.get("dependentRequired", {}).items():
            out.append(make.disjunction((make.absent(key), make.conjunction(map(make.present, others)))))
        out += self._open_keys(node)
        return ordered, out

    def _open_keys(self, node: Node) -> Iterator[Formula]:
        make, parts = self.formulas, node.parts
        patterns = parts.get("patternProperties", {})
        for pattern, literal in patterns.items():
            yield make.members(ALL, ("pattern", pattern), literal)
        if "additionalProperties" in parts:
            rest = ("rest", frozenset(parts.get("properties", ())), frozenset(patterns))
            yield make.members(ALL, rest, parts["additionalProperties"])
        if "propertyNames" in parts:
            yield make.members(ALL, ("unnamed", parts["propertyNames"]), FALSE_LITERAL)

    def constant_object(self, value: Object) -> Formula:
        """Return the formula of one object; its keys are mentioned in the order written."""
        make = self.formulas
        members = [make.prop(key, self.schema.constant(v), True) for key, v in value.members.items()]
        closed = make.members(ALL, ("rest", frozenset(value.members), frozenset()), FALSE_LITERAL)
        return make.conjunction([*members, *map(make.present, value.members), closed])
