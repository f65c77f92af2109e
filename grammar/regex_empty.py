r"""Why a pattern matches nothing: the first place where nothing fits any more, and a text that got that far.

    a(?=b)c    after 'a(?=b)', which the text 'ab' can go on from, nothing matches 'c'

The pattern's beginnings that parse are taken one after the other, each followed by anything, until one of them is empty.
"""

from __future__ import annotations

from maskwright.errors import MaskwrightError, UnsatisfiableError

from .regex import compile_node, parse_regex
from .regex_syntax import ANY, Repeat, concat

#: longer patterns are not looked into
_LONGEST = 300


def no_match(pattern: str, dialect: str = "python", flags: str | int = "") -> UnsatisfiableError:
    """Return the error for a pattern that no text matches as a whole.

    >>> print(no_match("ab$c"))
    no text matches the regular expression 'ab$c': nothing can match 'c' at position 3, after 'ab' (at the root)
    """
    message = f"no text matches the regular expression {pattern!r}"
    before, reached = 0, ""
    for end in range(1, len(pattern) + 1 if len(pattern) <= _LONGEST else 1):
        try:
            node = parse_regex(pattern[:end], dialect, flags, references=True).node
            dfa = compile_node(concat([node, Repeat(ANY, 0, None)]))
        except (MaskwrightError, AssertionError):
            continue
        if dfa.is_empty:
            after = f", after {reached!r}" if before else ""
            message += f": nothing can match {pattern[before:end]!r} at position {before}{after}"
            break
        before, reached = end, dfa.shortest_text() or ""
    return UnsatisfiableError(message)
