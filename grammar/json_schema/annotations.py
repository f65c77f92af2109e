"""``unevaluatedProperties`` and ``unevaluatedItems``: what the in-place subschemas that hold have already looked at.

A member is evaluated if some subschema that looks at it holds, along with everything around it. So what a node's in-place subschemas
look at is collected as pairs of a *condition* (they hold) and what is then `Seen`, and the demand of ``unevaluated*: U`` is written
down as clauses,

    for each key k named anywhere:   U(k) or c1 or ... or cn      (ci: the conditions under which k is seen)

and for what is seen by pattern (or matched by ``contains``) one clause for each set S of conditions taken to fail: some condition of S
holds after all, or every member that only they would cover satisfies U. This is exact, so its complement is exact too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from maskwright.errors import LimitExceeded

from .formulas import ALL, TRUE, Formula
from .nodes import FALSE_LITERAL, OBJECT, TRUE_LITERAL, Node
from .patterns import pattern_matches

if TYPE_CHECKING:
    from .unfold import Unfolder

#: conditions that patterns, or ``contains``, may depend on in one node
MAX_CONDITIONS = 8
#: in-place subschemas looked at for one node
MAX_LOOKS = 5_000


class Seen(NamedTuple):
    """What a schema object looks at.

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


NOTHING = Seen()
EVERYTHING = Seen(True)

Look = tuple[Formula, Seen]


def looks(unfolder: Unfolder, node: Node, kind: int) -> list[Look]:
    """Return what a node and its in-place subschemas look at, ``unevaluated*`` of the node itself left out, with the conditions."""
    out: list[Look] = [(TRUE, _own(node, kind))]
    stack = list(_inside(unfolder, node, kind, TRUE))
    steps = 0
    while stack:
        steps += 1
        if steps > MAX_LOOKS:
            raise LimitExceeded("nodes", MAX_LOOKS, steps, path=node.pointer, hint="too many subschemas under unevaluated*")
        literal, condition = stack.pop()
        if literal & 1 or literal == TRUE_LITERAL:
            continue
        inner = unfolder.schema.nodes[literal >> 1]
        out.append((condition, EVERYTHING if _UNEVALUATED[kind == OBJECT] in inner.parts else _own(inner, kind)))
        stack += _inside(unfolder, inner, kind, condition)
    return [(condition, seen) for condition, seen in out if seen != NOTHING]


_UNEVALUATED = ("unevaluatedItems", "unevaluatedProperties")


def _inside(unfolder: Unfolder, node: Node, kind: int, condition: Formula) -> Iterator[tuple[int, Formula]]:
    """Yield the in-place subschemas of a node with the conditions under which they hold, given that the node does."""
    make, parts = unfolder.formulas, node.parts

    def given(literal: int) -> Formula:
        return make.conjunction((condition, unfolder.silently(literal)))

    for keyword in ("allOf", "refs"):
        yield from ((literal, condition) for literal in parts.get(keyword, ()))
    for keyword in ("anyOf", "oneOf"):
        yield from ((literal, given(literal)) for literal in parts.get(keyword, ()))
    if "if" in parts:
        yield parts["if"], given(parts["if"])
        yield parts.get("then", TRUE_LITERAL), given(parts["if"])
        yield parts.get("else", TRUE_LITERAL), given(parts["if"] ^ 1)
    if kind == OBJECT:
        for key, literal in parts.get("dependentSchemas", {}).items():
            yield literal, make.conjunction((condition, make.present(key)))


def _own(node: Node, kind: int) -> Seen:
    parts = node.parts
    if kind == OBJECT:
        if "additionalProperties" in parts:
            return EVERYTHING
        return Seen(False, frozenset(parts.get("properties", ())), frozenset(parts.get("patternProperties", ())))
    if "items" in parts:
        return EVERYTHING
    matching = frozenset((parts["contains"],)) if "contains" in parts and node.resource.dialect.contains_evaluates else frozenset[int]()
    return Seen(False, prefix=len(parts.get("prefixItems", ())), matching=matching)


def demand(unfolder: Unfolder, node: Node, kind: int) -> Formula:
    """Return what ``unevaluatedProperties`` (over objects) or ``unevaluatedItems`` (over arrays) of a node demands."""
    make = unfolder.formulas
    found = looks(unfolder, node, kind)
    if any(condition is TRUE and seen.everything for condition, seen in found):
        return TRUE
    whole = [condition for condition, seen in found if seen.everything]
    found = [look for look in found if not look[1].everything]
    literal = node.parts[_UNEVALUATED[kind == OBJECT]]
    clauses = _of_members(unfolder, found, literal) if kind == OBJECT else _of_items(unfolder, found, literal)
    return make.disjunction((*whole, make.conjunction(clauses)))


def _subsets(conditions: list[Formula]) -> Iterable[tuple[Formula, ...]]:
    if len(conditions) > MAX_CONDITIONS:
        raise LimitExceeded("nodes", MAX_CONDITIONS, len(conditions), hint="too many branches with patterns or contains under unevaluated*")
    return (chosen for n in range(len(conditions) + 1) for chosen in combinations(conditions, n))


def _of_members(unfolder: Unfolder, found: list[Look], literal: int) -> Iterator[Formula]:
    make = unfolder.formulas
    names = frozenset[str]().union(*(seen.names for _, seen in found))
    for name in sorted(names):
        covering = [c for c, seen in found if name in seen.names or any(pattern_matches(p, name) for p in seen.patterns)]
        yield make.disjunction((make.prop(name, literal), *covering))
    conditions = list(dict.fromkeys(c for c, seen in found if seen.patterns and c is not TRUE))
    for failing in _subsets(conditions):
        patterns = frozenset[str]().union(*(seen.patterns for c, seen in found if c not in failing))
        yield make.disjunction((*failing, make.members(ALL, ("rest", names, patterns), literal)))


def _of_items(unfolder: Unfolder, found: list[Look], literal: int) -> Iterator[Formula]:
    make = unfolder.formulas
    longest = max((seen.prefix for _, seen in found), default=0)
    conditions = list(dict.fromkeys(c for c, seen in found if seen.matching and c is not TRUE))
    for failing in _subsets(conditions):
        matching = {m for c, seen in found if c not in failing for m in seen.matching}
        wanted = literal if not matching else unfolder.schema.any_of({literal, *matching} - {FALSE_LITERAL})
        for index in range(longest):
            covering = [c for c, seen in found if seen.prefix > index]
            yield make.disjunction((*failing, *covering, make.item(index, wanted)))
        yield make.disjunction((*failing, make.items(longest, wanted)))
