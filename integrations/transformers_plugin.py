"""A logits processor for ``model.generate`` whose state is a function of the tokens alone.

transformers calls a processor with ``input_ids : int64[rows, width]`` and ``scores : float[rows, head]`` once per position, in an order
that is its own affair: rows are reordered (beams), prefixes shrink after a rejected draft (assisted decoding, prompt lookup), the same
object is passed to an assistant model that may speak another vocabulary, and finished rows keep being fed. So nothing here counts
calls. A `_Generation` remembers the rows of the last call, with the constraint's state after each of their tokens; a call is matched to
them by the longest common prefix, and only new tokens are advanced over:

    state(row) = advance*(start, row[prompt_length:])        whatever was called before

Without ``prompt_length`` the prompt's width is that of a generation's first call. A call belongs to a known generation iff its prompt is
the same and each row adds at most one token to a prefix of a known row, or several allowed tokens to a whole one; else it begins a
new generation. A few generations are remembered, since target and assistant take turns.

Branches that decoding discards anyway are no errors: a draft may contain forbidden tokens, and beam search keeps rows of weight zero.
Such rows may only end, with the lowest finite score, so that no row is all minus infinity. Refused: in-place masking; prompt lookup
hands the same scores in again for the next position.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor

from maskwright.automata import bitset
from maskwright.automata.constraint import Constraint, find_rows
from maskwright.automata.states import DEAD, END
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import DeadEnd, OptionError, TokenizerError, TokenRejected

from .device_masks import DeviceMasks
from .masks import apply_mask

#: generations remembered (target, assistant, and what came before)
KNOWN_GENERATIONS = 4
#: where masks are applied by packed rows instead of by a table kept on the device
HOST = "cpu"
#: functions of transformers that try rows which they may discard
_SPECULATIVE = frozenset({"_assisted_decoding", "_beam_search", "get_candidates"})


class MaskwrightLogitsProcessor(LogitsProcessor):
    """Mask the scores of ``model.generate`` by constraints.

    Parameters
    ----------
    constraint : Constraint, or sequence of (Constraint or None)
        One for all rows, or one per prompt of the batch; None leaves a row free (but for ids beyond the vocabulary). With
        ``num_return_sequences`` or beams, each prompt's rows share its constraint.
    vocab : Vocabulary or tokenizer, optional
        Only needed where every constraint is None; checked against the constraints otherwise.
    prompt_length : int, optional
        Width of ``input_ids`` at the start, padding included. None: see the module docstring.
    on_dead : "raise" or "eos"
        What to do with a row that was fed a forbidden token or has no allowed one: raise, or let it end.

    Notes
    -----
    One object may be used for any number of calls of ``generate``, also after one was interrupted. Temperature, top-k and top-p run
    after it: the law of a step is ``warp(mask(p))``.

    Examples
    --------
    ``model.generate(**inputs, logits_processor=[MaskwrightLogitsProcessor(constraint)])``
    """

    def __init__(
        self,
        constraint: Constraint | Sequence[Constraint | None] | None,
        vocab: Any = None,
        prompt_length: int | None = None,
        on_dead: str = "raise",
    ):
        if on_dead not in ("raise", "eos"):
            raise OptionError("on_dead", on_dead, '"raise" or "eos"')
        if prompt_length is not None and (isinstance(prompt_length, bool) or not isinstance(prompt_length, int) or prompt_length < 0):
            raise OptionError("prompt_length", prompt_length, "an integer of at least 0, or None")
        self.constraints = tuple(constraint) if isinstance(constraint, Sequence) else (constraint,)
        self.vocab = _common_vocabulary(self.constraints, vocab)
        self.prompt_length = prompt_length
        self.on_dead = on_dead
        self._at_end = bitset.from_ids(np.array(self.vocab.eos_ids, np.int64), self.vocab.size)
        self._devices: dict[torch.device, DeviceMasks] = {}
        self._every = bitset.from_ids(np.arange(self.vocab.size), self.vocab.size)
        self._known: list[_Generation] = []

    def reset(self) -> None:
        """Forget all rows seen so far."""
        self._known.clear()

    @torch.no_grad()
    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> Any:
        """Return the scores with forbidden tokens at minus infinity.

        Raises
        ------
        TokenizerError
            If there are fewer scores than tokens in the vocabulary.
        OptionError
            If the rows are no multiple of the constraints, narrower than ``prompt_length``, or not those of the scores.
        TokenRejected, DeadEnd
            With ``on_dead="raise"``: a row was fed a forbidden token, or has no allowed one.
        """
        if input_ids.ndim != 2 or scores.ndim != 2 or len(input_ids) != len(scores):
            shapes = f"input_ids {tuple(input_ids.shape)} and scores {tuple(scores.shape)}"
            raise OptionError("scores", shapes, "as many rows of each, both with two dimensions")
        width = scores.shape[-1]
        rows = input_ids.detach().cpu().numpy()
        if width < self.vocab.size or rows.shape[1] < (self.prompt_length or 0):
            if _speculating():                                  # an assistant with a vocabulary of its own
                return scores
            if width < self.vocab.size:
                raise TokenizerError(f"{width} scores for {self.vocab.size} tokens: model and vocabulary do not belong together")
            raise OptionError("prompt_length", self.prompt_length, f"at most the width of the input, {rows.shape[1]}")
        generation = self._generation(rows)
        if scores.device.type != HOST:
            masked = self._masked_there(scores, generation, rows.shape[1])
            if masked is not None:
                return masked
        words = np.zeros((len(rows), self.vocab.num_words), np.uint32)
        free, lost = [], []
        for r, (constraint, state) in enumerate(zip(generation.constraints, generation.states(rows.shape[1]))):
            if constraint is None:
                free.append(r)
            elif state == DEAD or constraint.fill_mask(state, words[r]) == 0:
                lost.append(r)
        if lost and self.on_dead == "raise" and not _speculating():
            raise generation.trouble(lost[0], rows.shape[1])
        words[free] = self._every
        words[lost] = self._at_end
        masked = apply_mask(scores.clone(), words)
        if lost:                                                # lowest, so that beams and samples prefer every other row
            masked[lost] = torch.where(masked[lost] > -torch.inf, torch.finfo(scores.dtype).min, -torch.inf)
        return masked

    def _masked_there(self, scores: torch.FloatTensor, generation: _Generation, length: int) -> Any:
        """Mask by rows kept on the device of ``scores``; None where a row is free or has come to an end without an end id."""
        found = find_rows(generation.constraints, generation.states(length))
        if found is None or not found[0].counts(found[1]).all():
            return None
        masks = self._devices.get(scores.device)
        if masks is None:
            masks = self._devices[scores.device] = DeviceMasks(scores.device)
        return masks.apply(scores.clone(memory_format=torch.contiguous_format), *found)

    def _generation(self, rows: np.ndarray) -> _Generation:
        """Find or begin the generation that ``rows`` belong to, and bring it up to them."""
        if len(rows) % len(self.constraints):
            raise OptionError("constraint", f"a list of {len(self.constraints)}", f"one per prompt: the batch has {len(rows)} rows")
        for place, generation in enumerate(self._known):
            if generation.follow(rows, strict=self.prompt_length is None):
                self._known.insert(0, self._known.pop(place))
                return generation
        generation = _Generation(rows, rows.shape[1] if self.prompt_length is None else self.prompt_length, self.constraints)
        self._known = [generation, *self._known[: KNOWN_GENERATIONS - 1]]
        return generation


class _Text:
    """A row: its tokens, and ``states[k]`` after the prompt and k more tokens."""

    __slots__ = ("ids", "states")

    def __init__(self, ids: np.ndarray, states: list[int]):
        self.ids = ids
        self.states = states

    def common(self, ids: np.ndarray) -> int:
        """Return the length of the longest common prefix."""
        length = min(len(ids), len(self.ids))
        equal = self.ids[:length] == ids[:length]
        return length if equal.all() else int(equal.argmin())


class _Generation:
    """Rows that continue the same prompts."""

    def __init__(self, rows: np.ndarray, prompt_length: int, constraints: Sequence[Constraint | None]):
        self._prompt_length = prompt_length
        self._prompts = rows[:, :prompt_length].copy()
        self._copies = len(rows) // len(constraints)
        self.constraints = [constraint for constraint in constraints for _ in range(self._copies)]
        starts = [DEAD if constraint is None else constraint.start for constraint in self.constraints]
        self._texts = [_Text(prompt, [start]) for prompt, start in zip(self._prompts, starts)]
        self._texts = [self._extended(r, rows[r], r, prompt_length) for r in range(len(rows))]

    def states(self, width: int) -> list[int]:
        """Return each row's state at ``width`` tokens."""
        return [text.states[width - self._prompt_length] for text in self._texts]

    def follow(self, rows: np.ndarray, strict: bool) -> bool:
        """Take ``rows`` in if they belong here; ``strict``: refuse what looks like another prompt."""
        prompt = self._prompt_length
        if len(rows) != len(self._texts) or rows.shape[1] < prompt or not np.array_equal(rows[:, :prompt], self._prompts):
            return False
        texts = []
        for r, row in enumerate(rows):
            source, common = self._nearest(r, row)
            text = self._extended(r, row, source, common)
            if strict and not self._plausible(r, text, common, common == len(self._texts[source].ids)):
                return False
            texts.append(text)
        self._texts = texts
        return True

    def _plausible(self, r: int, text: _Text, common: int, whole: bool) -> bool:
        """Tell a row that continues ``common`` tokens of a known row (the ``whole`` of it, or a part) from another prompt."""
        added = len(text.ids) - common
        if added == 0 or (added == 1 and whole):
            return True
        if added > 1 and not whole:
            return False
        states = text.states[common - self._prompt_length :]
        return self.constraints[r] is None or (DEAD not in states and END not in states[:-1])

    def _nearest(self, r: int, row: np.ndarray) -> tuple[int, int]:
        """Return the known row of the same prompt that shares the longest prefix with ``row``, and its length."""
        best, longest = r, self._texts[r].common(row)
        if longest < min(len(row), len(self._texts[r].ids)):
            group = r // self._copies * self._copies
            for other in range(group, group + self._copies):
                common = self._texts[other].common(row)
                if common > longest and np.array_equal(self._prompts[other], self._prompts[r]):
                    best, longest = other, common
        return best, longest

    def _extended(self, r: int, row: np.ndarray, source: int, common: int) -> _Text:
        """Return row ``r``, which shares ``common`` tokens with known row ``source``, advanced to its end."""
        constraint = self.constraints[r]
        states = self._texts[source].states[: common - self._prompt_length + 1]
        state = states[-1]
        for token in row[common:].tolist():
            if constraint is not None and state > END:
                state = constraint.advance(state, token) if 0 <= token < constraint.vocab.size else DEAD
            states.append(state)                                # END and DEAD absorb: finished rows are fed padding
        return _Text(row.copy(), states)

    def trouble(self, r: int, width: int) -> Exception:
        """Say why row ``r`` cannot go on."""
        text = self._texts[r]
        states = text.states[: width - self._prompt_length + 1]
        if states[-1] != DEAD:
            return DeadEnd(r, len(states) - 1)
        position = states.index(DEAD) - 1
        return TokenRejected(position, int(text.ids[self._prompt_length + position]))


def _common_vocabulary(constraints: Sequence[Constraint | None], vocab: Any) -> Vocabulary:
    """Return the one vocabulary of all constraints."""
    for constraint in constraints:
        if constraint is not None and not hasattr(constraint, "fill_mask"):
            raise OptionError("constraint", constraint, "a compiled constraint (maskwright.compile), None, or a list of these")
    found = [constraint.vocab for constraint in constraints if constraint is not None]
    if vocab is not None:
        found.append(vocab if isinstance(vocab, Vocabulary) else Vocabulary.from_tokenizer(vocab))
    if not found:
        raise OptionError("vocab", vocab, "a vocabulary, where no constraint has one")
    if any(one != found[0] for one in found):
        raise OptionError("constraint", [one.fingerprint for one in found], "constraints on one vocabulary")
    return found[0]


def _speculating() -> bool:
    """Whether transformers is trying rows that it may discard; looked up in the call stack, in cases of trouble only."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in _SPECULATIVE and "transformers" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
