"""What the compiler says about a schema: the report, and the places of rule states."""

from __future__ import annotations

import pytest

from maskwright.errors import SchemaError
from maskwright.grammar.json_schema import SchemaOptions, compile_schema


def statuses(schema, **options):
    """Return ``pointer: (status, reason)`` of a schema's report."""
    return {item.pointer: (item.status, item.reason) for item in compile_schema(schema, SchemaOptions(**options)).report_items}


def test_each_keyword_is_listed_by_pointer():
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "T",
        "type": "object",
        "properties": {"a/b": {"type": "string", "format": "date", "x-odd": 1}, "c": {"format": "shoe-size", "default": 3}},
        "required": ["a/b"],
    }
    found = statuses(schema)
    assert found["/type"] == ("automaton", "")
    assert found["/title"][0] == "annotation"
    assert found["/properties/a~1b/format"][0] == "automaton"
    assert found["/properties/a~1b/x-odd"] == ("annotation", "unknown keyword")
    assert found["/properties/c/format"] == ("annotation", "unknown format")
    assert found["/properties/c/default"][0] == "annotation"
    assert "/$schema" not in found


def test_options_and_drafts_show():
    assert statuses({"format": "date"}, formats="annotate")["/format"] == ("annotation", "formats are annotations by option")
    assert statuses({"const": 1}, draft=4)["/const"] == ("annotation", "not a keyword of draft 4")
    old = {"definitions": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/definitions/n", "maximum": 3}}}
    assert statuses(old, draft=7)["/properties/a/maximum"] == ("annotation", "ignored beside $ref in draft 7")
    assert statuses(old)["/properties/a/maximum"] == ("automaton", "")


def test_a_metaschema_that_is_not_known_is_named():
    """It is not silently taken for none, and a schema is not refused for it: registries of schemas have their own metaschemas."""
    odd = "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#"
    status, reason = statuses({"$schema": odd, "type": "object"})["/$schema"]
    assert status == "annotation"
    assert "read as draft 2020-12 with the older keywords" in reason
    registry = {odd.rstrip("#"): {"$schema": "http://json-schema.org/draft-04/schema#"}}
    found = statuses({"$schema": odd, "const": 1}, registry=registry)
    assert "/$schema" not in found
    assert found["/const"] == ("annotation", "not a keyword of draft 4")
    for known in ("http://json-schema.org/draft-07/schema", "https://json-schema.org/draft-07/schema#", "http://json-schema.org/draft/2020-12/schema"):
        assert "/$schema" not in statuses({"$schema": known})
    with pytest.raises(SchemaError, match="metaschema") as caught:
        statuses({"$schema": 7})
    assert caught.value.path == "/$schema"


def test_what_is_decided_from_the_text():
    assert statuses({"items": {"type": "string"}, "uniqueItems": True})["/uniqueItems"][0] == "completion"
    assert statuses({"items": {"type": "boolean"}, "uniqueItems": True})["/uniqueItems"][0] == "automaton"
    assert statuses({"minProperties": 2})["/minProperties"][0] == "completion"
    closed = {"minProperties": 2, "properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": False}
    assert statuses(closed)["/minProperties"][0] == "automaton"


def test_complements_over_undeclared_members_are_decided_from_the_text():
    few = {"patternProperties": {"^a": {"minimum": 1}}, "additionalProperties": False}
    asked = {"oneOf": [{"additionalProperties": {"type": "object"}}, few]}
    found = {pointer: status for pointer, (status, _) in statuses(asked).items()}
    assert found["/oneOf/0/additionalProperties"] == found["/oneOf/1/patternProperties"] == "completion"
    assert found["/oneOf/1/additionalProperties"] == "automaton"
    disjoint = {"oneOf": [{"type": "object", "additionalProperties": {"type": "object"}}, {"type": "string"}]}
    assert statuses(disjoint)["/oneOf/0/additionalProperties"][0] == "automaton"
    assert statuses({"additionalProperties": {"not": {"type": "object"}}})["/additionalProperties"][0] == "automaton"


def test_patterns_without_flag_u_are_said_to_be():
    assert "flag u" in statuses({"pattern": r"^\-$"})["/pattern"][1]
    assert statuses({"pattern": r"^-$"})["/pattern"] == ("automaton", "")


def test_keywords_without_their_partner():
    found = statuses({"then": True, "minContains": 2, "additionalItems": False})
    assert {pointer: status for pointer, (status, _) in found.items()} == dict.fromkeys(
        ("/then", "/minContains", "/additionalItems"), "annotation"
    )


def test_rule_states_know_their_place():
    program = compile_schema({"type": "object", "properties": {"a": {"type": "array", "items": {"const": 1}}}, "required": ["a"]}).program
    places = set()
    queue = [program.start]
    for state in queue:
        places.add(program.where(state))
        rule = program.expand(state)
        targets = [scan.target for scan in rule.scans] + [x for call in rule.calls for x in (call.rule, call.target)]
        queue += [target for target in targets if target not in queue]
        assert len(queue) < 200
    assert {"", "/properties/a", "/properties/a/items"} <= places


def test_members_beyond_a_limit_are_no_failure_of_the_report():
    """What the text decides is found by looking at members whose costs may be out of reach; masks that come to them say so."""
    branches = [{"type": "object", "properties": {f"p{i}": {"type": "integer"}}, "minProperties": 1} for i in range(210)]
    members = {"a": {"type": "integer"}, "b": {"oneOf": branches}}
    counted = {"type": "object", "properties": members, "required": ["a"], "minProperties": 1, "maxProperties": 2}
    unique = {"type": "array", "uniqueItems": True}
    schema = {"type": "object", "properties": {"u": unique, "o": counted}, "required": ["u"], "additionalProperties": False}
    assert statuses(schema)["/properties/o/minProperties"][0] in ("automaton", "residual")
