"""Constraint expressions: languages of any front end, put together.

    expression := json(schema) | regex(pattern) | choice(texts) | literal(text) | grammar(text, syntax) | a compiled Constraint
                | hole(function)
                | expression + expression | expression "|" expression | expression.repeat(lo, hi)
                | expression.named(name) | expression.quoted()

An expression is a value: nothing is compiled until `maskwright.compile` is given it as ``grammar=``, or another grammar as ``use=``.
Each part is compiled by its own front end and embedded as a program (`rules.Embedded`), so parts keep their exactness and their errors.
Where a part may end and the next begin, every split counts.

Sums and unions are flat however many are joined; other nesting is bounded by `MAX_NESTING`, which is what recursion here relies on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from maskwright.automata.alphabet import CHARS
from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import DFATerminal, Program, without_empty
from maskwright.automata.report import ReportItem
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OptionError, UnsupportedFeatureError

from . import rules
from .bnf import text_of
from .choice import choice_dfa
from .fold import folded
from .json_schema.spelling import spell_inside
from .lower import GrammarProgram
from .open_terminals import OpenTerminal
from .regex import compile_regex
from .regex_empty import no_match
from .rules import Body, Embedded, Empty, Grammar, Lexeme, Open
from .syntaxes import CompiledGrammar, Request, read_grammar

#: levels of expressions within expressions
MAX_NESTING = 100


class Expression:
    """A constraint that can be part of another. Strings stand for themselves beside one.

    >>> (literal("a") + "b" | choice(["c", "d"])).repeat(1, 2)
    (("a" + "b") | choice(2 texts)).repeat(1, 2)
    """

    __slots__ = ("depth", "parts")

    def __init__(self, parts: tuple[Expression, ...] = ()):
        self.parts = parts
        self.depth: int = 1 + max((part.depth for part in parts), default=0)
        if self.depth > MAX_NESTING:
            raise OptionError("expression", f"{self.depth} levels", f"at most {MAX_NESTING} levels of parts within parts")

    def __add__(self, other: Expression | str) -> Expression:
        return _joined(self, expression(other))

    def __radd__(self, other: str) -> Expression:
        return _joined(expression(other), self)

    def __or__(self, other: Expression | str) -> Expression:
        return _united(self, expression(other))

    def __ror__(self, other: str) -> Expression:
        return _united(expression(other), self)

    def repeat(self, lo: int = 0, hi: int | None = None) -> Expression:
        """Return this ``lo`` to ``hi`` times, one after another; ``hi=None`` is without end."""
        if type(lo) is not int or lo < 0 or not (hi is None or (type(hi) is int and hi >= lo)):
            raise OptionError("repeat", (lo, hi), "integers with 0 <= lo <= hi, or None for no end")
        return Repeated(self, lo, hi)

    def optional(self) -> Expression:
        """Return this or nothing."""
        return self.repeat(0, 1)

    def quoted(self) -> Expression:
        """Return the JSON strings, quotes included, whose decoded text is in this; every spelling of a character counts."""
        return Quoted((self,))

    def named(self, name: str) -> Expression:
        """Return this with a name: what it reads is in the captures of a text; see `captures`."""
        if not isinstance(name, str) or not name:
            raise OptionError("name", name, "a name for the capture")
        return Named(self, name)


class Leaf(Expression):
    """A part of one front end: ``kind`` is an argument of `maskwright.compile`, "literal", "constraint" or "hole"."""

    __slots__ = ("kind", "options", "value")

    def __init__(self, kind: str, value: Any, options: Mapping[str, Any] | None = None):
        super().__init__()
        self.kind = kind
        self.value = value
        self.options = dict(options or {})

    def __repr__(self) -> str:
        if self.kind == "literal":
            return '"' + repr(self.value)[1:-1] + '"'
        if self.kind == "choice":
            return f"choice({len(self.value)} texts)"
        shown = repr(self.value)
        return f"{self.kind}({shown if len(shown) <= 60 else shown[:57] + '...'})"


class Joined(Expression):
    """Parts one after another."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(" + " + ".join(map(repr, self.parts)) + ")"


class United(Expression):
    """One of the parts."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(" + " | ".join(map(repr, self.parts)) + ")"


class Repeated(Expression):
    """A part again and again."""

    __slots__ = ("hi", "lo")

    def __init__(self, part: Expression, lo: int, hi: int | None):
        super().__init__((part,))
        self.lo = lo
        self.hi = hi

    def __repr__(self) -> str:
        return f"{self.parts[0]!r}.repeat({self.lo}, {self.hi})"


class Quoted(Expression):
    """A part as the text of a JSON string."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{self.parts[0]!r}.quoted()"


