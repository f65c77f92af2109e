"""Where whitespace may stand, and nowhere else."""

from __future__ import annotations

import json

import pytest

from maskwright.errors import OptionError
from maskwright.grammar.json_schema import SchemaOptions, Separators

from .support import check_texts

PAIR = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "array", "items": {"type": "boolean"}}},
    "required": ["a", "b"],
    "additionalProperties": False,
}


def test_compact_has_none():
    check_texts(
        PAIR,
        ['{"a":1,"b":[true,false]}', '{"a":1,"b":[]}'],
        ['{"a": 1,"b":[]}', '{"a":1,"b":[] }', ' {"a":1,"b":[]}'],
        whitespace="compact",
    )


@pytest.mark.parametrize(
    "gap",
    ["", " ", "\n", "\n" + " " * 32, "\n" + "\t" * 8],
)
def test_bounded_gaps(gap):
    check_texts(PAIR, [f'{{{gap}"a":1,{gap}"b":[{gap}true,{gap}false{gap}]{gap}}}', f'{{"a": 1,"b": [{gap}]}}'])


@pytest.mark.parametrize("gap", ["  ", "\n\n", "\t", " \n", "\n" + " " * 33, "\n" + "\t" * 9, "\n \t", "\r\n"])
def test_gaps_beyond_the_bound(gap):
    check_texts(PAIR, [], [f'{{{gap}"a":1,"b":[]}}', f'{{"a":1,{gap}"b":[]}}', f'{{"a":1,"b":[{gap}]}}', f'{{"a":1,"b":[]{gap}}}'])


def test_bounded_leaves_no_gap_elsewhere():
    wrong = [
        '{"a" :1,"b":[]}',
        '{"a":\n1,"b":[]}',
        '{"a":  1,"b":[]}',
        '{"a":1 ,"b":[]}',
        '{"a":1,"b":[]}\n',
        ' {"a":1,"b":[]}',
        '{"a":1,"b":[ \n]}',
    ]
    check_texts(PAIR, [], wrong)


def test_any_is_all_of_rfc_8259():
    gap = " \t\r\n \n"
    parts = ["{", '"a"', ":", "1", ",", '"b"', ":", "[", "true", ",", "false", "]", "}"]
    check_texts(PAIR, [gap + gap.join(parts) + gap, "".join(parts)], ["\f" + "".join(parts), "\u00a0" + "".join(parts)], whitespace="any")


def test_any_around_a_scalar():
    check_texts({"type": "integer"}, ["1", " 1", "1\n", "\t1 "], ["1 2", "", " "], whitespace="any")


@pytest.mark.parametrize(
    "separators",
    [Separators(), Separators(",", ":"), Separators(" , ", " : "), Separators(indent=2), Separators(indent="\t"), Separators(indent=0)],
)
@pytest.mark.parametrize("value", [{"a": 1, "b": []}, {"a": 1, "b": [True]}, {"a": 1, "b": [True, False]}])
def test_separators_are_those_of_dumps(separators, value):
    wanted = json.dumps(value, indent=separators.indent, separators=(separators.item, separators.key))
    others = {json.dumps(value), json.dumps(value, indent=2), json.dumps(value, indent=4), json.dumps(value, separators=(",", ":"))} - {
        wanted
    }
    check_texts(PAIR, [wanted], sorted(others), whitespace=separators)


def test_indent_grows_with_the_depth():
    tree = {"type": "object", "properties": {"c": {"type": "array", "items": {"$ref": "#"}}}, "additionalProperties": False}
    value = {"c": [{"c": []}, {"c": [{}]}, {}]}
    wanted = json.dumps(value, indent=3)
    check_texts(
        tree, [wanted], [wanted.replace("\n         ", "\n          "), json.dumps(value, indent=2)], whitespace=Separators(indent=3)
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Separators(";"),
        lambda: Separators(", ", "="),
        lambda: Separators(indent=-1),
        lambda: Separators(indent="x"),
        lambda: SchemaOptions(whitespace="some"),
        lambda: SchemaOptions(key_order="sorted"),
        lambda: SchemaOptions(numbers="float32"),
        lambda: SchemaOptions(draft="5"),
        lambda: SchemaOptions(openapi="2"),
        lambda: SchemaOptions(formats=True),  # type: ignore[arg-type]
        lambda: SchemaOptions(limits=3),  # type: ignore[arg-type]
    ],
)
def test_unusable_options(make):
    with pytest.raises(OptionError):
        make()
