"""What a generation returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from maskwright.errors import ValueRejected

from .trace import Trace

if TYPE_CHECKING:
    from .sampler_runs import SamplingReport

T = TypeVar("T")

#: ``stop`` the model ended the text, or nothing but the end was possible; ``closed`` the budget steered (or met) the end and the text is
#: complete; ``length`` the budget cut an incomplete text; ``dead_end`` no token was allowed; ``limit`` a limit of the engine ran out
FinishReason = Literal["stop", "closed", "length", "dead_end", "limit"]
COMPLETE = frozenset({"stop", "closed"})


class Usage(NamedTuple):
    """Tokens read and written; the end token is not counted.

    Attributes
    ----------
    prompt_tokens : int
    completion_tokens : int
    forced_tokens : int
        Of the completion, those that needed no forward pass of their own, being the only ones allowed.
    """

    prompt_tokens: int
    completion_tokens: int
    forced_tokens: int = 0


class TokenLogprob(NamedTuple):
    """Natural log-probabilities of one generated token, at temperature 1.

    Attributes
    ----------
    token_id : int
    token : bytes
    logprob : float
        Under the model alone, before the mask.
    masked_logprob : float
        Under the model restricted to the allowed tokens and renormalised. ``logprob - masked_logprob`` is the log of the mass that the
        mask let through. Both are always finite numbers.
    top : tuple of (int, float)
        The model's most likely tokens before the mask, as asked for with ``logprobs=k``.
    """

    token_id: int
    token: bytes
    logprob: float
    masked_logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Result(Generic[T]):
    """One finished generation.

    Attributes
    ----------
    text : str
        The bytes of `token_ids` as text, nothing stripped, but for what a stop string cut off (or boundary healing repeated).
    finish_reason : str
        See `FinishReason`.
    token_ids : tuple of int
        Generated tokens, without the end token.
    usage : Usage
    logprobs : tuple of TokenLogprob, or None
        One per generated token, when asked for.
    reasoning : str or None
        What a thinking section before the answer says.
    tool_calls : tuple
        Calls the text makes, where it was written under ``tools=``.
    captures : mapping
        Named parts of the text, where the constraint names some.
    trace : Trace or None
        What happened step by step, when asked for with ``trace=True``.
    weight : float or None
        Log of the importance weight, where a sampler gives one.
    sampling : SamplingReport or None
        What the sampler says about the texts of this prompt: law, log-evidence, ESS, model calls, checks.
    """

    text: str
    finish_reason: FinishReason
    token_ids: tuple[int, ...]
    usage: Usage
    logprobs: tuple[TokenLogprob, ...] | None = None
    _value: T | None = field(default=None, repr=False)
    _rejected: ValueRejected | None = field(default=None, repr=False)
    reasoning: str | None = None
    tool_calls: tuple[Any, ...] = ()
    captures: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = field(default=None, repr=False, compare=False)
    weight: float | None = None
    sampling: SamplingReport | None = field(default=None, repr=False, compare=False)

    @property
    def complete(self) -> bool:
        """Whether the text is a whole sentence of the constraint."""
        return self.finish_reason in COMPLETE

    @property
    def value(self) -> T | None:
        """The text as a value: parsed JSON, an instance of the Python type, or the text itself; None if it is not complete.

        Raises
        ------
        ValueRejected
            If a validator of the Python type refuses the complete text.
        """
        if self._rejected is not None:
            raise self._rejected
        return self._value

    def __repr__(self) -> str:
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        return f"Result({shown!r}, {self.finish_reason}, {self.usage.completion_tokens} tokens)"

    def __rich_repr__(self) -> Iterator[Any]:
        yield "text", self.text
        yield "value", self._value if self._rejected is None else self._rejected
        yield "finish_reason", self.finish_reason
        yield "usage", self.usage
        for name in ("reasoning", "tool_calls", "captures", "weight"):
            if getattr(self, name) not in (None, (), {}):
                yield name, getattr(self, name)


@dataclass(frozen=True)
class Event(Generic[T]):
    """One step of a stream.

    Attributes
    ----------
    delta : str
        Text added since the last event (whole characters only).
    text : str
        All text so far.
    partial : object or None
        What can be read of the value so far: of JSON its data, of a Python type an instance that has the fields read so far (unset ones
        are missing), of anything else the text.
    result : Result or None
        Set on the last event only.
    """

    delta: str
    text: str
    partial: Any = None
    result: Result[T] | None = None
