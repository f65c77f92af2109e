"""Masks on tensors, and the law of choosing a token, each against the obvious version."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from maskwright.integrations.masks import LOGITS, _on_device, apply_mask, unpack
from maskwright.integrations.sampling import Sampling

CPU = torch.device("cpu")


def pack(bits):
    return np.packbits(bits, axis=1, bitorder="little").view("<u4")


@pytest.mark.parametrize("width", [60, 64, 70])
def test_unpacking_gives_the_bits_and_nothing_past_them(width):
    bits = np.random.default_rng(0).random((5, 64)) < 0.3
    have = unpack(pack(bits), width, CPU).numpy()
    want = np.zeros((5, width), bool)
    want[:, :64] = bits[:, :width]
    assert np.array_equal(have, want)


def test_the_way_for_devices_gives_the_same_bits():
    words = np.random.default_rng(1).integers(0, 2**32, (7, 9), np.uint32)
    assert torch.equal(_on_device(words, CPU), unpack(words, 9 * 32, CPU))


def test_a_mask_is_applied_in_place_and_leaves_allowed_logits_alone():
    bits = np.random.default_rng(2).random((3, 32)) < 0.5
    logits = torch.randn(3, 40)
    before = logits.clone()
    assert apply_mask(logits, pack(bits)) is logits
    for row in range(3):
        for token in range(40):
            allowed = token < 32 and bits[row, token]
            assert logits[row, token] == (before[row, token] if allowed else -torch.inf)


def obvious(logits, bits):
    """Mask by definition, one logit at a time, in float64."""
    lowest = torch.finfo(logits.dtype).min
    have = logits.double().numpy()
    want = np.full(have.shape, -np.inf)
    for r, row in enumerate(have):
        tokens = [t for t in range(min(len(row), bits.shape[1])) if bits[r, t]]
        fine = [t for t in tokens if row[t] > -np.inf]                 # False for NaN
        for t in fine or tokens:
            want[r, t] = row[t] if fine else lowest
    return want


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("width", [57, 64, 96, 101])
@pytest.mark.parametrize("kernel", [True, False])
def test_masking_is_the_obvious_one_in_every_precision_and_on_both_ways(dtype, width, kernel, monkeypatch):
    if kernel:
        LOGITS.compile()
    monkeypatch.setattr(LOGITS, "compiled", kernel)
    rng = np.random.default_rng(width)
    bits = rng.random((6, 96)) < [[0.0], [0.02], [0.5], [0.98], [1.0], [0.1]]
    bits[0, 40] = True                                                  # no row may be empty
    logits = torch.from_numpy(rng.normal(size=(6, width))).to(dtype)
    for value in (torch.nan, torch.inf, -torch.inf):
        logits[torch.from_numpy(rng.random((6, width)) < 0.1)] = value
    logits[5] = torch.nan
    logits[5, ::2] = -torch.inf
    want = obvious(logits, bits[:, :width] if width < 96 else bits)
    assert np.array_equal(apply_mask(logits, pack(bits)).double().numpy(), want)


def warped(logits, temperature, top_k=None, top_p=None, min_p=None):
    """The distribution by its definition, one token at a time."""
    p = np.exp(logits / temperature - np.max(logits / temperature))
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    if top_k is not None:
        p[order[top_k:]] = 0
        p /= p.sum()
    if top_p is not None:
        mass = 0.0
        for token in order:
            if mass >= top_p:
                p[token] = 0
            mass += p[token]
        p /= p.sum()
    if min_p is not None:
        p[p < min_p * p.max()] = 0
        p /= p.sum()
    return p


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0.7},
        {"temperature": 1.3, "top_k": 4},
        {"temperature": 1.0, "top_p": 0.6},
        {"temperature": 2.0, "min_p": 0.2},
        {"temperature": 1.5, "top_k": 6, "top_p": 0.8, "min_p": 0.1},
    ],
    ids=str,
)
def test_draws_follow_the_law(options):
    """4,000 draws against the definition (chi-square, 99.9 % of up to 9 degrees of freedom)."""
    logits = np.array([0.3, 2.0, -1.0, 1.2, 0.0, -np.inf, 1.9, -0.5, 0.9, 0.1])
    want = warped(logits, **options)
    sampling = Sampling(**options, seed=11)
    stream = sampling.stream(0)
    rows = torch.tensor(np.tile(logits, (4000, 1)), dtype=torch.float32)
    have = np.bincount(sampling.choose(rows, [stream] * 4000), minlength=10)
    possible = want > 0
    assert have[~possible].sum() == 0
    assert ((have[possible] - 4000 * want[possible]) ** 2 / (4000 * want[possible])).sum() < 27.9


@pytest.mark.parametrize("temperature", [1e-6, 1e-30, 1e6])
def test_extreme_temperatures_neither_overflow_nor_leave_the_mask(temperature):
    sampling = Sampling(temperature=temperature, seed=0)
    logits = torch.full((1, 50), -torch.inf)
    logits[0, [3, 7]] = torch.tensor([torch.finfo(torch.float32).min, 5.0])
    assert sampling.choose(logits, [sampling.stream(0)])[0] in (3, 7)


def test_streams_depend_on_seed_and_sample_only():
    draws = {(seed, k): torch.rand(3, generator=Sampling(seed=seed).stream(k)).tolist() for seed in (0, 1) for k in (0, 1)}
    assert len({tuple(values) for values in draws.values()}) == 4
    assert draws[0, 1] == torch.rand(3, generator=Sampling(seed=0).stream(1)).tolist()
    assert Sampling(temperature=1.0).stream(0).initial_seed() != Sampling(temperature=1.0).stream(0).initial_seed()
    assert Sampling(temperature=0.0).stream(0).initial_seed() == Sampling(temperature=0.0).stream(0).initial_seed()
