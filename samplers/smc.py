r"""Sequential Monte Carlo: particles written in step, the promising ones copied, weights kept.

Each step extends all live particles by one token and multiplies their weights; when the effective sample size falls below ``ess`` * N
they are resampled and all carry the mean weight. The mean of the final weights is an unbiased estimate of Z; the weighted texts tend to
the target with O(1 / N) bias. Lew et al. 2023 (arXiv 2306.03081), Loula et al. 2025 (arXiv 2504.13139), Zhao et al. 2024 (arXiv
2404.17546).

*Proposals*: ``masked`` draws from the mask, the weight is its mass; ``awrs`` draws from mask and predicate; ``trie`` draws from p * upper
of a `Trie` that CARS, ASAp or earlier runs filled (and this run adds to): it begins as masked and ends as exact. *Guides* multiply the
weight of an unfinished text and are divided out at its end: the potential's ``prefix`` (a critic), a ``twist``, the trie's bound.
*Alignment*: particles are compared where they are comparable. ``align="token"`` compares after every token; an integer after every so
many bytes; bytes (``b"\\n"``) after each such delimiter; a function of the text after each unit it counts. Particles ahead wait, without
a forward pass of their own.

A forward pass runs on the live particles only, after resampling: what died or lost costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from maskwright.errors import OptionError

from .awrs import Drawer, residual_step
from .masked import resample_run
from .potentials import Potential
from .protocols import Usage, draw, logsumexp
from .resampling import SCHEMES
from .samples import Samples, log_mean
from .target import Target, check_rng
from .trie import Node, Trie
from .walkers import LIVE, Rows, Walkers, masked_step

Align = str | int | bytes | Callable[[bytes], int]


class Smc:
    """Sequential Monte Carlo; see the module docstring.

    Parameters
    ----------
    target : Target
    particles : int
    ess : float
        Resample below this share of N; 0 never resamples (importance sampling), 1 always does.
    resampling : "systematic", "stratified", "multinomial" or "residual"
    proposal : "masked", "awrs", "trie" or None
        None: "trie" if one is given, "awrs" for a predicate on prefixes, else "masked".
    estimator : str
        Of "awrs"; see `maskwright.samplers.awrs.Drawer`.
    trie : Trie, optional
    twist : Potential, optional
        Guides by its ``prefix``; not part of the target.
    align : "token", int, bytes or callable
    """

    name = "smc"

    def __init__(
        self,
        target: Target,
        *,
        particles: int = 8,
        ess: float = 0.5,
        resampling: str = "systematic",
        proposal: str | None = None,
        estimator: str = "auto",
        trie: Trie | None = None,
        twist: Potential | None = None,
        align: Align = "token",
    ):
        predicate = target.potential is not None and target.potential.is_boolean
        if particles < 1:
            raise OptionError("particles", particles, "an integer of at least 1")
        if not 0 <= ess <= 1:
            raise OptionError("ess", ess, "a share between 0 and 1")
        if resampling not in SCHEMES:
            raise OptionError("resampling", resampling, f"one of {', '.join(SCHEMES)}")
        if proposal is None:
            guided = predicate and target.potential is not None and target.potential.has_prefix
            proposal = "trie" if trie is not None else "awrs" if guided else "masked"
        if proposal not in ("masked", "awrs", "trie"):
            raise OptionError("proposal", proposal, '"masked", "awrs", "trie" or None')
        if proposal == "awrs" and not predicate:
            raise OptionError("proposal", proposal, "a target with a Predicate; weights that are not 0 or 1 act as critics ('masked')")
        self.target = target
        self.particles = particles
        self.ess = ess
        self.proposal = proposal
        self.trie = trie if trie is not None else Trie() if proposal == "trie" else None
        self.twist = twist
        self._scheme = SCHEMES[resampling]
        self._drawer = Drawer(estimator)
        self._units = _units(align)

    def sample(self, n: int, seed: Any = None) -> Samples:
        """Draw n texts: all particles with their weights if ``n`` is their number (or more), else n picks by weight.

        Raises
        ------
        NoSampleError
            If all particles died.
        """
        rng = check_rng(seed)
        run = self.run(max(n, self.particles), rng)
        return resample_run(run, n, rng, self.name, run.law)

    def run(self, particles: int, seed: Any = None) -> Samples:
        """Run once and return all particles, the dead ones too."""
        rng = check_rng(seed)
        usage = self.target.model.usage
        before = Usage(usage.calls, usage.tokens)
        walkers = Walkers(self.target, [()] * particles)
        resampled, lowest, goal = 0, float(particles), 0
        ancestors = np.arange(particles)
        while len(walkers.live):
            goal = self._round(walkers, goal, rng)
            total = logsumexp(walkers.log_weights)
            if not np.isfinite(total):
                break
            weights = np.exp(walkers.log_weights - total)
            effective = 1 / float((weights**2).sum())
            lowest = min(lowest, effective)
            if effective < self.ess * particles and len(walkers.live):
                chosen = self._scheme(weights, rng)
                mean = log_mean(walkers.log_weights)
                walkers.fork(chosen)
                walkers.log_weights[:] = mean
                ancestors = ancestors[chosen]
                resampled += 1
        notes = {"resampled": resampled, "lowest_ess": lowest, "ancestors": len(set(ancestors.tolist()))}
        return self._result(walkers, usage, before, notes)

    def _round(self, walkers: Walkers, goal: int, rng: np.random.Generator) -> int:
        """Step all live particles to the next place where they are compared; return that place."""
        if self._units is None:
            self._step(walkers, walkers.rows(), rng)
            return goal
        waiting = np.zeros(len(walkers.tokens), bool)
        while True:
            self._step(walkers, walkers.rows(waiting), rng)
            live = walkers.live
            if not len(live):
                return goal
            places = np.array([self._units(walkers.data[walker]) for walker in live.tolist()])
            if goal < 0 or (places > goal).all():
                return int(places.min())
            waiting[:] = False
            waiting[live] = places > goal

    def _step(self, walkers: Walkers, rows: Rows, rng: np.random.Generator) -> None:
        if not len(rows.walkers):
            return
        if self.proposal == "awrs":
            residual_step(walkers, rows, self._drawer, rng)
        elif self.proposal == "trie":
            self._trie_step(walkers, rows, rng)
        else:
            masked_step(walkers, rows, rng)
        walkers.weigh_complete(rows.walkers)
        self._guide(walkers, rows.walkers)
        if self.trie is not None:
            for walker in rows.walkers.tolist():
                if walkers.status[walker] != LIVE:
                    self.trie.propagate(walkers.tokens[walker])
            self.trie.shrink()

    def _guide(self, walkers: Walkers, owners: np.ndarray) -> None:
        """Replace the guides of live particles by those of their longer text."""
        live = owners[walkers.status[owners] == LIVE]
        guides = [g for g in (self.target.potential if self.proposal != "awrs" else None, self.twist) if g is not None and g.has_prefix]
        if not len(live) or not (guides or self.trie is not None):
            return
        logs = np.zeros(len(live))
        texts = [walkers.data[walker] for walker in live.tolist()]
        for guide in guides:
            logs += guide.prefix(texts)
            walkers.checks += len(texts)
        if self.proposal == "trie" and self.trie is not None:
            with np.errstate(divide="ignore"):
                logs += np.log([self.trie.bound(walkers.tokens[walker]) for walker in live.tolist()])
        walkers.log_weights[live] += logs - walkers.guides[live]
        walkers.guides[live] = logs
        for walker in live[np.isneginf(logs)].tolist():
            walkers.kill(walker)

    def _trie_step(self, walkers: Walkers, rows: Rows, rng: np.random.Generator) -> None:
        """Draw from p * upper; prefixes met for the first time become nodes."""
        trie, target = self.trie, self.target
        assert trie is not None
        weights = np.empty_like(rows.logprobs)
        for place, walker in enumerate(rows.walkers.tolist()):
            tokens = walkers.tokens[walker]
            node = trie.find(tokens)
            if node is None:
                node = Node.from_row(rows.logprobs[place], rows.allowed[place], target.is_end, target.potential is None, trie.keep)
                last = walkers.steps[walker][-1].log_p if tokens else 0.0
                trie.insert(tokens, node, float(np.exp(last)))
            weights[place] = node.bounds(rows.logprobs[place], rows.allowed[place])
        totals = logsumexp(weights)
        going = totals > -np.inf
        for walker in rows.walkers[~going].tolist():
            walkers.kill(walker)
        if not going.any():
            return
        owners, weights, totals = rows.walkers[going], weights[going], totals[going]
        chosen = draw(weights, rng.random(len(weights)))
        places = np.arange(len(chosen))
        log_p, log_q = rows.logprobs[going][places, chosen], weights[places, chosen] - totals
        walkers.log_weights[owners] += log_p - log_q
        walkers.accept(owners, chosen, log_p, log_q, totals)

    def _result(self, walkers: Walkers, usage: Usage, before: Usage, notes: dict[str, Any]) -> Samples:
        samples = walkers.samples()
        notes["proposal"] = self.proposal
        return Samples(
            samples,
            self.name,
            f"sequential Monte Carlo with {len(samples)} particles: bias O(1 / {len(samples)}), unbiased evidence",
            False,
            log_mean(np.array([sample.log_weight for sample in samples])),
            usage.calls - before.calls,
            usage.tokens - before.tokens,
            walkers.checks,
            len(samples),
            notes,
        )


def _units(align: Align) -> Callable[[bytes], int] | None:
    """Return what counts a text's units, None for tokens."""
    if align == "token":
        return None
    if isinstance(align, int) and not isinstance(align, bool) and align >= 1:
        return lambda data: len(data) // align
    if isinstance(align, bytes) and align:
        return lambda data: data.count(align)
    if callable(align):
        return align
    raise OptionError("align", align, 'a number of bytes, a delimiter as bytes, a function of the text, or "token"')
