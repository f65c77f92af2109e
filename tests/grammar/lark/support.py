"""What the tests of Lark grammars share: a byte vocabulary, lark's parser that defines the language, random grammars."""

import random
from functools import lru_cache

import lark
import numpy as np
from lark.exceptions import LarkError

from maskwright import Vocabulary, compile
from maskwright.errors import ConstraintError, UnsatisfiableError, UnsupportedFeatureError


@lru_cache(maxsize=1)
def byte_vocabulary():
    return Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b""], eos_ids=[256])


@lru_cache(maxsize=1)
def pair_vocabulary():
    """Bytes, and longer tokens that cross lexemes."""
    more = [b"ab", b"bc", b"aa", b"a b", b"  ", b"abc", b"1+", b"+1", b"(1", b"1)", b" + ", b"):", b'",', b'": ', b"if", b"x1"]
    return Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), *more, b""], eos_ids=[256 + len(more)])


def parser_of(grammar, lexing="lark", **options):
    """Return lark's parser that defines the language, and its name."""
    if lexing == "all":
        return lark.Lark(grammar, parser="earley", lexer="dynamic_complete", **options), "all"
    try:
        return lark.Lark(grammar, parser="lalr", lexer="contextual", **options), "lalr"
    except LarkError as error:
        if "Reduce/Reduce" not in str(error):
            raise
        return lark.Lark(grammar, parser="earley", lexer="basic", **options), "basic"


def parses(parser, text):
    try:
        parser.parse(text)
    except LarkError:
        return False
    except RuntimeError as error:  # lark's Earley parser finds the text derived in two ways and calls that a bug
        return "multiple start symbol" in str(error)
    return True


def constraint_of(grammar, lexing="lark", vocabulary=None, **options):
    """Return our constraint, None for an empty language."""
    try:
        return compile(vocabulary or byte_vocabulary(), grammar=grammar, syntax="lark", lexing=lexing, **options)
    except UnsatisfiableError:
        return None


def walk(constraint, rng, steps):
    """Walk along masks at random, closing in time; return the text, or None if it is not complete."""
    row = np.zeros(constraint.vocab.size // 32 + 1, np.uint32)
    state, data = constraint.start, b""
    if constraint.min_tokens(state) >= steps:
        return None
    for left in range(steps, 0, -1):
        constraint.fill_mask(state, row, budget=left)
        ids = np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little"))
        assert len(ids), (data, "no token is allowed")
        token = int(rng.choice(ids))
        if token in constraint.vocab.eos_ids:
            break
        state = constraint.advance(state, token)
        data += constraint.vocab.token_bytes(token)
    assert constraint.is_accepting(state), data
    return data


TERMINALS = (
    '"a"', '"b"', '"ab"', '"abc"', '"c"', "/a+/", "/[ab]+/", "/ab|a/", "/a|ab/", "/a+?b/", "/b(?!c)/", "/[^c]/", "/(?:ab)+/", '"a"i',
    "/a*b/", "/[abc]+/", "/ab?/", "/c+?/", "/a(?=b)/",
)  # fmt: skip


def random_grammar(seed):
    """Return a small grammar over a, b, c and space whose terminals overlap in every way."""
    rng = random.Random(seed)
    terminals = ["A", "B", "C", "D"][: rng.randrange(2, 5)]
    rules = ["start", "x", "y"][: rng.randrange(1, 4)]

    def symbol():
        kind = rng.randrange(10)
        return rng.choice(terminals if kind < 6 else rules if kind < 8 else TERMINALS[:5])

    def item():
        return rng.choice(("{}*", "{}+", "{}?", "[{}]", *["{}"] * 8)).format(symbol())

    lines = []
    for rule in rules:
        least = 0 if rng.random() < 0.15 else 1
        branches = [" ".join(item() for _ in range(rng.randrange(least, 4))) for _ in range(rng.randrange(1, 4))]
        lines.append(f"{rule}: " + " | ".join(dict.fromkeys(branches)))
    lines += [f"{name}{rng.choice(('', '', '', '.1', '.2'))}: {rng.choice(TERMINALS)}" for name in terminals]
    lines += rng.choice(([], ['%ignore " "'], ['%ignore " "'], ["%ignore / +/"], ["%ignore / +/", "%ignore /bb/"]))
    return "\n".join(lines) + "\n"


def compare(grammar, lexing, texts):
    """Check that we accept what lark's parser parses; return lark's parser's name, or why there was nothing to compare."""
    try:
        parser, kind = parser_of(grammar, lexing)
    except LarkError:
        parser, kind = None, "refused"
    try:
        constraint = constraint_of(grammar, lexing)
    except UnsupportedFeatureError:
        return "unsupported"
    except ConstraintError:
        assert parser is None, grammar
        return kind
    assert parser is not None, grammar
    for text in texts:
        want = parses(parser, text)
        have = constraint is not None and constraint.accepts(text)
        assert have == want, f"lark's {kind} parser says {want}, we say {have} to {text!r}\n{grammar}"
    return kind
