"""Small tokenizers of our own, one per family, made in a fraction of a second; each call makes a new one."""

from __future__ import annotations

import json

import pytest

TEXTS = ["hello world, the quick brown fox", "日本語 and é, ü", "{\"name\": \"Ada\", \"age\": 36}"]
BYTE_PIECES = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level():
    """Byte-level BPE with special tokens, an added token that is text, and multi-byte pieces that split characters."""
    tokenizers = pytest.importorskip("tokenizers")
    backend = tokenizers.Tokenizer(tokenizers.models.BPE())
    backend.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["</s>", "<|im_end|>", "<pad>"],
        show_progress=False,
    )
    backend.train_from_iterator(TEXTS * 3, trainer)
    backend.add_tokens([tokenizers.AddedToken(text, special=False, normalized=False) for text in ("<tool_call>", " \n\n", "日本")])
    return backend


def metaspace():
    """BPE over ``▁``-pieces with byte fallback, and the decoder of Llama 2."""
    tokenizers = pytest.importorskip("tokenizers")
    letters = sorted(set("helo wrd,".replace(" ", "▁")))
    merges = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("▁", "w"), ("▁w", "o")]
    pieces = ["<unk>", "<s>", "</s>", *BYTE_PIECES, *letters, *("".join(pair) for pair in merges)]
    vocab = {piece: token for token, piece in enumerate(pieces)}
    backend = tokenizers.Tokenizer(tokenizers.models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    backend.add_special_tokens(["<unk>", "<s>", "</s>"])
    parts = tokenizers.decoders
    backend.decoder = parts.Sequence([parts.Replace("▁", " "), parts.ByteFallback(), parts.Fuse(), parts.Strip(" ", 1, 0)])
    return backend


def encoding():
    """A tiktoken encoding with a hole in its ids."""
    tiktoken = pytest.importorskip("tiktoken")
    ranks = {bytes([byte]): byte for byte in range(256)}
    ranks |= {b"he": 256, b"ll": 257, b" w": 258, b"\xe6\x97": 259}
    return tiktoken.Encoding("tiny", pat_str=r" ?\w+|\W", mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 262, "<|fim|>": 263})


def sentencepiece_model(folder):
    """Train a SentencePiece unigram model with byte fallback and a user-defined piece; return its path."""
    sentencepiece = pytest.importorskip("sentencepiece")
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(TEXTS * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / "tiny"), vocab_size=320, byte_fallback=True, hard_vocab_limit=False,
        user_defined_symbols=["<tool>"], control_symbols=["<|im_end|>"], minloglevel=3,
    )  # fmt: skip
    return folder / "tiny.model"


def tekken_json(**changes):
    """The content of a tekken.json with 4 special ids and 258 pieces, one more than is used."""
    import base64

    pieces = [bytes([byte]) for byte in range(256)] + [b"hello", b" world", b"unused"]
    content = {
        "config": {"pattern": ".", "num_vocab_tokens": 259, "default_vocab_size": 262, "default_num_special_tokens": 4, "version": "v3"},
        "vocab": [
            {"rank": rank, "token_bytes": base64.b64encode(piece).decode(), "token_str": None} for rank, piece in enumerate(pieces)
        ],
    }
    return json.dumps(content | changes)
