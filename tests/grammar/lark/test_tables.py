"""The LALR analysis that we do in a faster order, against lark's own."""

import random
from contextlib import suppress

from lark.common import ParserConf
from lark.exceptions import GrammarError
from lark.parsers.lalr_analysis import LALR_Analyzer

from maskwright.automata.limits import Limits
from maskwright.grammar.lark.loading import load
from maskwright.grammar.lark.tables import _analyzer_class

from .support import random_grammar


def relations(kind, rules):
    analyzer = kind(ParserConf(rules, {}, ["start"]), debug=True)
    with suppress(GrammarError):
        analyzer.compute_lalr()

    def shown(relation):
        return {
            (frozenset(state.closure), symbol): {(frozenset(other.closure), what) for other, what in related}
            for (state, symbol), related in relation.items()
            if related
        }

    return shown(analyzer.includes), shown(analyzer.lookback)


def test_relations_are_those_of_lark():
    rng = random.Random(0)
    compared = 0
    for _ in range(40):
        grammar = random_grammar(rng.randrange(10_000))
        try:
            rules = load(grammar, "start", None, Limits()).rules
        except Exception:
            continue
        assert relations(_analyzer_class(), rules) == relations(LALR_Analyzer, rules), grammar
        compared += 1
    assert compared > 25


def test_empty_and_left_recursive_rules():
    grammar = "start: start x y | x\nx: | x A | y\ny: x? B y?\nA: /a/\nB: /b/\n"
    rules = load(grammar, "start", None, Limits()).rules
    assert relations(_analyzer_class(), rules) == relations(LALR_Analyzer, rules)
