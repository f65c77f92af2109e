"""Layouts: the punctuation terminals of JSON, with the whitespace that each may carry.

Whitespace belongs to the punctuation before it where it can, so that a state expects few terminals and a number is not followed by two
kinds of blank:

    {  [        with whitespace after it; the closing bracket of an empty container follows at once
    ,           with whitespace after it; one terminal with } (or ]), which has its whitespace in front
    :           with whitespace after it

``"bounded"``: after ``:`` nothing or one space; elsewhere nothing, one space, or a newline and at most 32 spaces or 8 tabs. ``"any"``:
every whitespace of RFC 8259, also before ``:`` and ``,`` and around the root. `Separators`: the layout of `json.dumps`, where an indent
makes the terminals depend on the depth.

All terminals are shared between programs: their states and masks are computed once per vocabulary.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal

from .options import Separators

NEXT, CLOSE = 0, 1
OPEN, EMPTY = 0, 1

_SCALE = 1 << 40
#: sizes beyond this are not told apart: nobody writes such a text
MAX_SIZE = 1 << 38

MAX_SPACES = 32
MAX_TABS = 8


class Container(NamedTuple):
    """Punctuation of one kind of container.

    Attributes
    ----------
    open : DFATerminal
        Label `OPEN`; with label `EMPTY` the whole empty container, where the layout writes it differently.
    close_empty : DFATerminal or None
        Closes right after ``open``; None if ``open`` has `EMPTY`.
    after : DFATerminal
        After a member or item: labels `NEXT` and `CLOSE`.
    """

    open: DFATerminal
    close_empty: DFATerminal | None
    after: DFATerminal


class Layout(NamedTuple):
    """Punctuation at one depth.

    Attributes
    ----------
    object, array : Container
    colon : DFATerminal
    around : DFATerminal or None
        Whitespace around the root, at least one character.
    """

    object: Container
    array: Container
    colon: DFATerminal
    around: DFATerminal | None = None


class Measure(NamedTuple):
    """Least bytes of punctuation, the same for objects and arrays.

    With an indent the size of a value depends on its depth d, as ``a + b * unit * d``, where b counts its line breaks. Such a size is
    kept in one integer ``a * scale + b``: sums are right, and comparing compares a first. Without an indent ``scale`` is 1 and a size
    is a size.

    Attributes
    ----------
    open, empty, next, close, colon : int
        ``empty`` is the whole empty container.
    scale, unit : int
    """

    open: int
    empty: int
    next: int
    close: int
    colon: int
    scale: int = 1
    unit: int = 0

    def deeper(self, size: float) -> float:
        """Return the size, as seen from the container around it, of a value in a container."""
        if self.scale == 1 or size == math.inf:
            return size
        return size + int(size) % self.scale * self.unit * self.scale

    def at(self, size: float, depth: int) -> int:
        """Return the number of bytes at a depth, `MAX_SIZE` at most; the size must be finite."""
        if self.scale == 1:
            return min(int(size), MAX_SIZE)
        length, breaks = divmod(int(size), self.scale)
        return min(length + breaks * self.unit * depth, MAX_SIZE)


def _spaces() -> DFA:
    blanks = [b"", b" ", *(b"\n" + b" " * n for n in range(MAX_SPACES + 1)), *(b"\n" + b"\t" * n for n in range(1, MAX_TABS + 1))]
    return DFA.from_strings(blanks)


def _text(text: str) -> DFA:
    return DFA.from_strings([text.encode()])


def _container(signs: str, after_sign: DFA, before_next: DFA, after_next: DFA, before_close: DFA) -> Container:
    opening = DFATerminal(_text(signs[0]) + after_sign, f"'{signs[0]}'")
    following = (before_next + _text(",") + after_next).with_labels((NEXT,)) | (before_close + _text(signs[1])).with_labels((CLOSE,))
    after = DFATerminal(following, ("','", f"'{signs[1]}'"))
    close = DFATerminal(_text(signs[1]), f"'{signs[1]}'")
    return Container(opening, close, after)


@lru_cache(maxsize=8)
def _free_layout(policy: str) -> Layout:
    """Return the layout of ``"compact"``, ``"bounded"`` or ``"any"``."""
    nothing = _text("")
    if policy == "any":
        blank = DFA.from_strings([b" ", b"\t", b"\n", b"\r"]).star()
        solid = DFA.from_strings([b" ", b"\t", b"\n", b"\r"]).repeat(1, None)
        gaps, before, colon = (blank, blank, blank, blank), blank, blank
        around = DFATerminal(solid, "whitespace")
    else:
        free = _spaces() if policy == "bounded" else nothing
        gaps, before = (free, nothing, free, free), nothing
        colon = DFA.from_strings([b"", b" "]) if policy == "bounded" else nothing
        around = None
    return Layout(_container("{}", *gaps), _container("[]", *gaps), DFATerminal(before + _text(":") + colon, "':'"), around)


@lru_cache(maxsize=4096)
def _dumps_layout(separators: Separators, depth: int) -> Layout:
    """Return the layout of `json.dumps` for containers at ``depth`` (0: the root)."""
    comma = separators.item
    assert comma is not None
    unit = separators.unit
    inner = "" if unit is None else "\n" + unit * (depth + 1)
    outer = "" if unit is None else "\n" + unit * depth

    def container(signs: str) -> Container:
        opening, item, closing = signs[0] + inner, comma + inner, outer + signs[1]
        after = DFATerminal(DFA.from_strings([item.encode(), closing.encode()], [NEXT, CLOSE]), ("','", f"'{signs[1]}'"))
        if unit is None:
            return Container(DFATerminal(_text(opening), f"'{signs[0]}'"), DFATerminal(_text(signs[1]), f"'{signs[1]}'"), after)
        both = DFA.from_strings([opening.encode(), signs.encode()], [OPEN, EMPTY])
        return Container(DFATerminal(both, (f"'{signs[0]}'", f"'{signs}'")), None, after)

    return Layout(container("{}"), container("[]"), DFATerminal(_text(separators.key), "':'"))


class Layouts:
    """The layouts of one program, by depth.

    Parameters
    ----------
    whitespace : str or Separators
        As in `SchemaOptions`.
    """

    def __init__(self, whitespace: str | Separators):
        self._whitespace = whitespace
        #: whether the depth of a container changes its punctuation
        self.by_depth = isinstance(whitespace, Separators) and whitespace.unit is not None

    @property
    def measure(self) -> Measure:
        """The least sizes of punctuation."""
        if not isinstance(self._whitespace, Separators):
            return Measure(1, 2, 1, 1, 1)
        assert self._whitespace.item is not None
        item, key = len(self._whitespace.item), len(self._whitespace.key)
        if self._whitespace.unit is None:
            return Measure(1, 2, item, 1, key)
        unit = len(self._whitespace.unit)
        return Measure((2 + unit) * _SCALE + 1, 2 * _SCALE, (item + 1 + unit) * _SCALE + 1, 2 * _SCALE + 1, key * _SCALE, _SCALE, unit)

    def at(self, depth: int) -> Layout:
        """Return the layout of containers at ``depth``."""
        if isinstance(self._whitespace, Separators):
            return _dumps_layout(self._whitespace, depth if self.by_depth else 0)
        return _free_layout(self._whitespace)
