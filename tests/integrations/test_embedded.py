"""The embedded model: its corpus, its prompt, its tokenizer, and that it reads."""

from __future__ import annotations

import json
import random
import re
import time
import zlib

import pytest

import maskwright as mw
from maskwright.integrations.embedded.data import Sample, drill, sample
from maskwright.integrations.embedded.data_shapes import combination_is_held_out
from maskwright.integrations.embedded.data_words import FIRST, Picker, glued, is_held_out
from maskwright.integrations.embedded.load import WEIGHTS, load_embedded
from maskwright.integrations.embedded.prompt import MAX_SKETCH, SCHEMA_MARK, format_prompt, sketch

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")


# -- prompt ---------------------------------------------------------------------------------------------------------------------------

RECURSIVE = {"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}}}
SKETCHES = [
    ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["a"]}, '{"a":integer,"b"?:string}'),
    ({"type": ["string", "null"]}, "string|null"),
    ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number|null"),
    ({"enum": ["é", 1, None]}, '"é"|1|null'),
    ({"const": {"a": 1}}, '{"a":1}'),
    ({"type": "string", "format": "date", "title": "D"}, "date"),
    ({"type": "string", "pattern": "^[0-9]$"}, "/^[0-9]$/"),
    ({"type": "array", "items": {"type": "boolean"}}, "[boolean]"),
    ({"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, "[string,integer*]"),
    ({"type": "object", "additionalProperties": {"type": "number"}}, "{*:number}"),
    ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "integer"}}}, "integer"),
    ({"$ref": "#/nowhere"}, "any"),
    (True, "any"),
    (False, "never"),
    ({}, "any"),
]


@pytest.mark.parametrize(("schema", "want"), SKETCHES)
def test_sketch(schema, want):
    assert sketch(schema) == want


def test_sketch_is_bounded():
    wide = {"type": "object", "properties": {f"key{i}": RECURSIVE for i in range(1000)}}
    assert len(sketch(wide)) <= MAX_SKETCH
    assert len(sketch(RECURSIVE)) < 200


def test_prompt_states_what_is_asked():
    assert format_prompt("t", choices=["a", "b"]) == "t<|schema|>a | b<|answer|>"
    assert format_prompt("t", regex="[0-9]+") == "t<|schema|>/[0-9]+/<|answer|>"
    assert format_prompt("t") == "t<|schema|><|answer|>"


# -- corpus ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held_out", [False, True])
def test_corpus_is_determined_by_its_seed(held_out):
    first, second = ([sample(rng, held_out) for _ in range(20)] for rng in (random.Random(5), random.Random(5)))
    assert first == second


@pytest.mark.parametrize("held_out", [False, True])
def test_truth_is_graded_right(held_out):
    from maskwright.integrations.embedded.evaluate import grade

    pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    rng = random.Random(6)
    for drawn in (sample(rng, held_out) for _ in range(60)):
        graded = grade(drawn, drawn.answer, ended=True)
        assert graded.valid, drawn
        assert all(right for _, right in graded.leaves), drawn
        assert not grade(drawn, drawn.answer, ended=False).valid


def test_answers_can_be_copied_from_prompts():
    drawn = drill(random.Random(7))
    said = json.loads(drawn.answer)
    assert (said if isinstance(said, str) else said["text"]) in drawn.prompt


def test_drills_copy_every_piece_and_strange_letters():
    rng = random.Random(8)
    pieces = ["tion", "ab", "ner"]
    said = [json.loads(drill(rng, pieces).answer) for _ in range(600)]
    texts = [s if isinstance(s, str) else s["text"] for s in said]
    assert all(any(piece in text for text in texts) for piece in pieces)
    assert any("#" in text for text in texts)
    assert any(c >= "\u0400" for text in texts for c in text)


