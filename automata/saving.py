"""Constraints in files: their source, and on request the warm tables.

A cold file is JSON. A warm one is an array file (`cache`) with the same record in its header and the tables of a `snapshot`.

What is kept are answers: the states visited, each with the token path that leads to it, the steps between them and their masks. States are
made again by reading their paths, not copied: their numbers and the tables behind them belong to a process. So a restored constraint is an
ordinary one that has already been where the saved one had been, and goes on computing from there; the masks, whose walks over the
vocabulary were the slow part, are taken as they are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maskwright.errors import SerializationVersionError

from . import bitset
from .cache import MAGIC, read_arrays, write_arrays
from .states import DEAD, END

if TYPE_CHECKING:
    from .mask_pool import Mask, MaskPool
    from .vocabulary import Vocabulary

FORMAT = "maskwright-constraint-1"
Steps = Mapping[int, Mapping[int, int]]
ARRAYS = {"steps": 2, "after": 1, "mask_of": 1, "rows": 2, "starts": 1, "positions": 1, "bits": 1}


def write_saved(path: str | os.PathLike[str], source: Mapping[str, Any], vocabulary: Vocabulary, arrays: Mapping[str, np.ndarray]) -> None:
    """Write a constraint's ``source``, and its ``arrays`` if there are any; atomically."""
    record = {"format": FORMAT, "engine": version("maskwright"), "vocabulary": vocabulary.fingerprint, "source": source}
    target = Path(path)
    if arrays:
        write_arrays(target, arrays, record)
        return
    partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    partial.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    os.replace(partial, target)


