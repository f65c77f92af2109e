"""Which lengths lead to acceptance: the length sets of a weighted automaton.

Every transition weighs 0 or 1 (a character is counted on its first byte). S_k is the set of states from which some way to
acceptance weighs exactly k. With Z the backward closure over transitions of weight 0,

    S_0 = Z(accepting),    S_{k+1} = Z({s : s has a transition of weight 1 into S_k})

so each set is a function of the one before and the sequence is eventually periodic. A counted string in state s with between
lo and hi characters to go is alive iff s is in some S_k, lo <= k <= hi.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from maskwright.errors import LimitExceeded

#: sets computed before the period must show; patterns like (a{7}|b{11}|c{13})* have long ones
MAX_SETS = 200_000


class LengthSets(NamedTuple):
    """S_0, S_1, ... up to the end of the first period.

    Attributes
    ----------
    reach : bool[K, num_states]
        ``reach[k, s]``: s is in S_k; ``K == period_start + period``.
    period_start, period : int
        S_{k + period} = S_k for every k >= period_start.
    """

    reach: np.ndarray
    period_start: int
    period: int

    def contains(self, state: int, k: int) -> bool:
        """Return whether some way from ``state`` to acceptance weighs exactly ``k``."""
        if k >= len(self.reach):
            k = self.period_start + (k - self.period_start) % self.period
        return bool(self.reach[k, state])

    def meets(self, state: int, lo: int, hi: int | None) -> bool:
        """Return whether some way from ``state`` to acceptance weighs between ``lo`` and ``hi`` (None: no bound)."""
        period_end = len(self.reach)
        column = self.reach[:, state]
        top = period_end if hi is None else min(hi + 1, period_end)
        if lo < period_end and column[lo:top].any():
            return True
        count = self.period if hi is None else min(hi - max(lo, period_end) + 1, self.period)
        if count <= 0:
            return False
        first = (max(lo, period_end) - self.period_start) % self.period
        return bool(np.roll(column[self.period_start :], -first)[:count].any())


def _closed(states: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Add every state with a way of weight 0 into ``states``."""
    while True:
        before = int(states.sum())
        states[sources[states[targets]]] = True
        if int(states.sum()) == before:
            return states


def length_sets(table: np.ndarray, accepting: np.ndarray, weights: np.ndarray) -> LengthSets:
    """Compute the length sets of an automaton.

    Parameters
    ----------
    table : int32[num_states, num_classes]
    accepting : bool[num_states]
    weights : uint8[num_states, num_classes]
        0 or 1 per transition.

    Raises
    ------
    LimitExceeded
        When no period shows within `MAX_SETS` sets.
    """
    num_states = len(table)
    edges = np.sort(table * 2 + weights, axis=1)  # each way of a state once: half of them are the same, and all are gone over for every set
    new = edges > 1
    new[:, 1:] &= edges[:, 1:] != edges[:, :-1]
    source, edge = np.nonzero(new)[0], edges[new]
    target, heavy = edge >> 1, (edge & 1) == 1
    free_from, free_to = source[~heavy], target[~heavy]
    paid_from, paid_to = source[heavy], target[heavy]
    current = _closed(accepting.copy(), free_from, free_to)
    seen: dict[bytes, int] = {}
    found: list[np.ndarray] = []
    while (key := np.packbits(current).tobytes()) not in seen:
        seen[key] = len(found)
        found.append(current)
        if len(found) > MAX_SETS or len(found) * num_states > 400_000_000:
            raise LimitExceeded("length sets", MAX_SETS, len(found), hint="the pattern's lengths have too long a period")
        following = np.zeros(num_states, bool)
        following[paid_from[current[paid_to]]] = True
        current = _closed(following, free_from, free_to)
    return LengthSets(np.array(found), seen[key], len(found) - seen[key])
