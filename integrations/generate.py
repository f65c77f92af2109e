"""`generate`, `stream` and `Generator`: prompt and constraint in, typed result out.

A `Generator` holds what is built once: the loaded model, the compiled constraint, and how finished text becomes a value. Calling it
decodes. `generate` and `stream` make one for a single call. Text is exactly the bytes of the generated tokens; the prompt is never
changed, except that the embedded model reads it in the layout it was trained on.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, Literal, TypedDict, TypeVar, Unpack, overload

import numpy as np

import maskwright
from maskwright.errors import BudgetError, ContextLengthError, MaskwrightError, OptionError, TruncatedOutput, ValueRejected
from maskwright.grammar.types import TypeForm, is_type

from .decoding import Row, decode
from .result import COMPLETE, Event, Result, Usage
from .sampling import Sampling, is_int
from .transformers_model import Chat, TransformersModel, load

T = TypeVar("T")
Truncation = Literal["close", "raise", "return"]

#: arguments that name a constraint; exactly one is given
KINDS = ("schema", "regex", "choice", "grammar", "json_object", "constraint")

class Target(TypedDict, total=False):
    """Keyword arguments that say what is written, and with which model; see `Generator`."""

    regex: str
    choice: Sequence[str]
    grammar: Any
    syntax: str
    start: str | None
    use: Any
    lexing: str
    loader: Any
    json_object: bool
    constraint: Any
    model: Any
    tokenizer: Any
    key_order: str
    whitespace: Any
    numbers: str
    formats: str
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
    logprobs: int | None
    on_truncation: Truncation
    batch_size: int


class Options(Target, Decoding, total=False):
    """All keyword arguments of `generate` but ``schema`` and ``n``."""


class Generator(Generic[T]):
    """A model and a compiled constraint: compile once, call many times.

    Parameters
    ----------
    schema : Python type, dict, bool or str
        A JSON Schema, or a Python type that is turned into one (pydantic model, dataclass, TypedDict, Enum, Literal, Union, function ...).
    regex : str
        A pattern that the whole text matches.
    choice : sequence of str
        The text is one of these.
    grammar : str
        A context-free grammar in the language named by ``syntax`` ("lark", "gbnf" or "ebnf").
    json_object : bool
        Any JSON object.
    constraint : Constraint
        One compiled before, on this model's vocabulary.
    model : transformers model, path or None
        None is the embedded model.
    tokenizer : transformers tokenizer, path or None
        None takes the one beside the model.
    limits, **options
        As in `maskwright.compile`; for JSON, ``numbers`` is "float64" here.

    Raises
    ------
    OptionError
        If there is not exactly one constraint, or an option does not fit it.
    ConstraintError
        If the constraint itself is at fault.
    TokenizerError
        If model and tokenizer do not fit.
    """

    @overload
    def __init__(self: Generator[T], *, schema: type[T], **options: Unpack[Target]) -> None: ...
    @overload
    def __init__(self: Generator[Any], *, schema: Any = ..., **options: Unpack[Target]) -> None: ...

    def __init__(
        self,
        *,
        schema: Any = None,
        regex: str | None = None,
        choice: Sequence[str] | None = None,
        grammar: str | None = None,
        syntax: str | None = None,
        json_object: bool = False,
        constraint: Any = None,
        model: Any = None,
        tokenizer: Any = None,
        limits: Any = None,
        **options: Any,
    ):
        kinds = dict(zip(KINDS, (schema, regex, choice, grammar, json_object or None, constraint)))
        given = [kind for kind in KINDS if kinds[kind] is not None]
        if len(given) != 1:
            raise OptionError("constraint", given, f"exactly one of {', '.join(KINDS)}")
        kind = given[0]
        if isinstance(choice, str):
            raise OptionError("choice", choice, "a list of texts")
        self._form: TypeForm[T] | None = TypeForm(schema) if kind == "schema" and is_type(schema) else None
        if (syntax is not None) != (kind == "grammar"):
            raise OptionError("syntax", syntax, 'one of "lark", "gbnf", "ebnf" beside grammar=, and nothing otherwise')
        if kind == "constraint" and (options or limits is not None):
            raise OptionError("constraint", constraint, f"no {min(options, default='limits')} beside it: it is compiled already")
        self.model: TransformersModel = load(model, tokenizer)
        self.schema: Any = schema if self._form is None else self._form.schema
        if kind == "constraint":
            if not _same_tokens(constraint.vocab, self.model.vocabulary):
                raise OptionError("constraint", constraint, "a constraint compiled on this model's vocabulary")
            self.constraint: Any = constraint
        else:
            if kind in ("schema", "json_object"):
                options.setdefault("numbers", "float64")
            source = {kind: self.schema if kind == "schema" else kinds[kind], "syntax": syntax, "limits": limits}
            self.constraint = maskwright.compile(self.model.vocabulary, **source, **options)
        self._json = self.constraint.kind in ("schema", "json_object")
        self._asked = {kind: self.schema if kind == "schema" else kinds[kind]}

    @overload
    def __call__(self, prompt: str, **options: Unpack[Decoding]) -> Result[T]: ...
    @overload
    def __call__(self, prompt: list[str], **options: Unpack[Decoding]) -> list[Result[T]]: ...
    @overload
    def __call__(self, prompt: Any, *, n: int = ..., **options: Unpack[Decoding]) -> Any: ...

    def __call__(
        self,
        prompt: Any,
        *,
        max_tokens: int = 512,
        temperature: float = 0.0,
        top_p: float | None = None,
        top_k: int | None = None,
        min_p: float | None = None,
        seed: int | None = None,
        n: int = 1,
        logprobs: int | None = None,
        on_truncation: Truncation = "close",
        batch_size: int = 16,
    ) -> Any:
        """Write text.

        Parameters
        ----------
        prompt : str, chat, or list of these
            A chat is a list of dicts with ``role`` and ``content``, and goes through the tokenizer's template.
        max_tokens : int
            Budget of one text; what is left of the model's window, if that is less.
        temperature, top_p, top_k, min_p, seed
            See `Sampling`. The same seed gives the same text, alone or in a batch.
        n : int
            Texts per prompt.
        logprobs : int, optional
            Record log-probabilities, with this many alternatives (0: the chosen token only).
        on_truncation : "close", "raise" or "return"
            At the end of the budget: finish the text in time, raise `TruncatedOutput`, or return the cut text.
        batch_size : int
            Most texts decoded together.

        Returns
        -------
        Result, or a list of them
            A list for a list of prompts; for ``n > 1`` a list of n, or a list of such lists.

        Raises
        ------
        BudgetError
            Before decoding, if the shortest answer does not fit ``max_tokens`` (not with ``on_truncation="return"``).
        ContextLengthError
            Before decoding, if a prompt (and the shortest answer) does not fit the model's window.
        TruncatedOutput
            With ``on_truncation="raise"``.
        """
        plan = _Plan(Sampling(temperature, top_p, top_k, min_p, seed), max_tokens, n, logprobs, on_truncation)
        if not is_int(batch_size, 1):
            raise OptionError("batch_size", batch_size, "an integer of at least 1")
        prompts, single = _batch(prompt)
        encoded = [self._encode(one) for one in prompts]
        budgets = [self._budget(len(ids), plan) for ids in encoded]
        size = max(1, batch_size // n)
        results: list[list[Result[T]]] = []
        for first in range(0, len(encoded), size):
            batch = encoded[first : first + size]
            rows = [self._row(budget, plan, sample) for budget in budgets[first : first + size] for sample in range(n)]
            for _ in decode(self.model, batch, rows, plan.sampling):
                pass
            done = [self._result(row, len(batch[r // n]), plan) for r, row in enumerate(rows)]
            results += [done[r : r + n] for r in range(0, len(done), n)]
        shaped: list[Any] = [texts[0] if n == 1 else texts for texts in results]
        return shaped[0] if single else shaped

    def stream(self, prompt: Any, **options: Unpack[Decoding]) -> Iterator[Event[T]]:
        """Write one text and yield an `Event` whenever characters were added; the last one carries the `Result`.

        Takes the arguments of a call, but for ``n`` and ``batch_size``. Arguments are checked before the first event.
        """
        max_tokens, logprobs = options.pop("max_tokens", 512), options.pop("logprobs", None)
        truncation = options.pop("on_truncation", "close")
        plan = _Plan(Sampling(**options), max_tokens, 1, logprobs, truncation)  # type: ignore[misc]
        prompts, single = _batch(prompt)
        if not single:
            raise OptionError("prompt", prompt, "one prompt: a stream writes one text")
        ids = self._encode(prompts[0])
        return self._events(ids, self._row(self._budget(len(ids), plan), plan, 0), plan)

    def _events(self, ids: Sequence[int], row: Row, plan: _Plan) -> Iterator[Event[T]]:
        characters = codecs.getincrementaldecoder("utf-8")("replace")
        text = ""
        for _, token in decode(self.model, [ids], [row], plan.sampling):
            delta = characters.decode(self.constraint.vocab.token_bytes(token))
            if delta:
                text += delta
                yield Event(delta, text, self._partial(text))
        result = self._result(row, len(ids), plan)
        yield Event(result.text[len(text) :], result.text, self._partial(result.text), result)

    def _partial(self, text: str) -> Any:
        """Read what is there of unfinished JSON."""
        if not self._json:
            return text
        try:
            from pydantic_core import from_json

            return from_json(text, allow_partial="trailing-strings")
        except (ImportError, ValueError):
            return None

    def _encode(self, prompt: str | Chat) -> list[int]:
        return self.model.encode(self.model.ask(prompt, self._asked))

    def _budget(self, prompt_tokens: int, plan: _Plan) -> int:
        """Tokens that may be written, checked against the window and the shortest answer."""
        window = self.model.window
        room = plan.max_tokens if window is None else window - prompt_tokens
        least = self.constraint.min_tokens(self.constraint.start) if plan.on_truncation != "return" else 0
        if window is not None and room < max(least, 1):
            detail = f", beside an answer of at least {least} tokens" if 0 < room < least else ""
            raise ContextLengthError(prompt_tokens, window, detail)
        if least > plan.max_tokens:
            raise BudgetError(least, plan.max_tokens)
        return min(plan.max_tokens, room)

    def _row(self, budget: int, plan: _Plan, sample: int) -> Row:
        return Row(self.constraint, budget, plan.on_truncation == "close", plan.sampling.stream(sample), plan.logprobs)

    def _result(self, row: Row, prompt_tokens: int, plan: _Plan) -> Result[T]:
        assert row.finish_reason is not None
        complete = row.finish_reason in COMPLETE
        text = row.data.decode("utf-8", "strict" if complete else "replace")
        if row.finish_reason == "length" and plan.on_truncation == "raise":
            raise TruncatedOutput(text)
        value, rejected = None, None
        if complete:
            try:
                value = self._parse(text)
            except ValueRejected as error:
                rejected = error
        return Result(
            text,
            row.finish_reason,
            tuple(row.tokens),
            Usage(prompt_tokens, len(row.tokens)),
            tuple(row.logprobs) if plan.logprobs is not None else None,
            value,
            rejected,
        )

    def _parse(self, text: str) -> Any:
        if self._form is not None:
            return self._form.parse(text)
        if not self._json:
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:    # more digits or levels than Python's parser takes
            raise ValueRejected(text, str(error)) from error

    def __repr__(self) -> str:
        return f"Generator({self.constraint!r}, {self.model!r})"


class _Plan:
    """The checked arguments of one call."""

    def __init__(self, sampling: Sampling, max_tokens: int, n: int, logprobs: int | None, on_truncation: str):
        if not is_int(max_tokens, 1):
            raise OptionError("max_tokens", max_tokens, "an integer of at least 1")
        if not is_int(n, 1):
            raise OptionError("n", n, "an integer of at least 1")
        if logprobs is not None and not is_int(logprobs, 0):
            raise OptionError("logprobs", logprobs, "an integer of at least 0, or None")
        if on_truncation not in ("close", "raise", "return"):
            raise OptionError("on_truncation", on_truncation, '"close", "raise" or "return"')
        self.sampling = sampling
        self.max_tokens = max_tokens
        self.logprobs = logprobs
        self.on_truncation = on_truncation


def _same_tokens(one: Any, other: Any) -> bool:
    """Whether two vocabularies spell the same; their ends may differ, and those of the constraint count."""
    return one == other or (np.array_equal(one.offsets, other.offsets) and np.array_equal(one.data, other.data))


def _batch(prompt: Any) -> tuple[list[Any], bool]:
    """Return the list of prompts, and whether a single one was meant."""
    if isinstance(prompt, str):
        return [prompt], True
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes):
        if prompt and all(isinstance(message, Mapping) for message in prompt):
            return [prompt], True
        if all(isinstance(one, str) or (isinstance(one, Sequence) and one and all(isinstance(m, Mapping) for m in one)) for one in prompt):
            return list(prompt), False
    raise OptionError("prompt", prompt, "a string, a chat (list of messages), or a list of these")


_TARGET = frozenset(Target.__annotations__) | {"schema"}
_DECODING = frozenset(Decoding.__annotations__) | {"n"}


def _split(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide keyword arguments into those of `Generator` and those of a call."""
    unknown = options.keys() - _TARGET - _DECODING
    if unknown:
        raise TypeError(f"unexpected keyword argument {min(unknown)!r}")
    return {k: v for k, v in options.items() if k in _TARGET}, {k: v for k, v in options.items() if k in _DECODING}


