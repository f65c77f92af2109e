"""The spellings of the numbers in an interval, divisible or not by given moduli, as one byte automaton.

Two ways to spell a magnitude: plain decimals, and normalised scientific notation (one digit that is not 0 before the point, ``e|E``, an
optional sign, leading zeros in the exponent). Magnitudes from 0 to the upper end follow ``-`` mirrored.

A plain decimal is decided by a product of machines: shape, comparison with each end, divisibility, digit budget. In scientific notation
the mantissa comes first, so its reading ends in a *range of exponents*: with L = M_L * 10**l, a mantissa m and an exponent e

    m * 10**e >= L   iff   e >= l + [m < M_L],      m * 10**e <= H   iff   e <= h - [m > M_H],

and divisibility is a range of exponents too (`multiple_of`). Each range is an automaton on digits, made once.

``float64`` spellings: whole numbers have no point and no exponent where only whole numbers are allowed; else at most 15 significant digits
and exponents within 300, so that reading a float keeps the order. Of an exclusive end that has more digits, the neighbours that would
be read as the end itself are left out (`_strict`). No run of digits is endless.

Not regular, and given up: in "exact" spellings, scientific notation of whole (or divisible) numbers whose mantissa has more than
`MAX_PLACES` digits behind the point. Their plain spelling is there.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from maskwright.automata import explore
from maskwright.automata.dfa import DFA
from maskwright.errors import LimitExceeded

from .decimals import (
    DIGIT,
    EQUAL,
    EXPONENT,
    GREATER,
    LESS,
    MINUS,
    PLUS,
    POINT,
    WIDTH,
    Decimal,
    Machine,
    Rows,
    compare_mantissa,
    compare_plain,
    decimal,
    digit_budget,
    digits_of,
    machine,
    mantissa_shape,
    natural_in,
    number_alphabet,
    plain_shape,
    product,
)
from .multiple_of import Divisibility, counted_places, mantissa_machine, modulus, plain_machine, residue_table

#: digits behind the point of a mantissa that are counted where divisibility depends on them: floats have at most 16
MAX_PLACES = 17
#: states spent on counting them
_PLACES_BUDGET = 4_000
#: states of a product of machines
MAX_STATES = 200_000
#: residues beyond which a single modulus gets a table of its own, the most residues of machines, and the greatest modulus of a table
_LARGE, _MANY, _LARGEST = 4_000, 30_000, 4_000_000

#: float64 spellings
SIGNIFICANT, MAX_EXPONENT = 15, 300
_EXPONENT_DIGITS = 3
_WHOLE_DIGITS = _FRACTION_DIGITS = 20

Range = tuple[int | None, int | None]


class End(NamedTuple):
    """An end of an interval."""

    value: Fraction
    inclusive: bool


class Interval(NamedTuple):
    """Numbers between two ends; None is no end."""

    lo: End | None
    hi: End | None

    def contains(self, value: Fraction) -> bool:
        """Return whether ``value`` lies inside."""
        above = self.lo is None or value > self.lo.value or (self.lo.inclusive and value == self.lo.value)
        return above and (self.hi is None or value < self.hi.value or (self.hi.inclusive and value == self.hi.value))

    def mirrored(self) -> Interval:
        """Return the interval of the negated numbers."""
        lo, hi = (end and End(-end.value, end.inclusive) for end in (self.hi, self.lo))
        return Interval(lo, hi)


class Style(NamedTuple):
    """How numbers may be spelled.

    Attributes
    ----------
    point : {"any", "never", "always"}
        ``"never"``: digits only. ``"always"``: a point or an exponent is a must.
    significant : int or None
        Most significant digits of a spelling with a point or an exponent; None: no float64 limits at all.
    whole, places : int
        Most digits without a point, and behind one; of account only with ``significant``.
    """

    point: str = "any"
    significant: int | None = None
    whole: int = _WHOLE_DIGITS
    places: int = _FRACTION_DIGITS


EXACT = Style()


# -- one sign


def _ends(interval: Interval) -> tuple[tuple[Decimal, bool] | None, tuple[Decimal, bool] | None]:
    """Return the ends of an interval of magnitudes as decimals; an end 0 is none (zero itself is dealt with apart)."""
    lo = (decimal(interval.lo.value), interval.lo.inclusive) if interval.lo and interval.lo.value > 0 else None
    hi = (decimal(interval.hi.value), interval.hi.inclusive) if interval.hi else None
    return lo, hi


def _not_zero() -> Machine:
    def step(seen: bool, symbol: int) -> bool | None:
        return seen or symbol > DIGIT if symbol != EXPONENT else None

    return machine(False, step, lambda seen: seen)


def _plain(interval: Interval, rule: Divisibility | None, style: Style) -> Machine:
    """Return the machine of plain magnitudes; outcomes are booleans."""
    lo, hi = _ends(interval)
    parts: list[tuple[Machine, tuple[int, ...]]] = [(plain_shape(style.point), (True,))]
    if lo:
        parts.append((compare_plain(lo[0]), (EQUAL, GREATER) if lo[1] else (GREATER,)))
    elif not interval.contains(Fraction(0)):
        parts.append((_not_zero(), (True,)))
    if hi:
        parts.append((compare_plain(hi[0]), (EQUAL, LESS) if hi[1] else (LESS,)))
    if rule is not None:
        parts.append((plain_machine(rule, MAX_STATES), (True,)))
    if style.significant is not None:
        parts.append((digit_budget(style.whole, style.significant, style.places), (True,)))
    joined = product([part for part, _ in parts], MAX_STATES)
    good = [outcome is not None and all(o in wanted for o, (_, wanted) in zip(outcome, parts)) for outcome in joined.outcomes]
    return Machine(joined.rows, good)


def _scientific(interval: Interval, rule: Divisibility | None, style: Style) -> Machine | None:
    """Return the machine of scientific magnitudes, None if there are none; outcomes are booleans."""
    lo, hi = _ends(interval)
    if style.point == "never":
        return None
    parts: list[Machine] = [mantissa_shape()]
    readings: list[Callable[[Any], Range | None]] = [lambda outcome: (None, None) if outcome else None]
    if lo:
        parts.append(compare_mantissa(lo[0]))
        readings.append(lambda sign: (lo[0].exponent + (sign == LESS or (sign == EQUAL and not lo[1])), None))
    if hi:
        parts.append(compare_mantissa(hi[0]))
        readings.append(lambda sign: (None, hi[0].exponent - (sign == GREATER or (sign == EQUAL and not hi[1]))))
    if rule is not None:
        most = MAX_PLACES if style.significant is None else style.significant - 1
        if rule.wanted is not None and hi:
            most = max(0, min(most, hi[0].exponent - rule.wanted.least))
        parts.append(mantissa_machine(rule, counted_places(rule, most, _PLACES_BUDGET), MAX_STATES))
        readings.append(lambda found: found)
    if style.significant is not None:
        parts.append(digit_budget(1, style.significant, style.significant - 1))
        readings.append(lambda outcome: (-MAX_EXPONENT, MAX_EXPONENT))
    joined = product(parts, MAX_STATES)
    ranges = [outcome and _common([read(o) for o, read in zip(outcome, readings)]) for outcome in joined.outcomes]
    return _with_exponents(joined.rows, ranges, None if style.significant is None else _EXPONENT_DIGITS)


def _common(ranges: Iterable[Range | None]) -> Range | None:
    """Return the intersection of ranges, None if it is empty."""
    lo: int | None = None
    hi: int | None = None
    for found in ranges:
        if found is None:
            return None
        lo = found[0] if lo is None else lo if found[0] is None else max(lo, found[0])
        hi = found[1] if hi is None else hi if found[1] is None else min(hi, found[1])
    return None if lo is not None and hi is not None and hi < lo else (lo, hi)


def _with_exponents(mantissa: Rows, ranges: Sequence[Range | None], width: int | None) -> Machine:
    """Append to each mantissa state with a range of exponents the automaton of that range."""
    rows = [row[:] for row in mantissa]
    good = [False] * len(rows)
    entries: dict[Range, int] = {}
    for state, found in enumerate(ranges):
        if found is not None:
            if found not in entries:
                entries[found] = append_exponents(rows, good, found, width)
            rows[state][EXPONENT] = entries[found]
    return Machine(rows, good)


def append_exponents(rows: Rows, good: list[bool], found: Range, width: int | None) -> int:
    """Append the automaton of the exponents in a range to a table; return its start."""
    lo, hi = found
    entry = len(rows)
    rows.append([0] * WIDTH)
    good.append(False)
    if hi is None or hi >= 0:
        start = _append(rows, good, natural_in(max(lo or 0, 0), hi, width))
        rows[entry][PLUS] = start
        rows[entry][DIGIT:EXPONENT] = rows[start][DIGIT:EXPONENT]
    if lo is None or lo <= 0:
        rows[entry][MINUS] = _append(rows, good, natural_in(max(0, -hi) if hi is not None else 0, None if lo is None else -lo, width))
    return entry


def _append(rows: Rows, good: list[bool], part: Machine) -> int:
    """Append a machine to a table and return its start."""
    shift = len(rows) - 1
    rows += [[t and t + shift for t in row] for row in part.rows[1:]]
    good += [bool(o) for o in part.outcomes[1:]]
    return shift + 1


def _magnitudes(interval: Interval, rule: Divisibility | None, style: Style) -> Machine | None:
    """Return the machine of all spellings without a sign of the numbers >= 0 in an interval, None if there are none."""
    if interval.hi and (interval.hi.value < 0 or (interval.hi.value == 0 and not interval.contains(Fraction(0)))):
        return None
    if interval.hi and interval.hi.value == 0:
        return _zero(rule, style)
    if interval.lo and interval.lo.value < 0:
        interval = Interval(None, interval.hi)
    plain = _plain(interval, rule, style)
    scientific = _scientific(interval, rule, style)
    if scientific is None:
        return plain
    rows, pairs = explore.product(plain.rows, scientific.rows, (1, 1), "or", MAX_STATES)
    return Machine(rows, [bool(plain.outcomes[a]) or bool(scientific.outcomes[b]) for a, b in pairs])


def _zero(rule: Divisibility | None, style: Style) -> Machine | None:
    if rule is not None and rule.forbidden:
        return None
    bare = style.point != "always"
    digits = [0] * WIDTH
    start, zero, dot, zeros = digits[:], digits[:], digits[:], digits[:]
    start[DIGIT] = 2
    zero[POINT] = 3 if style.point != "never" else 0
    dot[DIGIT] = zeros[DIGIT] = 4
    if style.significant is not None:
        zeros[DIGIT] = 0
    return Machine([digits, start, zero, dot, zeros], [False, False, bare, False, True])


# -- both signs


def _signed(interval: Interval, rule: Divisibility | None, style: Style) -> DFA:
    rows: Rows = [[0] * WIDTH, [0] * WIDTH]
    good = [False, False]
    upper = _magnitudes(interval, rule, style)
    if upper is not None:
        rows[1] = rows[_append(rows, good, upper)][:]
    mirrored = interval.mirrored()
    same = mirrored == interval
    lower = upper if same else _magnitudes(mirrored, rule, style)
    if lower is not None:
        rows[1][MINUS] = 2 if same else _append(rows, good, lower)
    return DFA.from_rows(number_alphabet(), rows, 1, [(0,) if g else () for g in good])


def _large(wanted: Fraction, interval: Interval, style: Style) -> DFA | None:
    """Return the automaton of the multiples of a large whole number, None unless the ends are 0 or none.

    A count of digits beside the residues would multiply them: in float64 style these, alone, may have any number of digits.
    """
    if wanted.denominator != 1 or wanted > _LARGEST:
        return None
    above, below = (_open_side(part.hi, wanted) for part in (interval, interval.mirrored()))
    if above is None or below is None:
        return None
    zero, point = interval.contains(Fraction(0)), style.point != "never"
    table, accepting = residue_table(wanted.numerator, above, below, zero, point)
    labels = [(0,) if s in accepting else () for s in range(len(table))]
    return ready(table, labels, repr((wanted, above, below, zero, point)).encode())


def _open_side(end: End | None, wanted: Fraction) -> bool | None:
    """Say whether all positive multiples of ``wanted`` lie below an end (True), or none of them and all negative ones (False)."""
    if end is None:
        return True
    none = end.value < wanted and (end.value > -wanted or (end.value == -wanted and end.inclusive))
    return False if none else None


def ready(table: Any, labels: Sequence[tuple[int, ...]], identity: bytes) -> DFA:
    """Return the automaton of a table that is trimmed and too large to be brought to canonical form; ``identity`` names its content."""
    dfa = DFA.from_table(number_alphabet(), table, 1, labels)
    dfa._minimal = True
    dfa._key = hashlib.blake2b(b"numbers " + identity, digest_size=16).digest()
    return dfa


def number_dfa(interval: Interval, wanted: Fraction | None, forbidden: Sequence[Fraction], style: Style = EXACT) -> DFA:
    """Return the byte automaton of the spellings of the numbers in an interval that ``wanted`` divides and none of ``forbidden`` does.

    Parameters
    ----------
    interval : Interval
        Its ends are finite decimals.
    wanted : Fraction or None
        1 for whole numbers.
    forbidden : sequence of Fraction
    style : Style
        With ``significant`` set, ends are taken as they are; see `float_ends`.

    Raises
    ------
    LimitExceeded
        When a modulus has too many residues.
    """
    rule = None
    if wanted is not None or forbidden:
        rule = Divisibility(None if wanted is None else modulus(wanted), tuple(modulus(m) for m in forbidden))
        if rule.odd * rule.surplus > _LARGE:
            large = None if wanted is None or forbidden else _large(wanted, interval, style)
            if large is not None:
                return large
            if rule.odd * rule.surplus > _MANY:
                raise LimitExceeded("states", _MANY, rule.odd * rule.surplus, hint="a smaller multipleOf, or narrow bounds beside it")
    return _signed(interval, rule, style)


def too_many_residues(moduli: Sequence[Fraction], interval: Interval) -> bool:
    """Return whether the residues of numbers, times the digits of the ends, are too many for machines."""
    rule = Divisibility(None, tuple(modulus(m) for m in moduli))
    digits = sum(_digit_count(end.value) for end in interval if end is not None and end.value)
    zeros = 1 if len(moduli) == 1 else rule.zeros + 1
    return rule.odd * rule.surplus * zeros * (1 + digits) > _MANY


# -- float64


def _digit_count(value: Fraction) -> int:
    return len(digits_of(abs(value.numerator))) + len(digits_of(value.denominator))


def float_style(interval: Interval, moduli: Sequence[Fraction], significant: int) -> Style:
    """Return the style of float64 spellings, its digit limits wide enough for the interval and the moduli."""
    ends = max((_digit_count(end.value) for end in interval if end is not None), default=0)
    steps = sum(_digit_count(m) for m in moduli)
    return Style("any", significant, max(_WHOLE_DIGITS, ends + steps + 1), max(_FRACTION_DIGITS, ends + steps + 1))


def float_ends(interval: Interval, whole: bool) -> Interval:
    """Return the interval without the numbers that a float rounds onto an exclusive end.

    ``whole`` says that the numbers are whole and written with all their digits; else they have at most `SIGNIFICANT` digits.
    """
    hi = _strict(interval.hi, whole)
    lo = _strict(interval.mirrored().hi, whole)
    return Interval(lo and End(-lo.value, lo.inclusive), hi)


def _strict(end: End | None, whole: bool) -> End | None:
    """Tighten an exclusive upper end."""
    if end is None or end.inclusive:
        return end
    try:
        target = float(end.value)
    except OverflowError:
        return end
    if whole:
        last = math.ceil(end.value) - 1
        if float(last) < target or abs(last) < 2**53:
            return end
        middle = (Fraction(target) + Fraction(math.nextafter(target, -math.inf))) / 2
        last = min(last, math.floor(middle))
        return End(Fraction(last if float(last) < target else last - 1), True)
    before = _rounded_down(end.value)
    return end if before == end.value or float(before) < target else End(before, False)


def _rounded_down(value: Fraction) -> Fraction:
    """Return the greatest decimal of `SIGNIFICANT` digits that is not above ``value``."""
    if not value:
        return value
    scale = Fraction(10) ** (decimal(abs(value)).exponent + 1 - SIGNIFICANT)
    return math.floor(value / scale) * scale
