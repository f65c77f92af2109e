"""Every example in a docstring runs. Modules are imported by their public name, so that no second copy of a layer is made."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("automata", "grammar", "samplers", "integrations", "bench")


def module_names():
    for path in sorted((ROOT / "src" / "maskwright").glob("*.py")):
        yield "maskwright" if path.stem == "__init__" else f"maskwright.{path.stem}"
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] != "__main__":
                yield ".".join(("maskwright", *(parts[:-1] if parts[-1] == "__init__" else parts)))


@pytest.mark.parametrize("name", [n for n in module_names() if n != "maskwright.__main__"])
def test_examples(name):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        if (error.name or "").startswith("maskwright"):
            raise
        pytest.skip(f"{name} needs {error.name}, which is not installed")
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failed == 0
