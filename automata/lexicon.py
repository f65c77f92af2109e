"""The lexer states of all terminals on one vocabulary, in flat arrays.

A *lexer state* is a state of one terminal, by a number that is unique within the vocabulary: terminals are hash-consed by content, so
constraints that share a vocabulary share their states and everything computed from them (`masks.TerminalWalks`). State 0 is dead.
Lexer states of different terminals are never merged into joint sets: where several terminals are expected, the engine
carries several pairs (`states`), which costs a few more steps at the few points where that happens, and saves a determinisation.

A terminal is started for a set of expected labels. An explicit automaton whose labels are not all expected is trimmed to those that are, so
that being alive always means that an expected lexeme can be completed.

A transition is found by the rank of its byte among the state's edges: 8 words of bits, a prefix count per word, and the targets in a
row. A string state costs 900 bytes. A state that differs from a shared one in few bytes, as inside a declared key, has edges for those only
and the other as its *shadow*, which serves the rest: 100 bytes.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import chain, compress
from typing import NamedTuple

import numpy as np

from maskwright.errors import LimitExceeded

from ._kernels_walk import INF
from .dfa import DFA
from .growth import grown
from .keytries import KeyTries
from .program import FALLEN, CountedTerminal, DFATerminal, Fall, LazyState, LazyTerminal, Terminal

#: states of a large automaton that are filled in at once
SLICE = 1024
#: lexer states that there is room for, at least, when a constraint is made
ROOM_AHEAD = 8192
#: cost of what is impossible
FAR = 2**40
#: lexer states, and those of lazy terminals (which hold Python objects, 2 kB each), from which on a lexicon is large
MANY_STATES = 500_000
MANY_LAZY_STATES = 20_000
#: bytes for sets of expected keys, likewise
MANY_KEY_BYTES = 2**28
#: states of an automaton cut to the labels expected, up to which it is brought to its least form
MERGED = 1_000
#: labels from which on the costs of a state are searched for when asked for, instead of a table per label
MANY_LABELS = 16
#: bytes of the window-less counter of terminals that do not count
UNCOUNTED = (0, 0)


class Start(NamedTuple):
    """Where a terminal begins: lexer state and the window of its counter."""

    state: int
    lo: int
    hi: int


class Reading:
    """What a lexicon knows of one terminal, found by its content once and by identity from then on.

    Attributes
    ----------
    terminal : Terminal
    ids : dict[int, int]
        Label ids that scans of the terminal wait for, by its own labels, as far as asked for.
    starts : dict[frozenset[int], Start]
        Where it begins, by the labels expected, as far as asked for.
    """

    __slots__ = ("ids", "starts", "terminal")

    def __init__(self, lexicon: Lexicon, terminal: Terminal):
        self.terminal = terminal
        self.ids: dict[int, int] = _ScanLabels(lexicon, terminal)
        self.starts: dict[frozenset[int], Start] = {}


class _ScanLabels(dict[int, int]):
    """See `Reading.ids`."""

    __slots__ = ("_first", "_lexicon", "_terminal")

    def __init__(self, lexicon: Lexicon, terminal: Terminal):
        self._lexicon = lexicon
        self._terminal = terminal
        self._first = lexicon.first_label(terminal)

    def __missing__(self, label: int) -> int:
        first = self._first
        found = self[label] = self._lexicon.scan_label(self._terminal, label) if first is None or label < 0 else first + label
        return found


class _Origin(NamedTuple):
    """What a lexer state stands for: a state of an explicit block, or a lazy terminal's own state."""

    terminal: Terminal
    state: Hashable


