"""llguidance: `LLMatcher`, masks written through the pointer call that its own numpy and torch helpers use.

It has no compiled grammar to keep: building the matcher compiles, and ``reset`` rewinds it. Errors never raise there, they show in
``get_error`` and stay for good, so a forbidden token is not tried; they are turned into exceptions here. Options go to its JSON compiler
(``whitespace_flexible`` and the like).
"""

from __future__ import annotations

from typing import Any


class UnsatisfiableError(ValueError):
    pass


class CompileError(ValueError):
    pass


class MatcherError(RuntimeError):
    pass


class Engine:
    name = "llguidance"
    any_order = None
    survives_rejection = False
    facts = ()

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import llguidance
        import numpy as np

        self.version = version("llguidance")
        self.matcher_class = llguidance.LLMatcher
        self.tokenizer = llguidance.LLTokenizer("byte" if tokenizer is None else f"{tokenizer}/tokenizer.json")
        self.row = np.zeros((self.tokenizer.vocab_size + 31) // 32, dtype=np.uint32)
        self.pointer, self.size = self.row.ctypes.data, self.row.nbytes

    def compile(self, schema: Any, **options: Any) -> None:
        if isinstance(schema, dict) and "$grammar" in schema:
            grammar = self.matcher_class.grammar_from_lark(schema["$grammar"]["lark"])
        else:
            grammar = self.matcher_class.grammar_from_json_schema(schema, overrides=options or None)
        self.matcher = self.matcher_class(self.tokenizer, grammar, log_level=0)
        if self.matcher.is_error():
            message = self.matcher.get_error()
            raise (UnsatisfiableError if "Unsatisfiable schema" in message else CompileError)(message)

    def reset(self) -> None:
        self.matcher.reset()

    def mask(self) -> None:
        self.matcher.unsafe_compute_mask_ptr(self.pointer, self.size)

    def forced(self) -> bytes:
        return self.matcher.compute_ff_bytes()

    def allowed(self, token: int) -> bool:
        if self.matcher.is_error():
            raise MatcherError(self.matcher.get_error())
        return bool(int(self.row[token >> 5]) >> (token & 31) & 1)

    def advance(self, token: int) -> bool:
        return self.matcher.consume_token(token)

    def accepting(self) -> bool:
        return self.matcher.is_accepting()
