"""``%json {...}`` inside a grammar of any syntax: reading the JSON value that stands there, and saying where none does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

_SPACE = re.compile(r"\s*")


def read_inline_schema(text: str, end: int, fail: Callable[[int, str], NoReturn]) -> tuple[Any, int]:
    """Return the schema after a ``%json`` that ends at offset ``end``, and where the schema ends.

    Parameters
    ----------
    text : str
    end : int
    fail : callable
        Raises the syntax's own error for an offset and a message.
    """
    begin = _SPACE.match(text, end).end()  # type: ignore[union-attr]
    try:
        value, after = json.JSONDecoder().raw_decode(text, begin)
    except RecursionError:
        fail(begin, "the JSON Schema after %json is nested too deeply")
    except ValueError as error:
        place = getattr(error, "pos", begin)
        if place <= begin:
            fail(end, "expected a JSON Schema after %json")  # what follows may be another rule, or the end of the text
        fail(min(place, len(text.rstrip())), f"expected a JSON Schema after %json: {getattr(error, 'msg', error)}")
    if not isinstance(value, (dict, bool)):
        fail(begin, "a JSON Schema is an object, true or false")
    return value, after
