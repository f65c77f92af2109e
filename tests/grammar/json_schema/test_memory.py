"""``uniqueItems`` over items of many values: judged on the value, in every spelling and at every depth."""

from __future__ import annotations

import pytest

import maskwright as mw

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
