"""ASAp: masked sampling whose tokens are reweighted by what was learnt about dead futures.

Every attempt ends in the language (or a dead end): tokens are drawn from p * upper, where upper is the trie's bound on what lies behind.
The first text has the masked law; the law of the n-th tends to the target as n grows on finite languages, without a rate. Park et al.
2024, arXiv 2405.21047.

Beyond the paper: every text carries the importance weight P(x) phi(x) / q(x) under the bounds it was drawn with, which is proper whatever
was learnt before; truncated prefixes are events of the trie (their bound becomes 0); and the trie saves and loads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .adaptive import Learner
from .certificate import Certificate
from .protocols import Usage
from .samples import Sample, Samples, log_mean
from .target import Target, check_rng
from .trie import Trie


class Asap:
    """Adaptive sampling with approximate expected futures.

    Parameters
    ----------
    target : Target
    trie : Trie, optional
        What is known already.
    batch : int
        Texts drawn with the same knowledge.
    """

    name = "asap"

    def __init__(self, target: Target, *, trie: Trie | None = None, batch: int = 1):
        self.target = target
        self.trie = Trie() if trie is None else trie
        self.batch = batch
        self._learner: Learner | None = None

    @property
    def certificate(self) -> Certificate:
        """Bounds on Z from all that was learnt so far."""
        root = self.trie.root
        return Certificate(0.0, 1.0) if root is None else Certificate(root.floor, min(root.total, 1.0))

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n weighted texts."""
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        if self._learner is None:
            self._learner = Learner(self.target, self.trie, surviving=False)
        learner, checks = self._learner, self._learner.checks
        found: list[Sample] = []
        while len(found) < n:
            for attempt in learner.round(min(self.batch, n - len(found)), rng):
                tokens = tuple(attempt.tokens)
                if attempt.end >= 0 and attempt.log_phi > -np.inf:
                    weight = attempt.log_p + attempt.log_phi - attempt.log_q
                    found.append(Sample(tokens, self.target.data(tokens), weight, attempt.log_p))
                else:
                    cut = len(tokens) == self.target.max_tokens
                    found.append(Sample(tokens, self.target.data(tokens), -math.inf, attempt.log_p, "length" if cut else "dead"))
        return Samples(
            tuple(found),
            self.name,
            "the masked law at first, tending to the target as texts are drawn; with their weights proper for the target",
            False,
            log_mean(np.array([sample.log_weight for sample in found])),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            learner.checks - checks,
            n,
            {"certificate": self.certificate, "nodes": self.trie.num_nodes},
        )
