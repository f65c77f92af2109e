"""String languages against brute force over short strings, and their JSON texts against a JSON reader."""

import itertools
import json
import random

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA, classify
from maskwright.automata.program import CountedTerminal, DFATerminal
from maskwright.grammar.json_schema import strings
from maskwright.grammar.json_schema.spelling import spell
from maskwright.grammar.json_schema.strings import EVERYTHING, NOTHING, Check, StringLanguage, of_values, string_terminal
from maskwright.grammar.regex import compile_regex
from tests.grammar.json_schema.spellings import decoded, spellings

PATTERNS = [
    r"^[a-z]+$",
    r'[^"]+',
    r"^.*$",
    r"^\\d$",
    r"^(a|b\n|\u00e9|\u{1f600})*$",
    r"^[\ud7fe-\ue001]*$",
    r"^[\u{ffff}-\u{10001}]+x?$",
    r"^[^\x00-\x1f]{0,3}$",
    r"^\p{L}*$",
    r"\u0022|/",
    r"^[\u{10000}-\u{10ffff}]{2}$",
    r"^[^\u{10000}-\u{10ffff}]{2}$",
    r"^(?!.*00)[01]+$",
]
ALPHABET = [*'ab0"\\/\n\t\x00\x1f\x7f', *"éß߿ࠀ\ud7ff\ue000\uffff", "\U00010000", "\U0001f600", "\U0010ffff"]
SMALL = "ab"


def pattern(text: str) -> DFA:
    return compile_regex(text, "ecma", search=True)


def language(text: str, lo: int = 0, hi: int | None = None) -> StringLanguage:
    return StringLanguage.make(pattern(text), lo, hi)


def accepts(terminal, text: bytes) -> bool:
    """Run a terminal, its window included."""
    dfa = terminal.dfa
    if not isinstance(terminal, CountedTerminal):
        return dfa.accepts(list(text))
    state, weight = dfa.start, 0
    for byte in text:
        c = dfa.alphabet.class_of(byte)
        weight += int(terminal.weights[state, c])
        state = dfa.rows[state][c]
    return bool(dfa.labels[state]) and weight >= terminal.lo and (terminal.hi is None or weight <= terminal.hi)


