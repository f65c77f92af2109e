"""What happened while a text was written: one `Step` per token, and where the time went.

A trace is asked for (``trace=True``), since it reads every step's distribution from the device. Timings are those of the whole batch a text
was written in: the masks of its rows, the forward pass, the draw. The page of a trace is in `trace_page`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Step(NamedTuple):
    """One token of a text.

    Attributes
    ----------
    index : int
        Place among the generated tokens.
    token_id : int
    token : str
        Its bytes as text; bytes that are no text are escaped.
    allowed : int
        Tokens the mask allowed, ends included.
    mass : float or None
        Probability that the model gave to the allowed tokens together, at temperature 1; 1 minus this is what the mask removed.
    forced : bool
        Whether it was the only token allowed, or part of a span of forced bytes: no draw, no forward pass of its own.
    steered : bool
        Whether the budget narrowed the choice.
    state : int
        State of the constraint before the token.
    refused : tuple of (str, float)
        The likeliest tokens that the mask forbade, with their probabilities.
    """

    index: int  # type: ignore[assignment]  # a place, where tuples have a method
    token_id: int
    token: str
    allowed: int
    mass: float | None
    forced: bool
    steered: bool
    state: int
    refused: tuple[tuple[str, float], ...] = ()


@dataclass
class Clock:
    """Seconds of one batch, by what they were spent on.

    Attributes
    ----------
    mask : float
        Masks and states of the constraints.
    forward : float
        The model. On an accelerator its work overlaps the masks; what is left here is launching it.
    sample : float
        Masking logits and drawing; on an accelerator this includes waiting for the forward pass.
    total : float
        From the first mask to the last token.
    passes : int
        Forward passes, the one over the prompt included.
    steps : int
        Rounds of drawing.
    """

    mask: float = 0.0
    forward: float = 0.0
    sample: float = 0.0
    total: float = 0.0
    passes: int = 0
    steps: int = 0

    @contextmanager
    def spent_on(self, what: str) -> Iterator[None]:
        """Add the time of the body to one of the sums."""
        started = time.perf_counter()
        try:
            yield
        finally:
            setattr(self, what, getattr(self, what) + time.perf_counter() - started)

    @property
    def mask_share(self) -> float:
        """Share of the time that went into masks."""
        return self.mask / self.total if self.total else 0.0


@dataclass(frozen=True)
class Trace:
    """The steps of one text and the clock of its batch.

    Attributes
    ----------
    steps : tuple of Step
    clock : Clock
    """

    steps: tuple[Step, ...] = ()
    clock: Clock = field(default_factory=Clock)

    @property
    def forced(self) -> int:
        """Tokens that were forced."""
        return sum(step.forced for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {"steps": [step._asdict() for step in self.steps], "clock": asdict(self.clock)}

    def to_html(self, title: str = "maskwright trace") -> str:
        """Return a page that needs nothing beside it: no scripts or styles from elsewhere."""
        from .trace_page import render

        return render(title, [step._asdict() for step in self.steps], asdict(self.clock))

    def __repr__(self) -> str:
        return f"Trace({len(self.steps)} steps, {self.forced} forced, {self.clock.mask_share:.1%} of the time in masks)"
