"""No engine at all: every token is allowed, every text accepted. The baseline of quality, and of what the harness itself costs."""

from __future__ import annotations

from typing import Any


class Engine:
    name = "none"
    version = "-"
    any_order = None
    survives_rejection = True
    facts = ()

    def __init__(self, tokenizer: str | None):
        import numpy as np

        size = 256
        if tokenizer is not None:
            import tokenizers

            size = tokenizers.Tokenizer.from_file(f"{tokenizer}/tokenizer.json").get_vocab_size()
        self.row = np.full((size + 31) // 32, 0xFFFFFFFF, dtype=np.uint32)

    def compile(self, schema: Any, **options: Any) -> None:
        pass

    def reset(self) -> None:
        pass

    def mask(self) -> None:
        pass

    def allowed(self, token: int) -> bool:
        return True

    def advance(self, token: int) -> bool:
        return True

    def accepting(self) -> bool:
        return True
