"""Short ways to say what the tests of the schema compiler say."""

from __future__ import annotations

import json
import random
from typing import Any

from maskwright.automata.program import FALLEN, CountedTerminal, Fall, Judgement, LazyTerminal, Program, Terminal
from maskwright.grammar.json_schema import SchemaOptions, compile_schema

from .recognise import Recogniser

#: every order and every layout: what remains is which values are accepted
FREE = {"key_order": "any", "whitespace": "any"}


def recogniser(schema: Any, **options: Any) -> Recogniser:
    """Compile a schema, by default with free order and layout."""
    return Recogniser(compile_schema(schema, SchemaOptions(**{**FREE, **options})).program)


def accepted(schema: Any, values: list[Any], **options: Any) -> list[bool]:
    """Say of each value whether its text is accepted."""
    machine = recogniser(schema, **options)
    return [machine.accepts(json.dumps(value, ensure_ascii=False)) for value in values]


def check(schema: Any, valid: list[Any] = (), invalid: list[Any] = (), **options: Any) -> None:  # type: ignore[assignment]
    """Assert which values a schema accepts."""
    machine = recogniser(schema, **options)
    for value in valid:
        assert machine.accepts(json.dumps(value, ensure_ascii=False)), f"rejected {value!r}"
    for value in invalid:
        assert not machine.accepts(json.dumps(value, ensure_ascii=False)), f"accepted {value!r}"


def check_texts(schema: Any, valid: list[str] = (), invalid: list[str] = (), **options: Any) -> None:  # type: ignore[assignment]
    """Assert which texts a schema accepts, at the default order and layout."""
    machine = Recogniser(compile_schema(schema, SchemaOptions(**options)).program)
    for text in valid:
        assert machine.accepts(text), f"rejected {text!r}"
    for text in invalid:
        assert not machine.accepts(text), f"accepted {text!r}"


# random sentences -------------------------------------------------------------------------------------------------------------------------


class Stuck(Exception):
    """A sentence begun failed a check further on: only where something is remembered may this happen."""


def sample(program: Program, rng: random.Random, steps: int = 60) -> bytes:
    """Return a random sentence: free choices at first, the cheapest ones once ``steps`` are spent.

    Also asserts the contract on costs at every state met: 0 if final, else the least over the edges.
    """
    out = bytearray()
    stack = [program.start]
    while stack:
        steps -= 1
        state = stack.pop()
        rule = program.expand(state)
        if rule.check is not None and not rule.check(bytes(out)):
            raise Stuck
        ways = [("scan", edge, lexeme_cost(edge.terminal, edge.label, rule) + _cost(program, edge.target)) for edge in rule.scans]
        ways += [("call", edge, program.expand(edge.rule).cost + program.expand(edge.target).cost) for edge in rule.calls]
        if not ways and not rule.final and program.remembers:
            raise Stuck
        assert ways or rule.final, f"state {state} at {program.where(state)!r} is stuck"
        least = min((cost for _, _, cost in ways), default=0)
        assert rule.cost == (0 if rule.final else least), (rule.cost, least, program.where(state))
        if rule.final and (not ways or steps < 0 or rng.random() < 0.5):
            continue
        if steps < 0:
            ways = [way for way in ways if way[2] == least]
        kind, edge, _ = rng.choice(ways)
        if kind == "call":
            stack += [edge.target, edge.rule]
        else:
            labels = frozenset(s.label for s in rule.scans if s.terminal == edge.terminal)
            out += lexeme(edge.terminal, edge.label, labels, rng, steps > 0)
            stack.append(edge.target(bytes(out)) if isinstance(edge.target, Judgement) else edge.target)
    return bytes(out)


def _cost(program: Program, target: int | Judgement) -> int:
    return target.cost if isinstance(target, Judgement) else program.expand(target).cost


def lexeme_cost(terminal: Terminal, label: int, rule: Any) -> int:
    """Return the least bytes of a lexeme with a label."""
    if isinstance(terminal, LazyTerminal):
        labels = frozenset(s.label for s in rule.scans if s.terminal == terminal)
        return terminal.expand(terminal.start(labels)).costs[label]
    if isinstance(terminal, CountedTerminal):
        from maskwright.automata.lexicon import least_counted_bytes

        return least_counted_bytes(terminal)
    return int(terminal.dfa.distance(label)[terminal.dfa.start])  # type: ignore[attr-defined]


