"""Constraint expressions: parts of every front end put together, and captures of named parts."""

import functools
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.errors import (
    ConstraintError,
    GrammarSyntaxError,
    OptionError,
    RegexSyntaxError,
    SchemaError,
    UnsatisfiableError,
    UnsupportedFeatureError,
)
from maskwright.grammar.captures import Captures
from maskwright.grammar.compose import literal

VOCABULARY = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b""], eos_ids=[256])
POINT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}


def compiled(expression, **options):
    return mw.compile(VOCABULARY, grammar=expression, **options)


def test_parts_of_every_front_end():
    call = mw.regex("[a-z]+") + "(" + mw.json(POINT) + ")" + mw.choice(["!", "?"]).optional()
    constraint = compiled(call + (";" + call).repeat(0, 2))
    for text in ['f({"x":1})', 'f({"x": 10})!;g({"x":2})', 'a({"x":1});b({"x":1})?;c({"x":1})']:
        assert constraint.accepts(text), text
    for text in ['f({"y":1})', "f()", 'f({"x":1});', 'a({"x":1});b({"x":1});c({"x":1});d({"x":1})']:
        assert not constraint.accepts(text), text


def test_grammars_inside_grammars():
    inner = mw.grammar('root ::= "<" root ">" | DATA', syntax="gbnf", use={"DATA": mw.json(POINT)})
    constraint = compiled("data: " + inner | mw.grammar('root ::= "none"', "ebnf"))
    assert constraint.accepts('data: <<{"x":1}>>')
    assert constraint.accepts("none")
    assert not constraint.accepts('data: <<{"x":1}>')


@pytest.mark.parametrize("syntax", ["gbnf", "ebnf"])
def test_use_gives_names_a_meaning(syntax):
    text = 'root ::= NAME (", " NAME)* | EMPTY "!"'
    constraint = compiled(text, syntax=syntax, use={"NAME": mw.choice(["ann", "bob"]), "EMPTY": mw.regex("x?")})
    assert [t for t in ("ann", "ann, bob", "!", "x!", "xx!", "ann,") if constraint.accepts(t)] == ["ann", "ann, bob", "!", "x!"]
    other = mw.compile(VOCABULARY, regex="[0-9]{2}")
    assert compiled("root ::= N N", syntax=syntax, use={"N": other}).accepts("1234")


def test_what_is_optional_may_be_empty_anywhere():
    space = mw.regex(" *")
    constraint = compiled(space + "a" + space + mw.json({"type": "boolean"}) + space)
    assert all(constraint.accepts(text) for text in ["atrue", " a true  ", "a false"])
    assert compiled(mw.literal("")).accepts("")
    assert compiled(mw.regex("a*").repeat(2, 2)).accepts("")


def test_masks_inside_embedded_programs_obey_the_law():
    constraint = compiled("[" + mw.json({"type": "integer", "minimum": 3, "maximum": 27}) + "]")
    texts = {f"[{i}]".encode() for i in range(40) if constraint.accepts(f"[{i}]")}
    assert texts == {f"[{i}]".encode() for i in range(3, 28)}
    state = constraint.walk(constraint.start, b"[2")[-1]
    assert b"0" in bytes(constraint.allowed(state).tolist())
    assert constraint.min_tokens(constraint.start) == 3


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: compiled(3), OptionError),
        (lambda: compiled(mw.literal("a"), syntax="gbnf"), OptionError),
        (lambda: compiled(mw.literal("a"), start="x"), OptionError),
        (lambda: mw.regex("a", syntax="x"), OptionError),
        (lambda: mw.regex(3), OptionError),
        (lambda: mw.literal(b"a"), OptionError),
        (lambda: mw.choice("abc"), OptionError),
        (lambda: mw.literal("a").repeat(2, 1), OptionError),
        (lambda: mw.literal("a").named(""), OptionError),
        (lambda: mw.literal("a") + 3, OptionError),
        (lambda: compiled(mw.regex("(")), RegexSyntaxError),
        (lambda: compiled(mw.regex(r"[^\s\S]")), UnsatisfiableError),
        (lambda: compiled(mw.json({"type": "strng"})), ConstraintError),
        (lambda: compiled(mw.grammar("root ::= x", "gbnf")), ConstraintError),
        (lambda: compiled("root ::= X", syntax="gbnf", use={"Y": mw.literal("a")}), OptionError),
        (lambda: compiled('root ::= "X"', syntax="gbnf", use={"root": mw.literal("a")}), ConstraintError),
        (lambda: compiled("root ::= X", syntax="gbnf", use={"X": mw.literal("a").named("n")}), OptionError),
        (lambda: compiled("root ::= X", syntax="gbnf", use=[1]), OptionError),
    ],
)
def test_errors(make, error):
    with pytest.raises(error):
        make()


