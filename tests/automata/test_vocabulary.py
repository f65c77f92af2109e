"""The vocabulary: bytes of ids, ends, spelling, identity, and the cache folder."""

from __future__ import annotations

import copy
import gc
import logging
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maskwright.automata import cache
from maskwright.automata.trie import Trie, build_trie
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import TokenizerError
from tests.automata import tiny_tokenizers

BYTES = [bytes([byte]) for byte in range(256)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_tokenizer(folder, eos="</s>"):
    """Save a byte-level tokenizer as a model folder."""
    folder.mkdir()
    tiny_tokenizers.byte_level().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(f'{{"eos_token": "{eos}"}}')
    return folder


def test_bytes_of_ids():
    vocab = Vocabulary.from_bytes([b"a", b"", b"\xff\x00", b"<eos>", b"<pad>"], eos_ids=[3], special_ids=[4])
    assert len(vocab) == vocab.size == 5
    assert vocab.num_words == 1
    assert [vocab.token_bytes(token) for token in range(5)] == [b"a", b"", b"\xff\x00", b"", b""]
    assert vocab.eos_ids == (3,)
    assert vocab.special_ids == {3, 4}
    assert vocab.special_names == {"<eos>": 3, "<pad>": 4}
    assert vocab.decode([0, 3, 2, 0]) == b"a\xff\x00a"
    assert vocab.trie.token_ids.tolist() == [0, 2]
    assert vocab.tokenizer is None
    for token in (-1, 5):
        with pytest.raises(IndexError, match="size 5"):
            vocab.token_bytes(token)


def test_arrays_are_ready_for_kernels():
    vocab = Vocabulary.from_bytes([b"a", b"bc"], eos_ids=0)
    for array, dtype in ((vocab.data, np.uint8), (vocab.offsets, np.int32), (vocab.byte_tokens, np.int32)):
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable


def test_several_ends_and_named_special_tokens():
    vocab = Vocabulary.from_bytes([b"x", b"<a>", b"<b>", b"<b>"], eos_ids={2, 1}, special_ids={"end": 3})
    assert vocab.eos_ids == (1, 2)
    assert vocab.special_names == {"end": 3, "<a>": 1, "<b>": 2}
    again = Vocabulary.from_bytes([b"x", b"<b>", b"<b>", b""], eos_ids=[1, 2, 3])
    assert again.special_names == {"<b>": 1, "<|2|>": 2, "<|3|>": 3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([b"a"], []), "at least one end-of-sequence id"),
        (([b"a"], [1]), "id 1 is not below the vocabulary's size 1"),
        (([b"a"], [-1]), "id -1 is not below"),
        (([b"a", b"b"], [0], [7]), "id 7 is not below"),
        ((["a"], [0]), "token 0 is 'a': expected bytes"),
    ],
)
def test_unusable_lists(arguments, message):
    with pytest.raises(TokenizerError, match=message):
        Vocabulary.from_bytes(*arguments)


def test_missing_bytes_and_byte_tokens():
    vocab = Vocabulary.from_bytes([*BYTES[:65], *BYTES[66:], b"B", b""], eos_ids=256)
    assert vocab.missing_bytes == {65}
    assert vocab.byte_tokens[65] == -1
    assert vocab.byte_tokens[64] == 64
    assert vocab.byte_tokens[66] == 255, "of equal tokens the last"
    for byte in set(range(256)) - {65}:
        assert vocab.token_bytes(vocab.byte_tokens[byte]) == bytes([byte])


@pytest.mark.parametrize(
    ("tokens", "want"),
    [([b"abc"], 3), (["日本".encode()], 2), (["日".encode()[1:]], 1), (["日本".encode()[1:-1]], 2), ([b"\x80" * 9], 1), ([b""], 0)],
)
def test_most_characters_of_a_token(tokens, want):
    assert Vocabulary.from_bytes([*tokens, b"</s>"], eos_ids=len(tokens)).max_token_chars == want


