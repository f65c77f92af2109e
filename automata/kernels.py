"""The entry kernels of the engine: one object whose members are interpreted functions until the compiled ones are there."""

from __future__ import annotations

import numpy as np

from . import _kernels_walk
from .jit import Kernels


def _exercise(kernels: Kernels) -> None:
    """Call every entry once with the types that the engine uses."""
    trie = (np.zeros(1, np.uint8), np.ones(1, np.int32), np.zeros(1, np.int32), np.zeros(2, np.int32), np.zeros(0, np.int32))
    children = (np.zeros(2, np.int32), np.zeros(0, np.uint8), np.zeros(0, np.int32), np.zeros(2, np.int32), np.zeros(0, np.int32))
    lexicon = (
        np.zeros((1, 8), np.uint32),
        np.zeros((1, 8), np.uint8),
        np.zeros(1, np.int64),
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
    tasks = np.zeros((1, 6), np.int32)
    path, states = np.zeros((2, 2), np.int32), np.zeros((2, 2), np.int32)
    kernels.walk(children, lexicon, accept, parser, tasks, frontier, count, path, np.zeros((2, 8), np.uint32), row, pending, 10, out)
    kernels.walk_terminal(trie, lexicon, accept, 0, path[0], path[1], row, count, count, np.zeros((1, 3), np.int32), out)
    kernels.walk_difference(trie, children, lexicon, accept, np.zeros((1, 3), np.int32), states, path, row, pending, out)
    kernels.feed(lexicon, accept, parser, np.zeros(1, np.uint8), 0, 1, frontier, count, out)


#: what the engine calls
KERNELS = Kernels(_kernels_walk, ("walk", "walk_terminal", "walk_difference", "feed"), _exercise)


def warmup() -> float:
    """Compile the kernels now, or load them from the machine's cache; return the seconds it took."""
    KERNELS.compile()
    return KERNELS.seconds
