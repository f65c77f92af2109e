"""Patterns of schemas: checked in the eager pass, compiled when first needed.

A pattern is searched for, as ECMA-262 does with flag u (without it where the pattern does not parse under it; `annex_b` says where).
Compiled patterns are remembered across compilations by their text. Where a pattern refers back to its groups, or its automaton would have
too many states, an automaton around its language reads the strings and a matcher decides where they end (`pattern_language`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from maskwright.automata.dfa import DFA
from maskwright.errors import ConstraintError, LimitExceeded, UnsupportedFeatureError
from maskwright.grammar.regex import compile_pattern, parse_regex
from maskwright.grammar.regex_around import around
from maskwright.grammar.regex_match import matcher
from maskwright.grammar.regex_syntax import LOOK, REFERENCE, Alternate, Concat, Group, Node, Repeat, fold

from .values import Where

#: states one pattern's automaton may have
MAX_STATES = 50_000
#: characters of a pattern, repeats written out, up to which its automaton has fewer states than that: one per set of them at most
_FEW = 15


@lru_cache(maxsize=8192)
def _checked(pattern: str) -> str:
    return parse_regex(pattern, "ecma", references=True).dialect


def check_pattern(pattern: str, where: Where) -> None:
    """Raise `RegexSyntaxError` or `UnsupportedFeatureError`, with the place, if the pattern cannot be used."""
    try:
        _checked(pattern)
    except ConstraintError:
        parse_regex(pattern, "ecma", path=where(), references=True)
        raise


def annex_b(pattern: str) -> bool:
    """Whether the pattern parses only without flag u."""
    return _checked(pattern) != "ecma-u"


class Pattern(NamedTuple):
    """The strings that contain a match of a pattern.

    Attributes
    ----------
    dfa : DFA
        Accepts them, and if there is a ``check`` others too.
    check : callable or None
        Decides where no automaton does: ``check(text) -> bool``.
    """

    dfa: DFA
    check: Callable[[str], bool] | None = None


@lru_cache(maxsize=2048)
def pattern_language(pattern: str) -> Pattern:
    """Return the strings that contain a match of a pattern; those with backreferences, or out of proportion, have a check."""
    try:
        return Pattern(compile_pattern(pattern, "ecma", search=True, max_states=MAX_STATES).dfa)
    except LimitExceeded as error:
        if error.limit == "seconds":
            raise
    except UnsupportedFeatureError:
        if not parse_regex(pattern, "ecma", references=True).refers:
            raise
    dfa = around(parse_regex(pattern, "ecma", references=True).node, True, MAX_STATES)
    return Pattern(dfa, lru_cache(maxsize=4096)(matcher(pattern, "ecma", search=True).matches))


def may_need_check(pattern: str) -> bool:
    """Whether a pattern should be compiled before it matters, to see whether it has a check; false only where it surely has none."""
    node = parse_regex(pattern, "ecma", references=True).node
    return bool(node.has & (LOOK | REFERENCE)) or fold(node, _positions) > _FEW


def _positions(node: Node, values: list[int]) -> int:
    if isinstance(node, Repeat):
        return values[0] * max(node.lo, node.hi or 1)
    return sum(values, 0 if isinstance(node, (Concat, Alternate, Group)) else 1)  # an assertion asks about one neighbour more


@lru_cache(maxsize=1 << 16)
def pattern_matches(pattern: str, text: str) -> bool:
    """Return whether ``text`` contains a match."""
    dfa, check = pattern_language(pattern)
    return dfa.accepts(text) and (check is None or check(text))
