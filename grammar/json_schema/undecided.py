"""What no automaton of ours decides: keywords that need the text read so far.

``uniqueItems`` over items of many values must remember them (a residual check, see `memory`); a least number of members above 1 must tell
undeclared keys apart, since a key written twice is one member, and so must the complement of what all undeclared members satisfy; some
patterns and formats are no regular languages. Whether one of the former is so depends on everything conjoined at a place, so the
plans that the schema can lead to are looked at, as far as the budget goes; beyond it it is taken to be so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from maskwright.automata.limits import Stopwatch
from maskwright.automata.program import RuleState
from maskwright.errors import LimitExceeded

from .checks import KeyCheck, StringCheck
from .costs import INF
from .formats import format_is_checked
from .memory import NewKey, Remember
from .nodes import FALSE_LITERAL, IN_PLACE, TRUE_LITERAL
from .patterns import may_need_check, pattern_language

if TYPE_CHECKING:
    from .nodes import Node, Schema
    from .program import SchemaProgram

#: rule states looked at, and seconds spent on them
MAX_STATES = 3_000
MAX_SECONDS = 0.5
#: the same for complements over undeclared members, when compiling: half of the schemas that may ask for one do
MAX_STATES_COMPLEMENTED = 100
MAX_SECONDS_COMPLEMENTED = 0.005
#: what `SchemaProgram.troubles` calls it
_TROUBLE = {"uniqueItems": "uniqueItems", "minProperties": "minProperties", "maxProperties": "minProperties"}
#: keywords whose complement asks something of some undeclared member
_OF_ALL = ("patternProperties", "additionalProperties", "unevaluatedProperties")
#: keywords whose subschemas count as they stand where the node does, and those of which the complement counts (the others: both)
_ALIKE = (IN_PLACE - {"oneOf", "not", "if"}) | {"properties", *_OF_ALL, "items", "prefixItems", "unevaluatedItems"}
_REVERSED = frozenset(("not", "propertyNames"))
_MAY_BE_EITHER = frozenset(("oneOf", "if", "contains"))
#: keywords one of which stands on every way from the root to a subschema of which the complement may count
_TURNING = _REVERSED | _MAY_BE_EITHER | {"unevaluatedProperties", "unevaluatedItems"}
#: keywords about strings and keys that may be decided where these end
_CHECKED = frozenset(("format", "pattern", "patternProperties"))
_AS_IS, _COMPLEMENT, _BOTH = 1, 2, 3


#: a keyword of a node, and what `SchemaProgram.troubles` says if it is not decided by an automaton
Suspect = tuple["Node", str, set[str | int]]


def needs_text(program: SchemaProgram) -> bool:
    """Return whether something is decided from the text read; sure of it or not, if there is too much to look at."""
    nodes = program.schema.nodes
    written: set[str] = set()
    for node in nodes:
        written.update(node.parts)
    if not _CHECKED.isdisjoint(written) and any(_checked_strings(node) for node in nodes):
        return True
    if not _TROUBLE.keys().isdisjoint(written):
        suspects: list[Suspect] = [(node, keyword, {_TROUBLE[keyword]}) for node in nodes for keyword in _suspicious(node)]
        if suspects and _explore(program, suspects, 1) != set():
            return True
    if written.isdisjoint(_OF_ALL) or written.isdisjoint(_TURNING):  # nothing to complement, or nothing that asks for it
        return False
    suspects = list(_complemented(program.schema))
    return bool(suspects) and _explore(program, suspects, 1, MAX_STATES_COMPLEMENTED, MAX_SECONDS_COMPLEMENTED) != set()


def checked_keywords(program: SchemaProgram) -> set[str]:
    """Return the pointers of the keywords that are decided from the text read, where a value ends."""
    checked = [(node, keyword) for node in program.schema.nodes for keyword in _checked_strings(node)]
    suspects: list[Suspect] = [(node, keyword, {_TROUBLE[keyword]}) for node in program.schema.nodes for keyword in _suspicious(node)]
    suspects += _complemented(program.schema)
    if suspects:
        troubled = _explore(program, suspects)
        checked += [(node, keyword) for node, keyword, signs in suspects if troubled is None or signs & troubled]
    return {f"{node.pointer}/{keyword}" for node, keyword in checked}


def _checked_strings(node: Node) -> list[str]:
    """Return the keywords of a node that are decided where a string or a key ends."""
    parts = node.parts
    out = []
    if "format" in parts and format_is_checked(parts["format"], node.resource.dialect.name):
        out.append("format")
    if "pattern" in parts and _is_checked(parts["pattern"]):
        out.append("pattern")
    if any(map(_is_checked, parts.get("patternProperties", ()))):
        out.append("patternProperties")
    return out


def _is_checked(pattern: str) -> bool:
    return may_need_check(pattern) and pattern_language(pattern).check is not None


def _suspicious(node: Node) -> list[str]:
    out = []
    if "uniqueItems" in node.parts and node.parts.get("maxItems", 2) > 1:
        out.append("uniqueItems")
    if node.parts.get("minProperties", 0) > 1:
        out.append("minProperties")
    if "maxProperties" in node.parts:  # its complement is a least number
        out.append("maxProperties")
    return out


def _complemented(schema: Schema) -> Iterator[Suspect]:
    """Yield the keywords over undeclared members whose complement may be asked for, with the literals that one must then satisfy."""
    if not any(keyword in node.parts for node in schema.nodes for keyword in _OF_ALL):
        return
    reached = bytearray(len(schema.nodes))
    stack = [(schema.root, _AS_IS)]
    while stack:
        literal, asked = stack.pop()
        if literal & 1:
            asked = _turned(asked)
        node = schema.nodes[literal >> 1]
        if reached[node.id] | asked != reached[node.id]:
            reached[node.id] |= asked
            stack += _subschemas(node, asked)
    for node in schema.nodes:
        if reached[node.id] & _COMPLEMENT:
            for keyword in _OF_ALL:
                sought: set[str | int] = {literal ^ 1 for literal in _literals(node.parts.get(keyword, TRUE_LITERAL))}
                if sought - {TRUE_LITERAL, FALSE_LITERAL}:
                    yield node, keyword, sought


def _turned(asked: int) -> int:
    return asked if asked == _BOTH else asked ^ _BOTH


def _subschemas(node: Node, asked: int) -> Iterator[tuple[int, int]]:
    """Yield the subschemas of a node, with whether they or their complements count, given the same of the node."""
    parts = node.parts
    unevaluated = "unevaluatedProperties" in parts or "unevaluatedItems" in parts  # what is evaluated depends on which branches hold
    for keyword, payload in parts.items():
        if keyword in _MAY_BE_EITHER or (unevaluated and keyword in IN_PLACE):
            yield from ((literal, _BOTH) for literal in _literals(payload))
        elif keyword in _ALIKE:
            yield from ((literal, asked) for literal in _literals(payload))
        elif keyword in _REVERSED:
            yield from ((literal, _turned(asked)) for literal in _literals(payload))


def _literals(payload: Any) -> Iterable[int]:
    return (payload,) if isinstance(payload, int) else payload.values() if isinstance(payload, dict) else payload


def _explore(
    program: SchemaProgram, suspects: list[Suspect], enough: int | None = None, states: int = MAX_STATES, seconds: float = MAX_SECONDS
) -> set[str | int] | None:
    """Return what some plan cannot decide of what the suspects are suspected of; None if there is too much to look at.

    ``enough``: as soon as so much is found.
    """
    wanted = set[str | int]().union(*(signs for _, _, signs in suspects))
    found = program.troubles() & wanted
    if program.cost(program.root) == INF:
        return found
    watch = Stopwatch(seconds)
    seen = {program.start}
    queue = [program.start]
    for state in queue:
        if len(found) >= (enough or len(wanted)):
            break
        if len(queue) > states or watch.overdue():
            return None
        try:
            rule = program.expand(state)
            values = program.member_values(state)
        except LimitExceeded:
            return None
        found |= program.troubles() & wanted
        for target in _targets(rule) if values is None else values:
            if target not in seen:
                seen.add(target)
                queue.append(target)
    return found


def _targets(rule: RuleState) -> Iterator[int]:
    for scan in rule.scans:
        if isinstance(scan.target, (KeyCheck, NewKey, Remember, StringCheck)):
            yield scan.target.plain
        else:
            assert isinstance(scan.target, int)
            yield scan.target
    for call in rule.calls:
        yield call.rule
        yield call.target
