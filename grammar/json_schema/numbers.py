"""Sets of numbers as the schema algebra holds them, and their terminals.

A `Piece` is an interval with conditions of divisibility: multiples of ``multiple`` (1 for whole numbers) that are multiples of no number in
``nots``. A `NumberLanguage` is a union of pieces, corrected by two finite sets of values:

    (pieces[0] | pieces[1] | ...) - holes | points            holes lie in the pieces, points outside

That form is closed under intersection, union and complement, and keeps a list of 100,000 values a list. Values are exact fractions; all
decimals have finite expansions, so intervals without divisibility are never empty because of spelling. Draft 4 calls a number an integer
by how it is written: ``spelling`` says so (``"whole"``: digits only; ``"fraction"``: with a point or exponent); such a piece contains by
value what it can only contain written in the usual way.

Refused: pieces as automata (the algebra would multiply thousand-state tables where a comparison of two fractions decides).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from math import ceil, floor

from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal, Terminal
from maskwright.errors import LimitExceeded

from .lazy_literals import ListedNumbers
from .lazy_multiples import MAX_NOTS, MultiplesTerminal
from .multiple_of import common_multiple
from .number_literals import literal_dfa
from .number_spelling import EXACT, SIGNIFICANT, End, Interval, Style, float_ends, float_style, number_dfa, too_many_residues

#: values up to which a finite piece is spelled value by value
_LISTED = 1_000
#: more if there is no other way: a large modulus between bounds
_LISTED_LARGE = 50_000
#: values from which on a list is not made into a table
_LONG = 3_000
_MOST_HOLES = 10_000
#: values tried before a finite piece with exclusions counts as not known to be empty
_SEARCH = 100_000
_LARGE_MODULUS = 1_000
#: pieces up to which those that others cover are looked for
_COMPARED = 40
#: states of a union of pieces
_MAX_STATES = 200_000

UNBOUNDED = Interval(None, None)
ONE = Fraction(1)


def _tighter(a: End | None, b: End | None, sign: int) -> End | None:
    """Return the tighter of two lower ends (``sign`` 1) or upper ends (-1)."""
    if a is None or b is None:
        return b if a is None else a
    if a.value == b.value:
        return End(a.value, a.inclusive and b.inclusive)
    return a if (a.value - b.value) * sign > 0 else b


def _common(a: Interval, b: Interval) -> Interval:
    return Interval(_tighter(a.lo, b.lo, 1), _tighter(a.hi, b.hi, -1))


def _hollow(interval: Interval) -> bool:
    """Whether no real number lies in the interval."""
    lo, hi = interval
    if lo is None or hi is None:
        return False
    return lo.value > hi.value or (lo.value == hi.value and not (lo.inclusive and hi.inclusive))


@dataclass(frozen=True, slots=True)
class Piece:
    """Numbers in an interval that are multiples of ``multiple`` (None: any) and of none of ``nots``; see the module."""

    interval: Interval = UNBOUNDED
    multiple: Fraction | None = None
    nots: frozenset[Fraction] = frozenset()
    spelling: str | None = None

    def simplified(self) -> Piece | None:
        """Return the same set in a form that shows whether it is empty: None then."""
        nots = {n if self.multiple is None else common_multiple(n, self.multiple) for n in self.nots}
        if self.multiple in nots or _hollow(self.interval):
            return None
        nots = {n for n in nots if not any(m != n and (n / m).denominator == 1 for m in nots)}
        interval = self.interval if self.multiple is None else _on_grid(self.interval, self.multiple)
        out = replace(self, interval=interval, nots=frozenset(nots))
        return None if _hollow(interval) or out._no_value() else out

    def _no_value(self) -> bool:
        """Whether a finite piece has no value; an infinite one always has."""
        if self.count() is None:
            return False
        return next(self.enumerate(_SEARCH), None) is None and self.count() <= _SEARCH  # type: ignore[operator]

    def count(self) -> int | None:
        """Return how many multiples lie in the interval, those in ``nots`` included; None if infinitely many numbers do."""
        lo, hi = self.interval
        if lo is None or hi is None:
            return None
        if lo.value == hi.value:
            return int(self.contains(lo.value, broadly=True))
        if self.multiple is None:
            return None
        first, last = _steps(self.interval, self.multiple)
        assert first is not None
        assert last is not None
        return max(0, last - first + 1)

    def enumerate(self, limit: int) -> Iterator[Fraction]:
        """Iterate over the values of a finite piece in ascending order, looking at no more than ``limit`` multiples."""
        lo, hi = self.interval
        assert lo is not None
        assert hi is not None
        if lo.value == hi.value:
            yield from [lo.value] if self.contains(lo.value, broadly=True) else []
            return
        assert self.multiple is not None
        first, last = _steps(self.interval, self.multiple)
        assert first is not None
        assert last is not None
        for step in range(first, min(last, first + limit - 1) + 1):
            value = step * self.multiple
            if not any((value / n).denominator == 1 for n in self.nots):
                yield value

    def contains(self, value: Fraction, broadly: bool = False) -> bool:
        """Return whether ``value`` belongs to it; ``broadly``: in some spelling."""
        if not self.interval.contains(value):
            return False
        whole = value.denominator == 1
        if (self.spelling == "whole" and not whole) or (self.spelling == "fraction" and whole and not broadly):
            return False
        if self.multiple is not None and (value / self.multiple).denominator != 1:
            return False
        return not any((value / n).denominator == 1 for n in self.nots)

    def intersection(self, other: Piece) -> Piece | None:
        """Return the numbers of both, None if there are none."""
        if self.spelling and other.spelling and self.spelling != other.spelling:
            return None
        multiple = self.multiple or other.multiple
        if self.multiple and other.multiple:
            multiple = common_multiple(self.multiple, other.multiple)
        spelling = self.spelling or other.spelling
        return Piece(_common(self.interval, other.interval), multiple, self.nots | other.nots, spelling).simplified()

    def complement(self) -> list[Piece]:
        """Return all other numbers as disjoint pieces."""
        lo, hi = self.interval
        out: list[Piece | None] = []
        if lo:
            out.append(Piece(Interval(None, End(lo.value, not lo.inclusive))))
        if hi:
            out.append(Piece(Interval(End(hi.value, not hi.inclusive), None)))
        inside = Piece(self.interval)
        if self.multiple is not None:
            out.append(replace(inside, nots=frozenset([self.multiple])))
            inside = replace(inside, multiple=self.multiple)
        for n in sorted(self.nots):
            out.append(replace(inside, multiple=n if inside.multiple is None else common_multiple(n, inside.multiple)))
            inside = replace(inside, nots=inside.nots | {n})
        if self.spelling:
            out.append(replace(inside, spelling="fraction" if self.spelling == "whole" else "whole"))
        return [found for piece in out if piece and (found := piece.simplified())]

    def dfa(self, mode: str) -> DFA:
        """Return the byte automaton of the spellings of its numbers."""
        count = self.count()
        large = sum(_size(m) for m in (*self.nots, *([self.multiple] if self.multiple else []))) > _LARGE_MODULUS
        if count is not None and self.spelling is None and count <= (_LISTED_LARGE if large else _LISTED):
            return literal_dfa(self.enumerate(count), EXACT if mode == "exact" else FLOAT_LITERALS)
        point = {None: "any", "whole": "never", "fraction": "always"}[self.spelling]
        if mode == "exact":
            return number_dfa(self.interval, self.multiple, sorted(self.nots), Style(point))
        return self._float_dfa(point)

    def _float_dfa(self, point: str) -> DFA:
        """Return the spellings that keep the order as floats; with more digits where there are none, and exact ones as the last resort."""
        moduli = [*self.nots, *([self.multiple] if self.multiple else [])]
        if self.spelling is None and self.multiple is not None and self.multiple.denominator == 1:
            point = "never"
        for significant in (SIGNIFICANT, SIGNIFICANT + 2):
            style = float_style(self.interval, moduli, significant)
            shapes = {"any": ("never", "always")}.get(point, (point,))
            ends = [float_ends(self.interval, shape == "never") for shape in shapes]
            if len(set(ends)) == 1:
                shapes = (point,)
            parts = [
                number_dfa(interval, self.multiple, sorted(self.nots), style._replace(point=shape)) for interval, shape in zip(ends, shapes)
            ]
            out = parts[0] if len(parts) == 1 else parts[0].union(parts[1], _MAX_STATES)
            if not out.is_empty:
                return out
        return number_dfa(self.interval, self.multiple, sorted(self.nots), Style(point))


FLOAT_LITERALS = Style("any", SIGNIFICANT)


def _size(m: Fraction) -> int:
    return m.numerator + m.denominator.bit_length()


def _steps(interval: Interval, multiple: Fraction) -> tuple[int | None, int | None]:
    """Return the first and last k with ``k * multiple`` in the interval, None where it has no end."""
    lo, hi = interval
    first = last = None
    if lo is not None:
        ratio = lo.value / multiple
        first = ceil(ratio) if lo.inclusive else floor(ratio) + 1
    if hi is not None:
        ratio = hi.value / multiple
        last = floor(ratio) if hi.inclusive else ceil(ratio) - 1
    return first, last


def _on_grid(interval: Interval, multiple: Fraction) -> Interval:
    """Return the interval shrunk to inclusive ends at multiples."""
    first, last = _steps(interval, multiple)
    return Interval(None if first is None else End(first * multiple, True), None if last is None else End(last * multiple, True))


@dataclass(frozen=True)
class NumberLanguage:
    """A set of numbers; see the module. Make one with `of`, `of_values` or operations."""

    pieces: tuple[Piece, ...] = ()
    points: frozenset[Fraction] = frozenset()
    holes: frozenset[Fraction] = frozenset()

    @staticmethod
    def of(
        integer: bool = False,
        minimum: Fraction | None = None,
        maximum: Fraction | None = None,
        exclusive_min: bool = False,
        exclusive_max: bool = False,
        multiple_of: Fraction | Sequence[Fraction] = (),
        strict_integer: bool = False,
    ) -> NumberLanguage:
        """Return the numbers that satisfy keywords of a schema.

        Parameters
        ----------
        integer : bool
            Whole numbers, however written.
        minimum, maximum : Fraction, optional
        exclusive_min, exclusive_max : bool
        multiple_of : Fraction or sequence of Fraction
            Positive; all of them are to divide the number.
        strict_integer : bool
            Draft 4: numbers written without point and exponent.

        Examples
        --------
        >>> NumberLanguage.of(integer=True, minimum=Fraction(1, 2), maximum=Fraction(3)).values(10)
        [Fraction(1, 1), Fraction(2, 1), Fraction(3, 1)]
        """
        multiple = ONE if integer or strict_integer else None
        for m in [multiple_of] if isinstance(multiple_of, Fraction) else multiple_of:
            multiple = m if multiple is None else common_multiple(multiple, m)
        lo = None if minimum is None else End(minimum, not exclusive_min)
        hi = None if maximum is None else End(maximum, not exclusive_max)
        piece = Piece(Interval(lo, hi), multiple, frozenset(), "whole" if strict_integer else None).simplified()
        return _made([] if piece is None else [piece])

    def contains(self, value: Fraction) -> bool:
        """Return whether a number belongs to it."""
        value = Fraction(value)
        return value in self.points or (value not in self.holes and any(piece.contains(value) for piece in self.pieces))

    matches = contains

    @property
    def is_everything(self) -> bool:
        """Whether it is `EVERYTHING` as it stands."""
        return self == EVERYTHING

    @property
    def is_empty(self) -> bool:
        """Whether no number belongs to it."""
        return not self.points and all(self._gone(piece) for piece in self.pieces)

    def _gone(self, piece: Piece) -> bool:
        """Whether every number of a piece is a hole."""
        if piece.count() is None or not self.holes:
            return False
        few = list(islice(piece.enumerate(_SEARCH), len(self.holes) + 1))
        return len(few) <= len(self.holes) and all(value in self.holes for value in few)

    def witness(self) -> Fraction | None:
        """Return some number of it, None if it is empty."""
        if self.points:
            return min(self.points, key=abs)
        for piece in self.pieces:
            found = next((v for v in _samples(piece) if v not in self.holes and piece.contains(v, True)), None)
            if found is not None:
                return found
        return None

    def values(self, limit: int) -> list[Fraction] | None:
        """Return all numbers of it in ascending order, None when there are more than ``limit``."""
        found = set(self.points)
        for piece in self.pieces:
            count = piece.count()
            if count is None or count > 16 * limit + len(self.holes):
                return None
            found.update(value for value in piece.enumerate(count) if value not in self.holes)
        return sorted(found) if len(found) <= limit else None

    def intersection(self, other: NumberLanguage) -> NumberLanguage:
        """Return the numbers of both."""
        if self is other or other.is_everything:
            return self
        if self.is_everything:
            return other
        pieces = [found for a in self.pieces for b in other.pieces if (found := a.intersection(b))]
        pieces += [p for a, b in ((self, other), (other, self)) for v in a.points for p in b._spelled(v)]
        points = [v for a, b in ((self, other), (other, self)) for v in a.points if b._plainly(v)]
        return _made(pieces, points, self.holes | other.holes)

    __and__ = intersection

    def _plainly(self, value: Fraction) -> bool:
        """Return whether ``value`` belongs to it in all its spellings."""
        inside = value not in self.holes and any(not p.spelling and p.contains(value) for p in self.pieces)
        return inside or value in self.points

    def _spelled(self, value: Fraction) -> list[Piece]:
        """Return ``value`` as far as it belongs to it in some spellings only."""
        if value in self.holes or self._plainly(value):
            return []
        end = End(value, True)
        return [Piece(Interval(end, end), spelling=p.spelling) for p in self.pieces if p.spelling and p.contains(value, broadly=True)]

    def union(self, other: NumberLanguage) -> NumberLanguage:
        """Return the numbers of either."""
        holes = [v for v in self.holes if not other.contains(v)] + [v for v in other.holes if not self.contains(v)]
        return _made([*self.pieces, *other.pieces], self.points | other.points, holes)

    __or__ = union

    def complement(self) -> tuple[NumberLanguage, ...]:
        """Return all other numbers; a tuple of one language, or of none when nothing is left."""
        rest = [Piece()]
        for piece in self.pieces:
            others = piece.complement()
            rest = [found for a in rest for b in others if (found := a.intersection(b))]
        out = _made(rest, self.holes, self.points)
        return () if out.is_empty else (out,)

    def __invert__(self) -> NumberLanguage:
        return next(iter(self.complement()), NOTHING)

    def is_disjoint(self, other: NumberLanguage) -> bool:
        """Return whether no number is in both."""
        return (self & other).is_empty

    def dfa(self, mode: str = "exact") -> DFA:
        """Return the byte automaton of the spellings; see `number_spelling` for the modes ``"exact"`` and ``"float64"``.

        Raises
        ------
        LimitExceeded
            When divisibility takes too many states.
        """
        return _lowered(self, mode)

    def terminal(self, mode: str = "exact") -> Terminal:
        """Return the terminal of the spellings; the language must not be empty.

        A `DFATerminal`, but `MultiplesTerminal` where one modulus has too many residues for a table, and `ListedNumbers` for a long list.
        """
        return _terminal(self, mode)

    @property
    def name(self) -> str:
        """What to call one of its numbers."""
        whole = all(p.multiple is not None and p.multiple.denominator == 1 for p in self.pieces)
        return "an integer" if whole and all(v.denominator == 1 for v in self.points) else "a number"


def _made(pieces: Iterable[Piece], points: Iterable[Fraction] = (), holes: Iterable[Fraction] = ()) -> NumberLanguage:
    """Return a language in normal form; the pieces are simplified ones."""
    kept: list[Piece] = []
    extra = set(points)
    gone = set(holes) - extra
    for piece in dict.fromkeys(pieces):
        lo, hi = piece.interval
        if lo and hi and lo.value == hi.value and piece.spelling is None:
            if lo.value not in gone:
                extra.add(lo.value)
        else:
            kept.append(piece)
    if 1 < len(kept) <= _COMPARED:
        covered = {p for p in kept if any(q is not p and _covers(q, p) for q in kept)}
        kept = [p for p in kept if p not in covered]
    outside = frozenset(v for v in extra if v in gone or not any(p.contains(v) for p in kept))
    inside = frozenset(v for v in gone if any(p.contains(v, True) for p in kept))
    return NumberLanguage(tuple(kept), outside, inside)


def _covers(a: Piece, b: Piece) -> bool:
    """Return whether piece ``a`` is seen at a glance to contain another piece ``b``; then ``b`` does not contain ``a``."""
    if a.nots or (a.spelling and a.spelling != b.spelling) or _common(a.interval, b.interval) != b.interval:
        return False
    return a.multiple is None or (b.multiple is not None and (b.multiple / a.multiple).denominator == 1)


def _samples(piece: Piece) -> Iterator[Fraction]:
    """Iterate over numbers of which one that avoids a few holes is soon in the piece."""
    lo, hi = piece.interval
    if piece.multiple is not None:
        first, last = _steps(piece.interval, piece.multiple)
        begin, sign = (first, 1) if first is not None else (last, -1) if last is not None else (0, 1)
        assert begin is not None
        end = _SEARCH if first is None or last is None else min(_SEARCH, last - first + 1)
        yield from ((begin + sign * i) * piece.multiple for i in range(end))
        return
    base = lo.value if lo else hi.value - 1 if hi else Fraction(0)
    step = hi.value - base if hi else ONE
    yield base
    scale = ONE
    while scale > Fraction(1, 10**400):
        scale /= 10
        unit = Fraction(10) ** (len(str(floor(1 / (step * scale)))) if step * scale < 1 else 0)
        yield floor((base + step * scale) * unit) / unit + 1 / unit
    if hi:
        yield hi.value


NOTHING = NumberLanguage()
EVERYTHING = NumberLanguage((Piece(),))


def of_values(values: Iterable[Fraction]) -> NumberLanguage:
    """Return the language of finitely many numbers."""
    return NumberLanguage((), frozenset(Fraction(v) for v in values))


def union(languages: Iterable[NumberLanguage]) -> tuple[NumberLanguage, ...]:
    """Return the union as a tuple of one language, of none when it is empty, or of two when a long list stands beside the rest."""
    parts = [language for language in languages if not language.is_empty]
    if not parts:
        return ()
    holes = {v for part in parts for v in part.holes if not any(other.contains(v) for other in parts)}
    points = {v for part in parts for v in part.points}
    whole = _made([p for part in parts for p in part.pieces], points, holes)
    if whole.pieces and len(whole.points) > _LONG:
        return replace(whole, points=frozenset()), NumberLanguage((), whole.points)
    return (whole,)


def apart(language: NumberLanguage) -> tuple[NumberLanguage, ...]:
    """Return the same numbers with the pieces that are too large for a table as languages of their own."""
    pieces = [part for piece in language.pieces for part in _by_grid(piece)]
    large = [piece for piece in pieces if _is_large(piece)]
    if len(pieces) == len(language.pieces) and (not large or (len(pieces) == 1 and not language.points)):
        return (language,)
    rest = _made([piece for piece in pieces if piece not in large], language.points, language.holes)
    made = (rest, *(_made([piece], (), language.holes) for piece in large))
    return tuple(one for one in made if not one.is_empty)


def _by_grid(piece: Piece) -> list[Piece]:
    """Split what is a multiple of none of many numbers: what lies off a decimal grid that they are on, and what lies on it."""
    if piece.multiple is not None or piece.spelling or not piece.nots or not too_many_residues(sorted(piece.nots), piece.interval):
        return [piece]
    grid = ONE
    while any((n / grid).denominator != 1 for n in piece.nots):
        grid /= 10
    parts = (replace(piece, multiple=grid), replace(piece, nots=frozenset([grid])))
    return [found for part in parts if (found := part.simplified())]


def _is_large(piece: Piece) -> bool:
    """Return whether a piece is to be read by a `MultiplesTerminal`: a table of its residues would be too large."""
    if piece.multiple is None or len(piece.nots) > MAX_NOTS:
        return False
    if piece.spelling and (piece.spelling != "whole" or piece.multiple.denominator != 1):
        return False
    count = piece.count()
    if count is not None and count <= _LISTED:
        return False
    return too_many_residues([piece.multiple, *piece.nots], piece.interval)


@lru_cache(maxsize=1024)
def _piece_dfa(piece: Piece, mode: str) -> DFA:
    return piece.dfa(mode)


@lru_cache(maxsize=512)
def _lowered(language: NumberLanguage, mode: str) -> DFA:
    layer = [_piece_dfa(piece, mode) for piece in language.pieces]
    while len(layer) > 1:
        layer = [a[0].union(a[1], _MAX_STATES) if len(a) == 2 else a[0] for a in (layer[i : i + 2] for i in range(0, len(layer), 2))]
    out = layer[0] if layer else DFA.empty("bytes")
    if len(language.holes) > _MOST_HOLES:
        raise LimitExceeded("excluded numbers", _MOST_HOLES, len(language.holes), hint="exclude a range instead of a list")
    if language.holes:
        out = out.difference(literal_dfa(language.holes), _MAX_STATES)
    if language.points:
        listed = literal_dfa(language.points, EXACT if mode == "exact" else FLOAT_LITERALS)
        out = listed if out.is_empty else out.union(listed, _MAX_STATES)
    return out


@lru_cache(maxsize=512)
def _terminal(language: NumberLanguage, mode: str) -> Terminal:
    style = EXACT if mode == "exact" else FLOAT_LITERALS
    if not language.pieces and len(language.points) > _LONG:
        return ListedNumbers(language.points, style, language.name)
    if len(language.pieces) == 1 and not language.points and len(language.holes) <= _MOST_HOLES:
        (piece,) = language.pieces
        if _is_large(piece):
            assert piece.multiple is not None
            endless = mode == "exact" and piece.spelling is None
            return MultiplesTerminal(piece.multiple, piece.interval, endless, language.name, piece.nots, language.holes)
    return DFATerminal(_lowered(language, mode), language.name)


def number(value: int | float | Fraction) -> Fraction:
    """Return a number of a schema exactly; a float means its shortest decimal spelling."""
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
