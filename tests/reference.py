"""The slow, obvious version of everything the engine computes; property tests compare against it.

`Language` answers from definitions: a program is run as a nondeterministic pushdown automaton whose configurations hold an explicit
stack of rule states, byte by byte, with no sharing and no tables. Masks are brute force over the vocabulary, distances breadth-first
search over tokens. Needs programs without left recursion and without residual checks; `TextLanguage` runs those whose states depend on
the text (judgements, checks, open terminals).
"""

from __future__ import annotations

import numpy as np

from maskwright.automata.program import FALLEN, CountedTerminal, Fall, Judgement, LazyTerminal, Program, Terminal
from maskwright.automata.vocabulary import Vocabulary


def terminal_start(terminal: Terminal, labels: frozenset[int]):
    """Return the start of a terminal run for ``labels``."""
    if isinstance(terminal, LazyTerminal):
        return ("lazy", terminal.start(labels))
    if isinstance(terminal, CountedTerminal):
        return ("counted", terminal.dfa.start, 0)
    return ("plain", terminal.dfa.start)


def terminal_step(terminal: Terminal, at, byte: int):
    """Return the run after ``byte``, or None."""
    kind = at[0]
    if kind == "lazy":
        after = terminal.expand(at[1]).edges.get(byte)
        if after is None:
            return None
        return ("fallen", after.state) if isinstance(after, Fall) else ("lazy", after)
    dfa = terminal.fallen_terminal.dfa if kind == "fallen" else terminal.dfa
    column = dfa.alphabet.class_of(byte)
    after = int(dfa.table[at[1], column])
    if not after:
        return None
    if kind == "counted":
        return ("counted", after, at[2] + int(terminal.weights[at[1], column]))
    return (kind, after)


def terminal_labels(terminal: Terminal, at) -> tuple[int, ...]:
    """Return the labels accepted at a run's end."""
    kind = at[0]
    if kind == "lazy":
        return terminal.expand(at[1]).labels
    if kind == "fallen":
        return (FALLEN,) if terminal.fallen_terminal.dfa.labels[at[1]] else ()
    if kind == "counted":
        high = at[2] if terminal.hi is None else terminal.hi
        return (0,) if terminal.dfa.labels[at[1]] and terminal.lo <= at[2] <= high else ()
    return terminal.dfa.labels[at[1]]


def terminal_alive(terminal: Terminal, at, labels: frozenset[int], seen_limit: int = 4000) -> bool:
    """Whether some bytes complete the run with one of ``labels``, by search."""
    seen = {at}
    work = [at]
    while work:
        here = work.pop()
        if labels & set(terminal_labels(terminal, here)):
            return True
        for byte in _representatives(terminal, here):
            after = terminal_step(terminal, here, byte)
            if after is not None and after not in seen and len(seen) < seen_limit:
                if after[0] == "counted" and terminal.hi is not None and after[2] > terminal.hi:
                    continue
                seen.add(after)
                work.append(after)
    return False


def _representatives(terminal: Terminal, at):
    if at[0] == "lazy":
        return list(terminal.expand(at[1]).edges)
    dfa = terminal.fallen_terminal.dfa if at[0] == "fallen" else terminal.dfa
    return dfa.alphabet.representatives()


