"""What a lark parser may read next, as automata of its rules over terminals and other rules.

In lark's LALR parser a rule is read from a state of its tables, and what follows a terminal is lexed in the mode of the state
shifted to. So the rules here are pairs (state, rule), each an automaton whose terminal edges name the mode that comes after them:
the grammar annotated with its LR states. Where the tables resolve a conflict (shift before reduce, or by priority), the
reduction lost only holds before other terminals: the automaton's end carries those it must not stand before. So its derivations
are exactly the runs of lark's parser. Pairs that cannot be told apart are merged; of a grammar that is lexed alike everywhere
nothing but its rules is left.

With lark's Earley parser, and where every split counts, rules are read as they are, in one mode.

A rule that begins with itself loops at its end instead: left recursion costs no call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import Any, NamedTuple

from maskwright.automata.limits import Limits, tick
from maskwright.errors import ConstraintError

from .deep import run_deep
from .lexing import Lexing

#: (number of a terminal, mode after it) or (None, number of a rule)
Symbol = tuple[int | None, int]

class RuleTable(NamedTuple):
    """A rule as an automaton; node 0 is its start.

    Attributes
    ----------
    name : str
    edges : list of dict[Symbol, int]
        Per node, one target per symbol.
    ends : dict[int, set of frozenset of str]
        Nodes where an alternative is complete: the terminals that must not follow.
    after : dict[Symbol, int]
        Edges of what may come once an alternative is complete: the rest of alternatives that begin with the rule itself.
    """

    name: str
    edges: list[dict[Symbol, int]]
    ends: dict[int, set[frozenset[str]]]
    after: dict[Symbol, int]


class Tables(NamedTuple):
    """The rules of a parser; the first is the start rule's.

    Attributes
    ----------
    rules : list of RuleTable
    mode : int
        How the first lexeme is lexed.
    parser : str
        Which of lark's parsers this is.
    """

    rules: list[RuleTable]
    mode: int
    parser: str


class _Builder:
    """Gathers a rule's alternatives in a trie."""

    def __init__(self, name: str):
        self.table = RuleTable(name, [{}], {}, {})

    def add(self, symbols: Sequence[Symbol], loops: bool, forbidden: frozenset[str]) -> None:
        """Add an alternative; ``loops``: it continues the rule itself, which is not among ``symbols``."""
        table = self.table
        if loops and not symbols:
            return
        row = table.after if loops else table.edges[0]
        node = 0
        for symbol in symbols:
            if symbol not in row:
                row[symbol] = len(table.edges)
                table.edges.append({})
            node = row[symbol]
            row = table.edges[node]
        table.ends.setdefault(node, set()).add(forbidden)


def plain_tables(rules: Sequence[Any], start: str, lexing: Lexing, parser: str) -> Tables:
    """Return the tables of lark's `Rule` s read as they are, lexed in one mode."""
    mode = lexing.mode(definition.name for definition in lexing.definitions)
    numbers: dict[str, int] = {start: 0}
    builders = [_Builder(start)]
    by_origin: dict[str, list[Any]] = {}
    for rule in rules:
        by_origin.setdefault(rule.origin.name, []).append(rule)
    for builder in builders:  # grows while it is walked
        tick()
        for rule in by_origin.get(builder.table.name, ()):
            expansion = list(rule.expansion)
            loops = bool(expansion) and not expansion[0].is_term and expansion[0].name == builder.table.name
            symbols: list[Symbol] = []
            for symbol in expansion[1:] if loops else expansion:
                if symbol.is_term:
                    number = lexing.index(symbol.name)
                    assert number is not None
                    symbols.append((number, mode))
                    continue
                if symbol.name not in numbers:
                    numbers[symbol.name] = len(builders)
                    builders.append(_Builder(symbol.name))
                symbols.append((None, numbers[symbol.name]))
            builder.add(symbols, loops, frozenset())
    return Tables([builder.table for builder in builders], mode, parser)


