"""``truth-peer``: SMC of maskwright and of genlm-control on the same table models, same particles, same tokens.

genlm-control runs in an interpreter of its own (``--python``, `genlm_child`). Both get the warped table and the same language; genlm sees
it as a boolean potential (with AWRS, or enumerated over the vocabulary), maskwright as a compiled mask, and for AWRS as the same
predicate with a mask that forbids nothing. One text is picked by weight per run of N particles; both draw as many rows of the model.
Times are processor time per token written.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

import maskwright as mw
from maskwright.errors import OptionError
from maskwright.samplers.exact import ExactLaw, enumerate_target, total_variation
from maskwright.samplers.potentials import Predicate
from maskwright.samplers.smc import Smc
from maskwright.samplers.table_model import TableLM
from maskwright.samplers.target import Target

from .environment import environment, environment_lines
from .options import save
from .summary import number, table
from .truth import SEED, picks
from .truth_tasks import TASKS

ESS = 0.5


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("truth-peer", help="SMC beside genlm-control on table models")
    add = parser.add_argument
    add("--python", required=True, metavar="PATH", help="interpreter that has genlm-control")
    add("--runs", type=int, default=1000, help="runs of N particles (default %(default)s)")
    add("--particles", type=int, default=8)
    add("--save", metavar="PREFIX", help="write the table to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=truth_peer)


def truth_peer(arguments: argparse.Namespace) -> int:
    rows, data = [], {}
    laws = [enumerate_target(task.make()) for task in TASKS]
    for task, law, peer in zip(TASKS, laws, theirs(laws, arguments)):
        band = law.null_band(arguments.runs, SEED)
        z = math.exp(law.log_z)
        lines = data[task.name] = [*ours(law, arguments.particles, arguments.runs), *peer]
        for line in lines:
            drawn = max(1.0, float(line["counts"].sum()))
            distance = total_variation(line["counts"] / drawn, law.probabilities)
            line["counts"] = line["counts"].tolist()
            rows.append([
                task.name, line["name"], f"{distance:.4f}", f"{band.mean:.4f} / {band.q999:.4f}", f"{line['evidence'] / z:.4g}",
                str(line["dead"]), number(line["rows"]), number(line["checks"]), number(1e6 * line["seconds"]),
            ])  # fmt: skip
    blocks = [
        f"# SMC with {arguments.particles} particles, {arguments.runs} runs, beside genlm-control {version(arguments.python)}",
        environment_lines(environment(), {"maskwright": mw.__version__}),
        __doc__.split("\n\n", 1)[1].replace("\n", " ").strip() if __doc__ else "",
        table(["task", "sampler", "TV", "null mean / 99.9 %", "mean Z / Z", "dead runs", "rows/run", "checks/run", "µs/token"], rows),
    ]
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), {"environment": environment(), "tasks": data})
    return 0


def ours(law: ExactLaw, particles: int, runs: int) -> list[dict[str, Any]]:
    """Run maskwright with the mask, and with AWRS on the same predicate."""
    target = law.target
    texts = {target.data(tokens) for tokens in law.outcomes}
    found = [line("maskwright, mask", law, smc(target, particles, "masked"), runs)]
    # as a predicate on texts it is the same language only if it has all their tokenizations
    if sorted(law.outcomes) == sorted(tokens for tokens in enumerate_free(target) if target.data(tokens) in texts):
        member = Predicate(lambda data: data in texts, prefix=lambda data: any(t.startswith(data) for t in texts), on="bytes")
        free = Target(target.model, everything(target), target.max_tokens, potential=member, warp=target.warp)
        found.append(line("maskwright, AWRS", law, smc(free, particles, "awrs"), runs))
    return found


def smc(target: Target, particles: int, proposal: str) -> Smc:
    return Smc(target, particles=particles, ess=ESS, resampling="multinomial", proposal=proposal)


def everything(target: Target) -> Any:
    return mw.compile(target.vocab, regex=r"(?s:.)*")


def enumerate_free(target: Target) -> list[tuple[int, ...]]:
    """All sequences within the budget that have mass."""
    return enumerate_target(Target(target.model, everything(target), target.max_tokens, warp=target.warp)).outcomes


def line(name: str, law: ExactLaw, sampler: Smc, runs: int) -> dict[str, Any]:
    written = Counting(sampler)
    began = time.process_time()
    run = picks(written, runs)
    seconds = time.process_time() - began
    return {
        "name": name, "counts": law.count([sample.tokens for sample in run]), "evidence": math.exp(run.log_evidence), "dead": runs -
        len(run), "rows": run.model_tokens / runs, "checks": run.checks / runs, "seconds": seconds / max(1, written.tokens),
    }  # fmt: skip


class Counting:
    """Counts the tokens that all particles of a sampler write, the ends included."""

    def __init__(self, sampler: Smc):
        self._sampler = sampler
        self.tokens = 0
        run = sampler.run

        def counted(particles: int, seed: Any = None) -> Any:
            found = run(particles, seed)
            self.tokens += sum(len(sample.tokens) + (sample.outcome == "stop") for sample in found)
            return found

        sampler.run = counted  # type: ignore[method-assign]

    def sample(self, n: int, seed: Any = None) -> Any:
        return self._sampler.sample(n, seed)


def theirs(laws: list[ExactLaw], arguments: argparse.Namespace) -> list[list[dict[str, Any]]]:
    """Run genlm-control in its own interpreter, on all tasks."""
    asked: list[tuple[int, ExactLaw, dict[str, Any]]] = []
    for number_of_task, law in enumerate(laws):
        model = law.target.model
        assert isinstance(model, TableLM)
        logs = law.target.warp.apply(model._logs)
        task = {
            "table": np.maximum(logs, -1e300).tolist(), "order": model.order, "size": model.vocab_size,
            "sentences": [list(tokens) for tokens in law.outcomes], "particles": arguments.particles, "ess": ESS, "runs": arguments.runs,
            "max_tokens": law.target.max_tokens, "seed": SEED,
        }  # fmt: skip
        asked += [(number_of_task, law, {**task, "sampler": sampler}) for sampler in ("direct", "awrs")]
    script = str(Path(__file__).with_name("genlm_child.py"))
    answers = json.loads(child(arguments.python, [script], json.dumps([task for _, _, task in asked])))
    found: list[list[dict[str, Any]]] = [[] for _ in laws]
    runs = arguments.runs
    for (number_of_task, law, task), answer in zip(asked, answers):
        found[number_of_task].append({
            "name": f"genlm-control, {'AWRS' if task['sampler'] == 'awrs' else 'direct'}",
            "counts": law.count([tuple(tokens) for tokens in answer["texts"]]), "evidence": float(np.mean(answer["evidences"])),
            "dead": runs - len(answer["texts"]), "rows": answer["rows"] / runs, "checks": answer["checks"] / runs,
            "seconds": answer["seconds"] / max(1, answer["tokens"]),
        })  # fmt: skip
    return found


def child(python: str, arguments: list[str], text: str = "") -> str:
    done = subprocess.run([python, *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OptionError("python", python, f"an interpreter that runs genlm-control: {done.stderr.strip()[-400:]}")
    return done.stdout


def version(python: str) -> str:
    return child(python, ["-c", "import importlib.metadata as m; print(m.version('genlm-control'))"]).strip()
