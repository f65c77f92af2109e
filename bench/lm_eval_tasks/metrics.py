"""The two metrics of JSONSchemaBench tasks: is the output JSON, and does it conform? lm-evaluation-harness loads this file by its path.

Both are strict: nothing is trimmed from an output but whitespace around it. Validity is `maskwright.bench.engines.validator_python`'s:
numbers as Decimals, formats asserted, the draft that the schema names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence


def json_validity(references: Sequence[str], predictions: Sequence[str]) -> float:
    """1.0 for JSON, else 0.0."""
    try:
        json.loads(predictions[0])
    except ValueError:
        return 0.0
    return 1.0


def schema_compliance(references: Sequence[str], predictions: Sequence[str]) -> float:
    """1.0 for an output that the schema (the reference) accepts, else 0.0; a schema that cannot be used accepts nothing."""
    from maskwright.bench.engines.validator_python import Engine

    judge = Engine(None)
    try:
        judge.compile(json.loads(references[0]))
        return float(judge.judge(predictions[0]) is None)
    except Exception:
        return 0.0
