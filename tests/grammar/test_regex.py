"""Regular expressions of the Python dialect against `re`, and what is refused."""

import contextlib
import csv
import itertools
import os
import random
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.automata import positions
from maskwright.automata.dfa import DFA
from maskwright.automata.positions import Positions
from maskwright.errors import LimitExceeded, OptionError, RegexSyntaxError, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.regex import compile_pattern, compile_regex, parse_regex

WORDS = ["".join(w) for k in range(5) for w in itertools.product("ab\n", repeat=k)] + ["a b", "ab ba", "A", "aB", "aé", "K", "ſ"]

atoms = st.sampled_from(["a", "b", "a", "b", ".", "[ab]", "[^a]", r"\w", r"\s", "\n", "k", "[^\\W]", r"\D"])
assertions = st.sampled_from(["^", "$", r"\b", r"\B", r"\A", r"\Z"])
quantifiers = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{0}", "{2,}", "*?", "??"])
patterns = st.recursive(
    st.one_of(atoms, atoms, assertions),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda p: f"(?:{p[0]}|{p[1]})"),
        st.tuples(inner, quantifiers).map(lambda p: f"({p[0]}){p[1]}"),
        st.tuples(st.sampled_from(["?=", "?!", "?<=", "?<!"]), inner).map(lambda p: f"({p[0]}{p[1]})"),
    ),
    max_leaves=7,
)
flag_sets = st.sampled_from([0, 0, re.M, re.S, re.I, re.A, re.I | re.M])


@settings(max_examples=300, deadline=None)
@given(patterns, flag_sets)
def test_same_language_as_re(pattern, flags):
    try:
        want = re.compile(pattern, flags)
    except re.error:
        with pytest.raises(RegexSyntaxError):
            parse_regex(pattern, flags=flags)
        return
    whole = compile_regex(pattern, flags=flags)
    somewhere = compile_regex(pattern, flags=flags, search=True)
    assert [w for w in WORDS if whole.accepts(w)] == [w for w in WORDS if want.fullmatch(w)]
    assert [w for w in WORDS if somewhere.accepts(w)] == [w for w in WORDS if want.search(w)]
    for dfa in (whole, somewhere):
        assert dfa.trim() is dfa


@settings(max_examples=200, deadline=None)
@given(patterns, st.booleans())
def test_edges_algebra_and_alternation_agree(pattern, search):
    """A pattern says the same when a lookaround that changes nothing forces the general way."""
    try:
        plain = compile_regex(pattern, search=search)
        general = compile_regex(f"{pattern}(?=|..)|{pattern}(?<!^^..(?<=a)(?!.*)(?=a))", search=search)
    except RegexSyntaxError:
        return
    assert plain.equals(general)


@given(st.text(alphabet="ab()[]{}?*+|^$\\-,:=!<>P#123dwsxuN &~", max_size=12))
@settings(max_examples=400, deadline=None)
def test_same_syntax_as_re(pattern):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(pattern)
            good = True
        except (re.error, OverflowError):
            good = False
    if good:
        with contextlib.suppress(UnsupportedFeatureError):
            parse_regex(pattern)
    else:
        with pytest.raises((RegexSyntaxError, UnsupportedFeatureError)):
            parse_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "flags", "accepted", "rejected"),
    [
        (r"[]a]+", "", ["]", "a]"], ["b"]),
        (r"[^]a]", "", ["b"], ["]", "a"]),
        (r"\x41\u00e9\U0001F600\N{BULLET}\07\101", "", ["Aé😀•\x07A"], ["A"]),
        (r"a{,2}b{2,}c{}", "", ["bbc{}", "aabbbc{}"], ["aaabbc{}", "bbc"]),
        (r"(?i)straße|ǆ", "", ["STRAßE", "straẞe", "ǅ", "Ǆ"], ["STRASSE"]),
        (r"(?i:a)b", "", ["Ab", "ab"], ["aB"]),
        (r"(?x) a  b # comment", "", ["ab"], ["a b"]),
        (r"(?s:.).", "", ["\na"], ["a\n"]),
        (r"(?-i:a)b", "i", ["aB"], ["AB"]),
        (r"\d", "", ["5", "٣"], ["x"]),
        (r"\d", "a", ["5"], ["٣"]),
        (r"(?P<year>\d{4})-(?#month)\d\d", "", ["2024-12"], ["2024"]),
        (r"[\d\-x]+", "", ["1-x"], ["y"]),
        (r"[a\]-]+", "", ["a]-"], ["b"]),
        (r"^(?=.*\d)(?=.*[a-z]).{4,6}$", "", ["ab12", "1a...."], ["abcd", "1a....."]),
        (r"(?<!\d)\d{3}(?!\d)", "", ["123"], ["1234"]),
        (r"(?:a|b(?=c)|bc(?<=bc))+", "", ["abca", "bc"], ["b", "ba", "c"]),
        (r"(?=(?!b).(?<=a|c)).", "", ["a", "c"], ["b", "d"]),
        (r"(?=a(?=b))..", "", ["ab"], ["aa"]),
        (r"..(?<=a(?=b).)(?<=.(?<=b))", "", ["ab"], ["aa", "bb"]),
        (r"", "", [""], ["a"]),
    ],
)
def test_cases(pattern, flags, accepted, rejected):
    dfa = compile_regex(pattern, flags=flags)
    assert all(map(dfa.accepts, accepted))
    assert not any(map(dfa.accepts, rejected))


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        *[("a)", 1), ("(a", 0), ("[a", 0), ("a**", 2), ("*a", 0), (r"a\q", 1), ("[b-a]", 1), ("a{3,2}", 1)],
        *[("(?<=a*)b", 0), (r"\x4", 0), ("(?P<1>a)", 0)],
    ],
)
def test_syntax_errors_have_a_position(pattern, position):
    with pytest.raises(RegexSyntaxError) as caught:
        compile_regex(pattern, path="/properties/a/pattern")
    assert caught.value.position == position
    assert caught.value.path == "/properties/a/pattern"


