"""Read tiktoken encodings, whose tokens are bytes to begin with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .table import TokenTable, end_ids


def read_encoding(encoding: Any, eos_token_ids: Iterable[int] | int | None, generation_config: Any) -> TokenTable:
    """Read a `tiktoken.Encoding`; ids that nothing is assigned to get no bytes."""
    source = f"tiktoken encoding {encoding.name!r}"
    special = {name: encoding.encode_single_token(name) for name in encoding.special_tokens_set}
    try:
        declared = [encoding.eot_token]
    except KeyError:                                            # an encoding need not have <|endoftext|>
        declared = []
    size = encoding.n_vocab
    eos_ids = end_ids(special, declared, generation_config, eos_token_ids, size, source)
    no_text = {*special.values(), *eos_ids}
    tokens = [b""] * size
    for token in range(size):
        if token not in no_text:
            try:
                tokens[token] = encoding.decode_single_token_bytes(token)
            except KeyError:
                continue
    return TokenTable(tokens, special, eos_ids, lambda runs: [encoding.decode_bytes(run) for run in runs], source)
