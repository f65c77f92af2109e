r"""The format ``regex``: what a validator checks, and the part of it that is written.

Regular expressions nest groups to any depth, so they are no regular language. `is_regex` decides the format: it parses as ECMA-262
with flag u, as the drafts ask. `subset` is a regular language inside it: groups up to two deep,
bounds of repetition below 1,000 that are seen early to be in order, ranges such as ``0-5`` and ``a-f``, no references and no named groups.
"""

from __future__ import annotations

import string
from functools import lru_cache

from maskwright.automata.dfa import DFA
from maskwright.errors import LimitExceeded, RegexSyntaxError, UnsupportedFeatureError
from maskwright.grammar.regex import compile_regex, parse_regex

#: groups one inside another
_DEPTH = 2

_ESCAPE = r"\\(?:[dDwWsSfnrtv^$.*+?()\[\]{}|/\\]|x[0-9A-Fa-f]{2}|u00[0-9A-Fa-f]{2})"
_CHARACTER = r"[^\x00-\x1f\\^$.*+?()\[\]{}|]"


def _ranges() -> str:
    """Return the pattern of ranges in order: between digits, and from ``a`` or ``A`` to a later letter."""
    digits = "|".join(f"{digit}-[{digit}-9]" for digit in string.digits)
    return f"{digits}|a-[a-z]|A-[A-Z]"


def _bounds() -> str:
    """Return the pattern of two numbers without leading zeros, the former not above the latter as their digits tell early."""
    digits = "|".join(f"{digit},[{digit}-9]" for digit in string.digits)
    tens = "|".join(f"{digit}[0-9],[{digit + 1}-9][0-9]" for digit in range(1, 9))
    return f"{digits}|{tens}|[0-9],[1-9][0-9]{{1,2}}|[1-9][0-9],[1-9][0-9]{{2}}"


@lru_cache(maxsize=1)
def subset() -> DFA:
    """Return a language of valid patterns."""
    inner = rf"[^\x00-\x1f\\\]\[\-]|{_ESCAPE}|\\-"
    characters = compile_regex(rf"\[\^?-?(?:(?:{_ranges()})|(?:{inner}))+-?\]")
    atom = compile_regex(rf"{_CHARACTER}|{_ESCAPE}|\.") | characters
    quantifier = compile_regex(rf"(?:[*+?]|\{{(?:0|[1-9][0-9]?),?\}}|\{{(?:{_bounds()})\}})\??").optional()
    assertion = compile_regex(r"[\^$]|\\[bB]")
    bar, opening, closing = compile_regex(r"\|"), compile_regex(r"\((?:\?:)?"), compile_regex(r"\)")
    look = compile_regex(r"\(\?<?[=!]")
    pattern = DFA.epsilon()
    for depth in range(_DEPTH + 1):
        term = atom + quantifier | assertion
        if depth:
            term = (atom | opening + pattern + closing) + quantifier | assertion | look + pattern + closing
        pattern = (term | bar).star()
    return pattern


def is_regex(text: str) -> bool:
    """Return whether ``text`` is a regular expression of ECMA-262 with flag u.

    Examples
    --------
    >>> is_regex("(a|b)*"), is_regex("(a|b*")
    (True, False)
    """
    try:
        return parse_regex(text, "ecma").dialect == "ecma-u"
    except RegexSyntaxError:
        return False
    except (LimitExceeded, UnsupportedFeatureError):
        return True
