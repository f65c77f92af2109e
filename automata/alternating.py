"""Alternating automata with lookbehind: exact determinisation of assertions anywhere in a pattern.

A graph of *places* is wired by the front end. A place reads a character, branches without reading, or is guarded:

    lookahead   the text to come has a prefix on a way through the body: a conjunction with another place
    lookbehind  the text so far has a suffix on a way through the body: known from a *tracker* that runs along from the start

A state of the deterministic automaton is a formula over places, in disjunctive normal form: a set of clauses, each a set of literals.
Literal ``p + 1`` says "the rest of the text is read from character place p to an end", ``-(p + 1)`` says it is not, `AT_END` that
nothing is left; the empty clause is true, the empty set of clauses false. A clause that contains another is dropped. Reading a
character replaces every literal by the formula of what comes next; a negated one by the negation of that.

A tracker is such a formula too, with one positive literal per clause for its own place; clauses that come to the end of the
body turn into the truth of the lookbehind, which is itself a formula if the body looks ahead (``(?<=a(?=b))``). Trackers
of inner lookbehinds have greater numbers and are advanced first.

Sources: Chandra, Kozen, Stockmeyer 1981 for alternation; Miyazaki and Minamide 2019 for lookaheads by derivatives.
Refused: guessing each assertion's truth at every position and checking it later, which pays for positions where no way asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

from maskwright.errors import LimitExceeded

from .alphabet import CHARS, from_sets
from .charset import CharSet
from .dfa import DEFAULT_MAX_STATES, DFA
from .limits import tick

Clause = frozenset[int]
Formula = frozenset[Clause]

TRUE: Formula = frozenset((frozenset(),))
FALSE: Formula = frozenset()
#: literal of "nothing is left to read"
AT_END = 1
#: literal that marks a clause of a tracker whose body has ended
_FOUND = 0

_MAX_CLAUSES = 3_000
_MAX_DEPTH = 40


def _absorbed(clauses: Iterable[Clause]) -> Formula:
    """Drop contradictory clauses and those that contain another."""
    distinct = frozenset(clauses)
    wide = [clause for clause in distinct if len(clause) > 1]
    if not wide:
        return TRUE if frozenset() in distinct else distinct
    kept = {clause for clause in distinct if len(clause) < 2}
    alone = {literal for clause in kept for literal in clause}
    if len(alone) < len(kept):
        return TRUE
    minimal: list[Clause] = []
    for clause in sorted(wide, key=len):
        contradictory = any(-literal in clause for literal in clause if literal > 0)
        if not (contradictory or clause & alone or any(other <= clause for other in minimal)):
            minimal.append(clause)
    if len(minimal) > _MAX_CLAUSES:
        raise LimitExceeded("clauses", _MAX_CLAUSES, len(minimal), hint="lookarounds combine in too many ways")
    kept.update(minimal)
    return frozenset(kept)


def _both(a: Formula, b: Formula) -> Formula:
    if a == TRUE or b == FALSE:
        return b
    if b == TRUE or a == FALSE:
        return a
    if len(a) * len(b) > 100 * _MAX_CLAUSES:
        raise LimitExceeded("clauses", 100 * _MAX_CLAUSES, len(a) * len(b), hint="lookarounds combine in too many ways")
    return _absorbed(x | y for x in a for y in b)


def _not(formula: Formula) -> Formula:
    return reduce(_both, (frozenset(frozenset((-literal,)) for literal in clause) for clause in formula), TRUE)


class Places:
    """The graph of places; place 0 is the end of the text, place 1 the end of a body, after which anything may come."""

    END = 0
    ANYTHING = 1

    def __init__(self, max_places: int):
        self.max_places = max_places
        self.sets: dict[CharSet, int] = {}
        self.reads: list[tuple[int, int] | None] = [None, None]
        self.branches: list[list[int]] = [[], []]
        self.guards: list[tuple[str, int, bool, int] | None] = [None, None]
        self.trackers: list[int] = []

    def place(self) -> int:
        """Return a new place, to be wired once."""
        if len(self.reads) >= self.max_places:
            raise LimitExceeded("states", self.max_places, len(self.reads) + 1, hint="the pattern unrolls to too many places")
        self.reads.append(None)
        self.branches.append([])
        self.guards.append(None)
        return len(self.reads) - 1

    def read(self, place: int, charset: CharSet, target: int) -> None:
        """Let ``place`` read a character of ``charset`` and go on at ``target``."""
        self.reads[place] = (self.sets.setdefault(charset, len(self.sets)), target)

    def branch(self, place: int, targets: Sequence[int]) -> None:
        """Let ``place`` go on at any of ``targets`` without reading."""
        self.branches[place] = list(targets)

    def ahead(self, place: int, body: int, negative: bool, target: int) -> None:
        """Let ``place`` go on at ``target`` where the text to come goes (or does not) from ``body`` to an end."""
        self.guards[place] = ("ahead", body, negative, target)

    def behind(self, place: int, negative: bool, target: int) -> tuple[int, int]:
        """Let ``place`` go on where the text so far ends (or does not) in a way through a body; return the body's first and last place."""
        first, last = self.place(), self.place()
        self.guards[place] = ("behind", len(self.trackers), negative, target)
        self.trackers.append(first)
        self.guards[last] = ("found", 0, False, 0)
        return first, last

    def at_start(self, place: int, target: int) -> None:
        """Let ``place`` go on at ``target`` at the start of the text only."""
        self.guards[place] = ("start", 0, False, target)


