"""The parent's side of a benchmark: an engine in a process of its own, under limits.

A `Child` runs `worker` for one engine and one tokenizer. `run` sends one file and waits for its row; meanwhile the clock and the child's
resident memory are polled. Whatever ends a request early (time, memory, a crash) raises `ChildFailed` with the phase the child was in; the
child is gone then, and the next `run` starts a fresh one. Nothing that an engine does can end the benchmark.

Refused: `multiprocessing` (needs the same interpreter on both sides, and our modules in the engine's environment) and `resource` limits
(address space is not resident memory; an allocation that fails looks like a crash of the engine).
"""

from __future__ import annotations

import json
import queue
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from maskwright.errors import MissingDependencyError

POLL_S = 0.05
STDERR_TAIL = 1000


class ChildLimits(NamedTuple):
    """Seconds for one file, MiB of resident memory, seconds to load engine and tokenizer (kernels may compile then)."""

    seconds: float = 30.0
    memory_mib: float = 4096.0
    start_seconds: float = 600.0


class ChildFailed(Exception):
    """A request had no answer; inside the harness only, where it becomes a row.

    ``kind`` is timeout, memory, crash or error; ``phase`` what the child was doing.
    """

    def __init__(self, kind: str, phase: str, detail: str, seconds: float, peak_mib: float):
        super().__init__(f"{kind} during {phase}: {detail}")
        self.kind = kind
        self.phase = phase
        self.detail = detail
        self.seconds = seconds
        self.peak_mib = peak_mib


class NotInstalled(Exception):
    """The engine's packages are missing in the interpreter that should run it; the harness reports it and goes on."""


DEFAULT_LIMITS = ChildLimits()


