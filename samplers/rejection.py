"""Plain rejection: draw from the model alone, keep what is in the language.

Exact at any number of draws, and the yardstick for all other exact samplers; useful where the model obeys the constraint often. An
attempt ends at its first token that leaves the language. A potential of log-weights at most 0 is a coin at the end of the text. The
number of attempts is geometric, so the unbiased (inverse-binomial) estimate of Z from n kept texts in N attempts is (n - 1) / (N - 1);
for n = 1 it is 1 / N, which is not.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maskwright.errors import NoSampleError, PredicateError

from .protocols import Usage, draw, logsumexp
from .samples import Sample, Samples
from .target import Target, check_rng
from .walkers import GONE, Walkers


class Rejection:
    """Plain rejection sampling.

    Parameters
    ----------
    target : Target
    max_attempts : int
        Attempts in one call of `sample` before it gives up.
    batch : int
        Attempts decoded together.
    """

    name = "rejection"

    def __init__(self, target: Target, *, max_attempts: int = 10_000, batch: int = 16):
        self.target = target
        self.max_attempts = max_attempts
        self.batch = batch

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n texts from the target, independently.

        Raises
        ------
        NoSampleError
            If ``max_attempts`` ran out.
        """
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        kept: list[Sample] = []
        attempts = checks = 0
        while len(kept) < n:
            size = min(self.batch, self.max_attempts - attempts)
            if size < 1:
                hint = "the model seldom obeys this constraint: use sampler='cars', or raise max_attempts="
                raise NoSampleError(n, len(kept), attempts, hint)
            walkers = self._attempts(size, rng)
            checks += walkers.checks
            for sample in walkers.samples():                    # in the order begun: which attempts count does not depend on their length
                attempts += 1
                if sample.outcome == "stop":
                    kept.append(sample)
                if len(kept) == n:
                    break
        evidence = math.log((n - 1) / (attempts - 1)) if n > 1 else -math.log(attempts)
        return Samples(
            tuple(kept),
            self.name,
            "independent texts from the target, exactly",
            True,
            evidence,
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            checks,
            attempts,
            {"acceptance": n / attempts},
        )

    def _attempts(self, size: int, rng: np.random.Generator) -> Walkers:
        walkers = Walkers(self.target, [()] * size)
        while len(walkers.live):
            rows = walkers.rows()
            if not len(rows.walkers):
                break
            masked = rows.masked
            log_mass = logsumexp(masked)
            inside = rng.random(len(masked)) < np.exp(log_mass)     # the same as drawing any token, and seeing it is forbidden
            for walker in rows.walkers[~inside].tolist():
                walkers.kill(walker)
            if inside.any():
                masked = masked[inside]
                tokens = draw(masked, rng.random(len(masked)))
                log_p = masked[np.arange(len(tokens)), tokens]
                walkers.accept(rows.walkers[inside], tokens, log_p, log_p, log_mass[inside])
        self._flip(walkers, rng)
        return walkers

    def _flip(self, walkers: Walkers, rng: np.random.Generator) -> None:
        """Keep finished texts with the probability their potential says, with weight 1."""
        walkers.weigh_complete(np.arange(len(walkers.tokens)))
        for walker, log in enumerate(walkers.log_weights.tolist()):
            if log > 0:
                raise PredicateError(walkers.data[walker], f"its log-weight {log} is above 0: rejection needs weights of at most 1")
            if -np.inf < log < 0:
                if math.log(1 - rng.random()) < log:
                    walkers.log_weights[walker] = 0.0
                else:
                    walkers.kill(walker, GONE)
