r"""Why a pattern matches nothing: the first place where nothing fits any more, and a text that got that far.

    a(?=b)c    after 'a(?=b)', which the text 'ab' can go on from, nothing matches 'c'

The pattern's beginnings that parse are taken one after the other, each followed by anything, until one of them is empty. A beginning
without the quantifier that follows, or without an alternative, says nothing. The search ends after a moment, without a place.
"""

from __future__ import annotations

from maskwright.automata.limits import timed
from maskwright.errors import LimitExceeded, MaskwrightError, UnsatisfiableError

from .regex import compile_node, parse_regex
from .regex_syntax import ANY, Repeat, concat

#: longer patterns are not looked into
_LONGEST = 300
#: seconds of processor time that the search for the place may take
_SECONDS = 0.5


def no_match(pattern: str, dialect: str = "python", flags: str | int = "") -> UnsatisfiableError:
    """Return the error for a pattern that no text matches as a whole.

    >>> print(no_match("ab$c"))
    no text matches the regular expression 'ab$c': nothing can match 'c' at position 3, after 'ab' (at the root)
    """
    message = f"no text matches the regular expression {pattern!r}"
    try:
        with timed(_SECONDS):
            place = _place(pattern, dialect, flags)
    except LimitExceeded:
        place = ""
    return UnsatisfiableError(message + place)


def _place(pattern: str, dialect: str, flags: str | int) -> str:
    """Say from where on nothing fits, nothing where that cannot be said."""
    before, reached = 0, ""
    for end in range(1, len(pattern) + 1 if len(pattern) <= _LONGEST else 1):
        if pattern[end : end + 1] in ("*", "+", "?", "{") or "|" in pattern[end:]:
            continue
        try:
            node = parse_regex(pattern[:end], dialect, flags).node
        except MaskwrightError:                     # cut in the middle of something, or a reference to a group
            continue
        dfa = compile_node(concat([node, Repeat(ANY, 0, None)]))
        if dfa.is_empty:
            after = f", after {reached!r}" if before else ""
            return f": nothing can match {pattern[before:end]!r} at position {before}{after}"
        before, reached = end, dfa.shortest_text() or ""
    return ""
