"""What samplers work on: language models, constraints, and what they report.

A `LanguageModel` gives log-probabilities of the next token after prefixes that can be forked: `LanguageModel.start` opens a `Session` of n
rows, ``logprobs : float64[n, V]`` are those of each row's next token, ``extend`` appends one token to each row in one forward pass, and
``select`` keeps, drops or copies rows. Everything a sampler does to its particles is one of these three, so a model with a key-value
cache batches and forks natively. Row i of ``logprobs`` is normalised: it sums to 1 over V, and V may be larger than the constraint's
vocabulary.

A `Constraint` is the engine's (integer states, masks). A step under it reports three numbers, from which all weights follow::

    log_mass   log of the mass p(. | u) puts on what was allowed
    log_p      log p(token | u), under the declared target's model
    log_q      log of the probability the sampler chose the token with

The importance weight of a text drawn token by token is exp(sum (log_p - log_q)); masked sampling has log_p - log_q = log_mass at every
step.

Refused: one call per prefix (``logprobs(prefix)``), which would leave caches and batches to every sampler anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np


@dataclass
class Usage:
    """What a model was asked: forward passes, and tokens fed in them (each row's own)."""

    calls: int = 0
    tokens: int = 0


class Session(Protocol):
    """Rows of one batch under way; see the module docstring."""

    logprobs: np.ndarray

    def extend(self, tokens: Sequence[int] | np.ndarray) -> None:
        """Append one token to each row; -1 leaves a row as it is (its ``logprobs`` stay)."""

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        """Make row i what row ``rows[i]`` was; any length, repeats fork."""


class LanguageModel(Protocol):
    """A distribution over the next token, given what was written; see the module docstring."""

    vocab_size: int
    usage: Usage

    def start(self, prefixes: Sequence[Sequence[int]]) -> Session:
        """Open a session whose row i has read ``prefixes[i]`` (after whatever prompt the model has)."""


class Constraint(Protocol):
    """The engine's contract, as far as samplers use it; see `maskwright.automata.constraint.Constraint`."""

    vocab: Any
    start: int

    def advance(self, state: int, token: int) -> int: ...

    def fill_mask(self, state: int, row: np.ndarray, budget: int | None = None) -> int: ...

    def is_accepting(self, state: int) -> bool: ...


class Step(NamedTuple):
    """One token of a sample; see the module docstring for the logs."""

    token: int
    log_p: float
    log_q: float
    log_mass: float


def logsumexp(values: np.ndarray) -> np.ndarray:
    """Return log(sum(exp(values))) over the last axis; -inf where everything is.

    >>> logsumexp(np.log(np.array([[0.25, 0.5], [0.0, 0.0]]) + 1e-320)).round(3).tolist()[0]
    -0.288
    """
    top = values.max(axis=-1, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(values - shift[..., None]).sum(axis=-1)) + shift


def draw(log_weights: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Choose one column per row with probability proportional to exp(log_weights), by the inverse distribution function in float64.

    Parameters
    ----------
    log_weights : float64[n, k]
        Each row has a finite entry.
    uniforms : float64[n]
        In [0, 1).

    Notes
    -----
    Float32 exponential races (``torch.multinomial`` on a CPU) pick a uniformly random column now and then at large k: one of the k
    exponentials is 0 with probability k * 2**-24.

    >>> draw(np.log([[0.5, 0.25, 0.25]] * 3), np.array([0.1, 0.6, 0.99])).tolist()
    [0, 1, 2]
    """
    mass = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    np.cumsum(mass, axis=-1, out=mass)
    goal = uniforms * mass[:, -1]
    found = (mass <= goal[:, None]).sum(axis=-1)
    last = (mass < mass[:, -1:]).sum(axis=-1)       # rounding must not lead beyond the last column with mass
    return np.minimum(found, last)
