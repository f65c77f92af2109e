"""lm-format-enforcer: `TokenEnforcer` over a `JsonSchemaParser`, with its bit masks (which need torch).

Its own transformers adapter does not import under transformers 5, so the token list is made here, as it is made there: each token decoded
after a "0", the first character dropped. It keys states by the tokens so far; the leading one stands for the prompt. The options go to
`CharacterLevelParserConfig` (``max_json_array_length``, ``force_json_field_order``, ...).
"""

from __future__ import annotations

import json
import logging
from typing import Any

PROMPT = 0


class Engine:
    name = "lm-format-enforcer"
    any_order = None
    survives_rejection = False
    facts = ()

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import lmformatenforcer
        import torch
        from lmformatenforcer.tokenenforcer import TokenEnforcer, TokenEnforcerTokenizerData

        torch.set_num_threads(1)
        logging.disable(logging.CRITICAL)  # it logs every character it refuses
        self.version = version("lm-format-enforcer")
        self.parser_class, self.enforcer_class = lmformatenforcer.JsonSchemaParser, TokenEnforcer
        self.config_class = lmformatenforcer.CharacterLevelParserConfig
        tokens, decode, eos, size = byte_tokens() if tokenizer is None else folder_tokens(tokenizer)
        self.data = TokenEnforcerTokenizerData(tokens, decode, eos, True, size)
        self.eos = eos

    def compile(self, schema: Any, **options: Any) -> None:
        parser = self.parser_class(schema, config=self.config_class(**options) if options else None)
        self.enforcer = self.enforcer_class(self.data, parser)
        self.reset()

    def reset(self) -> None:
        self.sequence = [PROMPT]

    def mask(self) -> None:
        self.row = self.enforcer.get_allowed_tokens(self.sequence).allowed_tokens.numpy().view("uint32")

    def allowed(self, token: int) -> bool:
        return bool(int(self.row[token >> 5]) >> (token & 31) & 1)

    def advance(self, token: int) -> bool:
        self.sequence.append(token)
        return True

    def accepting(self) -> bool:
        self.mask()
        return self.allowed(self.eos)


def byte_tokens() -> tuple[list[tuple[int, str, bool]], Any, int, int]:
    tokens = [(b, chr(b), False) for b in range(128)]
    return tokens, lambda ids: bytes(ids).decode("utf-8", "ignore"), 256, 257


def folder_tokens(folder: str) -> tuple[list[tuple[int, str, bool]], Any, int, int]:
    """Read a tokenizer's folder: every ordinary token with its text and whether it starts a word, the decoder, the end token, the size."""
    import tokenizers

    fast = tokenizers.Tokenizer.from_file(f"{folder}/tokenizer.json")
    with open(f"{folder}/tokenizer_config.json", encoding="utf-8") as file:
        end = json.load(file)["eos_token"]
    eos = fast.token_to_id(end)
    if eos is None:
        raise ValueError(f"the end token {end!r} of tokenizer_config.json is not in tokenizer.json")
    special, size = set(fast.get_added_tokens_decoder()), fast.get_vocab_size()
    zero = fast.encode("0", add_special_tokens=False).ids[-1]
    ids = [token for token in range(size) if token not in special]
    alone = fast.decode_batch([[token] for token in ids], skip_special_tokens=False)
    after = fast.decode_batch([[zero, token] for token in ids], skip_special_tokens=False)
    tokens = [(token, text[1:], len(text) - 1 > len(other)) for token, text, other in zip(ids, after, alone)]
    return tokens, lambda sequence: fast.decode(sequence, skip_special_tokens=False).rstrip("\ufffd"), eos, size
