"""Compiled walks over the byte trie, and their plain-Python twins (the same functions, interpreted).

Vocabulary of this module. A *pair* is ``(P, L, lo, hi)``: parser set, lexer state, and the window left of a counted terminal (0, 0
elsewhere). The pairs alive at a trie node are its *frontier*. Frontiers of the nodes on the current path are kept by depth.

Arrays of the lexicon (one entry per lexer state; see `lexicon.Lexicon`)::

    live    uint32[n, 8]   bit b set: the state has an edge under byte b
    rank    uint8[n, 8]    number of live bytes below word w
    base    int64[n]       where the state's targets start; -1: not expanded yet
    target  int32[m]       targets in order of their byte; 0: dead after all
    shadow  int32[n]       the state that serves the bytes without an edge; 0: they are dead
    weight  uint8[m]       1 where the edge starts a counted character
    accept  int32[n]       id of the set of labels accepted here, 0: none
    span    int64[n]       where the state's row of `lengths` starts; -1: not counted
    width   int32[n]       entries of that row
    period  int32[n]       period of the row's tail
    lengths int32[k]       least weight >= i that reaches acceptance, for i in [0, width)

Arrays of the parser: an open-addressing table ``scan_keys int64[h] -> scan_sets int32[h]`` for (P, accept) -> P', and the pairs
every set starts its next lexeme with: ``start_count int32[p]`` rows from ``start_first int32[p]`` on of ``start_pairs int32[q, 4]``,
which holds (P - this set, L, lo, hi).

A kernel never waits for Python: a branch that needs something not computed yet goes to ``pending`` as (kind, node, P, L, lo, hi), and the
walk goes on; the driver computes it and walks on from there. All integers are signed and small enough that nothing overflows when the
functions run interpreted.
"""

from __future__ import annotations

import numpy as np

from .jit import jit

#: no bound: an endless window, or no length at all
INF = 2**31 - 1
#: kinds of tasks and pending branches: a pair stands at a node; a set scans there; (`walk_difference`) a state is to be expanded
STAND, SCAN, EXPAND = 0, 1, 2
#: what a walk returns
DONE, FULL, BUDGET, NEED_EXPAND, NEED_SCAN, AMBIGUOUS = 0, 1, 2, 3, 4, 5


@jit
def popcount(word):
    """Count the bits of a 32-bit word held in an int64."""
    word = word - ((word >> 1) & 0x55555555)
    word = (word & 0x33333333) + ((word >> 2) & 0x33333333)
    word = (word + (word >> 4)) & 0x0F0F0F0F
    return ((word * 0x01010101) & 0xFFFFFFFF) >> 24


@jit
def edge(live, rank, base, target, shadow, state, byte):
    """Return the index of the edge of ``state`` under ``byte``, or -1 if the byte is dead."""
    byte = np.int64(byte)  # interpreted, a uint8 would overflow below
    word = np.int64(live[state, byte >> 5])
    bit = byte & 31
    if (word >> bit) & 1 == 0:
        state = shadow[state]
        if state == 0:
            return np.int64(-1)
        word = np.int64(live[state, byte >> 5])
        if (word >> bit) & 1 == 0:
            return np.int64(-1)
    at = base[state] + np.int64(rank[state, byte >> 5]) + popcount(word & ((1 << bit) - 1))
    return at if target[at] != 0 else np.int64(-1)


@jit
def alive(span, width, period, lengths, state, lo, hi):
    """Whether some accepted continuation of counted ``state`` has a weight in [lo, hi]."""
    start = span[state]
    if start < 0:
        return True
    index = np.int64(lo)
    shift = np.int64(0)
    if index >= width[state]:
        tail = np.int64(width[state] - period[state])
        index = tail + (lo - tail) % np.int64(period[state])
        shift = lo - index
    least = np.int64(lengths[start + index])
    return least < INF and least + shift <= hi


