"""The minimal automaton of a transition table.

Two passes, both on plain lists (state 0 is dead, ``rows[state][class]`` a successor, ``labels[state]`` a hashable output):

1. *Peeling.* A state whose successors other than itself are all finished is identified by (output, finished successors) in one
   dictionary lookup, in the manner of a minimal acyclic automaton (Daciuk et al. 2000). Words, unrolled repeats and most
   anchored patterns end here: linear time, where partition refinement would need a round per state of a chain.
2. *Refinement* of what lies on or before a cycle: a few rounds of Moore's algorithm, which settle small automata, then
   Hopcroft's (1971) started from the partition reached, O(k n log n) whatever the depth.

Refused: numpy rounds of Moore alone. A chain of 2,000 states behind a loop takes 2,000 rounds.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from .alphabet import NONE, Alphabet

Rows = Sequence[Sequence[int]]
Labels = tuple[int, ...]

#: rounds of Moore's algorithm before Hopcroft's takes over
_MOORE_ROUNDS = 12
_SELF = -1


def _peel(rows: Rows, labels: Sequence[Hashable]) -> tuple[list[int], bool]:
    """Find representatives of the states that lie before every cycle but self-loops.

    Returns
    -------
    representative : list of int
        For peeled states an equivalent state, the state itself for all others.
    done : bool
        Whether every state was peeled.
    """
    num_states = len(rows)
    waiting = [0] * num_states
    before: list[list[int]] = [[] for _ in range(num_states)]
    ready = []
    loops = [False] * num_states
    for state in range(1, num_states):
        successors = set(rows[state])
        loops[state] = state in successors
        successors.discard(state)
        successors.discard(0)
        waiting[state] = len(successors)
        if not successors:
            ready.append(state)
        for t in successors:
            before[t].append(state)
    representative = list(range(num_states))
    lookup = representative.__getitem__
    register: dict[tuple, int] = {}
    finished = 1
    for state in ready:  # grows while it is read
        finished += 1
        if loops[state]:
            _peel_loop(state, rows[state], labels[state], representative, register)
        else:
            signature = (labels[state], tuple(map(lookup, rows[state])))
            representative[state] = register.setdefault(signature, state)
        for s in before[state]:
            waiting[s] -= 1
            if not waiting[s]:
                ready.append(s)
    return representative, finished == num_states


def _peel_loop(state: int, row: Sequence[int], label: Hashable, representative: list[int], register: dict[tuple, int]) -> None:
    """Identify a state with a loop on itself: with a successor that behaves so, or with another such state."""
    signature = tuple([_SELF if t == state else representative[t] for t in row])
    for other in set(signature):
        if other > 0 and register.get((label, tuple([other if t == _SELF else t for t in signature]))) == other:
            representative[state] = other
            return
    found = register.setdefault((label, signature), state)
    representative[state] = found
    if found == state:
        register[label, tuple([state if t == _SELF else t for t in signature])] = state


def _moore(rows: Rows, blocks: list[int], rounds: int) -> tuple[list[int], bool]:
    """Refine for at most ``rounds`` rounds; return the partition and whether it is stable."""
    count = len(set(blocks))
    for _ in range(rounds):
        lookup = blocks.__getitem__
        numbers: dict[tuple, int] = {}
        blocks = [numbers.setdefault((block, *map(lookup, row)), len(numbers)) for block, row in zip(blocks, rows)]
        if len(numbers) == count:
            return blocks, True
        count = len(numbers)
    return blocks, False


def _inverse(rows: Rows) -> list[dict[int, list[int]]]:
    """Return per class the predecessors of each state."""
    inverse: list[dict[int, list[int]]] = []
    for column in zip(*rows):
        sources: dict[int, list[int]] = {}
        for state, target in enumerate(column):
            if target in sources:
                sources[target].append(state)
            else:
                sources[target] = [state]
        inverse.append(sources)
    return inverse


def _hopcroft(rows: Rows, blocks: list[int]) -> list[int]:
    """Refine a partition to the coarsest stable one."""
    inverse = _inverse(rows)
    block_of = list(blocks)
    members: list[set[int]] = [set() for _ in range(max(blocks) + 1)]
    for state, block in enumerate(block_of):
        members[block].add(state)
    pending = set(range(len(members)))
    while pending:
        splitter = tuple(members[pending.pop()])
        for sources in inverse:
            touched: dict[int, list[int]] = {}
            for target in splitter:
                for state in sources.get(target, ()):
                    block = block_of[state]
                    if block in touched:
                        touched[block].append(state)
                    else:
                        touched[block] = [state]
            for block, hit in touched.items():
                whole = members[block]
                if len(hit) == len(whole):
                    continue
                # the smaller part gets the new number, so that a state moves at most log n times
                part = set(hit) if 2 * len(hit) <= len(whole) else whole.difference(hit)
                whole -= part
                number = len(members)
                members.append(part)
                for state in part:
                    block_of[state] = number
                pending.add(number)
    return block_of


def equivalence(rows: Rows, labels: Sequence[Hashable]) -> list[int]:
    """Return for every state the representative of its equivalence class; states are equivalent iff these are equal.

    Parameters
    ----------
    rows : sequence of sequence of int
        ``rows[0]`` is the dead state; every other state is live (else it may stay apart from the dead one).
    labels : sequence of hashable
        Output of each state.
    """
    representative, done = _peel(rows, labels)
    if done:
        return representative
    kept = [state for state, other in enumerate(representative) if state == other]
    number = {state: i for i, state in enumerate(kept)}
    compact = [[number[representative[t]] for t in rows[state]] for state in kept]
    outputs: dict[Hashable, int] = {}
    blocks = [outputs.setdefault(labels[state], len(outputs)) for state in kept]
    blocks, stable = _moore(compact, blocks, _MOORE_ROUNDS)
    if not stable:
        blocks = _hopcroft(compact, blocks)
    first: dict[int, int] = {}
    for state, block in zip(kept, blocks):
        first.setdefault(block, state)
    return [first[blocks[number[other]]] for other in representative]


def canonical(
    alphabet: Alphabet, rows: Sequence[Sequence[int]], start: int, labels: Sequence[Labels], representative: list[int]
) -> tuple[Alphabet, list[list[int]], int, list[Labels]]:
    """Merge equivalent states and classes and number them in canonical order.

    Returns
    -------
    alphabet, rows, start, labels
        States breadth first by class, classes by their first symbol: equal languages have equal results.
    """
    kept = [s for s, other in enumerate(representative) if s == other]
    columns = zip(*([representative[t] for t in rows[s]] for s in kept))
    numbers: dict[tuple[int, ...], int] = {}
    new_class = [numbers.setdefault(column, len(numbers)) for column in columns]
    first_of = [new_class.index(c) for c in range(len(numbers))]
    merged = Alphabet(alphabet.universe, alphabet._bounds, [c if c == NONE else new_class[c] for c in alphabet._classes])
    # classes of an Alphabet are numbered by first occurrence in the universe: bring the columns into that order
    order: list[int] = [0] * merged.num_classes
    for bound, c in zip(alphabet._bounds, alphabet._classes):
        if c != NONE:
            order[merged.class_of(bound)] = first_of[new_class[c]]
    number = {0: 0}
    begin = representative[start]
    queue = [begin] if begin else []
    if begin:
        number[begin] = 1
    out = [[0] * merged.num_classes]
    for state in queue:
        row = rows[state]
        new_row = []
        for c in order:
            target = representative[row[c]]
            at = number.get(target)
            if at is None:
                at = number[target] = len(queue) + 1
                queue.append(target)
            new_row.append(at)
        out.append(new_row)
    return merged, out, 1 if begin else 0, [(), *(labels[s] for s in queue)]
