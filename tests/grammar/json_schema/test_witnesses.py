"""Random schemas through the engine, against two witnesses: jsonschema-rs, and jsonschema on exact decimals.

Walks along masks, in every combination of key order, whitespace and numbers, end in values that a witness calls valid; values drawn, walked
and mutated are accepted exactly if the witnesses say so. An answer is wrong when both witnesses say so; where they differ from each other
by a known mistake, the case stands in `DIFFER` with the sentence that decides.
"""

from __future__ import annotations

import json
import random
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskwright.automata.constraint import Constraint
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import LimitExceeded, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.json_schema import SchemaOptions, Separators, compile_schema

from .schema_strategies import instances, schemas
from .test_differential import mutated

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="a witness is the package jsonschema-rs")
jsonschema = pytest.importorskip("jsonschema", reason="a witness is the package jsonschema")

TOKENS = [*(bytes([b]) for b in range(0x20, 0x7F)), b"\n", b"\t", *(bytes([b]) for b in range(0x80, 0xF5))]
TOKENS += [b'{"', b'":', b'": ', b'",', b'"}', b", ", b"},", b"]}", b'["', b"true", b"null", b'"a', b'"a":', b"ab", b"10", b".5", b"1e"]
VOCABULARY = Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])
LAYOUTS = ("bounded", "compact", "any", Separators(", ", ": "), Separators(",", ": ", indent=2))
POLICIES = list(product(("schema", "any"), LAYOUTS, ("exact", "float64")))
FREE = {"key_order": "any", "whitespace": "any", "numbers": "exact"}
TOKENS_BEFORE_CLOSING, BUDGET = 25, 60

#: (schema, value, whether it is valid, who is wrong, the sentence that decides)
DIFFER = [
    ({"multipleOf": 0.01}, Decimal("0.29"), True, "jsonschema on floats",
     "6.2.1: A numeric instance is valid only if division by this keyword's value results in an integer."),
    ({"pattern": r"^\d$"}, "\u0663", False, "jsonschema",
     "6.4: regular expressions SHOULD be built with the \"u\" flag (or equivalent) [of ECMA-262, where \\d is [0-9]]"),
    ({"pattern": "^a$"}, "a\n", False, "jsonschema", "ECMA-262, 22.2.2.4: $ without flag m holds at the end of the input only"),
    ({"pattern": r"^\w$"}, "é", False, "jsonschema", "ECMA-262, 22.2.2.9: WordCharacters are a-z, A-Z, 0-9 and _"),
]  # fmt: skip


def witnesses(schema: Any):
    """Return a function that says what both witnesses make of a text: True, False, or None where they differ."""
    fast = jsonschema_rs.Draft202012Validator(schema)
    exact = jsonschema.Draft202012Validator(json.loads(json.dumps(schema), parse_float=Decimal))

    def judge(text: str) -> bool | None:
        value = json.loads(text)
        if any(word in json.dumps(value) for word in ("Infinity", "NaN")):
            return None  # beyond the floats of one witness
        try:
            verdicts = {fast.is_valid(value), exact.is_valid(json.loads(text, parse_float=Decimal))}
        except InvalidOperation:
            return None  # multipleOf beyond the digits of the other
        return verdicts.pop() if len(verdicts) == 1 else None

    return judge


def walk(constraint: Constraint, rng: random.Random) -> str | None:
    """Draw a text along masks: freely at first, then with a budget; None where a residual check leaves no way on."""
    row = np.zeros(VOCABULARY.num_words, np.uint32)
    state, text = constraint.start, b""
    for step in range(TOKENS_BEFORE_CLOSING + BUDGET):
        left = TOKENS_BEFORE_CLOSING + BUDGET - step
        constraint.fill_mask(state, row, budget=left if step > TOKENS_BEFORE_CLOSING and constraint.fits(state, left) else None)
        allowed = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()
        if len(TOKENS) in allowed and (len(allowed) == 1 or step > TOKENS_BEFORE_CLOSING or rng.random() < 0.3):
            return text.decode()
        allowed = [token for token in allowed if token < len(TOKENS)]
        if not allowed:
            return None
        structural = [token for token in allowed if TOKENS[token][:1] in b'{}[],:"tfn01a']
        token = rng.choice(structural if structural and rng.random() < 0.8 else allowed)
        state, text = constraint.advance(state, token), text + TOKENS[token]
        assert state, "a token of the mask is refused"
    return None


def made(schema: Any, **options: Any) -> Constraint | None:
    """Compile, None where that is refused (a limit, or a feature by name)."""
    try:
        return Constraint(VOCABULARY, compile_schema(schema, SchemaOptions(draft="2020-12", **options)).program)
    except (LimitExceeded, UnsupportedFeatureError):
        return None


def compare(schema: Any, values: list[Any], seed: int) -> None:
    judge = witnesses(schema)
    rng = random.Random(seed)
    texts = [json.dumps(value, ensure_ascii=False) for value in values]
    try:
        free = made(schema, **FREE)
        order, layout, numbers = rng.choice(POLICIES)
        other = made(schema, key_order=order, whitespace=layout, numbers=numbers)
    except UnsatisfiableError:
        assert not any(map(judge, texts))
        return
    if free is None or other is None:
        return
    for constraint in (free, other, other):
        text = walk(constraint, rng)
        if text is not None:
            assert judge(text) is not False, f"walked to {text!r} under {order}, {layout}, {numbers}"
            assert free.accepts(text), text
            if len(text) < 300:
                value = mutated(json.loads(text), rng)
                texts.append(json.dumps(value, ensure_ascii=False))
    for text in texts:
        verdict = judge(text)
        assert verdict is None or free.accepts(text) == verdict, text
        assert verdict is not False or not other.accepts(text), (text, order, layout, numbers)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(schemas(), st.lists(instances(), min_size=2, max_size=2), st.integers(0, 10**6))
def test_random_schemas(schema, values, seed):
    compare(schema, values, seed)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas(), st.lists(instances(), min_size=2, max_size=2), st.integers(0, 10**6))
def test_random_schemas_at_length(schema, values, seed):
    compare(schema, values, seed)


@pytest.mark.parametrize(("schema", "value", "valid", "wrong", "sentence"), DIFFER, ids=[str(case[0]) for case in DIFFER])
def test_where_witnesses_differ_the_specification_decides(schema, value, valid, wrong, sentence):
    text = str(value) if isinstance(value, Decimal) else json.dumps(value)
    constraint = made(schema, **FREE)
    assert constraint is not None
    assert constraint.accepts(text) == valid, sentence
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(json.loads(text)) == valid
    assert jsonschema.Draft202012Validator(schema).is_valid(json.loads(text)) != valid, f"{wrong} is right by now"
