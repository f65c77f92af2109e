"""Read Hugging Face tokenizers: `tokenizers.Tokenizer` objects and the transformers classes around them, fast or slow.

The bytes of a token are what the tokenizer's *decoder* makes of its piece. Added tokens pass through the decoder like any other.
Special are the added tokens marked so and whatever the transformers class calls special; the latter's attributes (``eos_token`` and
its like) may differ from what the file says, and are believed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from maskwright.errors import TokenizerError

from .piece_vocabulary import PieceVocabulary, piece_table
from .sentencepiece_model import model_tokens
from .table import TokenTable, end_ids


def read_fast(tokenizer: Any, eos_token_ids: Iterable[int] | int | None, generation_config: Any) -> TokenTable:
    """Read a fast transformers tokenizer: its backend, with the special tokens and ends its own attributes name."""
    return read_backend(
        tokenizer.backend_tokenizer,
        eos_token_ids,
        generation_config,
        named_special=dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids)),
        declared=[tokenizer.eos_token_id],
        source=f"{type(tokenizer).__name__} {getattr(tokenizer, 'name_or_path', '')!r}",
    )


def read_backend(
    backend: Any,
    eos_token_ids: Iterable[int] | int | None,
    generation_config: Any,
    *,
    named_special: Mapping[str, int] | None = None,
    declared: Iterable[int | None] = (),
    source: str = "tokenizers.Tokenizer",
) -> TokenTable:
    """Read a `tokenizers.Tokenizer`.

    Parameters
    ----------
    backend : tokenizers.Tokenizer
    eos_token_ids, generation_config
        See `table.end_ids`.
    named_special : mapping of str to int, optional
        Special tokens known beside the backend's own.
    declared : iterable of (int or None)
        End ids known beside the backend.
    source : str
        For messages.

    Raises
    ------
    TokenizerError
        If the decoder is a Python object, or one whose texts are not concatenations.
    """
    try:
        decoder = json.loads(backend.decoder.__getstate__()) if backend.decoder is not None else None
    except Exception as problem:                                # tokenizers raises bare Exception for decoders written in Python
        raise TokenizerError(f"the decoder of {source} cannot be read: {problem}") from problem
    added = backend.get_added_tokens_decoder()
    return piece_table(
        PieceVocabulary(
            pieces=backend.get_vocab(with_added_tokens=True),
            decoder=decoder,
            added={token.content: i for i, token in added.items()},
            special={token.content: i for i, token in added.items() if token.special} | dict(named_special or {}),
            declared=tuple(declared),
            source=source,
        ),
        eos_token_ids,
        generation_config,
        lambda runs: backend.decode_batch(runs, skip_special_tokens=False),
    )


def read_slow(tokenizer: Any, eos_token_ids: Iterable[int] | int | None, generation_config: Any) -> TokenTable:
    """Read a transformers tokenizer without a fast backend.

    One around a SentencePiece model with unshifted ids is read from the model and its added tokens; others are converted by
    transformers, if it can.

    Raises
    ------
    TokenizerError
        If it cannot.
    """
    source = f"{type(tokenizer).__name__} {getattr(tokenizer, 'name_or_path', '')!r}"
    named = dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids))
    processor = getattr(tokenizer, "sp_model", None)
    if processor is not None:
        ids = range(processor.get_piece_size())
        if tokenizer.convert_ids_to_tokens(list(ids)) == [processor.id_to_piece(token) for token in ids]:
            return _read_around_processor(tokenizer, processor, named, eos_token_ids, generation_config, source)
    try:
        from transformers.convert_slow_tokenizer import convert_slow_tokenizer

        backend = convert_slow_tokenizer(tokenizer)
    except Exception as problem:                                # converters fail in whatever way their format does
        error = TokenizerError(f"{source} has no fast backend, and transformers cannot convert it ({problem})".replace("\n", " "))
        error.add_note("load the fast tokenizer (AutoTokenizer.from_pretrained), or pass its token bytes to Vocabulary.from_bytes")
        raise error from problem
    return read_backend(
        backend, eos_token_ids, generation_config, named_special=named, declared=[tokenizer.eos_token_id], source=source
    )


def _read_around_processor(
    tokenizer: Any, processor: Any, named: dict[str, int], eos_token_ids: Iterable[int] | int | None, generation_config: Any, source: str
) -> TokenTable:
    """Read a SentencePiece model and the tokens transformers added to it."""
    tokens, special, _ = model_tokens(processor.serialized_model_proto(), source)
    num_pieces = len(tokens)
    added = tokenizer.added_tokens_decoder
    tokens += [b""] * (max(added, default=-1) + 1 - num_pieces)
    for token, entry in added.items():
        tokens[token] = entry.content.encode()
    special = special | {entry.content: token for token, entry in added.items() if entry.special} | named
    names = special | {entry.content: token for token, entry in added.items()}
    eos_ids = end_ids(names, [tokenizer.eos_token_id], generation_config, eos_token_ids, len(tokens), source)
    for token in (*special.values(), *eos_ids):
        tokens[token] = b""
    checkable = not any(tokens[num_pieces:])                    # the model's own library knows no added tokens
    return TokenTable(tokens, special, eos_ids, processor.decode if checkable else None, source)
