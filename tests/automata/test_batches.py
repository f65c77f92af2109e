"""Batches of masks: rows of a batch equal masks filled one by one, whatever is known, shared, renewed or evicted before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import maskwright as mw
from maskwright.automata import rows
from maskwright.errors import OptionError, StaleStateError

TOKENS = [bytes([b]) for b in b'{}[]:," ab1\\'] + [b'"a', b'":', b'{"', b'a":"', b'","b']
SCHEMAS = (
    {"type": "object", "properties": {"a": {"type": "string", "maxLength": 2}, "b": {}}, "required": ["b"]},
    {"type": "array", "items": {"enum": ["a", "b", 1]}},
    {"type": "string", "pattern": "^a+b"},
)


def vocabulary() -> mw.Vocabulary:
    return mw.Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])


def one_by_one(constraint: mw.Constraint, states: list[int], width: int) -> tuple[list[int], np.ndarray]:
    out = np.full((len(states), width), 7, np.uint32)
    return [constraint.fill_mask(state, row) for state, row in zip(states, out)], out


@settings(max_examples=25, deadline=None)
@given(data=st.data(), capacity=st.sampled_from([1, 2, 5, 64]), width=st.integers(1, 2))
def test_batches_equal_masks_one_by_one(data, capacity, width):
    vocab = vocabulary()
    constraints = [mw.compile(vocab, schema=schema) for schema in SCHEMAS]
    renew = rows.PoolRows.renew
    vocab._lexicon.pool.rows.renew = lambda: small(renew(vocab._lexicon.pool.rows), vocab._lexicon.pool.rows, capacity)
    known = [[0, 1, c.start] for c in constraints]
    for _ in range(data.draw(st.integers(2, 6))):
        which = data.draw(st.integers(0, 2))
        constraint, states = constraints[which], known[which]
        if data.draw(st.booleans()):
            tokens = data.draw(st.lists(st.integers(0, len(TOKENS)), min_size=len(states), max_size=len(states)))
            states[:] = sorted({*states, *constraint.advance_many(states, tokens).tolist()})
        if data.draw(st.integers(0, 5)) == 0:
            constraint._evict()
        chosen = data.draw(st.lists(st.sampled_from(states), max_size=8))
        out = np.full((len(chosen), width), 9, np.uint32)
        counts = constraint.fill_masks(chosen, out)
        want_counts, want = one_by_one(constraint, chosen, width)
        assert counts.tolist() == want_counts
        assert np.array_equal(out, want)
        mixed = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=8))
        cells = [(None, 0) if k == 3 else (constraints[k], data.draw(st.sampled_from(known[k]))) for k in mixed]
        out = np.full((len(cells), width), 9, np.int32)
        counts = mw.fill_masks([c for c, _ in cells], [s for _, s in cells], out)
        for (c, s), count, row in zip(cells, counts, out):
            if c is None:
                assert (count, row.tolist()) == (32 * width, [-1] * width)
            else:
                assert ([count], row.view(np.uint32).tolist()) == ((r := one_by_one(c, [s], width))[0], r[1][0].tolist())


def small(table: rows.RowTable, pool_rows: rows.PoolRows, capacity: int) -> rows.RowTable:
    table.capacity = capacity
    pool_rows.table = table
    return table


def test_states_of_an_earlier_epoch_are_refused_in_batches_too():
    vocab = vocabulary()
    constraint = mw.compile(vocab, schema=SCHEMAS[0])
    old = constraint.start
    out = np.zeros((1, vocab.num_words), np.uint32)
    constraint.fill_masks([old], out)
    constraint.reset()
    for batch in (lambda: constraint.fill_masks([old], out), lambda: mw.fill_masks([constraint], [old], out)):
        with pytest.raises(StaleStateError):
            batch()
    with pytest.raises(StaleStateError):
        constraint.fill_masks([constraint.start + 99], out)


def test_blocks_that_cannot_be_filled():
    vocab = vocabulary()
    constraint = mw.compile(vocab, schema=SCHEMAS[0])
    fixed = np.zeros((1, 1), np.uint32)
    fixed.flags.writeable = False
    for out in (fixed, np.zeros((1, 1)), np.zeros(1, np.uint32), [[0]], np.zeros((1, 0), np.uint32), np.zeros((2, 1), np.uint32)):
        with pytest.raises(OptionError, match="writeable"):
            constraint.fill_masks([constraint.start], out)
        with pytest.raises(OptionError, match="writeable"):
            mw.fill_masks([constraint], [constraint.start], out)


def test_empty_batches():
    vocab = vocabulary()
    out = np.zeros((0, vocab.num_words), np.uint32)
    assert mw.compile(vocab, schema=True).fill_masks([], out).tolist() == []
    assert mw.fill_masks([], [], out).tolist() == []
    assert mw.fill_masks([None], [0], wide := np.zeros((1, 2), np.uint32)).tolist() == [64]
    assert wide.tolist() == [[0xFFFFFFFF] * 2]


def test_constraints_and_states_that_are_none():
    vocab = vocabulary()
    constraint = mw.compile(vocab, schema=SCHEMAS[0])
    out = np.zeros((1, vocab.num_words), np.uint32)
    for constraints in (None, constraint, 3, "x", ["x"], [constraint.start], iter([constraint])):
        with pytest.raises(OptionError, match="sequence of constraints"):
            mw.fill_masks(constraints, [constraint.start], out)
    for states in (None, constraint.start, [None], [0.5], ["0"], [[0]]):
        with pytest.raises(OptionError, match="sequence of integers"):
            mw.fill_masks([constraint], states, out)
        with pytest.raises(OptionError, match="sequence of integers"):
            constraint.fill_masks(states, out)
    for constraints in (np.array([constraint], object), {0: constraint}.values(), (constraint,)):
        assert mw.fill_masks(constraints, [constraint.start], out).tolist() == [constraint.fill_mask(constraint.start, out[0])]
    with pytest.raises(OptionError, match="one state for each of the 1 constraints"):
        mw.fill_masks([constraint], [constraint.start] * 2, out)
