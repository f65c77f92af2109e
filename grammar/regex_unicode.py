"""Character classes of regular expressions: ``\\d \\w \\s``, ``\\p{...}``, and case-insensitive closure, per dialect.

Python's classes are those of the running interpreter: its own `re` scans all characters once (8 ms, on first use). ECMA's are
ASCII digits and words and its fixed list of white space. Ignoring case means closing a set under an equivalence that differs:

=============  ============================================================================================
``python``     equal lower case, or lower cases with an equal upper case (sre's rule)
``ascii``      ASCII letters only
``ecma``       equal upper case by one code unit, and no letter beyond ASCII equals one within
``ecma-u``     equal simple case folding
=============  ============================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from maskwright.automata.charset import CharSet

from .regex_tables import unicode_property

ASCII = CharSet.range(0, 0x7F)
DIGIT = CharSet.range("0", "9")
WORD = CharSet(((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)))
NEWLINE = CharSet.of("\n")
#: ECMA's LineTerminator
LINE_TERMINATORS = CharSet.of("\n\r\u2028\u2029")
#: ECMA's WhiteSpace and LineTerminator: the space separators of Unicode and six more
ECMA_SPACE = CharSet(((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)))
ECMA_SPACE = ECMA_SPACE | CharSet.of("\u202f\u205f\u3000\ufeff")
_ASCII_SPACE = CharSet.of(" \t\n\r\f\v")

#: no character with case lies beyond
_LAST_CASED = 0x1EFFF


@lru_cache(maxsize=1)
def _every_character() -> str:
    points = np.concatenate([np.arange(0xD800), np.arange(0xE000, 0x110000)])
    return points.astype("<u4").tobytes().decode("utf-32-le")


@lru_cache(maxsize=8)
def _scan(pattern: str) -> CharSet:
    """Return the characters that a one-character pattern of `re` matches."""
    gap = 0xD800
    shift = 0x800
    pairs = []
    for match in re.finditer(f"(?:{pattern})+", _every_character()):
        lo, hi = match.start(), match.end() - 1
        if lo < gap <= hi:
            pairs.append((lo, gap - 1))
            lo = gap
        pairs.append((lo, hi) if hi < gap else (lo + shift, hi + shift))
    return CharSet(pairs)


def named_class(letter: str, dialect: str, ascii_only: bool) -> CharSet:
    """Return ``\\d``, ``\\w``, ``\\s`` or the complement that a capital letter names."""
    base = letter.lower()
    if dialect == "python" and not ascii_only:
        charset = _scan(f"\\{base}")
    elif base == "d":
        charset = DIGIT
    elif base == "w":
        charset = WORD
    else:
        charset = _ASCII_SPACE if dialect == "python" else ECMA_SPACE
    return charset if letter == base else ~charset


def property_class(text: str) -> CharSet | None:
    """Return the set of ``\\p{text}`` as ECMA-262 spells properties, None if there is no such property."""
    name, equals, value = text.partition("=")
    if equals:
        kinds = {"General_Category": "gc", "gc": "gc", "Script": "sc", "sc": "sc", "Script_Extensions": "scx", "scx": "scx"}
        return unicode_property(kinds[name], value) if name in kinds else None
    found = unicode_property("gc", name)
    return found if found is not None else unicode_property("", name)


def _single(mapped: str, otherwise: str) -> str:
    return mapped if len(mapped) == 1 else otherwise


#: simple foldings of characters whose full folding is longer (CaseFolding.txt, status S since Unicode 15.1)
_SIMPLE_FOLDS = {"\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06"}


def _simple_fold(char: str) -> str:
    if char in _SIMPLE_FOLDS:
        return _SIMPLE_FOLDS[char]
    return _single(char.casefold(), _single(char.lower(), char))


def _sre_fold(char: str) -> str:
    """Map to the upper case of the lower case."""
    return "I" if char in "\u0130\u0131" else _single(char.lower(), char).upper()


def _unit_upper(char: str) -> str:
    upper = _single(char.upper(), char)
    if ord(char) > 0xFFFF or ord(upper) > 0xFFFF or (ord(char) >= 128 > ord(upper)):
        return char
    return upper


_FOLDS: dict[str, Callable[[str], str]] = {"python": _sre_fold, "ecma": _unit_upper, "ecma-u": _simple_fold}

def folded(char: str, rule: str) -> str:
    """Return what backreferences compare of a character when case is ignored (Python's: lower case, and nothing else)."""
    if rule == "ascii":
        return char.lower() if char.isascii() else char
    return char.lower()[0] if rule == "python" else _FOLDS[rule](char)


#: what else equals an ASCII letter when case is ignored
_BEYOND_ASCII = {
    "python": {"i": "\u0130\u0131", "k": "\u212a", "s": "\u017f"},
    "ecma-u": {"k": "\u212a", "s": "\u017f"},
    "ecma": {},
    "ascii": {},
}


@lru_cache(maxsize=4)
def _case_groups(rule: str) -> tuple[CharSet, ...]:
    """Return the sets of two and more characters that are equal when case is ignored."""
    fold = _FOLDS[rule]
    groups: dict[str, list[str]] = {}
    for char in map(chr, [*range(0xD800), *range(0xE000, _LAST_CASED + 1)]):
        if char.lower() != char or char.upper() != char or char.casefold() != char:
            groups.setdefault(fold(char), []).append(char)
    return tuple(CharSet.of(chars) for chars in groups.values() if len(chars) > 1)


@lru_cache(maxsize=1024)
def ignoring_case(charset: CharSet, rule: str) -> CharSet:
    """Close a set under the equivalence of characters called ``rule``; see the module's table."""
    if rule == "ascii" or charset <= ASCII:
        letters = charset & CharSet(((0x41, 0x5A), (0x61, 0x7A)))
        chars = [chr(c) for lo, hi in letters for c in range(lo, hi + 1)]
        extra = "".join(_BEYOND_ASCII[rule].get(c.lower(), "") for c in chars)
        return charset | CharSet.of("".join(chars).swapcase() + extra)
    return CharSet.union([charset, *(group for group in _case_groups(rule) if group & charset)])
