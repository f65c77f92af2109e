"""Finite sets of numbers: all spellings of 100,000 values as one automaton.

The spellings of one value are a word and what may follow it. The *plain word* is the shortest plain decimal (``12``, ``0.5``); behind a
whole number may come a point and zeros, behind a fraction zeros. The *mantissa word* is the shortest mantissa (``1.2``); behind it come
zeros in the same way, then the exponent. So the words go into one minimal acyclic automaton, labelled with what may follow, and the
tails are hung on its states afterwards:

    label (point, plain, exponents)    the word has a point; it is a number as it stands; it is a mantissa with any of these exponents

Where one word followed by zeros is the beginning of another (12 and 12.05), the words in between (``12.0``) are added with the label of
the shorter one, so that a tail is only ever hung where nothing goes on.

Refused: an interval per value and their union, quadratic in the number of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from maskwright.automata.alphabet import NONE
from maskwright.automata.dfa import DFA

from .decimals import DIGIT, EXPONENT, MINUS, PLUS, POINT, WIDTH, Rows, decimal, number_alphabet, spelled_out
from .number_spelling import EXACT, Style, ready

#: words beyond which the result is not brought to canonical form
_MANY = 2_000
#: most digits of an exponent in float64 spellings
EXPONENT_DIGITS = 3
_ZEROS = re.compile(r"0+(?=[0-9]*[1-9])")


class _Tail(NamedTuple):
    """What may follow a word; see the module. ``zeros`` is how many zeros may (None: any number)."""

    point: bool
    plain: bool
    exponents: frozenset[int]
    zeros: int | None


def plain_word(value: Fraction) -> str:
    """Return the shortest plain decimal of a number."""
    sign = "-" if value < 0 else ""
    if value.denominator == 1:
        return sign + spelled_out(abs(value.numerator))
    digits = decimal(abs(value))
    before, after = ("".join(map(str, part)) for part in (digits.before_point(), digits.after_point()))
    return f"{sign}{before}.{after}"


def mantissa_word(plain: str) -> tuple[str, int]:
    """Return mantissa and exponent of a number that is not 0, given its plain word."""
    before, _, after = plain.lstrip("-").partition(".")
    digits = (before + after).lstrip("0")
    exponent = len(before) - 1 - (len(before) + len(after) - len(digits))
    digits = digits.rstrip("0")
    return ("-" if plain[0] == "-" else "") + digits[0] + ("." + digits[1:] if len(digits) > 1 else ""), exponent


class _Words:
    """Words with what is known of each."""

    def __init__(self) -> None:
        self.plain: set[str] = set()
        self.exponents: dict[str, set[int]] = {}

    def __contains__(self, word: str) -> bool:
        return word in self.plain or word in self.exponents

    def all(self) -> set[str]:
        return self.plain | self.exponents.keys()

    def extend(self, word: str, longer: str, style: Style) -> None:
        """Let ``longer``, which is ``word`` and zeros, be what ``word`` is."""
        if word in self.plain and (style.significant is None or "." in word):
            self.plain.add(longer)
        if word in self.exponents:
            self.exponents.setdefault(longer, set()).update(self.exponents[word])


def _words(values: Iterable[Fraction], style: Style) -> _Words:
    out = _Words()
    for value in values:
        word = plain_word(value)
        out.plain.add(word)
        if not value:
            out.plain.add("-0")
        elif style.significant is None or value.denominator != 1:
            mantissa, exponent = mantissa_word(word)
            out.exponents.setdefault(mantissa, set()).add(exponent)
    _bridge(out, style)
    return out


def _bridge(words: _Words, style: Style) -> None:
    """Add the words between a word and a longer one that begins with it and zeros."""
    for word in sorted(words.all()):
        whole, point, part = word.partition(".")
        if not point:
            continue
        if whole in words:
            words.extend(whole, whole + ".0", style)
        for run in _ZEROS.finditer(part):
            base = whole + ("." + part[: run.start()] if run.start() else "")
            if base in words:
                for end in range(run.start() + 1, run.end() + 1):
                    words.extend(base, whole + "." + part[:end], style)


def _zeros_left(word: str, style: Style) -> int | None:
    """Return how many zeros may follow a word."""
    if style.significant is None:
        return None
    return max(0, style.significant - len(word.lstrip("-").replace(".", "").lstrip("0") or "0"))


def _tails(words: _Words, style: Style) -> tuple[list[str], list[_Tail]]:
    listed = sorted(words.all())
    none: frozenset[int] = frozenset()
    tails = []
    for word in listed:
        exponents = frozenset(words.exponents[word]) if word in words.exponents else none
        tails.append(_Tail("." in word, word in words.plain, exponents, _zeros_left(word, style)))
    return listed, tails


class _Hanger:
    """Appends tails to a table."""

    def __init__(self, table: np.ndarray, style: Style):
        self.rows: Rows = []
        self.first = len(table)
        self.accepting: list[bool] = []
        self._width = None if style.significant is None else EXPONENT_DIGITS
        self._known: dict[object, int] = {}

    def _new(self, accepting: bool) -> int:
        self.rows.append([0] * WIDTH)
        self.accepting.append(accepting)
        return self.first + len(self.rows) - 1

    def row(self, state: int) -> list[int]:
        return self.rows[state - self.first]

    def exponents(self, numbers: frozenset[int]) -> int:
        """Return the start of the automaton of an exponent out of ``numbers``."""
        found = self._known.get(numbers)
        if found is None:
            found = self._known[numbers] = self._new(False)
            row = self.row(found)
            above = self._naturals(frozenset(n for n in numbers if n >= 0))
            below = self._naturals(frozenset(-n for n in numbers if n <= 0))
            if above:
                row[PLUS] = above
                row[DIGIT:EXPONENT] = self.row(above)[DIGIT:EXPONENT]
            row[MINUS] = below
        return found

    def _naturals(self, numbers: frozenset[int]) -> int:
        """Return the start of the automaton of the digit strings, leading zeros included, of ``numbers``; 0 if there are none."""
        if not numbers:
            return 0
        budget = -1 if self._width is None else self._width
        words = {str(n) if n else "" for n in numbers}
        return self._digits("", words, True, budget, False)

    def _digits(self, read: str, words: set[str], leading: bool, budget: int, begun: bool) -> int:
        key = (read, frozenset(words), leading, budget, begun)
        found = self._known.get(key)
        if found is not None:
            return found
        found = self._known[key] = self._new(begun and read in words)
        row = self.row(found)
        if budget == 0:
            return found
        left = budget if budget < 0 else budget - 1
        if leading:
            row[DIGIT] = self._digits("", words, True, left, True)
        for digit in sorted({word[len(read)] for word in words if len(word) > len(read)}):
            longer = read + digit
            row[DIGIT + int(digit)] = self._digits(longer, {w for w in words if w.startswith(longer)}, False, left, True)
        return found

    def zeros(self, tail: _Tail) -> int:
        """Return the state after a zero behind a word with a point."""
        found = self._known.get(tail)
        if found is None:
            found = self._known[tail] = self._new(tail.plain)
            row = self.row(found)
            if tail.exponents:
                row[EXPONENT] = self.exponents(tail.exponents)
            if tail.zeros is None:
                row[DIGIT] = found
            elif tail.zeros > 1:
                row[DIGIT] = self.zeros(tail._replace(zeros=tail.zeros - 1))
        return found

    def point(self, tail: _Tail) -> int:
        """Return the state after the point behind a word without one."""
        key = ("point", tail)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._new(False)
            self.row(found)[DIGIT] = self.zeros(tail._replace(point=True))
        return found


def _needs_tail(tail: _Tail, style: Style) -> bool:
    """Return whether zeros may follow: in float64 style not where a whole number is written as such."""
    return tail.zeros != 0 and (style.significant is None or tail.point or bool(tail.exponents))


def _hang(table: np.ndarray, labels: Sequence[tuple[int, ...]], tails: list[_Tail], style: Style) -> tuple[np.ndarray, list[bool]]:
    hanger = _Hanger(table, style)
    accepting = [False] * len(table)
    for state, label in enumerate(labels):
        if not label:
            continue
        tail = tails[label[0]]
        accepting[state] = tail.plain
        if tail.exponents:
            table[state, EXPONENT] = hanger.exponents(tail.exponents)
        if _needs_tail(tail, style):
            column = DIGIT if tail.point else POINT
            behind = tail if style.significant is None or tail.point else tail._replace(plain=False)
            if not table[state, column]:
                table[state, column] = hanger.zeros(behind) if tail.point else hanger.point(behind)
    if hanger.rows:
        table = np.concatenate([table, np.array(hanger.rows, np.int32)])
    return table, accepting + hanger.accepting


def literal_dfa(values: Iterable[Fraction], style: Style = EXACT) -> DFA:
    """Return the byte automaton of all spellings of finitely many numbers.

    Parameters
    ----------
    values : iterable of Fraction
        Finite decimals.
    style : Style
        With ``significant`` set, whole numbers are written as such, and zeros are added to fractions up to that many digits.
    """
    words, tails = _tails(_words(values, style), style)
    if not words:
        return DFA.empty("bytes")
    numbers = {tail: i for i, tail in enumerate(dict.fromkeys(tails))}
    trie = DFA.from_strings([word.encode() for word in words], [numbers[tail] for tail in tails])
    symbols = [0, *b"+-.", *range(0x30, 0x3A), 0]
    columns = [trie.alphabet.class_of(symbol) for symbol in symbols]
    assert NONE not in columns
    table, accepting = _hang(np.ascontiguousarray(trie.table[:, columns]), trie.labels, list(numbers), style)
    labels = [(0,) if a else () for a in accepting]
    if len(words) > _MANY:
        return ready(table, labels, table.tobytes() + bytes(accepting))
    return DFA.from_rows(number_alphabet(), table.tolist(), 1, labels)
