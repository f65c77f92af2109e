"""The law of the engine, against brute force over the vocabulary and the definition of the language."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.automata import budget, lexicon, masks, parser
from maskwright.automata.constraint import Constraint, fill_masks
from maskwright.automata.dfa import DFA
from maskwright.automata.kernels import KERNELS
from maskwright.automata.program import TerminalProgram
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OptionError, StaleStateError, UnsatisfiableError
from maskwright.grammar.lower import GrammarProgram
from tests import reference
from tests.strategies import grammars, member_grammars, vocabularies

#: (nodes a direct walk may visit, steps of the search for distances): every way of building masks and distances must obey the law
PATHS = pytest.mark.parametrize(("direct_nodes", "search_steps"), [(3000, 2000), (0, 0)], ids=["direct", "composed"])
LAW = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def compiled():
    KERNELS.compile()


def program_of(grammar) -> GrammarProgram:
    try:
        return GrammarProgram(grammar)
    except UnsatisfiableError:
        assume(False)
        raise


def row_of(constraint: Constraint, state: int, budget: int | None = None) -> set[int]:
    row = np.full(constraint.vocab.num_words, 0xFFFFFFFF, np.uint32)
    count = constraint.fill_mask(state, row, budget)
    have = reference.row_ids(row)
    assert count == len(have)
    return have


@PATHS
@LAW
@given(grammar=grammars() | member_grammars(), vocabulary=vocabularies(), data=st.data())
def test_masks_equal_brute_force_along_random_walks(grammar, vocabulary, data, direct_nodes, search_steps, monkeypatch):
    """bit t of mask(s) <=> advance(s, t) != DEAD <=> the text with t is a prefix of a sentence; EOS <=> accepting."""
    monkeypatch.setattr(masks, "DIRECT_NODES", direct_nodes)
    if direct_nodes == 0:
        monkeypatch.setattr(parser, "WIDE", 1)
        monkeypatch.setattr(lexicon, "SLICE", 1)
    program = program_of(grammar)
    constraint = Constraint(vocabulary, program)
    language = reference.Language(program)
    state, there = constraint.start, language.start()
    for _ in range(5):
        want = reference.mask(language, there, vocabulary)
        have = row_of(constraint, state)
        assert have == want
        assert constraint.is_accepting(state) == language.accepting(there)
        assert have == {t for t in range(vocabulary.size) if constraint.advance(state, t)}
        assert have, "a reachable state must have a token"
        texts = sorted(have - set(vocabulary.eos_ids))
        if not texts:
            break
        token = data.draw(st.sampled_from(texts))
        state = constraint.advance(state, token)
        there = language.feed(there, vocabulary.token_bytes(token))


@LAW
@given(grammars(left_recursion=True), vocabularies(), st.data())
def test_left_recursive_grammars_agree_between_tokens_and_bytes(grammar, vocabulary, data):
    """With left recursion the reference has no answer; then a token is allowed iff its bytes can be fed one by one."""
    constraint = Constraint(vocabulary, program_of(grammar))
    singles = {vocabulary.token_bytes(t): t for t in range(vocabulary.size) if len(vocabulary.token_bytes(t)) == 1}
    state = constraint.start
    for _ in range(5):
        have = row_of(constraint, state)
        for token in range(vocabulary.size):
            if vocabulary.token_bytes(token):
                tokens = [singles[bytes([b])] for b in vocabulary.token_bytes(token)]
                after = constraint.walk(state, tokens)[-1]
                assert (token in have) == bool(after)
                assert constraint.is_accepting(after) == constraint.is_accepting(constraint.advance(state, token))
        texts = sorted(have - set(vocabulary.eos_ids))
        if not texts:
            break
        state = constraint.advance(state, data.draw(st.sampled_from(texts)))


@PATHS
@LAW
@given(grammar=grammars() | member_grammars(), vocabulary=vocabularies(), data=st.data())
def test_min_tokens_and_budgets(grammar, vocabulary, data, direct_nodes, search_steps, monkeypatch):
    """min_tokens is 0 iff accepting, falls along some token, is near the exact value; budget masks follow from it."""
    monkeypatch.setattr(masks, "DIRECT_NODES", direct_nodes)
    if direct_nodes == 0:
        monkeypatch.setattr(lexicon, "SLICE", 1)
    monkeypatch.setattr(budget, "SEARCH_STEPS", search_steps)
    monkeypatch.setattr(budget, "BULK_TOKENS", 0 if direct_nodes == 0 else 256)
    program = program_of(grammar)
    constraint = Constraint(vocabulary, program)
    language = reference.Language(program)
    state, there = constraint.start, language.start()
    ends = set(vocabulary.eos_ids)
    for _ in range(3):
        distance = constraint.min_tokens(state)
        assert (distance == 0) == constraint.is_accepting(state)
        exact = reference.min_tokens(language, there, vocabulary)
        assert exact is None or exact <= distance <= exact + (2 if search_steps else 99)
        texts = sorted(row_of(constraint, state) - ends)
        after = {t: constraint.min_tokens(constraint.advance(state, t)) for t in texts}
        assert distance == 0 or min(after.values()) <= distance - 1
        for left in range(4):
            want = {t for t in texts if after[t] <= left - 1} | (ends if constraint.is_accepting(state) else set())
            assert row_of(constraint, state, left) == want
        if not texts:
            break
        token = data.draw(st.sampled_from(texts))
        state = constraint.advance(state, token)
        there = language.feed(there, vocabulary.token_bytes(token))


@LAW
@given(grammars(), vocabularies(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_any_walk_under_a_budget_finishes(grammar, vocabulary, slack, random):
    constraint = Constraint(vocabulary, program_of(grammar))
    state = constraint.start
    left = constraint.min_tokens(state) + slack
    text = []
    while left:
        texts = sorted(row_of(constraint, state, left) - set(vocabulary.eos_ids))
        if not texts:
            break
        token = random.choice(texts)
        text.append(token)
        state = constraint.advance(state, token)
        left -= 1
    assert constraint.is_accepting(state)
    assert constraint.accepts(vocabulary.decode(text))


@LAW
@given(grammars(), vocabularies(), st.data())
def test_forced_bytes_are_the_only_way_on(grammar, vocabulary, data):
    program = program_of(grammar)
    constraint = Constraint(vocabulary, program)
    language = reference.Language(program)
    forced = constraint.forced(constraint.start)
    there = language.start()
    for byte in forced:
        assert not language.accepting(there)
        assert [b for b in range(256) if language.step(there, b)] == [byte]
        there = language.step(there, byte)
    if not language.accepting(there):
        assert len([b for b in range(256) if language.step(there, b)]) != 1


@LAW
@given(grammars(), vocabularies(), st.data())
def test_interpreted_kernels_equal_compiled_ones(grammar, vocabulary, data):
    constraint = Constraint(vocabulary, program_of(grammar))
    compiled = [row_of(constraint, constraint.start)]
    texts = sorted(compiled[0] - set(vocabulary.eos_ids))
    assume(texts)
    token = data.draw(st.sampled_from(texts))
    compiled.append(row_of(constraint, constraint.advance(constraint.start, token)))
    fresh = Vocabulary.from_bytes(
        [vocabulary.token_bytes(t) for t in range(vocabulary.size)], vocabulary.eos_ids, vocabulary.special_names
    )
    from maskwright.automata import _kernels_walk

    fast = {name: getattr(KERNELS, name) for name in ("walk", "walk_terminal", "walk_difference", "feed")}
    try:
        for name in fast:
            setattr(KERNELS, name, getattr(_kernels_walk, name))
        twin = Constraint(fresh, program_of(grammar))
        slow = [row_of(twin, twin.start), row_of(twin, twin.advance(twin.start, token))]
    finally:
        for name, kernel in fast.items():
            setattr(KERNELS, name, kernel)
    assert compiled == slow


def words(*strings: str) -> TerminalProgram:
    return TerminalProgram(DFA.from_strings([s.encode() for s in strings]), "words")


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary.from_bytes([b"y", b"yes", b"no", b"", b"</s>", b"<x>"], eos_ids=[4], special_ids=[5])


def test_batches_equal_loops(vocabulary):
    constraint = Constraint(vocabulary, words("yes", "no", "yesno"))
    states = [constraint.start, constraint.advance(constraint.start, 1), 0, 1]
    rows = np.full((4, 2), -1, np.int32)  # one word wider than the vocabulary
    counts = constraint.fill_masks(states, rows)
    for state, row, count in zip(states, rows, counts):
        single = np.zeros(1, np.uint32)
        assert constraint.fill_mask(state, single) == count
        assert row.view(np.uint32).tolist() == [*single.tolist(), 0]
    singles = [constraint.advance(constraint.start, t) for t in range(3)]
    assert constraint.advance_many([constraint.start] * 3, [0, 1, 2]).tolist() == singles
    both = np.zeros((2, 1), np.int32)
    assert fill_masks([constraint, None], [constraint.start, 0], both).tolist() == [3, 32]
    assert both[1, 0] == -1


def test_dead_and_end(vocabulary):
    constraint = Constraint(vocabulary, words("yes"))
    assert constraint.allowed(0).tolist() == []
    assert constraint.allowed(1).tolist() == [4]
    assert constraint.advance(1, 4) == 1
    assert constraint.advance(1, 0) == 0
    assert constraint.advance(constraint.start, 4) == 0, "the end is not allowed yet"
    assert constraint.advance(constraint.start, 5) == 0, "special tokens are no text"
    done = constraint.walk(constraint.start, [1, 4])
    assert done[-1] == 1
    assert constraint.verify(constraint.start, [1, 4, 4, 0]) == 3


def test_reset_makes_old_states_raise(vocabulary):
    constraint = Constraint(vocabulary, words("yes"))
    old = constraint.start
    constraint.reset()
    assert constraint.start != old
    with pytest.raises(StaleStateError, match="reset"):
        constraint.allowed(old)
    with pytest.raises(StaleStateError):
        constraint.advance(10**6, 0)
    assert constraint.allowed(constraint.start).tolist() == [0, 1]


def test_bad_arguments(vocabulary):
    constraint = Constraint(vocabulary, words("yes"))
    with pytest.raises(OptionError, match="at least 1 words"):
        constraint.fill_mask(constraint.start, np.zeros(0, np.uint32))
    with pytest.raises(OptionError, match="int32 or uint32"):
        constraint.fill_mask(constraint.start, np.zeros(1, np.int64))
    with pytest.raises(OptionError, match="below 6"):
        constraint.advance(constraint.start, 6)
    with pytest.raises(OptionError, match="live state"):
        constraint.min_tokens(0)


def test_explain_says_where_and_what(vocabulary):
    constraint = Constraint(vocabulary, words("yes"))
    explanation = constraint.explain("yex")
    assert (explanation.accepted, explanation.position, explanation.expected) == (False, 2, ("words",))
    assert constraint.explain("yes").accepted


def test_eviction_changes_nothing(vocabulary):
    from maskwright.automata.limits import Limits

    roomy = Constraint(vocabulary, words("yes", "no"))
    tight = Constraint(vocabulary, words("yes", "no"), limits=Limits(memory_bytes=1))
    for token in (0, 1, 2):
        assert (tight.advance(tight.start, token) == 0) == (roomy.advance(roomy.start, token) == 0)
        assert tight.allowed(tight.start).tolist() == roomy.allowed(roomy.start).tolist()


def test_budgets_in_a_large_automaton_take_little_memory():
    """Where nothing is counted, room is made for the states that tokens lead to and no weights, however long the longest token is."""
    mw.warmup()
    rng = random.Random(1)
    texts = ["".join(rng.choices("abcdefgh", k=12)) for _ in range(4000)]
    tokens = [*(bytes([b]) for b in range(256)), *{text[:3].encode() for text in texts}, b" " * 2000]
    vocabulary = Vocabulary.from_bytes([*tokens, b""], eos_ids=(len(tokens),))
    constraint = mw.compile(vocabulary, choice=texts)
    walks = constraint._walks
    offset, size, info = max(walks.lexicon._block_of, key=lambda block: block[1])
    assert size > 15_000
    state = offset + info["dfa"].start
    tracemalloc.start()
    endings = walks.endings(state)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21
    inside, ends, used = endings.spelled_out()
    assert set(inside.tolist()) == set(constraint.allowed(constraint.start)) - {len(tokens)}
    assert not used.any()
    for token, end in zip(inside.tolist(), ends.tolist()):
        at = info["dfa"].start
        for byte in tokens[token]:
            at = info["dfa"].step(at, byte)
        assert offset + at == end