class Child:
    """One engine in one process; started when first needed, and again after a failure.

    Parameters
    ----------
    python : str
        Interpreter that has the engine.
    adapter : Path
        The adapter's file (`maskwright.bench.engines`).
    tokenizer : str or None
        Folder with tokenizer.json; None for one token per byte.
    stopped : threading.Event, optional
        Once set, the request under way ends as ``ChildFailed("stopped", ...)``.
    model : str, optional
        Folder of a transformers model to decode with, for requests that generate.
    """

    def __init__(
        self,
        python: str,
        adapter: Path,
        tokenizer: str | None,
        limits: ChildLimits = DEFAULT_LIMITS,
        stopped: threading.Event | None = None,
        model: str | None = None,
    ):
        self.python = python
        self.adapter = adapter
        self.tokenizer = tokenizer
        self.limits = limits
        self.stopped = stopped or threading.Event()
        self.model = model
        self.process: subprocess.Popen[str] | None = None
        self.about: dict[str, Any] = {}
        self.files_done = 0
        self.peak_mib = 0.0

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def open(self) -> dict[str, Any]:
        """Start the process if there is none; return the engine's name and version.

        Raises
        ------
        NotInstalled
            When a package is not found in the child.
        ChildFailed
            When it does not start for another reason.
        """
        if self.process is not None and self.process.poll() is None:
            return self.about
        self.close()
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 (closed in close)
        try:
            self.process = subprocess.Popen(
                [self.python, "-X", "faulthandler", str(Path(__file__).with_name("worker.py"))],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, encoding="utf-8",
            )  # fmt: skip
        except OSError as error:
            self.errors.close()
            raise NotInstalled(f"{self.python}: {error.strerror}") from error
        self.answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self.listen, args=(self.process, self.answers), daemon=True).start()
        self.files_done = 0
        opening = {"op": "open", "engine": str(self.adapter), "tokenizer": self.tokenizer, "model": self.model}
        answer = self.exchange(opening, self.limits.start_seconds)
        if "failed" in answer:
            self.close()
            failed = answer["failed"]
            detail = f"{failed['class']}: {failed['message']}"
            if failed["class"] in ("ModuleNotFoundError", "PackageNotFoundError", "MissingDependencyError"):
                raise NotInstalled(failed["message"])
            raise ChildFailed("error", "start", detail, 0.0, 0.0)
        self.about = answer["ok"]
        return self.about

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run one request (by default ``op`` run, feed a file); return the worker's row with ``seconds``, ``rss_mib`` and ``peak_mib``.

        With ``alone`` in it, in a fresh process, and ``base_mib`` says what that took before.

        A child that hits the memory limit after other files may only have collected what they left, so the file is tried
        once more in a fresh one.
        """
        alone = request.get("alone", False)
        request = {name: value for name, value in request.items() if name != "alone"}
        if alone:
            self.close()
        for last in (False, True):
            self.open()
            base = {"base_mib": round(self.resident_mib(), 3)} if alone else {}
            used = self.files_done > 0
            start, self.peak_mib = time.monotonic(), 0.0
            try:
                answer = self.exchange({"op": "run", **request}, self.limits.seconds)
            except ChildFailed as failure:
                if failure.kind == "memory" and used and not last:
                    continue
                raise
            break
        if "failed" in answer:
            raise ChildFailed("error", "harness", f"{answer['failed']['class']}: {answer['failed']['message']}", 0.0, self.peak_mib)
        self.files_done += 1
        rss = self.resident_mib()
        return {**answer["row"], **base, "seconds": time.monotonic() - start, "rss_mib": rss, "peak_mib": max(rss, self.peak_mib)}

    def exchange(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send one request and wait for its answer under the limits."""
        process = self.process
        assert process is not None
        assert process.stdin is not None
        start = polled = time.monotonic()
        phase = "start" if request["op"] == "open" else "request"
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({**request, "seconds": seconds}) + "\n")
            process.stdin.flush()
        while True:
            with suppress(queue.Empty):
                line = self.answers.get(timeout=POLL_S)
                if line is None:
                    raise self.failure("crash", phase, self.epitaph(), time.monotonic() - start)
                answer = json.loads(line)
                if "phase" not in answer:
                    return answer
                phase = answer["phase"]
            now = time.monotonic()
            if self.stopped.is_set():
                raise self.failure("stopped", phase, "the run was interrupted", now - start)
            if now - start > seconds:
                raise self.failure("timeout", phase, f"over {seconds:g} s", now - start)
            if now - polled >= POLL_S:
                polled, resident = now, self.resident_mib()
                self.peak_mib = max(self.peak_mib, resident)
                if resident > self.limits.memory_mib:
                    raise self.failure("memory", phase, f"over {self.limits.memory_mib:g} MiB", now - start)

    def failure(self, kind: str, phase: str, detail: str, seconds: float) -> ChildFailed:
        self.close()
        return ChildFailed(kind, phase, detail, seconds, self.peak_mib)

    def epitaph(self) -> str:
        """Say how the process ended, with the last thing it wrote to standard error."""
        assert self.process is not None
        code = self.process.wait()
        self.errors.seek(0)
        said = self.errors.read()[-STDERR_TAIL:].strip()
        return (f"signal {-code}" if code < 0 else f"exit code {code}") + (f"; {said}" if said else "")

    def resident_mib(self) -> float:
        """Resident memory of the child now; 0 when it is gone."""
        return resident_mib(self.process.pid) if self.process else 0.0

    @staticmethod
    def listen(process: subprocess.Popen[str], answers: queue.Queue[str | None]) -> None:
        """Move the child's lines into the queue; None marks the end."""
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                answers.put(line)
        answers.put(None)

    def close(self) -> None:
        """End the process, if there is one."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.errors):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        self.process = None


def resident_mib(process: int | None = None) -> float:
    """Return the resident memory of a process (by its id; without one, of this process); 0 when it is gone."""
    try:
        import psutil
    except ImportError as error:
        raise MissingDependencyError("psutil", "bench") from error
    try:
        return psutil.Process(process).memory_info().rss / 2**20
    except psutil.Error:
        return 0.0
