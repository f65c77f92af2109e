"""Type checkers infer the type of ``.value`` from the call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy is not installed")

ROOT = Path(__file__).parent.parent.parent
CODE = """
import dataclasses
from typing import Any
from typing_extensions import assert_type
import maskwright as mw

@dataclasses.dataclass
class Car:
    wheels: int

chat = [{"role": "user", "content": "x"}]
assert_type(mw.generate("x", schema=Car), mw.Result[Car])
assert_type(mw.generate("x", schema=Car).value, Car | None)
assert_type(mw.generate(chat, schema=Car, temperature=0.5), mw.Result[Car])
assert_type(mw.generate("x", schema=Car, n=3), list[mw.Result[Car]])
assert_type(mw.generate(["x", "y"], schema=Car), list[mw.Result[Car]])
assert_type(mw.generate(["x", "y"], schema=Car, n=3), list[list[mw.Result[Car]]])
assert_type(mw.generate("x", regex="a"), mw.Result[str])
assert_type(mw.generate(["x"], choice=["a"]), list[mw.Result[str]])
writer = mw.Generator(schema=Car)
assert_type(writer, mw.Generator[Car])
assert_type(writer("x"), mw.Result[Car])
assert_type(writer("x", n=2), list[mw.Result[Car]])
assert_type(writer(["x"]), list[mw.Result[Car]])
assert_type(mw.Generator(regex="a"), mw.Generator[str])
for event in mw.stream("x", schema=Car):
    assert_type(event, mw.Event[Car])
for written in mw.stream("x", regex="a"):
    assert_type(written, mw.Event[str])
async def work() -> None:
    assert_type(await mw.agenerate("x", schema=Car), mw.Result[Car])
    assert_type(await mw.agenerate("x", choice=["a"]), mw.Result[str])
    async for event in mw.astream("x", schema=Car):
        assert_type(event.result, mw.Result[Car] | None)
mw.generate("x", schema=Car, temprature=1.0)  # a misspelt option is an error
"""


@pytest.mark.slow
def test_mypy_infers_values(tmp_path):
    if not (ROOT / "src" / "maskwright" / "integrations").exists():
        pytest.skip("mypy finds the layers after `make links`")
    (tmp_path / "use.py").write_text(CODE)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--follow-imports=silent"]
    command = [sys.executable, "-m", "mypy", *options, str(tmp_path / "use.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    errors = [line for line in done.stdout.splitlines() if "use.py" in line and "error:" in line]
    last = CODE.count("\n")
    assert [line for line in errors if f"use.py:{last}:" not in line] == []
    assert any(f"use.py:{last}:" in line for line in errors), done.stdout[-800:]
