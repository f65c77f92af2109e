"""A program right after text that is not over whatever follows: its texts are those that a *rest* allows.

A rest is a regular language of texts that may follow: what a Lark lexeme asks of the text after it (`lark.lexing`), or that a trigger of
tagged text does not become a longer one. Where a program comes next, its start becomes pairs (rule state, state of the rest's
automaton), until the rest allows everything or nothing: mostly after one character. From there on its own states serve.
Lexemes read in a pair are the product of terminal and rest; what is still undecided at their end goes on into the next pair.

A special token inside the program is the end of what a lexer sees: after it, a rest that allows the text to end allows everything.

Refused: rests that are still undecided where the program's text may end. That would need the program's rules once per rest they can
leave (`lark.contexts` does so for lark's own rules); it takes a rest that looks at several characters and a text shorter than it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from maskwright.automata.alphabet import BYTES, from_sets, refine
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.limits import Limits
from maskwright.automata.program import (
    Call,
    DFATerminal,
    Fall,
    Judgement,
    LazyState,
    LazyTerminal,
    Program,
    RuleState,
    Scan,
    Terminal,
)
from maskwright.automata.vocabulary import MARK
from maskwright.errors import OpenTerminalError, UnsupportedFeatureError

from .hosting import ENTRY, Host, lexeme_bytes

#: in place of a rest's state: everything is allowed
FREE = -1


class Rest:
    """A rest over bytes: ``step(state, byte)`` is a state, 0 (nothing is allowed any more) or `FREE`.

    Parameters
    ----------
    dfa : DFA
        Minimal; a state in which everything is allowed leads to itself on every byte.
    """

    def __init__(self, dfa: DFA):
        self.dfa = dfa
        self._free = universal_states(dfa)
        self.start = self.number(dfa.start)

    @classmethod
    def of_texts(cls, characters: DFA) -> Rest:
        """Return the rest that is a language of texts, given by a minimal automaton over characters."""
        dfa = characters.to_utf8()
        everything = DFA.everything().to_utf8().key
        accepting = [s for s, labels in enumerate(dfa.labels) if labels]
        free = {s for s in accepting if DFA.from_rows(dfa.alphabet, dfa.rows, s, dfa.labels).key == everything}
        marks, owners = from_sets(BYTES, [CharSet([(MARK[0], MARK[0])])])
        alphabet, (mine, others) = refine(dfa.alphabet, marks)
        last = dfa.num_states
        rows = []
        for s, row in enumerate(dfa.rows):
            ended = last if s and dfa.labels[s] else 0
            targets = [ended if owners[o] else row[m] for m, o in zip(mine, others)]
            rows.append([last] * len(mine) if s in free else [last if to in free else to for to in targets])
        return cls(DFA.from_rows(alphabet, [*rows, [last] * len(mine)], dfa.start, [*dfa.labels, (0,)]))

    @classmethod
    def not_beginning_with(cls, prefixes: Sequence[bytes]) -> Rest:
        """Return the rest that is everything but what begins with one of ``prefixes``."""
        return cls(~(DFA.from_strings(prefixes) + DFA.everything(BYTES)))

    def number(self, state: int) -> int:
        """Return a state of the automaton, or `FREE`."""
        return FREE if self._free[state] else state

    def step(self, state: int, byte: int) -> int:
        """Return the state after a byte."""
        return FREE if state == FREE else self.number(self.dfa.step(state, byte))


class _Survey(NamedTuple):
    """What a rest does to the lexemes of a terminal: whether it lets some pass, stops some, is undecided at the end of some."""

    passes: bool
    stops: bool
    undecided: bool


class _Pair(NamedTuple):
    """A rule state before it is known to be productive; targets are pairs (int), judgements, or states of the program (in a tuple)."""

    scans: list[tuple[Terminal, int, Any]]
    calls: list[tuple[int, int]]
    opens: Callable[[bytes], int | None] | None


class Restricted(Host):
    """``program`` from ``start`` on, under a rest.

    Attributes
    ----------
    is_empty : bool
        Nothing of the program is allowed.
    is_same : bool
        Everything of it is.

    Raises
    ------
    UnsupportedFeatureError
        If the rest may be undecided where the program's text ends.
    """

    def __init__(self, program: Program, rest: Rest, name: str, limits: Limits, start: int | None = None, at: int | None = None):
        super().__init__()
        self._program = program
        self._rest = rest
        self._name = name
        self._limits = limits
        self.opens, self.remembers, self.marks = program.opens, program.remembers, program.marks
        self._inner = self._index(program)
        self._cut: dict[tuple[int, int], tuple[DFATerminal, dict[tuple[int, int], int]]] = {}
        self._kept: list[Terminal] = []
        self._later: dict[tuple[int, int], int | None] = {}
        self.is_same = True
        first = (ENTRY if start is None else start, rest.start if at is None else at, True)
        self._pairs: dict[tuple[int, int, bool], int] = {first: 0}
        self._entered = program.start if start is None else start
        table: list[_Pair] = []
        for inner, q, _ in (work := [*self._pairs]):
            table.append(self._pair(self._entered if inner == ENTRY else inner, q, len(table) == 0, work))
            limits.check("nodes", len(work))
        self._given = len(table)
        costs = self._costs(table)
        self.is_empty = costs[0] is None
        self.start = 0
        self._states = [self._state(pair, costs, number) for number, pair in enumerate(table)]

    def _new_number(self) -> int:
        self._given += 1
        return self._given - 1

    def expand(self, state: int) -> RuleState:
        return self._states[state] if state < len(self._states) else self._expand_foreign(state)

    def where(self, state: int) -> str:
        return self._program.where(self._entered) if state < len(self._states) else self._foreign_where(state)

    # -- pairs

    def _pair(self, inner: int, q: int, entry: bool, work: list[tuple[int, int, bool]]) -> _Pair:
        found = self._program.expand(inner)
        if found.check is not None or (found.final and not entry):
            self._refuse("its text may end before it is clear where the lexeme before it ends")

        def number(state: int, q: int) -> int:
            key = (state, q, False)
            if key not in self._pairs:
                self._pairs[key] = len(work)
                work.append(key)
            return self._pairs[key]

        if found.opens is not None:
            self.is_same = False
            return _Pair([], [], _Opened(self, found.opens, q))
        scans: list[tuple[Terminal, int, Any]] = []
        for scan in found.scans:
            for terminal, label, after in self._lexemes(scan, q):
                if after == FREE:
                    scans.append((terminal, label, scan.target if isinstance(scan.target, Judgement) else (scan.target,)))
                elif isinstance(scan.target, Judgement):
                    self._refuse("a check of its value comes before it is clear where the lexeme before it ends")
                else:
                    scans.append((terminal, label, number(scan.target, after)))
        return _Pair(scans, [(number(call.rule, q), call.target) for call in found.calls], None)

    def _refuse(self, reason: str) -> None:
        raise UnsupportedFeatureError(
            f"{self._name} right after a lexeme that depends on what follows",
            reason=reason,
            hint="put a delimiter between them that every text has",
        )

    def _lexemes(self, scan: Scan, q: int) -> Iterator[tuple[Terminal, int, int]]:
        """Yield (terminal, label, rest's state at the end) that together are the lexemes of a scan that the rest allows."""
        terminal = scan.terminal
        seen = self._survey(scan, q)
        if not seen.stops and not seen.undecided:
            yield terminal, scan.label, FREE
            return
        self.is_same = False
        if not seen.passes and not seen.undecided:
            return
        if isinstance(terminal, DFATerminal):
            product, codes = self._product(terminal, q)
            for (label, after), code in codes.items():
                if label == scan.label:
                    yield product, code, after
        elif isinstance(terminal, LazyTerminal) and terminal.fallen_terminal is None and not seen.undecided:
            yield RestrictedLazy(terminal, scan.label, self._rest, q), scan.label, FREE
        else:
            self._refuse(f"it may begin with {terminal.describe(scan.label)}, some of which the lexeme before it would take")

    def _survey(self, scan: Scan, q: int) -> _Survey:
        terminal = scan.terminal
        passes = stops = undecided = False
        seen = {(begin, q): None for begin in (_start(terminal, scan.label),)}
        for state, at in (work := list(seen)):
            self._limits.check("states", len(work))
            undecided |= _accepts(terminal, state, scan.label)
            for byte, to in _edges(terminal, state):
                after = self._rest.step(at, byte)
                passes |= after == FREE
                stops |= after == 0
                if after > 0 and (to, after) not in seen:
                    seen[to, after] = None
                    work.append((to, after))
        return _Survey(passes, stops, undecided)

    def _product(self, terminal: DFATerminal, q: int) -> tuple[DFATerminal, dict[tuple[int, int], int]]:
        """Return the product of a terminal with the rest; its labels by (label of the terminal, state of the rest)."""
        found = self._cut.get((id(terminal), q))
        if found is not None:
            return found
        self._kept.append(terminal)  # so that its identity stays its own
        dfa, rest = terminal.dfa, self._rest
        alphabet, (mine, theirs) = refine(dfa.alphabet, rest.dfa.alphabet)
        numbers = {(dfa.start, q): 1}
        keys = [(dfa.start, q)]
        rows = [[0] * alphabet.num_classes]
        labels: list[tuple[int, ...]] = [()]
        codes: dict[tuple[int, int], int] = {}
        for a, b in keys:  # grows while it is walked
            labels.append(tuple(sorted(codes.setdefault((label, b), len(codes)) for label in dfa.labels[a])))
            row = []
            for x, y in zip(mine, theirs):
                after = dfa.rows[a][x]
                left = FREE if b == FREE else rest.number(rest.dfa.rows[b][y])
                if not after or not left:
                    row.append(0)
                    continue
                if (after, left) not in numbers:
                    numbers[after, left] = len(keys) + 1
                    keys.append((after, left))
                    self._limits.check("states", len(keys))
                row.append(numbers[after, left])
            rows.append(row)
        names = [terminal.describe(label) for label, _ in codes]
        found = self._cut[id(terminal), q] = (DFATerminal(DFA.from_rows(alphabet, rows, 1, labels), names), codes)
        return found

    # -- states

    def _cost_of(self, target: Any, costs: list[int | None]) -> int | None:
        if isinstance(target, Judgement):
            return target.cost
        return costs[target] if isinstance(target, int) else self._program.expand(target[0]).cost

    def _costs(self, table: list[_Pair]) -> list[int | None]:
        """Return the least bytes from every pair to the end of its rule: values that fall until they stay (pairs are few)."""
        costs: list[int | None] = [None] * len(table)
        changed = True
        while changed:
            changed = False
            for number in reversed(range(len(table))):
                pair = table[number]
                ways = [1] if pair.opens else []
                for terminal, label, target in pair.scans:
                    after = self._cost_of(target, costs)
                    if after is not None:
                        ways.append(lexeme_bytes(Scan(terminal, label, 0)) + after)
                for rule, target in pair.calls:
                    inside = costs[rule]
                    if inside is not None:
                        ways.append(inside + self._program.expand(target).cost)
                best, known = min(ways, default=None), costs[number]
                if best is not None and (known is None or best < known):
                    costs[number] = best
                    changed = True
        return costs

    def _state(self, pair: _Pair, costs: list[int | None], number: int) -> RuleState:
        scans = []
        for terminal, label, target in pair.scans:
            if self._cost_of(target, costs) is not None:
                outside = not isinstance(target, int)
                inner = target[0] if isinstance(target, tuple) else target
                scans.append(Scan(terminal, label, self._target(self._inner, inner) if outside else target))
        calls = tuple(Call(rule, self._number(self._inner, target)) for rule, target in pair.calls if costs[rule] is not None)
        return RuleState(False, tuple(scans), calls, costs[number] or 0, None, self.remembers, pair.opens)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a hole of the program comes to under the rest."""

    outer: Restricted
    inner: Callable[[bytes], int | None]
    q: int

    def __call__(self, text: bytes) -> int | None:
        outer = self.outer
        start = self.inner(text)
        if start is None:
            return None
        if (start, self.q) not in outer._later:
            outer._later[start, self.q] = self._entry(start, text)
        return outer._later[start, self.q]

    def _entry(self, start: int, text: bytes) -> int | None:
        outer = self.outer
        try:
            given = Restricted(outer._program, outer._rest, outer._name, outer._limits, start, self.q)
        except UnsupportedFeatureError as error:
            raise OpenTerminalError(outer._name, text.decode("utf-8", "replace"), f"gave something unusable: {error}") from error
        return None if given.is_empty else outer.entry(given)


# -- terminals


def _start(terminal: Terminal, label: int) -> Any:
    return terminal.start(frozenset({label})) if isinstance(terminal, LazyTerminal) else terminal.dfa.start  # type: ignore[attr-defined]


def _edges(terminal: Terminal, state: Any) -> Iterator[tuple[int, Any]]:
    """Yield the live bytes of a terminal's state with where they lead."""
    if isinstance(state, Fall):
        terminal, own = state.terminal, state.state
        yield from ((byte, Fall(state.terminal, to)) for byte in range(256) if (to := state.terminal.dfa.step(own, byte)))
    elif isinstance(terminal, LazyTerminal):
        yield from terminal.expand(state).edges.items()
    else:
        dfa = terminal.dfa  # type: ignore[attr-defined]
        yield from ((byte, to) for byte in range(256) if (to := dfa.step(state, byte)))


def _accepts(terminal: Terminal, state: Any, label: int) -> bool:
    if isinstance(state, Fall):
        return bool(state.terminal.dfa.labels[state.state])
    if isinstance(terminal, LazyTerminal):
        return label in terminal.expand(state).labels
    return label in terminal.dfa.labels[state]  # type: ignore[attr-defined]


class RestrictedLazy(LazyTerminal):
    """A terminal made on demand that never falls, one of its labels, under a rest that is decided before its lexemes end.

    States are (own state, the rest's).
    """

    __slots__ = ("_costs", "_key", "_label", "_q", "_rest", "_terminal")

    def __init__(self, terminal: LazyTerminal, label: int, rest: Rest, q: int):
        self._terminal, self._label, self._rest, self._q = terminal, label, rest, q
        self._key = ("restricted", terminal.key, label, rest.dfa.key, q)
        self._costs = self._find_costs()

    @property
    def key(self) -> Any:
        return self._key

    def describe(self, label: int) -> str:
        return self._terminal.describe(label)

    def start(self, labels: frozenset[int]) -> Any:
        return self._terminal.start(frozenset({self._label})), self._q

    def _moves(self, state: Any, q: int) -> Iterator[tuple[int, tuple[Any, int]]]:
        for byte, to in self._terminal.expand(state).edges.items():
            after = self._rest.step(q, byte)
            if after:
                yield byte, (to, after)

    def _find_costs(self) -> dict[tuple[Any, int], int]:
        """Return the least bytes to the label from the states where the rest is undecided."""
        edges: dict[tuple[Any, int], list[tuple[Any, int]]] = {}
        work = [self.start(frozenset())]
        while work:
            state, q = pair = work.pop()
            if pair not in edges:
                edges[pair] = [to for _, to in self._moves(state, q)]
                work += [to for to in edges[pair] if to[1] != FREE]
        costs: dict[tuple[Any, int], int] = {}
        changed = True
        while changed:
            changed = False
            for pair, targets in edges.items():
                ways = [cost + 1 for to in targets if (cost := self._cost(to, costs)) is not None]
                if ways and min(ways) < costs.get(pair, min(ways) + 1):
                    costs[pair] = min(ways)
                    changed = True
        return costs

    def _cost(self, pair: tuple[Any, int], costs: dict[tuple[Any, int], int]) -> int | None:
        return self._terminal.expand(pair[0]).costs[self._label] if pair[1] == FREE else costs.get(pair)

    def expand(self, state: Any) -> LazyState:
        inner, q = state
        own: dict[int, Any] = {byte: to for byte, to in self._moves(inner, q) if self._cost(to, self._costs) is not None}
        if q != FREE:
            return LazyState(own, (), None, {self._label: self._costs[state]})
        found = self._terminal.expand(inner)
        labels = tuple(label for label in found.labels if label == self._label)
        return LazyState(own, labels, None, lambda: {self._label: found.costs[self._label]})


def restricted(program: Program, rest: Rest, name: str, limits: Limits) -> Program | None:
    """Return ``program`` under a rest, None if nothing is left of it."""
    if rest.start == FREE:
        return program
    found = Restricted(program, rest, name, limits)
    return None if found.is_empty else program if found.is_same else found


def universal_states(dfa: DFA) -> list[bool]:
    """Tell the states from which everything is accepted; the automaton is minimal."""
    return [bool(state and labels) and all(to == state for to in row) for state, (row, labels) in enumerate(zip(dfa.rows, dfa.labels))]
