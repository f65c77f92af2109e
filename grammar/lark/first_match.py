r"""Scanners as automata: where `re` ends the first match of a list of patterns, and what that asks of the text after it.

Python's ``re.match`` of ``A|B|...`` takes the first way through the alternation that succeeds, not the longest match: choices are
tried in order, lazy quantifiers stop early. A state here is the *ordered* list of threads (place in the patterns, conditions pending)
that a backtracking matcher would still try, best first; threads after one that has matched are cut (Pike's construction, as in RE2).
A match that ends in a state is the one `re` reports iff every thread *before* it fails on the text that follows: the lexeme's
*obligation*, a regular language of rests. So the texts that a scanner cuts into lexemes are those that can be cut so that every rest meets
the obligations of the lexemes before it, and no lookahead is left to guess.

    ``<`` beside ``<=``: obligation "does not go on with =";   a name: "goes on with no letter";   ``"[^"]*"``: none

Lookaheads are conditions that a thread carries until they are decided (kept as states of automata over the rest); lookbehinds
read a window kept beside the state, and are refused where they would look before the lexeme.

Refused: the longest match over an unordered automaton. It is wrong for ``a|ab``, for ``.*?`` and for terminals of different priority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from maskwright.automata.alphabet import CHARS, from_sets, refine
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DEFAULT_MAX_STATES, DFA
from maskwright.automata.limits import DEFAULT_LIMITS, Limits, tick
from maskwright.errors import LimitExceeded, UnsupportedFeatureError

from ..regex import look_language
from ..regex_syntax import Alternate, Anchor, Chars, Concat, Look, Node, Repeat, width
from ..restricted import universal_states

_CHAR, _SPLIT, _MATCH, _WON, _AHEAD, _BEHIND, _AGAIN = range(7)

#: (place, conditions pending): each condition is (number of its automaton, state)
Pending = frozenset[tuple[int, int]]
Thread = tuple[int, Pending]
_NONE: Pending = frozenset()


class Pattern(NamedTuple):
    """One alternative of a scanner.

    Attributes
    ----------
    label : int
        What its matches are called.
    node : Node
        Parsed with ``ordered=True``.
    name : str
        For messages.
    """

    label: int
    node: Node
    name: str


class _State(NamedTuple):
    threads: tuple[Thread, ...]
    behind: tuple[int, ...]
    read: int


class FirstMatch:
    """The automaton of a scanner; see the module.

    Parameters
    ----------
    patterns : sequence of Pattern
        In the order in which they are tried.
    words : sequence of (label, charsets)
        Whole lexemes to be called otherwise: the first word that a lexeme matches renames it, if ``renames[pattern's label]`` has it.
    renames : mapping of label to set of labels
    limits : Limits
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        words: Sequence[tuple[int, tuple[CharSet, ...]]] = (),
        renames: dict[int, frozenset[int]] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ):
        self._limits = limits
        self._max_states = DEFAULT_MAX_STATES
        self._names: dict[int, str] = {pattern.label: pattern.name for pattern in patterns}
        self._ops: list[tuple] = []
        self._sets: dict[CharSet, int] = {}
        self._conditions: list[DFA] = []
        self._lookbehinds: list[DFA] = []
        self._window = 0
        self._words = words
        self._renames = renames or {}
        self._won = self._place()  # where a match waits for its conditions: if they hold, a lexeme that ends later ends too late
        self._ops[self._won] = (_WON,)
        self._starts: list[int] = []
        self._owner: list[int] = [-1]
        for pattern in patterns:
            self._name = pattern.name
            start, end = self._place(), self._place()
            self._ops[end] = (_MATCH, pattern.label)
            self._wire(pattern.node, start, end)
            self._starts.append(start)
            self._owner += [pattern.label] * (len(self._ops) - len(self._owner))
        self._prepare_alphabet()
        self._closures: dict[tuple, tuple[Thread, ...]] = {}
        behind = tuple(dfa.start for dfa in self._lookbehinds)
        self.start = _State(self._close(tuple((place, _NONE) for place in self._starts), behind, 0), behind, 0)

    # -- places

    def _place(self) -> int:
        self._ops.append((_SPLIT, ()))
        self._limits.check("nodes", len(self._ops))
        return len(self._ops) - 1

    def _wire(self, root: Node, begin: int, end: int) -> None:
        """Wire the ways through ``root``, best first."""
        stack = [(root, begin, end)]
        while stack:
            node, at, target = stack.pop()
            if isinstance(node, Chars):
                number = self._sets.setdefault(node.charset, len(self._sets))
                self._ops[at] = (_CHAR, number, target)
            elif isinstance(node, Concat):
                for item in node.items:
                    following = self._place()
                    stack.append((item, at, following))
                    at = following
                self._ops[at] = (_SPLIT, (target,))
            elif isinstance(node, Alternate):
                entries = tuple(self._place() for _ in node.items)
                self._ops[at] = (_SPLIT, entries)
                stack += [(item, entry, target) for item, entry in zip(node.items, entries)]
            elif isinstance(node, Repeat):
                stack += self._wire_repeat(node, at, target)
            else:
                assert isinstance(node, (Look, Anchor))
                self._ops[at] = (*self._condition(node), target)

    def _wire_repeat(self, node: Repeat, at: int, target: int) -> list[tuple[Node, int, int]]:
        copies = []
        empties = width(node.item)[0] == 0
        for _ in range(node.lo):
            following = self._place()
            copies.append((node.item, at, following))
            at = following
        rounds = 1 if node.hi is None else node.hi - node.lo
        for _ in range(rounds):
            body = self._place()
            self._ops[at] = (_SPLIT, (target, body) if node.lazy else (body, target))
            after = at if node.hi is None else self._place()
            end = after
            if empties:  # a round that reads nothing is the last one
                end = self._place()
                self._ops[end] = (_AGAIN, at, after, target)
            copies.append((node.item, body, end))
            at = after
        if node.hi is not None:
            self._ops[at] = (_SPLIT, (target,))
        return copies

    def _condition(self, node: Look | Anchor) -> tuple[int, int]:
        if isinstance(node, Anchor):
            if node.where == "start":
                raise UnsupportedFeatureError(
                    "^", pointer=self._name, reason="a terminal that asks for the start of the whole text", hint="leave it out, or use (?m)"
                )
            texts = [""] if node.where == "end" else ["", "\n"]
            self._conditions.append(DFA.from_strings(texts))
            return _AHEAD, len(self._conditions) - 1
        dfa = look_language(node, self._max_states)
        if node.ahead:
            self._conditions.append(dfa)
            return _AHEAD, len(self._conditions) - 1
        self._lookbehinds.append(dfa)
        self._window = max(self._window, width(node.item)[1] or 0)
        return _BEHIND, len(self._lookbehinds) - 1

    def _prepare_alphabet(self) -> None:
        for _, charsets in self._words:
            for charset in charsets:
                self._sets.setdefault(charset, len(self._sets))
        own, owners = from_sets(CHARS, list(self._sets))
        automata = [*self._conditions, *self._lookbehinds]
        self.alphabet, old = refine(own, *(dfa.alphabet for dfa in automata))
        self._classes: list[list[int]] = [[] for _ in self._sets]
        self._members = [0] * len(self._sets)
        for fine, coarse in enumerate(old[0]):
            inside = owners[coarse]
            while inside:
                bit = inside & -inside
                number = bit.bit_length() - 1
                self._classes[number].append(fine)
                self._members[number] |= 1 << fine
                inside ^= bit
        split = len(self._conditions)
        self._condition_classes = old[1 : 1 + split]
        self._behind_classes = old[1 + split :]
        self._universal = [universal_states(dfa) for dfa in self._conditions]
        self._spelled = [(label, [self._members[self._sets[c]] for c in charsets]) for label, charsets in self._words]

    # -- threads

    def _close(self, entries: tuple[Thread, ...], behind: tuple[int, ...], read: int) -> tuple[Thread, ...]:
        """Follow everything but characters, best first; cut what comes after a match without conditions."""
        key = (entries, behind, read)
        found = self._closures.get(key)
        if found is None:
            found = self._closures[key] = self._closed(entries, behind, read)
        return found

    def _closed(self, entries: tuple[Thread, ...], behind: tuple[int, ...], read: int) -> tuple[Thread, ...]:
        out: list[Thread] = []
        seen: dict[int, list[Pending]] = {}
        stack: list[tuple[int, Pending, frozenset[int]]] = [(place, pending, frozenset()) for place, pending in reversed(entries)]
        while stack:
            place, pending, passed = stack.pop()
            met = seen.setdefault(place, [])
            if any(earlier <= pending for earlier in met):
                continue
            met.append(pending)
            op = self._ops[place]
            kind = op[0]
            if kind == _CHAR:
                out.append((place, pending))
            elif kind == _SPLIT:
                passed = passed | {place} if len(op[1]) > 1 else passed
                stack += [(to, pending, passed) for to in reversed(op[1])]
            elif kind in (_MATCH, _WON):
                out.append((place, pending))
                if not pending:
                    break
            elif kind == _AGAIN:
                met.pop()  # whether it loops depends on the way here
                stack.append((op[3] if op[1] in passed else op[2], pending, passed))
            elif kind == _AHEAD:
                number, target = op[1:]
                state = self._conditions[number].start
                if state and not self._universal[number][state]:
                    pending = pending | {(number, state)}
                if state:
                    stack.append((target, pending, passed))
            else:
                number, target = op[1:]
                if read < self._window:
                    self._refuse_lookbehind()
                if self._lookbehinds[number].labels[behind[number]]:
                    stack.append((target, pending, passed))
        while out and self._ops[out[-1][0]][0] == _WON:
            out.pop()
        return tuple(out)

    def _refuse_lookbehind(self) -> None:
        raise UnsupportedFeatureError(
            "lookbehind at the start of a terminal",
            pointer=self._name,
            reason="what it asks for lies before the lexeme",
            hint="\\b and (?<...) are read where the terminal itself has read enough characters",
        )

    def _pending_after(self, pending: Pending, c: int) -> Pending | None:
        """Move conditions over one character; None if one of them fails."""
        moved = set()
        for number, state in pending:
            after = self._conditions[number].rows[state][self._condition_classes[number][c]]
            if not after:
                return None
            if not self._universal[number][after]:
                moved.add((number, after))
        return frozenset(moved)

    def _holds_at_end(self, pending: Pending) -> bool:
        return all(self._conditions[number].labels[state] for number, state in pending)

    def live_classes(self, threads: Sequence[Thread]) -> int:
        """Return the bitset of classes that some thread reads."""
        live = 0
        for place, _ in threads:
            op = self._ops[place]
            if op[0] == _CHAR:
                live |= self._members[op[1]]
        return live

    def _moved(self, threads: Sequence[Thread], c: int) -> tuple[Thread, ...]:
        moved = []
        for place, pending in threads:
            op = self._ops[place]
            if op[0] != _CHAR or self._members[op[1]] >> c & 1:
                after = self._pending_after(pending, c) if pending else pending
                if after is not None:
                    moved.append((op[2] if op[0] == _CHAR else self._won, after))
        return tuple(moved)

    def _beside(self, behind: tuple[int, ...], read: int, c: int) -> tuple[tuple[int, ...], int]:
        if not behind:
            return behind, 0
        after = tuple(
            dfa.rows[state][classes[c]] if state else 0 for dfa, state, classes in zip(self._lookbehinds, behind, self._behind_classes)
        )
        return after, min(read + 1, self._window)

    def step(self, state: _State, c: int) -> _State:
        """Return the state after a character of class ``c``."""
        behind, read = self._beside(state.behind, state.read, c)
        return _State(self._close(self._moved(state.threads, c), behind, read), behind, read)

    # -- obligations

    def _obligation(self, state: _State, index: int, rest: Callable[[DFA], int]) -> int:
        """Return the rests under which the match that is thread ``index`` of ``state`` is the one reported."""
        higher, own = state.threads[:index], state.threads[index][1]
        if not higher and not own:
            return 0
        key = (higher, own, state.behind, state.read)
        found = self._obligations.get(key)
        if found is None:
            found = self._obligations[key] = rest(self._rest(higher, own, state.behind, state.read))
        return found

    def _rest(self, higher: tuple[Thread, ...], own: Pending, behind: tuple[int, ...], read: int) -> DFA:
        """Build the automaton of the rests on which ``own`` holds and no thread of ``higher`` matches."""
        num_classes = self.alphabet.num_classes

        def settled(threads: tuple[Thread, ...], failing: frozenset[Pending]) -> tuple | None:
            """Take matches out of ``threads``: their conditions must fail from here on; None if one has none."""
            left = []
            for place, pending in threads:
                if self._ops[place][0] in (_MATCH, _WON):
                    if not pending:
                        return None
                    failing = failing | {pending}
                else:
                    left.append((place, pending))
            return tuple(left), failing

        begun = settled(higher, frozenset())
        if begun is None:
            return DFA.empty()
        first = (*begun, own, behind, read)
        numbers = {first: 1}
        keys = [first]
        rows: list[list[int]] = [[0] * num_classes]
        labels: list[tuple[int, ...]] = [()]
        for threads, failing, held, past, count in keys:  # grows while it is walked
            good = self._holds_at_end(held) and not any(self._holds_at_end(pending) for pending in failing)
            labels.append((0,) if good else ())
            row = [0] * num_classes
            rows.append(row)
            for c in range(num_classes):
                held_after = self._pending_after(held, c) if held else held
                if held_after is None:
                    continue
                failing_after = frozenset(after for p in failing if (after := self._pending_after(p, c)) is not None)
                if frozenset() in failing_after:
                    continue
                beside, counted = self._beside(past, count, c)
                moved = settled(self._close(self._moved(threads, c), beside, counted), failing_after)
                if moved is None:
                    continue
                key = (*moved, held_after, beside, counted) if moved[0] else (*moved, held_after, (), 0)
                if key not in numbers:
                    numbers[key] = len(keys) + 1
                    keys.append(key)
                    self._check(len(keys))
                row[c] = numbers[key]
        return DFA.from_rows(self.alphabet, rows, 1, labels)

    def _check(self, count: int) -> None:
        tick()
        if count > self._max_states:
            names = ", ".join(list(self._names.values())[:3])
            hint = "the automaton of these terminals is too large: simplify their patterns"
            raise LimitExceeded("states", self._max_states, count, path=names, hint=hint)

    # -- automata

    def automaton(self, rest: Callable[[DFA], int]) -> tuple[DFA, dict[int, tuple[int, int]]]:
        """Return the automaton of all lexemes, and what its labels stand for.

        Parameters
        ----------
        rest : callable
            Numbers a language of rests; 0 is "any rest", negative "none".

        Returns
        -------
        dfa : DFA
            Over characters.
        meaning : dict of int to (label, rest)
            A label of the automaton: which pattern (or word), under which obligation.
        """
        self._obligations: dict[tuple, int] = {}
        start = (self.start, 0, tuple(range(len(self._spelled))))
        numbers = {start: 1}
        keys = [start]
        rows: list[list[int]] = [[0] * self.alphabet.num_classes]
        labels: list[tuple[int, ...]] = [()]
        codes: dict[tuple[int, int], int] = {}
        for state, length, words in keys:  # grows while it is walked
            labels.append(self._accepted(state, length, words, rest, codes))
            row = [0] * self.alphabet.num_classes
            rows.append(row)
            live = self.live_classes(state.threads)
            while live:
                bit = live & -live
                live ^= bit
                c = bit.bit_length() - 1
                after = self.step(state, c)
                if not after.threads:
                    continue
                spelled = tuple(w for w in words if length < len(self._spelled[w][1]) and self._spelled[w][1][length] >> c & 1)
                key = (after, length + 1 if spelled else 0, spelled)
                if key not in numbers:
                    numbers[key] = len(keys) + 1
                    keys.append(key)
                    self._check(len(keys))
                row[c] = numbers[key]
        return DFA.from_rows(self.alphabet, rows, 1, labels), {code: pair for pair, code in codes.items()}

    def _accepted(
        self, state: _State, length: int, words: tuple[int, ...], rest: Callable[[DFA], int], codes: dict[tuple[int, int], int]
    ) -> tuple[int, ...]:
        if state == self.start:
            return ()
        found = set()
        for index, (place, _) in enumerate(state.threads):
            op = self._ops[place]
            if op[0] != _MATCH:
                continue
            obligation = self._obligation(state, index, rest)
            if obligation < 0:
                continue
            label = op[1]
            renamed = self._renames.get(label, frozenset())
            for w in words:
                name, spelling = self._spelled[w]
                if len(spelling) == length and name in renamed:
                    label = name
                    break
            found.add(codes.setdefault((label, obligation), len(codes)))
        return tuple(sorted(found))

    def walk_unordered(self) -> Iterator[tuple[frozenset[int], frozenset[int]]]:
        """Yield, for every text that some pattern can begin with, the patterns that match it and those that do or can still do.

        All threads are kept, whatever their order. Only for patterns without assertions.
        """
        label_of = self._owner

        def closed(places: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
            chars, matched, seen, stack = set(), set(), set(places), list(places)
            while stack:
                op = self._ops[place := stack.pop()]
                if op[0] == _CHAR:
                    chars.add(place)
                elif op[0] == _MATCH:
                    matched.add(op[1])
                else:
                    for to in op[1] if op[0] == _SPLIT else op[2:]:
                        if to not in seen:
                            seen.add(to)
                            stack.append(to)
            return frozenset(chars), frozenset(matched)

        first = closed(frozenset(self._starts))
        known = {first}
        work = [first]
        while work:
            chars, matched = work.pop()
            yield matched, frozenset(label_of[place] for place in chars) | matched
            targets: dict[int, set[int]] = {}
            for place in chars:
                op = self._ops[place]
                for c in self._classes[op[1]]:
                    targets.setdefault(c, set()).add(op[2])
            for places in {frozenset(found) for found in targets.values()}:
                after = closed(places)
                if after not in known:
                    known.add(after)
                    tick()
                    self._limits.check("states", len(known))
                    work.append(after)

    def decides_late(self) -> bool:
        """Whether some match depends on a lookahead beyond its end. (After `automaton`.)"""
        return any(own for _, own, _, _ in self._obligations)
