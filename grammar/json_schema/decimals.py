"""Small automata over the symbols of numbers: digits compared with a bound, exponents in a window, the shape of a spelling.

All number automata read one alphabet of 15 classes, in this order: other bytes, ``+``, ``-``, ``.``, the ten digits, ``e|E``. A
`Machine` is an untrimmed table over it (state 0 dead, state 1 the start) with an *outcome* per state: what reading so far amounts to.
Machines are small and made by running a step function; `product` runs several side by side, and their outcomes together decide.

A decimal is compared from the left. Against a bound with n digits before the point: after i digits the comparison of the first i decides
if the number ends up with n digits; with fewer it is less, with more it is greater. After the point it is digit by digit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from maskwright.automata.alphabet import BYTES, Alphabet
from maskwright.automata.limits import tick
from maskwright.errors import LimitExceeded

PLUS, MINUS, POINT, DIGIT, EXPONENT = 1, 2, 3, 4, 14
WIDTH = 15

LESS, EQUAL, GREATER = -1, 0, 1

_CHUNK_DIGITS = 4_000
_CHUNK = 10**_CHUNK_DIGITS

Rows = list[list[int]]
Step = Callable[[Any, int], Hashable | None]


@lru_cache(maxsize=1)
def number_alphabet() -> Alphabet:
    """Return the alphabet of number automata."""
    bounds = [0, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, *range(0x30, 0x3B), 0x45, 0x46, 0x65, 0x66]
    classes = [0, PLUS, 0, MINUS, POINT, 0, *range(DIGIT, DIGIT + 10), 0, EXPONENT, 0, EXPONENT, 0]
    return Alphabet(BYTES, bounds, classes)


class Machine(NamedTuple):
    """A table over `number_alphabet` and what each state amounts to; state 1 is the start."""

    rows: Rows
    outcomes: list[Any]


def machine(start: Hashable, step: Step, outcome: Callable[[Any], Any], max_states: int = 100_000) -> Machine:
    """Make a machine by running ``step(state, symbol) -> state or None`` from ``start``."""
    numbers: dict[Hashable, int] = {start: 1}
    queue: list[Any] = [start]
    rows: Rows = [[0] * WIDTH]
    for state in queue:
        tick()
        row = [0] * WIDTH
        for symbol in range(1, WIDTH):
            target = step(state, symbol)
            if target is None:
                continue
            number = numbers.setdefault(target, len(queue) + 1)
            if number > len(queue):
                queue.append(target)
                if number > max_states:
                    raise LimitExceeded("states", max_states, number)
            row[symbol] = number
        rows.append(row)
    return Machine(rows, [None, *map(outcome, queue)])


def product(machines: Sequence[Machine], max_states: int = 100_000) -> Machine:
    """Run machines side by side; a state is dead as soon as one of them is, and its outcome is the tuple of theirs."""
    start = (1,) * len(machines)
    numbers: dict[tuple[int, ...], int] = {start: 1}
    queue = [start]
    rows: Rows = [[0] * WIDTH]
    for states in queue:
        tick()
        row = []
        for targets in zip(*[m.rows[s] for m, s in zip(machines, states)]):
            if 0 in targets:
                row.append(0)
                continue
            number = numbers.setdefault(targets, len(queue) + 1)
            if number > len(queue):
                queue.append(targets)
                if number > max_states:
                    raise LimitExceeded("states", max_states, number)
            row.append(number)
        rows.append(row)
    return Machine(rows, [None, *(tuple(m.outcomes[s] for m, s in zip(machines, states)) for states in queue)])


# -- decimals


class Decimal(NamedTuple):
    """A positive finite decimal as digits: ``digits[0]`` is not 0 and stands for ``digits[0] * 10**exponent``; no zeros at the end."""

    digits: tuple[int, ...]
    exponent: int

    def before_point(self) -> tuple[int, ...]:
        """Return the digits before the point, at least one."""
        if self.exponent < 0:
            return (0,)
        return (*self.digits[: self.exponent + 1], *(0,) * (self.exponent + 1 - len(self.digits)))

    def after_point(self) -> tuple[int, ...]:
        """Return the digits after the point."""
        return (*(0,) * min(-self.exponent - 1, 1 << 30), *self.digits) if self.exponent < 0 else self.digits[self.exponent + 1 :]


def decimal(value: Fraction) -> Decimal:
    """Return the digits of a positive fraction.

    Raises
    ------
    ValueError
        If it has no finite decimal expansion.
    """
    rest = value.denominator
    twos = (rest & -rest).bit_length() - 1
    rest >>= twos
    fives = 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        raise ValueError(f"{value} is not a finite decimal")
    places = max(twos, fives)
    digits = digits_of(value.numerator * 10**places // value.denominator)
    exponent = len(digits) - 1 - places
    end = len(digits)
    while digits[end - 1] == 0:
        end -= 1
    return Decimal(digits[:end], exponent)


def digits_of(number: int) -> tuple[int, ...]:
    """Return the decimal digits of a number >= 0."""
    return tuple(map(int, spelled_out(number)))


def spelled_out(number: int) -> str:
    """Return what ``str`` would return of a number >= 0, whose limit of 4,300 digits does not hold here."""
    chunks = []
    while number >= _CHUNK:
        number, low = divmod(number, _CHUNK)
        chunks.append(f"{low:0{_CHUNK_DIGITS}d}")
    return str(number) + "".join(reversed(chunks))


def _sign(a: int, b: int) -> int:
    return (a > b) - (a < b)


@lru_cache(maxsize=256)
def compare_plain(bound: Decimal) -> Machine:
    """Return the machine that compares a plain decimal, without its sign, with ``bound``; outcomes `LESS`, `EQUAL`, `GREATER`.

    States: (digits read, comparison) before the point, (-1 - digits read, comparison) behind it.
    """
    before, after = bound.before_point(), bound.after_point()
    n, m = len(before), len(after)

    def step(state: tuple[int, int], symbol: int) -> tuple[int, int] | None:
        at, so_far = state
        if symbol == POINT:
            return None if at <= 0 else (-1, settle(state)) if at == n else (-1, LESS if at < n else GREATER)
        if symbol < DIGIT or symbol == EXPONENT:
            return None
        if at >= 0:
            return (n + 1, GREATER) if at >= n else (at + 1, so_far or _sign(symbol - DIGIT, before[at]))
        if so_far:
            return state
        read = -1 - at
        if read == m:
            return state if symbol == DIGIT else (-1, GREATER)
        sign = _sign(symbol - DIGIT, after[read])
        return (-1, sign) if sign else (at - 1, EQUAL)

    def settle(state: tuple[int, int]) -> int:
        at, so_far = state
        return LESS if at < n else GREATER if at > n else so_far

    def outcome(state: tuple[int, int]) -> int:
        at, so_far = state
        if at < 0:
            return so_far if so_far or -1 - at == m else LESS
        return settle(state) if settle(state) or not m else LESS

    return machine((0, EQUAL), step, outcome)


@lru_cache(maxsize=256)
def compare_mantissa(bound: Decimal) -> Machine:
    """Return the machine that compares a mantissa ``d.ddd`` with that of ``bound``; outcomes as in `compare_plain`."""
    digits = bound.digits

    def step(state: tuple[int, int], symbol: int) -> tuple[int, int] | None:
        at, so_far = state
        if symbol == POINT:
            return state if at else None
        if symbol < DIGIT or symbol == EXPONENT:
            return None
        if so_far:
            return state
        if at == len(digits):
            return state if symbol == DIGIT else (1, GREATER)
        sign = _sign(symbol - DIGIT, digits[at])
        return (1, sign) if sign else (at + 1, EQUAL)

    return machine((0, EQUAL), step, lambda state: state[1] if state[1] or state[0] == len(digits) else LESS)


# -- exponents


@lru_cache(maxsize=1024)
def natural_in(lo: int, hi: int | None, width: int | None) -> Machine:
    """Return the machine of digit strings, leading zeros included, whose value is in ``lo..hi`` (None: no end); outcomes are booleans.

    ``width`` bounds the number of digits.
    """
    low = digits_of(lo) if lo else ()
    high = None if hi is None else digits_of(hi) if hi else ()
    cap = max(len(low), len(high or ())) + 1

    def compare(so_far: int, at: int, digit: int, digits: tuple[int, ...]) -> int:
        return so_far or (_sign(digit, digits[at]) if at < len(digits) else 0)

    def step(state: tuple[int, int, int, int], symbol: int) -> tuple[int, int, int, int] | None:
        read, at, to_low, to_high = state  # at: significant digits read; read: all digits
        if symbol < DIGIT or symbol == EXPONENT or read == width:
            return None
        digit = symbol - DIGIT
        read = min(read + 1, 1) if width is None else read + 1
        if not at and not digit:
            return (read, 0, 0, 0)
        if high is not None and at >= len(high):
            return None
        if at >= cap:
            return (read, cap, 0, 0)
        return (read, at + 1, compare(to_low, at, digit, low), compare(to_high, at, digit, high or ()))

    def outcome(state: tuple[int, int, int, int]) -> bool:
        read, at, to_low, to_high = state
        enough = at > len(low) or (at == len(low) and to_low >= 0)
        return read > 0 and enough and (high is None or at < len(high) or (at == len(high) and to_high <= 0))

    return machine((0, 0, 0, 0), step, outcome)


# -- shapes


@lru_cache(maxsize=8)
def plain_shape(point: str) -> Machine:
    """Return the machine of ``(0|[1-9][0-9]*)(\\.[0-9]+)?``; ``point`` is ``"any"``, ``"never"`` or ``"always"``."""
    digits = [0, 0, 0, 0, *[0] * 10, 0]
    start, zero, whole, dot, part = digits[:], digits[:], digits[:], digits[:], digits[:]
    start[DIGIT:EXPONENT] = [2, *[3] * 9]
    whole[DIGIT:EXPONENT] = [3] * 10
    dot[DIGIT:EXPONENT] = part[DIGIT:EXPONENT] = [5] * 10
    if point != "never":
        zero[POINT] = whole[POINT] = 4
    bare = point != "always"
    return Machine([[0] * WIDTH, start, zero, whole, dot, part], [None, False, bare, bare, False, True])


@lru_cache(maxsize=1)
def mantissa_shape() -> Machine:
    """Return the machine of ``[1-9](\\.[0-9]+)?``."""
    start, lead, dot, part = ([0] * WIDTH for _ in range(4))
    start[DIGIT + 1 : EXPONENT] = [2] * 9
    lead[POINT] = 3
    dot[DIGIT:EXPONENT] = part[DIGIT:EXPONENT] = [4] * 10
    return Machine([[0] * WIDTH, start, lead, dot, part], [None, False, True, False, True])


@lru_cache(maxsize=64)
def digit_budget(whole: int | None, significant: int, places: int) -> Machine:
    """Return the machine that bounds the digits of a plain decimal.

    Without a point at most ``whole`` digits (None: any number); with one at most ``significant`` from the first that is not 0, and at most
    ``places`` behind the point.
    """

    def step(state: tuple[bool, int, int], symbol: int) -> tuple[bool, int, int] | None:
        behind, count, place = state
        if symbol == POINT:
            return None if behind or count > significant else (True, count, 0)
        if symbol < DIGIT or symbol == EXPONENT:
            return None
        count += bool(count or symbol > DIGIT)
        if behind:
            return None if count > significant or place == places else (True, count, place + 1)
        if whole is None:
            return (False, min(count, significant + 1), 0)
        return None if count > whole else (False, count, 0)

    return machine((False, 0, 0), step, lambda state: True)
