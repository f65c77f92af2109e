"""outlines-core: JSON Schema to one regular expression, an `Index` of all its states, a `Guide` over it."""

from __future__ import annotations

import json
from typing import Any


class Engine:
    name = "outlines-core"
    any_order = None
    survives_rejection = True
    facts = ()

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import numpy as np
        import outlines_core
        from outlines_core.json_schema import build_regex_from_schema

        self.version = version("outlines-core")
        self.build_regex, self.index_class, self.guide_class = build_regex_from_schema, outlines_core.Index, outlines_core.Guide
        tokens, eos = byte_tokens() if tokenizer is None else folder_tokens(tokenizer)
        self.vocabulary = outlines_core.Vocabulary(eos, tokens)
        size = 1 + max(eos, *(max(ids) for ids in tokens.values()))
        self.row = np.zeros((size + 31) // 32, dtype=np.uint32)

    def compile(self, schema: Any, **options: Any) -> None:
        self.guide = self.guide_class(self.index_class(self.build_regex(json.dumps(schema), **options), self.vocabulary))

    def reset(self) -> None:
        self.guide.reset()

    def mask(self) -> None:
        self.guide.write_mask_into(self.row.ctypes.data, self.row.size, self.row.itemsize)

    def allowed(self, token: int) -> bool:
        return bool(int(self.row[token >> 5]) >> (token & 31) & 1)

    def advance(self, token: int) -> bool:
        try:
            self.guide.advance(token, return_tokens=False)
        except ValueError:
            return False
        return True

    def accepting(self) -> bool:
        return self.guide.is_finished()


def byte_tokens() -> tuple[dict[bytes, list[int]], int]:
    return {bytes([b]): [b] for b in range(256)}, 256


def folder_tokens(folder: str) -> tuple[dict[bytes, list[int]], int]:
    """Read the bytes of a byte-level BPE vocabulary and the id of its end token."""
    import tokenizers

    fast = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
    with open(f"{folder}/tokenizer_config.json", encoding="utf-8") as file:
        end = json.load(file)["eos_token"]
    eos = fast.token_to_id(end)
    if eos is None:
        raise ValueError(f"the end token {end!r} of tokenizer_config.json is not in tokenizer.json")
    special = set(fast.get_added_tokens_decoder())
    letters = byte_letters()
    tokens: dict[bytes, list[int]] = {}
    for text, token in fast.get_vocab().items():
        if token not in special:
            tokens.setdefault(bytes(letters[letter] for letter in text), []).append(token)
    return tokens, eos


def byte_letters() -> dict[str, int]:
    """Return GPT-2's spelling of bytes as letters: printable bytes stand for themselves, the others follow from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in plain]
    return {chr(b): b for b in plain} | {chr(0x100 + i): b for i, b in enumerate(rest)}
