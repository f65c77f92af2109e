"""Atomic groups and possessive quantifiers, against Python's `re` (which has them from 3.11 on)."""

import itertools
import random
import re
import sys

import pytest

import maskwright as mw
from maskwright.errors import LimitExceeded, UnsupportedFeatureError
from maskwright.grammar.regex import compile_regex

TEXTS = ["".join(t) for n in range(6) for t in itertools.product("abc", repeat=n)]
needs_re = pytest.mark.skipif(sys.version_info < (3, 11, 5), reason="this Python's re has no atomic groups, or wrong ones")

CASES = [
    "(?>a|ab)c", "(?>ab|a)c", "(?>a|b|ab)c?", "a*+b", "a*+a", "a++b|a", "[ab]?+a", "a{1,3}+ab", "a{2}+a", "(?:ab|a)*+c", "(?:a++b)*+c",
    "(?>a*)b", "(?>a*?)b", "(?>a+?|b)b", "x?(?>(?>a|b)c|ab?)b", "(?>[ab]+c)b?", "(?>(?=ab)a|b)c*", "(?:(?>a|ab)c?)+", "(?>)a",
    "(?>a{2,}+b)?a*", "(?>abc|ab|a)bc?",
]  # fmt: skip


def agree_with_re(pattern, texts):
    """Compare full matches and searches; return False if the pattern is refused."""
    try:
        whole, anywhere = compile_regex(pattern), compile_regex(pattern, search=True)
    except (UnsupportedFeatureError, LimitExceeded):
        return False
    expected = re.compile(pattern)
    for text in texts:
        assert whole.accepts(text) == bool(expected.fullmatch(text)), (pattern, text)
        assert anywhere.accepts(text) == bool(expected.search(text)), (pattern, text)
    return True


@needs_re
@pytest.mark.parametrize("pattern", CASES)
def test_cases(pattern):
    assert agree_with_re(pattern, TEXTS)


def random_pattern(rng, depth):
    kind = rng.randrange(13)
    if depth == 0 or kind < 4:
        return rng.choice(["a", "b", "c", "[ab]", "[^a]", ".", "ab", "bc"])
    if kind < 7:
        return random_pattern(rng, depth - 1) + random_pattern(rng, depth - 1)
    if kind < 10:
        head = "(?:" if kind == 7 else "(?>"
        return head + "|".join(random_pattern(rng, depth - 1) for _ in range(rng.randrange(1, 4))) + ")"
    quantifiers = ["*", "+", "{1,2}", "*?", "??"] if kind == 10 else ["*+", "++", "?+", "{1,2}+", "{0,2}+", "{2}+", "{2,}+"]
    return f"(?:{random_pattern(rng, depth - 1)}){rng.choice(quantifiers)}"


def check(seeds):
    compared = 0
    for seed in seeds:
        rng = random.Random(seed)
        pattern = random_pattern(rng, 3)
        if "(?>" in pattern or re.search(r"[*+?}]\+", pattern):
            compared += agree_with_re(pattern, rng.sample(TEXTS, 100))
    return compared


@needs_re
def test_random_patterns():
    assert check(range(500)) > 150


@needs_re
@pytest.mark.slow
def test_more_random_patterns():
    assert check(range(500, 6000)) > 2000


def test_masks():
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b""], eos_ids=[256])
    constraint = mw.compile(vocabulary, regex="(?>a|ab)c|[0-9]++[a-z]")
    assert [t for t in ("ac", "abc", "12x", "12") if constraint.accepts(t)] == ["ac", "12x"]
    assert constraint.allowed(constraint.walk(constraint.start, b"a")[-1]).tolist() == [ord("c")]
    words = mw.compile(vocabulary, grammar='start: WORD "a"?\nWORD: /(?>b|ba)++/', syntax="lark")
    assert [t for t in ("b", "bba", "bb", "a") if words.accepts(t)] == ["b", "bba", "bb"]
