"""What is certain about Z, at any time: bounds, a bound on the distance to the target, and a stop rule.

With l <= Z <= u the texts known so far carry at least l of the mass. Drawing from the *enumerated* part of the language alone, in
proportion to P(x) phi(x), is then at total variation at most 1 - l / u from the target. `Enumeration` works on such bounds directly: it
opens the prefix with the most mass first, and stops when the bound is as small as was asked for.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskwright.errors import NoSampleError, OptionError

from .protocols import Usage, logsumexp
from .samples import Sample, Samples
from .target import Target, check_rng


@dataclass(frozen=True)
class Certificate:
    """Bounds on Z.

    >>> c = Certificate(0.2, 0.25)
    >>> round(c.distance, 3)
    0.2
    """

    lower: float
    upper: float

    @property
    def distance(self) -> float:
        """Bound on the total variation between the target and the target on the enumerated part."""
        return 1.0 if self.lower <= 0 else max(0.0, 1.0 - self.lower / self.upper)

    @property
    def log_middle(self) -> float:
        """Log of the geometric mean of the bounds, or of the upper one alone."""
        if self.upper <= 0:
            return -math.inf
        return math.log(self.upper) if self.lower <= 0 else 0.5 * (math.log(self.lower) + math.log(self.upper))


class Enumeration:
    """Best-first enumeration of the language: certified sampling, and the k likeliest texts.

    A heap holds prefixes by log P(prefix), and finished texts by log P(x) phi(x); a text that comes off the heap is at least as likely as
    everything not seen yet. Needs potentials of at most 1, and calls of the model in batches.

    Parameters
    ----------
    target : Target
    batch : int
        Prefixes opened in one forward pass.
    max_prefixes : int
        Prefixes opened at most.
    """

    name = "enumeration"

    def __init__(self, target: Target, *, batch: int = 16, max_prefixes: int = 20_000):
        if batch < 1 or max_prefixes < 1:
            raise OptionError("batch", (batch, max_prefixes), "batch and max_prefixes of at least 1")
        self.target = target
        self.batch = batch
        self.max_prefixes = max_prefixes
        self.opened = 0
        self.checks = 0
        #: finished texts, by descending log P(x) phi(x) once `best` has returned them
        self.texts: dict[tuple[int, ...], float] = {}
        self._heap: list[tuple[float, tuple[int, ...], bool]] = [(0.0, (), False)]

    @property
    def certificate(self) -> Certificate:
        """What is certain now."""
        lower = math.fsum(math.exp(log) for log in self.texts.values())
        unopened = math.fsum(math.exp(-cost) for cost, _, finished in self._heap if not finished)
        return Certificate(lower, min(1.0, lower + unopened))

    def best(self, k: int) -> list[tuple[tuple[int, ...], float]]:
        """Return the k texts of the highest P(x) phi(x), exactly, with its log; fewer if the language has fewer.

        Raises
        ------
        NoSampleError
            If ``max_prefixes`` is reached first.
        """
        found: list[tuple[tuple[int, ...], float]] = []
        while self._heap and len(found) < k:
            cost, tokens, finished = self._heap[0]
            if finished:
                heapq.heappop(self._heap)
                found.append((tokens, -cost))
            elif not self._open():
                raise NoSampleError(k, len(found), self.opened, "raise max_prefixes=")
        for tokens, log in found:                               # a later call starts over from what is known
            heapq.heappush(self._heap, (-log, tokens, True))
        return found

    def run(self, distance: float) -> Certificate:
        """Open prefixes until the certificate's distance is at most ``distance`` (or ``max_prefixes`` is reached)."""
        while self.certificate.distance > distance and self._open():
            pass
        return self.certificate

    def sample(self, n: int, seed: Any = None, *, distance: float = 0.01) -> Samples:
        """Draw n texts from the enumerated part, after `run`; the result says how far from the target that is at most.

        Raises
        ------
        NoSampleError
            If nothing was enumerated, or the distance cannot be reached within ``max_prefixes``.
        """
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        certificate = self.run(distance)
        if certificate.distance > distance:
            reached = f"the bound on the distance is {certificate.distance:.3g} after {self.opened} prefixes"
            hint = f"{reached}: ask for a larger one, or raise max_prefixes="
            raise NoSampleError(n, 0, self.opened, hint)
        texts = [tokens for tokens, log in self.texts.items() if log > -math.inf]
        logs = np.array([self.texts[tokens] for tokens in texts])
        chosen = rng.choice(len(texts), n, p=np.exp(logs - logsumexp(logs)))
        samples = tuple(Sample(texts[i], self.target.data(texts[i]), 0.0, float(logs[i])) for i in chosen.tolist())
        return Samples(
            samples,
            self.name,
            f"independent texts, within total variation {certificate.distance:.2g} of the target, certified",
            certificate.distance == 0,
            certificate.log_middle,
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            self.checks,
            self.opened,
            {"certificate": certificate},
        )

    def _open(self) -> bool:
        """Open the likeliest prefixes; return False if there is none, or no more may be opened."""
        part: list[tuple[float, tuple[int, ...]]] = []
        aside: list[tuple[float, tuple[int, ...], bool]] = []
        while self._heap and len(part) < min(self.batch, self.max_prefixes - self.opened):
            cost, tokens, finished = heapq.heappop(self._heap)
            if finished:
                aside.append((cost, tokens, True))
            else:
                part.append((cost, tokens))
        for item in aside:
            heapq.heappush(self._heap, item)
        if not part:
            return False
        self.opened += len(part)
        target = self.target
        part = self._guided(part)
        masks = target.masks([target.walk(u) for _, u in part], [target.max_tokens - len(u) for _, u in part])
        alive = [i for i, row in enumerate(masks) if row.any()]
        if alive:
            logprobs = target.logprobs(target.model.start([part[i][1] for i in alive]))
            for i, logs in zip(alive, logprobs):
                self._expand(*part[i], np.where(masks[i], logs, -np.inf))
        return True

    def _guided(self, part: list[tuple[float, tuple[int, ...]]]) -> list[tuple[float, tuple[int, ...]]]:
        """Leave out prefixes that a potential refuses."""
        potential = self.target.potential
        if potential is None or not potential.has_prefix:
            return part
        self.checks += len(part)
        logs = potential.prefix([self.target.data(tokens) for _, tokens in part])
        return [item for item, log in zip(part, logs.tolist()) if log > -math.inf]

    def _expand(self, cost: float, tokens: tuple[int, ...], row: np.ndarray) -> None:
        target = self.target
        end = float(logsumexp(row[target.ends]))
        if end > -math.inf:
            log = end - cost
            if target.potential is not None:
                self.checks += 1
                log += float(target.potential.complete([target.data(tokens)])[0])
            if log > -math.inf:
                self.texts[tokens] = log
                heapq.heappush(self._heap, (-log, tokens, True))
        for token in np.flatnonzero((row > -np.inf) & ~target.is_end).tolist():
            heapq.heappush(self._heap, (cost - float(row[token]), (*tokens, token), False))
