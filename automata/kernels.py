"""The entry kernels of the engine: one object whose members are interpreted functions until the compiled ones are there."""

from __future__ import annotations

import numpy as np

from . import _kernels_keys, _kernels_near, _kernels_open, _kernels_walk
from .jit import Kernels

MODULES = (_kernels_walk, _kernels_keys, _kernels_open, _kernels_near)
ENTRIES = (
    *("walk", "walk_terminal", "walk_difference", "feed", "gather", "key_trie", "grow_keys"),
    *("alike", "heights", "resemble", "walk_near"),
)


def _exercise(kernels: Kernels) -> None:
    """Call every entry once with the types that the engine uses."""
    trie = (np.zeros(1, np.uint8), np.ones(1, np.int32), np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.int32))
    children = (np.zeros(2, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(2, np.int32), np.zeros(0, np.int32))
    lexicon = (
        np.zeros((1, 8), np.uint32),
        np.zeros((1, 8), np.uint8),
        np.zeros(1, np.int64),
        np.zeros(1, np.int32),
        np.zeros(1, np.int32),
        np.zeros(1, np.uint8),
        np.full(1, -1, np.int64),
        np.ones(1, np.int32),
        np.ones(1, np.int32),
        np.zeros(1, np.int32),
    )
    accept = np.zeros(1, np.int32)
    parser = (np.full(2, -1, np.int64), np.zeros(2, np.int32), np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros((1, 4), np.int32))
    frontier, count = np.zeros((2, 2, 4), np.int32), np.zeros(2, np.int32)
    row, pending, out = np.zeros(1, np.uint32), np.zeros((1, 6), np.int32), np.zeros(3, np.int64)
    sheet = (row, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(2, np.int64))
    tasks = np.zeros((1, 6), np.int32)
    path, states = np.zeros((2, 2), np.int32), np.zeros((2, 2), np.int32)
    kernels.walk(children, lexicon, accept, parser, tasks, frontier, count, path, np.zeros((3, 8), np.uint32), sheet, row, pending, 10, out)
    table = (np.zeros(256, np.int32), np.zeros((1, 1), np.int32), np.zeros((1, 1), np.uint8))
    kernels.walk_terminal(trie, accept, *table, 0, 0, 1, path[0], path[1], row, count, np.zeros((1, 3), np.int32), out)
    kernels.walk_difference(trie, children, lexicon, accept, np.zeros((1, 3), np.int32), states, path, frontier, sheet, row, pending, out)
    kernels.feed(lexicon, accept, parser, np.zeros(1, np.uint8), 0, 1, frontier, count, out)
    kernels.gather(sheet, np.zeros(0, np.uint32), 0, np.zeros(1, np.int64), np.zeros(1, np.uint32), out)
    _exercise_keys(kernels)
    kind, twin = np.zeros(1, np.uint8), np.full(1, -1, np.int32)
    kernels.alike(tasks[:, :1].copy(), kind, 0, tasks[:, :1].copy(), kind, 0, np.zeros((0, 2), np.int32), twin, np.zeros(1, np.int32), kind)
    near = (np.zeros((2, 1), np.int32), np.zeros((2, 1), np.uint8), np.zeros(2, np.int32))
    alike = (np.zeros((1, 2), np.int32), np.zeros((1, 1), np.int32), np.zeros(1, np.int32))
    kernels.heights(count[:1], count[:1].copy())
    kernels.resemble(*near, 1, 1, *alike, np.full(4, -1, np.int32))
    kernels.walk_near(
        trie, count, np.zeros(256, np.int32), *near, *alike, np.zeros((4, 2), np.int32), row, np.zeros((1, 3), np.int32), count, 10, out
    )


def _exercise_keys(kernels: Kernels) -> None:
    nodes, numbers, flags = np.zeros((5, 1), np.int32), np.zeros((4, 64), np.int32), np.zeros((2, 1), np.uint8)
    trie = (flags[0], nodes[0], nodes[1], nodes[2], flags[1], nodes[3])
    kernels.key_trie(np.zeros(1, np.uint8), np.zeros(1, np.int32), *trie)
    lexicon = (
        np.zeros((64, 8), np.uint32), np.zeros((64, 8), np.uint8), np.full(64, -1, np.int64), numbers[0], numbers[1], numbers[2],
        np.zeros(64, np.int32), numbers[3],
    )
    none = np.zeros(0, np.int32)
    kernels.grow_keys(
        trie, np.zeros(1, np.int32), np.zeros((1, 256), np.int32), 0, lexicon, np.ones(2, np.int32), np.zeros((2, 2, 1), np.int32),
        np.zeros((2, 1), np.int32), none, none, np.zeros(128, np.uint8), 1, 0, np.zeros((64, 2), np.int32), np.zeros((64, 6), np.int32),
        np.array([2, 0, 2, 0], np.int64),
    )


#: what the engine calls
KERNELS = Kernels(MODULES, ENTRIES, _exercise)


def warmup() -> float:
    """Compile the kernels now, or load them from the machine's cache; return the seconds it took."""
    KERNELS.compile()
    return KERNELS.seconds
