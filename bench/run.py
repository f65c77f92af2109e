"""The loop: works x engines, interleaved work by work, over a number of parallel jobs.

A work is whatever a child can be asked about (a `Case`: feed these instances). For one work every engine runs right after the other, each
in its own child and each in turn first, so that the machine's noise hits all alike. Each job is a `Station` with children of its own: a
thread of this process, or an actor of a Ray cluster (`ray_jobs`). An engine that is not installed, or does not start three times in a
row, is named in ``absent`` and left out.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

from maskwright.errors import MaskwrightError, MissingDependencyError

from .child import Child, ChildFailed, ChildLimits, NotInstalled
from .distribution import Distribution
from .engines import adapter_path, engine_python
from .environment import commit
from .results_file import Results

START_ATTEMPTS = 3
#: Lists of nanoseconds in a child's answer; rows keep them as distributions.
TIMES = ("cold", "warm", "steps", "masks")


class Work(Protocol):
    """What is run once per engine: ``id`` names its rows, ``group`` sorts them, ``request`` is sent to the child."""

    @property
    def id(self) -> str: ...
    @property
    def group(self) -> str: ...
    def request(self) -> dict[str, Any]: ...


class Plan(NamedTuple):
    """How to run: adapters by label, their options and interpreters, the tokenizer's folder (None: bytes), the folder of a model in the
    loop."""

    adapters: dict[str, str]
    options: dict[str, dict[str, Any]]
    pythons: dict[str, str]
    tokenizer: str | None
    limits: ChildLimits
    jobs: int = 1
    warm: bool = True
    model: str | None = None
    #: Address of a Ray cluster ("local" starts one); None: threads of this process.
    ray: str | None = None

    @property
    def engines(self) -> tuple[str, ...]:
        """Labels of the engines, the first one first."""
        return tuple(self.adapters)


class Event(NamedTuple):
    """What a station has to say: ``kind`` is about (an engine's version), row, or absent (with the reason as ``reason``)."""

    kind: str
    engine: str
    content: dict[str, Any]


class Station:
    """The children of one job: one per engine, started when first needed."""

    def __init__(self, plan: Plan, stopped: threading.Event | None = None):
        self.plan = plan
        self.stopped = stopped or threading.Event()
        self.children = {
            label: Child(engine_python(name, plan.pythons), adapter_path(name), plan.tokenizer, plan.limits, self.stopped, plan.model)
            for label, name in plan.adapters.items()
        }

    def run(self, request: dict[str, Any], engines: Sequence[str]) -> Iterator[Event]:
        """Ask every engine in turn; whatever happens to one is an event."""
        for engine in engines:
            started = self.start(engine)
            yield started
            if started.kind == "about":
                own = {"options": self.plan.options.get(engine, {}), "warm": self.plan.warm}
                row = run_one(self.children[engine], own | request)
                if self.stopped.is_set():
                    return
                yield Event("row", engine, row)

    def start(self, engine: str) -> Event:
        """Start the engine if need be."""
        reason = ""
        for _ in range(START_ATTEMPTS):
            if self.stopped.is_set():
                return Event("stopped", engine, {})
            try:
                return Event("about", engine, self.children[engine].open())
            except NotInstalled as error:
                return Event("absent", engine, {"reason": f"not installed ({error})"})
            except ChildFailed as error:
                reason = f"does not start ({error})"
        return Event("absent", engine, {"reason": reason})

    def close(self) -> None:
        for child in self.children.values():
            child.close()


class Run:
    """One run over a list of works; rows go to ``results``, engines that cannot run to ``absent`` (name to reason)."""

    def __init__(self, works: Sequence[Work], plan: Plan, results: Results, title: str = ""):
        self.plan = plan
        self.results = results
        self.title = title
        self.absent: dict[str, str] = {}
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.commit = commit()
        self.todo = [work for work in works if any((engine, work.id) not in results.rows for engine in plan.engines)]

    def go(self) -> None:
        """Run what is still to do; an interrupt ends the children and leaves the results as they are."""
        try:
            from tqdm import tqdm
        except ImportError as error:
            raise MissingDependencyError("tqdm", "bench") from error
        if not self.todo:
            return
        bar = tqdm(total=len(self.todo), unit="file", desc=self.title or None, disable=None, file=sys.stderr, smoothing=0.05)
        try:
            if self.plan.ray is None:
                self.go_threads(bar)
            else:
                from .ray_jobs import go_ray

                go_ray(self, bar)
        finally:
            bar.close()

    def go_threads(self, bar: Any) -> None:
        queue = enumerate(self.todo)
        with ThreadPoolExecutor(self.plan.jobs) as pool:
            jobs = [pool.submit(self.job, queue, bar) for _ in range(self.plan.jobs)]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                self.stopped.set()
                raise

    def job(self, queue: Iterator[tuple[int, Work]], bar: Any) -> None:
        station = Station(self.plan, self.stopped)
        try:
            while not self.stopped.is_set():
                with self.lock:
                    number, work = next(queue, (0, None))
                if work is None:
                    return
                engines = self.engines_for(number, work)
                request = self.request_of(work, engines)
                if request is not None:
                    for event in station.run(request, engines):
                        self.note(work, request, event)
                bar.update()
        finally:
            station.close()

    def request_of(self, work: Work, engines: Sequence[str]) -> dict[str, Any] | None:
        """Return what the children are asked; None, with a row for each engine, where the work's own data cannot be read."""
        try:
            return work.request()
        except (MaskwrightError, OSError, ValueError, RecursionError) as error:
            fault = {"class": "unreadable", "message": str(error)[:500]}
            row = {"status": "unreadable", "error": fault, "phase": "request", "verdicts": [], "seconds": 0.0, "peak_mib": 0.0}
            for engine in engines:
                self.note(work, {}, Event("row", engine, row))
            return None

    def engines_for(self, number: int, work: Work) -> list[str]:
        """Return the engines that have no row for this work yet, a different one first for each work."""
        turn = number % len(self.plan.engines)
        order = self.plan.engines[turn:] + self.plan.engines[:turn]
        return [engine for engine in order if engine not in self.absent and (engine, work.id) not in self.results.rows]

    def note(self, work: Work, request: dict[str, Any], event: Event) -> None:
        """Record what a station said."""
        if event.kind == "about":
            self.results.introduce(event.engine, {**event.content, "commit": self.commit})
        elif event.kind == "absent":
            self.absent[event.engine] = event.content["reason"]
        elif event.kind == "row":
            tests = len(request.get("tests", ()))
            self.results.add({"engine": event.engine, "id": work.id, "group": work.group, "tests": tests, **event.content})


def run_one(child: Child, request: dict[str, Any]) -> dict[str, Any]:
    """Run one work; whatever happens to the child is a row."""
    try:
        row = child.run(request)
    except ChildFailed as failure:
        return {
            "status": failure.kind,
            "error": {"class": failure.kind, "message": f"{failure.phase}: {failure.detail}"},
            "phase": failure.phase,
            "verdicts": [],
            "seconds": round(failure.seconds, 3),
            "peak_mib": round(failure.peak_mib, 1),
        }
    for name in TIMES:
        if name in row:
            row[name] = Distribution.of(row[name]).to_json()
    for name in ("seconds", "rss_mib", "peak_mib"):
        row[name] = round(row[name], 3)
    return row
