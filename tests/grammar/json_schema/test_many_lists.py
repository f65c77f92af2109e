"""Long lists of strings: made while compiling as long as they are few, and otherwise when decoding comes to them."""

import random

import pytest

import maskwright as mw
from maskwright.grammar.json_schema import SchemaOptions, compile_schema, scalars
from maskwright.grammar.json_schema.listed_strings import ListedStrings
from maskwright.grammar.json_schema.sizes import least_text_bytes, text_bytes

COUNT = 1_200


def words(i):
    return [f"list {i} word {j}" for j in range(COUNT)]


@pytest.fixture
def made(monkeypatch):
    """The lists that terminals were made of, by their first string."""
    out = []
    begin = ListedStrings.__init__
    monkeypatch.setattr(ListedStrings, "__init__", lambda own, texts, plain=False: (out.append(min(texts)), begin(own, texts, plain))[1])
    return out


@pytest.mark.parametrize(("room", "ahead"), [(0, 0), (1, 1), (30_000, 2), (2**22, 5)])
def test_lists_are_made_ahead_while_there_is_room(made, monkeypatch, room, ahead):
    monkeypatch.setattr(scalars, "PREPARED_CHARS", room)
    schema = {"type": "object", "properties": {f"k{i}": {"enum": words(i)} for i in range(5)}}
    compile_schema(schema, SchemaOptions())
    assert len(made) == ahead


def test_lists_made_late_are_the_same_language(monkeypatch):
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b"word 1", b""], eos_ids=[257])
    schema = {"type": "object", "properties": {f"k{i}": {"enum": words(i)} for i in range(5)}, "additionalProperties": False}
    ahead = mw.compile(vocabulary, schema=schema)
    monkeypatch.setattr(scalars, "PREPARED_CHARS", 0)
    late = mw.compile(mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b"word 1", b""], eos_ids=[257]), schema=schema)
    text = b'{"k3": "list 3 word 117", "k4": "list 4 '
    states = ahead.walk(ahead.start, text), late.walk(late.start, text)
    for one, other in zip(*states):
        assert ahead.allowed(one).tolist() == late.allowed(other).tolist()
    assert ahead.min_tokens(states[0][-1]) == late.min_tokens(states[1][-1])
    for constraint in (ahead, late):
        assert constraint.accepts(b'{"k2": "list 2 word 1199"}')
        assert not constraint.accepts(b'{"k2": "list 2 word 1200"}')


def test_least_sizes_of_lists_are_those_of_their_strings():
    draw = random.Random(7)
    for _ in range(300):
        texts = ["".join(draw.choices('ab"\\\x01/ü😀', k=draw.randrange(5))) for _ in range(draw.randrange(1, 8))]
        assert least_text_bytes(texts) == min(map(text_bytes, texts))