def lexeme(terminal: Terminal, label: int, labels: frozenset[int], rng: random.Random, free: bool) -> bytes:
    """Return a random lexeme of a terminal that carries ``label``."""
    walk = _Walk(terminal, label, labels)
    out = bytearray()
    wander = rng.randrange(6) if free else 0
    while True:
        done = walk.done()
        if done and (wander <= 0 or rng.random() < 0.3 or not walk.moves()):
            return bytes(out)
        moves = walk.moves()
        if wander > 0 and rng.random() < 0.8:
            byte = rng.choice(sorted(moves))
        else:
            byte = min(moves, key=moves.__getitem__)
        wander -= 1
        walk.go(byte)
        out.append(byte)


class _Walk:
    """A lexeme on the way, with the distance to its end after each byte."""

    def __init__(self, terminal: Terminal, label: int, labels: frozenset[int]):
        self.terminal, self.label = terminal, label
        self.weight = 0
        self.state: Any = terminal.start(labels) if isinstance(terminal, LazyTerminal) else terminal.dfa.start  # type: ignore[attr-defined]

    def _distance(self, dfa: Any, label: int) -> Any:
        return dfa.distance(label)

    def done(self) -> bool:
        if isinstance(self.state, Fall):
            return bool(self.state.terminal.dfa.labels[self.state.state])
        if isinstance(self.terminal, LazyTerminal):
            return self.label in self.terminal.expand(self.state).labels
        if isinstance(self.terminal, CountedTerminal):
            return bool(self.terminal.dfa.labels[self.state]) and self.weight >= self.terminal.lo
        return self.label in self.terminal.dfa.labels[self.state]  # type: ignore[attr-defined]

    def moves(self) -> dict[int, int]:
        """Return the live bytes with the bytes that are needed after them."""
        if isinstance(self.state, Fall):
            return _dfa_moves(self.state.terminal.dfa, self.state.state, 0)
        if isinstance(self.terminal, LazyTerminal):
            return self._lazy_moves()
        if isinstance(self.terminal, CountedTerminal):
            return self._counted_moves()
        return _dfa_moves(self.terminal.dfa, self.state, self.label)  # type: ignore[attr-defined]

    def _lazy_moves(self) -> dict[int, int]:
        out = {}
        assert isinstance(self.terminal, LazyTerminal)
        for byte, target in self.terminal.expand(self.state).edges.items():
            if isinstance(target, Fall):
                if self.label == FALLEN:
                    out[byte] = int(target.terminal.dfa.distance()[target.state])
            else:
                cost = self.terminal.expand(target).costs.get(self.label)
                if cost is not None:
                    out[byte] = cost
        return out

    def _counted_moves(self) -> dict[int, int]:
        assert isinstance(self.terminal, CountedTerminal)
        terminal, dfa = self.terminal, self.terminal.dfa
        lengths = dfa.length_sets(terminal.weights)
        out = {}
        for byte in range(256):
            target = dfa.step(self.state, byte)
            if not target:
                continue
            weight = self.weight + int(terminal.weights[self.state, dfa.alphabet.class_of(byte)])
            lo, hi = max(terminal.lo - weight, 0), None if terminal.hi is None else terminal.hi - weight
            if (hi is None or hi >= 0) and lengths.meets(target, lo, hi):
                out[byte] = int(dfa.distance()[target]) + 2 * lo
        return out

    def go(self, byte: int) -> None:
        if isinstance(self.state, Fall):
            self.state = Fall(self.state.terminal, self.state.terminal.dfa.step(self.state.state, byte))
        elif isinstance(self.terminal, LazyTerminal):
            self.state = self.terminal.expand(self.state).edges[byte]
        else:
            dfa = self.terminal.dfa  # type: ignore[attr-defined]
            if isinstance(self.terminal, CountedTerminal):
                self.weight += int(self.terminal.weights[self.state, dfa.alphabet.class_of(byte)])
            self.state = dfa.step(self.state, byte)


def _dfa_moves(dfa: Any, state: int, label: int) -> dict[int, int]:
    distance = dfa.distance(label)
    out = {}
    for byte in range(256):
        target = dfa.step(state, byte)
        if target and distance[target] >= 0:
            out[byte] = int(distance[target])
    return out
