"""``lm-eval DATA``: JSONSchemaBench through lm-evaluation-harness, from local files, with maskwright as its model.

One task per split is written to ``--out`` (data as JSON lines, a task file that includes ``lm_eval_tasks/base.yaml``) and run:
``jsonschemabench_<split>``. The harness's own ``jsonschema_bench_*`` tasks run through the same model, where their data can be fetched:
``--tasks jsonschema_bench_easy``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from maskwright.errors import MissingDependencyError

from .cases import data_folder
from .datasets import dataset_cases
from .summary import table

BASE = Path(__file__).resolve().parent / "lm_eval_tasks" / "base.yaml"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("lm-eval", help="JSONSchemaBench through lm-evaluation-harness (extra lm-eval)")
    add = parser.add_argument
    add("path", nargs="?", metavar="DATA", help="as of jsonschemabench (default: MASKWRIGHT_DATA)")
    add("--splits", metavar="NAME[,...]", help="only these splits; wildcards are fine (Github_*)")
    add("--limit", type=int, metavar="N", help="a random sample of N schemas (default: all)")
    add("--seed", type=int, default=0, help="of the sample (default %(default)s)")
    add("--tasks", metavar="NAME[,...]", help="tasks of the harness instead of DATA's")
    add("--model", default="embedded", metavar="DIR", help="transformers model (default: the embedded one)")
    add("--max-tokens", type=int, default=512, metavar="N", help="budget of an output (default %(default)s)")
    add("--free", action="store_true", help="without the constraint, for comparison")
    add("--out", required=True, metavar="DIR", help="folder for tasks, data and results.json")
    parser.set_defaults(command=lm_eval)


def lm_eval(arguments: argparse.Namespace) -> int:
    try:
        from lm_eval import simple_evaluate
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise MissingDependencyError("lm-eval", "lm-eval") from error
    from .lm_eval_model import MaskwrightLM

    out = Path(arguments.out)
    if arguments.tasks:
        names = arguments.tasks.split(",")
    else:
        names = write_tasks(dataset_cases(data_folder(arguments.path), arguments.splits, arguments.limit, arguments.seed), out / "tasks")
    model = MaskwrightLM(arguments.model, constrained=not arguments.free, max_tokens=arguments.max_tokens)
    manager = TaskManager(include_path=str(out / "tasks") if not arguments.tasks else None)
    limit = arguments.limit if arguments.tasks else None
    found: dict[str, Any] = simple_evaluate(model, tasks=names, task_manager=manager, limit=limit, bootstrap_iters=1000)
    results = found["results"]
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(results, indent=1, default=str) + "\n", encoding="utf-8")
    metrics = ("json_validity", "schema_compliance")
    rows = [[name, *(f"{100 * results[name][f'{metric},none']:.2f} %" for metric in metrics)] for name in names]
    print(table(["task", *metrics], rows))
    return 0


def write_tasks(cases: Any, folder: Path) -> list[str]:
    """Write a task file and its data per split; return the tasks' names."""
    folder.mkdir(parents=True, exist_ok=True)
    splits: dict[str, list[Any]] = {}
    for case in cases:
        splits.setdefault(case.group, []).append(case)
    names = []
    for split, members in sorted(splits.items()):
        name = f"jsonschemabench_{split.lower()}"
        data = folder.resolve() / f"{name}.jsonl"
        with data.open("w", encoding="utf-8") as file:
            for case in members:
                file.write(json.dumps({"unique_id": case.id, "json_schema": json.dumps(case.load()[0], ensure_ascii=False)}) + "\n")
        settings = {"include": str(BASE), "task": name, "dataset_kwargs": {"data_files": {"test": str(data)}}}
        (folder / f"{name}.yaml").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
        names.append(name)
    return names
