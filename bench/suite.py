"""``suite PATH --draft 2020-12``: the official JSON-Schema-Test-Suite, instance by instance.

Every instance falls into one of four columns: right, wrongly accepted, wrongly rejected (for whatever reason, order of keys included), did
not compile. ``remotes/`` is the registry under the suite's base address; formats are annotations in the required files and asserted in
``optional/format/`` and ``format-assertion``; a schema that is found unsatisfiable rejects every instance. For maskwright, keys may come in
any order and whitespace is free, since the suite's instances are values, not texts; ``--option`` overrides that.
"""

from __future__ import annotations

import argparse
from collections import Counter
from typing import Any

from .cases import Case, data_folder, suite_cases, tokenizer_folder
from .options import OUR_OPTIONS, add_shared, identity, plan_of, save
from .report import heading, misses, say_absent
from .results_file import open_results
from .run import Run
from .summary import percent, table

COLUMNS = ("right", "wrongly accepted", "wrongly rejected", "did not compile")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("suite", help="the official JSON-Schema-Test-Suite, instance by instance")
    parser.add_argument("path", nargs="?", metavar="PATH", help="the suite, or a folder that holds it (default: MASKWRIGHT_DATA)")
    parser.add_argument("--draft", default="2020-12", help="which draft (default %(default)s)")
    parser.add_argument("--keyword", metavar="NAME[,NAME...]", help="only these files of the suite (anyOf, optional/format/date, ...)")
    parser.add_argument("--list-misses", action="store_true", help="list the groups that are not right, with the reason")
    add_shared(parser, "maskwright")
    parser.set_defaults(command=suite)


def suite(arguments: argparse.Namespace) -> int:
    data = data_folder(arguments.path)
    plan = plan_of(arguments, tokenizer_folder(arguments.tokenizer or "bytes", data))._replace(warm=False)
    ours = {label: {**OUR_OPTIONS, **plan.options.get(label, {})} for label, name in plan.adapters.items() if name == "maskwright"}
    plan = plan._replace(options={**plan.options, **ours})
    cases = suite_cases(data, arguments.draft)
    if arguments.keyword:
        wanted = set(arguments.keyword.split(","))
        cases = [case for case in cases if case.group in wanted]
    with open_results(arguments.out, identity("suite", plan, draft=arguments.draft)) as results:
        run = Run(cases, plan, results)
        run.go()
    say_absent(run)
    blocks, report = suite_report(f"JSON-Schema-Test-Suite, draft {arguments.draft}", run, cases)
    if arguments.list_misses:
        blocks += misses(run, {case.id for case in cases})
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), report)
    return 0 if report["engines"] else 1


def columns_of(row: dict[str, Any]) -> Counter[str]:
    """Sort a row's instances into the four columns; what has no verdict did not compile (or found no end)."""
    verdicts = Counter(row["verdicts"])
    found = Counter({
        "right": verdicts["right"],
        "wrongly accepted": verdicts["accepted"],
        "wrongly rejected": verdicts["rejected"] + verdicts["order"],
    })  # fmt: skip
    found["did not compile"] = row["tests"] - found.total()
    return found


def suite_report(title: str, run: Run, cases: list[Case]) -> tuple[list[str], dict[str, Any]]:
    """Per engine: totals for required, optional and format files, then a table by file."""
    blocks = heading(title, run)
    engines: dict[str, Any] = {}
    ids = {case.id for case in cases}
    for engine in run.plan.engines:
        rows = run.results.of(engine, ids)
        if not rows:
            continue
        parts: dict[str, Counter[str]] = {}
        files: dict[str, Counter[str]] = {}
        for row in rows:
            counted = columns_of(row)
            parts.setdefault(part_of(row["group"]), Counter()).update(counted)
            files.setdefault(row["group"], Counter()).update(counted)
        engines[engine] = {"parts": parts, "files": {name: files[name] for name in sorted(files)}}
        blocks += [f"## {engine}", counts_table("files", parts), counts_table("file", engines[engine]["files"])]
    return blocks, {"title": title, "run": run.results.run, "about": run.results.about, "absent": run.absent, "engines": engines}


def side_by_side(run: Run, cases: list[Case]) -> list[str]:
    """One table of totals and one of the share right by keyword, one column per engine."""
    ids = {case.id for case in cases}
    totals: list[list[str]] = []
    shares: dict[str, dict[str, Counter[str]]] = {}
    engines = []
    for engine in run.plan.engines:
        rows = run.results.of(engine, ids)
        if not rows:
            continue
        engines.append(engine)
        parts: dict[str, Counter[str]] = {}
        for row in rows:
            counted = columns_of(row)
            parts.setdefault(part_of(row["group"]), Counter()).update(counted)
            shares.setdefault(row["group"], {}).setdefault(engine, Counter()).update(counted)
        for part, n in parts.items():
            totals.append([part, engine, str(n.total()), *(str(n[column]) for column in COLUMNS), percent(n["right"], n.total())])
    if not engines:
        return []
    totals.sort(key=lambda row: row[0] != "required")
    keywords = []
    for group, found in sorted(shares.items()):
        counts = [found.get(engine, Counter[str]()) for engine in engines]
        keywords.append([group, str(max(n.total() for n in counts)), *(percent(n["right"], n.total()) for n in counts)])
    header = ["files", "engine", "instances", *COLUMNS, "right, share"]
    return [table(header, totals), "### By keyword: instances right", table(["keyword", "instances", *engines], keywords)]


def part_of(group: str) -> str:
    """Name the part of the suite a file belongs to.

    >>> [part_of(g) for g in ("anyOf", "optional/bignum", "optional/format/date")]
    ['required', 'optional', 'optional/format']
    """
    return group.rpartition("/")[0] or "required"


def counts_table(first: str, counts: dict[str, Counter[str]]) -> str:
    rows = [[name, str(n.total()), *(str(n[column]) for column in COLUMNS), percent(n["right"], n.total())] for name, n in counts.items()]
    return table([first, "instances", *COLUMNS, "right, share"], rows)
