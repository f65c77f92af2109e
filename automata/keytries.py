"""Declared-key terminals in a lexicon: their states grown by the block (`_kernels_keys`) instead of one by one.

A `LazyTerminal` that has `Declared` keys describes what it would expand to; its lexer states are then made by compiled code, shared
between sets of expected keys wherever the keys below agree. How far a block goes is `BLOCK`: a usual object is grown whole, one of
thousands of keys where decoding touches it. Interpreted kernels grow what is asked for and no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._kernels_keys import ALL, NO_ROOM, NOTHING, SOME
from .growth import grown
from .kernels import KERNELS
from .program import FALLEN, Declared, DFATerminal, LazyTerminal

if TYPE_CHECKING:
    from .lexicon import Lexicon

#: lexer states grown beyond the one that was asked for, the first `FULL_BLOCKS` times; later fewer and fewer, as who asks that often goes
#: here and there
BLOCK = 4096
FULL_BLOCKS = 8
_QUOTE = 0x22
_CLASS_BITS, _CLASS_MASK = 1, 3


class _Owner(NamedTuple):
    """What the lexer states with one ``owner`` number have in common."""

    keys: _Keys
    #: expected labels (of `SOME` states), and the number of expected keys among the first k
    labels: frozenset[int]
    wanted: np.ndarray
    #: whether all keys are expected, some, or none
    kind: int
    #: states of class `SOME`, int32[2, nodes]
    known: np.ndarray
    numbers: np.ndarray


def key_trie(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the trie of sorted distinct strings, in preorder: (byte, size, low, high, ends, point), see `_kernels_keys`."""
    room = int(offsets[-1]) + 1
    arrays = (
        np.empty(room, np.uint8), np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32),
        np.empty(room, np.uint8), np.empty(room, np.int32),
    )
    num_nodes = int(KERNELS.key_trie(data, offsets, *arrays))
    return tuple(array[:num_nodes] for array in arrays)


class _Keys:
    """The trie of one terminal."""

    def __init__(self, terminal: LazyTerminal, declared: Declared, first_label: int, first_accept: int):
        self.terminal = terminal
        self.declared = declared
        self.additional = declared.additional
        self.labels = declared.labels
        self.first_label = first_label
        num_keys = len(declared.offsets) - 1
        #: byte, size, low, high, ends, point
        self.trie = declared.trie or key_trie(declared.data, declared.offsets)
        self.num_nodes = len(self.trie[0])
        self.times_grown = 0
        self.accepts = (first_accept + declared.labels).astype(np.int32)
        self.closed = np.zeros(num_keys, np.int32)
        self.known = np.zeros((2, 2, self.num_nodes), np.int32)
        self.every = frozenset(np.flatnonzero(np.bincount(declared.labels)).tolist())
        self.all_wanted = np.arange(num_keys + 1, dtype=np.int32)

    def depth(self, node: int) -> int:
        """Return the number of bytes from the root to ``node``."""
        size = self.trie[1]
        at = depth = 0
        while at != node:
            at += 1
            depth += 1
            while at + int(size[at]) <= node:
                at += int(size[at])
        return depth


