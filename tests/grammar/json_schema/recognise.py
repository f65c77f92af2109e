"""The slow obvious recogniser of pushdown programs: sets of explicit stacks, byte by byte.

An independent reference for the engine and for the schema compiler: it shares nothing with `automata.parser` but the program's contract. A
*configuration* is a stack of rule states (a linked list, innermost first) and a lexeme under way, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from maskwright.automata.program import FALLEN, CountedTerminal, DFATerminal, Fall, Judgement, LazyTerminal, Program, RuleState, Terminal


class Lexeme(NamedTuple):
    """A lexeme under way: its terminal, the labels it was started for, a state, and the weight so far."""

    terminal: Terminal
    labels: frozenset[int]
    state: object
    weight: int


Stack = tuple[int, "Stack | None"]


class Recogniser:
    """Recognises the texts of a program.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program):
        self.program = program
        self._states: dict[int, RuleState] = {}
        self._terminals: dict[Terminal, Terminal] = {}
        self._lazy: dict[tuple[Terminal, object], object] = {}

    def rule(self, state: int) -> RuleState:
        """Return an expanded rule state."""
        if state not in self._states:
            rule = self.program.expand(state)
            # of equal terminals the first serves all, as in the engine: a lazy one may number its states as they come
            scans = [scan._replace(terminal=self._terminals.setdefault(scan.terminal, scan.terminal)) for scan in rule.scans]
            self._states[state] = rule._replace(scans=scans)
        return self._states[state]

    # lexemes ------------------------------------------------------------------------------------------------------------------------

    def _begin(self, terminal: Terminal, labels: frozenset[int]) -> Lexeme:
        if isinstance(terminal, LazyTerminal):
            return Lexeme(terminal, labels, terminal.start(labels), 0)
        assert isinstance(terminal, (DFATerminal, CountedTerminal))
        return Lexeme(terminal, labels, terminal.dfa.start, 0)

    def _lazy_state(self, terminal: LazyTerminal, state: object):
        key = (terminal, state)
        if key not in self._lazy:
            self._lazy[key] = terminal.expand(state)
        return self._lazy[key]

    def _step(self, lexeme: Lexeme, byte: int) -> Lexeme | None:
        terminal, labels, state, weight = lexeme
        if isinstance(state, Fall):
            target = state.terminal.dfa.step(state.state, byte)
            return Lexeme(terminal, labels, Fall(state.terminal, target), 0) if target else None
        if isinstance(terminal, LazyTerminal):
            target = self._lazy_state(terminal, state).edges.get(byte)
            return None if target is None else Lexeme(terminal, labels, target, 0)
        assert isinstance(terminal, (DFATerminal, CountedTerminal))
        target = terminal.dfa.step(state, byte)
        if not target:
            return None
        if isinstance(terminal, CountedTerminal):
            weight += int(terminal.weights[state, terminal.dfa.alphabet.class_of(byte)])
            if terminal.hi is not None and weight > terminal.hi:
                return None
        return Lexeme(terminal, labels, target, weight)

    def _accepted(self, lexeme: Lexeme) -> Iterator[int]:
        terminal, _, state, weight = lexeme
        if isinstance(state, Fall):
            if state.terminal.dfa.labels[state.state]:
                yield FALLEN
        elif isinstance(terminal, LazyTerminal):
            yield from self._lazy_state(terminal, state).labels
        else:
            for label in terminal.dfa.labels[state]:
                if not isinstance(terminal, CountedTerminal) or weight >= terminal.lo:
                    yield label

    # stacks -------------------------------------------------------------------------------------------------------------------------

    def closure(self, stacks: set[Stack | None], text: bytes) -> set[Stack | None]:
        """Add what calls and returns lead to, leaving out states whose check fails; None is the empty stack: the whole text is read."""
        seen: set[Stack | None] = set()
        work = list(stacks)
        while work:
            stack = work.pop()
            if stack in seen:
                continue
            if stack is not None:
                state, below = stack
                rule = self.rule(state)
                if rule.check is not None and not rule.check(text):
                    continue
                work += [(call.rule, (call.target, below)) for call in rule.calls]
                if rule.final:
                    work.append(below)
            seen.add(stack)
        return seen

    def start(self) -> set[tuple[Stack | None, Lexeme | None]]:
        """Return the configurations before the first byte."""
        return {(stack, None) for stack in self.closure({(self.program.start, None)}, b"")}

    def step(self, configurations: set, text: bytes) -> set:
        """Return the configurations after the last byte of ``text``, given those before it."""
        out = set()
        for stack, lexeme in configurations:
            if stack is None:
                continue
            running = [lexeme] if lexeme is not None else self._lexemes(stack[0])
            for before in running:
                after = self._step(before, text[-1])
                if after is None:
                    continue
                out.add((stack, after))
                for label in self._accepted(after):
                    targets = [s.target for s in self.rule(stack[0]).scans if s.terminal == after.terminal and s.label == label]
                    judged = {target(text) if isinstance(target, Judgement) else target for target in targets}
                    out |= {(done, None) for done in self.closure({(target, stack[1]) for target in judged}, text)}
        return out

    def _lexemes(self, state: int) -> list[Lexeme]:
        wanted: dict[Terminal, set[int]] = {}
        for scan in self.rule(state).scans:
            wanted.setdefault(scan.terminal, set()).add(scan.label)
        return [self._begin(terminal, frozenset(labels)) for terminal, labels in wanted.items()]

    # questions ----------------------------------------------------------------------------------------------------------------------

    def run(self, text: str | bytes) -> set:
        """Return the configurations after ``text``; empty if it is no prefix of a sentence."""
        return self._run(text)[0]

    def _run(self, text: str | bytes) -> tuple[set, int]:
        configurations = self.start()
        data = text.encode() if isinstance(text, str) else text
        for end in range(1, len(data) + 1):
            configurations = self.step(configurations, data[:end])
            if not configurations:
                return configurations, end - 1
        return configurations, len(data)

    def accepts(self, text: str | bytes) -> bool:
        """Return whether ``text`` is a sentence."""
        return any(stack is None and lexeme is None for stack, lexeme in self.run(text))

    def stuck(self, text: str | bytes) -> int:
        """Return the offset of the first byte that cannot stand, the length of the text if there is none."""
        return self._run(text)[1]
