"""Free text until a trigger: one terminal for all triggers, shared by whoever has the same ones.

The lexeme is any text (valid UTF-8) up to and including the *first* trigger in it: of those that occur, the one that begins
earliest, and of those that begin there the longest. Its label says which. A text without any trigger carries the label `FreeText.plain`.

The automaton is Aho and Corasick's (1975) over the bytes of the triggers, times the eight states of UTF-8. When a trigger ends, a
longer one may still be under way that began no later (``<a`` of ``<a`` and ``<ab``; ``bc`` in ``abc`` of ``bc`` and ``abcd``). The
lexeme then accepts and goes on at once, which the engine carries side by side; what comes after the shorter one must not begin with
what would make the longer one. So a label is a trigger together with the strings that must not follow (`Fire.not_before`), nearly
always none.

Special tokens (marks) are one symbol each, however many bytes spell them: no other trigger begins inside of one. They appear only
where they are named: once one is read, a trigger that has it must come to its end.

Refused: a lazily matched regular expression ``.*?trigger`` per tag. It would walk the vocabulary once per tag, and 400 tools have
400 tags but one trigger.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from maskwright.automata.alphabet import BYTES, Alphabet
from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal
from maskwright.automata.vocabulary import MARK

#: bytes of a mark
_MARK_BYTES = 4
#: in UTF-8, for every state: the ranges of bytes it takes and the states they lead to
_UTF8 = (
    ((0x00, 0x7F, 0), (0xC2, 0xDF, 1), (0xE0, 0xE0, 4), (0xE1, 0xEC, 2), (0xED, 0xED, 5), (0xEE, 0xEF, 2), (0xF0, 0xF0, 6), (0xF1, 0xF3, 3),
     (0xF4, 0xF4, 7)),
    ((0x80, 0xBF, 0),),
    ((0x80, 0xBF, 1),),
    ((0x80, 0xBF, 2),),
    ((0xA0, 0xBF, 1),),
    ((0x80, 0x9F, 1),),
    ((0x90, 0xBF, 2),),
    ((0x80, 0x8F, 2),),
)  # fmt: skip


class Fire(NamedTuple):
    """What a label stands for.

    Attributes
    ----------
    trigger : int
        Index of the trigger that ends the free text.
    not_before : tuple of bytes
        What follows must not begin with any of these: they would make an earlier or longer trigger.
    """

    trigger: int
    not_before: tuple[bytes, ...]


class FreeText(NamedTuple):
    """The terminal of free text until one of some triggers.

    Attributes
    ----------
    terminal : DFATerminal
    fires : tuple of Fire
        By label.
    plain : int
        The label of texts without a trigger.
    """

    terminal: DFATerminal
    fires: tuple[Fire, ...]
    plain: int


class _Node(NamedTuple):
    """A prefix of triggers; symbols are bytes, and whole marks."""

    children: dict[bytes, int]
    depth: int


class _Matcher:
    """Aho and Corasick's automaton; ``ends[n]`` is the trigger that node n spells, or -1."""

    def __init__(self, triggers: tuple[bytes, ...]):
        self.nodes = [_Node({}, 0)]
        self.ends = [-1]
        self.fails = [0]
        for index, trigger in enumerate(triggers):
            node = 0
            for symbol in symbols(trigger):
                after = self.nodes[node].children.get(symbol)
                if after is None:
                    after = self.nodes[node].children[symbol] = len(self.nodes)
                    self.nodes.append(_Node({}, self.nodes[node].depth + 1))
                    self.ends.append(-1)
                    self.fails.append(0)
                node = after
            self.ends[node] = index
        order = [0]
        for node in order:  # breadth first: a node's failure is shallower
            for symbol, after in self.nodes[node].children.items():
                order.append(after)
                if node:
                    self.fails[after] = self.step(self.fails[node], symbol)

    def step(self, node: int, symbol: bytes) -> int:
        """Return the node of the longest suffix of ``node`` and ``symbol`` that is a prefix of a trigger."""
        while True:
            after = self.nodes[node].children.get(symbol)
            if after is not None:
                return after
            if not node:
                return 0
            node = self.fails[node]

    def fired(self, node: int) -> tuple[int, int, frozenset[int]] | None:
        """Return the trigger that ends at ``node``, its length, and the nodes of those under way that would come before it."""
        pending = []
        while node:
            if self.nodes[node].children:
                pending.append(node)
            if self.ends[node] >= 0:
                return self.ends[node], self.nodes[node].depth, frozenset(pending)
            node = self.fails[node]
        return None

    def rests(self, node: int) -> list[bytes]:
        """Return the strings that lead from ``node`` to the end of a trigger."""
        found = []
        work = [(after, symbol) for symbol, after in self.nodes[node].children.items()]
        while work:
            here, text = work.pop()
            if self.ends[here] >= 0:
                found.append(text)
            else:
                work += [(after, text + symbol) for symbol, after in self.nodes[here].children.items()]
        return found


def symbols(text: bytes) -> list[bytes]:
    """Cut a text into bytes and marks."""
    found, at = [], 0
    while at < len(text):
        length = _MARK_BYTES if text[at : at + 1] == MARK else 1
        found.append(text[at : at + length])
        at += length
    return found


