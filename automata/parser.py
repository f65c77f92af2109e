"""Hash-consed parser sets over a pushdown program: predict, scan, complete.

An *item* is ``(rule state, continuation)``. A *continuation* is a hash-consed set of ``(rule state after the reference,
continuation)``: what to do when the current rule ends. It is no position in the text and no set, so ``[`` and ``,`` have the same
future and a flat list of any length loops in a handful of sets. A *set* is keyed by its live items (those that can scan) and its
accepting bit; ``(set, labels) -> set`` is computed once, then looked up. This is Earley's algorithm (1970) with a graph-structured
stack that forgets positions, read as a lazily built deterministic automaton over lexemes.

Three rules keep sets small and finite:

* *Tail calls are spliced*: where the state after a reference is final and has no edges, the callee inherits the caller's continuation,
  so right recursion closes in one set.
* *All predictors of a rule in one set share its continuation.* They are gathered in topological order of the left-corner graph.
* *Left recursion* makes continuations cyclic. Those of a strongly connected left-corner component are named by the component and its
  entries from outside; their contents (the entries plus the component's own left edges) follow from that name.

Everything is iterative; nothing here recurses on the program's depth.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from maskwright.errors import LimitExceeded

from .growth import grown
from .lexicon import Lexicon, Reading
from .limits import Limits
from .program import DFATerminal, Judgement, Program, Scan, ScanTable, Stretch, Terminal

#: the pseudo rule state behind the root rule: reaching it accepts
ACCEPT = -1
#: the continuation of the root rule
ROOT = 0
#: the dead set
DEAD_SET = 0
#: items after one lexeme from which on `Parser.go_ahead` closes them, and sets up to which it goes
WIDE = 64
AHEAD = 32
#: entries of the kernels' table of scans to begin with
FIRST_SCANS = 512
#: states of a terminal's automaton up to which what follows its lexeme is computed with what leads to it
BRIEF = 4

Item = tuple[int, int]
Target = int | Judgement
Moves = dict[int, Any]
#: a terminal, what follows each of its labels (and of others that are not expected, see `Stretch`), and its own labels expected
ScanMoves = tuple[Reading, Moves, frozenset[int]]


class Rule(NamedTuple):
    """An expanded rule state with its labels as ids of the lexicon."""

    final: bool
    #: per terminal, each once
    scans: list[ScanMoves]
    calls: tuple[tuple[int, int], ...]
    cost: int
    #: final, and nothing can follow
    tail: bool
    #: accept id of the one lexeme expected where that has a byte or two, so that whoever gets here goes beyond it; else 0
    brief: int
    check: Callable[[bytes], bool] | None
    remembers: bool
    opens: Callable[[bytes], int | None] | None


class Shape(NamedTuple):
    """What the rule states of a set's items determine by themselves, whatever their continuations.

    Attributes
    ----------
    first, num_starts : int
        The shape's rows of `Parser.start_pairs`: (offset of the set, lexer state, lo, hi). Offset 0 is the set itself, k its k-th *view*.
    views : list of dict[int, sequence]
        Label id -> (position of an item, rule state after it) each, or just the rule states where there is one item (and then perhaps of
        labels that are not expected, see `Stretch`); entry 0 for the set itself. Two terminals that may report the same label (two
        declared-key tries that fall into one string) each get a view with their own moves only, or a key declared by the one would pass
        as undeclared by way of the other.
    checks : bool
        Some rule state has a check or opens.
    """

    first: int
    num_starts: int
    views: list[Moves]
    checks: bool


class ParserSet(NamedTuple):
    """A set of items, closed under prediction and completion, or a view of one.

    Attributes
    ----------
    kernel : collection of (rule state, continuation)
        What the set was closed from; joins of sets start from here.
    accepting : bool
        The text so far is a sentence.
    items : tuple of (rule state, continuation)
        The live items, sorted.
    moves : dict[int, sequence]
        The view's entry of `Shape.views`.
    checks : bool
        Some item has a check or opens: which items are there depends on the text.
    remembers : bool
        Some item, or what it continues with, stands for something read.
    """

    kernel: Collection[Item]
    accepting: bool
    items: tuple[Item, ...]
    moves: Moves
    checks: bool
    remembers: bool


class Parser:
    """Sets and continuations of one constraint. Writers hold the constraint's lock and the vocabulary's."""

    def __init__(self, program: Program, lexicon: Lexicon, limits: Limits):
        self.program = program
        self.lexicon = lexicon
        self.limits = limits
        self._rules: dict[int, Rule] = {}
        #: by identity: (the table, its terminal, what follows each label met so far)
        self._scan_tables: dict[int, tuple[ScanTable, Reading, Moves]] = {}
        self._components: dict[int, tuple[int, tuple[int, ...]]] = {}
        self._num_components = 0
        self._continuations: dict[Hashable, int] = {}
        self.contents: list[frozenset[Item]] = [frozenset({(ACCEPT, ROOT)})]
        #: of a left-recursive component's continuations: what entered it from outside, and the continuation of each of its rules
        self._entered: dict[int, tuple[dict[int, set[Item]], dict[int, int]]] = {}
        self._continuation_cost: list[int] = [0]
        self._continuation_remembers: list[bool] = [False]
        #: by (live items, accepting)
        self._sets: dict[tuple[tuple[Item, ...], bool], int] = {((), False): DEAD_SET}
        self._closures: dict[frozenset[Item], int] = {}
        #: the same for kernels of one item
        self._closed: dict[Item, int] = {}
        self.sets: list[ParserSet] = [ParserSet((), False, (), {}, False, False)]
        #: by rule states
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._joins: dict[frozenset[int], int] = {}
        self._scans: dict[tuple[int, int], int] = {}
        self._textual: set[tuple[int, int]] = set()
        #: the set that `label_cost` was last asked of, and what it said by label
        self._label_costs: tuple[int, dict[int, int | None]] = (DEAD_SET, {})
        self.scan_keys = np.full(FIRST_SCANS, -1, np.int64)
        self.scan_sets = np.zeros(FIRST_SCANS, np.int32)
        #: the same arrays for writing single entries
        self._table = (self.scan_keys.data, self.scan_sets.data)
        self.start_first = np.zeros(64, np.int32)
        self.start_count = np.zeros(64, np.int32)
        self.start_pairs = np.zeros((64, 4), np.int32)
        self._num_starts = 0
        #: first row of `start_pairs` by what the rows hold
        self._rows_of: dict[tuple[tuple[int, int, int, int], ...], int] = {}
        self.start = self._checked(self._close_item((program.start, ROOT)), b"")

    # rules ---------------------------------------------------------------------------------------------------------------------

    def rule(self, state: int) -> Rule:
        """Return the expanded rule state ``state``."""
        found = self._rules.get(state)
        if found is None:
            if len(self._rules) >= self.limits.states:
                self.limits.check("states", len(self._rules) + 1)
            found = self._rules[state] = self._expand(state)
        return found

    def _expand(self, state: int) -> Rule:
        final, edges, calls, cost, check, remembers, opens = self.program.expand(state)
        brief = 0
        if isinstance(edges, Stretch):
            scans = [self._stretched(edges)]
            if edges.more:
                scans = _merged(scans + self._grouped(edges.more))
        else:
            scans = self._grouped(edges)
            if len(edges) == 1 and not calls and _is_brief(edges[0].terminal):
                brief = self.lexicon.accept_id(tuple(scans[0][1]))
        return Rule(
            final,
            scans,
            calls if type(calls) is tuple else tuple(calls),
            cost,
            final and not edges and not calls,
            brief,
            check,
            remembers or check is not None or opens is not None,
            opens,
        )

    def _stretched(self, edges: Stretch) -> ScanMoves:
        """Return a stretch with what follows every known label of its table, in a dictionary that all stretches share."""
        table = edges.table
        known = self._scan_tables.get(id(table))
        if known is None:
            known = self._scan_tables[id(table)] = (table, self.lexicon.reading(table.terminal), {})
        _, reading, after = known
        if len(after) < table.last - table.first:
            ids = reading.ids
            for label, target in zip(table.labels[table.first : table.last], table.targets[table.first : table.last]):
                if target is not None:
                    after[ids[label]] = (target,)
        return reading, after, frozenset(table.labels[edges.first : edges.last])

    def _grouped(self, edges: Sequence[Scan]) -> list[ScanMoves]:
        """Return scans by terminal."""
        scans: list[ScanMoves] = []
        at, end = 0, len(edges)
        while at < end:  # scans of one terminal mostly stand together
            terminal = edges[at][0]
            reading = self.lexicon.reading(terminal)
            ids = reading.ids
            after: dict[int, tuple[Target, ...]] = {}
            labels: list[int] = []
            while at < end and edges[at][0] is terminal:
                _, label, target = edges[at]
                labels.append(label)
                label_id = ids[label]
                after[label_id] = (*after[label_id], target) if label_id in after else (target,)
                at += 1
            scans.append((reading, after, frozenset(labels)))
        return _merged(scans) if len(scans) > 1 and len({scan[0] for scan in scans}) < len(scans) else scans

    def _component(self, rule: int) -> tuple[int, tuple[int, ...]]:
        """Return (rank, members) of the left-corner component of ``rule``; members are empty unless it is left-recursive.

        Ranks are topological: a rule's left corners outside its component rank lower. Tarjan (1972), on demand, iterative.
        """
        found = self._components.get(rule)
        if found is not None:
            return found
        if not self.rule(rule).calls:
            found = self._components[rule] = (self._num_components, ())
            self._num_components += 1
            return found
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        path: list[int] = []
        on_path: set[int] = set()
        work = [(rule, iter(self.rule(rule).calls))]
        index[rule] = low[rule] = 0
        path.append(rule)
        on_path.add(rule)
        while work:
            node, calls = work[-1]
            for callee, _ in calls:
                if callee in self._components:
                    continue
                if callee not in index:
                    index[callee] = low[callee] = len(index)
                    path.append(callee)
                    on_path.add(callee)
                    work.append((callee, iter(self.rule(callee).calls)))
                    break
                if callee in on_path:
                    low[node] = min(low[node], index[callee])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = []
                    while True:
                        member = path.pop()
                        on_path.discard(member)
                        members.append(member)
                        if member == node:
                            break
                    recursive = len(members) > 1 or any(callee == node for callee, _ in self.rule(node).calls)
                    rank = self._num_components
                    self._num_components += 1
                    for member in members:
                        self._components[member] = (rank, tuple(members) if recursive else ())
        return self._components[rule]

    # continuations -------------------------------------------------------------------------------------------------------------

    def _continuation(self, contents: frozenset[Item]) -> int:
        found = self._continuations.get(contents)
        if found is None:
            if len(self.contents) >= self.limits.states:
                self.limits.check("states", len(self.contents) + 1)
            cost = min([self._item_cost(state, parent) for state, parent in contents])
            remembers = self.program.remembers and any(self._item_remembers(state, parent) for state, parent in contents)
            found = self._continuations[contents] = len(self.contents)
            self.contents.append(contents)
            self._continuation_cost.append(cost)
            self._continuation_remembers.append(remembers)
        return found

    def _item_remembers(self, state: int, continuation: int) -> bool:
        """Whether the item or what it continues with stands for something read."""
        return state != ACCEPT and (self.rule(state).remembers or self._continuation_remembers[continuation])

    def _item_cost(self, state: int, continuation: int) -> int:
        """Least bytes from the item to acceptance."""
        return 0 if state == ACCEPT else self.rule(state).cost + self._continuation_cost[continuation]

    def _recursive_continuations(self, members: tuple[int, ...], entries: dict[int, set[Item]]) -> dict[int, int]:
        """Return the continuation of every rule of a left-recursive component entered by ``entries`` (rule -> items after it)."""
        outside = frozenset((rule, frozenset(items)) for rule, items in entries.items())
        reached = list(entries)
        for rule in reached:  # grows while it is walked
            reached.extend({callee for callee, _ in self.rule(rule).calls if callee in members and callee not in reached})
        names = {rule: (rule, outside) for rule in reached}
        if names[reached[0]] in self._continuations:
            return {rule: self._continuations[name] for rule, name in names.items()}
        same = self._same_component(entries)
        if same is not None:
            return {rule: same[rule] for rule in reached}
        self.limits.check("states", len(self.contents) + len(reached))
        for rule in reached:  # what may raise comes before what is kept
            for _, target in self.rule(rule).calls:
                self.rule(target)
        ids = {}
        for rule in reached:
            ids[rule] = self._continuations[names[rule]] = len(self.contents)
            self._entered[ids[rule]] = ({entered: set(items) for entered, items in entries.items()}, ids)
            self.contents.append(frozenset())
            self._continuation_cost.append(2**40)
            self._continuation_remembers.append(False)
        contents = {rule: set(entries.get(rule, ())) for rule in reached}
        tails: list[tuple[int, int]] = []
        for rule in reached:
            for callee, target in self.rule(rule).calls:
                if callee in ids:
                    if self.rule(target).tail:
                        tails.append((callee, rule))
                    else:
                        contents[callee].add((target, ids[rule]))
        changed = True
        while changed:
            changed = False
            for callee, rule in tails:
                before = len(contents[callee])
                contents[callee] |= contents[rule]
                changed |= len(contents[callee]) != before
        for rule in reached:
            self.contents[ids[rule]] = frozenset(contents[rule])
        changed = True
        while changed:  # shortest ways out of the cycle
            changed = False
            for rule in reached:
                cost = min(self._item_cost(*item) for item in contents[rule])
                remembers = any(self._item_remembers(*item) for item in contents[rule])
                if cost < self._continuation_cost[ids[rule]] or remembers > self._continuation_remembers[ids[rule]]:
                    self._continuation_cost[ids[rule]] = cost
                    self._continuation_remembers[ids[rule]] = remembers
                    changed = True
        return ids

    def _same_component(self, entries: dict[int, set[Item]]) -> dict[int, int] | None:
        """Return continuations made before of a left-recursive component that these entries come to as well, None if there are none.

        Continuations K are the least solution of K = outside + own edges of K, so entries with ``outside <= entries <= K`` have the same
        one. The operand after the operator of ``e: e "+" e`` goes on as the one before it, and n operators make no more sets than two.
        """
        for _, continuation in next(iter(entries.values())):
            outside, ids = self._entered.get(continuation, (None, None))
            if outside is None or ids is None or not outside.keys() <= entries.keys() <= ids.keys():
                continue
            if all(outside.get(rule, set()) <= items <= self.contents[ids[rule]] for rule, items in entries.items()):
                return ids
        return None

    # sets ----------------------------------------------------------------------------------------------------------------------

    def closure(self, kernel: frozenset[Item]) -> int:
        """Return the id of the set that ``kernel`` closes to."""
        if len(kernel) == 1:
            (item,) = kernel
            return self._close_item(item)
        found = self._closures.get(kernel)
        if found is None:
            found = self._closures[kernel] = self._close(kernel)
        return found

    def go_ahead(self) -> None:
        """Close what many items of the sets there are lead to, and so on, as where hundreds of branches begin alike.

        Each takes milliseconds. It is done with the first mask, so that no later one has to wait, for `AHEAD` of them at most: further
        ones may never come. Where a limit is met it is left to the mask that needs it.
        """
        here, left = 0, AHEAD
        while here < min(len(self.sets), AHEAD):
            for label, targets in self.sets[here].moves.items():
                if len(targets) < WIDE:
                    continue
                kernel = frozenset(self.after(here, label))
                if any(isinstance(target, Judgement) for target, _ in kernel):
                    continue
                if left == 0:
                    return
                left -= 1
                try:
                    for _, state, _, _ in self.starts(self.closure(kernel)):  # type: ignore[arg-type]
                        self.lexicon.expand(state)
                        for target in set(self.lexicon.own_edges(state).values()) - {0}:
                            self.lexicon.expand(target)
                except LimitExceeded:
                    return
            here += 1

    def _close(self, kernel: frozenset[Item]) -> int:
        rule_of = self.rule
        accepting = False
        seen = set(kernel)
        stack = list(kernel)
        live: list[Item] = []
        entries: dict[int, set[Item]] = {}
        agenda: list[int] = []
        by_rank: dict[int, list[int]] = {}

        def predict(calls: Iterable[tuple[int, int]], continuation: int) -> None:
            for rule, target in calls:
                after = entries.get(rule)
                if after is None:
                    after = entries[rule] = set()
                    rank = self._component(rule)[0]
                    heapq.heappush(agenda, -rank)
                    by_rank.setdefault(rank, []).append(rule)
                if rule_of(target).tail:
                    after |= self.contents[continuation]
                else:
                    after.add((target, continuation))

        while stack:  # COMPLETE: an item whose rule may end continues as its continuation says
            state, continuation = stack.pop()
            if state == ACCEPT:
                accepting = True
                continue
            rule = rule_of(state)
            if rule.final:
                for item in self.contents[continuation]:
                    if item not in seen:
                        seen.add(item)
                        stack.append(item)
            if rule.scans or rule.opens:
                live.append((state, continuation))
            if rule.calls:
                predict(rule.calls, continuation)
        done: set[int] = set()
        while agenda:  # PREDICT, callers before callees
            rank = -heapq.heappop(agenda)
            if rank in done:
                continue
            done.add(rank)
            group = by_rank[rank]
            members = self._component(group[0])[1]
            if members:
                continuations = self._recursive_continuations(members, {callee: entries[callee] for callee in group})
            else:
                continuations = {callee: self._continuation(frozenset(entries[callee])) for callee in group}
            for callee, continuation in continuations.items():
                start = rule_of(callee)
                if start.scans or start.opens:
                    live.append((callee, continuation))
                predict(((called, target) for called, target in start.calls if called not in members), continuation)
        return self._intern(kernel, tuple(sorted(live)), accepting)

    def _close_item(self, item: Item) -> int:
        """Return the id of the set that one item closes to, the short way if it expects one lexeme or one rule, or ends."""
        found = self._closed.get(item)
        if found is not None:
            return found
        state, continuation = item
        rule = self.rule(state) if state != ACCEPT else None
        if rule is None or (rule.final and (rule.opens or not rule.tail)) or len(rule.calls) > 1:
            found = self._close(frozenset((item,)))
        elif rule.tail:
            found = self.closure(self.contents[continuation])
        elif not rule.calls:
            found = self._intern((item,), (item,) if rule.scans or rule.opens else (), False)
        else:
            callee, target = rule.calls[0]
            start = self.rule(callee)
            if start.calls or not (start.scans or start.opens):
                found = self._close(frozenset((item,)))
            else:
                contents = self.contents[continuation] if self.rule(target).tail else frozenset(((target, continuation),))
                live = (callee, self._continuation(contents))
                if rule.scans or rule.opens:
                    found = self._intern((item,), (live, item) if live < item else (item, live), False)
                else:
                    found = self._intern((item,), (live,), False)
        self._closed[item] = found
        return found

    def _intern(self, kernel: Collection[Item], items: tuple[Item, ...], accepting: bool) -> int:
        """Return the set of live ``items``, sorted."""
        key = (items, accepting)
        found = self._sets.get(key)
        if found is not None:
            return found
        sets = self.sets
        if len(sets) >= self.limits.states:
            self.limits.check("states", len(sets) + 1)
        states = tuple([item[0] for item in items])
        shape = self._shapes.get(states)
        if shape is None:
            shape = self._shapes[states] = self._new_shape(states)
        found = self._sets[key] = len(sets)
        remembers = self.program.remembers and any(self._item_remembers(*item) for item in items)
        first, num_starts, views, checks = shape
        sets.append(ParserSet(kernel, accepting, items, views[0], checks, remembers))
        if len(views) > 1:
            sets += [ParserSet(kernel, False, items, moves, checks, remembers) for moves in views[1:]]
        if len(sets) > len(self.start_first):
            self.start_first = grown(self.start_first, len(sets))
            self.start_count = grown(self.start_count, len(sets))
        self.start_first[found] = first
        self.start_count[found] = num_starts
        return found

    def _new_shape(self, states: tuple[int, ...]) -> Shape:
        checks = any((rule := self.rule(state)).check or rule.opens for state in states)
        if len(states) == 1:
            return self._shape_of(self.rule(states[0]).scans, checks)
        by_terminal: dict[Reading, tuple[Moves, set[int]]] = {}
        for position, state in enumerate(states):
            for terminal, moves, expected in self.rule(state).scans:
                joined = by_terminal.get(terminal)
                if joined is None:
                    joined = by_terminal[terminal] = ({}, set())
                after, labels = joined
                labels |= expected
                if len(moves) > len(expected):  # a stretch of a table: another item may read the labels that this one does not
                    wanted = {terminal.ids[label] for label in expected}
                    moves = {label: targets for label, targets in moves.items() if label in wanted}
                for label, targets in moves.items():
                    after.setdefault(label, []).extend([(position, target) for target in targets])
        scans = [(terminal, after, frozenset(labels)) for terminal, (after, labels) in by_terminal.items()]
        return self._shape_of(scans, checks)

    def _shape_of(self, scans: list[ScanMoves], checks: bool) -> Shape:
        rivals = _rivals(scans) if len(scans) > 1 else ()
        views: list[Moves] = [{}]
        starts = []
        for number, (reading, after, expected) in enumerate(scans):
            view = 0
            if number in rivals:
                view = len(views)
                views.append(after)
            else:
                views[0] = {**views[0], **after} if views[0] else after  # mostly there is one terminal, of many labels maybe
            starts.append((view, *self.lexicon.start(reading, expected)))
        key = tuple(starts)
        first = self._rows_of.get(key)
        if first is None:
            first = self._rows_of[key] = self._start_rows(starts)
        return Shape(first, len(starts), views, checks)

    def _start_rows(self, starts: list[tuple[int, int, int, int]]) -> int:
        """Enter ``starts`` in `start_pairs`; return the first of their rows."""
        first = self._num_starts
        self._num_starts += len(starts)
        self.start_pairs = grown(self.start_pairs, self._num_starts)
        for row, pair in enumerate(starts, first):
            self.start_pairs[row] = pair
        return first

    def starts(self, parser_set: int) -> list[tuple[int, int, int, int]]:
        """Return the pairs (set or view, lexer state, lo, hi) that begin the next lexeme."""
        first = int(self.start_first[parser_set])
        rows = self.start_pairs[first : first + int(self.start_count[parser_set])].tolist()
        return [(parser_set + offset, state, lo, hi) for offset, state, lo, hi in rows]

    def after(self, parser_set: int, label: int) -> list[tuple[Target, int]]:
        """Return the items after ``parser_set`` (or view) scans ``label``, not closed, targets not judged."""
        found = self.sets[parser_set]
        moves = found.moves.get(label)
        if moves is None:
            return []
        items = found.items
        if len(items) == 1:
            continuation = items[0][1]
            return [(target, continuation) for target in moves]
        return [(target, items[position][1]) for position, target in moves]

    def label_cost(self, parser_set: int, label: int) -> int | None:
        """Return the least bytes to acceptance once ``label`` is scanned, which a lexeme begun there has; None if nothing follows."""
        asked, known = self._label_costs
        if asked != parser_set:  # along a key the same hundred labels are asked for at every byte
            known = {}
            self._label_costs = (parser_set, known)
        if label not in known:
            costs = [
                target.cost + self._continuation_cost[continuation]
                if isinstance(target, Judgement)
                else self._item_cost(target, continuation)
                for target, continuation in self.after(parser_set, label)
            ]
            known[label] = min(costs, default=None)
        return known[label]

    def scan(self, parser_set: int, accept: int, text: bytes = b"") -> int:
        """Return the set after ``parser_set`` reads a lexeme, begun there, with the labels of accept id ``accept``.

        `DEAD_SET` if nothing follows any of them.
        ``text`` is what programs that remember judge by: the bytes up to the lexeme's end. An answer that depends on it is not kept, and
        never published to the kernels.
        """
        found = self.textless_scan(parser_set, accept)
        if found is not None:
            return found
        kernel = {
            (target(text) if isinstance(target, Judgement) else target, continuation)
            for target, continuation in self._after_any(parser_set, accept)
        }
        return self._checked(self.closure(frozenset(kernel)), text)

    def textless_scan(self, parser_set: int, accept: int) -> int | None:
        """Return what `scan` returns whatever the text, None if that depends on it."""
        key = (parser_set, accept)
        found = self._scans.get(key)
        if found is not None or key in self._textual:
            return found
        found = self._new_scan(key)
        if found:
            items = self.sets[found].items
            if len(items) == 1:  # a colon, say: no walk stops before it, so it had better not stop at it
                brief = self._rules[items[0][0]].brief
                if brief and (found, brief) not in self._scans and (found, brief) not in self._textual:
                    self._new_scan((found, brief))
        return found

    def _new_scan(self, key: tuple[int, int]) -> int | None:
        """As `textless_scan`, for what has not been asked before."""
        parser_set, accept = key
        found: int | None = None
        items = self._after_any(parser_set, accept)
        if len(items) == 1:
            (item,) = items
            if isinstance(item[0], int):
                found = self._close_item(item)  # type: ignore[arg-type]
        elif not items:
            found = DEAD_SET
        elif not (self.program.remembers and any(isinstance(target, Judgement) for target, _ in items)):
            found = self.closure(frozenset(items))  # type: ignore[arg-type]
        if found is None or self.sets[found].checks:
            self._textual.add(key)
            return None
        self._scans[key] = found
        if 2 * len(self._scans) > len(self.scan_keys):
            self._lengthen()
        else:
            _insert(*self._table, key, found)
        return found

    def _after_any(self, parser_set: int, accept: int) -> Collection[tuple[Target, int]]:
        labels = self.lexicon.accept_labels[accept]
        if len(labels) == 1:
            return self.after(parser_set, labels[0])
        return {item for label in labels for item in self.after(parser_set, label)}

    def _checked(self, parser_set: int, text: bytes) -> int:
        """Return ``parser_set`` without the items whose check fails on ``text``, and with what open ones come to."""
        found = self.sets[parser_set]
        if not found.checks:
            return parser_set
        kept: list[Item] = []
        work = list(found.items)
        seen = set(work)
        for state, continuation in work:  # grows while it is walked
            rule = self.rule(state)
            if rule.check is not None and not rule.check(text):
                continue
            if rule.opens is None:
                kept.append((state, continuation))
                continue
            opened = rule.opens(text)
            if opened is not None:
                inner = [item for item in self.sets[self._close_item((opened, continuation))].items if item not in seen]
                seen.update(inner)
                work.extend(inner)
        if kept == list(found.items):
            return parser_set
        kernel = frozenset([*kept, (ACCEPT, ROOT)] if found.accepting else kept)
        return self._intern(kernel, tuple(sorted(kept)), found.accepting)

    def join(self, sets: frozenset[int]) -> int:
        """Return the set of all items of ``sets``: where several splits of the text scan at the same byte, one set goes on."""
        if len(sets) == 1:
            return next(iter(sets))
        found = self._joins.get(sets)
        if found is None:
            found = self._joins[sets] = self.closure(frozenset().union(*(self.sets[s].kernel for s in sets)))
        return found

    def _lengthen(self) -> None:
        """Double the kernels' table of scans, which is at most half full."""
        keys = np.full(2 * len(self.scan_keys), -1, np.int64)
        sets = np.zeros(len(keys), np.int32)
        table = (keys.data, sets.data)
        for entry, value in self._scans.items():
            _insert(*table, entry, value)
        self.scan_keys, self.scan_sets, self._table = keys, sets, table

    def kernel_arrays(self) -> tuple[np.ndarray, ...]:
        """Return (scan_keys, scan_sets, start_first, start_count, start_pairs), the kernels' view."""
        return (self.scan_keys, self.scan_sets, self.start_first, self.start_count, self.start_pairs)


