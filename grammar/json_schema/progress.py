"""What is left to hold after one member or item has been read.

A residual formula speaks of the members (items) still to come. Reading a member turns its atoms into what they ask of the value, CHILD
leaves, and into what remains; `choices` then lists the ways to satisfy the result: a set of literals for the value, and the residual
afterwards. Ways that another way includes are dropped, so a plain conjunction has one way and a discriminated union one per branch.

    present(PROP k l)  = CHILD l          absent(PROP k l) = true        end(PRESENT k) = false
    present(PRESENT k) = true             absent(PRESENT k) = false      end(ALL s l) = true
    reading k taken by s:  ALL s l -> CHILD l and ALL s l     SOME s l -> CHILD l or SOME s l
    ... k undeclared:                                         SOME s l -> (CHILD l and HELD) or (CHILD not l and SOME s l)

Residuals over arrays are relative to the items left: ITEM i becomes ITEM i-1, so that a loop comes back to the same formula.

A key that the object does not declare may be written twice, and the last one counts. So a key that meets SOME s l is *held*: it may not
come again (`memory.NewKey`). The first one that can meet it does, or every later one would be a way of its own. And such a key is counted
towards a least number of members only once per class (``fresh``): texts with repeated keys never pass a check that their value fails.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Protocol

from maskwright.automata.limits import tick
from maskwright.errors import LimitExceeded

from .formulas import (
    ABSENT,
    ALL,
    AND,
    CHILD,
    CONSTANT,
    COUNT,
    FALSE,
    ITEM,
    ITEMS,
    LENGTH,
    OR,
    PRESENT,
    PROP,
    REPEATED,
    SIZE,
    SOME,
    TRUE,
    UNIQUE,
    Formula,
    Formulas,
)
from .nodes import FALSE_LITERAL, TRUE_LITERAL

MAX_CHOICES = 4096

#: among the literals of a choice: the key being read may not come again
HELD = -1

Choice = tuple[frozenset[int], Formula]


class Taker(Protocol):
    """Something that says which selectors take the key being read."""

    def __call__(self, selector: tuple) -> bool: ...


class Progress:
    """Steps residual formulas; memoised.

    Parameters
    ----------
    make : Formulas
    hopeless : callable
        ``hopeless(literals)``: whether it is certain that no value satisfies all the literals; such ways are dropped.
    """

    def __init__(self, make: Formulas, hopeless: Callable[[Iterable[int]], bool]):
        self.make = make
        self._hopeless = hopeless
        self._present: dict[tuple, Formula] = {}
        self._absent: dict[tuple[Formula, str], Formula] = {}
        self._choices: dict[Formula, list[Choice]] = {}
        self._item: dict[tuple[Formula, bool], Formula] = {}
        self._children: dict[Formula, bool] = {}
        self._closing: dict[Formula, bool] = {}

    def child(self, literal: int) -> Formula:
        """Return the leaf: the value being read satisfies ``literal``."""
        if literal <= FALSE_LITERAL:
            return TRUE if literal == TRUE_LITERAL else FALSE
        return self.make.plain(CHILD, literal)

    def _map(self, formula: Formula, atom: Callable[[Formula], Formula]) -> Formula:
        """Replace the atoms; a part that stands in many places is looked at once."""
        return self._mapped(formula, atom, {})

    def _mapped(self, formula: Formula, atom: Callable[[Formula], Formula], known: dict[Formula, Formula]) -> Formula:
        if formula.kind != AND and formula.kind != OR:
            return atom(formula)
        found = known.get(formula)
        if found is None:
            parts = [self._mapped(part, atom, known) for part in formula.args]
            found = known[formula] = self.make.conjunction(parts) if formula.kind == AND else self.make.disjunction(parts)
        return found

    # objects --------------------------------------------------------------------------------------------------------------------------

    def read_key(self, formula: Formula, key: str, takes: Taker) -> Formula:
        """Step over declared key ``key``, present."""
        if formula.kind in (AND, OR) and not formula.open and key not in formula.keys:
            return formula
        memo = (formula, key)
        found = self._present.get(memo)
        if found is None:
            found = self._present[memo] = self._map(formula, lambda f: self._read_declared(f, key, takes))
        return found

    def _read_declared(self, f: Formula, key: str, takes: Taker) -> Formula:
        kind, args = f.kind, f.args
        if kind in (PROP, PRESENT, ABSENT):
            if args[0] != key:
                return f
            return self.child(args[1]) if kind == PROP else TRUE if kind == PRESENT else FALSE
        if kind == ALL and takes(args[0]):
            return self.make.conjunction((self.child(args[1]), f))
        if kind == SOME and takes(args[0]):
            return self.make.disjunction((self.child(args[1]), f))
        return self._less(f, True) if kind == SIZE else f

    def read_other(self, formula: Formula, takes: Taker, group: Hashable, fresh: bool) -> Formula:
        """Step over an undeclared key; ``group`` determines what ``takes`` says, ``fresh``: no key of its class came before."""
        if not formula.open:
            return formula
        memo = (formula, group, fresh)
        found = self._present.get(memo)
        if found is None:
            found = self._present[memo] = self._map(formula, lambda f: self._read_undeclared(f, takes, fresh))
        return found

    def _read_undeclared(self, f: Formula, takes: Taker, fresh: bool) -> Formula:
        kind, args = f.kind, f.args
        if kind == ALL and takes(args[0]):
            return self.make.conjunction((self.child(args[1]), f))
        if kind == SOME and takes(args[0]):
            if args[1] == TRUE_LITERAL:
                return TRUE
            met = self.make.conjunction((self.child(args[1]), self.make.plain(CHILD, HELD)))
            return self.make.disjunction((met, self.make.conjunction((self.child(args[1] ^ 1), f))))
        return self._less(f, fresh) if kind == SIZE else f

    def _less(self, f: Formula, counts: bool) -> Formula:
        lo, hi = f.args
        if hi == 0:
            return FALSE
        return self.make.size(f.kind, lo - 1 if counts else lo, None if hi is None else hi - 1)

    def skip_key(self, formula: Formula, key: str) -> Formula:
        """Step over declared key ``key``, absent for good."""
        if key not in formula.keys:
            return formula
        memo = (formula, key)
        found = self._absent.get(memo)
        if found is None:
            found = self._absent[memo] = self._map(formula, lambda f: self._skip(f, key))
        return found

    def _skip(self, f: Formula, key: str) -> Formula:
        if f.kind in (PROP, PRESENT, ABSENT) and f.args[0] == key:
            return FALSE if f.kind == PRESENT else TRUE
        return f

    def closes(self, formula: Formula) -> bool:
        """Whether the object or array may end here."""
        found = self._closing.get(formula)
        if found is None:
            if formula.kind == AND:
                found = all(map(self.closes, formula.args))
            elif formula.kind == OR:
                found = any(map(self.closes, formula.args))
            else:
                found = _end(formula) is TRUE
            self._closing[formula] = found
        return found

    # arrays ---------------------------------------------------------------------------------------------------------------------------

    def read_item(self, formula: Formula, again: bool = False) -> Formula:
        """Step over one item; ``again`` if an equal one came before."""
        if formula is TRUE:
            return TRUE
        found = self._item.get((formula, again))
        if found is None:
            found = self._item[formula, again] = self._map(formula, lambda f: self._read_item(f, again))
        return found

    def _read_item(self, f: Formula, again: bool) -> Formula:
        make, kind, args = self.make, f.kind, f.args
        if again and kind in (UNIQUE, REPEATED):
            return FALSE if kind == UNIQUE else TRUE
        if kind == ITEM:
            return make.item(args[0] - 1, args[1]) if args[0] else self.child(args[1])
        if kind == ITEMS:
            return make.items(args[0] - 1, args[1]) if args[0] else make.conjunction((self.child(args[1]), f))
        if kind == LENGTH:
            return self._less(f, True)
        if kind != COUNT:
            return f
        index, literal, lo, hi = args
        if index:
            return make.count(index - 1, literal, lo, hi)
        met = make.conjunction((self.child(literal), make.count(0, literal, lo - 1, None if hi is None else hi - 1)))
        missed = f if hi is None else make.conjunction((self.child(literal ^ 1), f))
        return make.disjunction((met, missed))

    # choices --------------------------------------------------------------------------------------------------------------------------

    def choices(self, formula: Formula) -> list[Choice]:
        """Return the ways to satisfy a stepped formula: literals of the value (and `HELD`), and what remains."""
        if formula is TRUE:
            return _NO_DEMAND
        found = self._choices.get(formula)
        if found is None:
            found = self._choices[formula] = self._ways(formula)
        return found

    def _asks(self, formula: Formula) -> bool:
        """Whether the formula has CHILD leaves."""
        found = self._children.get(formula)
        if found is None:
            found = formula.kind == CHILD or (formula.kind in (AND, OR) and any(map(self._asks, formula.args)))
            self._children[formula] = found
        return found

    def _ways(self, formula: Formula) -> list[Choice]:
        if formula is FALSE:
            return []
        if not self._asks(formula):
            return [(frozenset(), formula)]
        if formula.kind == CHILD:
            return [(frozenset(formula.args), TRUE)]
        if formula.kind == OR:
            quiet = self.make.disjunction([part for part in formula.args if not self._asks(part)])
            ways = [] if quiet is FALSE else [(frozenset[int](), quiet)]
            for part in formula.args:
                if self._asks(part):
                    ways += self.choices(part)
            return self._pruned(ways)
        quiet = self.make.conjunction([part for part in formula.args if not self._asks(part)])
        ways = [(frozenset[int](), quiet)]
        for part in formula.args:
            if self._asks(part):
                more = self.choices(part)
                ways = self._pruned([self._both(a, b) for a in ways for b in more])
        return ways

    def _both(self, a: Choice, b: Choice) -> Choice:
        return a[0] | b[0], self.make.conjunction((a[1], b[1]))

    def _pruned(self, ways: list[Choice]) -> list[Choice]:
        tick()
        merged: dict[frozenset[int], list[Formula]] = {}
        hopeless: set[frozenset[int]] = set()
        for literals, rest in ways:
            if rest is not FALSE and literals not in hopeless:
                if literals not in merged and len(literals) > 1 and self._hopeless(literals - _KEY):
                    hopeless.add(literals)
                else:
                    merged.setdefault(literals, []).append(rest)
        if len(merged) > MAX_CHOICES:
            raise LimitExceeded("nodes", MAX_CHOICES, len(merged), hint="too many ways to satisfy the alternatives for one value")
        united = [(literals, self.make.disjunction(rests)) for literals, rests in merged.items()]
        if len(united) > 64:
            return united
        return [
            (literals, rest)
            for literals, rest in united
            if not any(other < literals and (left is rest or left is TRUE) for other, left in united)
        ]


_KEY = frozenset((HELD,))
_NO_DEMAND: list[Choice] = [(frozenset(), TRUE)]


def _end(f: Formula) -> Formula:
    """What an atom comes to when nothing more follows."""
    if f.kind in (PRESENT, SOME, REPEATED):
        return FALSE
    if f.kind in (SIZE, LENGTH):
        return FALSE if f.args[0] else TRUE
    if f.kind == COUNT:
        return FALSE if f.args[2] else TRUE
    return f if f.kind == CONSTANT else TRUE