def test_nesting_is_bounded_and_sums_are_flat():
    compiled(sum((mw.literal(c) for c in "abc" * 500), start=mw.literal("")))
    with pytest.raises(OptionError, match="levels"):
        functools.reduce(lambda node, _: (node + "b") | "c", range(200), mw.literal("a"))


SUM = 'root ::= root "+" root | "\\"" [a-z\\n\u00e9]+ "\\"" | "(" root ")"'


@pytest.mark.parametrize(
    "part",
    [
        mw.regex('"[a-z\n\u00e9]*"'),
        mw.grammar(SUM, "gbnf"),
        mw.choice(['"x"', '"\n"', "(\u00e9)"]),
        mw.literal('"a"') + mw.regex("[+\u00e9]?"),
    ],
)
def test_quoted_parts_are_json_strings_of_their_texts(part):
    plain, quoted = compiled(part), compiled('{"q": ' + part.quoted() + "}")
    for text in ['"a"', '"x"', '"\n"', '"\u00e9"', "(\u00e9)", '"a"+', '"a"+"b"', '("a"+("b"))', "a", "", '"', '""', "\\"]:
        raw = json.dumps(text, ensure_ascii=False)
        spellings = [raw, json.dumps(text), '"' + "".join(f"\\u{ord(c):04X}" for c in text) + '"']
        for spelling in spellings:
            assert quoted.accepts('{"q": ' + spelling + "}") == plain.accepts(text), spelling
    assert not quoted.accepts('{"q": "a"}')


def test_grammars_of_strings_in_schemas():
    grammar = 'root ::= item (", " item)*\nitem ::= "\\"" [a-z]+ "\\"" | "-" item\n'
    quoted = {"type": "string", "maxLength": 9, "x-grammar": {"syntax": "gbnf", "grammar": grammar}}
    schema = {"type": "object", "properties": {"q": quoted}}
    constraint = mw.compile(VOCABULARY, schema=schema)
    for text, valid in [('"a"', True), ('--"a"', True), ('"a", "b"', True), ('"a", "bcd"', False), ("a", False), ("", False)]:
        assert constraint.accepts('{"q": ' + json.dumps(text) + "}") == valid, text
    assert constraint.accepts('{"q": "\\u0022a\\""}')
    other = {"type": "string", "not": {"x-grammar": {"syntax": "ebnf", "grammar": "root ::= [a-z]*"}}}
    assert mw.compile(VOCABULARY, schema=other).accepts('"A"')
    assert not mw.compile(VOCABULARY, schema=other).accepts('"a"')
    assert [item.status for item in constraint.report().items if item.keyword == "x-grammar"] == ["automaton"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("root ::= x", SchemaError),
        ({"syntax": "gbnf", "grammar": "root ::= x"}, GrammarSyntaxError),
        ({"syntax": "gbnf", "grammar": 'root ::= "(" root ")" | "x"'}, UnsupportedFeatureError),
        ({"syntax": "lark", "grammar": "start: /a/"}, UnsupportedFeatureError),
    ],
)
def test_unusable_grammars_of_strings(value, error):
    with pytest.raises(error) as caught:
        mw.compile(VOCABULARY, schema={"properties": {"q": {"x-grammar": value}}})
    shown = str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
    assert "/properties/q/x-grammar" in shown


