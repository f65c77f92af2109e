"""Atomic groups and possessive quantifiers, against Python's `re` (which has them from 3.11 on)."""

import itertools
import random
import re
import sys

import pytest

import maskwright as mw
from maskwright.errors import LimitExceeded, UnsupportedFeatureError
from maskwright.grammar.regex import compile_regex
from maskwright.grammar.regex_match import matcher

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


def random_tree(rng, depth, groups):
    """Return a pattern of groups, atomic groups and possessive quantifiers, as text and as a function that yields its ways in order.

    Python's `re` is no judge of these: it loses track of what groups hold, up to SystemError.
    """
    kind = rng.randrange(14)
    if depth == 0 or kind < 4:
        letters, (lo, hi, mark) = rng.choice(["a", "b", "ab"]), rng.choice([(1, 1, ""), (1, 1, ""), (0, 1, "?"), (0, 9, "*")])
        return f"[{letters}]{mark}", repeated(letter(letters), lo, hi)
    if kind < 7:
        (one, first), (other, second) = random_tree(rng, depth - 1, groups), random_tree(rng, depth - 1, groups)
        return one + other, lambda text, at, held: (end for way in first(text, at, held) for end in second(text, *way))
    if kind < 12:
        number = 0
        if kind < 9:
            groups.append(number := len(groups) + 1)
        texts, branches = zip(*(random_tree(rng, depth - 1, groups) for _ in range(rng.randrange(1, 3))))
        chosen = lambda text, at, held: (way for branch in branches for way in branch(text, at, held))  # noqa: E731
        return ("(" if number else "(?>") + "|".join(texts) + ")", capturing(chosen, number) if number else first_of(chosen)
    mark, lo, hi = rng.choice([("*+", 0, 9), ("++", 1, 9), ("?+", 0, 1), ("{1,2}+", 1, 2), ("{2}+", 2, 2), ("*", 0, 9), ("?", 0, 1)])
    inner, ways = random_tree(rng, depth - 1, groups)
    every = repeated(ways, lo, hi)
    return f"(?:{inner}){mark}", first_of(every) if len(mark) > 1 else every


def letter(letters):
    return lambda text, at, held: [(at + 1, held)] if at < len(text) and text[at] in letters else []


def first_of(ways):
    return lambda text, at, held: itertools.islice(ways(text, at, held), 1)


def capturing(ways, number):
    return lambda text, at, held: ((end, {**after, number: text[at:end]}) for end, after in ways(text, at, held))


def repeated(ways, lo, hi, done=0):
    def found(text, at, held):
        if done < hi:
            for end, after in ways(text, at, held):
                if end > at or done < lo:
                    yield from repeated(ways, lo, hi, done + 1)(text, end, after)
                else:
                    yield end, after  # a round beyond the least number that reads nothing is the last one
        if done >= lo:
            yield at, held

    return found


def test_groups_that_are_referred_to():
    decided = matching = 0
    for seed in range(3_000):
        rng, groups = random.Random(seed), []
        pattern, ways = random_tree(rng, 4, groups)
        if not groups or not ("(?>" in pattern or re.search(r"[*+?}]\+", pattern)):
            continue
        number = rng.choice(groups)
        try:
            ours = matcher(f"(?:{pattern})\\{number}", "python")
        except UnsupportedFeatureError:
            continue
        decided += 1
        for _ in range(12):
            text = "".join(rng.choices("ab", k=rng.randrange(7)))
            ends = [(end, held.get(number)) for end, held in ways(text, 0, {})]
            want = any(text[end:] == value for end, value in ends)
            assert ours.matches(text) == want, (pattern, number, text)
            matching += want
    assert decided > 300
    assert matching > 300


@needs_re
@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"(x)\1(?>(a|b)c)", ["xxac"], ["xac"]),  # groups that nothing refers to are none
        (r"(?>(a)|ab|(b))\1", ["aa"], ["ab", "aba", "b"]),
        (r"(?>([a-z]*),)\1", ["ab,ab", ","], ["ab,a"]),
        (r"(?>(a)(?:b|bc))\1", ["aba"], ["abca"]),
        (r"(?>(a|b)c|x)\1", ["aca", "bcb"], ["acb", "x"]),
        (r"([ab])(?>\1c)b", ["aacb"], ["abcb"]),
    ],
)
def test_what_a_group_holds_is_part_of_the_way(pattern, matching, others):
    ours = matcher(pattern, "python")
    assert [text for text in matching + others if ours.matches(text)] == matching
    assert [text for text in matching + others if re.fullmatch(pattern, text)] == matching


def test_refusals_say_what_is_not_told_apart():
    for pattern in (r"(?>(a|ab)(c|bc)?)\2", r"(?>(?:a|(a))b)\1"):
        with pytest.raises(UnsupportedFeatureError, match="what a group in it holds that is referred to, does not follow"):
            matcher(pattern, "python")
    with pytest.raises(UnsupportedFeatureError, match="which way it takes does not follow"):
        matcher(r"(x)\1(?>([ab]*)b)", "python")


def test_masks():
    vocabulary = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b""], eos_ids=[256])
    constraint = mw.compile(vocabulary, regex="(?>a|ab)c|[0-9]++[a-z]")
    assert [t for t in ("ac", "abc", "12x", "12") if constraint.accepts(t)] == ["ac", "12x"]
    assert constraint.allowed(constraint.walk(constraint.start, b"a")[-1]).tolist() == [ord("c")]
    words = mw.compile(vocabulary, grammar='start: WORD "a"?\nWORD: /(?>b|ba)++/', syntax="lark")
    assert [t for t in ("b", "bba", "bb", "a") if words.accepts(t)] == ["b", "bba", "bb"]