class Named(Expression):
    """A part whose text is captured."""

    __slots__ = ("name",)

    def __init__(self, part: Expression, name: str):
        super().__init__((part,))
        self.name = name

    def __repr__(self) -> str:
        return f"{self.parts[0]!r}.named({self.name!r})"


def _joined(one: Expression, other: Expression) -> Expression:
    return Joined((*(one.parts if isinstance(one, Joined) else (one,)), *(other.parts if isinstance(other, Joined) else (other,))))


def _united(one: Expression, other: Expression) -> Expression:
    return United((*(one.parts if isinstance(one, United) else (one,)), *(other.parts if isinstance(other, United) else (other,))))


def expression(value: Any) -> Expression:
    """Return ``value`` as an expression: one already, a text, or a compiled constraint.

    Raises
    ------
    OptionError
        For anything else.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, str):
        return Leaf("literal", value)
    if isinstance(value, Constraint):
        return Leaf("constraint", value)
    raise OptionError("expression", value, "a constraint expression, a text or a compiled Constraint")


# -- making


def literal(text: str) -> Expression:
    """Return the expression that is ``text``."""
    if not isinstance(text, str):
        raise OptionError("literal", text, "a text")
    return Leaf("literal", text)


def regex(pattern: str, **options: Any) -> Expression:
    """Return the expression of texts that match a pattern as a whole. Options: ``dialect``, ``flags``."""
    if not isinstance(pattern, str):
        raise OptionError("regex", pattern, "a pattern as str")
    _check("regex", options, ("dialect", "flags"))
    return Leaf("regex", pattern, options)


def choice(texts: Sequence[str]) -> Expression:
    """Return the expression of a list of texts."""
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise OptionError("choice", texts, "a list of strings")
    return Leaf("choice", list(texts))


def json(schema: Any = True, **options: Any) -> Expression:
    """Return the expression of JSON texts that satisfy a schema or Python type; options as those of `maskwright.compile`."""
    return Leaf("json", schema, options)


def grammar(text: str, syntax: str | None = None, **options: Any) -> Expression:
    """Return the expression of a grammar; ``syntax`` and options as in `maskwright.compile`."""
    if not isinstance(text, str):
        raise OptionError("grammar", text, "the text of a grammar")
    return Leaf("grammar", text, {"syntax": syntax, **options})


def hole(function: Callable[[str], Any], name: str = "hole") -> Expression:
    """Return the expression of an open terminal: ``function(text_so_far)`` says what may stand there; see `open_terminals`."""
    if not callable(function):
        raise OptionError("hole", function, "a function of the text so far")
    return Leaf("hole", (name, function))


def _check(kind: str, options: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for option in options:
        if option not in known:
            raise OptionError(option, options[option], f"an option of {kind}: {', '.join(known)}")


# -- compiling


class Parts:
    """Compiles the parts of an expression, each once."""

    def __init__(self, vocabulary: Vocabulary | None, limits: Limits):
        self.vocabulary = vocabulary
        self.limits = limits
        self.report_items: list[ReportItem] = []
        self._bodies: dict[tuple[int, bool], tuple[Expression, Body]] = {}

    def body(self, node: Expression, in_json: bool = False) -> Body:
        """Return the body of rules that an expression comes to, spelled as inside a JSON string if ``in_json``."""
        key = (id(node), in_json)
        found = self._bodies.get(key)
        if found is None:
            found = self._bodies[key] = (node, self._new_body(node, in_json))
        return found[1]

    def program(self, node: Expression) -> Program:
        """Return the program of an expression.

        Raises
        ------
        UnsatisfiableError
            If it derives no text.
        """
        body = self.body(node)
        if isinstance(body, Embedded):
            return body.program
        return GrammarProgram(folded(Grammar({"expression": body}, "expression", marks=False)), self.limits)

    def _new_body(self, node: Expression, in_json: bool) -> Body:
        if isinstance(node, Leaf):
            return self._leaf_in_json(node) if in_json else self._leaf(node)
        if isinstance(node, Quoted):
            if in_json:
                raise UnsupportedFeatureError("a JSON string inside a JSON string")
            return rules.Sequence((text_of('"'), self.body(node.parts[0], True), text_of('"')))
        bodies = tuple(self.body(part, in_json) for part in node.parts)
        if isinstance(node, Joined):
            return rules.Sequence(bodies)
        if isinstance(node, United):
            return rules.Choice(bodies)
        if isinstance(node, Repeated):
            return rules.Repeat(bodies[0], node.lo, node.hi)
        return bodies[0]

    def _leaf(self, node: Leaf) -> Body:
        if node.kind == "literal":
            return text_of(node.value)
        if node.kind == "constraint":
            self.report_items += node.value.items
            return Embedded(node.value._program)
        if node.kind == "hole":
            name, function = node.value
            return Open(OpenTerminal(name, function, self.limits))
        if node.kind == "regex":
            dfa = compile_regex(node.value, **node.options)
            if dfa.is_empty:
                raise no_match(node.value, **node.options)
            return language_body(dfa.to_utf8(), f"text matching {node.value!r}")
        if node.kind == "choice":
            return language_body(choice_dfa(node.value), f"one of {len(node.value)} choices")
        if node.kind == "json":
            return self._json(node)
        options = dict(node.options)
        compiled = read_grammar(node.value, options.pop("syntax"), self.vocabulary, self.limits, options)
        self.report_items += compiled.report_items
        return Embedded(compiled.program)

    def _leaf_in_json(self, node: Leaf) -> Body:
        if node.kind == "grammar":
            options = dict(node.options)
            compiled = read_grammar(node.value, options.pop("syntax"), self.vocabulary, self.limits, options, in_json=True)
            return Embedded(compiled.program)
        if node.kind == "literal":
            dfa = DFA.from_strings([node.value], universe=CHARS)
        elif node.kind == "choice":
            choice_dfa(node.value)  # refuses what is no list of texts
            dfa = DFA.from_strings(node.value, universe=CHARS)
        elif node.kind == "regex":
            dfa = compile_regex(node.value, **node.options)
        else:
            raise UnsupportedFeatureError(f"{node.kind} inside a JSON string", hint="a JSON text there would be escaped twice")
        return language_body(spell_inside(dfa), f"{node!r}, escaped")

    def _json(self, node: Leaf) -> Body:
        from .json_schema import compile_schema
        from .json_schema.options import SchemaOptions

        known = [field.name for field in dataclasses.fields(SchemaOptions) if field.name != "limits"]
        for option, value in node.options.items():
            if option not in known:
                raise OptionError(option, value, f"an option of json: {', '.join(known)}")
        schema = node.value
        if not isinstance(schema, (dict, bool, str)):
            from .types import TypeForm

            schema = TypeForm(schema).schema
        compiled = compile_schema(schema, SchemaOptions(limits=self.limits, **node.options))
        self.report_items += compiled.report_items
        return Embedded(compiled.program)


def language_body(dfa: DFA, name: str) -> Body:
    """Return the body of a regular language over bytes, which may have the empty text."""
    if dfa.is_empty:
        return rules.Choice(())
    if not dfa.nullable:
        return Lexeme(DFATerminal(dfa, name))
    solid = without_empty(dfa)
    return Empty() if solid.is_empty else rules.Choice((Empty(), Lexeme(DFATerminal(solid, name))))


def body_of(name: str, value: Any, request: Request, items: list[ReportItem]) -> Body:
    """Return the body of what a grammar's ``use`` gives for a name; what a report says of it is added to ``items``."""
    if isinstance(value, OpenTerminal):
        return Open(value)
    parts = Parts(request.vocabulary, request.limits)
    body = parts.body(_usable(name, value))
    items += located(parts.report_items, name)
    return body