@jit
def find_scan(scan_keys, scan_sets, parser_set, accept):
    """Return the set after ``parser_set`` scans ``accept`` (0: dead), or -1 if it is not known yet."""
    mask = scan_keys.shape[0] - 1
    key = (np.int64(parser_set) << 32) | np.int64(accept)
    slot = (np.int64(parser_set) * 73856093 + np.int64(accept) * 19349663) & mask
    while scan_keys[slot] != -1:
        if scan_keys[slot] == key:
            return np.int64(scan_sets[slot])
        slot = (slot + 1) & mask
    return np.int64(-1)


@jit
def put(frontier, count, level, parser_set, state, lo, hi):
    """Add a pair to the frontier of ``level`` unless it is there; return False if there is no room."""
    n = count[level]
    for j in range(n):
        if (
            frontier[level, j, 1] == state
            and frontier[level, j, 0] == parser_set
            and frontier[level, j, 2] == lo
            and frontier[level, j, 3] == hi
        ):
            return True
    if n == frontier.shape[1]:
        return False
    frontier[level, n, 0] = parser_set
    frontier[level, n, 1] = state
    frontier[level, n, 2] = lo
    frontier[level, n, 3] = hi
    count[level] = n + 1
    return True


@jit
def step(live, rank, base, target, shadow, weight, span, width, period, lengths, frontier, count, source, dest, byte):
    """Move the frontier at level ``source`` over ``byte`` into level ``dest``; return False if there is no room."""
    count[dest] = 0
    for j in range(count[source]):
        state = frontier[source, j, 1]
        at = edge(live, rank, base, target, shadow, state, byte)
        if at < 0:
            continue
        lo = np.int64(frontier[source, j, 2])
        hi = np.int64(frontier[source, j, 3])
        if weight[at]:
            lo = max(lo - 1, np.int64(0))
            if hi != INF:
                hi -= 1
                if hi < 0:
                    continue
        after = target[at]
        if alive(span, width, period, lengths, after, lo, hi) and not put(frontier, count, dest, frontier[source, j, 0], after, lo, hi):
            return False
    return True


@jit
def weigh(weight, span, width, period, lengths, frontier, count, level, j, at, after):
    """Move counted pair ``j`` of ``level`` over the edge ``at`` to ``after``, one level down; return False if there is no room."""
    lo = np.int64(frontier[level, j, 2])
    hi = np.int64(frontier[level, j, 3])
    if weight[at]:
        lo = max(lo - 1, np.int64(0))
        if hi != INF:
            hi -= 1
            if hi < 0:
                return True
    if not alive(span, width, period, lengths, after, lo, hi):
        return True
    return put(frontier, count, level + 1, frontier[level, j, 0], after, lo, hi)


@jit
def touch(touched, stamp, tally, word):
    """List ``word`` among those written to."""
    if stamp[word] != tally[1]:
        stamp[word] = tally[1]
        touched[tally[0]] = word
        tally[0] += 1


@jit
def set_bits(row, touched, stamp, tally, token_indptr, token_ids, first, last):
    """Set the bits of the tokens that end at trie nodes [first, last)."""
    for k in range(token_indptr[first], token_indptr[last]):
        token = np.int64(token_ids[k])
        touch(touched, stamp, tally, token >> 5)
        row[token >> 5] |= np.uint32(1 << (token & 31))


@jit
def mark_ending(live, base, frontier, level, pairs, risky, token_indptr, token_ids, node):
    """Set in ``risky`` the tokens that end at a node where every lexeme must end, which may fail a check of the text.

    A state that is not expanded may be such a one too.
    """
    for j in range(pairs):
        state = frontier[level, j, 1]
        if base[state] >= 0:
            for i in range(8):
                if live[state, i] != 0:
                    return
    for k in range(token_indptr[node], token_indptr[node + 1]):
        token = np.int64(token_ids[k])
        risky[token >> 5] |= np.uint32(1 << (token & 31))


