"""Texts that are in the language and yet refused: a trie of token paths that decoding must not take again.

A validator written in Python sees finished values only. A text it refuses is removed from what may be written, and another one is drawn:
the law of the result is the constrained model's, given that the validator agrees (rejection without replacement: removing refused texts
changes nothing about the others). Where all continuations of a prefix are refused, so is the prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class Refusals:
    """Refused tokens by the tokens before them.

    Examples
    --------
    >>> refusals = Refusals()
    >>> refusals.at((7,), 3)
    >>> words = np.array([0b11000], np.uint32)
    >>> refusals.clear([7], words), int(words[0])
    (1, 16)
    """

    def __init__(self) -> None:
        self._tokens: dict[tuple[int, ...], set[int]] = {}

    def at(self, prefix: tuple[int, ...], token: int) -> None:
        """Refuse ``token`` after ``prefix``."""
        self._tokens.setdefault(prefix, set()).add(token)

    def clear(self, prefix: Sequence[int], words: np.ndarray) -> int:
        """Clear the bits of what is refused after ``prefix``; return how many were set."""
        cleared = 0
        for token in self._tokens.get(tuple(prefix), ()):
            bit = 1 << (token & 31)
            if int(words[token >> 5]) & bit:
                words[token >> 5] = int(words[token >> 5]) & ~bit
                cleared += 1
        return cleared

    def refuse(self, constraint: Any, tokens: Sequence[int], complete: bool) -> bool:
        """Refuse a complete text (or the last token of one that could not go on), and every prefix that this leaves without a continuation.

        Returns
        -------
        bool
            Whether anything is left to write.
        """
        prefix = tuple(tokens)
        if not complete and not prefix:
            return False
        words = np.zeros(constraint.vocab.num_words, np.uint32)
        states = [constraint.start]
        for token in prefix:
            states.append(constraint.advance(states[-1], token))
        if complete:
            for end in constraint.vocab.eos_ids:
                self.at(prefix, end)
        else:
            self.at(prefix[:-1], prefix[-1])
            prefix = prefix[:-1]
        while constraint.fill_mask(states[len(prefix)], words) - self.clear(prefix, words) == 0:
            if not prefix:
                return False
            self.at(prefix[:-1], prefix[-1])
            prefix = prefix[:-1]
        return True
