"""Samplers on a small transformers model: the adapter against full passes, and `generate` with each of them."""

import math

import numpy as np
import pytest
import torch

import maskwright as mw
from maskwright.errors import NoSampleError, OptionError
from maskwright.integrations.generator import Generator
from maskwright.integrations.language_model import TransformersLM
from maskwright.integrations.sampler_runs import NAMES, Sampler
from maskwright.integrations.transformers_model import TransformersModel
from maskwright.samplers.exact import enumerate_target
from maskwright.samplers.potentials import Predicate, Weight
from maskwright.samplers.smc import Smc
from maskwright.samplers.target import Target


@pytest.fixture(scope="module")
def loaded(model, tokenizer):
    return TransformersModel(model, tokenizer)


def full_pass(loaded, ids):
    with torch.no_grad():
        logits = loaded.model(torch.tensor([ids])).logits[0, -1]
    return torch.log_softmax(logits.double(), -1).numpy()


@pytest.mark.parametrize("prompt", [[5, 9, 30], [7]], ids=["prompt", "one token"])
def test_rows_are_those_of_full_passes(loaded, prompt):
    """Prefixes of different lengths in one batch, extended, waiting, forked, dropped: every row as if read alone."""
    lm = TransformersLM(loaded, prompt)
    texts = [[40, 41, 42], [], [50], []]
    session = lm.start(texts)

    def check():
        assert session.logprobs.dtype == np.float64
        assert np.exp(session.logprobs).sum(axis=1) == pytest.approx(1, abs=1e-12)
        for text, row in zip(texts, session.logprobs):
            assert row == pytest.approx(full_pass(loaded, prompt + text), abs=2e-4)

    check()
    for tokens in ([60, 61, 62, 63], [-1, 70, -1, 71], [80, -1, 81, 82]):
        session.extend(tokens)
        texts = [[*text, token] if token >= 0 else text for text, token in zip(texts, tokens)]
        check()
    session.select([2, 2, 0, 3, 3])
    texts = [list(texts[i]) for i in (2, 2, 0, 3, 3)]
    check()
    session.extend([90, 91, 92, 93, 94])
    texts = [[*text, token] for text, token in zip(texts, (90, 91, 92, 93, 94))]
    check()
    session.select([4])
    texts = [texts[4]]
    check()


def test_the_prompt_is_read_once(loaded):
    lm = TransformersLM(loaded, list(range(10, 30)))
    lm.start([[]] * 8)
    assert (lm.usage.calls, lm.usage.tokens) == (2, 20)         # the prompt but its last token; that one, for one row: the 8 are equal
    session = lm.start([[40], [41, 42]])
    assert (lm.usage.calls, lm.usage.tokens) == (3, 25)
    session.extend([50, -1])
    assert (lm.usage.calls, lm.usage.tokens) == (4, 26)
    session.extend([-1, -1])
    assert lm.usage.calls == 4


def test_models_that_cannot_wait(loaded, monkeypatch):
    lm = TransformersLM(loaded, [5, 9, 30])
    monkeypatch.setattr(loaded, "takes_gaps", False)
    session = lm.start([[40, 41], []])                          # read anew, padded in front
    for text, row in zip([[40, 41], []], session.logprobs):
        assert row == pytest.approx(full_pass(loaded, [5, 9, 30, *text]), abs=2e-4)
    with pytest.raises(OptionError, match="go in step"):
        session.extend([50, -1])


@pytest.fixture(scope="module")
def writer(model, tokenizer):
    return Generator(regex="(yes|no|maybe)( (yes|no))?", model=model, tokenizer=tokenizer)


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {"rejection"}))
def test_every_sampler_through_generate(writer, name):
    results = writer("Ann", sampler=name if name != "awrs" else Sampler("awrs", potential=Predicate(lambda text: True)), n=3, seed=1)
    assert len(results) == 3
    for result in results:
        assert result.complete
        assert writer.constraint.accepts(result.text)
        report = result.sampling
        assert report is results[0].sampling
        assert report.model_calls > 0
        assert report.attempts >= 1 or name in ("beam", "random-beam")
        assert isinstance(result.weight, float)
        assert "conditioned on the constraint within" in report.target
        assert 0 < report.ess <= 3 + 1e-9
        assert math.isnan(report.log_evidence) == (name in ("mcmc", "beam"))
        assert report.log_evidence < 0 or math.isnan(report.log_evidence)
    again = writer("Ann", sampler=name if name != "awrs" else Sampler("awrs", potential=Predicate(lambda text: True)), n=3, seed=1)
    assert [r.text for r in again] == [r.text for r in results]
    if name == "auto":
        assert report.notes["choice"].reason


def test_one_text(writer):
    result = writer("Ann", sampler="cars", seed=2)
    assert result.complete
    assert result.sampling.exact


