"""Text as it stands, not quoted: terminals of languages of characters with a window on how many there are."""

from __future__ import annotations

import numpy as np

from maskwright.automata.alphabet import NONE
from maskwright.automata.dfa import DFA
from maskwright.automata.program import CountedTerminal, DFATerminal, Terminal, without_empty

#: bytes that go on with a character of UTF-8
_FIRST_INNER, _LAST_INNER = 0x80, 0xBF


def counted(dfa: DFA, lo: int, hi: int | None, name: str) -> CountedTerminal:
    """Return the terminal of the texts of an automaton over the bytes of UTF-8 that have ``lo`` to ``hi`` characters.

    A character is counted on its first byte. The empty text must not be among them.
    """
    dfa = dfa.plain()
    begins = np.zeros(dfa.alphabet.num_classes, bool)
    for low, high, column in dfa.alphabet.intervals():
        if column == NONE:
            continue
        # a class of bytes that some state takes has none of the other kind: no state takes both
        begins[column] |= low < _FIRST_INNER or high > _LAST_INNER
    weights = ((dfa.table != 0) & begins[None, :]).astype(np.uint8)
    return CountedTerminal(dfa, weights, lo, hi, name)


def text_terminal(dfa: DFA, lo: int, hi: int | None, name: str) -> Terminal | None:
    """Return the terminal of the non-empty texts with ``lo`` to ``hi`` characters of an automaton over characters, None if it has none.

    A language with such a window is one of `json_schema.strings`: some text of it meets the window.
    """
    solid = without_empty(dfa) if dfa.nullable else dfa
    if solid.is_empty or hi == 0:
        return None
    if lo <= 1 and hi is None:
        return DFATerminal(solid.to_utf8(), name)
    return counted(solid.to_utf8(), max(lo, 1), hi, name)
