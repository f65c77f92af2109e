"""Interiors of terminals that go on under the same texts as a shared one: patterns that a string has to contain.

Whether ``.*foo`` has been met decides only whether the string may end: until its closing quote every text keeps its automaton alive, in
all its states, just as it does the automaton of all strings. The *open part* of a state's interior (tokens under which it neither dies
nor ends) is then that of the shared state, its *twin*, and what is left to ask is what the closing nodes come to: the few hundred
nodes of the trie where the shared terminal ends. That takes 0.1 ms where a walk over the vocabulary takes 3.

Invariant: what `OpenWalks.walk` returns equals what the kernel `walk_terminal` finds (``tests/grammar/json_schema/test_open_walks.py``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import bitset
from ._kernels_open import BOTH, DEAD, ENDED, OPEN
from .dfa import DFA
from .kernels import KERNELS
from .lexicon import Lexicon, byte_classes
from .trie import Trie

#: states of an automaton beyond which no twins are looked for
MAX_STATES = 20_000


class OpenPart(NamedTuple):
    """What a shared state does over the vocabulary.

    Attributes
    ----------
    row : uint32[num_words]
        Tokens under which it stays open to their end.
    nodes : int32[k]
        Trie nodes where it ends, ascending.
    paths, lengths : uint8[levels, k], int32[k]
        Their bytes.
    parents : bool[k]
        Which of them have children.
    tokens, closer : int64[m], int64[m]
        Tokens that end at one of the nodes, and at which.
    """

    row: np.ndarray
    nodes: np.ndarray
    paths: np.ndarray
    lengths: np.ndarray
    parents: np.ndarray
    tokens: np.ndarray
    closer: np.ndarray


class OpenWalks:
    """Twins and open parts of one vocabulary's lexer states. Callers hold the vocabulary's lock."""

    def __init__(self, lexicon: Lexicon, trie: Trie):
        self._lexicon = lexicon
        self._trie = trie
        #: (block, shared block) -> twin of every state of the one in the other, None if there are none
        self._twins: dict[tuple[int, int], np.ndarray | None] = {}
        self._parts: dict[int, OpenPart] = {}

    def twin(self, state: int) -> int:
        """Return the shared lexer state whose open part is that of explicit ``state``, 0 if there is none."""
        offset, dfa = self._lexicon.explicit(state)
        for shared in self._lexicon.shared_blocks:
            if shared == offset:
                continue
            key = (offset, shared)
            if key not in self._twins:
                self._twins[key] = _twins(dfa, self._lexicon.explicit(shared + 1)[1])
            twins = self._twins[key]
            if twins is not None and twins[state - offset] >= 0:
                return shared + int(twins[state - offset])
        return 0

    def has_part(self, shared: int) -> bool:
        """Whether `learn` was called for a shared state."""
        return shared in self._parts

    def learn(self, shared: int, row: np.ndarray, ends: np.ndarray, exits: list[np.ndarray]) -> None:
        """Take up the walk of a shared state: its interior, its automaton's state after each token in the trie's order, and its exits."""
        trie = self._trie
        at = np.flatnonzero((ends != 0) & self._lexicon.ended(shared)[ends])
        nodes = np.unique(np.concatenate([np.searchsorted(trie.token_indptr, at, side="right") - 1, *exits])).astype(np.int32)
        lengths = trie.depth[nodes]
        paths = np.zeros((int(lengths.max(initial=0)), len(nodes)), np.uint8)
        above = nodes.copy()
        for level in range(len(paths) - 1, -1, -1):
            there = lengths > level
            paths[level, there] = trie.byte[above[there]]
            above[there] = trie.parent[above[there]]
        counts = trie.token_indptr[nodes + 1] - trie.token_indptr[nodes]
        ends_of = trie.token_indptr
        tokens = np.concatenate([trie.token_ids[ends_of[node] : ends_of[node + 1]] for node in nodes.tolist()] or [nodes])
        row = row.copy()
        row &= ~bitset.from_ids(tokens.astype(np.int64), 32 * len(row))
        closer = np.repeat(np.arange(len(nodes)), counts)
        self._parts[shared] = OpenPart(row, nodes, paths, lengths, trie.size[nodes] > 1, tokens.astype(np.int64), closer)

    def walk(self, state: int, shared: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the interior of ``state``, and the nodes and lexer states of its exits, by its twin's open part."""
        offset, dfa = self._lexicon.explicit(state)
        part = self._parts[shared]
        classes = byte_classes(dfa)
        reached = np.full(len(part.nodes), state - offset, np.int64)
        for level, symbols in enumerate(part.paths):
            there = np.flatnonzero(part.lengths > level)
            reached[there] = dfa.table[reached[there], classes[symbols[there]]]
        alive = reached != 0
        row = part.row | bitset.from_ids(part.tokens[alive[part.closer]], 32 * len(part.row))
        exits = np.flatnonzero(alive & part.parents)
        return row, part.nodes[exits], (reached[exits] + offset).astype(np.int32)


def _twins(dfa: DFA, shared: DFA) -> np.ndarray | None:
    if dfa.num_states > MAX_STATES:
        return None
    twin = np.full(dfa.num_states, -1, np.int32)
    classes = np.unique(np.stack([byte_classes(dfa), byte_classes(shared)], axis=1).astype(np.int32), axis=0)
    scratch = np.zeros(dfa.num_states, np.int32)
    found = KERNELS.alike(
        dfa.table, _kinds(dfa), dfa.start, shared.table, _kinds(shared), shared.start, classes, twin, scratch, np.zeros(len(twin), np.uint8)
    )
    return twin if found else None


def _kinds(dfa: DFA) -> np.ndarray:
    """Return the kind of every state, uint8."""
    goes_on = (dfa.table != 0).any(axis=1)
    accepts = np.fromiter((bool(labels) for labels in dfa.labels), bool, dfa.num_states)
    return np.where(goes_on, np.where(accepts, BOTH, OPEN), np.where(accepts, ENDED, DEAD)).astype(np.uint8)
