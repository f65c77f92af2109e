"""Masks as they are kept, and the sheet on which one is made.

A *ground* is all words of a mask, shared by many: what a lexer state's interior allows, say. A `Mask` is a ground (or none: all zero)
with a list of words that differ from it. Most masks are a few words on no ground, or a few on the ground of the string: making, comparing
and keeping one takes time and memory by those words, not by the vocabulary.

A `Sheet` is one row of words with a list of those that a kernel wrote to since it was laid on its ground, so that neither clearing nor
reading it looks at the others. Invariant: a word not listed equals the ground's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import bitset
from .kernels import KERNELS
from .rows import PoolRows

#: words on a ground beyond which a mask gets all words of its own: with none below it, and with one
SPARSE_WORDS = 96
PATCH_WORDS = 1024


class Mask(NamedTuple):
    """An immutable mask.

    Attributes
    ----------
    num_tokens : int
        Tokens allowed.
    words : uint32[num_words] or None
        The ground; None where it is all zero.
    positions, bits : int64[k], uint32[k]
        The words that differ from it.
    """

    num_tokens: int
    words: np.ndarray | None
    positions: np.ndarray
    bits: np.ndarray

    def copy_to(self, row: np.ndarray) -> None:
        """Overwrite ``row`` (uint32, at least num_words long)."""
        if self.words is None:
            row.fill(0)
        else:
            n = len(self.words)
            row[:n] = self.words
            if len(row) > n:
                row[n:] = 0
        if len(self.positions):
            row[self.positions] = self.bits

    def or_to(self, row: np.ndarray) -> None:
        """Add the mask's tokens to ``row``, num_words long."""
        if self.words is None:
            row[self.positions] |= self.bits
        else:
            row |= self.dense()

    @property
    def nbytes(self) -> int:
        """Bytes held; a ground counts where it is the whole mask."""
        if len(self.positions) or self.words is None:
            return self.positions.nbytes + self.bits.nbytes
        return self.words.nbytes

    def dense(self) -> np.ndarray | None:
        """Return all words, None where there is no ground; not to be written to."""
        if self.words is None or not len(self.positions):
            return self.words
        own = self.words.copy()
        own[self.positions] = self.bits
        return own


class Sheet:
    """A row under construction; see the module.

    Attributes
    ----------
    row, touched, stamp, tally : uint32[num_words], int64[num_words], int64[num_words], int64[2]
        The words; positions written to; per word the number of the last mask that wrote to it; how many are written to, and
        the number of the present mask.
    """

    def __init__(self, num_words: int):
        self.row = np.zeros(num_words, np.uint32)
        self.touched = np.zeros(num_words, np.int64)
        self.stamp = np.zeros(num_words, np.int64)
        self.tally = np.array([0, 1], np.int64)
        self._written = self.tally.data
        self._ground: np.ndarray | None = None
        self.arrays = (self.row, self.touched, self.stamp, self.tally)

    def lay(self, ground: np.ndarray | None) -> None:
        """Begin a mask on ``ground``, which must not change."""
        if ground is self._ground:
            if not self._written[0]:
                return
            at = self.written()
            self.row[at] = 0 if ground is None else ground[at]
        elif ground is None:
            self.row.fill(0)
        else:
            self.row[:] = ground
        self._ground = ground
        self.tally[0] = 0
        self.tally[1] += 1

    def lay_mask(self, mask: Mask) -> None:
        """Begin with ``mask``, on its ground."""
        self.lay(mask.words)
        n = len(mask.positions)
        if n:
            self.touched[:n] = mask.positions
            self.stamp[mask.positions] = self._written[1]
            self._written[0] = n
            self.row[mask.positions] = mask.bits

    def written(self) -> np.ndarray:
        """Return the positions written to, in no order."""
        return self.touched[: self.tally[0]]

    def write(self, positions: np.ndarray, bits: np.ndarray) -> None:
        """Overwrite words; positions are distinct."""
        fresh = positions[self.stamp[positions] != self.tally[1]]
        n = int(self.tally[0])
        self.touched[n : n + len(fresh)] = fresh
        self.stamp[fresh] = self.tally[1]
        self.tally[0] = n + len(fresh)
        self.row[positions] = bits

    @property
    def ground(self) -> np.ndarray | None:
        """What the mask was begun on."""
        return self._ground


class MaskPool:
    """Masks of one vocabulary by content; ``rows`` are theirs in batches."""

    def __init__(self, num_words: int, limit: int = 2**28) -> None:
        self._masks: dict[tuple[int, bytes, bytes] | bytes, Mask] = {}
        #: ground (by its identity; whoever stands in `_masks` keeps it alive) -> number of tokens
        self._counts: dict[int, int] = {}
        self._limit = limit
        self.nbytes = 0
        self.rows = PoolRows(num_words)
        self._positions = np.zeros(num_words, np.int64)
        self._bits = np.zeros(num_words, np.uint32)
        self._out = np.zeros(3, np.int64)
        self._outcome = self._out.data

    def intern(self, row: np.ndarray) -> Mask:
        """Return the mask with the bits of ``row``; ``row`` is kept if it is new and dense."""
        index = np.flatnonzero(row)
        if len(index) <= SPARSE_WORDS:
            bits = row[index]
            return self._patched(None, index, bits, bitset.popcount(bits))
        return self._dense(row)

    def of_sheet(self, sheet: Sheet) -> Mask:
        """Return the mask on a sheet; the sheet is spent."""
        ground = sheet.ground
        limit = SPARSE_WORDS if ground is None else PATCH_WORDS
        KERNELS.gather(sheet.arrays, _NO_BITS if ground is None else ground, limit, self._positions, self._bits, self._out)
        n, more = self._outcome[0], self._outcome[1]
        if n > limit:
            return self._dense(sheet.row.copy())
        return self._patched(ground, self._positions[:n], self._bits[:n], more)

    def _patched(self, ground: np.ndarray | None, at: np.ndarray, bits: np.ndarray, more: int) -> Mask:
        """Return the mask whose words ``at`` are ``bits``, ``more`` tokens in all than on the ground."""
        key = (id(ground), at.tobytes(), bits.tobytes())
        found = self._masks.get(key)
        if found is None:
            count = more if ground is None else more + self._count(ground)
            found = self._keep(key, Mask(count, ground, at.copy(), bits.copy()), len(key[1]) + len(key[2]))
        return found

    def _dense(self, row: np.ndarray) -> Mask:
        key = row.tobytes()
        found = self._masks.get(key)
        if found is None:
            found = self._keep(key, Mask(bitset.popcount(row), row, _NO_POSITIONS, _NO_BITS), 2 * len(key))
        return found

    def _count(self, ground: np.ndarray) -> int:
        found = self._counts.get(id(ground))
        if found is None:
            found = bitset.popcount(ground)
            # kept under a key that no sheet comes to, so that the identity stays the ground's
            self._keep((id(ground), b"", b"ground"), Mask(found, ground, _NO_POSITIONS, _NO_BITS), ground.nbytes)
            self._counts[id(ground)] = found
        return found

    def _keep(self, key: tuple[int, bytes, bytes] | bytes, mask: Mask, nbytes: int) -> Mask:
        if self.nbytes > self._limit:  # masks in use stay alive through those who hold them
            self._masks.clear()
            self._counts.clear()
            self.nbytes = 0
        self._masks[key] = mask
        self.nbytes += nbytes + 12 * len(mask.positions)
        return mask


_NO_POSITIONS = np.zeros(0, np.int64)
_NO_BITS = np.zeros(0, np.uint32)
