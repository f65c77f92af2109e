"""Lark grammars: lark's own loader reads them, and the texts accepted are those that lark's parsers accept.

Read in this order: `loading` (the grammar, and what is wrong with it), `first_match` (one scanner as an automaton), `lexing` (which scanner
where), `tables` (what lark's parser does with the terminals), `contexts` (both together), `program`.
"""

from __future__ import annotations

from typing import Any

from maskwright.automata.limits import timed
from maskwright.automata.report import ReportItem
from maskwright.errors import ConstraintError, OptionError, UnsupportedFeatureError

from ..syntaxes import CompiledGrammar, Request
from .contexts import Contexts
from .holes import Masked, compiled_holes, masked
from .lexing import Definition, Lexing
from .loading import Loaded, load
from .program import ContextProgram
from .tables import lalr_tables, plain_tables

LEXINGS = ("lark", "all")


def read(text: str, request: Request) -> CompiledGrammar:
    """Read a Lark grammar.

    Parameters
    ----------
    text : str
    request : Request
        Options: ``lexing`` ("lark" or "all"; which of lark's parsers defines the language) and ``loader`` (a function from the path of an
        imported grammar to its text, or a mapping).

    Raises
    ------
    GrammarSyntaxError, ConstraintError
        If lark refuses the grammar.
    UnsupportedFeatureError
        For terminals that a postlex supplies, and patterns that are not regular or look before their lexeme.
    UnsatisfiableError
        If it derives no text.
    LimitExceeded
        If it goes beyond the limits.
    """
    with timed(request.limits.seconds):
        return _read(text, request)


def _read(text: str, request: Request) -> CompiledGrammar:
    lexing_name = request.options.get("lexing") or "lark"
    if lexing_name not in LEXINGS:
        raise OptionError("lexing", lexing_name, "'lark' or 'all'")
    given = masked(text, request.use)
    loaded = load(text, request.start or "start", request.options.get("loader"), request.limits, given if given.values else None)
    used = {symbol.name for rule in _reachable(loaded) for symbol in rule.expansion if symbol.is_term}
    _refuse_declared(loaded, used, given)
    inside: list[ReportItem] = []
    holes = compiled_holes(given.values, used, request, inside)
    lexing = Lexing(_definitions(loaded), loaded.ignored, lexing_name == "all", request.limits, holes)
    tables = None
    if lexing_name == "lark":
        tables = lalr_tables(loaded.rules, loaded.start, lexing, request.limits)
        if tables is None:
            tables = plain_tables(loaded.rules, loaded.start, lexing, "earley, basic lexer")
    else:
        tables = plain_tables(loaded.rules, loaded.start, lexing, "earley, dynamic_complete lexer")
    contexts = Contexts(tables, lexing, request.limits)
    program = ContextProgram(contexts, lexing, request.limits)
    items = [ReportItem("", "parser", "automaton", f"the language is that of lark's parser: {tables.parser}")]
    if lexing_name == "lark" and not tables.parser.startswith("lalr"):
        items.append(ReportItem("", "lalr", "annotation", "the grammar is not LALR(1), so lark's Earley parser defines what it means"))
    items += [ReportItem(name, "rule", "annotation", "derives no text, so it is never entered") for name in contexts.unproductive]
    return CompiledGrammar(program, items + inside)


def _reachable(loaded: Loaded) -> list[Any]:
    """Return the rules that the start rule leads to; lark keeps others that only refer to each other."""
    by_origin: dict[str, list[Any]] = {}
    for rule in loaded.rules:
        by_origin.setdefault(rule.origin.name, []).append(rule)
    names = {loaded.start: None}
    found = []
    for name in (work := list(names)):  # grows while it is walked
        for rule in by_origin.get(name, ()):
            found.append(rule)
            for symbol in rule.expansion:
                if not symbol.is_term and symbol.name not in names:
                    names[symbol.name] = None
                    work.append(symbol.name)
    return found


def _refuse_declared(loaded: Loaded, used: set[str], given: Masked) -> None:
    for name in loaded.ignored:
        if name not in given.renamed and name not in given.values:
            continue
        raise UnsupportedFeatureError(
            f"%ignore {name if name in given.renamed else '%json'}",
            reason="what is ignored is a terminal with a pattern, not another constraint",
        )
    names = sorted((used - set(given.values) | set(loaded.ignored)) & loaded.declared)
    if names:
        raise UnsupportedFeatureError(
            f"%declare {' '.join(names)}",
            reason="these terminals have no pattern: a postlex (such as python's indentation) would supply them",
            hint="define the terminals, give them by use=, or generate from a rule that does without them",
        )


def _definitions(loaded: Loaded) -> list[Definition]:
    """Return the terminals in the order in which lark's lexers try them."""
    found = []
    for terminal in sorted(loaded.terminals, key=_lark_order):
        pattern = terminal.pattern
        if pattern.min_width == 0:
            raise ConstraintError(
                f"terminal {terminal.user_repr()} matches the empty text, which lark's lexers do not allow",
                hint="let it match at least one character, and make its uses optional",
            )
        is_word = pattern.type == "str"
        shown = terminal.user_repr() if not terminal.name.startswith("__") else (pattern.raw or terminal.name)
        found.append(Definition(terminal.name, shown, pattern.to_regexp(), is_word, pattern.value, pattern.flags, terminal.priority))
    return found


def _lark_order(terminal) -> tuple:
    """The key by which `lark.lexer.BasicLexer` sorts."""
    return -terminal.priority, -terminal.pattern.max_width, -len(terminal.pattern.value), terminal.name
