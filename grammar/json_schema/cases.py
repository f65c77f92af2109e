"""What holds of an object or an array, as tables: the mutable cases that `object_cases` and `array_cases` fill."""

from __future__ import annotations

from collections.abc import Iterable

from .formulas import AND, Formula
from .nodes import FALSE_LITERAL, TRUE_LITERAL

#: the sorted literals that hold at one place of the value
Conjunction = tuple[int, ...]
#: place in the textual order of a formula
Rank = tuple[int, ...]

ANYTHING: Conjunction = ()
NOTHING: Conjunction = (FALSE_LITERAL,)


def conjoin(literals: Iterable[int]) -> Conjunction:
    """Return the conjunction of literals; a literal beside its complement gives `NOTHING`."""
    kept = set(literals)
    kept.discard(TRUE_LITERAL)
    if FALSE_LITERAL in kept or any(literal ^ 1 in kept for literal in kept):
        return NOTHING
    return tuple(sorted(kept))


class ObjectCase:
    """What holds of an object in one case; built by `Shapes`.

    Attributes
    ----------
    props : dict of str to list of int
        Literals of the value of each key, where the key is present; selectors come on top.
    ranks : dict of str to tuple of int
        Place of first mention.
    required, absent : set of str
    universals : dict of (selector, literal)
        What every member whose key the selector takes satisfies.
    lo, hi : int
        Number of members.
    rest : list of (rank, Formula)
        Disjunctions and SOME atoms.
    """

    __slots__ = ("absent", "dirty", "hi", "lo", "props", "ranks", "required", "rest", "universals")

    def __init__(self) -> None:
        self.props: dict[str, tuple[int, ...]] = {}
        self.ranks: dict[str, Rank] = {}
        self.required: set[str] = set()
        self.absent: set[str] = set()
        self.universals: dict[tuple, None] = {}
        self.lo = 0
        self.hi: int | None = None
        self.rest: list[tuple[Rank, Formula]] = []
        self.dirty: set[str] = set()

    def copy(self) -> ObjectCase:
        """Return an independent copy."""
        out = ObjectCase()
        out.props = dict(self.props)
        out.ranks = dict(self.ranks)
        out.required = set(self.required)
        out.absent = set(self.absent)
        out.universals = dict(self.universals)
        out.lo, out.hi = self.lo, self.hi
        out.rest = list(self.rest)
        out.dirty = set(self.dirty)
        return out


class ArrayCase:
    """What holds of an array; built by `Shapes`.

    Attributes
    ----------
    prefix : dict of int to tuple of int
        Literals of single items.
    tails : dict of (int, int)
        ``(i, literal)``: every item from i on satisfies the literal.
    lo, hi : int
    rest : list of Formula
        Disjunctions, counts, uniqueness.
    """

    __slots__ = ("hi", "lo", "prefix", "rest", "tails")

    def __init__(self) -> None:
        self.prefix: dict[int, tuple[int, ...]] = {}
        self.tails: dict[tuple[int, int], None] = {}
        self.lo = 0
        self.hi: int | None = None
        self.rest: list[Formula] = []

    def copy(self) -> ArrayCase:
        """Return an independent copy."""
        out = ArrayCase()
        out.prefix = dict(self.prefix)
        out.tails = dict(self.tails)
        out.lo, out.hi = self.lo, self.hi
        out.rest = list(self.rest)
        return out

    @property
    def horizon(self) -> int:
        """Index from which on all items are alike."""
        return max([0, *(i + 1 for i in self.prefix), *(i for i, _ in self.tails)])

    def item(self, index: int) -> Conjunction:
        """Return the conjunction of item ``index``."""
        return conjoin((*self.prefix.get(index, ()), *(literal for first, literal in self.tails if index >= first)))


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """Return the operands of a conjunction, or the formula alone."""
    return formula.args if formula.kind == AND else (formula,)
