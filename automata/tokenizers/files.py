"""Find out what a path holds, and read it: a model folder, tokenizer.json, tekken.json, or a SentencePiece model.

The *source key* is a hash of everything the answer depends on: the contents of the file and of those beside it, and the caller's ends.
It leads from the path to the cached vocabulary without parsing anything (Llama-3's 17 MB are hashed in 10 ms).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskwright.errors import TokenizerError

from .sentencepiece_model import read_model
from .table import TokenTable
from .tekken import read_tekken_json
from .tokenizer_json import CONFIG_FILES, read_tokenizer_json

logger = logging.getLogger(__name__)

#: Part of every source key; raise it whenever a reader's answer changes.
READER_VERSION = 1

SIBLINGS = (*CONFIG_FILES, "generation_config.json")
MAIN_FILES = ("tokenizer.json", "tekken.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model")


@dataclass(frozen=True)
class TokenizerFiles:
    """The contents of a tokenizer file and of those beside it."""

    path: Path
    content: bytes
    siblings: dict[str, bytes]

    def key(self, eos_token_ids: Iterable[int] | None, generation_ids: Iterable[int] | None) -> str:
        """Return the source key."""
        digest = hashlib.sha256(repr((READER_VERSION, eos_token_ids, generation_ids)).encode())
        for name, content in (("", self.content), *sorted(self.siblings.items())):
            digest.update(f"{name} {len(content)} ".encode())
            digest.update(content)
        return digest.hexdigest()[:32]


def open_files(path: str | os.PathLike[str]) -> TokenizerFiles:
    """Read the bytes of the tokenizer at ``path``.

    Raises
    ------
    TokenizerError
        If there is no such file, or the folder holds no tokenizer file.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        main = next((place / name for name in MAIN_FILES if (place / name).is_file()), None)
        main = main or next((file for pattern in ("*tekken*.json", "*.model*") for file in sorted(place.glob(pattern))), None)
        if main is None:
            raise TokenizerError(f"the folder {str(path)!r} holds no tokenizer file ({', '.join(MAIN_FILES)})")
        place = main
    elif not place.exists():
        error = TokenizerError(f"there is no file or folder {str(path)!r}")
        error.add_note("names of models are not looked up: pass AutoTokenizer.from_pretrained(name), or a local folder")
        raise error
    try:
        siblings = {name: (place.parent / name).read_bytes() for name in SIBLINGS if (place.parent / name).is_file()}
        return TokenizerFiles(place, place.read_bytes(), siblings)
    except OSError as problem:
        raise TokenizerError(f"{str(place)!r} cannot be read: {problem}") from problem


def read_files(files: TokenizerFiles, eos_token_ids: Iterable[int] | None, generation_ids: Iterable[int] | None, check: bool) -> TokenTable:
    """Read what `open_files` found.

    Parameters
    ----------
    files : TokenizerFiles
    eos_token_ids, generation_ids
        See `table.end_ids`.
    check : bool
        Whether a self-check will follow; it is given the means only where the tokenizer's own library is installed.

    Raises
    ------
    TokenizerError
        If the file is of no known kind, or malformed.
    """
    source = repr(str(files.path))
    if files.content[:64].lstrip()[:1] == b"{":
        content = _parse_json(files.content, source)
        if "vocab" in content and "config" in content:
            return read_tekken_json(content, eos_token_ids, generation_ids, source)
        siblings = {name: _parse_json(text, repr(str(files.path.parent / name))) for name, text in files.siblings.items()}
        decode_runs = _tokenizers_decode(files.content, source) if check else None
        return read_tokenizer_json(content, siblings, eos_token_ids, generation_ids, source, decode_runs)
    if files.content[:1] == b"\n":
        return read_model(files.content, eos_token_ids, generation_ids, source, _sentencepiece_decode(files.content) if check else None)
    error = TokenizerError(f"{source} is no tokenizer file of a known kind")
    error.add_note("a file of tiktoken ranks lacks the special tokens: build a tiktoken.Encoding and pass that")
    raise error


def _parse_json(text: bytes, source: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise TokenizerError(f"{source} is not JSON: {problem}") from problem
    if not isinstance(content, dict):
        raise TokenizerError(f"{source} is not a JSON object")
    return content


def _tokenizers_decode(content: bytes, source: str) -> Any:
    """Return the tokenizers library's decoder for a tokenizer.json, or None where it is not installed."""
    if importlib.util.find_spec("tokenizers") is None:
        logger.debug("%s is not checked: the tokenizers package is not installed", source)
        return None
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(content)
    except Exception as problem:                                # tokenizers raises bare Exception
        error = TokenizerError(f"the tokenizers package cannot load {source}: {problem}")
        error.add_note("check=False reads the file without that package")
        raise error from problem
    return lambda runs: tokenizer.decode_batch(runs, skip_special_tokens=False)


def _sentencepiece_decode(content: bytes) -> Any:
    """Return the sentencepiece library's decoder for a model, or None where it is not installed."""
    if importlib.util.find_spec("sentencepiece") is None:
        return None
    from sentencepiece import SentencePieceProcessor

    try:
        return SentencePieceProcessor(model_proto=content).decode
    except RuntimeError:                                        # read_model, which runs next, says what is wrong
        return None
