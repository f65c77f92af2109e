"""The program of a regular expression given as the whole constraint: ``regex=``.

A pattern without backreferences is one terminal. One with them is a terminal around its language, and where the text may end a matcher
decides: the start remembers the text, and the end is a `Judgement` on it.
"""

from __future__ import annotations

from collections.abc import Callable

from maskwright.automata.dfa import DEFAULT_MAX_STATES, DFA
from maskwright.automata.program import Judgement, Program, RuleState, TerminalProgram

from .regex import compile_regex
from .regex_around import around
from .regex_match import matcher
from .regex_parser import parse_regex

_END, _NOWHERE = 1, 2


class _Match(Judgement):
    """The end, if the text matches."""

    __slots__ = ("_matches", "cost")

    def __init__(self, matches: Callable[[str], bool]):
        self._matches = matches
        self.cost = 0

    def __call__(self, text: bytes) -> int:
        return _END if self._matches(text.decode()) else _NOWHERE


class MatchedProgram(TerminalProgram):
    """The program of the texts of a regular language that a predicate holds of.

    Parameters
    ----------
    dfa : DFA
        Over bytes; around what is meant.
    name : str
        What errors call it.
    matches : callable
    """

    remembers = True

    def __init__(self, dfa: DFA, name: str, matches: Callable[[str], bool]):
        super().__init__(dfa, name)
        self._final = self._final and matches("")
        judged = _Match(matches)
        self._scans = tuple(scan._replace(target=judged) for scan in self._scans)
        if self._scans and not self._final:
            self._cost = max(1, self._cost)

    def expand(self, state: int) -> RuleState:
        """Return the edges of a rule state."""
        if state == _NOWHERE:
            return RuleState(False, (), (), 0)
        return super().expand(state)._replace(remembers=state != _END)


def regex_program(pattern: str, dialect: str = "python", flags: str | int = "") -> tuple[Program, bool]:
    r"""Return the program of the texts that a pattern matches as a whole, and whether it is decided where the text ends.

    Parameters
    ----------
    pattern, dialect, flags
        As of `regex.compile_regex`.

    Examples
    --------
    >>> regex_program(r"(a|b)\1")[1], regex_program("(a|b)c")[1]
    (True, False)
    """
    name = f"text matching {pattern!r}"
    parsed = parse_regex(pattern, dialect, flags, references=True)
    if not parsed.refers:
        return TerminalProgram(compile_regex(pattern, dialect, flags).to_utf8(), name), False
    dfa = around(parsed.node, False, DEFAULT_MAX_STATES).to_utf8()
    return MatchedProgram(dfa, name, matcher(pattern, dialect, flags).matches), True
