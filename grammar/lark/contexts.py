"""From tables and lexers to rules between situations of the lexer.

How a lexeme is read depends on what came before: on the mode, on the rest that earlier lexemes demand, and on terminals that a resolved
conflict forbids. What comes of it is a situation (`lexing`), and there are few. The rules of the program are triples (rule, situation
before, situation after), as in the proof that context-free languages are closed under intersection with regular ones (Bar-Hillel,
Perles and Shamir 1961), but only those that derive something. They are found by tabulation from the start: a rule is entered in a
situation, its ends are noted as they are reached, and handed to everyone who entered it so.

What is ignored is read right after a terminal, and before the first one. At every node a situation is told apart from others only by
terminals that may come there.

Refused: rules that return the situation they ended in, so that nobody has to guess it. There would be fewer, but a situation without a
way on would be found by the mask that led there, too late.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from maskwright.automata.limits import Limits, tick
from maskwright.errors import UnsatisfiableError

from ..rules import Embedded, Lexeme
from .follow import Follow
from .lexing import END_BIT, Lexing, Reading
from .rests import ANY_REST, NO_REST
from .tables import Tables


class Triple(NamedTuple):
    """What ``rule`` derives, not empty, from one situation to another."""

    rule: int
    begin: int
    end: int


#: (node of the rule's table; situation; whether something has been read). `AFTER` is the node where an alternative is complete.
#: ``_IGNORING - n`` comes before node n: what is ignored may be read there, and in place of the situation is the number of (mode, rest)
Place = tuple[int, int, bool]
Symbol = Lexeme | Embedded | Triple
Edge = tuple[Symbol | None, Place]
AFTER, _IGNORING = -1, -2
#: as a rule: the whole text, whose table is: node 0, the start rule, node 1
WHOLE = -1


class Entered:
    """A rule entered in a situation: its places, with the edges between them.

    Attributes
    ----------
    edges : dict of Place to list of (symbol, Place)
        The first place is the start. Without a symbol nothing is read.
    ends : dict of (situation, whether something was read) to Place
    """

    __slots__ = ("begin", "edges", "ends", "rule", "waiting")

    def __init__(self, rule: int, begin: int):
        self.rule = rule
        self.begin = begin
        self.edges: dict[Place, list[Edge]] = {}
        self.ends: dict[tuple[int, bool], Place] = {}
        #: callers: (entered, place of the call, node after it)
        self.waiting: list[tuple[Entered, Place, int]] = []


class Contexts:
    """The rules that are reached from the start, by the situations they are entered in.

    Raises
    ------
    UnsatisfiableError
        If the start rule derives no text.
    LimitExceeded
        If there are more places than ``limits.nodes``.
    """

    def __init__(self, tables: Tables, lexing: Lexing, limits: Limits):
        self.tables = tables
        self._lexing = lexing
        self._limits = limits
        self._next = Follow(tables).next
        self._numbers: dict[tuple[int, int], int] = {}
        self._raw: list[tuple[int, int]] = []
        self.entered: dict[tuple[int, int], Entered] = {}
        self._work: list[tuple[Entered, Place]] = []
        self.num_places = 0
        self.whole = Entered(WHOLE, 0)
        self._reach_lexeme(self.whole, None, tables.mode, ANY_REST, 0, False)
        while self._work:
            tick()
            self._follow(*self._work.pop())
        #: places where the text may end
        self.goals = [place for place in self.whole.edges if place[0] == 1 and lexing.may_end(place[1])]
        if not self.goals:
            named = ", ".join(self.unproductive[:5])
            raise UnsatisfiableError("the grammar derives no text at all", hint=f"no text ends these rules: {named}" if named else None)

    @property
    def unproductive(self) -> list[str]:
        """Names of the rules that were entered and that no text ends."""
        rules = self.tables.rules
        ended = {rules[e.rule].name for e in self.entered.values() if e.ends}
        return [name for name in dict.fromkeys(rules[e.rule].name for e in self.entered.values()) if name not in ended]

    # -- tabulation

    def _reach(self, entered: Entered, source: Place | None, symbol: Symbol | None, place: Place) -> None:
        if source is not None:
            entered.edges[source].append((symbol, place))
        if place not in entered.edges:
            entered.edges[place] = []
            self.num_places += 1
            self._limits.check("nodes", self.num_places)
            self._work.append((entered, place))

    def _wanted(self, rule: int, node: int) -> int:
        """Return the terminals that may come at a node, as a bitset."""
        if rule == WHOLE:
            return END_BIT if node else self._next[0][0]
        return self._next[rule][node]  # `AFTER` is the last one

    def _reach_lexeme(
        self, entered: Entered, source: Place | None, mode: int, rest: int, node: int, solid: bool, symbol: Lexeme | Embedded | None = None
    ) -> None:
        """Reach ``node`` in a mode under a rest, what is ignored still to be read."""
        if self._lexing.ignored:
            number = self._numbers.setdefault((mode, rest), len(self._raw))
            if number == len(self._raw):
                self._raw.append((mode, rest))
            self._reach(entered, source, symbol, (_IGNORING - node, number, solid))
        else:
            self._reach(entered, source, symbol, (node, self._lexing.situation(mode, rest, self._wanted(entered.rule, node)), solid))

    def _follow(self, entered: Entered, place: Place) -> None:
        node, situation, solid = place
        if node <= _IGNORING:
            self._ignore(entered, place, *self._raw[situation], _IGNORING - node)
            return
        if entered.rule == WHOLE:
            if node == 0:
                self._call(entered, place, 0, 1)
            return
        table = self.tables.rules[entered.rule]
        if node == AFTER:
            self._end(entered, place)
            row = table.after
        else:
            for lost in table.ends.get(node, ()):
                after = self._lexing.narrowed(situation, self._wanted(entered.rule, AFTER), lost)
                self._reach(entered, place, None, (AFTER, after, solid))
            row = table.edges[node]
        for (terminal, number), target in row.items():
            if terminal is None:
                self._call(entered, place, number, target)
                continue
            reading = self._lexing.read(situation, terminal)
            if reading is not None:
                self._read(entered, place, reading, number, target)

    def _read(self, entered: Entered, place: Place, reading: Reading, mode: int, target: int) -> None:
        for rest in reading.rests:
            self._reach_lexeme(entered, place, mode, rest, target, True, reading.symbol(rest))
        if reading.skipped != NO_REST:
            self._reach_lexeme(entered, place, mode, reading.skipped, target, place[2])

    def _ignore(self, entered: Entered, place: Place, mode: int, rest: int, node: int) -> None:
        situation = self._lexing.situation(mode, rest, self._wanted(entered.rule, node))
        self._reach(entered, place, None, (node, situation, place[2]))
        for terminal in self._lexing.ignored:
            reading = self._lexing.reading(mode, terminal, rest, ignored=True)
            if reading is not None:
                self._read(entered, place, reading, mode, node)

    def _call(self, caller: Entered, place: Place, rule: int, target: int) -> None:
        begin = self._lexing.narrowed(place[1], self._wanted(rule, 0))
        callee = self.entered.get((rule, begin))
        if callee is None:
            callee = self.entered[rule, begin] = Entered(rule, begin)
            self._reach(callee, None, None, (0, begin, False))
        callee.waiting.append((caller, place, target))
        for end, solid in list(callee.ends):
            self._return(callee, caller, place, target, end, solid)

    def _end(self, entered: Entered, place: Place) -> None:
        _, situation, solid = place
        if (situation, solid) not in entered.ends:
            entered.ends[situation, solid] = place
            for caller, at, target in list(entered.waiting):
                self._return(entered, caller, at, target, situation, solid)

    def _return(self, callee: Entered, caller: Entered, place: Place, target: int, end: int, solid: bool) -> None:
        symbol = Triple(callee.rule, callee.begin, end) if solid else None
        situation = self._lexing.narrowed(end, self._wanted(caller.rule, target))
        self._reach(caller, place, symbol, (target, situation, place[2] or solid))

    # -- costs

    def costs(self) -> dict[Triple, int]:
        """Return the least number of bytes of every triple: Knuth's generalisation of Dijkstra's algorithm (1977), forwards."""
        heap: list[tuple[int, int, Entered, Place]] = []
        count = 0
        done: dict[int, dict[Place, int]] = {}
        costs: dict[Triple, int] = {}
        waiting: dict[Triple, list[tuple[Entered, Place, int]]] = {}
        for entered in (self.whole, *self.entered.values()):
            done[id(entered)] = {}
            heap.append((0, count, entered, next(iter(entered.edges))))
            count += 1
        while heap:
            tick()
            cost, _, entered, place = heapq.heappop(heap)
            known = done[id(entered)]
            if place in known:
                continue
            known[place] = cost
            ready: list[tuple[int, Entered, Place]] = []
            if place[0] == AFTER and place[2]:
                triple = Triple(entered.rule, entered.begin, place[1])
                costs[triple] = cost
                ready += [(before + cost, caller, to) for caller, to, before in waiting.pop(triple, ())]
            for symbol, to in entered.edges[place]:
                if to in known:
                    continue
                if symbol is None:
                    ready.append((cost, entered, to))
                elif isinstance(symbol, (Lexeme, Embedded)):
                    ready.append((cost + self._lexing.least_bytes(symbol), entered, to))
                elif symbol in costs:
                    ready.append((cost + costs[symbol], entered, to))
                else:
                    waiting.setdefault(symbol, []).append((entered, to, cost))
            for item in ready:
                count += 1
                heapq.heappush(heap, (item[0], count, item[1], item[2]))
        return costs
