"""Masks on logits: packed rows of the engine applied to a tensor of a model.

A mask row is ``uint32[ceil(V / 32)]``, least significant bit first, bit 1 = allowed. A model's head may be wider than the vocabulary
(padding): ids beyond the row's bits are masked like any other forbidden token. The packed words, not the bits, travel to the device.
"""

from __future__ import annotations

import numpy as np
import torch


def unpack(words: np.ndarray, width: int, device: torch.device) -> torch.Tensor:
    """Spread packed rows into booleans on a device.

    Parameters
    ----------
    words : uint32[rows, num_words]
    width : int
        Number of logits of a row; bits past it are cut, ids past the bits are False.
    device : torch.device

    Returns
    -------
    bool tensor [rows, width]
    """
    bits = 32 * words.shape[1]
    allowed = torch.zeros((len(words), max(width, bits)), dtype=torch.bool, device=device)
    allowed[:, :bits] = _on_host(words) if device.type == "cpu" else _on_device(words, device)
    return allowed[:, :width]


def _on_host(words: np.ndarray) -> torch.Tensor:
    octets = np.ascontiguousarray(words, "<u4").view(np.uint8)
    return torch.from_numpy(np.unpackbits(octets, axis=1, bitorder="little")).bool()


def _on_device(words: np.ndarray, device: torch.device) -> torch.Tensor:
    packed = torch.from_numpy(np.ascontiguousarray(words).view(np.int32)).to(device, non_blocking=True)
    places = torch.arange(32, dtype=torch.int32, device=device)
    return ((packed.unsqueeze(-1) >> places) & 1).bool().flatten(1)


def apply_mask(logits: torch.Tensor, words: np.ndarray) -> torch.Tensor:
    """Set the logits of forbidden tokens to minus infinity, in place.

    A row keeps at least one finite logit: where the model gives every allowed token minus infinity (or NaN), they become equally likely.

    Parameters
    ----------
    logits : float tensor [rows, width]
    words : uint32[rows, num_words]
        No row may be empty.

    Returns
    -------
    The same tensor.
    """
    allowed = unpack(words, logits.shape[1], logits.device)
    lowest = torch.finfo(logits.dtype).min
    logits.nan_to_num_(nan=lowest, neginf=lowest)
    return logits.masked_fill_(~allowed, -torch.inf)
