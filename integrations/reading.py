"""How finished text becomes a value: a `Reader` per kind of constraint.

`reader_of` is the one place that knows which kind is read how; `Reading` has a field for everything a text may contain beside its value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from maskwright.errors import ValueRejected
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

    def read(self, text: str) -> Reading:
        """Read a finished text.

        Raises
        ------
        ValueRejected
            If it is in the language and yet no value.
        """
        return Reading(text)

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

    def __init__(self, form: TypeForm[Any]):
        self.form = form

    def read(self, text: str) -> Reading:
        return Reading(self.form.parse(text))

    def partial(self, text: str) -> Any:
        return self.form.parse_partial(text)


def reader_of(constraint: Any, form: TypeForm[Any] | None = None) -> Reader:
    """Return the reader for texts of a constraint, made from a Python type or not."""
    if form is not None:
        return TypeReader(form)
    return JsonReader() if constraint.kind in ("schema", "json_object") else Reader()
