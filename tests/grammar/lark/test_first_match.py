"""Scanner automata against `re`: the one lexeme they allow in a text is the match that `re` reports."""

import itertools
import random
import re

import pytest

from maskwright.errors import UnsupportedFeatureError
from maskwright.grammar.lark.first_match import FirstMatch, Pattern
from maskwright.grammar.regex import parse_regex
from maskwright.grammar.regex_syntax import width

TEXTS = ["".join(t) for n in range(6) for t in itertools.product("abc", repeat=n)]


def scanner(patterns):
    return FirstMatch([Pattern(i, parse_regex(p, ordered=True).node, p) for i, p in enumerate(patterns)])


def lexemes(patterns, texts):
    """Yield for each text the (end, pattern) that the automaton and its obligations leave."""
    rests = []

    def rest(dfa):
        if dfa.is_empty:
            return -1
        rests.append(dfa)
        return len(rests)

    dfa, meaning = scanner(patterns).automaton(rest)
    for text in texts:
        found = set()
        for end in range(1, len(text) + 1):
            for code in dfa.labels[dfa.run(text[:end])]:
                label, obligation = meaning[code]
                if obligation == 0 or rests[obligation - 1].accepts(text[end:]):
                    found.add((end, label))
        yield text, found


def agree_with_re(patterns):
    combined = re.compile("|".join(f"(?P<g{i}>{p})" for i, p in enumerate(patterns)))
    for text, have in lexemes(patterns, TEXTS):
        match = combined.match(text)
        want = {(match.end(), int(match.lastgroup[1:]))} if match else set()
        assert have == want, (patterns, text)


@pytest.mark.parametrize(
    "patterns",
    [
        ["a|ab"],
        ["ab|a", "a"],
        ["a+?b|a", "[ab]+"],
        ["(?:a|ab)(?:c|bcb)?"],
        ["a(?!bc)", "ab"],
        ["(?:(?=c.).)+?"],
        ["(?:(?:a|b){0,2}?c)*a"],
        ["a(?<=a)b", "abc"],
        ["ab$", "a"],
        ["b?(?:ca|c)*?a"],
        ["a(?=b)", "[^c]", "ab?"],
    ],
)
def test_cases(patterns):
    agree_with_re(patterns)


def random_pattern(rng, depth):
    kind = rng.randrange(12)
    if depth == 0 or kind < 4:
        return rng.choice(["a", "b", "c", "[ab]", "[^a]", "."])
    if kind < 7:
        return random_pattern(rng, depth - 1) + random_pattern(rng, depth - 1)
    if kind < 9:
        return "(?:" + "|".join(random_pattern(rng, depth - 1) for _ in range(rng.randrange(2, 4))) + ")"
    if kind < 11:
        quantifier = rng.choice(["*", "+", "?", "{1,2}", "{0,2}", "{2}", "*?", "+?", "??", "{0,2}?"])
        return f"(?:{random_pattern(rng, depth - 1)}){quantifier}"
    return rng.choice(["(?=%s)", "(?!%s)"]) % random_pattern(rng, 1) + random_pattern(rng, depth - 1)


def check_seeds(seeds):
    compared = 0
    for seed in seeds:
        rng = random.Random(seed)
        patterns = [random_pattern(rng, 3) for _ in range(rng.randrange(1, 4))]
        patterns = [p for p in patterns if width(parse_regex(p).node)[0] > 0]
        if patterns:
            agree_with_re(patterns)
            compared += 1
    return compared


def test_random_patterns():
    assert check_seeds(range(60)) > 40


@pytest.mark.slow
def test_more_random_patterns():
    assert check_seeds(range(60, 1500)) > 1000


def test_what_looks_before_the_lexeme_is_refused():
    with pytest.raises(UnsupportedFeatureError, match="lookbehind at the start"):
        scanner(["(?<!b)a"])
    with pytest.raises(UnsupportedFeatureError, match="start of the whole text"):
        scanner(["^a"])
