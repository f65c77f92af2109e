"""What the loop may skip, cut and heal: forced tokens, stop strings, the prompt's end, constraints per prompt, traces, threads."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
import json
import logging

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import BudgetError, OptionError
from maskwright.integrations.decoding import Row, decode
from maskwright.integrations.free import Free, Healed
from maskwright.integrations.sampler_runs import Written
from maskwright.integrations.sampling import Sampling
from maskwright.integrations.trace import Clock

SCHEMA = {
    "type": "object",
    "properties": {
        "identifier": {"type": "integer", "minimum": 10, "maximum": 99},
        "direction": {"enum": ["north by northwest", "south"]},
        "note": {"type": "string", "maxLength": 6},
    },
    "required": ["identifier", "direction", "note"],
    "additionalProperties": False,
}
PROMPTS = ["Ann", "Bob ordered 2 apples and 10 pears", "where is Oslo? " * 3]
SAMPLINGS = [{}, {"temperature": 1.2, "seed": 3}, {"temperature": 1.5, "seed": 4, "top_p": 0.9, "top_k": 30, "min_p": 0.01}]


@pytest.fixture(scope="module")
def ends(model, tokenizer):
    return {"model": model, "tokenizer": tokenizer}


@pytest.fixture(scope="module")
def writer(ends):
    return mw.Generator(schema=SCHEMA, whitespace="compact", **ends)


@pytest.mark.parametrize("options", SAMPLINGS)
@pytest.mark.parametrize("n", [1, 3])
def test_forced_tokens_change_neither_ids_nor_log_probabilities(writer, options, n):
    options = {**options, "n": n, "logprobs": 2, "max_tokens": 70}
    want = np.ravel(writer(PROMPTS, jump="off", **options))
    have = np.ravel(writer(PROMPTS, jump="tokens", **options))
    for one, other in zip(have, want):
        assert one.token_ids == other.token_ids
        assert one.usage.forced_tokens > 0 == other.usage.forced_tokens
        assert [e.token_id for e in one.logprobs] == list(one.token_ids)
        for entry, same in zip(one.logprobs, other.logprobs):
            assert entry.token_id == same.token_id
            assert entry.logprob == pytest.approx(same.logprob, abs=1e-3)
            assert entry.masked_logprob == pytest.approx(same.masked_logprob, abs=1e-3)
            assert [t for t, _ in entry.top] == [t for t, _ in same.top]


def test_forced_tokens_save_forward_passes(writer):
    passes = {jump: writer(PROMPTS, jump=jump, trace=True)[0].trace.clock.passes for jump in ("off", "tokens", "bytes")}
    assert passes["tokens"] < passes["off"]
    assert passes["bytes"] <= passes["tokens"]


def test_a_text_without_a_choice_needs_no_pass_unless_log_probabilities_are_asked_for(ends):
    writer = mw.Generator(schema={"const": {"a": [1, 2]}}, whitespace="compact", **ends)
    result = writer("Ann", trace=True)
    while_scored = writer("Ann", trace=True, logprobs=0)
    assert result.value == {"a": [1, 2]}
    if all(step.allowed == 1 for step in writer("Ann", jump="off", trace=True).trace.steps):
        assert (result.trace.clock.passes, while_scored.trace.clock.passes) == (0, 1)
    assert [e.token_id for e in while_scored.logprobs] == list(result.token_ids)


@pytest.mark.parametrize("options", SAMPLINGS)
def test_forced_bytes_are_spelled_as_the_tokenizer_spells_them(ends, options, tokenizer):
    writer = mw.Generator(regex='\\{"identifier": [1-9][0-9], "direction": "(north|south)"\\}', **ends)
    for result in writer(PROMPTS, jump="bytes", max_tokens=70, **options):
        assert set(json.loads(result.text)) == {"identifier", "direction"}
        first = tokenizer.encode('{"identifier": ', add_special_tokens=False)
        assert list(result.token_ids[: len(first) - 1]) == first[:-1]
        assert result.usage.forced_tokens >= len(first) - 1


def test_budgets_hold_while_bytes_are_leapt_over(writer):
    least = writer.constraint.min_tokens(writer.constraint.start)
    for budget in range(least, least + 12):
        result = writer("Ann", jump="bytes", max_tokens=budget, temperature=2.0, seed=budget)
        assert set(json.loads(result.text)) == set(SCHEMA["required"])
        assert len(result.token_ids) <= budget


@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("overlap", [True, False])
def test_any_order_of_masks_and_passes_writes_the_same(writer, gaps, overlap, monkeypatch):
    model = writer.model
    want = [r.token_ids for r in writer(PROMPTS, jump="off", temperature=1.0, seed=7, max_tokens=70)]
    monkeypatch.setitem(vars(model), "takes_gaps", gaps)
    sampling = Sampling(1.0, seed=7)
    fresh = mw.compile(model.vocabulary, schema=SCHEMA, whitespace="compact", numbers="float64", escapes="plain")
    rows = [Row(fresh, 70, True, sampling.stream(0), 0) for _ in PROMPTS]
    for _ in decode(model, [model.encode(p) for p in PROMPTS], rows, sampling, Clock(), overlap=overlap):
        pass
    assert [tuple(row.tokens) for row in rows] == want
    assert all([e.token_id for e in row.logprobs] == row.tokens for row in rows)


STOPPED = [
    ({"regex": "[a-z ]{0,60}"}, "e", lambda text: "e" not in text),
    ({"regex": "([a-z]+;)*[a-z]+"}, ";", lambda text: ";" not in text),
    ({"regex": "(ab)*abX"}, "a", lambda text: text.endswith("X") and "a" in text),
]


@pytest.mark.parametrize(("constraint", "stop", "holds"), STOPPED, ids=[s[0]["regex"] for s in STOPPED])
def test_a_stop_string_ends_a_whole_sentence_and_nothing_else(ends, constraint, stop, holds):
    writer = mw.Generator(**constraint, **ends)
    seen = set()
    for result in writer("Ann", n=12, temperature=1.5, seed=5, stop=stop, max_tokens=40):
        assert result.complete
        assert writer.constraint.accepts(result.text)
        assert holds(result.text)
        seen.add(result.finish_reason)
    assert "stop" in seen
    events = list(writer.stream("Ann", temperature=1.5, seed=5, stop=[stop, "\x00"], max_tokens=40))
    assert "".join(e.delta for e in events) == events[-1].result.text
    assert events[-1].result == writer("Ann", temperature=1.5, seed=5, stop=stop, max_tokens=40)


def test_healing_lets_the_text_go_on_within_a_word(ends, tokenizer, vocab):
    constraint = {"regex": "(apples|ple pie|pears)"}
    broken = "Bob ordered 2 ap"
    last = vocab.token_bytes(tokenizer(broken)["input_ids"][-1])
    writer = mw.Generator(**constraint, **ends)
    for result in [writer(broken, heal=True), *writer(broken, heal=True, n=8, temperature=2.0, seed=1)]:
        assert result.text in ("apples", "ple pie", "pears")
        assert vocab.decode(result.token_ids) == last + result.text.encode()
    *_, event = writer.stream(broken, heal=True)
    assert event.result == writer(broken, heal=True)


def test_the_healed_constraint_keeps_the_contract(vocab):
    """Against every spelling: a token is allowed iff the bytes so far begin some sentence behind the prefix."""
    inner = mw.compile(vocab, choice=["pple", "ppear", "x"])
    healed = Healed(inner, b" a")
    texts = [b" a" + text for text in (b"pple", b"ppear", b"x")]
    waiting, seen = [(healed.start, b"")], 0
    row = np.zeros(vocab.num_words, np.uint32)
    while waiting:
        state, data = waiting.pop()
        seen += 1
        want = {t for t in range(vocab.size) if vocab.token_bytes(t) and any(s.startswith(data + vocab.token_bytes(t)) for s in texts)}
        want |= set(vocab.eos_ids) if data in texts else set()
        count = healed.fill_mask(state, row)
        have = {t for t in range(vocab.size) if row[t >> 5] >> (t & 31) & 1}
        assert have == want
        assert count == len(want)
        assert healed.is_accepting(state) == (data in texts)
        text_tokens = [t for t in want if t not in vocab.eos_ids]
        if data not in texts:
            least = healed.min_tokens(state)
            assert min(healed.min_tokens(healed.advance(state, t)) for t in text_tokens) <= least - 1
            assert healed.fill_mask(state, row, budget=least) > 0
        waiting += [(healed.advance(state, t), data + vocab.token_bytes(t)) for t in text_tokens]
    assert seen > 5


def test_each_prompt_may_have_its_own_constraint(ends, vocab):
    compiled = mw.compile(vocab, choice=["yes", "no"])
    constraints = [{"regex": "[0-9]{3}"}, None, compiled, datetime.date, {"schema": SCHEMA}]
    prompts = ["a", "b", "c", "d", "e"]
    results = mw.generate(prompts, constraints=constraints, max_tokens=60, temperature=1.0, seed=2, **ends)
    assert results[0].value.isdigit()
    assert results[1].finish_reason in ("stop", "length")
    assert results[2].value in ("yes", "no")
    assert isinstance(results[3].value, datetime.date)
    assert set(results[4].value) == set(SCHEMA["required"])
    alone = mw.generate("e", schema=SCHEMA, max_tokens=60, temperature=1.0, seed=2, **ends)
    assert alone.text == results[4].text
    with pytest.raises(OptionError, match="there are 1 prompts"):
        mw.generate("a", constraints=constraints, **ends)
    with pytest.raises(OptionError, match="no regex beside it"):
        mw.generate("a", constraints=[None], regex="a", **ends)


def test_free_text_cut_by_the_budget_is_not_complete(ends):
    (result,) = mw.generate(["Ann"], constraints=[None], max_tokens=3, **ends)
    if result.finish_reason == "length":
        assert result.value is None
        assert len(result.token_ids) == 3
    free = Free(mw.Generator(regex="a", **ends).model.vocabulary)
    assert free.accepts(b"anything")


@dataclasses.dataclass
class Trip:
    start: datetime.date
    towns: list[str]


def test_a_stream_of_a_type_shows_instances_from_the_first_field_on(ends):
    events = list(mw.stream("x", schema=Trip, temperature=1.0, seed=3, max_tokens=90, **ends))
    partials = [e.partial for e in events if e.partial is not None]
    assert all(isinstance(p, Trip) for p in partials)
    assert isinstance(partials[-1].start, datetime.date)
    assert any(p.towns is None for p in partials)
    assert partials[-1] == events[-1].result.value


def test_asyncio_writes_what_threads_write(ends):
    options = {"schema": SCHEMA, "temperature": 1.0, "seed": 1, "max_tokens": 60, **ends}

    async def both():
        one, two = await asyncio.gather(mw.agenerate("Ann", **options), mw.agenerate(["Ann", "Bob"], **options))
        return one, two, [event async for event in mw.astream("Ann", **options)]

    one, two, events = asyncio.run(both())
    assert one == mw.generate("Ann", **options) == two[0]
    assert events == list(mw.stream("Ann", **options))


def test_cancelling_a_task_ends_its_decoding(ends, model, monkeypatch):
    writer = mw.Generator(regex="[a-z ]{200}", **ends)
    passes = []
    forward = type(model).forward

    @functools.wraps(forward)                                    # its parameters are looked at
    def counted(self, *args, **kwargs):
        passes.append(1)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(type(model), "forward", counted)

    async def cancelled():
        task = asyncio.create_task(writer.agenerate("Ann", max_tokens=220))
        while not passes:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert len(passes) < 150


def test_a_trace_says_what_was_allowed_and_where_time_went(writer, vocab):
    result = writer("Ann", trace=True, max_tokens=70)
    trace = result.trace
    assert [step.token_id for step in trace.steps] == list(result.token_ids)
    assert trace.forced == result.usage.forced_tokens
    state, row = writer.constraint.start, np.zeros(vocab.num_words, np.uint32)
    for step in trace.steps:
        assert step.state == state
        assert step.steered or step.allowed == writer.constraint.fill_mask(state, row)
        assert step.steered or step.forced == (step.allowed == 1)
        assert (step.mass is None) == step.forced
        assert step.mass is None or 0 <= step.mass <= 1.0001
        assert all(not row[t >> 5] >> (t & 31) & 1 for name, _ in step.refused for t in vocab.encode(name.encode())[:1] if len(name) == 1)
        state = writer.constraint.advance(state, step.token_id)
    clock = trace.clock
    assert 0 < clock.mask + clock.forward + clock.sample <= clock.total
    assert 0 < clock.mask_share < 1
    assert json.loads(json.dumps(trace.to_dict()))["clock"]["passes"] == clock.passes
    assert writer("Ann").trace is None


def test_steered_steps_are_marked(writer):
    least = writer.constraint.min_tokens(writer.constraint.start)
    result = writer("Ann", trace=True, max_tokens=least + 2, temperature=3.0, seed=3)
    assert result.finish_reason == "closed"
    assert any(step.steered for step in result.trace.steps)


def test_a_function_as_sampler(writer, tokenizer):
    asked = []

    def sampler(request):
        asked.append(request)
        text = '{"identifier":12,"direction":"south","note":""}'
        return [Written(tuple(tokenizer.encode(text, add_special_tokens=False)), "stop", -0.5)] * request.n

    first, second = writer("Ann", n=2, sampler=sampler, temperature=1.0)
    assert first.value["identifier"] == 12
    assert first.weight == -0.5
    assert second == first
    assert asked[0].n == 2
    assert asked[0].constraint is writer.constraint
    with pytest.raises(OptionError, match="sampler='nonsense'"):
        writer("Ann", sampler="nonsense")


def test_the_schema_joins_the_prompt_when_asked_to(ends, tokenizer):
    schema = {"type": "integer", "maximum": 9}
    plain = mw.Generator(schema=schema, **ends)
    asking = mw.Generator(schema=schema, schema_in_prompt=True, **ends)
    extra = len(tokenizer(json.dumps(schema))["input_ids"])
    for prompt in ("Ann", [{"role": "user", "content": "Ann"}]):
        assert asking(prompt, max_tokens=9).usage.prompt_tokens >= plain(prompt, max_tokens=9).usage.prompt_tokens + extra


def test_compiling_is_logged(ends, caplog):
    with caplog.at_level(logging.DEBUG, logger="maskwright"):
        mw.Generator(choice=["a"], **ends)
    assert any("compiled" in record.message for record in caplog.records)


def test_whitespace_does_not_run_away(ends, model):
    """A model that wants nothing but blanks: the default layout bounds them, also over token borders, and there are none at the end."""
    schema = {"type": "array", "items": {"type": "integer", "maximum": 9, "minimum": 0}, "minItems": 3, "maxItems": 3}
    writer = mw.Generator(schema=schema, **ends)
    blanks = [t for t in range(writer.model.vocabulary.size) if writer.model.vocabulary.token_bytes(t).strip() == b""]

    def prefer_blanks(numbers, logits):
        logits = logits.clone()
        logits[:, blanks] += 1000
        return logits

    row = Row(writer.constraint, 400, True, None)
    for _ in decode(writer.model, [writer.model.encode("x")], [row], Sampling(), adjust=prefer_blanks):
        pass
    text = row.data.decode()
    assert row.finish_reason == "stop"
    assert text == text.strip()
    assert max(map(len, "".join(c if c.isspace() else "|" for c in text).split("|"))) <= 33
    assert len(json.loads(text)) == 3


def test_a_model_in_half_precision_and_with_several_ends(tokenizer, vocab):
    import torch

    from .conftest import make_model

    model = make_model(tokenizer, seed=2).to(torch.bfloat16)
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|user|>")]
    writer = mw.Generator(schema=SCHEMA, model=model, tokenizer=tokenizer)
    assert set(writer.model.vocabulary.eos_ids) == set(model.generation_config.eos_token_id)
    for result in writer(["Ann", "Bob is there"], n=3, temperature=1.5, seed=0, max_tokens=80):
        for one in result:
            assert set(one.value) == set(SCHEMA["required"])
            assert not set(one.token_ids) & set(tokenizer.all_special_ids)
    with pytest.raises(BudgetError):
        writer("x", max_tokens=3)