class Lexicon:
    """Lexer states of one vocabulary; see the module. Writers hold the vocabulary's lock."""

    def __init__(self) -> None:
        n = 256
        self.live = np.zeros((n, 8), np.uint32)
        self.rank = np.zeros((n, 8), np.uint8)
        self.base = np.full(n, -1, np.int64)
        self.target = np.zeros(1024, np.int32)
        self.weight = np.zeros(1024, np.uint8)
        self.accept = np.zeros(n, np.int32)
        self.span = np.full(n, -1, np.int64)
        self.width = np.ones(n, np.int32)
        self.period = np.ones(n, np.int32)
        self.lengths = np.zeros(64, np.int32)
        #: the shared state that serves the bytes without an edge, or 0
        self.shadow = np.zeros(n, np.int32)
        #: for states of `KeyTries`: what they belong to (0: to none) and where they are in it
        self.owner = np.zeros(n, np.int32)
        self.place = np.zeros(n, np.int32)
        self.tries = KeyTries(self)
        self.num_states = 1
        self.num_targets = 0
        self.num_lengths = 0
        self.base[0] = 0
        self._view()
        self._labels: dict[tuple[Terminal, int], int] = {}
        self._readings: dict[Terminal, Reading] = {}
        self.label_names: list[tuple[Terminal, int]] = [(None, 0)]  # type: ignore[list-item]
        self._accept_ids: dict[tuple[int, ...], int] = {(): 0}
        #: label ids of every accept id
        self.accept_labels: list[tuple[int, ...]] = [()]
        self._blocks: dict[Hashable, int] = {}
        self._lazy: dict[LazyTerminal, LazyTerminal] = {}
        #: by identity of the terminal, which is one of `_lazy`, and by its own state
        self._lazy_ids: dict[int, dict[Hashable, int]] = {}
        self._origin: dict[int, _Origin] = {}
        self._block_of: list[tuple[int, int, dict]] = []
        self._shared_blocks: dict[int, tuple[int, Terminal]] = {}
        self._expansions: dict[int, LazyState] = {}
        self._dense_rows: dict[int, np.ndarray] = {}
        self._rows: dict[int, dict[int, tuple[int, int]]] = {}

    @property
    def is_large(self) -> bool:
        """Whether new constraints had better begin a lexicon of their own."""
        return len(self._expansions) > MANY_LAZY_STATES or self.num_states > MANY_STATES or self.tries.nbytes > MANY_KEY_BYTES

    # labels ------------------------------------------------------------------------------------------------------------------

    def label(self, terminal: Terminal, label: int) -> int:
        """Return the id of ``(terminal, label)``, >= 1."""
        key = (terminal, label)
        found = self._labels.get(key)
        if found is None:
            if isinstance(terminal, LazyTerminal) and self._has_trie(terminal):
                return self.tries.first_label(terminal) + label
            found = self._labels[key] = len(self.label_names)
            self.label_names.append(key)
        return found

    def first_label(self, terminal: Terminal) -> int | None:
        """Return the id of label 0 of a terminal whose labels >= 0 have ids in a row, else None."""
        return self.tries.first_label(terminal) if isinstance(terminal, LazyTerminal) and self._has_trie(terminal) else None

    def _has_trie(self, terminal: LazyTerminal) -> bool:
        """Whether the terminal's states are grown in blocks; of equal terminals the first one decides."""
        terminal = self._lazy.setdefault(terminal, terminal)
        if terminal in self.tries:
            return True
        declared = terminal.declared
        if declared is None:
            return False
        first = len(self.label_names)
        count = declared.num_labels
        self.label_names += [(terminal, label) for label in range(count)]
        self.tries.add(terminal, declared, first, len(self.accept_labels))
        self.accept_labels += [(label,) for label in range(first, first + count)]
        return True

    def reading(self, terminal: Terminal) -> Reading:
        """Return what is known of ``terminal``, the same object for equal ones."""
        found = self._readings.get(terminal)
        if found is None:
            found = self._readings[terminal] = Reading(self, terminal)
        return found

    def describe(self, label: int) -> str:
        """Name the lexeme of a label id."""
        terminal, local = self.label_names[label]
        return terminal.describe(local)

    def accept_id(self, labels: tuple[int, ...]) -> int:
        """Return the id of a set of label ids, ascending, that some lexer state accepts."""
        found = self._accept_ids.get(labels)
        if found is None:
            found = self._accept_ids[labels] = len(self.accept_labels)
            self.accept_labels.append(labels)
        return found

    # starting a terminal -------------------------------------------------------------------------------------------------------

    def start(self, reading: Reading, labels: frozenset[int]) -> Start:
        """Return where a terminal begins when just ``labels`` are expected (for a lazy terminal, `FALLEN` may be among them)."""
        found = reading.starts.get(labels)
        if found is None:
            found = reading.starts[labels] = self._new_start(reading.terminal, labels)
            self.expand(found.state)  # kernels look at what a lexeme begins with before they go there
        return found

    def _new_start(self, terminal: Terminal, labels: frozenset[int]) -> Start:
        if isinstance(terminal, LazyTerminal):
            terminal = self._lazy.setdefault(terminal, terminal)  # its states are its own: of equal terminals the first one serves all
            if self._has_trie(terminal):
                return Start(self.tries.start(terminal, labels), *UNCOUNTED)
            state = self._lazy_state(terminal, terminal.start(labels))
            return Start(state, *UNCOUNTED)
        if isinstance(terminal, CountedTerminal):
            hi = INF if terminal.hi is None else min(terminal.hi, INF - 1)
            if terminal.lo >= INF:
                raise LimitExceeded("length", INF - 1, terminal.lo, hint="no text is that long")
            return Start(self._counted_block(terminal) + terminal.dfa.start, terminal.lo, hi)
        assert isinstance(terminal, DFATerminal)
        block, dfa = self._block(terminal, labels)
        return Start(block + dfa.start, *UNCOUNTED)

    def _block(self, terminal: DFATerminal, labels: frozenset[int]) -> tuple[int, DFA]:
        """Return the offset of the terminal's states (state s of the automaton is offset + s), trimmed to ``labels``."""
        dfa = terminal.dfa
        every = frozenset(chain.from_iterable(dfa.labels))
        if not every <= labels:
            kept = [tuple(label for label in accepted if label in labels) for accepted in dfa.labels]
            dfa = DFA(dfa.alphabet, dfa.rows, dfa.start, kept).trim()
            if dfa.num_states <= MERGED:  # equal states share masks; among many it takes seconds to find them
                dfa = dfa.minimize()
        key = (terminal.key, labels & every)
        offset = self._blocks.get(key)
        if offset is None:
            offset = self._blocks[key] = self._add_block(dfa, None)
            for state in compress(range(dfa.num_states), dfa.labels):
                self.accept[offset + state] = self.accept_id(tuple(sorted(self.label(terminal, label) for label in dfa.labels[state])))
            info = {"terminal": terminal, "dfa": dfa, "distance": {}, "labels": len(labels & every)}
            self._block_of.append((offset, dfa.num_states, info))
        return offset, dfa

    def _counted_block(self, terminal: CountedTerminal) -> int:
        key = terminal.language_key
        offset = self._blocks.get(key)
        if offset is None:
            dfa = terminal.dfa
            offset = self._blocks[key] = self._add_block(dfa, terminal.weights)
            label = self.accept_id((self.label(_Windowless(terminal), 0),))
            for state in compress(range(dfa.num_states), dfa.labels):
                self.accept[offset + state] = label
            self._add_lengths(offset, dfa, terminal.weights)
            info = {"dfa": dfa, "weights": terminal.weights, "costs": CountedCosts(dfa, terminal.weights)}
            self._block_of.append((offset, dfa.num_states, info))
        return offset

    def scan_label(self, terminal: Terminal, label: int) -> int:
        """Return the label id that a rule's scan of ``(terminal, label)`` waits for; windows of one language share it."""
        found = self._labels.get((terminal, label))
        if found is not None and label >= 0 and not isinstance(terminal, CountedTerminal):
            return found
        if isinstance(terminal, CountedTerminal):
            return self.label(_Windowless(terminal), label)
        if label == FALLEN:
            assert isinstance(terminal, LazyTerminal)
            assert terminal.fallen_terminal is not None
            return self.label(terminal.fallen_terminal, 0)
        return self.label(terminal, label)

    def reserve(self, states: int, targets: int) -> tuple[int, int]:
        """Take lexer states and targets; return the first of each."""
        first, at = self.num_states, self.num_targets
        self.make_room(states, targets)
        self.num_states += states
        self.num_targets += targets
        return first, at

    def make_room(self, states: int, targets: int) -> None:
        """See to it that so many more states and targets have room."""
        n, m = self.num_states + states, self.num_targets + targets
        if m > len(self.target):
            self.target = grown(self.target, m)
            self.weight = grown(self.weight, m)
            self._view()
        if n <= len(self.base):
            return
        self.live = grown(self.live, n)
        self.rank = grown(self.rank, n)
        self.base = grown(self.base, n, -1)
        self.accept = grown(self.accept, n)
        self.span = grown(self.span, n, -1)
        self.width = grown(self.width, n, 1)
        self.period = grown(self.period, n, 1)
        self.shadow = grown(self.shadow, n)
        self.owner = grown(self.owner, n)
        self.place = grown(self.place, n)
        self._view()

    def keep_room(self) -> None:
        """Grow now, while a constraint is made, what would mostly grow in the middle of a mask: 280,000 states take 50 ms to copy."""
        states = max(ROOM_AHEAD, self.num_states // 16)
        self.make_room(states, 4 * states)

    def _add_block(self, dfa: DFA, weights: np.ndarray | None) -> int:
        """Take up the states of an explicit automaton; return the offset. Its state 0 is dead and maps to lexer state 0.

        Of many states slices are filled in where decoding comes to them: a 100,000-string choice has 10^6.
        """
        first, _ = self.reserve(dfa.num_states, 0)
        if dfa.num_states <= 4 * SLICE:
            self._fill(first, dfa, weights, 0, dfa.num_states)
        return first

    def _fill(self, first: int, dfa: DFA, weights: np.ndarray | None, low: int, high: int) -> None:
        """Give states ``low`` to ``high - 1`` of an automaton their edges."""
        classes = byte_classes(dfa)
        table = dfa.table[low:high]
        rows = np.take(table if weights is None else table * 2 + weights[low:high], classes, axis=1)
        alive = rows >= (1 if weights is None else 2)
        edges = rows[alive]
        _, at = self.reserve(0, len(edges))
        if weights is not None:
            self.weight[at : at + len(edges)] = edges & 1
            edges >>= 1
        edges += first
        self.target[at : at + len(edges)] = edges
        block = slice(first + low, first + high)
        bits = np.ascontiguousarray(np.packbits(alive, axis=1, bitorder="little")).view(np.uint32)
        self.live[block] = bits
        before = np.cumsum(np.bitwise_count(bits), axis=1, dtype=np.int64)
        self.rank[block, 1:] = before[:, :-1].astype(np.uint8)
        self.base[block] = at + np.concatenate(([0], np.cumsum(before[:, -1])[:-1]))

    def _fill_slice(self, state: int) -> None:
        """Fill in the slice of a large block that a state is in."""
        offset, info = self._info(state)
        dfa = info["dfa"]
        low = (state - offset) // SLICE * SLICE
        self._fill(offset, dfa, info.get("weights"), low, min(low + SLICE, dfa.num_states))

    def _add_lengths(self, offset: int, dfa: DFA, weights: np.ndarray) -> None:
        """Tabulate, for every state of a counted block, the least weight >= i that reaches acceptance."""
        reach, begin, period = dfa.length_sets(weights)
        width = begin + period
        # the tail repeats: what is found within one more period is all there is
        there = np.concatenate([reach, reach[begin:]])
        least = np.where(there, np.arange(width + period, dtype=np.int32)[:, None], np.int32(INF))
        for i in range(len(least) - 2, -1, -1):
            np.minimum(least[i], least[i + 1], out=least[i])
        table = least[:width].T
        size = table.size
        self.lengths = grown(self.lengths, self.num_lengths + size)
        self._view()
        self.lengths[self.num_lengths : self.num_lengths + size] = table.ravel()
        block = slice(offset, offset + dfa.num_states)
        self.span[block] = self.num_lengths + width * np.arange(dfa.num_states)
        self.width[block] = width
        self.period[block] = period
        self.num_lengths += size

    # lazy terminals --------------------------------------------------------------------------------------------------------------

    def _lazy_state(self, terminal: LazyTerminal, state: Hashable) -> int:
        ids = self._lazy_ids.setdefault(id(terminal), {})
        found = ids.get(state)
        if found is None:
            found = self.num_states
            if found == len(self.base):
                self.make_room(1, 0)
            self.num_states = found + 1
            ids[state] = found
            self._origin[found] = _Origin(terminal, state)
        return found

    def block_of(self, terminal: DFATerminal) -> int:
        """Return the lexer state that stands for state 0 of an explicit automaton, untrimmed."""
        block = self._shared_blocks.get(id(terminal))
        if block is None:
            offset, dfa = self._block(terminal, frozenset(chain.from_iterable(terminal.dfa.labels)))
            for state in range(offset, offset + dfa.num_states, SLICE):  # as a shadow it is read without being asked for
                self.expand(state)
            block = self._shared_blocks[id(terminal)] = (offset, terminal)  # kept, so that its identity stays its own
        return block[0]

    def _fall(self, fall: Fall) -> int:
        return self.block_of(fall.terminal) + fall.state

    def dense_row(self, state: int) -> np.ndarray:
        """Return the targets of an explicit state by byte, int32[256]."""
        found = self._dense_rows.get(state)
        if found is None:
            found = self._dense_rows[state] = np.zeros(256, np.int32)
            for byte, (target, _) in self.row(state).items():
                found[byte] = target
        return found

    def expand(self, state: int) -> None:
        """Give a lexer state its edges; nothing if it has them."""
        if self.base[state] >= 0:
            return
        if self.owner[state]:
            self.tries.grow(state)
            return
        origin = self._origin.get(state)
        if origin is None:
            self._fill_slice(state)
            return
        terminal, own = origin
        assert isinstance(terminal, LazyTerminal)
        expansion = terminal.expand(own)
        row = np.zeros(256, np.int32) if expansion.rest is None else self.dense_row(self._fall(expansion.rest)).copy()
        for byte, to in expansion.own.items():
            row[byte] = 0 if to is None else self._fall(to) if isinstance(to, Fall) else self._lazy_state(terminal, to)
        shadow = 0 if expansion.base is None else self._fall(expansion.base)
        kept = row != self.dense_row(shadow)
        targets = row[kept]
        _, at = self.reserve(0, len(targets))
        self.target[at : at + len(targets)] = targets
        self.live[state] = np.packbits(kept, bitorder="little").view(np.uint32)
        self.rank[state, 1:] = np.cumsum(np.bitwise_count(self.live[state]))[:-1]
        if expansion.labels:
            self.accept[state] = self.accept_id(tuple(sorted(self.label(terminal, label) for label in expansion.labels)))
        self.shadow[state] = shadow
        self._expansions[state] = expansion
        self.base[state] = at  # last: a reader that sees it sees the rest

    def is_lazy(self, state: int) -> bool:
        """Whether ``state`` is a lazy terminal's own state."""
        return state in self._origin or bool(self.owner[state])

    # reading from Python -----------------------------------------------------------------------------------------------------------

    def kernel_arrays(self) -> tuple[np.ndarray, ...]:
        """Return (live, rank, base, target, shadow, weight, span, width, period, lengths), the kernels' view."""
        return self._arrays

    def _view(self) -> None:
        """Renew the kernels' view, after an array has grown."""
        self._arrays = (
            *(self.live, self.rank, self.base, self.target, self.shadow, self.weight),
            *(self.span, self.width, self.period, self.lengths),
        )

    def row(self, state: int) -> dict[int, tuple[int, int]]:
        """Return the live edges of ``state``: byte -> (target, weight). The state is expanded if need be."""
        own = self._own_row(state)
        shadow = int(self.shadow[state])
        return {byte: edge for byte, edge in {**self._own_row(shadow), **own}.items() if edge[0]} if shadow else own

    def own_edges(self, state: int) -> dict[int, int]:
        """Return the edges of ``state`` itself, without its shadow's: byte -> target, 0 where it is dead."""
        return {byte: target for byte, (target, _) in self._own_row(state).items()}

    def _own_row(self, state: int) -> dict[int, tuple[int, int]]:
        found = self._rows.get(state)
        if found is None:
            self.expand(state)
            bits = np.unpackbits(self.live[state].view(np.uint8), bitorder="little")
            live = np.flatnonzero(bits).tolist()
            at = int(self.base[state])
            targets = self.target[at : at + len(live)].tolist()
            weights = self.weight[at : at + len(live)].tolist()
            found = self._rows[state] = dict(zip(live, zip(targets, weights)))
        return found

    def is_alive(self, state: int, lo: int, hi: int) -> bool:
        """Whether a counted state can still be completed within its window (True for states that do not count)."""
        return self.least_weight(state, lo) <= hi if self.span[state] >= 0 else True

    def least_weight(self, state: int, lo: int) -> int:
        """Return the least weight >= ``lo`` with which counted ``state`` reaches acceptance, or INF + 1."""
        width, period = int(self.width[state]), int(self.period[state])
        index = lo if lo < width else width - period + (lo - (width - period)) % period
        least = int(self.lengths[int(self.span[state]) + index])
        return least + lo - index if least < INF else INF + 1

    def step(self, state: int, lo: int, hi: int, byte: int) -> tuple[int, int, int] | None:
        """Move one lexer state over one byte; None if it dies."""
        edge = self._own_row(state).get(byte)
        if edge is None and self.shadow[state]:
            edge = self._own_row(int(self.shadow[state])).get(byte)
        if edge is None or not edge[0]:
            return None
        target, weight = edge
        if weight:
            lo = max(lo - 1, 0)
            if hi != INF:
                hi -= 1
        if hi < 0 or not self.is_alive(target, lo, hi):
            return None
        return target, lo, hi

    def costs(self, state: int, lo: int, hi: int) -> dict[int, int]:
        """Return the least number of bytes from ``state`` to each label id that it can still carry.

        Counted states report the least over completions of the least possible weight, a bound that falls by one along its own path.
        """
        self.expand(state)
        if self.owner[state]:
            keys = self.tries.terminal(state)
            first = self.tries.first_label(keys)
            costs = self.tries.costs(state)
            return {first + label if label >= 0 else self.scan_label(keys, label): cost for label, cost in costs.items()}
        lazy = self._expansions.get(state)
        if lazy is not None:
            terminal = self._origin[state].terminal
            return {self.scan_label(terminal, label): cost for label, cost in lazy.costs.items()}
        offset, info = self._info(state)
        if "costs" in info:
            cost = info["costs"].least(state - offset, self.least_weight(state, lo))
            return {self.accept_labels[self._any_accept(offset, info)][0]: cost}
        local = state - offset
        found = {}
        terminal, dfa = info["terminal"], info["dfa"]
        distance = info["distance"]
        if info["labels"] > MANY_LABELS:
            near = distance.get(local)
            if near is None:
                near = distance[local] = {self.label(terminal, label): cost for label, cost in dfa.nearest(local).items()}
            return near
        if not distance:
            for label in {label for accepted in dfa.labels for label in accepted}:
                distance[self.label(terminal, label)] = dfa.distance(label)
        for label, table in distance.items():
            if table[local] >= 0:
                found[label] = int(table[local])
        return found

    def _any_accept(self, offset: int, info: dict) -> int:
        if "accept" not in info:
            accepts = self.accept[offset : offset + info["dfa"].num_states]
            info["accept"] = int(accepts[accepts != 0][0])
        return info["accept"]

    def tables(self, state: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
        """Return an explicit state's automaton as kernels take it: class of every byte, targets, weights, and its first lexer state."""
        offset, info = self._info(state)
        found = info.get("tables")
        if found is None:
            dfa = info["dfa"]
            table = np.require(dfa.table, np.int32, ["C", "W"])
            found = info["tables"] = (byte_classes(dfa), table, np.require(self.weights_of(state), np.uint8, ["C", "W"]), offset)
        return found

    def ended(self, state: int) -> np.ndarray:
        """Return which states of an explicit state's automaton have no way on, bool[n]."""
        _, info = self._info(state)
        found = info.get("ended")
        if found is None:
            found = info["ended"] = ~(info["dfa"].table != 0).any(axis=1)
        return np.asarray(found)

    def weights_of(self, state: int) -> np.ndarray:
        """Return the weights of an explicit state's automaton by state and class, uint8[n, c]."""
        _, info = self._info(state)
        if info.get("weights") is None:
            info["weights"] = np.zeros(info["dfa"].table.shape, np.uint8)
        found: np.ndarray = info["weights"]
        return found

    def farthest(self, state: int, lo: np.ndarray) -> np.ndarray:
        """Return the least weight >= ``lo`` with which every state of a counted state's block reaches acceptance; INF if one cannot."""
        offset, info = self._info(state)
        width, period = int(self.width[state]), int(self.period[state])
        found = info.get("farthest")
        if found is None:
            first = int(self.span[offset])
            table = self.lengths[first : first + width * info["dfa"].num_states].reshape(-1, width)
            found = info["farthest"] = table[1:].max(axis=0).astype(np.int64)
        folded = np.where(lo < width, lo, width - period + (lo - (width - period)) % period)
        return np.where(found[folded] == INF, INF, found[folded] + lo - folded)

    @property
    def shared_blocks(self) -> list[int]:
        """Offsets of the blocks that states of lazy terminals fall into."""
        return [offset for offset, _ in self._shared_blocks.values()]

    def explicit(self, state: int) -> tuple[int, DFA]:
        """Return the offset of an explicit state's block, and its automaton."""
        offset, info = self._info(state)
        return offset, info["dfa"]

    def _info(self, state: int) -> tuple[int, dict]:
        low, high = 0, len(self._block_of)
        while high - low > 1:
            middle = (low + high) // 2
            if self._block_of[middle][0] <= state:
                low = middle
            else:
                high = middle
        return self._block_of[low][0], self._block_of[low][2]


def byte_classes(dfa: DFA) -> np.ndarray:
    """Return the class of every byte, int32[256]."""
    alphabet = dfa.alphabet
    return np.repeat(alphabet.classes, np.diff(np.append(alphabet.bounds, 256)))


class _Windowless(Terminal):
    """A counted terminal's language without its window: what its labels are named by."""

    __slots__ = ("terminal",)

    def __init__(self, terminal: CountedTerminal):
        self.terminal = terminal

    @property
    def key(self) -> Hashable:
        return self.terminal.language_key

    def describe(self, label: int) -> str:
        return self.terminal.describe(label)


def least_counted_bytes(terminal: CountedTerminal) -> int:
    """Return the least bytes of a lexeme of ``terminal`` of its least possible weight."""
    sets = terminal.dfa.length_sets(terminal.weights)
    weight = terminal.lo
    while not sets.contains(terminal.dfa.start, weight):
        weight += 1
    return CountedCosts(terminal.dfa, terminal.weights).least(terminal.dfa.start, weight)


class CountedCosts:
    """Least bytes from the states of a counted automaton to acceptance with a given weight, in time independent of the weight.

    Row k (the costs with weight k) is a function of row k - 1 that commutes with adding a constant. So once a row equals an earlier one
    plus a constant, all rows repeat with that period and that increase.
    """

    def __init__(self, dfa: DFA, weights: np.ndarray):
        self._dfa = dfa
        self._weights = weights
        self._rows: list[np.ndarray] = []
        #: (first row of the period, its length, increase over it)
        self._period: tuple[int, int, int] | None = None

    def least(self, state: int, weight: int) -> int:
        """Return the least bytes from ``state`` with exactly ``weight``, which must be possible."""
        while len(self._rows) <= weight and self._period is None:
            self._rows.append(_cost_row(self._dfa, self._weights, self._rows[-1] if self._rows else None))
            self._find_period()
        if weight < len(self._rows):
            return int(self._rows[weight][state])
        assert self._period is not None
        first, period, increase = self._period
        turns, index = divmod(weight - first, period)
        return int(self._rows[first + index][state]) + turns * increase

    def _find_period(self) -> None:
        last = self._rows[-1]
        possible = last < FAR
        for period in range(1, min(len(self._rows) - 1, 64) + 1):
            earlier = self._rows[-1 - period]
            if np.array_equal(possible, earlier < FAR):
                steps = np.unique(last[possible] - earlier[possible])
                if len(steps) == 1:
                    self._period = (len(self._rows) - 1 - period, period, int(steps[0]))
                    return


def _cost_row(dfa: DFA, weights: np.ndarray, lighter: np.ndarray | None) -> np.ndarray:
    """Return the least bytes from every state to acceptance with weight k, given the row for k - 1 (None: k = 0).

    cost_k(s) = min over edges of 1 + (cost_k if the edge weighs 0 else cost_{k-1})(target); Bellman-Ford over the edges of weight 0.
    """
    cost = np.full(dfa.num_states, FAR, np.int64)
    if lighter is None:
        cost[[state for state, labels in enumerate(dfa.labels) if labels]] = 0
        heavy = cost
    else:
        heavy = np.where((weights == 1) & (dfa.table != 0), lighter[dfa.table] + 1, FAR).min(axis=1)
        cost = np.minimum(heavy, FAR)
    while True:
        light = np.where((weights == 0) & (dfa.table != 0), cost[dfa.table] + 1, FAR).min(axis=1)
        better = np.minimum(np.minimum(cost, light), FAR)
        if np.array_equal(better, cost):
            return cost
        cost = better
