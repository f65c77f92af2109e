"""The declared target: which distribution a sampler is asked for.

With p the model's next-token distribution after the warp (temperature, top-k, top-p, min-p, all local and applied *before* the
constraint), L the constraint's language and phi the potential, the target over token sequences x is ::

    pi(x) = P(x) 1[x in L, |x| <= max_tokens] phi(x) / Z,      P(x) = p(end | x) * product of p(x_t | x_<t)

*All* tokenizations of a text count, each by itself. The end is paid: a text that stops because the budget is used up carries p(end), it is
not taken as finished for free. Two length rules name the language under the budget:

``length="budget"``
    x is in the language iff every prefix can still be finished, as far as the engine guarantees (`fill_mask` with a budget). There are no
    dead ends, and where `min_tokens` is exact (finite automata) the rule is the same language as ``"condition"``; elsewhere it may leave
    out long texts.
``length="condition"``
    x is in the language iff it is a sentence of at most ``max_tokens`` tokens. Masks do not look ahead; a text at the end of the budget
    that is not complete has weight 0.

Refused: warping after the mask (what engines do), which is a local law of its own, lacks support under top-k and top-p, and cannot be
weighted back; temperature 0, which is no distribution to condition (see `maskwright.samplers.search`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from maskwright.automata import bitset
from maskwright.errors import OptionError

from .potentials import Potential
from .protocols import Constraint, LanguageModel, Session, logsumexp

DEAD = 0
#: memory of remembered masks under a budget
BUDGET_BYTES = 32 << 20
LengthRule = Literal["budget", "condition"]


@dataclass(frozen=True)
class Warp:
    """Local changes to the model that belong to the target: temperature, then top-k, top-p, min-p. Each row is normalised again.

    >>> Warp(top_k=1).apply(np.log([[0.2, 0.5, 0.3]])).tolist()
    [[-inf, 0.0, -inf]]
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        if not (isinstance(self.temperature, int | float) and math.isfinite(self.temperature) and self.temperature > 0):
            raise OptionError("temperature", self.temperature, "a number above 0: a sampler's target is a distribution")
        if self.top_k is not None and not (isinstance(self.top_k, int) and self.top_k >= 1):
            raise OptionError("top_k", self.top_k, "an integer of at least 1, or None")
        for name in ("top_p", "min_p"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and 0 <= value <= 1 and (name == "min_p" or value > 0)):
                raise OptionError(name, value, "a number between 0 and 1, or None")

    @property
    def changes_nothing(self) -> bool:
        return self.temperature == 1 and self.top_k is None and self.top_p in (None, 1) and not self.min_p

    def apply(self, logprobs: np.ndarray) -> np.ndarray:
        """Return the warped rows, float64[n, V], normalised."""
        if self.changes_nothing:
            return logprobs
        rows = logprobs / self.temperature
        rows = rows - logsumexp(rows)[:, None]
        if self.top_k is not None and self.top_k < rows.shape[1]:
            least = np.partition(rows, -self.top_k, axis=1)[:, -self.top_k, None]
            rows = np.where(rows < least, -np.inf, rows)
            rows -= logsumexp(rows)[:, None]
        if self.top_p is not None and self.top_p < 1:
            order = np.argsort(-rows, axis=1, kind="stable")
            ranked = np.exp(np.take_along_axis(rows, order, axis=1))
            cut = np.cumsum(ranked, axis=1) - ranked >= self.top_p
            cut[:, 0] = False
            keep = np.empty_like(cut)
            np.put_along_axis(keep, order, ~cut, axis=1)
            rows = np.where(keep, rows, -np.inf)
            rows -= logsumexp(rows)[:, None]
        if self.min_p:
            rows = np.where(rows < rows.max(axis=1, keepdims=True) + math.log(self.min_p), -np.inf, rows)
            rows -= logsumexp(rows)[:, None]
        return rows


