"""JSON values as immutable, hashable data, equal exactly when JSON Schema says they are.

    null            NULL
    true, false     the Python booleans, wrapped: Boolean(True)
    1, 1.0, 1e0     a `fractions.Fraction`, so that equal numbers are equal
    "a"             a str
    [ ... ]         Array(items)
    { ... }         Object(members), members in the order written; order does not count for equality

Booleans are wrapped because ``True == 1`` in Python and not in JSON. Everything works on a stack of its own: documents may nest deeper than
Python's recursion limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from maskwright.errors import SchemaError

#: decimal exponents beyond this are refused: the exact value would take that many digits
MAX_EXPONENT = 20_000


class _Null:
    """The JSON null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "null"


NULL = _Null()


class Boolean:
    """A JSON boolean; there are two, `TRUE` and `FALSE`."""

    __slots__ = ("value",)

    def __init__(self, value: bool):
        self.value = value

    def __repr__(self) -> str:
        return "true" if self.value else "false"


TRUE = Boolean(True)
FALSE = Boolean(False)


class Array:
    """A JSON array; its items are hash-consed by `freeze`, so that equality never descends deeper than one level."""

    __slots__ = ("_hash", "_ids", "items")

    def __init__(self, items: tuple[Value, ...], ids: tuple[Hashable, ...]):
        self.items = items
        self._ids = ids
        self._hash = hash(("array", ids))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Array) and self._ids == other._ids)

    def __repr__(self) -> str:
        return f"an array of {len(self.items)}"


class Object:
    """A JSON object; members in the order written."""

    __slots__ = ("_hash", "_ids", "members")

    def __init__(self, members: dict[str, Value], ids: frozenset[tuple[str, Hashable]]):
        self.members = members
        self._ids = ids
        self._hash = hash(("object", ids))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Object) and self._ids == other._ids)

    def __repr__(self) -> str:
        return f"an object of {len(self.members)}"


Value = _Null | Boolean | Fraction | str | Array | Object


#: says where in the document one is; asked only if something is wrong there, since the pointers of a deep document take quadratic space
Where = Callable[[], str]


def at_root() -> str:
    """Return the pointer of the root."""
    return ""


def number(value: Any, where: Where = at_root, keyword: str | None = None) -> Fraction:
    """Return a Python number of a schema as an exact fraction; a float means its shortest decimal spelling.

    Raises
    ------
    SchemaError
        If it is infinite, not a number, or its exponent is beyond `MAX_EXPONENT`.
    """
    if isinstance(value, int):
        return Fraction(value)
    decimal = Decimal(repr(value)) if isinstance(value, float) else value
    if isinstance(value, float) and not math.isfinite(value):
        raise SchemaError(f"{value!r} is not a JSON number", path=where(), keyword=keyword)
    if not isinstance(decimal, Decimal) or not decimal.is_finite():
        raise SchemaError(f"{value!r} is not a JSON number", path=where(), keyword=keyword)
    if abs(decimal.adjusted()) > MAX_EXPONENT:
        raise SchemaError(
            f"the number {decimal} has an exponent beyond {MAX_EXPONENT}", path=where(), keyword=keyword, hint="use a smaller number"
        )
    return Fraction(decimal)


def has_surrogate(text: object) -> bool:
    """Whether a string holds a lone surrogate, so that no text spells it."""
    return isinstance(text, str) and not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


class Freezer:
    """Turns parsed JSON into `Value`s; equal values become one object."""

    def __init__(self) -> None:
        self._canonical: dict[Any, Value] = {}

    def _leaf(self, raw: Any, where: Where) -> Value:
        if raw is None:
            return NULL
        if raw is True:
            return TRUE
        if raw is False:
            return FALSE
        if isinstance(raw, str):
            return raw
        if isinstance(raw, (int, float, Decimal)):
            return number(raw, where)
        raise SchemaError(f"{raw!r} (a Python {type(raw).__name__}) is not a JSON value", path=where())

    def _build(self, raw: Any, parts: list[Value]) -> Value:
        ids: list[Hashable] = [(id(p),) if isinstance(p, (Array, Object)) else p for p in parts]
        built: Value
        if isinstance(raw, dict):
            built = Object(dict(zip(raw, parts)), frozenset(zip(raw, ids)))
        else:
            built = Array(tuple(parts), tuple(ids))
        return self._canonical.setdefault(built, built)

    def freeze(self, raw: Any, where: Where = at_root) -> Value:
        """Return the value of parsed JSON (dict, list, str, int, float, Decimal, bool, None)."""
        if not isinstance(raw, (dict, list, tuple)):
            return self._leaf(raw, where)
        done: list[Value] = []
        around = {id(raw)}
        stack: list[tuple[Any, Any, list[Value]]] = [(raw, iter(raw.values() if isinstance(raw, dict) else raw), [])]
        while stack:
            container, rest, parts = stack[-1]
            if isinstance(container, dict) and not parts and not all(isinstance(k, str) for k in container):
                raise SchemaError("an object's keys must be strings", path=where())
            for child in rest:
                if isinstance(child, (dict, list, tuple)):
                    if id(child) in around:
                        raise SchemaError(f"the value contains itself (a Python {type(child).__name__})", path=where())
                    around.add(id(child))
                    stack.append((child, iter(child.values() if isinstance(child, dict) else child), []))
                    break
                parts.append(self._leaf(child, where))
            else:
                stack.pop()
                around.discard(id(container))
                value = self._build(container, parts)
                (stack[-1][2] if stack else done).append(value)
        return done[0]
