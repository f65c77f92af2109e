"""Read ``tokenizer.json`` with plain JSON, and the files that lie beside it: no tokenizer library is needed.

``tokenizer_config.json`` and ``special_tokens_map.json`` name the special tokens and the end token, ``generation_config.json`` further
ends. ``config.json`` is not read: its ``eos_token_id`` is often a class default that no one set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from maskwright.errors import TokenizerError

from .piece_vocabulary import PieceVocabulary, piece_table
from .table import TokenTable

CONFIG_FILES = ("tokenizer_config.json", "special_tokens_map.json")
NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
NAMED_TOKEN_LISTS = ("additional_special_tokens", "extra_special_tokens")


def read_tokenizer_json(
    content: Mapping[str, Any],
    siblings: Mapping[str, Any],
    eos_token_ids: Iterable[int] | int | None,
    generation_config: Any,
    source: str,
    decode_runs: Callable[[list[list[int]]], list[str]] | None = None,
) -> TokenTable:
    """Read a parsed tokenizer.json.

    Parameters
    ----------
    content : mapping
        The file.
    siblings : mapping of str to mapping
        Parsed files beside it, by name.
    eos_token_ids, generation_config
        See `table.end_ids`; without a generation config the one beside the file counts.
    source : str
        For messages.
    decode_runs : callable, optional
        For the self-check.

    Raises
    ------
    TokenizerError
        If the file is malformed, or its texts are not concatenations of tokens.
    """
    try:
        vocab = content["model"]["vocab"]
        pieces = dict(vocab) if isinstance(vocab, Mapping) else {entry[0]: token for token, entry in enumerate(vocab)}
        listed = {int(token["id"]): (str(token["content"]), bool(token.get("special"))) for token in content.get("added_tokens") or ()}
        for config in (siblings.get(name) or {} for name in CONFIG_FILES):
            for token, entry in (config.get("added_tokens_decoder") or {}).items():
                listed.setdefault(int(token), (str(entry["content"]), bool(entry.get("special"))))
        if not all(isinstance(token, int) and token >= 0 for token in pieces.values()):
            raise ValueError("a token's id is not a number")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise TokenizerError(f"{source} is not a well-formed tokenizer.json: {problem!r}") from problem
    pieces.update((text, token) for token, (text, _) in listed.items())
    named, ends = _named_tokens(siblings)
    return piece_table(
        PieceVocabulary(
            pieces=pieces,
            decoder=content.get("decoder"),
            added={text: token for token, (text, _) in listed.items()},
            special={text: token for token, (text, special) in listed.items() if special}
            | {text: pieces[text] for text in named if text in pieces},
            declared=tuple(pieces.get(text) for text in ends),
            source=source,
        ),
        eos_token_ids,
        siblings.get("generation_config.json") if generation_config is None else generation_config,
        decode_runs,
    )


def _named_tokens(siblings: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the special tokens that configuration files name, and the end token of the first that has one."""
    named: list[str] = []
    ends: list[str] = []
    for config in (siblings.get(name) or {} for name in CONFIG_FILES):
        listed = [entry for key in NAMED_TOKEN_LISTS for entry in _values(config.get(key))]
        named += [text for entry in [*(config.get(key) for key in NAMED_TOKENS), *listed] if (text := _text(entry)) is not None]
        end = _text(config.get("eos_token"))
        if end is not None and not ends:
            ends.append(end)
    return named, ends


def _values(entry: Any) -> list[Any]:
    """Return the entries of a list, or the values of a mapping."""
    return list(entry.values()) if isinstance(entry, Mapping) else list(entry or ())


def _text(entry: Any) -> str | None:
    """Return a token's string, which a file gives as such or as ``{"content": ...}``."""
    if isinstance(entry, Mapping):
        entry = entry.get("content")
    return entry if isinstance(entry, str) else None
