"""allOf, anyOf, oneOf, not, if/then/else, enum and const over every type."""

from __future__ import annotations

import numpy as np
import pytest

import maskwright as mw
from maskwright.errors import UnsatisfiableError
from maskwright.grammar.json_schema.formulas import Formulas
from maskwright.grammar.json_schema.progress import Progress
from maskwright.grammar.json_schema.unfold import Unfolder

from .support import FREE, check, recogniser

EVERYTHING = [None, True, False, 0, 1.5, "", "a", [], [1], {}, {"a": 1}]


def test_trivial_schemas():
    check(True, EVERYTHING)
    check({}, EVERYTHING)
    check({"not": False}, EVERYTHING)
    with pytest.raises(UnsatisfiableError):
        recogniser(False)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("null", [None]),
        ("boolean", [True, False]),
        ("integer", [0]),
        ("number", [0, 1.5]),
        ("string", ["", "a"]),
        ("array", [[], [1]]),
        ("object", [{}, {"a": 1}]),
    ],
)
def test_types_and_their_complements(name, values):
    rest = [v for v in EVERYTHING if not any(v is w or (v == w and type(v) is type(w)) for w in values)]
    check({"type": name}, values, rest)
    check({"not": {"type": name}}, rest, values)


def test_constants_of_every_type():
    for value in EVERYTHING:
        others = [v for v in EVERYTHING if not (v == value and isinstance(v, bool) == isinstance(value, bool))]
        check({"const": value}, [value], others)
        check({"not": {"const": value}}, others, [value])


def test_numbers_are_equal_by_value_and_no_booleans():
    check({"const": 1}, [1, 1.0], [True, "1", 2])
    check({"enum": [True]}, [True], [1, "true"])
    check({"enum": [[1, {"a": 1.0}]]}, [[1.0, {"a": 1}]], [[True, {"a": 1}]])


def test_enum_is_filtered_by_its_neighbours():
    check({"enum": ["ab", "b", 3, None, 10], "pattern": "a", "maximum": 5}, ["ab", 3, None], ["b", 10])


def test_oneOf_is_exact_over_scalars():
    check({"oneOf": [{"minimum": 2, "type": "number"}, {"maximum": 5, "type": "number"}]}, [1, 6], [2, 3, 5, "x"])
    check({"oneOf": [{"pattern": "a"}, {"pattern": "b"}, {"pattern": "c"}], "type": "string"}, ["a", "b", "xc"], ["ab", "abc", "", "x"])


def test_oneOf_over_objects_that_overlap():
    schema = {
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}, {"properties": {"c": {"type": "integer"}}, "required": ["c"]}],
        "type": "object",
    }
    check(schema, [{"a": 1}, {"b": 1}, {"c": 1}, {"a": 1, "c": "x"}], [{}, {"a": 1, "b": 1}, {"a": 1, "c": 1}, {"c": "x"}])


def test_oneOf_of_equal_branches_is_empty():
    with pytest.raises(UnsatisfiableError):
        recogniser({"oneOf": [{"type": "string"}, {"type": "string"}]})


def test_not_over_objects():
    schema = {"not": {"properties": {"a": {"type": "integer"}}, "required": ["a", "b"]}, "type": "object"}
    check(schema, [{}, {"a": 1}, {"b": 1}, {"a": "x", "b": 1}], [{"a": 1, "b": 1}])
    check({"not": {"additionalProperties": False, "properties": {"a": {}}}}, [{"b": 1}, {"a": 1, "c": 1}], [{}, {"a": 1}])
    check({"not": {"additionalProperties": {"type": "integer"}}}, [{"b": "x"}, {"a": 1, "b": "x"}], [{}, {"a": 1}])


def test_if_then_else():
    schema = {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "integer"}}
    check(schema, ["ab", 3], ["a", 1.5, None])
    check({"then": False, "type": "integer"}, [1])
    check({"if": {"const": 1}, "then": False}, [2, "x"], [1])


def test_chained_conditions_on_one_member():
    kinds = [f"k{i}" for i in range(30)]
    schema = {
        "type": "object",
        "properties": {"kind": {"enum": kinds}},
        "required": ["kind"],
        "allOf": [{"if": {"properties": {"kind": {"const": k}}}, "then": {"required": [f"v{k}"]}} for k in kinds],
    }
    check(schema, [{"kind": "k3", "vk3": 1}], [{"kind": "k3"}, {"kind": "k3", "vk4": 1}, {"kind": "x"}])


