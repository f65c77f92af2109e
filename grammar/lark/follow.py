"""Which terminals may come next where: first and follow sets of the tables' nodes, as bitsets.

Bit 0 is the end of the text, bit t + 1 is terminal t. What may come at a node is what its rule reads next, and if the rule may end there
with nothing more, what may follow the rule. Least fixpoints, by passes over all rules until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator

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
        while self._pass_first():
            pass
        follow = [0] * len(self._rules)
        follow[0] = END_BIT
        self.next: list[list[int]] = []
        changed = True
        while changed:
            self.next = [
                [first | (rule_follow | firsts[-1] if is_open else 0) for first, is_open in zip(firsts, opens)]
                for firsts, opens, rule_follow in zip(self._first, self._open, follow)
            ]
            changed = False
            for number, rule in enumerate(self._rules):
                for _, (terminal, callee), target in _edges(rule):
                    if terminal is None and self.next[number][target] & ~follow[callee]:
                        follow[callee] |= self.next[number][target]
                        changed = True

    def _pass_first(self) -> bool:
        changed = False
        for rule, firsts, opens in zip(reversed(self._rules), reversed(self._first), reversed(self._open)):
            for node, (terminal, number), target in reversed(list(_edges(rule))):
                if terminal is not None:
                    more, passes = terminal_bit(terminal), False
                else:
                    more, passes = self._first[number][0], self._open[number][0]
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
        return changed


def _edges(rule: RuleTable) -> Iterator[tuple[int, Symbol, int]]:
    for node, row in enumerate((*rule.edges, rule.after)):
        for symbol, target in row.items():
            yield node, symbol, target
