"""From characters to bytes: the byte automaton of the UTF-8 encodings of a language.

How bytes spell characters depends on the alphabet alone, so it is worked out once per alphabet as a table of three levels:

    lead[256]            class of a one-byte character, or a node of a level, by lead byte
    level 1 [m1, 64]     class of the character per last byte, `NONE` where there is none
    level 2 [m2, 64]     node of level 1 per byte; level 3 [m3, 64]: node of level 2 per byte

Equal rows are one node. A state q of the character automaton becomes the byte state q plus, per node, the row of q looked up
through the node; equal lookups of different states are one byte state. If the character automaton is minimal so is the result:
byte states of different levels expect different numbers of bytes, and within a level equal languages mean equal rows.

Refused: a UTF-8 automaton per transition and a determinisation of their union; ``[^"]`` repeated in 2,000 states would pay for
the same few nodes 2,000 times.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from maskwright.errors import LimitExceeded

from .alphabet import BYTES, CHARS, NONE, Alphabet

_BLOCK = 64


class Spelling(NamedTuple):
    """How UTF-8 spells the classes of a character alphabet; see the module's layout.

    ``lead_level[b]`` is 0 for a one-byte character, else the level of the node ``lead[b]``; `NONE` for a byte that starts nothing.
    ``byte_alphabet`` keeps apart the bytes that some automaton over the alphabet may tell apart; ``byte_of_class`` are members.
    """

    lead: tuple[int, ...]
    lead_level: tuple[int, ...]
    levels: tuple[np.ndarray, ...]
    byte_alphabet: Alphabet
    byte_of_class: tuple[int, ...]


class _Level:
    """Rows of 64 entries, each distinct row once."""

    def __init__(self) -> None:
        self.rows: list[list[int]] = []
        self._numbers: dict[tuple[int, ...], int] = {}

    def node(self, row: list[int]) -> int:
        number = self._numbers.setdefault(tuple(row), len(self.rows))
        if number == len(self.rows):
            self.rows.append(row)
        return number


def _blocks(runs: list[tuple[int, int, int]], level: _Level) -> list[tuple[int, int, int]]:
    """Cut runs ``(first, last, value)`` that tile the universe into blocks of 64; return the runs of blocks by node."""
    out: list[tuple[int, int, int]] = []
    uniform: dict[int, int] = {}

    def emit(first: int, last: int, node: int) -> None:
        if out and out[-1][2] == node:
            out[-1] = (out[-1][0], last, node)
        else:
            out.append((first, last, node))

    pending: list[int] = []
    for first, last, value in runs:
        at = first
        if pending:
            take = min(_BLOCK - len(pending), last + 1 - at)
            pending += [value] * take
            at += take
            if len(pending) == _BLOCK:
                emit(at // _BLOCK - 1, at // _BLOCK - 1, level.node(pending))
                pending = []
        whole = (last + 1 - at) // _BLOCK
        if whole and not pending:
            if value not in uniform:
                uniform[value] = level.node([value] * _BLOCK)
            emit(at // _BLOCK, at // _BLOCK + whole - 1, uniform[value])
            at += whole * _BLOCK
        if at <= last:
            pending = pending + [value] * (last + 1 - at)
    return out


def _cut(runs: list[tuple[int, int, int]], first: int, last: int) -> list[tuple[int, int, int]]:
    return [(max(lo, first), min(hi, last), v) for lo, hi, v in runs if hi >= first and lo <= last]


def _byte_alphabet(lead: list[int], lead_level: list[int], levels: list[np.ndarray]) -> Alphabet:
    numbers: dict[tuple, int] = {}
    classes = []
    for byte in range(256):
        if 0x80 <= byte < 0xC0:
            column: tuple = ("last", *(level[:, byte - 0x80].tobytes() for level in levels))
        else:
            column = (lead_level[byte], lead[byte])
        classes.append(numbers.setdefault(column, len(numbers)))
    return Alphabet(BYTES, range(256), classes)


@lru_cache(maxsize=512)
def spelling(alphabet: Alphabet) -> Spelling:
    """Work out how UTF-8 spells the classes of ``alphabet``."""
    runs = alphabet.intervals()
    levels = [_Level() for _ in range(3)]
    lead = [NONE] * 256
    lead_level = [NONE] * 256
    for lo, hi, c in _cut(runs, 0, 0x7F):
        lead[lo : hi + 1] = [c] * (hi + 1 - lo)
        lead_level[lo : hi + 1] = [0] * (hi + 1 - lo)
    blocks = [(0, 0x7F, NONE), *_cut(runs, 0x80, runs[-1][1])]
    # (level, first and last block number spelled with that many bytes, lead byte of block number 0)
    for depth, first, last, base in ((1, 0x80 >> 6, 0x7FF >> 6, 0xC0), (2, 0x800 >> 12, 0xF, 0xE0), (3, 0x10000 >> 18, 4, 0xF0)):
        if depth > 1:  # overlong spellings, and what lies past the last scalar value in a block of level 3, stand for nothing
            nothing = _none_node(levels, depth - 2)
            shortest = (0x800 >> 6, 0x10000 >> 12)[depth - 2]
            past = [(blocks[-1][1] + 1, 5 * _BLOCK - 1, nothing)] if depth == 3 else []
            blocks = [(0, shortest - 1, nothing), *_cut(blocks, shortest, blocks[-1][1]), *past]
        blocks = _blocks(blocks, levels[depth - 1])
        for lo, hi, node in _cut(blocks, first, last):
            for number in range(lo, hi + 1):
                lead[base + number] = node
                lead_level[base + number] = depth
    arrays = [np.array(level.rows, np.int32).reshape(-1, _BLOCK) for level in levels]
    byte_alphabet = _byte_alphabet(lead, lead_level, arrays)
    members: dict[int, int] = {}
    for byte in range(256):
        members.setdefault(byte_alphabet.class_of(byte), byte)
    return Spelling(tuple(lead), tuple(lead_level), tuple(arrays), byte_alphabet, tuple(members[c] for c in range(len(members))))


def _none_node(levels: list[_Level], depth: int) -> int:
    """Return the node of ``levels[depth]`` under which there is no character at all."""
    value = NONE
    for level in levels[: depth + 1]:
        value = level.node([value] * _BLOCK)
    return value


def _level_states(looked_up: np.ndarray, next_state: int, columns: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], int]:
    """Number the distinct live rows of ``looked_up[n, m, 64]`` from ``next_state`` on.

    Returns
    -------
    numbers : int32[n, m]
        State of each row, 0 where it is dead.
    rows : list of int32[num_classes of continuation bytes]
    next_state : int
    """
    n, m, _ = looked_up.shape
    packed = np.ascontiguousarray(looked_up[:, :, columns], np.int32)
    width = packed.shape[2]
    flat = packed.reshape(n * m, width)
    numbers = np.zeros(n * m, np.int32)
    data = flat.tobytes()
    step = 4 * width
    known: dict[bytes, int] = {b"\0" * step: 0}
    rows = []
    found = []
    for at in range(n * m):
        key = data[at * step : (at + 1) * step]
        number = known.get(key)
        if number is None:
            number = known[key] = next_state
            next_state += 1
            rows.append(flat[at])
        found.append(number)
    numbers[:] = found
    return numbers.reshape(n, m), rows, next_state


def encode_table(alphabet: Alphabet, table: np.ndarray, max_states: int) -> tuple[Alphabet, np.ndarray]:
    """Turn a transition table over characters into one over UTF-8 bytes.

    Parameters
    ----------
    table : int32[num_states, num_classes]
        State 0 is dead.

    Returns
    -------
    alphabet : Alphabet
        Over bytes.
    table : int32[more states, classes of bytes]
        States of the given table keep their numbers.

    Raises
    ------
    LimitExceeded
        When there would be more than ``max_states`` states.
    """
    if alphabet.universe != CHARS:
        raise ValueError("the automaton is over bytes already")
    form = spelling(alphabet)
    n = len(table)
    values = np.concatenate([table, np.zeros((n, 1), np.int32)], axis=1)  # column NONE = -1 is dead
    byte_of = np.array(form.byte_of_class)
    last = np.flatnonzero((byte_of >= 0x80) & (byte_of < 0xC0))
    columns = byte_of[last] - 0x80
    next_state = n
    below = [values]
    extra: list[np.ndarray] = []
    for level in form.levels:
        if n * len(level) * len(columns) > 40_000_000:
            raise LimitExceeded("states", max_states, n * len(level))
        numbers, rows, next_state = _level_states(below[-1][:, level], next_state, columns)
        if next_state > max_states:
            raise LimitExceeded("states", max_states, next_state)
        extra += rows
        below.append(np.concatenate([numbers, np.zeros((n, 1), np.int32)], axis=1))
    out = np.zeros((next_state, len(byte_of)), np.int32)
    if extra:
        out[n:, last] = np.stack(extra)
    for c, byte in enumerate(form.byte_of_class):
        if form.lead_level[byte] != NONE:
            out[:n, c] = below[form.lead_level[byte]][:, form.lead[byte]]
    return form.byte_alphabet, out
