"""Least sizes: how many bytes the shortest value of a conjunction takes, or `INF` if it has none.

The equations ``cost(c) = min over the shapes of c of (own bytes + sum of the costs of what it must contain)`` are mutually recursive. Their
solution is the least fixpoint of Knuth's generalised Dijkstra (1977); since only what is asked for should be expanded, it is found
on demand instead: every unknown starts at `INF`, an equation is a generator that yields the conjunctions it needs, and is evaluated
again when one of those has become smaller. Weights are positive, so this ends with the least solution. The same numbers decide emptiness.

`cheapest` finds the least completion of a container whose residual formula has choices left: A* over its positions, with the plain
completion (the residual ignored) as bound.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Generator, Hashable, Iterable
from typing import Any, NamedTuple, TypeVar

from maskwright.automata.limits import Stopwatch, tick
from maskwright.errors import LimitExceeded

INF = math.inf

#: steps `cheapest` looks at, and seconds it may take
MAX_SEARCH = 60_000
MAX_SECONDS = 3.0

_HINT = "too many alternatives interact in one object or array; state them with fewer overlapping branches"

Cost = float
Result = TypeVar("Result")
#: a computation that yields the unknowns it needs and is sent their costs
Computation = Generator[Hashable, Cost, Result]


class Costs:
    """Solves the equations on demand.

    Parameters
    ----------
    equation : callable
        ``equation(unknown)`` starts the computation of its cost.
    at_once : callable
        ``at_once(unknown)``: its cost if that takes no computation, else None.
    """

    def __init__(self, equation: Callable[[Any], Computation[Cost]], at_once: Callable[[Any], Cost | None]):
        self._equation = equation
        self._at_once = at_once
        self._final: dict[Hashable, Cost] = {}

    def __call__(self, unknown: Hashable) -> Cost:
        """Return the cost of an unknown."""
        found = self._final.get(unknown)
        if found is None:
            found = self._at_once(unknown)
            if found is None:
                return self._solve(unknown)
            self._final[unknown] = found
        return found

    def run(self, computation: Computation[Result]) -> Result:
        """Drive a computation with final costs."""
        answer: Any = None
        try:
            while True:
                answer = self(computation.send(answer))
        except StopIteration as stop:
            return stop.value

    def _solve(self, root: Hashable) -> Cost:
        value: dict[Hashable, Cost] = {}
        users: dict[Hashable, set[Hashable]] = {}
        dirty: dict[Hashable, None] = {}
        self._evaluate(root, value, users, dirty)
        while dirty:
            unknown = next(iter(dirty))
            del dirty[unknown]
            self._evaluate(unknown, value, users, dirty)
        self._final.update(value)
        return value[root]

    def _evaluate(
        self,
        root: Hashable,
        value: dict[Hashable, Cost],
        users: dict[Hashable, set[Hashable]],
        dirty: dict[Hashable, None],
    ) -> None:
        """Evaluate an equation, and first those it needs that were never looked at."""
        stack = [(root, self._equation(root))]
        value.setdefault(root, INF)
        answer: Any = None
        while stack:
            tick()
            unknown, computation = stack[-1]
            try:
                needed = computation.send(answer)
            except StopIteration as stop:
                stack.pop()
                answer = stop.value
                if answer < value[unknown]:
                    value[unknown] = answer
                    dirty.update(dict.fromkeys(users.get(unknown, ())))
                answer = value[unknown]
                if stack:
                    users.setdefault(unknown, set()).add(stack[-1][0])
                continue
            answer = self._final.get(needed)
            if answer is None:
                answer = self._at_once(needed)
            if answer is None:
                answer = value.get(needed)
                if answer is None:
                    value[needed] = INF
                    stack.append((needed, self._equation(needed)))
                else:
                    users.setdefault(needed, set()).add(unknown)


class Step(NamedTuple):
    """One member or item of a container on the way to its end.

    Attributes
    ----------
    bytes : int
        What it takes apart from its value.
    value : Hashable
        Unknown whose cost is that of its value.
    target : Hashable
    """

    bytes: int
    value: Hashable
    target: Hashable


def cheapest(
    start: Hashable,
    ends: Callable[[Any], bool],
    end_cost: int,
    steps: Callable[[Any], Iterable[Step]],
    bound: Callable[[Any], Cost],
    known: dict[Hashable, Cost] | None = None,
) -> Computation[Cost]:
    """Return the least cost from ``start`` to an end.

    A step is queued with its value at no cost; only when it comes up is the value's cost asked for. So values that lie off every cheap
    way, most optional members of a recursive schema, are never looked into.

    Parameters
    ----------
    ends : callable
        Whether the container may be closed at a position, for ``end_cost``.
    steps : callable
        What may follow a position.
    bound : callable
        A consistent lower bound; `INF` where there is no end.
    known : dict, optional
        Least costs of positions known already; those on the way found are added. Only for final costs.
    """
    best: dict[Hashable, Cost] = {start: 0}
    heap: list[tuple[Cost, int, Cost, Hashable, _Queued | None]] = [(bound(start), 0, 0, start, None)]
    came: dict[Hashable, Hashable] = {}
    tick = work = 0
    watch = Stopwatch(MAX_SECONDS)
    while heap:
        estimate, _, done, position, queued = heapq.heappop(heap)
        if queued is not None:
            done += yield queued.value
            if done >= best.get(position, INF):
                continue
            best[position] = done
            came[position] = queued.source
            tick += 1
            heapq.heappush(heap, (done + queued.left, tick, done, position, None))
            continue
        if done > best[position]:
            continue
        settled = end_cost if ends(position) else None if known is None else known.get(position)
        if settled is not None and done + settled <= estimate:
            if known is not None:
                _note(known, best, came, position, done + settled)
            return done + settled
        if settled is not None:
            tick += 1
            heapq.heappush(heap, (done + settled, tick, done, position, None))
            continue
        for step in steps(position):
            work += 1
            left = bound(step.target)
            if left < INF and done + step.bytes < best.get(step.target, INF):
                tick += 1
                queued = _Queued(step.value, position, left)
                heapq.heappush(heap, (done + step.bytes + left, tick, done + step.bytes, step.target, queued))
        if work > MAX_SEARCH:
            raise LimitExceeded("nodes", MAX_SEARCH, work, hint=_HINT)
        if spent := watch.overdue():
            raise LimitExceeded("seconds", MAX_SECONDS, spent, hint=_HINT)
    return INF


class _Queued(NamedTuple):
    """A step whose value's cost was not asked for yet."""

    value: Hashable
    source: Hashable
    left: Cost


def _note(known: dict[Hashable, Cost], best: dict[Hashable, Cost], came: dict[Hashable, Hashable], last: Hashable, total: Cost) -> None:
    """Enter what is left at each position of the way found."""
    known[last] = total - best[last]
    while last in came:
        last = came[last]
        known[last] = total - best[last]
