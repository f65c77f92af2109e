"""Arguments as tags: against jsonschema on values that are written out, and read back."""

import contextlib
import itertools
import json

import pytest

import maskwright as mw
from maskwright.errors import ConstraintError, SchemaError, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.tools import CallReader, Tool, ToolFormat
from maskwright.grammar.xml_arguments import STYLES, read_arguments
from tests.grammar.test_tags import BYTES, check_walk

jsonschema = pytest.importorskip("jsonschema", reason="the oracle is jsonschema (extra dev)")

MEMBERS = {
    "text": {"type": "string"},
    "short": {"type": "string", "minLength": 1, "maxLength": 3},
    "code": {"type": "string", "pattern": "^[A-Z]+<?$"},
    "unit": {"enum": ["C", "F", 1, None]},
    "count": {"type": "integer", "minimum": 2},
    "maybe": {"type": ["string", "boolean"], "maxLength": 4},
    "list": {"type": "array", "items": {"$ref": "#/$defs/small"}},
    "any": {},
    "other": {"anyOf": [{"$ref": "#/$defs/small"}, {"const": "x"}]},
}
VALUES = ["", "a", "AB", "AB<", "C", "abcd", "abcde", "é", "true", "12", '"a"', "</param", "x", 1, 2, 2.5, True, None, [], [3], [7]]


def compiled(schema, style="qwen_xml", **options):
    return mw.compile(BYTES, structural_tag={"type": "json_schema", "json_schema": schema, "style": style}, **options)


def written(arguments, style="qwen_xml", frame=""):
    before, between, after = STYLES[style]
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}
    return "".join(f"{before}{name}{between}{frame}{text}{frame}{after}{frame}" for name, text in texts.items())


@pytest.mark.parametrize("style", STYLES)
def test_values_against_jsonschema(style):
    definitions = {"small": {"type": "integer", "maximum": 5}}
    agreed = [0, 0]
    for name, member in MEMBERS.items():
        schema = {"type": "object", "properties": {name: member}, "required": [name], "additionalProperties": False, "$defs": definitions}
        constraint = compiled(schema, style)
        validator = jsonschema.Draft202012Validator(schema)
        for value in VALUES:
            text = value if isinstance(value, str) else json.dumps(value)
            for frame in ("", "\n"):
                meant = [text, frame + text + frame]  # a line break may be part of a string
                with contextlib.suppress(ValueError):
                    meant += [one for one in [json.loads(text)] if not isinstance(one, str)]
                want = any(validator.is_valid({name: one}) for one in meant)
                assert constraint.accepts(written({name: value}, style, frame)) == want, (name, value, frame)
                agreed[want] += 1
    assert min(agreed) > 40


def test_members_against_jsonschema():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "null"}}, "required": ["b"]}
    for more in ({}, {"additionalProperties": False}, {"additionalProperties": {"type": "integer"}}):
        constraint = compiled({**schema, **more})
        validator = jsonschema.Draft202012Validator({**schema, **more})
        for size in range(4):
            for names in itertools.permutations(["a", "b", "c", "zz"], size):
                arguments = {name: {"a": 1, "b": "x", "c": None, "zz": 5}[name] for name in names}
                want = list(names) == sorted(names) and validator.is_valid(arguments)
                assert constraint.accepts(written(arguments)) == want, (arguments, more)
        assert not constraint.accepts(written({"b": "x"}) + written({"b": "x"}))


def test_a_string_ends_at_the_first_closing_mark():
    constraint = compiled({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False})
    assert constraint.accepts("<parameter=a></parameter </parameter>")
    assert not constraint.accepts("<parameter=a></parameter>x</parameter>")


def test_masks():
    schema = {"type": "object", "properties": {k: MEMBERS[k] for k in ("short", "unit", "maybe")}, "required": ["unit"]}
    for seed in range(4):
        constraint = compiled(schema)
        check_walk(constraint, constraint._program, BYTES, seed, 40)


def test_reading_back():
    members = {"city": {"type": "string"}, "days": {"type": "integer"}, "code": {"enum": ["1", "2"]}, "o": {}}
    schema = {"type": "object", "properties": members}
    for style in STYLES:
        for arguments in ({"city": "12", "days": 3, "code": "1"}, {"o": [1, {"a": None}]}, {"o": "\na b"}, {}):
            for frame in ("", "\n"):
                text = written(arguments, style, frame) + "tail"
                found, end = read_arguments(text, 0, style, schema)
                assert found == arguments
                assert text[end:].strip("\n") == "tail"
    form = ToolFormat("<function={name}>\n{arguments}\n</function>", "<function=", style="qwen_xml")
    reader = CallReader(form, [Tool("f", schema), Tool("g", True)], str.encode)
    text = "so: <function=f>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>3</parameter>\n</function><function=g>\n\n</function>"
    beside, calls = reader.read(text.encode())
    assert beside == "so: "
    assert [(call.name, call.arguments, json.loads(call.json)) for call in calls] == [
        ("f", {"city": "Oslo", "days": 3}, {"city": "Oslo", "days": 3}), ("g", {}, {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "options", "error", "path"),
    [
        ({"type": "object", "minProperties": 1}, {}, UnsupportedFeatureError, "/minProperties"),
        ({"properties": {"a": {"type": "string", "format": "hostname"}}}, {}, UnsupportedFeatureError, "/properties/a"),
        ({"properties": {"a<": {}}}, {}, UnsupportedFeatureError, "/properties/a<"),
        ({"properties": {"a/b": False}, "required": ["a/b"]}, {}, UnsatisfiableError, ""),
        ({"type": "array"}, {}, ConstraintError, "/type"),
        ({"properties": {"a": {"type": "strng"}}}, {}, SchemaError, "/properties/a/type"),
        ({}, {"key_order": "any"}, UnsupportedFeatureError, ""),
        ({}, {"whitespace": "any"}, UnsupportedFeatureError, ""),
    ],
)
def test_refused(schema, options, error, path):
    with pytest.raises(error) as caught:
        compiled(schema, **options)
    assert caught.value.path.startswith(f"/json_schema{path}")
