"""An entered rule (`contexts.Entered`) with its places and symbols numbered: what is asked of it for every goal, found once.

A rule is built for many goals (sets of its ends), each time as the deterministic minimal automaton of the places that lead to one of
them. Sets of places are bitsets here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from .contexts import Entered, Place, Symbol


class Outline:
    """The places of an entered rule; number 0 is its start.

    Attributes
    ----------
    symbols : list
        What is read or called on edges, by number.
    """

    def __init__(self, entered: Entered):
        self._numbers = {place: i for i, place in enumerate(entered.edges)}
        numbers: dict[Symbol, int] = {}
        silent: list[int] = []
        self._moves: list[list[tuple[int, int]]] = []
        self._before: list[list[int]] = [[] for _ in self._numbers]
        for source, edges in enumerate(entered.edges.values()):
            passed, moves = 0, []
            for symbol, place in edges:
                target = self._numbers[place]
                self._before[target].append(source)
                if symbol is None:
                    passed |= 1 << target
                else:
                    moves.append((numbers.setdefault(symbol, len(numbers)), target))
            silent.append(passed)
            self._moves.append(moves)
        self.symbols = list(numbers)
        self._closed = [self._reached(place, silent) for place in range(len(silent))]

    @staticmethod
    def _reached(place: int, silent: list[int]) -> int:
        """Return the places that are reached without reading, ``place`` among them."""
        found = new = 1 << place
        while new:
            after = 0
            for other in _members(new):
                after |= silent[other]
            new = after & ~found
            found |= new
        return found

    def _leading_to(self, goals: Iterable[int]) -> int:
        work = list(goals)
        alive = 0
        for place in work:
            alive |= 1 << place
        while work:
            for place in self._before[work.pop()]:
                if not alive >> place & 1:
                    alive |= 1 << place
                    work.append(place)
        return alive

    def automaton(self, goals: Iterable[Place], root: bool) -> tuple[list[dict[int, int]], list[bool]]:
        """Return the minimal deterministic automaton that ends in ``goals``: edges by number of symbol, and which states are final.

        State 0 is the start. It is not entered again, and final only if ``root``.
        """
        ends = [self._numbers[place] for place in goals]
        wanted = 0
        for place in ends:
            wanted |= 1 << place
        alive = self._leading_to(ends)
        start = self._closed[0] & alive
        subsets, rows = [start], []
        numbers: dict[int, int] = {}
        for subset in subsets:  # grows while it is walked
            targets: dict[int, int] = {}
            for place in _members(subset):
                for symbol, to in self._moves[place]:
                    if alive >> to & 1:
                        targets[symbol] = targets.get(symbol, 0) | self._closed[to]
            row = {}
            for symbol, places in targets.items():
                places &= alive
                number = numbers.get(places)
                if number is None:
                    number = numbers[places] = len(subsets)
                    subsets.append(places)
                row[symbol] = number
            rows.append(row)
        final = [subset & wanted != 0 for subset in subsets]
        final[0] = final[0] and root
        return _minimal(rows, final)


def _minimal(rows: list[dict[int, int]], final: list[bool]) -> tuple[list[dict[int, int]], list[bool]]:
    """Merge equivalent states (Moore's algorithm); state 0 stays by itself."""
    blocks = [0, *(1 + is_final for is_final in final[1:])]
    count = 0
    while count != (count := len(set(blocks))) and count < len(rows):
        numbers: dict[Hashable, int] = {}
        keys = [(block, frozenset([(symbol, blocks[to]) for symbol, to in row.items()])) for block, row in zip(blocks, rows)]
        blocks = [numbers.setdefault(key, len(numbers)) for key in keys]
    first = {block: state for state, block in reversed(list(enumerate(blocks)))}
    order = sorted(first, key=first.__getitem__)
    renamed = {block: number for number, block in enumerate(order)}
    merged = [{symbol: renamed[blocks[to]] for symbol, to in rows[first[block]].items()} for block in order]
    return merged, [final[first[block]] for block in order]


def _members(places: int) -> Iterator[int]:
    """Yield the members of a bitset, which is mostly small."""
    while places:
        last = places & -places
        yield last.bit_length() - 1
        places ^= last
