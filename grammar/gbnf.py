r"""GBNF, the grammar notation of llama.cpp (its ``grammars/README.md``): see `docs/gbnf.md`.

Beyond what is documented there, escapes of ``-``, ``^`` and ``]`` are read as these characters, a line may begin with ``|``, and ``%json``
followed by a JSON Schema stands for a JSON text. Line breaks inside literals are refused.
"""

from __future__ import annotations

from .bnf import read_bnf
from .bnf_scanner import Dialect
from .syntaxes import CompiledGrammar, Request

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-", "^": "^"}

GBNF = Dialect(
    name="GBNF",
    syntax="gbnf",
    name_pattern=r"[A-Za-z0-9_-]+",
    quotes='"',
    escapes=_ESCAPES,
    class_escapes={},
    long_x=False,
    free_lines=False,
    any_char=True,
    tokens=True,
    repeated_repeats=True,
)


def read(text: str, request: Request) -> CompiledGrammar:
    """Read a GBNF grammar; see `bnf.read_bnf`."""
    return read_bnf(text, request, GBNF)
