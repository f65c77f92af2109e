"""Metropolis-Hastings over whole texts: every state is a text of the language, and its law tends to the target.

A chain starts at a masked draw. A step cuts the text x after i tokens, redraws the rest by masked sampling within the *same* budget (the
text keeps its first i tokens and the total length rule), and accepts y with probability min(1, P(y) phi(y) Q(x | y) / (P(x) phi(x) Q(y |
x))). Anaya Gonzalez et al. 2025 (arXiv 2506.05754).

``cut="restart"``   i = 0: independence Metropolis-Hastings; after k steps no farther from the target than picking among k + 1 weighted
draws usually is,
                    with geometric rate 1 - 1 / max(pi / q).
``cut="suffix"``    i uniform over 0 .. |x|, where |x| redraws the end only: cheaper steps, which may mix more slowly.

Proposals that end badly (a dead end, a potential of 0) leave the chain where it is. The log-probabilities that acceptance needs were seen
while the texts were drawn; no text is scored again. Chains run in step, so their proposals share forward passes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maskwright.errors import NoSampleError, OptionError

from .exact import common_prefix
from .masked import run_masked
from .protocols import Step, Usage
from .samples import Sample, Samples
from .target import Target, check_rng
from .walkers import Walkers


@dataclass(frozen=True)
class State:
    """Where a chain is: a text, and its steps from the first token on (their log_p and log_mass are functions of the prefix)."""

    sample: Sample
    log_joint: float

    @property
    def tails(self) -> np.ndarray:
        """Log-probability of redrawing tokens[i:] and the end after tokens[:i], float64[len + 1]."""
        return np.cumsum([step.log_q for step in self.sample.steps[::-1]])[::-1]


class Mcmc:
    """Metropolis-Hastings chains.

    Parameters
    ----------
    target : Target
    steps : int
        Per chain.
    cut : "restart" or "suffix"
    max_starts : int
        Masked draws, per chain, to find a first valid text.
    """

    name = "mcmc"

    def __init__(self, target: Target, *, steps: int = 10, cut: str = "restart", max_starts: int = 100):
        if steps < 0:
            raise OptionError("steps", steps, "an integer of at least 0")
        if cut not in ("restart", "suffix"):
            raise OptionError("cut", cut, '"restart" or "suffix"')
        self.target = target
        self.steps = steps
        self.cut = cut
        self.max_starts = max_starts
        self._checks = 0

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Run n independent chains and return where they end.

        Raises
        ------
        NoSampleError
            If a chain finds no first text.
        """
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        self._checks = 0
        states = self._start(n, rng)
        accepted = 0
        for _ in range(self.steps):
            cuts = np.zeros(n, np.int64)
            if self.cut == "suffix":
                cuts = np.array([rng.integers(len(state.sample.tokens) + 1) for state in states], np.int64)
            proposals = self._draw([state.sample.steps[:cut] for state, cut in zip(states, cuts.tolist())], rng)
            for chain, proposal in enumerate(proposals):
                if proposal is not None and np.log1p(-rng.random()) < self._log_ratio(states[chain], proposal):
                    states[chain] = proposal
                    accepted += 1
        return Samples(
            tuple(replace(state.sample, log_weight=0.0) for state in states),
            self.name,
            f"{self.steps} Metropolis-Hastings steps from a masked draw: the distance to the target only falls with more",
            False,
            float("nan"),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            self._checks,
            n * (self.steps + 1),
            {"accepted": accepted / max(1, n * self.steps)},
        )

    def _start(self, n: int, rng: np.random.Generator) -> list[State]:
        found: list[State] = []
        draws = 0
        while len(found) < n:
            if draws >= self.max_starts * n:
                raise NoSampleError(n, len(found), draws, "masked sampling hardly ever ends well here: use sampler='cars'")
            size = n - len(found)
            draws += size
            found += [state for state in self._draw([()] * size, rng) if state is not None]
        return found

    def _draw(self, kept: list[Any], rng: np.random.Generator) -> list[State | None]:
        """Finish texts from kept steps; None where a text ended badly."""
        walkers: Walkers = run_masked(self.target, [[step.token for step in steps] for steps in kept], rng)
        self._checks += walkers.checks
        states: list[State | None] = []
        for steps, sample in zip(kept, walkers.samples()):
            whole: tuple[Step, ...] = (*steps, *sample.steps)
            log_p = float(sum(step.log_p for step in whole))
            log_phi = sample.log_weight - float(sum(step.log_mass for step in sample.steps))
            state = State(replace(sample, steps=whole, log_p=log_p), log_p + log_phi)
            states.append(state if sample.outcome == "stop" else None)
        return states

    def _log_ratio(self, old: State, new: State) -> float:
        if self.cut == "restart":
            return new.log_joint - old.log_joint + float(old.tails[0] - new.tails[0])
        return new.log_joint - old.log_joint + self._log_move(new, old) - self._log_move(old, new)

    @staticmethod
    def _log_move(start: State, to: State) -> float:
        """log Q(to | start): the cuts at which ``to`` can be redrawn from ``start``."""
        common = common_prefix(start.sample.tokens, to.sample.tokens)
        return float(np.logaddexp.reduce(to.tails[: common + 1])) - float(np.log(len(start.sample.tokens) + 1))
