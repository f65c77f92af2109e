"""What samplers return: texts with weights, the evidence, and what it cost.

Weights are *proper* for the target: for every function f of the text, the expectation of the mean of ``exp(log_weight) f`` is ``sum_x
P(x) 1[x in L] phi(x) f(x)``, so the mean weight estimates Z without bias, and the weighted mean of f estimates its expectation under the
target. A text that died (dead end, end of the budget, a potential of 0) keeps its place with weight 0: dropping it would bias both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from .protocols import Step, logsumexp

#: ``stop``: complete, in the language; ``dead``: no token was allowed, or a potential gave weight 0; ``length``: the budget cut it
Outcome = Literal["stop", "dead", "length"]


@dataclass(frozen=True)
class Sample:
    """One text.

    Attributes
    ----------
    tokens : tuple of int
        Without the end token.
    data : bytes
        Their text.
    log_weight : float
        See the module docstring; -inf unless ``outcome`` is "stop".
    log_p : float
        Log-probability of the tokens and the end under the target's model (before conditioning).
    outcome : str
    steps : tuple of Step
        One per token drawn, the end included; empty where a sampler does not draw token by token.
    """

    tokens: tuple[int, ...]
    data: bytes
    log_weight: float
    log_p: float
    outcome: Outcome = "stop"
    steps: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True)
class Samples(Sequence[Sample]):
    """What one run of a sampler found.

    Attributes
    ----------
    samples : tuple of Sample
        Also the items of this sequence.
    sampler : str
    law : str
        What is guaranteed about the texts, in words.
    exact : bool
        Whether each text has the target's law at any cost spent (then weights are equal).
    log_evidence : float
        Log of the estimate of Z; nan where the method has none.
    model_calls, model_tokens, checks, attempts : int
        Forward passes, tokens fed, potential evaluations, texts begun.
    notes : dict
        What the sampler adds (bounds, acceptance rates, resampling steps).
    """

    samples: tuple[Sample, ...]
    sampler: str
    law: str
    exact: bool
    log_evidence: float
    model_calls: int = 0
    model_tokens: int = 0
    checks: int = 0
    attempts: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: Any) -> Any:
        return self.samples[index]

    def __iter__(self) -> Iterator[Sample]:
        return iter(self.samples)

    @property
    def log_weights(self) -> np.ndarray:
        """Log-weights, float64[n]."""
        return np.array([sample.log_weight for sample in self.samples])

    @property
    def weights(self) -> np.ndarray:
        """Weights that sum to 1, float64[n]; all 0 if no text is valid."""
        logs = self.log_weights
        total = logsumexp(logs)
        return np.exp(logs - total) if np.isfinite(total) else np.zeros(len(logs))

    @property
    def ess(self) -> float:
        """Effective number of samples, 1 / sum(weights ** 2); 0 if no text is valid."""
        squares = float((self.weights**2).sum())
        return 1 / squares if squares else 0.0

    @property
    def valid(self) -> list[Sample]:
        """The samples that are complete and in the language."""
        return [sample for sample in self.samples if sample.outcome == "stop"]

    def expect(self, function: Any) -> float:
        """Return the weighted mean of ``function(sample)`` over the valid samples: an estimate of its expectation under the target."""
        return float(sum(w * function(sample) for w, sample in zip(self.weights, self.samples) if w > 0))

    def picks(self, count: int, seed: Any = None) -> list[Sample]:
        """Draw ``count`` samples by weight (sampling importance resampling), with replacement."""
        rng = seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
        weights = self.weights
        if not weights.any():
            return []
        return [self.samples[i] for i in rng.choice(len(weights), count, p=weights)]


def log_mean(log_weights: np.ndarray) -> float:
    """Return the log of the mean weight.

    >>> round(log_mean(np.log([1.0, 3.0])), 3) == round(math.log(2), 3)
    True
    """
    return float(logsumexp(log_weights)) - math.log(len(log_weights)) if len(log_weights) else -math.inf
