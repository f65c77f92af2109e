"""Compiled growth of declared-key terminals: their trie, and lexer states by the block.

The declared keys, sorted by their UTF-8 bytes, are a trie in preorder (`key_trie`): ``byte`` and ``size`` as in `trie`; the keys below
node i are ``low[i] .. high[i] - 1``; ``ends[i]`` is 1 where key ``low[i]`` ends at the node; ``point[i]`` is the code point that is
complete at the node, -1 within a character (0 at the root).

A lexer state stands for *(class, fall, node)*, or for an escape sequence begun there. The *class* says which keys below the node are
expected: all, none, or `SOME`, those that ``wanted`` counts. The *fall* is the state that the terminal of undeclared keys is in, 0 if
those are not expected; it is the state's ``shadow``: a byte without an edge of the state's own goes where the shadow sends it, and an
edge to 0 is dead. Per node and class there is one state with and one without a fall (``known``), as the fall follows from the decoded text.

A key is one key in any spelling. A backslash leads to a state of its own, from which all escape sequences of the characters that may come
next grow in one go and end back in the trie.

The result is what the generic `LazyTerminal` protocol gives state by state; ``tests/grammar/json_schema/test_keytries.py`` compares
them. Refused: growing state by state in Python, 70 µs each, which was most of the time of first visits.
"""

from __future__ import annotations

import numpy as np

from .jit import jit

#: which of the keys below are expected
ALL, NOTHING, SOME = 0, 1, 2
#: what a call returns
GROWN, NO_ROOM = 0, 1
#: lexer states per expected character of an escape block, at most: two units of six bytes, and one beyond
PER_CHAR = 13


@jit
def decoded(data, at):
    """Return the code point whose last byte is ``data[at]``, -1 if the character goes on."""
    if data[at] < 0x80:
        return np.int64(data[at])
    lead = at
    while np.int64(data[lead]) & 0xC0 == 0x80:
        lead -= 1
    b = np.int64(data[lead])
    length = 2 if b < 0xE0 else 3 if b < 0xF0 else 4
    if at - lead + 1 < length:
        return np.int64(-1)
    found = b & (0x7F >> length)
    for i in range(lead + 1, at + 1):
        found = found << 6 | (np.int64(data[i]) & 0x3F)
    return found


@jit
def key_trie(data, offsets, byte, size, low, high, ends, point):
    """Build the trie of sorted distinct strings.

    Parameters
    ----------
    data, offsets : uint8[total], int32[n + 1]
    byte, size, low, high, ends, point : uint8, int32, int32, int32, uint8, int32 [total + 1] each
        Out, see the module.

    Returns
    -------
    int
        Number of nodes.
    """
    num_keys = offsets.shape[0] - 1
    byte[0] = 0
    size[0] = -1  # until a node is left, this is its parent
    low[0] = 0
    ends[0] = 0
    point[0] = 0
    nodes = 1
    node = np.int64(0)
    depth = np.int64(0)
    for k in range(num_keys + 1):
        length = np.int64(0)
        shared = np.int64(-1)
        first = np.int64(0)
        if k < num_keys:
            first = np.int64(offsets[k])
            length = np.int64(offsets[k + 1]) - first
            shared = np.int64(0)
            if k > 0:
                before = np.int64(offsets[k - 1])
                while shared < length and shared < first - before and data[before + shared] == data[first + shared]:
                    shared += 1
        while depth > shared:
            parent = np.int64(size[node])
            size[node] = nodes - node
            high[node] = k
            node = parent
            depth -= 1
        if k < num_keys:
            while depth < length:
                byte[nodes] = data[first + depth]
                size[nodes] = node
                low[nodes] = k
                ends[nodes] = 0
                point[nodes] = decoded(data, first + depth)
                node = np.int64(nodes)
                nodes += 1
                depth += 1
            ends[node] = 1
    return nodes


