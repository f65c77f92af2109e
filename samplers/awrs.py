"""AWRS: one token from what a predicate allows, and an unbiased estimate of the mass it allows, testing few tokens.

Given p over candidates and a boolean C, draw a token a with C(a) and a weight w with E[w f(a)] = sum_a p(a) C(a) f(a) for every f: so a
has the law p C / Z given that any is drawn, and E[w | a] = Z. Candidates come in the order of a draw *without replacement* (`Order`:
Gumbel keys), so no token is tested twice. Four estimators (Lipkin et al. 2025, arXiv 2504.05410, and genlm-control); x_1, x_2, ... is the
order, left_i the mass before x_i is drawn:

``counting``   n0 tokens rejected, then x accepted with mass left: w = left / (n0 + n1 + 1), where n1 more are rejected until a second
acceptance in which x
               itself may come again.
``recursive``  w = product of (1 - q_i) over the rejected, q_i = p(x_i) / left_i; of the accepted one, q if the next token is rejected,
else 1.
``geometric``  rebuilds a run with replacement up to r acceptances (``accepts``): w = (r - 1) / (draws - 1).
``auto``       recursive where four tokens hold nine tenths of the mass, counting elsewhere: the former does well when few large tokens
are rejected, the
               latter when many small ones are. The choice looks at p alone, which keeps the weight proper.

There is no floor: masses left are sums over the tokens that are left, in log space, never one minus what was rejected, and the search
ends only when no candidate is left. So a valid token is found whenever there is one, however small (``max_checks`` bounds it on request,
properly).

Estimators are coroutines: they yield a candidate to be tested and are sent the verdict. So the verdicts of many particles are asked for
together, and tests run the very same code through all orders.

Used after a mask (*residual*): the mask's mass is exact and only what the predicate adds is estimated, w = Z_mask * Z_residual.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from maskwright.errors import NoSampleError, OptionError

from .protocols import Usage, logsumexp
from .samples import Samples, log_mean
from .target import Target, check_rng
from .walkers import Rows, Walkers

#: candidates sorted at first; doubled as needed
CHUNK = 32


class Candidate(NamedTuple):
    """One candidate in the order of the draw; logs are relative to the mass of all."""

    token: int
    log_p: float
    log_before: float
    log_after: float

    @property
    def q(self) -> float:
        """Probability of this draw, given those before."""
        return math.exp(min(0.0, self.log_p - self.log_before))


Verdict = Generator[int, bool, tuple[int, float]]


class Chance(Protocol):
    """The random choices of an estimator, so that tests may enumerate them."""

    def coin(self, probability: float) -> bool: ...

    def failures(self, log_probability: float) -> int:
        """Failures before the first success."""


class RandomChance:
    """Choices by a generator."""

    def __init__(self, rng: np.random.Generator):
        self._rng = rng

    def coin(self, probability: float) -> bool:
        return bool(self._rng.random() < probability)

    def failures(self, log_probability: float) -> int:
        if log_probability > -1e-15:
            return 0
        waited = -math.log1p(-self._rng.random())               # exponential; geometric by inversion, for any probability
        if log_probability > -30:
            return int(waited / -math.log1p(-math.exp(log_probability)))
        digits, fraction = divmod(-log_probability / math.log(10), 1)
        return int(waited * 10**fraction * 1e9) * 10 ** max(0, int(digits) - 9)


class Order:
    """Candidates in the order of a draw without replacement, with the mass left, lazily.

    Parameters
    ----------
    log_p : float64[V]
        -inf for what is no candidate.
    rng : numpy Generator

    Notes
    -----
    Keys log_p + Gumbel are drawn at once, O(V); only the leading ones are sorted. The mass left after the i-th is a suffix sum over the
    sorted part plus one sum over the rest.
    """

    def __init__(self, log_p: np.ndarray, rng: np.random.Generator):
        self._ids = np.flatnonzero(log_p > -np.inf)
        logs = log_p[self._ids]
        self._log_p = logs - logsumexp(logs) if len(logs) else logs
        self._keys = self._log_p + rng.gumbel(size=len(logs))
        self._ready: list[Candidate] = []
        self._chunk = CHUNK

    def __iter__(self) -> Iterator[Candidate]:
        place = 0
        while place < len(self._ready) or self._more():
            yield self._ready[place]
            place += 1

    def _more(self) -> bool:
        """Sort another chunk; return False if there is none."""
        if not len(self._ids):
            return False
        size = min(self._chunk, len(self._ids))
        self._chunk *= 2
        chosen = np.argpartition(-self._keys, size - 1)[:size]
        chosen = chosen[np.argsort(-self._keys[chosen])]
        ids, logs = self._ids[chosen], self._log_p[chosen]
        rest = np.ones(len(self._ids), bool)
        rest[chosen] = False
        self._ids, self._log_p, self._keys = self._ids[rest], self._log_p[rest], self._keys[rest]
        tail = float(logsumexp(self._log_p)) if len(self._ids) else -np.inf
        left = np.logaddexp.accumulate(np.append(logs, tail)[::-1])[::-1]       # left[i]: mass from the i-th on
        self._ready += [Candidate(*row) for row in zip(ids.tolist(), logs.tolist(), left[:-1].tolist(), left[1:].tolist())]
        return True


def recursive(order: Any, chance: Chance, max_checks: int | None = None) -> Verdict:
    """See the module docstring."""
    log_m = 0.0
    accepted: Candidate | None = None
    for candidate in itertools.islice(order, max_checks):
        valid = yield candidate.token
        if accepted is not None:
            return accepted.token, log_m + (0.0 if valid else math.log(accepted.q))
        if not valid:
            log_m += candidate.log_after - candidate.log_before
        elif candidate.log_after == -math.inf:
            return candidate.token, log_m
        else:
            accepted = candidate
    # checks ran out: an acceptance not followed by a second test counts in full, as a rejection counts nothing
    return (accepted.token, log_m) if accepted is not None else (-1, -math.inf)


def counting(order: Any, chance: Chance, max_checks: int | None = None) -> Verdict:
    """See the module docstring; `max_checks` is not for this estimator."""
    rejected = 0
    first: Candidate | None = None
    left = -math.inf
    for candidate in order:
        if first is not None:
            again = math.exp(first.log_p - np.logaddexp(first.log_p, candidate.log_before))
            if chance.coin(again):
                break
        valid = yield candidate.token
        if valid and first is not None:
            break
        if valid:
            first, left = candidate, candidate.log_before
        else:
            rejected += 1
    return (-1, -math.inf) if first is None else (first.token, left - math.log(rejected + 1))


def geometric(order: Any, chance: Chance, max_checks: int | None = None, accepts: int = 2) -> Verdict:
    """See the module docstring; `max_checks` is not for this estimator."""
    draws = accepted = 0
    first = -1
    log_good = -math.inf
    unseen = iter(order)
    candidate = next(unseen, None)
    while accepted < accepts:
        log_unseen = -math.inf if candidate is None else candidate.log_before
        log_open = float(np.logaddexp(log_good, log_unseen))
        if log_open == -math.inf:
            return -1, -math.inf
        draws += chance.failures(log_open) + 1
        if candidate is None or (accepted and chance.coin(math.exp(log_good - log_open))):
            accepted += 1
            continue
        if (yield candidate.token):
            accepted += 1
            first = candidate.token if first < 0 else first
            log_good = float(np.logaddexp(log_good, candidate.log_p))
        candidate = next(unseen, None)
    return first, math.log(accepts - 1) - math.log(draws - 1)


ESTIMATORS: dict[str, Callable[..., Verdict]] = {"recursive": recursive, "counting": counting, "geometric": geometric}


def choose_estimator(log_p: np.ndarray) -> str:
    """Return what "auto" means for these candidates."""
    top = np.sort(np.partition(log_p, -4)[-4:]) if len(log_p) > 4 else log_p
    return "recursive" if float(logsumexp(top)) - float(logsumexp(log_p)) >= math.log(0.9) else "counting"


class Drawer:
    """Draws tokens under a predicate for many rows at once.

    Parameters
    ----------
    estimator : "auto", "recursive", "counting" or "geometric"
    accepts : int
        Acceptances per draw of "geometric"; more test more and vary less.
    max_checks : int, optional
        Tests per draw at most, for "recursive" (then "auto" is "recursive"); the draw may then fail though a valid token exists.
    """

    def __init__(self, estimator: str = "auto", *, accepts: int = 2, max_checks: int | None = None):
        if estimator not in (*ESTIMATORS, "auto"):
            raise OptionError("estimator", estimator, f"one of auto, {', '.join(ESTIMATORS)}")
        if accepts < 2:
            raise OptionError("accepts", accepts, "an integer of at least 2")
        if max_checks is not None and (max_checks < 1 or estimator not in ("auto", "recursive")):
            raise OptionError("max_checks", max_checks, "an integer of at least 1, with estimator 'recursive'; others need all their tests")
        self.estimator = estimator if max_checks is None else "recursive"
        self.accepts = accepts
        self.max_checks = max_checks
        self.checks = 0

    def start(self, log_p: np.ndarray, rng: np.random.Generator) -> Verdict:
        """Return the coroutine that draws from one row, float64[V]."""
        name = choose_estimator(log_p) if self.estimator == "auto" else self.estimator
        more = {"accepts": self.accepts} if name == "geometric" else {}
        return ESTIMATORS[name](Order(log_p, rng), RandomChance(rng), self.max_checks, **more)

    def draw(
        self, log_p: np.ndarray, test: Callable[[list[tuple[int, int]]], Sequence[bool]], rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw a token per row.

        Parameters
        ----------
        log_p : float64[n, V]
        test : callable
            Gets (row, token) pairs, one per row that still searches, and returns whether each is allowed.

        Returns
        -------
        tokens : int64[n]
            -1 where no token is allowed.
        log_weights : float64[n]
            Of the estimate relative to the row's mass.
        """
        tokens, logs = np.full(len(log_p), -1, np.int64), np.full(len(log_p), -np.inf)
        searching: dict[int, tuple[Verdict, int]] = {}
        for row in range(len(log_p)):
            self._resume(self.start(log_p[row], rng), None, row, searching, tokens, logs)
        while searching:
            asked = [(row, token) for row, (_, token) in searching.items()]
            verdicts = test(asked)
            self.checks += len(asked)
            for (row, _), verdict in zip(asked, verdicts):
                self._resume(searching.pop(row)[0], bool(verdict), row, searching, tokens, logs)
        return tokens, logs

    @staticmethod
    def _resume(
        search: Verdict, verdict: Any, row: int, searching: dict[int, tuple[Verdict, int]], tokens: np.ndarray, logs: np.ndarray
    ) -> None:
        try:
            searching[row] = search, search.send(verdict)
        except StopIteration as end:
            tokens[row], logs[row] = end.value


