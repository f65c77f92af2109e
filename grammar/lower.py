"""From a grammar to a pushdown program: one small deterministic automaton per rule.

Steps, each a fixpoint or a linear pass over explicit work lists:

1. which rules derive the empty text (*nullable*);
2. each body becomes an automaton over symbols (lexemes and references), Thompson's way; a reference to a nullable rule may also be
   skipped; then the subset construction;
3. the empty text is taken out of every rule but the root, by a start state of its own that does not accept: called rules derive none;
4. Knuth's generalisation of Dijkstra's algorithm (1977) finds the least number of bytes from every state to the end of its rule. States
   it does not reach are unproductive, and edges into them are dropped.

A bounded repeat is unrolled, within the node limit.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import Call, CountedTerminal, DFATerminal, LazyTerminal, Program, RuleState, Scan
from maskwright.errors import UnsatisfiableError

from .rules import Choice, Empty, Grammar, Lexeme, Reference, Repeat, Sequence

Symbol = Lexeme | Reference


class _Automaton(NamedTuple):
    """A rule's deterministic automaton; state 0 is the start and is never re-entered."""

    edges: list[dict[Symbol, int]]
    final: list[bool]


class GrammarProgram(Program):
    """The program of a `Grammar`.

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
        self._states: list[RuleState] = []
        self._names: list[str] = []
        numbers: dict[tuple[str, int], int] = {}
        for name, automaton in automata.items():
            for state in range(len(automaton.edges)):
                numbers[name, state] = len(self._names)
                self._names.append(grammar.places.get(name, name))
        root = len(self._names)
        self._names.append(grammar.places.get(grammar.start, grammar.start))
        start = automata[grammar.start]
        table = []
        for name, automaton in automata.items():
            for state, edges in enumerate(automaton.edges):
                final = automaton.final[state] and state != 0
                table.append((final, *_split(edges, {s: numbers[name, t] for s, t in edges.items()}, numbers)))
        table.append((start.final[0], *_split(start.edges[0], {s: numbers[grammar.start, t] for s, t in start.edges[0].items()}, numbers)))
        costs = _least_bytes(table)
        for (final, scans, calls), cost in zip(table, costs):
            live_scans = tuple(scan for scan in scans if costs[scan.target] is not None)
            live_calls = tuple(call for call in calls if costs[call.target] is not None and costs[call.rule] is not None)
            self._states.append(RuleState(final, live_scans, live_calls, cost if cost is not None else 0))
        if costs[root] is None:
            raise UnsatisfiableError(f"the rule {grammar.start!r} derives no text at all")
        self.start = root

    def expand(self, state: int) -> RuleState:
        return self._states[state]

    def where(self, state: int) -> str:
        return self._names[state]


def nullable_rules(grammar: Grammar) -> set[str]:
    """Return the names of the rules that derive the empty text."""
    nullable: set[str] = set()
    changed = True
    while changed:
        changed = False
        for name, body in grammar.rules.items():
            if name not in nullable and _derives_empty(body, nullable):
                nullable.add(name)
                changed = True
    return nullable


def _derives_empty(body, nullable: set[str]) -> bool:
    """Evaluate bottom up, without recursion: post-order over the body."""
    order, work = [], [body]
    while work:
        part = work.pop()
        order.append(part)
        if isinstance(part, (Sequence, Choice)):
            work.extend(part.items)
        elif isinstance(part, Repeat):
            work.append(part.item)
    empty: dict[int, bool] = {}
    for part in reversed(order):
        if isinstance(part, Empty):
            value = True
        elif isinstance(part, Reference):
            value = part.name in nullable
        elif isinstance(part, Sequence):
            value = all(empty[id(item)] for item in part.items)
        elif isinstance(part, Choice):
            value = any(empty[id(item)] for item in part.items)
        elif isinstance(part, Repeat):
            value = part.lo == 0 or empty[id(part.item)]
        else:
            value = False
        empty[id(part)] = value
    return empty[id(body)]


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
        elif isinstance(part, (Lexeme, Reference)):
            source = new()
            epsilon[begin].append(source)
            moves[source] = (part, end)
            if isinstance(part, Reference) and part.name in nullable:
                epsilon[begin].append(end)
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

    start = closed({0})
    numbers: dict[frozenset[int], int] = {}
    subsets = [start]
    edges: list[dict[Symbol, int]] = []
    for subset in subsets:  # grows while it is walked
        targets: dict[Symbol, set[int]] = {}
        for state in subset:
            move = moves[state]
            if move is not None:
                targets.setdefault(move[0], set()).add(move[1])
        row = {}
        for symbol, states in targets.items():
            key = closed(states)
            if key not in numbers:
                numbers[key] = len(subsets)
                subsets.append(key)
            row[symbol] = numbers[key]
        edges.append(row)
    return _Automaton(edges, [1 in subset for subset in subsets])


def _split(edges, targets: dict[Symbol, int], numbers: dict[tuple[str, int], int]) -> tuple[list[Scan], list[Call]]:
    scans = [Scan(s.terminal, s.label, targets[s]) for s in edges if isinstance(s, Lexeme)]
    calls = [Call(numbers[s.name, 0], targets[s]) for s in edges if isinstance(s, Reference)]
    return scans, calls


def _lexeme_bytes(scan: Scan) -> int:
    terminal = scan.terminal
    if isinstance(terminal, LazyTerminal):
        return terminal.expand(terminal.start(frozenset({scan.label}))).costs[scan.label]
    if isinstance(terminal, CountedTerminal):
        from maskwright.automata.lexicon import least_counted_bytes

        return least_counted_bytes(terminal)
    assert isinstance(terminal, DFATerminal)
    return int(terminal.dfa.distance(scan.label)[terminal.dfa.start])


def _least_bytes(table: list[tuple[bool, list[Scan], list[Call]]]) -> list[int | None]:
    """Return for every state the least bytes to the end of its rule, None if there is no end."""
    waiting: list[list[tuple[int, int, int | None]]] = [[] for _ in table]
    heap: list[tuple[int, int]] = []
    for state, (final, scans, calls) in enumerate(table):
        if final:
            heap.append((0, state))
        for scan in scans:
            waiting[scan.target].append((state, _lexeme_bytes(scan), None))
        for call in calls:
            waiting[call.target].append((state, 0, call.rule))
            waiting[call.rule].append((state, 0, call.target))
    heapq.heapify(heap)
    costs: list[int | None] = [None] * len(table)
    while heap:
        cost, state = heapq.heappop(heap)
        if costs[state] is not None:
            continue
        costs[state] = cost
        for source, extra, partner in waiting[state]:
            if costs[source] is None:
                if partner is None:
                    heapq.heappush(heap, (cost + extra, source))
                else:
                    partner_cost = costs[partner]
                    if partner_cost is not None:
                        heapq.heappush(heap, (cost + partner_cost, source))
    return costs
