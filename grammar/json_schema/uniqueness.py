"""What the eager pass must say about keywords whose support depends on meaning rather than shape.

``uniqueItems`` is compiled where items have few values, and ``minProperties`` above 1 where undeclared keys cannot stand in for distinct ones: both
would otherwise need the text read so far (a residual check).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .keywords import refuse
from .nodes import FALSE_LITERAL, Node
from .shapes import MAX_UNIQUE, conjoin

if TYPE_CHECKING:
    from .program import SchemaProgram


def check_unique(program: SchemaProgram) -> None:
    """Raise `UnsupportedFeatureError` for keywords that no automaton of ours decides."""
    for node in list(program.schema.nodes):
        if "uniqueItems" in node.parts and node.parts.get("maxItems", 2) > 1:
            _check_items(program, node)
        if node.parts.get("minProperties", 0) > 1:
            _check_properties(node)


def _check_items(program: SchemaProgram, node: Node) -> None:
    prefix = node.parts.get("prefixItems", [])
    tail = node.parts.get("items", 0)
    places = [*prefix, *([] if tail == FALSE_LITERAL else [tail])]
    if len(places) > 1 or tail != FALSE_LITERAL:
        for literal in places:
            if program.shapes.values(conjoin((literal,))) is None:
                raise refuse(
                    node,
                    "uniqueItems",
                    f"items of more than {MAX_UNIQUE} possible values would have to be remembered",
                    "drop uniqueItems and check the value afterwards, or list the items' values with enum",
                )


def _check_properties(node: Node) -> None:
    parts = node.parts
    open_ended = parts.get("additionalProperties", 0) != FALSE_LITERAL or bool(parts.get("patternProperties"))
    if open_ended and len(parts.get("required", ())) < parts["minProperties"]:
        raise refuse(
            node,
            "minProperties",
            "undeclared keys would have to be remembered to be counted once",
            "declare the members and say additionalProperties: false, or require enough of them",
        )
