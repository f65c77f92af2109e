"""Least sizes read off a schema object are those that the equations come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskwright.errors import MaskwrightError
from maskwright.grammar.json_schema import SchemaOptions, compile_schema, plain_costs
from maskwright.grammar.json_schema.costs import INF, Costs
from maskwright.grammar.json_schema.options import Separators
from maskwright.grammar.json_schema.plain_costs import CONTAINER
from maskwright.grammar.json_schema.program import SchemaProgram

TYPES = ("null", "boolean", "number", "integer", "string", "array", "object")
KEYS = ("a", "bc", "\x07", "é", '"', "\ud800")
COUNT = st.integers(0, 3)


def wrapped(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keywords = {
        "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3),
        "minLength": COUNT,
        "maxLength": COUNT,
        "minimum": st.just(100),
        "items": inner,
        "minItems": COUNT,
        "maxItems": COUNT,
        "uniqueItems": st.just(True),
        "contains": inner,
        "properties": st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
        "required": st.lists(st.sampled_from(KEYS), max_size=3, unique=True),
        "minProperties": COUNT,
        "maxProperties": COUNT,
        "additionalProperties": inner,
        "enum": st.lists(st.sampled_from(["", "abc", "\t", 1, None, []]), min_size=1, max_size=3, unique_by=repr),
        "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y", "#"]),
    }
    some = st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True)
    anything = some.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))
    array = st.fixed_dictionaries({"type": st.just("array"), "items": inner, "minItems": COUNT})
    members = st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    record = members.map(lambda declared: {"type": "object", "properties": declared, "required": list(declared)})
    return anything | array | record


SCHEMAS = st.recursive(st.booleans() | st.just({}), wrapped, max_leaves=6)


def compared(program: SchemaProgram) -> int:
    """Compare all costs of subschemas that are read off; return how many they are."""
    plain = program._plain_costs

    def equation(unknown: Any) -> Any:
        return program._container_cost(unknown[1]) if unknown and unknown[0] == CONTAINER else program._value_cost(unknown)

    solved = Costs(equation, lambda unknown: None)
    conjunctions = [(), *((2 * node.id,) for node in program.schema.nodes[1:])]
    count = 0
    for unknown in [*conjunctions, *((CONTAINER, conjunction) for conjunction in conjunctions)]:
        if plain.at_once(unknown) is not None or plain.equation(unknown) is not None:
            assert program.costs(unknown) == solved(unknown), unknown
            count += 1
    return count


@pytest.mark.parametrize("whitespace", ["bounded", Separators(", ", ": ", indent=2)])
@settings(derandomize=True, max_examples=150, deadline=None)
@given(root=SCHEMAS, x=SCHEMAS, y=SCHEMAS)
def test_as_solved(whitespace, root, x, y):
    document = {"properties": {"root": root}, "$defs": {"x": x, "y": y}}
    try:
        program = compile_schema(document, SchemaOptions(whitespace=whitespace)).program
    except MaskwrightError:
        return
    compared(program)


def test_kinds_read_off():
    document = {
        "properties": {
            "a": {"type": "string", "minLength": 2},
            "b": {"type": "object", "properties": {"é": {"$ref": "#/$defs/x"}}, "required": ["é"]},
            "c": {"type": "array", "minItems": 2, "items": {"type": "null"}},
            "d": {"enum": ["abc", "\t"]},
            "e": {"type": "string", "minLength": 3, "maxLength": 2},
        },
        "$defs": {"x": {"type": "integer"}},
    }
    program = compile_schema(document).program
    sizes = {key: program.cost((literal,)) for key, literal in program.schema.nodes[1].parts["properties"].items()}
    assert sizes == {"a": 4, "b": len('{"é":0}'.encode()), "c": len("[null,null]"), "d": len('"\\t"'), "e": INF}
    assert compared(program) == 2 * len(program.schema.nodes)


def test_loops():
    loop = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    optional = {"type": "object", "properties": {"a": loop | {"properties": {"a": {"$ref": "#"}}}}}
    assert compared(compile_schema(optional).program) > 0


def test_a_list_that_many_refer_to_is_gone_through_once(monkeypatch):
    asked = []
    text_bytes = plain_costs.text_bytes
    monkeypatch.setattr(plain_costs, "text_bytes", lambda text: asked.append(text) or text_bytes(text))
    listed = [f"value {i}" for i in range(50)]
    members = {f"member {i}": {"$ref": "#/$defs/x"} for i in range(40)}
    inner = {"type": "object", "properties": members, "required": list(members)}
    program = compile_schema({"$defs": {"x": {"enum": listed}}, "type": "array", "items": inner, "minItems": 1}).program
    assert program.cost(program.root) == len("[{}]") - 1 + sum(len(f'"{key}":"value 0",') for key in members)
    assert sum(text in listed for text in asked) == len(listed)
