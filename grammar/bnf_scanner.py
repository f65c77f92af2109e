r"""Marks of GBNF and EBNF: names, literals, character classes, repeats, tokens, operators.

The two languages are one notation with small differences, which `Dialect` lists. `scan` cuts a text into marks with one regular
expression; literals and classes come decoded. Every mark knows where it stands, and `Source` turns that into line, column and a
caret for errors.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from maskwright.automata.charset import MAX_CHAR, CharSet
from maskwright.errors import GrammarSyntaxError

from .inline_schema import read_inline_schema

#: how the XML specification writes a character; here ``#`` begins a comment
_CHARACTER = re.compile(r"#x[0-9A-Fa-f]{1,6}(?![0-9A-Za-z_])")
#: bound of a counted repeat
MOST_REPEATS = 10**9


class Dialect(NamedTuple):
    r"""Where a notation differs.

    Attributes
    ----------
    name : str
    syntax : str
        Its name as an option.
    name_pattern : str
        Of rule names, as a regular expression.
    quotes : str
        What literals stand in.
    escapes, class_escapes : mapping of str to str
        What a backslash and a letter stand for in literals, and in classes besides.
    long_x : bool
        Whether ``\x`` takes any number of digits instead of two.
    free_lines : bool
        Whether line breaks mean nothing inside a rule.
    any_char, tokens : bool
        Whether there are ``.`` for any character, and ``<text>``, ``<[7]>`` and ``!<text>`` for tokens.
    repeated_repeats : bool
        Whether a repeat may follow a repeat.
    """

    name: str
    syntax: str
    name_pattern: str
    quotes: str
    escapes: Mapping[str, str]
    class_escapes: Mapping[str, str]
    long_x: bool
    free_lines: bool
    any_char: bool
    tokens: bool
    repeated_repeats: bool


class Mark(NamedTuple):
    """One mark: what kind, what it means, and where it begins and ends."""

    kind: str
    value: Any
    at: int
    end: int


class TokenName(NamedTuple):
    """A token by id or by text, or (``negated``) any other."""

    id: int | None
    text: str
    negated: bool


class Source:
    """A grammar's text, for places and errors."""

    def __init__(self, text: str, dialect: str):
        self.text = text
        self.dialect = dialect
        self._lines = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column of an offset, from 1."""
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def where(self, at: int) -> str:
        """Name the line of an offset."""
        return f"line {self.place(at)[0]}"

    def fail(self, at: int, message: str, hint: str | None = None) -> NoReturn:
        """Raise `GrammarSyntaxError` at an offset."""
        line, column = self.place(at)
        end = self._lines[line] if line < len(self._lines) else len(self.text)
        shown = self.text[self._lines[line - 1] : end].rstrip("\r\n")
        raise GrammarSyntaxError(f"{message} in {self.dialect}", line=line, column=column, text=shown, hint=hint)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(dialect: Dialect) -> re.Pattern[str]:
    found = _PATTERNS.get(dialect.name)
    if found is None:
        literals = "|".join(rf"{q}(?:[^{q}\\\r\n]|\\.)*{q}" for q in dialect.quotes)
        parts = {
            "space": r"[ \t]+|#[^\r\n]*",
            "newline": r"\r\n?|\n",
            "assign": r"::=",
            "name": dialect.name_pattern,
            "literal": literals,
            "class": r"\[(?:[^\]\\\r\n]|\\.)*\]",
            "repeat": r"[*+?]",
            "count": r"\{[ \t]*[0-9]+[ \t]*(?:,[ \t]*[0-9]*[ \t]*)?\}",
            "open": r"\(",
            "close": r"\)",
            "bar": r"\|",
            "directive": r"%[A-Za-z_]+",
        }
        if dialect.any_char:
            parts["any"] = r"\."
        if dialect.tokens:
            parts["token"] = r"!?<(?:\[[0-9]+\]|[^<>\s]+)>"
        else:
            parts["comma"] = r"[,=]"
            parts["number"] = r"[0-9]+"
        found = _PATTERNS[dialect.name] = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in parts.items()))
    return found


def scan(source: Source, dialect: Dialect) -> list[Mark]:
    """Cut a text into marks; the last one is of kind "end".

    Raises
    ------
    GrammarSyntaxError
        Where nothing of the notation stands.
    """
    text, match = source.text, _pattern(dialect).match
    marks: list[Mark] = []
    at = 1 if text.startswith("\ufeff") else 0
    while at < len(text):
        found = match(text, at)
        if found is None:
            _complain(source, at, dialect)
        kind, end = found.lastgroup, found.end()
        if kind == "directive":
            mark, end = _directive(source, at, end)
            marks.append(mark)
        elif kind == "space":
            if _CHARACTER.match(text, at) and marks and source.place(marks[-1].at)[0] == source.place(at)[0]:
                hint = "a character by its number is \"\\u0041\" or [\\u0041]; a comment has a space after #"
                source.fail(at, "what looks like a character of the XML specification would be a comment", hint)
        else:
            marks.append(Mark(str(kind), _value(source, str(kind), at, end, dialect), at, end))
        at = end
    marks.append(Mark("end", None, len(text), len(text)))
    return marks


def _complain(source: Source, at: int, dialect: Dialect) -> NoReturn:
    here = source.text[at]
    if here in dialect.quotes:
        source.fail(at, "a literal without its closing quote", "a line break inside a literal is written \\n")
    if here == "[":
        source.fail(at, "a character class without its closing bracket", "a line break inside a class is written \\n, a bracket \\]")
    if here == "{":
        source.fail(at, "expected a repeat like {3}, {2,5} or {2,}", "braces of the text itself stand in quotes")
    if here == ";":
        source.fail(at, "unexpected ';'", "rules end with their line")
    source.fail(at, f"unexpected {here!r}")


def _value(source: Source, kind: str, at: int, end: int, dialect: Dialect) -> Any:
    text = source.text[at:end]
    if kind == "literal":
        return "".join(map(chr, _characters(source, at + 1, end - 1, dialect.escapes, dialect)))
    if kind == "class":
        return _charset(source, at, end, dialect)
    if kind == "repeat":
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[text]
    if kind == "count":
        return _count(source, at, text)
    if kind == "token":
        name = text.lstrip("!")
        number = re.fullmatch(r"<\[([0-9]+)\]>", name)
        return TokenName(int(number[1]) if number else None, name, text[0] == "!")
    return text


def _count(source: Source, at: int, text: str) -> tuple[int, int | None]:
    low, comma, high = text[1:-1].partition(",")
    if max(len(low.strip()), len(high.strip())) > 10:
        source.fail(at, "a repeat beyond all bounds", f"at most {MOST_REPEATS}")
    lo = int(low)
    hi = (int(high) if high.strip() else None) if comma else lo
    if hi is not None and hi < lo:
        source.fail(at, f"the repeat {text} ends before it begins")
    if max(lo, hi or 0) > MOST_REPEATS:
        source.fail(at, f"the repeat {text} is beyond {MOST_REPEATS}")
    return lo, hi


def _characters(source: Source, at: int, end: int, escapes: Mapping[str, str], dialect: Dialect) -> list[int]:
    """Decode the code points between two offsets."""
    text, points = source.text, []
    while at < end:
        if text[at] == "\\":
            point, at = _escape(source, at, end, escapes, dialect)
            points.append(point)
        else:
            points.append(_scalar(source, at, ord(text[at])))
            at += 1
    return points


def _scalar(source: Source, at: int, point: int) -> int:
    if point > MAX_CHAR:
        source.fail(at, f"{point:#x} is beyond the last character, 0x10ffff")
    if 0xD800 <= point <= 0xDFFF:
        source.fail(at, f"{point:#x} is half of a surrogate pair, no character", "write the character itself, or \\U and its eight digits")
    return point


def _escape(source: Source, at: int, end: int, escapes: Mapping[str, str], dialect: Dialect) -> tuple[int, int]:
    """Decode the escape at an offset; return the code point and where it ends."""
    letter = source.text[at + 1]
    if letter in escapes:
        return ord(escapes[letter]), at + 2
    if letter in "xuU":
        width = {"x": 2, "u": 4, "U": 8}[letter]
        pattern = "[0-9a-fA-F]+" if letter == "x" and dialect.long_x else f"[0-9a-fA-F]{{{width}}}"
        digits = re.compile(pattern).match(source.text, at + 2, end)
        if digits is None:
            source.fail(at, f"\\{letter} takes {width} hexadecimal digits")
        if len(digits[0]) > 12:
            source.fail(at, f"\\{letter} with {len(digits[0])} digits is beyond the last character")
        return _scalar(source, at, int(digits[0], 16)), digits.end()
    hint = "classes like \\d are written out: [0-9]" if letter in "dDsSwW" else None
    source.fail(at, f"unknown escape \\{letter}: expected one of " + " ".join(f"\\{e}" for e in [*escapes, "x", "u", "U"]), hint)


def _charset(source: Source, at: int, end: int, dialect: Dialect) -> CharSet:
    """Decode the class between two offsets, brackets included."""
    text, begin = source.text, at + 1
    negated = text[begin] == "^"
    here = begin + negated
    escapes = {**dialect.escapes, **dialect.class_escapes}
    ranges: list[tuple[int, int]] = []

    def one(here: int) -> tuple[int, int]:
        if text[here] == "\\":
            return _escape(source, here, end - 1, escapes, dialect)
        return _scalar(source, here, ord(text[here])), here + 1

    while here < end - 1:
        first = here
        low, here = one(here)
        high = low
        if text[here] == "-" and here + 1 < end - 1:
            high, here = one(here + 1)
            if high < low:
                source.fail(first, f"the range {text[first:here]} ends before it begins", "write a '-' that is no range last in the class")
        ranges.append((low, high))
    if not ranges and not negated:
        source.fail(at, "an empty class, which no character is of")
    charset = CharSet(ranges)
    return ~charset if negated else charset


def _directive(source: Source, at: int, end: int) -> tuple[Mark, int]:
    """Read ``%json`` and the JSON value after it."""
    name = source.text[at:end]
    if name != "%json":
        source.fail(at, f"unknown directive {name}", "there is %json followed by a JSON Schema; %import, %ignore and others are Lark's")
    value, after = read_inline_schema(source.text, end, source.fail)
    return Mark("json", value, at, after), after
