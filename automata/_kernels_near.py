"""Walks of a state over the vocabulary, made from that of another state of its automaton (see `near_walks`).

Two states are *apart* by the least length of a text that tells them: after it just one is dead, or they accept differently.
"""

from __future__ import annotations

import numpy as np

from ._kernels_walk import BUDGET, DONE, FULL
from .jit import jit

#: apart by no text at all
FAR = 2**30
#: rounds in which distances settle, before the states are given up; chains take two
MAX_ROUNDS = 8


@jit
def heights(parent, height):
    """Count the levels below every node of a trie in preorder: ``height`` int32[n], 0 before."""
    for node in range(parent.shape[0] - 1, 0, -1):
        height[parent[node]] = max(height[parent[node]], height[node] + 1)


@jit
def resemble(table, heavy, accepts, state, other, pairs, after, apart, slots):
    """Follow two states of an automaton under the same texts.

    Parameters
    ----------
    table, heavy : int32[n, c], uint8[n, c]
        Targets and weights by class; state 0 is dead.
    accepts : int32[n]
        What each state accepts, 0: nothing.
    state, other : int
        Two live states.
    pairs, after, apart : int32[room, 2], int32[room, c], int32[room]
        Out: the pairs of different live states in reach, the two first; the pair after each class, -1 where it is none; how far
        apart they are.
    slots : int32[h]
        Scratch, filled with -1; h is a power of two above 2 * room.

    Returns
    -------
    int
        Number of pairs, 0 if there are too many or their weights differ.
    """
    mask = slots.shape[0] - 1
    pairs[0, 0] = state
    pairs[0, 1] = other
    slots[(state * 31 + other) & mask] = 0
    num_pairs = 1
    at = 0
    while at < num_pairs:
        left = np.int64(pairs[at, 0])
        right = np.int64(pairs[at, 1])
        apart[at] = FAR if accepts[left] == accepts[right] else 0
        for k in range(table.shape[1]):
            x = np.int64(table[left, k])
            y = np.int64(table[right, k])
            after[at, k] = -1
            if x == 0 or y == 0:
                if x != y and apart[at] > 1:
                    apart[at] = 1
                continue
            if heavy[left, k] != heavy[right, k]:
                return 0
            if x == y:
                continue
            slot = (x * 31 + y) & mask
            while slots[slot] >= 0 and (pairs[slots[slot], 0] != x or pairs[slots[slot], 1] != y):
                slot = (slot + 1) & mask
            if slots[slot] < 0:
                if num_pairs == pairs.shape[0]:
                    return 0
                slots[slot] = num_pairs
                pairs[num_pairs, 0] = x
                pairs[num_pairs, 1] = y
                num_pairs += 1
            after[at, k] = slots[slot]
        at += 1
    changed = True
    rounds = 0
    while changed:
        if rounds == MAX_ROUNDS:
            return 0
        rounds += 1
        changed = False
        for i in range(num_pairs - 1, -1, -1):
            least = np.int64(apart[i])
            for k in range(table.shape[1]):
                if after[i, k] >= 0 and apart[after[i, k]] + 1 < least:
                    least = np.int64(apart[after[i, k]]) + 1
            if least < apart[i]:
                apart[i] = least
                changed = True
    return num_pairs


@jit
def walk_near(trie, height, classes, table, heavy, accepts, pairs, after, apart, path, row, exits, gone, limit, out):
    """Turn the interior and exits of a state into those of another one.

    Parameters
    ----------
    trie : (byte uint8[n], size int32[n], depth int32[n], token_indptr int32[n+1], token_ids int32[m])
    height : int32[n]
        Levels below every node.
    classes : int32[256]
    table, heavy, accepts
        As in `resemble`.
    pairs, after, apart
        What `resemble` found for (state, other).
    path : int32[4, levels]
        Scratch.
    row : uint32[num_words]
        In: the interior of ``other``. Out: that of ``state``.
    exits, gone : int32[room, 3], int32[room]
        Out: (node, state, weight) of exits where the two are not known to be alike; nodes that are no exits any more unless they are
        among these.
    limit : int
        Nodes that may be looked at.
    out : int64[3]
        Out: numbers of exits and of nodes gone; the most weight of a token looked at.

    Returns
    -------
    int
        DONE, FULL (``exits`` or ``gone`` is too short) or BUDGET.
    """
    byte, size, depth, token_indptr, token_ids = trie
    num_exits = 0
    num_gone = 0
    most = np.int64(0)
    path[0, 0] = pairs[0, 0]
    path[1, 0] = pairs[0, 1]
    path[2, 0] = 0
    path[3, 0] = 0
    if accepts[pairs[0, 1]] != 0:
        gone[0] = 0
        num_gone = 1
    if accepts[pairs[0, 0]] != 0:
        exits[0, 0] = 0
        exits[0, 1] = pairs[0, 0]
        exits[0, 2] = 0
        num_exits = 1
    node = 1
    looks = 0
    while node < byte.shape[0]:
        looks += 1
        if looks > limit:
            return BUDGET
        above = depth[node] - 1
        k = classes[byte[node]]
        left = np.int64(path[0, above])
        x = np.int64(table[left, k])
        y = np.int64(table[path[1, above], k])
        if x == y:
            node += size[node]
            continue
        number = np.int64(-1)
        if x != 0 and y != 0:
            number = np.int64(after[path[2, above], k])
            if apart[number] > height[node]:
                node += size[node]
                continue
        path[0, above + 1] = x
        path[1, above + 1] = y
        path[2, above + 1] = number
        path[3, above + 1] = path[3, above] + heavy[left, k]
        for i in range(token_indptr[node], token_indptr[node + 1]):
            token = np.int64(token_ids[i])
            bit = 1 << (token & 31)
            if x != 0:
                row[token >> 5] |= np.uint32(bit)
                most = max(most, np.int64(path[3, above + 1]))
            else:
                row[token >> 5] &= np.uint32(0xFFFFFFFF ^ bit)
        if size[node] > 1:
            if num_exits == exits.shape[0] or num_gone == gone.shape[0]:
                return FULL
            if accepts[y] != 0:
                gone[num_gone] = node
                num_gone += 1
            if accepts[x] != 0:
                exits[num_exits, 0] = node
                exits[num_exits, 1] = x
                exits[num_exits, 2] = path[3, above + 1]
                num_exits += 1
        node += 1
    out[0] = num_exits
    out[1] = num_gone
    out[2] = most
    return DONE
