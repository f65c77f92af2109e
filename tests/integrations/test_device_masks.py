"""Masks on a device, on the CPU: torch's way and Triton's program (interpreted) against the masks of the host."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from maskwright.automata.masks import MaskPool
from maskwright.automata.rows import RowTable
from maskwright.integrations.device_masks import DeviceMasks
from maskwright.integrations.masks import apply_mask

CPU = torch.device("cpu")
DTYPES = (torch.float32, torch.bfloat16, torch.float16)


def check(device_masks, widths=(60, 96, 101), dtypes=DTYPES):
    """Compare with `apply_mask` while the table grows and is succeeded by another."""
    rng = np.random.default_rng(0)
    for capacity in (5, 40):
        pool, table = MaskPool(3), RowTable(3, capacity)
        bits = rng.random((capacity, 96)) < rng.choice([0.02, 0.5, 0.98], (capacity, 1))
        bits[:, 40] = True
        words = np.packbits(bits, axis=1, bitorder="little").view(np.uint32)
        for known in (1, 3, capacity):
            slots = np.array([table.slot(pool.intern(row.copy())) for row in words[:known]], np.int32)
            for width in widths:
                for dtype in dtypes:
                    chosen = rng.integers(0, known, 4)
                    logits = torch.from_numpy(rng.normal(size=(4, width))).to(dtype)
                    logits[1, rng.random(width) < 0.3] = torch.nan
                    logits[2, rng.random(width) < 0.3] = -torch.inf
                    logits[3] = -torch.inf
                    want = apply_mask(logits.clone(), words[chosen])
                    assert torch.equal(device_masks.apply(logits, table, slots[chosen]), want)


def test_torch_masks_as_the_host_does():
    masks = DeviceMasks(CPU)
    masks._program = None
    check(masks)
    assert masks.nbytes >= 30 * 3 * 4


def test_a_compiler_that_fails_is_replaced_by_torch(caplog):
    masks = DeviceMasks(CPU)
    masks._program = {}                                                 # any use of it fails
    check(masks)
    assert masks._program is None
    assert caplog.text.count("torch does") == 1


def test_the_triton_program_masks_as_the_host_does():
    pytest.importorskip("triton", reason="triton is not installed")
    code = "import test_device_masks as t; m = t.DeviceMasks(t.CPU); t.check(m, (96, 101), t.DTYPES[:1]); assert m._program is not None"
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": os.path.dirname(__file__)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_processor_keeps_its_masks_on_the_device(monkeypatch):
    import maskwright as mw
    from maskwright.integrations import transformers_plugin

    tokens = [bytes([b]) for b in b'[]"ab,']
    vocab = mw.Vocabulary.from_bytes([*tokens, b"</s>"], eos_ids=[len(tokens)])
    one, two = mw.compile(vocab, schema={"type": "array", "items": {"enum": ["a", "b"]}}), mw.compile(vocab, choice=["a", "ab"])
    ids, text = torch.zeros((2, 1), dtype=torch.long), [(0, 3), (2, 4), (3, 6)]
    scores = [torch.randn(2, 9) for _ in range(4)]
    found = []
    for on_device in (False, True):
        monkeypatch.setattr(transformers_plugin, "HOST", "no device" if on_device else "cpu")
        processor = transformers_plugin.MaskwrightLogitsProcessor([one, two], prompt_length=1)
        rows, steps = ids, []
        for k in range(4):
            steps.append(processor(rows, scores[k]))
            rows = torch.cat([rows, torch.tensor(text[k])[:, None]], dim=1) if k < 3 else rows
        found.append(torch.stack(steps))
        assert bool(processor._devices) == on_device
    assert torch.equal(*found)
