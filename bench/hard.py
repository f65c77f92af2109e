"""``hard``: one line per hard case and engine: right or wrong, compile and first mask, time per token, memory.

Every case runs in a process of its own: memory is what came on top of the engine with its vocabulary loaded. Targets (ours): the first
mask, or a refusal that says why, within 5 s and 500 MiB (``within``; by processor time, so that a busy machine does not matter); after a
state's first visit at most 50 µs per token, no first visit above 5 ms.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from .cases import Case, own_tokenizer
from .distribution import Distribution
from .hard_cases import hard_cases
from .options import add_shared, identity, plan_of, save
from .report import heading, reason, say_absent
from .results_file import open_results
from .run import Run
from .summary import is_right, number, table

COLUMNS = (
    *("case", "engine", "outcome", "compile, s", "first mask, s", "CPU, s", "MiB added", "within", "tokens"),
    *("cold mean, µs", "cold max, µs", "warm mean, µs", "warm max, µs"),
)
MOST_SECONDS, MOST_MIB = 5.0, 500.0


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("hard", help="schemas that are hard on engines, one by one")
    parser.add_argument("--case", metavar="WORD[,WORD...]", help="only cases whose name contains one of these")
    add_shared(parser, "maskwright")
    parser.set_defaults(command=hard)


def hard(arguments: argparse.Namespace) -> int:
    return case_by_case(arguments, "hard", "Hard cases", [case._replace(alone=True) for case in hard_cases(arguments.case)])


def case_by_case(arguments: argparse.Namespace, command: str, title: str, cases: Sequence[Case]) -> int:
    """Run ``cases`` and print a line for each and each engine; return the exit code."""
    tokenizer = own_tokenizer(arguments.tokenizer)
    plan = plan_of(arguments, tokenizer)
    with open_results(arguments.out, identity(command, plan)) as results:
        run = Run(cases, plan, results)
        run.go()
    say_absent(run)
    blocks = heading(title, run)
    rows = [results.rows[engine, case.id] for case in cases for engine in plan.engines if (engine, case.id) in results.rows]
    blocks.append(table(COLUMNS, [cells(row) for row in rows]))
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), {"title": title, "run": results.run, "about": results.about, "rows": rows})
    return 0 if rows else 1


def cells(row: dict[str, Any]) -> list[str]:
    """Write one row; times are left out where there are none."""
    outcome = "right" if is_right(row) else reason(row)[:80]
    compiled, first, cpu = (number(row[name] / 1e9) if name in row else "" for name in ("compile", "first", "first_cpu"))
    cold, warm = (Distribution.from_json(row[name]) if name in row else Distribution() for name in ("cold", "warm"))
    times = [number(value / 1000) if times.count else "" for times in (cold, warm) for value in (times.mean, times.maximum)]
    added = added_mib(row)
    return [
        *(row["id"], row["engine"], outcome, compiled, first, cpu, f"{added:.0f}", "yes" if within(row) else "no"),
        *(f"{cold.count:,}" if cold.count else "", *times),
    ]


def added_mib(row: dict[str, Any]) -> float:
    """Return the most memory a case took on top of the engine."""
    return max(0.0, row["peak_mib"] - row.get("base_mib", 0.0))


def within(row: dict[str, Any]) -> bool:
    """Whether the first mask, or a refusal, came within the target; a process that was ended did not come to either."""
    if row["status"] not in ("ok", "unsatisfiable", "refused", "failed"):
        return False
    seconds = row["first_cpu"] / 1e9 if "first_cpu" in row else row["seconds"]
    return seconds <= MOST_SECONDS and added_mib(row) <= MOST_MIB
