"""Named captures: which parts of a finished text the named parts of an expression have read.

A text may split in several ways. The rule is leftmost-longest: of parts one after another each reads as much as leaves the rest possible,
the first one first; of alternatives the first that reads the whole stretch is taken; a repeated part reads as much as it can each time. The
work is that of a chart: for a part and a place the set of places where it can end, each computed once, by stepping the part's own automaton
byte by byte. So it is at most quadratic in the text for each part, and only parts that have to be told apart are stepped.
"""

from __future__ import annotations

from typing import Any

from maskwright.automata.constraint import Constraint
from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OptionError

from .compose import Expression, Joined, Leaf, Named, Parts, Quoted, Repeated, United, walk


class Captures:
    """Reads the captures of an expression's texts.

    >>> from .compose import literal, regex
    >>> Captures(regex("[a-z]+").named("key") + "=" + regex("[a-z=]*").named("value")).read(b"a=b=c")
    {'key': 'a', 'value': 'b=c'}
    """

    def __init__(self, node: Expression, vocabulary: Vocabulary | None = None, limits: Limits | None = None):
        for part in walk(node):
            if isinstance(part, Quoted) and any(isinstance(inner, Named) for inner in walk(part)):
                raise OptionError("named", part, "names around a quoted part, not inside it: there the text is escaped")
        self.node = node
        self._parts = Parts(vocabulary, limits or DEFAULT_LIMITS)
        self._readers: dict[int, _Reader] = {}
        self._has_names = {id(part) for part in _post_order(node) if isinstance(part, Named)}
        for part in _post_order(node):
            if any(id(inner) in self._has_names for inner in part.parts):
                self._has_names.add(id(part))
        #: names that may be captured more than once: their value is a list
        self.lists = _lists(node)

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the captures of a sentence by name: a text, or a list of texts where the part may occur more than once.

        A part that the text has not is left out; a list may be empty.
        """
        spans: list[tuple[str, int, int]] = []
        chart = _Chart(self, data)
        if len(data) not in chart.ends(self.node, 0):
            return {}
        self._collect(self.node, 0, len(data), chart, spans)
        found: dict[str, Any] = {}
        for name, first, last in spans:
            text = data[first:last].decode("utf-8", "replace")
            if name in self.lists:
                found.setdefault(name, []).append(text)
            else:
                found[name] = text
        return found

    def reader(self, node: Expression) -> _Reader:
        """Return the stepper of a part without names."""
        found = self._readers.get(id(node))
        if found is None:
            found = self._readers[id(node)] = _Reader(self._parts, node)
        return found

    def _collect(self, node: Expression, first: int, last: int, chart: _Chart, spans: list[tuple[str, int, int]]) -> None:
        """Add the spans of the names in ``node``, which reads from ``first`` to ``last``, in the order of the text."""
        if id(node) not in self._has_names:
            return
        if isinstance(node, Named):
            spans.append((node.name, first, last))
            self._collect(node.parts[0], first, last, chart, spans)
        elif isinstance(node, Quoted):
            raise AssertionError("named parts inside quoted ones are refused when captures are made")
        elif isinstance(node, United):
            part = next(part for part in node.parts if last in chart.ends(part, first))
            self._collect(part, first, last, chart, spans)
        elif isinstance(node, Joined):
            at = first
            for index, part in enumerate(node.parts):
                end = max(end for end in chart.ends(part, at) if last in chart.rest(node, index + 1, end))
                self._collect(part, at, end, chart, spans)
                at = end
        else:
            assert isinstance(node, Repeated)
            for begin, end in chart.turns(node, first, last):
                self._collect(node.parts[0], begin, end, chart, spans)

    def is_plain(self, node: Expression) -> bool:
        """Whether a part holds no names, so that its own automaton says all there is to say."""
        return id(node) not in self._has_names


class _Reader:
    """Steps the automaton of a part byte by byte."""

    def __init__(self, parts: Parts, node: Expression):
        self.text = node.value.encode() if isinstance(node, Leaf) and node.kind == "literal" else None
        if self.text is None:
            self._constraint = Constraint(_BYTES, parts.program(node))
            self._next: dict[int, dict[int, int]] = {}

    def ends(self, data: bytes, start: int) -> frozenset[int]:
        """Return where a sentence that begins at ``start`` can end."""
        if self.text is not None:
            return frozenset({start + len(self.text)}) if data.startswith(self.text, start) else frozenset()
        states = self._constraint._states
        state, found = states.start, []
        for at in range(start, len(data) + 1):
            if states.is_accepting(state):
                found.append(at)
            if at == len(data):
                break
            row = self._next.setdefault(state, {})
            after = row.get(data[at])
            if after is None:
                with self._constraint._lock, self._constraint.vocab._lock:
                    after = row[data[at]] = states.step(state, data[at])
            if not after:
                break
            state = after
        return frozenset(found)


_BYTES = Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b""], eos_ids=[256])


class _Chart:
    """Ends of parts by where they begin, for one text."""

    def __init__(self, captures: Captures, data: bytes):
        self._captures = captures
        self._data = data
        self._ends: dict[tuple[int, int], frozenset[int]] = {}
        self._rest: dict[tuple[int, int, int], frozenset[int]] = {}

    def ends(self, node: Expression, start: int) -> frozenset[int]:
        """Return where ``node`` can end if it begins at ``start``."""
        key = (id(node), start)
        found = self._ends.get(key)
        if found is None:
            found = self._ends[key] = self._new_ends(node, start)
        return found

    def _new_ends(self, node: Expression, start: int) -> frozenset[int]:
        if self._captures.is_plain(node):
            return self._captures.reader(node).ends(self._data, start)
        if isinstance(node, Named):
            return self.ends(node.parts[0], start)
        if isinstance(node, United):
            return frozenset().union(*(self.ends(part, start) for part in node.parts))
        if isinstance(node, Joined):
            return self.rest(node, 0, start)
        assert isinstance(node, Repeated)
        return self._repeated(node, start)

    def rest(self, node: Joined, index: int, start: int) -> frozenset[int]:
        """Return where the parts of ``node`` from ``index`` on can end; computed from the last part on, so that it never goes deep."""
        todo = [(index, start)]
        while todo:
            at, begin = todo[-1]
            key = (id(node), at, begin)
            if key in self._rest:
                todo.pop()
            elif at == len(node.parts):
                self._rest[key] = frozenset({begin})
            else:
                after = self.ends(node.parts[at], begin)
                missing = [(at + 1, end) for end in after if (id(node), at + 1, end) not in self._rest]
                if missing:
                    todo += missing
                else:
                    self._rest[key] = frozenset().union(*(self._rest[id(node), at + 1, end] for end in after))
        return self._rest[id(node), index, start]

    def _repeated(self, node: Repeated, start: int) -> frozenset[int]:
        """Ends after any number of turns within the bounds."""
        part, found, level = node.parts[0], set(), {start}
        seen: list[frozenset[int]] = []
        count = 0
        while level:
            if count >= node.lo:
                found |= level
                if frozenset(level) in seen:
                    break
                seen.append(frozenset(level))
            if node.hi is not None and count == node.hi:
                break
            level = {end for at in level for end in self.ends(part, at)}
            count += 1
        return frozenset(found)

    def turns(self, node: Repeated, first: int, last: int) -> list[tuple[int, int]]:
        """Return the stretches of the turns of ``node`` from ``first`` to ``last``, each as long as leaves the rest possible."""
        part = node.parts[0]
        top = node.lo if node.hi is None else node.hi  # turns counted; without an upper bound those beyond the lower one are all alike
        levels = [{first}]
        while len(levels) <= top:
            levels.append({end for at in levels[-1] for end in self.ends(part, at)})
        if node.hi is None:
            work = list(levels[top])
            for at in work:  # grows while it is walked
                work.extend(end for end in self.ends(part, at) if end not in levels[top])
                levels[top].update(self.ends(part, at))
        good: list[set[int]] = [set() for _ in range(top + 1)]  # places after k turns from which `last` can be come to
        good[top] = {last} & levels[top]
        if node.hi is None:
            for at in sorted(levels[top], reverse=True):
                if not self.ends(part, at).isdisjoint(good[top]):
                    good[top].add(at)
        for k in range(top - 1, -1, -1):
            good[k] = {at for at in levels[k] if (at == last and k >= node.lo) or not self.ends(part, at).isdisjoint(good[k + 1])}
        out, at, k = [], first, 0
        while not (at == last and k >= node.lo):
            following = min(k + 1, top)
            end = max(self.ends(part, at) & good[following])
            out.append((at, end))
            at, k = end, following
        return out


def _post_order(node: Expression) -> list[Expression]:
    return list(reversed(list(walk(node))))


def _lists(node: Expression) -> frozenset[str]:
    """Return the names that occur more than once, or in something repeated."""
    seen: set[str] = set()
    found: set[str] = set()
    work = [(node, False)]
    while work:
        part, repeated = work.pop()
        if isinstance(part, Named):
            if repeated or part.name in seen:
                found.add(part.name)
            seen.add(part.name)
        repeated = repeated or (isinstance(part, Repeated) and part.hi != 1)
        work += [(inner, repeated) for inner in part.parts]
    return frozenset(found)


def captures_of(node: Expression, vocabulary: Vocabulary | None = None, limits: Limits | None = None) -> Captures | None:
    """Return the reader of an expression's captures, None if it names nothing."""
    return Captures(node, vocabulary, limits) if any(isinstance(part, Named) for part in walk(node)) else None


__all__ = ["Captures", "captures_of"]
