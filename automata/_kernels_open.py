"""Which states of an automaton stay open under the same texts as a state of another one (see `open_walks`).

The *kind* of a state is `DEAD`, `OPEN` (it goes on, and does not accept), `ENDED` (it accepts and cannot go on) or `BOTH` (it accepts and
can go on). ``twin[s] = t`` claims that for every text x: s.x is open iff t.x is, s.x is never of kind `BOTH`, and s.x ends only where t.x
does.
"""

from __future__ import annotations

import numpy as np

from .jit import jit

DEAD, OPEN, ENDED, BOTH = 0, 1, 2, 3
#: rounds of taking back claims before all are given up
MAX_ROUNDS = 64


@jit
def alike(table, kind, start, other_table, other_kind, other_start, classes, twin, queue, wrong):
    """Find the twins of the states in reach of ``start``.

    Parameters
    ----------
    table, kind, start : int32[n, c], uint8[n], int
    other_table, other_kind, other_start : int32[m, d], uint8[m], int
    classes : int32[k, 2]
        The pairs (column of the one, column of the other) that some byte belongs to.
    twin : int32[n]
        In: -1 everywhere. Out: the state of the other automaton, -1 where none is known.
    queue, wrong : int32[n], uint8[n]
        Scratch.

    Returns
    -------
    int
        Number of states with a twin.

    Notes
    -----
    Pairs are followed from the starts, each state with the first partner it meets; where an edge contradicts the claim, the claim is
    taken back, and so are those that rest on it.
    """
    twin[start] = other_start
    queue[0] = start
    length = 1
    at = 0
    while at < length:
        state = np.int64(queue[at])
        other = np.int64(twin[state])
        at += 1
        wrong[state] = 0 if kind[state] == OPEN and other_kind[other] == OPEN else 1
        for k in range(classes.shape[0]):
            after = np.int64(table[state, classes[k, 0]])
            beside = np.int64(other_table[other, classes[k, 1]])
            mine = kind[after]
            theirs = other_kind[beside]
            if mine == OPEN and theirs == OPEN:
                if twin[after] == -1:
                    twin[after] = beside
                    queue[length] = after
                    length += 1
                elif twin[after] != beside:
                    wrong[state] = 1
            elif mine in (OPEN, BOTH) or theirs in (OPEN, BOTH) or (mine == ENDED and theirs == DEAD):
                wrong[state] = 1
    changed = True
    rounds = 0
    while changed:
        changed = False
        rounds += 1
        for i in range(length - 1, -1, -1):
            state = np.int64(queue[i])
            if wrong[state] == 0:
                for k in range(classes.shape[0]):
                    after = np.int64(table[state, classes[k, 0]])
                    if kind[after] == OPEN and wrong[after] != 0:
                        wrong[state] = 1
                        changed = True
                        break
        if rounds == MAX_ROUNDS and changed:
            for i in range(length):
                wrong[queue[i]] = 1
            changed = False
    found = 0
    for i in range(length):
        if wrong[queue[i]] != 0:
            twin[queue[i]] = -1
        else:
            found += 1
    return found
