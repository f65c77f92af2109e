"""The syntax tree of regular expressions, the same for every dialect.

Only what matters to the *language* is kept: groups are their content, word boundaries and multiline anchors are written out as
lookarounds. Which of several matches comes first (the order of a choice, lazy quantifiers) is kept where a parser is asked for it
(``ordered``), for scanners. Concatenations and choices are flat, so that ten thousand parentheses around a letter are a letter; only
patterns that refer back keep their groups. Every node knows in `has` which kinds of assertion it contains outside of lookaround bodies,
and whether it has groups or references anywhere.

Trees may be deep all the same: walk them with `fold`, never by recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from maskwright.automata.charset import CharSet
from maskwright.automata.positions import Side

#: bits of `Node.has`: anchors at the start of the text and at its end, Python's ``$`` (which sets `END` too), lookarounds of one
#: character, wider lookarounds, groups and references to them
START, END, LINE_END, NEAR, LOOK, REFERENCE = 1, 2, 4, 8, 16, 32


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
        self.has = START if where == "start" else END if where == "end" else END | LINE_END
        self.where = where


class Several(Node):
    """What `Concat` and `Alternate` have in common."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Node, ...]):
        self.has = 0
        for item in items:
            self.has |= item.has
        self.items = items

    @property
    def parts(self) -> tuple[Node, ...]:
        return self.items


class Concat(Several):
    """Nodes one after another; none of them: the empty sequence."""

    __slots__ = ()


class Alternate(Several):
    """A choice; of none: no sequence at all."""

    __slots__ = ()


class Repeat(Node):
    """A node ``lo`` to ``hi`` times; None: without bound. ``lazy``: fewer times come first."""

    __slots__ = ("hi", "item", "lazy", "lo")

    def __init__(self, item: Node, lo: int, hi: int | None, lazy: bool = False):
        self.has = item.has
        self.item = item
        self.lo = lo
        self.hi = hi
        self.lazy = lazy

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.item,)


class Look(Node):
    """An assertion about what follows (``ahead``) or precedes."""

    __slots__ = ("ahead", "item", "near", "negative")

    #: what may stand next to it, if the assertion is about one character
    near: Side | None

    def __init__(self, item: Node, ahead: bool, negative: bool):
        self.near = _side(item, ahead)
        if self.near is not None and negative:
            self.near = Side(~self.near.charset, not self.near.edge)
        self.has = (LOOK if self.near is None else NEAR) | (item.has & REFERENCE)
        self.item = item
        self.ahead = ahead
        self.negative = negative

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.item,)


class Group(Node):
    """A capturing group; kept only in patterns that refer back to groups."""

    __slots__ = ("item", "number")

    def __init__(self, item: Node, number: int):
        self.has = item.has | REFERENCE
        self.item = item
        self.number = number

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.item,)


class Backreference(Node):
    """What a group matched, once more; of several ``numbers`` (alternatives may share a name), the one that took part.

    Attributes
    ----------
    case : str or None
        The equivalence of characters under flag i (`regex_unicode.ignoring_case`), None without it.
    """

    __slots__ = ("case", "numbers")

    def __init__(self, numbers: tuple[int, ...], case: str | None):
        self.has = REFERENCE
        self.numbers = numbers
        self.case = case


def _side(item: Node, ahead: bool) -> Side | None:
    """Return the neighbours that satisfy a lookaround with this body, None if it looks farther than one character."""
    if isinstance(item, Chars):
        return Side(item.charset, False)
    if isinstance(item, Anchor) and item.where == ("end" if ahead else "start"):
        return Side(CharSet.NONE, True)
    if isinstance(item, Alternate) and all(isinstance(part, (Chars, Anchor)) for part in item.items):
        sides = [_side(part, ahead) for part in item.items]
        known = [side for side in sides if side is not None]
        if len(known) == len(sides):
            return Side(CharSet.union(side.charset for side in known), any(side.edge for side in known))
    return None


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


def alternate(items: Iterable[Node], ordered: bool = False) -> Node:
    """Return the choice between nodes, flattened; single characters are united into one set, if ``ordered`` only neighbours."""
    flat: list[Node] = []
    sets: list[CharSet] = []
    for item in items:
        for branch in item.items if isinstance(item, Alternate) else (item,):
            if ordered and isinstance(branch, Chars):
                if flat and isinstance(flat[-1], Chars):
                    flat[-1] = Chars(flat[-1].charset | branch.charset)
                else:
                    flat.append(branch)
                continue
            if isinstance(branch, Chars):
                sets.append(branch.charset)
            else:
                flat.append(branch)
    if sets:
        flat.append(Chars(CharSet.union(sets) if len(sets) > 1 else sets[0]))
    return flat[0] if len(flat) == 1 else Alternate(tuple(flat))


def fold(root: Node, visit: Callable[[Node, list[Any]], Any], leaf: type[Node] | tuple = ()) -> Any:
    """Compute a value bottom-up: ``visit(node, values of its parts)``, parts from left to right; not below nodes of type ``leaf``."""
    results: list[Any] = []
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, entered = stack.pop()
        parts = () if isinstance(node, leaf) else node.parts
        if entered or not parts:
            values = results[len(results) - len(parts) :] if parts else []
            del results[len(results) - len(parts) :]
            results.append(visit(node, values))
        else:
            stack.append((node, True))
            stack += [(part, False) for part in reversed(parts)]
    return results[0]


def with_parts(node: Node, parts: Sequence[Node]) -> Node:
    """Return the node of the same kind over other parts, as many as it has; a node without parts as it is."""
    if isinstance(node, Several):
        return type(node)(tuple(parts))
    if isinstance(node, Repeat):
        return Repeat(parts[0], node.lo, node.hi, node.lazy)
    if isinstance(node, Look):
        return Look(parts[0], node.ahead, node.negative)
    return Group(parts[0], node.number) if isinstance(node, Group) else node


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
        if isinstance(node, Group):
            return values[0]
        if isinstance(node, Backreference):
            return 0, None
        return min(lows, default=0), None if unbounded else max(highs, default=0)

    return fold(root, visit)
