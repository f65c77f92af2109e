"""Saved constraints, cold and warm, and states visited beforehand: the loaded one answers as the saved one did."""

from __future__ import annotations

import json
import random
import threading

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata import mask_pool, saving
from maskwright.automata.cache import read_arrays, write_arrays
from maskwright.errors import OptionError, SerializationVersionError

TOKENS = [bytes([b]) for b in b'{}[]:," ab12.e0truefals\\n-+'] + [b'"a', b'":', b'{"', b'a":"', b'","b', b"ab", b"]]"]
SCHEMAS = (
    {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}, "b": {}}, "required": ["b"]},
    {"type": "array", "items": {"type": "array", "items": {"enum": ["a", "b", 12]}}},
    {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
)


def vocabulary() -> mw.Vocabulary:
    return mw.Vocabulary.from_bytes([*TOKENS, b"</s>"], eos_ids=[len(TOKENS)])


def wander(constraint: mw.Constraint, seed: int, steps: int) -> list[tuple[int, list[int]]]:
    """Walk along masks at random; return token and mask of each step."""
    rng = random.Random(seed)
    state, seen = constraint.start, []
    for _ in range(steps):
        allowed = constraint.allowed(state).tolist()
        token = rng.choice(allowed) if allowed else 0
        seen.append((token, allowed))
        state = constraint.advance(state, token)
        if state < 2:
            state = constraint.start
    return seen


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize(("warm", "sparse", "patch"), [(False, 96, 1024), (True, 96, 1024), (True, 0, 1024), (True, 0, 0)])
def test_a_loaded_constraint_answers_as_the_saved_one(schema, warm, sparse, patch, tmp_path, monkeypatch):
    monkeypatch.setattr(mask_pool, "SPARSE_WORDS", sparse)
    monkeypatch.setattr(mask_pool, "PATCH_WORDS", patch)
    saved = mw.compile(vocabulary(), schema=schema, key_order="any")
    before = [wander(saved, seed, 30) for seed in range(3)]
    saved.save(tmp_path / "c", warm=warm)
    loaded = mw.load(tmp_path / "c", vocabulary())
    assert (len(loaded._masks) > 10) == warm
    assert [wander(loaded, seed, 30) for seed in range(3)] == before
    assert [wander(loaded, seed, 30) for seed in range(3, 6)] == [wander(saved, seed, 30) for seed in range(3, 6)]
    assert loaded.min_tokens(loaded.start) == saved.min_tokens(saved.start)


def test_a_warm_constraint_knows_its_masks_without_computing_them(tmp_path, monkeypatch):
    saved = mw.compile(vocabulary(), schema=SCHEMAS[0])
    before = wander(saved, 1, 40)
    saved.save(tmp_path / "c", warm=True)
    loaded = mw.load(tmp_path / "c", vocabulary())
    monkeypatch.setattr(mw.Constraint, "_new_mask", None)
    monkeypatch.setattr(type(loaded._states), "feed", None)
    assert wander(loaded, 1, 40) == before


def test_files_that_are_no_saved_constraints(tmp_path):
    vocab = vocabulary()
    path = tmp_path / "c"
    good = {"format": saving.FORMAT, "vocabulary": vocab.fingerprint, "source": {"schema": True}}
    for content in (b"", b"{}", b"[1]", b"\xff\xfe", b"MWARRAY1" + bytes(40), b"[" * 100_000, json.dumps({**good, "source": [1]}).encode()):
        path.write_bytes(content)
        with pytest.raises(SerializationVersionError):
            mw.load(path, vocab)
    for change in ({"format": "x"}, {"vocabulary": "x"}, {"source": {"nonsense": 1}}, {"source": {}}):
        path.write_text(json.dumps({**good, **change}))
        with pytest.raises(SerializationVersionError):
            mw.load(path, vocab)
    with pytest.raises(FileNotFoundError):
        mw.load(tmp_path / "none", vocab)


def test_tables_that_do_not_fit_are_refused_whatever_they_hold(tmp_path):
    vocab = vocabulary()
    constraint = mw.compile(vocab, schema=SCHEMAS[0])
    wander(constraint, 0, 40)
    constraint.save(tmp_path / "c", warm=True)
    arrays, meta = read_arrays(tmp_path / "c")
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        changed = {name: array.copy() for name, array in arrays.items()}
        name = rng.choice(list(changed))
        array = changed[name]
        match rng.integers(4):
            case 0 if array.size:
                array.flat[rng.integers(array.size)] = rng.choice([-2, -1, 0, 1, 2**31 - 1]) if array.dtype != np.uint32 else 2**32 - 1
            case 1:
                changed[name] = array[:-1]
            case 2:
                changed[name] = array.astype(np.float64)
            case _:
                del changed[name]
        write_arrays(tmp_path / "d", changed, meta)
        try:
            loaded = mw.load(tmp_path / "d", vocab)
        except SerializationVersionError:
            refused += 1
        else:
            loaded.allowed(loaded.start)
    assert refused > 100


def test_tables_of_another_version_are_left_aside(tmp_path):
    vocab = vocabulary()
    constraint = mw.compile(vocab, schema=SCHEMAS[0])
    wander(constraint, 0, 40)
    constraint.save(tmp_path / "c", warm=True)
    arrays, meta = read_arrays(tmp_path / "c")
    write_arrays(tmp_path / "c", arrays, {**meta, "engine": "0.0.0"})
    assert len(mw.load(tmp_path / "c", vocabulary())._masks) == 2


def test_a_constraint_of_python_objects_cannot_be_saved(tmp_path):
    from maskwright.automata.program import TerminalProgram
    from maskwright.grammar.choice import choice_dfa

    with pytest.raises(OptionError, match="JSON values"):
        mw.Constraint(vocabulary(), TerminalProgram(choice_dfa(["a"]), "a")).save(tmp_path / "c")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_precomputing_changes_no_answer(schema):
    plain, ahead = (mw.compile(vocabulary(), schema=schema) for _ in range(2))
    assert ahead.precompute(seconds=30, max_states=40).result() == 40
    assert len(ahead._masks) >= 40
    assert [wander(ahead, seed, 30) for seed in range(3)] == [wander(plain, seed, 30) for seed in range(3)]


def test_precomputing_keeps_to_its_budgets():
    constraint = mw.compile(vocabulary(), schema=SCHEMAS[0])
    assert constraint.precompute(seconds=30, max_states=0).result() == 0
    assert constraint.precompute(seconds=-1).result() == 0
    assert mw.compile(vocabulary(), choice=["a", "ab"]).precompute().result() == 3


@pytest.mark.parametrize("schema", SCHEMAS)
def test_threads_on_one_constraint_are_bit_equal_to_one(schema):
    shared, alone = (mw.compile(vocabulary(), schema=schema, limits=mw.Limits(memory_bytes=50_000)) for _ in range(2))
    found: dict[int, object] = {}
    ready = threading.Barrier(4)

    def work(seed: int) -> None:
        ready.wait()
        found[seed] = wander(shared, seed, 120)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(4)] == [wander(alone, seed, 120) for seed in range(4)]
