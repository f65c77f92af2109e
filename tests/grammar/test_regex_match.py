r"""Patterns with backreferences: the matcher against Python's `re`, ECMA's own rules, and the languages around them."""

import random
import re

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import LimitExceeded, RegexSyntaxError, UnsupportedFeatureError
from maskwright.grammar.regex import compile_regex
from maskwright.grammar.regex_around import around
from maskwright.grammar.regex_match import matcher
from maskwright.grammar.regex_parser import parse_regex


def ecma(pattern, text, flags=""):
    return matcher(pattern, "ecma", flags, search=True).matches(text)


def random_pattern(rng, depth=0):
    """Return a pattern with groups; references are put in afterwards."""
    kind = rng.randrange(9 if depth < 4 else 3)
    if kind < 2:
        return rng.choice("abc")
    if kind == 2:
        return rng.choice(["[ab]", ".", "^", "$", "a?", "b*", "\\b"])
    inner = random_pattern(rng, depth + 1)
    if kind < 5:
        return f"({inner}|{random_pattern(rng, depth + 1)})" if rng.random() < 0.5 else f"({inner})"
    if kind == 5:
        return f"(?:{inner}){rng.choice(['*', '+', '?', '{2}', '{1,2}', '{2,}'])}"
    if kind == 6:
        return f"(?{rng.choice(['=', '!'])}{inner})" if "(" not in inner else inner
    return inner + random_pattern(rng, depth + 1)


def with_references(rng, pattern):
    """Return the pattern with references to its groups at its end, so that no group is open or still to come."""
    count = len(re.findall(r"\((?!\?)", pattern))
    return pattern + "".join(f"\\{rng.randrange(1, count + 1)}{rng.choice(['', '*', '?', 'c'])}" for _ in range(rng.randrange(1, 3)))


def test_random_patterns_against_re():
    rng = random.Random(7)
    tried = held = 0
    while tried < 400:
        pattern = random_pattern(rng)
        if "(" not in pattern.replace("(?", ""):
            continue
        pattern = with_references(rng, pattern)
        try:
            expected = re.compile(pattern)
            ours = [matcher(pattern, "python", search=search) for search in (False, True)]
        except (re.error, UnsupportedFeatureError, RegexSyntaxError):
            continue
        node = parse_regex(pattern, references=True).node
        outside = [around(node, search, 2_000) for search in (False, True)]
        tried += 1
        for _ in range(12):
            text = "".join(rng.choices("abc", k=rng.randrange(7)))
            for search, method in enumerate((expected.fullmatch, expected.search)):
                found = ours[search].matches(text)
                assert found == (method(text) is not None), (pattern, text, search)
                assert not found or outside[search].accepts(text), (pattern, text, search)
                held += found
    assert held > 1_000


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (r"^(a|b)\1$", ["aa", "bb"], ["ab", "a", "aaa"]),
        (r"^(?<x>a|b)-\k<x>$", ["a-a"], ["a-b"]),
        (r"^(?<q>['\"]).*\k<q>$", ["'x'", '"x"'], ["'x\""]),
        (r"(.)\1", ["hello"], ["helo"]),
        (r"^\1(a)$", ["a"], ["aa"]),  # a group that took no part matches the empty text
        (r"^(?:(a)|b)\1c$", ["aac", "bc"], ["ac", "bac"]),
        (r"^(?:(a)|b)*\1$", ["aa", "ab", "baa", "aaa", "b", ""], ["c", "a", "aba"]),  # an iteration forgets: "ab" needs no "a" behind it
        (r"^(?:(a)|(b))*\1c$", ["abc", "aac", "c"], ["aab", "a"]),
        (r"^(a\1)b$", ["ab"], ["aab"]),
        (r"(?<=\1(a))b", ["aab"], ["ab"]),  # right to left
        (r"(?<=(a)\1)b", ["ab"], ["cb"]),  # where \1 comes first, and matches the empty text
        (r"^(a*)(?!\1b)", ["c", "aac"], []),
        (r"^(?:a(?<n>x)|b(?<n>y))\k<n>$", ["axx", "byy"], ["axy", "ax"]),
        (r"^(\u{1F600}|é)\1$", ["😀😀", "éé"], ["😀", "😀é"]),
        (r"^(a{0,3}?)\1{2}$", ["", "aaa", "aaaaaa"], ["a", "aaaa"]),
    ],
)
def test_ecma(pattern, matching, others):
    dfa = around(parse_regex(pattern, "ecma", references=True).node, True, 5_000)
    for text in matching:
        assert ecma(pattern, text), text
        assert dfa.accepts(text), text
    for text in others:
        assert not ecma(pattern, text), text


def test_ignoring_case():
    assert ecma(r"^(s)\1$", "s\u017f", "iu")
    for text in ("aA", "k\u212a", "s\u017f", "éÉ"):
        assert matcher(r"(\w)\1", "python", "i").matches(text) == (re.fullmatch(r"(\w)\1", text, re.I) is not None)
        assert matcher(r"(\w)\1", "python", "ia").matches(text) == (re.fullmatch(r"(\w)\1", text, re.I | re.A) is not None)


