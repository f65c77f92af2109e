"""Do two independent validators agree with the labels of a dataset, and with each other?

``jsonschema-rs`` and ``jsonschema`` (numbers as Decimals) judge every labelled instance, formats asserted; a label that one of them
contradicts is *disputed*, listed with both words, and not held against an engine. A validator that has no result for a schema (a
reference that is nowhere, a pattern it cannot compile) says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from .cases import Case
from .engines import VALIDATORS
from .report import reason
from .results_file import Results
from .summary import table

SHOWN = 200


class Dispute(NamedTuple):
    """A label and what the validators say of the instance: None for valid, else the fault; absent where one has no result."""

    id: str
    number: int
    valid: bool
    words: dict[str, str | None]


def disputes(cases: Sequence[Case], results: Results) -> list[Dispute]:
    """List the labels that a validator contradicts."""
    found = []
    for case in cases:
        faults = {name: row["faults"] for name in VALIDATORS if (row := results.rows.get((name, case.id))) and row["status"] == "ok"}
        if not faults:
            continue
        for number, test in enumerate(case.load()[1]):
            words = {name: said[number] for name, said in faults.items()}
            if any((word is None) != test["valid"] for word in words.values()):
                found.append(Dispute(case.id, number, test["valid"], words))
    return found


def labels_blocks(cases: Sequence[Case], results: Results, found: Sequence[Dispute]) -> list[str]:
    """Say how many labels were looked at, and list what is disputed or was not judged."""
    counts: Counter[str] = Counter()
    silent = []
    for case in cases:
        counts["labels"] += len(case.load()[1])
        for name in VALIDATORS:
            row = results.rows.get((name, case.id))
            if row is None:
                continue
            if row["status"] == "ok":
                counts[name] += len(row["faults"])
            else:
                silent.append([case.id, name, reason(row)[:160]])
    judged = ", ".join(f"{counts[name]:,} by {name}" for name in VALIDATORS)
    both = sum(len({word is None for word in dispute.words.values()}) == 1 and len(dispute.words) == len(VALIDATORS) for dispute in found)
    lines = [f"{counts['labels']:,} labels; judged: {judged}. Disputed: {len(found)}, of them {both} by both validators."]
    if found:
        rows = [
            [d.id, str(d.number), "valid" if d.valid else "invalid", *(spoken(d.words, name) for name in VALIDATORS)] for d in found[:SHOWN]
        ]
        lines.append(table(["schema", "instance", "label", *VALIDATORS], rows))
    if silent:
        lines.append(table(["schema", "without a result", "because"], silent[:SHOWN]))
    return lines


def spoken(words: dict[str, str | None], name: str) -> str:
    word: Any = words.get(name, "no result")
    return "valid" if word is None else f"{word}"[:120]
