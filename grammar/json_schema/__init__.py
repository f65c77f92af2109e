"""JSON Schema to pushdown programs: `compile_schema`.

A schema denotes a set of JSON values, and that set is compiled, exactly. In reading order:

    options dialects references     what the caller chose; drafts; addresses and anchors
    keywords nodes values           the eager pass: every schema object checked and converted once
    formulas unfold annotations     what a schema says of one type, as a boolean formula over one level of the value
    scalars strings numbers formats languages of strings and numbers, and their terminals
    cases object_cases array_cases  normal forms of objects and arrays
    shapes progress                 provers on them; what is left to hold after a member
    keytable objects arrays         members and items as automata
    costs program                   least sizes (and so emptiness), and the rule states
    undecided report diagnosis      what the compiler says about a schema
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from maskwright.automata.limits import timed
from maskwright.automata.report import ReportItem
from maskwright.errors import SchemaError

from .options import SchemaOptions, Separators

_DEFAULTS = SchemaOptions()

__all__ = ["CompiledSchema", "SchemaOptions", "Separators", "compile_schema"]


class CompiledSchema:
    """A compiled schema.

    Attributes
    ----------
    program : Program
    report_items : tuple of ReportItem
        What became of each keyword; made when first asked for.
    """

    def __init__(self, program: Any, schema: Any):
        self.program = program
        self._schema = schema

    @cached_property
    def report_items(self) -> tuple[ReportItem, ...]:
        """What became of each keyword."""
        from .report import report_items
        from .undecided import checked_keywords

        return report_items(self._schema, checked_keywords(self.program))


def compile_schema(schema: dict | bool | str, options: SchemaOptions | None = None) -> CompiledSchema:
    """Compile a JSON Schema to a pushdown program.

    Parameters
    ----------
    schema : dict, bool or str
        A schema, or its JSON text.
    options : SchemaOptions, optional

    Returns
    -------
    CompiledSchema

    Raises
    ------
    SchemaError
        If the schema is malformed.
    RegexSyntaxError
        If a pattern is.
    UnsupportedFeatureError
        If a keyword cannot be compiled where it stands.
    UnsatisfiableError
        If no value satisfies the schema.
    LimitExceeded
        If compiling goes beyond the limits.

    Examples
    --------
    >>> compiled = compile_schema({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    >>> compiled.program.expand(compiled.program.start).cost
    7
    """
    from .costs import INF
    from .diagnosis import unsatisfiable
    from .nodes import Schema
    from .program import SchemaProgram
    from .undecided import needs_text
    from .unfold import Unfolder

    options = options or _DEFAULTS
    with timed(options.budget.seconds):
        document = parse(schema) if isinstance(schema, str) else schema
        read = Schema(document, options)
        program = SchemaProgram(Unfolder(read))
        program.remembers = needs_text(program)
        if program.cost(program.root) == INF:
            raise unsatisfiable(program)
        program.prepare()
    return CompiledSchema(program, read)


def parse(text: str) -> Any:
    """Return the value of a schema's JSON text, its numbers exact."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise SchemaError("the text nests too deeply to be parsed", hint="pass the schema as a Python object") from None
    except InvalidOperation:
        raise SchemaError("a number of the schema has an exponent beyond those of decimals", hint="use a smaller number") from None
    except ValueError as error:
        raise SchemaError(f"the schema is not JSON: {error}", hint="pass JSON text, a dict or a bool") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