def test_contradictory_branches_vanish():
    schema = {
        "type": "object",
        "anyOf": [{"properties": {"a": {"type": "string", "minLength": 3, "maxLength": 2}}, "required": ["a"]}, {"required": ["b"]}],
    }
    machine = recogniser(schema, key_order="schema", whitespace="compact")
    assert machine.accepts('{"b":1}')
    assert not machine.run('{"a":"')  # the mask never leads there


def test_an_optional_member_without_value_is_never_offered():
    machine = recogniser({"type": "object", "properties": {"a": {"enum": []}, "b": {}}}, whitespace="compact")
    assert not machine.run('{"a"')
    assert machine.run('{"b"')


def test_recursion_with_a_conjunction():
    schema = {
        "$ref": "#/$defs/tree",
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {"l": {"$ref": "#/$defs/tree"}, "r": {"$ref": "#/$defs/tree"}},
                "additionalProperties": {"type": "integer"},
            }
        },
        "not": {"required": ["r"]},
    }
    check(schema, [{}, {"l": {"r": {}}}, {"x": 1}], [{"r": {}}, {"l": 1}, {"x": {}}], **FREE)


def test_formulas_that_share_their_parts_are_walked_once():
    """Each level stands in the next one twice: as a tree the formula has 2^40 leaves."""
    make = Formulas()
    progress = Progress(make, lambda literals: False)
    formula = make.present("z")
    for i in range(40):
        formula = make.disjunction([make.conjunction([formula, make.present(f"a{i}")]), make.conjunction([formula, make.absent(f"b{i}")])])
    seen = []
    progress._map(formula, lambda atom: seen.append(atom) or atom)
    assert len(seen) < 100
    assert len(list(formula.atoms())) == 81
    assert not progress.closes(formula)


def test_ways_of_shared_parts_are_counted_once():
    """Alternatives of alternatives of one item: few ways in the end, however often they are mentioned."""
    leaf = {"anyOf": [{"minItems": 1}, {"contains": {"type": "null"}}]}
    for i in range(6):
        leaf = {"anyOf": [{"allOf": [leaf, {"contains": {"const": i}}]}, {"allOf": [leaf, {"items": {"type": "integer"}}]}]}
    check({"type": "array", **leaf}, [[3], [1, 2], [None, *range(6)]], [[], ["a"], [None, 1]])


def _tools(count: int) -> dict:
    """A union of calls told apart by their name."""
    arguments = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
    branches = [{"properties": {"name": {"const": f"tool_{i}"}, "arguments": arguments}} for i in range(count)]
    return {"anyOf": [{"type": "object", "required": ["name", "arguments"], **branch} for branch in branches]}


def test_a_union_is_unfolded_in_one_pass(monkeypatch):
    """Every branch is asked for a few times per type, not once per branch after it."""
    asked = []
    leaves = Unfolder._leaves

    def counted(self, template, kind):
        for leaf in leaves(self, template, kind):
            asked.append(leaf)
            yield leaf

    monkeypatch.setattr(Unfolder, "_leaves", counted)
    check(_tools(200), [{"name": "tool_199", "arguments": {"n": 1}}], [{"name": "tool_200", "arguments": {"n": 1}}])
    assert len(asked) < 200 * 40


def test_wide_unions_are_opened_with_the_first_mask():
    """No later mask has to expand hundreds of branches at once."""
    vocabulary = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
    constraint = mw.compile(vocabulary, schema=_tools(100))
    row = np.zeros(vocabulary.num_words, np.uint32)
    state = constraint.start
    constraint.fill_mask(state, row)
    known = len(constraint._parser._rules)
    for byte in b'{"name": "tool_7':
        state = constraint.advance(state, byte)
        constraint.fill_mask(state, row)
    assert len(constraint._parser._rules) == known
    assert constraint.accepts(b'{"name": "tool_7", "arguments": {"n": 1}}')
    assert not constraint.accepts(b'{"name": "tool_100", "arguments": {"n": 1}}')