def test_the_law_through_generate(model, tokenizer):
    """CARS at temperature 1.3, 1500 texts: under the 99.9 % quantile of exact draws from the enumerated target; masked sampling is not."""
    writer = Generator(regex="(yes|no|maybe)", model=model, tokenizer=tokenizer)
    loaded = writer.model
    from maskwright.samplers.target import Warp

    target = Target(TransformersLM(loaded, loaded.encode("Bob")), writer.constraint, 12, warp=Warp(temperature=1.3))
    law = enumerate_target(target, max_prefixes=5000)
    band = law.null_band(1500, seed=5).q999
    results = writer("Bob", sampler=Sampler("cars", batch=16), n=1500, temperature=1.3, seed=3, max_tokens=12)
    assert law.distance([r.token_ids for r in results]) < band
    assert results[0].sampling.log_evidence == pytest.approx(law.log_z, abs=0.3)
    masked = writer("Bob", sampler="weighted", n=1500, temperature=1.3, seed=3, max_tokens=12)
    assert law.distance([r.token_ids for r in masked]) > band


def test_a_predicate_through_generate(writer):
    spaced = Predicate(lambda text: " " in text)
    for name in ("cars", "smc", "importance", "awrs", "mcmc"):
        options = {"particles": 24} if name in ("smc", "importance") else {}
        results = writer("Ann", sampler=Sampler(name, potential=spaced, **options), n=4, seed=4)
        good = [r for r in results if r.complete]
        assert good
        assert all(" " in r.text for r in good)
        assert all(r.weight == -math.inf for r in results if not r.complete)
        assert results[0].sampling.checks > 0


def test_the_budget_rules(writer):
    closed = writer("Ann", sampler="smc", n=8, max_tokens=3, seed=5)
    assert all(r.complete and len(r.token_ids) <= 3 for r in closed)
    cut = writer("Ann", sampler="weighted", n=24, max_tokens=3, seed=5, on_truncation="return")
    assert {r.finish_reason for r in cut} >= {"length"}
    for r in cut:
        assert r.complete or r.weight == -math.inf
        assert not r.complete or writer.constraint.accepts(r.text)


def test_typed_values_and_batches(model, tokenizer):
    writer = Generator(schema={"enum": [1, "two", None]}, model=model, tokenizer=tokenizer)
    one, other = writer(["Ann", "Bob"], sampler="cars", n=2, seed=6)
    for result in (*one, *other):
        assert result.value in (1, "two", None)
    assert one[0].sampling is not other[0].sampling


@pytest.mark.parametrize("sampler", ["cars", "smc", "importance", "mcmc", "awrs", "asap", "enumeration", "auto"])
def test_validators_of_a_type_are_part_of_the_target(model, tokenizer, sampler):
    """Texts that a validator refuses are none of the target's: no result raises when its value is asked for."""
    from pydantic import RootModel, field_validator

    class Even(RootModel[int]):
        @field_validator("root")
        @classmethod
        def even(cls, value):
            if value not in (2, 4):
                raise ValueError("2 or 4")
            return value

    results = Generator(schema=Even, model=model, tokenizer=tokenizer)("Ann", sampler=sampler, n=2, seed=3, max_tokens=1)
    assert {result.value.root for result in results if result.weight > -math.inf} <= {2, 4}
    assert any(result.weight > -math.inf for result in results)


def test_refusals(writer):
    with pytest.raises(OptionError, match="temperature"):
        writer("Ann", sampler="cars", temperature=0.0)
    with pytest.raises(OptionError, match='"smc"'):
        writer("Ann", sampler="sms")
    with pytest.raises(OptionError, match="logprobs"):
        writer("Ann", sampler="cars", logprobs=2)
    with pytest.raises(NoSampleError, match="of 200"):
        writer("Ann", sampler=Sampler("random-beam"), n=2000, max_tokens=2)
    with pytest.raises(NoSampleError, match="after 64 attempts"):
        writer("Ann", sampler=Sampler("rejection", max_attempts=64))
    with pytest.raises(OptionError, match="particles"):
        writer("Ann", sampler=Sampler("smc", particles=0))
    for option in ({"jump": "bytes"}, {"attempts": 3}, {"batch_size": 2}):
        with pytest.raises(OptionError, match="samplers have options of their own"):
            writer("Ann", sampler="cars", **option)


def test_critics_through_generate(writer):
    """Weights that are no predicate steer SMC as critics."""
    shorter = Weight(lambda text: -3.0 * len(text), prefix=lambda text: -3.0 * len(text))
    results = writer("Ann", sampler=Sampler("smc", potential=shorter, particles=32), n=4, seed=7)
    assert np.mean([len(r.text) for r in results]) < 6


def test_alignment_on_a_model(loaded):
    """Particles wait for each other in bytes, on a real cache; weights stay those of full passes."""
    constraint = mw.compile(loaded.vocabulary, regex="(yes|no|maybe)( (yes|no))?")
    target = Target(TransformersLM(loaded, loaded.encode("Ann")), constraint, 12)
    run = Smc(target, particles=12, ess=1.0, align=2).run(12, seed=8)
    prompt = target.model.prompt
    for sample in run.valid[:4]:
        steps = [full_pass(loaded, prompt + list(sample.tokens[:i]))[step.token] for i, step in enumerate(sample.steps)]
        assert sample.log_p == pytest.approx(sum(steps), abs=1e-2)
