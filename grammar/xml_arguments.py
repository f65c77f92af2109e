"""Arguments of a call as tags instead of JSON: ``<parameter=city>Oslo</parameter><parameter=days>3</parameter>``.

A *style* says what stands before a name, between name and value, and after the value. The schema is that of an object; its members come in
the order of ``properties``, each once, required ones always, then members that it does not name, where it admits any. A string stands as
it is, without quotes and escapes, up to the first closing mark (so it does not hold that mark); any other value is JSON. A value that
may be both is written either way. Where layout may vary at all, a line break may stand before and after every value, as chat templates
have it, and after every argument.

Members are taken apart here; what a value may be is the schema compiler's: the strings of a schema are what it says of strings, and the
other values are its program together with ``{"not": {"type": "string"}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from maskwright.automata.alphabet import CHARS
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal
from maskwright.automata.report import ReportItem
from maskwright.errors import ConstraintError, UnsatisfiableError, UnsupportedFeatureError

from .json_schema import SchemaOptions, compile_schema
from .json_schema.dialects import draft_name
from .raw_text import text_terminal
from .rules import Body, Choice, Embedded, Empty, Lexeme, Repeat
from .rules import Sequence as InSequence


class Style(NamedTuple):
    """How an argument is written: ``before`` name ``between`` value ``after``."""

    before: str
    between: str
    after: str


#: by the names that xgrammar documents (0.2)
STYLES = {
    "qwen_xml": Style("<parameter=", ">", "</parameter>"),
    "minimax_xml": Style('<parameter name="', '">', "</parameter>"),
    "glm_xml": Style("<arg_key>", "</arg_key><arg_value>", "</arg_value>"),
}
#: characters of names
_NAME = ~CharSet.of('<>"=\n\r\t ')
#: where the schema says what members are that it does not name
_OTHERS = "/additionalProperties"
#: keywords of the object's own schema that are understood, and those that say nothing of values
_READ = {"type", "properties", "required", "additionalProperties"}
_SILENT = {
    "$schema", "$id", "id", "$defs", "definitions", "$comment", "title", "description", "examples", "default", "deprecated", "readOnly",
    "writeOnly", "strict",
}  # fmt: skip
_ADDRESS = "urn:maskwright:arguments"


class _Values:
    """What the members of one object may be."""

    def __init__(self, schema: Mapping[str, Any], options: SchemaOptions, style: Style):
        self.options = options
        self.style = style
        self._schema = schema
        self._id = "id" if draft_name(str(options.draft or schema.get("$schema", ""))) == "4" else "$id"
        closing = DFA.from_strings([style.after], universe=CHARS)
        every = DFA.everything()
        self._open = ~(every + closing + every)
        breaks = {"compact": (), "bounded": ("\n",)}.get(str(options.whitespace))
        if breaks is None:
            raise UnsupportedFeatureError("whitespace", reason="arguments as tags are laid out 'compact' or 'bounded'")
        self._breaks = breaks

    def framed(self, body: Body) -> Body:
        """Return a body with, perhaps, a line break on either side."""
        return Choice((body, *(InSequence((literal(text), body, literal(text))) for text in self._breaks)))

    def gap(self) -> Body:
        """Return what may stand after an argument."""
        return Choice((Empty(), *map(literal, self._breaks)))

    def document(self, pointer: str, also: Any) -> dict[str, Any]:
        """Return the schema of what satisfies the subschema at ``pointer``, and ``also``."""
        own = self._schema.get(self._id)
        address = own if isinstance(own, str) and own else _ADDRESS
        root = {**self._schema, self._id: address}
        place = f"{address.rstrip('#')}#{quote(pointer, safe='/~')}"
        found: dict[str, Any] = {"definitions": {"arguments": root}, "allOf": [{"$ref": place}, also]}
        return {"$schema": self._schema["$schema"], **found} if "$schema" in self._schema else found

    def body(self, pointer: str, shown: str) -> Body | None:
        """Return what the value at ``pointer`` of the schema may be, None if it cannot be anything."""
        ways = [*self._strings(pointer, shown), *self._others(pointer)]
        return self.framed(Choice(tuple(ways))) if ways else None

    def _strings(self, pointer: str, shown: str) -> list[Body]:
        try:
            languages = compile_schema(self.document(pointer, {"type": "string"}), self.options).program.string_languages()
        except UnsatisfiableError:
            return []
        ways: list[Body] = []
        for language in languages:
            if language.checks:
                names = ", ".join(sorted(check.name for check in language.checks))
                raise UnsupportedFeatureError(names, pointer=pointer, reason="a string outside of JSON is not checked by its text")
            dfa = self._open if language.dfa is None else language.dfa & self._open
            within = type(language).make(dfa, language.min_length, language.max_length)
            if within.is_empty:
                continue
            lo, hi = within.min_length, within.max_length
            whole = self._open if within.dfa is None else within.dfa
            terminal = text_terminal(whole, lo, hi, f"the text of {shown}")
            ways += [Lexeme(terminal)] if terminal is not None else []
            ways += [Empty()] if whole.nullable and not lo else []
        return ways

    def _others(self, pointer: str) -> list[Body]:
        try:
            return [Embedded(compile_schema(self.document(pointer, {"not": {"type": "string"}}), self.options).program)]
        except UnsatisfiableError:
            return []


def literal(text: str) -> Body:
    """Return the body that spells ``text``."""
    return Lexeme(DFATerminal(DFA.from_strings([text.encode()]), repr(text))) if text else Empty()


def xml_arguments(schema: Any, style: str, options: SchemaOptions) -> tuple[Body, Sequence[ReportItem]]:
    """Return the body of the arguments of a call, and what a report says of the schema.

    Parameters
    ----------
    schema : dict
        Of the object of the arguments.
    style : str
        One of `STYLES`.
    options : SchemaOptions

    Raises
    ------
    UnsupportedFeatureError
        For keywords beside ``properties``, ``required`` and ``additionalProperties``, and strings that only their whole text decides on.
    UnsatisfiableError
        If a required member can have no value.
    """
    if options.key_order != "schema":
        raise UnsupportedFeatureError("any_order", reason="arguments as tags come in the order of the schema")
    items = compile_schema(schema, options).report_items  # refuses what is no schema, with places in it
    if not isinstance(schema, Mapping):
        schema = json.loads(schema) if isinstance(schema, str) else {"type": "object", "additionalProperties": schema}
    if schema.get("type", "object") != "object":
        raise ConstraintError(f"arguments are an object, not {schema['type']!r}", path="/type", keyword="type")
    for keyword in schema:
        if keyword not in _READ and keyword not in _SILENT and not keyword.startswith("x-"):
            reason = f"of an object written as tags only {', '.join(sorted(_READ))} are read"
            raise UnsupportedFeatureError(keyword, pointer=f"/{keyword}", reason=reason)
    if "additionalProperties" not in schema:
        schema = {**schema, "additionalProperties": options.additional_properties == "schema" or not schema.get("properties")}
    chosen = STYLES[style]
    values = _Values(schema, options, chosen)
    properties, required = schema.get("properties", {}), list(schema.get("required", ()))
    names = [*properties, *(name for name in dict.fromkeys(required) if name not in properties)]
    parts = [_member(name, name in required, f"/properties/{_token(name)}" if name in properties else _OTHERS, values) for name in names]
    if schema["additionalProperties"] is not False:
        parts.append(_others(names, values))
    return InSequence((values.gap(), *parts)), items


def _member(name: str, required: bool, pointer: str, values: _Values) -> Body:
    if not name or any(ord(char) not in _NAME for char in name):
        raise UnsupportedFeatureError(f"the name {name!r}", pointer=pointer, reason="it would not be told apart from the marks around it")
    body = values.body(pointer, repr(name))
    if body is None and required:
        raise UnsatisfiableError(f"the required argument {name!r} can have no value", pointers=(pointer,))
    if body is None:
        return Empty()
    whole = InSequence((literal(values.style.before + name + values.style.between), body, literal(values.style.after), values.gap()))
    return whole if required else Choice((Empty(), whole))


def _others(names: Sequence[str], values: _Values) -> Body:
    """Return the body of any number of members that the schema does not name."""
    body = values.body(_OTHERS, "an argument")
    if body is None:
        return Empty()
    name = DFA.symbols(_NAME).repeat(1) - DFA.from_strings(list(names), universe=CHARS)
    style = values.style
    key = Lexeme(DFATerminal(name.to_utf8(), "the name of an argument"))
    return Repeat(InSequence((literal(style.before), key, literal(style.between), body, literal(style.after), values.gap())))


def _token(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def read_arguments(text: str, at: int, style: str, schema: Any) -> tuple[dict[str, Any], int]:
    """Return the arguments that stand in a text from ``at`` on, and where the last one ends.

    A value is a string where the schema of its name admits nothing else, and where it is no JSON; any other is the value of its JSON.
    """
    before, between, after = STYLES[style]
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    found: dict[str, Any] = {}
    while True:
        begin = at + text.startswith("\n", at)
        middle = text.find(between, begin) if text.startswith(before, begin) else -1
        end = text.find(after, middle) if middle >= 0 else -1
        if end < 0:
            return found, at
        name, value = text[begin + len(before) : middle], text[middle + len(between) : end]
        if len(value) > 1 and value[0] == value[-1] == "\n":
            value = value[1:-1]
        found[name] = value if _is_text(properties.get(name)) else _value(value)
        at = end + len(after)


def _is_text(schema: Any) -> bool:
    """Whether a schema says outright that a value is a string."""
    if not isinstance(schema, Mapping):
        return False
    listed = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return schema.get("type") == "string" or (bool(listed) and all(isinstance(value, str) for value in listed))


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, str) else value