def residual_step(walkers: Walkers, rows: Rows, drawer: Drawer, rng: np.random.Generator) -> None:
    """Draw every row's token from what mask and potential allow; weights get the mask's exact mass times the estimated residual."""
    if not len(rows.walkers):
        return
    potential = walkers.target.potential
    masked = rows.masked
    log_mass = logsumexp(masked)

    def test(asked: list[tuple[int, int]]) -> list[bool]:
        verdicts = [True] * len(asked)
        if potential is None:
            return verdicts
        for ends in (False, True):
            some = [i for i, (_, token) in enumerate(asked) if walkers.target.is_end[token] == ends]
            if some and (ends or potential.has_prefix):
                owners = [(int(rows.walkers[asked[i][0]]), asked[i][1]) for i in some]
                texts = [walkers.data[walker] + walkers.target.vocab.token_bytes(token) for walker, token in owners]
                walkers.checks += len(texts)
                logs = potential.complete(texts) if ends else potential.prefix(texts)
                for i, log in zip(some, logs.tolist()):
                    verdicts[i] = log > -np.inf
        return verdicts

    tokens, logs = drawer.draw(masked, test, rng)
    found = tokens >= 0
    for walker in rows.walkers[~found].tolist():
        walkers.kill(walker)
    chosen = tokens[found]
    log_p = masked[np.flatnonzero(found), chosen]
    gained = log_mass[found] + logs[found]
    owners = rows.walkers[found]
    walkers.log_weights[owners] += gained
    walkers.accept(owners, chosen, log_p, log_p - gained, gained)


