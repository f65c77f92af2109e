"""``uniqueItems`` over items of many values: judged on the value, in every spelling and at every depth."""

from __future__ import annotations

import random

import numpy as np
import pytest

import maskwright as mw
from maskwright.grammar.json_schema import SchemaOptions, compile_schema

from .support import check

VOCABULARY = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b'","', b'a","a"', b"1,1", b"</s>"], eos_ids=[259])
TEXTS = {
    '["a","b"]': True,
    '["a","a"]': False,
    '["a", "\\u0061"]': False,
    "[1,1.0]": False,
    "[1,11]": True,
    "[[1,2],[1,2]]": False,
    "[[1,2],[2,1]]": True,
    "[[1,1]]": True,
    '[{"a":1,"b":2},{"b":2,"a":1}]': False,
    '[{"a":1,"b":2},{"b":2,"a":2}]': True,
    "[true,1]": True,
    "[]": True,
}


@pytest.mark.parametrize("text", TEXTS)
def test_items_are_compared_as_values(text):
    assert mw.compile(VOCABULARY, schema={"uniqueItems": True}, whitespace="any").accepts(text) == TEXTS[text]
    repeated = mw.compile(VOCABULARY, schema={"type": "array", "not": {"uniqueItems": True}}, whitespace="any")
    assert repeated.accepts(text) != TEXTS[text]


def test_the_token_that_ends_a_repetition_is_masked():
    constraint = mw.compile(VOCABULARY, schema={"type": "array", "items": {"type": "string"}, "uniqueItems": True, "minItems": 3})
    state = constraint.walk(constraint.start, b'["a","')[-1]
    assert ord('"') in constraint.allowed(state)
    inside = constraint.advance(state, ord("a"))
    assert ord('"') not in constraint.allowed(inside)
    assert constraint.advance(inside, ord('"')) == mw.DEAD
    assert 257 not in constraint.allowed(constraint.walk(constraint.start, b'["')[-1])
    assert constraint.min_tokens(constraint.start) <= 20


def test_masks_lead_straight_to_a_repetition_that_is_required():
    schema = {"type": "array", "not": {"uniqueItems": True}, "maxItems": 2}
    constraint = mw.compile(VOCABULARY, schema=schema, key_order="any", whitespace="compact", numbers="exact")
    state = constraint.walk(constraint.start, b'["ab",')[-1]
    assert constraint.allowed(state).tolist() == [ord('"')]
    inside = constraint.walk(state, b'"a')[-1]
    assert set(constraint.allowed(inside).tolist()) == {ord("b"), ord("\\")}  # or an escape that means b
    assert constraint.min_tokens(state) == len('"ab"]')
    nested = constraint.walk(constraint.start, b'[{"a":[1],"b":null},')[-1]
    assert constraint.walk(nested, b'{"b":null,"a":[1.0]}]')[-1] != mw.DEAD
    assert constraint.walk(nested, b'{"b":null,"a":[2')[-1] == mw.DEAD


@pytest.mark.parametrize("text", [b"[[1234567", b'["a long string of some length", [-1.25e3', b"[1e99999,1e9999"])
def test_a_plan_to_a_repetition_ends(text):
    schema = {"oneOf": [{"type": "boolean"}, {"uniqueItems": True}, {}]}  # arrays with equal items, and null, numbers, strings not at all
    constraint = mw.compile(VOCABULARY, schema=schema, whitespace="any", numbers="exact")
    assert constraint.min_tokens(constraint.start) == 5
    state = constraint.walk(constraint.start, text)[-1]
    constraint.fill_mask(state, np.zeros(VOCABULARY.num_words, np.uint32), budget=60)
    assert 2 <= constraint.min_tokens(state) < 60


def record(**properties):
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def unique(items, least):
    return {"type": "array", "items": items, "uniqueItems": True, "minItems": least}


