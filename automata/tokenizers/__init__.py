"""Readers of tokenizers: one module per kind, each yielding a `TokenTable`.

``read_tokenizer`` tells a live tokenizer's kind by the package its class comes from, so no tokenizer library is imported here; files are
read by `files` without any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from maskwright.errors import TokenizerError

from .files import TokenizerFiles, open_files, read_files
from .huggingface import read_backend, read_fast, read_slow
from .self_check import check_table
from .sentencepiece_model import read_processor
from .table import TokenTable, as_ids
from .tekken import read_tekkenizer
from .tiktoken_encoding import read_encoding

__all__ = ["TokenTable", "TokenizerFiles", "as_ids", "check_table", "open_files", "read_files", "read_tokenizer"]

ACCEPTED = "a transformers, tokenizers, tiktoken, sentencepiece or mistral-common tokenizer, or a path"


def read_tokenizer(tokenizer: Any, eos_token_ids: Iterable[int] | None, generation_config: Any) -> TokenTable:
    """Read a live tokenizer of any known kind.

    Raises
    ------
    TokenizerError
        If the kind is not known, or its reader refuses the tokenizer.
    """
    tokenizer = _innermost(tokenizer)
    packages = {base.__module__.partition(".")[0] for base in type(tokenizer).__mro__}
    names = {base.__name__ for base in type(tokenizer).__mro__}
    if hasattr(tokenizer, "backend_tokenizer"):
        return read_fast(tokenizer, eos_token_ids, generation_config)
    if "tokenizers" in packages and hasattr(tokenizer, "get_added_tokens_decoder"):
        return read_backend(tokenizer, eos_token_ids, generation_config)
    if "tiktoken" in packages and hasattr(tokenizer, "decode_single_token_bytes"):
        return read_encoding(tokenizer, eos_token_ids, generation_config)
    if "SentencePieceProcessor" in names:
        return read_processor(tokenizer, eos_token_ids, generation_config)
    if "Tekkenizer" in names:
        return read_tekkenizer(tokenizer, eos_token_ids, generation_config)
    if "transformers" in packages and hasattr(tokenizer, "convert_ids_to_tokens"):
        return read_slow(tokenizer, eos_token_ids, generation_config)
    kind = f"{type(tokenizer).__module__}.{type(tokenizer).__qualname__}"
    error = TokenizerError(f"{kind} is no tokenizer of a known kind: expected {ACCEPTED}")
    error.add_note("if you know the bytes of each token, pass them to Vocabulary.from_bytes")
    raise error


def _innermost(tokenizer: Any) -> Any:
    """Return the tokenizer inside mistral-common's wrappers, transformers' wrapper of those, or a processor of images and text."""
    names = {base.__name__ for base in type(tokenizer).__mro__}
    if "ProcessorMixin" in names and hasattr(tokenizer, "tokenizer"):
        return _innermost(tokenizer.tokenizer)
    if "MistralCommonBackend" in names:
        tokenizer = tokenizer.tokenizer
    if hasattr(tokenizer, "instruct_tokenizer"):                # MistralTokenizer
        tokenizer = tokenizer.instruct_tokenizer
    if type(tokenizer).__module__.startswith("mistral_common.") and hasattr(tokenizer, "tokenizer"):
        tokenizer = tokenizer.tokenizer                         # InstructTokenizer
    if type(tokenizer).__name__ == "SentencePieceTokenizer" and hasattr(tokenizer, "_model"):
        tokenizer = tokenizer._model
    return tokenizer
