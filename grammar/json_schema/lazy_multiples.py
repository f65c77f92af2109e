"""Multiples of a number with too many residues for a table: states made when they are read.

For ``multipleOf: 0.123456789`` a table would have 123,456,789 rows, of which a text visits a few. A state is what has been read: as long
as a bound may still decide, the digits themselves (a whole number); after that their residue. All is in units of ``10**-places``, so that
the modulus M and the bounds are whole. A prefix of digits x can be completed by s more of them, the last standing for q units, iff

    some multiple of M / gcd(M, q) lies in [x * 10**s, (x + 1) * 10**s - 1] and, times q, within the bounds,

which is one division. Multiples that are to be left out (those of further moduli, all multiples of M themselves, and single values) are
counted by inclusion and exclusion: a few more divisions. So liveness and the least number of bytes to go are exact at no cost, and
nothing dead is ever made.

Only plain decimals are spelled here, with zeros at the end.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from fractions import Fraction
from functools import lru_cache, partial
from itertools import combinations
from math import gcd, lcm
from typing import NamedTuple

from maskwright.automata.program import LazyState, LazyTerminal

from .decimals import spelled_out
from .number_spelling import Interval

_MINUS, _POINT, _ZERO = 0x2D, 0x2E, 0x30
_START, _SIGN, _TAIL, _DOT = "start", "sign", "tail", "dot"
#: moduli to leave out: their combinations are counted
MAX_NOTS = 8


class _Side(NamedTuple):
    """Magnitudes of one sign, in units: ``lo <= n``, and ``n <= hi`` unless that is None."""

    lo: int
    hi: int | None


@lru_cache(maxsize=256)
def _inclusions(modulus: int, nots: tuple[int, ...], unit: int) -> tuple[tuple[int, int], ...]:
    """Return signs and moduli whose signed counts add up to the multiples of ``modulus`` and of none of ``nots``, in units of ``unit``."""
    out = []
    for size in range(len(nots) + 1):
        for chosen in combinations(nots, size):
            m = lcm(modulus, *chosen)
            out.append(((-1) ** size, m // gcd(m, unit)))
    return tuple(out)


class _Read(NamedTuple):
    """Digits read.

    Attributes
    ----------
    side : 0 or 1
        Positive or negative.
    behind : int
        Digits behind the point, -1 before it.
    number : int
        The digits, or with ``free`` their residue.
    free : bool
        Whether no bound can decide any more.
    closed : bool
        A leading zero: no digit may follow before the point.
    """

    side: int
    behind: int
    number: int
    free: bool
    closed: bool


def _side(interval: Interval, unit: int) -> _Side | None:
    """Return the magnitudes >= 0 of an interval with inclusive ends, in units; None if there are none."""
    lo = 0 if interval.lo is None else max(0, int(interval.lo.value * unit))
    hi = None if interval.hi is None else int(interval.hi.value * unit)
    return None if hi is not None and hi < lo else _Side(lo, hi)


class MultiplesTerminal(LazyTerminal):
    """The plain spellings of the multiples of a number between two bounds; the only label is 0.

    Parameters
    ----------
    multiple : Fraction
        Positive, a finite decimal.
    interval : Interval
        Its ends are inclusive and multiples.
    nots : iterable of Fraction
        At most `MAX_NOTS` multiples of ``multiple``: their multiples are left out. Something must be left.
    holes : iterable of Fraction
        Multiples that are left out one by one.
    endless : bool
        Whether zeros may follow without end (behind the point, also where there is nothing else there).
    name : str
        What `describe` says.

    Examples
    --------
    >>> terminal = MultiplesTerminal(Fraction(123456789), Interval(None, None))
    >>> terminal.expand(terminal.start(frozenset({0}))).costs
    {0: 1}
    """

    __slots__ = ("_endless", "_holes", "_key", "_modulus", "_name", "_nots", "_period", "_places", "_sides")

    def __init__(
        self,
        multiple: Fraction,
        interval: Interval,
        endless: bool = True,
        name: str = "a number",
        nots: Iterable[Fraction] = (),
        holes: Iterable[Fraction] = (),
    ):
        unit, self._places = 1, 0
        while (multiple * unit).denominator != 1:
            unit *= 10
            self._places += 1
        self._modulus = int(multiple * unit)
        self._nots = tuple(sorted(int(n * unit) for n in nots))
        self._period = lcm(self._modulus, *self._nots)
        self._sides = (_side(interval, unit), _side(interval.mirrored(), unit))
        left_out = frozenset(int(value * unit) for value in holes)
        self._holes = tuple(tuple(sorted(h * sign for h in left_out if h * sign >= 0)) for sign in (1, -1))
        self._endless = endless
        self._name = name
        self._key = ("multiples", repr((multiple, interval, endless, self._nots, self._holes)))  # text: it is hashed for every state

    @property
    def key(self) -> Hashable:
        return self._key

    def describe(self, label: int) -> str:
        return self._name

    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state."""
        return _START

    # -- arithmetic

    def _completes(self, read: _Read, more: int, behind: int) -> bool:
        """Return whether ``more`` digits, ``behind`` of all digits then behind the point, can complete what was read."""
        side = self._sides[read.side]
        assert side is not None
        q = 10 ** (self._places - behind)
        step = self._modulus // gcd(self._modulus, q)
        scale = 10**more
        lo, hi = read.number * scale, (read.number + 1) * scale - 1
        if not read.free:
            lo = max(lo, -(-side.lo // q))
            hi = hi if side.hi is None else min(hi, side.hi // q)
        found = hi // step * step >= lo
        if not found or not (self._nots or self._holes[read.side]):
            return found
        count = sum(sign * (hi // m - (lo - 1) // m) for sign, m in _inclusions(self._modulus, self._nots, q))
        if not read.free:
            count -= sum(lo <= hole // q <= hi and not hole % q and self._on_grid(hole) for hole in self._holes[read.side])
        return count > 0

    def _on_grid(self, value: int) -> bool:
        """Return whether a value, in units, is a multiple that no modulus leaves out."""
        return not value % self._modulus and all(value % n for n in self._nots)

    def _cost(self, read: _Read) -> int | None:
        """Return the least number of bytes to a lexeme, None if there is none."""
        if read.behind >= 0:
            for more in range(read.behind == 0, self._places - read.behind + 1):
                if self._completes(read, more, read.behind + more):
                    return more
            # nothing but zeros may stand behind the point
            return 1 if not self._places and self._endless and self._completes(read, 0, 0) else None
        best = None
        for whole in range(1 if read.closed else self._most_digits(read)):
            if best is not None and whole >= best:
                break
            for part in range(self._places + 1):
                cost = whole + part + bool(part)
                if (best is None or cost < best) and self._completes(read, whole + part, part):
                    best = cost
        return best

    def _alive(self, read: _Read) -> bool:
        """Return whether some lexeme begins like this: beyond all bounds there always is one."""
        return (read.free and read.behind < 0 and not read.closed) or self._cost(read) is not None

    def _most_digits(self, read: _Read) -> int:
        """Return a number of digits before the point that need not be exceeded."""
        side = self._sides[read.side]
        assert side is not None
        last = side.lo if side.hi is None else side.hi
        return len(spelled_out(self._period)) + len(spelled_out(max(last, *self._holes[read.side][-1:], 0))) + 1

    def _reduced(self, read: _Read) -> _Read:
        """Forget the digits when the bounds have been met for good."""
        side = self._sides[read.side]
        assert side is not None
        if read.free or side.hi is not None:
            return read._replace(number=read.number % self._period) if read.free else read
        last = max(side.lo, *(hole + 1 for hole in self._holes[read.side][-1:]), 0)
        met = read.number * 10 ** (self._places - max(read.behind, 0)) >= last
        return read._replace(number=read.number % self._period, free=True) if met else read

    # -- states

    def expand(self, state: Hashable) -> LazyState:
        """Return the edges of a state."""
        if state == _START:
            edges = self._leading(0)
            below = self._best(self._leading(1))
            if below is not None:
                edges[_MINUS] = _SIGN
            costs = [cost for cost in (self._best(edges), below and below + 1) if cost is not None]
            return LazyState(edges, (), None, {0: min(costs)} if costs else {})
        if state == _SIGN:
            edges = self._leading(1)
            best = self._best(edges)
            return LazyState(edges, (), None, {} if best is None else {0: best})
        if state == _DOT:
            return LazyState({_ZERO: _TAIL}, (), None, {0: 1})
        if state == _TAIL:
            return LazyState({_ZERO: _TAIL}, (0,), None, {0: 0})
        assert isinstance(state, _Read)
        return self._expand(state)

    def _leading(self, side: int) -> dict[int, Hashable]:
        """Return the edges that read the first digit of a magnitude."""
        if self._sides[side] is None:
            return {}
        first = {_ZERO + d: self._reduced(_Read(side, -1, d, False, d == 0)) for d in range(10)}
        return {byte: read for byte, read in first.items() if self._alive(read)}

    def _best(self, edges: dict[int, Hashable]) -> int | None:
        found = [self._cost(read) for read in edges.values() if isinstance(read, _Read)]
        costs = [cost for cost in found if cost is not None]
        return 1 + min(costs) if costs else None

    def _expand(self, read: _Read) -> LazyState:
        edges: dict[int, Hashable] = {}
        behind = max(read.behind, 0)
        done = (read.behind != 0 or not self._places) and self._completes(read, 0, behind)
        if read.free and read.behind < 0 and not read.closed:  # as below, told at once: most states are such
            ten, period, side = 10 * read.number, self._period, read.side
            edges = {_ZERO + digit: _Read(side, -1, (ten + digit) % period, True, False) for digit in range(10)}
        elif not read.closed and read.behind < self._places:
            for digit in range(10):
                place = read.behind if read.behind < 0 else read.behind + 1
                target = self._reduced(read._replace(behind=place, number=read.number * 10 + digit))
                if self._alive(target):
                    edges[_ZERO + digit] = target
        if read.behind < 0:
            dotted = read._replace(behind=0, closed=False)
            if self._places and self._cost(dotted) is not None:
                edges[_POINT] = dotted
            elif not self._places and done and self._endless:
                edges[_POINT] = _DOT
        elif read.behind == self._places and done and self._endless:
            edges[_ZERO] = _TAIL
        return LazyState(edges, (0,) if done else (), None, partial(self._costs, read))

    def _costs(self, read: _Read) -> dict[int, int]:
        cost = self._cost(read)
        assert cost is not None
        return {0: cost}
