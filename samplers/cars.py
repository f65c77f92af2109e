"""CARS: exact sampling by rejection that never makes the same mistake twice.

Attempts are drawn from the model conditioned on "no prefix known to be bad" (`adaptive`), and kept iff they end in the language. Whatever
has been learnt, a kept text has exactly the target's law, independent of the others; learning only raises the acceptance rate Z /
total(root), never lowers it (unless the trie forgets). Parys et al. 2025, arXiv 2510.01902; rounds, sparse nodes and the certificate are
ours.

The estimate of Z is the mean over attempts of total(root) where it was kept, else 0. Each term is unbiased, whatever was learnt before;
stopping at the n-th text biases the mean by O(1 / n), and the certificate, which meets Z as the trie fills, bounds it.

``distinct=True`` samples without replacement: an accepted text is removed from the trie, so the next one has the target's law on what is
left. The texts then come in order of a random draw without replacement, and ``log_weight`` is log(P phi) of each, so their sum is a lower
bound on Z.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from maskwright.errors import NoSampleError, OptionError

from .adaptive import Attempt, Learner
from .certificate import Certificate
from .protocols import Usage
from .samples import Sample, Samples
from .target import Target, check_rng
from .trie import Trie


class Cars:
    """Exact adaptive rejection sampling.

    Parameters
    ----------
    target : Target
        Its potential, if any, has log-weights of at most 0.
    trie : Trie, optional
        What is known already; it goes on learning. One trie belongs to one target.
    batch : int
        Attempts of a round, run through the model together; those of one round do not learn from each other.
    max_attempts : int
        In one call of `sample`.
    distinct : bool
        Without replacement.
    """

    name = "cars"

    def __init__(self, target: Target, *, trie: Trie | None = None, batch: int = 4, max_attempts: int = 20_000, distinct: bool = False):
        if batch < 1 or max_attempts < 1:
            raise OptionError("batch", (batch, max_attempts), "batch and max_attempts of at least 1")
        self.target = target
        self.trie = Trie() if trie is None else trie
        self.batch = batch
        self.max_attempts = max_attempts
        self.distinct = distinct
        self._removed: dict[tuple[int, ...], float] = {}
        self._learner: Learner | None = None

    @property
    def certificate(self) -> Certificate:
        """Bounds on Z from all that was learnt so far."""
        root = self.trie.root
        if root is None:
            return Certificate(0.0, 1.0)
        removed = math.fsum(self._removed.values())
        return Certificate(min(root.floor + removed, 1.0), min(root.total + removed, 1.0))

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n texts from the target.

        Raises
        ------
        NoSampleError
            If ``max_attempts`` ran out, or (``distinct``) the language has no more texts.
        """
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        if self._learner is None:
            self._learner = Learner(self.target, self.trie, surviving=True)
        learner, checks = self._learner, self._learner.checks
        kept: list[Sample] = []
        attempts, used, mass = 0, None, 0.0
        while len(kept) < n:
            root = self.trie.root
            if root is None or root.total <= 0:
                raise NoSampleError(n, len(kept), attempts, "no other text is left in the language (within max_tokens)")
            size = min(self.batch, self.max_attempts - attempts)
            if size < 1:
                hint = f"Z is at most {self.certificate.upper:.3g} here; raise max_attempts=, or use 'smc'"
                raise NoSampleError(n, len(kept), attempts, hint)
            envelope = root.total
            for attempt in learner.round(size, rng):
                attempts += 1
                if self._accept(attempt, rng):
                    mass += envelope
                    kept.append(self._sample(attempt))
                    if len(kept) == n:
                        used = attempts
        certificate = self.certificate
        return Samples(
            tuple(kept[:n]),
            self.name,
            "drawn without replacement from the target, exactly" if self.distinct else "independent texts from the target, exactly",
            not self.distinct,
            self._evidence(certificate, mass / attempts),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            learner.checks - checks,
            attempts,
            {"acceptance": n / (used or attempts), "certificate": certificate, "nodes": self.trie.num_nodes},
        )

    def _accept(self, attempt: Attempt, rng: np.random.Generator) -> bool:
        if attempt.end < 0 or attempt.log_phi == -np.inf:
            return False
        if attempt.bound > 0 and rng.random() * attempt.bound >= math.exp(attempt.log_phi):
            return False
        if not self.distinct:
            return True
        tokens = tuple(attempt.tokens)
        if tokens in self._removed:                             # drawn twice in one round
            return False
        self._removed[tokens] = self._joint(attempt)
        for end in self.target.ends.tolist():
            self.trie.settle(tokens, end, 0.0, 0.0)
        self.trie.propagate(tokens)
        return True

    def _joint(self, attempt: Attempt) -> float:
        """P(x) phi(x), all ends counted."""
        node = self.trie.find(attempt.tokens)
        log_p = attempt.log_p
        if node is not None and len(self.target.ends) > 1:
            mass = {int(token): float(m) for token, m in zip(node.tokens, node.mass)}
            log_p += math.log(math.fsum(mass.get(end, 0.0) for end in self.target.ends.tolist()) / mass[attempt.end])
        return math.exp(log_p + attempt.log_phi)

    def _sample(self, attempt: Attempt) -> Sample:
        tokens = tuple(attempt.tokens)
        weight = math.log(self._removed[tokens]) if self.distinct and self._removed[tokens] > 0 else 0.0
        return Sample(tokens, self.target.data(tokens), weight, attempt.log_p)

    def _evidence(self, certificate: Certificate, estimate: float) -> float:
        """Log of the mean of total(root) over kept attempts (0 for the others) within what is certain."""
        if self.distinct:
            return math.nan
        return math.log(min(max(estimate, certificate.lower), certificate.upper))
