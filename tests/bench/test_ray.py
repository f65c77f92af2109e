"""The same rows from a local Ray cluster as from threads (``make test-ray``)."""

import json
import os
import signal
from pathlib import Path

import pytest

from maskwright.bench.__main__ import main

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark harness needs tqdm (extra bench)")

pytestmark = pytest.mark.peers

FAKE = str(Path(__file__).with_name("engine_fake.py"))
TESTS = [{"data": [1, 2], "valid": True}, {"data": [1, 3], "valid": False}]
FILES = {
    **{f"A---{n}": {"texts": ["[1, 2]"]} for n in range(6)},
    "A---narrow": {"texts": ["[]"]},
    "B---crash": {"do": "segfault", "when": "compile"},
    "B---hang": {"do": "hang", "when": "compile"},
}


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray", reason="needs ray (extra ray)")
    own = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": 2, "include_dashboard": False}  # a cluster that is up is used as it is
    ray.init(log_to_driver=False, configure_logging=False, **own)
    yield ray
    ray.shutdown()


def run(data, out, *more):
    line = ["maskbench", str(data), "--tokenizer", "bytes", "--engine", FAKE, "--time-limit", "2.5", "--no-warm", "--out", str(out), *more]
    assert main(line) == 0
    return {row["id"]: (row["status"], row["verdicts"]) for row in map(json.loads, out.read_text().splitlines()) if "id" in row}


@pytest.fixture
def data(tmp_path):
    (tmp_path / "maskbench").mkdir()
    for name, schema in FILES.items():
        (tmp_path / "maskbench" / f"{name}.json").write_text(json.dumps({"schema": schema, "tests": TESTS}))
    return tmp_path


@pytest.mark.filterwarnings("ignore")  # ray's own
def test_the_same_rows_as_threads(cluster, data):
    threads = run(data, data / "threads.jsonl")
    assert threads["B---hang"] == ("timeout", [])
    assert run(data, data / "ray.jsonl", "--ray", "local", "--jobs", "2") == threads


@pytest.mark.filterwarnings("ignore")
def test_an_actor_that_dies_takes_nothing_with_it(cluster, data, monkeypatch):
    """A station that kills its process on one work: that work becomes a row of its own, the others are done by new actors."""
    from maskwright.bench import ray_jobs

    class Dying(ray_jobs.RemoteStation):
        def run(self, request, engines):
            if request["schema"].get("texts") == ["[]"]:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().run(request, engines)

    monkeypatch.setattr(ray_jobs, "RemoteStation", Dying)
    rows = run(data, data / "ray.jsonl", "--ray", "local", "--jobs", "2")
    assert rows.keys() == FILES.keys()
    assert rows["A---narrow"] == ("crash", [])
    assert rows["A---0"] == ("ok", ["right", "right"])


def test_without_ray_the_extra_is_named(data, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert main(["maskbench", str(data), "--tokenizer", "bytes", "--engine", FAKE, "--ray", "local"]) == 2
    assert "maskwright[ray]" in capsys.readouterr().err