def test_what_cannot_be_quoted():
    for part in (mw.json({}), mw.literal("a").quoted(), mw.grammar("start: /a/", "lark"), mw.grammar("root ::= %json {}", "gbnf")):
        with pytest.raises(UnsupportedFeatureError):
            compiled(part.quoted())
    with pytest.raises(OptionError, match="quoted"):
        compiled(mw.literal("a").named("x").quoted())
    assert compiled(mw.regex("[a-z]+").quoted().named("x")).captures.read(b'"ab"') == {"x": '"ab"'}


# captures --------------------------------------------------------------------------------------------------------------------------


def test_captures_of_generated_parts():
    pair = mw.regex("[a-z]+").named("key") + "=" + mw.json({"type": "integer"}).named("value")
    constraint = compiled("{" + pair + ("," + pair).repeat() + "}" + mw.regex("[!?]").named("end").optional())
    assert constraint.captures.read(b"{a=1,bc=-2}!") == {"key": ["a", "bc"], "value": ["1", "-2"], "end": "!"}
    assert constraint.captures.read(b"{a=1}") == {"key": ["a"], "value": ["1"]}
    assert constraint.captures.read(b"{a=}") == {}
    assert compiled(mw.literal("a")).captures is None


@pytest.mark.parametrize(
    ("expression", "text", "want"),
    [
        (mw.regex("a*").named("x") + mw.regex("a*").named("y"), "aaa", {"x": "aaa", "y": ""}),
        (mw.regex("a*").named("x") + mw.regex("a+").named("y"), "aaa", {"x": "aa", "y": "a"}),
        ((mw.literal("a") | "ab").named("x") + mw.regex("b*c?").named("y"), "abc", {"x": "ab", "y": "c"}),
        ((mw.literal("ab").named("one") | mw.regex("a.").named("two")) + "!", "ab!", {"one": "ab"}),
        ((mw.literal("a") | "aa" | "aaa").named("x").repeat(2, 3), "aaaaa", {"x": ["aaa", "aa"]}),
        (mw.regex("a?").named("x").repeat(3, 3), "aa", {"x": ["a", "a", ""]}),
        (mw.regex("a?").named("x").repeat(), "aa", {"x": ["a", "a"]}),
        (mw.regex("é+").named("x") + "é", "ééé", {"x": "éé"}),
        ((mw.literal("a").named("in") + "b").named("out"), "ab", {"in": "a", "out": "ab"}),
    ],
)
def test_leftmost_longest(expression, text, want):
    assert Captures(expression).read(text.encode()) == want


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(["a*", "b?", "(?:ab)*", "a|ab", "[ab]+", "b*a"]), min_size=1, max_size=4),
    text=st.text("ab", max_size=6),
)
def test_sequences_against_all_splits(pieces, text):
    expression = mw.literal("")
    for i, piece in enumerate(pieces):
        expression = expression + mw.regex(piece).named(f"n{i}")
    splits = [
        (*cut, len(text)) for cut in itertools.combinations_with_replacement(range(len(text) + 1), len(pieces) - 1)
    ]
    fitting = []
    for split in splits:
        words = [text[first:last] for first, last in zip((0, *split), split)]
        if all(re.fullmatch(piece, word) for piece, word in zip(pieces, words)):
            fitting.append(words)
    want = max(fitting, key=lambda words: [len(word) for word in words], default=None)
    have = Captures(expression).read(text.encode())
    assert have == ({} if want is None else {f"n{i}": word for i, word in enumerate(want)})


def test_long_texts_are_read_in_time():
    expression = mw.regex("[a-z]+").named("word") + (" " + mw.regex("[a-z]+").named("word")).repeat()
    assert len(Captures(expression).read(b" ".join([b"word"] * 2000))["word"]) == 2000


def test_results_have_captures():
    pytest.importorskip("transformers", reason="generation needs transformers (extra hf)")
    from maskwright.integrations.reading import reader_of

    constraint = compiled(literal("n=") + mw.regex("[0-9]+").named("n"))
    reading = reader_of(constraint).read("n=42")
    assert (reading.value, dict(reading.captures)) == ("n=42", {"n": "42"})
