"""Lexemes that one rule state expects, as few terminals.

``"(add " e | "(and " e | "(not " e`` expects three terminals that begin alike. Carried side by side they would be three pairs in a state
until they part; as one automaton with a label each they are one. Terminals that share no first byte part at once and stay their own, so
that others can share their states.
"""

from __future__ import annotations

from maskwright.automata.dfa import DFA, classify
from maskwright.automata.program import DFATerminal, Terminal
from maskwright.errors import LimitExceeded

from .rules import Lexeme

#: states of terminals that are made one
JOINT_STATES = 2000


def joined(lexemes: list[Lexeme], known: dict[tuple, DFATerminal | None]) -> list[tuple[Terminal, int, Lexeme]]:
    """Return (terminal, label, lexeme) for each lexeme that one state expects; ``known`` keeps joint terminals by what they join."""
    if len(lexemes) < 2:
        return [(s.terminal, s.label, s) for s in lexemes]
    simple = [s for s in lexemes if type(s.terminal) is DFATerminal and s.label == 0 and _is_plain(s.terminal.dfa)]
    out: list[tuple[Terminal, int, Lexeme]] = [(s.terminal, s.label, s) for s in lexemes if s not in simple]
    for group in _overlapping(simple):
        joint = None
        if len(group) > 1:
            key = tuple(s.terminal.key for s in group)
            if key not in known:
                known[key] = _joint([s.terminal for s in group])  # type: ignore[misc]
            joint = known[key]
        out += [(s.terminal, 0, s) if joint is None else (joint, label, s) for label, s in enumerate(group)]
    return out


def _is_plain(dfa: DFA) -> bool:
    return all(labels in ((), (0,)) for labels in dfa.labels)


def _overlapping(lexemes: list[Lexeme]) -> list[list[Lexeme]]:
    """Group lexemes by common first bytes, transitively."""
    groups: list[tuple[int, list[Lexeme]]] = []
    for lexeme in lexemes:
        first = _first_bytes(lexeme.terminal.dfa)  # type: ignore[attr-defined]
        members = [lexeme]
        rest = []
        for group in groups:
            if group[0] & first:
                members += group[1]
                first |= group[0]
            else:
                rest.append(group)
        groups = [*rest, (first, members)]
    return [members for _, members in groups]


def _first_bytes(dfa: DFA) -> int:
    row = dfa.rows[dfa.start]
    found = 0
    for low, high, c in dfa.alphabet.intervals():
        if row[c]:
            found |= (2 << high) - (1 << low)
    return found


def _joint(terminals: list[DFATerminal]) -> DFATerminal | None:
    """Return one terminal whose label i is terminal i, None if it would be large."""
    size = sum(terminal.dfa.num_states for terminal in terminals)
    if size > JOINT_STATES:
        return None
    try:
        dfa = classify([terminal.dfa for terminal in terminals], 2 * size + 16)
    except LimitExceeded:
        return None
    return DFATerminal(dfa, [terminal.describe(0) for terminal in terminals])