class _Context:
    """What holds at a position of the text, and the formulas of places there.

    ``found`` has the truth of the lookbehinds, those with the greatest numbers first, as far as they are known.
    """

    __slots__ = ("found", "known", "start")

    def __init__(self, start: bool, found: tuple[Formula, ...]):
        self.start = start
        self.found = found
        self.known: dict[int, Formula] = {}


class _Determiniser:
    def __init__(self, places: Places, max_states: int):
        self.places = places
        self.max_states = max_states
        self.alphabet, owners = from_sets(CHARS, list(places.sets))
        self.inside = [[bool(owner >> i & 1) for i in range(len(places.sets))] for owner in owners]
        self.restless = [self._loop_of(first) for first in places.trackers]
        self.contexts: dict[tuple[bool, tuple[Formula, ...]], _Context] = {}

    def _loop_of(self, first: int) -> int:
        """Return a place that skips any character before the body of a tracker."""
        places = self.places
        loop, skip = places.place(), places.place()
        places.branch(loop, [first, skip])
        places.reads[skip] = (-1, loop)
        return loop

    # -- formulas

    def expand(self, place: int, context: _Context, depth: int = 0) -> Formula:
        """Return the formula of "the rest is read from ``place`` to an end" in terms of places that read."""
        known = context.known.get(place)
        if known is not None:
            return known
        if depth > _MAX_DEPTH:
            raise LimitExceeded("nesting", _MAX_DEPTH, depth, hint="lookarounds are nested too deeply")
        places = self.places
        met: dict[int, list[Clause]] = {}
        out: list[Clause] = []
        stack: list[tuple[int, Clause]] = [(place, frozenset())]
        while stack:
            at, duties = stack.pop()
            earlier = met.setdefault(at, [])
            if any(other <= duties for other in earlier):
                continue
            earlier.append(duties)
            if at == Places.END:
                out.append(duties | {AT_END})
            elif at == Places.ANYTHING:
                out.append(duties)
            elif places.reads[at] is not None:
                out.append(duties | {at + 1})
            elif (guard := places.guards[at]) is not None:
                kind, body, negative, target = guard
                if kind == "found":
                    out.append(duties | {_FOUND})
                else:
                    for clause in self._guard(kind, body, negative, context, depth):
                        stack.append((target, duties | clause))
            else:
                stack += [(target, duties) for target in places.branches[at]]
        formula = context.known[place] = _absorbed(out)
        return formula

    def _guard(self, kind: str, body: int, negative: bool, context: _Context, depth: int) -> Formula:
        if kind == "start":
            return TRUE if context.start else FALSE
        if kind == "behind":
            formula = context.found[len(self.restless) - 1 - body]
        else:
            formula = self.expand(body, context, depth + 1)
        return _not(formula) if negative else formula

    def step(self, formula: Formula, c: int, context: _Context) -> Formula:
        """Return the formula after a character of class ``c``, for the position that ``context`` describes."""
        inside, reads = self.inside[c], self.places.reads
        out: set[Clause] = set()
        for clause in formula:
            product = TRUE
            for literal in clause:
                if literal in (AT_END, -AT_END):
                    value = FALSE if literal > 0 else TRUE
                else:
                    charset, target = reads[abs(literal) - 1]  # type: ignore[misc]
                    value = self.expand(target, context) if charset < 0 or inside[charset] else FALSE
                    if literal < 0:
                        value = _not(value)
                product = _both(product, value)
                if not product:
                    break
            if product == TRUE:
                return TRUE
            out |= product
        return _absorbed(out)

    # -- states

    def _advance(self, start: bool, trackers: Sequence[Formula], c: int) -> tuple[_Context, list[Formula]]:
        """Advance the trackers, inner ones first, and return what they found together with what of them goes on."""
        context = self._context(start, ())
        left = list(trackers)
        for number in range(len(left) - 1, -1, -1):
            formula = self.expand(self.restless[number], context) if start else self.step(left[number], c, context)
            found = _absorbed(clause - {_FOUND} for clause in formula if _FOUND in clause)
            left[number] = frozenset(clause for clause in formula if _FOUND not in clause)
            context = self._context(start, (*context.found, found))
        return context, left

    def _context(self, start: bool, found: tuple[Formula, ...]) -> _Context:
        """Return the context, one and the same for equal circumstances, so that formulas are expanded once."""
        context = self.contexts.get((start, found))
        if context is None:
            context = self.contexts[start, found] = _Context(start, found)
        return context

    def initial(self, begin: int) -> tuple[Formula, ...]:
        """Return the state before the first character: the main formula, then the trackers'."""
        context, trackers = self._advance(True, [FALSE] * len(self.restless), 0)
        return self._state(self.expand(begin, context), trackers)

    def following(self, state: tuple[Formula, ...], c: int) -> tuple[Formula, ...]:
        """Return the state after a character of class ``c``."""
        context, trackers = self._advance(False, state[1:], c)
        return self._state(self.step(state[0], c, context), trackers)

    @staticmethod
    def _state(main: Formula, trackers: Sequence[Formula]) -> tuple[Formula, ...]:
        """Forget the trackers where nothing can ask them any more."""
        return (main,) if main in (TRUE, FALSE) else (main, *trackers)

    @staticmethod
    def accepting(state: tuple[Formula, ...]) -> bool:
        """Return whether the formula holds of the empty rest."""
        return any(all(literal == AT_END or (literal < 0 and literal != -AT_END) for literal in clause) for clause in state[0])


def determinize(places: Places, begin: int, max_states: int = DEFAULT_MAX_STATES) -> DFA:
    """Return the minimal automaton of the texts read from ``begin`` to an end.

    Raises
    ------
    LimitExceeded
        When there are more than ``max_states`` states, or formulas grow too large.
    """
    machine = _Determiniser(places, max_states)
    first = machine.initial(begin)
    dead: tuple[Formula, ...] = (FALSE,)
    numbers = {dead: 0, first: 0 if first == dead else 1}
    states = [dead] if first == dead else [dead, first]
    classes = range(machine.alphabet.num_classes)
    rows = [[0] * machine.alphabet.num_classes]
    for state in states:
        if state == dead:
            continue
        tick()
        row = []
        for c in classes:
            target = machine.following(state, c)
            number = numbers.get(target)
            if number is None:
                number = numbers[target] = len(states)
                states.append(target)
            row.append(number)
        rows.append(row)
        if len(states) > max_states:
            raise LimitExceeded("states", max_states, len(states), hint="the pattern's lookarounds need too many states")
    return DFA.from_rows(machine.alphabet, rows, numbers[first], [(0,) if machine.accepting(s) else () for s in states])
