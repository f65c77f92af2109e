"""Schemas that are wrong, that nothing satisfies, or that are large on purpose."""

from __future__ import annotations

import random
import re
import time

import pytest

from maskwright.automata.limits import Limits, tick, timed
from maskwright.errors import LimitExceeded, RegexSyntaxError, SchemaError, UnsatisfiableError
from maskwright.grammar.json_schema import SchemaOptions, compile_schema
from maskwright.grammar.json_schema.formulas import FALSE
from maskwright.grammar.json_schema.nodes import OBJECT, Schema
from maskwright.grammar.json_schema.unfold import Unfolder

from .support import check

MALFORMED = [
    # schema, pointer, in the message, in the hint
    ({"type": "strng"}, "/type", "strng", "'string'"),
    ({"type": "int"}, "/type", "int", "'integer'"),
    ({"type": "any"}, "/type", "any", "leave"),
    ({"type": []}, "/type", "type", None),
    ({"type": ["string", 3]}, "/type", "3", "one of"),
    ({"properties": ["a"]}, "/properties", "list", None),
    ({"properties": {"a": 3}}, "/properties/a", "3", "an object, true or false"),
    ({"properties": {"a": {"items": "x"}}}, "/properties/a/items", "'x'", None),
    ({"required": True}, "/required", "True", "lists its required members"),
    ({"required": "a"}, "/required", "'a'", None),
    ({"minLength": -1}, "/minLength", "-1", "negative"),
    ({"maxItems": 1.5}, "/maxItems", "1.5", None),
    ({"minimum": "3"}, "/minimum", "'3'", None),
    ({"minimum": True}, "/minimum", "True", None),
    ({"maximum": float("inf")}, "/maximum", "inf", None),
    ({"multipleOf": 0}, "/multipleOf", "0", None),
    ({"enum": "a"}, "/enum", "'a'", None),
    ({"enum": [{1, 2}]}, "/enum", "set", None),
    ({"allOf": []}, "/allOf", "allOf", None),
    ({"anyOf": {}}, "/anyOf", "dict", None),
    ({"not": 5}, "/not", "5", None),
    ({"uniqueItems": "yes"}, "/uniqueItems", "'yes'", None),
    ({"format": 5}, "/format", "5", None),
    ({"dependentRequired": {"a": "b"}}, "/dependentRequired", "'b'", None),
    ({"$ref": 5}, "/$ref", "5", "a reference is a string"),
    ({"items": [{}]}, "/items", "list", "prefixItems"),
    (3, "", "3", None),
    ("{", "", "not JSON", None),
    ("[1]", "", "list", None),
    ('{"minimum": NaN}', "", "NaN", None),
]


@pytest.mark.parametrize(("schema", "pointer", "message", "hint"), MALFORMED)
def test_malformed(schema, pointer, message, hint):
    with pytest.raises(SchemaError) as info:
        compile_schema(schema, SchemaOptions(draft="2020-12"))
    assert info.value.path == pointer
    assert message in info.value.message
    if hint:
        assert re.search(hint, info.value.hint or "")


def test_values_that_contain_themselves():
    loop, ring = [], {}
    loop.append([loop])
    ring["a"] = [ring]
    for schema, pointer in (({"const": loop}, "/const"), ({"items": {"enum": [1, ring]}}, "/items/enum"), ({"const": (loop,)}, "/const")):
        with pytest.raises(SchemaError, match="contains itself") as info:
            compile_schema(schema)
        assert info.value.path == pointer
    shared = [1]
    check({"const": [shared, [shared]]}, [[[1], [[1]]]])


def test_a_bad_pattern_says_where():
    with pytest.raises(RegexSyntaxError) as info:
        compile_schema({"properties": {"a": {"pattern": "a("}}})
    assert info.value.path == "/properties/a/pattern"
    with pytest.raises(RegexSyntaxError) as info:
        compile_schema({"patternProperties": {"[z-a]": {}}})
    assert info.value.path == "/patternProperties/[z-a]"


def test_unused_definitions_may_hold_anything():
    check({"type": "integer", "$defs": {"broken": {"type": "nonsense"}}}, [1])


