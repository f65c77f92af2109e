"""Python types as constraints: a type becomes a JSON Schema, and finished text becomes a value of the type.

pydantic's ``TypeAdapter`` knows both directions, for models, dataclasses, TypedDict, Enum, Literal, unions, dates, UUIDs and the
signatures of functions; `TypeForm` holds the adapter and the schema side by side.

pydantic's schemas describe what a *client may send*; here they say what a *model may write*, and whatever the schema admits the type
should parse. `_OutputSchema` therefore departs from pydantic's own schemas, always towards fewer texts for the same set of values:

* objects are closed unless the type says ``extra="allow"``: members that would be dropped are not worth writing;
* a `Decimal` is a JSON number with its ``max_digits`` and ``decimal_places`` (pydantic also admits any string);
* dates start in year 1, there are no leap seconds, durations have at most six digits a part: what Python's `datetime` can hold;
* keys of ``dict[int, V]`` and the like spell the key's type (pydantic admits any key);
* a set is a list: duplicates collapse when it is parsed, so ``uniqueItems`` stays only where a least size needs it;
* tagged unions are ``anyOf``: the tags already exclude each other;
* what no JSON text could ever be (``type[int]``, ``complex``, embedded JSON) is refused instead of admitted.

A validator written in Python cannot be put in a schema. A finished text that such a validator refuses raises `ValueRejected` when the
value is asked for. Refused design: an own walk over type hints, which would be a second opinion about what pydantic parses.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from maskwright.errors import MissingDependencyError, SchemaError, ValueRejected

T = TypeVar("T")

#: least JSON text of the keys that pydantic parses into these types (`re` and ECMA agree on these patterns)
_KEY_PATTERNS = {
    "int": r"^(?:0|-?[1-9][0-9]{0,17})$",
    "float": r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?$",
    "decimal": r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?$",
    "bool": r"^(?:true|false)$",
}
#: years 0001 to 9999, where a date starts
_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-5][0-9]"


def is_type(schema: Any) -> bool:
    """Tell a Python type (or type form, or function) from a JSON Schema given as mapping, boolean or JSON text."""
    return not isinstance(schema, Mapping | bool | str | bytes)


def _advice(type_: Any) -> str:
    """Say what to do about a type that pydantic does not take."""
    if type(type_).__name__ == "_TypedDictMeta" and type(type_).__module__ == "typing":
        return "before Python 3.12 a TypedDict must come from typing_extensions: from typing_extensions import TypedDict"
    return "pydantic's TypeAdapter must take it"


class TypeForm(Generic[T]):
    """A Python type beside its JSON Schema.

    Parameters
    ----------
    type_ : type, type form or function
        Anything ``pydantic.TypeAdapter`` takes. A function stands for its arguments: values are dicts of keyword arguments.

    Attributes
    ----------
    schema : dict
        JSON Schema (2020-12) of the texts that parse into the type.

    Raises
    ------
    SchemaError
        If the type has no JSON form.
    MissingDependencyError
        If pydantic is not installed.

    Examples
    --------
    >>> TypeForm(tuple[int, bool]).parse("[1, true]")
    (1, True)
    """

    def __init__(self, type_: Any):
        if isinstance(type_, (int, float, list, tuple, set, bytes)):
            hint = "pass a dict, a bool, JSON text as str, or a Python type"
            raise SchemaError(f"a value of type {type(type_).__name__} is no schema", hint=hint)
        pydantic = _pydantic()
        self.type = type_
        name = getattr(type_, "__name__", None) or repr(type_)
        try:
            self._adapter = pydantic.TypeAdapter(_arguments_of(type_) if inspect.isroutine(type_) else type_)
            self.schema: dict[str, Any] = self._adapter.json_schema(schema_generator=_generator())
        except (pydantic.errors.PydanticUserError, NameError, TypeError, RecursionError) as error:
            first = str(error).partition("\n")[0]
            raise SchemaError(f"the type {name} has no JSON Schema: {first}", hint=_advice(type_)) from error

    def parse(self, text: str) -> T:
        """Parse finished text into a value of the type.

        Raises
        ------
        ValueRejected
            If the type's own validators refuse the text (or it is no JSON of the type at all).
        """
        try:
            return self._adapter.validate_json(text)
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueRejected(text, str(error)) from error

    def parse_partial(self, text: str) -> Any:
        """Read what is there of an unfinished text, in the shape of the type; see `maskwright.grammar.partial_types`."""
        from pydantic_core import from_json

        from .partial_types import partial_value

        try:
            data = from_json(text, allow_partial="trailing-strings")
        except ValueError:
            return None
        return data if inspect.isroutine(self.type) else partial_value(self.type, data)

    @functools.cached_property
    def has_validators(self) -> bool:
        """Whether the type has validators written in Python, which may refuse a text that satisfies the schema."""
        return _has_validators(self._adapter.core_schema)

    def __repr__(self) -> str:
        return f"TypeForm({self.type!r})"


def json_schema_of(schema: Any) -> Any:
    """Return the JSON Schema of a Python type; a JSON Schema is returned as it is."""
    return TypeForm(schema).schema if is_type(schema) else schema


def _pydantic() -> Any:
    try:
        import pydantic
    except ImportError as error:
        raise MissingDependencyError("pydantic", "types") from error
    return pydantic


def _has_validators(schema: Any) -> bool:
    """Look for functions in pydantic's core schema."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Mapping):
            if str(here.get("type", "")).startswith("function-"):
                return True
            waiting += here.values()
        elif isinstance(here, list | tuple):
            waiting += here
    return False


