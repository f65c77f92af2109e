"""What is built and shipped is what the tree holds."""

import re
import tomllib
from pathlib import Path

import pytest

import maskwright

ROOT = Path(__file__).parent.parent
LAYERS = ("automata", "grammar", "samplers", "integrations", "bench")
NOT_SHIPPED = (".py", ".pyc", ".nbi", ".nbc", ".md")  # modules ship as such; caches and notes do not


@pytest.fixture(scope="module")
def pyproject():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_folder_is_listed(pyproject):
    """A folder missing from the list works in an editable install and silently drops out of the wheel."""
    want = {"maskwright"}
    for layer in LAYERS:
        for init in (ROOT / layer).rglob("__init__.py"):
            want.add(".".join(("maskwright", *init.parent.relative_to(ROOT).parts)))
    assert set(pyproject["tool"]["setuptools"]["packages"]) == want


def test_every_layer_is_mapped(pyproject):
    have = pyproject["tool"]["setuptools"]["package-dir"]
    assert have == {"maskwright": "src/maskwright"} | {f"maskwright.{layer}": layer for layer in LAYERS}


def test_modules_sit_in_package_folders():
    """A module in a folder without ``__init__.py`` would not be shipped."""
    for layer in LAYERS:
        for module in (ROOT / layer).rglob("*.py"):
            assert (module.parent / "__init__.py").exists(), f"{module.relative_to(ROOT)}: its folder is no package"


def test_files_beside_the_modules_are_shipped(pyproject):
    """Whatever the tree holds beside modules matches a pattern of ``package-data`` (or is named here as not shipped)."""
    shipped = pyproject["tool"]["setuptools"]["package-data"]
    for layer in LAYERS:
        for file in (ROOT / layer).rglob("*"):
            if not file.is_file() or file.suffix in NOT_SHIPPED or file.is_relative_to(ROOT / "bench" / "results"):
                continue
            owner = next(p for p in file.parents if (p / "__init__.py").exists())
            package = ".".join(("maskwright", *owner.relative_to(ROOT).parts))
            inside = file.relative_to(owner)
            assert any(inside.match(pattern) for pattern in shipped.get(package, [])), f"{file.relative_to(ROOT)} is not in package-data"


def test_version_is_static():
    source = (ROOT / "src" / "maskwright" / "__init__.py").read_text(encoding="utf-8")
    assert re.search(rf'^__version__ = "{re.escape(maskwright.__version__)}"$', source, re.MULTILINE)


def test_constraints_pin_every_direct_dependency(pyproject):
    """`make test` installs what the suite was last run with: each direct dependency has a pin, without paths or addresses."""
    pins = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert re.fullmatch(r"[\w.-]+", name), line
            assert re.fullmatch(r"[\w.]+", version), line
            pins[normalised(name)] = version
    wanted = list(pyproject["project"]["dependencies"])
    for extra in ("dev", "hf", "cli", "types", "bench"):
        wanted += pyproject["project"]["optional-dependencies"][extra]
    for requirement in wanted:
        assert normalised(re.match(r"[\w.-]+", requirement).group()) in pins, f"{requirement} has no pin in constraints.txt"
    assert pins["torch"] == "2.13.0"


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
