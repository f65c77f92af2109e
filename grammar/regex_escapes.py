"""Escapes and bracketed classes of regular expressions, for both dialects.

A `Cursor` walks the pattern; `escape` reads what follows a backslash and `bracket` a ``[...]``. Both return sets of characters, or
the name of an assertion for the parser to write out. Two rules differ most: Python refuses unknown escapes of ASCII letters, ECMA
with flag u refuses every escape that is not in its list, and ECMA without u (Annex B) takes nearly anything literally.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple, NoReturn

from maskwright.automata.charset import CharSet
from maskwright.errors import RegexSyntaxError, UnsupportedFeatureError

from .regex_unicode import ignoring_case, named_class, property_class

_HEX = frozenset("0123456789abcdefABCDEF")
_DIGITS = frozenset("0123456789")
_OCTAL = frozenset("01234567")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_CONTROLS = {"f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_PYTHON_CONTROLS = {**_CONTROLS, "a": 7}

#: assertions that an escape may name
ASSERTIONS = frozenset("bBAZ")


class Flags(NamedTuple):
    """Modifiers in force: ignore case, multiline, dot matches all, verbose, ASCII classes."""

    i: bool = False
    m: bool = False
    s: bool = False
    x: bool = False
    a: bool = False


class Reference(NamedTuple):
    """A backreference as read: the numbers of the groups it may mean."""

    numbers: tuple[int, ...]


class Cursor:
    """A place in a pattern, and the dialect it is read in.

    Parameters
    ----------
    pattern : str
    dialect : {"python", "ecma", "ecma-u"}
    num_groups : int
        Capturing groups of the whole pattern: decides what ``\\1`` is in Annex B.
    names : dict of str to tuple of int
        Names of groups, with their numbers: decides what ``\\k`` is in Annex B.
    path : str
        Where the pattern stands, for errors.
    """

    __slots__ = ("at", "dialect", "names", "num_groups", "path", "pattern", "python", "strict")

    def __init__(self, pattern: str, dialect: str, num_groups: int, names: dict[str, tuple[int, ...]], path: str):
        self.pattern = pattern
        self.dialect = dialect
        self.python = dialect == "python"
        self.strict = dialect == "ecma-u"
        self.num_groups = num_groups
        self.names = names
        self.path = path
        self.at = 0

    def peek(self, count: int = 1) -> str:
        """Return the next ``count`` characters, fewer at the end."""
        return self.pattern[self.at : self.at + count]

    def take(self, text: str) -> bool:
        """Step over ``text`` if it comes next."""
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def take_while(self, chars: frozenset[str], most: int | None = None) -> str:
        """Step over at most ``most`` characters of a set and return them."""
        begin = self.at
        end = len(self.pattern) if most is None else min(len(self.pattern), begin + most)
        while self.at < end and self.pattern[self.at] in chars:
            self.at += 1
        return self.pattern[begin : self.at]

    def fail(self, message: str, position: int | None = None, hint: str | None = None) -> NoReturn:
        """Raise a syntax error at ``position`` (default: here)."""
        where = min(self.at if position is None else position, len(self.pattern))
        raise RegexSyntaxError(message, pattern=self.pattern, position=where, path=self.path, hint=hint)

    def refuse(self, feature: str, reason: str, position: int | None = None) -> NoReturn:
        """Raise for a feature that regular languages do not have, which stands at ``position`` or before where reading is."""
        place = f"before position {self.at}" if position is None else f"at position {position}"
        raise UnsupportedFeatureError(feature, pointer=self.path, reason=f"{reason} ({place} of the pattern {self.pattern[:80]!r})")


@lru_cache(maxsize=4096)
def literal(point: int, flags: Flags, dialect: str) -> CharSet:
    """Return the characters that a literal one matches."""
    charset = CharSet.range(point, point)
    return ignoring_case(charset, case_rule(flags, dialect)) if flags.i else charset


def case_rule(flags: Flags, dialect: str) -> str:
    """Return the name of the equivalence that flag i stands for."""
    return "ascii" if flags.a and dialect == "python" else dialect


def class_escape(letter: str, flags: Flags, dialect: str) -> CharSet:
    """Return the set of ``\\d \\D \\w \\W \\s \\S``."""
    family = "python" if dialect == "python" else "ecma"
    if letter in "wW" and flags.i and dialect == "ecma-u":  # WordCharacters of ECMA-262 include what folds into them
        word = ignoring_case(named_class("w", family, False), dialect)
        return word if letter == "w" else ~word
    return named_class(letter, family, flags.a)


def escape(cursor: Cursor, flags: Flags, in_class: bool) -> int | CharSet | str | Reference:
    """Read an escape; the cursor stands behind the backslash.

    Returns
    -------
    int or CharSet or str or Reference
        A code point, a set, or (outside classes only) one of `ASSERTIONS` or a backreference.

    Raises
    ------
    RegexSyntaxError
        When the dialect has no such escape.
    UnsupportedFeatureError
        For properties that the table lacks.
    """
    begin = cursor.at - 1
    letter = cursor.peek()
    if not letter:
        cursor.fail("the pattern ends in a backslash", begin)
    cursor.at += 1
    if letter in "dDwWsS":
        return class_escape(letter, flags, cursor.dialect)
    if letter == "b" and in_class:
        return 8
    if not in_class and (letter in "bB" or (cursor.python and letter in "AZ")):
        return letter
    if letter in "123456789" or (letter == "0" and cursor.python):
        return _number(cursor, letter, in_class, begin)
    if cursor.python:
        return _python_escape(cursor, letter, begin)
    return _ecma_escape(cursor, letter, in_class, begin)


def _number(cursor: Cursor, letter: str, in_class: bool, begin: int) -> int | Reference:
    """Read an octal escape or a backreference that starts with a digit."""
    cursor.at -= 1
    if cursor.python:
        octal = cursor.take_while(_OCTAL, 3)
        if (octal and octal[0] == "0") or len(octal) == 3 or (in_class and octal):
            if int(octal, 8) > 0o377:
                cursor.fail(f"octal escape \\{octal} is beyond \\377", begin)
            return int(octal, 8)
        if in_class:
            cursor.fail(f"bad escape \\{letter}", begin)
    cursor.at = begin + 1
    digits = cursor.take_while(_DIGITS)
    if not in_class and (cursor.python or cursor.strict or int(digits) <= cursor.num_groups):
        if int(digits) > cursor.num_groups:
            cursor.fail(f"there is no group {digits}", begin)
        return Reference((int(digits),))
    if cursor.strict:
        cursor.fail(f"bad escape \\{letter} in a class", begin)
    return _legacy_octal(cursor, begin)


def _legacy_octal(cursor: Cursor, begin: int) -> int:
    """Read an octal escape of Annex B, at most \\377; 8 and 9 are themselves."""
    cursor.at = begin + 1
    digits = cursor.take_while(_OCTAL, 3)
    if not digits:
        cursor.at += 1
        return ord(cursor.pattern[begin + 1])
    if int(digits, 8) > 0o377:
        cursor.at -= 1
        digits = digits[:-1]
    return int(digits, 8)


def _hex(cursor: Cursor, count: int) -> int | None:
    """Read exactly ``count`` hexadecimal digits, or nothing."""
    digits = cursor.peek(count)
    if len(digits) == count and _HEX.issuperset(digits):
        cursor.at += count
        return int(digits, 16)
    return None


def _python_escape(cursor: Cursor, letter: str, begin: int) -> int:
    if letter in _PYTHON_CONTROLS:
        return _PYTHON_CONTROLS[letter]
    if letter in "xuU":
        point = _hex(cursor, {"x": 2, "u": 4, "U": 8}[letter])
        if point is None or point > 0x10FFFF:
            hint = "Python writes \\uXXXX or \\UXXXXXXXX, up to \\U0010FFFF; \\u{...} is JavaScript's" if letter in "uU" else None
            cursor.fail(f"incomplete escape \\{letter}", begin, hint)
        return point
    if letter == "N":
        end = cursor.pattern.find("}", cursor.at)
        name = cursor.pattern[cursor.at + 1 : end]
        if cursor.peek() != "{" or end < 0:
            cursor.fail("expected {name} after \\N", begin)
        try:
            point = ord(unicodedata.lookup(name))
        except (KeyError, TypeError):
            cursor.fail(f"undefined character name {name!r}", begin)
        cursor.at = end + 1
        return point
    if letter in _LETTERS:
        cursor.fail(f"bad escape \\{letter}", begin)
    return ord(letter)


def _ecma_escape(cursor: Cursor, letter: str, in_class: bool, begin: int) -> int | CharSet | Reference:
    if letter in _CONTROLS:
        return _CONTROLS[letter]
    if letter == "0":
        if cursor.peek() not in _DIGITS or not cursor.peek():
            return 0
        if cursor.strict:
            cursor.fail("\\0 followed by a digit", begin)
        return _legacy_octal(cursor, begin)
    if letter == "c":
        return _control(cursor, in_class, begin)
    if letter == "x":
        point = _hex(cursor, 2)
        if point is None and cursor.strict:
            cursor.fail("\\x needs two hexadecimal digits", begin)
        return ord("x") if point is None else point
    if letter == "u":
        return _code_unit(cursor, begin)
    if letter in "pP" and cursor.strict:
        return _property(cursor, letter, begin)
    if letter == "k" and not in_class and (cursor.strict or cursor.names):
        name = cursor.pattern[cursor.at + 1 : max(cursor.at, cursor.pattern.find(">", cursor.at))]
        if cursor.peek() != "<" or name not in cursor.names:
            cursor.fail(f"there is no group {name!r}", begin)
        cursor.at += len(name) + 2
        return Reference(cursor.names[name])
    if cursor.strict and letter not in _SYNTAX and not (in_class and letter == "-"):
        cursor.fail(f"bad escape \\{letter}", begin)
    return ord(letter)


def _control(cursor: Cursor, in_class: bool, begin: int) -> int:
    """Read ``\\cX``; where it is none, Annex B takes the backslash literally."""
    following = cursor.peek()
    if following and (following in _LETTERS or (in_class and not cursor.strict and (following in _DIGITS or following == "_"))):
        cursor.at += 1
        return ord(following) % 32
    if cursor.strict:
        cursor.fail("\\c needs a letter", begin)
    cursor.at = begin + 1
    return ord("\\")


def _code_unit(cursor: Cursor, begin: int) -> int:
    """Read ``\\uXXXX``, a surrogate pair of them, or with flag u ``\\u{X}``."""
    if cursor.strict and cursor.take("{"):
        digits = cursor.take_while(_HEX)
        if not digits or not cursor.take("}"):
            cursor.fail("bad \\u{...}", begin, "write hexadecimal digits between the braces: \\u{1F600}")
        if int(digits, 16) > 0x10FFFF:
            cursor.fail(f"\\u{{{digits[:20]}}} is beyond Unicode", begin, "the last character is \\u{10FFFF}")
        return int(digits, 16)
    point = _hex(cursor, 4)
    if point is None:
        if cursor.strict:
            cursor.fail("\\u needs four hexadecimal digits", begin)
        return ord("u")
    if 0xD800 <= point <= 0xDBFF and cursor.peek(2) == "\\u":
        back = cursor.at
        cursor.at += 2
        low = _hex(cursor, 4)
        if low is not None and 0xDC00 <= low <= 0xDFFF:
            return 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00)
        cursor.at = back
    return point


def _property(cursor: Cursor, letter: str, begin: int) -> CharSet:
    end = cursor.pattern.find("}", cursor.at)
    if cursor.peek() != "{" or end < 0:
        cursor.fail(f"expected {{...}} after \\{letter}", begin)
    name = cursor.pattern[cursor.at + 1 : end]
    charset = property_class(name)
    if charset is None:
        if name in ("Changes_When_NFKC_Casefolded", "CWKCF"):
            cursor.refuse(f"\\p{{{name}}}", "the property table does not have it")
        cursor.fail(f"unknown property {name!r}", begin)
    cursor.at = end + 1
    return charset if letter == "p" else ~charset


def bracket(cursor: Cursor, flags: Flags) -> CharSet:
    """Read a class; the cursor stands behind the opening bracket."""
    begin = cursor.at - 1
    negative = cursor.take("^")
    first = cursor.at
    points: list[tuple[int, int]] = []
    sets: list[CharSet] = []
    while not (cursor.peek() == "]" and (cursor.at != first or not cursor.python)):
        here = cursor.at
        lo = _member(cursor, flags, begin)
        if cursor.peek() == "-" and cursor.peek(2) != "-]":
            cursor.at += 1
            hi = _member(cursor, flags, begin)
            if isinstance(lo, int) and isinstance(hi, int):
                if lo > hi:
                    cursor.fail("class range out of order", here)
                points.append((lo, hi))
                continue
            if cursor.python or cursor.strict:
                cursor.fail("a class range ends in a set", here)
            points.append((0x2D, 0x2D))
            _add(hi, points, sets)
        _add(lo, points, sets)
    cursor.at += 1
    charset = CharSet(points)
    if flags.i:
        charset = ignoring_case(charset, case_rule(flags, cursor.dialect))
        if not cursor.python:
            sets = [ignoring_case(s, cursor.dialect) for s in sets]
    if sets:
        charset = CharSet.union([charset, *sets])
    return ~charset if negative else charset


def _add(member: int | CharSet, points: list[tuple[int, int]], sets: list[CharSet]) -> None:
    if isinstance(member, int):
        points.append((member, member))
    else:
        sets.append(member)


def _member(cursor: Cursor, flags: Flags, begin: int) -> int | CharSet:
    """Read one member of a class."""
    char = cursor.peek()
    if not char:
        cursor.fail("unterminated class", begin)
    cursor.at += 1
    if char != "\\":
        return ord(char)
    found = escape(cursor, flags, True)
    assert isinstance(found, (int, CharSet))
    return found
