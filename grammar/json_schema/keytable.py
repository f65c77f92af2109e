"""The keys of an object: terminals that tell declared keys apart and sort all others into classes.

Declared keys are labelled by their index. Where no pattern looks at keys, all others are one class, and the terminal is a trie of the
declared keys that falls into the shared string (`keys.KeyTrieTerminal`), so that masks of the shared string serve it. Where patterns or
key schemas look at keys, there are two terminals: a trie of the declared keys that falls nowhere, and one explicit automaton of all other
keys, a class per set of patterns that match (only classes that some key is in). Refused: one automaton of both. It is cut to the labels
expected at every position of an object anew, 20,000 states for 200 keys, and in free order there are as many positions as members. Patterns
that no automaton decides (backreferences, ``propertyNames`` with ``format: regex``) split the keys that an automaton around them accepts
into two classes of one label, and where the key ends it is asked which it is in (`KeyClass.checks`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

from maskwright.automata.alphabet import CHARS
from maskwright.automata.dfa import DFA
from maskwright.automata.program import FALLEN, Terminal
from maskwright.errors import LimitExceeded

from .formulas import ABSENT, ALL, PRESENT, PROP, SOME, Formula
from .keys import KeyTrieTerminal
from .scalars import Scalars
from .sizes import least_by_label
from .strings import labelled_terminal, string_terminal
from .values import has_surrogate

#: a selector of at most so many keys is taken as a list of declared keys
FEW = 64
#: selectors that no automaton decides and that one key may match at the same time
MAX_UNDECIDED = 6

_T = TypeVar("_T", str, int)


class KeyClass(NamedTuple):
    """Undeclared keys that no selector tells apart.

    Attributes
    ----------
    number : int
        Tells the classes of a table apart.
    label : int
    bytes : int
        Least spelling of such a key.
    patterns : frozenset of str
        Patterns that match.
    named : frozenset of int
        Literals of key schemas that hold.
    checks : tuple of (str or int, bool)
        Patterns and literals that must hold, or must not, beside what the label says.
    """

    number: int
    label: int
    bytes: int
    patterns: frozenset[str]
    named: frozenset[int]
    checks: tuple[tuple[str | int, bool], ...] = ()

    @property
    def content(self) -> Hashable:
        """What decides which selectors take the keys, whatever the table."""
        return self.patterns, self.named

    def takes(self, selector: tuple) -> bool:
        """Return whether a selector takes keys of this class."""
        kind = selector[0]
        if kind == "rest":
            return not selector[2] & self.patterns
        if kind == "pattern":
            return selector[1] in self.patterns
        return selector[1] not in self.named


def _without_finite(selecting: dict[_T, None], keys: dict[str, None], listed: Callable[[_T], list[str] | None]) -> dict[_T, None]:
    """Declare the keys of selectors that take few keys only, and return the other selectors: of undeclared keys the former take none."""
    out: dict[_T, None] = {}
    for one in selecting:
        found = listed(one)
        if found is None:
            out[one] = None
        else:
            keys.update(dict.fromkeys(found))
    return out


class KeyTable:
    """Declared keys and classes of the others, for one formula over objects.

    Attributes
    ----------
    keys : tuple of str
        Declared keys, in order of first appearance.
    label : dict of str to int
    terminal : Terminal
        Of the declared keys; of all others too where no class is told apart.
    others : Terminal
        Of the classes.
    classes : tuple of KeyClass
    checked : bool
        Some class has checks.
    """

    def __init__(self, formula: Formula, scalars: Scalars):
        keys: dict[str, None] = {}
        patterns: dict[str, None] = {}
        schemas: dict[int, None] = {}
        for atom in formula.atoms():
            if atom.kind in (ALL, SOME):
                selector = atom.args[0]
                if selector[0] == "rest":
                    keys.update(dict.fromkeys(sorted(selector[1])))
                    patterns.update(dict.fromkeys(sorted(selector[2])))
                elif selector[0] == "pattern":
                    patterns[selector[1]] = None
                else:
                    schemas[selector[1]] = None
            elif atom.kind in (PROP, PRESENT, ABSENT):
                keys[atom.args[0]] = None
        patterns = _without_finite(patterns, keys, lambda pattern: scalars.few_matches(pattern, FEW))
        schemas = _without_finite(schemas, keys, lambda literal: scalars.few_keys(literal, FEW))
        self.keys = tuple(key for key in keys if not has_surrogate(key))
        self.label = {key: i for i, key in enumerate(self.keys)}
        self._classifier: DFA | None = None
        self._scalars = scalars
        self.checked = False
        if patterns or schemas:
            self._classify(list(patterns), list(schemas), scalars)
        else:
            label = FALLEN if self.keys else 0
            self.classes: tuple[KeyClass, ...] = (KeyClass(label, label, self._least_undeclared(), frozenset(), frozenset()),)

    @cached_property
    def terminal(self) -> Terminal:
        """Made when an object is first decoded."""
        others = string_terminal(self._scalars.plain)
        if self._classifier is not None:
            return KeyTrieTerminal(self.keys, None, self._scalars.plain)
        return KeyTrieTerminal(self.keys, others, self._scalars.plain) if self.keys else others

    @cached_property
    def others(self) -> Terminal:
        """Made when an object is first decoded."""
        if self._classifier is None:
            return self.terminal
        return labelled_terminal(self._classifier, "another key", self._scalars.plain)

    def _least_undeclared(self) -> int:
        if "" not in self.label:
            return 2
        trie = self.terminal
        assert isinstance(trie, KeyTrieTerminal)
        return trie.expand(trie.start(frozenset((FALLEN,)))).costs[FALLEN]

    def _classify(self, patterns: list[str], schemas: list[int], scalars: Scalars) -> None:
        n, p = len(self.keys), len(patterns)
        layer = [DFA.everything(CHARS).with_labels((n,))]
        if self.keys:
            layer.append(DFA.from_strings(self.keys, range(n)))
        undecided: set[int] = set()
        for i, (dfa, loose) in enumerate([*map(scalars.key_pattern, patterns), *map(scalars.key_schema, schemas)]):
            layer.append(dfa.with_labels((n + 1 + i,)))
            if loose:
                undecided.add(n + 1 + i)
        while len(layer) > 1:
            layer = [
                a[0].union(a[1], scalars.max_states) if len(a) == 2 else a[0] for a in (layer[i : i + 2] for i in range(0, len(layer), 2))
            ]
        joined = layer[0]
        numbers: dict[tuple[int, ...], int] = {}
        labels: list[tuple[int, ...]] = []
        for accepted in joined.labels:
            if not accepted or accepted[0] < n:
                labels.append(())
            else:
                labels.append((numbers.setdefault(accepted[1:], n + len(numbers)),))
        self._classifier = DFA(joined.alphabet, joined.rows, joined.start, labels).minimize()
        least = least_by_label(self._classifier)
        selectors: dict[int, str | int] = dict(enumerate([*patterns, *schemas], n + 1))
        classes: list[KeyClass] = []
        for matched, label in numbers.items():
            for holding, checks in _decisions(matched, undecided, selectors):
                held = frozenset(selectors[i] for i in holding if i <= n + p), frozenset(selectors[i] for i in holding if i > n + p)
                classes.append(KeyClass(n + len(classes), label, least[label], *held, checks))  # type: ignore[arg-type]
        self.classes = tuple(classes)
        self.checked = bool(undecided)

    def belongs(self, group: KeyClass, key: str) -> bool:
        """Return whether a key passes the checks of a class."""
        for selector, wanted in group.checks:
            asked = self._scalars.pattern_matches if isinstance(selector, str) else self._scalars.satisfies
            if asked(selector, key) != wanted:  # type: ignore[arg-type]
                return False
        return True


def _decisions(
    matched: tuple[int, ...], undecided: set[int], selectors: dict[int, str | int]
) -> Iterator[tuple[tuple[int, ...], tuple[tuple[str | int, bool], ...]]]:
    """Yield, for keys that automata say to match ``matched``, what may really hold, with the checks that say so."""
    open_ones = [i for i in matched if i in undecided]
    if len(open_ones) > MAX_UNDECIDED:
        hint = "fewer patterns with backreferences, and key schemas with formats like regex, for the same keys"
        raise LimitExceeded("undecided key patterns", MAX_UNDECIDED, len(open_ones), hint=hint)
    for verdicts in product((True, False), repeat=len(open_ones)):
        failed = {i for i, verdict in zip(open_ones, verdicts) if not verdict}
        yield tuple(i for i in matched if i not in failed), tuple((selectors[i], v) for i, v in zip(open_ones, verdicts))
