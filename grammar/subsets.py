"""The subset construction over symbols that are compared, not ordered: one for the rules of grammars and for those of lark's tables."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Place = TypeVar("Place", bound=Hashable)
Symbol = TypeVar("Symbol", bound=Hashable)


def subsets_of(
    start: frozenset[Place],
    moves: Callable[[Place], Iterable[tuple[Symbol, Place]]],
    closed: Callable[[set[Place]], frozenset[Place]],
) -> tuple[list[frozenset[Place]], list[dict[Symbol, int]]]:
    """Return the subsets reached and their edges; number 0 is ``start``, which is not entered again.

    Parameters
    ----------
    start : frozenset
        Closed.
    moves : callable
        ``moves(place)`` yields (symbol, next place).
    closed : callable
        Adds what is reached without a symbol.
    """
    subsets = [start]
    numbers: dict[frozenset[Place], int] = {}
    edges: list[dict[Symbol, int]] = []
    for subset in subsets:  # grows while it is walked
        targets: dict[Symbol, set[Place]] = {}
        for place in subset:
            for symbol, after in moves(place):
                targets.setdefault(symbol, set()).add(after)
        row = {}
        for symbol, places in targets.items():
            key = closed(places)
            if key not in numbers:
                numbers[key] = len(subsets)
                subsets.append(key)
            row[symbol] = numbers[key]
        edges.append(row)
    return subsets, edges