@pytest.mark.parametrize(
    ("schema", "shortest"),
    [
        (unique(record(id={"type": "integer"}), 3), '[{"id":0},{"id":1},{"id":2}]'),
        (unique(record(k={"enum": ["a", "b"]}), 2), '[{"k":"a"},{"k":"b"}]'),
        (unique(record(n={"type": "string"}), 2), '[{"n":""},{"n":"a"}]'),
        (unique({"type": "string", "format": "date"}, 2), '["0000-01-01","0000-01-02"]'),
        (unique({"type": "array", "items": {"type": "integer"}}, 3), "[[],[0],[1]]"),
        (unique({"type": "integer"}, 12), "[0,1,2,3,4,5,6,7,8,9,10,11]"),
        ({"type": "array", "items": {"type": "integer"}, "not": {"uniqueItems": True}}, "[0,0]"),
    ],
)
def test_plans_turn_back_where_a_check_closes_a_way(schema, shortest):
    """Every mask within the budget that `min_tokens` names leads on, to a text of that length."""
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(0x20, 0x7F)), b"</s>"], eos_ids=[95])
    constraint = mw.compile(vocabulary, schema=schema)
    left = constraint.min_tokens(constraint.start)
    assert constraint.accepts(shortest)
    assert len(shortest) <= left <= len(shortest) + 1
    state, row, rng = constraint.start, np.zeros(vocabulary.num_words, np.uint32), random.Random(5)
    while left:
        assert constraint.fill_mask(state, row, budget=left)
        allowed = [t for t in np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist() if t < 95]
        state = constraint.advance(state, rng.choice(allowed))
        left -= 1
        assert constraint.min_tokens(state) <= left
    assert constraint.is_accepting(state)


def test_fits_is_a_promise_under_checks():
    schema = {"type": "array", "items": {"type": "integer"}, "not": {"uniqueItems": True}}
    constraint = mw.compile(VOCABULARY, schema=schema, whitespace="compact")
    state = constraint.walk(constraint.start, b"[55")[-1]
    assert constraint.min_tokens(state) == len(",55]")
    assert not constraint.fits(state, 3)


def test_a_repetition_satisfies_what_is_asked_of_both_places():
    """Where no two places allow one value there is no repetition: the schema is empty, the branch vanishes, and plans know it."""
    places = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "not": {"uniqueItems": True}}
    with pytest.raises(mw.errors.UnsatisfiableError):
        mw.compile(VOCABULARY, schema={**places, "items": False})
    with pytest.raises(mw.errors.UnsatisfiableError):
        mw.compile(VOCABULARY, schema={**places, "items": {"type": "boolean"}, "maxItems": 3})
    once = mw.compile(VOCABULARY, schema={"oneOf": [{"const": [1, 2]}, {"uniqueItems": True}]}, whitespace="any")
    assert [once.accepts(text) for text in ("[1,2]", "[1,3]", "[1,1]", "[1,2,2]", "5")] == [False, True, False, False, True]
    either = mw.compile(VOCABULARY, schema={"anyOf": [{**places, "items": False}, {"const": [1, "a"]}]}, whitespace="compact")
    assert either.accepts('[1,"a"]')
    assert not either.accepts('[1,"b"]')
    for items, right, wrong, least in (
        ({"type": "boolean"}, '[1,"a",true,true]', '[1,"a",true,false]', len('[0,"",true,true]')),
        ({"type": ["string", "integer"]}, '[1,"a",1.0]', '[1,"a","b"]', len('[0,"",0]')),
    ):
        constraint = mw.compile(VOCABULARY, schema={**places, "items": items}, whitespace="compact", numbers="exact")
        assert constraint.accepts(right)
        assert not constraint.accepts(wrong)
        assert constraint.min_tokens(constraint.start) <= least


def test_a_least_number_of_declared_members_needs_no_text():
    """Telling so looks at what members lead to, not at the positions that counts multiply; one undeclared key changes it, however deep."""
    many = {"properties": {f"key_{i}": {"type": "integer"} for i in range(120)}, "minProperties": 60}
    closed = {**many, "type": "object", "additionalProperties": False}
    assert not compile_schema(closed, SchemaOptions()).program.remembers
    assert compile_schema({**closed, "additionalProperties": {"type": "null"}}, SchemaOptions()).program.remembers
    inner = {"type": "object", "minProperties": 2, "additionalProperties": {"type": "null"}}
    closed["properties"] = {**many["properties"], "last": {"type": "array", "items": inner}}
    assert compile_schema(closed, SchemaOptions()).program.remembers
    undeclared = {"type": "object", "additionalProperties": {"type": "array", "items": inner}}
    assert compile_schema(undeclared, SchemaOptions()).program.remembers


def test_what_only_a_residual_asks_of_a_member_is_looked_at():
    """Where some member must have distinct items because others are there, nothing else says that items are to be remembered."""
    schema = {
        "type": "object",
        "properties": {"b": {"type": "array"}},
        "not": {"properties": {"a": {"not": {"uniqueItems": True}}}, "required": ["b", "a"]},
        "minProperties": 1,
    }
    valid = [{"b": []}, {"a": [1, 1]}, {"a": [1, 2], "b": []}, {"b": [], "a": [[1], [2]]}]
    check(schema, valid, [{}, {"a": [1, 1], "b": []}, {"b": [], "a": [[1], [1]]}])
