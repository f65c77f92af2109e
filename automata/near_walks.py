"""Interiors and exits taken from those of another state of the same automaton.

A counter in a pattern (``{1,63}`` in a host name) gives every character states of its own, which differ only in how many more may
come: no two tokens in a thousand are long enough to tell them. `_kernels_near.resemble` says how long a text must be that does, from
every pair of states that the two lead to, so that a walk from both at once passes by all nodes of the trie with too little below
them. States that differ in a few bytes only (after a dot no other dot) come to the same few paths. 0.1 to 0.3 ms where the walk over
the vocabulary takes 1.5.

Invariant: what `NearWalks.walk` returns equals what the kernel `walk_terminal` finds (``tests/grammar/json_schema/test_near_walks.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._kernels_walk import DONE
from .kernels import KERNELS
from .lexicon import Lexicon, byte_classes
from .trie import Trie

#: pairs of states followed, and nodes looked at, before a walk of its own is made
MAX_PAIRS = 2048
MAX_LOOKS = 40_000
#: states of one automaton that others are compared with, the last ones
CANDIDATES = 32
#: exits that change
_ROOM = 2048


class Near(NamedTuple):
    """How a state's walk differs from another's: the other, the interior, (node, lexer state, weight) of exits that come, nodes of those
    that go, and the most weight of a token among what was looked at."""

    other: int
    row: np.ndarray
    exits: np.ndarray
    gone: np.ndarray
    most: int


class NearWalks:
    """Walks by likeness, of one vocabulary. Callers hold the vocabulary's lock."""

    def __init__(self, lexicon: Lexicon, trie: Trie):
        self._lexicon = lexicon
        self._trie = trie
        self._height: np.ndarray | None = None
        self._walked: dict[int, list[int]] = {}
        self._pairs = np.zeros((MAX_PAIRS, 2), np.int32)
        self._apart = np.zeros(MAX_PAIRS, np.int32)
        self._slots = np.zeros(4 * MAX_PAIRS, np.int32)
        self._exits = np.zeros((_ROOM, 3), np.int32)
        self._gone = np.zeros(_ROOM, np.int32)
        self._path = np.zeros((4, int(trie.depth.max(initial=0)) + 2), np.int32)

    def learn(self, state: int) -> None:
        """Take up an explicit state whose walk is known."""
        walked = self._walked.setdefault(self._lexicon.explicit(state)[0], [])
        if state not in walked:
            walked.append(state)
            del walked[:-CANDIDATES]

    def candidate(self, state: int) -> int:
        """Return the walked state of the same automaton that looks most like ``state``, 0 if there is none."""
        offset, dfa = self._lexicon.explicit(state)
        walked = self._walked.get(offset)
        if not walked:
            return 0
        own, others = dfa.table[state - offset], dfa.table[np.array(walked) - offset]
        alike = ((own != 0) == (others != 0)).sum(axis=1) * dfa.num_states + (own == others).sum(axis=1)
        return walked[-1 - int(np.argmax(alike[::-1]))]

    def walk(self, state: int, other: int, row: np.ndarray) -> Near | None:
        """Walk ``state`` by its difference from ``other``, whose interior is ``row``; None where that is not less work."""
        lexicon, trie = self._lexicon, self._trie
        offset, dfa = lexicon.explicit(state)
        table, heavy = dfa.table, lexicon.weights_of(state)
        accepts = lexicon.accept[offset : offset + dfa.num_states]
        after = np.empty((MAX_PAIRS, table.shape[1]), np.int32)
        self._slots.fill(-1)
        alike = self._pairs, after, self._apart
        if not KERNELS.resemble(table, heavy, accepts, state - offset, other - offset, *alike, self._slots):
            return None
        if self._height is None:
            self._height = np.zeros(trie.num_nodes, np.int32)
            KERNELS.heights(trie.parent, self._height)
        row = row.copy()
        out = np.zeros(3, np.int64)
        code = KERNELS.walk_near(
            (trie.byte, trie.size, trie.depth, trie.token_indptr, trie.token_ids), self._height, byte_classes(dfa), table, heavy, accepts,
            *alike, self._path, row, self._exits, self._gone, MAX_LOOKS, out
        )
        if code != DONE:
            return None
        exits = self._exits[: out[0]].copy()
        exits[:, 1] += offset
        return Near(other, row, exits, self._gone[: out[1]].copy(), int(out[2]))

