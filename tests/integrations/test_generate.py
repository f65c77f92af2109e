"""`generate` and `Generator` on a small seeded model: what comes out is in the language, complete, and reproducible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from maskwright.errors import BudgetError, ContextLengthError, OptionError, TokenizerError, TruncatedOutput
from maskwright.integrations.generate import generate, stream
from maskwright.integrations.generator import Generator

from .conftest import make_model

WORDS = ["yes", "no", "maybe", "north", "south", "a much longer answer that takes many tokens", "yes, but", "naïve 🙂"]


@pytest.fixture(scope="module")
def writer(model, tokenizer, finite):
    return Generator(constraint=finite(WORDS), model=model, tokenizer=tokenizer)


def test_text_is_a_sentence_and_tokens_spell_it(writer, vocab):
    result = writer("Is Ann here?")
    assert result.text in WORDS
    assert result.value == result.text
    assert result.finish_reason == "stop"
    assert vocab.decode(result.token_ids).decode() == result.text
    assert result.usage.completion_tokens == len(result.token_ids)
    assert result.logprobs is None


def test_shapes_follow_the_prompt(writer):
    one = writer("x")
    assert [r.text for r in writer(["x", "x"])] == [one.text] * 2
    assert [r.text for r in writer("x", n=3)] == [one.text] * 3
    nested = writer(["x", "y"], n=2)
    assert [len(texts) for texts in nested] == [2, 2]
    assert writer([]) == []
    chat = [{"role": "user", "content": "x"}]
    assert writer(chat).text in WORDS
    assert len(writer([chat, "x"])) == 2


SAMPLINGS = [{}, {"temperature": 1.0, "seed": 5}, {"temperature": 1.5, "seed": 5, "top_p": 0.9, "top_k": 20, "min_p": 0.01}]


@pytest.mark.parametrize("options", SAMPLINGS)
def test_a_row_is_written_alike_alone_and_in_a_batch(writer, options):
    prompts = ["Ann", "Bob ordered 2 apples and 10 pears", "", "where is Oslo? " * 4]
    have = [r.token_ids for r in writer(prompts, batch_size=3, **options)]
    want = [writer(prompt, **options).token_ids for prompt in prompts]
    assert have == want


def test_samples_of_a_prompt_differ_and_the_first_is_the_one_alone(writer):
    texts = [r.token_ids for r in writer("Ann", n=12, temperature=2.0, seed=1)]
    assert texts[0] == writer("Ann", temperature=2.0, seed=1).token_ids
    assert len(set(texts)) > 1
    assert texts == [r.token_ids for r in writer("Ann", n=12, temperature=2.0, seed=1, batch_size=5)]


def test_greedy_equals_a_loop_without_cache_and_batch(writer, model, tokenizer, finite, vocab):
    constraint = finite(WORDS)
    ids, state, want = tokenizer("Ann says")["input_ids"], constraint.start, []
    row = np.zeros(vocab.num_words, np.uint32)
    while True:
        allowed = [t for t in range(vocab.size) if constraint.advance(state, t)]
        if allowed == list(vocab.eos_ids):
            break
        with torch.no_grad():
            logits = model(torch.tensor([ids + want])).logits[0, -1]
        token = max(allowed, key=lambda t: float(logits[t]))
        if token in vocab.eos_ids:
            break
        want.append(token)
        state = constraint.advance(state, token)
    assert list(writer("Ann says").token_ids) == want
    assert constraint.fill_mask(constraint.start, row) > 0


def test_sampling_follows_the_masked_distribution(model, tokenizer, finite, vocab):
    """One step, 2,000 draws: frequencies against the renormalised softmax (chi-square, 99.9 %)."""
    letters = ["a", "b", "c", "d", "e"]
    writer = Generator(constraint=finite(letters), model=model, tokenizer=tokenizer)
    results = writer("x", n=2000, temperature=1.7, seed=3, batch_size=2000)
    with torch.no_grad():
        logits = model(torch.tensor([tokenizer("x")["input_ids"]])).logits[0, -1].double() / 1.7
    ids = [tokenizer(letter)["input_ids"][0] for letter in letters]
    want = torch.softmax(logits[ids], 0).numpy() * 2000
    have = np.array([sum(r.text == letter for r in results) for letter in letters])
    assert ((have - want) ** 2 / want).sum() < 18.5


def test_every_budget_closes_the_text_or_is_refused_before_decoding(model, tokenizer, finite):
    constraint = finite(["[1, 22, 333, 4444, 55555]", "[1, 22, 333]", "[1]"])
    writer = Generator(constraint=constraint, model=model, tokenizer=tokenizer)
    least = constraint.min_tokens(constraint.start)
    seen = set()
    for budget, seed in itertools.product(range(1, 16), range(3)):
        if budget < least:
            with pytest.raises(BudgetError, match=f"takes {least} tokens, the budget is {budget}"):
                writer("x", max_tokens=budget)
            continue
        result = writer("x", max_tokens=budget, temperature=8.0, seed=seed)
        assert result.text.encode() in constraint.texts
        assert len(result.token_ids) <= budget
        seen.add(result.finish_reason)
    assert seen == {"stop", "closed"}


def test_a_cut_text_is_never_called_complete(model, tokenizer, finite):
    writer = Generator(constraint=finite(["abcdefghijkl"]), model=model, tokenizer=tokenizer)
    cut = writer("x", max_tokens=2, on_truncation="return")
    assert (cut.finish_reason, cut.value, cut.complete) == ("length", None, False)
    assert "abcdefghijkl".startswith(cut.text)
    longer = Generator(constraint=finite(["a", "abcdefghijklm"]), model=model, tokenizer=tokenizer)
    seed = next(s for s in range(99) if not longer("x", max_tokens=2, on_truncation="return", temperature=3.0, seed=s).complete)
    with pytest.raises(TruncatedOutput, match="cut by the token budget"):
        longer("x", max_tokens=2, on_truncation="raise", temperature=3.0, seed=seed)


def test_logprobs_are_finite_and_those_of_the_model(writer, model, tokenizer):
    result = writer("Ann", logprobs=3)
    ids = tokenizer("Ann")["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids + list(result.token_ids)])).logits[0]
    assert [entry.token_id for entry in result.logprobs] == list(result.token_ids)
    for place, entry in enumerate(result.logprobs):
        want = torch.log_softmax(logits[len(ids) - 1 + place], 0)
        assert entry.logprob == pytest.approx(float(want[entry.token_id]), abs=1e-4)
        assert entry.logprob - 1e-5 <= entry.masked_logprob <= 1e-6
        assert [t for t, _ in entry.top] == want.topk(3).indices.tolist()
    assert b"".join(entry.token for entry in result.logprobs).decode() == result.text


def test_a_stream_adds_up_to_the_result(model, tokenizer, finite):
    writer = Generator(constraint=finite(["naïve 🙂"]), model=model, tokenizer=tokenizer)
    events = list(writer.stream("x"))
    assert "".join(event.delta for event in events) == "naïve 🙂"
    assert all("\ufffd" not in event.text for event in events)
    assert [event.result is None for event in events] == [True] * (len(events) - 1) + [False]
    assert events[-1].result == writer("x")


def test_padding_tokens_of_the_head_and_special_tokens_are_never_written(tokenizer, finite):
    writer = Generator(constraint=finite(WORDS), model=make_model(tokenizer, seed=3, extra=100), tokenizer=tokenizer)
    for result in writer("x", n=16, temperature=5.0, seed=0):
        assert all(token < len(tokenizer) for token in result.token_ids)
        assert not set(result.token_ids) & set(tokenizer.all_special_ids)
        assert result.text in WORDS


def test_logits_of_minus_infinity_or_nan_do_not_break_a_row(model, tokenizer, finite, monkeypatch):
    from maskwright.integrations import transformers_model

    def spoil(self, *args):
        original(self, *args)
        self.logits[:] = -torch.inf
        self.logits[:, 5] = torch.nan

    original = transformers_model.Session._forward
    monkeypatch.setattr(transformers_model.Session, "_forward", spoil)
    writer = Generator(constraint=finite(WORDS), model=model, tokenizer=tokenizer)
    assert writer("x").text in WORDS
    assert all(r.text in WORDS for r in writer("x", n=4, temperature=1.0, seed=0))


def test_a_model_without_cache_is_fed_everything(writer, model, tokenizer, finite, monkeypatch):
    want = writer(["Ann", "Bob is"])
    forward = type(model).forward

    def without_cache(self, input_ids, attention_mask, position_ids, **kwargs):
        positions = (attention_mask.cumsum(1) - 1).clamp(min=0)
        return forward(self, input_ids=input_ids, attention_mask=attention_mask, position_ids=positions, use_cache=False)

    monkeypatch.setattr(type(model), "forward", without_cache)
    have = Generator(constraint=finite(WORDS), model=model, tokenizer=tokenizer)(["Ann", "Bob is"])
    assert [r.text for r in have] == [r.text for r in want]


BAD_OPTIONS = [
    ({"max_tokens": 0}, "max_tokens=0"),
    ({"max_tokens": True}, "max_tokens=True"),
    ({"temperature": -1}, "temperature=-1"),
    ({"temperature": float("nan")}, "temperature=nan"),
    ({"top_p": 0}, "top_p=0"),
    ({"top_p": 1.5}, "top_p=1.5"),
    ({"top_k": 0}, "top_k=0"),
    ({"min_p": 2}, "min_p=2"),
    ({"seed": -1}, "seed=-1"),
    ({"n": 0}, "n=0"),
    ({"logprobs": -1}, "logprobs=-1"),
    ({"on_truncation": "cut"}, "on_truncation='cut'"),
    ({"batch_size": 0}, "batch_size=0"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS, ids=[m for _, m in BAD_OPTIONS])
def test_an_unusable_option_is_named(writer, options, message):
    with pytest.raises(OptionError, match=message.replace("(", r"\(")):
        writer("x", **options)


@pytest.mark.parametrize("prompt", [7, b"x", {"role": "user"}, [1, 2], [[]], None])
def test_an_unusable_prompt_is_refused(writer, prompt):
    with pytest.raises(OptionError, match="prompt="):
        writer(prompt)


def test_unknown_options_are_not_swallowed(writer, model, tokenizer):
    with pytest.raises(OptionError, match=r"max_token=3.*did you mean 'max_tokens'"):
        writer("x", max_token=3)
    with pytest.raises(OptionError, match=r"regex='a'.*belongs to Generator"):
        writer("x", regex="a")
    with pytest.raises(OptionError, match=r"shema=.*did you mean 'schema'"):
        generate("x", shema={}, model=model, tokenizer=tokenizer)
    with pytest.raises(OptionError, match=r"max_new_tokens=5.*did you mean 'max_tokens'"):
        generate("x", regex="a", max_new_tokens=5, model=model, tokenizer=tokenizer)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"choice": "yes"},
        {"regex": "a", "choice": ["b"]},
        {"regex": "a", "syntax": "lark"},
        {"grammar": "x"},
        {"regex": "a", "numbers": "exact"},
    ],
    ids=str,
)
def test_exactly_one_constraint_with_its_own_options(model, tokenizer, options):
    with pytest.raises(OptionError):
        generate("x", model=model, tokenizer=tokenizer, **options)


def test_a_prompt_longer_than_the_window_is_refused(writer, model, tokenizer):
    with pytest.raises(ContextLengthError, match="window of 256"):
        writer("x " * 300)
    room = "\x07" * 255
    assert len(tokenizer(room)["input_ids"]) == 255
    result = writer(room, max_tokens=9)
    assert len(result.token_ids) == 1
    assert result.complete


def test_a_model_and_a_tokenizer_that_do_not_fit_are_refused(tokenizer, finite):
    with pytest.raises(TokenizerError, match="do not belong together"):
        Generator(constraint=finite(["a"]), model=make_model(tokenizer, extra=-5), tokenizer=tokenizer)


def test_a_model_needs_its_tokenizer_and_a_folder_must_be_one(model, tokenizer, finite, tmp_path):
    with pytest.raises(OptionError, match="tokenizer=None"):
        Generator(constraint=finite(["a"]), model=model)
    with pytest.raises(OptionError, match="model="):
        Generator(constraint=finite(["a"]), model=tmp_path / "nothing", tokenizer=tokenizer)
    with pytest.raises(OptionError, match="model=3"):
        Generator(constraint=finite(["a"]), model=3, tokenizer=tokenizer)


def test_a_saved_folder_is_a_model(writer, model, tokenizer, finite, tmp_path):
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again = Generator(constraint=finite(WORDS), model=str(tmp_path))
    assert again("Ann").text == writer("Ann").text


def test_stream_is_generate_step_by_step(model, tokenizer, finite):
    options = {"constraint": finite(WORDS), "model": model, "tokenizer": tokenizer, "temperature": 1.0, "seed": 4}
    *_, last = stream("Ann", **options)
    assert last.result == generate("Ann", **options)
