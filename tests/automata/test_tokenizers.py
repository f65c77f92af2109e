"""Readers of tokenizers: every kind gives the bytes its own library decodes."""

from __future__ import annotations

import importlib.util
import json
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from maskwright.automata import cache
from maskwright.automata.tokenizers.pieces import byte_characters, decode_byte_level, decode_pieces
from maskwright.automata.tokenizers.self_check import check_table
from maskwright.automata.tokenizers.table import TokenTable
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import TokenizerError
from tests.automata import tiny_tokenizers

TEXTS = ["hello world", "the 日本語 fox, é!", '{"name": "Ada"}', "\x00\x7f~ \n", "🙂"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def transformers():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def mistral_files():
    spec = importlib.util.find_spec("mistral_common")
    if spec is None or spec.origin is None:
        pytest.skip("mistral-common is not installed")
    return Path(spec.origin).parent / "data"


def ids_of(vocab, *pieces):
    found = {vocab.token_bytes(token): token for token in range(vocab.size)}
    return [found[piece] for piece in pieces]


# --- Hugging Face -----------------------------------------------------------------------------------------------------------


def test_byte_level():
    backend = tiny_tokenizers.byte_level()
    vocab = Vocabulary.from_tokenizer(backend)
    assert vocab.size == backend.get_vocab_size()
    assert vocab.special_names == {"</s>": 0, "<|im_end|>": 1, "<pad>": 2}
    assert vocab.eos_ids == (0, 1), "ends are known by name where no one names them"
    assert not vocab.missing_bytes
    assert [vocab.token_bytes(vocab.size - k) for k in (3, 2, 1)] == [b"<tool_call>", b" \n\n", "日本".encode()]
    for text in TEXTS:
        assert vocab.decode(backend.encode(text).ids) == text.encode()
    assert vocab.tokenizer is backend


def test_metaspace_with_byte_fallback():
    backend = tiny_tokenizers.metaspace()
    vocab = Vocabulary.from_tokenizer(backend)
    assert vocab.eos_ids == (2,)
    assert vocab.special_names == {"<unk>": 0, "<s>": 1, "</s>": 2}
    assert not vocab.missing_bytes
    assert vocab.token_bytes(3 + 0x0A) == b"\n"
    assert vocab.token_bytes(3 + 0xE6) == b"\xe6"
    space, word = ids_of(vocab, b" wo", b"hello")
    assert vocab.decode([space, word, 3 + 0x41]) == b" wohelloA", "nothing is stripped"
    (letter,) = ids_of(vocab, b"h")
    assert vocab.byte_tokens[ord("h")] == letter == vocab.encode(b"h")[0] > 3 + 0x68, "the piece, not the byte"


def test_transformers_tokenizer_says_more_than_its_backend(transformers, tmp_path):
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tiny_tokenizers.byte_level(), eos_token="<pad>")
    vocab = Vocabulary.from_tokenizer(fast)
    assert vocab.eos_ids == (0, 1, 2)
    assert vocab.tokenizer is fast
    assert Vocabulary.from_tokenizer(fast) is vocab
    assert Vocabulary.from_tokenizer(vocab) is vocab
    config = transformers.GenerationConfig(eos_token_id=[2, 7])
    assert Vocabulary.from_tokenizer(fast, generation_config=config).eos_ids == (0, 1, 2, 7)
    assert Vocabulary.from_tokenizer(fast, eos_token_ids=[2]).eos_ids == (2,)
    fast.save_pretrained(str(tmp_path / "saved"))
    assert Vocabulary.from_file(tmp_path / "saved") == vocab
    fast.add_special_tokens({"additional_special_tokens": ["<new>"]})
    changed = Vocabulary.from_tokenizer(fast)
    assert changed.size == vocab.size + 1
    assert changed.special_names["<new>"] == vocab.size


def test_tokenizer_json_alone(tmp_path):
    for backend in (tiny_tokenizers.byte_level(), tiny_tokenizers.metaspace()):
        backend.save(str(tmp_path / "tokenizer.json"))
        assert Vocabulary.from_file(tmp_path / "tokenizer.json") == Vocabulary.from_tokenizer(backend)


