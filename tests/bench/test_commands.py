"""The commands from end to end, on a small folder of files and an engine that goes wrong in every way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maskwright.bench.__main__ import main

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark harness needs tqdm (extra bench)")

FAKE = str(Path(__file__).with_name("engine_fake.py"))
TESTS = [{"description": "", "data": [1, 2], "valid": True}, {"description": "", "data": [1, 3], "valid": False}]
QUICK = {
    "A---right": {"texts": ["[1, 2]"]},
    "A---too-wide": {"texts": ["[1, 2]", "[1, 3]"]},
    "A---too-narrow": {"texts": ["[]"]},
    "A---order": {"texts": ["[]"], "reordered": ["[1, 2]"]},
    "B---refused": {"do": "refuse", "when": "compile"},
    "B---empty": {"do": "unsatisfiable", "when": "compile"},
    "B---crash": {"do": "segfault", "when": "compile"},
    "B---breaks": {"texts": ["[1, 2]"], "do": "refuse", "when": "mask"},
}
SLOW = {
    "B---hang": {"do": "hang", "when": "compile"},
    "B---hoard": {"do": "hoard", "when": "compile"},
}


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in files.items():
        (folder / f"{name}.json").write_text(json.dumps({"schema": schema, "tests": TESTS, "meta": {}}))


@pytest.fixture
def data(tmp_path):
    write(tmp_path / "maskbench", QUICK)
    return tmp_path


def arguments(data, *more):
    return [str(data), "--tokenizer", "bytes", "--time-limit", "2.5", "--memory-limit", "100", *more]


def rows_of(path):
    return {line["id"]: line for line in map(json.loads, path.read_text().splitlines()) if "id" in line}


def cells(markdown, title):
    """The numbers of the row with this title."""
    line = next(line for line in markdown.splitlines() if line.startswith(f"| {title} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_maskbench_counts_everything_once(data, capsys):
    write(data / "maskbench", SLOW)
    out = data / "out.jsonl"
    prefix = data / "saved"
    assert main(["maskbench", *arguments(data, "--engine", FAKE, "--out", str(out), "--save", str(prefix), "--list-misses")]) == 0
    printed = capsys.readouterr().out
    want = {
        "files": "10",
        "every instance right": "1 (10.00 %)",
        "some instance wrongly accepted": "1",
        "some instance wrongly rejected: order of keys": "1",
        "some instance wrongly rejected: other": "2",  # too-narrow, and the one found unsatisfiable
        "does not compile": "1",
        "unsatisfiable (rejects everything)": "1",
        "timeout": "1",
        "over the memory limit": "1",
        "crash": "1",
        "error while feeding": "1",
        "instances": "20",
        "instances right": "6",
        "instances wrongly accepted": "1",
        "instances wrongly rejected: order of keys": "1",
        "instances wrongly rejected: other": "2",
        "instances error while feeding": "1",
        "instances undecided (no result for the file)": "9",
        "mask and advance disagree": "0",
    }
    assert {title: cells(printed, title)[0] for title in want} == want
    assert "- B---refused: refused: RefusedError: not this one" in printed
    assert "- A---too-wide: instances 1 wrongly accepted" in printed
    saved = json.loads(prefix.with_name("saved.json").read_text())
    assert saved["engines"]["engine_fake"]["instances"]["right"] == 6
    assert prefix.with_name("saved.md").read_text().strip() == printed.strip()
    assert rows_of(out).keys() == QUICK.keys() | SLOW.keys()


def test_a_file_that_is_no_json_is_a_row(data, capsys):
    """It does not end the run, and the files after it are run."""
    (data / "maskbench" / "A---broken.json").write_text('{"schema": ')
    out = data / "out.jsonl"
    assert main(["maskbench", *arguments(data, "--engine", FAKE, "--out", str(out), "--list-misses")]) == 0
    printed = capsys.readouterr().out
    assert cells(printed, "the file cannot be read")[0] == "1"
    assert "- A---broken: unreadable: unreadable: " in printed
    assert rows_of(out).keys() == QUICK.keys() | {"A---broken"}


def test_a_run_goes_on_where_it_ended(data, capsys):
    """What is in the file is not run again; half a line from a killed run is cut off; other options are refused."""
    out = data / "out.jsonl"
    base = ["maskbench", *arguments(data, "--engine", FAKE, "--out", str(out))]
    assert main([*base, "--limit", "3", "--seed", "5"]) == 0
    first = rows_of(out)
    assert len(first) == 3
    kept = dict(next(iter(first.values())), status="ok", verdicts=["right", "right"], marked=True)
    lines = [line for line in out.read_text().splitlines() if json.loads(line).get("id") != kept["id"]]
    out.write_text("\n".join([*lines, json.dumps(kept)]) + '\n{"engine": "fake", "id": "A---ri')
    assert main([*base, "--limit", "6", "--seed", "5"]) == 0
    have = rows_of(out)
    assert first.keys() < have.keys()
    assert len(have) == 6
    assert have[kept["id"]]["marked"]
    capsys.readouterr()
    assert main([*base, "--option", "key_order=any"]) == 2
    assert "results of this same run" in capsys.readouterr().err


def test_killing_the_run_loses_nothing(data):
    write(data / "maskbench", {"Z": SLOW["B---hang"]})  # in order of name: the last one, long enough to be killed in
    out = data / "out.jsonl"
    command = [sys.executable, "-m", "maskwright.bench", "maskbench", *arguments(data, "--engine", FAKE, "--out", str(out))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not (out.exists() and len(rows_of(out)) == len(QUICK)) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = rows_of(out)
    assert before.keys() == QUICK.keys()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = rows_of(out)
    assert after.keys() == {*QUICK, "Z"}
    assert all(after[name] == row for name, row in before.items())


def test_interrupting_ends_the_children_and_records_no_row(data):
    write(data / "hang" / "maskbench", {"Z": SLOW["B---hang"]})
    out = data / "out.jsonl"
    command = ["maskbench", str(data / "hang"), "--tokenizer", "bytes", "--engine", FAKE, "--out", str(out)]
    line = [sys.executable, "-m", "maskwright.bench", *command]
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}  # a shell may have run us with the signal ignored
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **heard) as process:
        try:
            deadline = time.monotonic() + 30
            while not (out.exists() and "about" in out.read_text()) and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert b"the same command" in errors
    assert rows_of(out) == {}


def test_engines_that_cannot_run_are_named(data, capsys):
    missing = data / "missing.py"
    missing.write_text("class Engine:\n    def __init__(self, tokenizer):\n        import no_such_package\n")
    assert main(["maskbench", *arguments(data, "--engine", f"{missing},{FAKE}", "--limit", "1")]) == 0
    assert "not installed (No module named 'no_such_package')" in capsys.readouterr().err
    assert main(["maskbench", *arguments(data, "--engine", str(missing), "--limit", "1")]) == 1


def test_jobs_give_the_same_rows(data):
    have = {}
    for jobs in ("1", "3"):
        out = data / f"out{jobs}.jsonl"
        assert main(["maskbench", *arguments(data, "--engine", FAKE, "--out", str(out), "--jobs", jobs, "--no-warm")]) == 0
        have[jobs] = {name: (row["status"], row["verdicts"]) for name, row in rows_of(out).items()}
    assert have["1"] == have["3"]


def test_speed_divides_on_the_files_both_get_right(data, capsys):
    """The same engine twice, once with an option: on the file that only one gets right, no ratio is taken."""
    assert main(["speed", *arguments(data, "--engine", f"{FAKE},free={FAKE}", "--option", "free:key_order=any")]) == 0
    printed = capsys.readouterr().out
    assert cells(printed, "every instance right") == ["1 (12.50 %)", "2 (25.00 %)"]
    block = printed.partition("## engine_fake : free, on the 1 files that both get right")[2]
    for title in ("first mask", "per token, cold", "per token, warm"):
        assert all(float(cell.replace(",", "")) > 0 for cell in cells(block, title))


def test_suite_has_four_columns(tmp_path, capsys):
    tests = tmp_path / "json-schema-test-suite" / "tests" / "draft7"
    (tests / "optional" / "format").mkdir(parents=True)
    know = {"options": {"draft": "7"}}
    groups = [{"description": name, "schema": {**schema, **know}, "tests": TESTS} for name, schema in QUICK.items()]
    (tests / "anyOf.json").write_text(json.dumps(groups))
    (tests / "optional" / "format" / "date.json").write_text(json.dumps(groups[:1]))
    assert main(["suite", str(tmp_path), "--draft", "7", "--engine", FAKE]) == 0
    printed = capsys.readouterr().out
    assert cells(printed, "required") == ["16", "6", "1", "3", "6", "37.50 %"]
    assert cells(printed, "optional/format") == ["2", "2", "0", "0", "0", "100.00 %"]
    assert cells(printed, "anyOf") == cells(printed, "required")
    assert main(["suite", str(tmp_path), "--draft", "3", "--engine", FAKE]) == 2
    assert "draft='3': expected one of 7" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--engine", "no-such-engine"], "one of maskwright, llguidance"),
        (["--engine", FAKE, "--option", "novalue"], "NAME=VALUE"),
        (["--engine", FAKE, "--option", "other:a=1"], "one of the engines of this run"),
        (["--engine", FAKE, "--jobs", "0"], "a number from 1 on"),
        (["--engine", FAKE, "--tokenizer", "no-such-folder"], "a folder with tokenizer.json"),
    ],
)
def test_unusable_arguments(data, capsys, more, message):
    assert main(["maskbench", str(data), "--tokenizer", "bytes", *more]) == 2
    assert message in capsys.readouterr().err


def test_data_that_is_not_there(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("MASKWRIGHT_DATA", raising=False)
    assert main(["maskbench", "--engine", FAKE]) == 2
    assert "MASKWRIGHT_DATA" in capsys.readouterr().err
    assert main(["maskbench", str(tmp_path), "--engine", FAKE]) == 2
    assert "maskbench/*.json" in capsys.readouterr().err
    assert main(["suite", os.devnull, "--engine", FAKE]) == 2


@pytest.mark.slow
def test_micro_prints_a_line_per_operation(capsys, monkeypatch):
    """Slow for its fresh compilation of the kernels; the numbers themselves are not judged here."""
    from maskwright.bench import micro

    monkeypatch.setattr(micro, "SECONDS", 0.001)
    monkeypatch.setattr(micro, "REPEATS", 1)
    assert main(["micro", "--tokenizer", "bytes"]) == 0
    printed = capsys.readouterr().out
    for title in ("fill_mask, state seen before", "fill_masks, constraints: 256", "load", "start: all three", "kernels from numba's cache"):
        assert float(cells(printed, title)[0].replace(",", "")) > 0


def test_endurance_reads_random_texts_within_its_budgets(capsys, monkeypatch):
    """The texts repeat, are JSON, and a line is printed per tenth and budget."""
    from itertools import islice

    from maskwright.bench import endurance

    texts = list(islice(endurance.random_texts(), 200))
    assert texts == list(islice(endurance.random_texts(), 200))
    assert {type(json.loads(text)) for text in texts} >= {dict, list, str, int, float, bool}
    assert main(["endurance", "--tokenizer", "bytes", "--tokens", "2000"]) == 0
    lines = [line.split("|")[1:3] for line in capsys.readouterr().out.splitlines() if line.startswith(("| 32 MiB |", "| 1 MiB |"))]
    assert {budget.strip() for budget, _ in lines} == {"32 MiB", "1 MiB"}
    assert int(lines[-1][1].replace(",", "")) >= 2000
    assert main(["endurance", "--tokenizer", "bytes", "--tokens", "3"]) == 2
