"""Other constraints inside a Lark grammar: names that ``use=`` and ``open_terminals=`` give, and ``%json {...}``.

For lark's loader and parser such a *hole* is a terminal without a pattern, as ``%declare`` makes them. For its lexer it is none: where the
parser expects it, a text of the constraint may stand in place of a lexeme, and every split of the text into holes and lexemes
counts. Lexemes before a hole see its text as the text that follows them, so they are as greedy as ever (`maskwright.grammar.restricted`).

``%json {...}`` is given such a name before lark reads the grammar. The name stands at the same place, padded and with its line breaks
escaped, so that lark counts lines and columns as in the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, NoReturn

from maskwright.automata.program import Program
from maskwright.automata.report import ReportItem
from maskwright.errors import ConstraintError, GrammarSyntaxError, OptionError

from ..analysis import accepts_empty
from ..hosting import least_nonempty
from ..inline_schema import read_inline_schema
from ..syntaxes import Request

_TERMINAL, _RULE = re.compile(r"_?[A-Z][_A-Z0-9]*\Z"), re.compile(r"_?[a-z][_a-z0-9]*\Z")
#: what %json cannot stand in, and %json; as lark's own tokens
_TOKENS = re.compile(r'(?://|#)[^\n]*|"(?:\\"|\\\\|[^"\n])*?"|/(?!/)(?:\\/|\\\\|[^/])*?/|(%json\b|\w+)')


class Hole(NamedTuple):
    """A constraint that stands in a grammar like a terminal.

    Attributes
    ----------
    name : str
        Of the terminal that lark knows.
    shown : str
        What messages call it.
    program : Program
    empty, solid : bool
        Whether the empty text is one of them, whether others are.
    """

    name: str
    shown: str
    program: Program
    empty: bool
    solid: bool


class Masked(NamedTuple):
    """A grammar as lark gets it.

    Attributes
    ----------
    text : str
        With names in place of ``%json {...}``.
    more : str
        Definitions of the holes' names.
    values : mapping of str to (shown, constraint)
        What the names of terminals stand for: a constraint expression or an open terminal.
    names : frozenset of str
        Those of ``use``.
    renamed : mapping of str to str
        The names that ``use`` gives to terminals, by those of ``values``: lark would take ``NAME`` and ``"name"`` for the same one.
    unread : tuple of str
        Names of ``use`` that the text does not have.
    """

    text: str
    more: str
    values: Mapping[str, tuple[str, Any]]
    names: frozenset[str]
    renamed: Mapping[str, str]
    unread: tuple[str, ...]


def masked(text: str, use: Mapping[str, Any]) -> Masked:
    """Return a grammar with names for all its holes.

    Raises
    ------
    GrammarSyntaxError
        If no JSON Schema follows ``%json``.
    OptionError
        If a name of ``use`` is none in Lark.
    """
    from ..compose import json

    stem = "_J"
    while re.search(rf"(?<!\w){stem}\d", text, re.I):
        stem += "_"
    values: dict[str, tuple[str, Any]] = {}
    renamed: dict[str, str] = {}
    pieces, last, lines = [], 0, []
    words = set()
    for found in _TOKENS.finditer(text):
        if found[1] != "%json" or found.start() < last:
            words.add(found[1])
            continue
        schema, end = read_inline_schema(text, found.end(), partial(_fails, text))
        name = f"{stem}{len(values)}"
        values[name] = (f"%json ({_where(text, found.start())})", json(schema))
        pieces += [text[last : found.start()], _padded(name, text[found.start() : end])]
        last = end
    pieces.append(text[last:])
    declared = set(re.findall(r"\w+", " ".join(re.findall(r"^[ \t]*%declare\b(.*)$", text, re.M))))
    for name, value in use.items():
        symbol = f"{stem}{len(values)}"
        values[symbol] = (name, value)
        if _TERMINAL.match(name):
            renamed[name] = symbol
        elif _RULE.match(name):
            lines.append(f"{name}: {symbol}\n")
        else:
            raise OptionError("use", name, "names of rules (lower case) or terminals (upper case) as Lark writes them")
    wanted = [*values, *(name for name in renamed if name not in declared)]
    if values:
        lines.append(f"%declare {' '.join(wanted)}\n")
    return Masked("".join(pieces), "".join(lines), values, frozenset(use), renamed, tuple(name for name in use if name not in words))


def rename(grammar: Any, names: Mapping[str, str]) -> None:
    """Give terminals in the rules of a grammar that lark has read other names."""
    for _, _, tree, _ in grammar.rule_defs if names else ():
        for part in tree.iter_subtrees():
            for child in part.children:
                name = getattr(child, "name", "")
                if getattr(child, "is_term", False) and name in names:
                    child.name = names[name]


def _padded(name: str, replaced: str) -> str:
    """Return ``name`` with as many lines as ``replaced``, the last one as long as there."""
    *lines, last = replaced.split("\n")
    if not lines:
        return name.ljust(len(replaced))
    return name + "\\\n" * len(lines) + " " * len(last)


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _where(text: str, at: int) -> str:
    line, column = _line_and_column(text, at)
    return f"line {line}, column {column}"


def _fails(text: str, at: int, message: str) -> NoReturn:
    line, column = _line_and_column(text, at)
    shown = (text.splitlines() or [""])[line - 1 : line]
    raise GrammarSyntaxError(message, line=line, column=column, text=(shown[0] if shown else "").replace("\t", " ") or " ")


def compiled_holes(values: Mapping[str, tuple[str, Any]], used: set[str], request: Request, items: list[ReportItem]) -> list[Hole]:
    """Compile the constraints of the names in ``used``; what a report says of them is added to ``items``."""
    from ..compose import program_of

    holes = []
    for name, (shown, value) in values.items():
        if name not in used:
            continue
        try:
            program = program_of(shown, value, request, items)
        except ConstraintError as error:
            error.add_note(f"in {shown} of the Lark grammar")
            raise
        holes.append(Hole(name, shown, program, accepts_empty(program), least_nonempty(program) is not None))
    return holes
