"""Arrays: items, tuples, counts, contains, distinct items."""

from __future__ import annotations

from .support import check, check_texts

WHOLE, TEXT = {"type": "integer"}, {"type": "string"}


def test_items_and_bounds():
    check({"type": "array", "items": WHOLE, "minItems": 1, "maxItems": 3}, [[1], [1, 2, 3]], [[], [1, "x"], [1, 2, 3, 4], {}])
    check({"items": WHOLE}, [[], [1], "x", {}], [["x"]])


def test_tuples():
    schema = {"prefixItems": [WHOLE, TEXT], "items": {"type": "boolean"}}
    check(schema, [[], [1], [1, "x"], [1, "x", True, False]], [["x"], [1, 1], [1, "x", 1]])
    check({"prefixItems": [WHOLE, TEXT], "items": False}, [[], [1, "x"]], [[1, "x", 1]])
    check({"items": [WHOLE, TEXT], "additionalItems": TEXT}, [[1, "x", "y"]], [[1, "x", 1], ["x"]])


def test_an_item_that_cannot_be_ends_the_array():
    check({"prefixItems": [WHOLE, False, TEXT]}, [[], [1]], [[1, "x"], [1, None]])
    check({"items": {"allOf": [WHOLE, TEXT]}}, [[]], [[1]])


def test_contains():
    check({"contains": WHOLE}, [[1], ["x", 1], [1, 1]], [[], ["x"]])
    check({"contains": WHOLE, "minContains": 2, "maxContains": 3}, [[1, 2], ["x", 1, "y", 2, 3]], [[1], [1, 2, 3, 4], []])
    check({"contains": WHOLE, "minContains": 0}, [[], ["x"]])
    check({"contains": WHOLE, "minContains": 0, "maxContains": 1}, [[], [1, "x"]], [[1, 1]])
    check({"not": {"contains": WHOLE}, "type": "array"}, [[], ["x"]], [[1], ["x", 1]])


def test_contains_counts_beside_bounds():
    check(
        {"contains": {"const": "a"}, "minContains": 2, "maxItems": 3, "items": TEXT},
        [["a", "a"], ["a", "b", "a"]],
        [["a", "b"], ["a", "a", "a", "a"]],
    )


def test_unevaluated_items():
    schema = {"prefixItems": [WHOLE], "anyOf": [{"prefixItems": [True, TEXT]}, {"contains": {"const": None}}], "unevaluatedItems": False}
    check(schema, [[1, "x"], [1, None], [1, "x", None]], [[1, 2], [1, "x", 2], [1, 2, None]], draft="2020-12")


def test_negated_arrays():
    check({"not": {"items": WHOLE}}, [["x"], [1, "x"]], [[], [1], "x"])
    check({"not": {"prefixItems": [WHOLE, TEXT]}}, [["x"], [1, 1]], [[], [1], [1, "x"]])
    check({"not": {"minItems": 2, "type": "array"}}, [[], [1], 5], [[1, 2]])


def test_alternatives_of_arrays_are_told_apart_item_by_item():
    check({"anyOf": [{"items": WHOLE}, {"items": TEXT}]}, [[], [1, 2], ["x", "y"]], [[1, "x"]])
    check({"oneOf": [{"items": WHOLE}, {"items": TEXT}]}, [[1, 2], ["x"]], [[], [1, "x"]])


def test_distinct_items_of_few_values():
    schema = {"items": {"enum": ["a", "b", 1]}, "uniqueItems": True}
    check(schema, [[], ["a"], ["b", "a", 1]], [["a", "a"], [1, 1.0], ["a", "b", "a"]])
    check({**schema, "minItems": 3}, [["b", "a", 1]], [["a", "b"]])
    check({"items": {"enum": [[1], [2], {"a": 1}]}, "uniqueItems": True}, [[[1], [2], {"a": 1}]], [[[1], [1]], [{"a": 1}, {"a": 1.0}]])
    check(
        {"not": {"items": {"type": "boolean"}, "uniqueItems": True}, "items": {"type": "boolean"}},
        [[True, True], [True, False, True]],
        [[], [True, False]],
    )


def test_large_counts_count_down():
    schema = {"type": "array", "items": {"const": 0}, "minItems": 1_000_000}
    check_texts(schema, [], ["[]", "[0]", "[" + "0," * 1000 + "0]"])
    check_texts({**schema, "minItems": 1000}, ["[" + "0," * 999 + "0]", "[" + "0," * 1500 + "0]"], ["[" + "0," * 998 + "0]"])