@overload
def generate(prompt: str, *, schema: type[T], **options: Unpack[Options]) -> Result[T]: ...
@overload
def generate(prompt: list[str], *, schema: type[T], **options: Unpack[Options]) -> list[Result[T]]: ...
@overload
def generate(prompt: str, *, schema: Any = ..., **options: Unpack[Options]) -> Result[Any]: ...
@overload
def generate(prompt: Any, *, schema: Any = ..., n: int = ..., **options: Unpack[Options]) -> Any: ...


def generate(prompt: Any, **options: Any) -> Any:
    """Write text that satisfies a constraint.

    Parameters
    ----------
    prompt : str, chat, or list of these
    schema, regex, choice, grammar and syntax, json_object, constraint
        Exactly one constraint; see `Generator`.
    model, tokenizer
        None is the embedded model; see `Generator`.
    max_tokens=512, temperature=0.0, top_p, top_k, min_p, seed, n=1, logprobs, on_truncation="close", batch_size=16
        How to decode; see `Generator.__call__`.
    key_order, whitespace, numbers="float64", formats, additional_properties, draft, registry, openapi, dialect, flags, start, use, limits
        Options of `maskwright.compile`.

    Returns
    -------
    Result, or a list of them
        ``.text`` is always in the language when ``.finish_reason`` is "stop" or "closed"; ``.value`` is the parsed value.

    Notes
    -----
    Every call compiles its constraint; use a `Generator` to compile once.
    """
    target, decoding = _split(options)
    return Generator(**target)(prompt, **decoding)


@overload
def stream(prompt: str | Chat, *, schema: type[T], **options: Unpack[Options]) -> Iterator[Event[T]]: ...
@overload
def stream(prompt: str | Chat, *, schema: Any = ..., **options: Unpack[Options]) -> Iterator[Event[Any]]: ...


def stream(prompt: Any, **options: Any) -> Iterator[Event[Any]]:
    """Write text as `generate` does, and yield it as it comes; see `Generator.stream`."""
    target, decoding = _split(options)
    return Generator(**target).stream(prompt, **decoding)


__all__ = ["Event", "Generator", "MaskwrightError", "Result", "generate", "stream"]