@pytest.mark.parametrize(
    ("pattern", "feature"),
    [
        (r"(a)\1", "backreference"),
        ("(?P<a>x)(?P=a)", "backreference"),
        ("(?>[ab]*b)c", "atomic group"),
        ("(?:a|ab){2}+c", "possessive quantifier"),
        ("(a)?(?(1)b|c)", "conditional"),
    ],
)
def test_what_is_not_regular_is_refused_by_name(pattern, feature):
    with pytest.raises(UnsupportedFeatureError) as caught:
        compile_regex(pattern)
    assert caught.value.feature == feature
    assert feature == "backreference" or " position " in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("a(?=b)c", "nothing can match 'c' at position 6, after 'ab'"),
        (r"[^\s\S]", r"nothing can match '[^\\s\\S]' at position 0"),
        ("ab$c|x(?!x)x", "nothing can match 'x' at position 11, after 'x'"),
        ("a(?=b)c*d", "nothing can match 'd' at position 8, after 'ab'"),
        ("(?=b)a?b$d", "nothing can match 'd' at position 9, after 'b'"),
        ("([ab]*a[ab]{12})" + "x" * 200 + "(?=b)c", "no text matches"),
        ("(?:ab|cd)(?<=x)", "nothing can match '(?<=x)' at position 9, after 'ab'"),
        ("a" * 400 + "$b", "no text matches"),
    ],
)
def test_empty_languages_say_where(pattern, says):
    with pytest.raises(UnsatisfiableError) as caught:
        mw.compile(mw.Vocabulary.from_bytes([b"a", b""], eos_ids=1), regex=pattern)
    assert says in str(caught.value)


def test_options_are_checked():
    with pytest.raises(OptionError):
        compile_regex("a", "pcre")
    with pytest.raises(OptionError):
        compile_regex("a", flags="q")


@pytest.mark.parametrize("dialect", ["python", "ecma"])
@pytest.mark.parametrize(
    "pattern",
    [
        "(" * 100_000 + "a" + ")" * 100_000,
        "(?:a" * 100_000 + ")?" * 100_000,
        "(?=" * 100_000 + "a" + ")" * 100_000,
        "(?=a(?=" * 3_000 + "a" + "))" * 3_000,
        "(^a|" * 3_000 + "b" + ")" * 3_000,
        "(" * 100_000,
        "a|" * 100_000,
        "((a{1,99}){1,99}){1,99}",
        "a{99999999999999999999}",
    ],
    ids=lambda p: p[:12],
)
def test_hostile_patterns_end_in_an_automaton_or_a_typed_error(pattern, dialect):
    with contextlib.suppress(LimitExceeded, RegexSyntaxError):
        assert isinstance(compile_regex(pattern, dialect, max_states=2_000), DFA)


