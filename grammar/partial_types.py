"""Unfinished values of Python types: what a stream shows of an instance while it is being written.

The data read so far are given the type's shape from the outside in. Instances of models and dataclasses are made without their
constructors; a field that is not written yet, or whose value the type does not take yet (half a date, half an enum member), is None (and
not in a model's ``model_fields_set``); keys of a TypedDict are left out. Nothing here validates: the finished text does that.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any

_MISSING = object()
#: levels of types followed; what lies deeper stays plain data
DEPTH = 32


def partial_value(type_: Any, data: Any) -> Any:
    """Shape unfinished JSON data like a type.

    Returns
    -------
    object
        None where nothing of it can be shaped yet.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Point:
    ...     x: int
    ...     y: int
    >>> point = partial_value(Point, {"x": 3})
    >>> point.x, point.y
    (3, None)
    """
    made = _shaped(type_, data, DEPTH)
    return None if made is _MISSING else made


def _shaped(type_: Any, data: Any, depth: int) -> Any:
    """Shape ``data``, or return _MISSING; the recursion is bounded by ``depth``."""
    if depth == 0 or type_ is Any:
        return data
    type_ = getattr(type_, "__value__", type_)                   # type X = ...
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin is typing.Annotated:
        return _shaped(arguments[0], data, depth)
    if origin in (typing.Union, types.UnionType):
        return next((made for one in arguments if (made := _shaped(one, data, depth - 1)) is not _MISSING), _MISSING)
    if isinstance(data, Mapping) and (fields := _fields(origin or type_)) is not None:
        return _instance(type_, origin or type_, fields, data, depth)
    if isinstance(data, Mapping) and origin in (dict, Mapping) and len(arguments) == 2:
        made = {key: _shaped(arguments[1], value, depth - 1) for key, value in data.items()}
        return {key: value for key, value in made.items() if value is not _MISSING}
    if isinstance(data, list) and origin in (list, tuple, set, frozenset):
        return _items(origin, arguments, data, depth)
    return _leaf(type_, data)


def _items(origin: Any, arguments: tuple[Any, ...], data: list[Any], depth: int) -> Any:
    each = arguments if origin is tuple and Ellipsis not in arguments else (arguments or (Any,))[:1] * len(data)
    made = [_shaped(type_, item, depth - 1) for type_, item in zip(each, data)]
    try:
        return origin(item for item in made if item is not _MISSING)
    except TypeError:                                            # a set of instances that cannot be hashed yet
        return _MISSING


def _fields(class_: Any) -> dict[str, tuple[str, Any]] | None:
    """Return attribute name -> (key in JSON, type) of a class with fields."""
    model = getattr(class_, "model_fields", None)
    if isinstance(model, Mapping):
        return {name: (field.alias or name, field.annotation) for name, field in model.items()}
    try:
        if dataclasses.is_dataclass(class_):
            hints = typing.get_type_hints(class_, include_extras=True)
            return {field.name: (field.name, hints[field.name]) for field in dataclasses.fields(class_)}
        if isinstance(class_, type) and issubclass(class_, dict) and hasattr(class_, "__required_keys__"):
            return {name: (name, _unwrapped(hint)) for name, hint in typing.get_type_hints(class_, include_extras=True).items()}
    except (NameError, TypeError):                               # names that only the type's own module could resolve
        return None
    return None


def _unwrapped(hint: Any) -> Any:
    """Take Required and NotRequired off."""
    return typing.get_args(hint)[0] if getattr(typing.get_origin(hint), "_name", "") in ("Required", "NotRequired", "ReadOnly") else hint


def _instance(type_: Any, class_: Any, fields: dict[str, tuple[str, Any]], data: Mapping[str, Any], depth: int) -> Any:
    values = {}
    for name, (key, hint) in fields.items():
        if key in data and (made := _shaped(hint, data[key], depth - 1)) is not _MISSING:
            values[name] = made
    if issubclass(class_, dict):
        return values
    shown = {name: values.get(name) for name in fields}
    made = object.__new__(class_)
    if hasattr(class_, "model_construct"):
        parts = {"__dict__": shown, "__pydantic_fields_set__": set(values), "__pydantic_extra__": None, "__pydantic_private__": None}
    else:
        parts = shown
    for name, value in parts.items():
        object.__setattr__(made, name, value)
    return made


def _leaf(type_: Any, data: Any) -> Any:
    try:
        adapter = _adapter(type_)
    except TypeError:                                            # a form that cannot be a key
        adapter = _adapter.__wrapped__(type_)
    if adapter is None:
        return data
    try:
        return adapter.validate_python(data)
    except ValueError:
        return _MISSING


@functools.lru_cache(maxsize=512)
def _adapter(type_: Any) -> Any:
    from pydantic import PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(type_)
    except (PydanticUserError, NameError):
        return None
