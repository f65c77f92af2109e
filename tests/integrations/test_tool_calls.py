"""Tools, tags and thinking through `generate`: the calls come back as values, special tokens stand where they are named."""

from __future__ import annotations

import jsonschema
import pytest

import maskwright as mw

TEMPS = (0.0, 1.0, 3.0)
LIGHT = {
    "type": "function",
    "function": {
        "name": "light",
        "parameters": {
            "type": "object",
            "properties": {"on": {"type": "boolean"}, "room": {"enum": ["hall", "attic"]}},
            "required": ["on"],
            "additionalProperties": False,
        },
    },
}
TOOLS = [LIGHT, {"type": "function", "function": {"name": "stop"}}]


@pytest.mark.parametrize("temperature", TEMPS)
@pytest.mark.parametrize("form", ["hermes", "json", "llama3", "function"])
def test_required_calls_are_read_back(model, tokenizer, temperature, form):
    results = mw.generate(
        "x", tools=TOOLS, tool_choice="required", tool_format=form, model=model, tokenizer=tokenizer, temperature=temperature, n=3, seed=1,
        max_tokens=120,
    )  # fmt: skip
    schemas = {"light": LIGHT["function"]["parameters"], "stop": {"maxProperties": 0}}
    for result in results:
        assert result.complete
        assert result.tool_calls
        for call in result.tool_calls:
            jsonschema.validate(call.arguments, schemas[call.name])


def test_free_text_has_no_half_calls(model, tokenizer):
    generator = mw.Generator(tools=TOOLS, tool_format="<function={name}>{arguments}</function>", model=model, tokenizer=tokenizer)
    for result in generator("x", temperature=2.0, n=4, seed=3, max_tokens=40):
        assert result.complete
        assert result.text.count("<function=") == len(result.tool_calls) == result.text.count("</function>")


@pytest.mark.parametrize("temperature", TEMPS)
def test_thinking_before_a_value(model, tokenizer, temperature):
    result = mw.generate(
        "x", schema={"type": "array", "items": {"type": "integer"}, "maxItems": 2}, thinking=("<think>", "</think>", "required"),
        model=model, tokenizer=tokenizer, temperature=temperature, seed=2, max_tokens=60,
    )  # fmt: skip
    assert isinstance(result.value, list)
    assert result.text.startswith(f"<think>{result.reasoning}</think>")


def test_special_tokens_as_marks(model, tokenizer):
    vocabulary = mw.Vocabulary.from_tokenizer(tokenizer)
    name = next(name for name, token in vocabulary.special_names.items() if token not in vocabulary.eos_ids)
    token = vocabulary.special_names[name]
    form = f"{name}{{name}}{{arguments}};"
    result = mw.generate(
        "x", tools=TOOLS, tool_choice="light", tool_format=form, model=model, tokenizer=tokenizer, temperature=1.0, seed=1, max_tokens=60
    )
    assert result.token_ids[0] == token
    assert token not in result.token_ids[1:]
    assert result.tool_calls[0].name == "light"
    assert name not in result.text
