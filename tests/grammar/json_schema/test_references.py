"""References, addresses, anchors, dynamic scope, and what the drafts disagree about."""

from __future__ import annotations

import pytest

from maskwright.errors import SchemaError, UnsatisfiableError, UnsupportedFeatureError
from maskwright.grammar.json_schema import SchemaOptions, compile_schema

from .support import check, recogniser

WHOLE, TEXT = {"type": "integer"}, {"type": "string"}


def test_pointers_with_escapes():
    schema = {
        "$defs": {"a/b": WHOLE, "c~d": TEXT, "e%f": {"const": 1}, 'g"h': {"const": 2}},
        "properties": {
            "1": {"$ref": "#/$defs/a~1b"},
            "2": {"$ref": "#/$defs/c~0d"},
            "3": {"$ref": "#/$defs/e%25f"},
            "4": {"$ref": "#/$defs/g%22h"},
        },
    }
    check(schema, [{"1": 1, "2": "x", "3": 1, "4": 2}], [{"1": "x"}, {"2": 1}, {"3": 2}, {"4": 1}])


def test_a_reference_into_any_place():
    check({"properties": {"a": {"items": [WHOLE]}, "b": {"$ref": "#/properties/a/items/0"}}}, [{"b": 1}], [{"b": "x"}])


def test_recursion():
    tree = {
        "type": "object",
        "properties": {"v": WHOLE, "c": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["v"],
        "additionalProperties": False,
    }
    check(tree, [{"v": 1}, {"v": 1, "c": [{"v": 2, "c": []}]}], [{"v": 1, "c": [{}]}, {"c": []}])


def test_siblings_of_a_reference_count_from_2019_on():
    schema = {"$ref": "#/definitions/n", "maximum": 3, "definitions": {"n": WHOLE}}
    check(schema, [3], [4, "x"])
    check(schema, [3], [4, "x"], draft="2019-09")
    check(schema, [3, 4], ["x"], draft=7)


def test_embedded_addresses_and_anchors():
    schema = {
        "$id": "https://example.com/root.json",
        "$defs": {"a": {"$id": "inner.json", "$defs": {"n": WHOLE}, "$ref": "#/$defs/n"}, "b": {"$anchor": "here", "type": "string"}},
        "properties": {"x": {"$ref": "inner.json"}, "y": {"$ref": "#here"}, "z": {"$ref": "https://example.com/inner.json#/$defs/n"}},
    }
    check(schema, [{"x": 1, "y": "s", "z": 2}], [{"x": "s"}, {"y": 1}, {"z": "s"}])


def test_draft_4_addresses():
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "id": "http://a/root",
        "definitions": {"n": {"id": "#num", "type": "integer"}, "m": {"id": "sub", "type": "string"}},
        "properties": {"x": {"$ref": "#num"}, "y": {"$ref": "sub"}},
    }
    check(schema, [{"x": 1, "y": "s"}], [{"x": "s"}, {"y": 1}])


def test_dynamic_references_extend_a_recursive_schema():
    schema = {
        "$id": "https://example.com/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {
            "tree": {
                "$id": "tree",
                "$dynamicAnchor": "node",
                "type": "object",
                "properties": {"data": True, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
            },
        },
    }
    check(schema, [{"children": [{"data": 1}]}], [{"children": [{"daat": 1}]}, {"daat": 1}])
    check(schema["$defs"]["tree"], [{"children": [{"daat": 1}]}], draft="2020-12")


def test_recursive_references_of_2019():
    schema = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": "https://example.com/strict",
        "$recursiveAnchor": True,
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {
            "tree": {
                "$id": "tree",
                "$recursiveAnchor": True,
                "type": "object",
                "properties": {"data": True, "children": {"type": "array", "items": {"$recursiveRef": "#"}}},
            },
        },
    }
    check(schema, [{"children": [{"data": 1}]}], [{"children": [{"daat": 1}]}])


def test_documents_come_from_the_registry_only():
    registry = {"https://example.com/int.json": {"$defs": {"n": WHOLE}, "type": "integer"}}
    schema = {"items": {"$ref": "https://example.com/int.json"}, "contains": {"$ref": "https://example.com/int.json#/$defs/n"}}
    check(schema, [[1]], [["x"]], registry=registry)
    with pytest.raises(SchemaError, match="no document") as info:
        recogniser(schema)
    assert info.value.path == "/items/$ref"
    assert "registry" in (info.value.hint or "")


def test_a_registry_of_referencing():
    from referencing import Registry, Resource

    registry = Registry().with_resource(
        "urn:n", Resource.from_contents({"$schema": "https://json-schema.org/draft/2020-12/schema", **WHOLE})
    )
    check({"properties": {"a": {"$ref": "urn:n"}}}, [{"a": 1}], [{"a": "x"}], registry=registry)


def test_the_metaschemas():
    pytest.importorskip("jsonschema_specifications", reason="the metaschemas come from the package jsonschema-specifications")
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "http://json-schema.org/draft-07/schema#"}
    machine = compile_schema({"properties": {"a": {"$ref": "http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger"}}})
    assert machine
    try:
        check(schema, [{}, True, {"type": "string"}, {"properties": {"a": {"minimum": 1}}}], [{"type": "str"}, 1, {"minLength": -1}])
    except UnsupportedFeatureError as error:  # uniqueItems of `required`, where nothing can be remembered
        assert error.feature == "uniqueItems"  # noqa: PT017


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("#/$defs/nme", "'name'"),
        ("#/definitions/name", "did you mean|known names"),
        ("#nowhere", "known anchors"),
        ("other.json", "registry"),
    ],
)
def test_dangling(reference, hint):
    with pytest.raises(SchemaError) as info:
        compile_schema({"$defs": {"name": TEXT}, "properties": {"a": {"$ref": reference}}})
    assert info.value.path == "/properties/a/$ref"
    assert info.value.keyword == "$ref"
    assert __import__("re").search(hint, info.value.hint or "")


