"""xgrammar: `GrammarCompiler` (one thread) and `GrammarMatcher`.

Its compiler runs without its cache: every file is compiled once, and with the cache on xgrammar 0.2.8 fails an internal check on one file
in twenty ("per_rule_fsm_hashes") that it compiles without. ``cache=true`` turns it on; the other options go to ``compile_json_schema``
(``any_whitespace``, ``strict_mode``, ``any_order``).
"""

from __future__ import annotations

from typing import Any


class Engine:
    name = "xgrammar"
    any_order = None
    survives_rejection = True
    facts = ()

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import transformers
        import xgrammar

        self.version = version("xgrammar")
        self.matcher_class = xgrammar.GrammarMatcher
        if tokenizer is None:
            vocabulary = [bytes([b]) for b in range(256)] + [b"</s>"]
            info = xgrammar.TokenizerInfo(vocabulary, stop_token_ids=[256])
        else:
            info = xgrammar.TokenizerInfo.from_huggingface(transformers.AutoTokenizer.from_pretrained(tokenizer))
        self.compilers = {on: xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=on) for on in (False, True)}
        self.rows = xgrammar.allocate_token_bitmask(1, info.vocab_size)
        self.row = self.rows[0].numpy().view("uint32")

    def compile(self, schema: Any, cache: bool = False, **options: Any) -> None:
        if isinstance(schema, dict) and "$grammar" in schema:
            self.matcher = self.matcher_class(self.compilers[cache].compile_grammar(schema["$grammar"]["ebnf"]))
            return
        self.matcher = self.matcher_class(self.compilers[cache].compile_json_schema(schema, **options))

    def reset(self) -> None:
        self.matcher.reset()

    def mask(self) -> None:
        self.matcher.fill_next_token_bitmask(self.rows, 0)

    def forced(self) -> bytes:
        return self.matcher.find_jump_forward_string().encode()

    def allowed(self, token: int) -> bool:
        return bool(int(self.row[token >> 5]) >> (token & 31) & 1)

    def advance(self, token: int) -> bool:
        return self.matcher.accept_token(token)

    def accepting(self) -> bool:
        return self.matcher.is_completed()
