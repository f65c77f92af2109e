"""What a value of one type must satisfy: positive boolean formulas over atoms, hash-consed.

A schema says something about values of all six types. Unfolding it (`unfold`) gives, per type, a formula of conjunctions and
disjunctions over *atoms*; negation is pushed down to atoms, each of which has an atom (or a small formula) as its complement. Atoms
talk about one level of the value; what they ask of members and items is a *literal* (`nodes`), never unfolded here.

    objects   PROP k l         if key k is present, its value satisfies l; MENTION in the payload: it gives k its place in the key order
              PRESENT k, ABSENT k
              ALL sel l        every member whose key the selector takes satisfies l
              SOME sel l       some member whose key the selector takes satisfies l
              SIZE lo hi       number of members (hi None: unbounded)
    arrays    ITEM i l         if there is an item i, it satisfies l
              ITEMS i l        every item from i on satisfies l
              COUNT i l lo hi  the number of items from i on that satisfy l
              LENGTH lo hi
              UNIQUE, REPEATED items pairwise different; not so
    scalars   FACT payload     a predicate on the string, number or boolean; NOT f and EXACTLY_ONE fs occur over scalars only

A selector is ``("pattern", p)``, ``("rest", names, patterns)`` (keys outside both) or ``("unnamed", l)`` (keys that are no strings of
literal l).

Conjunctions and disjunctions keep the order in which the schema mentions things: key order is read off it. Equal formulas are one
object, so memos on formulas need no deep comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from maskwright.errors import LimitExceeded

from .nodes import FALSE_LITERAL, TRUE_LITERAL

AND, OR, NOT, EXACTLY_ONE = "and", "or", "not", "exactly one"
PROP, PRESENT, ABSENT, ALL, SOME, SIZE = "prop", "present", "absent", "all", "some", "size"
ITEM, ITEMS, COUNT, LENGTH, UNIQUE, REPEATED = "item", "items", "count", "length", "unique", "repeated"
FACT, HERE, SILENT, ONE_OF, NOT_ONE_OF = "fact", "here", "silent", "one of", "not one of"
CONSTANT, CHILD = "constant", "child"

#: nesting of alternating connectives beyond which a formula is refused: walks over formulas recurse
MAX_DEPTH = 200
#: absorption compares all pairs of disjuncts up to this many
_ABSORB = 24


class Formula:
    """One hash-consed formula; compare with ``is``.

    Attributes
    ----------
    kind : str
    args : tuple
        Operands, or the atom's payload.
    id : int
    trivial : bool
        Always true: `TRUE`, or only mentions keys.
    mentions : bool
        Some atom in it gives a key its place in the key order.
    open : bool
        Some atom in it speaks of members by selector, or of their number.
    """

    __slots__ = ("_keys", "args", "depth", "id", "kind", "mentions", "open", "trivial")

    def __init__(self, kind: str, args: tuple, number: int):
        self.kind = kind
        self.args = args
        self.id = number
        self.depth = 0
        self.trivial = False
        self.mentions = False
        self.open = kind in (ALL, SOME, SIZE)
        self._keys: frozenset[str] | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The keys that atoms of the formula name, outside of selectors."""
        if self._keys is None:
            if self.kind in (AND, OR):
                self._keys = frozenset().union(*[f.keys for f in self.args])
            elif self.kind in (PROP, PRESENT, ABSENT):
                self._keys = frozenset((self.args[0],))
            else:
                self._keys = frozenset()
        return self._keys

    def atoms(self) -> Iterator[Formula]:
        """Yield the atoms, from left to right, each once."""
        seen: set[Formula] = set()
        stack = [self]
        while stack:
            formula = stack.pop()
            if formula in seen:
                continue
            seen.add(formula)
            if formula.kind in (AND, OR):
                stack += reversed(formula.args)
            else:
                yield formula

    def __repr__(self) -> str:
        return f"{self.kind}{self.args!r}"


TRUE = Formula(CONSTANT, (True,), 0)
TRUE.trivial = True
FALSE = Formula(CONSTANT, (False,), 1)


