"""Random vocabularies and grammars for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from maskwright.automata.dfa import DFA
from maskwright.automata.program import FALLEN, CountedTerminal, DFATerminal, Fall, LazyState, LazyTerminal, Terminal
from maskwright.automata.vocabulary import Vocabulary
from maskwright.grammar.rules import Body, Choice, Empty, Grammar, Lexeme, Reference, Repeat, Sequence, literal

ALPHABET = b"ab1"


@st.composite
def vocabularies(draw, alphabet: bytes = ALPHABET, complete: bool = True) -> Vocabulary:
    """Draw a vocabulary: overlapping, duplicate and empty tokens, a special one, two ends; single bytes included if ``complete``."""
    word = st.lists(st.sampled_from(list(alphabet)), min_size=1, max_size=5).map(bytes)
    words = draw(st.lists(st.just(b"") | word, max_size=12))
    singles = [bytes([b]) for b in alphabet] if complete else []
    tokens = [*singles, *words, b"<s>", b"</s>", b"</t>"]
    order = draw(st.permutations(range(len(tokens))))
    shuffled = [tokens[i] for i in order]
    place = {old: new for new, old in enumerate(order)}
    n = len(tokens)
    return Vocabulary.from_bytes(shuffled, eos_ids=[place[n - 1], place[n - 2]], special_ids=[place[n - 3]])


def terminals(alphabet: bytes = ALPHABET) -> st.SearchStrategy[Terminal]:
    """Draw small terminals: finite sets of words, loops, and counters."""
    words = st.lists(st.lists(st.sampled_from(list(alphabet)), min_size=1, max_size=3).map(bytes), min_size=1, max_size=3)

    def made(strings: list[bytes], looped: bool) -> DFATerminal:
        dfa = DFA.from_strings(strings)
        return DFATerminal(dfa.repeat(1) if looped else dfa, "|".join(s.decode() for s in strings))

    return st.builds(made, words, st.booleans()) | counted_terminals()


def counted_terminals() -> st.SearchStrategy[CountedTerminal]:
    """Draw terminals that count: ``b`` and ``ab`` are one character each, ``1`` closes; or pairs of characters only."""

    def made(pairs: bool, lo: int, more: int | None) -> CountedTerminal:
        unit = DFA.from_strings([b"b", b"ab"])
        body = (unit + unit).star() if pairs else unit.star()
        dfa = body + DFA.from_strings([b"1"])
        weights = np.zeros(dfa.table.shape, np.uint8)
        for state in range(1, dfa.num_states):
            row = dfa.table[state]
            at_border = row[dfa.alphabet.class_of(ord("a"))] != 0  # here a character begins
            for byte in b"ab":
                column = dfa.alphabet.class_of(byte)
                weights[state, column] = at_border and row[column] != 0
        if pairs and more is not None and more == 0 and lo % 2:
            more = 1
        return CountedTerminal(dfa, weights, lo, None if more is None else lo + more)

    return st.builds(made, st.booleans(), st.integers(0, 4), st.sampled_from([0, 1, 3, None]))


_ANY_WORD = DFATerminal((DFA.from_strings([b"a", b"b"]).star() + DFA.from_strings([b"1"])), "any word")


class DeclaredWords(LazyTerminal):
    """Declared words over ``ab`` closed by ``1``; others fall into the general word.

    States: (labels, prefix), and (labels, index) once closed.
    """

    def __init__(self, words: tuple[bytes, ...]):
        self.words = words

    @property
    def key(self):
        return ("declared", self.words)

    @property
    def fallen_terminal(self):
        return _ANY_WORD

    def start(self, labels):
        return (labels, b"")

    def expand(self, state) -> LazyState:
        labels, prefix = state
        if isinstance(prefix, int):
            return LazyState({}, (prefix,), None, {prefix: 0})
        below = [i for i, word in enumerate(self.words) if word.startswith(prefix)]
        others = FALLEN in labels
        dfa = _ANY_WORD.dfa
        rest = Fall(_ANY_WORD, dfa.run(prefix)) if others and len(prefix) % 2 else None  # either form of saying where others go
        edges = {}
        for byte in b"ab":
            longer = prefix + bytes([byte])
            if any(self.words[i].startswith(longer) and (i in labels or others) for i in below):
                edges[byte] = (labels, longer)
            elif others and rest is None:
                edges[byte] = Fall(_ANY_WORD, dfa.run(longer))
        exact = [i for i in below if self.words[i] == prefix]
        if exact and exact[0] in labels:
            edges[ord("1")] = (labels, exact[0])
        elif exact and rest is not None:
            edges[ord("1")] = None
        elif not exact and others and rest is None:
            edges[ord("1")] = Fall(_ANY_WORD, dfa.run(prefix + b"1"))
        costs = {i: len(self.words[i]) - len(prefix) + 1 for i in below if i in labels}
        if others:
            free, level = 0, [prefix]
            while all(word in self.words for word in level):
                level = [word + letter for word in level for letter in (b"a", b"b")]
                free += 1
            costs[FALLEN] = free + 1
        return LazyState(edges, (), Fall(_ANY_WORD, dfa.run(prefix)) if others else None, lambda: costs, rest)


@st.composite
def member_grammars(draw) -> Grammar:
    """Draw one or two alternatives of objects, so to say: lists of members whose key decides what may follow it."""
    word = st.lists(st.sampled_from(list(b"ab")), max_size=3).map(bytes)
    value = st.lists(st.sampled_from(list(ALPHABET)), min_size=1, max_size=2).map(bytes).map(literal)
    objects: list[Body] = []
    for _ in range(draw(st.integers(1, 2))):
        words = tuple(draw(st.lists(word, min_size=1, max_size=3, unique=True)))
        terminal = DeclaredWords(words)
        labels = draw(st.lists(st.sampled_from([*range(len(words)), FALLEN]), min_size=1, unique=True))
        member = Choice(tuple(Sequence((Lexeme(terminal, label), draw(value))) for label in labels))
        objects.append(Sequence((Repeat(member, 1, draw(st.sampled_from([1, 2, None]))), draw(value))))
    if draw(st.booleans()):
        objects.append(Sequence((Lexeme(_ANY_WORD), draw(value))))
    return Grammar({"object": Choice(tuple(objects))}, "object")


@st.composite
def grammars(draw, left_recursion: bool = False, alphabet: bytes = ALPHABET) -> Grammar:
    """Draw a grammar of up to four rules over shared terminals.

    Without ``left_recursion`` every reference stands behind a lexeme or goes to a later rule.
    """
    names = [f"r{i}" for i in range(draw(st.integers(1, 4)))]
    lexemes = [Lexeme(t) for t in draw(st.lists(terminals(alphabet), min_size=2, max_size=4))]
    rules = {}
    for index, name in enumerate(names):
        later = names if left_recursion else names[index + 1 :]
        rules[name] = draw(_bodies(lexemes, names, later, 3))
    return Grammar(rules, names[0])


def _bodies(lexemes: list[Lexeme], names: list[str], later: list[str], depth: int) -> st.SearchStrategy[Body]:
    """Draw a body; only rules in ``later`` may stand where nothing has been read."""
    leaf: st.SearchStrategy[Body] = st.sampled_from(lexemes) | st.just(Empty())
    if later:
        leaf = leaf | st.sampled_from(later).map(Reference)
    if depth == 0:
        return leaf
    inner = st.deferred(lambda: _bodies(lexemes, names, later, depth - 1))
    behind = st.deferred(lambda: _bodies(lexemes, names, names, depth - 1))
    guarded = st.builds(lambda first, rest: Sequence((first, rest)), st.sampled_from(lexemes), behind)
    return st.one_of(
        leaf,
        guarded,
        st.lists(inner, min_size=1, max_size=3).map(lambda items: Choice(tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: Sequence(tuple(items))),
        st.builds(Repeat, inner, st.integers(0, 1), st.sampled_from([1, 2, None])),
    )
