"""The same constraint again: answers never depend on it, and nothing that differs is taken for the same."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

import maskwright as mw
from maskwright import compile_cache
from maskwright.automata import lexicon
from maskwright.errors import StaleStateError

TOKENS = [bytes([b]) for b in b'{}[]:," ab12.e0truefals\\n-+']
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"const": "b"}}, "required": ["b"]}


@pytest.fixture
def vocab() -> mw.Vocabulary:
    return mw.Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])


def test_the_same_constraint_is_a_twin_on_the_same_tables(vocab):
    first, second = mw.compile(vocab, schema=SCHEMA), mw.compile(vocab, schema=dict(SCHEMA))
    assert first is not second
    assert first._states is second._states
    assert first.min_tokens(first.start) == second.min_tokens(second.start)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"schema": {"const": 1}}, {"schema": {"const": True}}),
        ({"schema": {"const": 1}, "numbers": "exact"}, {"schema": {"const": 1}, "numbers": "float64"}),
        ({"schema": {"properties": {"a": {}, "b": {}}}}, {"schema": {"properties": {"b": {}, "a": {}}}}),
        ({"schema": {"const": "a"}}, {"choice": ["a"]}),
        ({"regex": "a"}, {"choice": "ab"[:1].split()}),
        ({"regex": "A", "flags": "i"}, {"regex": "A"}),
        ({"schema": True}, {"schema": True, "limits": mw.Limits(states=1000)}),
    ],
)
def test_what_differs_is_not_shared(vocab, one, other):
    assert mw.compile(vocab, **one)._states is not mw.compile(vocab, **other)._states


def test_a_key_that_json_would_make_equal_is_another_schema(vocab):
    mw.compile(vocab, schema={"properties": {"1": {}}})
    key = compile_cache.key_of("schema", {"properties": {1: {}}}, {})
    assert key != compile_cache.key_of("schema", {"properties": {"1": {}}}, {})


def test_reset_of_one_leaves_its_twins_alone(vocab):
    first = mw.compile(vocab, schema=SCHEMA)
    second = mw.compile(vocab, schema=SCHEMA)
    third = mw.compile(vocab, schema=SCHEMA)
    want = [first.allowed(first.start).tolist(), first.min_tokens(first.start)]
    old = first.start
    first.reset()
    with pytest.raises(StaleStateError):
        first.allowed(old)
    for twin in (second, third, mw.compile(vocab, schema=SCHEMA)):
        text = b'{"a":1,"b":"b"'
        state = twin.walk(twin.start, [TOKENS.index(bytes([b])) for b in text])[-1]
        assert twin.min_tokens(int(state)) == 1
        assert [twin.allowed(twin.start).tolist(), twin.min_tokens(twin.start)] == want
    state = first.walk(first.start, [0])[-1]
    assert first.min_tokens(int(state)) == first.min_tokens(first.start) - 1


def test_eviction_counts_all_twins_together(vocab):
    limits = mw.Limits(memory_bytes=20_000)
    first, second = (mw.compile(vocab, schema={"type": "string"}, limits=limits) for _ in range(2))
    assert first._usage is second._usage
    state = first.start
    for constraint in (first, second) * 40:
        state = constraint.advance(state, TOKENS.index(b"a")) or constraint.start
        constraint.allowed(state)
        assert 150 * first._usage[0] <= 20_000


def test_entries_go_with_the_tables_they_were_made_on(vocab, monkeypatch):
    old = mw.compile(vocab, schema=SCHEMA)
    monkeypatch.setattr(lexicon, "MANY_STATES", 0)
    assert mw.compile(vocab, schema=SCHEMA)._walks is not old._walks


def test_constraints_with_special_tokens_as_marks_are_kept_beside_others():
    vocab = mw.Vocabulary.from_bytes([*TOKENS, b"", b"</s>"], eos_ids=[len(TOKENS) + 1], special_ids={"<call>": len(TOKENS)})
    calls = {"grammar": 'root ::= <call> "a"', "syntax": "gbnf"}
    first, plain = mw.compile(vocab, **calls), mw.compile(vocab, schema=SCHEMA)
    assert first.allowed(first.start).tolist() == [len(TOKENS)]
    assert mw.compile(vocab, **calls)._states is first._states
    assert mw.compile(vocab, schema=SCHEMA)._states is plain._states


def test_few_are_kept(vocab, monkeypatch):
    monkeypatch.setattr(compile_cache, "KEPT", 2)
    kept = [mw.compile(vocab, schema={"const": n}) for n in (1, 2, 12)]
    assert [mw.compile(vocab, schema={"const": n})._states is c._states for n, c in zip((12, 2, 1), reversed(kept))] == [True, True, False]
    monkeypatch.setattr(compile_cache, "KEPT_BYTES", 0)
    mw.compile(vocab, schema={"const": 0})
    assert not vocab._compiled


def test_classes_are_kept_and_other_python_objects_compiled_anew(vocab):
    @dataclasses.dataclass
    class Point:
        a: int

    assert mw.compile(vocab, schema=Point)._states is mw.compile(vocab, schema=Point)._states
    assert mw.compile(vocab, schema=list[int])._states is not mw.compile(vocab, schema=list[int])._states


@pytest.mark.parametrize("wide", [False, True], ids=["plain JSON", "with a decimal"])
def test_what_is_changed_later_does_not_show(vocab, wide, tmp_path):
    """Schemas are read as decoding comes to them."""
    items = {"type": "array", "items": {"$ref": "#/$defs/item"}}
    schema = {"type": "object", "properties": {"a": items}, "$defs": {"item": {"type": "string"}}}
    if wide:
        schema["properties"]["b"] = {"const": Decimal("0.5")}
    constraint = mw.compile(vocab, schema=schema)
    pointers = len(mw.compile(vocab, schema=schema).report().items)
    schema["$defs"]["item"]["type"] = "integer"
    schema["properties"]["a"]["title"] = "later"
    assert constraint.accepts('{"a":["a"]}')
    assert not constraint.accepts('{"a":[1]}')
    assert len(constraint.report().items) == pointers
    assert mw.compile(vocab, schema=schema).accepts('{"a":[1]}')
    if not wide:
        constraint.save(tmp_path / "saved")
        assert mw.load(tmp_path / "saved", vocab).accepts('{"a":["a"]}')


def test_shared_and_deep_parts_of_a_schema(vocab):
    shared: dict = {"type": "integer"}
    deep: dict = shared
    for _ in range(3_000):
        deep = {"items": deep, "type": "array"}
    constraint = mw.compile(vocab, schema={"type": "object", "properties": {"a": shared, "b": deep}, "additionalProperties": False})
    assert constraint.accepts('{"a":1,"b":' + "[" * 3_000 + "1" + "]" * 3_000 + "}")
    assert not constraint.accepts('{"a":1,"b":' + "[" * 3_001 + "1" + "]" * 3_001 + "}")
