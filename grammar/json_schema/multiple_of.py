"""Divisibility of decimals by fractions, read digit by digit.

Write a modulus as ``m = odd * 2**a * 5**b`` with ``odd`` prime to 10 and any integers a, b (0.01 is 1 * 2**-2 * 5**-2). Write a
decimal that is not 0 as ``D * 10**-n``, where D is the number its digits spell up to the last one that is not 0, and n is the place
of that digit behind the point (negative before it). D is not divisible by 10, so

    m divides D * 10**(e-n)   iff   odd divides D  and  e >= n + shift(D),    shift(D) = max(a, b) - min(v, |a - b|)

with v the multiplicity in D of the prime that has more than its share in m (2 if a > b, 5 if b > a). So reading digits needs

    R = digits so far mod odd,     Q = D mod 2**i * 5**j,     z = zeros read since the last digit of D,

and the exponent comes in at the very end: plain decimals have e = 0, scientific ones are read mantissa first and leave a half-open
range of exponents. The number of states does not grow with powers of ten in m, where a residue modulo 10**k would.

Several moduli at once, wanted (their least common multiple) or forbidden, share one reading. The places of a mantissa have to be counted to
be compared with the exponent, which is not regular for mantissas of any length: past ``max_places`` digits it is given up for lost
(neither a multiple nor a non-multiple where that depends on an exponent beyond them).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from maskwright.automata.alphabet import NONE

from .decimals import DIGIT, EXPONENT, MINUS, POINT, WIDTH, Machine, machine

#: for a place: no digit but 0 yet; or further behind the point than is counted
_ZERO, _BEYOND = "zero", "beyond"


def common_multiple(a: Fraction, b: Fraction) -> Fraction:
    """Return the least positive number that is a multiple of both."""
    return Fraction(lcm(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)


class Modulus(NamedTuple):
    """``odd * 2**twos * 5**fives``; see the module."""

    odd: int
    twos: int
    fives: int

    @property
    def surplus(self) -> int:
        """The prime power that tells shifts apart."""
        return 2 ** max(0, self.twos - self.fives) * 5 ** max(0, self.fives - self.twos)

    @property
    def least(self) -> int:
        """The least value of `shift`."""
        return min(self.twos, self.fives)

    @property
    def greatest(self) -> int:
        """The greatest value of `shift`."""
        return max(self.twos, self.fives)

    def shift(self, tail: int) -> int:
        """Return shift(D) for ``tail`` = D modulo (a multiple of) `surplus`."""
        prime = 2 if self.twos > self.fives else 5
        common, count = gcd(tail, self.surplus), 0
        while common > 1:
            common //= prime
            count += 1
        return self.greatest - count


def modulus(value: Fraction) -> Modulus:
    """Factor a positive fraction.

    Raises
    ------
    ValueError
        If it is not a finite decimal.
    """
    top, bottom = value.numerator, value.denominator
    powers = []
    for prime in (2, 5):
        power = 0
        while top % prime == 0:
            top //= prime
            power += 1
        while bottom % prime == 0:
            bottom //= prime
            power -= 1
        powers.append(power)
    if bottom != 1:
        raise ValueError(f"{value} is not a finite decimal")
    return Modulus(top, *powers)


class Divisibility(NamedTuple):
    """What a number must be a multiple of, and what it must not be a multiple of.

    Attributes
    ----------
    wanted : Modulus or None
    forbidden : tuple of Modulus
    """

    wanted: Modulus | None
    forbidden: tuple[Modulus, ...]

    @property
    def moduli(self) -> tuple[Modulus, ...]:
        return self.forbidden if self.wanted is None else (self.wanted, *self.forbidden)

    @property
    def odd(self) -> int:
        return lcm(*(m.odd for m in self.moduli))

    @property
    def surplus(self) -> int:
        return lcm(*(m.surplus for m in self.moduli))

    @property
    def zeros(self) -> int:
        """How many zeros at the end of a whole number can make a difference."""
        return max(0, *(m.greatest for m in self.moduli), *(m.greatest - m.least for m in self.moduli))

    def exponents(self, place: int | str, residue: int, tail: int, counted: int) -> tuple[int | None, int | None] | None:
        """Return the range of exponents e (None: no end) for which D * 10**(e - place) is right, or None if there are none.

        ``place`` may be `_BEYOND`: then it is more than ``counted``, and only what is certain is returned.
        """
        if place == _BEYOND:
            if self.wanted is not None:
                return None
            return None, counted + min(m.least for m in self.forbidden)
        assert isinstance(place, int)
        lo, hi = None, None
        if self.wanted is not None:
            if residue % self.wanted.odd:
                return None
            lo = place + self.wanted.shift(tail)
        for m in self.forbidden:
            if residue % m.odd == 0:
                last = place + m.shift(tail) - 1
                hi = last if hi is None else min(hi, last)
        return None if lo is not None and hi is not None and hi < lo else (lo, hi)


class _Reading(NamedTuple):
    """State while reading digits.

    Attributes
    ----------
    place : int, `_ZERO` or `_BEYOND`
        Place of the last digit that is not 0; `_ZERO` as long as there is none.
    behind : int
        Digits behind the point, `NONE` before it.
    residue, tail : int
        R and Q of the module.
    """

    place: int | str
    behind: int
    residue: int
    tail: int


class _Reader:
    """Step function over digits; ``places`` digits behind the point are counted, and ``zeros`` of a run of zeros before it."""

    def __init__(self, rule: Divisibility, places: int, zeros: int):
        self.odd, self.surplus = rule.odd, rule.surplus
        self.places, self.zeros = places, zeros

    def step(self, state: _Reading, symbol: int) -> _Reading | None:
        if symbol == POINT:
            return state._replace(behind=0) if state.behind == NONE else None
        if symbol < DIGIT or symbol == EXPONENT:
            return None
        if state.place == _BEYOND:
            return state
        digit = symbol - DIGIT
        if state.behind == self.places:  # zeros change no divisibility, and another digit would be too far
            return _Reading(_BEYOND, 0, 0, 0) if digit else state
        behind = state.behind if state.behind == NONE else state.behind + 1
        if state.place == _ZERO:
            if not digit:
                return state._replace(behind=behind)
            return _Reading(max(behind, 0), behind, digit % self.odd, digit % self.surplus)
        assert isinstance(state.place, int)
        residue = (state.residue * 10 + digit) % self.odd
        if not digit:
            place = max(state.place - 1, -self.zeros) if behind == NONE else state.place
            return _Reading(place, behind, residue, state.tail)
        zeros = max(state.behind, 0) - state.place
        tail = (state.tail * pow(10, zeros + 1, self.surplus) + digit) % self.surplus
        return _Reading(max(behind, 0), behind, residue, tail)


@lru_cache(maxsize=256)
def plain_machine(rule: Divisibility, max_states: int) -> Machine:
    """Return the machine of plain decimals that obey ``rule``; outcomes are booleans."""
    places = max(0, *(-m.least for m in rule.moduli))
    reader = _Reader(rule, places, rule.zeros)

    def outcome(state: _Reading) -> bool:
        if state.place == _ZERO:
            return not rule.forbidden
        found = rule.exponents(state.place, state.residue, state.tail, places)
        return found is not None and (found[0] is None or found[0] <= 0) and (found[1] is None or found[1] >= 0)

    return machine(_Reading(_ZERO, NONE, 0, 0), reader.step, outcome, max_states)


@lru_cache(maxsize=256)
def mantissa_machine(rule: Divisibility, places: int, max_states: int) -> Machine:
    """Return the machine that reads a mantissa; outcomes are ranges of exponents as of `Divisibility.exponents`.

    ``places`` digits behind the point are counted.
    """
    reader = _Reader(rule, places, rule.zeros)
    return machine(
        _Reading(_ZERO, NONE, 0, 0),
        reader.step,
        lambda s: None if s.place == _ZERO else rule.exponents(s.place, s.residue, s.tail, places),
        max_states,
    )


def counted_places(rule: Divisibility, most: int, budget: int) -> int:
    """Return how many digits of a mantissa can be counted within ``budget`` states, at most ``most``."""
    per_pair = rule.odd * rule.surplus
    places = 0
    while places < most and (places + 2) * (places + 3) // 2 * per_pair <= budget:
        places += 1
    return places


def residue_table(m: int, above: bool, below: bool, zero: bool, point: bool) -> tuple[np.ndarray, set[int]]:
    """Return the table of the multiples of a whole number among plain whole numbers and, with ``point``, decimals of zeros.

    Parameters
    ----------
    m : int
    above, below, zero : bool
        Whether positive numbers, negative numbers and 0 are meant.
    point : bool

    Returns
    -------
    table : int32[num_states, WIDTH]
        Trimmed; state 1 is the start.
    accepting : set of int

    Notes
    -----
    For moduli too large for `plain_machine`. If ``m`` is prime to 10 no two states are equivalent.
    """
    # 2 after the sign, 3 after a leading 0, 4 after the point, 5 zeros behind it, 6 + r: digits with residue r
    table = np.zeros((m + 6, WIDTH), np.int32)
    digits = np.arange(10)
    table[6:, DIGIT:EXPONENT] = 6 + (np.arange(m, dtype=np.int64)[:, None] * 10 + digits) % m
    table[1:3, DIGIT] = 3 if zero else 0
    for state, meant in ((1, above), (2, below)):
        table[state, DIGIT + 1 : EXPONENT] = 6 + digits[1:] % m if meant else 0
    table[1, MINUS] = 2 if below or zero else 0
    if point:
        table[[3, 6], POINT] = 4
        table[4:6, DIGIT] = 5
    used = [0, 1, *(s for s in (2, 3, 4, 5) if (table[[1, 2, 3, 4, 6]] == s).any()), *range(6, m + 6)]
    number = np.zeros(m + 6, np.int32)
    number[used] = np.arange(len(used))
    return number[table[used]], {int(number[s]) for s in (3, 5, 6) if number[s]}
