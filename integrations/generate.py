"""`generate`, `stream`, `agenerate`, `astream`: a `Generator` for a single call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal, TypeVar, Unpack, overload

from .arguments import Batch, Options, split
from .generator import Generator
from .result import Event, Result
from .transformers_model import Chat

T = TypeVar("T")


@overload
def generate(  # type: ignore[overload-overlap]
    prompt: str | Chat, *, schema: type[T], n: Literal[1] = ..., **options: Unpack[Options]
) -> Result[T]: ...
@overload
def generate(prompt: str | Chat, *, schema: type[T], n: int, **options: Unpack[Options]) -> list[Result[T]]: ...
@overload
def generate(  # type: ignore[overload-overlap]
    prompt: Batch, *, schema: type[T], n: Literal[1] = ..., **options: Unpack[Options]
) -> list[Result[T]]: ...
@overload
def generate(prompt: Batch, *, schema: type[T], n: int, **options: Unpack[Options]) -> list[list[Result[T]]]: ...
@overload
def generate(prompt: str | Chat, *, regex: str, n: Literal[1] = ..., **options: Unpack[Options]) -> Result[str]: ...
@overload
def generate(prompt: Batch, *, regex: str, n: Literal[1] = ..., **options: Unpack[Options]) -> list[Result[str]]: ...
@overload
def generate(prompt: str | Chat, *, choice: Sequence[str], n: Literal[1] = ..., **options: Unpack[Options]) -> Result[str]: ...
@overload
def generate(prompt: Batch, *, choice: Sequence[str], n: Literal[1] = ..., **options: Unpack[Options]) -> list[Result[str]]: ...
@overload
def generate(
    prompt: Any, *, schema: Any = ..., regex: Any = ..., choice: Any = ..., n: int = ..., **options: Unpack[Options]
) -> Any: ...


def generate(prompt: Any, **options: Any) -> Any:
    """Write text that satisfies a constraint.

    Parameters
    ----------
    prompt : str, chat, or list of these
    schema, regex, choice, grammar and syntax, structural_tag, tools, json_object, constraint, constraints
        Exactly one constraint, or one per prompt; see `Generator`.
    model, tokenizer
        None is the embedded model; see `Generator`.
    max_tokens=512, temperature, top_p, top_k, min_p, seed, n=1, stop, logprobs, on_truncation="close", jump="tokens", heal=False, \
attempts=8, trace=False, sampler="masked", batch_size=16
        How to decode; see `Generator.__call__`.
    key_order, whitespace, numbers="float64", escapes="plain", formats, additional_properties, draft, registry, openapi, dialect, flags,
    start, use, limits
        Options of `maskwright.compile`.

    Returns
    -------
    Result, or a list of them
        ``.text`` is always in the language when ``.finish_reason`` is "stop" or "closed"; ``.value`` is the parsed value.

    Notes
    -----
    Every call compiles its constraint; use a `Generator` to compile once.
    """
    target, decoding = split(options)
    return Generator(**target)(prompt, **decoding)


@overload
def stream(prompt: str | Chat, *, schema: type[T], **options: Unpack[Options]) -> Iterator[Event[T]]: ...
@overload
def stream(prompt: str | Chat, *, regex: str, **options: Unpack[Options]) -> Iterator[Event[str]]: ...
@overload
def stream(prompt: str | Chat, *, choice: Sequence[str], **options: Unpack[Options]) -> Iterator[Event[str]]: ...
@overload
def stream(
    prompt: str | Chat, *, schema: Any = ..., regex: Any = ..., choice: Any = ..., **options: Unpack[Options]
) -> Iterator[Event[Any]]: ...


def stream(prompt: Any, **options: Any) -> Iterator[Event[Any]]:
    """Write text as `generate` does, and yield it as it comes; see `Generator.stream`."""
    target, decoding = split(options)
    return Generator(**target).stream(prompt, **decoding)


@overload
async def agenerate(prompt: str | Chat, *, schema: type[T], n: Literal[1] = ..., **options: Unpack[Options]) -> Result[T]: ...
@overload
async def agenerate(prompt: Batch, *, schema: type[T], n: Literal[1] = ..., **options: Unpack[Options]) -> list[Result[T]]: ...
@overload
async def agenerate(prompt: str | Chat, *, regex: str, n: Literal[1] = ..., **options: Unpack[Options]) -> Result[str]: ...
@overload
async def agenerate(prompt: Batch, *, regex: str, n: Literal[1] = ..., **options: Unpack[Options]) -> list[Result[str]]: ...
@overload
async def agenerate(prompt: str | Chat, *, choice: Sequence[str], n: Literal[1] = ..., **options: Unpack[Options]) -> Result[str]: ...
@overload
async def agenerate(prompt: Batch, *, choice: Sequence[str], n: Literal[1] = ..., **options: Unpack[Options]) -> list[Result[str]]: ...
@overload
async def agenerate(
    prompt: Any, *, schema: Any = ..., regex: Any = ..., choice: Any = ..., n: int = ..., **options: Unpack[Options]
) -> Any: ...


async def agenerate(prompt: Any, **options: Any) -> Any:
    """`generate` for asyncio: compiling and decoding run in a thread; cancelling the task ends it at the next token."""
    target, decoding = split(options)
    writer: Generator[Any] = await asyncio.to_thread(lambda: Generator(**target))
    return await writer.agenerate(prompt, **decoding)


@overload
def astream(prompt: str | Chat, *, schema: type[T], **options: Unpack[Options]) -> AsyncIterator[Event[T]]: ...
@overload
def astream(prompt: str | Chat, *, regex: str, **options: Unpack[Options]) -> AsyncIterator[Event[str]]: ...
@overload
def astream(prompt: str | Chat, *, choice: Sequence[str], **options: Unpack[Options]) -> AsyncIterator[Event[str]]: ...
@overload
def astream(
    prompt: str | Chat, *, schema: Any = ..., regex: Any = ..., choice: Any = ..., **options: Unpack[Options]
) -> AsyncIterator[Event[Any]]: ...


def astream(prompt: Any, **options: Any) -> AsyncIterator[Event[Any]]:
    """`stream` for asyncio; see `Generator.astream`. Compiling runs in a thread too, so arguments are checked with the first event."""
    return _events(prompt, *split(options))


async def _events(prompt: Any, target: dict[str, Any], decoding: dict[str, Any]) -> AsyncIterator[Event[Any]]:
    writer: Generator[Any] = await asyncio.to_thread(lambda: Generator(**target))
    async for event in writer.astream(prompt, **decoding):  # type: ignore[misc]
        yield event


__all__ = ["Event", "Generator", "Result", "agenerate", "astream", "generate", "stream"]
