"""`generate` end to end: Python types and schemas in, values out, under any temperature and any budget."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import re
from typing import Annotated, Literal

import jsonschema
import pydantic
import pytest
import torch
from transformers import LogitsProcessorList

import maskwright as mw
from maskwright.errors import (
    BudgetError,
    ConstraintError,
    ContextLengthError,
    OptionError,
    RegexSyntaxError,
    SchemaError,
    UnsatisfiableError,
    ValueRejected,
)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Person(pydantic.BaseModel):
    name: Annotated[str, pydantic.Field(min_length=1, max_length=12)]
    age: Annotated[int, pydantic.Field(ge=0, le=150)]
    colour: Colour | None = None
    spots: Annotated[list[Point], pydantic.Field(max_length=2)] = []


class Even(pydantic.BaseModel):
    n: int

    @pydantic.field_validator("n")
    @classmethod
    def even(cls, n: int) -> int:
        if n % 2:
            raise ValueError("odd")
        return n


TYPES = [Person, Point, Colour, Literal["a", 1, None], int | bool, list[Colour], tuple[int, str], datetime.date, dict[str, int]]


@pytest.fixture
def ends(model, tokenizer):
    """What every call takes."""
    return {"model": model, "tokenizer": tokenizer}


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_a_type_in_an_instance_out(ends, type_):
    writer = mw.Generator(schema=type_, **ends)
    for result in [writer("Ann", max_tokens=60), *writer("Ann", n=6, temperature=1.5, seed=1, max_tokens=60)]:
        assert result.complete
        assert result.value == pydantic.TypeAdapter(type_).validate_json(result.text)


def test_the_instance_is_of_the_type(ends):
    result = mw.generate("Ann", schema=Person, max_tokens=80, temperature=1.0, seed=2, **ends)
    assert isinstance(result.value, Person)
    assert isinstance(mw.generate("p", schema=Point, max_tokens=60, **ends).value, Point)
    assert isinstance(mw.generate("c", schema=Colour, **ends).value, Colour)


SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 10, "maximum": 99},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "minItems": 1, "maxItems": 3},
        "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["id", "tags", "next"],
    "additionalProperties": False,
}


def test_every_budget_gives_a_valid_document_or_is_refused(ends):
    writer = mw.Generator(schema=SCHEMA, **ends)
    least = writer.constraint.min_tokens(writer.constraint.start)
    with pytest.raises(BudgetError, match=f"takes {least} tokens"):
        writer("x", max_tokens=least - 1)
    reasons = set()
    for budget in [least, least + 1, least + 3, least + 10, least + 40]:
        for result in writer("x", n=6, temperature=1.5, seed=budget, max_tokens=budget):
            jsonschema.validate(result.value, SCHEMA)
            assert result.value == json.loads(result.text)
            assert len(result.token_ids) <= budget
            reasons.add(result.finish_reason)
    assert "closed" in reasons


def test_regex_choice_and_json_object(ends):
    assert re.fullmatch(r"[a-f]{3}-\d+", mw.generate("x", regex=r"[a-f]{3}-[0-9]{1,4}", temperature=1.0, seed=0, **ends).value)
    assert mw.generate("x", choice=["north", "south"], **ends).value in ("north", "south")
    assert isinstance(mw.generate("x", json_object=True, max_tokens=30, temperature=1.0, seed=0, **ends).value, dict)


def test_json_text_and_boolean_schemas(ends):
    assert mw.generate("x", schema='{"const": {"a": [1]}}', whitespace="compact", **ends).value == {"a": [1]}
    mw.generate("x", schema=True, max_tokens=20, temperature=1.0, seed=1, **ends)


def test_keys_follow_the_fields(ends):
    class Z(pydantic.BaseModel):
        zebra: bool
        apple: bool
        mango: bool

    text = mw.generate("x", schema=Z, whitespace="compact", **ends).text
    assert list(json.loads(text)) == ["zebra", "apple", "mango"]


def test_a_validator_in_python_is_reported_when_the_value_is_asked_for(ends):
    results = mw.generate("x", schema=Even, n=12, temperature=1.5, seed=0, max_tokens=40, attempts=1, **ends)
    outcomes = set()
    for result in results:
        assert result.complete
        number = json.loads(result.text)["n"]
        if number % 2:
            with pytest.raises(ValueRejected, match="odd"):
                result.value  # noqa: B018 (asking is the point)
        else:
            assert result.value == Even(n=number)
        outcomes.add(number % 2)
    assert outcomes == {0, 1}


@pytest.mark.parametrize("options", [{"temperature": 1.5, "seed": 0, "n": 12}, {}], ids=["sampled", "greedy"])
@pytest.mark.parametrize("budget", [None, 0, 1, 2], ids=["ample", "least", "least+1", "least+2"])
def test_texts_that_a_validator_refuses_are_written_again(ends, options, budget):
    writer = mw.Generator(schema=Even, **ends)
    least = writer.constraint.min_tokens(writer.constraint.start)
    results = writer("x", max_tokens=40 if budget is None else least + budget, attempts=64, **options)
    for result in results if isinstance(results, list) else [results]:
        assert result.value.n % 2 == 0


def test_where_no_text_passes_the_validators_the_last_one_says_so(ends):
    class Never(pydantic.BaseModel):
        n: Literal[1, 3, 5]

        @pydantic.field_validator("n")
        @classmethod
        def never(cls, n: int) -> int:
            raise ValueError("never")

    result = mw.generate("x", schema=Never, attempts=50, whitespace="compact", **ends)
    with pytest.raises(ValueRejected, match="never"):
        result.value  # noqa: B018


def test_refusing_texts_conditions_the_law_on_the_rest(ends, vocab):
    """Three letters, one of which is refused: the others keep their odds (chi-square, 99.9 %)."""

    class Letter(pydantic.BaseModel):
        letter: Literal["a", "b", "c"]

        @pydantic.field_validator("letter")
        @classmethod
        def no_b(cls, letter: str) -> str:
            if letter == "b":
                raise ValueError("b")
            return letter

    writer = mw.Generator(schema=Letter, whitespace="compact", **ends)
    free = writer("x", n=1500, attempts=1, temperature=8.0, seed=1, batch_size=1500)
    odds = {letter: sum(json.loads(r.text)["letter"] == letter for r in free) for letter in "ac"}
    kept = [r.value.letter for r in writer("x", n=1500, temperature=8.0, seed=2, batch_size=1500)]
    assert set(kept) <= {"a", "c"}
    want = 1500 * odds["a"] / (odds["a"] + odds["c"])
    have = kept.count("a")
    spread = 1500 * (want / 1500) * (1 - want / 1500) * (1 + 1500 / (odds["a"] + odds["c"]))
    assert (have - want) ** 2 / spread < 10.9


def test_a_precompiled_constraint_is_parsed_by_its_kind(ends, vocab):
    constraint = mw.compile(vocab, schema={"const": [1]}, whitespace="compact")
    assert mw.generate("x", constraint=constraint, **ends).value == [1]
    other = mw.Vocabulary.from_bytes([b"a", b""], eos_ids=[1])
    with pytest.raises(OptionError, match="this model's vocabulary"):
        mw.generate("x", constraint=mw.compile(other, choice=["a"]), **ends)


def test_a_stream_of_json_shows_what_is_there(ends):
    events = list(mw.stream("x", schema=SCHEMA, temperature=1.0, seed=3, max_tokens=80, **ends))
    assert events[-1].result.value == events[-1].partial
    assert all(event.text == events[i - 1].text + event.delta for i, event in enumerate(events) if i)
    assert any(isinstance(event.partial, dict) and "id" in event.partial for event in events[:-1])


@pytest.mark.parametrize(
    ("constraint", "error"),
    [
        ({"schema": {"type": "strng"}}, SchemaError),
        ({"schema": '{"type": '}, SchemaError),
        ({"schema": {"allOf": [{"type": "string"}, {"type": "null"}]}}, UnsatisfiableError),
        ({"schema": object()}, SchemaError),
        ({"choice": []}, ConstraintError),
        ({"regex": "a("}, RegexSyntaxError),
        ({"regex": "[^\\s\\S]"}, UnsatisfiableError),
    ],
    ids=str,
)
def test_a_bad_constraint_is_a_typed_error(ends, constraint, error):
    with pytest.raises(error):
        mw.generate("x", **constraint, **ends)


def test_the_processor_and_the_own_loop_agree_on_a_schema(ends, vocab, tokenizer, model):
    options = {"schema": SCHEMA, "whitespace": "compact", "numbers": "float64", "escapes": "plain"}
    constraint = mw.compile(vocab, **options)
    inputs = tokenizer("Ann is", return_tensors="pt", return_token_type_ids=False)
    processors = LogitsProcessorList([mw.MaskwrightLogitsProcessor(constraint)])
    output = model.generate(**inputs, logits_processor=processors, max_new_tokens=60, do_sample=False)
    ids = [t for t in output[0, inputs["input_ids"].shape[1] :].tolist() if t not in vocab.eos_ids]
    have = mw.generate("Ann is", max_tokens=60, on_truncation="return", **options, **ends)
    assert list(have.token_ids) == ids
    assert torch.is_tensor(output)


def test_without_a_model_the_embedded_one_answers():
    """Whatever it was trained to, its answers are valid; and it leaves the caller's threads alone."""
    threads = torch.get_num_threads()
    text = "Maria Lopez, 34, lives in Lisbon."
    result = mw.generate(text, schema=Person)
    assert isinstance(result.value, Person)
    assert mw.generate([{"role": "user", "content": text}], schema=Person).text == result.text
    assert mw.generate(text, choice=["Lisbon", "Oslo"]).text in ("Lisbon", "Oslo")
    assert mw.generate(text, regex="[0-9]{2}").complete
    assert [r.text for r in mw.generate([text, "Bob is 3."], schema=json.dumps(SCHEMA), max_tokens=100)] == [
        mw.generate(t, schema=SCHEMA, max_tokens=100).text for t in [text, "Bob is 3."]
    ]
    assert torch.get_num_threads() == threads
    with pytest.raises(OptionError, match="its own tokenizer"):
        mw.generate(text, schema=Person, tokenizer="folder")
    with pytest.raises(ContextLengthError, match="window"):
        mw.generate(text * 500, schema=Person)
