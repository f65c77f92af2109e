r"""Atomic groups and possessive quantifiers as lookaheads.

``(?>R)`` takes the first way through R that matches and never another one. Where R's choices can be told apart by what comes next, that
is a condition on the text, and the group is R with lookaheads in it, which match the same texts at the same places:

    (?>A|B)   is   A'|(?!A)B'                        R' being (?>R)
    X*+       is   X'*(?!X)            (at least 0 or 1 times, or X has one length)
    X{m,n}+   is   X'{m,n-1}(?!X)|X'{n}
    (?>XY)    is   XY'                 if X can match in one way only

One way only: a fixed length; one character again and again before one of others; what ``*+`` has left; with groups that are referred to,
what leaves no choice of what they hold. Everything else (``(?>[ab]*b)``) is refused by name: the way taken then depends on how a
search inside the group ends.
"""

from __future__ import annotations

from typing import Any

from .regex_syntax import (
    EPSILON,
    REFERENCE,
    Alternate,
    Anchor,
    Backreference,
    Chars,
    Concat,
    Group,
    Look,
    Node,
    Repeat,
    alternate,
    concat,
    fold,
    width,
    with_parts,
)


def atomic(root: Node) -> Node | None:
    """Return what ``(?>root)`` is, None if it is none of these. Alternatives must be in the order in which they are tried."""

    def visit(node: Node, forms: list[Any]) -> Node | None:
        if isinstance(node, (Chars, Anchor, Look, Backreference)):
            return node
        if isinstance(node, Group):
            return None if forms[0] is None else Group(forms[0], node.number)
        if isinstance(node, Concat):
            return _sequence(node, forms)
        if isinstance(node, Alternate):
            return None if None in forms else _first_of(node.items, forms)
        assert isinstance(node, Repeat)
        return _repeat(node, forms[0])

    return fold(root, visit, Look)


def _sequence(node: Concat, forms: list[Node | None]) -> Node | None:
    if not node.items:
        return EPSILON
    items, last = node.items, len(node.items) - 1
    if forms[last] is None or not all(_is_certain(items, i) for i in range(last)):
        return None
    return concat([*items[:last], forms[last]])  # type: ignore[list-item]


def _is_certain(items: tuple[Node, ...], i: int) -> bool:
    """Whether item ``i`` can match in one way only before the next one."""
    item, following = items[i], items[i + 1]
    if item.has & REFERENCE:
        while isinstance(item, Group):
            item = item.item
        if item.has & REFERENCE:
            return _leaves_no_choice(item)
    least, most = width(item)
    if least == most:
        return True
    if not isinstance(item, Repeat):
        return False
    if isinstance(following, Look) and following.negative and following.ahead and following.item is item.item:
        return _has_one_length(item.item) and item.hi is None
    return isinstance(item.item, Chars) and isinstance(following, Chars) and not item.item.charset & following.charset


def _leaves_no_choice(root: Node) -> bool:
    """Whether a text is read in one way only, so that its groups hold the same whichever way is taken."""

    def visit(node: Node, values: list[bool]) -> bool:
        if not node.has & REFERENCE:
            return _has_one_length(node)
        if isinstance(node, Alternate):
            return all(values) and not any(_may_meet(a, b) for i, a in enumerate(node.items) for b in node.items[:i])
        return all(values) and not (isinstance(node, Repeat) and node.lo != node.hi)

    return fold(root, visit, Look)


def _bare(root: Node) -> Node | None:
    """Return a node without its groups, for an assertion that nothing of it follows; None if something in it refers back."""

    def visit(node: Node, values: list[Any]) -> Node | None:
        if isinstance(node, Backreference) or None in values:
            return None
        if isinstance(node, Group):
            return values[0]
        return with_parts(node, values)

    return fold(root, visit) if root.has & REFERENCE else root


def _has_one_length(node: Node) -> bool:
    least, most = width(node)
    return least == most


def _first_of(items: tuple[Node, ...], forms: list[Node | None]) -> Node | None:
    found: list[Node] = []
    for i, form in enumerate(forms):
        before = [_bare(earlier) for earlier in items[:i] if _may_meet(earlier, items[i])]
        if None in before:
            return None
        assert form is not None
        found.append(concat([Look(alternate(before, ordered=True), True, True), form]) if before else form)  # type: ignore[arg-type]
    return alternate(found, ordered=True)


def _may_meet(one: Node, other: Node) -> bool:
    """Whether both may match at the same place, as far as their first characters tell."""
    for a, b in zip(*(node.items if isinstance(node, Concat) else (node,) for node in (one, other))):
        if not (isinstance(a, Chars) and isinstance(b, Chars)):
            return True
        if not a.charset & b.charset:
            return False
    return True


def _repeat(node: Repeat, form: Node | None) -> Node | None:
    item, lo, hi = node.item, node.lo, node.hi
    if form is None or width(item)[0] == 0:
        return None
    if lo > 1 and not _has_one_length(item):
        return None  # a round may have to give way for there to be enough of them
    if node.lazy or lo == hi:
        return EPSILON if lo == 0 else form if lo == 1 else Repeat(form, lo, lo)
    bare = _bare(item)
    if bare is None:
        return None
    stops = Look(bare, True, True)
    if hi is None:
        return concat([Repeat(form, lo, None), stops])
    fewer = Repeat(form, lo, hi - 1) if hi > 1 else EPSILON
    return alternate([concat([fewer, stops]), Repeat(form, hi, hi) if hi > 1 else form], ordered=True)
