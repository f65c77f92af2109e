"""Stretches of a shared table of scans: rule states that expect some of its labels each, alone and beside each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.program import Call, DFATerminal, Program, RuleState, Scan, ScanTable, Stretch
from maskwright.automata.vocabulary import Vocabulary
from tests import reference

WORDS = (b"a", b"b", b"ab", b"c", b"ba")
WORD = DFATerminal(DFA.from_strings(WORDS, range(len(WORDS))), WORDS)
ENDS = [DFATerminal(DFA.from_strings([sign]), sign.decode()) for sign in (b".", b":")]
MORE = DFATerminal(DFA.from_strings([b"x"]), "x")
#: a word that the tables do not have, of their terminal
BEYOND = len(WORDS) - 1
#: behind the words of alternative j stands the j-th
SIGNS = [DFATerminal(DFA.from_strings([sign]), sign.decode()) for sign in (b"0", b"1", b"2")]
TOKENS = [b"a", b"b", b"c", b".", b":", b"0", b"1", b"2", b"x", b"ab", b"a.", b"b.0", b"ba:1", b".2", b"x1", b"</s>"]

LAST, AGAIN, FIRST_ALTERNATIVE = 1, 2, 10


class Alternatives(Program):
    """A word of a stretch or ``x``, and a sign that says of which; then perhaps another one, of other alternatives maybe.

    Alternatives have one of two tables of one terminal; words of the first end in ``.``, those of the other in ``:``.
    """

    def __init__(self, stretches: list[tuple[int, int, int, bool]], first: list[int], again: list[int]):
        self.start = 0
        self.tables = [ScanTable(WORD, list(range(BEYOND))) for _ in ENDS]
        self._stretches = stretches
        self._first, self._again = first, again

    def expand(self, state: int) -> RuleState:
        if state in (0, AGAIN):
            chosen = self._first if state == 0 else self._again
            calls = [Call(FIRST_ALTERNATIVE + 3 * j, FIRST_ALTERNATIVE + 3 * j + 2) for j in chosen]
            return RuleState(state == AGAIN, (), calls, 0 if state == AGAIN else 1 + min(self._cost(j) for j in chosen))
        if state == LAST:
            return RuleState(True, (), (), 0)
        j, part = divmod(state - FIRST_ALTERNATIVE, 3)
        if part == 2:
            return RuleState(False, (Scan(SIGNS[j], 0, AGAIN),), (), 1)
        if part == 1:
            return RuleState(False, (Scan(ENDS[j], 0, LAST),), (), 1)
        number, first, last, more = self._stretches[j]
        table = self.tables[number]
        for i in table.gaps(first, last):
            table.targets[i] = FIRST_ALTERNATIVE + 3 * number + 1
        table.widen(first, last)
        scans = Stretch(table, first, last)
        if more:
            scans.append(Scan(MORE, 0, LAST))
            scans.append(Scan(WORD, BEYOND, LAST))
        return RuleState(False, scans, (), self._cost(j))

    def _cost(self, j: int) -> int:
        _, first, last, more = self._stretches[j]
        return min([len(word) + 1 for word in WORDS[first:last]] + [1] * more)


def parser_starts_are_alive(constraint: Constraint) -> bool:
    """Whether every lexeme that some parser set begins can be completed."""
    parser = constraint._parser
    return all(parser.lexicon.row(state) for number in range(len(parser.sets)) for _, state, _, _ in parser.starts(number))


stretches = st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(1, 4), st.booleans()).filter(lambda s: s[1] < s[2])
chosen = st.lists(st.integers(0, 2), min_size=1, unique=True)


@given(st.lists(stretches, min_size=3, max_size=3), chosen, chosen)
def test_masks_are_those_of_the_scans_one_by_one(chosen_stretches, first, again):
    vocabulary = Vocabulary.from_bytes(TOKENS, eos_ids=[len(TOKENS) - 1])
    constraint = Constraint(vocabulary, Alternatives(chosen_stretches, first, again))
    language = reference.Language(Alternatives(chosen_stretches, first, again))
    row = np.zeros(1, np.uint32)
    work = [(constraint.start, language.start())]
    met = set()
    while work:
        state, configurations = work.pop()
        if state in met:
            continue
        met.add(state)
        constraint.fill_mask(state, row)
        assert reference.row_ids(row) == reference.mask(language, configurations, vocabulary)
        least = reference.min_tokens(language, configurations, vocabulary)
        assert constraint.min_tokens(state) == least
        assert parser_starts_are_alive(constraint)
        for token in reference.row_ids(row) - {len(TOKENS) - 1}:
            work.append((constraint.advance(state, token), language.feed(configurations, TOKENS[token])))
    assert len(met) > 1


def test_a_stretch_is_the_sequence_of_its_scans():
    table = ScanTable(WORD, [3, 1, 4])
    table.targets[:] = [30, 10, 40]
    stretch = Stretch(table, 1, 3)
    stretch.append(Scan(MORE, 0, 7))
    want = [Scan(WORD, 1, 10), Scan(WORD, 4, 40), Scan(MORE, 0, 7)]
    assert (list(stretch), len(stretch), stretch[0], stretch[-1], stretch[:2]) == (want, 3, want[0], want[-1], want[:2])


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda s: s[0] < s[1]), max_size=6))
def test_a_table_knows_all_between_what_was_asked_for(asked):
    table = ScanTable(WORD, list(range(8)))
    known = set()
    for first, last in asked:
        gaps = set(table.gaps(first, last))
        assert not gaps & known
        known |= gaps
        table.widen(first, last)
        assert set(range(first, last)) <= known == set(range(table.first, table.last))


def test_a_stretch_leaves_out_what_leads_nowhere():
    table = ScanTable(WORD, [3, 1, 4])
    table.targets[:] = [30, None, 40]
    assert list(Stretch(table, 0, 3)) == [Scan(WORD, 3, 30), Scan(WORD, 4, 40)]
    assert len(Stretch(table, 0, 3)) == 2
