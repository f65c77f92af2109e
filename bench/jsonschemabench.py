"""``jsonschemabench DATA``: how much of real-world JSON Schema an engine covers, how fast, and what that does to the output.

The run has stages, each a `Run` over works of its own with a results file in ``--out``; a stage that is done is read back, a killed one
goes on:

    labels      two validators judge the labelled instances (`labels`)
    instances   engines compile and are fed the labelled instances: declared and true coverage, masks alone (`worker`)
    outputs     engines steer a model: empirical coverage, times with the model in the loop (`loop`)
    verdicts    the validators judge the outputs
    quality     tasks with known answers, with every engine and with none (`quality`)
    suite       the official JSON-Schema-Test-Suite, by keyword (`suite`)

maskwright takes part as itself under ``key_order="any" whitespace="any" numbers="exact"``, the language that validators know, and as
``maskwright-defaults``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from maskwright.errors import OptionError

from .cases import data_folder, suite_cases, tokenizer_folder
from .coverage import (
    FEATURE_FLOOR,
    Record,
    by_engine,
    coverage_table,
    efficiency_table,
    kinds_table,
    records,
    split_shares,
    split_table,
)
from .datasets import dataset_cases, readable
from .engines import VALIDATORS
from .labels import Dispute, disputes, labels_blocks
from .options import OUR_OPTIONS, add_engines, identity, plan_of
from .page import page, pooled_times
from .quality import BASELINE, quality_blocks
from .report import heading, say_absent, summaries_of
from .results_file import Results
from .run import Plan, Run, Work
from .suite import side_by_side
from .summary import correctness_table, times_table, to_json
from .tasks import STYLES, extraction_tasks, file_tasks
from .works import Judgement, labels_of, model_folder, output_of, verdict_id, verdict_of

ENGINES = "maskwright,llguidance,xgrammar,outlines-core,lm-format-enforcer,none"
STAGES = ("labels", "instances", "outputs", "quality", "suite")
DEFAULTS = "maskwright-defaults"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("jsonschemabench", help="coverage, efficiency and quality on JSONSchemaBench, for us and the peers")
    add = parser.add_argument
    add("path", nargs="?", metavar="DATA", help="checkout, HF dataset on disk, or schema files (default: MASKWRIGHT_DATA)")
    add("--splits", metavar="NAME[,...]", help="only these splits; wildcards are fine (Github_*)")
    add("--limit", type=int, metavar="N", help="a random sample of N schemas (default: all)")
    add("--seed", type=int, default=0, help="of the sample (default %(default)s)")
    add("--stages", default=",".join(STAGES), metavar="NAME[,...]", help="what to run (default %(default)s)")
    add("--model", metavar="DIR", help="transformers model in the loop (default: the embedded one)")
    add("--max-tokens", type=int, default=512, metavar="N", help="budget of an output (default %(default)s)")
    add("--quality-tasks", type=int, default=100, metavar="N", help="built-in extraction tasks (default %(default)s)")
    add("--task", action="append", default=[], metavar="STYLE=FILE", help=f"tasks from a file of JSON lines; STYLE: {', '.join(STYLES)}")
    add("--suite", metavar="DIR", help="JSON-Schema-Test-Suite (default: in the data folder or MASKWRIGHT_DATA, where there is one)")
    add("--draft", default="2020-12", help="of the suite (default %(default)s)")
    add("--no-defaults", action="store_true", help=f"leave out {DEFAULTS}, the pass under maskwright's own defaults")
    add("--note", metavar="TEXT", help="a sentence on the circumstances of the run, printed under the machine")
    add("--out", required=True, metavar="DIR", help="folder for results and reports; a run with the same DIR goes on where it ended")
    add_engines(parser, ENGINES)
    parser.set_defaults(command=jsonschemabench)


class Bench:
    """One invocation: its cases, its plan, its folder, and the stages run so far."""

    def __init__(self, arguments: argparse.Namespace):
        self.arguments = arguments
        data = data_folder(arguments.path)
        self.cases, self.unreadable = readable(dataset_cases(data, arguments.splits, arguments.limit, arguments.seed))
        for name, why in self.unreadable.items():
            print(f"{name}: left out, {why}", file=sys.stderr)
        self.folder = Path(arguments.out)
        if self.folder.exists() and not self.folder.is_dir():
            raise OptionError("out", arguments.out, "a folder, or a name for a new one")
        self.data = data
        self.model = model_folder(arguments.model)
        self.embedded = arguments.model in (None, "embedded")
        self.plan = self.our_plan(data)
        self.absent: dict[str, str] = {}
        self.opened: list[Results] = []
        self.quality: dict[str, Any] = {}

    def our_plan(self, data: Path) -> Plan:
        """Read the plan; maskwright takes part twice."""
        names = [spec for spec in self.arguments.engine.split(",") if spec]
        if "maskwright" in names and not self.arguments.no_defaults:
            names.insert(names.index("maskwright") + 1, f"{DEFAULTS}=maskwright")
        self.arguments.engine = ",".join(names)
        plan = plan_of(self.arguments, tokenizer_folder(self.arguments.tokenizer, data, self.model))._replace(warm=False)
        if "maskwright" in plan.adapters:
            plan.options["maskwright"] = {**OUR_OPTIONS, **plan.options.get("maskwright", {})}
        return plan

    def stage(self, name: str, works: Sequence[Work], plan: Plan, **more: Any) -> Run:
        """Run what a stage still has to do; return the run with all its rows."""
        results = Results(self.folder / f"{name}.jsonl", identity(f"jsonschemabench {name}", plan, **more))
        self.opened.append(results)
        run = Run(works, plan, results, name)
        run.go()
        say_absent(run)
        self.absent |= run.absent
        return run

    @property
    def model_name(self) -> str:
        return "embedded" if self.embedded else Path(self.model).name

    def with_model(self) -> Plan:
        return self.plan._replace(model=self.model, tokenizer=self.model)

    def validators(self) -> Plan:
        return self.plan._replace(adapters={name: name for name in VALIDATORS}, options={}, tokenizer=None, model=None)

    def close(self) -> None:
        for results in self.opened:
            results.__exit__()


def jsonschemabench(arguments: argparse.Namespace) -> int:
    stages = arguments.stages.split(",")
    for name in stages:
        if name not in STAGES:
            raise OptionError("stages", name, f"one of {', '.join(STAGES)}")
    bench = Bench(arguments)
    try:
        found = run_stages(bench, stages)
    finally:
        bench.close()
    return 0 if found else 1


def run_stages(bench: Bench, stages: Sequence[str]) -> bool:
    """Run the stages asked for and write the report; return whether there was anything to report."""
    cases, plan = bench.cases, bench.plan
    disputed: list[Dispute] = []
    blocks: list[str] = []
    if "labels" in stages:
        labels = bench.stage("labels", [labels_of(case) for case in cases], bench.validators())
        disputed = disputes(cases, labels.results)
        blocks += ["## Labels and validators", *labels_blocks(cases, labels.results, disputed)]
    instances = bench.stage("instances", cases if "instances" in stages else [], plan)
    outputs = None
    if "outputs" in stages:
        outputs = outputs_stage(bench)
    marks: dict[str, set[int]] = {}
    for dispute in disputed:
        marks.setdefault(dispute.id, set()).add(dispute.number)
    word = verdicts_stage(bench, outputs.results) if outputs is not None else {}
    written = outputs.results if outputs is not None else None
    found = records(cases, plan.engines, instances.results, written, marks, lambda case, text: word.get(verdict_id(case, text)))
    if "quality" in stages:
        blocks += quality_stage(bench)
    if "suite" in stages:
        blocks += suite_stage(bench)
    write(bench, instances, written, found, blocks)
    return bool(found or blocks)


def outputs_stage(bench: Bench) -> Run:
    """Let every engine steer the model on every schema."""
    tokens = bench.arguments.max_tokens
    works = [output_of(case, tokens, bench.embedded) for case in bench.cases]
    return bench.stage("outputs", works, bench.with_model(), model=bench.model_name, max_tokens=tokens)


def quality_stage(bench: Bench) -> list[str]:
    """Let every engine, and none, steer the model on tasks with known answers."""
    options = bench.arguments
    tasks = extraction_tasks(options.quality_tasks, options.seed, options.max_tokens, bench.embedded)
    for spec in options.task:
        tasks += file_tasks(spec, options.max_tokens, options.limit)
    plan = bench.with_model()
    plan = plan._replace(adapters={**plan.adapters, BASELINE: BASELINE})
    run = bench.stage("quality", tasks, plan, model=bench.model_name, max_tokens=options.max_tokens, seed=options.seed, tasks=options.task)
    blocks, bench.quality = quality_blocks(tasks, run.results, plan.engines)
    return ["## Quality: the same prompts with and without a constraint", *blocks]


def suite_stage(bench: Bench) -> list[str]:
    """Run the official suite, with bytes as tokens: its instances are values, and no vocabulary makes them right or wrong."""
    options = bench.arguments
    near = [bench.data, bench.data.parent, Path(os.environ.get("MASKWRIGHT_DATA") or bench.data)]
    for place in [Path(options.suite)] if options.suite else near:
        try:
            cases = suite_cases(place, options.draft)
        except OptionError:
            if options.suite:
                raise
            continue
        run = bench.stage("suite", cases, bench.plan._replace(tokenizer=None), draft=options.draft)
        return [f"## JSON-Schema-Test-Suite, draft {options.draft}", *side_by_side(run, cases)]
    return []


def verdicts_stage(bench: Bench, outputs: Results) -> dict[str, bool]:
    """Judge every output once; return, by name, whether all validators with a result find it valid."""
    texts: dict[str, Judgement] = {}
    for case in bench.cases:
        for engine in bench.plan.engines:
            row: dict[str, Any] = outputs.rows.get((engine, case.id), {})
            for part in (row, row.get("closed") or {}):
                if part.get("finish") == "stop":
                    texts[verdict_id(case.id, part["text"])] = verdict_of(case, part["text"])
    run = bench.stage("verdicts", list(texts.values()), bench.validators())
    word: dict[str, bool] = {}
    for name in texts:
        rows = [run.results.rows.get((validator, name)) for validator in VALIDATORS]
        faults = [judged["faults"][0] for judged in rows if judged is not None and judged["status"] == "ok"]
        if faults:
            word[name] = all(fault is None for fault in faults)
    return word


def coverage_blocks(found: Sequence[Record]) -> list[str]:
    """The measures, by engine, by split and by keyword, and what went wrong."""
    blocks = ["## Coverage", coverage_table(found)]
    for name in ("declared", "true", "empirical"):
        if any(getattr(record, name) is not None for record in found):
            blocks += [f"### By split: {name}", split_table(found, name, "split", lambda record: [record.split])]
            blocks += [f"### By keyword: {name}", split_table(found, name, "keyword", lambda record: record.features, FEATURE_FLOOR)]
    return [*blocks, "### What went wrong", kinds_table(found)]


def write(bench: Bench, instances: Run, outputs: Results | None, found: list[Record], more: list[str]) -> None:
    """Write schemas.jsonl, summary.md, summary.json and report.html."""
    ids = {case.id for case in bench.cases}
    limited = bench.arguments.limit is not None and bench.arguments.limit <= len(ids)
    drawn = f", a sample drawn with seed {bench.arguments.seed}" if limited else ""
    instances.absent |= bench.absent
    blocks = heading(f"JSONSchemaBench, {len(ids)} schemas{drawn}", instances)
    if bench.arguments.note:
        blocks.append(bench.arguments.note)
    if bench.unreadable:
        blocks += ["## Files left out: not readable", "\n".join(f"- {name}: {why}" for name, why in bench.unreadable.items())]
    if found:
        blocks += coverage_blocks(found)
    summaries = summaries_of(instances, ids)
    if summaries:
        blocks += ["## Masks alone: right and wrong", correctness_table(summaries), "## Masks alone: times", times_table(summaries)]
    if efficiency := efficiency_table(found):
        blocks += ["## With the model in the loop", efficiency]
    blocks = [block for block in blocks + more if block]
    markdown = "\n\n".join(blocks)
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "summary.md").write_text(markdown + "\n", encoding="utf-8")
    with (bench.folder / "schemas.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(record._asdict()) + "\n" for record in found)
    shares = {
        engine: {name: split_shares(group, name, lambda record: [record.split]) for name in ("declared", "true", "empirical")}
        for engine, group in by_engine(found).items()
    }
    data = {
        "run": instances.results.run,
        "about": instances.results.about,
        "absent": bench.absent,
        "unreadable": bench.unreadable,
        "engines": {engine: to_json(summary) for engine, summary in summaries.items()},
        "coverage": shares,
        "quality": bench.quality,
    }
    (bench.folder / "summary.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    times = pooled_times(instances.results, outputs, bench.plan.engines, ids)
    (bench.folder / "report.html").write_text(page(blocks, found, bench.cases, times, bench.folder), encoding="utf-8")
    print(markdown)
