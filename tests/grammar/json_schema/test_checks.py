"""Strings decided where they end: formats that are not regular, through the engine."""

from __future__ import annotations

import json
import random
import re

import numpy as np
import pytest

from maskwright.automata.constraint import Constraint
from maskwright.automata.vocabulary import Vocabulary
from maskwright.grammar.json_schema import SchemaOptions, compile_schema
from maskwright.grammar.json_schema.checks import last_string
from maskwright.grammar.json_schema.formats import format_check
from tests import reference

HOST = {"type": "string", "format": "hostname"}
PATTERN = {"type": "string", "format": "regex"}
PIECES = [b'["', b'","', b'"]', b'":"', b'xn--', b'll-0ea"', b'l-fda"', b'(a"', b')"', b'\\u0061"', b'\\\\"', b'{"a":"', b'"}']
TOKENS = [*(bytes([b]) for b in b' !"()*+,-.:[]\\abnlfdex0{}'), *PIECES]
VOCABULARY = Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])


def _constraint(schema: dict, **options) -> Constraint:
    return Constraint(VOCABULARY, compile_schema(schema, SchemaOptions(**options)).program)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        (HOST, ["a.b", "xn--ll-0ea"], ["xn--l-fda", " "]),
        ({"items": HOST}, [["a", "xn--ll-0ea"]], [["a", "xn--l-fda"], ["xn--l-fda", "a"]]),
        ({"properties": {"a": HOST}}, [{"a": "xn--ll-0ea"}], [{"a": "xn--l-fda"}]),
        ({"not": HOST, "type": "string"}, ["xn--l-fda", " "], ["a.b", "xn--ll-0ea"]),
        ({"oneOf": [HOST, {"minLength": 11}], "type": "string"}, ["a.b", "xn--ll-0ea", "xn--l-fdaaaa"], ["xn--l-fda", "xn--ll-0ea.a"]),
        ({"allOf": [HOST, PATTERN]}, ["a.b"], ["(", "xn--l-fda"]),
        ({"items": HOST, "uniqueItems": True}, [["a", "b"]], [["a", "a"], ["xn--l-fda", "b"]]),
        (PATTERN, ["(a|b)*", "\\\\", '((((a))))"', "(a)\\1"], ['("a|b*', "\\", "a**"]),
        ({"type": "string", "pattern": r"^(a|b)\1$"}, ["aa", "bb"], ["ab", "a"]),
        ({"type": "string", "not": {"pattern": r"^(a|b)\1$"}}, ["ab", "a"], ["aa", "bb"]),
        ({"pattern": r"^(?<x>a|b)x*\k<x>$", "maxLength": 3, "type": "string"}, ["aa", "axa"], ["axxa", "axb"]),
        ({"oneOf": [{"pattern": r"(.)\1"}, {"maxLength": 2}], "type": "string"}, ["ab", "abba"], ["aa", "abab"]),
        ({"patternProperties": {r"^(a|b)\1": False}}, [{"ab": 1}], [{"aa": 1}, {"bba": 1}]),
        ({"patternProperties": {r"^(a|b)\1": {"type": "null"}}, "additionalProperties": {"type": "integer"}},
         [{"ab": 1, "aa": None}, {"": 1}], [{"aa": 1}, {"ab": None}]),
        ({"patternProperties": {r"(a|b)\1": {"type": "null"}}, "properties": {"aa": {}, "ab": {}}, "additionalProperties": False},
         [{"aa": None}, {"bb": None}, {"ab": 1}], [{"aa": 1}, {"ba": 1}, {"bb": 1}]),
        ({"propertyNames": PATTERN}, [{"(a)": 1, "((((a))))": 2}], [{"(a": 1}, {"(a)": 1, "a)": 1}]),
        ({"propertyNames": {"not": PATTERN}}, [{"(a": 1}, {}], [{"(a)": 1}, {"(a": 1, "((((a))))": 2}]),
        ({"not": {"propertyNames": PATTERN}}, [{"(a": 1}, {"((((a))))": 1, "(a": 2}], [{"((((a))))": 1}, {}]),
        ({"propertyNames": HOST}, [{"a.b": 1, "xn--ll-0ea": 1}], [{"xn--l-fda": 1}]),
        ({"propertyNames": PATTERN, "minProperties": 2}, [{"a": 1, "b": 1}], [{"a": 1}, {"a": 1, "(": 1}]),
        ({"patternProperties": {r"^(a|b)\1$": True}, "unevaluatedProperties": False}, [{"aa": 1, "bb": 1}], [{"ab": 1}, {"aa": 1, "a": 1}]),
        # out of proportion for an automaton
        ({"pattern": "^(?:a|b)*a(?:a|b|ab){16}$", "type": "string"}, ["a" + "b" * 16, "ba" + "ab" * 16], ["b" + "b" * 16, "a" * 16]),
        ({"pattern": "a.{20}$", "type": "string"}, ["a" + "b" * 20], ["b" * 30, "a" + "b" * 19]),
        ({"pattern": "a{70000}", "type": "string"}, ["a" * 70_000], ["a" * 69_999]),
        ({"patternProperties": {"a.{20}$": False}}, [{"b" * 30: 1}], [{"ba" + "b" * 20: 1}]),
        ({"pattern": "^(?=.{1,9}$)(?!.*://)((a|b){1,9}x?){1,99}$", "type": "string"}, ["abx"], ["abxxa", "a" * 10]),
    ],
)
def test_values(schema, valid, invalid):
    for around in ("", {"whitespace": "any"}):
        constraint = _constraint(schema, **(around or {}))
        compact = {"separators": (",", ":")} if not around else {"indent": 1}
        for value in valid:
            assert constraint.accepts(json.dumps(value, **compact)), value
        for value in invalid:
            assert not constraint.accepts(json.dumps(value, **compact)), value


