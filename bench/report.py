"""What the commands print: heading, machine, tables, the files that went wrong."""

from __future__ import annotations

import sys
from typing import Any

from .environment import environment, environment_lines
from .run import Run
from .summary import Summary, correctness_table, is_right, reasons_table, summarise, times_table, to_json

LISTED = 40


def summaries_of(run: Run, ids: set[str]) -> dict[str, Summary]:
    """Summarise each engine that has rows."""
    found = {engine: summarise(run.results.of(engine, ids)) for engine in run.plan.engines}
    return {engine: summary for engine, summary in found.items() if summary.files["all"]}


def say_absent(run: Run) -> None:
    for engine, reason in run.absent.items():
        print(f"{engine}: {reason}", file=sys.stderr)


def heading(title: str, run: Run) -> list[str]:
    """Title, command options, machine, absent engines."""
    versions = {engine: run.results.about[engine]["version"] for engine in run.plan.engines if engine in run.results.about}
    commits = dict.fromkeys(about["commit"] for about in run.results.about.values() if "commit" in about)
    about = environment() | ({"commit": ", ".join(commits)} if commits else {})  # a resumed run was measured when its rows were written
    lines = [f"# {title}", environment_lines(about, versions)]
    settings = run.results.run
    described = [f"{engine} {options}" for engine, options in settings["options"].items()]
    lines.append(f"Tokenizer: {settings['tokenizer']}. Options: {'; '.join(described) or 'defaults'}. Limits: {settings['limits']}.")
    lines += [f"{engine}: {reason}" for engine, reason in run.absent.items()]
    return lines


def common_report(title: str, run: Run, ids: set[str]) -> tuple[list[str], dict[str, Any]]:
    """Heading, correctness, times, reasons; as Markdown blocks and as JSON."""
    summaries = summaries_of(run, ids)
    blocks = heading(title, run)
    if summaries:
        blocks += ["## Right and wrong", correctness_table(summaries), "## Times", times_table(summaries)]
        if reasons := reasons_table(summaries):
            blocks += ["## Reasons for no result", reasons]
    data = {"title": title, "environment": environment(), "run": run.results.run, "about": run.results.about, "absent": run.absent}
    return blocks, {**data, "engines": {engine: to_json(summary) for engine, summary in summaries.items()}}


def misses(run: Run, ids: set[str]) -> list[str]:
    """List, per engine, the files that are not right, each with its reason."""
    blocks = []
    for engine in run.plan.engines:
        wrong = sorted((row for row in run.results.of(engine, ids) if not is_right(row)), key=lambda row: row["id"])
        if wrong:
            lines = [f"- {row['id']}: {reason(row)}" for row in wrong[:LISTED]]
            if len(wrong) > LISTED:
                lines.append(f"- and {len(wrong) - LISTED} more (all are in the file of --out)")
            blocks += [f"## Not right: {engine}", "\n".join(lines)]
    return blocks


def reason(row: dict[str, Any]) -> str:
    """Say in one line what is wrong with a row."""
    if row["status"] not in ("ok", "unsatisfiable"):
        message = " ".join(row["error"]["message"].split())
        return f"{row['status']}: {row['error']['class']}: {message[:200]}"
    words = {"accepted": "wrongly accepted", "rejected": "wrongly rejected", "order": "wrongly rejected for order"}
    wrong = [f"{number} {words[verdict]}" for number, verdict in enumerate(row["verdicts"]) if verdict in words]
    prefix = f"unsatisfiable ({row['error']['message'][:120]}); " if row["status"] == "unsatisfiable" else ""
    return f"{prefix}instances {', '.join(wrong[:6])}" + (f" and {len(wrong) - 6} more" if len(wrong) > 6 else "")