def test_words_glued_from_pieces_are_of_the_training_side():
    picker = Picker(random.Random(9), held_out=False, pieces=["science", "future", "and", "ab"])
    words = {glued(picker, picker.pieces) for _ in range(500)}
    assert not any(is_held_out(word) or is_held_out(word.lower()) or word.lower() == "and" for word in words)
    assert any("science" in word for word in words)
    assert any("science" in picker.fresh() for _ in range(200))


def test_training_glues_words_from_all_tokens_of_letters():
    pytest.importorskip("torch")
    from maskwright.integrations.embedded.train import word_pieces

    tokenizer = load_embedded()[1]
    pieces = word_pieces(tokenizer)
    assert {"science", "winter", "z"} <= set(pieces) <= {tokenizer.decode([i]) for i in range(len(tokenizer))}
    assert all(piece.isalpha() for piece in pieces)


def test_doubtful_samples_have_more_fields_that_may_be_missing():
    found = []
    for doubtful in (False, True):
        rng = random.Random(11)
        drawn = [sample(rng, doubtful=doubtful) for _ in range(300)]
        may = sum(d.prompt.count('"?:') + d.prompt.count("|null") for d in drawn)
        found.append((may, sum(leaf.kind in ("absent", "null") for d in drawn for leaf in d.leaves)))
    assert found[1][0] > 2 * found[0][0]
    for may, missing in found:
        assert 0.3 < missing / may < 0.6


@pytest.mark.parametrize("options", [{}, {"held_out": True}, {"pieces": ["science", "and", "to", "Le"], "doubtful": True}])
def test_a_reader_can_know_the_strings_asked_for(options):
    rng = random.Random(10)
    checked = 0
    for drawn in (sample(rng, **options) for _ in range(400)):
        text = drawn.prompt.split(SCHEMA_MARK)[0]
        for leaf in drawn.leaves:
            said = leaf.value if isinstance(leaf.value, list) else [leaf.value]
            if leaf.present and leaf.kind in ("string", "array", "map", "records") and isinstance(said[0], str):
                checked += 1
                assert all(value in text or re.fullmatch(r"\d{4}-\d\d-\d\d(T.*)?", value) for value in said), (leaf, drawn.prompt)
                assert leaf.kind != "array" or not any(" and " in value.lower() for value in said)
    assert checked > 500


def test_some_training_texts_draw_from_a_part_of_the_pools_as_small_as_the_held_out_one():
    parts = []
    for seed in range(80):
        picker = Picker(random.Random(seed), held_out=False)
        parts.append({zlib.crc32(picker.word(FIRST).encode()) % 8 for _ in range(60)})
    assert all(0 not in part for part in parts)
    assert 25 < sum(len(part) == 1 for part in parts) < 60
    assert sum(len(part) == 7 for part in parts) > 25


def test_the_sides_share_neither_words_nor_sets_of_keys():
    for held_out in (False, True):
        picker = Picker(random.Random(8), held_out)
        assert all(is_held_out(picker.word(FIRST)) == held_out and is_held_out(picker.fresh()) == held_out for _ in range(50))
        rng = random.Random(9)
        for drawn in (sample(rng, held_out) for _ in range(200)):
            if drawn.family in ("thing", "generic") and len(drawn.schema["properties"]) > 1:
                assert combination_is_held_out(list(drawn.schema["properties"])) == held_out


# -- training -------------------------------------------------------------------------------------------------------------------------


def test_newton_schulz_brings_singular_values_near_one():
    from maskwright.integrations.embedded.train import orthogonalized

    torch.manual_seed(0)
    for shape in ((2, 32, 32), (2, 64, 32), (2, 32, 64)):
        values = torch.linalg.svdvals(orthogonalized(torch.randn(shape)))
        assert 0.3 < values.median() < 1.3
        assert values.max() < 1.5