@jit
def clear_bits(row, touched, stamp, tally, token_indptr, token_ids, first, last):
    """Clear the bits of the tokens that end at trie nodes [first, last)."""
    for k in range(token_indptr[first], token_indptr[last]):
        token = np.int64(token_ids[k])
        touch(touched, stamp, tally, token >> 5)
        row[token >> 5] &= np.uint32(0xFFFFFFFF ^ (1 << (token & 31)))


@jit
def gather(sheet, ground, limit, positions, bits, out):
    """List the words of a sheet that differ from its ground, and clear it for the next mask on this ground.

    Parameters
    ----------
    sheet : (row, touched, stamp, tally)
        See `mask_pool.Sheet`.
    ground : uint32[num_words], or uint32[0]
    limit : int
        With more words than that the sheet is left as it is.
    positions, bits : int64[num_words], uint32[num_words]
        Out: where they are, ascending, and their values.
    out : int64[3]
        Out: how many they are, and how many bits more than the ground they have.
    """
    row, touched, stamp, tally = sheet
    written = tally[0]
    few = written <= 64
    if few:
        for i in range(1, written):
            word = touched[i]
            j = i - 1
            while j >= 0 and touched[j] > word:
                touched[j + 1] = touched[j]
                j -= 1
            touched[j + 1] = word
    n = 0
    more = np.int64(0)
    for i in range(written if few else row.shape[0]):
        word = touched[i] if few else np.int64(i)
        if not few and stamp[word] != tally[1]:
            continue
        below = np.int64(ground[word]) if ground.shape[0] != 0 else np.int64(0)
        value = np.int64(row[word])
        if value != below:
            positions[n] = word
            bits[n] = value
            n += 1
            more += popcount(value) - popcount(below)
    out[0] = n
    out[1] = more
    if n <= limit:
        for i in range(written):
            word = touched[i]
            row[word] = ground[word] if ground.shape[0] != 0 else np.uint32(0)
        tally[0] = 0
        tally[1] += 1
    return DONE


@jit
def begin_bytes(live, shadow, start_first, start_count, start_pairs, parser_set, hope, row):
    """Write to ``hope[row]`` the bytes that the lexemes after ``parser_set`` begin with; all of their first states are expanded."""
    for i in range(8):
        hope[row, i] = 0
    for k in range(start_first[parser_set], start_first[parser_set] + start_count[parser_set]):
        state = start_pairs[k, 1]
        for i in range(8):
            hope[row, i] |= live[state, i] | live[shadow[state], i]


