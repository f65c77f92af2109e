"""Schemas that are hard on engines: long counted strings, wide objects and unions, deep nesting, long outputs, blow-ups.

Each is made from nothing but this file, with instances labelled by construction (a test compares the labels with jsonschema-rs).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .cases import Case

WORDS = (
    *("lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do"),
    *("eiusmod", "tempor", "incididunt", "ut", "labore", "et", "dolore", "magna", "aliqua"),
)



class Text(str):
    """An instance given as JSON text, for what `json` itself cannot write (it recurses)."""


Made = tuple[Any, list[tuple[Any, bool]]]


def prose(length: int, seed: int = 1) -> str:
    """Return words of the given total length."""
    draw = random.Random(seed)
    text = ""
    while len(text) < length:
        text += draw.choice(WORDS) + " "
    return text[:length]


def field(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}


def long_string(limit: int, length: int) -> Made:
    return field({"type": "string", "maxLength": limit}), [({"value": prose(length)}, True)]


def short_strings(limit: int) -> Made:
    names = [f"field_{i}" for i in range(20)]
    schema = {"type": "object", "properties": {name: {"type": "string", "maxLength": limit} for name in names}, "required": names}
    value = {name: prose(limit, i) for i, name in enumerate(names)}
    return schema, [(value, True), ({**value, "field_19": prose(limit + 1)}, False)]


def pattern(regex: str, good: str, bad: str) -> Made:
    return field({"type": "string", "pattern": regex}), [({"value": good}, True), ({"value": bad}, False)]


def formatted(name: str, limit: int, good: str, bad: str) -> Made:
    return field({"type": "string", "format": name, "maxLength": limit}), [({"value": good}, True), ({"value": bad}, False)]


def enumeration(count: int) -> Made:
    draw = random.Random(count)
    values = list(dict.fromkeys("-".join(draw.choices(WORDS, k=3)) + f"-{i}" for i in range(count)))
    return field({"enum": values}), [({"value": values[count // 3]}, True), ({"value": values[-1] + "x"}, False)]


def optional_properties(count: int, used: int, **more: Any) -> Made:
    properties = {f"property_{i}": {"type": "integer" if i % 2 else "string"} for i in range(count)}
    value = {f"property_{i}": i if i % 2 else "x" for i in range(0, count, max(1, count // used))}
    wrong = {**value, f"property_{count - 1}": None}
    return {"type": "object", "properties": properties, **more}, [(value, True), (wrong, False)]


def discriminated(count: int) -> Made:
    """A union of tool calls: a constant name, its own arguments."""
    branches = []
    for i in range(count):
        arguments = field({"type": "integer"}) if i % 3 else field({"type": "string", "maxLength": 40})
        properties = {"name": {"const": f"tool_{i}"}, "arguments": arguments}
        branches.append({"type": "object", "properties": properties, "required": ["name", "arguments"]})
    good = {"name": f"tool_{count - 1}", "arguments": {"value": "x" if (count - 1) % 3 == 0 else 7}}
    return {"anyOf": branches}, [(good, True), ({**good, "arguments": {"value": None}}, False)]


def overlapping(keyword: str, count: int) -> Made:
    """Object types that share properties; a value that only the last one (and, for anyOf, any) allows."""
    branches = []
    for i in range(count):
        properties = {"shared": {"type": "string"}, f"own_{i}": {"type": "integer"}, f"own_{(i + 1) % count}": {"type": "integer"}}
        branches.append({"type": "object", "properties": properties, "required": [f"own_{i}"], "additionalProperties": False})
    return {keyword: branches}, [({"shared": "x", f"own_{count - 1}": 1}, True), ({"shared": "x"}, False)]


def nested(depth: int) -> Made:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}}, "additionalProperties": False}
    innermost = (('{"n": 0}', True), ('{"n": "0"}', False))
    texts = [(Text('{"next": ' * depth + value + "}" * depth), valid) for value, valid in innermost]
    return {"$ref": "#/$defs/node", "$defs": {"node": node}}, texts


def list_of_objects(count: int) -> Made:
    tags = {"type": "array", "items": {"enum": ["a", "b", "c"]}}
    properties = {"id": {"type": "integer"}, "name": {"type": "string"}, "tags": tags}
    item = {"type": "object", "properties": properties, "required": ["id", "name"]}
    values = [{"id": i, "name": prose(12, i), "tags": ["a", "c"]} for i in range(count)]
    return {"type": "array", "items": item}, [(values, True)]


def reference_chain(length: int) -> Made:
    definitions: dict[str, Any] = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(length)}
    definitions[f"d{length}"] = {"type": "integer"}
    return {"$ref": "#/$defs/d0", "$defs": definitions}, [(5, True), ("5", False)]


def conjunction_of_choices(count: int) -> Made:
    """allOf of anyOf: 2^count combinations when multiplied out."""
    parts = [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(count)]
    value = {f"{'ab'[i % 2]}{i}": i for i in range(count)}
    return {"type": "object", "allOf": parts}, [(value, True), (dict(list(value.items())[1:]), False)]


def counted_list(minimum: int) -> Made:
    return {"type": "array", "items": {"type": "integer"}, "minItems": minimum}, [([1] * 50, False)]


def counted_counts(depth: int) -> Made:
    """Lists of at least 1,000 lists of at least 1,000 lists ..."""
    schema: dict[str, Any] = {"type": "null"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema, "minItems": 1_000}
    return schema, [([[]], False)]


def multiples(divisor: int) -> Made:
    return field({"type": "integer", "multipleOf": divisor}), [({"value": divisor * 12345}, True), ({"value": divisor * 12345 + 1}, False)]


URI = "https://example.org/" + "/".join(WORDS) + "?" + "&".join(f"{w}={i}" for i, w in enumerate(WORDS))
EMAIL = "first.last+tag@mail." + ".".join(WORDS[:5]) + ".example.org"

HARD: dict[str, Callable[[], Made]] = {
    "string, maxLength 16": partial(short_strings, 16),
    "string, maxLength 64": partial(short_strings, 64),
    "string, maxLength 100,000, 60,000 written": partial(long_string, 100_000, 60_000),
    "string, maxLength 10^9": partial(long_string, 10**9, 2_000),
    "pattern ^.{1,2000}$": partial(pattern, "^.{1,2000}$", prose(1_900), prose(2_001)),
    "pattern .*elit.*": partial(pattern, ".*elit.*", prose(1_500), "lorem ipsum " * 100),
    "pattern ^(?:\\S+\\s+){0,49}\\S+$": partial(pattern, r"^(?:\S+\s+){0,49}\S+$", " ".join(WORDS) * 2, " ".join([*WORDS, *WORDS, *WORDS])),
    "pattern ((a{1,20}b){1,20}c){1,20}": partial(pattern, "^((a{1,20}b){1,20}c){1,20}$", "aaab" * 20 + "c" + "abc" * 19, "ab" * 21 + "c"),
    "format uri, maxLength 2,000": partial(formatted, "uri", 2_000, URI, "no uri"),
    "format email, maxLength 200": partial(formatted, "email", 200, EMAIL, "no email"),
    "enum of 10,000": partial(enumeration, 10_000),
    "enum of 100,000": partial(enumeration, 100_000),
    "2,000 optional properties, 20 used": partial(optional_properties, 2_000, 20),
    "5,000 optional properties, 20 used": partial(optional_properties, 5_000, 20),
    "minProperties 100 of 200": partial(optional_properties, 200, 200, minProperties=100, additionalProperties=False),
    "anyOf of 40 overlapping objects": partial(overlapping, "anyOf", 40),
    "oneOf of 40 overlapping objects": partial(overlapping, "oneOf", 40),
    "union of 400 tools": partial(discriminated, 400),
    "allOf of 12 anyOf": partial(conjunction_of_choices, 12),
    "allOf of 30 anyOf (2^30)": partial(conjunction_of_choices, 30),
    "minItems 1,000 nested 30 deep": partial(counted_counts, 30),
    "$ref chain of 10,000": partial(reference_chain, 10_000),
    "nested 1,000 deep": partial(nested, 1_000),
    "list of 800 objects (20,000 tokens)": partial(list_of_objects, 800),
    "minItems 10^6": partial(counted_list, 10**6),
    "multipleOf 1000003": partial(multiples, 1_000_003),
}


def hard_cases(names: str | None = None) -> list[Case]:
    """List the hard cases, or those whose name contains one of the given words (comma-separated)."""
    wanted = names.split(",") if names else [""]
    return list(chosen(wanted))


def chosen(wanted: list[str]) -> Iterator[Case]:
    for name, make in HARD.items():
        if any(word in name for word in wanted):
            yield Case(name, partial(labelled, make), group="hard")


def labelled(make: Callable[[], Made]) -> tuple[Any, list[dict[str, Any]]]:
    schema, instances = make()
    return schema, [{"text" if isinstance(data, Text) else "data": data, "valid": valid} for data, valid in instances]
