"""Tools and thinking sections: formats, choices, reading back."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import ConstraintError, OptionError, SchemaError, UnsupportedFeatureError
from maskwright.grammar.thinking import ThinkingFormat
from maskwright.grammar.tools import FORMATS, ToolCall, ToolFormat, read_tools
from tests import reference
from tests.grammar.test_tags import BYTES, check_walk

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a place",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 9}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
NOW = {"type": "function", "name": "now"}
TOOLS = [WEATHER, NOW]
CITY, NOTHING = '{"city": "Oslo"}', "{}"


def written(form: ToolFormat, name: str, arguments: str) -> str:
    if form.style == "qwen_xml":
        arguments = "".join(f"<parameter={key}>{value}</parameter>" for key, value in json.loads(arguments).items())
    return form.head + name + form.middle + arguments + form.tail


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("choice", ["auto", "required", "none", "now", {"type": "function", "function": {"name": "now"}}])
@pytest.mark.parametrize("parallel", [True, False])
def test_choices_in_every_format(name, choice, parallel):
    form = FORMATS[name]
    constraint = mw.compile(BYTES, tools=TOOLS, tool_format=name, tool_choice=choice, parallel_tool_calls=parallel)
    city, now = written(form, "get_weather", CITY), written(form, "now", NOTHING)
    one = form.opening + city + form.closing
    other = form.opening + now + form.closing
    both = form.opening + city + form.separator + now + form.closing
    wrong = form.opening + written(form, "now", CITY) + form.closing
    named = choice not in ("auto", "required", "none")
    have = {text: constraint.accepts(text) for text in ("", "It rains.", one, other, both, wrong)}
    assert have == {
        "": choice in ("auto", "none"),
        "It rains.": choice in ("auto", "none"),
        one: choice in ("auto", "required"),
        other: choice != "none",
        both: choice in ("auto", "required") and parallel,
        wrong: False,
    }
    assert not named or constraint.forced(constraint.start).decode().startswith(form.opening + form.head + "now" + form.middle)
    for text, calls in ((one, 1), (both, 2), ("It rains.", 0)):
        if have[text]:
            parts = constraint.layout.read(text.encode())
            assert [call.name for call in parts.tool_calls] == ["get_weather", "now"][:calls]
            assert [call.arguments for call in parts.tool_calls] == [{"city": "Oslo"}, {}][:calls]
            assert parts.answer.strip() == ("" if calls else "It rains.")


def test_free_text_around_calls():
    constraint = mw.compile(BYTES, tools=TOOLS)
    text = f"Let me see. {written(FORMATS['hermes'], 'get_weather', CITY)} And: {written(FORMATS['hermes'], 'now', NOTHING)}."
    assert constraint.accepts(text)
    parts = constraint.layout.read(text.encode())
    assert parts.answer == "Let me see.  And: ."
    assert parts.tool_calls == (ToolCall("get_weather", {"city": "Oslo"}, CITY), ToolCall("now", {}, NOTHING))
    assert constraint.layout.read(text[:-20].encode()).tool_calls == parts.tool_calls[:1]  # an unfinished call is none


def test_templates():
    constraint = mw.compile(BYTES, tools=TOOLS, tool_format="call:{name}({arguments})")
    assert constraint.accepts('So call:get_weather({"city": "Oslo"}) and call:now({}).')
    assert not constraint.accepts("call: now")
    assert constraint.accepts("calls")
    with pytest.raises(OptionError, match="once each"):
        ToolFormat("{name}")
    with pytest.raises(OptionError, match="before"):
        ToolFormat("{arguments}{name}")
    with pytest.raises(OptionError, match="trigger"):
        ToolFormat("{name}{arguments}")
    with pytest.raises(OptionError, match="'hermes'"):
        mw.compile(BYTES, tools=TOOLS, tool_format="nope")


def test_names_are_escaped_inside_quotes():
    tool = {"name": 'a"b', "parameters": {}}
    constraint = mw.compile(BYTES, tools=[tool])
    text = '<tool_call>\n{"name": "a\\"b", "arguments": {}}\n</tool_call>'
    assert constraint.accepts(text)
    assert constraint.layout.read(text.encode()).tool_calls[0].name == 'a"b'


def test_special_tokens_in_a_template():
    form = ToolFormat("<call>{name}:{arguments}</call>")
    constraint = mw.compile(BYTES, tools=TOOLS, tool_format=form)
    tokens = [*b"ok ", 256, *b"now:{}", 257]
    state = constraint.walk(constraint.start, tokens)[-1]
    assert constraint.is_accepting(state)
    assert constraint.walk(constraint.start, [257])[-1] == 0
    parts = constraint.layout.read(constraint.spell(tokens))
    assert (parts.answer, [call.name for call in parts.tool_calls]) == ("ok ", ["now"])
    for seed in range(3):
        check_walk(constraint, constraint._program, BYTES, seed, 6)


def test_python_functions():
    pytest.importorskip("pydantic", reason="functions need pydantic")

    def add(a: int, b: int = 2) -> int:
        return a + b

    constraint = mw.compile(BYTES, tools=[add, NOW], tool_choice="add")
    assert constraint.accepts('<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>')
    assert not constraint.accepts('<tool_call>\n{"name": "add", "arguments": {"b": 1}}\n</tool_call>')


def test_allowed_tools():
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "now"}]}
    constraint = mw.compile(BYTES, tools=TOOLS, tool_choice=choice)
    assert constraint.accepts(written(FORMATS["hermes"], "now", NOTHING))
    assert not constraint.accepts(written(FORMATS["hermes"], "get_weather", CITY))
    assert not constraint.accepts("text")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"tools": [NOW, NOW]}, ConstraintError),
        ({"tools": [{"type": "function", "function": {}}]}, ConstraintError),
        ({"tools": [{"type": "web_search"}]}, UnsupportedFeatureError),
        ({"tools": [3]}, ConstraintError),
        ({"tools": NOW}, OptionError),
        ({"tools": TOOLS, "tool_choice": "then"}, OptionError),
        ({"tools": TOOLS, "tool_choice": 3}, OptionError),
        ({"tools": [], "tool_choice": "required"}, OptionError),
        ({"tools": TOOLS, "parallel_tool_calls": 1}, OptionError),
        ({"tools": TOOLS, "tool_style": "x"}, OptionError),
        ({"tools": [{"name": "x", "parameters": {"type": "nope"}}]}, ConstraintError),
        ({"tools": TOOLS, "thinking": "<think>"}, OptionError),
        ({"tools": TOOLS, "thinking": ("<think>", "")}, OptionError),
    ],
)
def test_unusable_arguments(options, error):
    with pytest.raises(error):
        mw.compile(BYTES, **options)


@pytest.mark.parametrize("form", ["hermes", "json"])
@pytest.mark.parametrize("choice", ["auto", "required", "odd"])
def test_places_are_those_of_the_list(form, choice):
    odd = {"type": "function", "function": {"name": "odd", "parameters": {"properties": {"a": {"type": "nope"}}}}}
    with pytest.raises(ConstraintError) as error:
        mw.compile(BYTES, tools=[NOW, odd], tool_format=form, tool_choice=choice)
    assert error.value.path == "/1/function/parameters/properties/a/type"
    odd["function"]["parameters"]["properties"]["a"] = {"type": "string", "format": "unheard-of"}
    report = mw.compile(BYTES, tools=[NOW, odd], tool_format=form, tool_choice=choice).report()
    assert [item.pointer for item in report.with_status("annotation")] == ["/1/function/parameters/properties/a/format"]


def test_no_tools_is_free_text():
    assert mw.compile(BYTES, tools=[]).accepts("just text")


def test_four_hundred_tools():
    tools = [
        {"name": f"tool_{i}", "parameters": {"properties": {"n": {"type": "integer", "minimum": i}}, "required": ["n"]}} for i in range(400)
    ]
    started = time.thread_time()
    constraint = mw.compile(BYTES, tools=tools)
    row = np.zeros(BYTES.num_words, np.uint32)
    constraint.fill_mask(constraint.start, row)
    state = constraint.walk(constraint.start, b'<tool_call>\n{"name": "tool_')[-1]
    assert constraint.allowed(state).tolist() == list(b"0123456789")
    assert constraint.min_tokens(state) == len('0", "arguments": {"n":0}}\n</tool_call>')
    assert time.thread_time() - started < 20
    text = json.dumps({"name": "tool_399", "arguments": {"n": 399}})
    assert constraint.accepts(f"<tool_call>\n{text}\n</tool_call>")
    assert not constraint.accepts(f"<tool_call>\n{text}\n</tool_call>".replace("399}", "398}"))


# thinking ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["optional", "required", "begun"])
def test_thinking_before_an_answer(mode):
    constraint = mw.compile(BYTES, schema={"type": "integer"}, thinking=("<think>", "</think>", mode))
    section = ("" if mode == "begun" else "<think>") + "so 1 < 2 </think"
    have = {text: constraint.accepts(text) for text in ("12", section, section + ">12", section + ">\n\n12", section + ">\n\n\n12")}
    assert list(have.values()) == [mode == "optional", False, True, True, False]
    parts = constraint.layout.read(f"{section}>\n\n12".encode())
    assert (parts.reasoning, parts.answer) == ("so 1 < 2 ", "12")
    if mode == "optional":
        assert (constraint.layout.read(b"12").reasoning, constraint.layout.read(b"12").answer) == (None, "12")
    assert constraint.layout.read(section.encode()).answer == ""


def test_thinking_with_tools_and_special_marks():
    constraint = mw.compile(BYTES, tools=TOOLS, tool_choice="required", thinking=ThinkingFormat("<call>", "</call>", "required"))
    call = written(FORMATS["hermes"], "now", NOTHING)
    tokens = [256, *b"hm", 257, *call.encode()]
    assert constraint.is_accepting(constraint.walk(constraint.start, tokens)[-1])
    assert not constraint.accepts(call)
    parts = constraint.layout.read(constraint.spell(tokens))
    assert (parts.reasoning, parts.answer, len(parts.tool_calls)) == ("hm", "", 1)
    assert constraint.allowed(constraint.start).tolist() == [256]


@pytest.mark.parametrize("kind", [{"regex": "a+"}, {"choice": ["a", "b"]}, {"json_object": True}])
def test_thinking_before_any_kind(kind):
    constraint = mw.compile(BYTES, thinking=True, **kind)
    assert constraint.accepts("<think>x</think>{}" if "json_object" in kind else "<think>x</think>a")
    language = reference.Language(constraint._program)
    assert reference.mask(language, language.start(), BYTES) == set(constraint.allowed(constraint.start).tolist())


def test_constraints_with_parts_are_saved(tmp_path):
    constraint = mw.compile(BYTES, tools=TOOLS, tool_choice="now", thinking=("<think>", "</think>"))
    constraint.save(tmp_path / "tools.json")
    loaded = mw.load(tmp_path / "tools.json", BYTES)
    text = "<think>a</think>" + written(FORMATS["hermes"], "now", NOTHING)
    assert loaded.accepts(text)
    assert loaded.layout.read(text.encode()).reasoning == "a"


def test_the_same_tools_again_are_found():
    first = mw.compile(BYTES, tools=TOOLS, tool_format="<call>{name}:{arguments}</call>")
    again = mw.compile(BYTES, tools=TOOLS, tool_format="<call>{name}:{arguments}</call>")
    assert again._parser is first._parser
    assert again.layout is first.layout


@pytest.mark.parametrize("parameters", [5, []])
def test_parameters_that_are_no_schema_have_a_pointer(parameters):
    tool = {"name": "f", "parameters": parameters}
    for described, pointer in ((tool, "/0/parameters"), ({"type": "function", "function": tool}, "/0/function/parameters")):
        with pytest.raises(SchemaError, match="no schema") as told:
            read_tools([described])
        assert told.value.path == pointer
