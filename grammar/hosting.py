"""Programs within programs: states of an embedded program are numbered among those of its host as they come up.

A host has rule states of its own; those of embedded programs (a JSON Schema's inside a grammar, say) are pairs (program, its state),
and get a number when an edge first leads to them. A program is entered as a rule: by a copy of its start that does not accept,
since called rules derive no empty text. What a host embeds that is a host itself is looked through, so that nesting costs nothing,
and a program that is reached on several ways has its states once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from maskwright.automata.program import Call, CountedTerminal, DFATerminal, Judgement, LazyTerminal, Program, RuleState, Scan

#: in place of a state of an embedded program: its start, not accepting
ENTRY = -1


class Host(Program):
    """A program that can embed others."""

    def __init__(self) -> None:
        self._programs: list[Program] = []
        self._indexes: dict[int, int] = {}
        #: number of a state that is not our own -> (index of the program, its state)
        self._foreign: dict[int, tuple[int, int]] = {}
        self._foreign_numbers: dict[tuple[int, int], int] = {}

    @abstractmethod
    def _new_number(self) -> int:
        """Return a number that no state has yet."""

    def entry(self, program: Program) -> int:
        """Return the rule state that starts ``program`` as a rule of this one."""
        return self._number(self._index(program), ENTRY)

    def _index(self, program: Program) -> int:
        index = self._indexes.get(id(program))
        if index is None:
            index = self._indexes[id(program)] = len(self._programs)
            self._programs.append(program)
        return index

    def _number(self, index: int, state: int) -> int:
        key = (index, state)
        found = self._foreign_numbers.get(key)
        if found is None:
            program = self._programs[index] if index >= 0 else None
            inner = program._foreign.get(state) if isinstance(program, Host) else None
            if inner is not None and inner[0] >= 0:
                assert isinstance(program, Host)
                found = self._number(self._index(program._programs[inner[0]]), inner[1])
            else:
                found = self._new_number()
                self._foreign[found] = key
            self._foreign_numbers[key] = found
        return found

    def _expand_foreign(self, state: int) -> RuleState:
        index, inner = self._foreign[state]
        program = self._programs[index]
        found = program.expand(program.start if inner == ENTRY else inner)
        scans = tuple(Scan(scan.terminal, scan.label, self._target(index, scan.target)) for scan in found.scans)
        calls = tuple(Call(self._number(index, call.rule), self._number(index, call.target)) for call in found.calls)
        opens = None if found.opens is None else _Inner(self, index, found.opens)
        final, cost = found.final, found.cost
        if inner == ENTRY and final:
            final, cost = False, least_nonempty(program) or 0
        return RuleState(final, scans, calls, cost, found.check, found.remembers, opens)

    def _target(self, index: int, target: int | Judgement) -> int | Judgement:
        return _InnerJudgement(self, index, target) if isinstance(target, Judgement) else self._number(index, target)

    def _foreign_where(self, state: int) -> str:
        index, inner = self._foreign[state]
        program = self._programs[index]
        return program.where(program.start if inner == ENTRY else inner)


class _InnerJudgement(Judgement):
    """A judgement of an embedded program, as one of the program it is embedded in."""

    __slots__ = ("_index", "_inner", "_outer", "cost")

    def __init__(self, outer: Host, index: int, inner: Judgement):
        self._outer, self._index, self._inner = outer, index, inner
        self.cost = inner.cost

    def __call__(self, text: bytes) -> int:
        return self._outer._number(self._index, self._inner(text))

    def __hash__(self) -> int:
        return hash((self._index, self._inner))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InnerJudgement) and (self._index, self._inner) == (other._index, other._inner)


@dataclass(frozen=True, slots=True)
class _Inner:
    """What a hole of an embedded program comes to."""

    outer: Host
    index: int
    inner: Callable[[bytes], int | None]

    def __call__(self, text: bytes) -> int | None:
        found = self.inner(text)
        return None if found is None else self.outer._number(self.index, found)


# -- costs


def lexeme_bytes(scan: Scan) -> int:
    """Return the least bytes of a lexeme that a scan reads."""
    terminal = scan.terminal
    if isinstance(terminal, LazyTerminal):
        return terminal.expand(terminal.start(frozenset({scan.label}))).costs[scan.label]
    if isinstance(terminal, CountedTerminal):
        from maskwright.automata.lexicon import least_counted_bytes

        return least_counted_bytes(terminal)
    assert isinstance(terminal, DFATerminal)
    return _nearest(terminal)[scan.label]


@lru_cache(maxsize=256)
def _nearest(terminal: DFATerminal) -> dict[int, int]:
    """Return the least bytes of a lexeme of each label."""
    return terminal.dfa.nearest(terminal.dfa.start)


def least_nonempty(program: Program) -> int | None:
    """Return the least bytes of a program's texts but the empty one, None if there are none."""
    start = program.expand(program.start)
    if not start.final:
        return start.cost
    after = {target: target.cost if isinstance(target, Judgement) else program.expand(target).cost for _, _, target in start.scans}
    ways = [lexeme_bytes(scan) + after[scan.target] for scan in start.scans]
    ways += [program.expand(call.rule).cost + program.expand(call.target).cost for call in start.calls]
    return min(ways, default=None)
