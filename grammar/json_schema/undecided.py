"""What no automaton of ours decides: keywords that need the text read so far.

``uniqueItems`` over items of many values must remember them (a residual check, see `memory`); a least number of members above 1 must tell
undeclared keys apart, since a key written twice is one member; some patterns and formats are no regular languages. Whether one of the
former is so depends on everything conjoined at a place, so the
plans that the schema can lead to are looked at, as far as the budget goes; beyond it it is taken to be so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from maskwright.automata.limits import Stopwatch
from maskwright.automata.program import RuleState
from maskwright.errors import LimitExceeded

from .checks import KeyCheck, StringCheck
from .costs import INF
from .formats import format_is_checked
from .memory import NewKey, Remember
from .patterns import may_need_check, pattern_language

if TYPE_CHECKING:
    from .nodes import Node
    from .program import SchemaProgram

#: rule states looked at, and seconds spent on them
MAX_STATES = 3_000
MAX_SECONDS = 0.5
#: what `SchemaProgram.troubles` calls it
_TROUBLE = {"uniqueItems": "uniqueItems", "minProperties": "minProperties", "maxProperties": "minProperties"}


def find_checks(program: SchemaProgram) -> None:
    """Let ``program`` remember the text if something needs it, and note the keywords that do."""
    nodes = program.schema.nodes
    checked = [(node, keyword) for node in nodes for keyword in _checked_strings(node)]
    suspects = [(node, keyword) for node in nodes for keyword in _suspicious(node)]
    if suspects:
        wanted = {_TROUBLE[keyword] for _, keyword in suspects}
        troubled = program.troubles() if program.cost(program.root) == INF else _explore(program, wanted)
        checked += [(node, keyword) for node, keyword in suspects if troubled is None or _TROUBLE[keyword] in troubled]
    for node, keyword in checked:
        program.remembers = True
        program.checked.add(f"{node.pointer}/{keyword}")


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


def _explore(program: SchemaProgram, wanted: set[str]) -> set[str] | None:
    """Return those of the ``wanted`` keywords that some plan cannot decide, None if there is too much to look at."""
    watch = Stopwatch(MAX_SECONDS)
    found: set[str] = set()
    seen = {program.start}
    queue = [program.start]
    for state in queue:
        if len(queue) > MAX_STATES or watch.overdue():
            return None
        try:
            rule = program.expand(state)
        except LimitExceeded:
            return None
        found |= program.troubles() & wanted
        if found == wanted:
            break
        for target in _targets(rule):
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
