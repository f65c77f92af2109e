"""Objects: members, their order, keys that are not declared, counts, dependencies."""

from __future__ import annotations

import json
from itertools import permutations, product

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import LimitExceeded
from maskwright.grammar.json_schema.program import SchemaProgram

from .support import check, check_texts, recogniser

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


# order ----------------------------------------------------------------------------------------------------------------------------


def test_declared_members_come_in_order_and_others_last():
    schema = {"type": "object", "properties": {"b": WHOLE, "a": WHOLE}, "required": ["a"], "additionalProperties": WHOLE}
    valid = ['{"b":1,"a":2}', '{"a":2}', '{"b":1,"a":2,"z":1,"y":2}', '{"a":1,"y":2,"z":1}']
    check_texts(schema, valid, ['{"a":2,"b":1}', '{"z":1,"a":2}', '{"a":1,"z":1,"b":1}', '{"b":1}', "{}"])


def test_order_follows_allOf_and_references_where_they_stand():
    schema = {
        "allOf": [{"properties": {"one": TEXT}}, {"$ref": "#/$defs/two"}],
        "properties": {"three": TEXT},
        "$defs": {"two": {"properties": {"two": TEXT}}},
        "type": "object",
    }
    check_texts(schema, ['{"one":"","two":"","three":""}'], ['{"three":"","one":""}', '{"two":"","one":""}'])
    turned = {"properties": {"three": TEXT}, **{k: v for k, v in schema.items() if k != "properties"}}
    check_texts(turned, ['{"three":"","one":"","two":""}'], ['{"one":"","three":""}'])


def test_each_branch_has_its_own_order():
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": ["p", "q"]}},
        "required": ["kind"],
        "oneOf": [
            {"properties": {"kind": {"const": "p"}, "x": WHOLE, "y": WHOLE}, "required": ["x", "y"]},
            {"properties": {"kind": {"const": "q"}, "y": WHOLE, "x": WHOLE}, "required": ["x", "y"]},
        ],
    }
    check_texts(schema, ['{"kind":"p","x":1,"y":2}', '{"kind":"q","y":2,"x":1}'], ['{"kind":"p","y":2,"x":1}', '{"kind":"q","x":1,"y":2}'])


def test_then_gives_an_order_and_if_does_not():
    schema = {
        "type": "object",
        "properties": {"a": WHOLE},
        "if": {"properties": {"z": {"const": 1}}, "required": ["z"]},
        "then": {"properties": {"m": WHOLE}, "required": ["m"]},
    }
    check_texts(schema, ['{"a":1,"m":1,"z":1}', '{"a":1,"z":2,"m":"x"}', '{"z":2}', '{"a":1,"q":1}'], ['{"z":1,"m":1}', '{"z":1}'])


def test_keys_of_a_constant_come_as_written():
    check_texts({"const": {"b": 1, "a": [2]}}, ['{"b":1,"a":[2]}'], ['{"a":[2],"b":1}', '{"b":1}', '{"b":1,"a":[2],"c":1}'])
    check({"const": {"b": 1, "a": [2]}}, [{"a": [2.0], "b": 1}], [{"a": [2], "b": 1, "c": 0}])


def test_any_order():
    schema = {"type": "object", "properties": {"a": WHOLE, "b": WHOLE}, "required": ["a", "b"], "additionalProperties": TEXT}
    check(schema, [{"a": 1, "b": 2}, {"b": 1, "a": 2}, {"z": "", "b": 1, "y": "", "a": 2}], [{"a": 1}, {"a": 1, "b": 2, "c": 3}])


@pytest.mark.parametrize("order", ["schema", "any"])
def test_a_declared_key_comes_once(order):
    schema = {"type": "object", "properties": {"a": {}, "b": {}}}
    wrong = ['{"a":1,"a":2}', '{"a":1,"b":1,"a":2}', '{"a":1,"\\u0061":2}']
    check_texts(schema, ['{"a":1,"b":1}', '{"z":1,"z":1}'], wrong, key_order=order)


def test_one_key_in_every_spelling():
    schema = {"type": "object", "properties": {'a/"é': WHOLE}, "additionalProperties": False}
    spellings = ['{"a/\\"é":1}', '{"\\u0061\\/\\u0022\\u00e9":1}', '{"a\\u002F\\"\\u00E9":1}']
    check_texts(schema, spellings, ['{"a/é":1}', '{"\\u0061\\/\\u0022\\u00e8":1}'])