def _arguments_of(function: Any) -> Any:
    """Wrap a function so that calling it only returns the arguments it was given."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def arguments(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    return arguments


@functools.cache
def _generator() -> Any:
    """Build the schema generator (a subclass of pydantic's, hence not at import)."""
    from pydantic.json_schema import GenerateJsonSchema

    class _OutputSchema(GenerateJsonSchema):
        ignored_warning_kinds = {"non-serializable-default", "skipped-discriminator"}  # noqa: RUF012 (as pydantic declares it)

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False  # titles made from field names say nothing a model could use

        def _update_class_schema(self, json_schema: Any, cls: Any, config: Any) -> None:
            super()._update_class_schema(json_schema, cls, config)
            if json_schema.get("type") == "object":
                json_schema.setdefault("additionalProperties", False)

        def typed_dict_schema(self, schema: Any) -> Any:
            json_schema = super().typed_dict_schema(schema)
            json_schema.setdefault("additionalProperties", False)
            return json_schema

        def tagged_union_schema(self, schema: Any) -> Any:
            json_schema = super().tagged_union_schema(schema)
            return {"anyOf": json_schema.pop("oneOf")}

        def decimal_schema(self, schema: Any) -> Any:
            json_schema = super().decimal_schema(schema)["anyOf"][0]
            places, digits = schema.get("decimal_places"), schema.get("max_digits")
            if places is not None:
                json_schema.setdefault("multipleOf", 1 if places == 0 else float(f"1e-{places}"))
            if digits is not None:
                bound = 10 ** (digits - (places or 0))
                if not {"minimum", "exclusiveMinimum"} & json_schema.keys():
                    json_schema["exclusiveMinimum"] = -bound
                if not {"maximum", "exclusiveMaximum"} & json_schema.keys():
                    json_schema["exclusiveMaximum"] = bound
            return json_schema

        def date_schema(self, schema: Any) -> Any:
            return {**super().date_schema(schema), "pattern": f"^{_YEAR}-"}

        def datetime_schema(self, schema: Any) -> Any:
            return {**super().datetime_schema(schema), "pattern": f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_CLOCK}"}

        def time_schema(self, schema: Any) -> Any:
            return {**super().time_schema(schema), "pattern": f"^{_CLOCK}"}

        def timedelta_schema(self, schema: Any) -> Any:
            json_schema = super().timedelta_schema(schema)
            return {**json_schema, "pattern": "^P(?:T?[0-9]{1,6}[A-Z])+$"} if json_schema.get("type") == "string" else json_schema

        def _common_set_schema(self, schema: Any) -> Any:
            json_schema = super()._common_set_schema(schema)
            if json_schema.get("minItems", 0) < 2:
                json_schema.pop("uniqueItems", None)
            return json_schema

        def _common_dict_schema(self, schema: Any) -> Any:
            json_schema = super()._common_dict_schema(schema)
            keys = schema.get("keys_schema", {"type": "any"})
            if (kind := keys["type"]) in _KEY_PATTERNS:
                json_schema["propertyNames"] = {"pattern": _KEY_PATTERNS[kind]}
            elif kind == "none":
                self.handle_invalid_for_json_schema(schema, "a mapping whose keys are None")
            return json_schema

        def is_subclass_schema(self, schema: Any) -> Any:
            return self.handle_invalid_for_json_schema(schema, "a class object")

        def complex_schema(self, schema: Any) -> Any:
            return self.handle_invalid_for_json_schema(schema, "a complex number")

        def json_schema(self, schema: Any) -> Any:
            return self.handle_invalid_for_json_schema(schema, "JSON text inside a string")

    return _OutputSchema
