"""Least sizes that a schema object tells by itself, without formula, normal form or plan.

Most members are a string, a number, a list, an object with some required members, or a reference to one of these. What the least of their
values takes can be read off the keywords, and it is asked of every member that may come, also of those that never do. Everything else
(patterns, bounds, values listed beside a type, schemas that apply to the same value) is left to the equations of `program`, which give the
same numbers (`tests/grammar/json_schema/test_plain_costs.py` compares them).
"""

from __future__ import annotations

from typing import Any

from .costs import INF, Computation, Cost
from .nodes import ARRAY, BOOLEAN, EVERY_TYPE, NULL, NUMBER, OBJECT, STRING, Node
from .scalars import MANY_STRINGS
from .sizes import text_bytes
from .values import has_surrogate
from .whitespace import Measure

#: what stands before a conjunction where only its arrays and objects are meant
CONTAINER = "container"

_OF_NUMBERS = frozenset(("integer", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_OF_STRINGS = frozenset(("minLength", "maxLength", "pattern", "format", "x-grammar"))
_OF_ARRAYS = frozenset(
    ("items", "prefixItems", "contains", "minContains", "maxContains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems")
)
_OF_OBJECTS = frozenset(
    (
        *("properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames", "required"),
        *("minProperties", "maxProperties", "dependentRequired", "dependentSchemas"),
    )
)
#: keywords that speak of one type only
_OF_ONE_TYPE = _OF_NUMBERS | _OF_STRINGS | _OF_ARRAYS | _OF_OBJECTS
_ROUGH_NUMBERS = _OF_NUMBERS - {"integer"}
_ROUGH_STRINGS = _OF_STRINGS - {"minLength", "maxLength"}
_ROUGH_ARRAYS = _OF_ARRAYS - {"items", "minItems", "maxItems"}
_ROUGH_OBJECTS = _OF_OBJECTS - {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}
#: references followed one after the other
_FAR = 64
_LEAST = {NULL: 4, BOOLEAN: 4, NUMBER: 1}


class PlainCosts:
    """Costs of conjunctions of one schema object; see the module.

    Parameters
    ----------
    nodes : list of Node
    measure : Measure
    """

    def __init__(self, nodes: list[Node], measure: Measure):
        self._nodes = nodes
        self._measure = measure
        #: by schema object: the cost of its list of strings, None where that is left to the terminal
        self._lists: dict[int, Cost | None] = {}

    def at_once(self, unknown: Any) -> Cost | None:
        """Return the cost of a conjunction, or of its ``(CONTAINER, conjunction)``, if no other cost is needed for it, else None."""
        found = self._found(unknown)
        if found is None:
            return None
        node, kinds = found
        parts = node.parts
        if parts and not parts.keys() <= _OF_ONE_TYPE:
            return self._listed(node, kinds) if parts.keys() == {"enum"} else None
        scale = self._measure.scale
        best: Cost = INF
        open_question = False
        for kind in _LEAST:
            if kinds & kind:
                if kind == NUMBER and not parts.keys().isdisjoint(_ROUGH_NUMBERS):
                    open_question = True
                else:
                    best = min(best, _LEAST[kind] * scale)
        if kinds & STRING:
            if parts.keys().isdisjoint(_ROUGH_STRINGS):
                lo, hi = parts.get("minLength", 0), parts.get("maxLength")
                best = min(best, INF if hi is not None and hi < lo else (lo + 2) * scale)
            else:
                open_question = True
        if kinds & ARRAY:
            if parts.get("minItems") or "contains" in parts:
                open_question = True
            else:
                best = min(best, self._measure.empty)
        if kinds & OBJECT:
            if parts.get("required") or parts.get("minProperties"):
                open_question = True
            else:
                best = min(best, self._measure.empty)
        return None if open_question and best > scale else best

    def equation(self, unknown: Any) -> Computation[Cost] | None:
        """Return the computation of a cost from those of members, items or what is referred to; None where it takes more than that."""
        found = self._found(unknown)
        if found is None:
            return None
        node, kinds = found
        if node.parts.keys() == {"refs"}:
            return None
        container = unknown and unknown[0] == CONTAINER
        if node is not self._node(unknown):
            literal = (2 * node.id,) if node.id else ()
            return self._same((CONTAINER, literal) if container else literal)
        if self._measure.scale != 1 or kinds not in (ARRAY, OBJECT) or not node.parts.keys() <= _OF_ONE_TYPE:
            return None
        made = self._object(node.parts) if kinds == OBJECT else self._array(node.parts)
        return self._same(unknown[1]) if made is not None and container and kinds == node.mask else made

    def _node(self, unknown: Any) -> Node | None:
        """Return the schema object that is all of a conjunction."""
        conjunction = unknown[1] if unknown and unknown[0] == CONTAINER else unknown
        if not conjunction:
            return self._nodes[0]
        return None if len(conjunction) > 1 or conjunction[0] & 1 else self._nodes[conjunction[0] >> 1]

    def _found(self, unknown: Any) -> tuple[Node, int] | None:
        """Return the schema object that a conjunction comes to, through references, and the types asked for."""
        node = self._node(unknown)
        for _ in range(_FAR):
            if node is None:
                return None
            refs = node.parts.get("refs")
            if refs is None or len(node.parts) > 1 or len(refs) > 1 or refs[0] & 1 or node.mask != EVERY_TYPE:
                break
            node = self._nodes[refs[0] >> 1]
        else:
            return None
        return node, node.mask & (ARRAY | OBJECT) if unknown and unknown[0] == CONTAINER else node.mask

    def _listed(self, node: Node, kinds: int) -> Cost | None:
        """Return the cost of a list of strings, None if it is long: then the terminal says it, which `SchemaProgram.prepare` asks for.

        Every member that refers to the list asks for it.
        """
        if node.id not in self._lists:
            values = node.parts["enum"]
            rough = len(values) > MANY_STRINGS or not all(isinstance(value, str) and not has_surrogate(value) for value in values)
            self._lists[node.id] = None if rough else min(map(text_bytes, values), default=INF) * self._measure.scale
        found = self._lists[node.id]
        return found if found is None or kinds & STRING else INF

    def _same(self, unknown: Any) -> Computation[Cost]:
        return (yield unknown)

    def _object(self, parts: dict[str, Any]) -> Computation[Cost] | None:
        required = parts.get("required", ())
        declared = parts.get("properties", {})
        if (
            not parts.keys().isdisjoint(_ROUGH_OBJECTS)
            or not parts.get("minProperties", 0) <= len(required) <= parts.get("maxProperties", INF)
            or not all(key in declared and not has_surrogate(key) for key in required)
        ):
            return None
        return self._members([(key, declared[key]) for key in required])

    def _members(self, members: list[tuple[str, int]]) -> Computation[Cost]:
        measure = self._measure
        total: Cost = measure.open - measure.next + measure.close if members else measure.empty
        for key, literal in members:
            total += measure.next + measure.colon + text_bytes(key) + (yield (literal,) if literal else ())
        return total

    def _array(self, parts: dict[str, Any]) -> Computation[Cost] | None:
        if not parts.keys().isdisjoint(_ROUGH_ARRAYS) or parts.get("minItems", 0) > parts.get("maxItems", INF):
            return None
        return self._items(parts.get("minItems", 0), parts.get("items", 0))

    def _items(self, count: int, literal: int) -> Computation[Cost]:
        measure = self._measure
        if not count:
            return measure.empty
        return measure.open - measure.next + measure.close + count * (measure.next + (yield (literal,) if literal else ()))
