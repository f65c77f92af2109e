"""Interiors and exits taken from another state of the same automaton, far windows, and closing tokens, against whole walks."""

import random

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import _kernels_near, bitset, kernels
from maskwright.automata.masks import TerminalWalk, TerminalWalks

STRINGS = [
    {"pattern": "^[a-c]{1,12}$"},
    {"pattern": "^[a-c]{1,12}(\\.[a-c]{1,12})*$"},
    {"pattern": "^(?!ab)[a-f]{2,9}o?$", "maxLength": 40},
    {"pattern": "^[a-c]{1,12}(\\.[a-c]{1,12}){0,3}$", "maxLength": 30},
    {"pattern": "^([a-c]|é){3,}$", "minLength": 5, "maxLength": 9},
    {"pattern": "^(foo|ab)+$"},
    {"pattern": "^a{2,5}(b|f{3})*$", "minLength": 4},
    {"format": "hostname"},
    {"format": "date"},
    {"format": "email", "maxLength": 80},
]


@pytest.fixture(scope="module")
def vocab() -> mw.Vocabulary:
    random.seed(12)
    pieces = ["a", "b", "c", "f", "o", "fo", "0", "1", ".", "-", "@", '"', '"', "\\", "\\u006", "\\u0061", "é", ",", "}"]
    words = {"".join(random.choices(pieces, k=random.randint(1, 7))).encode() for _ in range(4000)} | {b"a" * i for i in range(1, 30)}
    words |= {b"abc" * i + b'"' for i in range(6)} | {b"abc" * i + b'"}' for i in range(6)}
    single = [bytes([b]) for b in range(256)]
    tokens = [*single, *sorted(words - set(single)), b""]
    return mw.Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])


def as_sets(walk: TerminalWalk) -> tuple[bytes, dict[int, list[list[int]]]]:
    return walk.interior.tobytes(), {accept: np.stack([nodes, weights]).tolist() for accept, nodes, weights in walk.exits}


@pytest.fixture(scope="module")
def visited(vocab) -> tuple[TerminalWalks, list[int]]:
    """Return the walks of a vocabulary and explicit states of every automaton, in an order that mixes near and far ones."""
    mw.warmup()
    properties = {f"p{i}": {"type": "string", **more} for i, more in enumerate(STRINGS)}
    c = mw.compile(vocab, schema={"type": "object", "properties": properties, "required": list(properties)})
    for key in properties:
        any_one = mw.compile(vocab, schema={"type": "object", "properties": {key: properties[key]}, "required": [key]})
        state, read = any_one._states.read(any_one.start, f'{{"{key}": "'.encode())
        assert read == len(key) + 6
        any_one.allowed(state)
    walks = c._walks
    states = []
    for offset, length, _ in walks.lexicon._block_of:
        order = list(range(offset + 1, offset + length))
        random.Random(offset).shuffle(order)
        states += order[:40]
    return walks, states


@pytest.mark.parametrize("form", ["compiled", "interpreted"])
def test_walks_by_likeness_are_whole_walks(visited, monkeypatch, form):
    walks, states = visited
    if form == "interpreted":
        for name in ("heights", "resemble", "walk_near"):
            monkeypatch.setattr(kernels.KERNELS, name, getattr(_kernels_near, name))
        states = states[::4]
    fresh = TerminalWalks(walks.vocabulary, walks.lexicon)
    found = changed = 0
    for state in states:
        have = fresh._walk_by_likeness(state)
        whole = fresh._new_walk(state, False)[0]
        if have is not None:
            found += 1
            changed += have.interior is not fresh._walks[fresh._near.candidate(state)].interior
            assert as_sets(have) == as_sets(whole), state
            assert have.most >= whole.most
            assert have.interior.dtype == np.uint32
            assert all(nodes.dtype == weights.dtype == np.int32 for _, nodes, weights in have.exits)
        fresh._keep(state, whole)
    assert found > len(states) // 3
    assert 0 < changed < found


def test_windows_that_are_far_take_no_token(visited):
    walks, states = visited
    fresh = TerminalWalks(walks.vocabulary, walks.lexicon)
    lexicon = walks.lexicon
    fitting = others = 0
    for state in [state for state in states if lexicon.span[state] >= 0][::3]:
        tokens, states, used = walks.endings(state).spelled_out()
        for lo, hi in [(0, 2**31 - 1), (0, 70), (0, 25), (0, 3), (4, 30), (30, 2**31 - 1), (2, 2)]:
            alive = walks.alive(states, used, lo, hi)
            if fresh._all_fit(state, lo, hi):
                fitting += 1
                assert alive.all(), (state, lo, hi)
            else:
                others += 1
            row = fresh.interior(state, lo, hi)
            words = row.ground.copy()
            words[row.words] = row.bits
            assert bitset.to_ids(words, walks.vocabulary.size).tolist() == tokens[alive].tolist()
    assert fitting > 10
    assert others > 10


def test_closers_are_interior_tokens_that_end(visited):
    walks, states = visited
    closed = 0
    for state in states[::5]:
        inside, ends, _ = walks.endings(state).spelled_out()
        last = ~walks.lexicon.live[ends].any(axis=1)
        tokens, accepts = walks.closers(state)
        assert tokens.tolist() == inside[last].tolist()
        assert accepts.tolist() == walks.lexicon.accept[ends[last]].tolist()
        assert tokens.dtype == np.int64
        closed += len(tokens)
    assert closed > 20


def test_heights_are_of_the_longest_way_down(vocab):
    trie = vocab.trie
    height = np.zeros(trie.num_nodes, np.int32)
    _kernels_near.heights(trie.parent, height)
    for node in range(0, trie.num_nodes, 97):
        assert height[node] == trie.depth[node : node + trie.size[node]].max() - trie.depth[node]
