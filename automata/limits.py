"""Budgets: every lazily growing thing has a named bound, and crossing one is a typed `LimitExceeded`."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from numbers import Real
from time import monotonic, thread_time
from typing import TypeVar

from maskwright.errors import LimitExceeded, OptionError

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one constraint.

    Attributes
    ----------
    seconds : float
        Processor time of one call (compile, first visit of a state): a busy machine refuses nothing that an idle one accepts.
    memory_bytes : int
        Bytes of evictable memory: mask rows and memoised steps. Crossing it evicts, it never fails.
    states : int
        States, parser sets, continuations and lexer states, each. These are the meaning of the ids given out and are never evicted.
    nodes : int
        Nodes of a constraint's source: schema nodes, grammar symbols, automaton states of one pattern.

    Raises
    ------
    OptionError
        If a bound is no number of at least 0.
    """

    seconds: float = 30.0
    memory_bytes: int = 512 * 2**20
    states: int = 4_000_000
    nodes: int = 2_000_000

    def __post_init__(self) -> None:
        for bound in fields(self):
            value = getattr(self, bound.name)
            if isinstance(value, bool) or not isinstance(value, Real) or not value >= 0:  # type: ignore[operator]
                raise OptionError(bound.name, value, "a number of at least 0")

    def check(self, limit: str, value: float) -> None:
        """Raise `LimitExceeded` if ``value`` is beyond the bound called ``limit``."""
        allowed = getattr(self, limit)
        if value > allowed:
            raise LimitExceeded(limit, allowed, value)


DEFAULT_LIMITS = Limits()


#: seconds by the wall between two looks at the thread's processor time, which takes a system call
LOOK = 0.01


class _Clock(threading.local):
    """When the call in progress on this thread must be done."""

    end = math.inf
    #: when to look next
    look = 0.0
    #: seconds given to it; infinite while there is none
    allowed = math.inf


_CLOCK = _Clock()


class timed:
    """Let `tick` raise once the block has taken so long; inside another timed block that one's time holds.

    The clock is first read by `tick`: most blocks end before any search begins.
    """

    __slots__ = ("_outermost", "_seconds")

    def __init__(self, seconds: float):
        self._seconds = seconds

    def __enter__(self) -> None:
        clock = _CLOCK
        self._outermost = clock.allowed == math.inf
        if self._outermost:
            clock.allowed = self._seconds
            clock.look = 0.0

    def __exit__(self, *error: object) -> None:
        if self._outermost:
            _CLOCK.end = _CLOCK.allowed = math.inf


def within(seconds: float, call: Callable[[Argument], Result], argument: Argument) -> Result:
    """Return what ``call`` does, in a `timed` block; for what is asked for so often that three calls around it would show."""
    clock = _CLOCK
    if clock.allowed != math.inf:
        return call(argument)
    clock.allowed = seconds
    clock.look = 0.0
    try:
        return call(argument)
    finally:
        clock.end = clock.allowed = math.inf


def tick() -> None:
    """Raise `LimitExceeded` if the time of the block in progress is up; searches call it once per step."""
    clock = _CLOCK
    wall = monotonic()
    if wall < clock.look:
        return
    clock.look = wall + LOOK
    now = thread_time()
    if clock.end == math.inf:
        clock.end = now + clock.allowed
    if now > clock.end:
        raise LimitExceeded("seconds", clock.allowed, round(clock.allowed + now - clock.end, 3))


def time_left(otherwise: float) -> float:
    """Return the processor time that the block in progress has left, ``otherwise`` if none is timed."""
    clock = _CLOCK
    if clock.end == math.inf:
        return min(otherwise, clock.allowed)
    return max(clock.end - thread_time(), 0.0)


def charge(seconds: float) -> None:
    """Count time that another thread has spent for the block in progress."""
    clock = _CLOCK
    if clock.end == math.inf:
        clock.end = thread_time() + clock.allowed
    clock.end -= seconds


class Stopwatch:
    """Processor time of the thread that makes it, for a bound of a search's own.

    It passes no faster than time does, so the system is asked for it only once as much time has passed as is left.

    Parameters
    ----------
    allowed : float
        Seconds.
    """

    __slots__ = ("_end", "_sure", "allowed")

    def __init__(self, allowed: float):
        self.allowed = allowed
        self._end = thread_time() + allowed
        self._sure = monotonic() + allowed

    def overdue(self) -> float:
        """Return the seconds spent if they are more than allowed, else 0."""
        passed = monotonic()
        if passed < self._sure:
            return 0.0
        left = self._end - thread_time()
        self._sure = passed + left
        return self.allowed - left if left < 0 else 0.0
