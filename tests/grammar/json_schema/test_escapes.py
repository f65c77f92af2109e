"""``escapes="plain"``: one spelling per string, the one of ``json.dumps(..., ensure_ascii=False)`` but for the case of hex digits."""

from __future__ import annotations

import json
import random

import pytest

from maskwright.errors import OptionError
from maskwright.grammar.json_schema import SchemaOptions

from .support import check_texts

LONG = [f"entry number {i} é" for i in range(200)]
STRINGS = ["", "a", 'q"', "b\\", "a/b", "\n\t\b\f\r", "\x01\x1f", "é", "🙂", "\x7f", "\u2028"]
SCHEMAS = {
    "any string": {"type": "string"},
    "counted": {"type": "string", "minLength": 1, "maxLength": 40},
    "pattern": {"type": "string", "pattern": "^[^x]*$"},
    "enum": {"enum": STRINGS},
    "const": {"const": 'a/b"\n\x01é'},
    "long list": {"enum": LONG},
    "declared keys": {"type": "object", "properties": {s: {"type": "null"} for s in STRINGS if s}},
    "undeclared keys": {"type": "object", "properties": {"id": {}}, "additionalProperties": {"type": "null"}},
    "patterned keys": {"type": "object", "patternProperties": {"^[a-z/é]": {"type": "null"}}},
}


def values(name, schema):
    if name in ("any string", "counted", "pattern"):
        return [s for s in STRINGS if s or name != "counted"]
    if name in ("enum", "long list"):
        return schema["enum"]
    if name == "const":
        return [schema["const"]]
    return [{s: None} for s in STRINGS if s] if name != "patterned keys" else [{"a/b": None}, {"é": None}]


def respelled(text, rng):
    """Spell one character of the text in another way; None where it has none."""
    inside = text.replace("null", "    ")
    places = [i for i, c in enumerate(inside) if c == "/" or ord(c) > 0x7F or (c.isalpha() and "\\" not in inside)]
    if not places:
        return None
    at = rng.choice(places)
    units = text[at].encode("utf-16-be").hex()
    return text[:at] + "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)) + text[at + 1 :]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_plain_spelling_and_no_other(name):
    schema, rng = SCHEMAS[name], random.Random(name)
    plain = [json.dumps(value, ensure_ascii=False) for value in values(name, schema)]
    other = [text for text in (respelled(text, rng) for text in plain) if text is not None]
    assert all(json.loads(text) in values(name, schema) for text in other)
    options = {"whitespace": "any", "key_order": "any"}
    check_texts(schema, plain, other, escapes="plain", **options)
    check_texts(schema, [*plain, *other], escapes="any", **options)


def test_short_escapes_are_the_plain_ones():
    check_texts({"type": "string"}, ['"\\n"', '"\\u0001"', '"\\u001F"'], ['"\\u000a"', '"\\/"', '"\\u0041"', '"\\ud83d\\ude42"'],
    escapes="plain")


def test_the_option_is_checked():
    with pytest.raises(OptionError, match="escapes='some'"):
        SchemaOptions(escapes="some")


def test_masks_keep_the_law_and_keys_are_forced():
    import numpy as np

    import maskwright as mw

    pieces = ['{"', '":', '",', '"', "\\", "\\u", "\\u00", "\\n", "\\/", "id", "iden", "tifier", 'er":', "\\u0069", "a/b", "é", '"}']
    tokens = [*(bytes([b]) for b in range(256)), *(p.encode() for p in pieces), b""]
    vocab = mw.Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])
    schema = {
        "type": "object",
        "properties": {"identifier": {"enum": ["a/b", "a\nb"]}, "note": {"type": "string", "maxLength": 4}},
        "required": ["identifier", "note"],
        "additionalProperties": {"type": "string"},
    }
    constraint = mw.compile(vocab, schema=schema, whitespace="compact", escapes="plain")
    closed = mw.compile(vocab, schema={**schema, "additionalProperties": False}, whitespace="compact", escapes="plain")
    assert closed.forced(closed.start) == b'{"identifier":"a'
    row = np.zeros(vocab.num_words, np.uint32)
    text = '{"identifier":"a\\nb","note":"\\\\é\\u0007"}'
    for c in (constraint, closed):
        state = c.start
        for token in vocab.encode(text.encode()):
            c.fill_mask(state, row)
            have = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()
            assert have == [t for t in range(vocab.size) if c.advance(state, t) != mw.DEAD]
            state = c.advance(state, token)
        assert c.is_accepting(state)
