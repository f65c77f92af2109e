"""What is run: a `Case` is a schema with labelled instances; the official JSON-Schema-Test-Suite as cases (other data: `datasets`).

Data is never part of the package: a folder is given, or ``MASKWRIGHT_DATA`` names one that
holds ``maskbench/``, ``json-schema-test-suite/`` and ``llama3/``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from maskwright.errors import OptionError


class Case(NamedTuple):
    """One benchmark file.

    ``load`` reads the schema and its tests, ``{"data": ..., "valid": bool}`` (or ``text`` for ``data``), when the case is run: a list of
    thousands of cases is a list of names. ``facts`` (draft, formats, remotes) go to the engines that understand them.
    """

    id: str
    load: Callable[[], tuple[Any, list[dict[str, Any]]]]
    facts: Mapping[str, Any] = MappingProxyType({})
    group: str = ""
    #: Where the schema can be read, for the reports: an address or a path.
    source: str = ""
    #: Run in a process of its own, so that its memory is its own.
    alone: bool = False

    def request(self) -> dict[str, Any]:
        """Return what a child is asked: feed every instance."""
        schema, tests = self.load()
        return {"schema": schema, "tests": tests, "facts": dict(self.facts), **({"alone": True} if self.alone else {})}


def data_folder(path: str | None) -> Path:
    """Return the folder given, or the one in ``MASKWRIGHT_DATA``.

    Raises
    ------
    OptionError
        When neither is there.
    """
    chosen = path or os.environ.get("MASKWRIGHT_DATA", "")
    if not chosen:
        raise OptionError("PATH", path, "a folder of benchmark data, or its path in the environment variable MASKWRIGHT_DATA")
    if not Path(chosen).is_dir():
        raise OptionError("PATH", chosen, "an existing folder")
    return Path(chosen)


def tokenizer_folder(chosen: str | None, data: Path, otherwise: str | None = None) -> str | None:
    """Return the tokenizer's folder: as given (``bytes``, one token per byte, is None), else ``llama3`` in the data folder or beside it,
    else ``otherwise``."""
    if chosen == "bytes":
        return None
    roots = [data, data.parent, Path(os.environ.get("MASKWRIGHT_DATA", data))]
    places = [Path(chosen)] if chosen else [root / "llama3" for root in roots]
    for place in places:
        if (place / "tokenizer.json").is_file():
            return str(place.resolve())
    if otherwise is not None and not chosen:
        return otherwise
    raise OptionError("tokenizer", chosen, f"a folder with tokenizer.json, or 'bytes' (looked at {', '.join(map(str, places))})")


def own_tokenizer(chosen: str | None) -> str | None:
    """Return the tokenizer's folder for a command without data of its own; ``bytes`` (None) needs none at all."""
    return None if chosen == "bytes" else tokenizer_folder(chosen, data_folder(None))


def suite_folder(data: Path) -> Path:
    """Find the checkout of the official suite: the folder itself, or ``json-schema-test-suite`` in it."""
    for folder in (data, data / "json-schema-test-suite", data / "JSON-Schema-Test-Suite"):
        if (folder / "tests").is_dir():
            return folder
    raise OptionError("PATH", str(data), "a checkout of JSON-Schema-Test-Suite (a folder with tests/ and remotes/)")


def suite_cases(data: Path, draft: str) -> list[Case]:
    """List the groups of one draft of the official suite; formats are annotations in most files and asserted in the format files."""
    root = suite_folder(data)
    draft = draft.removeprefix("draft")
    tests = root / "tests" / f"draft{draft}"
    if not tests.is_dir():
        known = sorted(p.name.removeprefix("draft") for p in (root / "tests").glob("draft[0-9]*"))
        raise OptionError("draft", draft, f"one of {', '.join(known)}")
    cases: list[Case] = []
    for file in sorted(tests.rglob("*.json")):
        place = file.relative_to(tests)
        asserted = place.parts[:2] == ("optional", "format") or place.stem == "format-assertion"
        facts = {"draft": draft, "formats": "assert" if asserted else "annotate", "remotes": str((root / "remotes").resolve())}
        cases += suite_groups(file, place.with_suffix("").as_posix(), facts)
    return cases


def given(schema: Any, tests: list[dict[str, Any]]) -> tuple[Any, list[dict[str, Any]]]:
    return schema, tests


def suite_groups(file: Path, name: str, facts: dict[str, Any]) -> Iterator[Case]:
    for number, group in enumerate(json.loads(file.read_text(encoding="utf-8"))):
        tests = [{"data": test["data"], "valid": test["valid"]} for test in group["tests"]]
        yield Case(f"{name}#{number}: {group['description']}", partial(given, group["schema"], tests), facts, name)
