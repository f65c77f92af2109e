"""``truth``: samplers against enumerated targets.

For each task the exact target is enumerated (all tokenizations). A row per sampler says: the total variation between its draws and the
target beside what exact draws would show (mean and 99.9 % quantile, simulated); its estimate of Z with a confidence interval that holds
at this very sample size; model tokens and checks per text; time. ``law`` says what is expected: *exact* must lie under the quantile, a
finite-sample law may lie above it and is compared with its own exact or simulated value in the tests.

Intervals at 99.9 %: Clopper-Pearson where attempts are counted; else the empirical Bernstein bound (Maurer and Pontil 2009) for weights
between 0 and b, where b is the largest product of allowed masses, one per depth, that the enumeration has. Wide ones are honest: a weight
that may be b seldom is.

``--plots FOLDER`` writes distance against model tokens as SVG, one curve per method. With data (``sampler-tasks``), grammars of the SLIA,
BV4 and SMILES tasks run on the embedded model, where truth is out of reach: acceptance, bounds on Z, log-likelihood of the texts.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import maskwright as mw
from maskwright.errors import NoSampleError
from maskwright.samplers.asap import Asap
from maskwright.samplers.awrs import Awrs
from maskwright.samplers.cars import Cars
from maskwright.samplers.certificate import Enumeration
from maskwright.samplers.exact import ExactLaw, enumerate_target, total_variation
from maskwright.samplers.masked import Importance, Masked
from maskwright.samplers.mcmc import Mcmc
from maskwright.samplers.rejection import Rejection
from maskwright.samplers.samples import Sample, Samples
from maskwright.samplers.smc import Smc
from maskwright.samplers.target import Target

from .cases import data_folder
from .environment import environment, environment_lines
from .options import save
from .summary import number, table
from .truth_plot import plot
from .truth_tasks import TASKS, Language, Task, languages

SEED = 20_261_121
LEVEL = 0.001


class Measured(NamedTuple):
    """One sampler on one task."""

    sampler: str
    law: str
    draws: int
    distance: float
    null_mean: float
    null_999: float
    z_ratio: float
    z_low: float
    z_high: float
    tokens: float
    checks: float
    seconds: float

    @property
    def verdict(self) -> str:
        if self.law == "exact":
            return "ok" if self.distance <= self.null_999 else "FAILS"
        return "as exact" if self.distance <= self.null_999 else "biased, as stated"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("truth", help="samplers against enumerated targets")
    add = parser.add_argument
    add("--draws", type=int, default=10_000, help="texts of samplers that draw one at a time (default %(default)s)")
    add("--runs", type=int, default=1000, help="runs of samplers that give one text per run (default %(default)s)")
    add("--task", action="append", help="only tasks whose name contains this")
    add("--plots", metavar="FOLDER", help="write distance against model tokens as SVG")
    add("--grammars", type=int, default=0, metavar="N", help="N grammars each of SLIA, BV4 and SMILES from MASKWRIGHT_DATA")
    add("--save", metavar="PREFIX", help="write the tables to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=truth)


def truth(arguments: argparse.Namespace) -> int:
    chosen = [task for task in TASKS if not arguments.task or any(part in task.name for part in arguments.task)]
    blocks = ["# Samplers against enumerated targets", environment_lines(environment(), {"maskwright": mw.__version__})]
    data: dict[str, Any] = {"environment": environment(), "tasks": {}}
    failed = 0
    for task in chosen:
        law = enumerate_target(task.make())
        found = measure(law, arguments.draws, arguments.runs)
        failed += sum(one.verdict == "FAILS" for one in found)
        blocks += describe(task, law, found)
        data["tasks"][task.name] = [one._asdict() for one in found]
        print("\n\n".join(blocks[-2:]), flush=True)
        if arguments.plots:
            folder = Path(arguments.plots)
            folder.mkdir(parents=True, exist_ok=True)
            curves = distance_curves(law, arguments.runs)
            floor = law.null_band(arguments.runs, SEED).mean
            (folder / f"{task.name.replace(' ', '-')}.svg").write_text(plot(task.name, curves, floor))
            data["tasks"][f"{task.name}, curves"] = curves
    if arguments.grammars:
        blocks += grammar_tasks(list(languages(data_folder(None) / "sampler-tasks", arguments.grammars)))
        print("\n\n".join(blocks[-2:]))
    save(arguments.save, "\n\n".join(blocks), data)
    return 1 if failed else 0


def describe(task: Task, law: ExactLaw, found: list[Measured]) -> list[str]:
    rows = [
        [
            one.sampler, one.law, f"{one.distance:.4f}", f"{one.null_mean:.4f} / {one.null_999:.4f}", one.verdict,
            "" if math.isnan(one.z_ratio) else f"{one.z_ratio:.4g} [{one.z_low:.3g}, {one.z_high:.3g}]",
            number(one.tokens), number(one.checks), number(1000 * one.seconds),
        ]
        for one in found
    ]  # fmt: skip
    masked = total_variation(law.masked, law.probabilities)
    about = (
        f"{task.about}. {len(law.outcomes)} texts ({law.effective_outcomes:.1f} effective), Z = {math.exp(law.log_z):.4g}, "
        f"exact distance of masked sampling {masked:.4f}."
    )
    header = ["sampler", "law", "TV", "null mean / 99.9 %", "", "Z / true Z [99.9 %]", "tokens/text", "checks/text", "ms/text"]
    return [f"## {task.name}\n\n{about}", table(header, rows)]


def measure(law: ExactLaw, draws: int, runs: int) -> list[Measured]:
    """Run every sampler that fits the target."""
    target = law.target
    z = math.exp(law.log_z)
    exact: list[tuple[str, str, Callable[[], Samples]]] = [("masked", "masked", lambda: Masked(target, batch=500).sample(draws, SEED))]
    if z > 1e-3:
        exact.append(("rejection", "exact", lambda: Rejection(target, max_attempts=10**7, batch=1000).sample(draws, SEED)))
    exact += [
        ("CARS", "exact", lambda: Cars(target, batch=8).sample(draws, SEED)),
        ("enumeration", "exact", lambda: Enumeration(target).sample(draws, SEED, distance=0.0)),
        ("ASAp, after 200", "adaptive", lambda: after(Asap(target), draws)),
        ("MCMC, 10 restarts", "10 steps", lambda: Mcmc(target, steps=10).sample(runs, SEED)),
        ("MCMC, 10 suffixes", "10 steps", lambda: Mcmc(target, steps=10, cut="suffix").sample(runs, SEED)),
        ("importance, N = 8", "N = 8", lambda: picks(Importance(target, particles=8), runs)),
        ("SMC, N = 8", "N = 8", lambda: picks(Smc(target, particles=8, proposal="masked"), runs)),
        ("SMC with a trie, N = 8", "N = 8", lambda: picks(Smc(target, particles=8, proposal="trie"), runs)),
    ]
    if target.potential is not None:
        exact += [
            ("AWRS", "local", lambda: Awrs(target, batch=200).sample(min(draws, 4 * runs), SEED)),
            ("AWRS-SMC, N = 8", "N = 8", lambda: picks(Smc(target, particles=8, proposal="awrs"), runs)),
        ]
    return [measured(law, name, kind, run) for name, kind, run in exact]


def after(sampler: Any, draws: int) -> Samples:
    """Draw after 200 texts of learning."""
    sampler.sample(200, SEED)
    return sampler.sample(draws, SEED + 1)


def picks(sampler: Any, runs: int) -> Samples:
    """Take one text of each of many independent runs; its weight is the run's evidence."""
    rng = np.random.default_rng(SEED)
    found: list[Sample] = []
    calls = tokens = checks = 0
    evidence: list[float] = []
    for _ in range(runs):
        try:
            run = sampler.sample(1, rng)
        except NoSampleError:
            evidence.append(0.0)
            continue
        found.append(run[0])
        evidence.append(math.exp(run.log_evidence))
        calls, tokens, checks = calls + run.model_calls, tokens + run.model_tokens, checks + run.checks
    return Samples(tuple(found), "", "", False, math.log(np.mean(evidence)), calls, tokens, checks, runs, {"evidence": evidence})


