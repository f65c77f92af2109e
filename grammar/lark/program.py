"""The program of a tabulated grammar: rules become automata when the engine first enters them.

A caller mostly goes on in the same way from several ends of a rule. So a rule of the program is a *goal*: a rule entered in a situation,
and the set of ends that its caller does not tell apart. Its automaton are the places of the rule that lead to one of these ends, made
deterministic and minimal; where calls then go on alike, their ends are one goal in turn. Costs of all ends are known beforehand,
so that every state has its own as soon as it exists.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from maskwright.automata.limits import Limits
from maskwright.automata.program import Call, RuleState, Scan

from ..hosting import Host
from ..rules import Embedded, Lexeme
from .contexts import WHOLE, Contexts, Entered, Place, Triple
from .lexing import Lexing
from .outline import Outline


class Goal(NamedTuple):
    """What ``rule`` derives, not empty, from one situation to any of ``ends``."""

    rule: int
    begin: int
    ends: frozenset[int]


Symbol = Lexeme | Embedded | Goal


class ContextProgram(Host):
    """A program whose rules are goals; rule states are numbered as they come up.

    Parameters
    ----------
    contexts : Contexts
    lexing : Lexing
    limits : Limits
    """

    def __init__(self, contexts: Contexts, lexing: Lexing, limits: Limits):
        super().__init__()
        programs = [hole.program for hole in lexing.holes]
        self.opens = any(program.opens for program in programs)
        self.remembers = any(program.remembers for program in programs)
        self.marks = any(program.marks for program in programs)
        self._opening = _opening_rules(contexts, lexing) if self.opens else set()
        self._contexts = contexts
        self._lexing = lexing
        self._limits = limits
        self._costs = contexts.costs()
        #: rule states: None for the start of a triple not built yet, and for states of embedded programs
        self._states: list[RuleState | None] = []
        self._rules: list[int] = []
        self._unbuilt: dict[int, Goal] = {}
        self._entries: dict[Goal, int] = {}
        self._outlines: dict[tuple[int, int], Outline] = {}
        self.start = self._reserve(-1)
        self._build(self.start, contexts.whole, contexts.goals, True)

    def _reserve(self, rule: int) -> int:
        self._states.append(None)
        self._rules.append(rule)
        self._limits.check("states", len(self._states))
        return len(self._states) - 1

    def _new_number(self) -> int:
        return self._reserve(-1)

    def _entry(self, goal: Goal) -> int:
        found = self._entries.get(goal)
        if found is None:
            found = self._entries[goal] = self._reserve(goal.rule)
            self._unbuilt[found] = goal
        return found

    def _cost(self, symbol: Symbol) -> int:
        if isinstance(symbol, (Lexeme, Embedded)):
            return self._lexing.least_bytes(symbol)
        return min(self._costs[Triple(symbol.rule, symbol.begin, end)] for end in symbol.ends)

    def expand(self, state: int) -> RuleState:
        found = self._states[state]
        if found is None:
            if state in self._foreign:
                return self._expand_foreign(state)
            goal = self._unbuilt[state]
            entered = self._contexts.entered[goal.rule, goal.begin]
            self._build(state, entered, [entered.ends[end, True] for end in goal.ends], False)
            found = self._states[state]
            assert found is not None
            del self._unbuilt[state]
        return found

    def where(self, state: int) -> str:
        if state in self._foreign:
            return self._foreign_where(state)
        return self._contexts.tables.rules[max(self._rules[state], 0)].name

    def _build(self, first: int, entered: Entered, goals: list[Place], root: bool) -> None:
        """Give the automaton of ``entered`` that ends in ``goals`` its states; ``first`` is its start."""
        rows, final = self._automaton(entered, goals, root)
        costs = self._to_end(rows, final)
        remembers = self._before_holes(rows)
        numbers = [first, *(self._reserve(entered.rule) for _ in rows[1:])]
        for i, row in enumerate(rows):
            scans = tuple(Scan(s.terminal, s.label, numbers[to]) for s, to in row.items() if isinstance(s, Lexeme))
            calls = [Call(self._entry(s), numbers[to]) for s, to in row.items() if isinstance(s, Goal)]
            calls += [Call(self.entry(s.program), numbers[to]) for s, to in row.items() if isinstance(s, Embedded)]
            self._states[numbers[i]] = RuleState(final[i], scans, tuple(calls), costs[i], None, remembers[i])

    def _automaton(self, entered: Entered, goals: list[Place], root: bool) -> tuple[list[dict[Symbol, int]], list[bool]]:
        """Return the automaton of ``entered`` that ends in ``goals``; triples from one state to the same other are one goal."""
        outline = self._outlines.get((entered.rule, entered.begin))
        if outline is None:
            outline = self._outlines[entered.rule, entered.begin] = Outline(entered)
        rows, final = outline.automaton(goals, root)
        symbols = outline.symbols
        out: list[dict[Symbol, int]] = []
        for row in rows:
            new: dict[Symbol, int] = {}
            ends: dict[tuple[int, int, int], set[int]] = {}
            for number, to in row.items():
                symbol = symbols[number]
                if isinstance(symbol, Triple):
                    ends.setdefault((symbol.rule, symbol.begin, to), set()).add(symbol.end)
                else:
                    new[symbol] = to
            # one goal may lead to one state only; a set of ends never does to two
            for (rule, begin, to), found in ends.items():
                new[Goal(rule, begin, frozenset(found))] = to
            out.append(new)
        return out, final

    def _before_holes(self, rows: list[dict[Symbol, int]]) -> list[bool]:
        """Return for every state whether an open terminal may come before the end of its rule."""
        found = [False] * len(rows)
        if not self._opening:
            return found
        before: list[list[int]] = [[] for _ in rows]
        work = []
        for source, row in enumerate(rows):
            for symbol, to in row.items():
                before[to].append(source)
                if symbol.program.opens if isinstance(symbol, Embedded) else isinstance(symbol, Goal) and symbol.rule in self._opening:
                    work.append(source)
        while work:
            state = work.pop()
            if not found[state]:
                found[state] = True
                work += before[state]
        return found

    def _to_end(self, rows: list[dict[Symbol, int]], final: list[bool]) -> list[int]:
        """Return for every state the least bytes to the end; all have a way there."""
        before: list[list[tuple[int, int]]] = [[] for _ in rows]
        for source, row in enumerate(rows):
            for symbol, to in row.items():
                before[to].append((source, self._cost(symbol)))
        costs: dict[int, int] = {}
        heap = [(0, state) for state, is_final in enumerate(final) if is_final]
        while heap:
            cost, state = heapq.heappop(heap)
            if state not in costs:
                costs[state] = cost
                for source, more in before[state]:
                    if source not in costs:
                        heapq.heappush(heap, (cost + more, source))
        return [costs[state] for state in range(len(rows))]


def _opening_rules(contexts: Contexts, lexing: Lexing) -> set[int]:
    """Return the rules of the tables inside which an open terminal may come."""
    holes = {lexing.index(hole.name) for hole in lexing.holes if hole.program.opens}
    callers: dict[int, list[int]] = {}
    work = [WHOLE]  # entered by the engine as it is, and looked at only where there is an open terminal
    for number, rule in enumerate(contexts.tables.rules):
        for row in (*rule.edges, rule.after):
            for terminal, callee in row:
                if terminal is None:
                    callers.setdefault(callee, []).append(number)
                elif terminal in holes:
                    work.append(number)
    found: set[int] = set()
    while work:
        rule_number = work.pop()
        if rule_number not in found:
            found.add(rule_number)
            work += callers.get(rule_number, ())
    return found
