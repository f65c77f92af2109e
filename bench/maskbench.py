"""``maskbench PATH``: schemas with labelled instances; are the masks right, and how fast are they?

Per file and engine: compile, feed every instance token by token, judge, time (see `worker` for what exactly is measured).
"""

from __future__ import annotations

import argparse

from .cases import data_folder, tokenizer_folder
from .datasets import maskbench_cases
from .options import add_shared, identity, plan_of, save
from .report import common_report, misses, say_absent
from .results_file import open_results
from .run import Run


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("maskbench", help="JSON schemas with valid and invalid instances: right or wrong, and how fast")
    add_data(parser, "--limit", None, 0)
    parser.add_argument("--list-misses", action="store_true", help="list the files that are not right, with the reason")
    add_shared(parser, "maskwright")
    parser.set_defaults(command=maskbench)


def add_data(parser: argparse.ArgumentParser, sample: str, size: int | None, seed: int) -> None:
    """Add the folder and the sample; ``sample`` is the option's name."""
    default = "all" if size is None else "%(default)s"
    parser.add_argument("path", nargs="?", metavar="PATH", help="folder with maskbench/ (default: MASKWRIGHT_DATA)")
    parser.add_argument("--data", dest="path", metavar="PATH", default=argparse.SUPPRESS, help="the same as PATH")
    parser.add_argument(sample, dest="limit", type=int, default=size, metavar="N", help=f"a random sample of N files (default {default})")
    parser.add_argument("--seed", type=int, default=seed, help="of the sample (default %(default)s)")


def measured(arguments: argparse.Namespace, command: str) -> tuple[Run, set[str], str]:
    """Run the files asked for; return the run, the files' names and what to call them in a title."""
    data = data_folder(arguments.path)
    cases = maskbench_cases(data, arguments.limit, arguments.seed)
    plan = plan_of(arguments, tokenizer_folder(arguments.tokenizer, data))
    with open_results(arguments.out, identity(command, plan)) as results:
        run = Run(cases, plan, results)
        run.go()
    say_absent(run)
    drawn = "" if arguments.limit is None or arguments.limit > len(cases) else f", a sample drawn with seed {arguments.seed}"
    return run, {case.id for case in cases}, f"{len(cases)} files{drawn}"


def maskbench(arguments: argparse.Namespace) -> int:
    run, ids, described = measured(arguments, "maskbench")
    blocks, report = common_report(f"MaskBench, {described}", run, ids)
    if arguments.list_misses:
        blocks += misses(run, ids)
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), report)
    return 0 if report["engines"] else 1