@jit
def walk(children, lexicon, accept, parser, tasks, frontier, count, path, hope, sheet, risky, pending, limit, out):
    """Set on the sheet the tokens below the tasks' nodes that keep a pair alive.

    Parameters
    ----------
    children : (first int32[n+1], byte uint8[n-1], node int32[n-1], token_indptr int32[n+1], token_ids int32[m])
        Children of trie node i stand at first[i]:first[i+1]. In preorder alone the children of the root lie all over memory, and every
        visit is a cache miss (80 ns instead of 5).
    lexicon : (live, rank, base, target, shadow, weight, span, width, period, lengths)
    accept : int32[states]
    parser : (scan_keys, scan_sets, start_first, start_count, start_pairs)
    tasks : int32[num_tasks, 6]
        (STAND, node, P, L, lo, hi): the pair stands at the node, whose own tokens are done. (SCAN, node, P, accept, 0, 0): P scans there.
    frontier, count, path, hope : int32[levels, capacity, 4], int32[levels], int32[levels, 2], uint32[levels + 1, 8]
        Scratch, by depth below the task's node; path holds the node's next child and last child, hope the bytes alive in some pair,
        and in its last row those that the set scanned to last begins with: where no child has one, as after most prefixes of words,
        none of its pairs is put.
    sheet : (row, touched, stamp, tally)
        See `mask_pool.Sheet`.
    risky : uint32[num_words] or uint32[0]
        Out: tokens under which every lexeme must end, so that checks of the text may take them back; not asked for if empty.
    pending : int32[room, 6]
        Out: tasks to run again, once the state is expanded or the scan is known.
    limit : int
        Give up after visiting that many nodes (BUDGET).
    out : int64[3]
        Out: number of pending branches, nodes visited.

    Returns
    -------
    int
        DONE, FULL (frontier or pending out of room: bits set so far are right, start over with more), or BUDGET.
    """
    first_child, child_byte, child_node, token_indptr, token_ids = children
    live, rank, base, target, shadow, weight, span, width, period, lengths = lexicon
    scan_keys, scan_sets, start_first, start_count, start_pairs = parser
    row, touched, stamp, tally = sheet
    num_pending = 0
    visited = 0
    begun = hope.shape[0] - 1
    begun_by = np.int64(-1)
    for k in range(tasks.shape[0]):
        node = np.int64(tasks[k, 1])
        level = 0
        count[0] = 0
        if tasks[k, 0] == STAND:
            put(frontier, count, 0, tasks[k, 2], tasks[k, 3], tasks[k, 4], tasks[k, 5])
        else:
            after = find_scan(scan_keys, scan_sets, tasks[k, 2], tasks[k, 3])
            if after == -1:
                if num_pending == pending.shape[0]:
                    return FULL
                for i in range(6):
                    pending[num_pending, i] = tasks[k, i]
                num_pending += 1
                continue
            if after != begun_by:
                begun_by = after
                begin_bytes(live, shadow, start_first, start_count, start_pairs, after, hope, begun)
            going = False
            for child in range(first_child[node], first_child[node + 1]):
                byte = np.int64(child_byte[child])
                if (np.int64(hope[begun, byte >> 5]) >> (byte & 31)) & 1 != 0:
                    going = True
                    break
            if not going:
                continue
            for i in range(start_first[after], start_first[after] + start_count[after]):
                if not put(frontier, count, 0, after + start_pairs[i, 0], start_pairs[i, 1], start_pairs[i, 2], start_pairs[i, 3]):
                    return FULL
        while True:
            # deferred accept: the pairs that scan at this node wait beside those that go on
            kept = 0
            for j in range(count[level]):
                state = frontier[level, j, 1]
                if base[state] < 0:
                    if num_pending == pending.shape[0]:
                        return FULL
                    pending[num_pending, 0] = STAND
                    pending[num_pending, 1] = node
                    for i in range(4):
                        pending[num_pending, 2 + i] = frontier[level, j, i]
                    num_pending += 1
                    continue
                for i in range(4):
                    frontier[level, kept, i] = frontier[level, j, i]
                kept += 1
            count[level] = kept
            for j in range(kept):
                parser_set = frontier[level, j, 0]
                state = frontier[level, j, 1]
                if accept[state] == 0 or frontier[level, j, 2] > 0:
                    continue
                after = find_scan(scan_keys, scan_sets, parser_set, accept[state])
                if after == -1:
                    if num_pending == pending.shape[0]:
                        return FULL
                    pending[num_pending, 0] = SCAN
                    pending[num_pending, 1] = node
                    pending[num_pending, 2] = parser_set
                    pending[num_pending, 3] = accept[state]
                    num_pending += 1
                    continue
                if after != begun_by:
                    begun_by = after
                    begin_bytes(live, shadow, start_first, start_count, start_pairs, after, hope, begun)
                going = False
                for child in range(first_child[node], first_child[node + 1]):
                    byte = np.int64(child_byte[child])
                    if (np.int64(hope[begun, byte >> 5]) >> (byte & 31)) & 1 != 0:
                        going = True
                        break
                if not going:
                    continue
                for i in range(start_first[after], start_first[after] + start_count[after]):
                    if not put(frontier, count, level, after + start_pairs[i, 0], start_pairs[i, 1], start_pairs[i, 2], start_pairs[i, 3]):
                        return FULL
            path[level, 0] = first_child[node]
            path[level, 1] = first_child[node + 1]
            for i in range(8):
                hope[level, i] = 0
            for j in range(count[level]):
                state = frontier[level, j, 1]
                for i in range(8):
                    hope[level, i] |= live[state, i] | live[shadow[state], i]  # state 0 has no edges
            # on to the next node that is alive and has children
            down = False
            while level >= 0 and not down:
                if path[level, 0] == path[level, 1]:
                    level -= 1
                    continue
                entry = np.int64(path[level, 0])
                path[level, 0] += 1
                byte = np.int64(child_byte[entry])
                bit = byte & 31
                if (np.int64(hope[level, byte >> 5]) >> bit) & 1 == 0:
                    continue
                node = np.int64(child_node[entry])
                leaf = first_child[node] == first_child[node + 1]
                # as `step`, which copies its arrays' descriptors with every call: 60 ns a node instead of 20
                below = level + 1
                count[below] = 0
                for j in range(count[level]):
                    state = np.int64(frontier[level, j, 1])
                    word = np.int64(live[state, byte >> 5])
                    if (word >> bit) & 1 == 0:
                        state = np.int64(shadow[state])
                        word = np.int64(live[state, byte >> 5])
                        if (word >> bit) & 1 == 0:
                            continue
                    edge_at = base[state] + np.int64(rank[state, byte >> 5]) + popcount(word & ((1 << bit) - 1))
                    after = np.int64(target[edge_at])
                    if after == 0:
                        continue
                    if span[after] >= 0:
                        if not weigh(weight, span, width, period, lengths, frontier, count, level, j, edge_at, after):
                            return FULL
                    elif count[below] == 0:
                        frontier[below, 0, 0] = frontier[level, j, 0]
                        frontier[below, 0, 1] = after
                        frontier[below, 0, 2] = 0
                        frontier[below, 0, 3] = 0
                        count[below] = 1
                    elif not put(frontier, count, below, frontier[level, j, 0], after, 0, 0):
                        return FULL
                    if leaf and count[below] != 0 and risky.shape[0] == 0:
                        break  # one pair alive will do
                if count[below] == 0:
                    continue
                visited += 1
                if visited > limit:
                    out[1] = visited
                    return BUDGET
                for k in range(token_indptr[node], token_indptr[node + 1]):
                    token = np.int64(token_ids[k])
                    entry = token >> 5
                    if stamp[entry] != tally[1]:
                        stamp[entry] = tally[1]
                        touched[tally[0]] = entry
                        tally[0] += 1
                    row[entry] |= np.uint32(1 << (token & 31))
                if risky.shape[0] != 0:
                    mark_ending(live, base, frontier, below, count[below], risky, token_indptr, token_ids, node)
                if not leaf:
                    level = below
                    down = True
            if level < 0:
                break
    out[0] = num_pending
    out[1] = visited
    return DONE


