"""The loop: cases x engines, interleaved case by case, over a number of parallel jobs.

For one case every engine runs right after the other, each in its own child and each in turn first, so that the machine's noise hits all
alike. Each job has children of its own. An engine that is not installed, or does not start three times in a row, is named in ``absent`` and
left out.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from maskwright.errors import MissingDependencyError

from .cases import Case
from .child import Child, ChildFailed, ChildLimits, NotInstalled
from .distribution import Distribution
from .engines import adapter_path, engine_python
from .results_file import Results

START_ATTEMPTS = 3


class Plan(NamedTuple):
    """How to run: adapters by label, their options and interpreters, the tokenizer's folder (None: bytes)."""

    adapters: dict[str, str]
    options: dict[str, dict[str, Any]]
    pythons: dict[str, str]
    tokenizer: str | None
    limits: ChildLimits
    jobs: int = 1
    warm: bool = True

    @property
    def engines(self) -> tuple[str, ...]:
        """Labels of the engines, the first one first."""
        return tuple(self.adapters)


class Run:
    """One run over a list of cases; rows go to ``results``, engines that cannot run to ``absent`` (name to reason)."""

    def __init__(self, cases: Sequence[Case], plan: Plan, results: Results):
        self.plan = plan
        self.results = results
        self.absent: dict[str, str] = {}
        self.failed_starts = dict.fromkeys(plan.engines, 0)
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.todo = [case for case in cases if any((engine, case.id) not in results.rows for engine in plan.engines)]

    def go(self) -> None:
        """Run what is still to do; an interrupt ends the children and leaves the results as they are."""
        try:
            from tqdm import tqdm
        except ImportError as error:
            raise MissingDependencyError("tqdm", "bench") from error
        bar = tqdm(total=len(self.todo), unit="file", disable=None, file=sys.stderr, smoothing=0.05)
        queue = enumerate(self.todo)
        with ThreadPoolExecutor(self.plan.jobs) as pool:
            jobs = [pool.submit(self.job, queue, bar) for _ in range(self.plan.jobs)]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                self.stopped.set()
                raise
            finally:
                bar.close()

    def job(self, queue: Iterator[tuple[int, Case]], bar: Any) -> None:
        children = {
            label: Child(engine_python(name, self.plan.pythons), adapter_path(name), self.plan.tokenizer, self.plan.limits, self.stopped)
            for label, name in self.plan.adapters.items()
        }
        try:
            while not self.stopped.is_set():
                with self.lock:
                    number, case = next(queue, (0, None))
                if case is None:
                    return
                self.run_case(number, case, children)
                bar.update()
        finally:
            for child in children.values():
                child.close()

    def run_case(self, number: int, case: Case, children: dict[str, Child]) -> None:
        schema, tests = case.load()
        turn = number % len(self.plan.engines)
        for engine in self.plan.engines[turn:] + self.plan.engines[:turn]:
            if engine in self.absent or (engine, case.id) in self.results.rows:
                continue
            if not self.opened(engine, children[engine]):
                continue
            request = {"schema": schema, "tests": tests, "options": self.plan.options.get(engine, {}), "facts": dict(case.facts)}
            row = run_one(children[engine], request | {"warm": self.plan.warm})
            if not self.stopped.is_set():
                self.results.add({"engine": engine, "id": case.id, "group": case.group, "tests": len(tests), **row})

    def opened(self, engine: str, child: Child) -> bool:
        """Start the engine if need be; note it as absent when that is hopeless."""
        while engine not in self.absent and not self.stopped.is_set():
            try:
                self.results.introduce(engine, child.open())
            except NotInstalled as error:
                self.absent[engine] = f"not installed ({error})"
            except ChildFailed as error:
                self.failed_starts[engine] += 1
                if self.failed_starts[engine] >= START_ATTEMPTS:
                    self.absent[engine] = f"does not start ({error})"
            else:
                self.failed_starts[engine] = 0
                return True
        return False


def run_one(child: Child, request: dict[str, Any]) -> dict[str, Any]:
    """Run one case; whatever happens to the child is a row."""
    try:
        row = child.run(request)
    except ChildFailed as failure:
        return {
            "status": failure.kind,
            "error": {"class": failure.kind, "message": f"{failure.phase}: {failure.detail}"},
            "verdicts": [],
            "seconds": round(failure.seconds, 3),
            "peak_mib": round(failure.peak_mib, 1),
        }
    for name in ("cold", "warm"):
        row[name] = Distribution.of(row[name]).to_json()
    for name in ("seconds", "rss_mib", "peak_mib"):
        row[name] = round(row[name], 3)
    return row
