"""The program of a tabulated grammar: triples become automata when the engine first enters them.

A triple's automaton are the places of its rule in its context, those that lead to its end, made deterministic. Costs of whole triples are
known beforehand, so that every state has its own as soon as it exists.
"""

from __future__ import annotations

import heapq

from maskwright.automata.limits import Limits
from maskwright.automata.program import Call, Program, RuleState, Scan

from ..rules import Lexeme
from .contexts import Contexts, Edge, Entered, Place, Triple
from .lexing import Lexing


class ContextProgram(Program):
    """A program whose rules are triples; rule states are numbered as they come up.

    Parameters
    ----------
    contexts : Contexts
    lexing : Lexing
    limits : Limits
    """

    def __init__(self, contexts: Contexts, lexing: Lexing, limits: Limits):
        self._contexts = contexts
        self._lexing = lexing
        self._limits = limits
        self._costs = contexts.costs()
        #: rule states: None for the start of a triple not built yet
        self._states: list[RuleState | None] = []
        self._rules: list[int] = []
        self._unbuilt: dict[int, Triple] = {}
        self._entries: dict[Triple, int] = {}
        self.start = self._reserve(-1)
        self._build(self.start, contexts.whole, contexts.goals, True)

    def _reserve(self, rule: int) -> int:
        self._states.append(None)
        self._rules.append(rule)
        self._limits.check("states", len(self._states))
        return len(self._states) - 1

    def _entry(self, triple: Triple) -> int:
        found = self._entries.get(triple)
        if found is None:
            found = self._entries[triple] = self._reserve(triple.rule)
            self._unbuilt[found] = triple
        return found

    def expand(self, state: int) -> RuleState:
        found = self._states[state]
        if found is None:
            triple = self._unbuilt[state]
            entered = self._contexts.entered[triple.rule, triple.begin]
            self._build(state, entered, [entered.ends[triple.end, True]], False)
            found = self._states[state]
            assert found is not None
            del self._unbuilt[state]
        return found

    def where(self, state: int) -> str:
        return self._contexts.tables.rules[max(self._rules[state], 0)].name

    def _build(self, first: int, entered: Entered, goals: list[Place], root: bool) -> None:
        """Give the automaton of ``entered`` that ends in ``goals`` its states; ``first`` is its start."""
        subsets, rows = _determinised(entered, goals)
        wanted = set(goals)
        final = [not wanted.isdisjoint(subset) and (root or i > 0) for i, subset in enumerate(subsets)]
        costs = self._to_end(rows, final)
        numbers = [first, *(self._reserve(entered.rule) for _ in subsets[1:])]
        for i, row in enumerate(rows):
            scans = tuple(Scan(s.terminal, s.label, numbers[to]) for s, to in row.items() if isinstance(s, Lexeme))
            calls = tuple(Call(self._entry(s), numbers[to]) for s, to in row.items() if isinstance(s, Triple))
            self._states[numbers[i]] = RuleState(final[i], scans, calls, costs[i])

    def _to_end(self, rows: list[dict[Lexeme | Triple, int]], final: list[bool]) -> list[int]:
        """Return for every state the least bytes to the end; all have a way there."""
        before: list[list[tuple[int, int]]] = [[] for _ in rows]
        for source, row in enumerate(rows):
            for symbol, to in row.items():
                cost = self._costs[symbol] if isinstance(symbol, Triple) else self._lexing.least_bytes(symbol)
                before[to].append((source, cost))
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


def _determinised(entered: Entered, goals: list[Place]) -> tuple[list[frozenset[Place]], list[dict[Lexeme | Triple, int]]]:
    """Return the subsets of places and their edges; state 0 is the start, which is not entered again."""
    alive = _leading_to(entered, goals)

    def closed(places: set[Place]) -> frozenset[Place]:
        found, work = set(places), list(places)
        while work:
            for symbol, to in entered.edges[work.pop()]:
                if symbol is None and to in alive and to not in found:
                    found.add(to)
                    work.append(to)
        return frozenset(found)

    subsets = [closed({next(iter(entered.edges))})]
    numbers: dict[frozenset[Place], int] = {}
    rows: list[dict[Lexeme | Triple, int]] = []
    for subset in subsets:  # grows while it is walked
        targets: dict[Lexeme | Triple, set[Place]] = {}
        for place in subset:
            for symbol, to in entered.edges[place]:
                if symbol is not None and to in alive:
                    targets.setdefault(symbol, set()).add(to)
        row = {}
        for symbol, places in targets.items():
            key = closed(places)
            if key not in numbers:
                numbers[key] = len(subsets)
                subsets.append(key)
            row[symbol] = numbers[key]
        rows.append(row)
    return subsets, rows


def _leading_to(entered: Entered, goals: list[Place]) -> set[Place]:
    before: dict[Place, list[Place]] = {}
    for place, edges in entered.edges.items():
        edge: Edge
        for edge in edges:
            before.setdefault(edge[1], []).append(place)
    alive, work = set(goals), list(goals)
    while work:
        for place in before.get(work.pop(), ()):
            if place not in alive:
                alive.add(place)
                work.append(place)
    return alive