def test_unigram_tokenizer_json(tmp_path):
    content = {
        "model": {"type": "Unigram", "vocab": [["</s>", 0.0], ["▁a", -1.0], ["b", -2.0]]},
        "added_tokens": [{"id": 0, "content": "</s>", "special": True}],
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    vocab = Vocabulary.from_file(tmp_path, check=False)
    assert [vocab.token_bytes(token) for token in range(3)] == [b"", b" a", b"b"]


def test_holes_in_the_ids_are_never_text(tmp_path):
    content = {
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 5}, "merges": []},
        "added_tokens": [{"id": 9, "content": "<eos>", "special": True}],
        "decoder": {"type": "ByteLevel"},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    vocab = Vocabulary.from_file(tmp_path, check=False)
    assert vocab.size == 10
    assert vocab.trie.token_ids.tolist() == [0, 5]
    assert vocab.eos_ids == (9,)


def test_slow_tokenizer_without_a_way_to_convert_it(transformers):
    with pytest.raises(TokenizerError, match=r"ByT5Tokenizer .* has no fast backend") as caught:
        Vocabulary.from_tokenizer(transformers.ByT5Tokenizer())
    assert "AutoTokenizer" in caught.value.__notes__[0]


def test_slow_tokenizer_around_a_sentencepiece_model(transformers, tmp_path):
    from transformers.tokenization_utils_sentencepiece import SentencePieceBackend

    path = tiny_tokenizers.sentencepiece_model(tmp_path)
    slow = SentencePieceBackend(vocab_file=str(path), unk_token="<unk>", bos_token="<s>", eos_token="</s>")
    assert Vocabulary.from_tokenizer(slow) == Vocabulary.from_file(path)
    slow.add_tokens(["<text>"])
    vocab = Vocabulary.from_tokenizer(slow)
    assert vocab.token_bytes(vocab.size - 1) == b"<text>"


# --- decoders ---------------------------------------------------------------------------------------------------------------


def test_byte_level_alphabet_is_a_bijection():
    characters = byte_characters()
    assert len(set(characters)) == 256
    assert decode_byte_level(list(characters)) == [bytes([byte]) for byte in range(256)]
    assert decode_byte_level([]) == []
    assert decode_byte_level(["", "Ġ", "日Ġ", "", "!"]) == [b"", b" ", "日Ġ".encode(), b"", b"!"]


