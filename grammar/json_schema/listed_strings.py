"""A list of strings as one terminal, made on demand.

Spelled out, 100,000 strings with all their escapes are some ten million byte states, and even three words take 2 ms. As sorted UTF-8 they
are a trie without nodes (`keys`): this terminal is that trie with one label for all strings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import numpy as np

from .keys import _ALL, _OPENING, KeyTrieTerminal, Place, _cost


class ListedStrings(KeyTrieTerminal):
    """The JSON texts of finitely many strings; the only label is 0.

    Parameters
    ----------
    texts : iterable of str
        Distinct, without lone surrogates.
    plain : bool
        Only spellings without needless escapes.

    Examples
    --------
    >>> terminal = ListedStrings(["up", "down"])
    >>> terminal.expand(terminal.start(frozenset({0}))).costs
    {0: 4}
    """

    __slots__ = ()

    def __init__(self, texts: Iterable[str], plain: bool = False):
        super().__init__(sorted(texts), plain=plain)
        self._labels = np.zeros(len(self._labels), np.int64)
        self._key = ("listed", *self._key)

    @property
    def _num_labels(self) -> int:
        return 1

    def _costs_of(self, labels: frozenset[int] | bool, fallen: int, low: int, high: int, depth: int) -> dict[int, int]:
        return self._costs(_ALL, 0, (low, high, depth, ""))

    def describe(self, label: int) -> str:
        """Return the first strings."""
        shown = ", ".join(f'"{text}"' for text in self.keys[:3])
        return f"one of {shown}, ..." if len(self.keys) > 3 else f"one of {shown}"

    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state."""
        return (_OPENING, _ALL, False)

    def _costs(self, wanted: int, fallen: int, place: Place) -> dict[int, int]:
        lo, hi, depth, read = place
        if not read:
            return {0: int(self._total[lo:hi].min()) - _cost(self._raw[lo][:depth])}
        best = []
        for escapes, first, last, end in self._next_chars(lo, hi, depth):
            left = [len(escape) - len(read) for escape in escapes if escape.startswith(read)]
            if left:
                best.append(int(self._total[first:last].min()) + min(left) - _cost(self._raw[first][:end]))
        return {0: min(best)}
