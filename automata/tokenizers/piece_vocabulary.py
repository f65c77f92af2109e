"""A Hugging Face vocabulary as plain data, and the token table it gives; shared by live tokenizers and tokenizer.json files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .pieces import decode_pieces
from .table import TokenTable, end_ids


@dataclass(frozen=True)
class PieceVocabulary:
    """What a tokenizer.json says about its tokens.

    Parameters
    ----------
    pieces : mapping of str to int
        Stored piece to id, added tokens included.
    decoder : dict or None
        The ``decoder`` entry.
    added, special : mapping of str to int
        Added tokens by content, and those (or further ones) that are special.
    declared : tuple of (int or None)
        End ids named beside the vocabulary (tokenizer_config.json, attributes of a transformers tokenizer).
    source : str
        For messages.
    """

    pieces: Mapping[str, int]
    decoder: dict[str, Any] | None
    added: Mapping[str, int] = field(default_factory=dict)
    special: Mapping[str, int] = field(default_factory=dict)
    declared: tuple[int | None, ...] = ()
    source: str = "tokenizer.json"


def piece_table(
    vocabulary: PieceVocabulary,
    eos_token_ids: Iterable[int] | int | None,
    generation_config: Any,
    decode_runs: Callable[[list[list[int]]], list[str]] | None,
) -> TokenTable:
    """Decode every piece and sort out special and end ids.

    Names of ends are looked up among all added tokens: some models leave ``<end_of_turn>`` unmarked.
    """
    ids = list(vocabulary.pieces.values())
    size = max(ids, default=-1) + 1
    eos_ids = end_ids(
        {**vocabulary.added, **vocabulary.special}, vocabulary.declared, generation_config, eos_token_ids, size, vocabulary.source
    )
    special = {name: token for name, token in vocabulary.special.items() if token is not None and 0 <= token < size}
    no_text = {*special.values(), *eos_ids}
    special.update((name, token) for name, token in vocabulary.added.items() if token in no_text)
    tokens = [b""] * size
    for token, decoded in zip(ids, decode_pieces(list(vocabulary.pieces), vocabulary.decoder, vocabulary.source)):
        if token not in no_text:
            tokens[token] = decoded
    return TokenTable(tokens, special, eos_ids, decode_runs, vocabulary.source)
