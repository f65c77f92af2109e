"""The driver of Ray jobs without Ray: a stand-in runs actors in this process; tested is who gets which work, and what becomes of it.

The real thing is `test_ray` (``make test-ray``).
"""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from maskwright.bench.__main__ import main

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")
pytest.importorskip("tqdm", reason="the benchmark harness needs tqdm (extra bench)")

FAKE = str(Path(__file__).with_name("engine_fake.py"))
TESTS = [{"data": [1, 2], "valid": True}, {"data": [1, 3], "valid": False}]
RIGHT = {f"A---{n}": {"texts": ["[1, 2]"]} for n in range(4)}
FILES = {**RIGHT, "A---narrow": {"texts": ["[]"]}, "B---refused": {"do": "refuse", "when": "compile"}}


class RayActorError(Exception):
    pass


class StandIn(ModuleType):
    """init, remote, wait, get, kill, shutdown as the driver uses them; ``dies``: which requests kill their actor, and how often."""

    def __init__(self, dies):
        super().__init__("ray")
        self.exceptions = SimpleNamespace(RayActorError=RayActorError)
        self.dies, self.alive, self.made, self.said = dies, set(), 0, []

    def is_initialized(self):
        return False

    def init(self, **options):
        self.said.append(options["address"])

    def shutdown(self):
        self.said.append("shutdown")

    def remote(self, **options):
        return lambda kind: SimpleNamespace(remote=lambda plan: self.actor(kind(plan)))

    def actor(self, station):
        self.made += 1
        actor = SimpleNamespace(station=station)

        def call(request, engines):
            return SimpleNamespace(answer=lambda: self.answer(actor, request, engines))

        actor.run = SimpleNamespace(remote=call)
        self.alive.add(id(actor))
        return actor

    def answer(self, actor, request, engines):
        assert id(actor) in self.alive
        name = request["schema"].get("texts", [""])[0]
        if self.dies.get(name, 0) > 0:
            self.dies[name] -= 1
            actor.station.station.close()
            self.alive.remove(id(actor))
            raise RayActorError("the actor died")
        return actor.station.run(request, engines)

    def wait(self, futures, num_returns):
        return futures[-1:], futures[:-1]

    def get(self, future):
        return future.answer()

    def kill(self, actor):
        actor.station.station.close()


class Future(SimpleNamespace):
    __hash__ = object.__hash__


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(globals(), "SimpleNamespace", Future)  # futures are keys of a dict
    (tmp_path / "maskbench").mkdir()
    for name, schema in FILES.items():
        (tmp_path / "maskbench" / f"{name}.json").write_text(json.dumps({"schema": schema, "tests": TESTS}))

    def go(dies=None, *more):
        if dies is not None:
            ray = StandIn(dies)
            monkeypatch.setitem(sys.modules, "ray", ray)
            monkeypatch.setitem(sys.modules, "ray.exceptions", ray.exceptions)
        out = tmp_path / f"out{len(list(tmp_path.iterdir()))}.jsonl"
        line = ["maskbench", str(tmp_path), "--tokenizer", "bytes", "--engine", FAKE, "--no-warm", "--out", str(out), *more]
        assert main(line) == 0
        rows = {row["id"]: (row["status"], row["verdicts"]) for row in map(json.loads, out.read_text().splitlines()) if "id" in row}
        return rows if dies is None else (rows, ray)

    return go


def test_the_same_rows_as_threads(run):
    rows, ray = run({}, "--ray", "auto", "--jobs", "2")
    assert rows == run()
    assert ray.made == 2
    assert ray.said == ["auto", "shutdown"]


def test_work_of_a_dead_actor_is_given_to_another(run):
    rows, ray = run({"[]": 2}, "--ray", "local", "--jobs", "2")
    assert rows == run()
    assert ray.made == 4
    assert ray.said == [None, "shutdown"]


def test_work_that_kills_every_actor_is_a_row(run):
    rows, _ = run({"[]": 99}, "--ray", "local")
    assert rows == {**run(), "A---narrow": ("crash", [])}
