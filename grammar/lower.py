"""From a grammar to a pushdown program: one small deterministic automaton per rule.

Bodies hold lexemes, not texts (`fold` makes them). Steps, each a fixpoint or a linear pass over explicit work lists:

1. which rules derive the empty text (*nullable*);
2. each body becomes an automaton over symbols (lexemes and references), Thompson's way; a reference to a nullable rule may also be
   skipped; then the subset construction;
3. the empty text is taken out of every rule but the root, by a start state of its own that does not accept: called rules derive none;
4. lexemes of one state that can begin alike become one terminal (`joint`);
5. Knuth's generalisation of Dijkstra's algorithm (1977) finds the least number of bytes from every state to the end of its rule. States
   it does not reach are unproductive, and edges into them are dropped.

A bounded repeat is unrolled, within the node limit. An embedded program is a rule of its own, whose states are numbered when they come
up; a hole (`Open`) is a rule whose start stands for the program given for it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import NamedTuple

from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import Call, DFATerminal, RuleState, Scan
from maskwright.errors import UnsatisfiableError

from .analysis import accepts_empty, nullable_rules
from .hosting import ENTRY, Host, least_nonempty, lexeme_bytes
from .joint import joined
from .rules import Choice, Embedded, Empty, Grammar, Lexeme, Open, Reference, Sequence, Text
from .subsets import subsets_of

Symbol = Lexeme | Reference | Embedded | Open
Leaf = Embedded | Open


class _Automaton(NamedTuple):
    """A rule's deterministic automaton; state 0 is the start and is never re-entered."""

    edges: list[dict[Symbol, int]]
    final: list[bool]


class _Row(NamedTuple):
    """A rule state before its cost is known."""

    final: bool
    scans: list[Scan]
    calls: list[Call]
    #: embedded programs and open terminals, and the states after them
    leaves: list[tuple[Leaf, int]]


