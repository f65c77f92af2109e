"""How finished text becomes a value: a `Reader` per kind of constraint.

`reader_of` is the one place that knows which kind is read how; `Reading` has a field for everything a text may contain beside its value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from maskwright.errors import MaskwrightError, ValueRejected
from maskwright.grammar.captures import Captures
from maskwright.grammar.layout import Layout
from maskwright.grammar.types import TypeForm


@dataclass(frozen=True)
class Reading:
    """What a finished text says; see the fields of the same names of `Result`."""

    value: Any
    reasoning: str | None = None
    tool_calls: tuple[Any, ...] = ()
    captures: Mapping[str, Any] = field(default_factory=dict)


class Reader:
    """Texts that are their own values."""

    #: whether functions of the user judge the text as it is read (validators of a type)
    may_refuse = False

    def read(self, text: str) -> Reading:
        """Read a finished text.

        Raises
        ------
        ValueRejected
            If it is in the language and yet no value.
        """
        return Reading(text)

    def read_written(self, text: str, spelled: Callable[[], bytes]) -> Reading:
        """Read a finished text; ``spelled()`` is its bytes with special tokens in them (`Constraint.spell`)."""
        return self.read(text)

    def takes(self, data: bytes) -> bool:
        """Whether a finished text can be read."""
        try:
            self.read(data.decode("utf-8", "surrogateescape"))
        except ValueRejected:
            return False
        return True

    def partial(self, text: str) -> Any:
        """Read what is there of an unfinished text."""
        return text


class JsonReader(Reader):
    """JSON as plain Python data."""

    def read(self, text: str) -> Reading:
        try:
            return Reading(json.loads(text))
        except (ValueError, RecursionError) as error:    # more digits or levels than Python's parser takes
            raise ValueRejected(text, str(error)) from error

    def partial(self, text: str) -> Any:
        try:
            from pydantic_core import from_json

            return from_json(text, allow_partial="trailing-strings")
        except (ImportError, ValueError):
            return None


class TypeReader(JsonReader):
    """JSON as instances of a Python type."""

    may_refuse = True

    def __init__(self, form: TypeForm[Any]):
        self.form = form

    def read(self, text: str) -> Reading:
        try:
            return Reading(self.form.parse(text))
        except MaskwrightError:
            raise
        except Exception as error:                              # a validator with a fault of its own refuses the text, not the batch
            raise ValueRejected(text, f"{type(error).__name__}: {error}") from error

    def partial(self, text: str) -> Any:
        return self.form.parse_partial(text)


class CapturesReader(Reader):
    """Texts with named parts; another reader reads the value."""

    def __init__(self, captures: Captures, values: Reader):
        self.captures = captures
        self.values = values
        self.may_refuse = values.may_refuse

    def read(self, text: str) -> Reading:
        return replace(self.values.read(text), captures=self.captures.read(text.encode("utf-8", "surrogateescape")))

    def read_written(self, text: str, spelled: Callable[[], bytes]) -> Reading:
        return replace(self.values.read(text), captures=self.captures.read(spelled()))

    def partial(self, text: str) -> Any:
        return self.values.partial(text)


class LayoutReader(Reader):
    """Texts with a thought before the answer, or calls of tools in it; another reader reads the answer."""

    def __init__(self, layout: Layout, answers: Reader):
        self.layout = layout
        self.answers = answers

    def read(self, text: str) -> Reading:
        return self.read_written(text, lambda: text.encode("utf-8", "surrogateescape"))

    def read_written(self, text: str, spelled: Callable[[], bytes]) -> Reading:
        parts = self.layout.read(spelled())
        return replace(self.answers.read(parts.answer), reasoning=parts.reasoning, tool_calls=parts.tool_calls)

    def partial(self, text: str) -> Any:
        return self.answers.partial(self.layout.read(text.encode("utf-8", "surrogateescape")).answer)


def reader_of(constraint: Any, form: TypeForm[Any] | None = None) -> Reader:
    """Return the reader for texts of a constraint, made from a Python type or not."""
    if form is not None:
        answers: Reader = TypeReader(form)
    else:
        answers = JsonReader() if constraint.kind in ("schema", "json_object") else Reader()
    if getattr(constraint, "captures", None) is not None:
        answers = CapturesReader(constraint.captures, answers)
    layout = getattr(constraint, "layout", None)
    return answers if layout is None else LayoutReader(layout, answers)
