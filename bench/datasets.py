"""Schemas on disk, in whatever layout they came: one list of cases, their splits recognised.

    a checkout of guidance-ai/jsonschemabench     data/<Split>/*.json (schemas), maskbench/data/<Split>---*.json (schemas with instances)
    the benchmark data of this project            maskbench/<Split>---*.json
    the Hugging Face dataset, on disk             <config>/*.parquet or *.jsonl with the columns json_schema and unique_id
    a folder                                      schema files, or folders of them, each folder a split

A file with ``schema`` and ``tests`` brings labelled instances, any other JSON file is a schema. Where a checkout has a schema twice, the
one with instances stands for both. Listing reads no JSON file; tables (parquet, JSON lines) are read once. `readable` reads them all.
"""

from __future__ import annotations

import fnmatch
import json
import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from maskwright.errors import MaskwrightError, MissingDependencyError, OptionError

from .cases import Case, given

UPSTREAM = "https://github.com/guidance-ai/jsonschemabench/blob/main/"
#: Columns that may hold the schema and its name.
SCHEMA_COLUMNS = ("json_schema", "schema")
NAME_COLUMNS = ("unique_id", "id", "name")
#: Folder names that say nothing about the split: of HF's train/test/validation files, of plain containers.
CONTAINERS = frozenset({"default", "data", "jsonschemabench", "."})
#: Files of a dataset that are not schemas.
OTHER_FILES = frozenset({"dataset_infos.json", "dataset_info.json", "dataset_dict.json", "state.json", "package.json"})


def dataset_cases(data: Path, splits: str | None = None, limit: int | None = None, seed: int = 0) -> list[Case]:
    """List the schemas of a dataset: all of them in order of name, or a random sample, nested in itself as ``limit`` grows.

    Parameters
    ----------
    data : Path
        The dataset, in one of the layouts above.
    splits : str, optional
        Comma-separated names or wildcards (``Github_*,Snowplow``); case does not matter.

    Raises
    ------
    OptionError
        When there are none, or a split is not there.
    MissingDependencyError
        For parquet files without pyarrow.
    """
    cases = list(recognised(data))
    if not cases:
        raise OptionError("PATH", str(data), "a checkout of jsonschemabench, a folder with maskbench/*.json, tables or schema files")
    if splits:
        cases = chosen_splits(cases, splits)
    return sampled(cases, limit, seed)


def maskbench_cases(data: Path, limit: int | None = None, seed: int = 0) -> list[Case]:
    """List MaskBench files only, those with labelled instances: the same order and sample as `dataset_cases`.

    Raises
    ------
    OptionError
        When there are none.
    """
    for folder in (data / "maskbench" / "data", data / "maskbench", data):
        cases = list(labelled_files(folder))
        if cases:
            return sampled(cases, limit, seed)
    raise OptionError("PATH", str(data), "a folder with maskbench/*.json")


def sampled(cases: list[Case], limit: int | None, seed: int) -> list[Case]:
    if limit is not None and limit < len(cases):
        random.Random(seed).shuffle(cases)
        del cases[limit:]
    return cases


def chosen_splits(cases: Sequence[Case], splits: str) -> list[Case]:
    present = {case.group for case in cases}
    wanted: set[str] = set()
    for name in filter(None, splits.split(",")):
        found = {group for group in present if fnmatch.fnmatchcase(group.lower(), name.lower())}
        if not found:
            raise OptionError("splits", name, f"one of {', '.join(sorted(present))}, or a wildcard")
        wanted |= found
    return [case for case in cases if case.group in wanted]


def recognised(data: Path) -> Iterator[Case]:
    """Yield the cases of the first layout that fits."""
    labelled = next((found for folder in (data / "maskbench" / "data", data / "maskbench") if (found := list(labelled_files(folder)))), [])
    known = {case.id for case in labelled}
    plain = [case for case in split_folders(data / "data") if case.id not in known]
    if labelled or plain:
        yield from sorted(labelled + plain, key=lambda case: case.id)
        return
    tables = sorted(path for ending in ("parquet", "jsonl") for path in data.rglob(f"*.{ending}"))
    if tables:
        seen: set[str] = set()
        for path in tables:
            for case in table_cases(path, data):
                if case.id not in seen:
                    seen.add(case.id)
                    yield case
        return
    yield from labelled_files(data)
    yield from split_folders(data)