@jit
def walk_terminal(trie, accept, classes, table, heavy, first, state, shift, states, weights, row, codes, exits, out):
    """Walk the whole trie with one terminal alone: its interior tokens and its exits.

    Parameters
    ----------
    trie, accept
        As in `walk`.
    classes, table, heavy : int32[256], int32[n, c], uint8[n, c]
        The terminal's automaton, its state 0 dead: class of every byte, targets and weights.
    first, state : int
        Its states are the lexer states from ``first`` on; the one to start from.
    shift : int
        No token is heavier than ``(1 << shift) - 1``.
    states, weights : int32[levels], int32[levels]
        Scratch, by depth.
    row : uint32[num_words]
        Out: tokens that stay alive inside the terminal to their end.
    codes : int32[m]
        Out: by place in ``token_ids``, for those tokens ``after << shift | weight``, of the automaton's state after them and the weight
        they used; all 0 before. Not written if it has length 0.
    exits : int32[room, 3]
        Out: (node, lexer state, weight) wherever the terminal accepts at a node that has children.
    out : int64[3]
        Out: number of exits, nodes visited, the most weight that an interior token uses.

    Returns
    -------
    int
        DONE or FULL (``exits`` is too short).

    Notes
    -----
    Indices are unsigned, so that none is looked at for being negative: 6 ns a node, where it was 10. Tokens stand in the order of their
    nodes, so that what is written about them goes in a row.
    """
    byte, size, depth, token_indptr, token_ids = trie
    coded = codes.shape[0] != 0
    num_nodes = byte.shape[0]
    num_exits = 0
    visited = 0
    most = np.int64(0)
    one, five, low = np.uint64(1), np.uint64(5), np.uint64(31)
    states[0] = state - first
    weights[0] = 0
    if accept[state] != 0:
        exits[0, 0] = 0
        exits[0, 1] = state
        exits[0, 2] = 0
        num_exits = 1
    node = np.int64(1)
    while node < num_nodes:
        here = np.uint64(node)
        level = np.uint64(depth[here])
        above = level - one
        symbol = np.uint64(classes[np.uint64(byte[here])])
        visited += 1
        before = np.uint64(states[above])
        after = np.int64(table[before, symbol])
        if after == 0:
            node += np.int64(size[here])
            continue
        used = np.int64(weights[above]) + np.int64(heavy[before, symbol])
        states[level] = after
        weights[level] = used
        k = np.uint64(token_indptr[here])
        end = np.uint64(token_indptr[here + one])
        if k != end:
            most = max(most, used)
            while k < end:
                token = np.uint64(token_ids[k])
                row[token >> five] |= np.uint32(one << (token & low))
                if coded:
                    codes[k] = after << shift | used
                k += one
        if accept[np.uint64(after + first)] != 0 and size[here] > 1:
            if num_exits == exits.shape[0]:
                return FULL
            exits[num_exits, 0] = node
            exits[num_exits, 1] = after + first
            exits[num_exits, 2] = used
            num_exits += 1
        node += 1
    out[0] = num_exits
    out[1] = visited
    out[2] = most
    return DONE


