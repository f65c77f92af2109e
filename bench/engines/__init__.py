"""Adapters: the few lines that let the harness drive an engine.

An adapter is a Python file with a class `Engine` (below). It runs in a child process, under the Python that its engine is installed in,
and is loaded by path: so it imports nothing of maskwright but what it measures, and imports its engine inside ``__init__`` (the file itself
can be read anywhere). A name stands for a file of this folder; a path to any other file works too, and a label lets one engine take part
twice: ``--engine maskwright,my_engine.py,loose=xgrammar --option loose:any_whitespace=true``.

Refused: a base class with shared behaviour. It would have to be importable in the engine's own environment.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from maskwright.errors import OptionError


class Engine(Protocol):
    """What an adapter provides. ``Engine(tokenizer)`` opens it on a folder with tokenizer.json, or on bytes as tokens (None)."""

    name: str
    version: str
    #: Options of `compile` that add up to "keys in any order"; None where the engine has no such thing.
    any_order: Mapping[str, Any] | None
    #: Names of a case's facts (draft, formats, remotes) that `compile` takes as options.
    facts: tuple[str, ...]
    #: Whether `advance` may be asked about a token that the mask forbids, and `reset` still works afterwards.
    survives_rejection: bool

    def compile(self, schema: Any, **options: Any) -> None:
        """Compile a JSON Schema, given as a Python value. An error's class name becomes the row's reason; one named
        ``UnsatisfiableError`` says that no value at all is valid."""

    def reset(self) -> None:
        """Go to the start of a new output."""

    def mask(self) -> None:
        """Fill the adapter's own mask for the present state."""

    def allowed(self, token: int) -> bool:
        """Look a token up in the mask last filled."""

    def advance(self, token: int) -> bool:
        """Feed a token; False when the engine rejects it."""

    def accepting(self) -> bool:
        """May the output end here?"""

    # With a model in the loop, besides: ``row``, the mask last filled, as uint32 words, least significant bit first; and where the engine
    # can,
    # ``forced() -> bytes``, what every continuation begins with, and ``mask_within(left) -> None``, a mask that keeps only tokens after
    # which the
    # output can still end within the tokens left.


NAMES = ("maskwright", "llguidance", "xgrammar", "outlines-core", "lm-format-enforcer", "none")
#: Engines that need no interpreter of their own.
OURS = frozenset({"maskwright", "none"})
#: Judges of finished texts, with ``compile(schema)`` and ``judge(text)`` only.
VALIDATORS = MappingProxyType({"jsonschema-rs": "validator_rust", "jsonschema": "validator_python"})


def adapter_path(engine: str) -> Path:
    """Return the adapter's file for a name or a path.

    Raises
    ------
    OptionError
        When it is neither a known name nor a file.
    """
    if engine in NAMES:
        return Path(__file__).parent / f"{engine.replace('-', '_')}.py"
    if engine in VALIDATORS:
        return Path(__file__).parent / f"{VALIDATORS[engine]}.py"
    path = Path(engine)
    if path.suffix == ".py" and path.is_file():
        return path.resolve()
    raise OptionError("engine", engine, f"one of {', '.join(NAMES)}, or the path of an adapter file")


def labelled(spec: str) -> tuple[str, str]:
    """Split ``LABEL=ENGINE``; without a label a name stands for itself and a path for its stem.

    >>> labelled("xgrammar"), labelled("loose=xgrammar"), labelled("dir/mine.py")
    (('xgrammar', 'xgrammar'), ('loose', 'xgrammar'), ('mine', 'dir/mine.py'))
    """
    label, equals, engine = spec.partition("=")
    if not equals:
        label, engine = (spec, spec) if spec in NAMES else (Path(spec).stem, spec)
    return label, engine


def engine_python(engine: str, chosen: dict[str, str]) -> str:
    """Return the interpreter for an engine: as chosen, else ``.venv/peers`` of the working folder for a peer, else this one."""
    if engine in chosen:
        return chosen[engine]
    peers = Path(".venv/peers/bin/python")
    if engine in NAMES and engine not in OURS and peers.exists():
        return str(peers.absolute())
    return sys.executable