def test_a_limit_names_the_pattern():
    with pytest.raises(LimitExceeded) as caught:
        compile_regex("(a|b)*a(a|b){40}", max_states=1_000)
    assert caught.value.limit == "states"
    assert any("(a|b)*a" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("pattern", ["a{70000}", "^a{0,70000}$", "^(a{0,300}){300}$", "(a{300}|b{50000}){300}", "^(a{60000}|b)$"])
def test_what_is_surely_too_large_is_not_begun(pattern, monkeypatch):
    monkeypatch.setattr(Positions, "symbol", None)
    with pytest.raises(LimitExceeded) as caught:
        compile_regex(pattern, "ecma", search=True, max_states=50_000)
    assert caught.value.limit == "states"


def test_a_long_branch_beside_an_endless_one_may_come_to_little():
    assert compile_regex("^(?:a{0,900}|a*)$", "ecma", search=True, max_states=1_000).num_states == 2


@pytest.mark.parametrize(
    ("pattern", "num_states"),
    [("^[a-z]{1,2000}$", 2002), ("[a-z]{2000}", 2002), ("(ab|c){0,1500}", 3002), (r"^(\w+\b){1,9}$", 3), (r".{0,300}\bx\b", 901)],
)
def test_counted_repeats_unroll_fast(pattern, num_states):
    begin = time.thread_time()
    dfa = compile_regex(pattern, "ecma", search=pattern.startswith("^"))
    assert dfa.num_states == num_states
    assert time.thread_time() - begin < 20


@pytest.mark.parametrize("few", [0, 2, 10**9])
def test_wide_repeats_are_looked_up_or_gone_over(few, monkeypatch):
    """What may follow a position is the same, whether its wide rectangles are listed by position or tried one by one."""
    rng = random.Random(few)
    for _ in range(20):
        build = [(rng.getrandbits(80), rng.getrandbits(80)) for _ in range(rng.randrange(1, 12))]
        monkeypatch.setattr(positions, "_FEW_WIDE", few)
        follow = positions._Follow(build)
        for states in [0, 1, *(1 << rng.randrange(80) for _ in range(20)), *(rng.getrandbits(80) for _ in range(5))]:
            want = 0
            for sources, targets in build:
                want |= targets if states & sources else 0
            assert follow(states) == want
    monkeypatch.setattr(positions, "_MOST_LISTED", 3)
    assert positions._Follow([(2**40 - 1, 2**40 - 1)]).after is None


def test_patterns_are_remembered():
    assert compile_pattern("ab+c", "ecma").dfa is compile_pattern("ab+c", "ecma").dfa


def test_inclusion_with_a_witness():
    wide, narrow = compile_regex("[a-z]+"), compile_regex("[a-f]{2,}")
    assert wide.includes(narrow)
    verdict = narrow.includes(wide)
    assert not verdict
    assert wide.accepts(verdict.witness)
    assert not narrow.accepts(verdict.witness)


def test_oracles_are_not_imported():
    code = "import sys; import maskwright.grammar.regex; assert not {'interegular', 'regex', 'greenery', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def walk(dfa: DFA, rng: random.Random) -> str:
    """Draw a word along the automaton and damage it a little."""
    symbols = dfa.alphabet.representatives()
    state, out = dfa.start, []
    for _ in range(rng.randrange(40)):
        ways = [c for c, t in enumerate(dfa.rows[state]) if t]
        if not ways or (dfa.labels[state] and rng.random() < 0.3):
            break
        c = rng.choice(ways)
        out.append(chr(symbols[c]))
        state = dfa.rows[state][c]
    for _ in range(rng.randrange(3)):
        at = rng.randrange(len(out) + 1)
        out[at : at + rng.randrange(2)] = rng.choice(["", "a", "1", " ", "-", "\n", "A", ".", "("])
    return "".join(out)


def shared_patterns() -> list[str]:
    """The patterns of the sampler tasks, where they are."""
    folder = os.environ.get("MASKWRIGHT_DATA")
    path = Path(folder or ".") / "sampler-tasks" / "patterns.csv"
    if not folder or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


@pytest.mark.skipif(not shared_patterns(), reason="MASKWRIGHT_DATA has no sampler-tasks/patterns.csv")
def test_patterns_of_the_sampler_tasks():
    rng = random.Random(1)
    compiled = 0
    for pattern in shared_patterns():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                want = re.compile(pattern)
            except re.error:
                with pytest.raises((RegexSyntaxError, UnsupportedFeatureError)):
                    compile_regex(pattern)
                continue
        try:
            whole, somewhere = compile_regex(pattern), compile_regex(pattern, search=True)
        except UnsupportedFeatureError:
            continue
        compiled += 1
        for _ in range(25):
            word = walk(whole, rng) if rng.random() < 0.5 else walk(somewhere, rng)
            assert whole.accepts(word) == (want.fullmatch(word) is not None), (pattern, word)
            assert somewhere.accepts(word) == (want.search(word) is not None), (pattern, word)
    assert compiled > 40