def measured(law: ExactLaw, name: str, kind: str, run: Callable[[], Samples]) -> Measured:
    began = time.process_time()
    samples = run()
    seconds = time.process_time() - began
    valid = samples.valid
    band = law.null_band(len(valid), SEED)
    counts = law.count([sample.tokens for sample in valid])
    ratio, low, high = evidence_interval(law, samples)
    share = max(1, len(samples))
    return Measured(
        name, kind, len(valid), total_variation(counts / counts.sum(), law.probabilities), band.mean, band.q999,
        ratio, low, high, samples.model_tokens / share, samples.checks / share, seconds / share,
    )  # fmt: skip


def evidence_interval(law: ExactLaw, samples: Samples) -> tuple[float, float, float]:
    """Return the estimate of Z and its interval, over the true Z."""
    z = math.exp(law.log_z)
    if math.isnan(samples.log_evidence):
        return math.nan, math.nan, math.nan
    estimate = math.exp(samples.log_evidence) / z
    if samples.sampler == "rejection":
        low, high = clopper_pearson(len(samples), samples.attempts)
        return estimate, low / z, high / z
    if "certificate" in samples.notes:
        certificate = samples.notes["certificate"]
        return estimate, certificate.lower / z, certificate.upper / z
    terms = np.array(samples.notes.get("evidence", np.exp(samples.log_weights)))
    half = bernstein(terms, largest_weight(law))
    return estimate, max(0.0, terms.mean() - half) / z, (terms.mean() + half) / z