@jit
def walk_difference(trie, children, lexicon, accept, tasks, states, path, frontier, sheet, risky, pending, out):
    """Turn the mask of a shared terminal's state into that of a state that mostly falls into it.

    Parameters
    ----------
    trie : (byte uint8[n], size int32[n], depth int32[n], token_indptr int32[n+1], token_ids int32[m])
    children, lexicon, accept
        As in `walk`.
    tasks : int32[num_tasks, 3]
        (node, own state, shared state), own state expanded.
    states, path : int32[levels, 2], int32[levels, 2]
        Scratch, by depth below the task's node.
    frontier : int32[levels, capacity, 4]
        Scratch.
    sheet : (row, touched, stamp, tally)
        In: mask of the shared state. Out: tokens on paths that have not fallen are redone; what follows an accept of the own
        state is cleared and reported in ``pending`` as (SCAN, node, 0, accept, 0, 0).
    pending : int32[room, 6]
        Out; also (EXPAND, node, 0, own state, shared state, 0) where a state is not expanded.
    out : int64[3]
        Out: number of pending branches.

    Returns
    -------
    int
        DONE or FULL.
    """
    _, size, _, token_indptr, token_ids = trie
    first_child, child_byte, child_node, _, _ = children
    live, rank, base, target, shadow, _, _, _, _, _ = lexicon
    row, touched, stamp, tally = sheet
    num_pending = 0
    for k in range(tasks.shape[0]):
        node = np.int64(tasks[k, 0])
        own = np.int64(tasks[k, 1])
        shared = np.int64(tasks[k, 2])
        level = 0
        while True:
            if num_pending == pending.shape[0]:
                return FULL
            if base[own] < 0:
                pending[num_pending, 0] = EXPAND
                pending[num_pending, 1] = node
                pending[num_pending, 2] = 0
                pending[num_pending, 3] = own
                pending[num_pending, 4] = shared
                num_pending += 1
                level -= 1
            elif accept[own] != 0:
                clear_bits(row, touched, stamp, tally, token_indptr, token_ids, node + 1, node + size[node])
                pending[num_pending, 0] = SCAN
                pending[num_pending, 1] = node
                pending[num_pending, 2] = 0
                pending[num_pending, 3] = accept[own]
                pending[num_pending, 4] = 0
                num_pending += 1
                level -= 1
            else:
                states[level, 0] = own
                states[level, 1] = shared
                path[level, 0] = first_child[node]
                path[level, 1] = first_child[node + 1]
            down = False
            while level >= 0 and not down:
                if path[level, 0] == path[level, 1]:
                    level -= 1
                    continue
                at = np.int64(path[level, 0])
                path[level, 0] += 1
                byte = np.int64(child_byte[at])
                if (np.int64(live[states[level, 0], byte >> 5]) >> (byte & 31)) & 1 == 0 and shadow[states[level, 0]] == states[level, 1]:
                    continue  # served by the shared state itself
                own_at = edge(live, rank, base, target, shadow, states[level, 0], byte)
                shared_at = edge(live, rank, base, target, shadow, states[level, 1], byte)
                own = np.int64(target[own_at]) if own_at >= 0 else np.int64(0)
                shared = np.int64(target[shared_at]) if shared_at >= 0 else np.int64(0)
                if own == shared:
                    continue
                node = np.int64(child_node[at])
                if own == 0:
                    clear_bits(row, touched, stamp, tally, token_indptr, token_ids, node, node + size[node])
                    continue
                set_bits(row, touched, stamp, tally, token_indptr, token_ids, node, node + 1)
                if risky.shape[0] != 0:
                    frontier[0, 0, 1] = own
                    mark_ending(live, base, frontier, 0, 1, risky, token_indptr, token_ids, node)
                if size[node] > 1:
                    level += 1
                    down = True
            if level < 0:
                break
    out[0] = num_pending
    return DONE