def test_steps_of_decoders():
    def decode(piece, *steps):
        return decode_pieces([piece], {"type": "Sequence", "decoders": list(steps)}, "test")[0]

    replace = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    fallback, fuse, strip = {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    assert decode("▁a▁", replace, fallback, fuse, strip) == b" a ", "what happens to the whole text's ends is no token's affair"
    assert decode("▁▁a", replace, strip) == b" a"
    assert decode("<0xe6>", replace, fallback, fuse) == b"\xe6"
    assert decode("<0xzz>", replace, fallback) == b"<0xzz>"
    assert decode("<0xE6>", replace) == b"<0xE6>"
    assert decode("_a", {"type": "Metaspace", "replacement": "_"}) == b" a"


@pytest.mark.parametrize(
    ("decoder", "name"),
    [
        (None, "none"),
        ({"type": "WordPiece", "prefix": "##", "cleanup": True}, "WordPiece"),
        ({"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "CTC"}]}, "CTC"),
        ({"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"}, "Replace"),
    ],
)
def test_decoders_that_do_more_than_concatenate(decoder, name):
    with pytest.raises(TokenizerError, match=f"the decoder of test is {name}") as caught:
        decode_pieces(["a"], decoder, "test")
    assert "from_bytes" in caught.value.__notes__[0]


# --- the check --------------------------------------------------------------------------------------------------------------


def table(tokens, decode):
    return TokenTable(tokens, {}, (0,), lambda runs: [decode(run) for run in runs], "test")


def test_check_names_the_tokens_that_disagree():
    tokens = [b"", b"hello", b" a", b"\xe6\x97", "日".encode(), *(bytes([byte]) for byte in range(256))]

    def decode(run, wrong=()):
        return b"".join(b"?" if token in wrong else tokens[token] for token in run).decode("utf-8", "replace")

    check_table(table(tokens, decode))
    check_table(table(tokens, lambda run: b"".join(tokens[token] for token in run)))
    for wrong, message in [
        ({2}, r"test decodes .*: token 2 is b' a' but decodes to '\?'"),
        ({3}, r"token 3 is b'\\xe6\\x97' but decodes to"),
        (set(range(5 + 97, 5 + 105)), r"token 102 is b'a'.* and 3 more"),
    ]:
        with pytest.raises(TokenizerError, match=message):
            check_table(table(tokens, lambda run, wrong=wrong: decode(run, wrong)))


def test_check_finds_tokens_that_disagree_only_in_company():
    tokens = [b"", *(bytes([97 + i]) * 2 for i in range(26))]
    squeezed = table(tokens, lambda run: "".join(tokens[token].decode() for token in run) if len(run) < 5 else "?")
    with pytest.raises(TokenizerError, match=r"tokens \[.*\] is .* but decodes to '\?'"):
        check_table(squeezed)


def test_check_works_without_single_bytes():
    tokens = [b"", b"hello", b"\xe6\x97", b"\xa5"]
    check_table(table(tokens, lambda run: b"".join(tokens[token] for token in run).decode("utf-8", "replace")))
    check_table(TokenTable(tokens, {}, (0,)))


def test_a_tokenizer_that_disagrees_is_refused_unless_told_otherwise():
    tokenizers = pytest.importorskip("tokenizers")
    backend = tiny_tokenizers.byte_level()
    backend.decoder = tokenizers.decoders.Sequence([tokenizers.decoders.ByteLevel(), tokenizers.decoders.Replace("x", "y")])
    with pytest.raises(TokenizerError, match="b'x' but decodes to 'y'"):
        Vocabulary.from_tokenizer(backend)
    assert Vocabulary.from_tokenizer(backend, check=False).size == backend.get_vocab_size()


# --- ends -------------------------------------------------------------------------------------------------------------------


def test_no_end_is_an_error_with_advice():
    backend = tiny_tokenizers.metaspace()
    content = json.loads(backend.to_str().replace("</s>", "<x>"))
    nameless = pytest.importorskip("tokenizers").Tokenizer.from_str(json.dumps(content))
    with pytest.raises(TokenizerError, match="no end-of-sequence id is known") as caught:
        Vocabulary.from_tokenizer(nameless)
    assert "eos_token_ids" in caught.value.__notes__[0]
    assert Vocabulary.from_tokenizer(nameless, eos_token_ids=2).eos_ids == (2,)


def test_ends_out_of_range_or_of_another_type():
    backend = tiny_tokenizers.byte_level()
    with pytest.raises(TokenizerError, match=r"\[99999\] .* not below its size"):
        Vocabulary.from_tokenizer(backend, eos_token_ids=[0, 99999])
    with pytest.raises(TokenizerError, match="'</s>': expected an int"):
        Vocabulary.from_tokenizer(backend, eos_token_ids="</s>")
    assert Vocabulary.from_tokenizer(backend, generation_config=SimpleNamespace(eos_token_id=None)).eos_ids == (0, 1)


def test_an_ordinary_token_named_as_end_is_text_no_more():
    vocab = Vocabulary.from_tokenizer(tiny_tokenizers.byte_level(), eos_token_ids=[5])
    assert vocab.token_bytes(5) == b""
    assert vocab.special_ids == {0, 1, 2, 5}


# --- tiktoken, SentencePiece, Tekken ----------------------------------------------------------------------------------------


def test_tiktoken():
    encoding = tiny_tokenizers.encoding()
    vocab = Vocabulary.from_tokenizer(encoding)
    assert vocab.size == 264
    assert vocab.eos_ids == (262,)
    assert vocab.special_names == {"<|endoftext|>": 262, "<|fim|>": 263}
    assert [vocab.token_bytes(token) for token in (0, 259, 260, 261, 262)] == [b"\x00", b"\xe6\x97", b"", b"", b""]
    for text in TEXTS:
        assert vocab.decode(encoding.encode(text)) == text.encode()


def test_sentencepiece(tmp_path):
    path = tiny_tokenizers.sentencepiece_model(tmp_path)
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    vocab = Vocabulary.from_tokenizer(processor)
    assert vocab == Vocabulary.from_file(path) == Vocabulary.from_file(tmp_path)
    assert vocab.size == processor.get_piece_size()
    assert vocab.special_names == {"<unk>": 0, "<s>": 1, "</s>": 2, "<|im_end|>": 3}
    assert vocab.eos_ids == (2, 3)
    assert not vocab.missing_bytes
    assert vocab.token_bytes(processor.piece_to_id("<tool>")) == b"<tool>"
    assert vocab.token_bytes(processor.piece_to_id("<0x0A>")) == b"\n"
    for text in ("hello world", "日本語", "tab\there 🙂"):
        assert vocab.decode(processor.encode(text)).decode().lstrip() == processor.decode(processor.encode(text))


def test_tekken_json(tmp_path):
    (tmp_path / "tekken.json").write_text(tiny_tokenizers.tekken_json(), encoding="utf-8")
    vocab = Vocabulary.from_file(tmp_path)
    assert vocab.size == 262
    assert vocab.eos_ids == (2,)
    assert vocab.special_names == {"<unk>": 0, "<s>": 1, "</s>": 2, "[INST]": 3}
    assert [vocab.token_bytes(token) for token in (2, 4, 260, 261)] == [b"", b"\x00", b"hello", b" world"]
    listed = [{"rank": 1, "token_str": "</s>", "is_control": True}]
    (tmp_path / "tekken.json").write_text(tiny_tokenizers.tekken_json(special_tokens=listed), encoding="utf-8")
    assert Vocabulary.from_file(tmp_path).special_names == {"<SPECIAL_0>": 0, "</s>": 1, "<SPECIAL_2>": 2, "<SPECIAL_3>": 3}


@pytest.mark.parametrize("name", ["tokenizer.model.v1", "mistral_instruct_tokenizer_240323.model.v3"])
def test_mistral_sentencepiece(mistral_files, name):
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrapped = MistralTokenizer.from_file(str(mistral_files / name))
    vocab = Vocabulary.from_tokenizer(wrapped)
    assert vocab == Vocabulary.from_file(mistral_files / name)
    assert vocab.size == {"tokenizer.model.v1": 32_000}.get(name, 32_768)
    assert vocab.eos_ids == (2,)
    assert not vocab.missing_bytes
    inner = wrapped.instruct_tokenizer.tokenizer
    for text in TEXTS:
        assert vocab.decode(inner.encode(text, bos=False, eos=False)) == b" " + text.encode()


def test_mistral_tekken(mistral_files):
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    path = mistral_files / "tekken_240911.json"
    live = Tekkenizer.from_file(path)
    vocab = Vocabulary.from_tokenizer(live)
    assert vocab == Vocabulary.from_file(path)
    assert vocab.size == 131_072
    assert len(vocab.special_ids) == 1000
    assert vocab.special_names["[TOOL_CALLS]"] == 9
    for text in TEXTS:
        assert vocab.decode(live.encode(text, bos=True, eos=True)) == text.encode()


# --- files that are no tokenizers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", b"{", "is not JSON"),
        ("tokenizer.json", b"[" * 100_000, "is no tokenizer file of a known kind"),
        ("tokenizer.json", b"{" + b'"a":{' * 100_000, "is not JSON"),
        ("tokenizer.json", b"{}", "not a well-formed tokenizer.json"),
        ("tokenizer.json", b'{"model": {"vocab": {"a": "b"}}}', "id is not a number"),
        ("tokenizer.json", b'{"model": {"vocab": 5}}', "not a well-formed tokenizer.json"),
        ("tekken.json", b'{"config": {}, "vocab": []}', "not a well-formed Tekken file"),
        ("tekken.json", tiny_tokenizers.tekken_json(vocab=[]).encode(), "ranks are missing"),
        ("tokenizer.model", b"", "no tokenizer file of a known kind"),
        ("tokenizer.model", b"\n\x0e\n\x05<unk", "is not a SentencePiece model"),
        ("tokenizer.model", b"\n" + b"\xff" * 20, "is not a SentencePiece model"),
        ("tokenizer.model", b"IQ== 0\nIg== 1\n", "no tokenizer file of a known kind"),
    ],
)
def test_malformed_files(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TokenizerError, match=message):
        Vocabulary.from_file(tmp_path / name, check=False)
    with pytest.raises(TokenizerError):
        Vocabulary.from_file(tmp_path)


def test_paths_without_a_tokenizer(tmp_path):
    with pytest.raises(TokenizerError, match="holds no tokenizer file"):
        Vocabulary.from_tokenizer(tmp_path)
    with pytest.raises(TokenizerError, match="there is no file or folder 'org/model'") as caught:
        Vocabulary.from_tokenizer("org/model")
    assert "AutoTokenizer" in caught.value.__notes__[0]


@pytest.mark.parametrize("thing", [None, 3, object(), ["a"], SimpleNamespace(vocab={})])
def test_things_that_are_no_tokenizers(thing):
    with pytest.raises(TokenizerError, match="is no tokenizer of a known kind"):
        Vocabulary.from_tokenizer(thing)
