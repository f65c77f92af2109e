"""Sets of strings as the schema algebra holds them, and their terminals.

A `StringLanguage` is a conjunction of three parts, all over decoded characters:

    dfa                       a regular language, None for all strings
    min_length, max_length    a window on the number of characters, max_length None for no bound
    checks                    predicates that no automaton decides (``format: regex``), each plain or negated

The window stands beside the automaton, so that ``maxLength: 100000`` is a counter and not 100,000 states. Complements are unions of
such conjunctions, which is what the normal form of a schema is made of. Constructors bring languages to a normal form: a window
that the automaton implies is dropped, an automaton that only counts characters of one class (``^[a-z]{3,500}$``) becomes the loop
on that class with a window, and the empty language has one form. Languages with checks are upper bounds where emptiness is
concerned: `is_empty` may say False of a language whose every string fails a check.

`terminal` lowers a language to bytes. Without a window that is the spelled automaton; the unconstrained string, as a value and
as a key, is one object per process. With a window, finite languages are folded and everything else is a `CountedTerminal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from maskwright.automata.alphabet import CHARS, from_sets
from maskwright.automata.dfa import DEFAULT_MAX_STATES, DFA
from maskwright.automata.lengths import LengthSets
from maskwright.automata.program import CountedTerminal, DFATerminal, Terminal
from maskwright.errors import LimitExceeded

from . import stored
from .spelling import SpelledDFA, spell

#: product states up to which a window is worked into a finite language
_FOLD_STATES = 4_000


@dataclass(frozen=True, slots=True)
class Check:
    """A predicate on strings that is not regular; equal by name and sign.

    Attributes
    ----------
    name : str
        What is checked, for reports (``format: regex``).
    holds : callable
        The predicate.
    negated : bool
        Whether strings must fail it.
    """

    name: str
    holds: Callable[[str], bool] = field(compare=False, repr=False)
    negated: bool = False

    def passes(self, text: str) -> bool:
        """Return whether ``text`` passes."""
        return bool(self.holds(text)) != self.negated

    def __invert__(self) -> Check:
        return replace(self, negated=not self.negated)


def _window(lo: int, hi: int | None) -> DFA:
    """Return the automaton of all strings of ``lo`` to ``hi`` characters."""
    alphabet, _ = from_sets(CHARS, [])
    last = lo if hi is None else hi + 1
    rows = [[0], *([i + 2] for i in range(last)), [last + 1] if hi is None else [0]]
    labels = [(), *((0,) if lo <= i and (hi is None or i <= hi) else () for i in range(last + 1))]
    return DFA.from_rows(alphabet, rows, 1, labels)


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def _counting(dfa: DFA) -> tuple[DFA | None, int, int | None] | None:
    """Recognise an automaton that accepts the strings over one class with between lo and hi characters.

    Returns
    -------
    (loop, lo, hi) or None
        ``loop`` is None when the class is everything.
    """
    live = {c for row in dfa.rows for c, t in enumerate(row) if t}
    if len(live) != 1:
        return None
    (c,) = live
    chain: list[int] = []
    state = dfa.start
    while state and state not in chain[-1:] and len(chain) < dfa.num_states:
        chain.append(state)
        state = dfa.rows[state][c]
    if len(chain) != dfa.num_states - 1:
        return None
    accepting = [bool(dfa.labels[s]) for s in chain]
    if state and not accepting[-1]:
        return None
    lo = accepting.index(True)
    if not all(accepting[lo:]):
        return None
    if dfa.alphabet.num_classes == 1:
        return None, lo, None if state else len(chain) - 1
    row = [1 if i == c else 0 for i in range(dfa.alphabet.num_classes)]
    loop = DFA.from_rows(dfa.alphabet, [[0] * len(row), row], 1, [(), (0,)])
    return loop, lo, None if state else len(chain) - 1


@dataclass(frozen=True)
class StringLanguage:
    """A set of strings; see the module. Make one with `make` or the functions below, which bring it to normal form."""

    dfa: DFA | None = None
    min_length: int = 0
    max_length: int | None = None
    checks: frozenset[Check] = frozenset()

    # -- making

    @staticmethod
    def make(
        dfa: DFA | None = None, min_length: int = 0, max_length: int | None = None, checks: Iterable[Check] = ()
    ) -> StringLanguage:
        """Return the language in normal form."""
        checks = frozenset(checks)
        if any(~check in checks for check in checks) or (max_length is not None and max_length < min_length):
            return NOTHING
        if dfa is not None:
            dfa = dfa.plain()
            if dfa.is_empty:
                return NOTHING
            counted = _counting(dfa)
            if counted is not None:
                dfa, lo, hi = counted
                min_length = max(min_length, lo)
                max_length = hi if max_length is None else max_length if hi is None else min(hi, max_length)
                if max_length is not None and max_length < min_length:
                    return NOTHING
            else:
                min_length, max_length = _without_implied(dfa, min_length, max_length)
                if max_length is not None and max_length < min_length:
                    return NOTHING
        language = StringLanguage(dfa, min_length, max_length, checks)
        return NOTHING if language._is_empty else language

    # -- looking

    @cached_property
    def key(self) -> tuple:
        """Identity: equal keys mean equal languages (the converse holds for languages without checks and with equal windows)."""
        return (self.dfa and self.dfa.key, self.min_length, self.max_length, self.checks)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, StringLanguage) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def is_everything(self) -> bool:
        """Whether every string belongs to it."""
        return self == EVERYTHING

    @cached_property
    def _lengths(self) -> LengthSets:
        assert self.dfa is not None
        return self.dfa.length_sets()

    @cached_property
    def _is_empty(self) -> bool:
        if self.max_length is not None and self.max_length < self.min_length:
            return True
        if self.dfa is None:
            return False
        if self.dfa.is_empty:
            return True
        if not self.min_length and self.max_length is None:
            return False
        shortest = self.dfa.extent[0]
        if self.min_length <= shortest and (self.max_length is None or shortest <= self.max_length):
            return False
        return not self._lengths.meets(self.dfa.start, self.min_length, self.max_length)

    @property
    def is_empty(self) -> bool:
        """Whether no string belongs to it (with checks: whether that is known)."""
        return self._is_empty

    @cached_property
    def is_finite(self) -> bool:
        """Whether finitely many strings belong to it."""
        return self.is_empty or self.max_length is not None or (self.dfa is not None and self.dfa.is_finite)

    def contains(self, text: str) -> bool:
        """Return whether ``text`` (decoded characters) belongs to it. No string with a lone surrogate does."""
        if len(text) < self.min_length or (self.max_length is not None and len(text) > self.max_length) or _has_surrogate(text):
            return False
        if self.dfa is not None and not self.dfa.accepts(text):
            return False
        return all(check.passes(text) for check in self.checks)

    matches = contains

    def shortest(self) -> str | None:
        """Return a shortest string of it, leaving the checks out of account; None if it is empty."""
        if self.is_empty:
            return None
        if self.dfa is None:
            return "a" * self.min_length
        if not self.min_length:
            return self.dfa.shortest_text()
        length = next(k for k in range(self.min_length, 1 << 62) if self._lengths.contains(self.dfa.start, k))
        symbols, out, state = self.dfa.alphabet.representatives(), [], self.dfa.start
        for left in range(length - 1, -1, -1):
            c = next(c for c, t in enumerate(self.dfa.rows[state]) if t and self._lengths.contains(t, left))
            out.append(chr(symbols[c]))
            state = self.dfa.rows[state][c]
        return "".join(out)

    def values(self, limit: int) -> list[str] | None:
        """Return all strings of it that pass the checks, in ascending order of length; None when there are more than ``limit``."""
        if self.is_empty:
            return []
        if not self.is_finite or self._exceeds(limit):
            return None
        return [text for text in self._enumerate() if all(check.passes(text) for check in self.checks)]

    def _exceeds(self, limit: int) -> bool:
        """Return whether more than ``limit`` strings pass window and automaton; counts ways layer by layer."""
        rows, sizes = self._counted_rows()
        ways, total, length = {1 if self.dfa is None else self.dfa.start: 1}, 0, 0
        while ways and (self.max_length is None or length <= self.max_length):
            if length >= self.min_length:
                total += sum(n for s, n in ways.items() if self.dfa is None or self.dfa.labels[s])
            # every live state leads to a string, though the window may cut it off: a crowd inside a wide window is more than the limit
            if total > limit or (self.max_length is None and sum(ways.values()) > limit) or length > 4 * limit + self.min_length:
                return True
            after: dict[int, int] = {}
            for state, n in ways.items():
                for c, target in enumerate(rows[state]):
                    if target:
                        after[target] = after.get(target, 0) + n * sizes[c]
            ways = after
            length += 1
        return total > limit

    def _counted_rows(self) -> tuple[Sequence[Sequence[int]], list[int]]:
        dfa = every_string_dfa() if self.dfa is None else self.dfa
        return dfa.rows, [sum(hi - lo + 1 for lo, hi in ranges) for ranges in dfa.alphabet.members()]

    def _enumerate(self) -> Iterator[str]:
        dfa = every_string_dfa() if self.dfa is None else self.dfa
        window = self._lengths if self.dfa is not None else None
        members = dfa.alphabet.members()
        layer, length = [("", dfa.start)], 0
        while layer:
            if length >= self.min_length:
                yield from (text for text, state in layer if dfa.labels[state])
            length += 1
            lo, hi = max(0, self.min_length - length), None if self.max_length is None else self.max_length - length
            if hi is not None and hi < 0:
                return
            following = []
            for text, state in layer:
                for c, target in enumerate(dfa.rows[state]):
                    if target and (window is None or window.meets(target, lo, hi)):
                        following += [(text + chr(point), target) for first, last in members[c] for point in range(first, last + 1)]
            layer = sorted(following)

    # -- algebra

    def intersection(self, other: StringLanguage, max_states: int = DEFAULT_MAX_STATES) -> StringLanguage:
        """Return the strings of both."""
        if self is other or other.is_everything:
            return self
        if self.is_everything:
            return other
        dfa = self.dfa if other.dfa is None else other.dfa
        if self.dfa is not None and other.dfa is not None and self.dfa.key != other.dfa.key:
            dfa = self.dfa.intersection(other.dfa, max_states)
        hi = min((h for h in (self.max_length, other.max_length) if h is not None), default=None)
        return StringLanguage.make(dfa, max(self.min_length, other.min_length), hi, self.checks | other.checks)

    __and__ = intersection

    def complement(self) -> tuple[StringLanguage, ...]:
        """Return all other strings as disjoint languages."""
        parts = []
        if self.dfa is not None:
            parts.append(StringLanguage.make(~self.dfa))
        if self.min_length:
            parts.append(StringLanguage.make(self.dfa, 0, self.min_length - 1))
        if self.max_length is not None:
            parts.append(StringLanguage.make(self.dfa, self.max_length + 1))
        kept: list[Check] = []
        for check in sorted(self.checks, key=lambda c: (c.name, c.negated)):
            parts.append(StringLanguage.make(self.dfa, self.min_length, self.max_length, [*kept, ~check]))
            kept.append(check)
        return tuple(part for part in parts if not part.is_empty)

    def minus(self, other: StringLanguage) -> tuple[StringLanguage, ...]:
        """Return the strings of this one that are not in ``other``, as disjoint languages."""
        if self.is_disjoint(other):
            return (self,)
        parts = (self & part for part in other.complement())
        return tuple(part for part in parts if not part.is_empty)

    def is_disjoint(self, other: StringLanguage) -> bool:
        """Return whether no string is in both; never True wrongly, and False wrongly only where checks are involved."""
        if self.is_empty or other.is_empty:
            return True
        if any(~check in other.checks for check in self.checks):
            return True
        lo = max(self.min_length, other.min_length)
        if any(h is not None and h < lo for h in (self.max_length, other.max_length)):
            return True
        if self.dfa is None or other.dfa is None:
            return (self & other).is_empty
        if self.dfa.disjoint(other.dfa):
            return True
        windowed = lo or self.max_length is not None or other.max_length is not None
        return bool(windowed) and (self & other).is_empty

    def includes(self, other: StringLanguage) -> bool:
        """Return whether every string of ``other`` is in this one; never True wrongly."""
        return not other.minus(self)

    # -- lowering

    def terminal(self, plain: bool = False) -> Terminal:
        """Return the terminal of all JSON texts, quotes included, of the strings of it, checks left out; see `json_string_terminal`."""
        return json_string_terminal(self.dfa, self.min_length, self.max_length, plain=plain)

    def __repr__(self) -> str:
        window = "" if not self.min_length and self.max_length is None else f", {self.min_length}..{self.max_length}"
        checks = "".join(f", {'not ' if c.negated else ''}{c.name}" for c in self.checks)
        return f"StringLanguage({self.dfa}{window}{checks})"


def _without_implied(dfa: DFA, lo: int, hi: int | None) -> tuple[int, int | None]:
    """Drop the ends of a window that the automaton implies; an unmeetable window comes back as (1, 0)."""
    if not lo and hi is None:
        return lo, hi
    shortest, longest = dfa.extent
    if (hi is not None and hi < shortest) or (longest is not None and longest < lo):
        return 1, 0
    return (0 if lo <= shortest else lo), (None if hi is None or (longest is not None and longest <= hi) else hi)


EVERYTHING = StringLanguage()
NOTHING = StringLanguage(DFA.empty())


@lru_cache(maxsize=1)
def every_string_dfa() -> DFA:
    """Return the automaton of all strings."""
    return DFA.everything(CHARS)


def of_values(texts: Iterable[str]) -> StringLanguage:
    """Return the language of finitely many strings; those with a lone surrogate have no JSON text and are left out."""
    kept = sorted({text for text in texts if not _has_surrogate(text)})
    return StringLanguage.make(DFA.from_strings(kept, universe=CHARS)) if kept else NOTHING


def union(languages: Iterable[StringLanguage], max_states: int = DEFAULT_MAX_STATES) -> tuple[StringLanguage, ...]:
    """Return the same union with as few members as merging automata under equal windows and checks gives.

    Raises
    ------
    LimitExceeded
        When a merged automaton has more than ``max_states`` states.
    """
    groups: dict[tuple, list[StringLanguage]] = {}
    for language in languages:
        if not language.is_empty:
            groups.setdefault((language.min_length, language.max_length, language.checks), []).append(language)
    out = []
    for (lo, hi, checks), members in groups.items():
        if any(member.dfa is None for member in members):
            out.append(StringLanguage.make(None, lo, hi, checks))
            continue
        layer = list({member.dfa.key: member.dfa for member in members if member.dfa is not None}.values())
        while len(layer) > 1:
            layer = [a[0].union(a[1], max_states) if len(a) == 2 else a[0] for a in (layer[i : i + 2] for i in range(0, len(layer), 2))]
        out.append(StringLanguage.make(layer[0], lo, hi, checks))
    everything = [language for language in out if language.is_everything]
    return tuple(everything or out)


def complement_of_union(languages: Sequence[StringLanguage]) -> tuple[StringLanguage, ...]:
    """Return all strings that are in none of ``languages``, as disjoint languages."""
    rest: tuple[StringLanguage, ...] = (EVERYTHING,)
    for language in languages:
        rest = tuple(part for piece in rest for part in piece.minus(language))
    return rest


def string_terminal(plain: bool = False) -> DFATerminal:
    """Return the terminal of every JSON string: one object per process (and kind of escapes), for values and keys; its only label is 0."""
    return _string_terminal(plain)


@lru_cache(maxsize=2)
def _string_terminal(plain: bool) -> DFATerminal:
    return DFATerminal(spell(every_string_dfa(), plain=plain), "a string")


@lru_cache(maxsize=4096)
def _spelled(key: bytes, dfa: _ByKey, plain: bool) -> SpelledDFA:
    return spell(dfa.dfa, plain=True) if plain else stored.spelled(dfa.dfa)


class _ByKey:
    """An automaton as an argument that a cache does not look at."""

    __slots__ = ("dfa",)

    def __init__(self, dfa: DFA):
        self.dfa = dfa

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByKey)


def spelled(dfa: DFA | None, plain: bool = False) -> SpelledDFA:
    """Return the byte automaton of `spell`, remembered by content."""
    if dfa is None:
        terminal = string_terminal(plain).dfa
        assert isinstance(terminal, SpelledDFA)
        return terminal
    dfa = dfa.minimize()
    return _spelled(dfa.key, _ByKey(dfa), plain)


def labelled_terminal(dfa: DFA, names: str | Sequence[str] = "a string", plain: bool = False) -> DFATerminal:
    """Return the terminal of a labelled automaton over characters (a key classifier); labels are kept."""
    return DFATerminal(spelled(dfa, plain), names)


def json_string_terminal(
    dfa: DFA | None = None, min_length: int = 0, max_length: int | None = None, name: str = "a string", plain: bool = False
) -> Terminal:
    """Return the terminal of all JSON texts, quotes included, of a language of strings.

    Parameters
    ----------
    dfa : DFA or None
        Over characters; None means all strings.
    min_length, max_length : int, int or None
        Window on the number of characters; together with ``dfa`` not empty.
    plain : bool
        Only spellings without needless escapes.

    Returns
    -------
    Terminal
        `string_terminal()` for all strings; a `DFATerminal` without a window, or with one that folds into a finite language; else a
        `CountedTerminal` (a character counts 1 on its first byte).
    """
    if dfa is None and not min_length and max_length is None:
        return string_terminal(plain)
    if dfa is not None and (min_length or max_length is not None):
        min_length, max_length = _without_implied(dfa, min_length, max_length)
    if not min_length and max_length is None:
        return DFATerminal(spelled(dfa, plain), name)
    folded = _folded(dfa, min_length, max_length)
    if folded is not None:
        return DFATerminal(spelled(folded, plain), name)
    form = spelled(dfa, plain)
    return CountedTerminal(form, form.weights, min_length, max_length, name)


def _folded(dfa: DFA | None, lo: int, hi: int | None) -> DFA | None:
    """Return a finite automaton with the window worked into it if that is small, else None."""
    longest = None if dfa is None or dfa.num_states > _FOLD_STATES else dfa.extent[1]
    if dfa is None or longest is None:
        return None
    top = longest if hi is None else min(hi, longest)
    try:
        return dfa.intersection(_window(lo, top), _FOLD_STATES)
    except LimitExceeded:
        return None
