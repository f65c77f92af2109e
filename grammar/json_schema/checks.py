"""What is decided at the end of a string: formats that are not regular, and patterns that refer back.

The terminal of such a string is a regular language around the true one; where its lexeme ends, the string is read off the text and put
to the predicate. So that the text is there, the rule states that begin such a string remember: the text then reaches back beyond the
opening quote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from maskwright.automata.program import Judgement

from .strings import Check

if TYPE_CHECKING:
    from .keytable import KeyClass, KeyTable
    from .memory import NewKey


def last_string(text: bytes) -> str:
    r"""Return the string whose closing quote ends ``text``; its opening quote is the last one before that is not escaped.

    >>> last_string(b'{"a\\"":"b\\""')
    'b"'
    """
    at = len(text) - 1
    while True:
        at = text.rindex(b'"', 0, at)
        before = at
        while before and text[before - 1] == 0x5C:
            before -= 1
        if (at - before) % 2 == 0:
            return json.loads(text[at:])


class StringCheck(Judgement):
    """Where a string goes that its terminal lets through: on if it passes the checks, nowhere if not.

    Attributes
    ----------
    plain : int
        Where it goes on, for whoever looks at a program without a text.
    """

    __slots__ = ("_checks", "_nowhere", "cost", "plain")

    def __init__(self, checks: Iterable[Check], plain: int, nowhere: int, cost: int):
        self._checks = tuple(checks)
        self._nowhere = nowhere
        self.plain = plain
        self.cost = cost

    def __call__(self, text: bytes) -> int:
        string = last_string(text)
        return self.plain if all(check.passes(string) for check in self._checks) else self._nowhere


class KeyCheck(Judgement):
    """Where a key goes that must be in one of several classes of one label: on if it is, nowhere if not.

    Attributes
    ----------
    plain : int
        Where it goes on, for whoever looks at a program without a text.
    """

    __slots__ = ("_group", "_nowhere", "_table", "_target", "cost", "plain")

    def __init__(self, table: KeyTable, group: KeyClass, target: int | NewKey, nowhere: int, cost: int):
        self._table = table
        self._group = group
        self._target = target
        self._nowhere = nowhere
        self.plain = target if isinstance(target, int) else target.plain
        self.cost = cost

    def __call__(self, text: bytes) -> int:
        if not self._table.belongs(self._group, last_string(text)):
            return self._nowhere
        return self._target if isinstance(self._target, int) else self._target(text)