class Awrs:
    """Token-by-token sampling under mask and predicate, with proper weights.

    Parameters
    ----------
    target : Target
        Its potential is boolean; with a `prefix` function it is enforced at every token, else at the end only. Without a potential the mask
        refuses all there is to refuse, and the texts are those of masked sampling with their weights.
    estimator, accepts, max_checks
        See `Drawer`.
    batch : int
        Texts decoded together.
    """

    name = "awrs"

    def __init__(
        self, target: Target, *, estimator: str = "auto", accepts: int = 2, max_checks: int | None = None, batch: int = 32
    ):
        if target.potential is not None and not target.potential.is_boolean:
            raise OptionError("potential", target.potential, "a Predicate: AWRS estimates how much of the model a predicate allows")
        self.target = target
        self.drawer = Drawer(estimator, accepts=accepts, max_checks=max_checks)
        self.batch = batch

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n weighted texts.

        Raises
        ------
        NoSampleError
            If none is valid.
        """
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        found: list[Any] = []
        checks = 0
        while len(found) < n:
            walkers = Walkers(self.target, [()] * min(self.batch, n - len(found)))
            while len(walkers.live):
                residual_step(walkers, walkers.rows(), self.drawer, rng)
            found += walkers.samples()
            checks += walkers.checks
        logs = np.array([sample.log_weight for sample in found])
        if not (logs > -np.inf).any():
            raise NoSampleError(n, 0, n, "the predicate refused every text at some point: draw more, or use sampler='smc' or 'cars'")
        return Samples(
            tuple(found),
            self.name,
            "each text has the local law of mask and predicate; with its weight it is proper for the target",
            False,
            log_mean(logs),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            checks,
            n,
        )
