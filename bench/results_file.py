"""The results of a run as JSON lines, written as they come and read back to resume.

    {"run": {...}}                      first line: what must be equal for two runs to be one
    {"about": {"engine", "version"}}    once per engine
    {"engine", "id", "status", ...}     one row per engine and file

A run that was killed may leave half a line at the end; it is cut off when the file is opened again. Rows are keyed by (engine, id): what is
there is not run again, so a larger ``--limit`` extends a run.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, TextIO

from maskwright.errors import OptionError


class Results:
    """Rows in memory and, when a path is given, on disk.

    Raises
    ------
    OptionError
        When the file holds results of a different run.
    """

    def __init__(self, path: Path | None, run: dict[str, Any]):
        self.path = path
        self.run = run
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}
        self.about: dict[str, dict[str, Any]] = {}
        self.lock = threading.Lock()
        self.file: TextIO | None = None
        if path is not None:
            resumed = path.exists() and path.stat().st_size > 0
            if resumed:
                self.read(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.file = path.open("a", encoding="utf-8")
            if not resumed:
                self.write({"run": run})

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()

    def read(self, path: Path) -> None:
        whole = path.read_bytes()
        complete = whole[: whole.rfind(b"\n") + 1]
        lines = [json.loads(line) for line in complete.splitlines()]
        if not lines or lines[0].get("run") != self.run:
            have = lines[0].get("run") if lines else None
            raise OptionError("out", str(path), f"a new file, or results of this same run; it holds {have}, this run is {self.run}")
        if len(complete) < len(whole):
            with path.open("r+b") as file:
                file.truncate(len(complete))
        for line in lines[1:]:
            if "about" in line:
                self.about[line["about"]["engine"]] = line["about"]
            else:
                self.rows[line["engine"], line["id"]] = line

    def introduce(self, engine: str, about: dict[str, Any]) -> None:
        """Note an engine's version; a file that holds rows of another version is refused."""
        with self.lock:
            known = self.about.get(engine)
            if known is None:
                self.about[engine] = {"engine": engine, **about}
                self.write({"about": self.about[engine]})
            elif known["version"] != about["version"]:
                expected = f"results of {engine} {about['version']}; it holds rows of {known['version']}"
                raise OptionError("out", str(self.path), expected)

    def add(self, row: dict[str, Any]) -> None:
        with self.lock:
            self.rows[row["engine"], row["id"]] = row
            self.write(row)

    def write(self, line: dict[str, Any]) -> None:
        if self.file is not None:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()

    def of(self, engine: str, ids: set[str]) -> list[dict[str, Any]]:
        """Return the rows of one engine among the given cases."""
        return [row for (name, case), row in self.rows.items() if name == engine and case in ids]


def open_results(out: str | None, run: dict[str, Any]) -> Results:
    """Open the file given with ``--out``, or keep the rows in memory."""
    return Results(Path(out) if out else None, run)