def random_batch(rows: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(4)
    tokens = torch.randint(10, 1500, (rows, 12), generator=rng)
    return tokens, tokens.masked_fill(torch.rand(rows, 12, generator=rng) < 0.5, -100)


def test_learning_in_parts_is_learning_at_once(monkeypatch):
    from maskwright.integrations.embedded import train

    model = train.new_model(load_embedded()[1], seed=3).float()
    tokens, labels = random_batch()
    found = []
    for part in (10_000, 24):
        monkeypatch.setattr(train, "PART", part)
        model.zero_grad()
        gathered = train.Gathered(model)
        gathered.learn(tokens, labels)
        loss, right, spent, seen = gathered.shared(7.0, 60)
        assert (spent, seen) == (7.0, 60)
        found.append((loss, right, model.model.embed_tokens.weight.grad.clone()))
    model.zero_grad()
    whole, right = train.answer_loss(model, tokens, labels)
    whole.mean().backward()
    for loss, share, gradient in found:
        assert loss == pytest.approx(whole.mean().item(), rel=1e-5)
        assert share == right / len(whole)
        torch.testing.assert_close(gradient, model.model.embed_tokens.weight.grad, rtol=1e-3, atol=1e-6)


def test_the_samples_read_worst_are_learnt_from():
    from maskwright.integrations.embedded import train

    model = train.new_model(load_embedded()[1], seed=3).float()
    tokens, labels = random_batch(rows=10)
    losses = [train.answer_loss(model, tokens[i : i + 1], labels[i : i + 1])[0].sum().item() for i in range(10)]
    worst = sorted(range(10), key=lambda i: -losses[i])[: round(10 * train.HARD)]
    chosen, wanted = train.hardest(model, tokens, labels)
    assert chosen.tolist() == tokens[worst].tolist()
    assert wanted.tolist() == labels[worst].tolist()


def test_workers_learn_from_the_mean_over_all_their_tokens(monkeypatch):
    """A second worker with the same samples changes nothing but their number."""
    from maskwright.integrations.embedded import train

    model = train.new_model(load_embedded()[1], seed=3).float()
    found = []
    for workers in (1, 2):
        monkeypatch.setattr(train.dist, "is_initialized", lambda workers=workers: workers > 1)
        monkeypatch.setattr(train.dist, "get_world_size", lambda workers=workers: workers)
        monkeypatch.setattr(train.dist, "all_reduce", lambda numbers, workers=workers: numbers.mul_(workers))
        model.zero_grad()
        gathered = train.Gathered(model)
        gathered.learn(*random_batch())
        loss, right, spent, seen = gathered.shared(7.0, 60)
        assert (spent, seen) == (7.0, 60 * workers)
        found.append((loss, right, model.model.embed_tokens.weight.grad.clone()))
    assert found[0][:2] == pytest.approx(found[1][:2])
    torch.testing.assert_close(found[0][2], found[1][2])


@pytest.mark.slow
def test_two_workers_train_one_model(tmp_path):
    from maskwright.integrations.embedded import train

    train.train(0.1, tmp_path, seed=1, workers=2)
    state = torch.load(tmp_path / "state.pt")
    assert state["step"] >= 1
    assert state["seen"] >= 2 * 2048 * 0.5
    assert (tmp_path / "export" / "model.safetensors").stat().st_size > 8_000_000
    assert load_embedded(tmp_path / "export")[0].num_parameters() == 4_328_704


def test_learning_rate_rises_then_falls():
    from maskwright.integrations.embedded.train import WARMUP_STEPS, rate_scale

    assert rate_scale(0, 0.0) < rate_scale(WARMUP_STEPS, 0.0) == 1.0
    assert rate_scale(10**6, 0.5) == pytest.approx(0.5**1.7)
    assert rate_scale(10**6, 1.0) == 0.01


# -- evaluation -----------------------------------------------------------------------------------------------------------------------


def test_undeclared_keys_are_allowed_or_forbidden():
    from maskwright.integrations.embedded.evaluate import _source

    drawn = Sample("", "", {"type": "object", "properties": {"a": {"type": "integer"}}}, {}, (), "thing")
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    for forbid in (False, True):
        constraint = mw.compile(vocabulary, **_source(drawn, forbid))
        assert constraint.accepts(b'{"a":1}')
        assert constraint.accepts(b'{"a":1,"b":2}') != forbid


# -- the shipped model ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def embedded():
    return load_embedded()


def test_load_is_fast_and_cached(embedded):
    model, tokenizer = embedded
    began = time.thread_time()
    assert load_embedded()[0] is model
    assert time.thread_time() - began < 0.1
    assert 4_000_000 <= model.num_parameters() <= 6_000_000
    assert model.config.max_position_embeddings >= 1024
    assert model.config.eos_token_id == tokenizer.eos_token_id
    assert (WEIGHTS / "model.safetensors").stat().st_size <= 12_000_000


@pytest.mark.parametrize(
    "text", ["Ann, 31: $4.50!", "  two  spaces\n\n\ttab ", "Zoë → 東京 🙂", 'a"b\\c', "unitPrice unit_price HTTPServer", "<b>", ""]
)
def test_tokenizer_round_trip(embedded, text):
    tokenizer = embedded[1]
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_every_byte_is_a_token_and_digits_stand_alone(embedded):
    tokenizer = embedded[1]
    vocab = mw.Vocabulary.from_tokenizer(tokenizer)
    assert not vocab.missing_bytes
    assert 1000 <= vocab.size <= 2000
    assert len(tokenizer("20451")["input_ids"]) == 5


def test_a_word_has_the_same_tokens_in_text_and_in_json(embedded):
    tokenizer = embedded[1]

    def ids(text):
        return tokenizer(text)["input_ids"]

    for word in ("Maria", "Zworblatt", "kettle"):
        inside = ids(word)
        for context in (f"Hello {word} there", f'{{"name": "{word}"}}', f"({word})"):
            have = ids(context)
            assert any(have[i : i + len(inside)] == inside for i in range(len(have)))


def _object(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


STRING, INTEGER = {"type": "string"}, {"type": "integer"}
EXTRACTIONS = [
    ("Maria Lopez is 34 years old and lives in Lyon.",
     _object(name=STRING, age=INTEGER, city=STRING), {"name": "Maria Lopez", "age": 34, "city": "Lyon"}),
    ("The order number is AB-4471. It has been paid. The quantity is 12.",
     _object(order_id=STRING, quantity=INTEGER, paid={"type": "boolean"}), {"order_id": "AB-4471", "quantity": 12, "paid": True}),
    ("The color is green. The price is 7.5. The station is Bergen.",
     _object(city=STRING, price={"type": "number"}, color={"enum": ["red", "green", "blue"]}),
     {"city": "Bergen", "price": 7.5, "color": "green"}),
    ("Maria Lopez, 34, is a nurse from Lisbon. She speaks Portuguese and English.",
     _object(name=STRING, age=INTEGER, occupation=STRING, city=STRING, languages={"type": "array", "items": STRING}),
     {"name": "Maria Lopez", "age": 34, "occupation": "nurse", "city": "Lisbon", "languages": ["Portuguese", "English"]}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "schema", "want"), EXTRACTIONS)
def test_the_model_reads(text, schema, want):
    result = mw.generate(text, schema=schema)
    assert result.finish_reason == "stop"
    assert result.value == want


def test_choices_and_patterns():
    assert mw.generate("I hate it. It is terrible. Sentiment?", choice=["positive", "negative"]).text == "negative"
    assert mw.generate("Ann is 31 years old. Age?", regex="[0-9]+").text == "31"


@pytest.mark.parametrize("prompt", ["", "Write something.", "1 2 3 " * 40, "ünïcödé 東京"])
def test_prompts_without_facts_still_give_valid_answers(prompt):
    value = mw.generate(prompt, schema=_object(name=STRING, count=INTEGER), max_tokens=60).value
    assert isinstance(value["name"], str)
    assert isinstance(value["count"], int)
