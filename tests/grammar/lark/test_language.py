"""Random grammars: the language is that of lark's own parsers, text by text, for both ways of lexing."""

import itertools
import random
from collections import Counter

import pytest

from .support import compare, constraint_of, pair_vocabulary, parser_of, parses, random_grammar, walk

TEXTS = ["".join(t) for n in range(5) for t in itertools.product("abc ", repeat=n)]


@pytest.mark.parametrize("lexing", ["lark", "all"])
def test_random_grammars(lexing):
    texts = TEXTS if lexing == "lark" else random.Random(0).sample(TEXTS, 120)
    kinds = Counter(compare(random_grammar(seed), lexing, texts) for seed in range(25))
    if lexing == "lark":
        assert kinds["lalr"] > 10
        assert kinds["basic"] > 2
    else:
        assert kinds["all"] > 10


@pytest.mark.slow
@pytest.mark.parametrize("lexing", ["lark", "all"])
def test_more_random_grammars(lexing):
    texts = ["".join(t) for n in range(6) for t in itertools.product("abc ", repeat=n)]
    rng = random.Random(1)
    kinds = Counter(compare(random_grammar(seed), lexing, texts if lexing == "lark" else rng.sample(texts, 200)) for seed in range(25, 400))
    assert kinds["lalr" if lexing == "lark" else "all"] > 100


def test_walks_along_masks_parse():
    """No walk is ever without a token, each closes within its budget, and lark parses what comes out."""
    rng = random.Random(2)
    finished = 0
    for seed in range(12):
        grammar = random_grammar(seed)
        try:
            parser, _ = parser_of(grammar)
        except Exception:
            continue
        constraint = constraint_of(grammar, vocabulary=pair_vocabulary())
        for _ in range(6 if constraint else 0):
            data = walk(constraint, rng, 12)
            if data is not None:
                assert parses(parser, data.decode()), (grammar, data)
                finished += 1
    assert finished > 30


@pytest.mark.parametrize(
    ("grammar", "accepted", "refused"),
    [
        # the contextual lexer knows a keyword only where the parser expects it
        ('start: "let" NAME "=" NAME\nNAME: /[a-z]+/\n%ignore " "', ["let x = let", "let let = x"], ["x = let", "let x"]),
        # the longest operator wins, even where the parser could use the shorter
        ('start: "a" ("<" "=" | "<=") "b"', ["a<=b"], ["a<b"]),
        # first alternative, not longest match
        ('start: X "c"\nX: /a|ab/', ["ac"], ["abc"]),
        # priority beats length
        ('start: (X | Y)+\nX.1: "a"\nY: "ab"', ["a", "aa"], ["ab"]),
        # a rest that looks far ahead: 1.x is INT "." NAME, 1.5 an ignored FLOAT
        (
            'start: INT "." (NAME | INT)\nFLOAT: /[0-9]+[.][0-9]+/\nINT: /[0-9]+/\nNAME: /[a-z]+/\n%ignore " "\n%ignore FLOAT',
            ["1.x", "1 .5"],
            ["1.5"],
        ),
        # a conflict resolved by shifting
        ('start: s\ns: "i" s | "i" s "e" s | "x"', ["iixex", "ixex", "iixexex"], ["ixexex"]),
    ],
)
def test_cases(grammar, accepted, refused):
    constraint = constraint_of(grammar)
    parser, _ = parser_of(grammar)
    for text in accepted:
        assert constraint.accepts(text)
        assert parses(parser, text)
    for text in refused:
        assert not constraint.accepts(text)
        assert not parses(parser, text)


def test_all_lexing_tries_every_split():
    grammar = 'start: X "b"\nX: /[ab]+/'
    assert constraint_of(grammar, "all").accepts("abb")
    assert not constraint_of(grammar, "lark")  # X takes every b
    assert parses(parser_of(grammar, "all")[0], "abb")


def test_masks_see_the_rest():
    """After INT, a point can only lead to a NAME if no digit follows: no mask runs into a dead end."""
    grammar = 'start: INT "." INT | FLOAT "!"\nFLOAT: /[0-9]+[.][0-9]+/\nINT: /[0-9]+/'
    constraint = constraint_of(grammar)
    state = constraint.walk(constraint.start, list(b"1.5"))[-1]
    assert not constraint.is_accepting(state)
    assert constraint.forced(constraint.walk(constraint.start, list(b"1.5!"))[-1]) == b""
    assert constraint.accepts("1.5!")
    assert not constraint.accepts("1.5")
