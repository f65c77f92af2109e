"""maskwright on the public data, where ``MASKWRIGHT_DATA`` says it is: what must hold on any sample."""

import json
import os
from pathlib import Path

import pytest

from maskwright.bench.__main__ import main

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark harness needs tqdm (extra bench)")

TYPED = {"UnsupportedFeatureError", "LimitExceeded", "SchemaError", "RegexSyntaxError"}

pytestmark = pytest.mark.slow
DATA = Path(os.environ.get("MASKWRIGHT_DATA") or "no-such-folder")


def report(tmp_path, command, *more):
    prefix = tmp_path / "report"
    assert main([command, str(DATA), *more, "--save", str(prefix)]) == 0
    return json.loads(prefix.with_name("report.json").read_text())


@pytest.mark.skipif(not (DATA / "maskbench").is_dir(), reason="needs maskbench/ and llama3/ under MASKWRIGHT_DATA")
@pytest.mark.parametrize(
    ("options", "allowed"),
    [(("key_order=any", "whitespace=any"), {"right", "undecided"}), ((), {"right", "undecided", "order"})],
    ids=["free", "defaults"],
)
def test_maskbench_sample(tmp_path, options, allowed):
    """No instance wrongly accepted; rejected wrongly only for the order of keys, and not at all where it is free."""
    more = [word for option in options for word in ("--option", option)]
    have = report(tmp_path, "maskbench", "--limit", "120", "--seed", "11", "--no-warm", *more)["engines"]["maskwright"]
    assert {name for name, count in have["instances"].items() if count} <= {*allowed, "all"}
    assert not {"timeout", "memory", "crash", "failed", "error"} & {name for name, count in have["files"].items() if count}
    assert have["files"]["ok"] + have["files"].get("unsatisfiable", 0) >= 0.7 * have["files"]["all"]
    assert have["law_violations"] == 0
    assert {reason.removeprefix("refused: ") for reason in have["reasons"]} <= TYPED


@pytest.mark.skipif(not (DATA / "json-schema-test-suite").is_dir(), reason="needs json-schema-test-suite/ under MASKWRIGHT_DATA")
def test_official_suite_accepts_nothing_wrongly(tmp_path):
    have = report(tmp_path, "suite", "--draft", "2020-12")["engines"]["maskwright"]["parts"]["required"]
    assert have["wrongly accepted"] == 0
    assert have["right"] >= 0.7 * sum(have.values())
