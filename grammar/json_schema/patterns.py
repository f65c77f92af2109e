"""Patterns of schemas: checked in the eager pass, compiled when first needed.

A pattern is searched for, as ECMA-262 does with flag u (without it where the pattern does not parse under it; `annex_b` says where).
Compiled patterns are remembered across compilations by their text.
"""

from __future__ import annotations

from functools import lru_cache

from maskwright.automata.dfa import DFA
from maskwright.errors import ConstraintError
from maskwright.grammar.regex import compile_pattern, parse_regex

from .values import Where

#: states one pattern's automaton may have
MAX_STATES = 50_000


@lru_cache(maxsize=8192)
def _checked(pattern: str) -> str:
    return parse_regex(pattern, "ecma").dialect


def check_pattern(pattern: str, where: Where) -> None:
    """Raise `RegexSyntaxError` or `UnsupportedFeatureError`, with the place, if the pattern cannot be used."""
    try:
        _checked(pattern)
    except ConstraintError:
        parse_regex(pattern, "ecma", path=where())
        raise


def annex_b(pattern: str) -> bool:
    """Whether the pattern parses only without flag u."""
    return _checked(pattern) != "ecma-u"


@lru_cache(maxsize=2048)
def pattern_dfa(pattern: str) -> DFA:
    """Return the automaton over characters of the strings that contain a match."""
    return compile_pattern(pattern, "ecma", search=True, max_states=MAX_STATES).dfa


@lru_cache(maxsize=1 << 16)
def pattern_matches(pattern: str, text: str) -> bool:
    """Return whether ``text`` contains a match."""
    return pattern_dfa(pattern).accepts(text)
