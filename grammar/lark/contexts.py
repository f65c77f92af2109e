"""From tables and lexers to a program: rules between lexing contexts.

How a lexeme is read depends on what came before: on the mode, on the rest that earlier lexemes demand, and on terminals that a resolved
conflict forbids. That is a *context*, and there are few. The program's rules are triples (context before, rule, context after), as in the
proof that context-free languages are closed under intersection with regular ones (Bar-Hillel, Perles and Shamir 1961), but only those
that derive something, found by tabulation from the start: a rule is entered in a context, its ends are found as they are reached, and
handed to everyone who entered it so.

What is ignored is read right after a terminal, and before the first one. A rest that cannot touch the terminals of its mode is
forgotten there: after ``)`` or white space most contexts are the same.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

from maskwright.automata.limits import Limits
from maskwright.errors import UnsatisfiableError

from ..lower import AutomataProgram, RuleAutomaton
from ..rules import Lexeme, Reference
from .lexing import ANY_REST, Lexing, Reading
from .tables import END_OF_TEXT, Tables


class Context(NamedTuple):
    """How the next lexeme is read.

    Attributes
    ----------
    mode : int
    rest : int
    lost : frozenset of str
        Terminals that must not come next.
    """

    mode: int
    rest: int
    lost: frozenset[str] = frozenset()


#: (node of the rule's table, or AFTER or WAITING ...; context; whether something has been read)
Place = tuple[Hashable, Context, bool]
#: the node where an alternative is complete
AFTER = "after"
NOTHING_LOST: frozenset[str] = frozenset()


class _Entered:
    """A rule entered in a context."""

    __slots__ = ("begin", "edges", "ends", "rule", "waiting")

    def __init__(self, rule: int, begin: Context):
        self.rule = rule
        self.begin = begin
        #: per place its edges: (symbol or None, place)
        self.edges: dict[Place, list[tuple[Lexeme | Reference | None, Place]]] = {}
        self.ends: dict[tuple[Context, bool], Place] = {}
        #: callers: (entered, place of the call, node after it)
        self.waiting: list[tuple[_Entered, Place, Hashable]] = []


class Contexts:
    """Tabulates the rules that are reached, and makes the program of them."""

    def __init__(self, tables: Tables, lexing: Lexing, limits: Limits):
        self._tables = tables
        self._lexing = lexing
        self._limits = limits
        self._entered: dict[tuple[int, Context], _Entered] = {}
        self._work: list[tuple[_Entered, Place]] = []
        self._places = 0

    def program(self, names: dict[str, str]) -> AutomataProgram:
        """Return the program; ``names`` says what places call a rule."""
        root = _Entered(-1, Context(self._tables.mode, ANY_REST))
        self._reach_lexeme(root, None, self._tables.mode, ANY_REST, 0, False)
        while self._work:
            entered, place = self._work.pop()
            self._follow(entered, place)
        automata: dict[Hashable, RuleAutomaton] = {"": self._automaton(root, self._good_ends(root), root=True)}
        wanted = [symbol.name for edges in automata[""].edges for symbol in edges if isinstance(symbol, Reference)]
        places = {"": names.get(self._tables.rules[0].name, self._tables.rules[0].name)}
        while wanted:
            key: Any = wanted.pop()
            if key in automata:
                continue
            rule, begin, end = key
            entered = self._entered[rule, begin]
            automaton = automata[key] = self._automaton(entered, [entered.ends[end, True]])
            places[key] = names.get(self._tables.rules[rule].name, self._tables.rules[rule].name)
            wanted += [symbol.name for edges in automaton.edges for symbol in edges if isinstance(symbol, Reference)]
        return AutomataProgram(automata, "", places)

    def _good_ends(self, root: _Entered) -> list[Place]:
        """Return the places where the text may end."""
        found = [p for p in root.edges if p[0] == 1 and END_OF_TEXT not in p[1].lost and self._lexing.rests.may_end(p[1].rest)]
        if not found:
            raise UnsatisfiableError("the grammar derives no text at all", hint=self._blame())
        return found

    def _blame(self) -> str | None:
        """Name rules that were entered and never came to an end."""
        endless = list(dict.fromkeys(self._tables.rules[e.rule].name for e in self._entered.values() if not e.ends))
        return f"no text ends these rules: {', '.join(endless[:5])}" if endless else None

    @property
    def unproductive(self) -> list[str]:
        """Names of the rules that were entered and that no text ends."""
        ended = {self._tables.rules[e.rule].name for e in self._entered.values() if e.ends}
        return [n for n in dict.fromkeys(self._tables.rules[e.rule].name for e in self._entered.values() if not e.ends) if n not in ended]

    # -- tabulation

    def _reach(self, entered: _Entered, source: Place | None, symbol: Lexeme | Reference | None, place: Place) -> None:
        if source is not None:
            edges = entered.edges[source]
            edge = (symbol, place)
            if edge not in edges:
                edges.append(edge)
        if place not in entered.edges:
            entered.edges[place] = []
            self._places += 1
            self._limits.check("nodes", self._places)
            self._work.append((entered, place))

    def _reach_lexeme(
        self, entered: _Entered, source: Place | None, mode: int, rest: int, node: Hashable, solid: bool, symbol: Lexeme | None = None
    ) -> None:
        """Reach ``node`` in a mode under a rest, what is ignored still to be read."""
        if self._lexing.ignored:
            self._reach(entered, source, symbol, (("ignored", node), Context(mode, rest), solid))
        else:
            self._reach(entered, source, symbol, (node, self._context(mode, rest), solid))

    def _context(self, mode: int, rest: int) -> Context:
        return Context(mode, ANY_REST if self._lexing.idle(mode, rest) else rest)

    def _follow(self, entered: _Entered, place: Place) -> None:
        node, context, solid = place
        if isinstance(node, tuple):
            self._ignore(entered, place, node[1])
            return
        if entered.rule < 0:
            if node == 0:
                self._call(entered, place, 0, 1)
            return
        table = self._tables.rules[entered.rule]
        if node == AFTER:
            self._end(entered, place)
            row = table.after
        else:
            assert isinstance(node, int)
            for lost in table.ends.get(node, ()):
                joined = context._replace(lost=context.lost | lost) if lost else context
                self._reach(entered, place, None, (AFTER, joined, solid))
            row = table.edges[node]
        for (terminal, number), target in row.items():
            if terminal is None:
                self._call(entered, place, number, target)
                continue
            if context.lost and self._lexing.definitions[terminal].name in context.lost:
                continue
            reading = self._lexing.reading(context.mode, terminal, context.rest)
            if reading is not None:
                self._read(entered, place, reading, number, target)

    def _read(self, entered: _Entered, place: Place, reading: Reading, mode: int, target: Hashable) -> None:
        for rest in reading.rests:
            self._reach_lexeme(entered, place, mode, rest, target, True, Lexeme(reading.terminal, rest))

    def _ignore(self, entered: _Entered, place: Place, node: Hashable) -> None:
        _, context, solid = place
        self._reach(entered, place, None, (node, self._context(context.mode, context.rest), solid))
        for terminal in self._lexing.ignored:
            reading = self._lexing.reading(context.mode, terminal, context.rest, ignored=True)
            if reading is not None:
                self._read(entered, place, reading, context.mode, node)

    def _call(self, caller: _Entered, place: Place, rule: int, target: Hashable) -> None:
        context = place[1]
        callee = self._entered.get((rule, context))
        if callee is None:
            callee = self._entered[rule, context] = _Entered(rule, context)
            self._reach(callee, None, None, (0, context, False))
        callee.waiting.append((caller, place, target))
        for end, solid in list(callee.ends):
            self._return(callee, caller, place, target, end, solid)

    def _end(self, entered: _Entered, place: Place) -> None:
        _, context, solid = place
        if (context, solid) not in entered.ends:
            entered.ends[context, solid] = place
            for caller, at, target in list(entered.waiting):
                self._return(entered, caller, at, target, context, solid)

    def _return(self, callee: _Entered, caller: _Entered, place: Place, target: Hashable, end: Context, solid: bool) -> None:
        symbol = Reference((callee.rule, callee.begin, end)) if solid else None  # type: ignore[arg-type]
        self._reach(caller, place, symbol, (target, end, place[2] or solid))

    # -- automata

    def _automaton(self, entered: _Entered, ends: list[Place], root: bool = False) -> RuleAutomaton:
        """Determinise the places of ``entered``; those in ``ends`` are final."""
        alive = self._leading_to(entered, ends)
        goals = set(ends)
        start = next(iter(entered.edges))

        def closed(places: set[Place]) -> frozenset[Place]:
            found, work = set(places), list(places)
            while work:
                for symbol, to in entered.edges[work.pop()]:
                    if symbol is None and to in alive and to not in found:
                        found.add(to)
                        work.append(to)
            return frozenset(found)

        first = closed({start})
        numbers = {(True, first): 0}
        subsets = [(True, first)]
        edges: list[dict[Lexeme | Reference, int]] = []
        final = []
        for is_start, subset in subsets:  # grows while it is walked
            targets: dict[Lexeme | Reference, set[Place]] = {}
            for place in subset:
                for symbol, to in entered.edges[place]:
                    if symbol is not None and to in alive:
                        targets.setdefault(symbol, set()).add(to)
            row: dict[Lexeme | Reference, int] = {}
            for symbol, places in targets.items():
                key = (False, closed(places))
                if key not in numbers:
                    numbers[key] = len(subsets)
                    subsets.append(key)
                row[symbol] = numbers[key]
            edges.append(row)
            final.append(not goals.isdisjoint(subset) and (root or not is_start))
        return RuleAutomaton(edges, final)  # type: ignore[arg-type]

    @staticmethod
    def _leading_to(entered: _Entered, ends: list[Place]) -> set[Place]:
        before: dict[Place, list[Place]] = {}
        for place, edges in entered.edges.items():
            for _, to in edges:
                before.setdefault(to, []).append(place)
        alive, work = set(ends), list(ends)
        while work:
            for place in before.get(work.pop(), ()):
                if place not in alive:
                    alive.add(place)
                    work.append(place)
        return alive
