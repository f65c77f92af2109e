"""The Triton program behind `device_masks`; importing it needs Triton."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def mask_block(logits, rows, slots, chosen, width, num_words, stride, lowest, HOPELESS: tl.constexpr, BLOCK: tl.constexpr):
    """Mask one block of one row of ``logits`` by the words of its slot.

    Without ``HOPELESS`` what is forbidden or NaN becomes minus infinity; with it, in rows that are ``chosen``, what is allowed becomes
    ``lowest``.
    """
    row = tl.program_id(0)
    place = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = place < width
    wanted = tl.load(chosen + row + place * 0) != 0
    slot = tl.load(slots + row).to(tl.int64)
    word = tl.load(rows + slot * num_words + place // 32, mask=inside & (place // 32 < num_words), other=0)
    allowed = ((word >> (place % 32)) & 1) != 0
    at = logits + row.to(tl.int64) * stride + place
    if HOPELESS:
        tl.store(at, lowest, mask=inside & allowed & wanted)
    else:
        value = tl.load(at, mask=inside, other=0.0)
        tl.store(at, tl.where(allowed & (value == value), value, float("-inf")), mask=inside)
