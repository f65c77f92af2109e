"""jsonschema-rs as a judge of an instance's validity; the draft is the schema's own, else 2020-12.

Every known format is asserted in every draft, as the labels of MaskBench do; the validators of early drafts learn later formats from
2020-12's.
"""

from __future__ import annotations

import json
from typing import Any

FORMATS = (
    *("date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference"),
    *("iri", "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "uuid", "regex"),
)


class Engine:
    name = "jsonschema-rs"

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import jsonschema_rs

        self.version = version("jsonschema-rs")
        self.module = jsonschema_rs

        self.formats = {name: self.module.Draft202012Validator({"format": name}, validate_formats=True).is_valid for name in FORMATS}

    def compile(self, schema: Any) -> None:
        own = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
        make = self.module.validator_for if own else self.module.Draft202012Validator
        self.validator = make(schema, validate_formats=True, formats=self.formats)

    def judge(self, text: str) -> str | None:
        """Return None for a valid text, else the reason."""
        try:
            value = json.loads(text)
        except ValueError as error:
            return f"not JSON: {error}"
        fault = next(self.validator.iter_errors(value), None)
        return None if fault is None else fault.message