UNSATISFIABLE = [
    ({"type": "string", "enum": [1]}, {"/type", "/enum"}),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, {"/allOf/0", "/allOf/1"}),
    ({"minimum": 5, "maximum": 4, "type": "number", "title": "n"}, {"/minimum", "/maximum", "/type"}),
    ({"type": "string", "minLength": 3, "maxLength": 9, "pattern": "^..$"}, {"/type", "/minLength", "/pattern"}),
    ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, None),
    ({"properties": {"a": False}, "required": ["a"], "type": "object"}, None),
    (
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "patternProperties": {"^a": {"type": "null"}}},
        {"/properties/a", "/patternProperties/^a"},
    ),
    (
        {"type": "array", "items": {"type": "integer", "minimum": 2, "maximum": 1}, "minItems": 1},
        {"/items/type", "/items/minimum", "/items/maximum"},
    ),
    ({"type": "array", "minItems": 3, "maxItems": 2}, {"/type", "/minItems", "/maxItems"}),
    ({"items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 3, "type": "array"}, {"/items", "/uniqueItems", "/minItems", "/type"}),
    ({"type": "object", "required": ["a", "b"], "maxProperties": 1}, {"/type", "/required", "/maxProperties"}),
    ({"type": "object", "additionalProperties": False, "required": ["a"]}, {"/type", "/additionalProperties", "/required"}),
]


@pytest.mark.parametrize(("schema", "pointers"), UNSATISFIABLE)
def test_unsatisfiable(schema, pointers):
    with pytest.raises(UnsatisfiableError) as info:
        compile_schema(schema)
    if pointers is not None:
        assert set(info.value.pointers) == pointers


CLASHES = [
    ({"type": "integer", "minimum": 5, "maximum": 3}, "minimum 5 is greater than maximum 3", {"/minimum", "/maximum", "/type"}),
    ({"type": "number", "exclusiveMinimum": 3, "maximum": 3}, "exclusiveMinimum 3 is beside maximum 3", None),
    (
        {"$schema": "http://json-schema.org/draft-04/schema#", "type": "number", "minimum": 3, "exclusiveMinimum": True, "maximum": 3},
        "exclusiveMinimum 3 is beside maximum 3",
        None,
    ),
    ({"type": "array", "minItems": 3, "maxItems": 2}, "minItems 3 is greater than maxItems 2", {"/minItems", "/maxItems", "/type"}),
    ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength 3 is greater than maxLength 2", {"/minLength", "/maxLength", "/type"}),
    ({"type": "object", "minProperties": 3, "maxProperties": 1}, "minProperties 3 is greater than maxProperties 1", None),
    (
        {"type": "string", "allOf": [{"minLength": 5, "maxLength": 9}, {"minLength": 1, "maxLength": 2}]},
        "minLength 5 is greater than maxLength 2",
        {"/allOf/0/minLength", "/allOf/1/maxLength"},
    ),
    ({"$ref": "#"}, "refers back to itself", {"/$ref"}),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}, "refers back to itself", None),
    ({"type": "integer", "minimum": 3.2, "maximum": 3.8}, "nothing of type number is left", {"/minimum", "/maximum", "/type"}),
]


@pytest.mark.parametrize(("schema", "message", "pointers"), CLASHES)
def test_a_clash_is_named(schema, message, pointers):
    with pytest.raises(UnsatisfiableError, match=message) as info:
        compile_schema(schema)
    if pointers is not None:
        assert set(info.value.pointers) == pointers


def test_bounds_of_a_type_that_is_not_asked_for_do_not_clash():
    check({"minimum": 5, "maximum": 3}, ["a"], [4])
    with pytest.raises(UnsatisfiableError, match="exclude each other"):
        compile_schema({"minimum": 5, "maximum": 3, "allOf": [{"type": "string"}, {"type": "null"}]})


def test_what_only_optional_members_exclude_is_satisfiable():
    check({"properties": {"a": {"$ref": "#/$defs/none"}}, "$defs": {"none": {"enum": []}}}, [{}], [{"a": 1}])


def nested(depth, wrap, leaf):
    for _ in range(depth):
        leaf = wrap(leaf)
    return leaf