def test_spelling_takes_the_longest_that_fits():
    vocab = Vocabulary.from_bytes([*BYTES, b"he", b"hell", b"lo", b"<eos>"], eos_ids=259)
    assert vocab.encode(b"hello") == [257, ord("o")]
    assert vocab.encode(b"") == []
    assert vocab.encode(b"<eos>") == list(b"<eos>"), "special tokens are not text"


def test_spelling_backs_out_of_a_dead_end():
    vocab = Vocabulary.from_bytes([b"a", b"ab", b"bc", b"</s>"], eos_ids=3)
    assert vocab.encode(b"abc") == [0, 2]
    assert vocab.encode(b"abab") == [1, 1]
    with pytest.raises(TokenizerError, match="no sequence of tokens spells b'abb'"):
        vocab.encode(b"abb")


def test_equal_content_is_equal():
    tokens = [b"a", b"b", b"</s>", b"<x>"]
    vocab = Vocabulary.from_bytes(tokens, eos_ids=2)
    assert vocab == Vocabulary.from_bytes(list(tokens), eos_ids=[2])
    assert hash(vocab) == hash(Vocabulary.from_bytes(list(tokens), eos_ids=[2]))
    others = [
        Vocabulary.from_bytes([b"a", b"c", b"</s>", b"<x>"], eos_ids=2),
        Vocabulary.from_bytes([b"ab", b"", b"</s>", b"<x>"], eos_ids=2),
        Vocabulary.from_bytes(tokens, eos_ids=[2, 3]),
        Vocabulary.from_bytes(tokens, eos_ids=2, special_ids=[3]),
        Vocabulary.from_bytes(tokens, eos_ids=2, special_ids={"y": 3}),
        Vocabulary.from_bytes([*tokens, b""], eos_ids=2),
    ]
    assert len({vocab, *others}) == 7
    assert vocab != "vocabulary"


def test_a_copy_is_the_same_object():
    vocab = Vocabulary.from_bytes([b"a", b"</s>"], eos_ids=1)
    assert copy.deepcopy({"vocab": vocab})["vocab"] is vocab


def test_pickle_keeps_content():
    vocab = Vocabulary.from_bytes([b"a", b"\xff", b"</s>"], eos_ids=2)
    again = pickle.loads(pickle.dumps(vocab))
    assert again == vocab
    assert again.token_bytes(1) == b"\xff"


def test_trie_is_of_the_ordinary_tokens():
    vocab = Vocabulary.from_bytes([b"ab", b"", b"ab", b"</s>"], eos_ids=3)
    assert vocab.trie is vocab.trie
    assert vocab.trie.tokens_at(vocab.trie.find(b"ab")).tolist() == [0, 2]
    assert vocab.trie.find(b"<") == -1


def test_lists_of_bytes_do_not_fill_the_cache(folder):
    assert Vocabulary.from_bytes([b"a", b"b"], eos_ids=1).trie.num_nodes == 2
    assert not folder.exists()


def test_file_is_read_once_and_then_loaded(tmp_path, monkeypatch):
    model = write_tokenizer(tmp_path / "model")
    vocab = Vocabulary.from_tokenizer(model)
    assert Vocabulary.from_file(model / "tokenizer.json") is vocab, "equal vocabularies in use are one object"
    want = (vocab.fingerprint, vocab.eos_ids, vocab.special_names, vocab.data.tobytes(), vocab.offsets.tolist())
    del vocab
    gc.collect()
    monkeypatch.setattr("maskwright.automata.tokenizers.read_files", None)
    again = Vocabulary.from_tokenizer(str(model))
    assert (again.fingerprint, again.eos_ids, again.special_names, again.data.tobytes(), again.offsets.tolist()) == want
    fresh = build_trie(again.data, again.offsets)
    assert "trie" in vars(again), "the trie comes from the file"
    assert all((getattr(again.trie, name) == getattr(fresh, name)).all() for name in Trie._fields)
    assert Vocabulary.load_cached(again.fingerprint) == again
    assert Vocabulary.load_cached("0" * 32) is None


