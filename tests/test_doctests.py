"""Every example in a docstring or on a page of docs/ runs, and so does the README. Modules are imported by their public name, so that no
second copy of a layer is made."""

import doctest
import importlib
import re
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


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_pages(page, monkeypatch):
    """The ``>>>`` examples of a page, in one namespace. A page that needs a package says so: ``<!-- needs: torch, transformers -->``."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for names in re.findall(r"<!-- needs: (.*?) -->", text):
        for name in names.split(","):
            pytest.importorskip(name.strip(), reason=f"the examples of {page} need {name.strip()}")
    monkeypatch.chdir(ROOT)
    # a fence ends the expected output, which to doctest is text like any other
    source = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(source, {}, page, str(ROOT / "docs" / page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test)
    assert runner.failures == 0


def test_readme(monkeypatch, capsys):
    """The Python of the README, block after block, in one namespace; a model's folder is the embedded model's."""
    pytest.importorskip("transformers", reason="the README's examples need transformers (extra hf)")
    from maskwright.integrations.embedded.load import WEIGHTS

    if not WEIGHTS.exists():
        pytest.skip("the README's examples need the embedded model's weights")
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    namespace = {}
    for block in blocks:
        exec(block.replace('"path/to/a/model"', repr(str(WEIGHTS))), namespace)
    assert namespace["result"].value.age == 34
    assert "age=34" in capsys.readouterr().out
    assert namespace["constraint"].is_accepting(namespace["state"])
