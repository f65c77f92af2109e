"""The architecture as tests: who may import whom, and what ``import maskwright`` may load."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("automata", "grammar", "samplers", "integrations", "bench")
HEAVY = ("torch", "transformers", "numba", "lark", "pydantic")


def modules(folder):
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def imported(path: Path) -> list[tuple[int, str]]:
    """Every name a module imports, as (line, dotted name); relative imports are resolved by the module's place."""
    package = path.relative_to(ROOT).parent.parts
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                base = ["maskwright", *package[: len(package) - node.level + 1], *base]
            found += [(node.lineno, ".".join([*base, alias.name])) for alias in node.names]
    return found


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_from_those_before_it(layer):
    allowed = {*LAYERS[: LAYERS.index(layer) + 1], "errors"}
    for path in modules(ROOT / layer):
        for line, name in imported(path):
            parts = name.split(".")
            place = f"{path.relative_to(ROOT)}:{line}"
            assert parts[0] not in LAYERS, f"{place} imports {name}: a second identity of the layer, write maskwright.{name}"
            if parts in (["maskwright"], ["maskwright", "compilation", "compile"]):  # these two call what users call
                assert layer in ("integrations", "bench"), f"{place} imports the facade, which comes after {layer}"
            elif parts[0] == "maskwright":
                assert parts[1] in allowed, f"{place} imports {name}: {layer} comes before it"


@pytest.mark.parametrize("layer", LAYERS)
def test_relative_imports_stay_inside_a_layer(layer):
    for path in modules(ROOT / layer):
        depth = len(path.relative_to(ROOT).parent.parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{path.relative_to(ROOT)}:{node.lineno} reaches across layers with dots"


def test_errors_imports_nothing_of_ours():
    assert not [name for _, name in imported(ROOT / "src" / "maskwright" / "errors.py") if name.startswith("maskwright")]


def run(code: str) -> str:
    """Run ``code`` in a fresh interpreter, away from the checkout."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_"))}
    away = os.path.dirname(sys.executable)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=away, env=env, check=True).stdout


def test_import_loads_nothing_heavy():
    have = json.loads(run("import json, sys; import maskwright; print(json.dumps(sorted(sys.modules)))"))
    assert not {name for name in have if name.split(".")[0] in HEAVY}
    assert not {name for name in have if name.startswith(("maskwright.integrations", "maskwright.bench"))}


def test_import_is_quick():
    """Under 0.3 s of processor time; the best of three, since other work on the machine slows it."""
    code = "import time; t = time.process_time(); import maskwright; print(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.3


def test_public_names_resolve():
    """Everything ``__all__`` promises is there (names are resolved lazily, so a typo would show only in use)."""
    import maskwright

    assert [name for name in getattr(maskwright, "__all__", ()) if not hasattr(maskwright, name)] == []


@pytest.mark.parametrize("layer", LAYERS)
def test_no_layer_has_a_second_identity(layer):
    """From the root ``import grammar`` would work too, and make a second copy of every class."""
    assert layer not in sys.modules
