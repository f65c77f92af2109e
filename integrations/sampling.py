"""Choosing one token per row from masked logits.

The law of a step: temperature, then top-k, then top-p, then min-p act on the *masked* logits, and the token is the inverse distribution
function at one uniform number. Each row owns a random stream, seeded by (seed, number of the sample), and draws exactly one number per
token: a row's choices depend neither on the rows beside it nor on the device. Temperature 0 is the argmax.

Refused: ``torch.multinomial`` over the batch, whose draws depend on the batch's shape and the device, and torch's global generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

from maskwright.errors import OptionError


def is_int(value: Any, least: int) -> bool:
    """Tell whether ``value`` is an integer (numpy's too, no boolean) of at least ``least``."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_number(value: Any, low: float, high: float = math.inf) -> bool:
    """Tell whether ``value`` is a finite number in [low, high]."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value) and low <= float(value) <= high


@dataclass(frozen=True)
class Sampling:
    """How a token is drawn. Raises `OptionError` for values out of range."""

    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if not is_number(self.temperature, 0):
            raise OptionError("temperature", self.temperature, "a number of at least 0 (0 is greedy)")
        if self.top_p is not None and not (is_number(self.top_p, 0, 1) and self.top_p > 0):
            raise OptionError("top_p", self.top_p, "a number in (0, 1], or None")
        if self.top_k is not None and not is_int(self.top_k, 1):
            raise OptionError("top_k", self.top_k, "an integer of at least 1, or None")
        if self.min_p is not None and not is_number(self.min_p, 0, 1):
            raise OptionError("min_p", self.min_p, "a number in [0, 1], or None")
        if self.seed is not None and not is_int(self.seed, 0):
            raise OptionError("seed", self.seed, "an integer of at least 0, or None")

    @property
    def again(self) -> Sampling:
        """How a refused text is drawn anew: greedy choices would only lead to its neighbours."""
        return self if self.temperature > 0 else replace(self, temperature=1.0)

    def stream(self, sample: int) -> torch.Generator:
        """Return the random stream of sample number ``sample`` of a prompt; at temperature 0, that of seed 0 where there is no seed."""
        generator = torch.Generator()
        if self.seed is None and self.temperature == 0:
            generator.manual_seed(sample)
        elif self.seed is None:
            generator.seed()
        else:
            words = np.random.SeedSequence([self.seed, sample]).generate_state(1, np.uint64)
            generator.manual_seed(int(words[0] >> np.uint64(1)))
        return generator

    def choose(self, logits: torch.Tensor, streams: Sequence[torch.Generator | None]) -> list[int]:
        """Choose a token per row.

        Parameters
        ----------
        logits : float tensor [rows, width]
            Masked; every row has a finite entry. Overwritten.
        streams : sequence of torch.Generator
            One per row, on the CPU; None only at temperature 0.
        """
        if self.temperature == 0:
            return logits.argmax(dim=-1).tolist()
        # shift before dividing: a tiny temperature must not overflow
        logits.sub_(logits.amax(dim=-1, keepdim=True)).div_(self.temperature)
        self._warp(logits)
        mass = torch.softmax(logits, dim=-1).double().cumsum(dim=-1)
        draws = torch.cat([torch.rand(1, dtype=torch.float64, generator=stream) for stream in streams]).to(logits.device)
        goal = (draws.unsqueeze(1) * mass[:, -1:]).clamp_(max=torch.nextafter(mass[:, -1:], torch.zeros_like(mass[:, -1:])))
        return torch.searchsorted(mass, goal, right=True).squeeze(1).tolist()

    def _warp(self, logits: torch.Tensor) -> None:
        """Cut the tails, in place."""
        if self.top_k is not None and self.top_k < logits.shape[-1]:
            least = logits.topk(self.top_k, dim=-1).values[:, -1:]
            logits.masked_fill_(logits < least, -torch.inf)
        if self.top_p is not None and self.top_p < 1:
            ranked, order = logits.sort(dim=-1, descending=True)
            mass = torch.softmax(ranked, dim=-1).cumsum(dim=-1)
            cut = (mass - torch.softmax(ranked, dim=-1)) >= self.top_p
            cut[:, 0] = False
            logits.masked_fill_(torch.zeros_like(cut).scatter_(1, order, cut), -torch.inf)
        if self.min_p is not None:
            # in logits: p >= min_p * p_max
            least = logits.amax(dim=-1, keepdim=True) + (math.log(self.min_p) if self.min_p > 0 else -math.inf)
            logits.masked_fill_(logits < least, -torch.inf)
