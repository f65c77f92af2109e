"""States of a constraint: what the text so far has come to, by number.

A state is a set of *pairs* ``(P, L, lo, hi)``: parser set P has been reached by whole lexemes, and the lexeme under way has brought a
terminal to lexer state L, with window [lo, hi] left where the terminal counts. Accepting is *deferred*: at a lexer state that accepts
and can go on, the state stays one pair; on the next byte both going on and scanning are tried. So several pairs mean terminals or
splits that are truly undecided. Where several pairs scan at the same byte, their sets are joined into one.

Every pair that is kept is alive (lexer states are trimmed, rules productive), so a state is dead iff it has no pairs and does
not accept. Numbers are given out at token boundaries, never reused, and their meaning is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._kernels_walk import AMBIGUOUS, DONE, FULL, NEED_EXPAND
from .kernels import KERNELS
from .limits import Limits
from .masks import Pair
from .parser import DEAD_SET, Parser
from .vocabulary import Vocabulary

DEAD = 0
END = 1

#: bytes of remembered text that are kept in one piece
CHUNK = 32


class States:
    """The numbered states of one constraint. Callers hold the locks."""

    def __init__(self, parser: Parser, vocabulary: Vocabulary, limits: Limits, first: int = 2):
        self.parser = parser
        self.lexicon = parser.lexicon
        self.vocabulary = vocabulary
        self.limits = limits
        #: number of the first state; numbers below it are of an earlier epoch
        self.first = first
        self._pairs: list[tuple[Pair, ...]] = []
        self._accepting: list[bool] = []
        self._numbers: dict[tuple[tuple[Pair, ...], bool, int], int] = {((), False, 0): DEAD}
        #: what is remembered: (the text before, up to `CHUNK` bytes more), and each state's; 0 is nothing
        self._texts: list[tuple[int, bytes]] = [(0, b"")]
        self._text_numbers: dict[tuple[int, bytes], int] = {}
        self._text_of: list[int] = []
        #: the state whose cost was asked for last, and that cost
        self._last_cost = (-1, 0)
        #: the text that was last put together, and its number
        self._read_text = (0, b"")
        self._frontier = np.zeros((2, 16, 4), np.int32)
        self._count = np.zeros(2, np.int32)
        self._out = np.zeros(3, np.int64)
        #: the same arrays for reading and writing single entries, which takes half as long
        self._flat, self._counts, self._outcome = self._frontier.reshape(-1).data, self._count.data, self._out.data
        self._offsets = vocabulary.offsets.data
        self._remembers = parser.program.remembers
        #: one more than the last state's number
        self.end = first
        self.start = self._number(tuple(sorted(set(parser.starts(parser.start)))), parser.sets[parser.start].accepting)

    def __len__(self) -> int:
        return len(self._pairs)

    def pairs(self, state: int) -> tuple[Pair, ...]:
        """Return the pairs of a live state."""
        return self._pairs[state - self.first]

    def is_accepting(self, state: int) -> bool:
        """Whether the text may end in a live state."""
        return self._accepting[state - self.first]

    def text(self, state: int) -> bytes:
        """Return the bytes that the program remembers in a live state, `b""` where it remembers nothing."""
        parts = []
        last = node = self._text_of[state - self.first]
        if node == self._read_text[0]:
            return self._read_text[1]
        while node:
            node, data = self._texts[node]
            parts.append(data)
        text = b"".join(reversed(parts))
        self._read_text = (last, text)
        return text

    def _number(self, pairs: tuple[Pair, ...], accepting: bool, text: int = 0) -> int:
        key = (pairs, accepting, text)
        found = self._numbers.get(key)
        if found is None:
            if len(self._pairs) >= self.limits.states:
                self.limits.check("states", len(self._pairs) + 1)
            found = self._numbers[key] = self.end
            self.end += 1
            self._pairs.append(pairs)
            self._accepting.append(accepting)
            self._text_of.append(text)
        return found

    def of_pairs(self, pairs: tuple[Pair, ...]) -> int:
        """Return the state of sorted ``pairs``, `DEAD` if there are none; for programs that remember nothing."""
        return self._number(pairs, self._accepts(pairs, b""))

    def _accepts(self, pairs: tuple[Pair, ...], text: bytes) -> bool:
        for parser_set, state, lo, _ in pairs:
            self.lexicon.expand(state)
            accept = int(self.lexicon.accept[state])
            if accept and lo == 0 and self.parser.sets[self.parser.scan(parser_set, accept, text)].accepting:
                return True
        return False

    def _of_read(self, state: int, data: bytes, pairs: tuple[Pair, ...]) -> int:
        """Return the state after ``state`` read ``data`` and came to ``pairs``."""
        if not self.parser.program.remembers:
            return self.of_pairs(pairs)
        node = self._text_of[state - self.first]
        text = self.text(state) + data
        pairs = tuple(pair for pair in pairs if not self._is_doomed(pair, text))
        accepting = self._accepts(pairs, text)
        if any(self.parser.sets[parser_set].remembers for parser_set, _, _, _ in pairs):
            return self._number(pairs, accepting, self._longer(node, data))
        return self._number(pairs, accepting)

    def _longer(self, node: int, data: bytes) -> int:
        """Return the number of text ``node`` followed by ``data``, the same however the text was cut into tokens."""
        before, last = self._texts[node]
        last += data
        while True:
            key = (before, last[:CHUNK])
            number = self._text_numbers.get(key)
            if number is None:
                number = self._text_numbers[key] = len(self._texts)
                self._texts.append(key)
            if len(last) <= CHUNK:
                return number
            before, last = number, last[CHUNK:]

    def _is_doomed(self, pair: Pair, text: bytes) -> bool:
        """Whether the pair's lexeme must end here and the text then fails every check."""
        parser_set, state, lo, _ = pair
        self.lexicon.expand(state)
        if lo or self.lexicon.live[state].any():
            return False
        return self.parser.scan(parser_set, int(self.lexicon.accept[state]), text) == DEAD_SET

    def next_pairs(self, pairs: tuple[Pair, ...], byte: int, text: bytes = b"") -> tuple[Pair, ...]:
        """Move pairs over one byte, ``text`` being what was remembered before it: the definition that the kernel `feed` follows."""
        lexicon, parser = self.lexicon, self.parser
        moved = set()
        scanned = set()
        for parser_set, state, lo, hi in pairs:
            after = lexicon.step(state, lo, hi, byte)
            if after is not None:
                moved.add((parser_set, *after))
            accept = int(lexicon.accept[state])
            if accept and lo == 0:
                scanned.add(parser.scan(parser_set, accept, text))
        scanned.discard(DEAD_SET)
        if scanned:
            for parser_set, state, lo, hi in parser.starts(parser.join(frozenset(scanned))):
                after = lexicon.step(state, lo, hi, byte)
                if after is not None:
                    moved.add((parser_set, *after))
        return tuple(sorted(moved))

    def step(self, state: int, byte: int) -> int:
        """Return the state after one byte."""
        return self._of_read(state, bytes([byte]), self.next_pairs(self.pairs(state), byte, self.text(state)))

    def read(self, state: int, data: bytes) -> tuple[int, int]:
        """Feed ``data`` byte by byte; return the state and how many bytes were read before it died (all of them if it lives)."""
        pairs, text = self.pairs(state), self.text(state)
        remembers = self.parser.program.remembers
        for at, byte in enumerate(data):
            after = self.next_pairs(pairs, byte, text)
            if not after:
                return DEAD, at
            pairs = after
            if remembers:
                text += bytes([byte])
        return (self._of_read(state, data, pairs) if data else state), len(data)

    def feed(self, state: int, token: int) -> int:
        """Return the state after the bytes of ``token`` (not empty)."""
        found = self._fed(state, token)
        if found is None:
            return self.read(state, self.vocabulary.token_bytes(token))[0]
        if self._remembers:
            return self._of_read(state, self.vocabulary.token_bytes(token), found)
        return self._number(found, self._outcome[1] != 0 and self._accepts(found, b""))

    def survives(self, state: int, token: int) -> tuple[bool, bool]:
        """Return whether an allowed ``token`` keeps to the checks, and whether it does so whatever the text before it."""
        found = self._fed(state, token)
        if found is None:
            return self.feed(state, token) != DEAD, False
        for parser_set, own, lo, _ in found:
            self.lexicon.expand(own)
            if lo or self.lexicon.live[own].any() or self.parser.textless_scan(parser_set, int(self.lexicon.accept[own])):
                return True, True
        text = self.text(state) + self.vocabulary.token_bytes(token)  # as in `feed`, but no state is made of it
        return not all(self._is_doomed(pair, text) for pair in found), False

    def _fed(self, state: int, token: int) -> tuple[Pair, ...] | None:
        """Return the pairs after the bytes of ``token``, None where they depend on the text or sets have to be joined."""
        first, last = self._offsets[token], self._offsets[token + 1]
        pairs = self._pairs[state - self.first]
        while True:
            if len(pairs) > self._frontier.shape[1]:
                self._widen(2 * len(pairs))
            if len(pairs) == 1:
                flat = self._flat
                flat[0], flat[1], flat[2], flat[3] = pairs[0]
            elif pairs:
                self._frontier[0, : len(pairs)] = pairs
            self._counts[0] = len(pairs)
            code = KERNELS.feed(
                self.lexicon.kernel_arrays(),
                self.lexicon.accept,
                self.parser.kernel_arrays(),
                self.vocabulary.data,
                first,
                last,
                self._frontier,
                self._count,
                self._out,
            )
            if code == DONE:
                level = self._outcome[0]
                if self._counts[level] == 1:
                    at = 4 * level * self._frontier.shape[1]
                    return (tuple(self._flat[at : at + 4]),)  # type: ignore[return-value]
                return tuple(sorted(map(tuple, self._frontier[level, : self._counts[level]].tolist())))
            if code == FULL:
                self._widen(2 * self._frontier.shape[1])
            elif code == NEED_EXPAND:
                self.lexicon.expand(int(self._out[0]))
            elif code == AMBIGUOUS or self.parser.textless_scan(int(self._out[0]), int(self._out[1])) is None:
                return None

    def _widen(self, pairs: int) -> None:
        """Make room for so many pairs."""
        self._frontier = np.zeros((2, pairs, 4), np.int32)
        self._flat = self._frontier.reshape(-1).data

    def live_bytes(self, state: int) -> list[int]:
        """Return the bytes that some continuation begins with, ascending."""
        own, started = self._scanning(state)
        found: set[int] = set()
        for _, at, lo, hi in own:
            row = self.lexicon.row(at)
            if self.lexicon.span[at] < 0:
                found.update(row)
            else:
                found.update(byte for byte in row if self.lexicon.step(at, lo, hi, byte) is not None)
        for _, at, lo, hi in started:
            found.update(byte for byte in self.lexicon.row(at) if self.lexicon.step(at, lo, hi, byte) is not None)
        return sorted(found)

    def _scanning(self, state: int) -> tuple[Sequence[Pair], Sequence[Pair]]:
        """Return the pairs of a state and those that begin where a lexeme ends in it."""
        scanned = set()
        pairs = self.pairs(state)
        for parser_set, own, lo, _ in pairs:
            accept = int(self.lexicon.accept[own])
            if accept and lo == 0:
                scanned.add(self.parser.scan(parser_set, accept, self.text(state)))
        return pairs, [pair for parser_set in scanned for pair in self.parser.starts(parser_set)]

    # distances -----------------------------------------------------------------------------------------------------------------

    def cost(self, state: int) -> int:
        """Return the least number of bytes from a live state to acceptance (0 if it accepts)."""
        if self.is_accepting(state):
            return 0
        if state != self._last_cost[0]:  # a plan asks for the cost of a state as what it leads to, then as where it goes on
            self._last_cost = (state, min(self._pair_cost(*pair) for pair in self.pairs(state)))
        return self._last_cost[1]

    def _pair_cost(self, parser_set: int, state: int, lo: int, hi: int) -> int:
        ways = []
        for label, cost in self.lexicon.costs(state, lo, hi).items():
            after = self.parser.label_cost(parser_set, label)
            if after is not None:
                ways.append(cost + after)
        return min(ways)

    def ways(self, state: int) -> Iterator[tuple[int, int, int]]:
        """Yield (byte, state after it, its cost) for a live, not accepting state: those on a shortest way first, then the others by cost.

        Without residual checks the first one is on a shortest way. With them costs are lower bounds, and there may be none.
        """
        goal = self.cost(state) - 1
        dearer = []
        own, started = self._scanning(state)
        # whether a byte is alive in a window, `step` says: the first will mostly do, so all the others are not looked at
        for byte in sorted(set().union(*(self.lexicon.row(at) for _, at, _, _ in [*own, *started]))):
            after = self.step(state, byte)
            if after:
                cost = self.cost(after)
                if cost <= goal:
                    yield byte, after, cost
                else:
                    dearer.append((cost, byte, after))
        for cost, byte, after in sorted(dearer):
            yield byte, after, cost
