"""The JSONSchemaBench runner from end to end, on schemas whose validity is known and an engine that goes wrong in every way."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maskwright.bench.__main__ import main
from maskwright.bench.coverage import output_fault

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark harness needs tqdm (extra bench)")
pytest.importorskip("jsonschema_rs", reason="the labels are compared with jsonschema-rs (extra dev)")
pytest.importorskip("jsonschema", reason="the labels are compared with jsonschema (extra dev)")

FAKE = str(Path(__file__).with_name("engine_fake.py"))
TESTS = [{"data": [1, 2], "valid": True}, {"data": [1, 3], "valid": False}]
ONLY = {"const": [1, 2]}
QUICK = {
    "A---right": {**ONLY, "texts": ["[1, 2]"]},
    "A---too-wide": {**ONLY, "texts": ["[1, 2]", "[1, 3]"]},
    "A---too-narrow": {**ONLY, "texts": ["[]"]},
    "A---order": {**ONLY, "texts": ["[]"], "reordered": ["[1, 2]"]},
    "B---refused": {**ONLY, "do": "refuse", "when": "compile"},
    "B---crash": {**ONLY, "do": "segfault", "when": "compile"},
    "B---crash-later": {**ONLY, "texts": ["[1, 2]"], "do": "segfault", "when": "mask"},
    "B---disputed": {"enum": [[1, 2], [1, 3]], "texts": ["[1, 2]", "[1, 3]"]},
}
SLOW = {
    "B---hang": {**ONLY, "do": "hang", "when": "compile"},
    "B---hoard": {**ONLY, "do": "hoard", "when": "compile"},
}


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in files.items():
        (folder / f"{name}.json").write_text(json.dumps({"schema": schema, "tests": TESTS, "meta": {}}))


def command(data, out, *more):
    limits = ["--tokenizer", "bytes", "--time-limit", "2.5", "--memory-limit", "100", "--stages", "labels,instances"]
    return ["jsonschemabench", str(data), "--engine", f"fake={FAKE}", "--out", str(out), *limits, *more]


def records(out):
    return {record["id"]: record for record in map(json.loads, (out / "schemas.jsonl").read_text().splitlines())}


def rows(path):
    return {(line["engine"], line["id"]): line for line in map(json.loads, path.read_text().splitlines()) if "id" in line}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    write(data / "maskbench", QUICK | SLOW)
    (data / "maskbench" / "A---broken.json").write_text('{"schema": ')
    out = data / "out"
    assert main(command(data, out)) == 0
    return data, out


def test_a_file_that_is_no_json_is_left_out_and_named(done):
    assert json.loads((done[1] / "summary.json").read_text())["unreadable"].keys() == {"A---broken"}
    assert "- A---broken: " in (done[1] / "summary.md").read_text()


def test_every_way_to_go_wrong_is_a_row(done):
    found = records(done[1])
    assert found.keys() == (QUICK | SLOW).keys()
    statuses = {name.partition("---")[2]: record["status"] for name, record in found.items()}
    assert statuses == {
        **dict.fromkeys(("right", "too-wide", "too-narrow", "order", "disputed"), "ok"),
        **dict.fromkeys(("crash", "crash-later"), "crash"),
        "refused": "refused",
        "hang": "timeout",
        "hoard": "memory",
    }
    assert "signal 11" in found["B---crash"]["reason"]
    assert "2.5 s" in found["B---hang"]["reason"]
    assert "100 MiB" in found["B---hoard"]["reason"]


def test_measures(done):
    found = {name.partition("---")[2]: record for name, record in records(done[1]).items()}
    declared = {name for name, record in found.items() if record["declared"]}
    assert declared == {"right", "too-wide", "too-narrow", "order", "crash-later", "disputed"}
    assert {name for name, record in found.items() if record["true"]} == {"right", "disputed"}
    assert {name for name, record in found.items() if record["up_to_order"]} == {"right", "disputed", "order"}
    assert found["too-wide"]["kind"] == "wrongly accepts"
    assert found["order"]["kind"] == "rejects for order"
    assert found["right"]["features"] == ["const"]


def test_labels_that_validators_dispute_are_listed(done):
    summary = (done[1] / "summary.md").read_text()
    assert "20 labels; judged: 20 by jsonschema-rs, 20 by jsonschema. Disputed: 1, of them 1 by both validators." in summary
    assert "| B---disputed | 1 | invalid | valid | valid |" in summary


def test_tables(done):
    summary = (done[1] / "summary.md").read_text()
    assert "| declared | 6 of 10 (60.00 %) |" in summary
    assert "| true | 2 of 10 (20.00 %) |" in summary
    assert "| A | 4 | 25.00 % |" in summary
    assert "| const | 9 | 11.11 % |" in summary
    assert "| refused: RefusedError | 1 |" in summary


def test_done_stages_are_read_back(done, capsys):
    data, out = done
    before = {path.name: path.read_text() for path in out.iterdir()}
    assert main(command(data, out)) == 0
    assert {path.name: path.read_text() for path in out.iterdir()} == before
    assert main(command(data, out, "--option", "a=1")) == 2
    assert "results of this same run" in capsys.readouterr().err


def test_killing_the_run_loses_nothing(tmp_path):
    """Killed while an engine hangs; what was there stays, and only the rest is run."""
    write(tmp_path / "maskbench", {**{k: v for k, v in QUICK.items() if k.startswith("A")}, "Z": SLOW["B---hang"]})
    out = tmp_path / "out"
    line = [sys.executable, "-m", "maskwright.bench", *command(tmp_path, out)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    file, deadline = out / "instances.jsonl", time.monotonic() + 60
    while not (file.exists() and len(rows(file)) == 4) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {name: rows(out / name) for name in ("labels.jsonl", "instances.jsonl")}
    assert len(before["instances.jsonl"]) == 4
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, have in before.items():
        after = rows(out / name)
        assert have.items() <= after.items()
    assert records(out)["Z"]["status"] == "timeout"


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--stages", "labels,speed"], "one of labels"), (["--splits", "C"], "one of A, B"), (["--out", __file__], "a folder")],
)
def test_unusable_arguments(done, capsys, more, message):
    assert main([*command(*done), *more]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_all_stages_with_the_embedded_model(tmp_path):
    """maskwright and no engine, with a model in the loop: outputs judged, tasks compared, the official suite by keyword, one page."""
    pytest.importorskip("transformers", reason="a model in the loop needs transformers (extra hf)")
    person = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"]}
    files = {"A---person": person, "B---never": {"type": "string", "minLength": 500}, "B---small": {"enum": ["yes", "no"]}}
    write(tmp_path / "maskbench", files)
    folder = tmp_path / "json-schema-test-suite" / "tests" / "draft2020-12"
    folder.mkdir(parents=True)
    group = {"description": "const", "schema": {"const": 1}, "tests": [{"data": 1, "valid": True}, {"data": 2, "valid": False}]}
    (folder / "const.json").write_text(json.dumps([group]))
    out = tmp_path / "out"
    line = ["jsonschemabench", str(tmp_path), "--engines", "maskwright,none", "--tokenizer", "bytes", "--out", str(out)]
    assert main([*line, "--max-tokens", "40", "--quality-tasks", "3", "--time-limit", "120"]) == 0
    found = {(r["engine"], r["id"]): r for r in map(json.loads, (out / "schemas.jsonl").read_text().splitlines())}
    assert found["maskwright", "B---small"]["empirical"]
    assert json.loads(found["maskwright", "B---small"]["output"]) in ("yes", "no")
    assert not found["maskwright", "B---never"]["empirical"]
    assert found["maskwright", "B---never"]["kind"] == "output: length"
    assert found["maskwright-defaults", "A---person"]["closed"]
    assert found["none", "A---person"]["true"] is False
    assert found["maskwright", "A---person"]["tpot"] > 0
    summary = (out / "summary.md").read_text()
    assert "| const | 2 | 100.00 % | 100.00 % | 50.00 % |" in summary
    assert "| extraction | none | 3 |" in summary
    assert "compliance rate" in summary
    assert "Time per output token" in (out / "report.html").read_text()


def test_a_schema_without_values_is_a_fault_of_the_output():
    """Such a row has no verdicts: nothing was written that could be judged."""
    row = {"status": "unsatisfiable", "error": {"class": "UnsatisfiableError", "message": "no value"}}
    assert output_fault(row) == "unsatisfiable (no value)"
    assert output_fault({"status": "ok", "finish": "length"}) == "does not end within its tokens"
