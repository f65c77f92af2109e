"""Masks on logits: packed rows of the engine applied to a tensor of a model.

A mask row is ``uint32[ceil(V / 32)]``, least significant bit first, bit 1 = allowed. A model's head may be wider than the vocabulary
(padding): ids beyond the row's bits are masked like any other forbidden token. The packed words, not the bits, travel to the device.
"""

from __future__ import annotations

import numpy as np
import torch

from maskwright.automata.jit import Kernels

from . import _kernels_logits

#: logits in a batch from which the kernel is worth loading: below it torch takes some tens of microseconds
KERNEL_LOGITS = 65_536


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
    """Set the logits of forbidden tokens, and those that are NaN, to minus infinity, in place.

    A row keeps at least one finite logit: where the model gives every allowed token minus infinity (or NaN), they become equally likely.

    Parameters
    ----------
    logits : float tensor [rows, width]
    words : uint32[rows, num_words]
        An empty row leaves nothing but minus infinity.

    Returns
    -------
    The same tensor.
    """
    words = np.require(words, np.uint32, ["C", "W"])              # read-only arrays are another type to numba
    alive = _masked_by_kernel(logits, words)
    if alive is None:
        logits.nan_to_num_(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf)
        logits.masked_fill_(~unpack(words, logits.shape[1], logits.device), -torch.inf)
        alive = (logits.amax(dim=1) != -torch.inf).cpu().numpy()
    if not alive.all():
        dead = np.flatnonzero(~alive)
        allowed = unpack(words[dead], logits.shape[1], logits.device)
        logits[dead] = logits[dead].masked_fill(allowed, torch.finfo(logits.dtype).min)
    return logits


def _masked_by_kernel(logits: torch.Tensor, words: np.ndarray) -> np.ndarray | None:
    """Mask on the host in one pass; None where the kernel cannot, or is not worth loading."""
    pattern = _PATTERNS.get(logits.dtype)
    if pattern is None or logits.device.type != "cpu" or logits.requires_grad or not logits.is_contiguous():
        return None
    if not LOGITS.compiled:
        if logits.numel() < KERNEL_LOGITS:
            return None
        LOGITS.prepare()
        LOGITS.expect_work()
        if not LOGITS.compiled:
            return None
    integers, infinity, forbidden = pattern
    alive = np.empty(len(words), np.bool_)
    LOGITS.mask_rows(logits.view(integers).numpy(), words, infinity, forbidden, alive)
    return alive


def _pattern(dtype: torch.dtype, integers: torch.dtype) -> tuple[torch.dtype, np.integer, np.integer]:
    values = torch.tensor([torch.inf, -torch.inf], dtype=dtype).view(integers).numpy()
    return integers, values[0], values[1]


#: dtype of logits -> integers of its width, and in these the patterns of plus and minus infinity
_PATTERNS = {
    torch.float32: _pattern(torch.float32, torch.int32),
    torch.bfloat16: _pattern(torch.bfloat16, torch.int16),
    torch.float16: _pattern(torch.float16, torch.int16),
}


def _exercise(kernels: Kernels) -> None:
    for integers, infinity, forbidden in _PATTERNS.values():
        logits = torch.zeros((1, 33), dtype=integers).numpy()
        kernels.mask_rows(logits, np.zeros((1, 2), np.uint32), infinity, forbidden, np.zeros(1, np.bool_))


#: the kernel of this module
LOGITS = Kernels((_kernels_logits,), ("mask_rows",), _exercise)
