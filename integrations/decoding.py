"""The decoding loop: rows of constraint states against a batch of a model.

`Row` is one text being written under a constraint: an engine state, the tokens so far, what is left of the budget. It offers a mask,
accepts a token, and knows when and why it is over. `decode` drives rows and a `Session` in step; it never runs the model for a row
that has nothing left to choose.

Closing under a budget. A token *fits* when, after it, the text can still be finished within what is left. Each row draws from its
whole mask first; only if the token drawn does not fit, it draws again among those that do (``fill_mask`` with a budget). By induction
over the contract of `min_tokens`, a text whose start fits ends complete. Without top-k, top-p and min-p this is the model's
distribution over the fitting tokens, since rejecting and drawing anew gives P(t) + P(reject) P(t | fits) = P(t | fits); with them, the
tails are cut before the budget acts. Refused: a budget mask at every step, which needs the successor of every allowed token.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from maskwright.errors import LimitExceeded

from .masks import apply_mask
from .result import FinishReason, TokenLogprob
from .sampling import Sampling
from .transformers_model import TransformersModel


class Row:
    """One text under way.

    Parameters
    ----------
    constraint : Constraint
    budget : int
        Most tokens to write, the end token not counted.
    closing : bool
        Whether to keep the text finishable within the budget.
    stream : torch.Generator
        The row's own random numbers.
    num_top : int or None
        Record log-probabilities, with so many of the model's likeliest tokens.
    """

    def __init__(self, constraint: Any, budget: int, closing: bool, stream: torch.Generator, num_top: int | None = None):
        self.constraint = constraint
        self.state = constraint.start
        self.left = budget
        self.closing = closing
        self.stream = stream
        self.num_top = num_top
        self.tokens: list[int] = []
        self.logprobs: list[TokenLogprob] = []
        self.finish_reason: FinishReason | None = None
        self._steered = False
        self._ends = frozenset(constraint.vocab.eos_ids)

    def offer(self, words: np.ndarray) -> bool:
        """Write the mask of the next token; return False if there is none to choose, and set `finish_reason`."""
        try:
            self.finish_reason = self._offer(words)
        except LimitExceeded:
            self.finish_reason = "limit"
        return self.finish_reason is None

    def _offer(self, words: np.ndarray) -> FinishReason | None:
        allowed = self.constraint.fill_mask(self.state, words)
        if allowed == 0:
            return "dead_end"
        accepting = self.constraint.is_accepting(self.state)
        if accepting and allowed == len(self._ends):
            return self._ended
        if self.left == 0:
            return "closed" if accepting else "length"
        return None

    @property
    def _ended(self) -> FinishReason:
        return "closed" if self._steered else "stop"

    def fits(self, token: int) -> bool:
        """Whether the text can still be finished in time after ``token``."""
        if not self.closing or token in self._ends:
            return True
        try:
            return self.constraint.fits(self.constraint.advance(self.state, token), self.left - 1)
        except LimitExceeded:
            return False

    def offer_fitting(self, words: np.ndarray) -> bool:
        """Write the mask of the tokens that fit; return False (and set `finish_reason`) if there is none."""
        self._steered = True
        try:
            self.finish_reason = None if self.constraint.fill_mask(self.state, words, budget=self.left) else "dead_end"
        except LimitExceeded:
            self.finish_reason = "limit"
        return self.finish_reason is None

    def accept(self, token: int) -> None:
        """Append a token that the mask allowed."""
        if token in self._ends:
            self.finish_reason = self._ended
            return
        self.tokens.append(token)
        self.left -= 1
        try:
            self.state = self.constraint.advance(self.state, token)
        except LimitExceeded:
            self.finish_reason = "limit"

    @property
    def data(self) -> bytes:
        """The bytes written so far."""
        return self.constraint.vocab.decode(self.tokens)


def decode(
    model: TransformersModel, prompts: Sequence[Sequence[int]], rows: Sequence[Row], sampling: Sampling
) -> Iterator[tuple[int, int]]:
    """Write all rows to their ends.

    Parameters
    ----------
    prompts : sequence of token id lists
        Row ``r`` continues prompt ``r // (len(rows) // len(prompts))``.
    rows : sequence of Row
        Finished in place.

    Yields
    ------
    row, token
        Each token right after it was accepted (ends are not yielded).
    """
    words = np.zeros((len(rows), model.vocabulary.num_words), np.uint32)
    live = [r for r, row in enumerate(rows) if row.offer(words[r])]
    if not live:
        return
    session = model.start(prompts, len(rows) // len(prompts))
    if len(live) < len(rows):
        session.keep(live)
    while True:
        chosen = _draw(session.logits, words, rows, live, sampling)
        for r, token in zip(live, chosen):
            if rows[r].finish_reason is None:
                rows[r].accept(token)
                if rows[r].finish_reason in (None, "limit"):
                    yield r, token
        going = [place for place, r in enumerate(live) if rows[r].finish_reason is None and rows[r].offer(words[r])]
        if not going:
            return
        if len(going) < len(live):
            session.keep(going)
        live = [live[place] for place in going]
        session.step([chosen[place] for place in going])


def _draw(raw: torch.Tensor, words: np.ndarray, rows: Sequence[Row], live: list[int], sampling: Sampling) -> list[int]:
    """Choose a fitting token for each live row; a row without one is finished."""
    masked = apply_mask(raw.clone(), words[live])
    chosen = sampling.choose(masked.clone(), [rows[r].stream for r in live])
    late = [p for p, r in enumerate(live) if not rows[r].fits(chosen[p])]
    late = [p for p in late if rows[live[p]].offer_fitting(words[live[p]])]
    if late:
        again = [live[p] for p in late]
        masked[late] = apply_mask(raw[late], words[again])
        for p, token in zip(late, sampling.choose(masked[late], [rows[r].stream for r in again])):
            chosen[p] = token
    for p, r in enumerate(live):
        if rows[r].num_top is not None and rows[r].finish_reason is None and chosen[p] not in rows[r].constraint.vocab.eos_ids:
            rows[r].logprobs.append(_logprob(raw[p], masked[p], chosen[p], rows[r]))
    return chosen


def _logprob(raw: torch.Tensor, masked: torch.Tensor, token: int, row: Row) -> TokenLogprob:
    """Measure one chosen token; ``raw`` and ``masked`` are logits [width] at temperature 1."""
    lowest = torch.finfo(raw.dtype).min
    model = torch.log_softmax(raw.nan_to_num(nan=lowest, neginf=lowest), dim=-1)
    best = model.topk(min(row.num_top or 0, len(model)))
    return TokenLogprob(
        token_id=token,
        token=row.constraint.vocab.token_bytes(token),
        logprob=float(model[token]),
        masked_logprob=float(masked[token] - torch.logsumexp(masked, dim=-1)),
        top=tuple(zip(best.indices.tolist(), best.values.tolist())),
    )