class Target:
    """What to sample from; see the module docstring.

    Parameters
    ----------
    model : LanguageModel
    constraint : Constraint
    max_tokens : int
        The end token is not counted.
    potential : Potential, optional
        A log-weight on texts beside the constraint.
    warp : Warp, optional
    length : "budget" or "condition"

    Raises
    ------
    OptionError
        If the model's vocabulary is smaller than the constraint's, or an argument is out of range.
    """

    def __init__(
        self,
        model: LanguageModel,
        constraint: Constraint,
        max_tokens: int,
        *,
        potential: Potential | None = None,
        warp: Warp | None = None,
        length: LengthRule = "budget",
    ):
        if model.vocab_size < constraint.vocab.size:
            raise OptionError("model", model.vocab_size, f"log-probabilities of at least the constraint's {constraint.vocab.size} tokens")
        if not isinstance(max_tokens, int) or isinstance(max_tokens, bool) or max_tokens < 0:
            raise OptionError("max_tokens", max_tokens, "an integer of at least 0")
        if length not in ("budget", "condition"):
            raise OptionError("length", length, '"budget" or "condition"')
        if potential is not None and not isinstance(potential, Potential):
            raise OptionError("potential", potential, "a maskwright.samplers.potentials.Potential, such as Predicate(function)")
        self.model = model
        self.constraint = constraint
        self.max_tokens = max_tokens
        self.potential = potential
        self.warp = warp or Warp()
        self.length = length
        self.vocab = constraint.vocab
        self.size = int(constraint.vocab.size)
        self.ends = np.array(constraint.vocab.eos_ids, np.int64)
        self.is_end = np.zeros(self.size, bool)
        self.is_end[self.ends] = True
        self._end_words = bitset.pack(self.is_end)
        self._budget_rows: dict[tuple[int, int], np.ndarray] = {}

    def logprobs(self, session: Session) -> np.ndarray:
        """Return the target's next-token log-probabilities of each row, float64[n, size]."""
        return self.warp.apply(session.logprobs)[:, : self.size]

    def masks(self, states: Sequence[int] | np.ndarray, left: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return which tokens are allowed: bool[n, size], from states and tokens left of the budget."""
        words = np.zeros((len(states), self.vocab.num_words), np.uint32)
        for row, (state, tokens) in enumerate(zip(np.asarray(states).tolist(), np.asarray(left).tolist())):
            if state == DEAD:
                continue
            if tokens == 0:
                if self.constraint.is_accepting(state):
                    words[row] = self._end_words
            elif self.length == "budget":
                words[row] = self._budget_words(state, tokens)
            else:
                self.constraint.fill_mask(state, words[row])
        return bitset.unpack(words, self.size)

    def _budget_words(self, state: int, tokens: int) -> np.ndarray:
        """Return a mask under a budget; particles meet the same states over and over, and these masks are dear."""
        found = self._budget_rows.get((state, tokens))
        if found is None:
            found = np.zeros(self.vocab.num_words, np.uint32)
            self.constraint.fill_mask(state, found, budget=tokens)
            if (len(self._budget_rows) + 1) * found.nbytes > BUDGET_BYTES:
                self._budget_rows.clear()
            self._budget_rows[state, tokens] = found
        return found

    def walk(self, tokens: Sequence[int]) -> int:
        """Return the constraint's state after ``tokens``."""
        state = self.constraint.start
        for token in tokens:
            state = self.constraint.advance(state, int(token))
        return int(state)

    def data(self, tokens: Sequence[int]) -> bytes:
        """Return the text of ``tokens``."""
        return self.vocab.decode(list(tokens))

    def describe(self) -> str:
        """Return the target in words, for receipts."""
        parts = [f"model conditioned on the constraint within {self.max_tokens} tokens (end paid, length rule {self.length!r})"]
        if not self.warp.changes_nothing:
            named = {k: v for k, v in vars(self.warp).items() if v is not None and (k != "temperature" or v != 1)}
            parts.append("warped before the constraint by " + ", ".join(f"{k}={v}" for k, v in named.items()))
        if self.potential is not None:
            parts.append(f"times {self.potential.describe()}")
        return "; ".join(parts)


def check_rng(seed: Any) -> np.random.Generator:
    """Return the generator for a seed (None, integer) or a generator itself."""
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)
