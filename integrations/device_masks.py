"""Masks on an accelerator: the rows of a mask table live there, and a step sends only their numbers.

`RowTable` gives each mask a slot, and rows are only appended, so the copy on the device is kept up by sending the rows that are new. Per
step one array of slots goes over, from pinned memory without waiting; a row of 128,256 tokens takes 16 KB there, a full table 32 MB, and a
table that is succeeded by a new one gives its place up.

One Triton program reads a row's words by its slot and overwrites a block of logits. A second pass over rows that kept no logit above minus
infinity gives their allowed tokens equal, lowest logits; whether there are such rows is not asked, so nothing waits for the device.
Where Triton is missing or cannot compile, torch does the same in more memory. Both are tested on a CPU, Triton's program by its
interpreter; neither has been timed on a GPU yet.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch

from maskwright.automata.rows import RowTable

logger = logging.getLogger("maskwright")

BLOCK = 1024


class DeviceMasks:
    """Masks of a table on one device.

    Parameters
    ----------
    device : torch.device
    """

    def __init__(self, device: torch.device):
        self.device = device
        self._table: RowTable | None = None
        self._rows = torch.empty((0, 0), dtype=torch.int32, device=device)
        self._sent = 0
        self._program = _triton_program()

    @property
    def nbytes(self) -> int:
        """Bytes of rows on the device."""
        return self._rows.numel() * self._rows.element_size()

    def apply(self, logits: torch.Tensor, table: RowTable, slots: np.ndarray) -> torch.Tensor:
        """Set forbidden logits and those that are NaN to minus infinity, in place.

        Parameters
        ----------
        logits : float tensor [rows, width] on the device, contiguous in rows
        table : RowTable
        slots : int32[rows]
            Of the masks in ``table``. A row keeps a finite logit unless its mask is empty (`masks.apply_mask`).

        Returns
        -------
        The same tensor.
        """
        self._keep_up(table)
        places = self._send(np.ascontiguousarray(slots, np.int32))
        if self._program is not None:
            try:
                return self._by_triton(logits, places)
            except Exception as problem:  # a compiler that fails here fails always; torch gives the same answer
                logger.warning("Triton cannot mask logits on %s, torch does: %s", self.device, problem)
                self._program = None
        return self._by_torch(logits, places)

    def _send(self, array: np.ndarray) -> torch.Tensor:
        host = torch.from_numpy(array.view(np.int32) if array.dtype == np.uint32 else array)
        if self.device.type == "cuda":
            host = host.pin_memory()
        return host.to(self.device, non_blocking=True)

    def _keep_up(self, table: RowTable) -> None:
        """Send the rows that the device does not have."""
        if self._table is not table:
            self._table, self._sent = table, 0
            self._rows = torch.empty((0, table.num_words), dtype=torch.int32, device=self.device)
        fresh = table.since(self._sent)
        if not len(fresh):
            return
        known = self._sent + len(fresh)
        if known > len(self._rows):
            longer = torch.empty((max(known, 2 * len(self._rows)), table.num_words), dtype=torch.int32, device=self.device)
            longer[: self._sent] = self._rows[: self._sent]
            self._rows = longer
        self._rows[self._sent : known] = self._send(fresh)
        self._sent = known

    def _by_triton(self, logits: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        rows, width = logits.shape
        grid = (rows, -(-width // BLOCK))
        lowest = torch.finfo(logits.dtype).min
        every = torch.ones(rows, dtype=torch.int8, device=logits.device)
        shape = (width, self._rows.shape[1], logits.stride(0), lowest)
        self._program[grid](logits, self._rows, places, every, *shape, HOPELESS=False, BLOCK=BLOCK)
        hopeless = (logits.amax(dim=1) == -torch.inf).to(torch.int8)
        self._program[grid](logits, self._rows, places, hopeless, *shape, HOPELESS=True, BLOCK=BLOCK)
        return logits

    def _by_torch(self, logits: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        width = logits.shape[1]
        bits = torch.arange(32, dtype=torch.int32, device=logits.device)
        spread = ((self._rows[places.long()].unsqueeze(-1) >> bits) & 1).bool().flatten(1)
        allowed = torch.zeros(logits.shape, dtype=torch.bool, device=logits.device)
        allowed[:, : spread.shape[1]] = spread[:, :width]
        logits.masked_fill_(~allowed | logits.isnan(), -torch.inf)
        hopeless = logits.amax(dim=1, keepdim=True) == -torch.inf
        return logits.masked_fill_(hopeless & allowed, torch.finfo(logits.dtype).min)


def _triton_program() -> Any:
    """Return the Triton program, or None where Triton is not installed."""
    try:
        from ._kernels_triton import mask_block
    except ImportError:
        return None
    return mask_block
