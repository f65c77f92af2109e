"""`MaskwrightLogitsProcessor` in the decoding modes of ``model.generate``, with real small models."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import LogitsProcessor
from transformers.generation.streamers import BaseStreamer

from maskwright.errors import DeadEnd, OptionError, TokenizerError, TokenRejected, TruncatedOutput
from maskwright.integrations.decoding_loop import DecodingLoop
from maskwright.integrations.generator import Generator
from maskwright.integrations.transformers_plugin import MaskwrightLogitsProcessor

from .conftest import make_model

WORDS = ["yes", "no", "maybe", "north", "south", "a longer answer", "yes, but", "naïve 🙂"]
DIGITS = ["12", "345", "6789", "1234567"]


@pytest.fixture(scope="module")
def words(finite):
    return finite(WORDS)


@pytest.fixture(scope="module")
def digits(finite):
    return finite(DIGITS)


@pytest.fixture
def run(model, tokenizer):
    """Run ``model.generate`` on prompts and return the generated texts."""

    def run(prompts, processor, *, model=model, **options):
        inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left", return_token_type_ids=False)
        options = {"max_new_tokens": 30, "do_sample": False, **options}
        processors = [] if processor is None else [processor]
        output = model.generate(**inputs, logits_processor=processors, **options)
        rows = output[:, inputs["input_ids"].shape[1] :]
        return [tokenizer.decode(row, skip_special_tokens=True) for row in rows]

    return run


class Watch(LogitsProcessor):
    """Pass everything to a processor and check what comes back."""

    def __init__(self, processor):
        self.processor = processor
        self.calls = 0

    def __call__(self, input_ids, scores):
        before = scores.clone()
        masked = self.processor(input_ids, scores)
        assert torch.equal(before, scores), "scores were changed in place"
        assert bool((masked > -torch.inf).any(dim=-1).all()), "a row of minus infinity"
        assert masked.shape == scores.shape
        assert masked.dtype == scores.dtype
        self.calls += 1
        return masked


def test_greedy_equals_our_own_loop(run, words, model, tokenizer):
    processor = MaskwrightLogitsProcessor(words)
    writer = Generator(constraint=words, model=model, tokenizer=tokenizer)
    for prompt in ["Ann", "Bob ordered 2 apples", "where?"]:
        assert run([prompt], Watch(processor)) == [writer(prompt).text]


def test_sampling_stays_in_the_language(run, words):
    torch.manual_seed(0)
    texts = [run(["Ann"], MaskwrightLogitsProcessor(words), do_sample=True, temperature=3.0)[0] for _ in range(10)]
    assert set(texts) <= set(WORDS)
    assert len(set(texts)) > 1


def test_a_batch_of_different_constraints_equals_its_rows(run, words, digits, finite):
    prompts = ["Ann", "Bob ordered 2 apples", "the city of Oslo is north"]
    constraints = [words, digits, finite(["Oslo", "Rome"])]
    have = run(prompts, Watch(MaskwrightLogitsProcessor(constraints)))
    want = [run([prompt], MaskwrightLogitsProcessor(constraint))[0] for prompt, constraint in zip(prompts, constraints)]
    assert have == want


def test_a_row_without_constraint_is_free_but_for_padding_ids(run, words, model, tokenizer):
    class Free(LogitsProcessor):
        def __call__(self, input_ids, scores):
            scores[:, len(tokenizer) :] = -torch.inf
            return scores

    have = run(["Ann", "Bob is"], Watch(MaskwrightLogitsProcessor([words, None])), max_new_tokens=12)
    want = run(["Ann", "Bob is"], Free(), max_new_tokens=12)
    assert have[0] in WORDS
    assert have[1] == want[1]


def test_return_sequences_share_their_prompts_constraint(run, words, digits):
    torch.manual_seed(1)
    processor = MaskwrightLogitsProcessor([words, digits])
    texts = run(["Ann", "Bob is"], Watch(processor), do_sample=True, temperature=2.0, num_return_sequences=4)
    assert set(texts[:4]) <= set(WORDS)
    assert set(texts[4:]) <= set(DIGITS)


@pytest.mark.parametrize("sample", [False, True])
@pytest.mark.parametrize("prompts", [["Ann"], ["Ann", "Bob is there"]])
def test_beams(run, words, digits, prompts, sample):
    torch.manual_seed(2)
    processor = MaskwrightLogitsProcessor([words, digits][: len(prompts)])
    for _ in range(2):                                          # the same object again, same prompts
        texts = run(prompts, Watch(processor), num_beams=4, num_return_sequences=2, do_sample=sample)
        assert set(texts[:2]) <= set(WORDS)
        assert set(texts[2:]) <= set(DIGITS)


def test_the_best_beam_is_the_likeliest_text(run, finite, model, tokenizer, vocab):
    """With as many beams as texts beam search is exact: compare with the enumeration of all token paths."""
    texts = ["ab", "ac", "b", "cd"]
    constraint = finite(texts)
    prompt = tokenizer("Ann")["input_ids"]
    paths, open_paths = [], [([], constraint.start)]
    while open_paths:
        path, state = open_paths.pop()
        for token in range(vocab.size):
            after = constraint.advance(state, token)
            if after == 1:
                paths.append([*path, token])
            elif after:
                open_paths.append(([*path, token], after))

    def score(path):
        with torch.no_grad():
            logits = torch.log_softmax(model(torch.tensor([prompt + path])).logits[0], dim=-1)
        return float(sum(logits[len(prompt) - 1 + k, token] for k, token in enumerate(path)))

    best = max(paths, key=score)
    have = run(["Ann"], MaskwrightLogitsProcessor(constraint), num_beams=12, length_penalty=0.0)
    assert have == [vocab.decode(best).decode()]


def test_prompt_lookup_equals_greedy(run, finite):
    text = "Ann is 31 years old and lives in Oslo."
    constraint = finite([text, text.replace("31", "32"), text.replace("Oslo", "Rome")])
    want = run([f"{text} Repeat: "], MaskwrightLogitsProcessor(constraint))
    processor = Watch(MaskwrightLogitsProcessor(constraint))
    assert run([f"{text} Repeat: "], processor, prompt_lookup_num_tokens=4) == want
    assert run([f"{text} Repeat: "], processor, prompt_lookup_num_tokens=4) == want


@pytest.mark.parametrize("seed", [0, 7])
def test_a_draft_model_equals_greedy(run, tokenizer, finite, seed):
    constraint = finite(["Ann is 31 years old", "Ann is 3 years old", "Bob is 2", *WORDS])
    want = run(["x Ann"], MaskwrightLogitsProcessor(constraint))
    processor = Watch(MaskwrightLogitsProcessor(constraint))
    assistant = make_model(tokenizer, seed=seed)
    for _ in range(2):
        assert run(["x Ann"], processor, assistant_model=assistant) == want


def test_an_assistant_with_another_tokenizer_equals_greedy(run, tokenizer, finite):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(models.BPE({piece: i for i, piece in enumerate(["<pad>", "</s>", *alphabet])}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    other = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", bos_token="</s>")
    constraint = finite(["Ann is 31 years old", "Ann is 3 years old", *WORDS])
    want = run(["x Ann"], MaskwrightLogitsProcessor(constraint))
    options = {"assistant_model": make_model(other, seed=1), "tokenizer": tokenizer, "assistant_tokenizer": other}
    assert run(["x Ann"], Watch(MaskwrightLogitsProcessor(constraint)), **options) == want


def test_a_static_cache_equals_a_growing_one(run, words):
    want = run(["Ann", "Bob is"], MaskwrightLogitsProcessor(words))
    assert run(["Ann", "Bob is"], MaskwrightLogitsProcessor(words), cache_implementation="static", disable_compile=True) == want


def test_one_object_serves_any_sequence_of_calls(run, words, digits):
    processor = MaskwrightLogitsProcessor(words)
    prompts = [["Ann"], ["Ann"], ["Ann is"], ["Bob", "Ann is 31"], ["Ann is 31 years old"], ["Ann"]]
    have = [run(p, processor) for p in prompts]
    assert have == [run(p, MaskwrightLogitsProcessor(words)) for p in prompts]
    assert run(["Ann"], MaskwrightLogitsProcessor(digits))[0] in DIGITS


def test_a_conversation_that_grows_begins_anew_each_time(run, words):
    processor, prompt = MaskwrightLogitsProcessor(words), "Ann"
    for _ in range(3):
        (answer,) = run([prompt], processor)
        assert answer in WORDS
        prompt += answer + "</s> and then?"


def test_after_an_interrupted_call_the_next_one_starts_clean(run, words):
    class Interrupt(LogitsProcessor):
        def __init__(self, processor):
            self.processor = processor
            self.left = 2

        def __call__(self, input_ids, scores):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return self.processor(input_ids, scores)

    processor = MaskwrightLogitsProcessor(words)
    with pytest.raises(KeyboardInterrupt):
        run(["Ann"], Interrupt(processor))
    assert run(["Ann"], processor)[0] in WORDS
    assert run(["Ann is"], processor)[0] in WORDS


def scores_for(processor, ids, width=None):
    width = width or processor.vocab.size
    return processor(torch.tensor(ids), torch.zeros(len(ids), width))


def allowed_in(scores):
    return [set(torch.nonzero(row > -torch.inf).flatten().tolist()) for row in scores]


def test_the_state_is_a_function_of_the_tokens(words, tokenizer):
    """Any order of calls with a given prompt length gives the masks of a fresh processor."""
    rows = [[5, 6, *tokenizer(text)["input_ids"]] for text in ["maybe", "yes, but", "north", "a longer answer"]]
    calls = [[row[:length]] for row in rows for length in range(2, len(row) + 1)]
    calls = calls[::3] + calls[::-1] + calls[1::3]
    processor = MaskwrightLogitsProcessor(words, prompt_length=2)
    for call in calls:
        want = scores_for(MaskwrightLogitsProcessor(words, prompt_length=2), call)
        assert torch.equal(scores_for(processor, call), want)


def test_finished_rows_may_only_end(words, tokenizer, vocab):
    ids = [9, *tokenizer("no")["input_ids"], tokenizer.eos_token_id]
    processor = MaskwrightLogitsProcessor(words, prompt_length=1)
    for padding in [0, 3]:
        assert allowed_in(scores_for(processor, [ids + [tokenizer.pad_token_id] * padding])) == [set(vocab.eos_ids)]


def test_a_forbidden_token_raises_or_ends_the_row(words, tokenizer, vocab):
    bad = tokenizer("x")["input_ids"]
    with pytest.raises(TokenRejected, match=f"token {bad[0]} at position 0"):
        scores_for(MaskwrightLogitsProcessor(words, prompt_length=1), [[9, *bad]])
    processor = MaskwrightLogitsProcessor(words, on_dead="eos")
    scores_for(processor, [[9]])
    assert allowed_in(scores_for(processor, [[9, *bad]])) == [set(vocab.eos_ids)]


def test_a_dead_end_raises_or_ends_the_row(vocab):
    class DeadEnded:
        start = 2

        def __init__(self):
            self.vocab = vocab

        def fill_mask(self, state, row, budget=None):
            row[:] = 0
            return 0

    with pytest.raises(DeadEnd, match="row 0 after 0 generated tokens"):
        scores_for(MaskwrightLogitsProcessor(DeadEnded()), [[9]])
    assert allowed_in(scores_for(MaskwrightLogitsProcessor(DeadEnded(), on_dead="eos"), [[9]])) == [set(vocab.eos_ids)]


def test_scores_that_leave_nothing_stay_finite(words, vocab):
    processor = MaskwrightLogitsProcessor(words)
    masked = processor(torch.tensor([[9]]), torch.full((1, vocab.size + 5), -torch.inf))
    assert allowed_in(masked) == [{t for t in range(vocab.size) if words.advance(words.start, t)}]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_the_dtype_of_the_scores_is_kept(words, vocab, dtype):
    masked = MaskwrightLogitsProcessor(words)(torch.tensor([[9]]), torch.zeros(1, vocab.size, dtype=dtype))
    assert masked.dtype == dtype


def test_bad_arguments_are_named(words, vocab, finite):
    with pytest.raises(OptionError, match="on_dead='stop'"):
        MaskwrightLogitsProcessor(words, on_dead="stop")
    with pytest.raises(OptionError, match="prompt_length=-1"):
        MaskwrightLogitsProcessor(words, prompt_length=-1)
    with pytest.raises(OptionError, match="compiled constraint"):
        MaskwrightLogitsProcessor({"type": "object"})
    with pytest.raises(OptionError, match="vocab=None"):
        MaskwrightLogitsProcessor([None, None])
    with pytest.raises(OptionError, match="the batch has 3 rows"):
        scores_for(MaskwrightLogitsProcessor([words, words]), [[1], [2], [3]])
    with pytest.raises(OptionError, match="prompt_length=4"):
        scores_for(MaskwrightLogitsProcessor(words, prompt_length=4), [[1]])
    with pytest.raises(TokenizerError, match="do not belong together"):
        scores_for(MaskwrightLogitsProcessor(words), [[1]], width=vocab.size - 1)
    free = scores_for(MaskwrightLogitsProcessor(None, vocab), [[1]], width=vocab.size + 7)
    assert allowed_in(free) == [set(range(vocab.size))]


@pytest.mark.parametrize("jump", ["tokens", "bytes", "off"])
def test_our_loop_as_custom_generate_equals_the_processor(run, finite, jump, tokenizer):
    constraints = [finite(["a longer answer", "another one"]), finite(DIGITS)]
    loop = DecodingLoop(constraints, jump=jump, tokenizer=tokenizer)
    prompts = ["Ann", "Bob ordered 2 apples"]
    have = run(prompts, None, custom_generate=loop)
    assert have[0] in ("a longer answer", "another one")
    assert have[1] in DIGITS
    if jump != "bytes":
        assert have == run(prompts, MaskwrightLogitsProcessor(constraints))
    assert set(loop.finish_reasons) == {"stop"}


def test_our_loop_samples_per_row_and_returns_sequences(run, words, digits):
    loop = DecodingLoop([words, digits], seed=4)
    options = {"do_sample": True, "temperature": 3.0, "num_return_sequences": 4, "custom_generate": loop}
    have = run(["Ann", "Bob is"], None, **options)
    assert set(have[:4]) <= set(WORDS)
    assert set(have[4:]) <= set(DIGITS)
    assert have == run(["Ann", "Bob is"], None, **options)
    assert len(set(have[:4])) > 1


def test_our_loop_closes_in_time_and_honours_processors_and_criteria(run, vocab, model, tokenizer):
    import maskwright as mw

    constraint = mw.compile(vocab, schema={"type": "array", "items": {"type": "integer"}}, whitespace="compact")
    for budget in range(2, 12):
        (text,) = run(["Ann"], None, custom_generate=DecodingLoop(constraint, seed=budget), do_sample=True, max_new_tokens=budget)
        assert isinstance(json.loads(text), list)
    choice = mw.compile(vocab, regex="[ab]{4}")
    first = run(["Ann"], None, custom_generate=DecodingLoop(choice))[0]
    bad = [tokenizer(letter)["input_ids"] for letter in set(first)][:1]
    second = run(["Ann"], None, custom_generate=DecodingLoop(choice), bad_words_ids=bad)[0]
    assert choice.accepts(second)
    assert tokenizer.decode(bad[0]) not in second or len(set(first)) == 2
    with pytest.raises(OptionError, match="num_beams=3"):
        run(["Ann"], None, custom_generate=DecodingLoop(choice), num_beams=3)
    with pytest.raises(TruncatedOutput):
        run(["Ann"], None, custom_generate=DecodingLoop(choice, on_truncation="raise"), max_new_tokens=1)


class Seen(BaseStreamer):
    def __init__(self):
        self.tokens = []
        self.ended = False

    def put(self, value):
        self.tokens.append(value.flatten().tolist())

    def end(self):
        self.ended = True


def test_streamers_see_every_token(run, finite, model, tokenizer, vocab):
    constraint = finite(["a longer answer", "a longer word"])
    seen = Seen()
    (text,) = run(["Ann"], MaskwrightLogitsProcessor(constraint), streamer=seen)
    assert vocab.decode([t for put in seen.tokens[1:] for t in put if t not in vocab.eos_ids]).decode() == text
    assert seen.ended
    own = Seen()
    (same,) = run(["Ann"], None, custom_generate=DecodingLoop(constraint, streamer=own))
    assert same == text
    assert vocab.decode([t for put in own.tokens for t in put]).decode() == text
    assert own.ended


SMALL = {"num_blocks": 64, "max_batch_tokens": 128}


def test_continuous_batching_of_different_constraints_equals_each_alone(run, words, digits, tokenizer, finite, model):
    from maskwright.integrations.continuous_batching import generate_batch

    fresh = make_model(tokenizer)                                # a manager switches its model's attention
    prompts = ["Ann", "Bob ordered 2 apples", "the city of Oslo is north"]
    inputs = [tokenizer(p)["input_ids"] for p in prompts]
    have = generate_batch(fresh, MaskwrightLogitsProcessor(words).vocab, inputs, [words, None, digits], max_new_tokens=12, **SMALL)
    texts = [tokenizer.decode(ids, skip_special_tokens=True) for ids in have]
    assert texts[0] == run([prompts[0]], MaskwrightLogitsProcessor(words))[0]
    assert texts[2] == run([prompts[2]], MaskwrightLogitsProcessor(digits))[0]
    with pytest.raises(OptionError, match="one per prompt"):
        generate_batch(fresh, tokenizer, inputs, [words], **SMALL)


def test_a_version_of_transformers_that_batches_otherwise_is_refused(model, tokenizer, monkeypatch):
    from maskwright.integrations import continuous_batching

    monkeypatch.setattr(continuous_batching, "_Base", object)
    with pytest.raises(OptionError, match="ContinuousBatchingLogitsProcessor"):
        continuous_batching.init_continuous_batching(model, tokenizer)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")  # torch's own, where it compiles
def test_a_static_cache_with_a_compiled_forward_equals_a_growing_one(run, words, tokenizer):
    """Only the forward pass is compiled; processors run outside of it."""
    want = run(["Ann", "Bob is"], MaskwrightLogitsProcessor(words))
    compiled = make_model(tokenizer)
    compiled.forward = torch.compile(compiled.forward, dynamic=True)
    assert run(["Ann", "Bob is"], MaskwrightLogitsProcessor(words), model=compiled, cache_implementation="static") == want
