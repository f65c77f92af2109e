"""Masked sampling with its importance weight, and importance resampling.

Masked sampling draws each token from the model restricted to the mask: q(x) = prod p(x_t | x_<t) / Z_t, where Z_t is the mass the mask let
through. Its weight is prod Z_t (times the potential), proper for the target, so the mean weight estimates Z and the weighted texts estimate
expectations. Masked sampling alone is exact iff prod Z_t is constant on the language.

Importance resampling picks n texts among N weighted ones. Its law at finite N is biased, O(1 / N), and tends to the target.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maskwright.errors import NoSampleError, OptionError

from .protocols import Usage
from .samples import Samples, log_mean
from .target import Target, check_rng
from .walkers import Walkers, masked_step

#: texts decoded together
BATCH = 64


class Masked:
    """Masked sampling, with weights.

    Parameters
    ----------
    target : Target
        A potential enters the weights, at the end of each text.
    batch : int
        Texts decoded together.
    """

    name = "masked"

    def __init__(self, target: Target, *, batch: int = BATCH):
        if batch < 1:
            raise OptionError("batch", batch, "an integer of at least 1")
        self.target = target
        self.batch = batch

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n weighted texts."""
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        found: list[Any] = []
        checks = 0
        for first in range(0, n, self.batch):
            walkers = run_masked(self.target, [()] * min(self.batch, n - first), rng)
            found += walkers.samples()
            checks += walkers.checks
        logs = np.array([sample.log_weight for sample in found])
        return Samples(
            tuple(found),
            self.name,
            "each text has the masked (local) law; with its weight it is proper for the target",
            False,
            log_mean(logs),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            checks,
            n,
        )


def run_masked(target: Target, prefixes: list[Any], rng: np.random.Generator) -> Walkers:
    """Finish texts that begin with ``prefixes`` by masked sampling."""
    walkers = Walkers(target, prefixes)
    while len(walkers.live):
        masked_step(walkers, walkers.rows(), rng)
    walkers.weigh_complete(np.arange(len(prefixes)))
    return walkers


class Importance:
    """Importance resampling: n texts picked by weight from ``particles`` masked ones.

    Parameters
    ----------
    target : Target
    particles : int
        Masked texts per call; at least n of `sample`.
    """

    name = "importance"

    def __init__(self, target: Target, *, particles: int = 16, batch: int = BATCH):
        if particles < 1:
            raise OptionError("particles", particles, "an integer of at least 1")
        self.particles = particles
        self._masked = Masked(target, batch=batch)

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n texts; they share the run's log-evidence and have equal weights.

        Raises
        ------
        NoSampleError
            If all particles have weight 0.
        """
        rng = check_rng(seed)
        run = self._masked.sample(max(n, self.particles), rng)
        return resample_run(run, n, rng, self.name, f"importance resampling from {len(run)} masked texts: bias O(1 / {len(run)})")


def resample_run(run: Samples, n: int, rng: np.random.Generator, name: str, law: str) -> Samples:
    """Return n picks from a weighted run; all of it, with its weights, where n is its size."""
    if not run.valid:
        raise NoSampleError(n, 0, len(run), "every particle died: raise particles=, or use sampler='cars', which learns from failures")
    notes = {**run.notes, "particles": len(run), "particle_ess": run.ess}
    if n == len(run):
        samples = run.samples
        law = law.replace("importance resampling from", "importance weights of")
    else:
        from dataclasses import replace

        samples = tuple(replace(sample, log_weight=run.log_evidence) for sample in run.picks(n, rng))
    return Samples(samples, name, law, False, run.log_evidence, run.model_calls, run.model_tokens, run.checks, run.attempts, notes)
