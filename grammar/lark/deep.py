"""Running code that recurses: on a thread with a deep stack, for a limited time.

lark walks trees recursively in places, and a grammar of thousands of rules makes them deep. The thread's stack is memory that is only
reserved; Python's own recursion limit is raised while it runs, and put back. A thread that is over its time is sent
an exception, which it meets at its next step. Time is the thread's own processor time where the system tells it, and is part of
the caller's (`limits.timed`). Who waits for long is told so: lark takes some seconds for 20,000 rules.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from maskwright.automata.limits import Limits, charge, time_left
from maskwright.errors import LimitExceeded

T = TypeVar("T")

logger = logging.getLogger("maskwright")

_STACK_BYTES = 512 * 2**20
_DEPTH = 120_000
_LOCK = threading.Lock()
#: seconds after which a first line says what is going on, and what the time until the next one grows by
_PATIENCE, _GROWTH = 3.0, 2.0


class _GivenUp(BaseException):
    """Sent to a thread that is over its time."""


def run_deep(work: Callable[[], T], limits: Limits, what: str = "lark is reading the grammar") -> T:
    """Return ``work()``, or raise what it raises; ``what`` it does is logged when it takes long.

    Raises
    ------
    LimitExceeded
        If it takes longer than ``limits.seconds``, or recurses deeper than the stack allows.
    """
    outcome: list[Any] = []
    allowed = time_left(limits.seconds)

    def run() -> None:
        try:
            outcome.append((work(), None))
        except RecursionError:
            hint = "rules that refer to each other in a chain, or parentheses, are nested deeper than lark can follow"
            outcome.append((None, LimitExceeded("depth", _DEPTH, _DEPTH + 1, hint=hint)))
        except _GivenUp:
            pass
        except BaseException as error:
            outcome.append((None, error))

    with _LOCK:
        started = time.perf_counter()
        depth = sys.getrecursionlimit()
        size = threading.stack_size(_STACK_BYTES)
        try:
            sys.setrecursionlimit(max(depth, _DEPTH))
            thread = threading.Thread(target=run, name="maskwright-lark", daemon=True)
            thread.start()
        finally:
            threading.stack_size(size)
        spent, told = 0.0, _PATIENCE
        try:
            while thread.is_alive() and spent < allowed:
                thread.join(min(0.2, allowed))
                spent = max(spent, _spent(thread, started))
                if spent > told and thread.is_alive():
                    logger.warning("%s (%.0f s of at most %.0f s)", what, spent, allowed)
                    told *= _GROWTH
            while thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_GivenUp))
                thread.join(0.2)
        finally:
            sys.setrecursionlimit(depth)
    charge(spent)
    if not outcome:
        hint = "pass limits=Limits(seconds=...) to allow more"
        raise LimitExceeded("seconds", limits.seconds, round(limits.seconds - allowed + spent, 1), path=what, hint=hint)
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def _spent(thread: threading.Thread, started: float) -> float:
    """Return the processor time of a running thread, or the time since it was started."""
    if hasattr(time, "pthread_getcpuclockid") and thread.ident is not None:
        try:
            return time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        except OSError:  # it has ended meanwhile
            return 0.0
    return time.perf_counter() - started
