r"""EBNF in the dialect that xgrammar documents: the notation of the XML specification with ``#`` comments and C escapes (`docs/ebnf.md`).

Beyond it, literals may stand in single quotes, as in the XML specification, and ``%json`` followed by a JSON Schema stands for a JSON
text. ``Regex``, ``Substring``, ``Token`` and ``ExcludeToken`` are read; dispatch macros, lookahead and rule options are refused by name.
"""

from __future__ import annotations

from typing import Any

from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal, without_empty
from maskwright.errors import ConstraintError

from .bnf import BNFParser, read_bnf, text_of
from .bnf_scanner import Dialect, Mark, TokenName
from .regex import compile_regex
from .rules import Body, Choice, Empty, Lexeme, Reference, Sequence
from .syntaxes import CompiledGrammar, Request

_ESCAPES = {
    **{char: char for char in "\"\\/'?"},
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0", "e": "\x1b",
}

EBNF = Dialect(
    name="EBNF",
    syntax="ebnf",
    name_pattern=r"[A-Za-z_.-][A-Za-z0-9_.-]*",
    quotes="\"'",
    escapes=_ESCAPES,
    class_escapes={char: char for char in "^$\\.*+?()[]{}|/-"},
    long_x=True,
    free_lines=True,
    any_char=False,
    tokens=False,
    repeated_repeats=False,
)


def read(text: str, request: Request) -> CompiledGrammar:
    """Read an EBNF grammar; see `bnf.read_bnf`."""
    return read_bnf(text, request, EBNF, _MACROS)


def _refuse_named(parser: BNFParser, mark: Mark, named: dict[str, Any], known: tuple[str, ...] = ()) -> None:
    for name in named:
        if name not in known:
            parser.fail(mark, f"{mark.value} has no argument {name!r}", f"it has {', '.join(known)}" if known else "it has no named ones")


def _regex(parser: BNFParser, mark: Mark, positional: list[Any], named: dict[str, Any]) -> Body:
    """``Regex("pattern", flags="is", json_string=false)``: without flags ``.`` is any character."""
    _refuse_named(parser, mark, named, ("flags", "json_string"))
    if len(positional) != 1 or not isinstance(positional[0], str):
        parser.fail(mark, "Regex takes one pattern, a literal")
    flags = named.get("flags")
    if flags is not None and not (isinstance(flags, str) and set(flags) <= set("isu")):
        parser.fail(mark, f"unknown flags {flags!r} of Regex: expected some of 'i', 's' and 'u'")
    try:
        dfa = compile_regex(positional[0], flags="s" if flags is None else flags.replace("u", ""), path=parser.source.where(mark.at))
    except ConstraintError as error:
        error.add_note(f"in Regex, {parser.source.where(mark.at)}; a backslash of the pattern is written twice in a literal")
        raise
    if named.get("json_string", False):
        plain = CharSet.range(0x20, 0x10FFFF) - CharSet.of('"\\')
        dfa = dfa & DFA.symbols(plain).star()
    return _language(dfa.to_utf8(), f"text matching {positional[0]!r}")


def _language(dfa: DFA, name: str) -> Body:
    if dfa.is_empty:
        return Choice(())
    if not dfa.nullable:
        return Lexeme(DFATerminal(dfa, name))
    solid = without_empty(dfa)
    return Empty() if solid.is_empty else Choice((Empty(), Lexeme(DFATerminal(solid, name))))


def _substring(parser: BNFParser, mark: Mark, positional: list[Any], named: dict[str, Any]) -> Body:
    """``Substring("a", "b", ...)``: any run of the chunks; one rule per chunk says how a run that has come to it may go on."""
    _refuse_named(parser, mark, named)
    if not all(isinstance(chunk, str) for chunk in positional):
        parser.fail(mark, "Substring takes literals")
    names = [f"Substring@{mark.at}.{i}" for i in range(len(positional))]
    for i, chunk in enumerate(positional):
        follow: Body = Reference(names[i + 1]) if i + 1 < len(names) else Empty()
        parser.rules[names[i]] = Choice((Empty(), Sequence((text_of(chunk), follow))))
    return Choice(tuple(Reference(name) for name in names)) if names else Empty()


def _token(parser: BNFParser, mark: Mark, positional: list[Any], named: dict[str, Any]) -> Body:
    """``Token(7, 8)``: one of these tokens."""
    _refuse_named(parser, mark, named)
    if not positional or not all(type(token) is int for token in positional):
        parser.fail(mark, f"{mark.value} takes token ids")
    names = [TokenName(token, f"{mark.value}({token})", mark.value != "Token") for token in positional]
    if mark.value == "Token":
        return Choice(tuple(parser.token(mark._replace(value=name)) for name in names))
    return [parser.token(mark._replace(value=name)) for name in names][-1]  # each is checked, and all mean any text


_MACROS = {
    "Regex": _regex,
    "Substring": _substring,
    "Token": _token,
    "ExcludeToken": _token,
}
