"""Coverage of schemas, per engine: declared, empirical, true, and the compliance rate (Geng et al. 2025, arXiv 2501.10868, section 4).

* *declared*: the engine took the schema; it compiled, or was found unsatisfiable, within the limits;
* *empirical*: it was declared, the model's output ended within its tokens and both validators find it valid. A second figure counts outputs
  that the engine closed in time when asked to (`loop`);
* *true*: the mask accepts exactly what the schema does, as far as the labelled instances tell: none wrongly accepted, none wrongly
  rejected. Labels that a validator disputes (`labels`) do not count. *Up to order* forgives rejections for the order of keys alone;
* *compliance rate*: empirical / declared, over the schemas with outputs.

A `Record` is one schema under one engine: what the JSON lines of the report hold, and all that its tables and figures are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .cases import Case
from .distribution import Distribution
from .features import features
from .report import reason
from .results_file import Results
from .summary import percent, reason_of, table

DECLARED = ("ok", "unsatisfiable", "failed")
#: What a child says it is doing before a schema counts as taken.
COMPILING = ("start", "request", "tokenize", "compile", "first mask")
FEATURE_FLOOR = 5


class Record(NamedTuple):
    """One schema under one engine; None where it was not measured. Times are nanoseconds."""

    engine: str
    id: str
    split: str
    features: tuple[str, ...]
    source: str
    declared: bool | None = None
    true: bool | None = None
    up_to_order: bool | None = None
    written: bool | None = None
    empirical: bool | None = None
    closed: bool | None = None
    status: str = ""
    reason: str = ""
    kind: str = ""
    compile: int | None = None
    first: int | None = None
    mask: float | None = None
    mask_max: int | None = None
    ttft: int | None = None
    tpot: float | None = None
    tokens: int | None = None
    forwarded: int | None = None
    peak_mib: float | None = None
    output: str | None = None


def records(
    cases: Sequence[Case],
    engines: Sequence[str],
    instances: Results,
    outputs: Results | None,
    disputed: Mapping[str, set[int]],
    valid: Callable[[str, str], bool | None],
) -> list[Record]:
    """Join what the stages found; ``valid(case, text)`` is the validators' word on an output."""
    found = []
    for case in cases:
        names = tuple(features(case.load()[0]))
        for engine in engines:
            row = instances.rows.get((engine, case.id))
            written = outputs.rows.get((engine, case.id)) if outputs is not None else None
            if row is None and written is None:
                continue
            record = Record(engine, case.id, case.group, names, case.source)
            if row is not None:
                record = record._replace(**instance_part(row, disputed.get(case.id, set())))
            if written is not None:
                record = output_part(record, written, valid)
            found.append(record)
    return found


def instance_part(row: dict[str, Any], disputed: set[int]) -> dict[str, Any]:
    """Judge one row of fed instances."""
    declared = row["status"] in DECLARED or row.get("phase", "compile").split(" ")[0] not in {phase.split(" ")[0] for phase in COMPILING}
    verdicts = {verdict for number, verdict in enumerate(row["verdicts"]) if number not in disputed}
    whole = row["status"] in ("ok", "unsatisfiable")
    labelled = row["tests"] > len(disputed)
    cold = Distribution.from_json(row["cold"]) if "cold" in row else Distribution()
    right = verdicts <= {"right"} and whole
    return {
        "declared": declared,
        "true": right if labelled else None,
        "up_to_order": verdicts <= {"right", "order"} and whole if labelled else None,
        "status": row["status"],
        "reason": "" if right else reason(row),
        "kind": "" if right else kind_of(row, verdicts),
        "compile": row.get("compile"),
        "first": row.get("first"),
        "mask": cold.mean if cold.count else None,
        "mask_max": cold.maximum if cold.count else None,
        "peak_mib": row.get("peak_mib"),
    }


def kind_of(row: dict[str, Any], verdicts: set[str]) -> str:
    """Name what went wrong, in the words that failures are counted by."""
    if row["status"] not in ("ok", "unsatisfiable"):
        return reason_of(row)
    words = (("accepted", "wrongly accepts"), ("rejected", "wrongly rejects"), ("order", "rejects for order"))
    return " and ".join(text for verdict, text in words if verdict in verdicts)


def output_part(record: Record, row: dict[str, Any], valid: Callable[[str, str], bool | None]) -> Record:
    """Judge one output."""
    took = row["status"] in ("ok", "failed", "unsatisfiable") or not row.get("phase", "compile").startswith(COMPILING)
    steps = Distribution.from_json(row["steps"]) if "steps" in row else Distribution()
    good = row.get("finish") == "stop" and valid(record.id, row["text"]) is True
    closed = row.get("closed")
    record = record._replace(
        declared=record.declared if record.declared is not None else took,
        written=True,
        empirical=good,
        closed=good or (closed is not None and closed["finish"] == "stop" and valid(record.id, closed["text"]) is True),
        ttft=row.get("first"),
        tpot=steps.mean if steps.count else None,
        tokens=row.get("tokens"),
        forwarded=row.get("forwarded"),
        output=row.get("text"),
    )
    if record.reason or good:
        return record
    return record._replace(reason=f"output: {output_fault(row)}", kind=f"output: {row.get('finish') or row['status']}")


