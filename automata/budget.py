"""Guaranteed distances to acceptance in tokens, and masks that keep within a budget.

The *plan* of a state is its canonical shortest completion in bytes: from every state the least byte on a shortest way. Because the choice
depends on the state alone, the plan after following it is its own suffix. `min_tokens` is the length of the best tokenisation of the
plan, so it falls by one along that tokenisation: an achievable bound that needs no search over the vocabulary. Where the first levels of a
breadth-first search over tokens are small (`SEARCH_STEPS` in all), the exact least number is found instead. A search that is affordable
from a state is affordable from the next state on its best way, since that explores a part of the same levels, so the law

    min_tokens(s) = 0 iff s accepts;  otherwise some allowed t has min_tokens(advance(s, t)) <= min_tokens(s) - 1

holds across both kinds of answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

import numpy as np

from maskwright.errors import LimitExceeded

from . import bitset
from ._kernels_walk import INF
from .limits import tick, timed
from .masks import MaskBuilder, TerminalWalks
from .states import DEAD, States
from .vocabulary import Vocabulary

#: tokens a breadth-first search may look at in all
SEARCH_STEPS = 2000
#: allowed tokens beyond which successors are found in bulk
BULK_TOKENS = 256
#: the same under residual checks, where every successor is a state of its own with a plan of its own
BULK_TOKENS_CHECKED = 16
#: tokens that end alike and are looked at one by one all the same, under residual checks
ALONE_CHECKED = 8
#: states whose successors are kept in groups
KEPT_GROUPS = 16
#: bytes a plan may have: one is followed byte by byte, and each byte leaves a state
PLAN_BYTES = 100_000
#: bytes by which a plan under residual checks may be longer than the least there could be, tried one after another
DETOURS = (0, 1, 2, 4, 8, 16, 32, 64)
#: bytes that the search for such a plan may try for each of them, and more per byte of the least
PLAN_STEPS, PLAN_STEPS_PER_BYTE = 3_000, 20
#: plans kept for states that differ in the text read only, and bytes by which a plan may be longer than the least to be tried there
KEPT_PLANS, REUSED_DETOUR = 1_000, 4
#: no way to acceptance by the tokens there are
UNREACHABLE = 2**30

_TOO_LONG = (
    "the shortest answer is too long to plan for a budget: ask for a shorter one (minLength, minItems, minProperties, const), "
    "or decode without a budget (on_truncation='return')"
)


class Distances:
    """`min_tokens` of one constraint's states. Callers hold the locks.

    Parameters
    ----------
    states : States
    allowed : callable
        ``allowed(state) -> int array``: the ordinary tokens of a state's mask.
    count : callable
        ``count(state) -> int``: how many they are.
    """

    def __init__(self, states: States, allowed, count, advance):
        self._states = states
        self._allowed = allowed
        self._count = count
        self._advance = advance
        self._vocabulary: Vocabulary = states.vocabulary
        self._distance: dict[int, int] = {}
        #: state -> first byte of its plan and the state after it
        self._moves: dict[int, tuple[int, int]] = {}
        #: under residual checks: pairs of a state -> its plan, which mostly serves states of the same pairs after another text
        self._plans: dict[tuple, bytes] = {}

    def min_tokens(self, state: int) -> int:
        """Return the guaranteed number of tokens from a live state to acceptance."""
        found = self._distance.get(state)
        if found is None:
            with timed(self._states.limits.seconds):
                # under residual checks hardly two texts share a state, so levels are not small
                found = None if self._states.parser.program.remembers else self._search(state)
                if found is None:
                    found = self._plan(state)
            self._distance[state] = found
        return found

    def least_bytes(self, state: int) -> int:
        """Return a number of bytes without which a live state cannot come to acceptance."""
        return self._states.cost(state)

    def at_most(self, state: int, tokens: int) -> bool:
        """Whether ``min_tokens(state) <= tokens``, by the number of bytes where that settles it."""
        cost = self._states.cost(state)
        if cost <= tokens and not self._vocabulary.missing_bytes and not self._states.parser.program.remembers:
            return True
        if cost > tokens * self._vocabulary.max_token_length:
            return False
        return self.min_tokens(state) <= tokens

    def clear(self) -> None:
        """Forget everything that can be computed again."""
        self._distance.clear()
        self._moves.clear()
        self._plans.clear()

    def _search(self, state: int) -> int | None:
        """Search whole levels of states for the nearest accepting one; None if that takes more than `SEARCH_STEPS` tokens."""
        is_accepting = self._states.is_accepting
        if is_accepting(state):
            return 0
        if self._states.cost(state) > SEARCH_STEPS * self._vocabulary.max_token_length:  # each level has a token
            return None
        seen = {state}
        level = [state]
        steps = 0
        tokens = 0
        while level:
            tokens += 1
            steps += sum(map(self._count, level))
            if steps > SEARCH_STEPS:
                return None
            after = []
            for source in level:
                tick()
                for token in self._allowed(source).tolist():
                    target = self._advance(source, token)
                    if target not in seen:
                        if is_accepting(target):
                            return tokens
                        seen.add(target)
                        after.append(target)
            level = after
        return UNREACHABLE

    def _plan(self, state: int) -> int:
        """Return the length of the best tokenisation of the plan of ``state``.

        Only the distance of ``state`` itself follows: a state further on may afford the exact search, and then must use it.
        """
        states = self._states
        least = states.cost(state)
        if least > PLAN_BYTES:
            raise LimitExceeded("plan_bytes", PLAN_BYTES, least, hint=_TOO_LONG)
        remembers = states.parser.program.remembers
        if remembers and not self._follow(state) and not self._find_moves(state):
            return UNREACHABLE
        text = self._planned(state)
        if remembers and len(text) <= least + REUSED_DETOUR:
            if len(self._plans) >= KEPT_PLANS:
                self._plans.clear()
            self._plans[states.pairs(state)] = text
        return fewest_tokens(self._vocabulary, text)[0]

    def _planned(self, state: int) -> bytes:
        """Return the plan of a state."""
        states = self._states
        text = bytearray()
        while not states.is_accepting(state):
            tick()
            move = self._moves.get(state)
            if move is None:
                byte, after, _ = next(states.ways(state))
                move = self._moves[state] = (byte, after)
            text.append(move[0])
            state = move[1]
            if len(text) > PLAN_BYTES:
                raise LimitExceeded("plan_bytes", PLAN_BYTES, len(text), hint=_TOO_LONG)
        return bytes(text)

    def next_tokens(self, state: int) -> np.ndarray:
        """Return the tokens that begin the plan of a live state and are on the way that `min_tokens` counts."""
        if self.min_tokens(state) in (0, UNREACHABLE):
            return np.zeros(0, np.int32)
        text = self._planned(state)
        fewest = fewest_tokens(self._vocabulary, text)
        trie = self._vocabulary.trie
        nodes = [trie.find(text[:end]) for end in range(1, len(text) + 1) if fewest[end] + 1 == fewest[0]]
        return np.concatenate([trie.tokens_at(node) for node in nodes if node >= 0])

    def _follow(self, state: int) -> bool:
        """Make the moves of the plan of a state of the same pairs, if it is one here too: states of one mask mostly differ in text only."""
        states = self._states
        if state in self._moves or states.is_accepting(state):
            return True
        path: list[tuple[int, tuple[int, int]]] = []
        for byte in self._plans.get(states.pairs(state), b""):
            after = states.step(state, byte)
            if after == DEAD:
                return False
            path.append((state, (byte, after)))
            state = after
            if state in self._moves or states.is_accepting(state):
                self._moves.update(path)
                return True
        return False

    def _find_moves(self, state: int) -> bool:
        """Find the moves of a plan under residual checks: depth first, deepening, as costs are lower bounds and ways may turn out closed.

        Moves are kept for whole plans only, so that what follows a move is the plan of the state it leads to.
        """
        states = self._states
        if state in self._moves or states.is_accepting(state):
            return True
        least = states.cost(state)
        for detour in DETOURS:
            left = PLAN_STEPS + PLAN_STEPS_PER_BYTE * least
            path: list[tuple[int, tuple[int, int]]] = []
            stack = [(state, states.ways(state))]
            while stack and left:
                tick()
                left -= 1
                source, ways = stack[-1]
                byte, after, cost = next(ways, (0, DEAD, 0))
                if after == DEAD:
                    stack.pop()
                    if path:
                        path.pop()
                elif len(stack) + cost <= least + detour:
                    path.append((source, (byte, after)))
                    if after in self._moves or states.is_accepting(after):
                        self._moves.update(path)
                        return True
                    stack.append((after, states.ways(after)))
        return self._find_cheapest_first(state, least)

    def _find_cheapest_first(self, state: int, least: int) -> bool:
        """Find the moves of a plan under residual checks where the least one is too far from its bound: what has least to come goes first.

        Thirty undeclared keys that must differ, say: bounds take all for the empty one, and each way that begins with a taken key has many
        further ones that are as good as those beside it. Of equal ones the shorter goes first, so neighbours are tried before longer keys.
        Tries are counted by the bytes of the least, so little is lost where all short ways are closed.
        """
        states = self._states
        came_from: dict[int, tuple[int, int]] = {state: (DEAD, 0)}
        heap: list[tuple[int, int, int, int, int, int, Iterator[tuple[int, int, int]]]] = []
        turns = count()

        def offer(source: int, depth: int, ways: Iterator[tuple[int, int, int]]) -> None:
            byte, after, cost = next(ways, (0, DEAD, 0))
            if after != DEAD:
                heappush(heap, (cost, depth, next(turns), source, byte, after, ways))

        offer(state, 1, iter(states.ways(state)))
        for _ in range(2 * PLAN_STEPS_PER_BYTE * least):
            if not heap:
                break
            tick()
            _, depth, _, source, byte, after, ways = heappop(heap)
            offer(source, depth, ways)
            if after in came_from:
                continue
            came_from[after] = source, byte
            if after in self._moves or states.is_accepting(after):
                while after != state:
                    source, byte = came_from[after]
                    self._moves[source] = byte, after
                    after = source
                return True
            offer(after, depth + 1, iter(states.ways(after)))
        return False


def fewest_tokens(vocabulary: Vocabulary, data: bytes) -> list[int]:
    """Return for every suffix of ``data`` the least number of tokens that spell it (`UNREACHABLE` if none do)."""
    trie = vocabulary.trie
    byte, size, indptr = trie.byte, trie.size, trie.token_indptr
    root = _root_children(vocabulary)
    fewest = [UNREACHABLE] * len(data) + [0]
    for at in range(len(data) - 1, -1, -1):
        tick()
        node = root.get(data[at], -1)
        end = at + 1
        best = UNREACHABLE
        while node >= 0:
            if indptr[node + 1] > indptr[node] and fewest[end] + 1 < best:
                best = fewest[end] + 1
            if end == len(data):
                break
            child, last = node + 1, node + int(size[node])
            node = -1
            while child < last and byte[child] <= data[end]:
                if byte[child] == data[end]:
                    node = child
                    break
                child += int(size[child])
            end += 1
        fewest[at] = best
    return fewest


def _root_children(vocabulary: Vocabulary) -> dict[int, int]:
    trie = vocabulary.trie
    found = {}
    child = 1
    while child < trie.num_nodes:
        found[int(trie.byte[child])] = child
        child += int(trie.size[child])
    return found


class BudgetMasks:
    """Masks of the tokens after which a state can still finish within a budget. Callers hold the locks."""

    def __init__(self, states: States, builder: MaskBuilder, distances: Distances, allowed, advance):
        self._states = states
        self._builder = builder
        self._walks: TerminalWalks = builder.walks
        self._distances = distances
        self._allowed = allowed
        self._advance = advance
        #: state -> (groups of tokens with a common successor state)
        self._groups: dict[int, list[tuple[int, np.ndarray]]] = {}

    def clear(self) -> None:
        """Forget everything that can be computed again."""
        self._groups.clear()

    def row(self, state: int, tokens_left: int) -> np.ndarray:
        """Return the words of the tokens t of ``state`` with ``min_tokens(advance(state, t)) <= tokens_left - 1``.

        Under residual checks one of more than `ALONE_CHECKED` tokens that end alike stands for all of them but those that begin the plan
        of ``state``: one token at least leads on within what `min_tokens` says.
        """
        row = np.zeros(self._walks.vocabulary.num_words, np.uint32)
        with timed(self._states.limits.seconds):
            for after, tokens in self.groups(state):
                if self._distances.at_most(after, tokens_left - 1):
                    row |= bitset.from_ids(tokens, self._walks.vocabulary.size)
        return row

    def groups(self, state: int) -> list[tuple[int, np.ndarray]]:
        """Return the allowed tokens of ``state`` by their successor state."""
        found = self._groups.get(state)
        if found is None:
            by_state: dict[int, list[np.ndarray]] = {}
            rest = self._allowed(state)
            remembers = self._states.parser.program.remembers
            if len(rest) > (BULK_TOKENS_CHECKED if remembers else BULK_TOKENS):
                alone = self._distances.next_tokens(state) if remembers else ()
                rest = self._bulk(state, rest, by_state, alone)
            for token in rest.tolist():
                by_state.setdefault(self._advance(state, token), []).append(np.array([token], np.int32))
            by_state.pop(DEAD, None)
            found = [(after, np.concatenate(tokens)) for after, tokens in by_state.items()]
            if len(self._groups) >= KEPT_GROUPS:
                del self._groups[next(iter(self._groups))]
            self._groups[state] = found
        return found

    def _bulk(self, state: int, tokens: np.ndarray, by_state: dict[int, list[np.ndarray]], alone: np.ndarray | tuple[()]) -> np.ndarray:
        """Group the tokens that merely stay inside the terminals of all pairs; return those that are left, ``alone`` among them.

        A token is settled here if no pair leaves its terminal under it: then its successor is the pairs moved by the terminals alone.
        """
        size = self._walks.vocabulary.size
        trie = self._walks.vocabulary.trie
        lexicon = self._builder.lexicon
        remembers = self._builder.parser.program.remembers
        columns = []
        touched = np.zeros(trie.num_nodes, bool)
        closers = np.zeros(size, bool)
        for pair in self._states.pairs(state):
            parser_set, own, lo, hi = pair
            if lexicon.is_lazy(own):
                own = self._mark_unfallen(own, touched)
                if not own:
                    continue
            inside, after, weights = self._walks.endings(own).spelled_out()
            keep = slice(None) if lexicon.span[own] < 0 else self._walks.alive(after, weights, lo, hi)
            ends, used = np.zeros(size, np.int64), np.zeros(size, np.int64)
            if remembers:  # where the lexeme must end, the text may fail a check
                closers[inside[lexicon.ended(own)[after - lexicon.explicit(own)[0]]]] = True
            ends[inside[keep]] = after[keep]
            used[inside[keep]] = weights[keep]
            columns.append((pair, ends, used))
            self._mark_exits(parser_set, self._walks.walk(own).exits, touched)
        owners = np.repeat(np.arange(trie.num_nodes), np.diff(trie.token_indptr))
        leaves = closers
        leaves[list(alone)] = True
        leaves[trie.token_ids[touched[owners]]] = True
        settled = tokens[~leaves[tokens]]
        if not columns or not len(settled):
            return tokens
        inverse = np.zeros(len(settled), np.int64)
        for _, ends, used in columns:  # number the combinations column by column: one sort of integers each
            _, column = np.unique(ends[settled] << 32 | used[settled], return_inverse=True)
            _, inverse = np.unique(inverse * (int(column.max()) + 1) + column, return_inverse=True)
        _, firsts = np.unique(inverse, return_index=True)
        for index, first in enumerate(settled[firsts].tolist()):
            pairs = set()
            for pair, ends, used in columns:
                end, weight = int(ends[first]), int(used[first])
                if end:
                    parser_set, _, lo, hi = pair
                    pairs.add((parser_set, end, max(lo - weight, 0), hi if hi == INF else hi - weight))
            members = settled[inverse == index].astype(np.int32)
            if remembers and len(members) <= ALONE_CHECKED:
                leaves[members] = True
                continue
            # under checks every token leads to a state of its own; of many the first stands for all that end alike
            target = self._advance(state, int(members[0])) if remembers else self._states.of_pairs(tuple(sorted(pairs)))
            by_state.setdefault(target, []).append(members)
        return tokens[leaves[tokens]]

    def _mark_exits(self, parser_set: int, exits: list[tuple[int, np.ndarray, np.ndarray]], touched: np.ndarray) -> None:
        """Mark the trie nodes below exits after which some lexeme can begin."""
        parser = self._builder.parser
        size = self._walks.vocabulary.trie.size
        border = np.zeros(len(touched) + 1, np.int64)
        for accept, nodes, _ in exits:
            after = parser.textless_scan(parser_set, accept)
            if after is None or parser.start_count[after]:
                np.add.at(border, nodes + 1, 1)
                np.add.at(border, nodes + size[nodes], -1)
        touched |= np.cumsum(border[:-1]) > 0

    def _mark_unfallen(self, own: int, touched: np.ndarray) -> int:
        """Mark the trie nodes on which a lazy state has not fallen into its shared state, and return that state (0: there is none)."""
        lexicon = self._builder.lexicon
        trie = self._walks.vocabulary.trie
        shadow = int(lexicon.shadow[own])
        work = [(0, own, shadow)]
        while work:
            node, state, shared = work.pop()
            row = lexicon.row(state)
            shared_row = lexicon.row(shared) if shared else {}
            if node and lexicon.accept[state]:
                touched[node : node + int(trie.size[node])] = True
                continue
            for child in trie.children(node):
                byte = int(trie.byte[child])
                after, shared_after = row.get(byte, (0, 0))[0], shared_row.get(byte, (0, 0))[0]
                if after == shared_after:
                    continue
                touched[child] = True
                if after:
                    work.append((child, after, shared_after))
        return shadow