LARGE = {
    "members": lambda: nested(10_000, lambda s: {"properties": {"a": s}, "required": ["a"], "type": "object"}, {"type": "string"}),
    "items": lambda: nested(10_000, lambda s: {"items": s, "minItems": 1, "type": "array"}, {"type": "string"}),
    "allOf": lambda: nested(10_000, lambda s: {"allOf": [s]}, {"type": "string"}),
    "anyOf": lambda: nested(5_000, lambda s: {"anyOf": [s, {"type": "null"}]}, {"type": "string"}),
    "not": lambda: nested(10_000, lambda s: {"not": s}, {"type": "string"}),
    "oneOf": lambda: nested(3_000, lambda s: {"oneOf": [s, {"type": "null"}]}, {"type": "string"}),
    "else": lambda: nested(3_000, lambda s: {"if": {"required": ["x"]}, "then": {"required": ["y"]}, "else": s}, {"required": ["b"]}),
    "references": lambda: {
        "$ref": "#/$defs/0",
        "$defs": {**{str(i): {"$ref": f"#/$defs/{i + 1}"} for i in range(10_000)}, "10000": {"type": "string"}},
    },
    "enum": lambda: {"enum": [f"value {i} {random.Random(i).getrandbits(32):x}" for i in range(100_000)]},
    "numbers": lambda: {"enum": list(range(100_000))},
    "optional": lambda: {"type": "object", "properties": {f"p{i}": {"type": ["string", "null"]} for i in range(5_000)}},
    "choices": lambda: {"type": "object", "allOf": [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(30)]},
    "branches": lambda: {
        "type": "object",
        "allOf": [{"anyOf": [{"properties": {f"{x}{i}": {"const": x}}, "required": [f"{x}{i}"]} for x in "ab"]} for i in range(30)],
    },
    "overlaps": lambda: {
        "oneOf": [
            {"type": "object", "properties": {"a": {"type": "string"}, f"b{i}": {"minLength": i}}, "required": [f"b{i}"]} for i in range(40)
        ]
    },
    "maxLength": lambda: {"type": "string", "maxLength": 10**9},
    "minLength": lambda: {"type": "string", "minLength": 10**6, "pattern": "^[a-z ]+$"},
    "minItems": lambda: {"type": "array", "minItems": 10**6, "items": {"type": "string"}},
    "counted counts": lambda: nested(30, lambda s: {"type": "array", "minItems": 1000, "items": s}, {"type": "null"}),
    "contains": lambda: {"type": "array", "contains": {"const": 1}, "minContains": 10**5},
    "satisfiability": lambda: _random_clauses(random.Random(1), 40, 170),
    "unevaluated": lambda: {"anyOf": [{"properties": {f"p{i}": {}}} for i in range(200)], "unevaluatedProperties": False},
}


def _random_clauses(rng, variables, clauses):
    def literal(v):
        return {"required": [f"v{v}"]} if rng.random() < 0.5 else {"not": {"required": [f"v{v}"]}}

    return {"type": "object", "allOf": [{"anyOf": [literal(v) for v in rng.sample(range(variables), 3)]} for _ in range(clauses)]}


@pytest.mark.parametrize("name", LARGE)
def test_large_schemas_give_a_result_or_a_typed_error(name):
    schema = LARGE[name]()
    began = time.thread_time()
    typed: LimitExceeded | None = None
    try:
        program = compile_schema(schema).program
        rule = program.expand(program.start)
    except LimitExceeded as error:
        typed = error
    assert typed is None or name in ("oneOf", "else", "contains", "satisfiability")
    assert typed is not None or rule.scans or rule.calls
    assert time.thread_time() - began < 15  # 5 s on an idle machine


def test_the_limit_on_nodes_holds():
    with pytest.raises(LimitExceeded, match="nodes"):
        compile_schema({"properties": {str(i): {"type": "string"} for i in range(100)}}, SchemaOptions(limits=Limits(nodes=50)))


def test_texts_keep_their_numbers_exact():
    check('{"minimum": 0.1000000000000000055, "maximum": 9007199254740993, "type": "number"}', [9007199254740993], [0.1, 9007199254740994])


def test_the_limit_on_seconds_holds_inside_searches():
    """Compiling a schema that takes long ends in time, and a state that was interrupted is right when asked again."""
    schema = _random_clauses(random.Random(1), 40, 170)
    began = time.thread_time()
    with pytest.raises(LimitExceeded) as caught:
        compile_schema(schema, SchemaOptions(limits=Limits(seconds=0.05)))
    assert caught.value.limit == "seconds"
    assert time.thread_time() - began < 2


def test_what_was_interrupted_can_be_asked_again():
    inner = {"allOf": [{"required": ["a"]}, {"$ref": "#/$defs/b"}]}
    schema = Schema({"allOf": [inner], "$defs": {"b": {"required": ["b"]}}}, SchemaOptions())
    unfolder = Unfolder(schema)
    for _ in range(2):
        with pytest.raises(LimitExceeded), timed(-1):
            unfolder.unfold(schema.root, OBJECT)
    assert unfolder.unfold(schema.root, OBJECT).keys == {"a", "b"}
    assert unfolder.unfold(schema.root ^ 1, OBJECT) is not FALSE


def test_a_timed_block_inside_another_does_not_prolong_it():
    with pytest.raises(LimitExceeded), timed(-1), timed(100):
        tick()
    tick()


def test_a_number_that_no_decimal_holds():
    with pytest.raises(SchemaError, match="exponent beyond those of decimals"):
        compile_schema('{"const": 1e9999999999999999999}')
