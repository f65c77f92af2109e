"""Structural tags: free text with constrained sections, as a tree of formats.

The JSON form is the one that xgrammar documents for ``structural_tag`` (version 0.2): an object with a ``type`` for every
format, the whole wrapped in ``{"type": "structural_tag", "format": ...}`` or not. So is its older form, ``{"structures": [{"begin",
"schema", "end"}], "triggers": [...]}``. Shorter ways of writing are read too: ``{"triggers": [...], "tags": [...]}`` without a type, and in
a tag, instead of ``content``, one of ``schema``, ``regex``, ``choice`` or ``grammar`` (with ``syntax``). A content may also be a
compiled `Constraint`, or a constraint expression (`compose`).

What is unlimited by itself (``any_text``, ``triggered_tags``, ``dispatch``) ends at the first ``end`` of the tag that it closes. Where a
literal (begin, end, trigger, ``const_string``) holds the name of a special token of the vocabulary, that token is meant, as the tokenizer
itself would read it: it is written as one id, and free text never holds it. What is not supported is refused by name, with its pointer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import DFATerminal, Program, TerminalProgram
from maskwright.automata.report import ReportItem
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import ConstraintError, LimitExceeded, TokenizerError, UnsupportedFeatureError

from . import rules
from .choice import choice_dfa
from .compose import Expression, Parts, expression, located
from .free_text import shown
from .lower import GrammarProgram
from .regex import compile_regex
from .regex_empty import no_match
from .rules import Body, Choice, Embedded, Empty, Grammar, Lexeme, Reference, Repeat
from .tag_regions import Regions, Tag
from .xml_arguments import STYLES, xml_arguments

#: levels of formats within formats
MAX_NESTING = 64

_TAGS = ("tags", "at_least_one", "stop_after_first")
#: the fields of each kind of format, those it must have first
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "const_string": (("value",), ()),
    "json_schema": (("json_schema",), ("style", "any_order")),
    "grammar": (("grammar",), ("syntax",)),
    "regex": (("pattern",), ("dialect",)),
    "choice": (("values",), ()),
    "qwen_xml_parameter": (("json_schema",), ("any_order",)),
    "any_text": ((), ("excludes", "max_chars")),
    "any_tokens": ((), ("exclude_tokens",)),
    "sequence": (("elements",), ()),
    "or": (("elements",), ()),
    "optional": (("content",), ()),
    "plus": (("content",), ()),
    "star": (("content",), ()),
    "repeat": (("min", "max", "content"), ()),
    "tag": (("begin", "end"), ("content", "schema", "regex", "choice", "grammar", "syntax")),
    "triggered_tags": (("triggers", "tags"), ("at_least_one", "stop_after_first", "excludes")),
    "tags_with_separator": (("tags", "separator"), ("at_least_one", "stop_after_first")),
    "dispatch": (("rules",), ("loop", "excludes")),
    "token": (("token",), ()),
    "token_triggered_tags": (("trigger_tokens", "tags"), ("at_least_one", "stop_after_first", "exclude_tokens")),
    "token_dispatch": (("rules",), ("loop", "exclude_tokens")),
}
#: documented kinds and fields that are refused, and why
_REFUSED = {
    "exclude_token": "one token of any kind is no text: the same text may be one token or several",
    "max_tokens": "how many tokens a text takes is no property of the text; max_chars counts its characters",
}


class TagReader:
    """Reads one structural tag into the rules of a grammar.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its special tokens are recognised in literals.
    limits : Limits, optional
    options : mapping, optional
        `SchemaOptions` of the schemas inside.
    places : mapping, optional
        Pointer as read to pointer as written, where the tag was rewritten before.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        limits: Limits | None = None,
        options: Mapping[str, Any] | None = None,
        places: Mapping[str, str] | None = None,
    ):
        self.vocabulary = vocabulary
        self.limits = limits or DEFAULT_LIMITS
        self.options = dict(options or {})
        self.rules: dict[str, Body] = {}
        self.items: list[ReportItem] = []
        self.marks = False
        self._places = dict(places or {})
        self._literals: dict[bytes, Body] = {}
        self._tokens: dict[bytes, str] = {}
        self._regions = Regions(self.rules, self._literal, self._tokens, self.limits)
        names = sorted(vocabulary.special_names, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, names))) if names else None

    def program(self, body: Body) -> GrammarProgram:
        """Return the program of ``body`` as a whole text.

        Raises
        ------
        UnsupportedFeatureError
            If what follows a trigger may be over before it is clear that it makes no longer one.
        """
        self._regions.settle(self.marks)
        return GrammarProgram(Grammar({"": body, **self.rules}, "", marks=self.marks), self.limits)

    # literals -------------------------------------------------------------------------------------------------------------------------

    def spell(self, text: Any, pointer: str) -> bytes:
        """Return a literal's bytes; special tokens in it are spelled by their marks."""
        if isinstance(text, Mapping) and text.get("type") == "token":
            self._check_fields(text, "token", pointer)
            return self.token(text["token"], f"{pointer}/token")
        if not isinstance(text, str):
            raise ConstraintError(f"{text!r} is no text", path=pointer)
        parts, at = [], 0
        try:
            for match in self._names.finditer(text) if self._names else ():
                parts += [text[at : match.start()].encode(), self.token(match[0], pointer)]
                at = match.end()
            parts.append(text[at:].encode())
        except UnicodeEncodeError:
            raise ConstraintError(f"{text!r} holds a lone surrogate, which no text does", path=pointer) from None
        return b"".join(parts)

    def token(self, token: Any, pointer: str) -> bytes:
        """Return the mark of a special token."""
        if isinstance(token, bool) or not isinstance(token, (int, str)):
            raise ConstraintError(f"{token!r} is no token: neither an id nor a name", path=pointer)
        try:
            data = self.vocabulary.mark(token)
        except TokenizerError as error:
            raise ConstraintError(str(error), path=pointer) from error
        self.marks = True
        self._tokens[data] = str(token)
        return data

    def _literal(self, data: bytes) -> Body:
        found = self._literals.get(data)
        if found is None:
            found = self._literals[data] = Lexeme(DFATerminal(DFA.from_strings([data]), shown(data, self._tokens))) if data else Empty()
        return found

    # formats --------------------------------------------------------------------------------------------------------------------------

    def body(self, form: Any, pointer: str = "", depth: int = 0) -> Body:
        """Return the body of a format."""
        return self._read(form, pointer, depth, None)

    def _read(self, form: Any, pointer: str, depth: int, ends: tuple[bytes, ...] | None) -> Body:
        """Return the body of a format, and of one of ``ends`` after it if given; what is unlimited then ends at the first of them."""
        if depth > MAX_NESTING:
            raise LimitExceeded("nesting", MAX_NESTING, depth, path=pointer, hint="formats nest too deeply")
        if isinstance(form, (Constraint, Expression)):
            return self._ended(self._content(lambda: self._expression(form, pointer), pointer), ends)
        kind = self._kind(form, pointer)
        if kind in ("any_text", "any_tokens"):
            return self._any_text(form, pointer, ends)
        if kind in ("triggered_tags", "token_triggered_tags"):
            return self._triggered_tags(form, pointer, depth, ends)
        if kind in ("dispatch", "token_dispatch"):
            return self._dispatch(form, pointer, depth, ends)
        if kind == "sequence":
            elements = self._list(form, "elements", pointer)
            last = len(elements) - 1
            parts = [self._read(e, f"{pointer}/elements/{i}", depth + 1, ends if i == last else None) for i, e in enumerate(elements)]
            return rules.Sequence(tuple(parts))
        if kind == "or":
            elements = self._list(form, "elements", pointer)
            return Choice(tuple(self._read(e, f"{pointer}/elements/{i}", depth + 1, ends) for i, e in enumerate(elements)))
        if kind == "optional":
            return Choice((self._ended(Empty(), ends), self._read(form["content"], f"{pointer}/content", depth + 1, ends)))
        if kind in ("plus", "star", "repeat"):
            return self._ended(self._repeat(kind, form, pointer, depth), ends)
        if kind == "tag":
            tag = self.tag(form, pointer, depth)
            return self._ended(rules.Sequence((self._literal(tag.begin), tag.rest)), ends)
        if kind == "tags_with_separator":
            return self._ended(self._tags_with_separator(form, pointer, depth), ends)
        return self._ended(self._leaf(kind, form, pointer), ends)

    def _kind(self, form: Any, pointer: str) -> str:
        if not isinstance(form, Mapping):
            raise ConstraintError(f"{form!r} is no format: an object with a type", path=pointer)
        kind = form.get("type", "triggered_tags" if "tags" in form and "triggers" in form else "tag" if "begin" in form else None)
        if kind in _REFUSED:
            raise UnsupportedFeatureError(str(kind), pointer=pointer, reason=_REFUSED[kind])
        if not isinstance(kind, str) or kind not in _FIELDS:
            raise UnsupportedFeatureError(str(kind), pointer=f"{pointer}/type", reason=f"the formats are {', '.join(_FIELDS)}")
        self._check_fields(form, kind, pointer)
        return kind

    def _check_fields(self, form: Mapping[str, Any], kind: str, pointer: str) -> None:
        required, optional = _FIELDS[kind]
        for name in form:
            if name != "type" and name not in required and name not in optional:
                if form[name] is None:
                    continue
                reason = _REFUSED.get(name, f"{kind} has no such field")
                raise UnsupportedFeatureError(str(name), pointer=f"{pointer}/{name}", reason=reason)
        for name in required:
            if name not in form:
                raise ConstraintError(f"a format of type {kind} needs {name!r}", path=pointer, keyword=name)

    def _list(self, form: Mapping[str, Any], name: str, pointer: str, empty: bool = False) -> Sequence[Any]:
        value = form.get(name, ())
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or not (value or empty):
            raise ConstraintError(f"{name!r} is {value!r}, not a list{'' if empty else ' of at least one'}", path=f"{pointer}/{name}")
        return value

    def _flag(self, form: Mapping[str, Any], name: str, pointer: str, default: bool = False) -> bool:
        value = form.get(name, default)
        if not isinstance(value, bool):
            raise ConstraintError(f"{name!r} is {value!r}, not true or false", path=f"{pointer}/{name}")
        return value

    def _ended(self, body: Body, ends: tuple[bytes, ...] | None) -> Body:
        return body if ends is None else rules.Sequence((body, Choice(tuple(map(self._literal, ends)))))

    def _leaf(self, kind: str, form: Mapping[str, Any], pointer: str) -> Body:
        if kind == "const_string":
            return self._literal(self.spell(form["value"], f"{pointer}/value"))
        if kind == "token":
            return self._literal(self.token(form["token"], f"{pointer}/token"))
        if kind in ("json_schema", "qwen_xml_parameter"):
            style = "qwen_xml" if kind == "qwen_xml_parameter" else form.get("style", "json")
            if style not in ("json", *STYLES):
                raise UnsupportedFeatureError(str(style), pointer=f"{pointer}/style", reason=f"the styles are json, {', '.join(STYLES)}")
            options = {"key_order": "any"} if self._flag(form, "any_order", pointer) else {}
            place = self._written(f"{pointer}/json_schema")
            if style != "json":
                return self._located(lambda: self._arguments(form["json_schema"], style, options, place), place)
            return self._content(lambda: self._schema(form["json_schema"], options, place), place)
        if kind == "grammar":
            place = f"{pointer}/grammar"
            return self._content(lambda: self._grammar(form["grammar"], form.get("syntax", "ebnf"), place), place)
        if kind == "regex":
            place = self._written(f"{pointer}/pattern")
            return self._content(lambda: self._regex(form["pattern"], form.get("dialect", "python")), place)
        assert kind == "choice"
        place = self._written(f"{pointer}/values")
        return self._content(lambda: TerminalProgram(choice_dfa(_texts(form["values"])), "one of the choices"), place)

    def _written(self, pointer: str) -> str:
        """Return the pointer of what stands at ``pointer`` in the tag as it was given."""
        return self._places.get(pointer, pointer)

    def _content(self, make: Callable[[], Program], pointer: str) -> Body:
        """Embed a program; what is wrong with it is said with its pointer."""
        return self._located(lambda: Embedded(make()), pointer)

    def _located(self, make: Callable[[], Body], pointer: str) -> Body:
        try:
            return make()
        except ConstraintError as error:
            inner = error.path if error.path.startswith("/") else f" {error.path}" if error.path else ""
            relocate(error, pointer + inner)
            raise

    def _expression(self, form: Constraint | Expression, pointer: str) -> Program:
        parts = Parts(self.vocabulary, self.limits)
        program = parts.program(expression(form))
        self.items += located(parts.report_items, pointer)
        return program

    def _schema(self, schema: Any, options: Mapping[str, Any], pointer: str) -> Program:
        from .json_schema import compile_schema
        from .json_schema.options import SchemaOptions
        from .types import json_schema_of

        chosen = SchemaOptions(**{**self.options, **options, "limits": self.limits})
        compiled = compile_schema(json_schema_of(schema), chosen)
        self.items += located(compiled.report_items, pointer)
        return compiled.program

    def _arguments(self, schema: Any, style: str, options: Mapping[str, Any], pointer: str) -> Body:
        from .json_schema.options import SchemaOptions
        from .types import json_schema_of

        chosen = SchemaOptions(**{**self.options, **options, "limits": self.limits})
        body, items = xml_arguments(json_schema_of(schema), style, chosen)
        self.items += located(items, pointer)
        return body

    def _grammar(self, text: Any, syntax: str, pointer: str) -> Program:
        from .syntaxes import read_grammar

        compiled = read_grammar(text, syntax, self.vocabulary, self.limits)
        self.items += located(compiled.report_items, pointer)
        return compiled.program

    def _regex(self, pattern: Any, dialect: str) -> Program:
        if not isinstance(pattern, str):
            raise ConstraintError(f"{pattern!r} is no pattern: a str")
        dfa = compile_regex(pattern, dialect=dialect)
        if dfa.is_empty:
            raise no_match(pattern, dialect)
        return TerminalProgram(dfa.to_utf8(), f"text matching {pattern!r}")

    def _repeat(self, kind: str, form: Mapping[str, Any], pointer: str, depth: int) -> Body:
        low, high = {"plus": (1, -1), "star": (0, -1)}.get(kind) or (form["min"], form["max"])
        for name, value in (("min", low), ("max", high)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise ConstraintError(f"{name!r} is {value!r}, not an integer", path=f"{pointer}/{name}")
        if low < 0 or high < -1 or (high >= 0 and high < low):
            raise ConstraintError(f"no number is from {low} to {high}", path=pointer, hint="max: -1 is without end")
        return Repeat(self._read(form["content"], f"{pointer}/content", depth + 1, None), low, None if high < 0 else high)

    # tags -----------------------------------------------------------------------------------------------------------------------------

    def tag(self, form: Any, pointer: str, depth: int) -> Tag:
        """Read a tag."""
        if not isinstance(form, Mapping) or form.get("type", "tag") != "tag":
            raise ConstraintError(f"{form!r} is no tag", path=pointer)
        self._check_fields(form, "tag", pointer)
        begin = self.spell(form["begin"], f"{pointer}/begin")
        given = form["end"]
        several = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else [given]
        ends = tuple(dict.fromkeys(self.spell(end, f"{pointer}/end") for end in several))
        if not ends:
            raise ConstraintError("a tag has an end, if an empty one", path=f"{pointer}/end")
        names = [name for name in ("content", "schema", "regex", "choice", "grammar") if form.get(name) is not None]
        if len(names) != 1 and "content" not in form and "schema" not in form:
            raise ConstraintError("a tag has one of content, schema, regex, choice, grammar", path=pointer)
        content, place = self._tag_content(form, names[0] if names else "schema", pointer)
        return Tag(begin, self._read(content, place, depth + 1, None if ends == (b"",) else ends), pointer)

    def _tag_content(self, form: Mapping[str, Any], name: str, pointer: str) -> tuple[Any, str]:
        value = form[name]
        if name == "content":
            return value, f"{pointer}/content"
        kinds = {"schema": "json_schema", "regex": "regex", "choice": "choice", "grammar": "grammar"}
        fields = {"schema": "json_schema", "regex": "pattern", "choice": "values", "grammar": "grammar"}
        further = {"syntax": form["syntax"]} if "syntax" in form else {}
        self._places[f"{pointer}/{fields[name]}"] = f"{pointer}/{name}"
        return {"type": kinds[name], fields[name]: value, **further}, pointer

    def _tags(self, form: Mapping[str, Any], pointer: str, depth: int) -> list[Tag]:
        tags = self._list(form, "tags", pointer)
        return [self._as_rule(self.tag(tag, self._written(f"{pointer}/tags/{i}"), depth + 1)) for i, tag in enumerate(tags)]

    def _as_rule(self, tag: Tag) -> Tag:
        name = f"tag {len(self.rules)}"
        self.rules[name] = tag.rest
        return tag._replace(rest=Reference(name))

    def _tags_with_separator(self, form: Mapping[str, Any], pointer: str, depth: int) -> Body:
        one = self._regions.one_of(self._tags(form, pointer, depth))
        separator = self._literal(self.spell(form["separator"], f"{pointer}/separator"))
        once = self._flag(form, "stop_after_first", pointer)
        body = one if once else rules.Sequence((one, Repeat(rules.Sequence((separator, one)))))
        return body if self._flag(form, "at_least_one", pointer) else Choice((Empty(), body))

    # free text ------------------------------------------------------------------------------------------------------------------------

    def _excluded(self, form: Mapping[str, Any], pointer: str, ends: Sequence[bytes]) -> tuple[bytes, ...]:
        tokens = "exclude_tokens" in form
        name = "exclude_tokens" if tokens else "excludes"
        found = []
        for i, one in enumerate(self._list(form, name, pointer, empty=True)):
            if tokens and one in (*self.vocabulary.special_names, *self.vocabulary.special_ids):
                continue  # no special token is in free text anyway
            data = self.spell(one, f"{pointer}/{name}/{i}")
            if not data:
                raise ConstraintError("an empty text cannot be excluded", path=f"{pointer}/{name}/{i}")
            if data not in ends:
                found.append(data)
        return tuple(dict.fromkeys(found))

    def _any_text(self, form: Mapping[str, Any], pointer: str, ends: tuple[bytes, ...] | None) -> Body:
        excluded = self._excluded(form, pointer, ends or ())
        most = form.get("max_chars")
        if most is None:
            return self._regions.region({}, ends, excluded, False, pointer)
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise ConstraintError(f"'max_chars' is {most!r}, not a number of characters", path=f"{pointer}/max_chars")
        return self._regions.short_text(most, ends, excluded, pointer)

    def _triggered_tags(self, form: Mapping[str, Any], pointer: str, depth: int, ends: tuple[bytes, ...] | None) -> Body:
        name = "trigger_tokens" if form.get("type") == "token_triggered_tags" else "triggers"
        read = self.token if name == "trigger_tokens" else self.spell
        triggers = [read(trigger, f"{pointer}/{name}/{i}") for i, trigger in enumerate(self._list(form, name, pointer))]
        tags = self._tags(form, pointer, depth)
        by_trigger: dict[bytes, list[Tag]] = {trigger: [] for trigger in triggers}
        if b"" in by_trigger:
            raise ConstraintError("a trigger is empty", path=f"{pointer}/{name}")
        for tag in tags:
            own = max((trigger for trigger in by_trigger if tag.begin.startswith(trigger)), key=len, default=None)
            if own is None:
                raise ConstraintError("the tag begins with no trigger", path=f"{tag.pointer}/begin", hint="a begin starts with its trigger")
            by_trigger[own].append(tag)
        once = self._flag(form, "stop_after_first", pointer)
        excluded = self._excluded(form, pointer, ends or ())
        if not self._flag(form, "at_least_one", pointer):
            return self._regions.region(by_trigger, ends, excluded, not once, pointer)
        rest = self._ended(Empty(), ends) if once else self._regions.region(by_trigger, ends, excluded, True, pointer)
        return rules.Sequence((self._regions.one_of(tags), rest))

    def _dispatch(self, form: Mapping[str, Any], pointer: str, depth: int, ends: tuple[bytes, ...] | None) -> Body:
        read = self.token if form.get("type") == "token_dispatch" else self.spell
        by_trigger: dict[bytes, list[Tag]] = {}
        for i, rule in enumerate(self._list(form, "rules", pointer)):
            place = f"{pointer}/rules/{i}"
            if not isinstance(rule, Sequence) or isinstance(rule, str) or len(rule) != 2:
                raise ConstraintError(f"{rule!r} is no rule: a pattern and a format", path=place)
            pattern = read(rule[0], f"{place}/0")
            if not pattern:
                raise ConstraintError("a pattern is empty", path=f"{place}/0")
            tag = Tag(pattern, self._read(rule[1], f"{place}/1", depth + 1, None), place)
            by_trigger.setdefault(pattern, []).append(self._as_rule(tag))
        loop = self._flag(form, "loop", pointer, True)
        return self._regions.region(by_trigger, ends, self._excluded(form, pointer, ends or ()), loop, pointer)

def relocate(error: ConstraintError, path: str) -> None:
    """Say that an error is at ``path``."""
    error.path = path
    if isinstance(error, UnsupportedFeatureError):
        error.pointer = path


def _texts(values: Any) -> Sequence[str]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise ConstraintError(f"{values!r} is no list of texts")
    return values


def parse_structural_tag(tag: Any) -> tuple[Any, str, dict[str, str]]:
    """Return the format of a structural tag as given, its pointer, and which pointers below it were others in the tag."""
    if isinstance(tag, str):
        try:
            tag = json.loads(tag)
        except (ValueError, RecursionError) as error:
            raise ConstraintError(f"the structural tag is not JSON: {error}") from error
    if not isinstance(tag, Mapping) or tag.get("type") != "structural_tag":
        return tag, "", {}
    if "format" in tag:
        return tag["format"], "/format", {}
    if "structures" not in tag:
        raise ConstraintError("a structural tag has a format", keyword="format")
    given = tag["structures"]
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence) or not given:
        raise ConstraintError(f"'structures' is {given!r}, not a list of at least one", path="/structures")
    tags = []
    for i, one in enumerate(given):
        if not isinstance(one, Mapping):
            raise ConstraintError(f"{one!r} is no structure: an object of begin, schema and end", path=f"/structures/{i}")
        for name in ("begin", "schema", "end"):
            if name not in one:
                raise ConstraintError(f"a structure needs {name!r}", path=f"/structures/{i}", keyword=name)
        tags.append({"begin": one["begin"], "schema": one["schema"], "end": one["end"]})
    form = {"type": "triggered_tags", "triggers": tag.get("triggers", ()), "tags": tags}
    return form, "", {f"/tags/{i}": f"/structures/{i}" for i in range(len(tags))}


def read_structural_tag(
    tag: Any, vocabulary: Vocabulary, limits: Limits | None = None, options: Mapping[str, Any] | None = None
) -> tuple[GrammarProgram, Sequence[ReportItem]]:
    """Compile a structural tag.

    Parameters
    ----------
    tag : dict or str
        See the module.
    vocabulary : Vocabulary
    limits : Limits, optional
    options : mapping, optional
        Of the schemas inside.

    Raises
    ------
    ConstraintError
        Its path is the pointer of what is wrong.
    UnsupportedFeatureError
        Names a documented kind or field that is not supported.
    """
    form, pointer, places = parse_structural_tag(tag)
    reader = TagReader(vocabulary, limits, options, places)
    return reader.program(reader.body(form, pointer)), reader.items
