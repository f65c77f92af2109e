"""The oracle: a finite language under a model, enumerated.

`enumerate_target` walks every token sequence the masks allow and returns an `ExactLaw`: all sequences with P(x) and phi(x), Z, the exact
conditional distribution, the law of masked sampling, and of samplers whose law has a closed form. Enumeration is over *all*
tokenizations; with
``encode``, over those that `encode` itself would make of the text (canonical ones), which is another target.

Numbers are float64; sequences are keyed by their tokens without the end (two end ids are one outcome).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from maskwright.errors import LimitExceeded

from .protocols import logsumexp
from .target import Target

Tokens = tuple[int, ...]


@dataclass
class PrefixRow:
    """One reachable prefix.

    Attributes
    ----------
    tokens : int64[k]
        What is allowed and has mass.
    log_p : float64[k]
        Under the target's model.
    """

    tokens: np.ndarray
    log_p: np.ndarray

    @property
    def log_mass(self) -> float:
        return float(logsumexp(self.log_p))


class ExactLaw:
    """A finite target, all of it.

    Attributes
    ----------
    outcomes : list of token tuples
        The language: every sequence with weight above 0.
    log_joint : float64[n]
        log(P(x) phi(x)).
    log_masked : float64[n]
        log q(x) of masked sampling (potential ignored).
    log_z : float
    rows : dict of prefix to PrefixRow
    dead_mass : float
        Probability that masked sampling ends in a dead end.
    """

    def __init__(
        self, target: Target, outcomes: list[Tokens], log_joint: np.ndarray, log_masked: np.ndarray, rows: dict[Tokens, PrefixRow]
    ):
        self.target = target
        self.outcomes = outcomes
        self.log_joint = log_joint
        self.log_masked = log_masked
        self.rows = rows
        self.index = {tokens: i for i, tokens in enumerate(outcomes)}
        self.log_z = float(logsumexp(log_joint)) if len(outcomes) else -math.inf

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The target, float64[n]."""
        return np.exp(self.log_joint - self.log_z)

    @cached_property
    def masked(self) -> np.ndarray:
        """The law of masked sampling given that it ends in the language with weight above 0, float64[n]."""
        return np.exp(self.log_masked - logsumexp(self.log_masked))

    @property
    def dead_mass(self) -> float:
        return max(0.0, 1.0 - float(np.exp(logsumexp(self.log_masked))))

    @cached_property
    def log_weights(self) -> np.ndarray:
        """Log importance weights of masked sampling, float64[n]."""
        return self.log_joint - self.log_masked

    @property
    def effective_outcomes(self) -> float:
        """1 / sum(pi ** 2)."""
        return 1 / float((self.probabilities**2).sum())

    def count(self, found: Sequence[Tokens], weights: np.ndarray | None = None) -> np.ndarray:
        """Return the weight on each outcome, float64[n].

        Raises
        ------
        KeyError
            If a sequence is not in the language: a sampler that returns one is wrong.
        """
        counts = np.zeros(len(self.outcomes))
        for place, tokens in enumerate(found):
            counts[self.index[tuple(tokens)]] += 1.0 if weights is None else weights[place]
        return counts

    def distance(self, found: Sequence[Tokens]) -> float:
        """Return the total variation between the empirical distribution of ``found`` and the target."""
        counts = self.count(found)
        return total_variation(counts / counts.sum(), self.probabilities)

    def null_band(self, draws: int, seed: int, repeats: int = 2000) -> Band:
        """Return mean and quantiles of the total variation between ``draws`` draws of the target and the target, by simulation."""
        return null_band(self.probabilities, draws, seed, repeats)

    def mcmc_law(self, steps: int, cut: str = "restart") -> np.ndarray:
        """Return the exact law after ``steps`` Metropolis-Hastings steps from a masked draw, float64[n]."""
        law = self.masked
        kernel = self.restart_kernel if cut == "restart" else self.suffix_kernel
        for _ in range(steps):
            law = law @ kernel
        return law

    @cached_property
    def restart_kernel(self) -> np.ndarray:
        """Transition matrix of independence Metropolis-Hastings with masked proposals, float64[n, n]."""
        return self._kernel(np.broadcast_to(np.exp(self.log_masked), (len(self.outcomes),) * 2))

    @cached_property
    def suffix_kernel(self) -> np.ndarray:
        """Transition matrix with uniform cuts: Q(y | x) = sum over i <= common prefix of q(y[i:] | y[:i]) / (|x| + 1)."""
        n = len(self.outcomes)
        suffixes = [self._suffix_laws(tokens) for tokens in self.outcomes]
        proposal = np.zeros((n, n))
        for x, old in enumerate(self.outcomes):
            for y, new in enumerate(self.outcomes):
                common = common_prefix(old, new)
                cuts = min(common, len(old)) + 1                # cut i keeps i tokens; i = len(old) redraws the end only
                proposal[x, y] = suffixes[y][:cuts].sum() / (len(old) + 1)
        return self._kernel(proposal)

    def _suffix_laws(self, tokens: Tokens) -> np.ndarray:
        """Return q(tokens[i:] and the end | tokens[:i]) for every i, float64[len + 1]."""
        steps = []
        for place in range(len(tokens) + 1):
            row = self.rows[tokens[:place]]
            chosen = row.tokens == tokens[place] if place < len(tokens) else self.target.is_end[row.tokens]
            steps.append(float(logsumexp(row.log_p[chosen])) - row.log_mass)
        return np.exp(np.cumsum(steps[::-1])[::-1])

    def _kernel(self, proposal: np.ndarray) -> np.ndarray:
        joint = np.exp(self.log_joint - self.log_joint.max())
        flow = joint[:, None] * proposal
        with np.errstate(divide="ignore", invalid="ignore"):
            accept = np.where(flow > 0, np.minimum(1, flow.T / flow), 0)
        kernel = proposal * accept
        np.fill_diagonal(kernel, 0)
        np.fill_diagonal(kernel, 1 - kernel.sum(axis=1))
        return kernel

    def pair_law(self) -> np.ndarray:
        """Return the exact law of importance resampling with two particles, given that one is valid, float64[n]."""
        q, w = np.exp(self.log_masked), np.exp(self.log_weights)
        both = q[:, None] * q[None, :] * (w[:, None] / (w[:, None] + w[None, :]))
        law = 2 * both.sum(axis=1) + 2 * q * self.dead_mass     # picked of a valid pair (first or second), or beside a dead one
        return law / law.sum()


