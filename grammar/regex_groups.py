"""What the parser of regular expressions knows of groups: those that are open, and how many a pattern has, by number and by name."""

from __future__ import annotations

import re

from .regex_escapes import Flags
from .regex_syntax import Node, alternate, concat

#: what a quantifier may follow: the end of a group's content so far is nothing to repeat, something, or repeated already
NOT_QUANTIFIABLE, QUANTIFIABLE, QUANTIFIED = range(3)


class OpenGroup:
    """An open group: what to make of its content, and the content so far."""

    __slots__ = ("branches", "flags", "items", "kind", "names", "number", "opened", "outer_flags", "past_names", "state")

    def __init__(self, kind: str, opened: int, flags: Flags, outer_flags: Flags, number: int = 0):
        self.kind = kind
        self.number = number  # of a capturing group
        self.opened = opened
        self.flags = flags
        self.outer_flags = outer_flags
        self.branches: list[Node] = []
        self.items: list[Node] = []
        self.state = NOT_QUANTIFIABLE
        self.names: list[str] = []  # of groups in the current branch
        self.past_names: list[str] = []  # of groups in the branches before

    def add(self, node: Node, state: int = QUANTIFIABLE) -> None:
        self.items.append(node)
        self.state = state

    def close(self, ordered: bool) -> Node:
        branch = concat(self.items)
        if not self.branches:
            return branch
        return alternate([*self.branches, branch], ordered)


def census(pattern: str, python: bool) -> tuple[int, dict[str, tuple[int, ...]]]:
    """Count capturing groups and collect the names among them, without parsing."""
    count = 0
    names: dict[str, tuple[int, ...]] = {}
    in_class = False
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            if python:  # a bracket right after the opening is a member
                at += pattern.startswith("^", at + 1)
                at += pattern.startswith("]", at + 1)
        elif char == "(":
            named = pattern.startswith("(?P<", at) if python else re.match(r"\(\?<[^=!]", pattern[at : at + 4]) is not None
            count += named or not pattern.startswith("(?", at)
            if named:
                name = pattern[at + 3 + python : max(at, pattern.find(">", at))]
                names[name] = (*names.get(name, ()), count)
        at += 1
    return count, names
