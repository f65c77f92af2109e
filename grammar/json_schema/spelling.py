"""From characters to JSON text: the byte automaton of all spellings of a language of decoded strings.

A JSON string spells a character raw, as UTF-8 (not ``"``, ``\\`` and what lies below U+0020), by a short escape, or by ``\\uXXXX`` with
digits of either case; above U+FFFF by a pair of such escapes. A lone surrogate spells nothing. So ``[^"]+`` does not accept ``\\"``:
that decodes to the quote. How the bytes go depends on the alphabet alone and is worked out once per alphabet as layers of
*nodes*, a node being a row that says for each next byte which node of the layer below, or in the end which class, follows:

    raw       lead byte, then up to three layers of 64 continuation bytes     (`automata.utf8.spelling`)
    hex[0]    last of four digits -> class                                    int32[m, 16]
    hex[1..3] third, second, first digit -> node of the layer below
    low       ``[c-f]`` after ``\\uD``: second digit of a low surrogate; then chains ``d``, ``u``, ``\\`` in front
    high[0,1] last two digits of a high surrogate -> such a chain

A state q of the character automaton becomes byte state q; each (node, q) becomes the row of q's successors looked up through the
node, and equal rows of a layer are one state. Layers end at different distances from the character's end, so nothing can be merged
across them: if the character automaton is minimal so is the result, and no minimisation is run.

Refused: a union of byte strings per transition and a determinisation (ten times the time), and lowering the escapes lazily (the
states would have to be made again for each vocabulary walk).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from maskwright.automata.alphabet import BYTES, NONE, Alphabet
from maskwright.automata.dfa import DFA
from maskwright.automata.lengths import LengthSets
from maskwright.automata.utf8 import spelling as utf8_spelling
from maskwright.errors import LimitExceeded

#: byte states one string automaton may take
MAX_STATES = 1_000_000

_QUOTE, _BACKSLASH, _U = 0x22, 0x5C, 0x75
SHORT_ESCAPES = {0x22: '"', 0x5C: "\\", 0x2F: "/", 0x08: "b", 0x0C: "f", 0x0A: "n", 0x0D: "r", 0x09: "t"}
_HEX = [[ord(f"{d:x}"), ord(f"{d:X}")] for d in range(16)]
_DIGIT_OF = {byte: digit for digit, pair in enumerate(_HEX) for byte in pair}
_SURROGATE_D = 0xD
_HIGH = range(0x8, 0xC)

Run = tuple[int, int, int]


class _Layer:
    """Nodes of one layer, each distinct row once."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, ...]] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def node(self, row: Sequence[int]) -> int:
        row = tuple(row)
        number = self._numbers.setdefault(row, len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number

    def array(self) -> np.ndarray:
        return np.array(self.rows, np.int32).reshape(len(self.rows), -1)


def _blocks(runs: list[Run], size: int, layer: _Layer) -> list[Run]:
    """Cut runs ``(first, last, value)`` tiling 0..k*size-1 into blocks; return the runs of block numbers by node."""
    out: list[Run] = []
    pending: list[int] = []

    def emit(first: int, last: int, node: int) -> None:
        if out and out[-1][2] == node:
            out[-1] = (out[-1][0], last, node)
        else:
            out.append((first, last, node))

    for first, last, value in runs:
        at = first
        if pending:
            take = min(size - len(pending), last + 1 - at)
            pending += [value] * take
            at += take
            if len(pending) < size:
                continue
            emit(at // size - 1, at // size - 1, layer.node(pending))
            pending = []
        whole = (last + 1 - at) // size
        if whole:
            emit(at // size, at // size + whole - 1, layer.node([value] * size))
            at += whole * size
        pending = [value] * (last + 1 - at)
    return out


def _spread(runs: list[Run]) -> list[int]:
    return [value for first, last, value in runs for _ in range(last - first + 1)]


class Skeleton(NamedTuple):
    """How JSON spells the classes of a character alphabet; see the module's layout.

    Attributes
    ----------
    hex : tuple of int32[m, 16]
        Layers 0..2 of ``\\uXXXX``.
    first : int32[16]
        Node of layer 2 per first digit; `NONE` for ``d``.
    low : int32[m, 4]
        Node of layer 1 (``hex[1]``) per digit ``c..f``.
    high : int32[m, 16], int32[m, 16], int32[4]
        Per last digit a node of ``low``; per third digit a node of the former; per second digit ``8..b`` a node of that.
    below_d : int32[8]
        Node of ``hex[1]`` per second digit ``0..7`` after ``\\ud``.
    short : dict of byte to class
        Short escapes, by the byte after the backslash.
    columns : list of list of int
        Bytes of each column of the table to build; bytes in one column are never told apart.
    column_of : int64[256]
    """

    hex: tuple[np.ndarray, ...]
    first: np.ndarray
    low: np.ndarray
    high: tuple[np.ndarray, np.ndarray, np.ndarray]
    below_d: np.ndarray
    short: dict[int, int]
    columns: list[list[int]]
    column_of: np.ndarray


def needs_escape(point: int) -> bool:
    """Whether JSON cannot spell a character raw."""
    return point < 0x20 or point in (_QUOTE, _BACKSLASH)


def _only_needed(runs: list[Run]) -> list[Run]:
    """Leave of runs of classes by code point what has to be written with four digits: control characters without a short escape."""
    classes = {p: c for first, last, c in runs for p in range(first, min(last, 0x1F) + 1) if p not in SHORT_ESCAPES}
    return [(p, p, classes.get(p, NONE)) for p in range(0x20)] + [(0x20, 0x10FFFF, NONE)]


def _hex_layers(alphabet: Alphabet, plain: bool) -> tuple:
    """Return ``hex``, ``first``, ``low``, ``high`` and ``below_d`` of a `Skeleton`."""
    last, third, second, low = _Layer(), _Layer(), _Layer(), _Layer()
    runs = _only_needed(alphabet.intervals()) if plain else alphabet.intervals()
    plane0 = [(lo, min(hi, 0xFFFF), c) for lo, hi, c in runs if lo <= 0xFFFF]
    above = [(max(lo, 0x10000) - 0x10000, hi - 0x10000, c) for lo, hi, c in runs if hi > 0xFFFF]
    thirds = _blocks(_blocks(plane0, 16, last), 16, third)  # node of `third` per two leading digits
    two_digits = _spread(thirds)
    below_d = two_digits[0xD0:0xD8]
    first = [NONE if d == _SURROGATE_D else second.node(two_digits[d * 16 : d * 16 + 16]) for d in range(16)]
    lows = _blocks(_blocks(_blocks(above, 16, last), 16, third), 4, low)  # node of `low` per high surrogate
    high_last, high_third = _Layer(), _Layer()
    high_second = _spread(_blocks(_blocks(lows, 16, high_last), 16, high_third))
    high = (high_last.array(), high_third.array(), np.array(high_second, np.int32))
    return (last.array(), third.array(), second.array()), np.array(first, np.int32), low.array(), high, np.array(below_d, np.int32)


@lru_cache(maxsize=512)
def skeleton(alphabet: Alphabet, plain: bool = False) -> Skeleton:
    """Work out how JSON spells the classes of ``alphabet``; ``plain``: with no escape that is not needed."""
    layers, first, low, high, below_d = _hex_layers(alphabet, plain)
    raw = utf8_spelling(alphabet)
    short = {ord(x): alphabet.class_of(point) for point, x in SHORT_ESCAPES.items() if not plain or needs_escape(point)}
    tables = [*layers, first[None, :], *high[:2]]
    # in surrogates 0..7 end a prefix of the basic plane, 8..b open a high and c..f a low one: each of the latter keeps a column of its own
    hex_roles = [(tuple(t[:, d].tobytes() for t in tables), int(below_d[d]) if d < 8 else -d) for d in range(16)]
    numbers: dict[tuple, int] = {}
    columns: list[list[int]] = []
    for byte in range(256):
        special = byte in (_QUOTE, _BACKSLASH, _U)
        signature = (
            byte if special else NONE,
            NONE if special or byte < 0x20 else raw.byte_alphabet.class_of(byte),
            short.get(byte, NONE),
            hex_roles[_DIGIT_OF[byte]] if byte in _DIGIT_OF else None,
        )
        number = numbers.setdefault(signature, len(columns))
        if number == len(columns):
            columns.append([])
        columns[number].append(byte)
    column_of = np.zeros(256, np.int64)
    for number, members in enumerate(columns):
        column_of[members] = number
    return Skeleton(layers, first, low, high, below_d, short, columns, column_of)


class _Builder:
    """Numbers the rows of layers and collects them into a table.

    ``numbers[state, node]`` of a layer is the byte state of (node, state), 0 where it is dead; a last column of zeros stands for `NONE`.
    """

    def __init__(self, num_states: int, num_columns: int, max_states: int):
        self.num_states = num_states
        self.next_state = num_states
        self.num_columns = num_columns
        self.max_states = max_states
        self.blocks: list[tuple[np.ndarray, np.ndarray]] = []  # (columns, rows) of consecutive states

    def layer(self, looked_up: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Number the distinct live rows of ``looked_up[states, nodes, w]``, whose last axis belongs to ``columns[w]``."""
        n, m, width = looked_up.shape
        if n * m * width > 400_000_000:
            raise LimitExceeded("states", self.max_states, n * m)
        flat = np.ascontiguousarray(looked_up, np.int32).reshape(n * m, width)
        live = np.flatnonzero(flat.any(axis=1))
        rows = flat[live].view(f"V{4 * width}").ravel().tolist()
        known = dict.fromkeys(rows)
        numbers_of = dict(zip(known, range(self.next_state, self.next_state + len(known))))
        self.next_state += len(known)
        if self.next_state > self.max_states:
            raise LimitExceeded("states", self.max_states, self.next_state)
        numbers = np.zeros((n, m + 1), np.int32)
        if known:
            grid = np.zeros(n * m, np.int32)
            grid[live] = list(map(numbers_of.__getitem__, rows))
            numbers[:, :m] = grid.reshape(n, m)
            self.blocks.append((columns, np.frombuffer(b"".join(known), np.int32).reshape(len(known), width)))
        return numbers

    def table(self, extra: int) -> np.ndarray:
        """Return the table with the rows of all layers filled in, and ``extra`` empty rows at the end."""
        out = np.zeros((self.next_state + extra, self.num_columns), np.int32)
        at = self.num_states
        for columns, rows in self.blocks:
            out[at : at + len(rows), columns] = rows
            at += len(rows)
        return out


def _hex_columns(form: Skeleton, digits: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of the given digits in both cases and the position in ``digits`` that each stands for."""
    pairs: dict[int, int] = {}
    for position, digit in enumerate(digits):
        for byte in _HEX[digit]:
            pairs.setdefault(int(form.column_of[byte]), position)
    return np.array(list(pairs), np.int64), np.array(list(pairs.values()), np.int64)


def _escape_states(build: _Builder, form: Skeleton, values: np.ndarray) -> np.ndarray:
    """Number the states after a backslash: int32[num_states, 1 + 1]."""
    columns, at = _hex_columns(form, range(16))
    last = build.layer(values[:, form.hex[0][:, at]], columns)
    third = build.layer(last[:, form.hex[1][:, at]], columns)
    second = build.layer(third[:, form.hex[2][:, at]], columns)
    after_d = _surrogate_states(build, form, third, columns, at)
    firsts = second[:, form.first]
    firsts[:, _SURROGATE_D] = after_d[:, 0]
    after_u = build.layer(firsts[:, None, at], columns)
    letters = list(form.short)
    letter_columns = np.array([*(form.column_of[b] for b in letters), form.column_of[_U]], np.int64)
    targets = np.concatenate([values[:, [form.short[b] for b in letters]], after_u[:, :1]], axis=1)
    return build.layer(targets[:, None, :], letter_columns)


def _surrogate_states(build: _Builder, form: Skeleton, third: np.ndarray, columns: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Number the states after ``\\ud``: second digits 0..7 go on in the basic plane, 8..b start a pair."""
    low_columns, low_at = _hex_columns(form, range(12, 16))
    node = build.layer(third[:, form.low[:, low_at]], low_columns)
    for byte in (_HEX[_SURROGATE_D][0], _U, _BACKSLASH):
        here = form.column_of[_HEX[_SURROGATE_D]] if byte == _HEX[_SURROGATE_D][0] else form.column_of[[byte]]
        here = np.unique(here)
        node = build.layer(np.repeat(node[:, :-1, None], len(here), axis=2), here)
    high_last = build.layer(node[:, form.high[0][:, at]], columns)
    high_third = build.layer(high_last[:, form.high[1][:, at]], columns)
    digits = np.concatenate([third[:, form.below_d], high_third[:, form.high[2]]], axis=1)
    second_columns, second_at = _hex_columns(form, range(12))
    return build.layer(digits[:, None, second_at], second_columns)


def _raw_rows(build: _Builder, form: Skeleton, alphabet: Alphabet, values: np.ndarray) -> np.ndarray:
    """Number the states inside UTF-8 sequences and return the rows of the character states as far as raw bytes go."""
    raw = utf8_spelling(alphabet)
    columns = np.unique(form.column_of[0x80:0xC0])
    at = np.array([form.columns[c][0] - 0x80 for c in columns])
    below = [values]
    for level in raw.levels:
        below.append(build.layer(below[-1][:, level[:, at]], columns))
    rows = np.zeros((len(values), len(form.columns)), np.int32)
    for column, members in enumerate(form.columns):
        byte = members[0]
        if byte >= 0x20 and byte not in (_QUOTE, _BACKSLASH) and raw.lead_level[byte] != NONE:
            rows[:, column] = below[raw.lead_level[byte]][:, raw.lead[byte]]
    return rows


#: words that are gathered at once
_MANY_WORDS = 2**20


class SpelledDFA(DFA):
    """The byte automaton of the JSON texts, quotes included, of a language of strings.

    Its identity is that of the character automaton it was made from, so that no canonical form of the larger table is needed.

    Attributes
    ----------
    weights : uint8[num_states, num_classes]
        1 where a character begins.
    opened : int
        State after the opening quote.
    source : DFA
        The character automaton. Its states are the first of this one's; then come those inside characters, each led on by greater numbers
        only, the opening one and those after the closing quote.
    """

    __slots__ = ("opened", "source", "weights")

    weights: np.ndarray
    opened: int
    source: DFA

    def table_key(self) -> bytes:
        """As for any automaton: it is all worked out from the character automaton's table, which is a seventh of it to hash."""
        return hashlib.blake2b(self.key + self.source.table_key(), digest_size=16).digest()

    def length_sets(self, weights: np.ndarray | None = None) -> LengthSets:
        """As for any automaton, but with characters counted it is asked over characters, which have a seventh of the states.

        A state inside a character reaches what any state after it does. For each state the lengths are bits of a few words.
        """
        return super().length_sets(weights) if weights is not self.weights else self._lengths_by_characters()

    def _lengths_by_characters(self) -> LengthSets:
        reach, begin, period = self.source.length_sets()
        if not begin:  # what comes after the closing quote is in the first set only
            reach, begin = np.concatenate([reach, reach[:1]]), 1
        table, inside, opening = self.table, self.source.num_states, self.start
        count = len(reach)
        words = -(-count // 64)
        bits = np.zeros((self.num_states, words), np.uint64)
        packed = np.zeros((inside, 8 * words), np.uint8)
        packed[:, : -(-count // 8)] = np.packbits(reach.T, axis=1, bitorder="little")
        bits[:inside] = packed.view(np.uint64)
        bits[opening + 1 :, 0] = 1
        greatest = table[inside:opening].max(axis=1, initial=0)
        most = max(1, _MANY_WORDS // (words * table.shape[1]))
        at = inside
        while at < opening:
            later = np.flatnonzero(greatest[at - inside :] >= at)
            end = min(at + int(later[0]) if len(later) else opening, at + most)
            bits[at:end] = np.bitwise_or.reduce(bits[table[at:end]], axis=1)
            at = end
        bits[opening] = bits[self.opened]
        found = np.unpackbits(bits.view(np.uint8), axis=1, count=count, bitorder="little")
        return LengthSets(np.ascontiguousarray(found.T).view(bool), begin, period)

    def minimize(self) -> DFA:
        """Return the automaton itself: it is minimal by construction."""
        return self


def _merged_columns(table: np.ndarray, form: Skeleton) -> tuple[Alphabet, np.ndarray]:
    """Merge equal columns; return the alphabet and the table."""
    turned = np.ascontiguousarray(table.T)
    numbers: dict[bytes, int] = {}
    class_of_column = [numbers.setdefault(row.tobytes(), len(numbers)) for row in turned]
    alphabet = Alphabet(BYTES, range(256), [class_of_column[c] for c in form.column_of])
    order = np.zeros(alphabet.num_classes, np.int64)
    for byte in range(255, -1, -1):
        order[alphabet.class_of(byte)] = form.column_of[byte]
    return alphabet, np.ascontiguousarray(table[:, order])


def spell(dfa: DFA, max_states: int = MAX_STATES, plain: bool = False) -> SpelledDFA:
    """Return the byte automaton of all JSON strings, quotes included, whose decoded value ``dfa`` accepts; labels are kept.

    Parameters
    ----------
    dfa : DFA
        Over characters, minimal and not empty.
    plain : bool
        Escape only what cannot stand raw: one spelling per character, but for the case of hex digits.

    Raises
    ------
    LimitExceeded
        When it takes more than ``max_states`` states.
    """
    form = skeleton(dfa.alphabet, plain)
    n = dfa.num_states
    values = np.concatenate([dfa.table, np.zeros((n, 1), np.int32)], axis=1)  # column NONE = -1 is dead
    build = _Builder(n, len(form.columns), max_states)
    escaped = _escape_states(build, form, values)
    rows = _raw_rows(build, form, dfa.alphabet, values)
    closings = sorted({labels for labels in dfa.labels if labels})
    table = build.table(1 + len(closings))
    opening = build.next_state
    closing = {labels: opening + 1 + i for i, labels in enumerate(closings)}
    table[:n] = rows
    table[:n, form.column_of[_BACKSLASH]] = escaped[:, 0]
    quote = form.column_of[_QUOTE]
    table[:n, quote] = [closing[labels] if labels else 0 for labels in dfa.labels]
    table[opening, quote] = dfa.start
    alphabet, table = _merged_columns(table, form)
    out = SpelledDFA.from_table(alphabet, table, opening, [*[()] * (opening + 1), *closings])
    assert isinstance(out, SpelledDFA)
    out.weights = np.zeros(table.shape, np.uint8)
    out.weights[1:n] = table[1:n] != 0
    out.weights[1:n, alphabet.class_of(_QUOTE)] = 0
    out.opened = dfa.start
    out.source = dfa
    out._minimal = True
    out._key = hashlib.blake2b((b"plain string" if plain else b"json string") + dfa.key, digest_size=16).digest()
    return out


def spell_inside(dfa: DFA, max_states: int = MAX_STATES) -> DFA:
    """Return the byte automaton of what stands between the quotes of the strings of `spell`, which may be nothing."""
    if dfa.is_empty:
        return DFA.empty(BYTES)
    whole = spell(dfa.minimize(), max_states)
    table = whole.table.copy()
    column = whole.alphabet.class_of(_QUOTE)
    labels = [whole.labels[target] for target in table[:, column].tolist()]  # where the closing quote may come
    table[[bool(accepted) for accepted in labels], column] = 0
    return DFA(whole.alphabet, table.tolist(), whole.opened, labels).trim().minimize()