def largest_weight(law: ExactLaw) -> float:
    """Bound on any weight or evidence: the product over depths of the largest allowed mass."""
    depths: dict[int, float] = {}
    for prefix, row in law.rows.items():
        depths[len(prefix)] = max(depths.get(len(prefix), 0.0), math.exp(row.log_mass))
    return float(np.cumprod([depths[depth] for depth in sorted(depths)]).max())


def bernstein(terms: np.ndarray, largest: float) -> float:
    """Half-width of the empirical Bernstein interval of the mean of independent terms in [0, largest], two-sided at `LEVEL`.

    >>> round(bernstein(np.full(1001, 0.5), 1.0), 4)
    0.0194
    """
    n, log = len(terms), math.log(4 / LEVEL)
    return math.sqrt(2 * float(terms.var(ddof=1)) * log / n) + 7 * largest * log / (3 * (n - 1))


def clopper_pearson(successes: int, attempts: int) -> tuple[float, float]:
    """Interval of a probability, two-sided at `LEVEL`, by bisection on binomial tails.

    >>> low, high = clopper_pearson(10, 100)
    >>> round(low, 3), round(high, 3)
    (0.028, 0.234)
    """

    k = np.arange(attempts + 1)
    log_ways = np.concatenate([[0.0], np.cumsum(np.log(attempts - k[:-1]) - np.log(k[1:]))])

    def tail(p: float, least: int) -> float:
        """Pr(at least ``least`` successes)."""
        return float(np.exp(log_ways[least:] + k[least:] * math.log(p) + (attempts - k[least:]) * math.log1p(-p)).sum())

    def solve(least: int, wanted: float) -> float:
        low, high = 1e-12, 1 - 1e-12
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle, least) < wanted else (low, middle)
        return (low + high) / 2

    return (solve(successes, LEVEL / 2) if successes else 0.0, solve(successes + 1, 1 - LEVEL / 2) if successes < attempts else 1.0)


