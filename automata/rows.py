"""Rows of masks in one block, so that a batch is filled by a single `numpy.take`.

A table belongs to a vocabulary's mask pool: a mask has one row in it however many states and constraints share the mask. Rows are only
ever appended, and a table that is full is succeeded by a new one, so a slot read from a table stays right for whoever holds that table,
without a lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from maskwright.errors import OptionError

from .growth import grown

if TYPE_CHECKING:
    from .mask_pool import Mask

#: bytes of rows that a table holds at most
TABLE_BYTES = 2**25


class RowTable:
    """Masks by slot.

    Parameters
    ----------
    num_words : int
    capacity : int
        Rows it holds at most.
    """

    def __init__(self, num_words: int, capacity: int):
        self.capacity = capacity
        self.num_words = num_words
        self._rows = np.empty((min(16, capacity), num_words), np.uint32)
        self._counts = np.zeros(len(self._rows), np.int32)
        self._slots: dict[int, tuple[int, Mask]] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, mask: Mask) -> int:
        """Return the slot of a pooled ``mask``, which it gets now if it has none; -1 if there is no room."""
        found = self._slots.get(id(mask))  # the mask is kept with its slot, so its id is its own
        if found is None:
            slot = len(self._slots)
            if slot == self.capacity:
                return -1
            self._rows, self._counts = grown(self._rows, slot + 1), grown(self._counts, slot + 1)
            mask.copy_to(self._rows[slot])
            self._counts[slot] = mask.num_tokens
            found = self._slots[id(mask)] = (slot, mask)
        return found[0]

    def since(self, slot: int) -> np.ndarray:
        """Return the rows from ``slot`` on, uint32[n, num_words]; not to be written to."""
        num_rows = len(self._slots)  # before the rows, which may be replaced by longer ones meanwhile
        return self._rows[slot:num_rows]

    def fill(self, slots: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Overwrite row i of ``out`` (uint32[n, >= num_words]) with that of ``slots[i]``; return the counts, int32[n]."""
        rows, width = self._rows, self._rows.shape[1]
        if out.shape[1] == width and out.flags.c_contiguous:
            rows.take(slots, axis=0, out=out, mode="clip")
        else:
            for row, slot in zip(out, slots.tolist()):
                row[:width] = rows[slot]
                row[width:] = 0
        return self.counts(slots)

    def counts(self, slots: np.ndarray) -> np.ndarray:
        """Return how many tokens the masks of ``slots`` allow, int32[n]."""
        return self._counts.take(slots)


class PoolRows:
    """The table of a pool that new rows go to: None before the first batch, replaced when full."""

    def __init__(self, num_words: int):
        self._num_words = num_words
        self.table: RowTable | None = None

    def renew(self) -> RowTable:
        """Start a new table."""
        self.table = RowTable(self._num_words, max(64, TABLE_BYTES // (4 * self._num_words)))
        return self.table


class StateSlots:
    """Slots of one constraint's states, by number."""

    def __init__(self, rows: PoolRows):
        self._rows = rows
        #: table and slots in it, -1 where unknown; replaced together, so that readers need no lock
        self._known: tuple[RowTable | None, np.ndarray] = (None, np.full(1, -1, np.int32))

    def slot(self, state: int, table: RowTable | None) -> int:
        """Return the slot of ``state`` in ``table``, -1 if it is not known to have one."""
        own, slots = self._known
        return int(slots[state]) if own is table and 0 <= state < len(slots) else -1

    def known(self, states: np.ndarray) -> tuple[RowTable, np.ndarray] | None:
        """Return table and slots of all of ``states`` (int64[n]), or None if some have none yet."""
        table, slots = self._known
        if table is None or not len(states) or states.min() < 0 or states.max() >= len(slots):
            return None
        found = slots.take(states)
        return (table, found) if found.min() >= 0 else None

    def learn(self, states: list[int], masks: list[Mask]) -> tuple[RowTable, np.ndarray] | None:
        """Give slots to the masks of live ``states``; None if they do not fit into one table. Callers hold the vocabulary's lock."""
        size = max(states, default=0) + 1
        for table in (self._rows.table, None):
            if table is None:
                table = self._rows.renew()
            own, slots = self._known
            found = np.array([table.slot(mask) for mask in masks], np.int32)
            if len(found) and found.min() < 0:
                continue
            slots = grown(slots, size, fill=-1) if own is table else np.full(max(size, 64), -1, np.int32)
            slots[states] = found
            self._known = (table, slots)
            return table, found
        return None


def word_rows(out: Any, rows: int, num_words: int) -> np.ndarray:
    """View rows of 32-bit integers, a batch to be filled, as uint32.

    Raises
    ------
    OptionError
        If ``out`` is not a writeable block of ``rows`` rows of at least ``num_words`` words.
    """
    array = out.numpy() if hasattr(out, "numpy") and not isinstance(out, np.ndarray) else out
    if (
        not isinstance(array, np.ndarray)
        or array.dtype not in (np.int32, np.uint32)
        or array.ndim != 2
        or array.shape[0] != rows
        or array.shape[1] < num_words
        or not array.flags.writeable
    ):
        shown = f"{array.dtype}{list(array.shape)}" if isinstance(array, np.ndarray) else type(out).__name__
        raise OptionError("out", shown, f"a writeable int32 or uint32 array of {rows} rows and at least {num_words} words")
    return array.view(np.uint32)
