"""The hard cases are labelled by construction; an independent validator agrees."""

import pytest

from maskwright.bench.hard_cases import HARD, hard_cases

validators = pytest.importorskip("jsonschema_rs", reason="the labels are compared with jsonschema-rs (extra dev)")

BEYOND = {"$ref chain of 10,000"}  # takes the validator minutes


@pytest.mark.parametrize("case", [case for case in hard_cases() if case.id not in BEYOND], ids=lambda case: case.id)
def test_labels(case):
    schema, tests = case.load()
    validator = validators.Draft202012Validator(schema, validate_formats=True)
    for test in tests:
        if "data" in test:
            assert validator.is_valid(test["data"]) == test["valid"]


def test_cases_are_chosen_by_word():
    assert [case.id for case in hard_cases("enum,multipleOf")] == [name for name in HARD if "enum" in name or "multipleOf" in name]
