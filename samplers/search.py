"""Search instead of sampling: constrained beams, deterministic and random.

`Beam` keeps the ``width`` prefixes of highest P, and returns the best finished texts it met: no guarantee, one batch per step. The k
likeliest texts *exactly* are `maskwright.samplers.certificate.Enumeration.best`.

`RandomBeam` draws k *different* texts, without replacement, from masked sampling's law q: every prefix carries the largest Gumbel key
among the texts below it, and the beam keeps the largest keys (Kool et al. 2019, arXiv 1903.06059). A text's weight is P(x) phi(x) /
Pr(key > threshold), the threshold being the (k + 1)-th key; the *sum* of weights is an unbiased estimate of Z. (Without replacement from
the target itself: `Cars(distinct=True)`.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maskwright.errors import OptionError

from .protocols import Usage, logsumexp
from .samples import Sample, Samples
from .target import Target, check_rng
from .walkers import DONE, LIVE, Walkers


class Beam:
    """Constrained beam search.

    Parameters
    ----------
    target : Target
        Its potential forbids prefixes and re-weights finished texts.
    width : int
    """

    name = "beam"

    def __init__(self, target: Target, *, width: int = 8):
        if width < 1:
            raise OptionError("width", width, "an integer of at least 1")
        self.target = target
        self.width = width

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Return up to n texts (at most ``width``), the best first; ``log_weight`` is log(P phi). The seed is not used."""
        width = max(n, self.width)
        found, cost = _search(self.target, width, None)
        found.sort(key=lambda leaf: -leaf.log_joint)
        samples = tuple(replace(leaf.sample, log_weight=leaf.log_joint) for leaf in found[:n])
        return Samples(samples, self.name, "the best texts a beam found: a search, no draw", False, float("nan"), *cost)


class RandomBeam:
    """Different texts in one batch, drawn without replacement from masked sampling's law."""

    name = "random beam"

    def __init__(self, target: Target):
        self.target = target

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n different texts (fewer if the language has fewer), the first as masked sampling would draw it."""
        found, cost = _search(self.target, n + 1, check_rng(seed))
        found.sort(key=lambda leaf: -leaf.key)
        threshold = found[n].key if len(found) > n else -np.inf
        samples = []
        for leaf in found[:n]:
            # Pr(Gumbel(log q) > t) = 1 - exp(-exp(log q - t))
            included = -np.expm1(-np.exp(leaf.log_q - threshold)) if np.isfinite(threshold) else 1.0
            samples.append(replace(leaf.sample, log_weight=float(leaf.log_joint - np.log(included))))
        logs = np.array([sample.log_weight for sample in samples])
        law = "drawn without replacement from masked sampling's law; sums of weights are unbiased"
        return Samples(tuple(samples), self.name, law, False, float(logsumexp(logs)) if len(logs) else -np.inf, *cost)


@dataclass
class Leaf:
    """A finished text."""

    sample: Sample
    log_q: float
    log_joint: float
    key: float


def _search(target: Target, width: int, rng: np.random.Generator | None) -> tuple[list[Leaf], tuple[int, int, int]]:
    """Keep the best ``width`` of prefixes and finished texts together, by log P, or by Gumbel keys if ``rng`` is given."""
    usage = target.model.usage
    before = Usage(usage.calls, usage.tokens)
    walkers = Walkers(target, [()])
    log_p, log_q = np.zeros(1), np.zeros(1)
    keys = np.zeros(1) if rng is None else rng.gumbel(size=1)
    leaves: list[Leaf] = []
    checks = 0
    while len(walkers.live):
        rows = walkers.rows()
        if not len(rows.walkers):
            break
        masked = _one_end(target, rows.masked)
        below_p = log_p[rows.walkers, None] + masked
        below_q = log_q[rows.walkers, None] + masked - logsumexp(masked)[:, None]
        scores = below_p if rng is None else _gumbels(below_q, keys[rows.walkers], rng)
        flat = scores.ravel()
        size = min(width, int((flat > -np.inf).sum()))
        best = np.argpartition(-flat, size - 1)[:size] if size < len(flat) else np.arange(len(flat))
        best = best[flat[best] > -np.inf]
        kept = _kept(flat[best], leaves, width, rng is None)
        leaves[:] = [leaf for leaf in leaves if (leaf.log_joint if rng is None else leaf.key) >= kept]
        best = best[flat[best] >= kept]
        parents, tokens = np.divmod(best, target.size)
        chosen_p, chosen_q = below_p.ravel()[best], below_q.ravel()[best]
        walkers.fork(rows.walkers[parents])
        count = len(best)
        walkers.log_weights = np.zeros(count)
        logs = masked[parents, tokens]
        walkers.accept(np.arange(count), tokens, logs, chosen_q, np.zeros(count))
        log_p, log_q, keys = chosen_p, chosen_q, flat[best]
        walkers.weigh_complete(np.arange(count))
        checks += _refuse(walkers)
        for place in np.flatnonzero(walkers.status == DONE).tolist():
            sample = replace(walkers.sample(place), log_p=float(log_p[place]))
            leaves.append(Leaf(sample, float(log_q[place]), float(log_p[place] + walkers.log_weights[place]), float(keys[place])))
        going = np.flatnonzero(walkers.status == LIVE)
        if not len(going):
            break
        walkers.fork(going)
        log_p, log_q, keys = log_p[going], log_q[going], keys[going]
    return leaves, (usage.calls - before.calls, usage.tokens - before.tokens, checks + walkers.checks)


def _kept(scores: np.ndarray, leaves: list[Leaf], width: int, deterministic: bool) -> float:
    """Return the score of the last one to keep among new prefixes and finished texts."""
    together = np.concatenate([scores, [leaf.log_joint if deterministic else leaf.key for leaf in leaves]])
    return float(np.partition(together, len(together) - width)[len(together) - width]) if len(together) > width else -np.inf


def _one_end(target: Target, masked: np.ndarray) -> np.ndarray:
    """Move the mass of all end ids to the first: they are one outcome."""
    if len(target.ends) > 1:
        together = logsumexp(masked[:, target.ends])
        masked[:, target.ends] = -np.inf
        masked[:, target.ends[0]] = together
    return masked


def _refuse(walkers: Walkers) -> int:
    """Drop live prefixes that the potential refuses; return the number of checks."""
    potential = walkers.target.potential
    live = walkers.live
    if potential is None or not potential.has_prefix or not len(live):
        return 0
    logs = potential.prefix([walkers.data[walker] for walker in live.tolist()])
    for walker in live[np.isneginf(logs)].tolist():
        walkers.kill(walker)
    return len(live)


def _gumbels(log_q: np.ndarray, tops: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return Gumbel keys of children given that the largest of each row is the parent's key, float64[n, V].

    With free keys g and their row maximum z, keys given the maximum t are -log(exp(-t) - exp(-z) + exp(-g)), computed without cancellation.
    """
    free = np.where(log_q > -np.inf, log_q + rng.gumbel(size=log_q.shape), -np.inf)
    z = free.max(axis=1, keepdims=True)
    t = tops[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        v = t - free + np.log1p(-np.exp(free - z))
        keys = t - np.maximum(v, 0) - np.log1p(np.exp(-np.abs(v)))
    return np.where(free == z, t, np.where(log_q > -np.inf, keys, -np.inf))
