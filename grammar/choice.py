"""A list of choices as a terminal: the acyclic automaton of the strings' UTF-8 bytes.

The label of a lexeme is the number of the choice, where the caller wants to know which it was; else all are labelled 0, and equal
endings are shared (see `automata.words` for how long).
"""

from __future__ import annotations

from collections.abc import Sequence

from maskwright.automata.alphabet import BYTES
from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal
from maskwright.errors import ConstraintError, UnsatisfiableError


def choice_dfa(choices: Sequence[str | bytes], labelled: bool = False) -> DFA:
    """Return the byte automaton of a list of choices.

    Parameters
    ----------
    choices : sequence of str or bytes
        ``str`` is encoded as UTF-8.
    labelled : bool
        Label choice i with i (a string given twice has both labels) instead of all with 0.

    Raises
    ------
    UnsatisfiableError
        For an empty list.
    ConstraintError
        For anything but strings, and for lone surrogates.
    """
    if not len(choices):
        raise UnsatisfiableError("an empty list of choices has no value")
    encoded = []
    for i, choice in enumerate(choices):
        if not isinstance(choice, (str, bytes)):
            raise ConstraintError(f"choice {choice!r} is a {type(choice).__name__}, not a string", path=f"/{i}")
        try:
            encoded.append(choice.encode("utf-8") if isinstance(choice, str) else choice)
        except UnicodeEncodeError:
            raise ConstraintError(f"choice {choice!r} holds a lone surrogate, which no text does", path=f"/{i}") from None
    return DFA.from_strings(encoded, list(range(len(encoded))) if labelled else None, BYTES)


def choice_terminal(choices: Sequence[str | bytes], labelled: bool = False) -> DFATerminal:
    """Return the terminal of a list of choices; see `choice_dfa`.

    Raises
    ------
    ConstraintError
        When a choice is empty: no terminal accepts the empty text, the rule must be nullable instead.
    """
    dfa = choice_dfa(choices, labelled)
    if dfa.nullable:
        raise ConstraintError("the empty choice is no lexeme", hint="leave it out and make the rule that uses the list nullable")
    return DFATerminal(dfa, [repr(c) for c in choices] if labelled else "one of the choices")
