"""Constraints that decoding makes for itself: `Free`, which forbids nothing, and `Healed`, which first repeats the prompt's last bytes.

Both keep the contract of `maskwright.Constraint` as far as decoding uses it, with integers for states.

*Boundary healing.* A prompt that ends within a word (``"The answer is yes, bec"``) was cut where no tokenizer would cut, and the model has
hardly ever seen what should follow. Healing takes the prompt's last token back, and lets the text begin with any token that starts with
those bytes, or with a piece of them, as long as what comes after keeps to the constraint. The text of the result leaves the bytes out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from maskwright.automata import bitset
from maskwright.automata.states import DEAD, END
from maskwright.automata.vocabulary import Vocabulary


class Free:
    """Every token of the vocabulary at every step; the text may end anywhere."""

    kind = "free"
    start = 2
    #: a text cut by the budget is not complete, although it might end anywhere
    open_ended = True

    def __init__(self, vocabulary: Vocabulary):
        self.vocab = vocabulary
        self._every = bitset.from_ids(np.arange(vocabulary.size), vocabulary.size)
        self._eos = bitset.from_ids(np.array(vocabulary.eos_ids, np.int64), vocabulary.size)

    def fill_mask(self, state: int, row: np.ndarray, budget: int | None = None) -> int:
        row[:] = 0
        if state == DEAD:
            return 0
        words = self._eos if state == END else self._every
        row[: len(words)] = words
        return len(self.vocab.eos_ids) if state == END else self.vocab.size

    def advance(self, state: int, token: int) -> int:
        return END if state == END or token in self.vocab.eos_ids else state

    def is_accepting(self, state: int) -> bool:
        return state != DEAD

    def accepts(self, data: bytes | str) -> bool:
        return True

    def min_tokens(self, state: int) -> int:
        return 0

    def least_bytes(self, state: int) -> int:
        return 0

    def fits(self, state: int, tokens: int) -> bool:
        return state != DEAD

    def forced(self, state: int) -> bytes:
        return b""

    def is_ready(self, state: int) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<no constraint, {self.vocab.size} tokens>"


class Healed:
    """A constraint behind bytes that the prompt already has.

    A state is that of the constraint, shifted by the bytes still to repeat: ``-k`` while k of them are left (k >= 1), the constraint's own
    number (>= 2) after them. No ordinary state is negative.

    Parameters
    ----------
    constraint : Constraint
    prefix : bytes
        Not empty.
    """

    def __init__(self, constraint: Any, prefix: bytes):
        self.inner = constraint
        self.vocab: Vocabulary = constraint.vocab
        self.kind = constraint.kind
        self.prefix = prefix
        self.open_ended = getattr(constraint, "open_ended", False)
        self.start = -len(prefix)
        self._targets: dict[int, dict[int, int]] = {}
        self._fewest: list[int] = []

    def targets(self, state: int) -> dict[int, int]:
        """Return the tokens allowed while bytes are left to repeat, with the states after them."""
        found = self._targets.get(state)
        if found is None:
            left = self.prefix[state:]
            words = np.zeros(self.vocab.num_words, np.uint32)
            self.inner.fill_mask(self.inner.start, words)
            first = {self.vocab.token_bytes(t)[:1] for t in bitset.to_ids(words, self.vocab.size).tolist()}
            found = {}
            for token in range(self.vocab.size):
                data = self.vocab.token_bytes(token)
                if not data:
                    continue
                if len(data) < len(left):
                    if left.startswith(data):
                        found[token] = state + len(data)
                elif data.startswith(left):
                    rest = data[len(left) :]
                    after = self.inner.start if not rest else self._feed(rest) if rest[:1] in first else DEAD
                    if after != DEAD:
                        found[token] = after
            self._targets[state] = found
        return found

    def _feed(self, data: bytes) -> int:
        """Return the constraint's state after ``data``, spelled by any of its tokenisations."""
        state = self.inner.start
        for token in self.vocab.encode(data):
            state = self.inner.advance(state, token)
            if state == DEAD:
                break
        return int(state)

    def fill_mask(self, state: int, row: np.ndarray, budget: int | None = None) -> int:
        if state >= 0:
            return int(self.inner.fill_mask(state, row, budget=budget) if budget is not None else self.inner.fill_mask(state, row))
        tokens = [t for t, after in self.targets(state).items() if budget is None or self.fits(after, budget - 1)]
        row[:] = 0
        words = bitset.from_ids(np.array(tokens, np.int64), self.vocab.size)
        row[: len(words)] = words
        return len(tokens)

    def advance(self, state: int, token: int) -> int:
        return int(self.inner.advance(state, token)) if state >= 0 else self.targets(state).get(token, DEAD)

    def is_accepting(self, state: int) -> bool:
        return state >= 0 and bool(self.inner.is_accepting(state))

    def accepts(self, data: bytes) -> bool:
        return data.startswith(self.prefix) and bool(self.inner.accepts(data[len(self.prefix) :]))

    def min_tokens(self, state: int) -> int:
        """Bound the tokens to acceptance: the fewest pieces that spell the bytes left, and then the constraint's own."""
        return int(self.inner.min_tokens(state)) if state >= 0 else self._pieces(-state) + int(self.inner.min_tokens(self.inner.start))

    def least_bytes(self, state: int) -> int:
        return int(self.inner.least_bytes(state)) if state >= 0 else -state + int(self.inner.least_bytes(self.inner.start))

    def _pieces(self, left: int) -> int:
        if not self._fewest:
            known = {self.vocab.token_bytes(t) for t in range(self.vocab.size)}
            self._fewest = [0]
            for k in range(1, len(self.prefix) + 1):
                rest = self.prefix[-k:]
                self._fewest.append(min(1 + self._fewest[k - n] for n in range(1, k + 1) if rest[:n] in known))
        return self._fewest[left]

    def fits(self, state: int, tokens: int) -> bool:
        return bool(self.inner.fits(state, tokens)) if state >= 0 else self.min_tokens(state) <= tokens

    def forced(self, state: int) -> bytes:
        return bytes(self.inner.forced(state)) if state >= 0 else b""

    def __repr__(self) -> str:
        return f"<{self.inner!r} after {self.prefix!r}>"