@jit
def expected(wanted, kind, low, high):
    """Return how many of the keys [low, high) are expected, under class ``kind``."""
    if kind == ALL:
        return np.int64(high) - np.int64(low)
    if kind == NOTHING:
        return np.int64(0)
    return np.int64(wanted[high]) - np.int64(wanted[low])


@jit
def narrowed(wanted, kind, low, high):
    """Return the class of the keys [low, high) where the class above is ``kind``."""
    if kind != SOME:
        return np.int64(kind)
    n = np.int64(wanted[high]) - np.int64(wanted[low])
    if n == 0:
        return np.int64(NOTHING)
    if n == np.int64(high) - np.int64(low):
        return np.int64(ALL)
    return np.int64(SOME)


@jit
def new_state(base, shadow, owner, place, counters, fall, own, where):
    """Take the next lexer state, not grown yet."""
    state = counters[0]
    counters[0] = state + 1
    base[state] = -1
    shadow[state] = fall
    owner[state] = own
    place[state] = where
    return state


@jit
def inside(base, shadow, owner, place, counters, known_plain, known_some, owners, kind, fall, node):
    """Return the state of (class, fall, node), 0 if it is dead."""
    if kind == NOTHING and fall == 0:
        return np.int64(0)
    falling = 1 if fall != 0 else 0
    found = np.int64(known_some[falling, node]) if kind == SOME else np.int64(known_plain[falling, kind, node])
    if found == 0:
        found = new_state(base, shadow, owner, place, counters, fall, owners[1] if kind == SOME else owners[0], node << 3 | kind << 1)
        if kind == SOME:
            known_some[falling, node] = found
        else:
            known_plain[falling, kind, node] = found
    return found


@jit
def write_edges(live, rank, base, target, counters, state, edges, n):
    """Give ``state`` the edges ``edges[:n]`` (byte, target), in any order, bytes distinct."""
    at = counters[1]
    counters[1] = at + n
    for i in range(1, n):  # insertion sort: a handful of edges
        byte, to = edges[i, 0], edges[i, 1]
        j = i - 1
        while j >= 0 and edges[j, 0] > byte:
            edges[j + 1, 0] = edges[j, 0]
            edges[j + 1, 1] = edges[j, 1]
            j -= 1
        edges[j + 1, 0] = byte
        edges[j + 1, 1] = to
    word = 0
    for w in range(8):
        live[state, w] = 0
        rank[state, w] = 0
    for i in range(n):
        byte = np.int64(edges[i, 0])
        while word < byte >> 5:
            word += 1
            rank[state, word] = i
        live[state, byte >> 5] |= np.uint32(1 << (byte & 31))
        target[at + i] = edges[i, 1]
    while word < 7:
        word += 1
        rank[state, word] = n
    base[state] = at


@jit
def grow_place(trie, wanted, falls, first_fall, lexicon, owners, known_plain, known_some, accepts, closed, state, edges, counters):
    """Give a state inside the trie its edges."""
    byte, size, low, high, ends, point = trie
    live, rank, base, target, accept, shadow, owner, place = lexicon
    node = np.int64(place[state]) >> 3
    kind = (np.int64(place[state]) >> 1) & 3
    fall = np.int64(shadow[state])
    n = 0
    first, last = np.int64(low[node]), np.int64(high[node])
    if ends[node] == 1:
        if expected(wanted, kind, first, first + 1) == 1:
            if closed[first] == 0:
                shut = new_state(base, shadow, owner, place, counters, 0, owners[0], np.int64(node) << 3 | 1)
                accept[shut] = accepts[first]
                write_edges(live, rank, base, target, counters, shut, edges, 0)
                closed[first] = shut
            edges[n, 0] = 0x22
            edges[n, 1] = closed[first]
            n += 1
        elif fall != 0:
            edges[n, 0] = 0x22
            edges[n, 1] = 0
            n += 1
        first += 1
    child = node + 1
    end = node + np.int64(size[node])
    if child < end and point[node] >= 0:
        after = np.int64(falls[fall - first_fall, 0x5C]) if fall != 0 else np.int64(0)
        below = narrowed(wanted, kind, first, last)
        if below != NOTHING or after != 0:
            edges[n, 0] = 0x5C
            edges[n, 1] = new_state(
                base, shadow, owner, place, counters, after, owners[1] if below == SOME else owners[0], node << 3 | below << 1 | 1
            )
            n += 1
    while child < end:
        b = np.int64(byte[child])
        if b >= 0x20 and b != 0x22 and b != 0x5C:
            after = np.int64(falls[fall - first_fall, b]) if fall != 0 else np.int64(0)
            below = narrowed(wanted, kind, low[child], high[child])
            to = inside(base, shadow, owner, place, counters, known_plain, known_some, owners, below, after, child)
            if to != 0:
                edges[n, 0] = b
                edges[n, 1] = to
                n += 1
        child += np.int64(size[child])
    write_edges(live, rank, base, target, counters, state, edges, n)


