"""The seam between `generate` and samplers: what a sampler is given, and what it gives back.

``sampler="masked"`` is the decoding loop of this layer. Any other name is looked up in `RUNS`; a function is called as it is. It gets one
`Request` per prompt and returns the texts it wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from maskwright.errors import OptionError

from .result import FinishReason
from .sampling import Sampling
from .transformers_model import TransformersModel


class Request(NamedTuple):
    """One prompt for a sampler.

    Attributes
    ----------
    model : TransformersModel
    constraint : Constraint
    prompt : tuple of int
        Token ids.
    n : int
        Texts wanted.
    max_tokens : int
        Budget of each.
    sampling : Sampling
        Temperature, cuts and seed.
    closing : bool
        Whether texts have to be complete within the budget.
    """

    model: TransformersModel
    constraint: Any
    prompt: tuple[int, ...]
    n: int
    max_tokens: int
    sampling: Sampling
    closing: bool


class Written(NamedTuple):
    """One text of a sampler: its tokens without the end, why it ended, and the log of its importance weight."""

    tokens: tuple[int, ...]
    finish_reason: FinishReason
    weight: float | None = None


Run = Callable[[Request], Sequence[Written]]

#: name of a sampler -> the function that runs it
RUNS: dict[str, Run] = {}


def run_of(sampler: str | Run) -> Run | None:
    """Return the function of a sampler; None for the masked one.

    Raises
    ------
    OptionError
        If there is no sampler of this name.
    """
    if not isinstance(sampler, str):
        return sampler
    if sampler == "masked":
        return None
    if sampler not in RUNS:
        raise OptionError("sampler", sampler, " or ".join(f'"{name}"' for name in ("masked", *RUNS)) + ", or a function")
    return RUNS[sampler]
