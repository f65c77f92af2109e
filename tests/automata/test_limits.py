"""Limits and huge counts: typed errors that leave the constraint as it was, and no loop over a count."""

from __future__ import annotations

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import masks
from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.program import CountedTerminal
from maskwright.errors import LimitExceeded, OptionError
from maskwright.grammar.lower import GrammarProgram
from maskwright.grammar.rules import Choice, Grammar, Lexeme, Reference, Sequence, literal

VOCABULARY_BYTES = [b"a", b"x", b"+", b"b", b"1", b"</s>"]
VOCABULARY = mw.Vocabulary.from_bytes(VOCABULARY_BYTES, eos_ids=[5])


def test_a_limit_that_was_hit_leaves_the_constraint_right():
    """With any bound on states: either the true answer or `LimitExceeded`, again and again."""
    body = Choice((Sequence((Reference("e"), literal("+"), Reference("e"))), literal("x"), Sequence((literal("a"), Reference("e")))))
    grammar = Grammar({"e": body}, "e")
    for states in range(1, 40):
        try:
            constraint = Constraint(VOCABULARY, GrammarProgram(grammar), limits=mw.Limits(states=states))
        except LimitExceeded:
            continue
        for text, want in [("ax+x", True), ("x+", False), ("x+x+ax", True), ("ax+x", True), ("+", False)] * 2:
            try:
                have = constraint.accepts(text)
            except LimitExceeded:
                continue
            assert have == want, (states, text)


def counted(lo: int, hi: int | None, renumbered: bool = False) -> Lexeme:
    dfa = DFA.from_strings([b"ab"]).star() + DFA.from_strings([b"1"])
    table, labels, start = np.array(dfa.table), list(dfa.labels), dfa.start
    if renumbered:
        order = [0, *range(dfa.num_states - 1, 0, -1)]
        place = np.argsort(order)
        table, labels, start = place[table[order]], [labels[i] for i in order], int(place[start])
        dfa = DFA.from_table(dfa.alphabet, table.astype(np.int32), start, labels)
    weights = np.zeros(dfa.table.shape, np.uint8)
    column = dfa.alphabet.class_of(ord("a"))
    weights[:, column] = dfa.table[:, column] != 0
    return Lexeme(CountedTerminal(dfa, weights, lo, hi))


def test_equal_languages_with_other_state_numbers_are_kept_apart():
    for lexeme, texts in ((counted(1, 3), {1, 2, 3}), (counted(2, 4, renumbered=True), {2, 3, 4})):
        constraint = Constraint(VOCABULARY, GrammarProgram(Grammar({"r": lexeme}, "r")))
        assert {n for n in range(7) if constraint.accepts("ab" * n + "1")} == texts


def language(lexeme: Lexeme) -> GrammarProgram:
    return GrammarProgram(Grammar({"r": lexeme}, "r"))


@pytest.mark.parametrize("lo", [0, 1, 5, 1000, 10**6, 2**31 - 2])
def test_distances_of_large_counts_are_found_at_once(lo):
    constraint = Constraint(VOCABULARY, GrammarProgram(Grammar({"r": counted(lo, None)}, "r")))
    assert constraint._states.cost(constraint.start) == 2 * lo + 1
    assert not constraint.fits(constraint.start, 0)
    if lo <= 1000:
        assert constraint.min_tokens(constraint.start) == 2 * lo + 1


def test_a_count_beyond_all_texts_is_a_limit():
    with pytest.raises(LimitExceeded, match="length"):
        Constraint(VOCABULARY, GrammarProgram(Grammar({"r": counted(2**31, None)}, "r")))


def test_rows_that_cannot_be_written():
    constraint = Constraint(VOCABULARY, GrammarProgram(Grammar({"r": literal("ab")}, "r")))
    readonly = np.zeros(1, np.uint32)
    readonly.flags.writeable = False
    for row in ([0], None, np.zeros((), np.uint32), np.zeros((1, 1), np.int32), readonly):
        with pytest.raises(OptionError, match="writeable"):
            constraint.fill_mask(constraint.start, row)
    with pytest.raises(OptionError, match="2 rows"):
        constraint.fill_masks([constraint.start] * 2, np.zeros((1, 1), np.uint32))


SPELLED = mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b"aaaa", b""], eos_ids=[257])


def nested(depth: int):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("schema", "least"),
    [
        ({"type": "string", "minLength": 10**9}, 10**9 + 2),
        ({"type": "array", "minItems": 10**6}, 2 * 10**6 + 1),
        ({"type": "object", "minProperties": 10**6}, 5 * 10**6 + 1),
    ],
)
def test_a_plan_that_would_be_too_long_is_refused_at_once(schema, least):
    constraint = mw.compile(SPELLED, schema=schema)
    assert constraint.least_bytes(constraint.start) == least
    with pytest.raises(LimitExceeded) as told:
        constraint.min_tokens(constraint.start)
    assert (told.value.limit, told.value.value) == ("plan_bytes", least)
    assert not constraint.fits(constraint.start, 1000)


@pytest.mark.parametrize("schema", [{"type": "string", "minLength": 50_000}, {"const": nested(10_000)}])
def test_plans_take_no_longer_than_the_limit_says(schema):
    """A plan of that many bytes takes longer than the clock's grain, and a later call begins anew."""
    constraint = mw.compile(SPELLED, schema=schema)
    constraint.limits = constraint._states.limits = mw.Limits(seconds=1e-6)
    for _ in range(2):
        with pytest.raises(LimitExceeded) as told:
            constraint.min_tokens(constraint.start)
        assert told.value.limit == "seconds"


def test_the_plan_of_a_long_string_is_its_least_characters():
    constraint = mw.compile(SPELLED, schema={"type": "string", "minLength": 5_000, "pattern": "^(b|a)*$"})
    assert constraint.min_tokens(constraint.start) == 1250 + 2


def test_automata_that_count_and_have_too_many_states_for_long_tokens_are_refused(monkeypatch):
    """State and weight of a token are one int32: beyond it, which takes a million states and tokens of 2,000 bytes, they would wrap."""
    vocabulary = mw.Vocabulary.from_bytes([*VOCABULARY_BYTES, b"ab" * 40], eos_ids=[5])
    states = len(counted(1, None).terminal.dfa.table)
    constraint = Constraint(vocabulary, language(counted(1, 30)))
    shift = constraint._builder.walks._counted_shift
    monkeypatch.setattr(masks, "MAX_CODE", (states << shift) - 1)
    constraint._builder.walks.endings(constraint._states.pairs(constraint.start)[0][1])
    fresh = Constraint(mw.Vocabulary.from_bytes([*VOCABULARY_BYTES, b"ab" * 40], eos_ids=[5]), language(counted(1, 30)))
    monkeypatch.setattr(masks, "MAX_CODE", ((states - 1) << shift) - 1)
    with pytest.raises(LimitExceeded, match="'states'") as caught:
        fresh._builder.walks.endings(fresh._states.pairs(fresh.start)[0][1])
    assert caught.value.allowed == states - 1
    assert "tokens of up to" in caught.value.__notes__[0]
