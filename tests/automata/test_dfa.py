"""Automata against brute force: languages are compared as sets of short words over a small alphabet."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskwright.automata import explore
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA, classify
from maskwright.automata.minimize import _hopcroft, _moore, equivalence
from maskwright.errors import LimitExceeded

LETTERS = "abé"
WORDS = ["".join(w) for k in range(5) for w in itertools.product(LETTERS, repeat=k)]
SHORT = WORDS[:40]


def language(dfa: DFA) -> set[str]:
    return {w for w in WORDS if dfa.accepts(w)}


finite = st.lists(st.sampled_from(SHORT), min_size=0, max_size=5).map(lambda words: DFA.from_strings(words, universe="chars"))
automata = st.recursive(
    st.one_of(finite, st.sampled_from("abé").map(lambda c: DFA.symbols(CharSet.of(c))), st.just(DFA.everything())),
    lambda inner: st.one_of(
        inner.map(DFA.complement),
        inner.map(DFA.star),
        st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
    ),
    max_leaves=4,
)


def check_form(dfa: DFA) -> None:
    """The table is trimmed: state 0 is dead, every other state is reachable and live."""
    assert dfa.table.shape == (dfa.num_states, dfa.alphabet.num_classes)
    assert not dfa.table[0].any()
    assert dfa.labels[0] == ()
    assert dfa.trim() is dfa
    assert all(dfa.distance()[1:] >= 0)


@given(automata, automata)
def test_boolean_operations(x, y):
    a, b = language(x), language(y)
    for have, want in ((x & y, a & b), (x | y, a | b), (x - y, a - b), (~x, set(WORDS) - a)):
        assert language(have) == want
        check_form(have)


@given(automata, automata)
def test_concatenation(x, y):
    a, b = language(x), language(y)
    have = x + y
    assert language(have) == {w for w in WORDS if any(w[:i] in a and w[i:] in b for i in range(len(w) + 1))}
    check_form(have)


@given(finite, st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)))
def test_repetition(x, lo, more):
    hi = None if more is None else lo + more
    words, power, want = language(x), {""}, {""} if lo == 0 else set()
    for k in range(1, (8 if hi is None else hi) + 1):
        power = {u + v for u in power for v in words if len(u + v) <= 4}
        want |= power if k >= lo else set()
    have = x.repeat(lo, hi)
    assert language(have) == want
    check_form(have)


@given(automata)
def test_utf8_accepts_the_encodings(x):
    have = x.to_utf8()
    assert {w for w in WORDS if have.accepts(w.encode())} == language(x)
    check_form(have)
    assert len(set(equivalence(have.rows, have.labels))) == have.num_states
    assert not have.accepts(b"\xed\xa0\x80")
    assert not have.accepts(b"\xc0\x80")
    assert not have.accepts(b"\xf4\x90\x80\x80")


@pytest.mark.parametrize("char", ["\0", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff"])
def test_utf8_of_one_character(char):
    one, rest = DFA.symbols(CharSet.of(char)).to_utf8(), DFA.symbols(~CharSet.of(char)).to_utf8()
    assert one.accepts(char.encode())
    assert not rest.accepts(char.encode())
    assert one.disjoint(rest)
    assert (one | rest).key == DFA.symbols(CharSet.ALL).to_utf8().key


@given(automata, automata)
def test_comparisons_show_a_witness(x, y):
    a, b = language(x), language(y)
    for verdict, wrong in (
        (x.includes(y), lambda w: y.accepts(w) and not x.accepts(w)),
        (x.equals(y), lambda w: y.accepts(w) != x.accepts(w)),
        (x.disjoint(y), lambda w: y.accepts(w) and x.accepts(w)),
    ):
        assert verdict.holds == (verdict.witness is None)
        assert verdict or wrong(verdict.witness)
    assert not x.includes(y) or b <= a
    assert (x.key == y.key) == x.equals(y).holds


@given(st.lists(automata, min_size=1, max_size=4))
def test_classify_names_every_acceptor(parts):
    have = classify(parts)
    for word in WORDS[:60]:
        assert have.labels[have.run(word)] == tuple(i for i, part in enumerate(parts) if part.accepts(word))


@given(automata)
def test_shortest_and_distance(x):
    lengths = [len(w) for w in WORDS if x.accepts(w)]
    way = x.shortest()
    assert x.distance()[x.start] == (-1 if way is None else len(way))
    assert way is None or x.accepts(way)
    assert not lengths or len(way) == min(lengths)
    assert x.is_empty == (way is None)


@given(automata)
def test_finiteness(x):
    n = x.num_states
    longest = np.zeros(n, bool)
    longest[[s for s, labels in enumerate(x.labels) if labels]] = True
    for _ in range(n + 1):  # states from which n + 1 symbols are possible exist iff there is a cycle
        longest = longest[x.table].any(axis=1) if x.num_states > 1 else longest & False
    alive = np.arange(n) > 0
    for _ in range(n + 1):
        alive = alive[x.table].any(axis=1)
    assert x.is_finite == (not alive[x.start])


@given(automata, st.integers(0, 1))
def test_moore_and_hopcroft_agree(x, rounds):
    rows, outputs = x.rows, [len(labels) for labels in x.labels]
    if len(set(outputs)) == 2:
        want, stable = _moore(rows, outputs, 100)
        have = _hopcroft(rows, _moore(rows, outputs, rounds)[0])
        assert stable
        assert len(set(zip(want, have))) == len(set(want)) == len(set(have))


def test_a_deep_chain_behind_a_loop_is_minimised_by_hopcroft():
    count = 300
    rows = [[0, 0], *([i + 1, 1] for i in range(1, count)), [count, count]]
    twice = [[0, 0], *([t + (t and offset) for t in row] for offset in (0, count) for row in rows[1:])]
    labels = [(), *([*[()] * (count - 1), (0,)] * 2)]
    assert len(set(equivalence(twice, labels))) == count + 1


@given(st.lists(st.tuples(st.text(alphabet="abcé\U0001f600", max_size=6), st.integers(0, 3)), min_size=1, max_size=12))
def test_strings_carry_their_labels(pairs):
    strings, labels = zip(*pairs)
    have = DFA.from_strings(strings, labels)
    check_form(have)
    assert len(set(equivalence(have.rows, have.labels))) == have.num_states
    for word in strings:
        assert have.labels[have.run(word)] == tuple(sorted({label for w, label in pairs if w == word}))
    plain = DFA.from_strings([w.encode() for w in strings])
    assert plain.key == DFA.from_strings(strings).to_utf8().key
    assert plain.is_finite


def test_strings_longer_than_any_stack():
    have = DFA.from_strings(["x" * 100_000, "x" * 99_999 + "y"])
    assert have.num_states == 100_002
    assert have.accepts("x" * 99_999 + "y")


def test_a_lone_surrogate_is_refused():
    with pytest.raises(ValueError, match="surrogate"):
        DFA.from_strings(["\ud800"])


def test_limits_are_typed():
    third = DFA.symbols(CharSet.ALL).repeat(0) + DFA.symbols(CharSet.of("a")) + DFA.symbols(CharSet.ALL).repeat(8, 8)
    assert third.num_states > 500
    with pytest.raises(LimitExceeded) as caught:
        DFA.everything().concat(DFA.symbols(CharSet.of("a"))).concat(DFA.symbols(CharSet.ALL).repeat(8, 8), max_states=50)
    assert caught.value.limit == "states"
    with pytest.raises(LimitExceeded):
        DFA.symbols(CharSet.of("a")).repeat(1000, 1000, max_states=100)


def test_keys_ignore_how_an_automaton_was_made():
    one = DFA.from_strings(["ab", "b"])
    other = DFA.from_strings(["b"]) | (DFA.symbols(CharSet.range("a", "a")) + DFA.symbols(CharSet.of("b")))
    assert one.key == other.key
    assert one.key != one.to_utf8().key
    assert one.key != one.with_labels((3,)).key


@settings(max_examples=50)
@given(automata, st.data())
def test_length_sets(x, data):
    weights = np.array(data.draw(st.lists(st.integers(0, 1), min_size=x.table.size, max_size=x.table.size)), np.uint8)
    weights = weights.reshape(x.table.shape)
    have = x.length_sets(weights)
    n, bound = x.num_states, 12
    want = np.zeros((bound, n), bool)
    want[0, [s for s, labels in enumerate(x.labels) if labels]] = True
    for _ in range(n * bound):
        for k in range(bound):
            free = (want[k][x.table] & (weights == 0)).any(axis=1)
            paid = (want[k - 1][x.table] & (weights == 1)).any(axis=1) if k else False
            want[k] |= free | paid
    for s in range(n):
        assert [have.contains(s, k) for k in range(bound)] == want[:, s].tolist()
        for lo in range(0, bound, 3):
            for hi in range(lo, bound):
                assert have.meets(s, lo, hi) == want[lo : hi + 1, s].any()
        assert have.meets(s, 3, None) == any(have.contains(s, k) for k in range(3, 3 + len(have.reach) + have.period))


def test_length_sets_of_a_period():
    sixes_and_tens = DFA.from_strings(["a" * 6, "a" * 10]).star()
    have = sixes_and_tens.length_sets()
    assert [k for k in range(25) if have.contains(sixes_and_tens.start, k)] == [0, 6, 10, 12, 16, 18, 20, 22, 24]
    assert have.meets(sixes_and_tens.start, 1_000_001, 1_000_002)
    assert not have.meets(sixes_and_tens.start, 1_000_001, 1_000_001)


@pytest.mark.parametrize("thin", [0, 2, 8])
def test_distances_layer_by_layer_are_those_of_the_search(monkeypatch, thin):
    monkeypatch.setattr(explore, "THIN", thin)
    draw = np.random.default_rng(3)
    for size in (2, 5, 40, 200):
        table = draw.integers(0, size, (size, 3)) * (draw.random((size, 3)) < 0.4)
        table[0] = 0
        goals = draw.choice(np.arange(1, size), min(3, size - 1), replace=False)
        want = explore.distances(table.tolist(), goals.tolist())
        assert explore.distances_by_layer(table, goals).tolist() == want


def test_distances_of_a_long_thin_automaton_take_one_look_per_state():
    choices = DFA.from_strings([b"a" * 30_000, b"a"])
    assert choices.distance()[choices.start] == 1
    assert choices.distance().max() == 29_998