# undeclared keys ------------------------------------------------------------------------------------------------------------------


def test_additional_properties():
    check({"additionalProperties": False, "properties": {"a": {}}}, [{}, {"a": 1}, []], [{"b": 1}, {"a": 1, "b": 1}])
    check({"additionalProperties": WHOLE, "properties": {"a": TEXT}}, [{"b": 1, "a": "x"}], [{"b": "x"}, {"a": 1}])


def test_patterns_overlap_and_stand_beside_properties():
    schema = {
        "properties": {"ab": {"maximum": 5}},
        "patternProperties": {"^a": {"type": "integer"}, "b$": {"minimum": 2}},
        "additionalProperties": {"type": "string"},
    }
    valid = [{"ab": 3}, {"a": 9}, {"xb": 2.5}, {"aab": 2}, {"z": "x"}, {"xb": "s"}]
    check(schema, valid, [{"ab": 1}, {"ab": 6}, {"ab": 2.5}, {"a": "x"}, {"xb": 1}, {"aab": 2.5}, {"z": 1}])


def test_patterns_of_few_keys_are_declared_keys():
    schema = {"patternProperties": {"^[a-c]$": WHOLE}, "additionalProperties": False, "minProperties": 2}
    check(schema, [{"a": 1, "b": 2}, {"c": 1, "b": 2, "a": 3}], [{"a": 1}, {"a": 1, "d": 2}, {}])
    check_texts(schema, ['{"b":1,"a":1}'], ['{"a":1,"a":1}'])


def test_property_names():
    check({"propertyNames": {"maxLength": 2}}, [{}, {"ab": 1}, {"": 1}, "long"], [{"abc": 1}, {"ab": 1, "abc": 2}])
    check({"propertyNames": {"enum": ["a", "b"]}, "minProperties": 2}, [{"a": 1, "b": 2}], [{"a": 1}, {"a": 1, "c": 2}])
    check({"propertyNames": {"pattern": "^x"}, "properties": {"a": {}}, "required": ["xa"]}, [{"xa": 1}], [{"xa": 1, "a": 1}])
    check({"not": {"propertyNames": {"maxLength": 2}}}, [{"abc": 1}, {"ab": 1, "abc": 2}], [{}, {"ab": 1}, 1])


def test_forbid_refuses_what_the_schema_does_not_mention():
    schema = {"allOf": [{"properties": {"a": WHOLE}}, {"properties": {"b": WHOLE}}], "type": "object"}
    check(schema, [{"a": 1, "b": 2}, {}], [{"c": 1}], additional_properties="forbid")
    spoken = {"properties": {"a": WHOLE}, "additionalProperties": TEXT}
    check(spoken, [{"a": 1, "b": "x"}], [{"b": 1}], additional_properties="forbid")
    check({"type": "object"}, [{"b": 1}], additional_properties="forbid")


# counts ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["schema", "any"])
def test_counts(order):
    schema = {"properties": {"a": WHOLE, "b": WHOLE, "c": WHOLE}, "additionalProperties": False, "minProperties": 2, "maxProperties": 2}
    check(schema, [{"a": 1, "b": 1}, {"a": 1, "c": 1}, {"b": 1, "c": 1}], [{}, {"a": 1}, {"a": 1, "b": 1, "c": 1}], key_order=order)
    check({"minProperties": 1}, [{"a": 1}, []], [{}], key_order=order)
    check({"maxProperties": 1}, [{"a": 1}, {}], [{"a": 1, "b": 2}], key_order=order)
    check(
        {"maxProperties": 2, "required": ["q", "r"], "properties": {"a": {}}},
        [{"q": 1, "r": 2}],
        [{"a": 1, "q": 1, "r": 2}],
        key_order=order,
    )
    check({"maxProperties": 0}, [{}], [{"a": 1}], key_order=order)


def test_a_count_beside_required_members():
    schema = {"properties": {"a": TEXT, "b": TEXT, "c": TEXT}, "required": ["c"], "minProperties": 2, "additionalProperties": False}
    check_texts(schema, ['{"a":"","c":""}', '{"b":"","c":""}', '{"a":"","b":"","c":""}'], ['{"c":""}', '{"a":"","b":""}'])