@jit
def feed(lexicon, accept, parser, data, first, last, frontier, count, out):
    """Move a frontier over the bytes ``data[first:last]``.

    Parameters
    ----------
    lexicon, accept, parser
        As in `walk`.
    data : uint8[...]
    frontier, count : int32[2, capacity, 4], int32[2]
        In: the frontier at level 0. Out: the frontier at level ``out[0]``; empty if the bytes leave the language.
    out : int64[3]
        Out: level of the result, and whether some pair of it may end its lexeme; or for NEED_EXPAND the lexer state, for NEED_SCAN set and
        accept.

    Returns
    -------
    int
        DONE, FULL, NEED_EXPAND, NEED_SCAN, or AMBIGUOUS: two pairs scan at the same byte, and their sets must be joined.
    """
    live, rank, base, target, shadow, weight, span, width, period, lengths = lexicon
    scan_keys, scan_sets, start_first, start_count, start_pairs = parser
    level = 0
    for at in range(first, last):
        n = count[level]
        scanned = 0
        for j in range(n):
            parser_set = frontier[level, j, 0]
            state = frontier[level, j, 1]
            if base[state] < 0:
                out[0] = state
                return NEED_EXPAND
            if accept[state] == 0 or frontier[level, j, 2] > 0:
                continue
            after = find_scan(scan_keys, scan_sets, parser_set, accept[state])
            if after == -1:
                out[0] = parser_set
                out[1] = accept[state]
                return NEED_SCAN
            if after == 0:
                continue
            if scanned != 0 and scanned != after:
                return AMBIGUOUS
            scanned = after
            for i in range(start_first[after], start_first[after] + start_count[after]):
                if not put(frontier, count, level, after + start_pairs[i, 0], start_pairs[i, 1], start_pairs[i, 2], start_pairs[i, 3]):
                    return FULL
        for j in range(n, count[level]):
            if base[frontier[level, j, 1]] < 0:
                out[0] = frontier[level, j, 1]
                return NEED_EXPAND
        if not step(
            live, rank, base, target, shadow, weight, span, width, period, lengths, frontier, count, level, 1 - level, np.int64(data[at])
        ):
            return FULL
        level = 1 - level
        if count[level] == 0:
            break
    out[0] = level
    out[1] = 0
    for j in range(count[level]):
        state = frontier[level, j, 1]
        if base[state] < 0 or (accept[state] != 0 and frontier[level, j, 2] == 0):
            out[1] = 1
    return DONE
