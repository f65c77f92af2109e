"""``speed``: several engines on the same files, interleaved file by file, with ratios on the files that both get right.

The ratios are first engine : other engine, each pooled over exactly the files on which both judge every instance as labelled, so that an
engine gains nothing by refusing hard schemas or by waving instances through.
"""

from __future__ import annotations

import argparse
from typing import Any

from .maskbench import add_data, measured
from .options import add_shared, save
from .report import common_report
from .run import Run
from .summary import is_right, number, statistics, summarise, table

ENGINES = "maskwright,llguidance,xgrammar,outlines-core"
KINDS = (("first mask", "first"), ("per token, cold", "cold"), ("per token, warm", "warm"))


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("speed", help="engines side by side on MaskBench files, with ratios on what both get right")
    add_data(parser, "--sample", 300, 7)
    add_shared(parser, ENGINES)
    parser.set_defaults(command=speed)


def speed(arguments: argparse.Namespace) -> int:
    run, ids, described = measured(arguments, "speed")
    plan = run.plan
    blocks, report = common_report(f"Side by side on MaskBench, {described}", run, ids)
    report["ratios"] = {}
    first, *others = (engine for engine in plan.engines if engine in report["engines"])
    for other in others:
        shared, ratios = ratios_of(run, first, other, ids)
        report["ratios"][other] = {"files": shared, **ratios}
        blocks += [f"## {first} : {other}, on the {shared} files that both get right", ratios_table(ratios)]
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), report)
    return 0 if report["engines"] else 1


def ratios_of(run: Run, first: str, other: str, ids: set[str]) -> tuple[int, dict[str, dict[str, float]]]:
    """Divide the first engine's statistics by the other's, over the files both get right."""
    mine = {row["id"]: row for row in run.results.of(first, ids) if is_right(row) and "first" in row}
    theirs = {row["id"]: row for row in run.results.of(other, ids) if is_right(row) and "first" in row}
    shared = sorted(mine.keys() & theirs.keys())
    one, two = summarise([mine[case] for case in shared]), summarise([theirs[case] for case in shared])
    ratios: dict[str, dict[str, float]] = {}
    for title, name in KINDS:
        if getattr(one, name).count and getattr(two, name).count:
            below = statistics(getattr(two, name))
            ratios[title] = {key: value / below[key] for key, value in statistics(getattr(one, name)).items()}
    return len(shared), ratios


def ratios_table(ratios: dict[str, Any]) -> str:
    names = list(next(iter(ratios.values()), {}))
    return table(["ratio", *names], [[title, *(number(values[name]) for name in names)] for title, values in ratios.items()])
