"""Regular languages around patterns that have none of their own, or one whose automaton is out of proportion.

A backreference becomes the language of its group, or nothing; an assertion that refers back is dropped. Where the automaton is still out
of proportion, all lookarounds are dropped and counts are forgotten, and in the end every text is let through: whoever uses such a
language decides with a `regex_match.Matcher`.
"""

from __future__ import annotations

from typing import NamedTuple

from maskwright.automata.alphabet import CHARS
from maskwright.automata.dfa import DFA
from maskwright.errors import LimitExceeded

from .regex import compile_node
from .regex_syntax import ANY, EPSILON, Alternate, Anchor, Backreference, Chars, Concat, Group, Look, Node, Repeat, alternate, concat, fold
from .regex_unicode import ignoring_case

#: nodes that references may add up to; beyond it a reference lets every text through
_MAX_COPIED = 100
_EVERYTHING = Repeat(ANY, 0, None)


class _Part(NamedTuple):
    """A rewritten node, the number of nodes in it, and whether its language is still the same."""

    node: Node
    size: int
    exact: bool


def without_references(root: Node) -> Node:
    """Return a node without groups and backreferences, whose language includes that of ``root``."""
    contents: dict[int, _Part] = {}

    def visit(node: Node, values: list[_Part]) -> _Part:
        size = 1 + sum(part.size for part in values)
        exact = all(part.exact for part in values)
        nodes = [part.node for part in values]
        if isinstance(node, Group):
            contents[node.number] = _Part(_consuming(nodes[0]), size, exact)
            return values[0]
        if isinstance(node, Backreference):
            return _Part(*_copies(node, contents), False)
        if isinstance(node, Look) and not exact:
            return _Part(EPSILON, 1, False) if node.negative else _Part(Look(nodes[0], node.ahead, False), size, False)
        return _Part(_rebuilt(node, nodes), size, exact)

    return fold(root, visit).node


def _copies(node: Backreference, contents: dict[int, _Part]) -> tuple[Node, int]:
    known = [contents.get(number) for number in node.numbers]
    if any(part is None or part.size > _MAX_COPIED for part in known):
        return _EVERYTHING, 1
    copies = [_ignoring_case(part.node, node.case) if node.case else part.node for part in known if part is not None]
    return alternate([EPSILON, *copies]), sum(part.size for part in known if part is not None)


def _rebuilt(node: Node, nodes: list[Node]) -> Node:
    if isinstance(node, Concat):
        return concat(nodes)
    if isinstance(node, Alternate):
        return alternate(nodes)
    if isinstance(node, Repeat):
        return Repeat(nodes[0], node.lo, node.hi)
    return Look(nodes[0], node.ahead, node.negative) if isinstance(node, Look) else node


def _consuming(root: Node) -> Node:
    """Return a node without its assertions."""

    def visit(node: Node, nodes: list[Node]) -> Node:
        return EPSILON if isinstance(node, (Anchor, Look)) else _rebuilt(node, nodes)

    return fold(root, visit, Look)


def _ignoring_case(root: Node, case: str) -> Node:
    def visit(node: Node, nodes: list[Node]) -> Node:
        return Chars(ignoring_case(node.charset, case)) if isinstance(node, Chars) else _rebuilt(node, nodes)

    return fold(root, visit)


def _relaxed(root: Node) -> Node:
    """Return a node without lookarounds and counts, whose language includes that of ``root``."""

    def visit(node: Node, nodes: list[Node]) -> Node:
        if isinstance(node, Look):
            return EPSILON
        if isinstance(node, Repeat):
            return Repeat(nodes[0], min(node.lo, 1), None if node.hi != 1 else 1)
        return _rebuilt(node, nodes)

    return fold(root, visit, Look)


def around(root: Node, search: bool, max_states: int) -> DFA:
    """Return an automaton of a language around the one of ``root``."""
    plain = without_references(root)
    for node in (plain, _relaxed(plain)):
        try:
            return compile_node(node, search, max_states)
        except LimitExceeded as error:
            if error.limit == "seconds":
                raise
    return DFA.everything(CHARS)