@jit
def spell(code, short, spelling, way):
    """Write the escape sequence number ``way`` of a code point (hex digits in lower case); return its length, 0 if there is none.

    Way 0 is the short one, way 1 ``\\uXXXX``, two of them for a surrogate pair. The backslash before is not written.
    """
    if way == 0:
        if code >= 128 or short[code] == 0:
            return 0
        spelling[0] = short[code]
        return 1
    units = 1
    unit = code
    if code >= 0x10000:
        units = 2
        unit = 0xD800 + ((code - 0x10000) >> 10)
    n = 0
    for u in range(units):
        if u == 1:
            spelling[n] = 0x5C
            n += 1
            unit = 0xDC00 + ((code - 0x10000) & 0x3FF)
        spelling[n] = 0x75
        n += 1
        for i in range(4):
            digit = (unit >> (12 - 4 * i)) & 15
            spelling[n] = digit + 0x30 if digit < 10 else digit + 0x57
            n += 1
    return n


@jit
def plant(tree, nodes, spelling, n, leaf):
    """Add an escape sequence that ends at trie node ``leaf`` to the tree of them; return its number of nodes.

    ``tree`` int32[cap, 6]: (byte, first child, next sibling, leaf or -1, depth, state), children and siblings 0 where there are none.
    """
    at = 0
    for i in range(n):
        child = tree[at, 1]
        while child != 0 and tree[child, 0] != spelling[i]:
            child = tree[child, 2]
        if child == 0:
            child = nodes
            nodes += 1
            tree[child, 0] = spelling[i]
            tree[child, 1] = 0
            tree[child, 2] = tree[at, 1]
            tree[child, 3] = -1
            tree[child, 4] = i + 1
            tree[child, 5] = 0
            tree[at, 1] = child
        at = child
    tree[at, 3] = leaf
    return nodes


@jit
def num_chars(trie, node):
    """Return how many characters may come next at a trie node."""
    _, size, _, _, _, point = trie
    n = 0
    at = node + 1
    end = node + np.int64(size[node])
    while at < end:
        if point[at] >= 0:
            n += 1
            at += np.int64(size[at])
        else:
            at += 1
    return n


