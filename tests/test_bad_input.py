"""Unusable input is refused by an error of ours that names it, wherever it comes in."""

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import OptionError, SchemaError

TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.fixture(scope="module")
def vocab():
    return mw.Vocabulary.from_bytes([*(bytes([b]) for b in range(256)), b""], eos_ids=[256])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"regx": "a"}, OptionError, "no argument 'regx'"),
        ({"schema": {}, "registry": 5}, OptionError, "registry=5"),
        ({"schema": []}, SchemaError, "type list is no schema"),
        ({"schema": b"{}"}, SchemaError, "type bytes is no schema"),
        ({"schema": {1: 2}}, SchemaError, "1 is not a string"),
        ({"schema": {"properties": {"a": {1: 2}}}}, SchemaError, "at /properties/a"),
        ({"grammar": "a" + mw.json({}, key_ordr="any")}, OptionError, "key_ordr='any'"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "tools": 5}}, OptionError, "tool_choice="),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "tools": [5]}}, OptionError, "tool_choice="),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools", "allowed_tools": 5}}, OptionError, "tool_choice="),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": 5}}, OptionError, "tool_choice="),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": []}}}, OptionError, "tool_choice="),
    ],
)
def test_compile(vocab, arguments, error, message):
    with pytest.raises(error, match=message):
        mw.compile(vocab, **arguments)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.walk(c.start, "ab"), "token='a'"),
        (lambda c: c.accepts(5), "data=5"),
        (lambda c: c.explain(5), "text=5"),
        (lambda c: c.fill_mask(c.start, np.zeros(9, np.uint32), budget="a"), "budget='a'"),
        (lambda c: c.verify(c.start, None), "draft=None"),
        (lambda c: c.verify(c.start, ["x"]), "draft='x'"),
        (lambda c: c.verify(c.start, [97.5]), "draft=97.5"),
        (lambda c: c.walk(c.start, None), "tokens=None"),
        (lambda c: c.spell([99999]), r"tokens=\[99999\]: expected ids below 257"),
        (lambda c: c.spell(None), "tokens=None"),
        (lambda c: c.walk_tree(c.start, [97, 98], [-1]), "parents='1 integers': expected 2,"),
        (lambda c: c.walk_tree(c.start, None, None), "tokens=None"),
        (lambda c: c.walk_tree(c.start, [97, 98], [-1, 0.5]), "parents="),
        (lambda c: c.advance_many([c.start], [97, 98]), "tokens='2 integers'"),
        (lambda c: c.fill_draft_masks(c.start, None, None), "tokens=None"),
        (lambda c: c.fill_masks(None, np.zeros((1, 9), np.uint32)), "states=None"),
        (lambda c: c.fits(c.start, None), "tokens=None"),
        (lambda c: c.min_tokens(None), "state=None"),
        (lambda c: c.allowed("x"), "state='x'"),
        (lambda c: c.save(None), "path=None"),
    ],
)
def test_constraint(vocab, call, message):
    with pytest.raises(OptionError, match=message):
        call(mw.compile(vocab, regex="ab"))


@pytest.mark.parametrize(
    "given", [{"seconds": "a"}, {"seconds": -1}, {"seconds": float("nan")}, {"states": -5}, {"nodes": True}, {"memory_bytes": None}]
)
def test_limits(given):
    with pytest.raises(OptionError, match="expected a number of at least 0") as told:
        mw.Limits(**given)
    assert told.value.option == next(iter(given))
    mw.Limits(seconds=0, memory_bytes=10**9, nodes=np.int64(5), states=1e6)


@pytest.mark.parametrize(
    "given",
    [
        {"eos_ids": None},
        {"eos_ids": "1"},
        {"eos_ids": [1.5]},
        {"eos_ids": True},
        {"eos_ids": 1, "special_ids": None},
        {"eos_ids": 1, "special_ids": {"x": None}},
    ],
)
def test_vocabulary(given):
    with pytest.raises(OptionError, match="an id or several") as told:
        mw.Vocabulary.from_bytes([b"a", b""], **given)
    assert told.value.option == list(given)[-1]
    assert mw.Vocabulary.from_bytes([b"a", b""], eos_ids=np.array([1])).eos_ids == (1,)


def test_load_and_types(vocab):
    with pytest.raises(OptionError, match="path=None"):
        mw.load(None, vocab)
    pydantic = pytest.importorskip("pydantic", reason="types need pydantic (extra types)")

    class Model(pydantic.BaseModel):
        a: int

    with pytest.raises(SchemaError, match="model_dump has no JSON Schema"):
        mw.compile(vocab, schema=Model.model_dump)


def test_generate(tmp_path):
    pytest.importorskip("transformers", reason="generate needs transformers (extra hf)")
    with pytest.raises(OptionError, match="stop=5"):
        mw.generate("x", regex="a", stop=5)
    with pytest.raises(OptionError, match="partcles=3"):
        mw.generate("x", regex="a", sampler=mw.Sampler("smc", partcles=3))
    with pytest.raises(OptionError, match="prompt="):
        mw.generate("\ud800", regex="a")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(OptionError, match="model="):
        mw.generate("x", regex="a", model=tmp_path)


def test_decoding_loop():
    torch = pytest.importorskip("torch", reason="the loop needs torch (extra hf)")
    transformers = pytest.importorskip("transformers", reason="the loop needs transformers (extra hf)")
    from maskwright.integrations.decoding_loop import DecodingLoop
    from maskwright.integrations.embedded import load_embedded

    model, tokenizer = load_embedded()
    ids = torch.tensor([[1, 2]])
    with pytest.raises(mw.errors.BudgetError) as told:
        model.generate(ids, custom_generate=DecodingLoop(mw.compile(tokenizer, regex="[a-z]{30}")), max_new_tokens=1)
    assert told.value.given == 1
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    other = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=100, **shape))
    with pytest.raises(mw.errors.TokenizerError, match="do not belong together"):
        other.generate(ids, custom_generate=DecodingLoop(mw.compile(tokenizer, regex="a")), max_new_tokens=3)
