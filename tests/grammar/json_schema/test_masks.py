"""The law on schemas: masks against brute force over a small vocabulary and the definition of the program's language."""

from __future__ import annotations

import json
import random
from decimal import Decimal

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import masks
from tests import reference

TOKENS = [
    *(bytes([b]) for b in b'{}[]:,"\\ \n0123456789-+.eEabcnulltrfsxy/d'),
    b'{"', b'":', b'": ', b'", "', b'","', b'"}', b'"]', b"}]", b"},", b"],", b'{"a', b'a":', b'"a"', b'b":1', b'"ab', b"true", b"false",
    b"null", b"12", b"10", b"1.5", b"-1", b"\\u00", b"61", b"\xc3", b"\xa9", "é".encode(), b", ", b": ", b"ab", b"abc", b'aa","', b'b"}',
]  # fmt: skip

SCHEMAS = {
    "object": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]},
    "closed": {"type": "object", "properties": {"a": {"type": "boolean"}, "ab": {"type": "null"}}, "additionalProperties": False},
    "rivals": {
        "anyOf": [
            {"type": "object", "properties": {"a": {"type": "null"}}, "required": ["b"]},
            {"type": "object", "properties": {"ab": {"type": "integer"}}, "required": ["b"]},
        ]
    },
    "array": {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 1, "maxItems": 3},
    "tuple": {"type": "array", "prefixItems": [{"type": "integer"}, {"const": "a"}], "items": False, "minItems": 2},
    "lengths": {"type": "string", "minLength": 1, "maxLength": 3},
    "pattern and length": {"type": "string", "pattern": "^(ab)*$", "minLength": 3},
    "bounds": {"type": "integer", "minimum": -1, "maximum": 12},
    "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 1.5},
    "enum": {"enum": ["a", "ab", 1, 1.5, None, ["a"], {"a": 1}]},
    "recursive": {"type": "object", "properties": {"a": {"$ref": "#"}}, "additionalProperties": False},
    "one of": {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "number", "maximum": 2}]},
    "not": {"type": "string", "not": {"enum": ["a", "ab"]}, "maxLength": 2},
    "pattern properties": {"type": "object", "patternProperties": {"^a": {"type": "integer"}, "b$": {"minimum": 1}}, "maxProperties": 2},
    "anything": {},
}
OPTIONS = [{}, {"key_order": "any", "whitespace": "any"}, {"whitespace": "compact", "numbers": "float64"}]


@pytest.fixture(scope="module")
def vocabulary() -> mw.Vocabulary:
    return mw.Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])


def exact(spelling: str) -> int | Decimal:
    """Read a number as it is meant: ``613.0`` is an integer."""
    value = Decimal(spelling)
    return int(value) if value == value.to_integral_value() else value


def assert_law_along_a_walk(constraint: mw.Constraint, vocabulary: mw.Vocabulary, seed: int, steps: int) -> None:
    language = reference.Language(constraint._program)
    rng = random.Random(seed)
    state, there = constraint.start, language.start()
    for _ in range(steps):
        row = np.zeros(vocabulary.num_words, np.uint32)
        constraint.fill_mask(state, row)
        have = reference.row_ids(row)
        assert have == reference.mask(language, there, vocabulary)
        assert have == {t for t in range(vocabulary.size) if constraint.advance(state, t)}
        texts = sorted(have - set(vocabulary.eos_ids))
        if not texts:
            break
        token = rng.choice(texts)
        state = constraint.advance(state, token)
        there = language.feed(there, vocabulary.token_bytes(token))


@pytest.mark.parametrize("options", OPTIONS, ids=["defaults", "any", "compact"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_masks_equal_brute_force(name, options, vocabulary, monkeypatch):
    for direct_nodes, few_unfit in ((masks.DIRECT_NODES, masks.FEW_UNFIT), (0, masks.FEW_UNFIT), (0, -1)):
        monkeypatch.setattr(masks, "DIRECT_NODES", direct_nodes)
        monkeypatch.setattr(masks, "FEW_UNFIT", few_unfit)
        monkeypatch.setattr(vocabulary, "_compiled", None)  # no twins: every way is walked from the start
        monkeypatch.setattr(vocabulary, "_lexicon", None)
        constraint = mw.compile(vocabulary, schema=SCHEMAS[name], **options)
        assert_law_along_a_walk(constraint, vocabulary, seed=len(name) + direct_nodes, steps=6)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_masks_equal_brute_force_on_long_walks(name, vocabulary):
    for seed in range(12):
        constraint = mw.compile(vocabulary, schema=SCHEMAS[name], **OPTIONS[seed % 3])
        assert_law_along_a_walk(constraint, vocabulary, seed, steps=25)


@pytest.mark.parametrize("name", SCHEMAS)
def test_walks_under_a_budget_end_in_valid_values(name, vocabulary):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(SCHEMAS[name])
    constraint = mw.compile(vocabulary, schema=SCHEMAS[name], numbers="float64")
    for seed in range(6):
        rng = random.Random(seed)
        state, left, text = constraint.start, constraint.min_tokens(constraint.start) + seed, b""
        while left:
            row = np.zeros(vocabulary.num_words, np.uint32)
            constraint.fill_mask(state, row, left)
            texts = sorted(reference.row_ids(row) - set(vocabulary.eos_ids))
            if not texts:
                break
            token = rng.choice(texts)
            state = constraint.advance(state, token)
            text += vocabulary.token_bytes(token)
            left -= 1
        assert constraint.is_accepting(state)
        validator.validate(json.loads(text, parse_float=exact))


def test_equal_schemas_share_their_lexer_states(vocabulary):
    schema = {"type": "object", "properties": {"a": {}, "b": {}, "ab": {}}, "required": ["b"]}
    before = 0
    for _ in range(3):
        constraint = mw.compile(vocabulary, schema=schema)
        assert constraint.accepts('{"a":1,"b":1,"ab":{}}')
        assert before in (0, constraint.report().stats["lexer_states"])
        before = constraint.report().stats["lexer_states"]


def test_of_equal_tries_of_keys_the_first_serves_all(vocabulary):
    """The states of a trie of keys are numbered by the trie that made them: an equal one must not read them by its own numbering."""
    keys = ["a", "b", "ab", "ac", "bc"]
    for required in (["a"], ["ac"], ["b", "bc"], ["ab"]):
        schema = {"type": "object", "properties": {key: {} for key in keys}, "required": required, "additionalProperties": False}
        constraint = mw.compile(vocabulary, schema=schema)
        for some in range(32):
            chosen = [key for i, key in enumerate(keys) if some >> i & 1]
            text = "{" + ",".join(f'"{key}":1' for key in chosen) + "}"
            assert constraint.accepts(text) == (set(required) <= set(chosen)), (required, text)