def program_of(name: str, value: Any, request: Request, items: list[ReportItem]) -> Program:
    """Return the program of what a grammar's ``use`` gives for a name; what a report says of it is added to ``items``.

    Raises
    ------
    UnsatisfiableError
        If it derives no text.
    """
    if isinstance(value, OpenTerminal):
        return GrammarProgram(Grammar({value.name: Open(value)}, value.name, marks=False), request.limits)
    parts = Parts(request.vocabulary, request.limits)
    program = parts.program(_usable(name, value))
    items += located(parts.report_items, name)
    return program


def _usable(name: str, value: Any) -> Expression:
    option = f"use[{name!r}]"
    try:
        node = expression(value)
    except OptionError as error:
        raise OptionError(option, value, error.expected) from None
    if any(isinstance(part, Named) for part in walk(node)):
        raise OptionError(option, value, "an expression without named parts: what a grammar's rules read is not captured")
    return node


def located(items: Iterable[ReportItem], where: str) -> list[ReportItem]:
    """Return what a report says of a part, for a report on the whole: places are inside ``where``.

    >>> located([ReportItem("/items", "uniqueItems", "completion"), ReportItem("root (line 1)", "root", "annotation")], "DATA")[0].pointer
    'DATA/items'
    """
    return [item._replace(pointer=where + (": " if item.pointer[:1] not in ("", "/") else "") + item.pointer) for item in items]


def read_expression(node: Expression, vocabulary: Vocabulary | None = None, limits: Limits | None = None) -> CompiledGrammar:
    """Compile an expression."""
    parts = Parts(vocabulary, limits or DEFAULT_LIMITS)
    program = parts.program(node)
    return CompiledGrammar(program, tuple(parts.report_items))


def walk(node: Expression) -> Iterator[Expression]:
    """Yield an expression and all its parts."""
    work = [node]
    while work:
        part = work.pop()
        yield part
        work.extend(part.parts)
