"""jsonschema as a judge, with numbers as `Decimal`: no bound or multiple is lost to rounding. Every known format is asserted
in every draft; the schema itself is not checked against its metaschema, which many real ones break.

Decimals need two things that the package does not have by itself: ``1.0`` is an integer from draft 6 on, and a remainder whose quotient
has more digits than the context is still exact (`fractions`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any


class Engine:
    name = "jsonschema"

    def __init__(self, tokenizer: str | None):
        from importlib.metadata import version

        import jsonschema

        self.version = version("jsonschema")
        self.module = jsonschema
        self.classes: dict[Any, Any] = {}
        self.formats = jsonschema.FormatChecker()
        latest = jsonschema.Draft202012Validator.FORMAT_CHECKER  # draft 3's time is another one than everybody's since
        self.formats.checkers = {**self.formats.checkers, **latest.checkers}

    def compile(self, schema: Any) -> None:
        schema = exact(json.dumps(schema))
        base = self.module.validators.validator_for(schema, default=self.module.Draft202012Validator)
        self.validator = self.decimals(base)(schema, format_checker=self.formats)

    def decimals(self, base: Any) -> Any:
        """Return a validator class that knows Decimals."""
        if base not in self.classes:
            error = self.module.ValidationError
            checker = base.TYPE_CHECKER
            if base not in (self.module.Draft3Validator, self.module.Draft4Validator):
                checker = checker.redefine("integer", lambda _, value: is_integer(value))

            def multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Any:
                if validator.is_type(instance, "number") and (Fraction(instance) / Fraction(divisor)).denominator != 1:
                    yield error(f"{instance!r} is not a multiple of {divisor}")

            self.classes[base] = self.module.validators.extend(base, {"multipleOf": multiple_of}, type_checker=checker)
        return self.classes[base]

    def judge(self, text: str) -> str | None:
        """Return None for a valid text, else the reason."""
        try:
            value = exact(text)
        except ValueError as error:
            return f"not JSON: {error}"
        fault = next(self.validator.iter_errors(value), None)
        return None if fault is None else fault.message


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=refused)


def refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, Decimal) and value == value.to_integral_value())
