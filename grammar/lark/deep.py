"""Running code that recurses: on a thread with a deep stack, for a limited time.

lark walks trees recursively in places, and a grammar of thousands of rules makes them deep. The thread's stack is memory that is only
reserved; Python's own recursion limit is raised while it runs, and put back. A thread that is over its time is sent
an exception, which it meets at its next step.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from maskwright.automata.limits import Limits
from maskwright.errors import LimitExceeded

T = TypeVar("T")

_STACK_BYTES = 512 * 2**20
_DEPTH = 120_000
_LOCK = threading.Lock()


class _GivenUp(BaseException):
    """Sent to a thread that is over its time."""


def run_deep(work: Callable[[], T], limits: Limits) -> T:
    """Return ``work()``, or raise what it raises.

    Raises
    ------
    LimitExceeded
        If it takes longer than ``limits.seconds``, or recurses deeper than the stack allows.
    """
    outcome: list[Any] = []

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
        try:
            thread.join(limits.seconds)
            while thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_GivenUp))
                thread.join(0.2)
        finally:
            sys.setrecursionlimit(depth)
    if not outcome:
        raise LimitExceeded("seconds", limits.seconds, round(time.perf_counter() - started, 1), path="loading the grammar with lark")
    value, error = outcome[0]
    if error is not None:
        raise error
    return value