def distance_curves(law: ExactLaw, runs: int) -> dict[str, list[tuple[float, float]]]:
    """Return distance against model tokens per text; exact laws where there are any, measured on ``runs`` runs elsewhere."""
    target = law.target
    length = float(np.exp(law.log_masked) @ [len(tokens) + 1 for tokens in law.outcomes]) / max(1e-300, float(np.exp(law.log_masked).sum()))
    curves: dict[str, list[tuple[float, float]]] = {
        "masked": [(length, total_variation(law.masked, law.probabilities))],
        "MCMC, restarts (exact law)": [],
        "importance": [],
        "SMC": [],
        "CARS": [],
    }
    for k in (1, 2, 4, 8, 16, 32):
        curves["MCMC, restarts (exact law)"].append((length * (k + 1), total_variation(law.mcmc_law(k), law.probabilities)))
    for n in (2, 4, 8, 16):
        for name, sampler in (("importance", Importance(target, particles=n)), ("SMC", Smc(target, particles=n, proposal="masked"))):
            run = picks(sampler, runs)
            if len(run):
                curves[name].append((run.model_tokens / runs, law.distance([s.tokens for s in run])))
    for n in (1, 4, 16, 64):
        repeats = max(1, runs // n)
        rng = np.random.default_rng(SEED)
        texts: list[tuple[int, ...]] = []
        tokens = 0
        for _ in range(repeats):
            run = Cars(target, batch=1).sample(n, rng)
            texts += [sample.tokens for sample in run]
            tokens += run.model_tokens
        curves["CARS"].append((tokens / len(texts), law.distance(texts)))
    return {name: curve for name, curve in curves.items() if curve}


def grammar_tasks(found: list[Language]) -> list[str]:
    """Run samplers on the embedded model under real grammars."""
    from maskwright.integrations.language_model import TransformersLM
    from maskwright.integrations.transformers_model import load

    model = load()
    rows = []
    for language in found:
        prompt = model.encode(str(model.ask(language.prompt, {"grammar": language.grammar})))[-256:]
        lm = TransformersLM(model, prompt)
        target = Target(lm, mw.compile(model.vocabulary, grammar=language.grammar, syntax="ebnf"), 64)
        for name, run in grammar_runs(target):
            began = time.process_time()
            rows.append([language.name, name, *run(), number(time.process_time() - began)])
    about = "The embedded model was not trained for these languages: Z is small. Budget 64 tokens, prompt cut to its last 256."
    header = ["grammar", "sampler", "texts", "mean log P", "log Z", "ESS", "acceptance", "tokens", "CPU s"]
    return [f"## Grammars on the embedded model\n\n{about}", table(header, rows)]


def grammar_runs(target: Target) -> list[tuple[str, Callable[[], list[str]]]]:
    def weighted(sampler: Any) -> Callable[[], list[str]]:
        def run() -> list[str]:
            found = sampler.sample(16, SEED)
            mean = float(np.mean([sample.log_p for sample in found.valid]))
            return [str(len(found.valid)), f"{mean:.1f}", f"{found.log_evidence:.1f}", f"{found.ess:.1f}", "", str(found.model_tokens)]

        return run

    def cars() -> list[str]:
        sampler = Cars(target, batch=8, max_attempts=64)
        before = target.model.usage.tokens
        try:
            found = sampler.sample(4, SEED)
            kept, tried, mean = len(found), found.attempts, f"{np.mean([sample.log_p for sample in found]):.1f}"
        except NoSampleError as error:
            kept, tried, mean = error.found, error.attempts, ""
        bound = f"at most {math.log(sampler.certificate.upper):.1f}"
        return [str(kept), mean, bound, "", f"{kept} of {tried}", str(target.model.usage.tokens - before)]

    return [
        ("masked", weighted(Masked(target, batch=16))),
        ("SMC, N = 16", weighted(Smc(target, particles=16))),
        ("CARS, 64 attempts", cars),
    ]
