"""Bitsets agree with Python sets."""

from __future__ import annotations

import numpy as np
import pytest

from maskwright.automata import bitset


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 1000])
def test_agrees_with_sets(size):
    random = np.random.default_rng(size)
    members = random.random(size) < 0.3
    want = set(np.flatnonzero(members).tolist())
    words = bitset.pack(members)
    assert words.dtype == np.uint32
    assert len(words) == bitset.num_words(size)
    assert bitset.to_ids(words, size).tolist() == sorted(want) == bitset.to_ids(words).tolist()
    assert (bitset.unpack(words, size) == members).all()
    assert bitset.popcount(words) == len(want)
    assert (bitset.from_ids(want, size) == words).all()
    assert {token for token in range(size + 40) if bitset.contains(words, token)} == want
    assert [int(words[t // 32]) >> (t % 32) & 1 for t in range(size)] == members.astype(int).tolist()


def test_add_and_discard_in_place_on_either_signedness():
    for dtype in (np.uint32, np.int32):
        words = np.zeros(3, dtype)
        for token in (0, 31, 32, 95):
            bitset.add(words, token)
        bitset.discard(words, 32)
        assert bitset.to_ids(words).tolist() == [0, 31, 95]
        assert bitset.popcount(words) == 3


def test_rows_are_packed_along_the_last_axis():
    members = np.random.default_rng(0).random((4, 70)) < 0.5
    words = bitset.pack(members)
    assert words.shape == (4, 3)
    assert (bitset.unpack(words, 70) == members).all()
    assert all((bitset.pack(row) == words[i]).all() for i, row in enumerate(members))


def test_nothing():
    assert bitset.pack(np.zeros(0, bool)).shape == (0,)
    assert bitset.from_ids([], 5).tolist() == [0]
    assert bitset.popcount(np.zeros(0, np.uint32)) == 0
