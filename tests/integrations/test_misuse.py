"""What users give by mistake, and models that misbehave: an error that says so at once, or a text that is right all the same."""

import copy
import decimal

import numpy as np
import pytest
import torch
import transformers
from pydantic import BaseModel, field_validator

import maskwright as mw
from maskwright.errors import BudgetError, ContextLengthError, OptionError, UnsatisfiableError, ValueRejected
from maskwright.integrations.decoding_loop import DecodingLoop
from maskwright.integrations.transformers_model import load

from .conftest import make_model


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_overflow_keep_to_the_mask(model, tokenizer, temperature):
    """Half precision overflows to infinity; differences of two such logits are no numbers."""
    broken = make_model(tokenizer)
    with torch.no_grad():
        broken.lm_head.weight.fill_(3e38)
    result = mw.generate("Ann", regex="[a-c]{4}", model=broken, tokenizer=tokenizer, temperature=temperature, seed=1, logprobs=1)
    assert result.complete
    assert all(-1e39 < one.logprob <= 0 and one.masked_logprob <= 1e-6 for one in result.logprobs)


class Careless(BaseModel):
    age: int

    @field_validator("age")
    @classmethod
    def _known(cls, value: int) -> int:
        return {}[value]


def test_a_validator_with_a_fault_of_its_own_refuses_the_text(model, tokenizer):
    result = mw.generate("Ann", schema=Careless, model=model, tokenizer=tokenizer, max_tokens=30, attempts=1)
    assert result.complete
    with pytest.raises(ValueRejected, match="KeyError"):
        _ = result.value
    last = list(mw.stream("Ann", schema=Careless, model=model, tokenizer=tokenizer, max_tokens=30))[-1]
    assert last.result.complete


def test_a_chat_template_that_refuses(model, tokenizer):
    strict = copy.deepcopy(tokenizer)
    strict.chat_template = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(OptionError, match="roles must alternate"):
        mw.generate([{"role": "user", "content": "x"}], regex="a", model=model, tokenizer=strict)


def test_a_schema_goes_into_messages_of_parts_and_may_hold_exact_numbers(model, tokenizer):
    owner = load(model, tokenizer)
    asked = {"schema": {"const": decimal.Decimal("1.5")}}
    assert "1.5" in owner.ask("x", asked, True)
    parts = [{"type": "text", "text": "Ann"}]
    content = owner.ask([{"role": "user", "content": parts}], asked, True)[0]["content"]
    assert content[0] == parts[0]
    assert content[1]["type"] == "text"
    assert "1.5" in content[1]["text"]
    assert owner.ask([{"role": "user", "content": None}], asked, True)[0]["content"].strip().startswith("Answer")


def test_the_embedded_model_reads_texts_only():
    owner = load()
    parts = [{"type": "text", "text": "Ann"}, {"type": "text", "text": "is 5"}]
    assert owner.ask([{"role": "user", "content": parts}], {}) == owner.ask("Ann\nis 5", {})
    assert owner.ask([{"role": "system", "content": None}], {}) == owner.ask("", {})
    with pytest.raises(OptionError, match="image"):
        owner.ask([{"role": "user", "content": [{"type": "image", "url": "x"}]}], {})
    assert mw.generate("a or b?", choice=[b"a", b"b"]).text in ("a", "b")


def test_a_model_without_a_head(tokenizer):
    body = make_model(tokenizer).model
    with pytest.raises(OptionError, match="with logits"):
        mw.generate("x", regex="[ab]", model=body, tokenizer=tokenizer)


def test_where_no_answer_can_be_written_no_number_of_tokens_is_named(model, tokenizer):
    nothing = "a" + mw.hole(lambda text: []) + "b"
    with pytest.raises(UnsatisfiableError, match="no text of the constraint was found") as told:
        mw.generate("x", grammar=nothing, model=model, tokenizer=tokenizer)
    assert "on_truncation='return'" in told.value.__notes__[0]
    with pytest.raises(UnsatisfiableError):
        model.generate(torch.tensor([[5, 6]]), custom_generate=DecodingLoop(mw.compile(tokenizer, grammar=nothing)), max_new_tokens=5)
    result = mw.generate("x", grammar=nothing, model=model, tokenizer=tokenizer, on_truncation="return")
    assert not result.complete
    with pytest.raises(BudgetError):
        mw.generate("x", regex="[a-z]{90}", model=model, tokenizer=tokenizer, max_tokens=1)


class ConnectError(Exception):
    """As the hub's client raises."""


