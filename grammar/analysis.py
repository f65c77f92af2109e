"""Questions about a grammar's rules: which are reachable, productive, nullable, recursive. Linear in the grammar, without recursion."""

from __future__ import annotations

from collections.abc import Mapping

from maskwright.automata.program import Program

from .regex_syntax import Alternate, Chars, Concat, Node, fold
from .regex_syntax import Repeat as TreeRepeat
from .rules import Body, Choice, Embedded, Empty, Grammar, Lexeme, Open, Reference, Repeat, Sequence, Text, parts


def references(body: Body) -> set[str]:
    """Return the names a body refers to."""
    found: set[str] = set()
    work = [body]
    while work:
        part = work.pop()
        kind = type(part)
        if kind is Reference:
            found.add(part.name)  # type: ignore[union-attr]
        elif kind is Sequence or kind is Choice:
            work.extend(part.items)  # type: ignore[union-attr]
        elif kind is Repeat:
            work.append(part.item)  # type: ignore[union-attr]
    return found


def reachable_rules(grammar: Grammar) -> set[str]:
    """Return the rules that the start rule leads to, itself included."""
    found = {grammar.start}
    work = [grammar.start]
    while work:
        for name in references(grammar.rules[work.pop()]):
            if name not in found:
                found.add(name)
                work.append(name)
    return found


def productive_rules(grammar: Grammar) -> set[str]:
    """Return the rules that derive some text."""
    return _closure(grammar.rules, _leaf_derives)


def nullable_rules(grammar: Grammar) -> set[str]:
    """Return the rules that derive the empty text."""
    return _closure(grammar.rules, _leaf_is_nullable)


def _closure(rules: Mapping[str, Body], leaf) -> set[str]:
    """Return the least set of rules whose bodies hold, where ``leaf(part)`` decides parts, and a reference holds if its rule is in the set.

    A rule is looked at again only when one that it refers to has joined.
    """
    users: dict[str, list[str]] = {}
    for name, body in rules.items():
        for other in references(body):
            users.setdefault(other, []).append(name)
    found: set[str] = set()
    work = list(rules)
    while work:
        name = work.pop()
        if name not in found and holds(rules[name], found, leaf):
            found.add(name)
            work.extend(user for user in users.get(name, ()) if user not in found)
    return found


def holds(body: Body, known: set[str], leaf) -> bool:
    """Evaluate a body bottom up: sequences need all items, choices one; see `_closure`."""
    order = list(parts(body))
    value: dict[int, bool] = {}
    for part in reversed(order):
        if isinstance(part, Reference):
            value[id(part)] = part.name in known
        elif isinstance(part, Sequence):
            value[id(part)] = all(value[id(item)] for item in part.items)
        elif isinstance(part, Choice):
            value[id(part)] = any(value[id(item)] for item in part.items)
        elif isinstance(part, Repeat):
            value[id(part)] = part.hi == 0 or leaf(part) or value[id(part.item)]
        else:
            value[id(part)] = leaf(part)
    return value[id(body)]


def _leaf_is_nullable(part: Body) -> bool:
    if isinstance(part, Repeat):
        return part.lo == 0
    if isinstance(part, Text):
        return tree_is_nullable(part.tree)
    return isinstance(part, Empty) or (isinstance(part, Embedded) and accepts_empty(part.program))


def accepts_empty(program: Program) -> bool:
    """Whether a program accepts the empty text."""
    return program.expand(program.start).final


def _leaf_derives(part: Body) -> bool:
    if isinstance(part, Repeat):
        return part.lo == 0
    return tree_is_productive(part.tree) if isinstance(part, Text) else isinstance(part, (Empty, Lexeme, Embedded, Open))


def tree_is_nullable(tree: Node) -> bool:
    """Whether a syntax tree without assertions derives the empty text."""

    def visit(node: Node, values: list[bool]) -> bool:
        if isinstance(node, Concat):
            return all(values)
        if isinstance(node, Alternate):
            return any(values)
        return isinstance(node, TreeRepeat) and (node.lo == 0 or values[0])

    return fold(tree, visit)


def tree_is_productive(tree: Node) -> bool:
    """Whether a syntax tree without assertions derives some text."""

    def visit(node: Node, values: list[bool]) -> bool:
        if isinstance(node, Chars):
            return bool(node.charset)
        if isinstance(node, TreeRepeat):
            return node.lo == 0 or values[0]
        return any(values) if isinstance(node, Alternate) else all(values)

    return fold(tree, visit)


def components(grammar: Grammar) -> list[list[str]]:
    """Return the strongly connected components of the rules under reference, callees before callers (Tarjan 1972, iterative)."""
    edges = {name: sorted(references(body)) for name, body in grammar.rules.items()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    out: list[list[str]] = []
    for root in grammar.rules:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        work = [(root, iter(edges[root]))]
        while work:
            name, after = work[-1]
            for other in after:
                if other not in index:
                    index[other] = low[other] = len(index)
                    path.append(other)
                    on_path.add(other)
                    work.append((other, iter(edges[other])))
                    break
                if other in on_path:
                    low[name] = min(low[name], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    members = [path.pop()]
                    while members[-1] != name:
                        members.append(path.pop())
                    on_path.difference_update(members)
                    out.append(members)
    return out
