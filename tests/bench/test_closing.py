"""What ``bench closing`` makes of an answer, by its two oracles."""

import pytest

from maskwright.bench.closing import judge, outcome

pytest.importorskip("jsonschema_rs", reason="one oracle is jsonschema-rs (extra dev)")
pytest.importorskip("jsonschema", reason="one oracle is jsonschema (extra dev)")

ADDRESS = {"type": "string", "oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


@pytest.mark.parametrize(
    ("schema", "text", "expected"),
    [
        ({"multipleOf": 0.01}, "0.29", "valid"),
        ({"type": "integer"}, "1.5", "invalid"),
        (ADDRESS, '"127.0.0.1"', "valid"),  # both hold where formats are only noted
        (ADDRESS, '"localhost"', "invalid"),
        ({"$ref": "urn:nowhere"}, "1", "unjudged"),
    ],
)
def test_outcomes(schema, text, expected):
    assert outcome(judge(schema, text)) == expected