def _is_brief(terminal: Terminal) -> bool:
    return isinstance(terminal, DFATerminal) and terminal.dfa.num_states <= BRIEF


def _merged(scans: list[ScanMoves]) -> list[ScanMoves]:
    """Return the scans of a rule state with equal terminals joined."""
    found: dict[Reading, ScanMoves] = {}
    for terminal, after, labels in scans:
        before = found.get(terminal)
        if before is not None:
            joined = dict(before[1])
            for label, targets in after.items():
                joined[label] = (*joined.get(label, ()), *targets)
            after, labels = joined, before[2] | labels
        found[terminal] = (terminal, after, labels)
    return list(found.values())


def _rivals(scans: list[ScanMoves]) -> set[int]:
    """Return the positions of the terminals that share a label with another terminal."""
    owner: dict[int, int] = {}
    rivals: set[int] = set()
    for number, (_, moves, _) in enumerate(scans):
        for label in moves:
            other = owner.setdefault(label, number)
            if other != number:
                rivals |= {number, other}
    return rivals


def _insert(keys: memoryview, sets: memoryview, key: tuple[int, int], value: int) -> None:
    """Enter one scan; views, because reading an entry of an array takes twice as long."""
    parser_set, accept = key
    mask = len(keys) - 1
    slot = (parser_set * 73856093 + accept * 19349663) & mask
    packed = parser_set << 32 | accept
    while keys[slot] != -1 and keys[slot] != packed:
        slot = (slot + 1) & mask
    sets[slot] = value
    keys[slot] = packed
