"""Deterministic finite automata over bytes or characters, with labelled accepts.

    table  : int32[num_states, num_classes]   successor per class of the alphabet; state 0 is dead and leads to itself
    start  : int                              0 iff the language is empty
    labels : per state a tuple of ints        () = not accepting; a plain acceptor labels with (0,)

Automata are *trimmed*: every state but 0 is reachable from the start and live (some way leads to a label). So a state is dead iff
it is 0, and emptiness is ``start == 0``. They are immutable, and operations return automata that are minimal in states (only a huge list
of strings stays the trie it is).
`DFA.key` is the content of the canonical minimal automaton: equal keys mean equal languages with equal labels.

The work is done on plain lists by `explore`, `minimize`, `words`, `utf8` and `lengths`. Tables here have tens to thousands of
states, where a list comprehension per state is faster than a numpy call per breadth-first layer (a chain has a layer per state).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from . import explore
from .alphabet import BYTES, CHARS, NONE, Alphabet, from_sets, refine
from .charset import CharSet
from .lengths import LengthSets, length_sets
from .minimize import Labels, canonical, equivalence
from .utf8 import encode_table
from .words import MERGE_NODES, acyclic, alphabet_of_symbols, sorted_words

#: states an operation may make unless told otherwise
DEFAULT_MAX_STATES = 20_000

#: states from which on whole layers at once (numpy) beat one state after the other
LARGE = 5_000

_NOTHING: Labels = ()
_PLAIN: Labels = (0,)


class Verdict(NamedTuple):
    """The answer to a question about two languages; true iff it holds.

    Attributes
    ----------
    holds : bool
    witness : list of int or None
        A shortest sequence of symbols that shows why it does not hold.
    """

    holds: bool
    witness: list[int] | None = None

    def __bool__(self) -> bool:
        return self.holds


class DFA:
    """A trimmed deterministic automaton. Build one with the class methods, with operations, or with `from_rows`.

    Parameters
    ----------
    alphabet : Alphabet
    rows : sequence of sequence of int
        Row of each state, trimmed, as the module says.
    start : int
    labels : sequence of tuple of int

    Examples
    --------
    >>> numbers = DFA.from_strings(["1", "10", "100"])
    >>> numbers.accepts("10"), numbers.accepts("11")
    (True, False)
    >>> (numbers - DFA.from_strings(["10"])).shortest_text()
    '1'
    """

    __slots__ = ("__weakref__", "_extent", "_key", "_minimal", "_rows", "_table", "alphabet", "labels", "start")

    def __init__(self, alphabet: Alphabet, rows: Sequence[Sequence[int]], start: int, labels: Sequence[Labels]):
        self.alphabet = alphabet
        self.start = start
        self.labels = tuple(labels)
        self._rows: Sequence[Sequence[int]] | None = rows
        self._table: np.ndarray | None = None
        self._key: bytes | None = None
        self._minimal = False
        self._extent: tuple[int, int | None] | None = None

    # -- making

    @classmethod
    def from_rows(cls, alphabet: Alphabet, rows: Sequence[Sequence[int]], start: int, labels: Sequence[Labels]) -> DFA:
        """Return the minimal automaton of an untrimmed table whose state 0 is dead."""
        return cls(alphabet, rows, start, labels).trim().minimize()

    @classmethod
    def from_table(cls, alphabet: Alphabet, table: np.ndarray, start: int, labels: Sequence[Labels]) -> DFA:
        """Return an automaton with the given table, which must be trimmed."""
        out = cls(alphabet, (), start, labels)
        out._rows = None
        out._table = np.ascontiguousarray(table, np.int32)
        return out

    @classmethod
    def empty(cls, universe: str = CHARS) -> DFA:
        """Return the automaton of no sequence at all."""
        return cls(from_sets(universe, [])[0], [[0]], 0, [_NOTHING])

    @classmethod
    def epsilon(cls, universe: str = CHARS) -> DFA:
        """Return the automaton of the empty sequence."""
        return cls(from_sets(universe, [])[0], [[0], [0]], 1, [_NOTHING, _PLAIN])

    @classmethod
    def everything(cls, universe: str = CHARS) -> DFA:
        """Return the automaton of all sequences."""
        return cls(from_sets(universe, [])[0], [[0], [1]], 1, [_NOTHING, _PLAIN])

    @classmethod
    def symbols(cls, charset: CharSet, universe: str = CHARS) -> DFA:
        """Return the automaton of the one-symbol sequences of ``charset`` (for bytes: a set of numbers 0..255)."""
        if not charset:
            return cls.empty(universe)
        alphabet, owners = from_sets(universe, [charset])
        return cls(alphabet, [[0] * len(owners), [2 if o else 0 for o in owners], [0] * len(owners)], 1, [_NOTHING, _NOTHING, _PLAIN])

    @classmethod
    def from_strings(cls, strings: Sequence[str | bytes], labels: Sequence[int | Labels] | None = None, universe: str | None = None) -> DFA:
        """Return the automaton of a finite list of strings: minimal, but for huge lists (`words.MERGE_NODES`), whose trie it is.

        Parameters
        ----------
        strings : sequence of str or bytes
            Characters for ``str``, bytes for ``bytes``. A string may occur more than once: its labels are united.
        labels : sequence of int or tuple of int, optional
            Label of each string; without it a plain acceptor is made.
        universe : {"bytes", "chars"}, optional
            Needed for an empty list only; ``str`` with ``"bytes"`` is encoded as UTF-8.

        Notes
        -----
        Linear in the total length plus the size of the table.
        """
        if universe is None:
            universe = BYTES if strings and isinstance(strings[0], bytes) else CHARS
        if not len(strings):
            return cls.empty(universe)
        given: list[Labels] = [_PLAIN] * len(strings) if labels is None else [x if isinstance(x, tuple) else (x,) for x in labels]
        words, outputs = sorted_words(strings, given, universe)
        used, sources, columns, targets, labelled = acyclic(words, outputs)
        alphabet, column_class = alphabet_of_symbols(universe, used)
        table = np.zeros((len(labelled), alphabet.num_classes), np.int32)
        table[sources, np.array(column_class, np.int64)[columns]] = targets
        out = cls.from_table(alphabet, table, 1, labelled)
        out._minimal = out.num_states <= MERGE_NODES + 1
        return out

    # -- looking

    @property
    def rows(self) -> Sequence[Sequence[int]]:
        """The table as lists."""
        if self._rows is None:
            assert self._table is not None
            self._rows = self._table.tolist()
        return self._rows

    @property
    def table(self) -> np.ndarray:
        """The table as ``int32[num_states, num_classes]``; do not write to it."""
        if self._table is None:
            assert self._rows is not None
            self._table = np.array(self._rows, np.int32).reshape(len(self._rows), self.alphabet.num_classes)
        return self._table

    @property
    def num_states(self) -> int:
        """Number of states, the dead one included."""
        return len(self.labels)

    @property
    def is_empty(self) -> bool:
        """Whether no sequence is accepted."""
        return self.start == 0

    @property
    def nullable(self) -> bool:
        """Whether the empty sequence is accepted."""
        return bool(self.labels[self.start])

    @property
    def is_finite(self) -> bool:
        """Whether only finitely many sequences are accepted."""
        waiting = [0] * self.num_states
        for row in self.rows:
            for target in set(row):
                waiting[target] += 1
        waiting[0] = -1
        ready = [self.start] if self.start and not waiting[self.start] else []
        for state in ready:
            for target in set(self.rows[state]):
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return len(ready) == self.num_states - 1

    def step(self, state: int, symbol: int) -> int:
        """Return the successor of ``state``; 0 is dead."""
        c = self.alphabet.class_of(symbol)
        return 0 if c == NONE else self.rows[state][c]

    def run(self, symbols: Iterable[int] | str) -> int:
        """Return the state after a sequence of symbols (``str``: of code points)."""
        state = self.start
        for symbol in map(ord, symbols) if isinstance(symbols, str) else symbols:
            if not state:
                break
            state = self.step(state, symbol)
        return state

    def accepts(self, symbols: Iterable[int] | str) -> bool:
        """Return whether the sequence is accepted, with whatever label."""
        return bool(self.labels[self.run(symbols)])

    def distance(self, label: int | None = None) -> np.ndarray:
        """Return the least number of symbols from each state to acceptance (with ``label`` if given), int32, -1 where there is no way."""
        goals = [s for s, labels in enumerate(self.labels) if (labels if label is None else label in labels)]
        if self.num_states > LARGE:
            return explore.distances_by_layer(self.table, np.array(goals, np.int64))
        return np.array(explore.distances(self.rows, goals), np.int32)

    @property
    def extent(self) -> tuple[int, int | None]:
        """The lengths of a shortest sequence (-1 if there is none) and of a longest one (None if there is no longest)."""
        if self._extent is None:
            self._extent = int(self.distance()[self.start]), explore.longest(self.rows, self.start, self.labels)
        return self._extent

    def nearest(self, state: int) -> dict[int, int]:
        """Return the length of a shortest way from ``state`` to each label that can be reached, all in one search forwards."""
        found: dict[int, int] = {}
        seen = np.zeros(self.num_states, bool)
        seen[0] = True
        layer = np.array([state])
        steps = 0
        while len(layer):
            seen[layer] = True
            for here in layer.tolist():
                for label in self.labels[here]:
                    found.setdefault(label, steps)
            after = np.unique(self.table[layer])
            layer = after[~seen[after]]
            steps += 1
        return found

    def shortest(self, state: int | None = None, label: int | None = None) -> list[int] | None:
        """Return a shortest sequence from ``state`` (default: the start) to acceptance, None if there is none."""
        state = self.start if state is None else state
        left = self.distance(label)
        if left[state] < 0:
            return None
        symbols = self.alphabet.representatives()
        way = []
        while left[state]:
            c = next(c for c, t in enumerate(self.rows[state]) if t and left[t] == left[state] - 1)
            way.append(symbols[c])
            state = self.rows[state][c]
        return way

    def shortest_text(self) -> str | None:
        """Return a shortest accepted text."""
        way = self.shortest()
        if way is None:
            return None
        return "".join(map(chr, way)) if self.alphabet.universe == CHARS else bytes(way).decode("utf-8", "replace")

    def length_sets(self, weights: np.ndarray | None = None) -> LengthSets:
        """Return the sets of states that can reach acceptance with weight exactly 0, 1, 2, ...; see `lengths`.

        Parameters
        ----------
        weights : uint8[num_states, num_classes], optional
            0 or 1 per transition; default 1 everywhere.
        """
        table = self.table
        accepting = np.array([bool(x) for x in self.labels])
        return length_sets(table, accepting, np.ones(table.shape, np.uint8) if weights is None else weights)

    # -- normal forms

    def trim(self) -> DFA:
        """Return the automaton without unreachable and dead states."""
        rows = self.rows
        left = explore.distances(rows, [s for s, labels in enumerate(self.labels) if labels])
        order = [s for s in explore.reachable(rows, self.start) if left[s] >= 0]
        if len(order) == self.num_states - 1:
            return self
        number = [0] * self.num_states
        for i, state in enumerate(order, 1):
            number[state] = i
        trimmed = [[0] * self.alphabet.num_classes, *([number[t] for t in rows[s]] for s in order)]
        return DFA(self.alphabet, trimmed, number[self.start], [_NOTHING, *(self.labels[s] for s in order)])

    def minimize(self) -> DFA:
        """Return the automaton with the fewest states and classes, in canonical order: breadth first by class."""
        if self._minimal:
            return self
        out = DFA(*canonical(self.alphabet, self.rows, self.start, self.labels, equivalence(self.rows, self.labels)))
        out._minimal = True
        return out

    def table_key(self) -> bytes:
        """Return a hash of the table as it stands.

        Not `key`, which names the language whatever the numbering: lexer states go by the numbers of this very table (and a choice of
        10^6 states takes 13 s to be brought into canonical form).
        """
        digest = hashlib.blake2b(np.ascontiguousarray(self.table).data, digest_size=16)
        labels = [(state, accepted) for state, accepted in enumerate(self.labels) if accepted]
        digest.update(repr((self.start, hash(self.alphabet), self.num_states, labels)).encode())
        return digest.digest()

    @property
    def key(self) -> bytes:
        """Content of the language with its labels: 16 bytes, equal iff alphabets, languages and labels are."""
        if self._key is None:
            out = DFA(*canonical(self.alphabet, *self._reduced()))
            digest = hashlib.blake2b(repr((out.alphabet.universe, out.start, out.labels)).encode(), digest_size=16)
            for array in (out.alphabet.bounds, out.alphabet.classes, out.table):
                digest.update(array.tobytes())
                digest.update(b"/")
            self._key = digest.digest()
        return self._key

    def _reduced(self) -> tuple[Sequence[Sequence[int]], int, Sequence[Labels], list[int]]:
        other = list(range(self.num_states)) if self._minimal else equivalence(self.rows, self.labels)
        return self.rows, self.start, self.labels, other

    # -- algebra

    def _combine(self, other: DFA, mode: str, label: Callable[[Labels, Labels], Labels], max_states: int) -> DFA:
        alphabet, (mine, yours) = refine(self.alphabet, other.alphabet)
        rows, pairs = explore.product(_widened(self.rows, mine), _widened(other.rows, yours), (self.start, other.start), mode, max_states)
        labels = [label(self.labels[a], other.labels[b]) for a, b in pairs]
        labels[0] = _NOTHING
        out = DFA(alphabet, rows, 1 if len(rows) > 1 else 0, labels)
        return (out if mode == "or" else out.trim()).minimize()

    def intersection(self, other: DFA, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return what both accept, with the labels of this one."""
        return self._combine(other, "and", lambda a, b: a if b else _NOTHING, max_states)

    def union(self, other: DFA, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return what either accepts, labels united."""
        return self._combine(other, "or", lambda a, b: a if a == b else tuple(sorted({*a, *b})), max_states)

    def difference(self, other: DFA, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return what this one accepts and ``other`` does not, with the labels of this one."""
        return self._combine(other, "sub", lambda a, b: _NOTHING if b else a, max_states)

    def complement(self) -> DFA:
        """Return all other sequences of the universe, as a plain acceptor."""
        fresh = self.num_states
        rows = [[0] * self.alphabet.num_classes]
        for row in self.rows[1:]:
            rows.append([t or fresh for t in row])
        rows.append([fresh] * self.alphabet.num_classes)
        labels = [_NOTHING, *(_NOTHING if x else _PLAIN for x in self.labels[1:]), _PLAIN]
        return DFA.from_rows(self.alphabet, rows, self.start or fresh, labels)

    def __and__(self, other: DFA) -> DFA:
        return self.intersection(other)

    def __or__(self, other: DFA) -> DFA:
        return self.union(other)

    def __sub__(self, other: DFA) -> DFA:
        return self.difference(other)

    def __invert__(self) -> DFA:
        return self.complement()

    def __add__(self, other: DFA) -> DFA:
        return self.concat(other)

    def plain(self) -> DFA:
        """Return the acceptor of the same language with the one label 0."""
        if all(x in (_NOTHING, _PLAIN) for x in self.labels):
            return self
        return DFA(self.alphabet, self.rows, self.start, [_PLAIN if x else _NOTHING for x in self.labels]).minimize()

    def with_labels(self, labels: Labels) -> DFA:
        """Return the automaton with every accept labelled ``labels``."""
        out = DFA(self.alphabet, self.rows, self.start, [labels if x else _NOTHING for x in self.labels])
        return out.minimize()

    def only(self, label: int) -> DFA:
        """Return the plain acceptor of what carries ``label``."""
        return DFA.from_rows(self.alphabet, self.rows, self.start, [_PLAIN if label in x else _NOTHING for x in self.labels])

    def concat(self, other: DFA, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return every sequence of this one followed by one of ``other``, with the labels of ``other``."""
        alphabet, (mine, yours) = refine(self.alphabet, other.alphabet)
        rows_a, rows_b = _widened(self.rows, mine), _widened(other.rows, yours)
        base = self.num_states
        link = other.start and base + other.start

        def row_of(state: int) -> list[tuple[int, ...]]:
            if state >= base:
                return [(base + t,) if t else () for t in rows_b[state - base]]
            return [() if not t else (t, link) if link and self.labels[t] else (t,) for t in rows_a[state]]

        starts = [s for s in (self.start, link if self.nullable else 0) if s]
        return self._determinised(alphabet, starts, row_of, other, base, max_states)

    def _determinised(
        self, alphabet: Alphabet, starts: Sequence[int], row_of: Callable, other: DFA, base: int, max_states: int
    ) -> DFA:
        universal = frozenset(base + s for s in _universal_states(other))
        rows, sets = explore.subsets(starts, row_of, universal, alphabet.num_classes, max_states)
        labels = [tuple(sorted({x for s in states if s >= base for x in other.labels[s - base]})) for states in sets]
        return DFA.from_rows(alphabet, rows, 1 if starts else 0, labels)

    def repeat(self, lo: int, hi: int | None = None, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return between ``lo`` and ``hi`` (None: any number of) sequences one after another, as a plain acceptor."""
        if hi == 0 or self.is_empty:
            return DFA.epsilon(self.alphabet.universe) if lo == 0 or hi == 0 else self
        n, rows, begin = self.num_states, self.rows, self.start
        lo = 0 if self.nullable else lo
        last = (max(lo, 1) if hi is None else hi) - 1
        init = n * (last + 1)

        def row_of(state: int) -> list[tuple[int, ...]]:
            copy, inner = (0, begin) if state == init else divmod(state, n)
            shift = copy * n
            after = copy + 1 if copy < last else last if hi is None else None
            again = None if after is None else after * n + begin
            return [
                () if not t else (shift + t,) if again is None or not self.labels[t] else (shift + t, again) for t in rows[inner]
            ]

        def accepting(state: int) -> bool:
            return lo == 0 if state == init else bool(self.labels[state % n]) and state // n + 1 >= lo

        out, sets = explore.subsets([init], row_of, frozenset(), self.alphabet.num_classes, max_states)
        return DFA.from_rows(self.alphabet, out, 1, [_PLAIN if any(map(accepting, states)) else _NOTHING for states in sets])

    def star(self, max_states: int = DEFAULT_MAX_STATES) -> DFA:
        """Return any number of sequences one after another."""
        return self.repeat(0, None, max_states)

    def optional(self) -> DFA:
        """Return the language with the empty sequence added."""
        return self.plain().union(DFA.epsilon(self.alphabet.universe))

    # -- questions about two languages

    def _compare(self, other: DFA, wrong: Callable[[bool, bool], bool]) -> Verdict:
        alphabet, (mine, yours) = refine(self.alphabet, other.alphabet)
        classes = explore.first_difference(
            _widened(self.rows, mine),
            _widened(other.rows, yours),
            (self.start, other.start),
            lambda a, b: wrong(bool(self.labels[a]), bool(other.labels[b])),
            1_000_000,
        )
        if classes is None:
            return Verdict(True)
        symbols = alphabet.representatives()
        return Verdict(False, [symbols[c] for c in classes])

    def includes(self, other: DFA) -> Verdict:
        """Say whether everything ``other`` accepts is accepted here; the witness is a sequence that is not."""
        return self._compare(other, lambda a, b: b and not a)

    def equals(self, other: DFA) -> Verdict:
        """Say whether both accept the same; the witness is a sequence that only one accepts."""
        return self._compare(other, lambda a, b: a != b)

    def disjoint(self, other: DFA) -> Verdict:
        """Say whether no sequence is accepted by both; the witness is one that is."""
        return self._compare(other, lambda a, b: a and b)

    # -- to bytes

    def to_utf8(self, max_states: int = 10 * DEFAULT_MAX_STATES) -> DFA:
        """Return the automaton over bytes of the UTF-8 encodings; states keep their numbers, new ones follow."""
        if self.alphabet.universe == BYTES:
            return self
        alphabet, table = encode_table(self.alphabet, self.table, max_states)
        out = DFA.from_table(alphabet, table, self.start, [*self.labels, *[_NOTHING] * (len(table) - self.num_states)])
        out._minimal = self._minimal
        return out

    def __repr__(self) -> str:
        return f"DFA({self.alphabet.universe}, {self.num_states} states, {self.alphabet.num_classes} classes)"


def classify(automata: Sequence[DFA], max_states: int = DEFAULT_MAX_STATES) -> DFA:
    """Return the automaton that labels every sequence with the indices of the automata that accept it.

    Raises
    ------
    LimitExceeded
        When the product has more than ``max_states`` states.
    """
    layer = [dfa.with_labels((i,)) for i, dfa in enumerate(automata)]
    if not layer:
        return DFA.empty()
    while len(layer) > 1:
        layer = [a[0].union(a[1], max_states) if len(a) == 2 else a[0] for a in (layer[i : i + 2] for i in range(0, len(layer), 2))]
    return layer[0]


def _universal_states(dfa: DFA) -> list[int]:
    """Return the states from which every continuation is accepted, as seen from their own row."""
    return [s for s, row in enumerate(dfa.rows) if dfa.labels[s] and all(t == s for t in row)]


def _widened(rows: Sequence[Sequence[int]], old_class: list[int]) -> Sequence[Sequence[int]]:
    """Return the rows over a finer alphabet."""
    if old_class == list(range(len(rows[0]))):
        return rows
    return [[row[c] for c in old_class] for row in rows]