def labelled_files(folder: Path) -> Iterator[Case]:
    """Yield the files of one flat folder, their split read from the name."""
    for file in sorted(folder.glob("*.json")):
        if file.name not in OTHER_FILES:
            source = f"{UPSTREAM}maskbench/data/{file.name}" if "---" in file.stem else str(file)
            yield Case(file.stem, partial(read_file, file), group=group_of(file.stem), source=source)


def split_folders(folder: Path) -> Iterator[Case]:
    """Yield the files of a folder of folders, each a split."""
    for split in sorted(path for path in folder.glob("*") if path.is_dir()):
        for file in sorted(split.glob("*.json")):
            source = f"{UPSTREAM}data/{split.name}/{file.name}" if folder.name == "data" else str(file)
            yield Case(f"{split.name}---{file.stem}", partial(read_file, file), group=split.name, source=source)


def group_of(stem: str) -> str:
    """Return the data set a MaskBench file comes from.

    >>> group_of("Github_medium---o5233"), group_of("BFCL_simple_388")
    ('Github_medium', 'BFCL')
    """
    source, found, _ = stem.partition("---")
    return source if found else stem.split("_")[0]


def readable(cases: Sequence[Case]) -> tuple[list[Case], dict[str, str]]:
    """Part the cases whose files can be read from the others; those are given by name, with the reason."""
    good, bad = [], {}
    for case in cases:
        try:
            case.load()
        except (MaskwrightError, OSError, ValueError) as error:
            bad[case.id] = str(error).partition("\n")[0]
        else:
            good.append(case)
    return good, bad


def read_file(file: Path) -> tuple[Any, list[dict[str, Any]]]:
    """Read a schema with its labelled instances, or a bare schema."""
    document = read_json(file.read_bytes(), str(file))
    if isinstance(document, dict) and "schema" in document and isinstance(document.get("tests"), list):
        return document["schema"], [{"data": test["data"], "valid": test["valid"]} for test in document["tests"]]
    return document, []


def read_json(data: bytes | str, where: str) -> Any:
    """Parse JSON; what is none is the data's fault, and is told with its place.

    Raises
    ------
    OptionError
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise OptionError("PATH", where, f"JSON: {error}") from error


def table_cases(path: Path, root: Path) -> Iterator[Case]:
    """Yield the rows of one parquet or JSON lines file; the split is in the row's name, or the name of its folder."""
    folder = path.parent.name if path.parent != root else ""
    for number, row in enumerate(parquet_rows(path) if path.suffix == ".parquet" else json_rows(path)):
        schema = next((row[column] for column in SCHEMA_COLUMNS if row.get(column) is not None), None)
        if schema is None:
            raise OptionError("PATH", str(path), f"rows with one of the columns {', '.join(SCHEMA_COLUMNS)} (row {number} has none)")
        name = next((str(row[column]) for column in NAME_COLUMNS if row.get(column) is not None), f"{path.stem}-{number}")
        split, named, _ = name.partition("---")
        if not named:
            split = path.stem.split("-")[0] if folder.lower() in CONTAINERS or not folder else folder
            name = f"{split}---{name}"
        parsed = read_json(schema, f"{path}#{number}") if isinstance(schema, str) else schema
        yield Case(name, partial(given, parsed, list(row.get("tests") or [])), group=split, source=f"{path}#{number}")


def json_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield read_json(line, f"{path}, line {number}")


def parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependencyError("pyarrow", "parquet") from error
    with pyarrow.parquet.ParquetFile(path) as table:
        for batch in table.iter_batches():
            yield from batch.to_pylist()
