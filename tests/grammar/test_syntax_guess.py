"""Guesses for hints: what a text in the wrong language is taken for."""

import pytest

from maskwright import Vocabulary, compile
from maskwright.errors import GrammarSyntaxError
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
        ('doc = "a", { b } ;\nb = "x"\n  | "y" ;', "iso"),
        ('doc ::= "a", b;', "iso"),
        ('<doc> ::= "a" | <b>\n<b> ::= "c"', "bnf"),
        ('doc <- "a" / b*\nb <- [a-z]', "peg"),
        ('root ::= "a,b" [,;]{1,3}\nb ::= "x"', "gbnf"),
        ('root ::= "a" | b\nb ::= "x";', "gbnf"),
        ('root ::= "a" | b # either, or\nb ::= "x"', "gbnf"),
        ("doc ::= 'a' | #x2C /* this, that */", "ebnf"),
    ],
)
def test_guesses(text, want):
    assert guess_syntax(text) == want


@pytest.mark.parametrize("sign", [" ", "[", "'", "<", "{", ",;"])
def test_long_lines_and_many_lines_are_cut(sign):
    """Some of the patterns are quadratic, so they see the beginnings of lines only, and of so many."""
    assert guess_syntax("x" + sign * 400 + '\nroot ::= "a"') == "gbnf"
    assert guess_syntax(sign * 400 + 'root ::= "a"') is None
    assert guess_syntax((sign * 200 + "z\n") * 2000 + 'root ::= "a"') is None


def test_a_long_rule_is_known_by_its_end():
    assert guess_syntax("rule = a" + "".join(f" | b{i}" for i in range(120)) + " ;  ") == "iso"
    assert guess_syntax("\n" * 3000 + 'root ::= "a"') == "gbnf"


def test_hint_names_the_option():
    assert dialect_hint('root ::= "a"', "lark") == "this looks like GBNF (llama.cpp): pass syntax='gbnf'"
    assert dialect_hint('start: "a"', "lark") is None
    assert dialect_hint("doc ::= 'a'", "gbnf") is None


@pytest.mark.parametrize("syntax", ["gbnf", "ebnf", "lark"])
@pytest.mark.parametrize(
    ("text", "looks", "change"),
    [
        ('doc ::= "a", "b" ;', "like EBNF with ','", "leave out the commas"),
        ('<doc> ::= "a"', "like BNF", "leave out the < and >"),
        ('doc <- "a" / "b"', "like a parsing expression grammar", "write '|' for '/'"),
    ],
)
def test_readers_say_what_a_foreign_grammar_looks_like(syntax, text, looks, change):
    vocabulary = Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b""], eos_ids=[256])
    with pytest.raises(GrammarSyntaxError) as caught:
        compile(vocabulary, grammar=text, syntax=syntax)
    hint = caught.value.__notes__[-1]
    assert looks in hint
    assert change in hint
    assert ('name: "text"' if syntax == "lark" else 'name ::= "text"') in hint
