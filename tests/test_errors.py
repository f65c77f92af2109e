"""Every error has a code of its own, a row and an anchor in docs/errors.md, and a line in the tree of errors.py."""

import inspect
import re
from pathlib import Path

import pytest

from maskwright import errors

PAGE = (Path(__file__).parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.MaskwrightError)]


@pytest.mark.parametrize("error", CLASSES, ids=lambda c: c.__name__)
def test_a_class_has_its_own_code_with_an_anchor(error):
    assert "code" in vars(error)
    assert re.fullmatch(r"MW[0-9]{3}", error.code)
    assert [c for c in CLASSES if c.code == error.code] == [error]
    assert f"\n## {error.code}\n" in PAGE
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| [{error.code}](#{error.code.lower()}) |"))
    cells = [cell.strip() for cell in row.split("|")]
    assert cells[2] == f"`{error.__name__}`"
    builtin = [base.__name__ for base in (ValueError, ImportError) if issubclass(error, base)]
    assert cells[3] == "".join(f"`{name}`" for name in builtin)
    assert error.__name__ in errors.__doc__


def test_the_page_names_no_error_that_is_not_there():
    assert set(re.findall(r"^## (MW[0-9]+)$", PAGE, re.MULTILINE)) == {c.code for c in CLASSES}
