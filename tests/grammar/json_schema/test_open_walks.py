"""Interiors and exits taken from a shared terminal's open part, against walks over the whole vocabulary."""

import random

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import open_walks
from maskwright.automata.masks import TerminalWalk

CONTAINING = ["foo", "a.*b", "^a|b$", "[0-9]{2}", "é", '"', "\\\\", "^(?!ab)", "^ab", "ba$"]
ANCHORED = ["^[a-c]+$", "^a{2,9}$", "^[^b]*$", "^(foo|ab)+$"]


@pytest.fixture(scope="module")
def vocab() -> mw.Vocabulary:
    random.seed(11)
    pieces = ["a", "b", "f", "o", "fo", "0", "1", '"', '"', '\\"', "\\", "\\u00", "é", ",", "}", ": ", "/"]
    words = {"".join(random.choices(pieces, k=random.randint(1, 5))).encode() for _ in range(3000)}
    single = [bytes([b]) for b in range(256)]
    tokens = [*single, *sorted(words - set(single)), b""]
    return mw.Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])


def as_sets(walk: TerminalWalk) -> tuple[bytes, dict[int, list[int]]]:
    return walk.interior.tobytes(), {accept: nodes.tolist() for accept, nodes, _ in walk.exits}


@pytest.mark.parametrize("kernels", ["compiled", "interpreted"])
def test_walks_by_twin_are_whole_walks(vocab, monkeypatch, kernels):
    mw.warmup()
    if kernels == "interpreted":
        from maskwright.automata._kernels_open import alike

        monkeypatch.setattr(open_walks.KERNELS, "alike", alike)
    properties = {f"p{i}": {"type": "string", "pattern": pattern} for i, pattern in enumerate(CONTAINING + ANCHORED)}
    closing = {"propertyNames": {"minLength": 2}, "patternProperties": {"^x": {"type": "integer"}, "y": False}}
    c = mw.compile(vocab, schema={"type": "object", "properties": properties})
    other = mw.compile(vocab, schema={"type": "object", **closing})
    for constraint, text in [(c, f'{{"{key}": "'.encode()) for key in properties] + [(other, b'{"')]:
        state, read = constraint._states.read(constraint.start, text)
        assert read == len(text)
        constraint.allowed(state)
    walks = c._walks
    assert walks is other._walks
    found = 0
    for offset, length, info in walks.lexicon._block_of:
        for state in range(offset + 1, offset + length):
            if walks.lexicon.span[state] >= 0 or offset in walks.lexicon.shared_blocks:
                continue
            have = walks._walk_by_twin(state)
            if have is not None:
                found += 1
                assert as_sets(have) == as_sets(walks._new_walk(state, False)[0]), (info["dfa"].num_states, state - offset)
                assert have.interior.dtype == np.uint32
    assert found > 40


def test_automata_that_die_inside_have_no_twin(vocab):
    mw.warmup()
    c = mw.compile(vocab, schema={"type": "object", "properties": {"a": {"type": "string", "pattern": "^[a-c]+$"}}})
    state, _ = c._states.read(c.start, b'{"a": "b')
    ((_, inside, _, _),) = c._states.pairs(state)
    assert c._walks._walk_by_twin(inside) is None