class Language:
    """The language of a program, by definition.

    A configuration is ``(stack, terminal, label, run)``: the rule states to return to (innermost last, the current rule's target on top),
    and the lexeme under way. Between lexemes the last three are None.
    """

    def __init__(self, program: Program):
        self.program = program
        self._alive: dict = {}

    def start(self):
        """Return the configurations of the empty text."""
        return self._rest({((self.program.start,), None, None, None)})

    def _rule_state(self, top, text: bytes):
        """Return the rule state that ``top`` stands for after ``text``; here programs do not look at the text."""
        return self.program.expand(top)

    def _rest(self, between, text: bytes = b""):
        """Begin every lexeme that can come next; keep the finished marker ``()``."""
        found = set()
        seen = set(between)
        work = list(between)
        while work:
            stack = work.pop()[0]
            if not stack:
                found.add(((), None, None, None))
                continue
            state = self._rule_state(stack[-1], text)
            if state is None:
                continue
            after = [stack[:-1]] if state.final else []
            after += [(*stack[:-1], call.target, call.rule) for call in state.calls]
            opened = None if state.opens is None else state.opens(text)
            after += [] if opened is None else [(*stack[:-1], opened)]
            for scan in state.scans:
                run = terminal_start(scan.terminal, frozenset({scan.label}))
                found.add(((*stack[:-1], scan.target), scan.terminal, scan.label, run))
            for candidate in after:
                item = (candidate, None, None, None)
                if item not in seen:
                    seen.add(item)
                    work.append(item)
        return frozenset(found)

    def step(self, configurations, byte: int):
        """Return the configurations after ``byte``, those that can be completed only."""
        moved = set()
        for stack, terminal, label, run in configurations:
            if terminal is None:
                continue
            after = terminal_step(terminal, run, byte)
            if after is None or not self._is_alive(terminal, after, label):
                continue
            moved.add((stack, terminal, label, after))
            if label in terminal_labels(terminal, after):
                moved |= self._rest({(stack, None, None, None)})
        return frozenset(moved)

    def _is_alive(self, terminal, run, label) -> bool:
        key = (terminal, run, label)
        if key not in self._alive:
            self._alive[key] = terminal_alive(terminal, run, frozenset({label}))
        return self._alive[key]

    def feed(self, configurations, data: bytes):
        """Return the configurations after ``data``."""
        for byte in data:
            configurations = self.step(configurations, byte)
        return configurations

    def alive(self, configurations) -> bool:
        """Whether the text is a prefix of some sentence."""
        return bool(configurations)

    @staticmethod
    def accepting(configurations) -> bool:
        """Whether the text may end here."""
        return ((), None, None, None) in configurations

    def accepts(self, data: bytes) -> bool:
        """Whether ``data`` is a sentence."""
        return self.accepting(self.feed(self.start(), data))


class TextLanguage(Language):
    """The language of a program whose states may depend on the text; configurations are ``(text, configurations)``.

    A lexeme that must end where nothing can follow it is dead at once; a text may still come to an end without a token.
    """

    def start(self):
        return b"", self._rest({((self.program.start,), None, None, None)}, b"")

    def _rule_state(self, top, text: bytes):
        state = self.program.expand(top(text) if isinstance(top, Judgement) else top)
        return None if state.check is not None and not state.check(text) else state

    def step(self, configurations, byte: int):
        text, found = configurations
        text += bytes([byte])
        moved = set()
        for stack, terminal, label, run in found:
            after = None if terminal is None else terminal_step(terminal, run, byte)
            if after is None or not self._is_alive(terminal, after, label):
                continue
            ended = self._rest({(stack, None, None, None)}, text) if label in terminal_labels(terminal, after) else set()
            moved |= ended
            ways = (terminal_step(terminal, after, way) for way in range(256))
            if ended or any(way is not None and self._is_alive(terminal, way, label) for way in ways):
                moved.add((stack, terminal, label, after))
        return text, frozenset(moved)

    @staticmethod
    def accepting(configurations) -> bool:
        return Language.accepting(configurations[1])

    def alive(self, configurations) -> bool:
        """Whether the text may go on or end."""
        return bool(configurations[1])


def mask(language: Language, configurations, vocabulary: Vocabulary) -> set[int]:
    """Return the ids allowed after ``configurations``, one token at a time; special tokens are fed as the bytes that name them."""
    allowed = set()
    for token in range(vocabulary.size):
        data = vocabulary.token_bytes(token)
        if token in vocabulary.eos_ids:
            if language.accepting(configurations):
                allowed.add(token)
        elif language.program.marks and token in vocabulary.special_ids:
            if language.alive(language.feed(configurations, vocabulary.mark(token))):
                allowed.add(token)
        elif language.program.marks and b"\xff" in data:
            continue  # what spells special tokens is no text
        elif data and token not in vocabulary.special_ids and language.alive(language.feed(configurations, data)):
            allowed.add(token)
    return allowed


def min_tokens(language: Language, configurations, vocabulary: Vocabulary, limit: int = 12) -> int | None:
    """Return the exact least number of tokens to acceptance by breadth-first search, None beyond ``limit``."""
    level = {configurations}
    seen = set(level)
    for distance in range(limit + 1):
        if any(language.accepting(c) for c in level):
            return distance
        after = set()
        for c in level:
            for token in mask(language, c, vocabulary):
                if token not in vocabulary.eos_ids:
                    moved = language.feed(c, vocabulary.token_bytes(token))
                    if moved not in seen:
                        seen.add(moved)
                        after.add(moved)
        level = after
    return None


def row_ids(row: np.ndarray) -> set[int]:
    """Return the set bits of one mask row."""
    return {word * 32 + bit for word, value in enumerate(row.tolist()) for bit in range(32) if value >> bit & 1}


__all__ = ["Language", "TextLanguage", "mask", "min_tokens", "row_ids", "terminal_alive"]
