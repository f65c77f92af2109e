"""Choosing a sampler from observed numbers, and saying why.

A pilot of masked texts gives unbiased estimates of Z and of how unequal importance weights are. From them:

1. all weights equal (and nothing died): masking is exact here, the texts are the target's;
2. Z of at least `CARS_Z`: CARS, exact at some 1 / Z attempts and fewer as it learns;
3. weights alike enough (ESS of at least `ALIKE` of the pilot): importance resampling, or for a single text independence
Metropolis-Hastings over as
   many draws, which comes closer at equal cost;
4. else SMC, with AWRS where a predicate looks at prefixes.

The pilot's texts are only looked at, never returned (but for case 1, where they may be): a choice that depends on them would bias them.

No method wins throughout; the numbers behind the rule are those of ``python -m maskwright.bench truth``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .cars import Cars
from .masked import Importance, Masked
from .mcmc import Mcmc
from .samples import Samples
from .smc import Smc
from .target import Target, check_rng

PILOT = 24
CARS_Z = 0.02
ALIKE = 0.25


@dataclass(frozen=True)
class Choice:
    """A sampler, and why.

    Attributes
    ----------
    name : str
    reason : str
    evidence : float
        The pilot's estimate of Z.
    ess : float
        The pilot's effective share, between 0 and 1.
    """

    name: str
    reason: str
    evidence: float
    ess: float


def choose(pilot: Samples, n: int, predicate: bool) -> Choice:
    """Choose from a pilot run of `Masked`.

    Parameters
    ----------
    n : int
        Texts wanted.
    predicate : bool
        Whether the target has a predicate on prefixes.
    """
    evidence, share = float(np.exp(pilot.log_evidence)), pilot.ess / len(pilot)
    logs = pilot.log_weights
    if np.isfinite(logs).all() and float(np.ptp(logs)) < 1e-9:
        return Choice("masked", "all importance weights of the pilot are equal: masking does not distort this target", evidence, share)
    if evidence >= CARS_Z:
        reason = f"Z is about {evidence:.2g}: exact sampling takes some {1 / evidence:.0f} attempts per text, and fewer as it learns"
        return Choice("cars", reason, evidence, share)
    if share >= ALIKE and not predicate:
        name = "mcmc" if n == 1 else "importance"
        return Choice(name, f"Z is about {evidence:.2g}, too small to reject, and weights are alike (ESS {share:.0%})", evidence, share)
    why = "a predicate on prefixes steers it" if predicate else f"weights are unequal (ESS {share:.0%})"
    return Choice("smc", f"Z is about {evidence:.2g}, too small to reject, and {why}", evidence, share)


class Auto:
    """The sampler of `choose`; its results say which it was, in ``notes["choice"]``.

    Parameters
    ----------
    target : Target
    pilot : int
        Masked texts to look at first.
    particles : int, optional
        For the methods that have them; 4 per text wanted and at least 16 otherwise.
    """

    name = "auto"

    def __init__(self, target: Target, *, pilot: int = PILOT, particles: int | None = None):
        self.target = target
        self.pilot = pilot
        self.particles = particles

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n texts by the method chosen."""
        rng = check_rng(seed)
        potential = self.target.potential
        pilot = Masked(self.target).sample(self.pilot, rng)
        choice = choose(pilot, n, potential is not None and potential.is_boolean and potential.has_prefix)
        particles = self.particles or max(16, 4 * n)
        samplers: dict[str, Any] = {
            "masked": lambda: Masked(self.target),
            "cars": lambda: Cars(self.target),
            "importance": lambda: Importance(self.target, particles=particles),
            "mcmc": lambda: Mcmc(self.target, steps=particles - 1),
            "smc": lambda: Smc(self.target, particles=particles),
        }
        run = samplers[choice.name]().sample(n, rng)
        return replace(
            run,
            law="independent texts from the target, exactly (as far as the pilot can tell)" if choice.name == "masked" else run.law,
            model_calls=run.model_calls + pilot.model_calls,
            model_tokens=run.model_tokens + pilot.model_tokens,
            checks=run.checks + pilot.checks,
            notes={**run.notes, "choice": choice},
        )