class GrammarProgram(Host):
    """The program of a `Grammar`.

    Rule states below ``num_states`` are the grammar's own. States of embedded programs are numbered when they come up.

    Parameters
    ----------
    grammar : Grammar
    limits : Limits, optional

    Raises
    ------
    UnsatisfiableError
        If the start rule derives no text at all.
    LimitExceeded
        If unrolled repeats go beyond ``limits.nodes``.
    """

    def __init__(self, grammar: Grammar, limits: Limits = DEFAULT_LIMITS):
        nullable = nullable_rules(grammar)
        automata = {name: _build(body, nullable, limits) for name, body in grammar.rules.items()}
        self._names: list[str] = []
        numbers: dict[tuple[str, int], int] = {}
        for name, automaton in automata.items():
            for state in range(len(automaton.edges)):
                numbers[name, state] = len(self._names)
                self._names.append(grammar.places.get(name, name))
        root = len(self._names)
        self._names.append(grammar.places.get(grammar.start, grammar.start))
        start = automata[grammar.start]
        joints: dict[tuple, DFATerminal | None] = {}
        table = []
        for name, automaton in automata.items():
            for state, edges in enumerate(automaton.edges):
                final = automaton.final[state] and state != 0
                table.append(_row(final, edges, {s: numbers[name, t] for s, t in edges.items()}, numbers, joints))
        first = {s: numbers[grammar.start, t] for s, t in start.edges[0].items()}
        table.append(_row(start.final[0], start.edges[0], first, numbers, joints))
        super().__init__()
        self._holes: list[Open] = []
        self._hole_numbers: dict[Open, int] = {}
        self.num_states = self._given = len(table)
        leaves = {leaf for row in table for leaf, _ in row.leaves}
        inner = [leaf.program for leaf in leaves if isinstance(leaf, Embedded)]
        self.opens = any(isinstance(leaf, Open) for leaf in leaves) or any(program.opens for program in inner)
        self.remembers = self.opens or any(program.remembers for program in inner)
        self.marks = grammar.marks or any(program.marks for program in inner)
        costs = _least_bytes(table)
        reaches = _reaches_holes(table) if self.opens else [False] * len(table)
        self._states = [self._state(row, costs, reaches[state], costs[state]) for state, row in enumerate(table)]
        if costs[root] is None:
            raise UnsatisfiableError(f"the rule {grammar.start!r} derives no text at all")
        self.start = root

    def _state(self, row: _Row, costs: list[int | None], remembers: bool, cost: int | None) -> RuleState:
        scans = tuple(scan for scan in row.scans if costs[scan.target] is not None)  # type: ignore[index]
        calls = [call for call in row.calls if costs[call.target] is not None and costs[call.rule] is not None]
        for leaf, target in row.leaves:
            if costs[target] is not None and _leaf_bytes(leaf) is not None:
                calls.append(Call(self.entry(leaf.program) if isinstance(leaf, Embedded) else self._hole(leaf), target))
        return RuleState(row.final, scans, tuple(calls), cost if cost is not None else 0, None, remembers)

    def _hole(self, leaf: Open) -> int:
        found = self._hole_numbers.get(leaf)
        if found is None:
            found = self._hole_numbers[leaf] = self._number(-1 - len(self._holes), ENTRY)
            self._holes.append(leaf)
        return found

    def _new_number(self) -> int:
        self._given += 1
        return self._given - 1

    def expand(self, state: int) -> RuleState:
        if state < self.num_states:
            return self._states[state]
        index = self._foreign[state][0]
        if index < 0:
            return RuleState(False, (), (), 1, None, True, _Opening(self, self._holes[-1 - index]))
        return self._expand_foreign(state)

    def where(self, state: int) -> str:
        if state < self.num_states:
            return self._names[state]
        index = self._foreign[state][0]
        return self._holes[-1 - index].terminal.name if index < 0 else self._foreign_where(state)


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a hole of the grammar comes to: the start of the program given for it."""

    program: GrammarProgram
    hole: Open

    def __call__(self, text: bytes) -> int | None:
        given = self.hole.terminal.language(text)
        return None if given is None else self.program.entry(given)


def _build(body, nullable: set[str], limits: Limits) -> _Automaton:
    """Return the deterministic automaton of a body."""
    epsilon: list[list[int]] = [[], []]
    moves: list[tuple[Symbol, int] | None] = [None, None]

    def new() -> int:
        epsilon.append([])
        moves.append(None)
        limits.check("nodes", len(moves))
        return len(moves) - 1

    work = [(body, 0, 1)]
    while work:
        part, begin, end = work.pop()
        if isinstance(part, Empty):
            epsilon[begin].append(end)
        elif isinstance(part, (Lexeme, Reference, Embedded, Open)):
            source = new()
            epsilon[begin].append(source)
            moves[source] = (part, end)
            if part.name in nullable if isinstance(part, Reference) else isinstance(part, Embedded) and accepts_empty(part.program):
                epsilon[begin].append(end)
        elif isinstance(part, Text):
            raise AssertionError("texts are folded into lexemes before a grammar is lowered")
        elif isinstance(part, Choice):
            work.extend((item, begin, end) for item in part.items)
        elif isinstance(part, Sequence):
            for item in part.items:
                after = new()
                work.append((item, begin, after))
                begin = after
            epsilon[begin].append(end)
        else:
            for _ in range(part.lo):
                after = new()
                work.append((part.item, begin, after))
                begin = after
            if part.hi is None:
                loop = new()
                epsilon[begin].append(loop)
                epsilon[loop].append(end)
                work.append((part.item, loop, loop))
            else:
                for _ in range(part.hi - part.lo):
                    epsilon[begin].append(end)
                    after = new()
                    work.append((part.item, begin, after))
                    begin = after
                epsilon[begin].append(end)
    return _determinised(epsilon, moves)


def _determinised(epsilon: list[list[int]], moves: list[tuple[Symbol, int] | None]) -> _Automaton:
    """Subset construction; end state is 1, and the start is not re-entered."""

    def closed(states: set[int]) -> frozenset[int]:
        found, work = set(states), list(states)
        while work:
            for after in epsilon[work.pop()]:
                if after not in found:
                    found.add(after)
                    work.append(after)
        return frozenset(state for state in found if moves[state] is not None or state == 1)

    def moves_of(state: int) -> tuple[tuple[Symbol, int], ...]:
        move = moves[state]
        return () if move is None else (move,)

    subsets, edges = subsets_of(closed({0}), moves_of, closed)
    return _Automaton(edges, [1 in subset for subset in subsets])


def _row(
    final: bool, edges, targets: dict[Symbol, int], numbers: dict[tuple[str, int], int], joints: dict[tuple, DFATerminal | None]
) -> _Row:
    lexemes = [s for s in edges if isinstance(s, Lexeme)]
    scans = [Scan(terminal, label, targets[s]) for terminal, label, s in joined(lexemes, joints)]
    calls = [Call(numbers[s.name, 0], targets[s]) for s in edges if isinstance(s, Reference)]
    return _Row(final, scans, calls, [(s, targets[s]) for s in edges if isinstance(s, (Embedded, Open))])


def _leaf_bytes(leaf: Leaf) -> int | None:
    """Return the least bytes of an embedded program's texts but the empty one, None if there are none; a hole's are not known."""
    return least_nonempty(leaf.program) if isinstance(leaf, Embedded) else 1


def _reaches_holes(table: list[_Row]) -> list[bool]:
    """Return for every state whether a hole may come before the end of its rule."""
    before: list[set[int]] = [set() for _ in table]
    found = [any(isinstance(leaf, Open) or leaf.program.opens for leaf, _ in row.leaves) for row in table]
    for state, row in enumerate(table):
        after = [scan.target for scan in row.scans] + [target for _, target in row.leaves]
        for target in [*after, *(call.target for call in row.calls), *(call.rule for call in row.calls)]:
            before[target].add(state)  # type: ignore[index]
    work = [state for state, reaches in enumerate(found) if reaches]
    while work:
        for state in before[work.pop()]:
            if not found[state]:
                found[state] = True
                work.append(state)
    return found


def _least_bytes(table: list[_Row]) -> list[int | None]:
    """Return for every state the least bytes to the end of its rule, None if there is no end."""
    waiting: list[list[tuple[int, int, int | None]]] = [[] for _ in table]
    heap: list[tuple[int, int]] = []
    for state, (final, scans, calls, leaves) in enumerate(table):
        if final:
            heap.append((0, state))
        for scan in scans:
            waiting[scan.target].append((state, lexeme_bytes(scan), None))  # type: ignore[index]
        for leaf, target in leaves:
            cost = _leaf_bytes(leaf)
            if cost is not None:
                waiting[target].append((state, cost, None))
        for call in calls:
            waiting[call.target].append((state, 0, call.rule))
            waiting[call.rule].append((state, 0, call.target))
    heapq.heapify(heap)
    costs: list[int | None] = [None] * len(table)
    while heap:
        best, state = heapq.heappop(heap)
        if costs[state] is not None:
            continue
        costs[state] = best
        for source, extra, partner in waiting[state]:
            if costs[source] is None:
                if partner is None:
                    heapq.heappush(heap, (best + extra, source))
                else:
                    partner_cost = costs[partner]
                    if partner_cost is not None:
                        heapq.heappush(heap, (best + partner_cost, source))
    return costs