def output_fault(row: dict[str, Any]) -> str:
    """Say what is wrong with an output."""
    if row["status"] == "unsatisfiable":
        return f"unsatisfiable ({row['error']['message'][:120]})"
    if row["status"] != "ok":
        return reason(row)
    words = {"length": "does not end within its tokens", "dead": "the mask is empty", "stop": "ended, but is not valid"}
    return words[row["finish"]]


def share(marks: Iterable[bool | None]) -> tuple[int, int]:
    """Count the true ones among those measured."""
    known = [mark for mark in marks if mark is not None]
    return sum(known), len(known)


MEASURES = (
    ("declared", "declared"),
    ("true", "true"),
    ("true up to order of keys", "up_to_order"),
    ("empirical", "empirical"),
    ("empirical, closed in time", "closed"),
)


def by_engine(found: Iterable[Record]) -> dict[str, list[Record]]:
    sorted_out: dict[str, list[Record]] = {}
    for record in found:
        sorted_out.setdefault(record.engine, []).append(record)
    return sorted_out


def compliance(found: Sequence[Record]) -> tuple[int, int]:
    """Count empirical ones among the declared that have outputs."""
    return share(record.empirical for record in found if record.declared and record.written)


def coverage_table(found: Sequence[Record]) -> str:
    """Write the measures, one column per engine."""
    engines = by_engine(found)
    rows = [["schemas", *(str(len(group)) for group in engines.values())]]
    for title, name in MEASURES:
        counts = [share(getattr(record, name) for record in group) for group in engines.values()]
        if any(whole for _, whole in counts):
            rows.append([title, *(f"{part} of {whole} ({percent(part, whole)})" if whole else "" for part, whole in counts)])
    rates = [compliance(group) for group in engines.values()]
    if any(whole for _, whole in rates):
        rows.append(["compliance rate", *(percent(*rate) for rate in rates)])
    return table(["", *engines], rows)


def split_shares(found: Sequence[Record], name: str, key: Callable[[Record], Iterable[str]]) -> dict[str, dict[str, tuple[int, int]]]:
    """Return, per key and engine, how many of how many."""
    sorted_out: dict[str, dict[str, list[bool | None]]] = {}
    for record in found:
        for value in key(record):
            sorted_out.setdefault(value, {}).setdefault(record.engine, []).append(getattr(record, name))
    return {value: {engine: share(marks) for engine, marks in engines.items()} for value, engines in sorted(sorted_out.items())}


def split_table(found: Sequence[Record], name: str, title: str, key: Callable[[Record], Iterable[str]], floor: int = 1) -> str:
    """Write one measure by split or by feature, one column per engine; keys with fewer schemas than ``floor`` are left out."""
    engines = list(by_engine(found))
    rows = []
    for value, shares in split_shares(found, name, key).items():
        most = max((whole for _, whole in shares.values()), default=0)
        if most >= floor:
            rows.append([value, str(most), *(percent(*shares[engine]) if engine in shares else "" for engine in engines)])
    return table([title, "schemas", *engines], rows) if rows else ""


def kinds_table(found: Sequence[Record]) -> str:
    """Count the reasons for not being right, per engine."""
    counts: dict[str, dict[str, int]] = {}
    for record in found:
        if record.kind:
            kinds = counts.setdefault(record.kind, {})
            kinds[record.engine] = kinds.get(record.engine, 0) + 1
    engines = list(by_engine(found))
    order = sorted(counts, key=lambda kind: -sum(counts[kind].values()))
    rows = [[kind, *(str(counts[kind].get(engine, "")) for engine in engines)] for kind in order]
    return table(["what went wrong", *engines], rows) if rows else ""


def efficiency_table(found: Sequence[Record]) -> str:
    """Write time to first token and per token with the model, tokens forwarded and memory; medians, 90th and 99th percentiles."""
    rows = []
    for engine, group in by_engine(found).items():
        for title, name, unit in (("time to first token, ms", "ttft", 1e6), ("time per output token, ms", "tpot", 1e6)):
            values = sorted(getattr(record, name) / unit for record in group if getattr(record, name) is not None)
            if values:
                rows.append([title, engine, str(len(values)), *(f"{value:.2f}" for value in spread(values))])
        forwarded = [(record.forwarded, record.tokens) for record in group if record.forwarded is not None and record.tokens]
        if forwarded:
            part, whole = sum(pair[0] for pair in forwarded), sum(pair[1] for pair in forwarded)  # type: ignore[misc]
            counted = f"{part:,} of {whole:,} ({percent(part, whole)})"
            rows.append(["tokens fast-forwarded", engine, str(len(forwarded)), counted, "", "", "", ""])
        memory = sorted(record.peak_mib for record in group if record.peak_mib)
        if memory:
            rows.append(["resident memory, MiB", engine, str(len(memory)), *(f"{value:,.0f}" for value in spread(memory))])
    rows.sort(key=lambda row: row[0])
    return table(["", "engine", "schemas", "mean", "p50", "p90", "p99", "max"], rows) if rows else ""


def spread(values: Sequence[float]) -> list[float]:
    """Return mean, median, 90th and 99th percentile and maximum of sorted values."""
    return [sum(values) / len(values), *(values[max(0, math.ceil(q * len(values)) - 1)] for q in (0.5, 0.9, 0.99)), values[-1]]
