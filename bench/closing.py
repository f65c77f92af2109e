"""``closing PATH``: does the budget close every answer?

Random MaskBench schemas, the embedded model at a high temperature, and budgets that leave no room: each schema is answered once
within ``--budget`` tokens and once within exactly the fewest tokens its shortest answer takes. An answer has to be valid JSON of the
schema, as two other packages judge it: jsonschema-rs, and jsonschema on `Decimal` numbers. A schema whose shortest answer does not fit
has to be refused before decoding, with the least budget named; it is then answered with that budget. What neither fits nor is refused
is a failure.

Formats are judged apart: the three packages read some of them differently, so they make a column and no failure.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import maskwright
from maskwright.errors import BudgetError, ContextLengthError, MaskwrightError, MissingDependencyError

from .cases import Case, data_folder
from .datasets import maskbench_cases
from .environment import environment, environment_lines
from .options import save
from .results_file import open_results
from .summary import table

PROMPT = "Write an example."
ENGINE = "maskwright"
#: outcomes of one answer that are as they should be
FINE = ("valid", "refused")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("closing", help="answers under tight budgets at a high temperature: all valid, or refused beforehand")
    add = parser.add_argument
    add("path", nargs="?", metavar="PATH", help="folder with maskbench/ (default: MASKWRIGHT_DATA)")
    add("--sample", type=int, default=1000, metavar="N", help="schemas, drawn at random (default %(default)s)")
    add("--seed", type=int, default=1, help="of the sample and of the random numbers (default %(default)s)")
    add("--budget", type=int, default=64, metavar="TOKENS", help="max_tokens (default %(default)s)")
    add("--temperature", type=float, default=1.5, help="(default %(default)s)")
    add("--time-limit", type=float, default=60.0, metavar="S", help="seconds per schema (default %(default)g)")
    add("--out", metavar="FILE", help="JSON lines, one per schema; a run with the same FILE goes on where it ended")
    add("--save", metavar="PREFIX", help="write the summary to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=closing)


def closing(arguments: argparse.Namespace) -> int:
    cases = maskbench_cases(data_folder(arguments.path), arguments.sample, arguments.seed)
    run = {"command": "closing", "seed": arguments.seed, "budget": arguments.budget, "temperature": arguments.temperature}
    with open_results(arguments.out, run) as results:
        for number, case in enumerate(cases, 1):
            if (ENGINE, case.id) in results.rows:
                continue
            results.add(answer(case, arguments))
            if sys.stderr.isatty():
                print(f"\r{number}/{len(cases)}", end="", file=sys.stderr)
    rows = results.of(ENGINE, {case.id for case in cases})
    text = report(rows, run)
    print(text)
    save(arguments.save, text, {"environment": environment(), "run": run, **counted(rows)})
    return 0 if rows and not failures(rows) else 1


def answer(case: Case, arguments: argparse.Namespace) -> dict[str, Any]:
    """Answer one schema within the budget and within the least one; return its row."""
    row: dict[str, Any] = {"engine": ENGINE, "id": case.id}
    schema, _ = case.load()
    started = time.perf_counter()
    try:
        with within(arguments.time_limit):
            writer = maskwright.Generator(schema=schema)
            row["least"] = least = writer.constraint.min_tokens(writer.constraint.start)
            row["at_budget"] = attempt(writer, schema, arguments.budget, arguments)
            if least != arguments.budget:
                row["at_least"] = attempt(writer, schema, max(least, 1), arguments)
        row["status"] = "ok"
    except MaskwrightError as error:
        row |= {"status": "refused", "error": f"{error.code} {type(error).__name__}", "message": str(error)[:300]}
    except TimeoutError:
        row["status"] = "time"
    row["seconds"] = round(time.perf_counter() - started, 3)
    return row


def attempt(writer: Any, schema: Any, budget: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write one answer and judge it."""
    try:
        result = writer(PROMPT, max_tokens=budget, temperature=arguments.temperature, seed=arguments.seed)
    except BudgetError as error:
        return {"outcome": "refused" if budget < error.needed else "failed", "needed": error.needed}
    except ContextLengthError:
        return {"outcome": "window"}
    record: dict[str, Any] = {"finish": result.finish_reason, "tokens": len(result.token_ids), "budget": budget}
    if not result.complete or len(result.token_ids) > budget:
        return {**record, "outcome": "incomplete", "text": result.text}
    record["judged"] = judge(schema, result.text)
    record["outcome"] = outcome(record["judged"])
    return record if record["outcome"] == "valid" and record["judged"]["jsonschema-rs, formats"] else {**record, "text": result.text}


