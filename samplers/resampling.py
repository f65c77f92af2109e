"""Resampling: which particles go on, and how often. Every scheme copies particle i an expected n * weights[i] times.

multinomial  n independent draws; the most variable one
stratified   one uniform number in each of n equal strata
systematic   one uniform number, shifted n times by 1 / n; the least variable in practice
residual     floor(n * weights[i]) copies for certain, the rest multinomial

>>> systematic(np.array([0.8, 0.1, 0.1]), np.random.default_rng(0)).tolist()
[0, 0, 1]
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def _invert(weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the particle each point of [0, 1) falls on, by cumulative weight."""
    sums = np.cumsum(weights)
    found = np.searchsorted(sums, points * sums[-1], side="right")
    return np.minimum(found, int((sums < sums[-1]).sum()))     # rounding must not lead to a particle of weight 0


def multinomial(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the ancestors, int64[n], ascending."""
    return np.sort(_invert(weights, rng.random(len(weights))))


def stratified(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the ancestors, int64[n], ascending."""
    n = len(weights)
    return _invert(weights, (np.arange(n) + rng.random(n)) / n)


def systematic(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the ancestors, int64[n], ascending."""
    n = len(weights)
    return _invert(weights, (np.arange(n) + rng.random()) / n)


def residual(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the ancestors, int64[n], ascending."""
    n = len(weights)
    copies = np.floor(n * weights / weights.sum() + 1e-12)
    rest = np.maximum(n * weights / weights.sum() - copies, 0)
    left = n - int(copies.sum())
    certain = np.repeat(np.arange(n), copies.astype(np.int64))
    return np.sort(np.concatenate([certain, _invert(rest, rng.random(left))])) if left else certain


SCHEMES: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "multinomial": multinomial,
    "stratified": stratified,
    "systematic": systematic,
    "residual": residual,
}
