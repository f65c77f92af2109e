"""The arguments of `generate` and its siblings: their names and types, and their checks.

They fall in two halves: what is written, and with which model (`Target`, taken by `Generator`), and how it is written (`Decoding`, taken
by a call). What `Target` does not know goes to `maskwright.compile`, which refuses what it does not know either.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from maskwright.errors import OptionError

from .decoding import Jump
from .sampling import Sampling, is_int
from .transformers_model import Chat

Truncation = Literal["close", "raise", "return"]
#: a list of prompts, as type checkers tell it from a chat
Batch = list[str] | tuple[str, ...] | list[list[dict[str, Any]]]


class Target(TypedDict, total=False):
    """Keyword arguments that say what is written, and with which model; see `Generator`. (``schema``, ``regex``, ``choice`` are apart.)"""

    grammar: Any
    syntax: str
    start: str | None
    use: Any
    lexing: str
    loader: Any
    structural_tag: Any
    tools: Any
    tool_choice: Any
    parallel_tool_calls: bool
    tool_format: Any
    open_terminals: Any
    json_object: bool
    constraint: Any
    constraints: Any
    thinking: Any
    model: Any
    tokenizer: Any
    schema_in_prompt: bool
    key_order: str
    whitespace: Any
    numbers: str
    formats: str
    escapes: str
    additional_properties: str
    draft: Any
    registry: Any
    openapi: Any
    dialect: str
    flags: Any
    limits: Any


class Decoding(TypedDict, total=False):
    """Keyword arguments that say how it is written; see `Generator.__call__`."""

    max_tokens: int
    temperature: float
    top_p: float | None
    top_k: int | None
    min_p: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    logprobs: int | None
    on_truncation: Truncation
    jump: Jump
    heal: bool
    attempts: int
    trace: bool
    sampler: Any
    batch_size: int


class Options(Target, Decoding, total=False):
    """All keyword arguments of `generate` but ``schema``, ``regex``, ``choice`` and ``n``."""


#: names of the arguments of a call
DECODING = frozenset(Decoding.__annotations__) | {"n"}


def split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide keyword arguments into those of `Generator` and those of a call."""
    return {k: v for k, v in options.items() if k not in DECODING}, {k: v for k, v in options.items() if k in DECODING}


def check_names(given: Mapping[str, Any], known: Collection[str], suggested: Collection[str]) -> None:
    """Refuse arguments that are not ``known``, with the closest of the ``suggested`` names.

    Raises
    ------
    OptionError
    """
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, suggested, 1)
            raise OptionError(name, given[name], "nothing: there is no such argument" + (f"; did you mean {close[0]!r}?" if close else ""))


def plan_of(options: Mapping[str, Any]) -> Plan:
    """Check the arguments of a call."""
    for name in options:
        if name in Target.__annotations__ or name in ("schema", "regex", "choice"):
            raise OptionError(name, options[name], "nothing: what is written belongs to Generator(...), not to a call of one")
    check_names(options, DECODING, DECODING)
    return Plan(**options)


#: defaults of `Plan`
ATTEMPTS, BATCH_SIZE = 8, 16


class Plan:
    """The checked arguments of one call; see `Generator.__call__`."""

    def __init__(
        self,
        *,
        max_tokens: int = 512,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        min_p: float | None = None,
        seed: int | None = None,
        n: int = 1,
        stop: str | Sequence[str] | None = None,
        logprobs: int | None = None,
        on_truncation: Truncation = "close",
        jump: Jump = "tokens",
        heal: bool = False,
        attempts: int = ATTEMPTS,
        trace: bool = False,
        sampler: str | Callable[..., Any] = "masked",
        batch_size: int = BATCH_SIZE,
    ):
        for name, value, least in (("max_tokens", max_tokens, 1), ("n", n, 1), ("attempts", attempts, 1), ("batch_size", batch_size, 1)):
            if not is_int(value, least):
                raise OptionError(name, value, f"an integer of at least {least}")
        if logprobs is not None and not is_int(logprobs, 0):
            raise OptionError("logprobs", logprobs, "an integer of at least 0, or None")
        if on_truncation not in ("close", "raise", "return"):
            raise OptionError("on_truncation", on_truncation, '"close", "raise" or "return"')
        if jump not in ("tokens", "bytes", "off"):
            raise OptionError("jump", jump, '"tokens", "bytes" or "off"')
        for name, value in (("heal", heal), ("trace", trace)):
            if not isinstance(value, bool):
                raise OptionError(name, value, "True or False")
        if stop is not None and not isinstance(stop, Iterable):
            raise OptionError("stop", stop, "a text, or a list of texts, none of them empty")
        stops = [stop] if isinstance(stop, str) else list(stop or ())
        if not all(isinstance(one, str) and one for one in stops):
            raise OptionError("stop", stop, "a text, or a list of texts, none of them empty")
        if not isinstance(sampler, str) and not callable(sampler):
            raise OptionError("sampler", sampler, "the name of a sampler, or a function; see maskwright.integrations.sampler_runs")
        if temperature is None:                                 # greedy; a sampler's target is a distribution, so there the model's own
            temperature = 0.0 if sampler == "masked" else 1.0
        self.sampling = Sampling(temperature, top_p, top_k, min_p, seed)
        self.max_tokens, self.n, self.on_truncation = int(max_tokens), int(n), on_truncation
        self.logprobs = None if logprobs is None else int(logprobs)
        self.stops = tuple(one.encode("utf-8", "surrogatepass") for one in stops)
        self.jump, self.heal, self.attempts, self.trace, self.sampler = jump, heal, int(attempts), trace, sampler
        self.batch_size = int(batch_size)
        self.decodes_specially = (attempts, batch_size) != (ATTEMPTS, BATCH_SIZE)
        #: set by another thread to stop a call between two tokens
        self.cancelled = False


def batch_of(prompt: Any) -> tuple[list[str | Chat], bool]:
    """Return the list of prompts, and whether a single one was meant."""
    if isinstance(prompt, str):
        return [prompt], True
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes):
        if prompt and all(isinstance(message, Mapping) for message in prompt):
            return [prompt], True
        if all(isinstance(one, str) or (isinstance(one, Sequence) and one and all(isinstance(m, Mapping) for m in one)) for one in prompt):
            return list(prompt), False
    raise OptionError("prompt", prompt, "a string, a chat (list of messages), or a list of these")
