"""``unevaluatedProperties`` and ``unevaluatedItems``: what the in-place subschemas that hold have already looked at.

Which members count as evaluated depends on which branches hold, so the formula of such a node is a disjunction over *cases*: a formula under
which the case applies, and what is evaluated in it. More evaluated members only weaken what ``unevaluated*`` demands, so for the node itself a case need not
say that the branches it ignores fail: the case in which exactly the holding branches are counted is the weakest, and is among them. For the
complement it must be exact, and cases assert the complements of the branches they leave out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from maskwright.errors import LimitExceeded

from .formulas import ALL, TRUE, Formula
from .nodes import OBJECT, TRUE_LITERAL, Node

if TYPE_CHECKING:
    from .unfold import Unfolder

MAX_CASES = 1024
MAX_NESTING = 100


class Seen(NamedTuple):
    """What has been evaluated.

    Attributes
    ----------
    everything : bool
    names, patterns : frozenset of str
        Of an object: keys, and patterns of keys.
    prefix : int
        Of an array: this many items from the front.
    matching : frozenset of int
        Of an array: items that satisfy one of these literals.
    """

    everything: bool = False
    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    prefix: int = 0
    matching: frozenset[int] = frozenset()

    def __or__(self, other: Seen) -> Seen:  # type: ignore[override]
        if self.everything or other.everything:
            return EVERYTHING
        return Seen(
            False,
            self.names | other.names,
            self.patterns | other.patterns,
            max(self.prefix, other.prefix),
            self.matching | other.matching,
        )


NOTHING = Seen()
EVERYTHING = Seen(True)

Case = tuple[Formula, Seen]


class Cases:
    """Enumerates the cases of nodes over one type.

    Parameters
    ----------
    unfolder : Unfolder
    kind : int
        `OBJECT` or `ARRAY`.
    exact : bool
        Cases exclude each other and cover all values of the node.
    """

    def __init__(self, unfolder: Unfolder, kind: int, exact: bool):
        self.unfolder = unfolder
        self.make = unfolder.formulas
        self.kind = kind
        self.exact = exact
        self._nesting = 0

    def of(self, literal: int) -> list[Case]:
        """Return the cases of a subschema applied in place."""
        if literal & 1 or literal == TRUE_LITERAL:
            return [(self.unfolder.here(literal), NOTHING)]
        node = self.unfolder.schema.nodes[literal >> 1]
        if not self._looks(node):
            return [(self.unfolder.here(literal), NOTHING)]
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise LimitExceeded("nodes", MAX_NESTING, self._nesting, path=node.pointer, hint="subschemas nest too deeply under unevaluated*")
        cases = self.closed(node)
        self._nesting -= 1
        return cases

    def _looks(self, node: Node) -> bool:
        """Whether anything under the node in place evaluates members at all."""
        keywords = _OBJECT_LOOKS if self.kind == OBJECT else _ARRAY_LOOKS
        seen = set()
        stack = [node]
        while stack:
            node = stack.pop()
            if node.id in seen:
                continue
            seen.add(node.id)
            if any(k in node.parts for k in keywords):
                return True
            for keyword in ("allOf", "anyOf", "oneOf", "refs"):
                stack += [self.unfolder.schema.nodes[x >> 1] for x in node.parts.get(keyword, ()) if not x & 1]
            for keyword in ("if", "then", "else"):
                if keyword in node.parts:
                    stack.append(self.unfolder.schema.nodes[node.parts[keyword] >> 1])
            stack += [self.unfolder.schema.nodes[x >> 1] for x in node.parts.get("dependentSchemas", {}).values()]
        return False

    def closed(self, node: Node) -> list[Case]:
        """Return the cases of a node with its own unevaluated* applied."""
        keyword = "unevaluatedProperties" if self.kind == OBJECT else "unevaluatedItems"
        cases = self.opened(node)
        if keyword not in node.parts:
            return cases
        return self._merged((self.make.conjunction((f, self._rest(seen, node.parts[keyword]))), EVERYTHING) for f, seen in cases)

    def _rest(self, seen: Seen, literal: int) -> Formula:
        if seen.everything:
            return TRUE
        if self.kind == OBJECT:
            return self.make.members(ALL, ("rest", seen.names, seen.patterns), literal)
        if seen.matching:
            literal = self.unfolder.schema.any_of({literal, *seen.matching})
        return self.make.items(seen.prefix, literal)

    def opened(self, node: Node) -> list[Case]:
        """Return the cases of a node without its own unevaluated*."""
        unfolder, make = self.unfolder, self.make
        if not node.mask & self.kind:
            return []
        ordered, rest = unfolder.own(node, self.kind)
        cases: list[Case] = [(make.conjunction([f for fs in ordered.values() for f in fs]), self._own(node))]
        for keyword, payload in node.parts.items():
            if keyword in ("allOf", "refs"):
                for literal in payload:
                    cases = self._product(cases, self.of(literal))
            elif keyword == "anyOf":
                cases = self._product(cases, self._any(payload))
            elif keyword == "oneOf":
                cases = self._product(cases, self._one(payload))
            elif keyword == "not":
                cases = self._product(cases, [(unfolder.here(payload ^ 1), NOTHING)])
            elif keyword == "if":
                met = self._product(self.of(payload), self.of(node.parts.get("then", TRUE_LITERAL)))
                unmet = self._product([(unfolder.here(payload ^ 1), NOTHING)], self.of(node.parts.get("else", TRUE_LITERAL)))
                cases = self._product(cases, met + unmet)
            elif keyword == "dependentSchemas" and self.kind == OBJECT:
                for key, literal in payload.items():
                    there = self._product([(make.present(key), NOTHING)], self.of(literal))
                    cases = self._product(cases, [(make.absent(key), NOTHING), *there])
        return self._product(cases, [(make.conjunction(rest), NOTHING)])

    def _own(self, node: Node) -> Seen:
        parts = node.parts
        if self.kind == OBJECT:
            if "additionalProperties" in parts:
                return EVERYTHING
            return Seen(False, frozenset(parts.get("properties", ())), frozenset(parts.get("patternProperties", ())))
        if "items" in parts:
            return EVERYTHING
        matching = frozenset((parts["contains"],)) if "contains" in parts and node.resource.dialect.contains_evaluates else frozenset()
        return Seen(False, prefix=len(parts.get("prefixItems", ())), matching=matching)

    def _any(self, literals: Iterable[int]) -> list[Case]:
        unfolder, make = self.unfolder, self.make
        blind = []
        cases: list[Case] = [(TRUE, NOTHING)]
        met: list[Case] = []
        for literal in literals:
            branch = self.of(literal)
            if all(seen == NOTHING for _, seen in branch):
                blind.append(unfolder.here(literal))
                continue
            skipped = [(unfolder.here(literal ^ 1), NOTHING)] if self.exact else [(TRUE, NOTHING)]
            met = self._merged([*self._product(met, branch + skipped), *self._product(cases, branch)])
            cases = self._product(cases, skipped)
        if blind:
            some = make.disjunction(blind)
            met = [*met, *self._product(cases, [(some, NOTHING)])]
        return self._merged(met)

    def _one(self, literals: list[int]) -> list[Case]:
        unfolder, make = self.unfolder, self.make
        cases: list[Case] = []
        for literal in literals:
            others = make.conjunction([unfolder.here(other ^ 1) for other in literals if other != literal])
            if literals.count(literal) == 1:
                cases += self._product(self.of(literal), [(others, NOTHING)])
        return self._merged(cases)

    def _product(self, left: list[Case], right: list[Case]) -> list[Case]:
        return self._merged((self.make.conjunction((f, g)), a | b) for f, a in left for g, b in right)

    def _merged(self, cases: Iterable[Case]) -> list[Case]:
        by_seen: dict[Seen, list[Formula]] = {}
        for formula, seen in cases:
            by_seen.setdefault(seen, []).append(formula)
        if len(by_seen) > MAX_CASES:
            raise LimitExceeded("nodes", MAX_CASES, len(by_seen), hint="too many combinations of branches under unevaluated*")
        return [(self.make.disjunction(formulas), seen) for seen, formulas in by_seen.items()]


_OBJECT_LOOKS = ("properties", "patternProperties", "additionalProperties", "unevaluatedProperties")
_ARRAY_LOOKS = ("prefixItems", "items", "contains", "unevaluatedItems")


def unevaluated(unfolder: Unfolder, node: Node, kind: int, negated: bool = False) -> Formula:
    """Return the template of a node with ``unevaluatedProperties`` (objects) or ``unevaluatedItems`` (arrays), or of its complement."""
    cases = Cases(unfolder, kind, negated)
    if not negated:
        return unfolder.formulas.disjunction([f for f, _ in cases.closed(node)])
    keyword = "unevaluatedProperties" if kind == OBJECT else "unevaluatedItems"
    make = unfolder.formulas
    opened = cases.opened(node)
    broken = [make.conjunction((f, make.negate(cases._rest(seen, node.parts[keyword])))) for f, seen in opened]
    return make.disjunction([make.negate(make.disjunction([f for f, _ in opened])), *broken])
