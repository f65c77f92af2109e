"""Walks over transition tables as plain lists: products, subsets, reachability, shortest ways.

Everything here works on ``rows``: ``rows[state][class]`` is a successor, state 0 is dead and leads to itself. Construction by
exploration has one shape (greenery's `crawl`): number the combined states as they are met, ask for the row of each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from maskwright.errors import LimitExceeded

from .alphabet import NONE
from .limits import tick
from .minimize import Rows

Target = Sequence[int]

#: states of a layer that are looked at one by one: an operation on arrays costs as much as some ten of them
THIN = 8


def check_states(count: int, max_states: int) -> None:
    """Raise `LimitExceeded` when ``count`` states are more than allowed."""
    if count > max_states:
        raise LimitExceeded("states", max_states, count)


def product(
    rows_a: Rows, rows_b: Rows, start: tuple[int, int], mode: str, max_states: int
) -> tuple[list[list[int]], list[tuple[int, int]]]:
    """Run two automata side by side over the same classes.

    Parameters
    ----------
    mode : {"and", "or", "sub"}
        When a pair is dead: either side is, both are, the left one is.

    Returns
    -------
    rows : list of list of int
        The start pair is state 1, or 0 if dead.
    pairs : list of (int, int)
        The pair each state stands for; ``(0, 0)`` for the dead state.
    """
    width = len(rows_b)

    def key(x: int, y: int) -> int:
        if (mode == "and" and not (x and y)) or (mode == "sub" and not x):
            return 0
        return x * width + y

    numbers = {0: 0}
    keys = [0]
    rows = [[0] * len(rows_a[0])]
    if key(*start):
        numbers[key(*start)] = 1
        keys.append(key(*start))
    for at in keys:
        tick()
        if not at:
            continue
        row_a, row_b = rows_a[at // width], rows_b[at % width]
        if mode == "or":
            combined = [x * width + y for x, y in zip(row_a, row_b)]
        elif mode == "and":
            combined = [x * width + y if x and y else 0 for x, y in zip(row_a, row_b)]
        else:
            combined = [x * width + y if x else 0 for x, y in zip(row_a, row_b)]
        row = []
        for target in combined:
            number = numbers.get(target)
            if number is None:
                number = numbers[target] = len(keys)
                keys.append(target)
            row.append(number)
        rows.append(row)
        if len(keys) > max_states:
            check_states(len(keys), max_states)
    return rows, [divmod(k, width) for k in keys]


def subsets(
    starts: Iterable[int], row_of: Callable[[int], Sequence[Target]], universal: frozenset[int], num_classes: int, max_states: int
) -> tuple[list[list[int]], list[frozenset[int]]]:
    """Determinise: states are sets of nondeterministic states.

    Parameters
    ----------
    row_of : callable
        ``row_of(state)[class]`` lists the successors; called once per state.
    universal : frozenset of int
        States that accept every continuation; a set with one of them is reduced to it.
    """
    known: dict[int, Sequence[Target]] = {}

    def reduced(states: set[int]) -> frozenset[int]:
        if universal and not universal.isdisjoint(states):
            return frozenset((min(universal & states),))
        return frozenset(states)

    empty: frozenset[int] = frozenset()
    first = reduced(set(starts))
    numbers = {empty: 0, first: 1}
    sets = [empty, first]
    rows = [[0] * num_classes]
    for at in sets:
        tick()
        if not at:
            continue
        members = []
        for state in at:
            if state not in known:
                known[state] = row_of(state)
            members.append(known[state])
        row = []
        for c in range(num_classes):
            target = reduced({t for member in members for t in member[c]})
            number = numbers.get(target)
            if number is None:
                number = numbers[target] = len(sets)
                sets.append(target)
            row.append(number)
        rows.append(row)
        if len(sets) > max_states:
            check_states(len(sets), max_states)
    return rows, sets


def predecessors(rows: Rows) -> list[list[int]]:
    """Return for every state the states with a transition to it, each once; none are listed for the dead state."""
    before: list[list[int]] = [[] for _ in rows]
    for state, row in enumerate(rows):
        for target in set(row):
            if target:
                before[target].append(state)
    return before


def distances(rows: Rows, goals: Iterable[int]) -> list[int]:
    """Return the least number of transitions from each state to one of ``goals``, `NONE` where there is no way."""
    before = predecessors(rows)
    out = [NONE] * len(rows)
    queue = list(goals)
    for state in queue:
        out[state] = 0
    for state in queue:
        step = out[state] + 1
        for s in before[state]:
            if out[s] == NONE:
                out[s] = step
                queue.append(s)
    return out


def longest(rows: Rows, start: int, labels: Sequence[object]) -> int | None:
    """Return the length of the longest way from ``start`` to a state with labels, None if there is no longest; for trimmed tables."""
    after = [set(row) for row in rows]
    waiting = [0] * len(rows)
    for targets in after[1:]:
        for target in targets:
            waiting[target] += 1
    depth = [0] * len(rows)
    ready = [start] if start and not waiting[start] else []
    for state in ready:
        for target in after[state] - {0}:
            depth[target] = max(depth[target], depth[state] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    if len(ready) != len(rows) - 1:
        return None
    return max((d for d, accepted in zip(depth, labels) if accepted), default=None)


def distances_by_layer(table: np.ndarray, goals: np.ndarray) -> np.ndarray:
    """Return what `distances` does, int32[num_states], a layer of states at a time: for tables of 100,000 states and more."""
    sources, columns = np.nonzero(table)
    targets = table[sources, columns]
    order = np.argsort(targets, kind="stable")
    before = sources[order]
    first = np.zeros(len(table) + 1, np.int64)
    first[1:] = np.cumsum(np.bincount(targets, minlength=len(table)))
    out = np.full(len(table), NONE, np.int32)
    out[goals] = 0
    step = 0
    sources_of, starts, found_at = before.data, first.data, out.data  # single entries, without the cost of an array each
    while len(goals):
        step += 1
        if len(goals) <= THIN:
            near = []
            for goal in goals.tolist():
                for at in range(starts[goal], starts[goal + 1]):
                    if found_at[sources_of[at]] == NONE:
                        found_at[sources_of[at]] = step
                        near.append(sources_of[at])
            goals = np.array(near, np.int64)
            continue
        counts = first[goals + 1] - first[goals]
        offsets = np.repeat(first[goals] - np.cumsum(counts) + counts, counts)
        found = before[offsets + np.arange(len(offsets))]
        goals = np.unique(found[out[found] == NONE])
        out[goals] = step
    return out


def reachable(rows: Rows, start: int) -> list[int]:
    """Return the states met from ``start`` in breadth-first order, without the dead state."""
    seen = {0, start}
    order = [start] if start else []
    for state in order:
        for target in dict.fromkeys(rows[state]):
            if target not in seen:
                seen.add(target)
                order.append(target)
    return order


def first_difference(
    rows_a: Rows, rows_b: Rows, start: tuple[int, int], differs: Callable[[int, int], bool], max_pairs: int
) -> list[int] | None:
    """Return the classes of a shortest way to a pair for which ``differs`` holds, None if there is no such pair."""
    came_from: dict[tuple[int, int], tuple[tuple[int, int], int] | None] = {start: None}
    queue = [start]
    for pair in queue:
        if differs(*pair):
            way = []
            back = came_from[pair]
            while back is not None:
                way.append(back[1])
                back = came_from[back[0]]
            return way[::-1]
        row_a, row_b = rows_a[pair[0]], rows_b[pair[1]]
        for c, target in enumerate(zip(row_a, row_b)):
            if target not in came_from:
                came_from[target] = (pair, c)
                queue.append(target)
        check_states(len(queue), max_pairs)
    return None