def test_no_exponential_time():
    assert not matcher(r"^(a+)+\1$", "ecma", search=True).matches("a" * 60 + "b")
    with pytest.raises(LimitExceeded):
        matcher(r"^(a*)*(a*)*(a*)*\1\2\3b$", "ecma", search=True).matches("a" * 100)


def test_long_runs_of_one_set_are_measured_once():
    assert not matcher("a{70000}", "ecma", search=True).matches("a" * 69_999 + "b")
    assert matcher("^a{30000}b{2,}(?<=b{3})c", "ecma", search=True).matches("a" * 30_000 + "bbbc")
    assert not matcher("^a{30000}b{2,}(?<=b{4})c", "ecma", search=True).matches("a" * 30_000 + "bbbc")


@pytest.mark.parametrize(
    ("pattern", "dialect"),
    [(r"(?=(a))\1", "ecma"), (r"(?!(a))\1", "ecma"), (r"(?=(a))\1", "python"), (r"(a)(?<=\1)", "python")],
)
def test_what_is_refused(pattern, dialect):
    with pytest.raises(UnsupportedFeatureError) as caught:
        parse_regex(pattern, dialect, references=True)
    assert caught.value.feature == "backreference"


@pytest.mark.parametrize("pattern", [r"(a\1)", r"\1(a)", r"(?P=x)(?P<x>a)", r"(?P<x>(?P=x))", r"(a)\2", "(?P=", "(?P=x)"])
def test_what_python_does_not_read(pattern):
    with pytest.raises(re.error):
        re.compile(pattern)
    with pytest.raises(RegexSyntaxError):
        parse_regex(pattern)


@pytest.mark.parametrize("pattern", [r"(a)\2", r"(?<x>a)\k<y>", r"(?<x>a)\k"])
def test_what_ecma_does_not_read_under_u(pattern):
    with pytest.raises(RegexSyntaxError):
        parse_regex(pattern, "ecma", "u")


def test_annex_b_reads_numbers_beyond_the_groups_as_octal():
    assert parse_regex(r"}(a)\2", "ecma").dialect == "ecma"
    assert compile_regex(r"}(a)\2", "ecma").accepts("}a\x02")


def test_without_asking_they_are_refused():
    with pytest.raises(UnsupportedFeatureError) as caught:
        parse_regex(r"(a|b)\1")
    assert caught.value.feature == "backreference"


def test_references_that_would_copy_exponentially():
    pattern = "(a)" + "".join(rf"(\{i}\{i})" for i in range(1, 20))
    dfa = around(parse_regex(pattern, references=True).node, False, 5_000)
    assert dfa.accepts("a" * 7)


@pytest.mark.parametrize(
    ("pattern", "options", "matching", "others"),
    [
        (r"(a|b)\1", {}, ["aa", "bb"], ["ab", "a", ""]),
        (r"(?P<q>['\"])[^'\"]*(?P=q)", {}, ["'x'", '""'], ["'x\""]),
        (r"(a*)b\1", {}, ["b", "aba", "aabaa"], ["ab", "aaba"]),
        (r"(é|a)?\1", {}, ["éé", "aa"], ["", "éa"]),
        (r"(é|a)?\1", {"dialect": "ecma"}, ["", "éé"], ["éa"]),
        (r"(a)\1", {"flags": "i"}, ["aA"], ["ab"]),
    ],
)
def test_as_a_constraint(pattern, options, matching, others):
    texts = sorted({text for text in matching + others if text})
    tokens = [*(bytes([b]) for b in range(256)), *(text.encode() for text in texts), b"ab"]
    vocabulary = mw.Vocabulary.from_bytes([*tokens, b"</s>"], eos_ids=[len(tokens)])
    decide = matcher(pattern, options.get("dialect", "python"), options.get("flags", ""))
    constraint = mw.compile(vocabulary, regex=pattern, **options)
    for text in matching:
        assert constraint.accepts(text), text
    for text in others:
        assert not constraint.accepts(text), text
    assert [item.status for item in constraint.report().items] == ["completion"]
    known = {bytes([byte]) for text in texts for byte in text.encode()}  # others would make a state for every text
    seen, queue = {constraint.start}, [(constraint.start, b"")]
    for state, text in queue:
        row = np.zeros(vocabulary.num_words, np.uint32)
        constraint.fill_mask(state, row)
        assert constraint.is_accepting(state) == decide.matches(text.decode(errors="replace"))
        allowed = set(np.flatnonzero(np.unpackbits(row.view(np.uint8), bitorder="little")).tolist()) - {len(tokens)}
        for token in allowed:
            after = constraint.advance(state, token)
            assert after > 1
            if len(text) < 3 and after not in seen and tokens[token] in known:
                seen.add(after)
                queue.append((after, text + tokens[token]))
