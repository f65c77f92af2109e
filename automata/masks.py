"""Masks of pairs and states: composed from what a terminal alone determines and short walks over the rest.

The mask of a pair ``(P, L, lo, hi)`` is built in one of three ways, cheapest first:

1. *Direct walk* of the trie, pruned by live bytes. Structural states visit some twenty nodes. Given up after `DIRECT_NODES`.
2. *Difference walk*, where L mostly falls into a shared terminal (inside a declared key): take the shared state's mask and redo the few
   tokens on paths that have not fallen.
3. *Interior and exits*. The tokens that stay inside the terminal to their end (``interior``) and the trie nodes where it accepts before
the token
   ends (``exits``) depend on tokenizer and lexer state only. They are computed once per vocabulary (`TerminalWalks`); the
   mask is the interior plus short walks from the exits with the set that follows.

Invariant: bit t of the mask is set iff feeding the bytes of t to the pair leaves some pair alive.

Masks are made on a `Sheet` and kept once per content and vocabulary (`mask_pool`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskwright.errors import LimitExceeded

from . import bitset
from ._kernels_walk import BUDGET, EXPAND, FULL, INF, SCAN, STAND
from .endings import Endings
from .growth import grown
from .jit import PATIENCE
from .kernels import KERNELS
from .lexicon import Lexicon, byte_classes
from .mask_pool import Mask, MaskPool, Sheet
from .near_walks import NearWalks
from .open_walks import OpenWalks
from .parser import Parser
from .vocabulary import Vocabulary

#: nodes a direct walk may visit before the terminal's interior is worth computing
DIRECT_NODES = 3000
#: nodes of a trie from which on walks over all of it are left to compiled kernels, if these are on their way
MANY_NODES = 20_000
#: bytes of terminals' walks kept per vocabulary; beyond it they start anew
WALK_BYTES = 2**28
#: lexer states whose endings are kept per vocabulary
KEPT_ENDINGS = 32
#: tokens that a window may take from an interior and still be kept as a difference
FEW_UNFIT = 1024
#: greatest number that says where a token leads, and with what weight
MAX_CODE = 2**31 - 1
#: lexer states whose closing tokens are kept per constraint
KEPT_CLOSERS = 256
#: tokens that may close a lexeme, by their last byte, up to which they are read one by one
MANY_CLOSERS = 1024

Pair = tuple[int, int, int, int]


class TerminalWalk(NamedTuple):
    """What one lexer state does over the whole vocabulary, with its terminal alone.

    Attributes
    ----------
    interior : uint32[num_words]
        Tokens that stay alive inside the terminal to their end, window not regarded.
    exits : list of (int, int32[n], int32[n])
        For each accept id the trie nodes where the terminal accepts with it and that have children, and the weights used.
    most : int
        No interior token uses more weight.
    """

    interior: np.ndarray
    exits: list[tuple[int, np.ndarray, np.ndarray]]
    most: int

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.interior.nbytes + sum(nodes.nbytes + weights.nbytes for _, nodes, weights in self.exits)


class Interior(NamedTuple):
    """The tokens that stay inside a terminal within its window: a row, and the words of it that the window changes."""

    ground: np.ndarray
    words: np.ndarray
    bits: np.ndarray


class TerminalWalks:
    """Interiors and exits per lexer state, shared by all constraints on a vocabulary. Writers hold the vocabulary's lock."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon):
        self.vocabulary = vocabulary
        self.lexicon = lexicon
        self.pool = MaskPool(vocabulary.num_words)
        #: where masks are made, one at a time
        self.sheet = Sheet(vocabulary.num_words)
        #: what is allowed in no state, and in one that has ended
        self.nothing = self.pool.intern(np.zeros(vocabulary.num_words, np.uint32))
        self.eos = bitset.from_ids(np.array(vocabulary.eos_ids, np.int64), vocabulary.size)
        self.ends = self.pool.intern(self.eos.copy())
        trie = vocabulary.trie
        self.trie = (trie.byte, trie.size, trie.depth, trie.token_indptr, trie.token_ids)
        order = np.argsort(trie.parent[1:], kind="stable").astype(np.int32) + 1
        first = np.zeros(trie.num_nodes + 1, np.int32)
        first[1:] = np.cumsum(np.bincount(trie.parent[1:], minlength=trie.num_nodes))
        self.children = (first, trie.byte[order], order, trie.token_indptr, trie.token_ids)
        self.levels = int(trie.depth.max(initial=0)) + 2
        self._counted_shift = self.levels.bit_length()
        self._walks: dict[int, TerminalWalk] = {}
        self._endings: dict[int, Endings] = {}
        self._nbytes = 0
        self._windowed: dict[tuple[int, int, int], Interior] = {}
        #: tokens by their last byte, by which bytes are meant
        self._last: dict[bytes, np.ndarray] = {}
        #: lexer states whose direct walk was given up
        self.wide: set[int] = set()
        self._exits = np.zeros((1024, 3), np.int32)
        self._open = OpenWalks(lexicon, trie)
        self._near = NearWalks(lexicon, trie)

    def walk(self, state: int) -> TerminalWalk:
        """Return the walk of ``state``, an explicit (not lazy) lexer state."""
        found = self._walks.get(state)
        if found is None:
            if self.lexicon.span[state] < 0:
                found = self._walk_by_twin(state)
            if found is None:
                found = self._walk_by_likeness(state) or self._new_walk(state, False)[0]
            self._keep(state, found)
        return found

    def _keep(self, state: int, walk: TerminalWalk) -> None:
        if self._nbytes > WALK_BYTES:
            self._walks.clear()
            self._nbytes = 0
        self._walks[state] = walk
        self._nbytes += walk.nbytes
        self._near.learn(state)

    def endings(self, state: int) -> Endings:
        """Return where the interior tokens of ``state`` lead; a few are kept, each takes up to 16 bytes a token."""
        found = self._endings.get(state)
        return self._walk_with_endings(state)[1] if found is None else found

    def _walk_with_endings(self, state: int) -> tuple[TerminalWalk, Endings]:
        walk, codes = self._new_walk(state, True)
        endings = Endings(codes, self.vocabulary.trie.token_ids, self.lexicon.explicit(state)[0], self._shift(state), self.vocabulary.size)
        if len(self._endings) >= KEPT_ENDINGS:
            del self._endings[next(iter(self._endings))]
        self._endings[state] = endings
        if state not in self._walks:
            self._keep(state, walk)
        return walk, endings

    def _walk_by_twin(self, state: int) -> TerminalWalk | None:
        """Return the walk of ``state`` where it goes on as a shared terminal does, else None."""
        self.expect_whole_walk()
        shared = self._open.twin(state)
        if not shared:
            return None
        if not self._open.has_part(shared):
            walk, codes = self._new_walk(shared, True)
            self._open.learn(shared, walk.interior, codes >> self._shift(shared), [nodes for _, nodes, _ in walk.exits])
        row, nodes, states = self._open.walk(state, shared)
        return self._grouped(row, np.stack([nodes, states, np.zeros(len(nodes), np.int32)], axis=1), 0)

    def _walk_by_likeness(self, state: int) -> TerminalWalk | None:
        """Return the walk of ``state`` by what tells it from a walked state of its automaton, None where that is not less work."""
        other = self._near.candidate(state)
        base = self._walks.get(other)
        if base is None:
            return None
        self.expect_whole_walk()
        near = self._near.walk(state, other, base.interior)
        if near is None:
            return None
        come = self._grouped(near.row, near.exits, near.most)
        exits = {accept: (nodes, weights) for accept, nodes, weights in come.exits}
        for accept, nodes, weights in base.exits:
            stay = ~np.isin(nodes, near.gone)
            nodes, weights = nodes[stay], weights[stay]
            if accept in exits:
                nodes, weights = np.append(nodes, exits[accept][0]), np.append(weights, exits[accept][1])
                order = np.argsort(nodes)
                nodes, weights = nodes[order], weights[order]
            if len(nodes):
                exits[accept] = (nodes, weights)
        row = base.interior if np.array_equal(near.row, base.interior) else near.row  # one row is one ground
        return TerminalWalk(row, [(accept, *at) for accept, at in exits.items()], max(base.most, near.most))

    def expect_whole_walk(self) -> None:
        """Say that a walk over the whole trie is ahead, up to a minute of interpreted kernels and some ms of compiled ones."""
        KERNELS.expect_work(PATIENCE)
        if self.vocabulary.trie.num_nodes >= MANY_NODES:
            KERNELS.settle()

    def _shift(self, state: int) -> int:
        """Return how many bits below its state are the weight of a token: none where nothing is counted, of a million states maybe."""
        return self._counted_shift if self.lexicon.span[state] >= 0 else 0

    def _new_walk(self, state: int, coded: bool) -> tuple[TerminalWalk, np.ndarray]:
        """Walk the vocabulary from ``state``; where its tokens lead (`Endings`) is filled in only if ``coded``."""
        self.expect_whole_walk()
        tables = self.lexicon.tables(state)
        if coded:
            _check_codes(len(tables[1]), self._shift(state))
        out = np.zeros(3, np.int64)
        scratch = np.zeros((2, self.levels), np.int32)
        while True:
            row = np.zeros(self.vocabulary.num_words, np.uint32)
            codes = np.zeros(len(self.vocabulary.trie.token_ids) if coded else 0, np.int32)
            code = KERNELS.walk_terminal(
                self.trie, self.lexicon.accept, *tables, state, self._shift(state), scratch[0], scratch[1], row, codes, self._exits, out
            )
            if code != FULL:
                break
            self._exits = grown(self._exits, 2 * len(self._exits))
        return self._grouped(row, self._exits[: out[0]], int(out[2])), codes

    def _grouped(self, row: np.ndarray, found: np.ndarray, most: int) -> TerminalWalk:
        """Return a walk with its exits, given as (node, lexer state, weight), by what is accepted there."""
        nodes, states, weights = found.T
        accepts = self.lexicon.accept[states]
        exits = [(accept, nodes[accepts == accept], weights[accepts == accept]) for accept in set(accepts.tolist())]
        return TerminalWalk(row, exits, most)

    def closers(self, state: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the interior tokens of ``state`` after which its terminal must end, ascending, and what it accepts there: int64, int32."""
        lexicon = self.lexicon
        offset, dfa = lexicon.explicit(state)
        ended = lexicon.ended(state).copy()
        ended[0] = False
        classes = byte_classes(dfa)
        into = ended[dfa.table].any(axis=0)[classes]
        tokens = bitset.to_ids(self.walk(state).interior & self._ending_in(into), self.vocabulary.size)
        if len(tokens) > MANY_CLOSERS:
            tokens, ends, _ = self.endings(state).spelled_out()
            last = ended[ends - offset]
            return tokens[last], lexicon.accept[ends[last]]
        closing = []
        for token in tokens.tolist():
            at = state - offset
            for byte in self.vocabulary.token_bytes(token):
                at = dfa.table[at, classes[byte]]
            if ended[at]:
                closing.append((token, lexicon.accept[offset + at]))
        found = np.array(closing, np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1].astype(np.int32)

    def _ending_in(self, last: np.ndarray) -> np.ndarray:
        """Return the row of the tokens whose last byte is one of those where ``last`` is true."""
        key = last.tobytes()
        found = self._last.get(key)
        if found is None:
            trie = self.vocabulary.trie
            tokens = trie.token_ids[np.repeat(last[trie.byte], np.diff(trie.token_indptr))]
            found = self._last[key] = bitset.from_ids(tokens.astype(np.int64), self.vocabulary.size)
        return found

    def interior(self, state: int, lo: int, hi: int) -> Interior:
        """Return the interior of ``state`` within its window; not to be written to."""
        if self.lexicon.span[state] < 0:
            return Interior(self.walk(state).interior, _NO_WORDS, _NO_BITS)
        key = (state, lo, hi)
        found = self._windowed.get(key)
        if found is None:
            if len(self._windowed) > 4096:
                self._windowed.clear()
            found = self._windowed[key] = self._new_interior(state, lo, hi)
        return found

    def _new_interior(self, state: int, lo: int, hi: int) -> Interior:
        """Work out which tokens the window takes from the interior: few, unless it is narrow."""
        if self._all_fit(state, lo, hi):
            return Interior(self.walk(state).interior, _NO_WORDS, _NO_BITS)
        endings = self.endings(state)
        fits = self.alive(*endings.kinds, lo, hi)
        tokens = endings.unfit(fits, FEW_UNFIT)
        if tokens is None:
            return Interior(endings.row(fits), _NO_WORDS, _NO_BITS)
        ground = self.walk(state).interior
        if not len(tokens):
            return Interior(ground, _NO_WORDS, _NO_BITS)
        tokens.sort()
        words = tokens >> 5
        first = np.flatnonzero(np.diff(words, prepend=-1))
        gone = np.bitwise_or.reduceat(np.left_shift(np.uint32(1), (tokens & 31).astype(np.uint32)), first)
        words = words[first].astype(np.int64)
        return Interior(ground, words, ground[words] & ~gone)

    def _all_fit(self, state: int, lo: int, hi: int) -> bool:
        """Say whether the window is so far that it takes no token from the interior; False also where that is not certain.

        Asked before the walk is made, about as much weight as any token may use, so that no walk is made twice.
        """
        known = self._walks.get(state) or self._walks.get(self._near.candidate(state))
        expected = self.vocabulary.max_token_chars if known is None else known.most
        if not self._fits_after(state, lo, hi, expected):
            return False
        return self._fits_after(state, lo, hi, self.walk(state).most)

    def _fits_after(self, state: int, lo: int, hi: int, most: int) -> bool:
        """Whether every state of the block of counted ``state`` is alive after up to ``most`` weight from the window (lo, hi)."""
        used = np.arange(most + 1)
        needed = self.lexicon.farthest(state, np.maximum(lo - used, 0))
        return bool((needed < INF).all()) if hi == INF else bool((needed <= hi - used).all())

    def alive(self, ends: np.ndarray, used: np.ndarray, lo: int, hi: int) -> np.ndarray:
        """Say for counted states ``ends``, reached with weights ``used`` from window (lo, hi), whether they can be completed."""
        lexicon = self.lexicon
        left = np.maximum(lo - used.astype(np.int64), 0)
        most = np.full(len(used), INF, np.int64) if hi == INF else hi - used.astype(np.int64)
        width = lexicon.width[ends].astype(np.int64)
        period = lexicon.period[ends].astype(np.int64)
        folded = np.where(left < width, left, width - period + (left - (width - period)) % period)
        least = lexicon.lengths[lexicon.span[ends] + folded].astype(np.int64)
        return (least < INF) & (least + left - folded <= most) & (most >= 0)


class Doubts:
    """What the text may yet have a say in while a mask is drawn.

    Attributes
    ----------
    text : bytes
        What the program remembers.
    risky : uint32[num_words]
        Tokens that checks may take back: under each of them every lexeme must end.
    textual : bool
        Whether what was drawn depends on the text.
    """

    __slots__ = ("risky", "text", "textual")

    def __init__(self, text: bytes, risky: np.ndarray):
        self.text = text
        self.risky = risky
        self.textual = False


class MaskBuilder:
    """Masks of one constraint's pairs and states. Callers hold the locks."""

    def __init__(self, parser: Parser, walks: TerminalWalks):
        self.parser = parser
        self.lexicon = parser.lexicon
        self.walks = walks
        self.vocabulary = walks.vocabulary
        self._num_words = bitset.num_words(self.vocabulary.size)
        self._pairs: dict[Pair, Mask] = {}
        #: masks where the next lexeme begins, by set
        self._begun: dict[int, Mask] = {}
        self._ended: dict[int, tuple[Mask, Mask]] = {}
        self._frontier = np.zeros((walks.levels, 8, 4), np.int32)
        self._count = np.zeros(walks.levels, np.int32)
        self._pending = np.zeros((64, 6), np.int32)
        self._hope = np.zeros((walks.levels + 1, 8), np.uint32)
        self._states = np.zeros((walks.levels, 2), np.int32)
        self._path = np.zeros((walks.levels, 2), np.int32)
        self._out = np.zeros(3, np.int64)
        self._outcome = self._out.data
        self._one_task = np.zeros((1, 6), np.int32)
        self._task = self._one_task.reshape(-1).data
        self._sheet = walks.sheet
        #: while a mask of a program that remembers is built
        self._doubts: Doubts | None = None
        #: masks of such programs that hold whatever the text
        self._textless: dict[tuple[Pair, ...], Mask] = {}
        #: tokens that close the lexeme of a lexer state, with the accept ids they close it with
        self._closing: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._reach = self.vocabulary.max_token_chars

    def clear(self) -> None:
        """Forget everything that can be computed again."""
        self._pairs.clear()
        self._begun.clear()
        self._ended.clear()
        self._textless.clear()

    def mask(self, pairs: tuple[Pair, ...], eos: np.ndarray | None) -> Mask:
        """Return the mask of the union of ``pairs``, plus the words ``eos`` if given."""
        if len(pairs) == 1:
            found = self.pair_mask(self._clipped(pairs[0]))
            return found if eos is None else self._with_ends(found, eos)
        row = np.zeros(self._num_words, np.uint32)
        clipped = [self._clipped(pair) for pair in pairs]
        known = [pair for pair in clipped if pair in self._pairs or pair[1] in self.walks.wide]
        fresh = [pair for pair in clipped if pair not in known]
        for pair in known:
            self.pair_mask(pair).or_to(row)
        if fresh:
            self._sheet.lay(None)
            if len(fresh) > 1 and self._walk(_standing(fresh), self._sheet, DIRECT_NODES):
                row |= self._sheet.row
            else:
                for pair in fresh:
                    self.pair_mask(pair).or_to(row)
        if eos is not None:
            row |= eos
        return self.walks.pool.intern(row)

    def checked_mask(
        self, pairs: tuple[Pair, ...], eos: np.ndarray | None, text: bytes, survives: Callable[[int], tuple[bool, bool]]
    ) -> Mask:
        """Return the mask of ``pairs`` under residual checks.

        Parameters
        ----------
        pairs, eos
            As in `mask`.
        text : bytes
            What the program remembers.
        survives : callable
            ``survives(token)``, asked for tokens under which every lexeme must end: whether it passes, and whether it does whatever
            the text.
        """
        clipped = tuple([self._clipped(pair) for pair in pairs])
        found = self._textless.get(clipped)
        if found is None:
            doubts = self._doubts = Doubts(text, np.zeros(self._num_words, np.uint32))
            try:
                row = np.zeros(self._num_words, np.uint32)
                for pair in clipped:
                    self._draw(pair)
                    row |= self._sheet.row
            finally:
                self._doubts = None
            for token in bitset.to_ids(doubts.risky & row, self.vocabulary.size).tolist():
                alive, whatever = survives(token)
                if not whatever:
                    doubts.textual = True
                if not alive:
                    bitset.discard(row, token)
            found = self.walks.pool.intern(row)
            if not doubts.textual:
                self._textless[clipped] = found
        return found if eos is None else self._with_ends(found, eos)

    def _with_ends(self, mask: Mask, eos: np.ndarray) -> Mask:
        """Return ``mask`` with the end ids, memoised by the identity of the pooled mask."""
        found = self._ended.get(id(mask))
        if found is None or found[0] is not mask:
            row = np.empty(self._num_words, np.uint32)
            mask.copy_to(row)
            row |= eos
            found = self._ended[id(mask)] = (mask, self.walks.pool.intern(row))
        return found[1]

    def _clipped(self, pair: Pair) -> Pair:
        """Reduce a counter's window to what one token can tell apart, so that states that differ beyond it share their mask.

        With lengths periodic from ``width - period`` on and no token heavier than ``reach``, windows with lo beyond
        ``far = reach + width`` may be shifted by whole periods, and an upper end more than ``far + period`` above lo is none.
        """
        parser_set, state, lo, hi = pair
        if self.lexicon.span[state] < 0:
            return pair
        period = int(self.lexicon.period[state])
        far = self._reach + int(self.lexicon.width[state])
        if hi != INF and hi >= lo + far + period:
            hi = INF
        if lo > far + period:
            shift = (lo - far) // period * period
            lo -= shift
            if hi != INF:
                hi -= shift
        return parser_set, state, lo, hi

    def pair_mask(self, pair: Pair) -> Mask:
        """Return the mask of one clipped pair."""
        found = self._pairs.get(pair)
        if found is None:
            self._draw(pair)
            found = self._pairs[pair] = self.walks.pool.of_sheet(self._sheet)
        return found

    def _draw(self, pair: Pair) -> None:
        """Make the mask of one clipped pair on the sheet."""
        parser_set, state, lo, hi = pair
        sheet = self._sheet
        self.lexicon.expand(state)
        shadow = int(self.lexicon.shadow[state])
        if shadow:
            shared = (parser_set, shadow, lo, hi)
            if self._doubts is None:
                sheet.lay_mask(self.pair_mask(shared))
            else:
                self._draw(shared)
            self._walk_difference(parser_set, state)
            return
        if state not in self.walks.wide:
            sheet.lay(None)
            if self._walk(self._standing(pair), sheet, DIRECT_NODES):
                return
            self.walks.wide.add(state)
        after = self._set_after(pair) if self._doubts is None else None
        if after is not None:
            sheet.lay_mask(self._begin_mask(after))
            return
        if self.lexicon.is_lazy(state):
            self.walks.expect_whole_walk()
            sheet.lay(None)
            self._walk(self._standing(pair), sheet, INF)
            return
        interior = self.walks.interior(state, lo, hi)
        sheet.lay(interior.ground)
        if len(interior.words):
            sheet.write(interior.words, interior.bits)
        if self._doubts is not None:
            self._doubt_closers(parser_set, state)
        self._walk_exits(pair)

    def _standing(self, pair: Pair) -> np.ndarray:
        """Return the task of a pair that stands at the root."""
        task = self._task
        task[2], task[3], task[4], task[5] = pair  # STAND, at node 0
        return self._one_task

    def _set_after(self, pair: Pair) -> int | None:
        """Return the set after the lexeme of ``pair`` if that has ended and cannot go on, and no text has a say; else None."""
        parser_set, state, lo, _ = pair
        lexicon = self.lexicon
        if lo > 0 or not lexicon.accept[state] or lexicon.shadow[state] or lexicon.live[state].any():
            return None
        return self.parser.textless_scan(parser_set, int(lexicon.accept[state]))

    def _begin_mask(self, parser_set: int) -> Mask:
        """Return the mask where the next lexeme begins: one for all lexemes that lead there, put together of those that may come."""
        found = self._begun.get(parser_set)
        if found is None:
            found = self._begun[parser_set] = self.mask(tuple(self.parser.starts(parser_set)), None)
        return found

    def _doubt_closers(self, parser_set: int, state: int) -> None:
        """Mark the tokens after which the lexeme that ``state`` is in must end, where the text then has a say."""
        assert self._doubts is not None
        found = self._closing.get(state)
        if found is None:
            if len(self._closing) >= KEPT_CLOSERS:
                del self._closing[next(iter(self._closing))]
            found = self._closing[state] = self.walks.closers(state)
        tokens, accepts = found
        for accept in np.unique(accepts).tolist():
            if self.parser.textless_scan(parser_set, accept) is None:
                self._doubts.risky |= bitset.from_ids(tokens[accepts == accept], self.vocabulary.size)

    def _walk_exits(self, pair: Pair) -> None:
        parser_set, state, lo, hi = pair
        counted = self.lexicon.span[state] >= 0
        for accept, nodes, weights in self.walks.walk(state).exits:
            at = nodes[(weights >= lo) & (weights <= hi)] if counted else nodes
            after = self.parser.textless_scan(parser_set, accept)
            if after is None or self.parser.start_count[after]:
                self._walk(_scanning(at, parser_set, accept), self._sheet, INF)

    def _scan_at(self, parser_set: int, accept: int, node: int) -> int:
        """Return the set after a scan at a trie node, judged by the text there."""
        found = self.parser.textless_scan(parser_set, accept)
        if found is not None:
            return found
        path = bytearray()
        trie = self.vocabulary.trie
        while node:
            path.append(int(trie.byte[node]))
            node = int(trie.parent[node])
        assert self._doubts is not None
        self._doubts.textual = True
        return self.parser.scan(parser_set, accept, self._doubts.text + bytes(reversed(path)))

    def _walk(self, tasks: np.ndarray, sheet: Sheet, limit: int) -> bool:
        """Run tasks (see the kernel `walk`) to the end; return False if more than ``limit`` nodes were visited."""
        visited = 0
        risky = _NOT_ASKED if self._doubts is None else self._doubts.risky
        walks, lexicon, parser = self.walks, self.lexicon, self.parser
        children, count, path, hope, drawn, out = walks.children, self._count, self._path, self._hope, sheet.arrays, self._out
        while len(tasks):
            code = KERNELS.walk(
                children,
                lexicon.kernel_arrays(),
                lexicon.accept,
                parser.kernel_arrays(),
                tasks,
                self._frontier,
                count,
                path,
                hope,
                drawn,
                risky,
                self._pending,
                limit - visited,
                out,
            )
            if code == FULL:
                self._frontier = np.zeros((walks.levels, 2 * self._frontier.shape[1], 4), np.int32)
                self._pending = grown(self._pending, 2 * len(self._pending))
                continue
            if code == BUDGET:
                return False
            num_pending = self._outcome[0]
            if not num_pending:
                return True
            visited += self._outcome[1]
            tasks = self._resolved(self._pending[:num_pending].copy())
        return True

    def _resolved(self, tasks: np.ndarray) -> np.ndarray:
        """Compute what tasks wait for; return them, to be run again, with those spelled out that the text decides."""
        by_text: list[tuple[int, ...]] = []
        decided: list[np.ndarray] = []
        scan = self.parser.textless_scan
        for kind, parser_set, state in _waiting(tasks):
            if kind == STAND:
                self.lexicon.expand(state)
            elif scan(parser_set, state) is None:
                # here the accept id stands in the state's place
                rows = np.flatnonzero((tasks[:, 0] != STAND) & (tasks[:, 2] == parser_set) & (tasks[:, 3] == state))
                for node in tasks[rows, 1].tolist():
                    after = self._scan_at(parser_set, state, node)
                    by_text.extend((STAND, node, *start) for start in self.parser.starts(after))
                decided.append(rows)
        if not decided:
            return tasks
        return np.concatenate((np.delete(tasks, np.concatenate(decided), axis=0), np.array(by_text, np.int32).reshape(-1, 6)))

    def _walk_difference(self, parser_set: int, state: int) -> None:
        tasks = np.array([(0, state, self.lexicon.shadow[state])], np.int32)
        while len(tasks):
            code = KERNELS.walk_difference(
                self.walks.trie,
                self.walks.children,
                self.lexicon.kernel_arrays(),
                self.lexicon.accept,
                tasks,
                self._states,
                self._path,
                self._frontier,
                self._sheet.arrays,
                _NOT_ASKED if self._doubts is None else self._doubts.risky,
                self._pending,
                self._out,
            )
            if code == FULL:
                self._pending = grown(self._pending, 2 * len(self._pending))
                continue
            found = self._pending[: self._outcome[0]].copy()
            if not len(found):
                return
            waits = found[:, 0] == EXPAND
            scans = found[~waits]
            if len(scans):
                scans[:, 2] = parser_set
                self._walk(scans, self._sheet, INF)
            tasks = np.ascontiguousarray(found[waits][:, (1, 3, 4)])
            for own in set(tasks[:, 1].tolist()):
                self.lexicon.expand(own)


_NOT_ASKED = _NO_BITS = np.zeros(0, np.uint32)
_NO_WORDS = np.zeros(0, np.int64)


def _waiting(tasks: np.ndarray) -> list[tuple[int, int, int]]:
    """Return what tasks wait for, each once: (kind, set, state). After a name thousands of nodes may wait for one scan."""
    if len(tasks) < 64:
        found: dict[tuple[int, int, int], None] = {}
        for kind, _, parser_set, state, _, _ in tasks.tolist():
            found[kind, parser_set, state] = None
        return list(found)
    keys = (tasks[:, 2].astype(np.int64) << 32) | (tasks[:, 3].astype(np.int64) << 1) | (tasks[:, 0] == STAND)
    return [(STAND if key & 1 else SCAN, key >> 32, (key & 0xFFFFFFFF) >> 1) for key in np.unique(keys).tolist()]


def _check_codes(states: int, shift: int) -> None:
    """Raise `LimitExceeded` if state and weight of an automaton of so many states do not fit one code."""
    if states - 1 > MAX_CODE >> shift:
        hint = f"tokens of up to {(1 << shift) - 1:,} bytes leave room for no more states of an automaton that counts: simplify the pattern"
        raise LimitExceeded("states", (MAX_CODE >> shift) + 1, states, hint=hint + ", or leave out minLength and maxLength")


def _standing(pairs: list[Pair]) -> np.ndarray:
    """Return the tasks of pairs that stand at the root."""
    return np.array([(STAND, 0, *pair) for pair in pairs], np.int32)


def _scanning(nodes: np.ndarray, parser_set: int, accept: int) -> np.ndarray:
    """Return the tasks of a scan at trie nodes."""
    tasks = np.zeros((len(nodes), 6), np.int32)
    tasks[:, 0] = SCAN
    tasks[:, 1] = nodes
    tasks[:, 2] = parser_set
    tasks[:, 3] = accept
    return tasks
