"""Why a schema has no value: the place where it clashes, said with pointers.

Follows the required parts of an empty conjunction down to one whose own schemas exclude each other. Only used once compilation has
failed, so it is simple rather than fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from maskwright.automata.limits import Stopwatch
from maskwright.errors import LimitExceeded, UnsatisfiableError

from .cases import NOTHING, ArrayCase, Conjunction, ObjectCase
from .costs import INF
from .formulas import FALSE
from .nodes import ARRAY, EVERY_TYPE, NUMBER, OBJECT, STRING, TYPE_NAMES, TYPES, Node
from .references import escape

if TYPE_CHECKING:
    from .program import SchemaProgram

_DEPTH = 64
#: keywords of a schema object, and seconds, beyond which it is named as a whole
_KEYWORDS, _SECONDS = 40, 0.5
#: conjoined schemas that are looked at for bounds that cross
_CONJOINED = 1_000
#: type, least and greatest
_BOUNDS = (
    (NUMBER, "minimum", "maximum"),
    (STRING, "minLength", "maxLength"),
    (ARRAY, "minItems", "maxItems"),
    (OBJECT, "minProperties", "maxProperties"),
)


def unsatisfiable(program: SchemaProgram) -> UnsatisfiableError:
    """Return the error that names the clash."""
    conjunction = program.root
    trail: list[str] = []
    for _ in range(_DEPTH):
        found = _descend(program, conjunction)
        if found is None:
            break
        step, conjunction = found
        trail.append(step)
    pointers = _pointers(program, conjunction)
    what, clash = _known_clash(program, conjunction)
    if len(pointers) == 1 and len(conjunction) == 1:
        pointers = _keywords(program, conjunction[0]) or clash or pointers
    else:
        pointers = clash or pointers
    where = "".join(trail) or "the root"
    what = what or _describe(program, conjunction)
    shown = " and ".join(p or "the root" for p in pointers)
    return UnsatisfiableError(
        f"no value satisfies the schema: {what} at {where}, demanded by {shown}",
        pointers=pointers,
        hint="loosen one of the named subschemas, or drop the member from required",
    )


def _descend(program: SchemaProgram, conjunction: Conjunction) -> tuple[str, Conjunction] | None:
    """Return a required part of the value that is impossible, if that is what makes the conjunction empty."""
    shapes = program.shapes
    parts: list[tuple[object, Conjunction]] = []
    formula = shapes.formula(conjunction, OBJECT)
    if formula is not FALSE:
        members = shapes.unsettled(formula, OBJECT)
        assert isinstance(members, ObjectCase)
        parts += [(key, shapes.member(members, key)) for key in sorted(members.required)]
    formula = shapes.formula(conjunction, ARRAY)
    if formula is not FALSE:
        items = shapes.unsettled(formula, ARRAY)
        assert isinstance(items, ArrayCase)
        parts += [(index, items.item(index)) for index in range(min(items.lo, items.horizon + 1))]
    for step, value in parts:
        if value not in (conjunction, NOTHING) and program.cost(value) == INF:
            return f"/{step}", value
    return None


def _conjoined(program: SchemaProgram, conjunction: Conjunction) -> Iterator[Node]:
    """Yield the nodes conjoined and those they apply in place, each once."""
    nodes = program.schema.nodes
    seen: set[int] = set()
    stack = list(reversed(conjunction))
    while stack:
        literal = stack.pop()
        node = nodes[literal >> 1]
        if node.id not in seen:
            seen.add(node.id)
            yield node
            stack += reversed([x for k in ("allOf", "refs") for x in node.parts.get(k, ())])


def _pointers(program: SchemaProgram, conjunction: Conjunction) -> tuple[str, ...]:
    """Return the places of the schemas conjoined, and of those they apply in place."""
    found: dict[str, None] = {}
    for node in _conjoined(program, conjunction):
        if any(k not in ("allOf", "refs") for k in node.parts) or not node.parts:
            found[node.pointer] = None
        if len(found) == 8:
            break
    return tuple(found) or ("",)


def _known_clash(program: SchemaProgram, conjunction: Conjunction) -> tuple[str, tuple[str, ...]]:
    """Return what clashes and the pointers of the keywords, where two bounds cross or a schema refers to itself; ("", ()) elsewhere."""
    if any(literal & 1 for literal in conjunction):
        return "", ()
    mask = EVERY_TYPE
    lower: dict[int, tuple[Fraction, bool, str, str]] = {}
    upper: dict[int, tuple[Fraction, bool, str, str]] = {}
    for node in islice(_conjoined(program, conjunction), _CONJOINED):
        if node.looped:
            via = "$ref" if "$ref" in node.raw else next((k for k in node.raw if k.endswith("Ref") or k == "allOf"), "")
            return "the schema refers back to itself for the same value", (f"{node.pointer}/{escape(via)}" if via else node.pointer,)
        mask &= node.mask
        for kind, low, high in _BOUNDS:
            for keyword, bounds, sign in ((low, lower, 1), (high, upper, -1)):
                found = _bound(node, keyword)
                if found is not None and (kind not in bounds or (sign * found[0], found[1]) > (sign * bounds[kind][0], bounds[kind][1])):
                    bounds[kind] = found
    if mask not in lower or mask not in upper:
        return "", ()
    (least, above, said, at), (most, below, said_of_most, at_most) = lower[mask], upper[mask]
    if least < most or (least == most and not above and not below):
        return "", ()
    return f"{said} is {'greater than' if least > most else 'beside'} {said_of_most}", (at, at_most)


def _bound(node: Node, keyword: str) -> tuple[Fraction, bool, str, str] | None:
    """Return a bound, whether it excludes itself, how it is written, and its pointer; ``keyword`` may be written as its exclusive form."""
    exclusive = f"exclusive{keyword[0].upper()}{keyword[1:]}"
    given = [k for k in (exclusive, keyword) if k in node.parts and node.parts[k] is not True]
    if not given:
        return None
    sharper = max if keyword.startswith("min") else min
    value = sharper(node.parts[k] for k in given)
    name = next(k for k in given if node.parts[k] == value)
    excludes = name == exclusive or node.parts.get(exclusive) is True
    written = node.raw.get(name, True)
    if isinstance(written, bool):  # draft 4 writes the bound beside the flag
        written = node.raw.get(keyword, value)
    return Fraction(value), excludes, f"{exclusive if excludes else name} {written}", f"{node.pointer}/{escape(name)}"


def _keywords(program: SchemaProgram, literal: int) -> tuple[str, ...]:
    """Return the pointers of keywords of one schema object that suffice for the clash, none of them without need; () if that takes long."""
    node = program.schema.nodes[literal >> 1]
    if literal & 1 or node.looped or node.synthetic or len(node.parts) > _KEYWORDS:
        return ()
    watch = Stopwatch(_SECONDS)
    typed = node.mask != EVERY_TYPE or "integer" in node.parts
    kept = [k for k in node.raw if k in node.parts or (k == "type" and typed)]
    for keyword in list(kept):
        if watch.overdue():
            return ()
        fewer = [k for k in kept if k != keyword]
        try:
            if program.cost((2 * _only(program, node, fewer).id,)) == INF:
                kept = fewer
        except LimitExceeded:
            return ()
    return tuple(f"{node.pointer}/{escape(keyword)}" for keyword in kept)


def _only(program: SchemaProgram, node: Node, keywords: list[str]) -> Node:
    """Return a copy of a node with some of its keywords; those that only the reader made of others stay."""
    schema = program.schema
    copy = Node(len(schema.nodes), node.raw, node, (), node.resource, node.scope)
    schema.nodes.append(copy)
    typed = "type" in keywords or "type" not in node.raw
    copy.mask, copy.integer = (node.mask, node.integer) if typed else (EVERY_TYPE, False)
    copy.parts = {k: v for k, v in node.parts.items() if k in keywords or (k not in node.raw and (k != "integer" or typed))}
    return copy


def _describe(program: SchemaProgram, conjunction: Conjunction) -> str:
    shapes = program.shapes
    possible = [TYPE_NAMES[kind] for kind in TYPES if shapes.formula(conjunction, kind) is not FALSE]
    if not possible:
        return "the admitted types and values exclude each other"
    return f"nothing of type {' or '.join(possible)} is left"
