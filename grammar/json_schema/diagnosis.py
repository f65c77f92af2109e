"""Why a schema has no value: the place where it clashes, said with pointers.

Follows the required parts of an empty conjunction down to one whose own schemas exclude each other. Only used once compilation has
failed, so it is simple rather than fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maskwright.automata.limits import Stopwatch
from maskwright.errors import LimitExceeded, UnsatisfiableError

from .cases import NOTHING, ArrayCase, Conjunction, ObjectCase
from .costs import INF
from .formulas import FALSE
from .nodes import ARRAY, EVERY_TYPE, OBJECT, TYPE_NAMES, TYPES, Node
from .references import escape

if TYPE_CHECKING:
    from .program import SchemaProgram

_DEPTH = 64
#: keywords of a schema object, and seconds, beyond which it is named as a whole
_KEYWORDS, _SECONDS = 40, 0.5


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
    if len(pointers) == 1 and len(conjunction) == 1:
        pointers = _keywords(program, conjunction[0]) or pointers
    where = "".join(trail) or "the root"
    what = _describe(program, conjunction)
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


def _pointers(program: SchemaProgram, conjunction: Conjunction) -> tuple[str, ...]:
    """Return the places of the schemas conjoined, and of those they apply in place."""
    nodes = program.schema.nodes
    found: dict[str, None] = {}
    seen: set[int] = set()
    stack = list(reversed(conjunction))
    while stack and len(found) < 8:
        node = nodes[stack.pop() >> 1]
        if node.id in seen:
            continue
        seen.add(node.id)
        own = [k for k in node.parts if k not in ("allOf", "refs")]
        if own or not node.parts:
            found[node.pointer] = None
        stack += reversed([x for k in ("allOf", "refs") for x in node.parts.get(k, ())])
    return tuple(found) or ("",)


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
