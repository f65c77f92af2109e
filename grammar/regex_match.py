"""A matcher for patterns that are no regular language, or whose automaton is out of proportion.

The language of a pattern with backreferences is what *some* way through it matches: which way an engine tries first does not matter, since
groups inside lookarounds cannot be referred to from outside (`regex_parser`). So matching is a search for a path through a graph of
steps, and every configuration (step, place in the text, what groups and counters hold) is visited once: no pattern takes exponential time
for its alternatives alone, and `MAX_STEPS` bounds the rest.

What the dialects differ in: a reference to a group that took no part matches the empty text in ECMA-262 and nothing in Python; an
iteration of a quantifier forgets what the groups in it captured before (ECMA) or keeps it (Python); an iteration beyond the least number
that matches nothing is no way through (ECMA), or the last one (Python). Lookbehinds are walked from right to left, as ECMA-262 says.

Refused: Python's `re` as the matcher. It has none of ECMA's rules, and takes exponential time on ``^(a+)+\\1$``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from maskwright.automata.charset import CharSet
from maskwright.automata.limits import tick
from maskwright.errors import LimitExceeded

from .regex_parser import parse_regex
from .regex_syntax import Alternate, Anchor, Backreference, Chars, Concat, Group, Look, Node, Repeat, fold
from .regex_unicode import folded

#: configurations visited in one match, and ways from one to another
MAX_STEPS = 200_000
MAX_MOVES = 4_000_000
#: nesting of lookarounds
MAX_LOOKS = 40

_CHAR, _SPAN, _SPLIT, _OPEN, _CLOSE, _REFER, _EDGE, _LOOK, _ENTER, _LOOP, _MATCH = range(11)

#: step, place in the text, what slots hold
_Configuration = tuple[int, int, tuple]


class _Members:
    """A set of characters, asked one character at a time; answers are remembered."""

    __slots__ = ("_charset", "_known")

    def __init__(self, charset: CharSet):
        self._charset = charset
        self._known: dict[str, bool] = {}

    def __contains__(self, char: str) -> bool:
        found = self._known.get(char)
        if found is None:
            found = self._known[char] = ord(char) in self._charset
        return found


class _Attempt:
    """One text to be matched, and what may still be spent on it."""

    __slots__ = ("_runs", "moves", "steps", "text")

    def __init__(self, text: str):
        self.text = text
        self.steps = MAX_STEPS
        self.moves = MAX_MOVES
        self._runs: dict[tuple[_Members, bool], list[int]] = {}

    def run(self, members: _Members, at: int, back: bool) -> int:
        """Return how many characters in a row from a place on are in a set."""
        found = self._runs.get((members, back))
        if found is None:
            size = len(self.text)
            found = self._runs[members, back] = [0] * (size + 1)
            for i in range(1, size + 1):
                if back:
                    found[i] = found[i - 1] + 1 if self.text[i - 1] in members else 0
                else:
                    found[size - i] = found[size - i + 1] + 1 if self.text[size - i] in members else 0
        return found[at]

    def spend(self, moves: int) -> None:
        """Count one configuration and the ways that lead on from it."""
        tick()
        self.steps -= 1
        self.moves -= moves
        if self.steps < 0 or self.moves < 0:
            limit, most = ("steps", MAX_STEPS) if self.steps < 0 else ("moves", MAX_MOVES)
            raise LimitExceeded(limit, most, most + 1, hint="the pattern takes too long to decide on this string")


class Matcher:
    r"""Decides whether a text has a match of a pattern.

    Parameters
    ----------
    node : Node
        As `parse_regex` returns it.
    dialect : {"python", "ecma", "ecma-u"}
    search : bool
        The text contains a match, rather than being one.

    Examples
    --------
    >>> from maskwright.grammar.regex_parser import parse_regex
    >>> parsed = parse_regex(r"^(a|b)\1$", "ecma", references=True)
    >>> matcher = Matcher(parsed.node, parsed.dialect, search=True)
    >>> matcher.matches("bb"), matcher.matches("ab")
    (True, False)
    """

    def __init__(self, node: Node, dialect: str, search: bool):
        self._python = dialect == "python"
        self._search = search
        referred: set[int] = set()
        inside: dict[int, frozenset[int]] = {}

        def visit(part: Node, values: list[frozenset[int]]) -> frozenset[int]:
            groups = frozenset[int]().union(*values)
            if isinstance(part, Backreference):
                referred.update(part.numbers)
            elif isinstance(part, Group):
                groups |= {part.number}
            inside[id(part)] = groups
            return groups

        fold(node, visit)
        #: slots: what the referred groups captured, where they opened, then (iterations, where the last began) of loops
        self._slot = {number: i for i, number in enumerate(sorted(referred))}
        self._num_slots = 2 * len(self._slot)
        self._inside = inside
        self._steps: list[tuple] = []
        begin, end = self._step(), self._step((_MATCH,))
        self._wire(node, begin, end)
        self._begin = begin

    # -- the graph

    def _step(self, step: tuple = ()) -> int:
        self._steps.append(step)
        return len(self._steps) - 1

    def _wire(self, root: Node, begin: int, end: int) -> None:
        """Make the ways through ``root`` from one step to another."""
        stack = [(root, begin, end, False, 0)]
        while stack:
            node, at, target, back, looks = stack.pop()
            if isinstance(node, Concat):
                for item in reversed(node.items) if back else node.items:
                    following = self._step()
                    stack.append((item, at, following, back, looks))
                    at = following
                self._steps[at] = (_SPLIT, (target,))
            elif isinstance(node, Alternate):
                entries = tuple(self._step() for _ in node.items)
                self._steps[at] = (_SPLIT, entries)
                stack += [(item, entry, target, back, looks) for item, entry in zip(node.items, entries)]
            elif isinstance(node, Group):
                if node.number in self._slot:
                    inner, close = self._step(), self._step((_CLOSE, self._slot[node.number], target))
                    self._steps[at] = (_OPEN, self._slot[node.number], inner)
                    at, target = inner, close
                stack.append((node.item, at, target, back, looks))
            elif isinstance(node, Repeat) and not isinstance(node.item, Chars):
                stack.append((node.item, *self._loop(node, at, target), back, looks))
            elif isinstance(node, Look):
                if looks >= MAX_LOOKS:
                    raise LimitExceeded("nodes", MAX_LOOKS, looks + 1, hint="a pattern whose lookarounds nest less deeply")
                inner, done = self._step(), self._step((_MATCH,))
                self._steps[at] = (_LOOK, inner, node.negative, target)
                stack.append((node.item, inner, done, not node.ahead, looks + 1))
            else:
                self._steps[at] = self._leaf(node, target, back)

    def _leaf(self, node: Node, target: int, back: bool) -> tuple:
        if isinstance(node, Chars):
            return _CHAR, _Members(node.charset), target, back
        if isinstance(node, Repeat):
            assert isinstance(node.item, Chars)
            return _SPAN, _Members(node.item.charset), node.lo, node.hi, target, back
        if isinstance(node, Backreference):
            return _REFER, [self._slot[number] for number in node.numbers], node.case, target, back
        assert isinstance(node, Anchor)
        return _EDGE, node.where, target

    def _loop(self, node: Repeat, at: int, target: int) -> tuple[int, int]:
        """Make a loop; return where its body begins and ends."""
        slot = self._num_slots
        self._num_slots += 1
        body, again = self._step(), self._step()
        forgotten = () if self._python else tuple(self._slot[n] for n in self._inside[id(node.item)] if n in self._slot)
        self._steps[at] = (_ENTER, slot, again)
        self._steps[again] = (_LOOP, slot, node.lo, node.hi, body, target, forgotten)
        return body, again

    # -- the search

    def matches(self, text: str) -> bool:
        """Return whether ``text`` has a match.

        Raises
        ------
        LimitExceeded
            After `MAX_STEPS` configurations, or `MAX_MOVES` ways from one to another.
        """
        slots = (None,) * self._num_slots
        begins = range(len(text) + 1) if self._search else (0,)
        return self._reaches([(self._begin, at, slots) for at in reversed(begins)], _Attempt(text), not self._search)

    def _reaches(self, stack: list[_Configuration], attempt: _Attempt, whole: bool) -> bool:
        """Return whether some way from the configurations comes to a match (with ``whole``: at the end of the text)."""
        steps = self._steps
        seen = set(stack)
        while stack:
            number, at, slots = stack.pop()
            step = steps[number]
            if step[0] == _MATCH:
                if not whole or at == len(attempt.text):
                    return True
                continue
            moves = 0
            for found in self._moves(step, at, slots, attempt):
                moves += 1
                if found not in seen:
                    seen.add(found)
                    stack.append(found)
            attempt.spend(moves)
        return False

    def _moves(self, step: tuple, at: int, slots: tuple, attempt: _Attempt) -> Iterator[_Configuration]:
        kind, text = step[0], attempt.text
        if kind == _CHAR:
            _, members, target, back = step
            here = at - 1 if back else at
            if 0 <= here < len(text) and text[here] in members:
                yield target, here if back else at + 1, slots
        elif kind == _SPAN:
            yield from self._spans(step, at, slots, attempt)
        elif kind == _SPLIT:
            for target in reversed(step[1]):
                yield target, at, slots
        elif kind == _LOOP:
            yield from self._iterations(step, at, slots)
        elif kind == _ENTER:
            yield step[2], at, _with(slots, step[1], (0, None))
        elif kind == _OPEN:
            yield step[2], at, _with(slots, step[1] + len(self._slot), at)
        elif kind == _CLOSE:
            opened = slots[step[1] + len(self._slot)]
            captured = text[min(opened, at) : max(opened, at)]
            yield step[2], at, _with(_with(slots, step[1], captured), step[1] + len(self._slot), None)
        elif kind == _REFER:
            yield from self._references(step, at, slots, text)
        elif kind == _EDGE:
            if at == (0 if step[1] == "start" else len(text)) or (step[1] == "line end" and text[at:] == "\n"):
                yield step[2], at, slots
        elif self._reaches([(step[1], at, slots)], attempt, False) != step[2]:
            yield step[3], at, slots

    def _spans(self, step: tuple, at: int, slots: tuple, attempt: _Attempt) -> Iterator[_Configuration]:
        """Repeat one set of characters."""
        _, members, lo, hi, target, back = step
        most = attempt.run(members, at, back)
        for count in range(lo, (most if hi is None else min(hi, most)) + 1):
            yield target, at - count if back else at + count, slots

    def _iterations(self, step: tuple, at: int, slots: tuple) -> Iterator[_Configuration]:
        _, slot, lo, hi, body, target, forgotten = step
        count, began = slots[slot]
        stuck = began == at
        least = count <= lo  # what has just been done, if anything, was one of the least number of iterations
        if stuck and not least and not self._python:
            return
        if (hi is None or count < hi) and not (stuck and self._python and count >= lo):
            entered = _with(slots, slot, (count + 1 if hi is not None else min(count + 1, lo + 1), at))
            for captured in forgotten:
                entered = _with(entered, captured, None)
            yield body, at, entered
        if count >= lo or stuck:  # stuck: the iterations still needed may match nothing as well
            yield target, at, _with(slots, slot, None)

    def _references(self, step: tuple, at: int, slots: tuple, text: str) -> Iterator[_Configuration]:
        _, numbers, case, target, back = step
        captured = next((slots[i] for i in numbers if slots[i] is not None), None)
        if captured is None:
            if self._python:
                return
            captured = ""
        lo, hi = (at - len(captured), at) if back else (at, at + len(captured))
        if lo < 0 or hi > len(text):
            return
        given = text[lo:hi]
        if given == captured or (case is not None and all(folded(a, case) == folded(b, case) for a, b in zip(given, captured))):
            yield target, lo if back else hi, slots


def _with(slots: tuple, index: int, value: Any) -> tuple:
    return (*slots[:index], value, *slots[index + 1 :])


@lru_cache(maxsize=512)
def matcher(pattern: str, dialect: str, flags: str | int = "", search: bool = False) -> Matcher:
    """Return the matcher of a pattern; remembered."""
    parsed = parse_regex(pattern, dialect, flags, references=True)
    return Matcher(parsed.node, parsed.dialect, search)