def test_escapes_are_read():
    constraint = _constraint(HOST)
    assert constraint.accepts('"\\u0078n--ll-0ea"')
    assert not constraint.accepts('"\\u0078n--l-fda"')
    assert last_string(rb'["a\\","b\\\"c"') == 'b\\"c'


@pytest.mark.parametrize(
    "schema",
    [
        {"items": HOST},
        {"items": PATTERN},
        {"not": HOST, "type": "string"},
        {"items": {"type": "string", "pattern": r"^(.)\1?b*\1$"}, "type": "array"},
        {"patternProperties": {r"(.)\1": {"type": "null"}}, "type": "object", "additionalProperties": {"type": "boolean"}},
        {"not": {"additionalProperties": {"type": "string"}}, "type": "object"},
    ],
)
def test_masks_are_what_can_be_read_and_walks_end_in_valid_values(schema):
    constraint = _constraint({**schema, "type": schema.get("type", "array")})
    rng = random.Random(0)
    ended = 0
    row = np.zeros(VOCABULARY.num_words, np.uint32)
    for _ in range(25):
        state, text = constraint.start, b""
        for _ in range(12):
            constraint.fill_mask(state, row)
            allowed = set(reference.row_ids(row)) - {len(TOKENS)}
            assert allowed == {t for t in range(len(TOKENS)) if constraint.advance(state, t)}
            for token in range(len(TOKENS)):
                assert (token in allowed) == bool(_bytewise(constraint, text + TOKENS[token])), (text, TOKENS[token])
            if constraint.is_accepting(state):
                ended += 1
                _assert_valid(schema, json.loads(text))
            if not allowed:
                break
            token = rng.choice(sorted(allowed))
            state, text = constraint.advance(state, token), text + TOKENS[token]
    assert ended


def _assert_valid(schema: dict, value) -> None:
    """Assert what the schemas of the test above say of a value."""
    if "additionalProperties" in schema.get("not", {}):
        assert not all(isinstance(member, str) for member in value.values()), value
        return
    if "patternProperties" in schema:
        for key, member in value.items():
            assert (member is None) == bool(re.search(r"(.)\1", key, re.S)), (key, member)
        return
    for item in value if isinstance(value, list) else [value]:
        if "pattern" in schema.get("items", {}):
            assert re.search(schema["items"]["pattern"], item), item
        else:
            form = schema.get("items", HOST)["format"]
            assert format_check(form, "2020-12")(item) == ("not" not in schema), item


def _bytewise(constraint: Constraint, text: bytes) -> int:
    """Return the state after a text read byte by byte."""
    states = constraint._states
    state = constraint.start
    for byte in text:
        state = states.step(state, byte)
        if not state:
            break
    return state


def test_the_report_says_where_formats_are_decided():
    items = compile_schema({"properties": {"a": HOST, "b": {"format": "date-time"}, "c": {"format": "date"}}}).report_items
    found = {item.pointer: (item.status, bool(item.reason)) for item in items if item.keyword == "format"}
    assert found == {
        "/properties/a/format": ("completion", True),
        "/properties/b/format": ("automaton", True),
        "/properties/c/format": ("automaton", False),
    }
