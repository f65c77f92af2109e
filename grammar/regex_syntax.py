"""The syntax tree of regular expressions, the same for every dialect.

Only what matters to the *language* is kept: groups are their content, lazy quantifiers are greedy ones, word boundaries and
multiline anchors are written out as lookarounds. Concatenations and choices are flat, so that ten thousand parentheses around a
letter are a letter. Every node knows in `has` which kinds of assertion it contains outside of lookaround bodies.

Trees may be deep all the same: walk them with `fold`, never by recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from maskwright.automata.charset import CharSet

#: bits of `Node.has`: assertions about the start of the text, about its end, and lookarounds
START, END, LOOK = 1, 2, 4


class Node:
    """A node of the tree."""

    __slots__ = ("has",)

    has: int

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes directly below."""
        return ()


class Chars(Node):
    """One character of a set."""

    __slots__ = ("charset",)

    def __init__(self, charset: CharSet):
        self.has = 0
        self.charset = charset


class Anchor(Node):
    """The start of the text, its end, or (``"line end"``) its end or a newline before its end."""

    __slots__ = ("where",)

    def __init__(self, where: str):
        self.has = START if where == "start" else END
        self.where = where


class Concat(Node):
    """Nodes one after another; none of them: the empty sequence."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Node, ...]):
        self.has = 0
        for item in items:
            self.has |= item.has
        self.items = items

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.items


class Alternate(Node):
    """A choice; of none: no sequence at all."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Node, ...]):
        self.has = 0
        for item in items:
            self.has |= item.has
        self.items = items

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.items


class Repeat(Node):
    """A node ``lo`` to ``hi`` times; None: without bound."""

    __slots__ = ("hi", "item", "lo")

    def __init__(self, item: Node, lo: int, hi: int | None):
        self.has = item.has
        self.item = item
        self.lo = lo
        self.hi = hi

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.item,)


class Look(Node):
    """An assertion about what follows (``ahead``) or precedes."""

    __slots__ = ("ahead", "item", "negative")

    def __init__(self, item: Node, ahead: bool, negative: bool):
        self.has = LOOK
        self.item = item
        self.ahead = ahead
        self.negative = negative

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.item,)


EPSILON = Concat(())
ANY = Chars(CharSet.ALL)


def concat(items: Iterable[Node]) -> Node:
    """Return the nodes one after another, flattened."""
    flat: list[Node] = []
    for item in items:
        if isinstance(item, Concat):
            flat += item.items
        else:
            flat.append(item)
    return flat[0] if len(flat) == 1 else Concat(tuple(flat)) if flat else EPSILON


def alternate(items: Iterable[Node]) -> Node:
    """Return the choice between nodes, flattened; single characters are united into one set."""
    flat: list[Node] = []
    sets: list[CharSet] = []
    for item in items:
        for branch in item.items if isinstance(item, Alternate) else (item,):
            if isinstance(branch, Chars):
                sets.append(branch.charset)
            else:
                flat.append(branch)
    if sets:
        flat.append(Chars(CharSet.union(sets) if len(sets) > 1 else sets[0]))
    return flat[0] if len(flat) == 1 else Alternate(tuple(flat))


def fold(root: Node, visit: Callable[[Node, list[Any]], Any]) -> Any:
    """Compute a value bottom-up: ``visit(node, values of its parts)``, parts from left to right."""
    results: list[Any] = []
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, entered = stack.pop()
        parts = node.parts
        if entered or not parts:
            values = results[len(results) - len(parts) :] if parts else []
            del results[len(results) - len(parts) :]
            results.append(visit(node, values))
        else:
            stack.append((node, True))
            stack += [(part, False) for part in reversed(parts)]
    return results[0]


def width(root: Node) -> tuple[int, int | None]:
    """Return the least and greatest number of characters a node spans (None: no bound)."""

    def visit(node: Node, values: list[Any]) -> tuple[int, int | None]:
        if isinstance(node, Chars):
            return 1, 1
        if isinstance(node, (Anchor, Look)):
            return 0, 0
        if isinstance(node, Repeat):
            lo, hi = values[0]
            return lo * node.lo, 0 if hi == 0 else None if hi is None or node.hi is None else hi * node.hi
        lows, highs = [v[0] for v in values], [v[1] for v in values]
        unbounded = None in highs
        if isinstance(node, Concat):
            return sum(lows), None if unbounded else sum(highs)
        return min(lows, default=0), None if unbounded else max(highs, default=0)

    return fold(root, visit)
