"""Read Tekken, Mistral's tokenizer: bytes by rank, shifted up by a block of special ids."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from maskwright.errors import TokenizerError

from .table import TokenTable, end_ids

#: The special tokens of files that do not list theirs, by id.
UNLISTED_SPECIAL_NAMES = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
    "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip


def read_tekkenizer(tokenizer: Any, eos_token_ids: Iterable[int] | int | None, generation_config: Any) -> TokenTable:
    """Read a `mistral_common` Tekkenizer."""
    special = {tokenizer.id_to_piece(token): token for token in sorted(tokenizer.special_ids)}
    tokens = [b"" if tokenizer.is_special(token) else tokenizer.id_to_byte_piece(token) for token in range(tokenizer.n_words)]
    return _table(
        tokens, special, eos_token_ids, generation_config, "mistral_common Tekkenizer", lambda runs: [tokenizer.decode(run) for run in runs]
    )


def read_tekken_json(
    content: Mapping[str, Any], eos_token_ids: Iterable[int] | int | None, generation_config: Any, source: str
) -> TokenTable:
    """Read a parsed ``tekken.json``.

    Raises
    ------
    TokenizerError
        If entries are missing or out of order.
    """
    try:
        config = content["config"]
        num_special, size = config["default_num_special_tokens"], config["default_vocab_size"]
        vocab = content["vocab"][: size - num_special]
        listed = content.get("special_tokens")
        names = dict(enumerate(UNLISTED_SPECIAL_NAMES)) if listed is None else {int(t["rank"]): t["token_str"] for t in listed}
        special = {names.get(token, f"<SPECIAL_{token}>"): token for token in range(num_special)}
        pieces = [base64.b64decode(entry["token_bytes"]) for entry in vocab]
        in_order = all(entry["rank"] == rank for rank, entry in enumerate(vocab)) and len(pieces) == size - num_special
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as problem:
        raise TokenizerError(f"{source} is not a well-formed Tekken file: {problem!r}") from problem
    if not in_order:
        raise TokenizerError(f"{source} is not a well-formed Tekken file: ranks are missing or out of order")
    return _table([b""] * num_special + pieces, special, eos_token_ids, generation_config, source, None)


def _table(
    tokens: list[bytes],
    special: dict[str, int],
    eos_token_ids: Iterable[int] | int | None,
    generation_config: Any,
    source: str,
    decode_runs: Any,
) -> TokenTable:
    declared = [special["</s>"]] if "</s>" in special else []
    eos_ids = end_ids(special, declared, generation_config, eos_token_ids, len(tokens), source)
    for token in eos_ids:
        tokens[token] = b""
    return TokenTable(tokens, special, eos_ids, decode_runs, source)
