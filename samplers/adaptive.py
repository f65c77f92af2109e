"""Attempts that learn: the walk that CARS and ASAp share.

An attempt starts at the root of a `Trie`, draws tokens from mass * upper while the prefix is known, and from the model where it is not.
Attempts go in rounds: those of one round read the same, unchanged trie (so each has exactly the law of the trie at the round's begin) and
run through the model together; what they saw is added at the end of the round.

An attempt at a prefix u whose entry was b, seen for the first time, goes on with probability Z_u / b and then draws from the masked
model; this is drawing from the model and rejecting what the mask forbids, or for b = Z_u (a node forgotten since) drawing from the mask.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from maskwright.errors import PredicateError

from .protocols import draw, logsumexp
from .target import Target
from .trie import Node, Trie
from .walkers import GONE, LIVE, Rows, Walkers

#: a prefix met for the first time, its node, and the mass of its last token
Seen = tuple[tuple[int, ...], Node, float]


@dataclass
class Attempt:
    """One attempt of a round.

    Attributes
    ----------
    tokens : list of int
    log_p, log_q : float
        Of all draws, the end included.
    end : int
        The end token, -1 if the attempt was not finished.
    dead : bool
        The prefix ``tokens`` is out of the target for good (no token is allowed, or a potential refuses it).
    log_phi : float
        Log-weight of the finished text.
    bound : float
        The trie's bound on the finished text's weight when it was drawn.
    in_rest : bool
        It leaves a known node by a token that is not kept there.
    entry : float
        The trie's bound on the prefix where it leaves the trie.
    last_mass : float
        p of the last token drawn from the model.
    """

    tokens: list[int] = field(default_factory=list)
    log_p: float = 0.0
    log_q: float = 0.0
    end: int = -1
    dead: bool = False
    log_phi: float = 0.0
    bound: float = 1.0
    in_rest: bool = False
    entry: float = 1.0
    last_mass: float = 0.0


class Learner:
    """Runs rounds of attempts against a trie.

    Parameters
    ----------
    target : Target
    trie : Trie
    surviving : bool
        Whether attempts may end at new prefixes (CARS), or always draw from the mask (ASAp).
    """

    def __init__(self, target: Target, trie: Trie, surviving: bool):
        self.target = target
        self.trie = trie
        self.surviving = surviving
        self.checks = 0
        if trie.root is None:
            walkers = Walkers(target, [()])
            rows = walkers.rows()
            nothing = np.full((1, target.size), -np.inf), np.zeros((1, target.size), bool)
            logs, allowed = (rows.logprobs, rows.allowed) if len(rows.walkers) else nothing
            trie.insert((), self._node(logs[0], allowed[0]))

    def _node(self, logprobs: np.ndarray, allowed: np.ndarray) -> Node:
        return Node.from_row(logprobs, allowed, self.target.is_end, self.target.potential is None, self.trie.keep)

    def round(self, size: int, rng: np.random.Generator) -> list[Attempt]:
        """Run ``size`` attempts, then learn from them."""
        attempts = [self._known_part(rng) for _ in range(size)]
        open_ones = [attempt for attempt in attempts if attempt.end < 0 and not attempt.dead]
        seen: list[Seen] = []
        if open_ones:
            self._new_part(open_ones, seen, rng)
        self._weigh([attempt for attempt in attempts if attempt.end >= 0])
        self._learn(attempts, seen)
        return attempts

    def _known_part(self, rng: np.random.Generator) -> Attempt:
        """Walk as far as the trie is known."""
        attempt = Attempt()
        node = self.trie.root
        assert node is not None
        while True:
            weights = node.mass * node.upper
            total = float(weights.sum()) + node.rest
            if total <= 0:
                attempt.dead = True
                return attempt
            goal = rng.random() * total
            sums = np.cumsum(weights)
            if len(sums) == 0 or (goal >= sums[-1] and node.rest > 0):
                attempt.in_rest = True
                attempt.entry = total
                return attempt
            place = min(int((sums <= goal).sum()), int((sums < sums[-1]).sum()))
            token = int(node.tokens[place])
            attempt.log_p += math.log(node.mass[place])
            attempt.log_q += math.log(weights[place] / total)
            if self.target.is_end[token]:
                attempt.end, attempt.bound = token, float(node.upper[place])
                return attempt
            attempt.tokens.append(token)
            child = node.children.get(token)
            if child is None:
                attempt.entry = float(node.upper[place])
                return attempt
            node = child

    def _new_part(self, attempts: list[Attempt], seen: list[Seen], rng: np.random.Generator) -> None:
        """Finish attempts through the model."""
        walkers = Walkers(self.target, [attempt.tokens for attempt in attempts])
        self._check_prefixes(walkers, np.array([i for i, a in enumerate(attempts) if not a.in_rest], np.int64))
        while len(walkers.live):
            rows = walkers.rows()
            if not len(rows.walkers):
                break
            masked = rows.masked
            log_mass = logsumexp(masked)
            going = self._survive(attempts, walkers, rows, masked, log_mass, seen, rng)
            for walker in rows.walkers[~going].tolist():
                walkers.status[walker] = GONE
                attempts[walker].tokens = list(walkers.tokens[walker])
                attempts[walker].log_q = math.nan               # rejected: no text, no weight
            if not going.any():
                continue
            owners, masked, log_mass = rows.walkers[going], masked[going], log_mass[going]
            tokens = draw(masked, rng.random(len(masked)))
            log_p = masked[np.arange(len(tokens)), tokens]
            for walker, token, p, z in zip(owners.tolist(), tokens.tolist(), log_p.tolist(), log_mass.tolist()):
                attempt = attempts[walker]
                attempt.log_p += p
                attempt.log_q += p - z + (math.log(self._rest_share(attempt)) if attempt.in_rest else 0.0)
                attempt.in_rest, attempt.entry = False, 1.0
                attempt.last_mass = math.exp(p)
                if self.target.is_end[token]:
                    attempt.end, attempt.bound = token, 1.0
            walkers.accept(owners, tokens, log_p, log_p - log_mass, log_mass)
            self._check_prefixes(walkers, owners)
        for attempt, tokens_, status in zip(attempts, walkers.tokens, walkers.status.tolist()):
            attempt.tokens = list(tokens_)
            if status != LIVE and attempt.end < 0 and not math.isnan(attempt.log_q):
                attempt.dead = True

    def _rest_share(self, attempt: Attempt) -> float:
        """Probability with which an attempt left a known node through its rest."""
        node = self.trie.find(attempt.tokens)
        assert node is not None
        return node.rest / attempt.entry

    def _survive(
        self,
        attempts: list[Attempt],
        walkers: Walkers,
        rows: Rows,
        masked: np.ndarray,
        log_mass: np.ndarray,
        seen: list[Seen],
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Make the rows' nodes, and say which attempts go on; rows of attempts in a rest lose the tokens kept."""
        going = np.ones(len(rows.walkers), bool)
        for place, walker in enumerate(rows.walkers.tolist()):
            attempt = attempts[walker]
            if attempt.in_rest:
                node = self.trie.find(attempt.tokens)
                assert node is not None
                masked[place, node.tokens] = -np.inf
                log_mass[place] = logsumexp(masked[place])
                node.rest = math.exp(log_mass[place])           # afresh: differences of sums would lose small rests
                going[place] = node.rest > 0
                continue
            node = self._node(rows.logprobs[place], rows.allowed[place])
            seen.append((tuple(walkers.tokens[walker]), node, attempt.last_mass))
            going[place] = node.total > 0 and (not self.surviving or rng.random() * attempt.entry < node.total)
        return going

    def _check_prefixes(self, walkers: Walkers, owners: np.ndarray) -> None:
        """Give up texts that a potential refuses for good."""
        potential = self.target.potential
        live = [walker for walker in owners.tolist() if walkers.status[walker] == LIVE]
        if potential is None or not potential.has_prefix or not live:
            return
        logs = potential.prefix([walkers.data[walker] for walker in live])
        self.checks += len(live)
        for walker, log in zip(live, logs.tolist()):
            if log == -np.inf:
                walkers.kill(walker)

    def _weigh(self, attempts: list[Attempt]) -> None:
        potential = self.target.potential
        if potential is None or not attempts:
            return
        texts = [self.target.data(attempt.tokens) for attempt in attempts]
        logs = potential.complete(texts)
        self.checks += len(texts)
        for attempt, text, log in zip(attempts, texts, logs.tolist()):
            if log > 0:
                raise PredicateError(text, f"its log-weight {log} is above 0: this sampler needs weights of at most 1")
            attempt.log_phi = log

    def _learn(self, attempts: list[Attempt], seen: list[Seen]) -> None:
        trie = self.trie
        for prefix, node, last_mass in sorted(seen, key=lambda item: len(item[0])):
            trie.insert(prefix, node, last_mass)
        for attempt in attempts:
            if attempt.end >= 0 and self.target.potential is not None:
                phi = math.exp(attempt.log_phi)
                for end in self.target.ends.tolist():
                    trie.settle(attempt.tokens, end, phi, phi)
            elif attempt.dead and attempt.tokens:
                self._settle_dead(attempt)
            trie.propagate(attempt.tokens)
        trie.shrink()

    def _settle_dead(self, attempt: Attempt) -> None:
        node = self.trie.find(attempt.tokens)
        if node is not None:                                    # refused by a potential although tokens follow
            node.upper[:], node.lower[:], node.rest = 0.0, 0.0, 0.0
        else:
            self.trie.settle(attempt.tokens[:-1], attempt.tokens[-1], 0.0, 0.0, attempt.last_mass)