@dataclass(frozen=True)
class Band:
    """What the total variation of exact draws would be."""

    mean: float
    q95: float
    q999: float


def enumerate_target(
    target: Target, *, max_prefixes: int = 200_000, batch: int = 512, encode: Callable[[bytes], Sequence[int]] | None = None
) -> ExactLaw:
    """Enumerate the target.

    Parameters
    ----------
    max_prefixes : int
        Prefixes with mass above 0 to visit at most.
    encode : callable, optional
        Keep only texts whose tokens are what it returns for their bytes; P is not renormalised for it.

    Raises
    ------
    LimitExceeded
        If the language has more prefixes.
    """
    rows: dict[Tokens, PrefixRow] = {}
    outcomes: list[Tokens] = []
    log_joint: list[float] = []
    log_masked: list[float] = []
    frontier: list[tuple[Tokens, float, float]] = [((), 0.0, 0.0)]
    while frontier:
        part, frontier = frontier[:batch], frontier[batch:]
        masks = target.masks([target.walk(u) for u, _, _ in part], [target.max_tokens - len(u) for u, _, _ in part])
        logprobs = target.logprobs(target.model.start([u for u, _, _ in part]))
        for (prefix, log_p, log_q), allowed, logs in zip(part, masks, logprobs):
            tokens = np.flatnonzero(allowed & (logs > -np.inf))
            row = rows[prefix] = PrefixRow(tokens, logs[tokens])
            if len(rows) > max_prefixes:
                raise LimitExceeded("max_prefixes", max_prefixes, len(rows) + len(frontier), hint="enumerate a smaller language")
            ends = target.is_end[tokens]
            if ends.any():
                end = float(logsumexp(row.log_p[ends]))
                outcomes.append(prefix)
                log_joint.append(log_p + end)
                log_masked.append(log_q + end - row.log_mass)
            for token, log in zip(tokens[~ends].tolist(), row.log_p[~ends].tolist()):
                frontier.append(((*prefix, token), log_p + log, log_q + log - row.log_mass))
    keep, joint = _weigh(target, outcomes, np.array(log_joint), encode)
    return ExactLaw(target, [outcomes[i] for i in keep], joint[keep], np.array(log_masked)[keep], rows)


def _weigh(
    target: Target, outcomes: list[Tokens], log_joint: np.ndarray, encode: Callable[[bytes], Sequence[int]] | None
) -> tuple[np.ndarray, np.ndarray]:
    if target.potential is not None and outcomes:
        log_joint = log_joint + target.potential.complete([target.data(tokens) for tokens in outcomes])
    kept = log_joint > -np.inf
    if encode is not None:
        kept &= [tuple(encode(target.data(tokens))) == tokens for tokens in outcomes]
    return np.flatnonzero(kept), log_joint


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many leading tokens two sequences share."""
    length = 0
    for a, b in zip(one, other):
        if a != b:
            break
        length += 1
    return length


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    """Return half the sum of absolute differences.

    >>> total_variation(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    0.5
    """
    return 0.5 * float(np.abs(one - other).sum())


def null_band(probabilities: np.ndarray, draws: int, seed: int, repeats: int = 2000) -> Band:
    """Simulate the total variation of ``draws`` exact draws."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(draws, probabilities / probabilities.sum(), size=repeats)
    distances = 0.5 * np.abs(counts / draws - probabilities).sum(axis=1)
    return Band(float(distances.mean()), float(np.quantile(distances, 0.95)), float(np.quantile(distances, 0.999)))