class Formulas:
    """The table of formulas of one compilation."""

    def __init__(self) -> None:
        self._table: dict[tuple, Formula] = {}
        self._silent: dict[Formula, Formula] = {}

    def _make(self, kind: str, args: tuple) -> Formula:
        key = (kind, args)
        found = self._table.get(key)
        if found is None:
            found = self._table[key] = Formula(kind, args, len(self._table) + 2)
        return found

    def __len__(self) -> int:
        return len(self._table)

    # connectives ----------------------------------------------------------------------------------------------------------------------

    def conjunction(self, parts: Iterable[Formula]) -> Formula:
        """Return the conjunction, flattened, without repetitions."""
        flat: dict[Formula, None] = {}
        for part in parts:
            if part is FALSE:
                return FALSE
            if part.kind == AND:
                flat.update(dict.fromkeys(part.args))
            elif part is not TRUE:
                flat[part] = None
        if len(flat) <= 1:
            return next(iter(flat), TRUE)
        if self._clashes(flat):
            return FALSE
        return self._connect(AND, tuple(flat))

    def _clashes(self, flat: Iterable[Formula]) -> bool:
        absent = {f.args[0] for f in flat if f.kind == ABSENT}
        return bool(absent) and any(f.kind == PRESENT and f.args[0] in absent for f in flat)

    def disjunction(self, parts: Iterable[Formula]) -> Formula:
        """Return the disjunction, flattened, without repetitions and absorbed disjuncts."""
        flat: dict[Formula, None] = {}
        for part in parts:
            if part.trivial:
                return TRUE
            if part.kind == OR:
                flat.update(dict.fromkeys(part.args))
            elif part is not FALSE:
                flat[part] = None
        if len(flat) > 1 and len(flat) <= _ABSORB:
            flat = _absorbed(flat)
        if len(flat) <= 1:
            return next(iter(flat), FALSE)
        absent = {f.args[0] for f in flat if f.kind == ABSENT}
        if absent and any(f.kind == PRESENT and f.args[0] in absent for f in flat):
            return TRUE
        return self._connect(OR, tuple(flat))

    def _connect(self, kind: str, args: tuple[Formula, ...]) -> Formula:
        made = self._make(kind, args)
        if not made.depth:
            made.depth = 1 + max(f.depth for f in args)
            if made.depth > MAX_DEPTH:
                raise LimitExceeded(
                    "nodes", MAX_DEPTH, made.depth, hint="anyOf, allOf, oneOf and not alternate too deeply; flatten the schema"
                )
            made.trivial = kind == AND and all(f.trivial for f in args)
            made.mentions = any(f.mentions for f in args)
            made.open = any(f.open for f in args)
        return made

    def negation_of_scalar(self, formula: Formula) -> Formula:
        """Return the complement of a formula over scalars."""
        if formula.trivial:
            return FALSE
        if formula is FALSE:
            return TRUE
        return formula.args[0] if formula.kind == NOT else self._connect(NOT, (formula,))

    def exactly_one(self, parts: Sequence[Formula]) -> Formula:
        """Return the formula over scalars that exactly one of ``parts`` holds."""
        kept = tuple(f for f in parts if f is not FALSE)
        return kept[0] if len(kept) == 1 else self._connect(EXACTLY_ONE, kept) if kept else FALSE

    def silent(self, formula: Formula) -> Formula:
        """Return the formula without its say in the order of keys."""
        if not formula.mentions:
            return formula
        found = self._silent.get(formula)
        if found is None:
            if formula.kind == AND:
                found = self.conjunction([self.silent(part) for part in formula.args])
            elif formula.kind == OR:
                found = self.disjunction([self.silent(part) for part in formula.args])
            else:
                found = self.prop(formula.args[0], formula.args[1])
            self._silent[formula] = found
        return found

    # atoms ----------------------------------------------------------------------------------------------------------------------------

    def prop(self, key: str, literal: int, mention: bool = False) -> Formula:
        """Return: if ``key`` is present, its value satisfies ``literal``."""
        if literal == FALSE_LITERAL and not mention:
            return self._make(ABSENT, (key,))
        if literal == TRUE_LITERAL and not mention:
            return TRUE
        made = self._make(PROP, (key, literal, mention))
        made.mentions = mention
        made.trivial = literal == TRUE_LITERAL
        return made

    def present(self, key: str) -> Formula:
        """Return: ``key`` is present."""
        return self._make(PRESENT, (key,))

    def absent(self, key: str) -> Formula:
        """Return: ``key`` is absent."""
        return self._make(ABSENT, (key,))

    def members(self, kind: str, selector: tuple, literal: int) -> Formula:
        """Return ALL or SOME over the keys that ``selector`` takes."""
        if kind == ALL and literal == TRUE_LITERAL:
            return TRUE
        if kind == SOME and literal == FALSE_LITERAL:
            return FALSE
        return self._make(kind, (selector, literal))

    def size(self, kind: str, lo: int, hi: int | None) -> Formula:
        """Return SIZE or LENGTH."""
        lo = max(lo, 0)
        if hi is not None and lo > hi:
            return FALSE
        return TRUE if lo == 0 and hi is None else self._make(kind, (lo, hi))

    def item(self, index: int, literal: int) -> Formula:
        """Return: item ``index``, if there is one, satisfies ``literal``."""
        if literal == FALSE_LITERAL:
            return self.size(LENGTH, 0, index)
        return TRUE if literal == TRUE_LITERAL else self._make(ITEM, (index, literal))

    def items(self, index: int, literal: int) -> Formula:
        """Return: every item from ``index`` on satisfies ``literal``."""
        if literal == FALSE_LITERAL:
            return self.size(LENGTH, 0, index)
        return TRUE if literal == TRUE_LITERAL else self._make(ITEMS, (index, literal))

    def count(self, index: int, literal: int, lo: int, hi: int | None) -> Formula:
        """Return: between ``lo`` and ``hi`` items from ``index`` on satisfy ``literal``."""
        lo = max(lo, 0)
        if hi is not None and (hi < 0 or lo > hi):
            return FALSE
        if lo == 0 and hi is None:
            return TRUE
        if literal == FALSE_LITERAL:
            return TRUE if lo == 0 else FALSE
        if literal == TRUE_LITERAL:
            return self.size(LENGTH, lo + index if lo else 0, None if hi is None else hi + index)
        if hi == 0:
            return self.items(index, literal ^ 1)
        return self._make(COUNT, (index, literal, lo, hi))

    def plain(self, kind: str, *args: Any) -> Formula:
        """Return an atom as it stands."""
        return self._make(kind, args)

    # negation of atoms ------------------------------------------------------------------------------------------------------------------

    def negate(self, formula: Formula) -> Formula:
        """Return the complement of a formula over objects or arrays, of small depth (one node's template)."""
        return self._complements[formula.kind](self, formula)

    def _not_constant(self, f: Formula) -> Formula:
        return FALSE if f is TRUE else TRUE

    def _not_and(self, f: Formula) -> Formula:
        return self.disjunction([self.negate(a) for a in f.args])

    def _not_or(self, f: Formula) -> Formula:
        return self.conjunction([self.negate(a) for a in f.args])

    def _not_prop(self, f: Formula) -> Formula:
        key, literal, _ = f.args
        if literal == TRUE_LITERAL:
            return FALSE
        return self.conjunction((self.present(key), self.prop(key, literal ^ 1)))

    def _not_members(self, f: Formula) -> Formula:
        return self.members(SOME if f.kind == ALL else ALL, f.args[0], f.args[1] ^ 1)

    def _not_size(self, f: Formula) -> Formula:
        lo, hi = f.args
        above = FALSE if hi is None else self.size(f.kind, hi + 1, None)
        return self.disjunction((self.size(f.kind, 0, lo - 1) if lo else FALSE, above))

    def _not_item(self, f: Formula) -> Formula:
        index, literal = f.args
        return self.conjunction((self.size(LENGTH, index + 1, None), self.item(index, literal ^ 1)))

    def _not_items(self, f: Formula) -> Formula:
        return self.count(f.args[0], f.args[1] ^ 1, 1, None)

    def _not_count(self, f: Formula) -> Formula:
        index, literal, lo, hi = f.args
        above = FALSE if hi is None else self.count(index, literal, hi + 1, None)
        return self.disjunction((self.count(index, literal, 0, lo - 1) if lo else FALSE, above))

    _complements: ClassVar[dict[str, Callable[[Formulas, Formula], Formula]]] = {
        CONSTANT: _not_constant,
        AND: _not_and,
        OR: _not_or,
        PROP: _not_prop,
        PRESENT: lambda self, f: self.absent(*f.args),
        ABSENT: lambda self, f: self.present(*f.args),
        ALL: _not_members,
        SOME: _not_members,
        SIZE: _not_size,
        LENGTH: _not_size,
        ITEM: _not_item,
        ITEMS: _not_items,
        COUNT: _not_count,
        UNIQUE: lambda self, f: self._make(REPEATED, ()),
        REPEATED: lambda self, f: self._make(UNIQUE, ()),
        HERE: lambda self, f: self._make(HERE, (f.args[0] ^ 1,)),
        SILENT: lambda self, f: self._make(SILENT, (f.args[0] ^ 1,)),
        ONE_OF: lambda self, f: self._make(NOT_ONE_OF, f.args),
        NOT_ONE_OF: lambda self, f: self._make(ONE_OF, f.args),
    }


def _absorbed(flat: dict[Formula, None]) -> dict[Formula, None]:
    """Drop disjuncts that another disjunct includes: ``A or (A and B)`` is ``A``."""
    sets = {f: frozenset(f.args) if f.kind == AND else frozenset((f,)) for f in flat}
    return {f: None for f in flat if not any(g is not f and sets[g] < sets[f] for g in flat)}
