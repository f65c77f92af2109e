"""What no automaton of ours decides: keywords that would need the text read so far (a residual check).

``uniqueItems`` over items of many values must remember them; ``minProperties`` above 1 over undeclared keys must tell them apart, since
a key written twice is one member. Whether that is so depends on everything conjoined at a place, so the plans that the schema can lead
to are looked at, as far as the budget goes; beyond it the keyword is refused as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maskwright.errors import UnsupportedFeatureError

from .costs import INF

if TYPE_CHECKING:
    from .nodes import Node
    from .program import SchemaProgram

#: rule states looked at
MAX_STATES = 3_000

_REASONS = {
    "uniqueItems": (
        "items of many possible values would have to be remembered",
        "drop uniqueItems and check the value afterwards, or list the values of the items with enum",
    ),
    "minProperties": (
        "undeclared keys would have to be remembered to be counted once",
        "declare the members and say additionalProperties: false, or require enough of them",
    ),
}


def check_decided(program: SchemaProgram) -> None:
    """Raise `UnsupportedFeatureError` if some keyword cannot be decided where it stands."""
    suspects = [(node, keyword) for node in program.schema.nodes for keyword in _suspicious(node)]
    if not suspects:
        return
    troubled = program.troubles() if program.cost(program.root) == INF else _explore(program)
    for node, keyword in suspects:
        if troubled is None or keyword in troubled:
            reason, hint = _REASONS[keyword]
            raise UnsupportedFeatureError(keyword, pointer=f"{node.pointer}/{keyword}", reason=reason, hint=hint)


def _suspicious(node: Node) -> list[str]:
    out = []
    if "uniqueItems" in node.parts and node.parts.get("maxItems", 2) > 1:
        out.append("uniqueItems")
    if node.parts.get("minProperties", 0) > 1:
        out.append("minProperties")
    return out


def _explore(program: SchemaProgram) -> set[str] | None:
    """Return the keywords that some plan cannot decide, None if there are too many states to look at them all."""
    found: set[str] = set()
    seen = {program.start}
    queue = [program.start]
    for state in queue:
        if len(queue) > MAX_STATES:
            return None
        rule = program.expand(state)
        found |= program.troubles()
        targets = [scan.target for scan in rule.scans] + [x for call in rule.calls for x in (call.rule, call.target)]
        for target in targets:
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return found