def read_saved(path: str | os.PathLike[str], vocabulary: Vocabulary) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the source that `write_saved` wrote, and the arrays if there are any that this version of the engine made.

    Raises
    ------
    SerializationVersionError
        If the file is not one of ours, or of another format or vocabulary.
    """
    shown = repr(os.fspath(path))
    arrays: dict[str, np.ndarray] = {}
    try:
        with open(path, "rb") as file:
            is_warm = file.read(len(MAGIC)) == MAGIC
        if is_warm:
            arrays, record = read_arrays(Path(path))
        else:
            record = json.loads(Path(path).read_text(encoding="utf-8"))
        made_by, fingerprint, source = record["format"], record["vocabulary"], record["source"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SerializationVersionError(f"{shown} is not a saved constraint") from error
    if made_by != FORMAT:
        raise SerializationVersionError(f"{shown} has format {made_by!r}, this version reads {FORMAT!r}: compile it again")
    if fingerprint != vocabulary.fingerprint:
        raise SerializationVersionError(
            f"{shown} was saved for another tokenizer ({fingerprint}, here {vocabulary.fingerprint}): compile it again"
        )
    if not isinstance(source, dict):
        raise SerializationVersionError(f"{shown} is not a saved constraint")
    return source, arrays if record.get("engine") == version("maskwright") else {}


def snapshot(start: int, steps: Steps, masks: Mapping[int, Mask], num_words: int) -> dict[str, np.ndarray]:
    """Return the visited part of an automaton.

    Parameters
    ----------
    start : int
    steps : mapping of state to mapping of token to state
    masks : mapping of state to Mask
    num_words : int

    Returns
    -------
    dict of arrays
        ``steps`` int32[m, 2] (place of a state, token) and ``after`` int32[m] (place of the next; -1 is DEAD), in an order in which every
        state but the start is reached before it is left; ``mask_of`` int32[n], the mask of each place or -1; ``rows`` uint32[k, num_words],
        the dense masks, which come first; ``starts`` int64[l + 1], ``positions`` int32, ``bits`` uint32: the sparse ones.
    """
    place = {start: 0}
    queue = [start]
    left, after = [], []
    for state in queue:
        for token, target in list(steps.get(state, {}).items()):
            if target == END:
                continue
            if target != DEAD and target not in place:
                place[target] = len(place)
                queue.append(target)
            left.append((place[state], token))
            after.append(-1 if target == DEAD else place[target])
    unique = {id(masks[state]): masks[state] for state in queue if state in masks}
    dense = [mask for mask in unique.values() if mask.words is not None]
    sparse = [mask for mask in unique.values() if mask.words is None]
    numbers = {id(mask): number for number, mask in enumerate([*dense, *sparse])}
    return {
        "steps": np.array(left, np.int32).reshape(-1, 2),
        "after": np.array(after, np.int32),
        "mask_of": np.array([numbers[id(masks[state])] if state in masks else -1 for state in queue], np.int32),
        "rows": np.array([mask.dense() for mask in dense], np.uint32).reshape(-1, num_words),
        "starts": np.cumsum([0, *(len(mask.positions) for mask in sparse)]),
        "positions": np.concatenate([np.zeros(0, np.int32), *(mask.positions.astype(np.int32) for mask in sparse)]),
        "bits": np.concatenate([np.zeros(0, np.uint32), *(mask.bits for mask in sparse)]),
    }


def restore(
    arrays: Mapping[str, np.ndarray],
    start: int,
    feed: Callable[[int, int], int],
    pool: MaskPool,
    num_words: int,
    size: int,
) -> tuple[dict[int, dict[int, int]], dict[int, Mask]]:
    """Return the steps and masks of a `snapshot` for the states of this process.

    Parameters
    ----------
    arrays : mapping of arrays
    start : int
    feed : callable
        ``feed(state, token) -> state`` makes the states.
    pool : MaskPool
        Where the masks are interned.
    num_words, size : int
        Of the vocabulary.

    Raises
    ------
    SerializationVersionError
        If the arrays do not fit together, or lead elsewhere than they say.
    """
    for name, dimensions in ARRAYS.items():
        if name not in arrays or arrays[name].ndim != dimensions or arrays[name].dtype.kind not in "iu":
            raise _unfit(name)
    masks = _masks(arrays, pool, num_words, size)
    mask_of = arrays["mask_of"]
    states: list[int] = [start]
    steps: dict[int, dict[int, int]] = {}
    if len(arrays["after"]) != len(arrays["steps"]):
        raise _unfit("after")
    for (place, token), target in zip(arrays["steps"].tolist(), arrays["after"].tolist()):
        if not (0 <= place < len(states) and 0 <= token < size and -1 <= target <= len(states)):
            raise _unfit("steps")
        if target == len(states):
            made = feed(states[place], token)
            if made == DEAD:
                raise _unfit("after")
            states.append(made)
        steps.setdefault(states[place], {})[token] = DEAD if target < 0 else states[target]
    if len(mask_of) != len(states) or (len(mask_of) and not -1 <= mask_of.min() <= mask_of.max() < len(masks)):
        raise _unfit("mask_of")
    return steps, {state: masks[number] for state, number in zip(states, mask_of.tolist()) if number >= 0}


def _masks(arrays: Mapping[str, np.ndarray], pool: MaskPool, num_words: int, size: int) -> list[Mask]:
    rows, starts, positions, bits = (arrays[name] for name in ("rows", "starts", "positions", "bits"))
    fit = rows.shape[1] == num_words and rows.dtype == bits.dtype == np.uint32 and len(positions) == len(bits)
    if not fit or not len(starts) or starts[0] != 0 or starts[-1] != len(bits) or (np.diff(starts) < 0).any():
        raise _unfit("rows")
    if len(positions) and not 0 <= positions.min() <= positions.max() < num_words:
        raise _unfit("positions")
    beyond = ~bitset.from_ids(np.arange(size), size)
    masks = []
    for row in rows:
        masks.append(row.copy())
    for first, last in zip(starts[:-1].tolist(), starts[1:].tolist()):
        row = np.zeros(num_words, np.uint32)
        row[positions[first:last]] = bits[first:last]
        masks.append(row)
    if any((row & beyond).any() for row in masks):
        raise _unfit("rows")
    return [pool.intern(row) for row in masks]


def _unfit(name: str) -> SerializationVersionError:
    return SerializationVersionError(f"the saved tables do not fit together ({name}): compile the constraint again")
