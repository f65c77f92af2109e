"""Command-line options that the benchmark commands share, and what is made of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maskwright.errors import OptionError

from .child import DEFAULT_LIMITS, ChildLimits
from .engines import adapter_path, labelled
from .run import Plan

#: How maskwright takes every JSON text of a value: what a comparison with validators asks for.
OUR_OPTIONS: dict[str, Any] = {"key_order": "any", "whitespace": "any", "numbers": "exact"}


def add_shared(parser: argparse.ArgumentParser, engines: str) -> None:
    """Add what every command takes, with one results file and a summary beside it."""
    add_engines(parser, engines)
    add = parser.add_argument
    add("--out", metavar="FILE", help="JSON lines, one per engine and file; a run with the same FILE goes on where it ended")
    add("--save", metavar="PREFIX", help="write the summary to PREFIX.md and PREFIX.json too")
    add("--no-warm", action="store_true", help="leave out the second, warm pass over each file")


def add_engines(parser: argparse.ArgumentParser, engines: str) -> None:
    """Add engines, their options, interpreters and limits."""
    add = parser.add_argument
    add("--engine", "--engines", default=engines, metavar="[LABEL=]NAME[,...]",
        help="engines, or paths of adapter files (default %(default)s)")  # fmt: skip
    add("--option", action="append", default=[], metavar="[ENGINE:]NAME=VALUE",
        help="goes to the engine's compile; VALUE is JSON or else text; without ENGINE: to the first engine")  # fmt: skip
    add("--python-for", action="append", default=[], metavar="ENGINE=PATH",
        help="interpreter that has the engine (default: .venv/peers where present, else this one)")  # fmt: skip
    add("--tokenizer", metavar="DIR", help="folder with tokenizer.json, or 'bytes' (default: llama3 in the data folder)")
    add("--jobs", type=int, default=1, help="files at the same time; more than one disturbs the times (default %(default)s)")
    add("--time-limit", type=float, default=DEFAULT_LIMITS.seconds, metavar="S", help="seconds per file (default %(default)g)")
    add("--memory-limit", type=float, default=DEFAULT_LIMITS.memory_mib, metavar="MIB",
        help="resident memory of an engine's process (default %(default)g)")  # fmt: skip
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster, --jobs actors ('local' starts one here; extra ray)")


def plan_of(arguments: argparse.Namespace, tokenizer: str | None) -> Plan:
    """Read the shared options into a plan."""
    adapters = dict(labelled(spec) for spec in arguments.engine.split(",") if spec)
    if not adapters:
        raise OptionError("engine", arguments.engine, "at least one engine")
    for name in adapters.values():
        adapter_path(name)
    if arguments.jobs < 1:
        raise OptionError("jobs", arguments.jobs, "a number from 1 on")
    return Plan(
        adapters,
        engine_options(arguments.option, list(adapters)),
        dict(split_pair("python-for", pair) for pair in arguments.python_for),
        tokenizer,
        ChildLimits(arguments.time_limit, arguments.memory_limit),
        arguments.jobs,
        not getattr(arguments, "no_warm", False),
        ray=arguments.ray,
    )


def engine_options(pairs: Sequence[str], engines: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Sort ``[ENGINE:]NAME=VALUE`` by engine.

    >>> engine_options(["key_order=any", "b:max=3"], ["a", "b"])
    {'a': {'key_order': 'any'}, 'b': {'max': 3}}
    """
    found: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        name, value = split_pair("option", pair)
        engine, colon, rest = name.rpartition(":")
        if colon and engine not in engines:
            raise OptionError("option", pair, f"one of the engines of this run before the colon: {', '.join(engines)}")
        found.setdefault(engine if colon else engines[0], {})[rest] = parse_value(value)
    return found


def split_pair(option: str, pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise OptionError(option, pair, "NAME=VALUE")
    return name, value


def parse_value(text: str) -> Any:
    """Read JSON, or take the text itself.

    >>> parse_value("any"), parse_value("2020-12"), parse_value("true"), parse_value("7")
    ('any', '2020-12', True, 7)
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def identity(command: str, plan: Plan, **more: Any) -> dict[str, Any]:
    """Return what must be equal for two runs to share a results file."""
    limits = plan.limits._asdict()
    del limits["start_seconds"]
    options = {name: plan.options[name] for name in sorted(plan.options)}
    tokenizer = Path(plan.tokenizer).name if plan.tokenizer else "bytes"
    return {"command": command, "options": options, "tokenizer": tokenizer, "limits": limits, "warm": plan.warm, **more}


def save(prefix: str | None, markdown: str, data: dict[str, Any]) -> None:
    """Write PREFIX.md and PREFIX.json."""
    if prefix is None:
        return
    base = Path(prefix)
    base.parent.mkdir(parents=True, exist_ok=True)
    base.with_name(base.name + ".md").write_text(markdown + "\n", encoding="utf-8")
    base.with_name(base.name + ".json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
