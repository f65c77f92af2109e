"""Where the tokens that stay inside a terminal lead: what tells which of them a window takes.

Made of one number per token, in the order of the trie's nodes (`_kernels_walk.walk_terminal`). Tokens that lead to the same state with the
same weight are of one *kind*; there are few kinds, and what is asked of a token is asked of its kind.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from . import bitset


class Endings:
    """Where the interior tokens of a lexer state lead.

    Parameters
    ----------
    codes : int32[m]
        By place in ``token_ids``: ``(state - first) << shift | weight`` of the lexer state after the token and the weight it used, 0 for
        tokens that are not in the interior.
    token_ids : int32[m]
    first, shift : int
    size : int
        Tokens of the vocabulary.

    Attributes
    ----------
    kinds : (int64[n], int64[n])
        The (state, weight) that occur.
    """

    def __init__(self, codes: np.ndarray, token_ids: np.ndarray, first: int, shift: int, size: int):
        self._is_new = True
        self._token_ids = token_ids
        self._size = size
        there = np.zeros(int(codes.max(initial=0)) + 1, bool)
        there[codes] = True
        there[0] = False
        found = np.flatnonzero(there)
        count = self._count = len(found)
        number = np.cumsum(there, dtype=np.int32) - 1
        number[0] = count
        few = number.astype(np.uint16) if count < 2**16 else number  # 16 bits are sorted by radix: 1 ms, not 8
        #: of every place in ``token_ids`` the kind, n where there is none
        self._places = few[codes]
        self.kinds = (found >> shift) + first, found & ((1 << shift) - 1)

    @cached_property
    def _kind(self) -> np.ndarray:
        """The kind of every token, n where there is none."""
        kind = np.full(self._size, self._count, self._places.dtype)
        kind[self._token_ids] = self._places
        return kind

    def row(self, fits: np.ndarray) -> np.ndarray:
        """Return the row of the tokens of the kinds that fit, bool[n]."""
        return bitset.pack(np.append(fits, False)[self._kind])

    @cached_property
    def _grouped(self) -> tuple[np.ndarray, list[int]]:
        """The tokens, those of a kind together, and where each kind begins."""
        order = np.argsort(self._places, kind="stable")
        sizes = np.bincount(self._places, minlength=self._count + 1)
        return self._token_ids[order], [0, *np.cumsum(sizes).tolist()]

    def unfit(self, fits: np.ndarray, limit: int) -> np.ndarray | None:
        """Return the tokens of the kinds that do not fit, in any order, None if there are more than ``limit``.

        The first time all places are looked at, 0.2 ms; grouping the tokens takes twice that and pays from the second time on.
        """
        if self._is_new:
            self._is_new = False
            at = np.flatnonzero(np.append(~fits, False)[self._places])
            return None if len(at) > limit else self._token_ids[at]
        tokens, first = self._grouped
        kinds = np.flatnonzero(~fits).tolist()
        if sum([first[kind + 1] - first[kind] for kind in kinds]) > limit:
            return None
        return np.concatenate([tokens[first[kind] : first[kind + 1]] for kind in kinds] or [tokens[:0]])

    def spelled_out(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the tokens, ascending, the lexer state after each, and the weight it used."""
        tokens = np.flatnonzero(self._kind != self._count)
        kind = self._kind[tokens]
        return tokens, self.kinds[0][kind], self.kinds[1][kind]