@lru_cache(maxsize=64)
def free_text(triggers: tuple[bytes, ...], excluded: tuple[bytes, ...] = ()) -> FreeText:
    """Return the terminal of free text until one of ``triggers``.

    Parameters
    ----------
    triggers : tuple of bytes
        Distinct, not empty; UTF-8, or marks (see `Vocabulary.mark`).
    excluded : tuple of bytes
        Triggers that end the text in vain: no text has them.

    >>> found = free_text((b"<a", b"<ab"))
    >>> found.fires, found.terminal.dfa.accepts(b"x<ab"), found.terminal.dfa.accepts(b"x<a<")
    ((Fire(trigger=0, not_before=(b'b',)), Fire(trigger=1, not_before=())), True, False)
    """
    matcher = _Matcher((*triggers, *excluded))
    marks = {symbol for one in matcher.nodes for symbol in one.children if len(symbol) > 1}
    fires: dict[Fire, int] = {}
    labels_of: list[int | None] = [None, None]  # by state: None, or the label; the plain one is -1
    rows: list[dict[int, int]] = [{}, {}]
    # the start accepts nothing, and is not come back to
    numbers: dict[tuple, int] = {("start",): 1}
    work: list[tuple] = [("start",)]

    def number(key: tuple, label: int | None) -> int:
        found = numbers.get(key)
        if found is None:
            found = numbers[key] = len(rows)
            rows.append({})
            labels_of.append(label)
            work.append(key)
        return found

    def arrive(utf8: int, node: int, since: int) -> int:
        """``since``: symbols since the first special token, which the trigger must have (0: there was none)."""
        if matcher.nodes[node].depth < since:
            return 0
        fired = matcher.fired(node)
        if fired is None:
            return number(("text", utf8, node, since), -1 if utf8 == since == 0 else None)
        trigger, depth, pending = fired
        if depth < since:
            going = frozenset(one for one in pending if matcher.nodes[one].depth >= since)
            return number(("fired", -1, going), None) if going else 0
        return end(trigger, pending)

    def end(trigger: int, pending: frozenset[int]) -> int:
        if trigger >= len(triggers):
            return number(("fired", -1, pending), None) if pending else 0
        fire = Fire(trigger, tuple(sorted({rest for node in pending for rest in matcher.rests(node)})))
        return number(("fired", fires.setdefault(fire, len(fires)), pending), fires[fire])

    def spell(state: int, symbol: bytes, after: int) -> None:
        for at, byte in enumerate(symbol):
            last = at == len(symbol) - 1
            following = after if last else rows[state].get(byte) or number(("mark", state, symbol[: at + 1]), None)
            rows[state][byte] = following
            state = following

    while work:
        key = work.pop()
        state = numbers[key]
        if key[0] == "mark":
            continue
        if key[0] == "fired":
            after: dict[bytes, set[int]] = {}
            for node in key[2]:
                for symbol, child in matcher.nodes[node].children.items():
                    after.setdefault(symbol, set()).add(child)
            for symbol, moved in after.items():
                ended = [node for node in moved if matcher.ends[node] >= 0]
                first = max(ended, key=lambda node: matcher.nodes[node].depth, default=None)
                if first is None:
                    spell(state, symbol, number(("fired", -1, frozenset(node for node in moved if matcher.nodes[node].children)), None))
                else:
                    depth = matcher.nodes[first].depth
                    going = (node for node in moved if matcher.nodes[node].children and matcher.nodes[node].depth >= depth)
                    spell(state, symbol, end(matcher.ends[first], frozenset(going)))
            continue
        utf8, node, since = (0, 0, 0) if key[0] == "start" else key[1:]
        for low, high, then in _UTF8[utf8]:
            for byte in range(low, high + 1):
                rows[state][byte] = arrive(then, matcher.step(node, bytes([byte])), since + (since > 0))
        if utf8 == 0:
            for symbol in marks:
                after_mark = arrive(0, matcher.step(node, symbol), since + 1)
                if after_mark:
                    spell(state, symbol, after_mark)
    return _built(triggers, tuple(fires), rows, labels_of)


def _built(triggers: tuple[bytes, ...], fires: tuple[Fire, ...], rows: list[dict[int, int]], labels_of: list[int | None]) -> FreeText:
    columns: dict[tuple[int, ...], int] = {}
    classes = [columns.setdefault(tuple(row.get(byte, 0) for row in rows), len(columns)) for byte in range(256)]
    alphabet = Alphabet(BYTES, range(256), classes)
    table = [list(row) for row in zip(*columns)]
    plain = len(fires)
    labels = [() if label is None else (plain if label < 0 else label,) for label in labels_of]
    names = [f"text up to {shown(triggers[fire.trigger])}" for fire in fires]
    return FreeText(DFATerminal(DFA.from_rows(alphabet, table, 1, labels), [*names, "text"]), fires, plain)


def shown(text: bytes, names: Mapping[bytes, str] | None = None) -> str:
    """Return a literal as messages name it; ``names`` are those of its marks."""
    known = names or {}
    parts = [known.get(symbol, "<special token>").encode() if len(symbol) > 1 else symbol for symbol in symbols(text)]
    return repr(b"".join(parts).decode("utf-8", "replace"))


__all__ = ["Fire", "FreeText", "free_text", "shown", "symbols"]