@pytest.mark.parametrize("order", ["schema", "any"])
def test_undeclared_keys_are_counted_once(order):
    schema = {"type": "object", "minProperties": 3, "properties": {"p": {}}}
    valid = ['{"a":1,"b":2,"c":3}', '{"p":1,"a":2,"b":3}', '{"a":1,"b":2,"c":3,"c":4}']
    check_texts(schema, valid, ['{"a":1,"b":2,"a":3}', '{"a":1,"b":2,"\\u0062":3}', '{"p":1,"a":2}'], key_order=order)
    check({"not": {"maxProperties": 1}}, [{"a": 1, "b": 2}], [{}, {"a": 1}, [1, 2]], key_order=order)
    check({"dependentSchemas": {"k": {"minProperties": 3}}}, [{"a": 1}, {"k": 1, "b": 1, "c": 1}], [{"k": 1, "b": 1}], key_order=order)


def test_a_repeated_key_does_not_stand_in_for_another():
    machine = recogniser({"type": "object", "minProperties": 2}, key_order="schema", whitespace="compact")
    assert not machine.run('{"a":1,"a":')
    assert machine.accepts('{"a":1,"ab":2,"a":2}')  # from here on a repetition changes nothing


# some member ------------------------------------------------------------------------------------------------------------------------

RECORD = {"type": "object"}
SOME_MEMBER = [
    {"not": {"additionalProperties": RECORD}},
    {"not": {"patternProperties": {"^a": RECORD}}},
    {"not": {"patternProperties": {"^a": RECORD, "b$": WHOLE}}},
    {"not": {"properties": {"a": {}}, "unevaluatedProperties": RECORD}},
    {"oneOf": [{"additionalProperties": RECORD}, {"additionalProperties": WHOLE}]},
    {"oneOf": [{"additionalProperties": RECORD}, {"required": ["a"]}]},
    {"if": {"additionalProperties": RECORD}, "then": {"required": ["b"]}, "else": {"required": ["a"]}},
    {"anyOf": [{"not": {"additionalProperties": RECORD}}, {"required": ["c"]}]},
    {"allOf": [{"not": {"additionalProperties": RECORD}}, {"not": {"additionalProperties": WHOLE}}]},
    {"not": {"additionalProperties": RECORD}, "minProperties": 2, "maxProperties": 2},
    {"not": {"additionalProperties": {"additionalProperties": WHOLE}}},
]


@pytest.mark.parametrize("schema", SOME_MEMBER, ids=json.dumps)
def test_some_member_must_satisfy_a_schema(schema):
    """In every order of members; and of a key written twice the last value counts."""
    witness = pytest.importorskip("jsonschema", reason="the witness is the package jsonschema").Draft202012Validator(schema)
    free = recogniser(schema)
    ordered = recogniser(schema, key_order="schema")
    for keys in (k for n in range(4) for k in permutations(("a", "b", "ab"), n)):
        for members in product((1, {}), repeat=len(keys)):
            value = dict(zip(keys, members))
            assert free.accepts(json.dumps(value)) == witness.is_valid(value), value
            assert witness.is_valid(value) or not ordered.accepts(json.dumps(value)), value
    for keys in product(("a", "b"), repeat=3):
        for members in product((1, {}), repeat=3):
            text = "{" + ",".join(f'"{key}":{json.dumps(member)}' for key, member in zip(keys, members)) + "}"
            assert witness.is_valid(json.loads(text)) or not free.accepts(text), text


def test_only_the_key_that_met_the_demand_may_not_come_again():
    valid = ['{"a":1,"b":{}}', '{"b":{},"a":1}', '{"b":{},"a":1,"b":2}', '{"b":{},"b":1}']
    refused = ['{"a":1,"a":{}}', '{"a":1,"b":{},"a":2}', '{"a":1,"\\u0061":{}}', '{"b":{}}', "{}"]
    check_texts({"not": {"additionalProperties": RECORD}}, valid, refused)


def test_classes_of_undeclared_keys_are_not_confused_between_objects():
    """The same demand on two objects, whose classes are numbered otherwise."""
    named = {"type": "object", "not": {"patternProperties": {"^a": RECORD}}}
    other = {"$ref": "#/$defs/n", "patternProperties": {"^b": {"type": ["integer", "object"]}}, "properties": {"c": {}}}
    schema = {"$defs": {"n": named}, "prefixItems": [{"$ref": "#/$defs/n"}, other]}
    check(schema, [[{"a": 1}, {"b": 1, "a": 1}], [{"a": 1}, {"a": 1}]], [[{"a": 1}, {"x": 1}], [{"a": 1}, {"b": 1}], [{"a": 1}, {"c": 1}]])