def test_any_change_of_the_files_is_noticed(tmp_path):
    model = write_tokenizer(tmp_path / "model")
    first = Vocabulary.from_file(model)
    (model / "generation_config.json").write_text('{"eos_token_id": [2, 5]}')
    second = Vocabulary.from_file(model)
    assert (first.eos_ids, second.eos_ids) == ((0, 1), (0, 1, 2, 5))
    assert Vocabulary.from_file(model, eos_token_ids=7).eos_ids == (7,)
    assert Vocabulary.from_file(model, generation_config={"eos_token_id": 9}).eos_ids == (0, 1, 9)
    assert Vocabulary.from_file(model).eos_ids == (0, 1, 2, 5)


def test_an_unchecked_reading_is_checked_when_asked(tmp_path, monkeypatch):
    model = write_tokenizer(tmp_path / "model")
    vocab = Vocabulary.from_file(model, check=False)
    checked = []
    monkeypatch.setattr("maskwright.automata.tokenizers.check_table", checked.append)
    assert Vocabulary.from_file(model, check=False) is vocab
    assert checked == []
    for _ in range(2):
        assert Vocabulary.from_file(model) is vocab
    assert len(checked) == 1


@pytest.mark.parametrize("kind", ["vocabulary", "tokenizer-source"])
def test_damaged_cache_is_made_again(tmp_path, folder, kind):
    model = write_tokenizer(tmp_path / "model")
    want = Vocabulary.from_file(model).fingerprint
    gc.collect()
    (entry,) = (folder / kind).iterdir()
    size = entry.stat().st_size
    entry.write_bytes(entry.read_bytes()[: size // 2])
    assert Vocabulary.from_file(model).fingerprint == want
    gc.collect()
    assert entry.stat().st_size == size


def test_no_cache_folder_is_no_matter(tmp_path, monkeypatch, caplog):
    model = write_tokenizer(tmp_path / "model")
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.INFO, "maskwright"):
        for folder in ("", str(tmp_path / "file" / "below")):
            monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, folder)
            assert Vocabulary.from_file(model).eos_ids == (0, 1)
    assert caplog.records == []


def test_a_later_process_needs_no_tokenizer_library(tmp_path):
    model = write_tokenizer(tmp_path / "model")
    vocab = Vocabulary.from_file(model)
    code = f"""
import sys
from maskwright.automata.vocabulary import Vocabulary
heavy = {{"torch", "transformers", "tokenizers", "sentencepiece", "tiktoken", "mistral_common", "numba"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
vocab = Vocabulary.from_tokenizer({str(model)!r})
assert vocab.fingerprint == {vocab.fingerprint!r} and vocab.trie.num_nodes == {vocab.trie.num_nodes}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


LLAMA = Path(os.environ.get("MASKWRIGHT_DATA", "")) / "llama3" / "tokenizer.json"


@pytest.mark.skipif("MASKWRIGHT_DATA" not in os.environ or not LLAMA.is_file(), reason="no MASKWRIGHT_DATA/llama3/tokenizer.json")
def test_llama3():
    tokenizers = pytest.importorskip("tokenizers")
    backend = tokenizers.Tokenizer.from_file(str(LLAMA))
    vocab = Vocabulary.from_tokenizer(backend, generation_config={"eos_token_id": [128001, 128008, 128009]})
    assert vocab.size == 128_256
    assert vocab.eos_ids == (128_001, 128_008, 128_009)
    assert len(vocab.special_ids) == 256
    assert vocab.special_names["<|python_tag|>"] == 128_010
    assert not vocab.missing_bytes
    assert vocab.trie.num_nodes == 274_521
    for text in ("héllo 日本\n\n  x", '{"name": "Ada", "age": 36}', "\t🏴\U000e0067\U000e007f"):
        assert vocab.decode(backend.encode(text, add_special_tokens=False).ids) == text.encode()
        assert vocab.decode(vocab.encode(text.encode())) == text.encode()
