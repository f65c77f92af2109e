"""What constraints on one vocabulary share, and when it is renewed or loaded: no answer may depend on it."""

from __future__ import annotations

import maskwright as mw
from maskwright.automata import kernels, lexicon, masks
from maskwright.automata.jit import PATIENCE, Kernels

SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 2}, "b": {}}, "required": ["b"]}


def vocabulary() -> mw.Vocabulary:
    tokens = [bytes([b]) for b in b'{}[]:," ab1\\'] + [b'"a', b'":', b'{"', b'a":"', b'","b']
    return mw.Vocabulary.from_bytes([*tokens, b"</s>"], eos_ids=[len(tokens)])


def masks_along(constraint: mw.Constraint, vocab: mw.Vocabulary, text: bytes) -> list[list[int]]:
    state, found = constraint.start, []
    for byte in text:
        found.append(constraint.allowed(state).tolist())
        state = constraint.advance(state, int(vocab.byte_tokens[byte]))
    return [*found, constraint.allowed(state).tolist()]


def test_a_large_lexicon_is_left_to_those_who_use_it(monkeypatch):
    vocab = vocabulary()
    old = mw.compile(vocab, schema=SCHEMA)
    want = masks_along(old, vocab, b'{"a":"ab","b":1')
    old.reset()
    monkeypatch.setattr(lexicon, "MANY_STATES", 0)
    new = mw.compile(vocab, schema=SCHEMA)
    assert new._walks is not old._walks
    assert masks_along(new, vocab, b'{"a":"ab","b":1') == want
    assert masks_along(old, vocab, b'{"a":"ab","b":1') == want


def test_walks_beyond_their_byte_budget_are_made_again(monkeypatch):
    want = masks_along(mw.compile(vocab := vocabulary(), schema=SCHEMA), vocab, b'{"a":"ab","b":1')
    monkeypatch.setattr(masks, "DIRECT_NODES", 0)
    monkeypatch.setattr(masks, "WALK_BYTES", 0)
    monkeypatch.setattr(masks, "KEPT_ENDINGS", 1)
    fresh = vocabulary()
    assert masks_along(mw.compile(fresh, schema=SCHEMA), fresh, b'{"a":"ab","b":1') == want
    assert len(fresh._lexicon._walks) <= 1
    assert len(fresh._lexicon._endings) <= 1


def test_kernels_are_loaded_once_there_is_work_for_them():
    kernels.KERNELS.compile()  # now the machine has them
    own = Kernels(kernels.MODULES, kernels.ENTRIES, kernels._exercise)
    own.prepare()
    own.expect_work(PATIENCE - 1)
    assert not own.compiled
    own.expect_work()
    assert own.compiled