# dependencies ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["schema", "any"])
def test_dependencies(order):
    schema = {
        "properties": {"a": {}, "b": {}, "c": {}},
        "dependentRequired": {"a": ["b"]},
        "dependentSchemas": {"c": {"properties": {"b": {"type": "integer"}}}},
    }
    valid = [{}, {"b": "x"}, {"a": 1, "b": "x"}, {"b": 1, "c": 1}, {"c": 1}, {"a": 1, "b": 1, "c": 1}]
    check(schema, valid, [{"a": 1}, {"a": 1, "c": 1}, {"b": "x", "c": 1}, {"a": 1, "b": "x", "c": 1}], key_order=order)


def test_many_dependencies_do_not_multiply():
    names = [f"k{i}" for i in range(40)]
    schema = {"properties": {n: {} for n in names}, "dependentRequired": {n: [names[39 - i]] for i, n in enumerate(names)}}
    check(schema, [{}, {"k3": 1, "k36": 1}, dict.fromkeys(names, 1)], [{"k3": 1}, {"k3": 1, "k36": 1, "k5": 1}])


# unevaluated ----------------------------------------------------------------------------------------------------------------------


def test_unevaluated_properties_see_through_branches():
    schema = {
        "properties": {"a": TEXT},
        "anyOf": [{"properties": {"b": {"const": 1}}, "required": ["b"]}, {"properties": {"c": {"const": 2}}, "required": ["c"]}],
        "unevaluatedProperties": False,
    }
    check(schema, [{"a": "", "b": 1}, {"c": 2}, {"b": 1, "c": 2}], [{"b": 1, "c": 3}, {"b": 1, "d": 1}, {"a": ""}])
    negated = {"not": schema, "type": "object"}
    check(negated, [{"b": 1, "c": 3}, {"b": 1, "d": 1}, {"a": ""}], [{"a": "", "b": 1}, {"c": 2}])


def test_unevaluated_properties_of_many_branches():
    schema = {"anyOf": [{"properties": {f"p{i}": TEXT}} for i in range(12)], "unevaluatedProperties": False}
    check(schema, [{}, {"p0": "", "p11": ""}], [{"p0": 1}, {"q": ""}])


def test_unevaluated_properties_by_pattern():
    schema = {
        "if": {"required": ["x"]},
        "then": {"patternProperties": {"^y": WHOLE}},
        "properties": {"x": {}},
        "unevaluatedProperties": False,
    }
    check(schema, [{}, {"x": 1, "y1": 1}], [{"y1": 1}, {"x": 1, "y1": "s"}, {"x": 1, "z": 1}])


def test_a_plan_for_many_undeclared_keys_that_must_differ():
    """Bounds take all keys for the empty one: the least plan is too far from them to be found by its length."""
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    constraint = mw.compile(vocabulary, schema={"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 18})
    state = constraint.start
    left = constraint.min_tokens(state)
    assert left <= 2 * constraint.least_bytes(state)
    text = bytearray()
    row = np.zeros(vocabulary.num_words, np.uint32)
    while not constraint.is_accepting(state):
        if not text:
            assert constraint.fill_mask(state, row, budget=left) >= 1
        plan = [int(token) for token in constraint._distances.next_tokens(state)]
        state = constraint.advance(state, plan[0])
        text.append(plan[0])
        left -= 1
        assert constraint.min_tokens(state) <= left
    assert len(set(json.loads(text))) == 18


def test_a_limit_met_on_the_way_through_the_members_leaves_nothing_behind(monkeypatch):
    """What was worked out of a plan's members before the limit must not pass for all of them afterwards."""
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b""], eos_ids=[256])
    members = {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}
    schema = {"type": "object", "properties": members, "additionalProperties": False}
    constraint = mw.compile(vocabulary, schema=schema, whitespace="compact")
    size = SchemaProgram._member_size

    def met_once(self, plan, i):
        if i == 1:
            monkeypatch.setattr(SchemaProgram, "_member_size", size)
            raise LimitExceeded("seconds", 1, 2)
        return size(self, plan, i)

    monkeypatch.setattr(SchemaProgram, "_member_size", met_once)
    with pytest.raises(LimitExceeded):
        constraint.accepts('{"a":1,"b":2,"c":3}')
    assert constraint.accepts('{"a":1,"b":2,"c":3}')
    assert constraint.accepts('{"c":3}')
    assert not constraint.accepts('{"c":3,"a":1}')