def outcome(judged: dict[str, bool | None]) -> str:
    """Say what the oracles make of an answer.

    Formats are asserted here, so beneath a ``oneOf`` or ``not`` an oracle that only notes them may say no to what is valid: an answer is
    invalid by an oracle if it is so with formats and without.
    """
    verdicts = [{judged[name], judged[f"{name}, formats"]} for name in ("jsonschema-rs", "jsonschema")]
    if any(False in verdict and True not in verdict for verdict in verdicts):
        return "invalid"
    return "valid" if any(True in verdict for verdict in verdicts) else "unjudged"


def judge(schema: Any, text: str) -> dict[str, bool | None]:
    """Ask both oracles; None where one cannot tell (a pattern it cannot read, a reference it does not have)."""
    try:
        import jsonschema
        import jsonschema_rs
    except ImportError as error:
        raise MissingDependencyError(error.name or "jsonschema", "dev") from error
    exact = json.loads(json.dumps(schema), parse_float=Decimal)
    value = json.loads(text, parse_float=Decimal)
    validator = jsonschema.validators.validator_for(exact, default=jsonschema.Draft202012Validator)

    def of_rust(formats: bool) -> bool:
        return jsonschema_rs.validator_for(schema, validate_formats=formats).is_valid(json.loads(text))

    def of_python(formats: bool) -> bool:
        return validator(exact, format_checker=jsonschema.FormatChecker() if formats else None).is_valid(value)

    asked = {"jsonschema-rs": partial(of_rust, False), "jsonschema": partial(of_python, False)}
    asked |= {"jsonschema-rs, formats": partial(of_rust, True), "jsonschema, formats": partial(of_python, True)}
    verdicts: dict[str, bool | None] = {}
    for name, ask in asked.items():
        try:
            verdicts[name] = ask()
        except Exception:                                       # the oracles raise whatever their parts raise
            verdicts[name] = None
    return verdicts


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in the body when time is up."""

    def alarm(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def counted(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Count the outcomes; name the schemas that were refused, with the budget they need."""
    outcomes = {name: dict(Counter(row[name]["outcome"] for row in rows if name in row)) for name in ("at_budget", "at_least")}
    needed = {row["id"]: row["at_budget"]["needed"] for row in rows if row.get("at_budget", {}).get("outcome") == "refused"}
    refused = [row["id"] for row in rows if row["status"] == "refused"]
    return {"rows": len(rows), "outcomes": outcomes, "refused_by_compile": refused, "needed": needed, "failures": failures(rows)}


def failures(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """List the answers that are neither valid nor refused in time."""
    found = []
    for row in rows:
        if row["status"] == "time":
            found.append((row["id"], "out of time"))
        for name in ("at_budget", "at_least"):
            record = row.get(name)
            if record is not None and record["outcome"] not in (*FINE, "window", "unjudged"):
                found.append((row["id"], f"{name}: {record['outcome']}, {record.get('finish')}: {record.get('text', '')[:120]}"))
    return found


def report(rows: list[dict[str, Any]], run: dict[str, Any]) -> str:
    """Write the summary as Markdown."""
    names = {"at_budget": f"within {run['budget']} tokens", "at_least": "within the fewest tokens"}
    outcomes = ("valid", "refused", "window", "unjudged", "invalid", "incomplete", "failed")
    lines = []
    for name, title in names.items():
        records = [row[name] for row in rows if name in row]
        counts = Counter(record["outcome"] for record in records)
        closed = sum(record.get("finish") == "closed" for record in records)
        formats = sum(bool(record.get("judged", {}).get("jsonschema-rs, formats")) for record in records)
        lines.append([title, len(records), *(counts[outcome] for outcome in outcomes), closed, formats])
    header = ("answers", "schemas", "valid", "refused, least named", "prompt beyond window", "no oracle can judge", "INVALID", "INCOMPLETE",
              "FAILED", "closed by the budget", "valid with formats (jsonschema-rs)")  # fmt: skip
    refused = Counter(row["error"] for row in rows if row["status"] == "refused")
    blocks = [
        f"# Closing: {len(rows)} schemas, temperature {run['temperature']:g}, seed {run['seed']}",
        environment_lines(environment(), {}).splitlines()[0],
        table(header, [[str(cell) for cell in line] for line in lines]),
        "Refused by compile: " + (", ".join(f"{error} {count}" for error, count in refused.most_common()) or "none") + ".",
        f"Out of time: {sum(row['status'] == 'time' for row in rows)}. Seconds in all: {sum(row['seconds'] for row in rows):.0f}.",
    ]
    wrong = failures(rows)
    blocks += ["## Failures", "\n".join(f"- {case}: {what}" for case, what in wrong)] if wrong else ["No failures."]
    return "\n\n".join(blocks)
