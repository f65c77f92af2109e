"""The table of grammar syntaxes: a name, the module that reads it, and the options it takes.

A module of the table has ``read(text, request) -> CompiledGrammar``. It is imported when its syntax is asked for, so that
one syntax never pays for another (lark, for one, is only loaded by its own).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import Program
from maskwright.automata.report import ReportItem
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OptionError, UnsupportedFeatureError

from .open_terminals import OpenTerminal


class Syntax(NamedTuple):
    """A row of the table; ``module`` is None for a syntax that this version does not read."""

    module: str | None
    options: tuple[str, ...]


SYNTAXES: dict[str, Syntax] = {
    "lark": Syntax("maskwright.grammar.lark", ("start", "use", "lexing", "loader")),
    "gbnf": Syntax("maskwright.grammar.gbnf", ("start", "use")),
    "ebnf": Syntax("maskwright.grammar.ebnf", ("start", "use")),
}


#: syntaxes whose texts can be escaped as in a JSON string
IN_JSON = ("gbnf", "ebnf")


@dataclass(frozen=True)
class Request:
    """What a grammar is read with.

    Attributes
    ----------
    syntax : str
    vocabulary : Vocabulary or None
        For what names tokens; None where a grammar is read without one.
    start : str or None
        The start rule, if not the one the syntax starts with.
    use : mapping of str to constraint expression
        What names stand for that the grammar does not define; open terminals are among them, as `OpenTerminal`.
    limits : Limits
    options : mapping
        The syntax's own options.
    """

    syntax: str
    vocabulary: Vocabulary | None = None
    start: str | None = None
    use: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = DEFAULT_LIMITS
    options: Mapping[str, Any] = field(default_factory=dict)
    #: whether the text stands inside a JSON string, escaped as there
    in_json: bool = False


class CompiledGrammar(NamedTuple):
    """A grammar as the engine takes it, and what a report says of it."""

    program: Program
    report_items: Sequence[ReportItem] = ()


def read_grammar(
    text: str,
    syntax: str | None,
    vocabulary: Vocabulary | None = None,
    limits: Limits | None = None,
    options: Mapping[str, Any] | None = None,
    in_json: bool = False,
) -> CompiledGrammar:
    """Read a grammar in the syntax named.

    Raises
    ------
    OptionError
        If there is no such syntax, or it has no such option.
    ConstraintError
        If the grammar is at fault; `GrammarSyntaxError` where it does not parse.
    """
    if not isinstance(text, str):
        raise OptionError("grammar", text, "the text of a grammar")
    found = SYNTAXES.get(syntax) if isinstance(syntax, str) else None
    if found is None:
        raise OptionError("syntax", syntax, f"one of {', '.join(map(repr, SYNTAXES))}")
    if found.module is None:
        raise UnsupportedFeatureError(f"syntax={syntax!r}", reason="planned; this version does not read it")
    if in_json and syntax not in IN_JSON:
        raise UnsupportedFeatureError(f"a {syntax} grammar inside a JSON string", hint=f"write it as {' or '.join(IN_JSON)}")
    given = dict(options or {})
    holes = given.pop("open_terminals", None)
    for option in given:
        if option not in found.options:
            raise OptionError(option, given[option], f"an option of {syntax} grammars: {', '.join(found.options)}")
    start, use = given.pop("start", None), given.pop("use", None)
    if start is not None and not isinstance(start, str):
        raise OptionError("start", start, "the name of a rule")
    if use is not None and not (isinstance(use, Mapping) and all(isinstance(name, str) for name in use)):
        raise OptionError("use", use, "a mapping of names to constraints")
    known = dict(use or {})
    for name, hole in _holes(holes, limits or DEFAULT_LIMITS).items():
        if name in known:
            raise OptionError("open_terminals", name, "names that use= does not give")
        known[name] = hole
    request = Request(str(syntax), vocabulary, start, known, limits or DEFAULT_LIMITS, given, in_json)
    return import_module(found.module).read(text, request)


def _holes(given: Any, limits: Limits) -> dict[str, OpenTerminal]:
    """Return the open terminals of ``open_terminals={name: function}``."""
    if given is None:
        return {}
    if not (isinstance(given, Mapping) and all(isinstance(name, str) for name in given)):
        raise OptionError("open_terminals", given, "a mapping of names to functions of the text so far")
    return {name: one if isinstance(one, OpenTerminal) else OpenTerminal(name, one, limits) for name, one in given.items()}
