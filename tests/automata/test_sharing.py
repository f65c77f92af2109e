"""What constraints on one vocabulary share, and when it is renewed or loaded: no answer may depend on it."""

from __future__ import annotations

import threading

import pytest

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


@pytest.mark.parametrize("bound", ["MANY_STATES", "MANY_KEY_BYTES"])
def test_a_large_lexicon_is_left_to_those_who_use_it(monkeypatch, bound):
    vocab = vocabulary()
    old = mw.compile(vocab, schema=SCHEMA)
    want = masks_along(old, vocab, b'{"a":"ab","b":1')
    old.reset()
    monkeypatch.setattr(lexicon, bound, 0)
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


@pytest.fixture
def slow_start(monkeypatch):
    """Kernels of a new machine: interpreted, and compiled in the background once the returned event is set."""
    own = Kernels(kernels.MODULES, kernels.ENTRIES, kernels._exercise)
    go, waited = threading.Event(), threading.Event()

    def compile_when_told():
        assert go.wait(60)
        own.compiled = True

    def told(thread, timeout=None, join=threading.Thread.join):
        if thread is own._thread:
            waited.set()
            go.set()
        join(thread, timeout)

    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setattr(own, "compile", compile_when_told)
    monkeypatch.setattr(own, "_cached", False)
    monkeypatch.setattr(threading.Thread, "join", told)
    monkeypatch.setattr(masks, "KERNELS", own)
    monkeypatch.setattr(masks, "DIRECT_NODES", 0)
    yield own, waited
    go.set()
    if own._thread is not None:
        own._thread.join()


@pytest.mark.parametrize("text", [b"", b'{"'], ids=["terminal", "lazy"])
def test_walks_over_a_large_vocabulary_wait_for_the_kernels(slow_start, monkeypatch, text):
    own, waited = slow_start
    monkeypatch.setattr(masks, "MANY_NODES", 2)
    own.prepare()
    constraint = mw.compile(vocab := vocabulary(), schema={**SCHEMA, "additionalProperties": False})
    state = constraint.walk(constraint.start, vocab.byte_tokens[list(text)])[-1] if text else constraint.start
    assert not waited.is_set()
    assert len(constraint.allowed(int(state)))
    assert waited.is_set()
    assert own.compiled


def test_walks_over_a_small_vocabulary_do_not_wait(slow_start):
    own, waited = slow_start
    own.prepare()
    masks_along(mw.compile(vocab := vocabulary(), schema=SCHEMA), vocab, b'{"a":"ab","b":1')
    assert not waited.is_set()
    assert not own.compiled


def test_without_compiling_there_is_nothing_to_wait_for(slow_start, monkeypatch):
    own, waited = slow_start
    monkeypatch.setattr(masks, "MANY_NODES", 2)
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    own.prepare()
    masks_along(mw.compile(vocab := vocabulary(), schema=SCHEMA), vocab, b'{"a":"ab","b":1')
    assert own._thread is None
    assert not waited.is_set()


def test_a_lexicon_grows_while_a_constraint_is_made_and_not_in_its_masks():
    constraint = mw.compile(vocab := vocabulary(), schema=SCHEMA)
    lexer = vocab._lexicon.lexicon
    assert len(lexer.base) >= lexer.num_states + lexicon.ROOM_AHEAD
    assert len(lexer.target) >= lexer.num_targets + lexicon.ROOM_AHEAD
    base, target = lexer.base, lexer.target
    masks_along(constraint, vocab, b'{"a":"ab","b":1')
    assert lexer.base is base
    assert lexer.target is target
