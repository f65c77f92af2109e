"""Texts written in step: the batch that all token-by-token samplers share.

`Walkers` holds n texts under way as arrays (engine states, budgets, weights) beside lists of their tokens, and the model session whose
rows are the texts still live. A sampler asks for `rows` (log-probabilities and masks), chooses tokens, and hands them to `accept`; `fork`
replaces texts by copies of others (resampling). The newest tokens are fed to the model only when the next rows are asked for: a text that
has died, or that was resampled away, costs no forward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .protocols import Session, Step, draw, logsumexp
from .samples import Outcome, Sample
from .target import Target

LIVE, DONE, GONE, CUT = 0, 1, 2, 3
OUTCOMES: dict[int, Outcome] = {DONE: "stop", GONE: "dead", CUT: "length"}


class Rows(NamedTuple):
    """What live walkers choose from.

    Attributes
    ----------
    walkers : int64[m]
        Who the rows belong to.
    logprobs : float64[m, V]
        Under the target's model.
    allowed : bool[m, V]
    """

    walkers: np.ndarray
    logprobs: np.ndarray
    allowed: np.ndarray

    @property
    def masked(self) -> np.ndarray:
        """Log-probabilities with -inf for what is not allowed."""
        return np.where(self.allowed, self.logprobs, -np.inf)


class Walkers:
    """n texts under way; see the module docstring.

    Parameters
    ----------
    target : Target
    prefixes : sequence of token sequences
        What each text begins with; tokens must be allowed.
    session : Session, optional
        One whose rows have read ``prefixes`` already.

    Attributes
    ----------
    log_weights : float64[n]
        Samplers add to it; -inf for what has died.
    tokens : list of lists of int
    data : list of bytes
    steps : list of lists of Step
    checks : int
        Potential evaluations.
    """

    def __init__(self, target: Target, prefixes: Sequence[Sequence[int]], session: Session | None = None):
        self.target = target
        count = len(prefixes)
        self.tokens = [list(prefix) for prefix in prefixes]
        self.data = [target.data(prefix) for prefix in prefixes]
        self.steps: list[list[Step]] = [[] for _ in range(count)]
        self.states = np.array([target.walk(prefix) for prefix in prefixes], np.int64)
        self.left = np.array([target.max_tokens - len(prefix) for prefix in prefixes], np.int64)
        self.log_weights = np.zeros(count)
        self.status = np.zeros(count, np.int8)
        self.checks = 0
        #: log of the potential's weight of the text so far, already in log_weights where a sampler guides by it
        self.guides = np.zeros(count)
        self._session = session
        self._slots = np.arange(count) if session is not None else np.zeros(0, np.int64)
        self._pending = np.full(count, -1, np.int64)

    @property
    def live(self) -> np.ndarray:
        """Walkers that are neither complete nor dead, ascending."""
        return np.flatnonzero(self.status == LIVE)

    def rows(self, waiting: np.ndarray | None = None) -> Rows:
        """Feed the newest tokens and return what the live walkers choose from.

        Parameters
        ----------
        waiting : bool[n], optional
            Walkers that sit this step out; their rows are left out.
        """
        live = self.live
        allowed = self.target.masks(self.states[live], self.left[live])
        stuck = ~allowed.any(axis=1)
        if stuck.any():
            for walker in live[stuck].tolist():
                self.kill(walker, CUT if self.left[walker] == 0 else GONE)
            allowed, live = allowed[~stuck], live[~stuck]
        if not len(live):
            return Rows(live, np.zeros((0, self.target.size)), allowed)
        logprobs = self._read(live)
        if waiting is not None and waiting[live].any():
            going = ~waiting[live]
            return Rows(live[going], logprobs[going], allowed[going])
        return Rows(live, logprobs, allowed)

    def _read(self, live: np.ndarray) -> np.ndarray:
        """Bring the session to the live walkers' texts and return the target's log-probabilities, float64[m, V]."""
        if self._session is None:
            self._session = self.target.model.start([self.tokens[walker] for walker in live.tolist()])
        else:
            if not np.array_equal(self._slots, live):
                place = {walker: slot for slot, walker in enumerate(self._slots.tolist())}
                self._session.select([place[walker] for walker in live.tolist()])
            newest = self._pending[live]
            if (newest >= 0).any():
                self._session.extend(newest)
        self._slots = live.copy()
        self._pending[:] = -1
        return self.target.logprobs(self._session)

    def accept(self, walkers: np.ndarray, tokens: np.ndarray, log_p: np.ndarray, log_q: np.ndarray, log_mass: np.ndarray) -> None:
        """Append chosen tokens; an end token finishes its walker. Weights are the caller's."""
        target = self.target
        for walker, token, p, q, mass in zip(walkers.tolist(), tokens.tolist(), log_p.tolist(), log_q.tolist(), log_mass.tolist()):
            self.steps[walker].append(Step(token, p, q, mass))
            if target.is_end[token]:
                self.status[walker] = DONE
                continue
            self.states[walker] = target.constraint.advance(int(self.states[walker]), token)
            self.tokens[walker].append(token)
            self.data[walker] += target.vocab.token_bytes(token)
            self.left[walker] -= 1
            self._pending[walker] = token

    def kill(self, walker: int, status: int = GONE) -> None:
        """Give a walker weight 0."""
        self.status[walker] = status
        self.log_weights[walker] = -np.inf

    def fork(self, ancestors: np.ndarray) -> None:
        """Make walker i a copy of walker ``ancestors[i]``. The caller sets the weights."""
        chosen = np.asarray(ancestors, np.int64)
        place = {walker: slot for slot, walker in enumerate(self._slots.tolist())}
        self.tokens = [list(self.tokens[a]) for a in chosen.tolist()]
        self.steps = [list(self.steps[a]) for a in chosen.tolist()]
        self.data = [self.data[a] for a in chosen.tolist()]
        for name in ("states", "left", "log_weights", "status", "guides", "_pending"):
            setattr(self, name, getattr(self, name)[chosen])
        if self._session is not None:
            kept = [(walker, place[a]) for walker, a in enumerate(chosen.tolist()) if a in place and self.status[walker] == LIVE]
            self._slots = np.array([walker for walker, _ in kept], np.int64)
            if kept:
                self._session.select([slot for _, slot in kept])

    def weigh_complete(self, walkers: np.ndarray) -> None:
        """Multiply the weights of finished walkers by the potential of their text, in place of the guide they carried."""
        potential = self.target.potential
        finished = [walker for walker in walkers.tolist() if self.status[walker] == DONE]
        if not finished:
            return
        logs = np.zeros(len(finished))
        if potential is not None:
            logs = potential.complete([self.data[walker] for walker in finished])
            self.checks += len(finished)
        for walker, log in zip(finished, logs.tolist()):
            self.log_weights[walker] += log - self.guides[walker]
            self.guides[walker] = log
            if log == -np.inf:
                self.kill(walker)

    def samples(self) -> tuple[Sample, ...]:
        """Return all texts, in order; none is live any more."""
        return tuple(self.sample(walker) for walker in range(len(self.tokens)))

    def sample(self, walker: int) -> Sample:
        """Return one finished text."""
        return Sample(
            tuple(self.tokens[walker]),
            self.data[walker],
            float(self.log_weights[walker]) if self.status[walker] == DONE else -np.inf,
            float(sum(step.log_p for step in self.steps[walker])),
            OUTCOMES[int(self.status[walker])],
            tuple(self.steps[walker]),
        )


def masked_step(walkers: Walkers, rows: Rows, rng: np.random.Generator) -> None:
    """Draw every row's token from the model restricted to what is allowed, and multiply weights by the mass allowed."""
    if not len(rows.walkers):
        return
    masked = rows.masked
    log_mass = logsumexp(masked)
    if np.isneginf(log_mass).any():                             # the warped model gives the allowed tokens no mass at all
        for walker in rows.walkers[np.isneginf(log_mass)].tolist():
            walkers.kill(walker)
        keep = log_mass > -np.inf
        rows, masked, log_mass = Rows(*(part[keep] for part in rows)), masked[keep], log_mass[keep]
        if not len(rows.walkers):
            return
    tokens = draw(masked, rng.random(len(masked)))
    log_p = masked[np.arange(len(tokens)), tokens]
    walkers.log_weights[rows.walkers] += log_mass
    walkers.accept(rows.walkers, tokens, log_p, log_p - log_mass, log_mass)
