"""jsonschema-rs as a judge: an instance's validity, formats asserted; the draft is the schema's own, else 2020-12."""

from __future__ import annotations

import json
from typing import Any


class Engine:
    name = "jsonschema-rs"

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import jsonschema_rs

        self.version = version("jsonschema-rs")
        self.module = jsonschema_rs

    def compile(self, schema: Any) -> None:
        own = isinstance(schema, dict) and isinstance(schema.get("$schema"), str)
        make = self.module.validator_for if own else self.module.Draft202012Validator
        self.validator = make(schema, validate_formats=True)

    def judge(self, text: str) -> str | None:
        """Return None for a valid text, else the reason."""
        try:
            value = json.loads(text)
        except ValueError as error:
            return f"not JSON: {error}"
        error = next(self.validator.iter_errors(value), None)
        return None if error is None else error.message