def test_a_name_that_is_nowhere_is_refused_at_once_without_a_network(monkeypatch):
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

    def out_of_reach(*arguments, **options):
        raise ConnectError("no route")

    def never(*arguments, **options):
        raise AssertionError("would ask again and again")

    monkeypatch.setattr(hub, "get_hf_file_metadata", out_of_reach)
    monkeypatch.setattr(transformers.AutoTokenizer, "from_pretrained", never)
    with pytest.raises(OptionError, match=r"model='nobody/nothing'.*no hub can be reached \(no route\)"):
        load("nobody/nothing")

    asked = []
    monkeypatch.setattr(hub, "get_hf_file_metadata", lambda *arguments, **options: asked.append(arguments))
    with pytest.raises(AssertionError):                                     # a hub that answers: transformers goes on
        load("nobody/nothing-else")
    assert "nobody/nothing-else/resolve/main/config.json" in asked[0][0]


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("smc", {"particles": "x"}, "particles='x'"),
        ("smc", {"ess": "x"}, "ess='x'"),
        ("smc", {"twist": 5}, "twist=5"),
        ("cars", {"trie": 5}, "trie=5"),
        ("cars", {"max_attempts": 1.5}, "max_attempts=1.5"),
        ("cars", {"distinct": "x"}, "distinct='x'"),
    ],
)
def test_options_of_samplers_are_checked(model, tokenizer, name, options, told):
    with pytest.raises(OptionError, match=told):
        mw.generate("x", regex="a|b", sampler=mw.Sampler(name, **options), model=model, tokenizer=tokenizer, max_tokens=4)


def test_samplers_that_are_none(model, tokenizer):
    with pytest.raises(OptionError, match="by itself"):
        mw.Sampler("masked")
    with pytest.raises(OptionError, match="sampler="):
        mw.Sampler([])
    for wrong in (None, [], [5]):
        with pytest.raises(OptionError, match="n=1 Written"):
            mw.generate("x", regex="a|b", sampler=lambda request, wrong=wrong: wrong, model=model, tokenizer=tokenizer, max_tokens=4)


def test_long_values_are_shown_in_part():
    with pytest.raises(OptionError) as told:
        mw.generate("x" * 100_000 + "\ud800", regex="a")
    assert len(str(told.value)) < 1000


def test_scores_and_rows_that_are_not_of_one_batch(model, tokenizer):
    processor = mw.MaskwrightLogitsProcessor(mw.compile(tokenizer, regex="[ab]+"))
    ids = torch.tensor([[5, 6]])
    for rows, scores in ((ids, torch.zeros(2, 400)), (ids[0], torch.zeros(1, 400)), (ids, torch.zeros(400))):
        with pytest.raises(OptionError, match="scores="):
            processor(rows, scores)
    loop = DecodingLoop(mw.compile(tokenizer, regex="[ab]"))
    with pytest.raises(OptionError, match="output_scores"):
        model.generate(ids, custom_generate=loop, max_new_tokens=3, output_scores=True, return_dict_in_generate=True)


def test_numbers_of_numpy_are_numbers(model, tokenizer):
    options = {"max_tokens": 5, "temperature": 1.5, "seed": 3, "n": 2, "top_k": 9, "logprobs": 1}
    typed = {"temperature": np.float32(1.5)} | {name: np.int64(options[name]) for name in ("max_tokens", "seed", "n", "top_k", "logprobs")}
    plain, other = (mw.generate("x", regex="[ab]{3}", model=model, tokenizer=tokenizer, **given) for given in (options, typed))
    assert plain == other
    with pytest.raises(OptionError, match="max_tokens="):
        mw.generate("x", regex="a", model=model, tokenizer=tokenizer, max_tokens=np.bool_(True))


def test_an_answer_far_too_long_is_refused_without_planning_it():
    with pytest.raises(BudgetError, match=r"at least 5002 bytes, .* the budget is 50") as told:
        mw.generate("x", schema={"type": "string", "minLength": 5000}, max_tokens=50)
    assert told.value.least_bytes == 5002
    assert 50 < told.value.needed < 5002
    for schema in ({"type": "string", "minLength": 10**9}, {"type": "array", "minItems": 10**6}):
        with pytest.raises(ContextLengthError, match="beside an answer of at least"):
            mw.generate("x", schema=schema, max_tokens=50)


@pytest.mark.parametrize("value", ["yes", 1, {"type": "object"}])
def test_json_object_is_a_yes_or_no(model, tokenizer, value):
    with pytest.raises(OptionError, match="schema=True"):
        mw.generate("x", json_object=value, model=model, tokenizer=tokenizer)
