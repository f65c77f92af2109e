"""``particles``: what SMC costs beside masked generation of the same batch, per forward pass, on the embedded model.

Both write ``--particles`` texts together, of equal length (the constraint fixes it), in one process, in turns. SMC adds to a masked batch:
float64 log-probabilities, exact masses, weights, resampling with its copies of the cache. The figure is the median over ``--repeats`` of
SMC's time per pass over the median of the masked batch's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import maskwright as mw

from .environment import environment, environment_lines
from .options import save
from .summary import number, table

PROMPT = "Maria Lopez, 34, is a nurse from Lisbon. She speaks Portuguese and English."
#: name and constraint of each task
TASKS = (
    ("64 digits", {"regex": "[0-9]{64}"}),
    ("an array of 16 digits in JSON", {"regex": r"\[[0-9](, [0-9]){15}\]"}),
    ("hexadecimal, 48 of them", {"regex": "[0-9a-f]{48}"}),
)


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("particles", help="cost of SMC beside a masked batch, per forward pass")
    parser.add_argument("--particles", type=int, default=8, help="texts written together (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, in turns (default %(default)s)")
    parser.add_argument("--save", metavar="PREFIX", help="write the table to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=particles)


def particles(arguments: argparse.Namespace) -> int:
    lines = [measure(name, source, arguments.particles, arguments.repeats) for name, source in TASKS]
    figures = ("masked_ms", "smc_ms", "ratio", "cpu_ratio")
    rows = [[line["task"], *(number(line[figure]) for figure in figures), str(line["resampled"])] for line in lines]
    blocks = [
        f"# SMC with {arguments.particles} particles beside a masked batch of {arguments.particles}",
        environment_lines(environment(), {"maskwright": mw.__version__}),
        f"Embedded model, medians of {arguments.repeats} runs in turns; milliseconds per forward pass, CPU ratio by processor time.",
        table(["texts", "masked ms", "SMC ms", "ratio", "CPU ratio", "resampled"], rows),
    ]
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), {"environment": environment(), "lines": lines})
    return 0


def measure(name: str, source: dict[str, Any], count: int, repeats: int) -> dict[str, Any]:
    """Time both on one task."""
    from maskwright.integrations.generator import Generator
    from maskwright.integrations.sampler_runs import Sampler

    writer = Generator(**source)
    passes = Passes(writer.model)
    smc = Sampler("smc", particles=count)
    notes: list[Any] = []

    def masked(seed: int) -> None:
        writer(PROMPT, n=count, temperature=1.0, seed=seed, max_tokens=80, jump="off")

    def weighted(seed: int) -> None:
        report = writer(PROMPT, n=count, temperature=1.0, seed=seed, max_tokens=80, sampler=smc)[0].sampling
        assert report is not None
        notes.append(report.notes)

    masked(0)                                                   # masks and kernels are warm for both
    weighted(0)
    times: dict[str, list[tuple[float, float]]] = {"masked": [], "smc": []}
    for seed in range(1, repeats + 1):
        for label, run in (("masked", masked), ("smc", weighted)):
            times[label].append(passes.per_pass(partial(run, seed)))
    wall = {label: statistics.median(t for t, _ in found) for label, found in times.items()}
    cpu = {label: statistics.median(t for _, t in found) for label, found in times.items()}
    return {
        "task": name,
        "masked_ms": 1000 * wall["masked"],
        "smc_ms": 1000 * wall["smc"],
        "ratio": wall["smc"] / wall["masked"],
        "cpu_ratio": cpu["smc"] / cpu["masked"],
        "resampled": statistics.median(note["resampled"] for note in notes[1:]),
        "runs": times,
    }


class Passes:
    """Counts a model's forward passes."""

    def __init__(self, model: Any):
        self.count = 0
        forward = model.forward

        def counted(**inputs: Any) -> Any:
            self.count += 1
            return forward(**inputs)

        model.forward = counted

    def per_pass(self, run: Callable[[], None]) -> tuple[float, float]:
        """Return wall and processor seconds per forward pass of a run."""
        self.count = 0
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        return (time.perf_counter() - wall) / self.count, (time.process_time() - cpu) / self.count
