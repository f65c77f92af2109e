"""Rows of one engine to counts and distributions, and those to Markdown.

A file is *right* when it compiled (or was found unsatisfiable) and every instance was judged as labelled. Instances of files without a
result (refused, timeout, memory, crash, failed) are *undecided*, never counted as right.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .distribution import Distribution

GIST = 90
MESSAGES_SHOWN = 12
QUANTILES = (("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))


class Summary(NamedTuple):
    """Counts over files and instances, and the pooled times in nanoseconds."""

    files: Counter[str]
    instances: Counter[str]
    reasons: Counter[str]
    messages: Counter[str]
    first: Distribution
    compile: Distribution
    cold: Distribution
    warm: Distribution
    law: int
    peak_mib: float


def is_right(row: dict[str, Any]) -> bool:
    return row["status"] in ("ok", "unsatisfiable") and all(verdict == "right" for verdict in row["verdicts"])


def summarise(rows: Sequence[dict[str, Any]]) -> Summary:
    """Count and pool the rows of one engine."""
    files: Counter[str] = Counter()
    instances: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    messages: Counter[str] = Counter()
    for row in rows:
        files["all"] += 1
        files["right"] += is_right(row)
        files[row["status"]] += 1
        for verdict in ("accepted", "rejected", "order"):
            files[f"some {verdict}"] += verdict in row["verdicts"]
        if row["status"] not in ("ok", "unsatisfiable"):
            reasons[reason_of(row)] += 1
            messages[f"{reason_of(row)}: {gist(row['error']['message'])}"] += 1
        instances["all"] += row["tests"]
        instances.update(row["verdicts"])
        instances["undecided"] += row["tests"] - len(row["verdicts"])
    timed = [row for row in rows if "first" in row]
    return Summary(
        files, instances, reasons, messages,
        first=Distribution.of(row["first"] for row in timed),
        compile=Distribution.of(row["compile"] for row in timed),
        cold=pooled(timed, "cold"),
        warm=pooled(timed, "warm"),
        law=sum(row.get("law", 0) for row in rows),
        peak_mib=max((row.get("peak_mib", 0.0) for row in rows), default=0.0),
    )  # fmt: skip


def reason_of(row: dict[str, Any]) -> str:
    """Return a row's status, with the class of the error where the engine raised one."""
    return f"{row['status']}: {row['error']['class']}" if row["status"] in ("refused", "failed") else str(row["status"])


def gist(message: str) -> str:
    """Cut a message to what similar ones share: without its place, its numbers and its end.

    >>> gist("'not' is not supported here: too deep (at /properties/a)"), gist("limit 'states' exceeded: 123 > 100")
    ("'not' is not supported here: too deep", "limit 'states' exceeded: N > N")
    """
    return re.sub(r"\d+", "N", " ".join(message.split()).partition(" (at ")[0])[:GIST]


def pooled(rows: Iterable[dict[str, Any]], name: str) -> Distribution:
    return Distribution.pooled(Distribution.from_json(row[name]) for row in rows)


def statistics(times: Distribution) -> dict[str, float]:
    """Return mean, quantiles and maximum in microseconds."""
    found = {"mean": times.mean, **{name: times.quantile(q) for name, q in QUANTILES}}
    found["max"] = float(times.maximum) if times.count else math.nan
    return {name: value / 1000 for name, value in found.items()}


def to_json(summary: Summary) -> dict[str, Any]:
    """Return the summary as plain JSON, times as statistics in microseconds."""
    times: dict[str, dict[str, float | None]] = {}
    for name in ("first", "compile", "cold", "warm"):
        pool: Distribution = getattr(summary, name)
        values = {key: None if math.isnan(value) else round(value, 3) for key, value in statistics(pool).items()}
        times[name] = {"n": pool.count, **values}
    return {
        "files": dict(summary.files),
        "instances": dict(summary.instances),
        "reasons": dict(summary.reasons),
        "messages": dict(summary.messages.most_common()),
        "microseconds": times,
        "law_violations": summary.law,
        "peak_mib": summary.peak_mib,
    }


def number(value: float) -> str:
    """Write a time or ratio with the digits that count.

    >>> [number(x) for x in (0.00512, 0.5123, 12.345, 1234.5, math.nan)]
    ['0.0051', '0.51', '12.3', '1,234', '']
    """
    if math.isnan(value):
        return ""
    if 0 < value < 0.1:
        return f"{value:.2g}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}" if abs(value) < 100 else f"{value:,.0f}"


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f} %" if whole else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; the first column to the left, the others to the right."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(["---", *["--:"] * (len(header) - 1)]) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


FILE_ROWS = (
    ("some instance wrongly accepted", "some accepted"),
    ("some instance wrongly rejected: order of keys", "some order"),
    ("some instance wrongly rejected: other", "some rejected"),
    ("does not compile", "refused"),
    ("unsatisfiable (rejects everything)", "unsatisfiable"),
    ("timeout", "timeout"),
    ("over the memory limit", "memory"),
    ("crash", "crash"),
    ("error while feeding", "failed"),
    ("error of the harness", "error"),
    ("the file cannot be read", "unreadable"),
)
INSTANCE_ROWS = (
    ("right", "right"),
    ("wrongly accepted", "accepted"),
    ("wrongly rejected: order of keys", "order"),
    ("wrongly rejected: other", "rejected"),
    ("error while feeding", "error"),
    ("undecided (no result for the file)", "undecided"),
)


def correctness_table(summaries: dict[str, Summary]) -> str:
    """Files and instances by outcome, one column per engine; outcomes that no engine has are left out."""
    columns = list(summaries.values())
    rows = [["files", *(str(s.files["all"]) for s in columns)]]
    rows.append(["every instance right", *(f"{s.files['right']} ({percent(s.files['right'], s.files['all'])})" for s in columns)])
    rows += [[title, *(str(s.files[key]) for s in columns)] for title, key in FILE_ROWS if any(s.files[key] for s in columns)]
    rows.append(["instances", *(str(s.instances["all"]) for s in columns)])
    rows += [[f"instances {title}", *(str(s.instances[key]) for s in columns)] for title, key in INSTANCE_ROWS]
    rows.append(["mask and advance disagree", *(str(s.law) for s in columns)])
    rows.append(["peak resident memory, MiB", *(f"{s.peak_mib:,.0f}" for s in columns)])
    return table(["", *summaries], rows)


def times_table(summaries: dict[str, Summary]) -> str:
    """Times in microseconds: first mask, tokens of the cold and the warm pass, one row per engine."""
    kinds = (("first mask (compile + mask)", "first"), ("compile", "compile"), ("per token, cold", "cold"), ("per token, warm", "warm"))
    rows = []
    for title, name in kinds:
        for engine, summary in summaries.items():
            times: Distribution = getattr(summary, name)
            if times.count:
                rows.append([title, engine, f"{times.count:,}", *(number(value) for value in statistics(times).values())])
    return table(["µs", "engine", "n", "mean", *(name for name, _ in QUANTILES), "max"], rows)


def reasons_table(summaries: dict[str, Summary]) -> str:
    """How often each reason for having no result came up, in total and by the most frequent messages."""
    rows = []
    for engine, summary in summaries.items():
        rows += [[engine, reason, str(count)] for reason, count in summary.reasons.most_common()]
        rows += [[engine, f"`{message}`", str(count)] for message, count in summary.messages.most_common(MESSAGES_SHOWN)]
    return table(["engine", "no result because", "files"], rows) if rows else ""
