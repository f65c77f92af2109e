"""Open terminals: holes whose language a function gives for the text so far, against the reference that asks it byte by byte."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import masks
from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.limits import Limits
from maskwright.automata.program import DFATerminal
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OpenTerminalError, OptionError
from maskwright.grammar import open_terminals
from maskwright.grammar.lower import GrammarProgram
from maskwright.grammar.open_terminals import OpenTerminal
from maskwright.grammar.rules import Choice, Embedded, Grammar, Lexeme, Open, Reference, Repeat, Sequence, literal
from tests import reference

NAME = Lexeme(DFATerminal(DFA.from_strings(["a", "b", "ab", "ba"]).to_utf8(), "a name"))
TOKENS = [b"a", b"b", b"=", b";", b"?", b"ab", b"=a", b"b;", b";?a", b"?ab", b"a;?", b"ba", b"=b;a", b"<s>", b"</s>"]
VOCABULARY = Vocabulary.from_bytes(TOKENS, eos_ids=14, special_ids=[13])


def scoped(text: str) -> list[str]:
    """Return the names assigned so far."""
    return re.findall(r"([ab]+)=", text)


def program(function, **options) -> GrammarProgram:
    """``name=value;`` some times, a value being a name or ``?`` and a hole."""
    hole = Open(OpenTerminal("SCOPE", function, **options))
    rules = {
        "start": Repeat(Reference("line"), 1, None),
        "line": Sequence((NAME, literal("="), Reference("value"), literal(";"))),
        "value": Choice((NAME, Sequence((literal("?"), hole)), hole)),
    }
    return GrammarProgram(Grammar(rules, "start"))


def check_walk(built, vocabulary: Vocabulary, seed: int, steps: int) -> None:
    """Compare masks and steps with the reference along a random walk."""
    constraint, language = Constraint(vocabulary, built), reference.TextLanguage(built)
    generator = np.random.default_rng(seed)
    row = np.zeros(vocabulary.num_words, np.uint32)
    state, configurations = constraint.start, language.start()
    for _ in range(steps):
        constraint.fill_mask(state, row)
        have, want = reference.row_ids(row), reference.mask(language, configurations, vocabulary)
        assert have == want, configurations[0]
        assert constraint.is_accepting(state) == language.accepting(configurations)
        for token in range(vocabulary.size):
            assert bool(constraint.advance(state, token)) == (token in want), (configurations[0], token)
        going = sorted(want - set(vocabulary.eos_ids))
        if not going:
            return
        token = int(generator.choice(going))
        state = constraint.advance(state, token)
        configurations = language.feed(configurations, vocabulary.token_bytes(token))


@pytest.mark.parametrize("seed", range(12))
def test_masks_are_those_of_the_reference(seed):
    check_walk(program(scoped), VOCABULARY, seed, 14)


@pytest.mark.parametrize(
    "answer",
    [
        lambda text: "b+|ab",
        lambda text: re.compile("A", re.IGNORECASE) if text.endswith("?") else [],
        lambda text: {"ab", "a"} if text.count(";") % 2 else ("b",),
        lambda text: Constraint(VOCABULARY, program(scoped)) if text.count("?") == 1 else ["a"],
    ],
    ids=["regex", "pattern or nothing", "set or tuple", "constraint with a hole"],
)
def test_kinds_of_answers(answer):
    for seed in range(4):
        check_walk(program(answer), VOCABULARY, seed, 8)


def test_a_hole_at_the_start_and_in_an_embedded_program():
    first = Open(OpenTerminal("FIRST", lambda text: ["a", "ab"] if not text else ["b"]))
    inner = GrammarProgram(Grammar({"r": Sequence((first, literal("=")))}, "r"))
    outer = GrammarProgram(Grammar({"s": Repeat(Embedded(inner), 1, 3)}, "s"))
    assert outer.opens
    assert outer.remembers
    constraint = Constraint(VOCABULARY, outer)
    assert [text for text in ("a=", "ab=", "b=", "a=b=b=", "a=a=") if constraint.accepts(text)] == ["a=", "ab=", "a=b=b="]
    check_walk(outer, VOCABULARY, 3, 8)


def test_the_text_is_kept_while_a_hole_can_come_and_no_longer():
    hole = Open(OpenTerminal("SCOPE", scoped))
    rules = {"s": Sequence((NAME, literal("="), hole, literal(";"), Repeat(NAME, 1, None)))}
    constraint = Constraint(VOCABULARY, GrammarProgram(Grammar(rules, "s")))
    byte = VOCABULARY.byte_tokens
    before = [constraint.walk(constraint.start, [byte[c] for c in text])[-1] for text in (b"a=a", b"b=b")]
    after = [constraint.advance(state, byte[ord(";")]) for state in before]
    assert before[0] != before[1]
    assert after[0] == after[1] != 0


def test_languages_are_shared_by_content():
    calls = []

    def function(text):
        calls.append(text)
        return ["a", "b"]

    hole = OpenTerminal("HOLE", function)
    assert hole.language(b"x") is hole.language(b"y") is hole.language(b"x")
    assert calls == ["x", "y"]


@pytest.mark.parametrize("many", [0, 10])
@pytest.mark.parametrize("direct_nodes", [3000, 0])
def test_long_lists_are_not_built(many, direct_nodes, monkeypatch):
    monkeypatch.setattr(open_terminals, "MANY_TEXTS", many)
    monkeypatch.setattr(masks, "DIRECT_NODES", direct_nodes)
    texts = ["a", "ab", "abab", "b;", "ba", "bb", "a"]
    for seed in range(5):
        check_walk(program(lambda text: texts), VOCABULARY, seed, 10)


def test_a_hundred_thousand_texts():
    texts = [f"{i * 7919 % 100_003:x}" for i in range(100_000)]
    tokens = [*(bytes([byte]) for byte in b"0123456789abcdef;"), b"12", b"3f;", b""]
    vocabulary = Vocabulary.from_bytes(tokens, eos_ids=len(tokens) - 1)
    hole = Open(OpenTerminal("CODE", lambda text: texts))
    constraint = Constraint(vocabulary, GrammarProgram(Grammar({"s": Sequence((hole, literal(";")))}, "s")))
    known = set(texts)
    for i in range(0, 2**17, 257):
        assert constraint.accepts(f"{i:x};") == (f"{i:x}" in known)
    assert constraint.min_tokens(constraint.start) == 2


def test_walks_end_within_their_budget():
    constraint = Constraint(VOCABULARY, program(scoped))
    row = np.zeros(VOCABULARY.num_words, np.uint32)
    for seed in range(5):
        generator = np.random.default_rng(seed)
        state, left = constraint.start, 12
        while constraint.fill_mask(state, row, budget=left):
            token = int(generator.choice(sorted(reference.row_ids(row))))
            if token in VOCABULARY.eos_ids:
                break
            state, left = constraint.advance(state, token), left - 1
        assert constraint.is_accepting(state)
        assert left >= 0


def _raising(text):
    raise KeyError("nothing")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (_raising, "raised KeyError"),
        (lambda text: time.sleep(0.3), "took 0.3.* more than the 0.2 s"),
        (lambda text: 3, "gave something unusable"),
        (lambda text: ["a", ""], "gave something unusable"),
        (lambda text: ["a", 1], "gave something unusable"),
        (lambda text: "(", "gave something unusable"),
    ],
)
def test_faults_of_the_function_are_typed(function, reason):
    constraint = Constraint(VOCABULARY, program(function, limits=Limits(seconds=0.2)))
    state = constraint.advance(constraint.start, 0)
    with pytest.raises(OpenTerminalError, match=reason) as error:
        constraint.fill_mask(constraint.advance(state, 2), np.zeros(1, np.uint32))
    assert (error.value.name, error.value.text) == ("SCOPE", "a=")
    assert constraint.accepts("x") is False


def test_what_is_no_function_is_refused():
    with pytest.raises(OptionError, match="a function of the text"):
        OpenTerminal("X", ["a"])


# in grammars and expressions -----------------------------------------------------------------------------------------------------------

BYTES = Vocabulary.from_bytes([*[bytes([byte]) for byte in range(256)], b"select ", b" from", b"id", b", ", b""], eos_ids=260)
COLUMNS = {"users": ["id", "name"], "orders": ["id", "total", "name_of"], "none": []}


def columns(text: str) -> list[str]:
    """Return the columns of the tables named so far."""
    return [column for table in re.findall(r"from (\w+)|join (\w+)", text) for one in table if one for column in COLUMNS[one]]


SQL = r"""
root ::= "from " table (" join " table)* " select " column (", " column)*
table ::= "users" | "orders" | "none"
column ::= COLUMN
"""


@pytest.mark.parametrize("syntax", ["gbnf", "ebnf"])
def test_columns_of_the_tables_named_so_far(syntax):
    constraint = mw.compile(BYTES, grammar=SQL, syntax=syntax, open_terminals={"COLUMN": columns})
    for text in ("from users select id, name", "from users join orders select total, name", "from orders select name_of"):
        assert constraint.accepts(text), text
    for text in ("from users select total", "from orders select name", "from none select id", "from users select id, total"):
        assert not constraint.accepts(text), text
    state = constraint.walk(constraint.start, BYTES.encode(b"from none"))[-1]
    assert b" " in {BYTES.token_bytes(token) for token in constraint.allowed(state).tolist()}  # it may still be joined
    check_walk(constraint._program, BYTES, 5, 12)


def test_identifiers_in_scope_of_an_expression():
    name = mw.regex("[ab]+")
    line = mw.literal("let ") + name + "=" + (name | mw.hole(lambda text: re.findall(r"let ([ab]+)=", text)) + "!") + ";"
    constraint = mw.compile(BYTES, grammar=line.repeat(1))
    assert constraint.accepts("let a=b;let b=a!;let ab=b!;")
    assert not constraint.accepts("let a=b!;")


def test_an_answer_that_is_an_expression():
    number = mw.json({"type": "integer", "minimum": 10})
    hole = mw.hole(lambda text: number if text.endswith("n") else mw.literal("x") + mw.regex("y+"))
    constraint = mw.compile(BYTES, grammar=mw.choice(["n", "s"]) + hole)
    assert [text for text in ("n10", "n9", "sxy", "sx", "nxy") if constraint.accepts(text)] == ["n10", "sxy"]


def test_a_retrieval_list_inside_a_tag():
    titles = {"physics": ["Newton", "Noether"], "poetry": ["Neruda"]}
    cite = mw.hole(lambda text: titles["physics" if "gravity" in text else "poetry"], "TITLE")
    constraint = mw.compile(BYTES, structural_tag={"triggers": ["["], "tags": [{"begin": "[", "content": cite, "end": "]"}]})
    assert constraint.accepts("on gravity [Newton] and [Noether].")
    assert constraint.accepts("on love [Neruda]; gravity")
    assert not constraint.accepts("on gravity [Neruda]")
    assert not constraint.accepts("on love [Newton]")


def test_names_that_cannot_be_open():
    with pytest.raises(OptionError, match="open_terminals"):
        mw.compile(BYTES, grammar=SQL, syntax="gbnf", open_terminals=["COLUMN"])
    with pytest.raises(OptionError, match="a function of the text"):
        mw.compile(BYTES, grammar=SQL, syntax="gbnf", open_terminals={"COLUMN": "id"})
    with pytest.raises(OptionError, match="use= does not give"):
        mw.compile(BYTES, grammar=SQL, syntax="gbnf", open_terminals={"COLUMN": columns}, use={"COLUMN": "id"})
    with pytest.raises(OptionError, match="hole"):
        mw.hole(["a"])
