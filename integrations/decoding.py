"""The decoding loop: rows of constraint states against a batch of a model.

`Row` is one text being written under a constraint: an engine state, the tokens so far, what is left of the budget. It offers a mask,
accepts a token, and knows when and why it is over. `decode` drives rows and a `Session` in step; it never runs the model for a row
that has nothing left to choose.

*Closing under a budget.* A token *fits* when, after it, the text can still be finished within what is left. Each row draws from its
whole mask first; only if the token drawn does not fit, it draws again among those that do (``fill_mask`` with a budget). By induction
over the contract of `min_tokens`, a text whose start fits ends complete. Without top-k, top-p and min-p this is the model's
distribution over the fitting tokens, since rejecting and drawing anew gives P(t) + P(reject) P(t | fits) = P(t | fits); with them, the
tails are cut before the budget acts. Refused: a budget mask at every step, which needs the successor of every allowed token.

*Forced tokens.* A token that is the only one allowed is appended at once and fed together with the next token that needs a pass (those at
the start together with the prompt), so a run of them costs no pass of its own. A random number is drawn for it all the same: ids are those
of a loop that goes step by step. With ``jump="bytes"`` whole spans of forced bytes are appended as the tokenizer would spell them, but for
the last token, which may merge with what follows.

*Overlap.* An accelerator works while the interpreter goes on. So where a next mask has to be computed first, the pass is launched before
it; a forced token found then is fed with the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch

from maskwright.automata.budget import UNREACHABLE
from maskwright.automata.states import DEAD
from maskwright.errors import BudgetError, LimitExceeded, UnsatisfiableError

from .masks import apply_mask
from .refusals import Refusals
from .result import FinishReason, TokenLogprob
from .sampling import Sampling
from .trace import Clock, Step
from .transformers_model import Session, TransformersModel

Jump = Literal["tokens", "bytes", "off"]
#: likeliest forbidden tokens that a trace keeps
REFUSED_SHOWN = 3
#: tokens drawn one after another within a budget mask until one fits
REDRAWS = 32
#: bytes of a shortest answer up to which its tokens are counted even where the budget is known to be too small
PLANNED_BYTES = 1_000


class Row:
    """One text under way.

    Parameters
    ----------
    constraint : Constraint
    budget : int
        Most tokens to write, the end token not counted.
    closing : bool
        Whether to keep the text finishable within the budget.
    stream : torch.Generator or None
        The row's own random numbers; None where nothing is drawn.
    num_top : int or None
        Record log-probabilities, with so many of the model's likeliest tokens.
    jump : "tokens", "bytes" or "off"
    stops : sequence of bytes
        Texts that end this one where they appear after a whole sentence.
    traced : bool
        Record a `Step` per token.
    refusals : Refusals, optional
        Tokens ruled out beside the constraint.
    spell : function, optional
        How the tokenizer spells bytes, for ``jump="bytes"``.
    """

    def __init__(
        self,
        constraint: Any,
        budget: int,
        closing: bool,
        stream: torch.Generator | None,
        num_top: int | None = None,
        *,
        jump: Jump = "tokens",
        stops: Sequence[bytes] = (),
        traced: bool = False,
        refusals: Refusals | None = None,
        spell: Callable[[bytes], list[int]] | None = None,
    ):
        self.constraint = constraint
        self.state = constraint.start
        self.left = budget
        self.closing = closing
        self.stream = stream
        self.num_top = num_top
        self.jump = jump
        self.stops = tuple(stops)
        self.refusals = refusals
        self.spell = spell
        self.tokens: list[int] = []
        self.data = bytearray()
        #: tokens the model has not read yet, and how many of the last of them are forced and lack their log-probability
        self.pending: list[int] = []
        self.unscored = 0
        self.num_forced = 0
        self.logprobs: list[TokenLogprob] = []
        self.steps: list[Step] | None = [] if traced else None
        self.finish_reason: FinishReason | None = None
        #: where a stop string cut the text off
        self.cut: int | None = None
        self._allowed = 0
        self._steered = self._steered_now = False
        self._ends = frozenset(constraint.vocab.eos_ids)
        self._reach = max(map(len, self.stops), default=0)
        self._open_ended = getattr(constraint, "open_ended", False)

    @property
    def is_live(self) -> bool:
        """Whether the model has still something to do for this row."""
        return self.finish_reason is None or self.unscored > 0

    def offer(self, words: np.ndarray) -> bool:
        """Write the mask of the next token to choose; return False if there is none, and set `finish_reason`.

        Forced tokens before it are appended on the way.
        """
        try:
            self.finish_reason = self._offer(words)
        except LimitExceeded:
            self.finish_reason = "limit"
        return self.finish_reason is None

    def _offer(self, words: np.ndarray) -> FinishReason | None:
        while True:
            allowed = self.constraint.fill_mask(self.state, words)
            forced = allowed == 1
            if self.refusals is not None:
                allowed -= self.refusals.clear(self.tokens, words)
            self._allowed, self._steered_now = allowed, False
            if allowed == 0:
                return "dead_end"
            ends = sum(int(words[end >> 5]) >> (end & 31) & 1 for end in self._ends)    # set exactly in accepting states
            if ends == allowed:
                return self._ended
            if self.left == 0:
                return "closed" if ends and not self._open_ended else "length"
            if self.jump == "off":
                return None
            if self.jump == "bytes" and self._leap():
                continue
            if not forced or allowed != 1:
                return None
            self._force(_only(words))
            if self.finish_reason is not None:
                return self.finish_reason

    def _force(self, token: int) -> None:
        if self.stream is not None:
            torch.rand(1, dtype=torch.float64, generator=self.stream)
        self.note(token, None, forced=True)
        self.accept(token)
        self.num_forced += 1
        if self.num_top is not None:
            self.unscored += 1

    def _leap(self) -> bool:
        """Append the forced bytes but for their last token, as the tokenizer spells them; return whether there were any."""
        data = self.constraint.forced(self.state)
        if len(data) < 2 or self.spell is None:
            return False
        tokens = self.spell(data)[:-1]
        if not tokens or len(tokens) > self.left:
            return False
        state = self.state
        for token in tokens:
            state = self.constraint.advance(state, token)
        if state == DEAD or (self.closing and not self.constraint.fits(state, self.left - len(tokens))):
            return False
        for token in tokens:
            self._force(token)
        return self.finish_reason is None

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
        self._steered = self._steered_now = True
        try:
            allowed = self.constraint.fill_mask(self.state, words, budget=self.left)
            if self.refusals is not None:
                allowed -= self.refusals.clear(self.tokens, words)
            self._allowed = allowed
            self.finish_reason = None if allowed else "dead_end"
        except LimitExceeded:
            self.finish_reason = "limit"
        return self.finish_reason is None

    def accept(self, token: int) -> None:
        """Append a token that the mask allowed."""
        if token in self._ends:
            self.finish_reason = self._ended
            return
        self.tokens.append(token)
        self.pending.append(token)
        self.left -= 1
        piece = self.constraint.vocab.token_bytes(token)
        self.data += piece
        try:
            self.state = self.constraint.advance(self.state, token)
        except LimitExceeded:
            self.finish_reason = "limit"
            return
        if self.stops:
            self._look_for_stops(len(piece))

    def _look_for_stops(self, new: int) -> None:
        first = max(0, len(self.data) - new - self._reach + 1)
        places = sorted((place, stop) for stop in self.stops if (place := self.data.find(stop, first)) >= 0)
        for place, _ in places:
            if self.constraint.accepts(bytes(self.data[:place])):
                self.cut, self.finish_reason = place, "stop"
                return

    def note(self, token: int, mass: float | None, *, forced: bool = False, refused: tuple[tuple[str, float], ...] = ()) -> None:
        """Record a step of the trace, before the token is accepted."""
        if self.steps is not None and token not in self._ends:
            text = self.constraint.vocab.token_bytes(token).decode("utf-8", "backslashreplace")
            self.steps.append(
                Step(len(self.tokens), token, text, self._allowed, mass, forced, self._steered_now, int(self.state), refused)
            )

    def is_ready(self) -> bool:
        """Whether the mask of the next token is at hand."""
        known = getattr(self.constraint, "is_ready", None)
        return known is None or known(self.state)


def _only(words: np.ndarray) -> int:
    """Return the one token of a mask."""
    place = int(np.flatnonzero(words)[0])
    return 32 * place + int(words[place]).bit_length() - 1


def shortage(constraint: Any, budget: int) -> BudgetError | None:
    """Return None if ``budget`` tokens suffice for an answer, otherwise the error that says how many are needed.

    They are those of a plan, or what the least number of bytes comes to where that is beyond the budget and a plan would be long.

    Raises
    ------
    UnsatisfiableError
        If no way to an answer is known.
    """
    start = constraint.start
    count = getattr(constraint, "least_bytes", None)  # only constraints of our own can tell
    size = int(count(start)) if count is not None else 0
    fewest = -(-size // constraint.vocab.max_token_length) if size else 0
    if fewest > budget and size > PLANNED_BYTES:
        return BudgetError(fewest, budget, least_bytes=size)
    try:
        if constraint.fits(start, budget):
            return None
        least = int(constraint.min_tokens(start))
    except LimitExceeded:
        if fewest > budget:
            return BudgetError(fewest, budget, least_bytes=size)
        raise
    if least >= UNREACHABLE:
        raise UnsatisfiableError(
            "no text of the constraint was found that this vocabulary's tokens spell to the end",
            hint="a byte it needs has no token, an open terminal gives nothing, or a check at the end of values closes every way that was "
            "tried; on_truncation='return' decodes all the same",
        )
    return BudgetError(least, budget)


def decode(
    model: TransformersModel,
    prompts: Sequence[Sequence[int]],
    rows: Sequence[Row],
    sampling: Sampling,
    clock: Clock | None = None,
    *,
    overlap: bool | None = None,
    adjust: Callable[[list[int], torch.Tensor], torch.Tensor] | None = None,
) -> Iterator[tuple[int, int]]:
    """Write all rows to their ends.

    Parameters
    ----------
    prompts : sequence of token id lists
        Row ``r`` continues prompt ``r // (len(rows) // len(prompts))``.
    rows : sequence of Row
        Finished in place.
    clock : Clock, optional
        Told how long everything took.
    overlap : bool, optional
        Launch the pass before masks that have to be computed; by default where the model is on an accelerator.
    adjust : function, optional
        Maps (numbers of rows, masked logits) to logits, before temperature.

    Yields
    ------
    row, token
        Each token right after it was accepted (ends are not yielded).
    """
    run = _Run(model, prompts, rows, sampling, clock or Clock(), adjust)
    run.overlap = run.overlap if overlap is None else overlap
    with run.clock.spent_on("total"):
        run.begin()
    yield from run.news()
    while run.live:
        with run.clock.spent_on("total"):
            run.step()
        yield from run.news()


class _Run:
    """The batch of one `decode`; ``live[p]`` is the row at place p of the session."""

    def __init__(
        self,
        model: TransformersModel,
        prompts: Sequence[Sequence[int]],
        rows: Sequence[Row],
        sampling: Sampling,
        clock: Clock,
        adjust: Callable[[list[int], torch.Tensor], torch.Tensor] | None,
    ):
        self.model, self.prompts, self.rows, self.sampling, self.clock, self.adjust = model, prompts, rows, sampling, clock, adjust
        self.words = np.zeros((len(rows), model.vocabulary.num_words), np.uint32)
        self.overlap = model.on_accelerator
        self.told = [0] * len(rows)
        self.live: list[int] = []

    def news(self) -> Iterator[tuple[int, int]]:
        """Yield the tokens accepted since the last time."""
        for r, row in enumerate(self.rows):
            while self.told[r] < len(row.tokens):
                self.told[r] += 1
                yield r, row.tokens[self.told[r] - 1]

    def offer(self, numbers: Sequence[int]) -> None:
        with self.clock.spent_on("mask"):
            for r in numbers:
                self.rows[r].offer(self.words[r])

    def begin(self) -> None:
        """Offer the first masks and read the prompts of rows that have something to choose, forced beginnings included."""
        rows, copies = self.rows, len(self.rows) // max(1, len(self.prompts))
        self.offer(range(len(rows)))
        used = [i for i in range(len(self.prompts)) if any(rows[r].is_live for r in range(i * copies, (i + 1) * copies))]
        if not used:
            return
        starts, trail = [], 0
        for i in used:
            group = rows[i * copies : (i + 1) * copies]
            shared = group[0].pending if all(row.pending == group[0].pending for row in group) else []
            starts.append([*self.prompts[i], *shared])
            if any(row.unscored for row in group):
                trail = max(trail, len(shared) + 1)
        with self.clock.spent_on("forward"):
            self.session: Session = self.model.start(starts, copies, trail)
        self.clock.passes += 1
        self.live = [r for i in used for r in range(i * copies, (i + 1) * copies)]
        for p, r in enumerate(self.live):
            shared = starts[p // copies][len(self.prompts[r // copies]) :]
            self._read(p, rows[r], len(shared), None)
        self._drop()

    def step(self) -> None:
        """Choose for the rows that are ready, feed what is new, offer the next masks."""
        rows = self.rows
        ready = [p for p, r in enumerate(self.live) if rows[r].finish_reason is None and not rows[r].pending]
        if ready:
            self.clock.steps += 1
            with self.clock.spent_on("sample"):
                chosen = self._draw(ready)
            with self.clock.spent_on("mask"):
                for p, token in zip(ready, chosen):
                    if rows[self.live[p]].finish_reason is None:
                        rows[self.live[p]].accept(token)
        going = [self.live[p] for p in ready if rows[self.live[p]].finish_reason is None]
        if self.overlap and not all(rows[r].is_ready() for r in going):
            self._feed()
            self.offer([r for r in going if rows[r].finish_reason is None])
        else:
            self.offer(going)
            self._feed()

    def _drop(self) -> None:
        """Keep the rows that the model still has something to do for."""
        kept = [p for p, r in enumerate(self.live) if self.rows[r].is_live]
        if kept and len(kept) < len(self.live):
            self.session.keep(kept)
        self.live = [self.live[p] for p in kept]

    def _feed(self) -> None:
        """Let the model read pending tokens: all of them, or one per row where it does not take gaps."""
        self._drop()
        rows = [self.rows[r] for r in self.live]
        if not rows:
            return
        most = (max if self.model.takes_gaps else min)(len(row.pending) for row in rows)
        feed = [row.pending[:most] for row in rows]
        before = self.session.logits if any(row.unscored for row in rows) else None
        with self.clock.spent_on("forward"):
            self.session.feed(feed, trail=before is not None)
        self.clock.passes += 1
        for p, row in enumerate(rows):
            self._read(p, row, len(feed[p]), before)
        self._drop()

    def _read(self, place: int, row: Row, count: int, before: torch.Tensor | None) -> None:
        """Note that the model has read ``count`` pending tokens, and the log-probabilities of those that were forced."""
        first_forced = len(row.pending) - row.unscored
        tokens, row.pending = row.pending[:count], row.pending[count:]
        trail = self.session.trail
        for j in range(first_forced, count):
            assert trail is not None
            at = trail.shape[1] - count + j - 1
            raw = trail[place, at] if at >= 0 and (j > 0 or before is None) else before[place]  # type: ignore[index]
            row.logprobs.append(_logprob(raw, None, tokens[j], row))
            row.unscored -= 1

    def _draw(self, ready: list[int]) -> list[int]:
        """Choose a fitting token for each ready place; a row without one is finished."""
        rows = [self.rows[self.live[p]] for p in ready]
        numbers = [self.live[p] for p in ready]
        raw = self.session.logits if len(ready) == len(self.live) else self.session.logits[ready]
        masked = apply_mask(raw.clone(), self.words[numbers])
        if self.adjust is not None:
            masked = _still_possible(self.adjust(numbers, masked), masked)
        chosen = self.sampling.choose(masked.clone(), [row.stream for row in rows])
        late = [p for p, row in enumerate(rows) if not row.fits(chosen[p])]
        late = [p for p in late if rows[p].offer_fitting(self.words[numbers[p]])]
        if late:
            again = apply_mask(raw[late], self.words[[numbers[p] for p in late]])
            if self.adjust is not None:
                again = _still_possible(self.adjust([numbers[p] for p in late], again), again)
            masked[late] = again
            for p, token in zip(late, self._choose_fitting(again, [rows[p] for p in late])):
                chosen[p] = token
        for p, row in enumerate(rows):
            if row.finish_reason is None:
                self._record(row, raw[p], masked[p], chosen[p])
        return chosen

    def _choose_fitting(self, masked: torch.Tensor, rows: list[Row]) -> list[int]:
        """Choose among the tokens that budget masks left; again if need be: under residual checks they judge many tokens by one."""
        chosen = self.sampling.choose(masked.clone(), [row.stream for row in rows])
        for place, row in enumerate(rows):
            for _ in range(REDRAWS):
                if row.fits(chosen[place]) or not (masked[place] > -torch.inf).sum() > 1:
                    break
                masked[place, chosen[place]] = -torch.inf
                chosen[place] = self.sampling.choose(masked[place : place + 1].clone(), [row.stream])[0]
        return chosen

    def _record(self, row: Row, raw: torch.Tensor, masked: torch.Tensor, token: int) -> None:
        if row.num_top is not None and token not in row.constraint.vocab.eos_ids:
            row.logprobs.append(_logprob(raw, masked, token, row))
        if row.steps is not None:
            model = torch.softmax(_finite(raw), dim=-1)
            allowed = masked > -torch.inf
            worst = model.masked_fill(allowed, 0.0).topk(REFUSED_SHOWN)
            vocab = row.constraint.vocab
            refused = tuple(
                (vocab.token_bytes(t).decode("utf-8", "backslashreplace") if t < vocab.size else f"<{t}>", round(p, 6))
                for t, p in zip(worst.indices.tolist(), worst.values.tolist())
                if p >= 1e-6
            )
            row.note(token, float(model[allowed].sum()), refused=refused)


def _still_possible(adjusted: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
    """Return the adjusted logits where they leave a row something to choose, else the masked ones."""
    adjusted = adjusted.masked_fill(masked == -torch.inf, -torch.inf)
    return torch.where((adjusted > -torch.inf).any(dim=-1, keepdim=True), adjusted, masked)


def _finite(raw: torch.Tensor) -> torch.Tensor:
    lowest = torch.finfo(raw.dtype).min
    return raw.nan_to_num(nan=lowest, neginf=lowest)


def _logprob(raw: torch.Tensor, masked: torch.Tensor | None, token: int, row: Row) -> TokenLogprob:
    """Measure one token; ``raw`` and ``masked`` are logits [width] at temperature 1; no ``masked``: it was the only one allowed."""
    model = torch.log_softmax(_finite(raw), dim=-1)
    best = model.topk(min(row.num_top or 0, len(model)))
    return TokenLogprob(
        token_id=token,
        token=row.constraint.vocab.token_bytes(token),
        logprob=float(model[token]),
        masked_logprob=0.0 if masked is None else float(masked[token] - torch.logsumexp(masked, dim=-1)),
        top=tuple(zip(best.indices.tolist(), best.values.tolist())),
    )
