"""Which terminals can match where others do, so that a scanner that tries both has to choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maskwright.automata.limits import Limits

from ..regex_syntax import EPSILON, Anchor, Look, Node, fold, with_parts
from .first_match import FirstMatch, Pattern


def rivals_among(nodes: Sequence[Node], limits: Limits) -> list[set[int]]:
    """Return for each terminal those of which some word begins, or is begun by, one of its words (itself included).

    One automaton reads all of them at once, lookarounds taken to hold; where some accept, the others that are alive are rivals.
    """
    scanner = FirstMatch([Pattern(i, _without_looks(node), f"terminal {i}") for i, node in enumerate(nodes)], (), {}, limits)
    rivals = [{i} for i in range(len(nodes))]
    met: set[tuple[frozenset[int], frozenset[int]]] = set()
    for accepted, alive in scanner.walk_unordered():
        if accepted and (accepted, alive) not in met:
            met.add((accepted, alive))
            for a in accepted:
                rivals[a] |= alive
                for b in alive:
                    rivals[b].add(a)
    return rivals


def _without_looks(root: Node) -> Node:
    """Return ``root`` with every assertion replaced by the empty text."""

    def visit(node: Node, values: list[Any]) -> Node:
        if isinstance(node, (Look, Anchor)):
            return EPSILON
        return with_parts(node, values)

    return fold(root, visit, Look)
