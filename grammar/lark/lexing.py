"""Which lexemes lark's lexers read where: terminals of the engine, by mode and by what the lexemes before forbid.

A *mode* is the set of terminals that a lexer tries (one for all in lark's basic lexer, one per parser state in its contextual lexer). A
lexeme of terminal t in a mode is what `first_match` says of the mode's terminals in lark's order, with the lexemes that are really
keywords renamed as lark's lexer does. Only terminals that can match where t matches (a word of one begins a word of the other)
can change that, so t's automaton depends on those alone, and modes that agree on them are one.

A *rest* is a language of texts that may follow, by number; 0 is any text. A lexeme read under a rest leaves another: what is left of
it, and the lexeme's own obligation. Rests that cannot touch the next lexeme are forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from maskwright.automata.alphabet import refine
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.limits import Limits
from maskwright.automata.program import DFATerminal, Program
from maskwright.errors import UnsupportedFeatureError

from ..hosting import least_nonempty
from ..regex import compile_node, parse_regex
from ..regex_syntax import Concat
from ..restricted import Rest, restricted
from ..rules import Embedded, Lexeme
from .first_match import FirstMatch, Pattern
from .holes import Hole
from .rests import ANY_REST, NO_REST, Rests
from .rivals import rivals_among

#: lark's name for what comes after the text, and its number in situations
END_OF_TEXT, END = "$END", -1
#: the end of the text in sets of terminals, which are bitsets
END_BIT = 1


def terminal_bit(terminal: int) -> int:
    """Return the bit of a terminal."""
    return 1 << (terminal + 1)


def _members(terminals: int) -> Iterator[int]:
    """Yield the members of a bitset, `END` among them."""
    while terminals:
        bit = terminals & -terminals
        yield bit.bit_length() - 2
        terminals ^= bit


class Reading(NamedTuple):
    """How a terminal is read.

    Attributes
    ----------
    terminal : DFATerminal or Embedded or None
        The engine's terminal, whose labels are rests; for a hole its program, None if only the empty text can stand there.
    rests : tuple of int
        Those labels; for a program what may follow it.
    skipped : int
        What may follow if the hole is left empty; `NO_REST` if it cannot be.
    """

    terminal: DFATerminal | Embedded | None
    rests: tuple[int, ...]
    skipped: int = NO_REST

    def symbol(self, rest: int) -> Lexeme | Embedded:
        """Return what is read where ``rest`` is left."""
        return self.terminal if isinstance(self.terminal, Embedded) else Lexeme(self.terminal, rest)  # type: ignore[arg-type]


class Definition(NamedTuple):
    """A terminal of a loaded grammar.

    Attributes
    ----------
    name : str
    shown : str
        What messages call it.
    pattern : str
        As lark gives it to `re`.
    is_word : bool
        It is a string, not a pattern.
    value, flags : str, frozenset of str
        As written.
    priority : int
    """

    name: str
    shown: str
    pattern: str
    is_word: bool
    value: str
    flags: frozenset[str]
    priority: int


class Lexing:
    """The lexers of one grammar.

    Parameters
    ----------
    definitions : sequence of Definition
        In the order in which lark tries them.
    ignored : sequence of str
    splits : bool
        Every split of the text is tried (lark's dynamic lexer): a terminal has no rivals, and only ignored ones leave a rest.
    limits : Limits
    holes : sequence of Hole
        Numbered like terminals, after them. They belong to no mode.
    """

    def __init__(
        self, definitions: Sequence[Definition], ignored: Sequence[str], splits: bool, limits: Limits, holes: Sequence[Hole] = ()
    ):
        self.definitions = definitions
        self.limits = limits
        self.rests = Rests()
        self._splits = splits
        self.holes = holes
        self._index = {definition.name: i for i, definition in enumerate(definitions)}
        self._hole_index = {hole.name: len(definitions) + i for i, hole in enumerate(holes)}
        self._hole_readings: dict[tuple[int, int], Reading | None] = {}
        self._embedded: dict[int, Embedded] = {}
        self._rest_bytes: dict[int, Rest] = {}
        self.ignored = tuple(dict.fromkeys(self._index[name] for name in ignored))
        self.nodes = [parse_regex(d.pattern, path=f"terminal {d.shown}", ordered=True).node for d in definitions]
        self._rivals = [{i} for i in range(len(definitions))] if splits else rivals_among(self.nodes, limits)
        self._renaming = {} if splits else self._find_renaming()
        self._scanners: dict[tuple, dict[int, DFA]] = {}
        self._late: set[int] = set()
        self._readings: dict[tuple[int, DFA, int], Reading | None] = {}
        self._terminals: dict[tuple[bytes, int], DFATerminal] = {}
        self._least: dict[tuple[int, int], int] = {}
        #: modes that agree on every terminal are one: terminal -> key of its scanner
        self._modes: list[dict[int, tuple]] = []
        self._mode_of: dict[frozenset[int], int] = {}
        self._situations: list[dict[int, int]] = []
        self._situation_of: dict[tuple[int, int, int], int] = {}
        self._narrowed: dict[tuple[int, int, frozenset[str]], int] = {}
        self._numbered: list[Reading | None] = [None]
        self._reading_numbers: dict[tuple[int, tuple[int, ...], int], int] = {}

    def index(self, name: str) -> int | None:
        """Return the number of the terminal or hole called ``name``, None if it is neither."""
        found = self._index.get(name)
        return self._hole_index.get(name) if found is None else found

    def _find_renaming(self) -> dict[int, tuple[int, ...]]:
        """Return for each pattern the words it matches whole, of its priority: lark calls such lexemes by the word's name."""
        found: dict[int, tuple[int, ...]] = {}
        for i, definition in enumerate(self.definitions):
            if definition.is_word:
                continue
            words = []
            compiled = None
            for j in sorted(self._rivals[i]):
                word = self.definitions[j]
                if word.is_word and word.priority == definition.priority:
                    compiled = compiled or re.compile(definition.pattern)
                    match = compiled.match(word.value)
                    if match and match.end() == len(word.value):
                        words.append(j)
            if words:
                found[i] = tuple(words)
        return found

    # -- modes

    def mode(self, names: Iterable[str]) -> int:
        """Return the mode in which the terminals called ``names`` and the ignored ones are tried."""
        members = frozenset(self._index[name] for name in names if name in self._index) | frozenset(self.ignored)
        found = self._mode_of.get(members)
        if found is None:
            embedded: set[int] = set()
            for i in members:
                flags = self.definitions[i].flags
                embedded.update(j for j in self._renaming.get(i, ()) if j in members and self.definitions[j].flags <= flags)
            keys = {t: self._scanner_key(t, members, embedded) for t in members}
            for number, known in enumerate(self._modes):
                if all(known.get(t, key) == key for t, key in keys.items()):
                    known.update(keys)
                    found = number
                    break
            else:
                found = len(self._modes)
                self._modes.append(keys)
            self._mode_of[members] = found
        return found

    def _scanner_key(self, terminal: int, members: frozenset[int], embedded: set[int]) -> tuple:
        """Return (terminals tried, in order; (pattern, words that rename it) ...), rivals of ``terminal`` only."""
        rivals = sorted(self._rivals[terminal] & members)
        renaming = [(i, tuple(j for j in self._renaming[i] if j in members)) for i in rivals if i in self._renaming]
        return tuple(i for i in rivals if i not in embedded), tuple(pair for pair in renaming if pair[1])

    # -- situations

    def situation(self, mode: int, rest: int, wanted: int) -> int:
        """Return the situation of a lexeme read for a rule in ``mode`` under ``rest``: how each terminal that may come is then read.

        Situations are one as far as they agree on the terminals that both may meet; the others are never asked for.

        Parameters
        ----------
        wanted : int
            The terminals that may come, as a bitset (see `follow`).
        """
        found = self._situation_of.get((mode, rest, wanted))
        if found is None:
            first_hole = len(self.definitions)
            members = [t for t in _members(wanted) if t in self._modes[mode] or t >= first_hole]
            readings = {t: self._reading_number(self.reading(mode, t, rest)) for t in members}
            if wanted & END_BIT:
                readings[END] = int(self.rests.may_end(rest))
            found = self._situation_of[mode, rest, wanted] = self._situation(readings)
        return found

    def narrowed(self, situation: int, wanted: int, lost: frozenset[str] = frozenset()) -> int:
        """Return ``situation`` where only ``wanted`` may come, and those called ``lost`` (`END_OF_TEXT` among them) must not."""
        key = (situation, wanted, lost)
        found = self._narrowed.get(key)
        if found is None:
            numbers = {END if name == END_OF_TEXT else self.index(name) for name in lost}
            known = self._situations[situation]
            kept = {t: 0 if t in numbers else known[t] for t in _members(wanted) if t in known}
            found = self._narrowed[key] = self._situation(kept)
        return found

    def read(self, situation: int, terminal: int) -> Reading | None:
        """Return how ``terminal`` is read in a situation."""
        return self._numbered[self._situations[situation].get(terminal, 0)]

    def may_end(self, situation: int) -> bool:
        """Whether the text may end in a situation."""
        return bool(self._situations[situation].get(END))

    def _situation(self, readings: dict[int, int]) -> int:
        for number, known in enumerate(self._situations):
            if all(known.get(t, reading) == reading for t, reading in readings.items()):
                known.update(readings)
                return number
        self._situations.append(readings)
        return len(self._situations) - 1

    def _reading_number(self, reading: Reading | None) -> int:
        if reading is None:
            return 0
        key = (id(reading.terminal), reading.rests, reading.skipped)  # terminals are kept, so identities stay theirs
        found = self._reading_numbers.setdefault(key, len(self._numbered))
        if found == len(self._numbered):
            self._numbered.append(reading)
        return found

    # -- automata

    def _base(self, terminal: int, key: tuple, ignored: bool) -> DFA:
        """Return the automaton of ``terminal`` among its rivals, read for a rule or to be ignored; labels are rests."""
        automata = self._scanners.get(key)
        if automata is None:
            automata = self._scanners[key] = self._scanner(*key)
        if not ignored and terminal in self._late:
            raise UnsupportedFeatureError(
                "lookahead at the end of a terminal",
                pointer=f"terminal {self.definitions[terminal].shown}",
                reason='with lexing="all" lark looks ahead in every prefix of the longest match, which is not a property of the text',
                hint='move it to the next terminal, or use lexing="lark"',
            )
        found = automata.get(~terminal if ignored else terminal)
        return DFA.empty() if found is None else found

    def _scanner(self, order: tuple[int, ...], renaming: tuple[tuple[int, tuple[int, ...]], ...]) -> dict[int, DFA]:
        """Return automata by terminal; ``~terminal``: of the lexemes that are ignored.

        lark decides whether to ignore a lexeme before it renames it: what a pattern reads is ignored if the pattern is, and a word that
        is ignored does reach the parser if another pattern read it.
        """
        definitions = self.definitions
        if len(order) == 1 and not renaming and definitions[order[0]].is_word:
            dfa = compile_node(self.nodes[order[0]])  # a word without rivals ends where it ends; its label is `ANY_REST`
            return {order[0]: dfa, ~order[0]: dfa} if self._splits else {~order[0] if order[0] in self.ignored else order[0]: dfa}
        words = sorted({j for _, found in renaming for j in found})
        labels = {i: ~i if i in self.ignored and not self._splits else i for i in order}
        scanner = FirstMatch(
            [Pattern(labels[i], self.nodes[i], f"terminal {definitions[i].shown}") for i in order],
            [(j, _spelling(definitions[j])) for j in words],
            {i: frozenset(found) for i, found in renaming if labels.get(i) == i},
            self.limits,
        )
        dfa, meaning = scanner.automaton(self.rests.number)
        found = {}
        for label in {label for label, _ in meaning.values()}:
            accepts = [tuple(sorted({meaning[c][1] for c in codes if meaning[c][0] == label})) for codes in dfa.labels]
            found[label] = DFA.from_rows(dfa.alphabet, dfa.rows, dfa.start, accepts)
        if self._splits and found:
            (only,) = order
            if scanner.decides_late():
                self._late.add(only)
            found[~only] = found[only]
            found[only] = found[only].plain()
        return found

    def _unaffected(self, dfa: DFA, rest: int) -> bool:
        """Whether every lexeme of ``dfa`` meets ``rest``, whatever follows."""
        if dfa.is_empty:
            return True
        other = self.rests.language(rest)
        universal = self.rests.universal[rest - 1]
        _, (mine, theirs) = refine(dfa.alphabet, other.alphabet)
        columns = set(zip(mine, theirs))
        seen = {(dfa.start, other.start)}
        work = list(seen)
        while work:
            a, b = work.pop()
            if dfa.labels[a]:
                return False
            for x, y in columns:
                after, left = dfa.rows[a][x], other.rows[b][y]
                if not after or (left and universal[left]):
                    continue
                if not left:
                    return False
                if (after, left) not in seen:
                    seen.add((after, left))
                    work.append((after, left))
        return True

    def reading(self, mode: int, terminal: int, rest: int, ignored: bool = False) -> Reading | None:
        """Return how ``terminal`` is read in ``mode`` where the lexemes before allow only ``rest``; None if it is not."""
        if terminal >= len(self.definitions):
            return self._hole_reading(terminal, rest)
        key = self._modes[mode].get(terminal)
        if key is None:
            return None
        base = self._base(terminal, key, ignored)
        found = self._readings.get((terminal, base, rest))
        if found is None and (terminal, base, rest) not in self._readings:
            dfa = base if rest == ANY_REST or self._unaffected(base, rest) else self._under(base, rest)
            found = self._readings[terminal, base, rest] = None if dfa.is_empty else self._as_reading(dfa, terminal)
        return found

    def _under(self, dfa: DFA, rest: int) -> DFA:
        """Return the lexemes of ``dfa`` that ``rest`` allows, with what is left of it in the labels."""
        other = self.rests.language(rest)
        universal = self.rests.universal[rest - 1]
        alphabet, (mine, theirs) = refine(dfa.alphabet, other.alphabet)
        free = -1
        numbers = {(dfa.start, other.start): 1}
        keys = [(dfa.start, other.start)]
        rows = [[0] * alphabet.num_classes]
        labels: list[tuple[int, ...]] = [()]
        for a, b in keys:  # grows while it is walked
            left = ANY_REST if b == free else self.rests.after(rest, b)
            both = {self.rests.both(label, left) for label in dfa.labels[a]}
            labels.append(tuple(sorted(both - {NO_REST})))
            row = []
            for x, y in zip(mine, theirs):
                after = dfa.rows[a][x]
                rest_after = free if b == free else other.rows[b][y]
                if not after or not rest_after:
                    row.append(0)
                    continue
                key = (after, free if rest_after == free or universal[rest_after] else rest_after)
                if key not in numbers:
                    numbers[key] = len(keys) + 1
                    keys.append(key)
                row.append(numbers[key])
            rows.append(row)
        return DFA.from_rows(alphabet, rows, 1, labels)

    def _hole_reading(self, terminal: int, rest: int) -> Reading | None:
        """Return how a hole is read: after lexemes that allow only ``rest``, its program is restricted to that (`restricted`)."""
        key = (terminal, rest)
        if key not in self._hole_readings:
            hole = self.holes[terminal - len(self.definitions)]
            program: Program | None = hole.program if hole.solid and rest != NO_REST else None
            if program is not None and rest != ANY_REST:
                if rest not in self._rest_bytes:
                    self._rest_bytes[rest] = Rest.of_texts(self.rests.language(rest))
                program = restricted(program, self._rest_bytes[rest], hole.shown, self.limits)
            symbol = None if program is None else self._embedded.setdefault(id(program), Embedded(program))
            skipped = rest if hole.empty else NO_REST
            nothing = symbol is None and skipped == NO_REST
            self._hole_readings[key] = None if nothing else Reading(symbol, () if symbol is None else (ANY_REST,), skipped)
        return self._hole_readings[key]

    def least_bytes(self, lexeme: Lexeme | Embedded) -> int:
        """Return the number of bytes of the shortest lexeme of a terminal of ours with its label, or of a hole's shortest text."""
        if isinstance(lexeme, Embedded):
            return least_nonempty(lexeme.program) or 0
        key = (id(lexeme.terminal), lexeme.label)  # terminals are kept, so identities stay theirs
        found = self._least.get(key)
        if found is None:
            dfa = lexeme.terminal.dfa  # type: ignore[attr-defined]
            found = self._least[key] = int(dfa.distance(lexeme.label)[dfa.start])
        return found

    def _as_reading(self, dfa: DFA, terminal: int) -> Reading:
        key = (dfa.key, terminal)
        found = self._terminals.get(key)
        if found is None:
            found = self._terminals[key] = DFATerminal(dfa.to_utf8(), self.definitions[terminal].shown)
        return Reading(found, tuple(sorted({label for labels in dfa.labels for label in labels})))


def _spelling(definition: Definition) -> tuple[CharSet, ...]:
    node = parse_regex(definition.pattern, path=f"terminal {definition.shown}", ordered=True).node
    return tuple(part.charset for part in (node.items if isinstance(node, Concat) else (node,)))  # type: ignore[attr-defined]
