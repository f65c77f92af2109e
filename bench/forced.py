"""``forced PATH``: what forced tokens save, and what masks cost, while a model decodes.

For random MaskBench schemas the embedded model writes one answer under each way of treating forced tokens (`jump`), interleaved in one
process; processor time is compared, since the wall shares the machine. Then the same answers in batches of 1 and 16, twice: the share
of the time that went into masks comes from the library's own trace, first on constraints never used (cold), then again (warm). Last,
without a model: the share of the tokens of MaskBench's valid instances that are forced, under the tokenizer of ``--tokenizer``.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

import maskwright
from maskwright.errors import MaskwrightError, OptionError

from .cases import Case, data_folder, tokenizer_folder
from .datasets import maskbench_cases
from .environment import environment, environment_lines
from .options import save
from .summary import table

PROMPT = "Write an example."
JUMPS: tuple[Any, ...] = ("off", "tokens", "bytes")
#: layouts of the instances part: as generate writes by default, compact, and with every spelling of strings
LAYOUTS: dict[str, dict[str, Any]] = {
    "bounded, plain": {"whitespace": "bounded", "escapes": "plain"},
    "compact, plain": {"whitespace": "compact", "escapes": "plain"},
    "compact, any escapes": {"whitespace": "compact", "escapes": "any"},
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("forced", help="what forced tokens save and masks cost while the embedded model decodes")
    add = parser.add_argument
    add("path", nargs="?", metavar="PATH", help="folder with maskbench/ (default: MASKWRIGHT_DATA)")
    add("--sample", type=int, default=50, metavar="N", help="schemas, drawn at random (default %(default)s)")
    add("--seed", type=int, default=1, help="of the sample (default %(default)s)")
    add("--budget", type=int, default=96, metavar="TOKENS", help="max_tokens (default %(default)s)")
    add("--tokenizer", metavar="DIR", help="of the instances: folder with tokenizer.json (default: llama3 in the data folder)")
    add("--save", metavar="PREFIX", help="write the summary to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=forced)


def forced(arguments: argparse.Namespace) -> int:
    data = data_folder(arguments.path)
    cases = maskbench_cases(data, arguments.sample, arguments.seed)
    written = [row for case in cases if (row := answers(case, arguments.budget)) is not None]
    folder = tokenizer_folder(arguments.tokenizer, data)
    if folder is None:
        raise OptionError("tokenizer", arguments.tokenizer, "a folder with tokenizer.json")
    vocabulary = maskwright.Vocabulary.from_file(folder)
    instances = {name: on_instances(vocabulary, cases, options) for name, options in LAYOUTS.items()}
    text = report(written, instances, len(cases))
    print(text)
    save(arguments.save, text, {"environment": environment(), "written": summary(written), "instances": instances})
    return 0 if written else 1


def answers(case: Case, budget: int) -> dict[str, Any] | None:
    """Write answers to one schema in every way; None where the schema or the budget does not do."""
    schema, _ = case.load()
    row: dict[str, Any] = {"id": case.id}
    try:
        for layout in ("bounded", "compact"):
            writer = maskwright.Generator(schema=schema, whitespace=layout)
            first = writer(PROMPT, max_tokens=budget, trace=True)      # nothing of the first visit of a state in the comparison
            if layout == "bounded":
                row["cold 1"] = clock_of(first)
                row["warm 1"] = clock_of(writer(PROMPT, max_tokens=budget, trace=True))
                row["cold 16"] = clock_of(writer(PROMPT, n=16, temperature=1.0, seed=0, max_tokens=budget, trace=True)[0])
                row["warm 16"] = clock_of(writer(PROMPT, n=16, temperature=1.0, seed=0, max_tokens=budget, trace=True)[0])
            texts = {}
            for jump in JUMPS:
                started = time.process_time()
                result = writer(PROMPT, max_tokens=budget, jump=jump, trace=True)
                seconds = time.process_time() - started
                assert result.trace is not None
                texts[jump] = result.text
                assert result.trace is not None
                usage, passes = result.usage, result.trace.clock.passes
                row[f"{layout} {jump}"] = (usage.completion_tokens, usage.forced_tokens, passes, seconds)
            row[f"{layout} same"] = texts["off"] == texts["tokens"]
            row[f"{layout} differs"] = texts["off"] != texts["bytes"]
    except MaskwrightError:
        return None
    return row


def clock_of(result: Any) -> tuple[float, float, int]:
    clock = result.trace.clock
    return clock.mask, clock.total, max(clock.steps, 1)


def on_instances(vocabulary: Any, cases: list[Case], options: dict[str, Any]) -> dict[str, int]:
    """Count the tokens of valid instances, those that are the only ones allowed, and those inside forced bytes."""
    counts = {"tokens": 0, "single": 0, "bytes": 0, "instances": 0}
    row = np.zeros(vocabulary.num_words, np.uint32)
    for case in cases:
        schema, tests = case.load()
        try:
            constraint = maskwright.compile(vocabulary, schema=schema, numbers="float64", **options)
        except MaskwrightError:
            continue
        for test in [test for test in tests if test["valid"]][:3]:
            separators = (",", ":") if options["whitespace"] == "compact" else None
            tokens = vocabulary.encode(json.dumps(test["data"], ensure_ascii=False, separators=separators).encode())
            if not 0 < len(tokens) <= 2000 or int(constraint.walk(constraint.start, tokens)[-1]) == 0:
                continue
            counts["instances"] += 1
            state, ahead = constraint.start, 0
            for token in tokens:
                ahead = max(ahead, len(constraint.forced(state)))
                width = len(vocabulary.token_bytes(token))
                counts["tokens"] += 1
                counts["single"] += constraint.fill_mask(state, row) == 1
                counts["bytes"] += width <= ahead
                state, ahead = constraint.advance(state, token), max(0, ahead - width)
    return counts


def summary(written: list[dict[str, Any]]) -> dict[str, Any]:
    """Add the rows up."""
    found: dict[str, Any] = {}
    for layout in ("bounded", "compact"):
        for jump in JUMPS:
            tokens, forced_tokens, passes, seconds = (sum(part) for part in zip(*(row[f"{layout} {jump}"] for row in written)))
            found[f"{layout} {jump}"] = {"tokens": tokens, "forced": forced_tokens, "passes": passes, "seconds": round(seconds, 3)}
        for name in ("same", "differs"):
            found[f"{layout} {name}"] = sum(row[f"{layout} {name}"] for row in written)
    for name in ("cold 1", "warm 1", "cold 16", "warm 16"):
        mask, total, steps = (sum(part) for part in zip(*(row[name] for row in written)))
        found[name] = {"mask": round(mask, 4), "total": round(total, 4), "steps": steps}
    return found


def report(written: list[dict[str, Any]], instances: dict[str, dict[str, int]], cases: int) -> str:
    blocks = [f"# Forced tokens and the cost of masks: {cases} MaskBench schemas", environment_lines(environment(), {}).splitlines()[0]]
    if written:
        found = summary(written)
        rows = []
        for layout in ("bounded", "compact"):
            base = found[f"{layout} off"]
            for jump in JUMPS:
                one = found[f"{layout} {jump}"]
                note = {"off": "", "tokens": f"{found[f'{layout} same']} of {len(written)} the same text"}.get(
                    jump, f"{found[f'{layout} differs']} of {len(written)} another text"
                )
                share = f"{one['forced'] / max(one['tokens'], 1):.1%}"
                speed = f"{base['seconds'] / base['tokens'] / (one['seconds'] / one['tokens']):.2f}"
                rows.append([f"{layout}, {jump}", str(one["tokens"]), share, str(one["passes"]), f"{one['seconds']:.1f}", speed, note])
        blocks += [
            f"## The embedded model, {len(written)} answers, greedy",
            table(["layout, jump", "tokens", "forced", "forward passes", "processor s", "speed-up per token", "text"], rows),
            "## Share of the time in masks (library's trace)",
            table(
                ["batch", "mask share", "mask µs per step and row", "steps"],
                [
                    [name, f"{one['mask'] / one['total']:.1%}", f"{one['mask'] / one['steps'] / int(name.split()[1]) * 1e6:.0f}",
                    str(one["steps"])] for name in ("cold 1", "warm 1", "cold 16", "warm 16") for one in [found[name]]
                ],
            ),
        ]
    rows = [
        [name, str(c["instances"]), str(c["tokens"]), f"{c['single'] / max(c['tokens'], 1):.1%}", f"{c['bytes'] / max(c['tokens'], 1):.1%}"]
        for name, c in instances.items()
    ]
    blocks += ["## MaskBench instances", table(["layout", "instances", "tokens", "only token allowed", "inside forced bytes"], rows)]
    return "\n\n".join(blocks)
