"""``matrix``: every decoding mode of transformers under every kind of constraint, as one table.

The cells are computed by `matrix_worker` in a process of the engine's own environment; the model is the embedded one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from maskwright.errors import OptionError

from .engines import engine_python
from .environment import environment, environment_lines
from .options import save, split_pair
from .summary import table

ENGINES = ("maskwright", "xgrammar")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("matrix", help="every decoding mode of transformers under every kind of constraint")
    add = parser.add_argument
    add("--engine", default="maskwright", choices=ENGINES, help="whose processor (default %(default)s)")
    add("--mode", action="append", default=[], metavar="NAME", help="only modes whose name contains this; repeatable")
    add("--compile", action="store_true", help="also the static cache with a compiled forward pass (a minute of compilation)")
    add("--python-for", action="append", default=[], metavar="ENGINE=PATH", help="interpreter that has the engine")
    add("--save", metavar="PREFIX", help="write the table to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=matrix)


def matrix(arguments: argparse.Namespace) -> int:
    from maskwright.integrations.embedded.load import WEIGHTS

    from .matrix_worker import MODES

    modes = [name for name in MODES if any(word in name for word in arguments.mode)] if arguments.mode else []
    if arguments.mode and not modes:
        raise OptionError("mode", arguments.mode, f"part of one of: {'; '.join(MODES)}")
    python = engine_python(arguments.engine, dict(split_pair("python-for", pair) for pair in arguments.python_for))
    worker = Path(__file__).with_name("matrix_worker.py")
    command = [python, str(worker), arguments.engine, str(WEIGHTS), json.dumps(modes), str(int(arguments.compile))]
    lines: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if line.startswith("{"):
                lines.append(json.loads(line))
                if sys.stderr.isatty() and "mode" in lines[-1]:
                    print(f"{lines[-1]['kind']}, {lines[-1]['mode']}: {lines[-1]['verdict']}", file=sys.stderr)
    if process.returncode or len(lines) < 2:
        print(f"{arguments.engine}: the worker ended with {process.returncode}", file=sys.stderr)
        return 1
    about, *cells = lines
    text = report(about, cells)
    print(text)
    save(arguments.save, text, {"environment": environment(), "about": about, "cells": cells})
    return 0 if all(cell["verdict"] in ("ok", "-") for cell in cells) else 1


def report(about: dict[str, Any], cells: list[dict[str, Any]]) -> str:
    """Write the table and what is behind its failures."""
    kinds, modes = (list(dict.fromkeys(cell[name] for cell in cells)) for name in ("kind", "mode"))
    verdicts = {(cell["mode"], cell["kind"]): cell["verdict"] for cell in cells}
    counts = {verdict: sum(cell["verdict"] == verdict for cell in cells) for verdict in ("ok", "wrong", "error", "-")}
    blocks = [
        f"# Decoding modes of transformers {about['transformers']}: {about['engine']} {about['version']}",
        environment_lines(environment(), {}).splitlines()[0],
        table(["mode", *kinds], [[mode, *(verdicts[mode, kind] for kind in kinds)] for mode in modes]),
        f"{counts['ok']} ok, {counts['wrong']} wrong, {counts['error']} errors, {counts['-']} not offered (-).",
    ]
    bad = [cell for cell in cells if cell["verdict"] in ("wrong", "error")]
    if bad:
        blocks.append("\n".join(f"- {cell['mode']}, {cell['kind']}: {cell['verdict']}: {cell['detail']}" for cell in bad))
    return "\n\n".join(blocks)