class KeyTries:
    """The declared-key terminals of one lexicon. Writers hold the vocabulary's lock."""

    def __init__(self, lexicon: Lexicon):
        self.lexicon = lexicon
        self._keys: dict[LazyTerminal, _Keys] = {}
        self._owners: list[_Owner] = []
        self._owner_of: dict[tuple[LazyTerminal, frozenset[int]], int] = {}
        self._falls: dict[DFATerminal, tuple[np.ndarray, int]] = {}
        self._no_falls = (np.zeros((1, 256), np.int32), 0)
        self._edges = np.zeros((1024, 2), np.int32)
        self._tree = np.zeros((512, 6), np.int32)
        #: bytes held for sets of expected keys: a wide object in free order comes to a new set with every key
        self.nbytes = 0

    def __contains__(self, terminal: LazyTerminal) -> bool:
        return terminal in self._keys

    def first_label(self, terminal: LazyTerminal) -> int:
        """Return the label id of the terminal's label 0; label i has the i-th id after it."""
        return self._keys[terminal].first_label

    def add(self, terminal: LazyTerminal, declared: Declared, first_label: int, first_accept: int) -> None:
        """Take up a terminal."""
        self._keys[terminal] = _Keys(terminal, declared, first_label, first_accept)

    def start(self, terminal: LazyTerminal, labels: frozenset[int]) -> int:
        """Return the opening state when ``labels`` are expected."""
        keys = self._keys[terminal]
        lexicon = self.lexicon
        owner = self._owner(keys, labels - {FALLEN})
        record = self._owners[owner]
        fall = begin = 0
        if FALLEN in labels and keys.additional is not None:
            falls, first = self._falls_of(keys.additional)
            begin = first + keys.additional.dfa.start
            fall = int(falls[begin - first, _QUOTE])
        kind = record.kind
        state, at = lexicon.reserve(1, 1)
        lexicon.owner[state] = owner + 1
        lexicon.place[state] = 1
        inside = self._inside(record, owner, kind, fall)
        if inside:
            lexicon.live[state, _QUOTE >> 5] = 1 << (_QUOTE & 31)
            lexicon.rank[state, (_QUOTE >> 5) + 1 :] = 1
            lexicon.target[at] = inside
            lexicon.shadow[state] = begin if fall else 0
        lexicon.base[state] = at
        if inside and KERNELS.compiled and lexicon.base[inside] < 0:  # the first walk that gets here goes inside
            self.grow(inside)
        return state

    def _inside(self, record: _Owner, owner: int, kind: int, fall: int) -> int:
        """Return the state at the root of the trie, 0 if it is dead."""
        if kind == NOTHING and not fall:
            return 0
        keys, falling = record.keys, int(fall != 0)
        known = record.known[falling] if kind == SOME else keys.known[falling, kind]
        if not known[0]:
            state, _ = self.lexicon.reserve(1, 0)
            known[0] = state
            self.lexicon.base[state] = -1
            self.lexicon.shadow[state] = fall
            self.lexicon.owner[state] = int(record.numbers[1] if kind == SOME else record.numbers[0])
            self.lexicon.place[state] = kind << _CLASS_BITS
        return int(known[0])

    def _owner(self, keys: _Keys, labels: frozenset[int]) -> int:
        key = (keys.terminal, labels)
        found = self._owner_of.get(key)
        if found is None:
            plain = found = len(self._owners)
            if labels:
                plain = self._owner(keys, frozenset())
                found = len(self._owners)
            self._owner_of[key] = found
            if not labels:
                kind, wanted = NOTHING, np.zeros(len(keys.closed) + 1, np.int32)
            elif keys.every and labels >= keys.every:
                kind, wanted = ALL, keys.all_wanted
            else:
                asked = bytearray(keys.declared.num_labels)
                for label in labels:
                    asked[label] = 1
                wanted = np.zeros(len(keys.closed) + 1, np.int32)
                np.frombuffer(asked, np.uint8)[keys.labels].cumsum(dtype=np.int32, out=wanted[1:])  # several keys may have one label
                kind = SOME if wanted[-1] else NOTHING
            known = keys.known[0]
            if kind == SOME:
                known = np.zeros((2, keys.num_nodes), np.int32)
                self.nbytes += wanted.nbytes + known.nbytes
            self._owners.append(_Owner(keys, labels, wanted, kind, known, np.array([plain + 1, found + 1], np.int32)))
        return found

    def _falls_of(self, terminal: DFATerminal) -> tuple[np.ndarray, int]:
        """Return where the states of a shared terminal go by byte, as lexer states, and the first of them."""
        found = self._falls.get(terminal)
        if found is None:
            first = self.lexicon.block_of(terminal)
            dfa = terminal.dfa
            rows = np.stack([self.lexicon.dense_row(first + state) for state in range(dfa.num_states)])
            found = self._falls[terminal] = (rows, first)
        return found

    def terminal(self, state: int) -> LazyTerminal:
        """Return the terminal that a state belongs to."""
        return self._owners[int(self.lexicon.owner[state]) - 1].keys.terminal

    def grow(self, state: int) -> None:
        """Give ``state`` its edges, and more besides."""
        lexicon = self.lexicon
        record = self._owners[int(lexicon.owner[state]) - 1]
        keys = record.keys
        falls, first_fall = self._no_falls if keys.additional is None else self._falls_of(keys.additional)
        counters = np.array([lexicon.num_states, lexicon.num_targets, lexicon.num_states, 0], np.int64)
        keys.times_grown += 1
        enough = lexicon.num_states + (BLOCK * FULL_BLOCKS // max(FULL_BLOCKS, keys.times_grown) if KERNELS.compiled else 0)
        while True:
            code = KERNELS.grow_keys(
                keys.trie, record.wanted, falls, first_fall,
                (lexicon.live, lexicon.rank, lexicon.base, lexicon.target, lexicon.accept, lexicon.shadow, lexicon.owner, lexicon.place),
                record.numbers, keys.known, record.known, keys.accepts, keys.closed, keys.declared.short, state, enough,
                self._edges, self._tree, counters,
            )
            lexicon.num_states, lexicon.num_targets = int(counters[0]), int(counters[1])
            if code != NO_ROOM:
                return
            room = int(counters[3])
            lexicon.make_room(2 * room + BLOCK, 4 * room + 2 * BLOCK)
            self._edges = grown(self._edges, 2 * room + 16)
            self._tree = grown(self._tree, room)

    def costs(self, state: int) -> dict[int, int]:
        """Return the least number of bytes from ``state`` to each label of its terminal, `FALLEN` for undeclared keys."""
        lexicon = self.lexicon
        place = int(lexicon.place[state])
        record = self._owners[int(lexicon.owner[state]) - 1]
        keys = record.keys
        fall = int(lexicon.shadow[state])
        first = self._falls_of(keys.additional)[1] if keys.additional is not None else 0
        if lexicon.accept[state]:
            return {int(lexicon.accept_labels[int(lexicon.accept[state])][0]) - keys.first_label: 0}
        if not place & 1:
            node, kind = place >> 3, place >> _CLASS_BITS & _CLASS_MASK
            low, high = int(keys.trie[2][node]), int(keys.trie[3][node])
            wanted = record.labels if kind == SOME else kind == ALL
            return keys.declared.costs(wanted, fall - first if fall else 0, low, high, keys.depth(node))
        found: dict[int, int] = {}
        own = lexicon.own_edges(state)
        for target in set(own.values()) - {0}:
            for label, cost in self.costs(target).items():
                found[label] = min(found.get(label, cost + 1), cost + 1)
        if fall:
            distance = keys.additional.dfa.distance()  # type: ignore[union-attr]
            row = lexicon.dense_row(fall).tolist()
            ways = [int(distance[target - first]) + 1 for byte, target in enumerate(row) if target and byte not in own]
            if ways:
                found[FALLEN] = min([found.get(FALLEN, 2**31), *ways])
        return found

