"""Strings, numbers and booleans: formulas evaluated to sets, and sets lowered to terminals.

A formula over strings or numbers is a boolean combination of facts (`formulas.FACT`): it is evaluated bottom up on sets of two forms:

    Listed(values, negated)    finitely many values, or all but finitely many
    Described(parts)           a union of `strings.StringLanguage` or `numbers.NumberLanguage`

Lists stay lists as long as they can: an enum of 100,000 strings conjoined with a pattern is filtered, not multiplied out. Results are
remembered by formula, and formulas are hash-consed by content, so equal constraints at a hundred places are one terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from maskwright.automata.alphabet import CHARS
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DEFAULT_MAX_STATES, DFA
from maskwright.automata.program import DFATerminal, LazyTerminal, Terminal
from maskwright.errors import LimitExceeded
from maskwright.grammar.string_grammars import string_grammar

from . import numbers, strings
from .costs import INF, Cost
from .formats import format_check, format_is_checked, format_language, format_max_length, format_upper
from .formulas import AND, EXACTLY_ONE, FALSE, NOT, OR, TRUE, Formula
from .listed_strings import ListedStrings
from .nodes import BOOLEAN, NULL, NUMBER, STRING
from .patterns import pattern_language, pattern_matches
from .sizes import least_bytes, least_text_bytes
from .unfold import Unfolder
from .values import FALSE as FALSE_VALUE
from .values import NULL as NULL_VALUE
from .values import TRUE as TRUE_VALUE
from .values import Value

#: states of an automaton over keys
KEY_STATES = 50_000
#: states of an automaton over characters from which on its texts are spelled while compiling
MANY_STATES = 100
#: strings of a list from which on its trie is made while compiling
MANY_STRINGS = 1_000
#: characters of such lists up to which those of one schema are made while compiling, the last one whole; further ones when reached
PREPARED_CHARS = 2**22


class Lexeme(NamedTuple):
    """A terminal (label 0), and what its strings must pass beside."""

    terminal: Terminal
    checks: frozenset[strings.Check] = frozenset()


class Listed:
    """Finitely many values, or all others."""

    __slots__ = ("negated", "values")

    def __init__(self, values: Iterable[Value], negated: bool = False):
        self.values = frozenset(values)
        self.negated = negated


class Described:
    """A union of languages."""

    __slots__ = ("parts",)

    def __init__(self, parts: Iterable[Any]):
        self.parts = tuple(parts)

    def contains(self, value: Value) -> bool:
        """Return whether a value belongs to it."""
        return any(part.contains(value) for part in self.parts)


Set = Listed | Described
Known = dict[tuple[Formula, bool], Set]


class Algebra:
    """Set operations over one scalar type.

    Parameters
    ----------
    everything : language
    of_values : callable
        Language of finitely many values.
    union : callable
        Brings a union of languages to fewer parts.
    """

    def __init__(self, everything: Any, of_values: Callable[[Iterable[Any]], Any], union: Callable[[Iterable[Any]], Sequence[Any]]):
        self.everything = Listed((), True)
        self.nothing = Listed(())
        self._whole = everything
        self._of_values = of_values
        self._union = union

    def described(self, given: Set) -> Described:
        """Return a set as a union of languages."""
        if isinstance(given, Described):
            return given
        if not given.negated:
            return Described((self._of_values(given.values),)) if given.values else Described(())
        return Described(self._of_values(given.values).complement()) if given.values else Described((self._whole,))

    def both(self, a: Set, b: Set) -> Set:
        """Return the intersection."""
        if isinstance(a, Described) and isinstance(b, Listed):
            a, b = b, a
        if isinstance(a, Listed) and isinstance(b, Listed):
            if a.negated and b.negated:
                return Listed(a.values | b.values, True)
            if a.negated:
                a, b = b, a
            return Listed(a.values - b.values if b.negated else a.values & b.values)
        assert isinstance(b, Described)
        if isinstance(a, Listed) and not a.negated:
            return Listed(v for v in a.values if b.contains(v))
        if isinstance(a, Listed) and not a.values:
            return b
        left = self.described(a)
        return Described(p for p in (x & y for x in left.parts for y in b.parts) if not p.is_empty)

    def either(self, sets: Sequence[Set]) -> Set:
        """Return the union."""
        finite = [s.values for s in sets if isinstance(s, Listed) and not s.negated]
        cofinite = [s.values for s in sets if isinstance(s, Listed) and s.negated]
        described = [s for s in sets if isinstance(s, Described)]
        values = frozenset().union(*finite)
        if cofinite:
            left = frozenset.intersection(*cofinite) - values
            return Listed((v for v in left if not any(s.contains(v) for s in described)), True)
        if not described:
            return Listed(values)
        parts = [part for s in described for part in s.parts]
        extra = [v for v in values if not any(s.contains(v) for s in described)]
        if extra:
            parts.append(self._of_values(extra))
        return Described(self._union(parts))

    def other(self, given: Set) -> Set:
        """Return the complement."""
        if isinstance(given, Listed):
            return Listed(given.values, not given.negated)
        out: Set = self.everything
        for part in given.parts:
            out = self.both(out, Described(part.complement()))
        return out

    def evaluate(self, formula: Formula, fact: Callable[..., Set], known: Known, inner: bool) -> Set:
        """Return the set of a formula; ``fact(inner, *payload)`` gives the set of an atom.

        Some facts are only known between two sets. With ``inner`` the result lies in the true set, otherwise around it.
        """
        key = (formula, inner)
        found = known.get(key)
        if found is None:
            found = known[key] = self._evaluate(formula, fact, known, inner)
        return found

    def _evaluate(self, formula: Formula, fact: Callable[..., Set], known: Known, inner: bool) -> Set:
        if formula in (TRUE, FALSE):
            return self.everything if formula is TRUE else self.nothing
        if formula.kind == AND:
            sets = [self.evaluate(part, fact, known, inner) for part in formula.args]
            sets.sort(key=lambda s: (isinstance(s, Described), len(s.parts) if isinstance(s, Described) else s.negated))
            out = sets[0]
            for other in sets[1:]:
                out = self.both(out, other)
            return out
        if formula.kind == OR:
            return self.either([self.evaluate(part, fact, known, inner) for part in formula.args])
        if formula.kind == NOT:
            return self.other(self.evaluate(formula.args[0], fact, known, not inner))
        if formula.kind == EXACTLY_ONE:
            insides = [self.evaluate(part, fact, known, inner) for part in formula.args]
            outsides = [self.other(self.evaluate(part, fact, known, not inner)) for part in formula.args]
            return self._exactly_one(insides, outsides)
        return fact(inner, *formula.args)

    def _exactly_one(self, insides: Sequence[Set], outsides: Sequence[Set]) -> Set:
        none: Set = self.everything
        one: Set = self.nothing
        for inside, outside in zip(insides, outsides):
            one = self.either((self.both(one, outside), self.both(none, inside)))
            none = self.both(none, outside)
        return one

    def is_empty(self, given: Set) -> bool:
        """Return whether nothing belongs to it."""
        if isinstance(given, Listed):
            return not given.negated and not given.values
        return all(part.is_empty for part in given.parts)


class Scalars:
    """The sets and terminals of formulas over scalars; memoised.

    Parameters
    ----------
    unfolder : Unfolder
    """

    def __init__(self, unfolder: Unfolder):
        self._unfolder = unfolder
        self._mode = unfolder.schema.options.numbers
        self.plain = unfolder.schema.options.escapes == "plain"
        self._strings = Algebra(strings.EVERYTHING, strings.of_values, strings.union)
        self._numbers = Algebra(numbers.EVERYTHING, numbers.of_values, numbers.union)
        self._string_sets: Known = {}
        self._number_sets: Known = {}
        self._lexemes: dict[tuple[Formula, int], tuple[Lexeme, ...]] = {}
        self._costs: dict[tuple[Formula, int], Cost] = {}
        self.max_states = KEY_STATES
        #: whether the schema is being compiled: what is asked for then is made at once, since a mask should not wait for it; of lists,
        #: `PREPARED_CHARS`
        self.compiling = True
        #: characters of the lists of strings made while compiling
        self.prepared = 0

    # sets -------------------------------------------------------------------------------------------------------------------------------

    def string_set(self, formula: Formula, inner: bool = True) -> Set:
        """Return the strings that satisfy a formula; where that is no regular set, one inside of it, or around it."""
        return self._strings.evaluate(formula, _string_fact, self._string_sets, inner)

    def number_set(self, formula: Formula) -> Set:
        """Return the numbers that satisfy a formula."""
        return self._numbers.evaluate(formula, _number_fact, self._number_sets, True)

    def is_empty(self, formula: Formula, kind: int) -> bool:
        """Return whether it is certain that no value of type ``kind`` satisfies a formula."""
        if formula is FALSE or formula.trivial:
            return formula is FALSE
        if kind == STRING:
            return self._strings.is_empty(self.string_set(formula, False))
        if kind == NUMBER:
            return self._numbers.is_empty(self.number_set(formula))
        return not any(self._holds(formula, value) for value in (_NULLS if kind == NULL else _BOOLEANS))

    def _holds(self, formula: Formula, value: Value) -> bool:
        """Evaluate a formula over null or booleans for one value."""
        if formula in (TRUE, FALSE):
            return formula is TRUE
        if formula.kind == AND:
            return all(self._holds(part, value) for part in formula.args)
        if formula.kind == OR:
            return any(self._holds(part, value) for part in formula.args)
        if formula.kind == NOT:
            return not self._holds(formula.args[0], value)
        if formula.kind == EXACTLY_ONE:
            return sum(self._holds(part, value) for part in formula.args) == 1
        return value in formula.args[1]

    def values(self, formula: Formula, kind: int, limit: int) -> list[Value] | None:
        """Return all values of type ``kind`` that satisfy a formula, None if there are more than ``limit``."""
        if formula is FALSE:
            return []
        if kind in (NULL, BOOLEAN):
            return [value for value in (_NULLS if kind == NULL else _BOOLEANS) if self._holds(formula, value)]
        given = self.string_set(formula) if kind == STRING else self.number_set(formula)
        if isinstance(given, Listed):
            return None if given.negated or len(given.values) > limit else list(given.values)
        out: dict[Value, None] = {}
        for part in given.parts:
            some = part.values(limit)
            if some is None:
                return None
            out.update(dict.fromkeys(some))
        return None if len(out) > limit else list(out)

    # keys -------------------------------------------------------------------------------------------------------------------------------

    def pattern_matches(self, pattern: str, key: str) -> bool:
        """Return whether a key contains a match of a pattern."""
        return pattern_matches(pattern, key)

    def key_pattern(self, pattern: str) -> tuple[DFA, bool]:
        """Return an automaton of the keys that contain a match, and whether it accepts others too."""
        dfa, check = pattern_language(pattern)
        return dfa, check is not None

    def few_matches(self, pattern: str, limit: int) -> list[str] | None:
        """Return the strings that contain a match, None if there are more than ``limit``."""
        dfa = pattern_language(pattern).dfa
        found = strings.StringLanguage.make(dfa).values(limit) if dfa.is_finite else None
        return None if found is None else [text for text in found if pattern_matches(pattern, text)]

    def few_keys(self, literal: int, limit: int) -> list[str] | None:
        """Return the strings that satisfy a literal, None if there are more than ``limit``."""
        return self.values(self._unfolder.unfold(literal, STRING), STRING, limit)  # type: ignore[return-value]

    def contains_string(self, formula: Formula, text: str) -> bool:
        """Return whether a string satisfies a formula."""
        given = self.string_set(formula)
        if isinstance(given, Listed):
            return (text in given.values) != given.negated
        return given.contains(text)

    def satisfies(self, literal: int, key: str) -> bool:
        """Return whether a key satisfies a literal."""
        return self.contains_string(self._unfolder.unfold(literal, STRING), key)

    def key_schema(self, literal: int) -> tuple[DFA, bool]:
        """Return an automaton of the keys that satisfy a literal, and whether it accepts others too."""
        described = self._strings.described(self.string_set(self._unfolder.unfold(literal, STRING)))
        out = DFA.empty(CHARS)
        for part in described.parts:
            out = out.union(_windowed(part), self.max_states)
        return out.plain(), any(part.checks for part in described.parts)

    def string_languages(self, formula: Formula) -> list[strings.StringLanguage]:
        """Return the languages whose union are the strings that satisfy a formula."""
        return self._parts(formula, STRING)

    # terminals --------------------------------------------------------------------------------------------------------------------------

    def lexemes(self, formula: Formula, kind: int) -> tuple[Lexeme, ...]:
        """Return the terminals whose lexemes are the texts of the values that satisfy a formula, if they pass the checks."""
        if formula is FALSE:
            return ()
        key = (formula, kind)
        found = self._lexemes.get(key)
        if found is None:
            found = self._lexemes[key] = tuple(self._lower(formula, kind))
        return found

    def _lower(self, formula: Formula, kind: int) -> Iterable[Lexeme]:
        if kind in (NULL, BOOLEAN):
            words = [repr(value) for value in (_NULLS if kind == NULL else _BOOLEANS) if self._holds(formula, value)]
            return (Lexeme(_words(tuple(words))),) if words else ()
        if kind == STRING:
            texts = self._list(formula)
            if texts is not None:
                listed = ListedStrings(texts, self.plain)
                if len(texts) > MANY_STRINGS:
                    listed.prepare()
                return [Lexeme(listed)]
            return [Lexeme(part.terminal(self.plain), part.checks) for part in self._parts(formula, kind)]
        made = [one.terminal(self._mode) for part in self._parts(formula, kind) for one in numbers.apart(part)]
        return [Lexeme(terminal) for terminal in made if _least(terminal) < INF]

    def _list(self, formula: Formula) -> frozenset[Any] | None:
        """Return the strings of a formula if they are a list."""
        given = self.string_set(formula)
        return None if isinstance(given, Described) or given.negated else given.values or None

    def _parts(self, formula: Formula, kind: int) -> list[Any]:
        """Return the languages of strings or numbers that make up a formula."""
        if kind == STRING:
            described = self._strings.described(self.string_set(formula))
        else:
            described = self._numbers.described(self.number_set(formula))
        return [part for part in described.parts if not part.is_empty]

    @property
    def prepares(self) -> bool:
        """Whether a long list of strings is made now, before it is reached: of a thousand lists that may come most never are."""
        return self.compiling and self.prepared < PREPARED_CHARS

    def cost(self, formula: Formula, kind: int) -> Cost:
        """Return the least bytes of a value of type ``kind`` that satisfies a formula, `INF` if there is none."""
        if formula is FALSE:
            return INF
        if formula is TRUE:
            return _LEAST[kind]
        key = (formula, kind)
        found = self._costs.get(key)
        if found is None:
            texts = self._list(formula) if kind == STRING else None
            if texts and self.prepares and len(texts) > MANY_STRINGS:
                self.prepared += sum(map(len, texts))
                (listed,) = self.lexemes(formula, kind)
                found = _least(listed.terminal)
            elif texts:
                found = least_text_bytes(texts)
            elif kind == STRING:
                parts = self._parts(formula, kind)
                found = min((least_bytes(part) for part in parts), default=INF)
                if self.compiling and any(part.dfa is not None and part.dfa.num_states > MANY_STATES for part in parts):
                    self.lexemes(formula, kind)
            else:
                found = min((_least(lexeme.terminal) for lexeme in self.lexemes(formula, kind)), default=INF)
            self._costs[key] = found
        return found


@lru_cache(maxsize=8192)
def _least(terminal: Terminal) -> Cost:
    if isinstance(terminal, LazyTerminal):
        return terminal.expand(terminal.start(frozenset((0,)))).costs.get(0, INF)
    assert isinstance(terminal, DFATerminal)
    return INF if terminal.dfa.is_empty else int(terminal.dfa.distance()[terminal.dfa.start])


_NULLS = (NULL_VALUE,)
_BOOLEANS = (TRUE_VALUE, FALSE_VALUE)
_LEAST: dict[int, Cost] = {NULL: 4, BOOLEAN: 4, NUMBER: 1, STRING: 2}


@lru_cache(maxsize=8)
def _words(words: tuple[str, ...]) -> DFATerminal:
    return DFATerminal(DFA.from_strings([word.encode() for word in words]), " or ".join(words))


@lru_cache(maxsize=4096)
def _string_fact(inner: bool, kind: str, *details: Any) -> Set:
    if kind == "in":
        return Listed(details[0])
    if kind == "length":
        return Described((strings.StringLanguage.make(None, *details),))
    if kind == "pattern":
        dfa, decide = pattern_language(details[0])
        checks = () if decide is None else (strings.Check(f"pattern: {details[0]}", decide),)
        return Described((strings.StringLanguage.make(dfa, 0, None, checks),))
    if kind == "x-grammar":
        return Described((strings.StringLanguage.make(string_grammar(*details)),))
    longest = format_max_length(details[0])
    if format_is_checked(*details):
        predicate = format_check(*details)
        assert predicate is not None
        check = strings.Check(f"format: {details[0]}", predicate)
        return Described((strings.StringLanguage.make(format_upper(*details), 0, longest, (check,)),))
    language = format_language(*details) if inner else format_upper(*details)
    return Described((strings.StringLanguage.make(language, 0, longest),))


def _windowed(language: strings.StringLanguage) -> DFA:
    """Return a string language as one automaton, its window worked in and its checks left out."""
    lo, hi = language.min_length, language.max_length
    dfa = DFA.everything(CHARS) if language.dfa is None else language.dfa
    if not lo and hi is None:
        return dfa
    if max(lo, hi or 0) > DEFAULT_MAX_STATES:
        raise LimitExceeded("states", DEFAULT_MAX_STATES, max(lo, hi or 0), hint="a shorter bound on the length of keys")
    return dfa.intersection(_lengths(lo, hi), KEY_STATES)


def _lengths(lo: int, hi: int | None) -> DFA:
    return DFA.symbols(CharSet.ALL, CHARS).repeat(lo, hi, KEY_STATES)


@lru_cache(maxsize=4096)
def _number_fact(inner: bool, kind: str, detail: Any) -> Set:
    if kind == "in":
        return Listed(detail)
    make = numbers.NumberLanguage.of
    if kind == "integer":
        return Described((make(integer=True, strict_integer=detail),))
    if kind == "multipleOf":
        return Described((make(multiple_of=detail),))
    exclusive = kind.startswith("exclusive")
    if kind.endswith("inimum"):
        return Described((make(minimum=detail, exclusive_min=exclusive),))
    return Described((make(maximum=detail, exclusive_max=exclusive),))
