"""What the report says of a schema: for each keyword read, whether it is enforced, and if not, why.

Made only when asked for, by a walk over the nodes that the eager pass read.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from functools import lru_cache

from maskwright.automata.report import ReportItem

from .dialects import ANNOTATIONS, MIXED, STRUCTURE
from .formats import narrowed
from .keywords import READERS
from .nodes import Node, Schema
from .patterns import annex_b
from .references import escape

AUTOMATON, COMPLETION, ANNOTATION = "automaton", "completion", "annotation"
_NOT_SO = "decided from the text, where a key ends: a member that must not be as it says may not be written twice"
#: how keywords are decided that no automaton decides alone
_FROM_TEXT = {
    "uniqueItems": "decided from the text, where an item ends",
    "minProperties": "decided from the text, where a key ends: keys that count must differ",
    "maxProperties": "decided from the text, where a key ends: keys that count must differ",
    "additionalProperties": _NOT_SO,
    "unevaluatedProperties": _NOT_SO,
    "patternProperties": "decided from the text, where a key ends",
}


def report_items(schema: Schema, checked: Collection[str] = ()) -> tuple[ReportItem, ...]:
    """Return an item for every keyword of every node read, in order of reading; ``checked``: pointers decided by residual checks."""
    return tuple(
        item for node in schema.nodes if isinstance(node.raw, dict) and not node.synthetic for item in _items(schema, node, checked)
    )


def _items(schema: Schema, node: Node, checked: Collection[str]) -> Iterator[ReportItem]:
    pointer = node.pointer
    dialect = node.resource.dialect
    alone = dialect.ref_alone and "$ref" in node.raw
    for keyword in node.raw:
        place = f"{pointer}/{escape(keyword)}"
        if keyword in STRUCTURE:
            if keyword == "$schema" and str(node.raw[keyword]) in schema.documents.unknown:
                reason = f"no draft known and no metaschema in the registry: read as draft {dialect.name}"
                yield ReportItem(place, keyword, ANNOTATION, reason + (" with the older keywords" if dialect is MIXED else ""))
            continue
        if alone and keyword != "$ref":
            yield ReportItem(place, keyword, ANNOTATION, f"ignored beside $ref in draft {dialect.name}")
        elif keyword in ANNOTATIONS:
            yield ReportItem(place, keyword, ANNOTATION, "describes only")
        elif keyword not in READERS:
            yield _unknown(schema, node, place, keyword)
        elif keyword not in dialect.keywords and keyword != "x-grammar":
            yield ReportItem(place, keyword, ANNOTATION, f"not a keyword of draft {dialect.name}")
        elif place in checked:
            yield ReportItem(place, keyword, COMPLETION, _FROM_TEXT.get(keyword, "decided from the text, where the value ends"))
        else:
            yield _known(schema, node, place, keyword)


def _unknown(schema: Schema, node: Node, place: str, keyword: str) -> ReportItem:
    if schema.options.openapi == "3.0" and keyword == "nullable":
        return ReportItem(place, keyword, AUTOMATON)
    if schema.options.openapi == "3.0" and keyword == "discriminator":
        tied = any(name in node.raw for name in ("oneOf", "anyOf"))
        return ReportItem(place, keyword, AUTOMATON if tied else ANNOTATION, "" if tied else "speaks of oneOf and anyOf beside it only")
    close = _closest(keyword)
    return ReportItem(place, keyword, ANNOTATION, "unknown keyword" + (f": did you mean {close!r}?" if close else ""))


@lru_cache(maxsize=1024)
def _closest(keyword: str) -> str | None:
    """Return the keyword that an unknown one may have been meant for; remembered, as schemas repeat their own and it takes 1 ms."""
    return next(iter(difflib.get_close_matches(keyword, READERS, 1, 0.75)), None)


def _known(schema: Schema, node: Node, place: str, keyword: str) -> ReportItem:
    if keyword == "format" and "format" not in node.parts:
        reason = "formats are annotations by option" if schema.options.formats == "annotate" else "unknown format"
        return ReportItem(place, keyword, ANNOTATION, reason)
    if keyword in ("then", "else") and "if" not in node.raw:
        return ReportItem(place, keyword, ANNOTATION, "without if")
    if keyword in ("minContains", "maxContains") and "contains" not in node.raw:
        return ReportItem(place, keyword, ANNOTATION, "without contains")
    if keyword == "additionalItems" and not isinstance(node.raw.get("items"), (list, tuple)):
        return ReportItem(place, keyword, ANNOTATION, "without an array of items")
    if node.looped and keyword in ("$ref", "allOf"):
        return ReportItem(place, keyword, AUTOMATON, "refers to itself for the same value: never satisfied")
    if keyword == "format":
        return ReportItem(place, keyword, AUTOMATON, narrowed(node.parts["format"], node.resource.dialect.name) or "")
    if keyword == "pattern" and annex_b(node.raw[keyword]):
        return ReportItem(place, keyword, AUTOMATON, "read without flag u, under which it does not parse")
    return ReportItem(place, keyword, AUTOMATON)
