"""Checks that need the text: lists of distinct words, against an enumeration of the language."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from maskwright.automata import masks
from maskwright.automata.constraint import Constraint
from maskwright.automata.dfa import DFA
from maskwright.automata.program import Call, DFATerminal, Judgement, Program, RuleState, Scan
from maskwright.automata.vocabulary import Vocabulary
from tests import reference

WORDS = ("a", "ab", "b")
OPEN, CLOSE, COMMA = (DFATerminal(DFA.from_strings([sign]), sign.decode()) for sign in (b"[", b"]", b","))
WORD = DFATerminal(DFA.from_strings([word.encode() for word in WORDS]), "a word")


class _Next(Judgement):
    """After ``[`` or a comma: remember the words before, and where the next one begins."""

    cost = 2

    def __init__(self, program: DistinctWords, seen: frozenset[bytes], begin: int | None):
        self.program, self.seen, self.begin = program, seen, begin

    def __call__(self, text: bytes) -> int:
        seen = self.seen if self.begin is None else self.seen | {text[self.begin : -1]}
        return self.program.state("next", seen, len(text))


class DistinctWords(Program):
    """``[w,w,...]`` with distinct words, each read by a rule of its own; then ``!``."""

    remembers = True

    def __init__(self):
        self._places: list[tuple] = []
        self.start = self.state("root")

    def state(self, *place) -> int:
        if place not in self._places:
            self._places.append(place)
        return self._places.index(place)

    def expand(self, state: int) -> RuleState:
        name, *rest = self._places[state]
        if name == "root":
            return RuleState(False, (), (Call(self.state("list"), self.state("bang")),), 5)
        if name == "bang":
            return RuleState(False, (Scan(DFATerminal(DFA.from_strings([b"!"]), "!"), 0, self.state("end")),), (), 1)
        if name == "list":
            return RuleState(False, (Scan(OPEN, 0, _Next(self, frozenset(), None)),), (), 4)
        if name == "word":
            return RuleState(False, (Scan(WORD, 0, self.state("end")),), (), 1)
        if name == "next":
            return RuleState(False, (), (Call(self.state("word"), self.state("after", *rest)),), 2, None, True)
        if name == "after":
            seen, begin = rest
            scans = (Scan(COMMA, 0, _Next(self, seen, begin)), Scan(CLOSE, 0, self.state("end")))
            return RuleState(False, scans, (), 1, lambda text: text[begin:] not in seen or text[begin:] == b"a", True)
        return RuleState(True, (), (), 0)


def _survives(word: str) -> bool:
    return word == "a"  # the check lets "a" come again, so that a word which can go on ("ab") is not doomed by its prefix


@pytest.mark.parametrize("direct_nodes", [3000, 0])
def test_masks_are_the_prefixes_of_checked_texts(direct_nodes, monkeypatch):
    monkeypatch.setattr(masks, "DIRECT_NODES", direct_nodes)
    tokens = [b"[", b"]", b",", b"a", b"b", b"!", b"ab", b"[a", b",b", b"b,", b"a,a", b"]!", b",ab]", b"b]", b"b,b", b"</s>"]
    vocabulary = Vocabulary.from_bytes(tokens, eos_ids=[len(tokens) - 1])
    constraint = Constraint(vocabulary, DistinctWords())
    sentences = set()
    for length in range(1, 4):
        for words in permutations([*WORDS, "a", "a"], length):
            sentences.add("[" + ",".join(words) + "]!")
    prefixes = {s[:n] for s in sentences for n in range(len(s) + 1)}
    seen = 0
    work = [("", constraint.start)]
    while work:
        text, state = work.pop()
        seen += 1
        row = np.zeros(1, np.uint32)
        constraint.fill_mask(state, row)
        have = reference.row_ids(row)
        for token, data in enumerate(tokens[:-1]):
            longer = text + data.decode()
            if longer.count(",") + (longer[-1:] == ",") > 2 or longer.count("a,a,a"):
                continue  # beyond what was enumerated
            assert (token in have) == (longer in prefixes) == bool(constraint.advance(state, token)), (text, data)
            if token in have and len(longer) < 8:
                work.append((longer, constraint.advance(state, token)))
        assert constraint.is_accepting(state) == (text in sentences)
        assert not constraint.is_accepting(state) or constraint.accepts(text)
    assert seen > 100


def test_memory_is_dropped_with_what_needed_it():
    vocabulary = Vocabulary.from_bytes([bytes([b]) for b in b"[]ab,!"] + [b"</s>"], eos_ids=[6])
    constraint = Constraint(vocabulary, DistinctWords())
    ends = []
    for text in ("[a]!", "[b,ab]!", "[ab]!"):
        state = constraint.start
        for char in text:
            state = constraint.advance(state, b"[]ab,!".index(char.encode()))
        ends.append(state)
    assert len(set(ends)) == 1
    assert constraint.is_accepting(ends[0])
    assert constraint.min_tokens(constraint.start) == 4
