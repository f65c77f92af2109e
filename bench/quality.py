"""Does a constraint make answers better or worse? The same prompts with every engine and with none, compared pair by pair.

An output that its engine had to close in time counts as closed, since that is what an application would get. Accuracy counts answers
wholly right; *score* credits right fields. The comparison with ``none`` is in `paired`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .paired import Paired, compare
from .results_file import Results
from .summary import table
from .tasks import Task

BASELINE = "none"


def answer_of(row: dict[str, Any]) -> tuple[str, bool]:
    """Return an output and whether it ended by itself or was closed."""
    closed = row.get("closed") or {}
    chosen = closed if row.get("finish") != "stop" and closed.get("finish") == "stop" else row
    return chosen.get("text", ""), chosen.get("finish") == "stop"


def scores(tasks: Sequence[Task], results: Results, engine: str) -> dict[str, float]:
    """Score one engine's answers; a task whose row is not there has no score, one without an output is wrong."""
    rows = {task.id: results.rows.get((engine, task.id)) for task in tasks}
    return {task.id: task.score(*answer_of(row)) for task in tasks if (row := rows[task.id]) is not None}


def quality_blocks(tasks: Sequence[Task], results: Results, engines: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """Tables per kind of task: accuracy with each engine, and its difference to none with interval and test."""
    accuracy, differences = [], []
    data: dict[str, Any] = {}
    for group in dict.fromkeys(task.group for task in tasks):
        of_group = [task for task in tasks if task.group == group]
        base = scores(of_group, results, BASELINE)
        for engine in engines:
            have = scores(of_group, results, engine)
            if not have:
                continue
            right = sum(score == 1 for score in have.values())
            ended = sum(answer_of(results.rows[engine, name])[1] for name in have)
            share = [f"{100 * part / len(have):.1f} %" for part in (right, sum(have.values()), ended)]
            accuracy.append([group, engine, str(len(have)), *share])
            shared = [name for name in have if name in base]
            if engine == BASELINE or not shared:
                continue
            pair = compare([have[name] == 1 for name in shared], [base[name] == 1 for name in shared])
            differences.append([group, engine, str(len(shared)), *pair_cells(pair)])
            data.setdefault(group, {})[engine] = pair._asdict()
    blocks = [table(["task", "engine", "prompts", "right", "score", "ended"], accuracy)] if accuracy else []
    if differences:
        header = ["task", "engine", "prompts", "right only with", "right only without", "difference", "95 % interval", "McNemar p"]
        blocks.append(table(header, differences))
    return blocks, data


def pair_cells(pair: Paired) -> list[str]:
    low, high = f"{100 * pair.low:+.1f}", f"{100 * pair.high:+.1f}"
    return [str(pair.gained), str(pair.lost), f"{100 * pair.difference:+.1f} points", f"{low} to {high}", f"{pair.p:.2g}"]