def lalr_tables(rules: Sequence[Any], start: str, lexing: Lexing, limits: Limits) -> Tables | None:
    """Return the tables of lark's LALR parser with its contextual lexer, None if the grammar is not LALR(1)."""
    analysis = run_deep(lambda: _analysis(rules, start), limits, f"lark is making the LALR tables of {len(rules):,} rules")
    if analysis is None:
        return None
    actions, first = analysis
    modes: dict[Any, int] = {}

    def mode_of(state: Any) -> int:
        if state not in modes:
            modes[state] = lexing.mode(actions[state.closure])
        return modes[state]

    by_origin: dict[Any, list[Any]] = {}
    for rule in rules:
        by_origin.setdefault(rule.origin, []).append(rule)
    from lark.grammar import NonTerminal

    numbers: dict[tuple[Any, Any], int] = {}
    builders: list[_Builder] = []
    work: list[tuple[Any, Any]] = []

    def number(state: Any, origin: Any) -> int:
        if (state, origin) not in numbers:
            numbers[state, origin] = len(builders)
            builders.append(_Builder(origin.name))
            work.append((state, origin))
        return numbers[state, origin]

    number(first, NonTerminal(start))
    for at, (entry, origin) in enumerate(work):  # grows while it is walked
        tick()
        for rule in by_origin[origin]:
            state = entry
            symbols: list[Symbol] = []
            loops = False
            for i, symbol in enumerate(rule.expansion):
                after = state.transitions[symbol]
                if symbol.is_term:
                    terminal = lexing.index(symbol.name)
                    assert terminal is not None
                    symbols.append((terminal, mode_of(after)))
                elif i == 0 and symbol == origin:
                    loops = True
                else:
                    symbols.append((None, number(state, symbol)))
                state = after
            builders[at].add(symbols, loops, _lost(state, rule, actions))
    for state in {state for state, _ in numbers}:
        mode_of(state)
    tables = Tables([builder.table for builder in builders], mode_of(first), "lalr, contextual lexer")
    return _merged(tables)


def _lost(state: Any, rule: Any, actions: Any) -> frozenset[str]:
    """Return the terminals before which ``rule`` could be complete in ``state``, but lark's table does something else."""
    lost = set()
    row = actions[state.closure]
    for symbol, candidates in state.lookaheads.items():
        if rule in candidates:
            action, argument = row[symbol.name]
            if action.name != "Reduce" or argument != rule:
                lost.add(symbol.name)
    return frozenset(lost)


def _analysis(rules: Sequence[Any], start: str) -> tuple[Any, Any] | None:
    """Return lark's action tables by closure and its first state, None if there are conflicts that it does not resolve."""
    from lark.common import ParserConf
    from lark.exceptions import GrammarError

    # its action tables are kept by closure only when it debugs; what it would log is at a level that lark's logger drops
    analyzer = _analyzer_class()(ParserConf(list(rules), {}, [start]), debug=True)
    try:
        analyzer.compute_lalr()
    except GrammarError as error:
        if "Reduce/Reduce" in str(error):
            return None
        raise ConstraintError(f"lark refuses the grammar: {error}") from error
    return analyzer.parse_table.states, analyzer.lr0_start_states[start]


@cache
def _analyzer_class() -> Any:
    """Return lark's LALR analysis with one step of it made linear."""
    from lark.parsers.grammar_analysis import RulePtr
    from lark.parsers.lalr_analysis import LALR_Analyzer

    class Analyzer(LALR_Analyzer):
        def compute_includes_lookback(self) -> None:
            """Do what lark does, without looking through all items of a state for each of its rules: 3,000 alternatives took 13 s."""
            items: dict[Any, list[Any]] = {}
            last = None
            for transition in self.nonterminal_transitions:
                state, nonterminal = transition
                if state is not last:
                    items, last = {}, state
                    for item in state.closure:
                        items.setdefault(item.rule.origin, []).append(item)
                for item in items.get(nonterminal, ()):
                    expansion, after = item.rule.expansion, state
                    passed = []
                    for symbol in expansion[item.index :]:
                        passed.append((after, symbol))
                        after = after.transitions[symbol]
                    for at in range(len(passed) - 1, -1, -1):  # those after which nothing need come
                        if passed[at] in self.reads:
                            self.includes[passed[at]].add(transition)
                        if passed[at][1] not in self.NULLABLE:
                            break
                    if item.index == 0 and RulePtr(item.rule, len(expansion)) in after.closure:
                        self.lookback[transition].add((after, item.rule))

    return Analyzer


def _merged(tables: Tables) -> Tables:
    """Merge rules that cannot be told apart: the coarsest partition that agrees on edges (Moore's algorithm)."""
    rules = tables.rules
    block = _blocks([rule.name for rule in rules])
    while True:
        tick()

        def signature(index: int, block: Sequence[int] = block) -> Hashable:
            rule = rules[index]

            def shown(row: dict[Symbol, int]) -> tuple:
                return tuple((t, m if t is not None else block[m], to) for (t, m), to in row.items())

            ends = frozenset((node, frozenset(lost)) for node, lost in rule.ends.items())
            return block[index], tuple(map(shown, rule.edges)), ends, shown(rule.after)

        finer = _blocks([signature(index) for index in range(len(rules))])
        if max(finer) == max(block):
            break
        block = finer
    kept: list[RuleTable] = []
    for index, rule in enumerate(rules):
        if block[index] == len(kept):
            renamed: Callable = lambda row: {(t, m if t is not None else block[m]): to for (t, m), to in row.items()}  # noqa: E731
            kept.append(RuleTable(rule.name, list(map(renamed, rule.edges)), rule.ends, renamed(rule.after)))
    return tables._replace(rules=kept)


def _blocks(keys: Sequence[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(key, len(numbers)) for key in keys]