@jit
def grow_escapes(trie, wanted, falls, first_fall, lexicon, owners, known_plain, known_some, short, state, edges, tree, spelling, counters):
    """Give a state after a backslash, and all within the escape sequences that begin there, their edges."""
    _, size, low, high, _, point = trie
    live, rank, base, target, _, shadow, owner, place = lexicon
    node = np.int64(place[state]) >> 3
    kind = (np.int64(place[state]) >> 1) & 3
    for i in range(1, 6):
        tree[0, i] = 0
    tree[0, 3] = -1
    tree[0, 5] = state
    nodes = 1
    at = node + 1
    end = node + np.int64(size[node])
    while at < end:
        if point[at] < 0:
            at += 1
            continue
        if shadow[state] != 0 or expected(wanted, kind, low[at], high[at]) > 0:
            for way in range(2):
                n = spell(np.int64(point[at]), short, spelling, way)
                if n > 0:
                    nodes = plant(tree, nodes, spelling, n, at)
        at += np.int64(size[at])
    for k in range(nodes):
        here = np.int64(tree[k, 5])
        if here == 0:
            continue
        fall = np.int64(shadow[here])
        n = 0
        child = np.int64(tree[k, 1])
        while child != 0:
            b = np.int64(tree[child, 0])
            after = np.int64(falls[fall - first_fall, b]) if fall != 0 else np.int64(0)
            leaf = np.int64(tree[child, 3])
            if leaf >= 0:
                below = narrowed(wanted, kind, low[leaf], high[leaf])
                to = inside(base, shadow, owner, place, counters, known_plain, known_some, owners, below, after, leaf)
            else:
                to = new_state(base, shadow, owner, place, counters, after, owners[0], node << 3 | 1)
                tree[child, 5] = to
            if to != 0:
                edges[n, 0] = b
                edges[n, 1] = to
                n += 1
                if tree[child, 4] % 6 > 1 and b >= 0x61:  # a hex digit: in upper case too
                    edges[n, 0] = b - 0x20
                    edges[n, 1] = to
                    n += 1
            child = np.int64(tree[child, 2])
        write_edges(live, rank, base, target, counters, here, edges, n)


@jit
def grow_keys(
    trie, wanted, falls, first_fall, lexicon, owners, known_plain, known_some, accepts, closed, short, state, enough, edges, tree, counters
):
    """Give ``state`` its edges, and then those that come of it, until there are ``enough`` lexer states.

    Parameters
    ----------
    trie : (byte, size, low, high, ends, point)
        Of `key_trie`.
    wanted : int32[keys + 1]
        Number of expected keys among the first k, for states of class `SOME`.
    falls, first_fall : int32[states, 256], int
        Where the terminal of undeclared keys goes from lexer state ``first_fall + i``; 0 is dead.
    lexicon : (live, rank, base, target, accept, shadow, owner, place)
    owners : int32[2]
        What ``owner`` is to be for states whose class is not `SOME`, and for those of the set ``wanted``.
    known_plain, known_some : int32[2, 2, nodes], int32[2, nodes]
        States there are, by (whether they fall, class), for the classes `ALL` and `NOTHING` and for `SOME` of this set.
    accepts, closed : int32[keys] each
        Accept id of every key, and the state behind its closing quote (0: not made yet).
    short : uint8[128]
        Letters of short escapes by code point, 0 where there is none.
    state, enough : int
    edges, tree : int32[room, 2], int32[room, 6]
        Scratch.
    counters : int64[5]
        Number of lexer states, of targets, and the next state to look at; out: room needed for states and targets, for `NO_ROOM`.

    Returns
    -------
    int
        GROWN, or NO_ROOM: call again with more room.
    """
    _, size, _, _, _, _ = trie
    base, target, place = lexicon[2], lexicon[3], lexicon[7]
    spelling = edges[edges.shape[0] - 16 :, 0]
    here = np.int64(state)
    while True:
        if base[here] < 0:
            node = np.int64(place[here]) >> 3
            escape = np.int64(place[here]) & 1
            if escape == 1:
                room = PER_CHAR * num_chars(trie, node) + 2
            else:
                room = min(np.int64(size[node]), np.int64(256)) + 4
            if (
                counters[0] + room > base.shape[0]
                or counters[1] + 2 * room > target.shape[0]
                or room > tree.shape[0]
                or 2 * room + 16 > edges.shape[0]
            ):
                counters[3] = room
                return NO_ROOM
            if escape == 1:
                grow_escapes(
                    trie, wanted, falls, first_fall, lexicon, owners, known_plain, known_some, short, here, edges, tree, spelling, counters
                )
            else:
                grow_place(
                    trie, wanted, falls, first_fall, lexicon, owners, known_plain, known_some, accepts, closed, here, edges, counters
                )
        if counters[2] >= counters[0] or counters[0] >= enough:
            return GROWN
        here = counters[2]
        counters[2] = here + 1
