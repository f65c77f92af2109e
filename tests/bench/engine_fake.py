"""An engine that knows a few things only, and one way each to go wrong; the harness loads it by path.

The schema says what to do: ``{"texts": [...]}`` is the language of exactly these texts, ``{"do": WHAT, "when": PHASE}`` misbehaves.
Tokens are bytes.
"""

import os
import signal
import time
from types import MappingProxyType


class UnsatisfiableError(ValueError):
    pass


class RefusedError(ValueError):
    pass


class Engine:
    name = "fake"
    version = "1"
    any_order = MappingProxyType({"key_order": "any"})
    facts = ("draft",)
    survives_rejection = True

    def __init__(self, tokenizer):
        assert tokenizer is None
        self.hoard = []

    def compile(self, schema, key_order="schema", **options):
        print("an engine may print what it likes")
        self.texts = [text.encode() for text in schema.get("texts", ['{"a": "b", "b": 1}'])]
        if key_order == "any":
            self.texts += [text.encode() for text in schema.get("reordered", [])]
        self.schema = schema
        if options != schema.get("options", {}):
            raise RefusedError(f"options are {options}")
        self.misbehave("compile")

    def misbehave(self, phase):
        if self.schema.get("when") != phase:
            return
        match self.schema["do"]:
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                os._exit(3)
            case "hang":
                time.sleep(1000)
            case "hoard":
                self.hoard.append(b"x" * (160 << 20))
                time.sleep(1000)
            case "refuse":
                raise RefusedError("not this one")
            case "unsatisfiable":
                raise UnsatisfiableError("no value at all")

    def reset(self):
        self.seen = b""

    def mask(self):
        self.misbehave("mask" if self.seen else "first mask")

    def allowed(self, token):
        return self.schema.get("lie", False) or self.moves(token)

    def moves(self, token):
        return any(text.startswith(self.seen + bytes([token])) for text in self.texts)

    def advance(self, token):
        moved = self.moves(token)
        self.seen += bytes([token])
        return moved

    def accepting(self):
        return self.seen in self.texts
