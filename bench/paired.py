"""Paired comparisons of right and wrong answers: exact McNemar test, bootstrap interval of the difference.

Two systems answered the same prompts, so only prompts on which they differ carry information. McNemar's exact test is the binomial test
on those; the interval resamples prompts, both answers together, and takes percentiles of the difference in accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 10_000
SEED = 20250110


class Paired(NamedTuple):
    """``gained``: only the first is right; ``lost``: only the second; difference in accuracy with its interval, and McNemar's p."""

    both: int
    gained: int
    lost: int
    neither: int
    difference: float
    low: float
    high: float
    p: float


def compare(first: Sequence[bool], second: Sequence[bool], level: float = 0.95) -> Paired:
    """Compare answers to the same prompts.

    >>> compare([True] * 9 + [False], [False] * 8 + [True, True])[:4]
    (1, 8, 1, 0)
    >>> compare([True, False], [True, False])[4:]
    (0.0, 0.0, 0.0, 1.0)
    """
    both = sum(a and b for a, b in zip(first, second))
    gained = sum(a and not b for a, b in zip(first, second))
    lost = sum(b and not a for a, b in zip(first, second))
    count = len(first)
    # A resample of the prompts is a draw of how many were gained and lost: all that the difference depends on.
    shares = [gained / count, lost / count, (count - gained - lost) / count]
    drawn = np.random.default_rng(SEED).multinomial(count, shares, size=RESAMPLES)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [(1 - level) / 2, (1 + level) / 2])
    neither = count - both - gained - lost
    return Paired(both, gained, lost, neither, (gained - lost) / count, float(low), float(high), mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p of the exact test: are gains and losses equally likely?

    >>> mcnemar(8, 1), mcnemar(0, 0), mcnemar(3, 3)
    (0.0390625, 1.0, 1.0)
    """
    differing = gained + lost
    tail = sum(math.comb(differing, k) for k in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / 2**differing)
