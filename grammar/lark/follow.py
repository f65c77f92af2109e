"""Which terminals may come next where: first and follow sets of the tables' nodes, as bitsets.

Bit 0 is the end of the text, bit t + 1 is terminal t. What may come at a node is what its rule reads next, and if the rule may end there
with nothing more, what may follow the rule. Least fixpoints; a rule is looked at again only when one that it depends on has changed, and
rules start in the order of calls (callees first for first sets, callers first for follow sets), so that few ever are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from maskwright.automata.limits import tick

from .lexing import END_BIT, terminal_bit
from .tables import RuleTable, Symbol, Tables


class Follow:
    """First and follow sets.

    Attributes
    ----------
    next : list of list of int
        Per rule and node the terminals that may come next; the last entry is where an alternative is complete.
    """

    def __init__(self, tables: Tables):
        self._rules = tables.rules
        self._first = [[0] * (len(rule.edges) + 1) for rule in self._rules]
        self._open = [[False] * (len(rule.edges) + 1) for rule in self._rules]
        for rule, opens in zip(self._rules, self._open):
            opens[-1] = True
            for node in rule.ends:
                opens[node] = True
        order = _callees_first(self._rules)
        self._find_first(order)
        follow = self._find_follow(order)
        self.next: list[list[int]] = [
            [first | (rule_follow | firsts[-1] if is_open else 0) for first, is_open in zip(firsts, opens)]
            for firsts, opens, rule_follow in zip(self._first, self._open, follow)
        ]

    def _find_first(self, order: list[int]) -> None:
        callers: list[set[int]] = [set() for _ in self._rules]
        for number, rule in enumerate(self._rules):
            for _, (terminal, callee), _ in _edges(rule):
                if terminal is None:
                    callers[callee].add(number)
        work = deque(order)
        queued = set(order)
        while work:
            tick()
            number = work.popleft()
            queued.discard(number)
            if self._grows(number):
                for caller in callers[number] - queued:
                    queued.add(caller)
                    work.append(caller)

    def _grows(self, number: int) -> bool:
        """Bring a rule's first sets up to those of the rules it calls; return whether callers can tell."""
        rule, firsts, opens = self._rules[number], self._first[number], self._open[number]
        before = firsts[0], opens[0]
        edges = list(_edges(rule))[::-1]  # targets come after their sources, but for those of `RuleTable.after`
        changed = True
        while changed:
            changed = False
            for node, (terminal, callee), target in edges:
                if terminal is not None:
                    more, passes = terminal_bit(terminal), False
                else:
                    more, passes = self._first[callee][0], self._open[callee][0]
                if passes:
                    more |= firsts[target]
                    if opens[target] and not opens[node]:
                        opens[node] = changed = True
                if more & ~firsts[node]:
                    firsts[node] |= more
                    changed = True
            if opens[0] and firsts[-1] & ~firsts[0]:  # an empty alternative may be continued
                firsts[0] |= firsts[-1]
                changed = True
        return before != (firsts[0], opens[0])

    def _find_follow(self, order: list[int]) -> list[int]:
        follow = [0] * len(self._rules)
        follow[0] = END_BIT
        work = deque(reversed(order))
        queued = set(order)
        while work:
            tick()
            number = work.popleft()
            queued.discard(number)
            firsts, opens = self._first[number], self._open[number]
            beyond = follow[number] | firsts[-1]
            for _, (terminal, callee), target in _edges(self._rules[number]):
                if terminal is None:
                    more = firsts[target] | (beyond if opens[target] else 0)
                    if more & ~follow[callee]:
                        follow[callee] |= more
                        if callee not in queued:
                            queued.add(callee)
                            work.append(callee)
        return follow


def _callees_first(rules: list[RuleTable]) -> list[int]:
    """Return all rules, each after those it calls as far as that goes (the postorder of a depth-first search)."""
    order: list[int] = []
    seen = [False] * len(rules)
    for root in range(len(rules)):
        stack = [] if seen[root] else [(root, _callees(rules[root]))]
        seen[root] = True
        while stack:
            number, callees = stack[-1]
            for callee in callees:
                if not seen[callee]:
                    seen[callee] = True
                    stack.append((callee, _callees(rules[callee])))
                    break
            else:
                order.append(number)
                stack.pop()
    return order


def _callees(rule: RuleTable) -> Iterator[int]:
    return (callee for _, (terminal, callee), _ in _edges(rule) if terminal is None)


def _edges(rule: RuleTable) -> Iterator[tuple[int, Symbol, int]]:
    for node, row in enumerate((*rule.edges, rule.after)):
        for symbol, target in row.items():
            yield node, symbol, target
