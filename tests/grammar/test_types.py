"""Python types as constraints: what the derived schema admits, the type parses, and nothing the type can hold is lost."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal, NamedTuple

import jsonschema
import pytest

from maskwright.errors import SchemaError, ValueRejected
from maskwright.grammar.types import TypeForm, is_type, json_schema_of

pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
typing_extensions = pytest.importorskip("typing_extensions")


class Colour(enum.Enum):
    RED = "red"
    NUMBER = 7


class Person(pydantic.BaseModel):
    name: str
    age: Annotated[int, pydantic.Field(ge=0, le=150)]
    friend: Person | None = None


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    title: str


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


class Movie(typing_extensions.TypedDict, total=False):
    title: typing_extensions.Required[str]
    year: int


class Pair(NamedTuple):
    left: int
    right: str


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]

VALUES: list[tuple[Any, str, Any]] = [
    (int, "3", 3),
    (None, "null", None),
    (Colour, '"red"', Colour.RED),
    (Literal["a", 1], "1", 1),
    (int | str, '"x"', "x"),
    (list[int], "[1, 2]", [1, 2]),
    (set[int], "[1, 1]", {1}),
    (tuple[int, str], '[1, "a"]', (1, "a")),
    (dict[int, str], '{"-4": "x"}', {-4: "x"}),
    (dict[Colour, int], '{"red": 1}', {Colour.RED: 1}),
    (Person, '{"name": "Ann", "age": 3, "friend": {"name": "Bo", "age": 4}}', Person(name="Ann", age=3, friend=Person(name="Bo", age=4))),
    (Point, '{"x": 1.5}', Point(1.5)),
    (Movie, '{"title": "M", "year": 1931}', {"title": "M", "year": 1931}),
    (Pair, '[1, "b"]', Pair(1, "b")),
    (Pet, '{"kind": "dog", "name": "Rex"}', Dog(kind="dog", name="Rex")),
    (decimal.Decimal, "0.1", decimal.Decimal("0.1")),
    (datetime.date, '"2024-02-29"', datetime.date(2024, 2, 29)),
    (datetime.timedelta, '"P1DT2H"', datetime.timedelta(days=1, hours=2)),
    (uuid.UUID, '"12345678-1234-5678-1234-567812345678"', uuid.UUID("12345678123456781234567812345678")),
]


@pytest.mark.parametrize(("type_", "text", "want"), VALUES, ids=[str(v[0])[:30] for v in VALUES])
def test_a_text_of_the_schema_parses_into_the_type(type_, text, want):
    form = TypeForm(type_)
    jsonschema.Draft202012Validator.check_schema(form.schema)
    jsonschema.Draft202012Validator(form.schema).validate(pydantic.TypeAdapter(Any).validate_json(text))
    assert form.parse(text) == want


REFUSED = [
    (Person, {"name": "Ann", "age": 3, "extra": 1}),
    (Point, {"x": 1, "z": 1}),
    (Movie, {"title": "M", "z": 1}),
    (dict[int, str], {"a": "x"}),
    (decimal.Decimal, "abc"),
    (Annotated[decimal.Decimal, pydantic.Field(max_digits=4, decimal_places=2)], 100),
    (Annotated[decimal.Decimal, pydantic.Field(decimal_places=1)], 0.25),
    (datetime.date, "0000-01-01"),
    (datetime.datetime, "2016-12-31T23:59:60Z"),
    (datetime.time, "23:59:60Z"),
    (datetime.timedelta, "P9999999D"),
    (Annotated[set[int], pydantic.Field(min_length=2)], [1, 1]),
]


@pytest.mark.parametrize(("type_", "value"), REFUSED, ids=[str(v[1])[:30] for v in REFUSED])
def test_the_schema_refuses_what_the_type_would_drop_or_refuse(type_, value):
    assert not jsonschema.Draft202012Validator(TypeForm(type_).schema).is_valid(value)


def test_objects_stay_open_where_the_type_says_so():
    assert jsonschema.Draft202012Validator(TypeForm(Open).schema).is_valid({"title": "x", "more": 1})


def test_field_order_is_kept_and_field_titles_are_not_made_up():
    class Z(pydantic.BaseModel):
        zebra: int
        apple: int
        mango: int

    assert list(TypeForm(Z).schema["properties"]) == ["zebra", "apple", "mango"]
    assert TypeForm(Z).schema["properties"]["zebra"] == {"type": "integer"}


def test_a_function_stands_for_its_arguments_and_is_not_called():
    def weather(city: str, days: int = 1) -> None:
        raise AssertionError

    form = TypeForm(weather)
    assert form.schema["required"] == ["city"]
    assert form.parse('{"city": "Oslo"}') == {"city": "Oslo", "days": 1}


def test_a_tagged_union_needs_no_exclusive_or():
    assert "oneOf" not in str(TypeForm(Pet).schema)


@pytest.mark.parametrize("type_", [complex, type[int], pydantic.Json[int], dict[None, int], range, object()])
def test_a_type_without_a_json_form_is_refused_by_name(type_):
    with pytest.raises(SchemaError, match="no JSON Schema"):
        TypeForm(type_)


def test_a_validator_in_python_rejects_a_finished_text():
    class Even(pydantic.BaseModel):
        n: int

        @pydantic.field_validator("n")
        @classmethod
        def even(cls, n: int) -> int:
            if n % 2:
                raise ValueError("odd")
            return n

    form = TypeForm(Even)
    assert form.parse('{"n": 2}').n == 2
    with pytest.raises(ValueRejected, match="odd") as caught:
        form.parse('{"n": 3}')
    assert caught.value.text == '{"n": 3}'


def test_schemas_are_told_from_types():
    assert [is_type(x) for x in ({}, True, "{}", int, Person, list[int], None)] == [False, False, False, True, True, True, True]
    assert json_schema_of({"type": "null"}) == {"type": "null"}
    assert json_schema_of(bool) == {"type": "boolean"}
