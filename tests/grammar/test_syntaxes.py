"""The seam between `compile` and the grammar syntaxes."""

import pytest

import maskwright as mw
from maskwright.errors import OptionError
from maskwright.grammar import syntaxes


@pytest.fixture(scope="module")
def vocab():
    return mw.Vocabulary.from_bytes([*[bytes([b]) for b in range(256)], b""], eos_ids=[256])


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"grammar": "x"}, "syntax"),
        ({"grammar": "x", "syntax": "bnf"}, "syntax"),
        ({"grammar": "x", "syntax": 3}, "syntax"),
        ({"grammar": 3, "syntax": "gbnf"}, "grammar"),
        ({"regex": "x", "syntax": "gbnf"}, "syntax"),
    ],
)
def test_unusable_arguments_are_named(vocab, arguments, option):
    with pytest.raises(OptionError) as error:
        mw.compile(vocab, **arguments)
    assert error.value.option == option


def test_every_module_of_the_table_reads():
    from importlib import import_module

    for name, syntax in syntaxes.SYNTAXES.items():
        if syntax.module is not None:
            assert callable(import_module(syntax.module).read), name
