"""Which keywords a schema uses, for tables by feature.

A keyword counts where JSON Schema reads it as one: a property that is called ``not`` is no negation. Assertions and applicators count,
annotations do not; formats count by name (``format:date``), ``$ref`` apart from the recursive one (``$ref: recursive``), which leads to a
place that contains it. No recursion: schemas nest as deep as they like.
"""

from __future__ import annotations

from typing import Any

MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"})
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
SINGLE = frozenset({
    *("items", "additionalItems", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains", "propertyNames"),
    *("not", "if", "then", "else", "contentSchema"),
})  # fmt: skip
PLAIN = frozenset({
    *("const", "enum", "required", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("pattern", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties"),
    *("dependentRequired", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef"),
})  # fmt: skip
UNCOUNTED = frozenset({"$defs", "definitions", "contentSchema"})
#: Booleans that only spell out the default.
DEFAULTS = {"additionalProperties": True, "additionalItems": True, "uniqueItems": False, "unevaluatedProperties": True}


def features(schema: Any) -> list[str]:
    """Return the names of the features, sorted.

    >>> features({"properties": {"not": {"type": "string", "format": "date"}}, "required": ["not"], "title": "t"})
    ['format:date', 'properties', 'required']
    >>> features({"type": ["object", "null"], "properties": {"next": {"$ref": "#"}}, "items": [{}]})
    ['$ref', '$ref: recursive', 'items: tuple', 'properties', 'type: several']
    """
    found: set[str] = set()
    stack: list[tuple[Any, str]] = [(schema, "")]
    while stack:
        node, place = stack.pop()
        if not isinstance(node, dict):
            continue
        for keyword, value in node.items():
            if keyword == "$ref" and isinstance(value, str):
                found.add("$ref")
                if value.startswith("#") and f"{place}/".startswith(value[1:] + "/"):
                    found.add("$ref: recursive")
            elif keyword == "type" and isinstance(value, list):
                found.add("type: several")
            elif keyword == "format" and isinstance(value, str):
                found.add(f"format:{value}")
            elif keyword in PLAIN or keyword in SINGLE or keyword in MAPS or keyword in LISTS:
                if DEFAULTS.get(keyword) is not value and keyword not in UNCOUNTED:
                    found.add("items: tuple" if keyword == "items" and isinstance(value, list) else keyword)
                if keyword in MAPS and isinstance(value, dict):
                    stack += [(part, f"{place}/{keyword}/{name}") for name, part in value.items()]
                elif keyword in LISTS and isinstance(value, list):
                    stack += [(part, f"{place}/{keyword}/{number}") for number, part in enumerate(value)]
                elif keyword in SINGLE:
                    stack.append((value, f"{place}/{keyword}"))
    return sorted(found)
