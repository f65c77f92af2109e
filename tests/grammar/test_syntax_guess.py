"""Guesses for hints: what a text in the wrong language is taken for."""

import pytest

from maskwright.grammar.syntax_guess import dialect_hint, guess_syntax


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ('root ::= "a" [0-9]+\nws ::= [ \\t]*', "gbnf"),
        ("doc ::= 'a' | #x20 /* space */", "ebnf"),
        ('start: "a" b\nb: /x/\n%ignore " "', "lark"),
        ('?sum.2: "1" -> one', "lark"),
        (r"(\d+)\.(\d+)", "regex"),
        ('{"type": "object"}', "json"),
        ("just words", None),
        ('start: "::= in a string"', "lark"),
    ],
)
def test_guesses(text, want):
    assert guess_syntax(text) == want


def test_hint_names_the_option():
    assert dialect_hint('root ::= "a"', "lark") == "this looks like GBNF (llama.cpp): pass syntax='gbnf'"
    assert dialect_hint('start: "a"', "lark") is None
    assert dialect_hint("doc ::= 'a'", "gbnf") is None