def mutated(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return rng.choice([text[:at] + text[at + 1 :], text[:at] + bytes([rng.choice(b'"\\u0dD8eA\x80\xed\x1f')]) + text[at + 1 :]])


@pytest.mark.parametrize("text", PATTERNS)
def test_every_spelling_of_every_member_and_nothing_else(text):
    """A byte string is accepted iff it is a JSON string whose decoded value matches; also after small damage."""
    rng = random.Random(text)
    dfa = pattern(text)
    terminal = DFATerminal(spell(dfa))
    for _ in range(150):
        value = "".join(rng.choices(ALPHABET, k=rng.randrange(5)))
        for spelling in spellings(rng, value, 2):
            assert accepts(terminal, spelling) == dfa.accepts(value), spelling
            damaged = mutated(rng, spelling)
            read = decoded(damaged)
            assert accepts(terminal, damaged) == (read is not None and dfa.accepts(read)), damaged


@pytest.mark.parametrize("text", PATTERNS)
def test_spelled_automata_are_trimmed_and_minimal(text):
    """Every state is live and reachable, and no two are equivalent."""
    dfa = spell(pattern(text))
    assert len(dfa.trim().labels) == dfa.num_states
    assert DFA.from_rows(dfa.alphabet, dfa.rows, dfa.start, dfa.labels).num_states == dfa.num_states
    assert DFA.from_rows(dfa.alphabet, dfa.rows, dfa.start, dfa.labels).alphabet.num_classes == dfa.alphabet.num_classes


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("text", [*PATTERNS, "^.{0,70}$", "^(a{7}|b{11})*$"])
def test_lengths_by_characters_are_those_of_the_bytes(text, plain):
    """A state reaches acceptance with the same numbers of characters, whichever automaton they are worked out on."""
    form = spell(pattern(text), plain=plain)
    have, want = form.length_sets(form.weights), DFA.length_sets(form, form.weights)
    assert (have.period_start, have.period) == (want.period_start, want.period)
    assert have.reach.dtype == bool
    assert np.array_equal(have.reach, want.reach)


def test_lone_surrogates_spell_nothing():
    """Halves of pairs, in either order, raw or escaped, are refused."""
    dfa = string_terminal().dfa
    for inner in (b"\\ud800", b"\\udc00", b"\\udc00\\ud800", b"\\ud800x", b"\\ud800\\n", b"\xed\xa0\x80", b"\\ud800\\ud800\\udc00"):
        assert not dfa.accepts(list(b'"' + inner + b'"'))
    assert dfa.accepts(list(b'"\\uD800\\uDc00\\uD7ff\\uE000"'))
    assert of_values(["\ud800"]).is_empty
    assert not EVERYTHING.contains("\ud800")


def test_one_object_for_the_unconstrained_string():
    """Values and keys share one terminal, however the language was come by."""
    assert EVERYTHING.terminal() is string_terminal()
    assert StringLanguage.make(pattern("")).terminal() is string_terminal()
    assert StringLanguage.make(DFA.everything()) == EVERYTHING


def test_labels_survive_spelling():
    """A classifier of strings is a classifier of their spellings."""
    dfa = classify([pattern("^a"), pattern("b$")])
    terminal = strings.labelled_terminal(dfa, ["starts with a", "ends with b"])
    for text, want in (("a", (0,)), ("ab", (0, 1)), ("b", (1,)), ("c", ())):
        for spelling in spellings(random.Random(0), text, 5):
            assert terminal.dfa.labels[terminal.dfa.run(list(spelling))] == want
    assert terminal.describe(1) == "ends with b"


def test_windows_count_characters_once():
    """A character counts one in every spelling, pairs included; the closing quote counts nothing."""
    terminal = StringLanguage.make(None, 2, 3).terminal()
    assert isinstance(terminal, CountedTerminal)
    assert terminal.dfa is string_terminal().dfa
    rng = random.Random(1)
    for length in range(6):
        for value in ("".join(rng.choices(ALPHABET, k=length)) for _ in range(30)):
            for spelling in spellings(rng, value, 2):
                assert accepts(terminal, spelling) == (2 <= length <= 3)


@pytest.mark.parametrize(
    ("text", "lo", "hi", "kind"),
    [
        ("^[a-z]+$", 0, 40, CountedTerminal),
        ("^[a-z]+$", 1, None, CountedTerminal),
        ("^[a-z]{3,500}$", 0, None, CountedTerminal),
        ("^(ab|cde)$", 3, None, DFATerminal),
        ("^(ab|cde)$", 0, 3, DFATerminal),
        ("^x[a-z]{1,9}$", 0, 5, DFATerminal),
        ("^x", 0, 1_000_000_000, CountedTerminal),
        ("^x", 0, None, DFATerminal),
    ],
)
def test_kinds_of_terminals(text, lo, hi, kind):
    """Counters stay counters, finite languages are folded; either accepts the right strings."""
    given = language(text, lo, hi)
    terminal = given.terminal()
    assert isinstance(terminal, kind)
    for value in ("", "a", "ab", "cde", "x", "xa", "xabc", "xabcd", "xabcde", "a" * 39, "a" * 40, "a" * 41, "a" * 500, "a" * 501):
        assert accepts(terminal, json.dumps(value).encode()) == given.contains(value)


def test_windows_that_an_automaton_implies_are_dropped():
    """And automata that only count become windows."""
    assert language("^[a-z]{2,5}$") == StringLanguage.make(pattern("^[a-z]*$"), 2, 5)
    assert language("^[a-z]{2,5}$", 1, 9) == language("^[a-z]{2,5}$")
    assert language("^(ab|cde)$", 1, 9) == language("^(ab|cde)$")
    assert language(r"^[^]{3}$") == StringLanguage.make(None, 3, 3)
    assert language("^(aa)*$", 3, 3) == NOTHING
    assert language("^(aa)*$", 3, 4).shortest() == "aaaa"
    assert language("^(ab|cde)$", 4).is_empty


def random_language(rng: random.Random) -> StringLanguage:
    window = rng.choice([(0, None), (0, None), (1, None), (0, 2), (2, 3)])
    dfa = rng.choice([None, pattern("^(ab|ba)*$"), pattern("a"), pattern("^b"), pattern("aa|bb"), pattern("^a?b?$"), pattern("^(aaa)*$")])
    checks = [Check("palindrome", lambda s: s == s[::-1], rng.random() < 0.5)] if rng.random() < 0.3 else []
    return StringLanguage.make(dfa, *window, checks)


@pytest.mark.parametrize("seed", range(8))
def test_algebra(seed):
    """Operations on languages are operations on sets of strings."""
    rng = random.Random(seed)
    texts = ["".join(t) for n in range(6) for t in itertools.product(SMALL, repeat=n)]
    for _ in range(12):
        a, b = random_language(rng), random_language(rng)
        in_a, in_b = {t for t in texts if a.contains(t)}, {t for t in texts if b.contains(t)}
        assert {t for t in texts if (a & b).contains(t)} == in_a & in_b
        outside = a.complement()
        assert {t for t in texts if any(p.contains(t) for p in outside)} == set(texts) - in_a
        assert all(p.is_disjoint(q) for p, q in itertools.combinations(outside, 2))
        assert {t for t in texts if any(p.contains(t) for p in strings.union([a, b]))} == in_a | in_b
        assert {t for t in texts if any(p.contains(t) for p in a.minus(b))} == in_a - in_b
        rest = strings.complement_of_union([a, b])
        assert {t for t in texts if any(p.contains(t) for p in rest)} == set(texts) - in_a - in_b
        if a.is_disjoint(b):
            assert not in_a & in_b
        elif not a.checks and not b.checks:
            assert (a & b).shortest() is not None
            assert (a & b).contains((a & b).shortest())
        if a.includes(b):
            assert in_b <= in_a


def test_values_of_finite_languages():
    """Enumerated if few, and told to be too many if not."""
    assert language("^a?b?$").values(4) == ["", "a", "b", "ab"]
    assert language("^a?b?$").values(3) is None
    assert language("^[ab]*$", 2, 2).values(4) == ["aa", "ab", "ba", "bb"]
    assert EVERYTHING.values(10) is None
    assert StringLanguage.make(None, 0, 1).values(100) is None
    assert StringLanguage.make(None, 0, 0).values(1) == [""]
    assert NOTHING.values(0) == []
    assert language("^(aa)*$", 0, 10**9).values(1000) is None
    assert language("^(ab)?$").is_finite
    odd = Check("odd", lambda s: len(s) % 2 == 1)
    assert StringLanguage.make(pattern("^[ab]?$"), 0, None, [odd]).values(9) == ["a", "b"]


def test_empty_windows_of_wide_bounds():
    """Emptiness under windows of any size is decided by periods, not by counting."""
    assert not language("^(aaa|aaaaa)*$", 10**9, 10**9).is_empty
    assert language("^(aaaa)*$", 10**9 + 1, 10**9 + 3).is_empty
    assert StringLanguage.make(None, 5, 4).is_empty


def test_checks_contradict_by_name():
    """A check and its negation leave nothing."""
    check = Check("c", str.isupper)
    a, b = StringLanguage.make(checks=[check]), StringLanguage.make(checks=[~check])
    assert (a & b).is_empty
    assert a.is_disjoint(b)
    assert a.complement() == (b,)
    assert a.terminal() is string_terminal()


def test_many_strings():
    """An enum of many values is one minimal automaton."""
    texts = [f"value {i} of the list" for i in range(3000)]
    terminal = of_values(texts).terminal()
    assert isinstance(terminal, DFATerminal)
    assert accepts(terminal, b'"value 299\\u0039 of the list"')
    assert not accepts(terminal, b'"value 3000 of the list"')


def test_weights_are_on_first_bytes():
    """The weights of the unconstrained string: one on what opens a character, none elsewhere."""
    dfa = string_terminal().dfa
    inside = dfa.step(dfa.start, ord('"'))
    for byte in range(256):
        c = dfa.alphabet.class_of(byte)
        assert dfa.weights[inside, c] == (dfa.rows[inside][c] != 0 and byte != ord('"'))
    others = np.delete(dfa.weights, inside, axis=0)
    assert not others.any()


def test_alphabets_of_many_ranges():
    """Unicode classes with hundreds of ranges."""
    letters = CharSet.union([CharSet.range(0x100 + 7 * i, 0x103 + 7 * i) for i in range(300)] + [CharSet.range(0x1F600, 0x1F610)])
    dfa = DFA.symbols(letters).star()
    terminal = DFATerminal(spell(dfa))
    rng = random.Random(2)
    for _ in range(300):
        value = chr(rng.choice([rng.randrange(0x100, 0xA00), rng.randrange(0x1F5F0, 0x1F620)]))
        for spelling in spellings(rng, value, 2):
            assert accepts(terminal, spelling) == (value in letters)


def test_patterns_of_members_that_may_never_come_are_not_spelled_for_the_first_mask(monkeypatch):
    """The costs of all that may come are asked for there: no reason to make what reads them."""
    made = []
    terminal = StringLanguage.terminal
    monkeypatch.setattr(StringLanguage, "terminal", lambda self, *args: made.append(self) or terminal(self, *args))
    members = {f"k{i}": {"type": "string", "pattern": f"^[a-z]{{1,150}}{i}$"} for i in range(9)}
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    constraint = mw.compile(vocabulary, schema={"type": "object", "properties": members, "required": ["k8"]})
    assert len(made) == 1
    assert constraint.allowed(constraint.start)
    state = constraint.walk(constraint.start, list(b'{"k0'))[-1]
    assert constraint.allowed(state)
    assert len(made) == 1
    constraint.walk(state, list(b'":'))
    assert constraint.accepts(b'{"k0":"ab0","k8":"c8"}')
    assert len(made) == 2