def test_loops_about_the_same_value():
    with pytest.raises(UnsatisfiableError):
        compile_schema({"$ref": "#"})
    check(
        {"properties": {"a": {"$ref": "#/$defs/x"}, "b": TEXT}, "$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}]}}}, [{"b": ""}], [{"a": 1}]
    )
    with pytest.raises(SchemaError, match="refers back to itself"):
        compile_schema({"anyOf": [{"$ref": "#"}, TEXT]})


# drafts ---------------------------------------------------------------------------------------------------------------------------


def test_integers_of_draft_4_are_written_as_such():
    check(WHOLE, [1, 1.0, -3], [1.5])
    machine = recogniser(WHOLE, draft=4)
    assert machine.accepts("10")
    assert not machine.accepts("10.0")


def test_bounds_of_draft_4_are_flags():
    schema = {"minimum": 1, "exclusiveMinimum": True, "maximum": 3, "exclusiveMaximum": False}
    check(schema, [2, 3, "x"], [1, 4], draft=4)
    check(schema, [2, 3], [1, 4])
    with pytest.raises(SchemaError, match="exclusiveMinimum"):
        compile_schema(schema, SchemaOptions(draft="2020-12"))


def test_keywords_unknown_to_a_draft_do_not_count():
    check({"const": 1}, [1, 2], draft=4)
    check({"const": 1}, [1], [2], draft=6)
    check({"if": True, "then": False}, [1], draft=6)
    check({"dependencies": {"a": ["b"]}}, [{"b": 1}], [{"a": 1}], draft=7)
    check({"dependencies": {"a": ["b"]}}, [{"b": 1}], [{"a": 1}], draft="2020-12")
    check({"dependencies": {"a": ["b"], "c": {"maxProperties": 1}}}, [{"b": 1}, {"c": 1}], [{"a": 1}, {"c": 1, "d": 1}])


def test_the_draft_is_read_from_the_schema():
    check({"$schema": "http://json-schema.org/draft-04/schema#", "const": 1}, [1, 2])
    with pytest.raises(UnsupportedFeatureError, match="older than draft 4"):
        compile_schema({"$schema": "http://json-schema.org/draft-03/schema#"})


def test_custom_vocabularies():
    registry = {
        "https://example.com/plain": {"$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/applicator": True}},
        "https://example.com/odd": {"$vocabulary": {"https://example.com/vocab": True}},
    }
    check({"$schema": "https://example.com/plain", "properties": {"a": {"minimum": 5}}}, [{"a": 1}], registry=registry)
    with pytest.raises(UnsupportedFeatureError, match="vocabulary"):
        compile_schema({"$schema": "https://example.com/odd"}, SchemaOptions(registry=registry))


def test_openapi():
    schema = {"type": "string", "nullable": True, "discriminator": {"propertyName": "a"}}
    check(schema, ["x"], [None])
    check(schema, ["x", None], [1], openapi="3.0")


def test_a_metaschema_chooses_vocabularies_under_a_draft_given():
    meta = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": "https://example.org/meta",
        "$vocabulary": {"https://json-schema.org/draft/2019-09/vocab/applicator": True},
    }
    schema = {"$schema": "https://example.org/meta", "properties": {"a": {"minimum": 10}, "b": False}}
    check(schema, [{"a": 1}], [{"b": 1}], draft="2019-09", registry={"https://example.org/meta": meta})
    check(schema, [{"a": 10}], [{"a": 1}], draft="7", registry={"https://example.org/meta": meta})


def test_a_discriminator_ties_branches_to_names():
    pets = {name: {"type": "object", "properties": {"kind": {"type": "string"}}} for name in ("Cat", "Dog", "Lizard")}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in pets]
    mapping = {"dog": "#/components/schemas/Dog", "hound": "Dog"}
    tag = {"propertyName": "kind", "mapping": mapping}
    schema = {"oneOf": references, "discriminator": tag, "components": {"schemas": pets}}
    valid = [{"kind": "Cat"}, {"kind": "dog"}, {"kind": "hound", "x": 1}, {"x": 1, "kind": "Lizard"}]
    check(schema, valid, [{}, {"kind": "Dog"}, {"kind": "cat"}], openapi="3.0")
    with pytest.raises(SchemaError, match="propertyName"):
        check({"discriminator": "kind"}, openapi="3.0")
    items = compile_schema(schema, SchemaOptions(openapi="3.0")).report_items
    assert [item.status for item in items if item.keyword == "discriminator"] == ["automaton"]


def test_a_pointer_through_members_one_of_which_is_named_schema():
    schema = {"properties": {"$schema": {"type": "string"}, "a": {"$ref": "#/properties/b"}, "b": {"type": "integer"}}}
    check(schema, [{"$schema": "x", "a": 1}], [{"$schema": 1}, {"a": "x"}])
