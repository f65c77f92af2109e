"""Whatever an engine does in its child is an answer or a typed failure, and the next file finds a working child."""

import sys
from pathlib import Path

import pytest

from maskwright.bench.child import Child, ChildFailed, ChildLimits, NotInstalled

pytest.importorskip("psutil", reason="the benchmark harness needs psutil (extra bench)")

FAKE = Path(__file__).with_name("engine_fake.py")
GOOD = {"texts": ["[1, 2]"]}
TESTS = [{"data": [1, 2], "valid": True}, {"data": [1, 3], "valid": False}]


def request(schema, tests=TESTS, **more):
    return {"schema": schema, "tests": tests, "options": {}, "facts": {}, "warm": False, **more}


@pytest.fixture(scope="module")
def child():
    with Child(sys.executable, FAKE, None, ChildLimits(seconds=2.5, memory_mib=100, start_seconds=30)) as child:
        yield child


def test_answers(child):
    row = child.run(request(GOOD))
    assert (row["status"], row["verdicts"], row["law"]) == ("ok", ["right", "right"], 0)
    assert row["first"] >= row["compile"] > 0
    # the first mask belongs to `first`; the second instance stops at its fifth token
    assert len(row["cold"]) == len("[1, 2]") - 1 + len("[1, 3")
    assert row["at"] == [None, 4]
    assert row["rss_mib"] > 1


def test_warm_pass_sees_every_token(child):
    row = child.run(request(GOOD, warm=True))
    assert len(row["warm"]) == len(row["cold"]) + 1


@pytest.mark.parametrize(
    ("do", "kind", "when"),
    [
        ("segfault", "crash", "compile"),
        ("segfault", "crash", "first mask"),
        ("segfault", "crash", "mask"),
        ("exit", "crash", "mask"),
        ("hang", "timeout", "compile"),
        ("hoard", "memory", "first mask"),
    ],
)
def test_misbehaviour_is_told_apart(child, do, kind, when):
    with pytest.raises(ChildFailed) as failed:
        child.run(request({"do": do, "when": when, **GOOD}))
    assert failed.value.kind == kind
    assert failed.value.phase == {"mask": "instance 0"}.get(when, when)
    if do == "segfault":
        assert "signal 11" in failed.value.detail
    if do == "exit":
        assert "exit code 3" in failed.value.detail
    assert child.run(request(GOOD))["verdicts"] == ["right", "right"]


@pytest.mark.parametrize(
    ("schema", "status", "verdicts"),
    [
        ({"do": "refuse", "when": "compile"}, "refused", []),
        ({"do": "unsatisfiable", "when": "compile"}, "unsatisfiable", ["rejected", "right"]),
        ({"do": "refuse", "when": "mask", **GOOD}, "failed", ["error"]),
        ({"texts": ["[1, 2]", "[1, 3]"]}, "ok", ["right", "accepted"]),
        ({"texts": ["[]"]}, "ok", ["rejected", "right"]),
        ({"texts": ["[]"], "reordered": ["[1, 2]"]}, "ok", ["order", "right"]),
    ],
)
def test_statuses_and_verdicts(child, schema, status, verdicts):
    row = child.run(request(schema))
    assert (row["status"], row["verdicts"]) == (status, verdicts)


def test_order_is_not_asked_where_keys_are_free_already(child):
    row = child.run(request({"texts": [], "reordered": ["[1]"]}, options={"key_order": "any"}))
    assert row["verdicts"] == ["rejected", "right"]


def test_facts_go_only_to_engines_that_know_them(child):
    row = child.run(request({**GOOD, "options": {"draft": "7"}}, facts={"draft": "7", "remotes": "nowhere"}))
    assert row["status"] == "ok"


def test_mask_and_advance_that_disagree_are_counted(child):
    row = child.run(request({"texts": ["[1, 2]"], "lie": True}))
    assert row["law"] == 1
    assert row["law_example"] == {"position": 4, "token": ord("3"), "mask": 1}


def test_instances_are_spelled_as_json_dumps_does(child):
    row = child.run(request({"texts": ['{"é": "\\ud800"}', '{"\\u00e9": "\\ud800"}']}, [{"data": {"é": "\ud800"}, "valid": True}]))
    assert row["verdicts"] == ["right"]


def test_missing_packages_and_interpreters_are_not_installed(tmp_path):
    adapter = tmp_path / "engine.py"
    adapter.write_text("class Engine:\n    def __init__(self, tokenizer):\n        import no_such_package\n")
    for python in (sys.executable, str(tmp_path / "no-python")):
        with Child(python, adapter, None) as child, pytest.raises(NotInstalled, match=r"no_such_package|No such file"):
            child.open()


def test_an_adapter_that_breaks_at_the_start_says_so(tmp_path):
    adapter = tmp_path / "engine.py"
    adapter.write_text("class Engine:\n    def __init__(self, tokenizer):\n        1 / 0\n")
    with Child(sys.executable, adapter, None) as child, pytest.raises(ChildFailed, match="ZeroDivisionError"):
        child.open()
