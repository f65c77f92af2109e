"""Which instances of templates a Lark grammar asks for, counted before lark makes them.

``sep{A, B}`` is a rule of its own for each list of arguments. A template that asks for itself with ever longer ones, ``a{x}: a{b{x}}``,
asks for infinitely many, and lark makes one after another until something runs out. Here they are followed by name alone, breadth first,
each once, up to bounds beyond what the rules that are no templates ask for in so many words.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from maskwright.automata.limits import tick

#: arguments within arguments, and instances, more than are written in rules that are no templates
MAX_NESTING, MAX_INSTANCES = 64, 20_000


class Excess(NamedTuple):
    """A template that asks for too much: ``limit`` says of what (nesting is ``depth``, instances are ``nodes``)."""

    template: str
    limit: str
    allowed: int
    value: int


class _Instance(NamedTuple):
    """A template and the numbers of its arguments."""

    template: str
    arguments: tuple[int, ...]


def excess(definitions: Sequence[tuple[Any, Sequence[str], Any, Any]]) -> Excess | None:
    """Return what goes beyond the bounds, None if nothing does; ``definitions`` are lark's: name, parameters, tree, options."""
    templates = {str(name): (tuple(map(str, parameters)), tree) for name, parameters, tree, _ in definitions if parameters}
    if not templates:
        return None
    #: an instance, or the name or text of an argument that is none -> number; by number: arguments within arguments
    numbers: dict[Hashable, int] = {}
    nesting: list[int] = []
    names: list[Hashable] = []
    queue: list[_Instance] = []

    def number(key: Hashable, depth: int) -> int:
        found = numbers.setdefault(key, len(numbers))
        if found == len(nesting):
            nesting.append(depth)
            names.append(key)
            if isinstance(key, _Instance):
                queue.append(key)
        return found

    def evaluated(usage: Any, given: dict[str, int]) -> int:
        """Return the number of the instance that a usage asks for; arguments nest as deep as they are written."""
        name = str(usage.children[0].name)
        if name in given:  # a template may be an argument
            name = str(names[given[name]])
        arguments = []
        for argument in usage.children[1:]:
            inner = argument.children[0] if getattr(argument, "data", None) == "value" else argument
            if getattr(inner, "data", None) == "template_usage":
                arguments.append(evaluated(inner, given))
            else:
                text = str(getattr(inner, "name", inner))
                arguments.append(given[text] if text in given else number(text, 0))
        return number(_Instance(name, tuple(arguments)), 1 + max((nesting[at] for at in arguments), default=0))

    for _, parameters, tree, _ in definitions:
        if not parameters:
            for usage in _usages(tree):
                evaluated(usage, {})
    deepest, most = MAX_NESTING + max(nesting, default=0), MAX_INSTANCES + len(queue)
    for asked in queue:  # grows while it is walked
        tick()
        depth = nesting[numbers[asked]]
        if depth > deepest:
            return Excess(asked.template, "depth", deepest, depth)
        if len(queue) > most:
            return Excess(asked.template, "nodes", most, len(queue))
        parameters, tree = templates.get(asked.template, ((), None))
        if tree is not None and len(parameters) == len(asked.arguments):
            given = dict(zip(parameters, asked.arguments))
            for usage in _usages(tree):
                evaluated(usage, given)
    return None


def _usages(tree: Any) -> Iterator[Any]:
    """Yield the usages of templates in a tree, but those in the arguments of another."""
    work = [tree]
    while work:
        node = work.pop()
        if getattr(node, "data", None) == "template_usage":
            yield node
        else:
            work.extend(getattr(node, "children", ()))
