"""Visiting states before decoding gets there.

Breadth first from the start. A state with few tokens is followed through all of them, one with many through its single bytes: these reach
every kind of place the automaton has, though not every state. Locks are held for one state at a time, so decoding goes on beside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from .states import DEAD, END

if TYPE_CHECKING:
    from .constraint import Constraint

#: tokens of a state up to which all are followed
FEW = 64


def visit(constraint: Constraint, seconds: float, max_states: int) -> int:
    """Compute masks for at most that long and that many states; return how many states were visited."""
    deadline = time.monotonic() + seconds
    singles = np.unique(constraint.vocab.byte_tokens)
    seen = {DEAD, END, constraint.start}
    queue = [constraint.start] if max_states > 0 else []
    visited = 0
    for state in queue:
        if time.monotonic() > deadline:
            break
        tokens = constraint.allowed(state)
        visited += 1
        if len(tokens) > FEW:
            tokens = tokens[np.isin(tokens, singles)]
        for token in tokens.tolist():
            if len(queue) >= max_states:
                break
            after = constraint.advance(state, token)
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return visited


def in_background(work: Callable[[], int]) -> Future[int]:
    """Run ``work`` in a thread that does not keep the process alive."""
    future: Future[int] = Future()

    def run() -> None:
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(work())
            except BaseException as error:  # who asks for the result gets it
                future.set_exception(error)

    threading.Thread(target=run, name="maskwright-precompute", daemon=True).start()
    return future
