"""Random schemas against jsonschema-rs: the same values are accepted, and every sentence drawn is a valid value.

Order "any" and every layout, so that only values count. Texts are drawn from the program itself and then mutated, which finds more than
values drawn blindly. The costs the program states are checked at every state passed.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskwright.errors import LimitExceeded, UnsatisfiableError, UnsupportedFeatureError

from .schema_strategies import KEYS, instances, schemas
from .support import Stuck, recogniser, sample

jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="the oracle is the package jsonschema-rs")

#: texts longer than this are not put to the slow recogniser
LONGEST = 400


def mutated(value: Any, rng: random.Random) -> Any:
    """Return a value that differs a little."""
    leaves = [None, True, 0, 1, 2.5, -1, "", "a", "ab", [], {}]
    if isinstance(value, dict) and (value or rng.random() < 0.5):
        out = dict(value)
        key = rng.choice([*out, *KEYS])
        if key in out and rng.random() < 0.4:
            del out[key]
        elif key in out:
            out[key] = mutated(out[key], rng)
        else:
            out[key] = rng.choice(leaves)
        return out
    if isinstance(value, list) and (value or rng.random() < 0.5):
        out_list = list(value)
        at = rng.randrange(len(out_list) + 1)
        if at < len(out_list) and rng.random() < 0.6:
            out_list[at] = mutated(out_list[at], rng)
        elif at < len(out_list) and rng.random() < 0.5:
            del out_list[at]
        else:
            out_list.insert(at, rng.choice(leaves))
        return out_list
    return rng.choice(leaves)


def compare(schema: Any, values: list[Any], seed: int) -> None:
    """Compare a schema's program with the oracle."""
    oracle = jsonschema_rs.Draft202012Validator(schema)
    try:
        machine = recogniser(schema, draft="2020-12")
    except UnsatisfiableError:
        assert not any(oracle.is_valid(value) for value in values)
        return
    except (LimitExceeded, UnsupportedFeatureError):
        return
    rng = random.Random(seed)
    for _ in range(3):
        try:
            drawn = sample(machine.program, rng)
        except Stuck:
            continue
        value = json.loads(drawn)
        if len(drawn) > LONGEST or "Infinity" in json.dumps(value):
            continue
        assert oracle.is_valid(value), f"drawn from the program: {drawn!r}"
        values = [*values, mutated(value, rng), mutated(value, rng)]
    for value in values:
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= LONGEST:
            assert machine.accepts(text) == oracle.is_valid(value), text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(schemas(), st.lists(instances(), min_size=3, max_size=3), st.integers(0, 10**6))
def test_random_schemas(schema, values, seed):
    compare(schema, values, seed)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas(), st.lists(instances(), min_size=3, max_size=3), st.integers(0, 10**6))
def test_random_schemas_at_length(schema, values, seed):
    compare(schema, values, seed)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(schemas(), st.integers(0, 10**6))
def test_schema_order_accepts_valid_values_only(schema, seed):
    oracle = jsonschema_rs.Draft202012Validator(schema)
    try:
        machine = recogniser(schema, draft="2020-12", key_order="schema", whitespace="bounded")
        drawn = sample(machine.program, random.Random(seed))
    except (LimitExceeded, UnsupportedFeatureError, UnsatisfiableError, Stuck):
        return
    value = json.loads(drawn)
    assert "Infinity" in json.dumps(value) or oracle.is_valid(value), drawn
    assert len(drawn) > LONGEST or machine.accepts(drawn), drawn


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(schemas(), instances(), st.integers(0, 10**6))
def test_a_schema_and_its_complement_share_nothing_and_cover_everything(schema, value, seed):
    text = json.dumps(value, ensure_ascii=False)
    verdicts = []
    for variant in (schema, {"not": schema}):
        try:
            verdicts.append(recogniser(variant, draft="2020-12").accepts(text))
        except UnsatisfiableError:
            verdicts.append(False)
        except (LimitExceeded, UnsupportedFeatureError):
            return
    assert verdicts[0] != verdicts[1]
