"""Least spellings: how many bytes the shortest JSON text of a string language takes.

Worked out on the automaton over characters, where each class of the alphabet weighs the least number of bytes that spell one of its
characters: that is the same number as on the byte automaton, which has twenty times the states.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection
from functools import lru_cache

import numpy as np

from maskwright.automata.alphabet import NONE, Alphabet
from maskwright.automata.dfa import DFA

from .spelling import SHORT_ESCAPES
from .strings import StringLanguage

#: (first code point, bytes) of the pieces of equal size; escapes are put in apart
_PIECES = ((0x0, 6), (0x20, 1), (0x80, 2), (0x800, 3), (0x10000, 4))
_QUOTES = 2
_FAR = 1 << 40


def char_bytes(point: int) -> int:
    """Return the least number of bytes that spell a character inside a string."""
    if point < 0x80:
        return 2 if point in SHORT_ESCAPES and point != 0x2F else 1 if point >= 0x20 else 6
    return next(size for first, size in reversed(_PIECES) if point >= first)


def text_bytes(text: str) -> int:
    """Return the least number of bytes that spell a string, quotes included.

    >>> text_bytes("a"), text_bytes("ü"), text_bytes('"'), text_bytes("\\x01")
    (3, 4, 4, 8)
    """
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return len(text) + _QUOTES
    return _QUOTES + sum(char_bytes(ord(c)) for c in text)


def least_text_bytes(texts: Collection[str]) -> int:
    """Return `text_bytes` of the string that takes the fewest; a string is spelled only if it is short enough to be that.

    >>> least_text_bytes(["up", "\\x01", "down"])
    4
    """
    best = text_bytes(min(texts, key=len))
    return min([best, *[text_bytes(text) for text in texts if len(text) + _QUOTES < best]])


@lru_cache(maxsize=1024)
def _class_bytes(alphabet: Alphabet) -> tuple[int, ...]:
    """Return the least bytes of a character of each class."""
    out = [_FAR] * alphabet.num_classes
    for lo, hi, c in alphabet.intervals():
        if c == NONE:
            continue
        starts = [lo, *(first for first, _ in _PIECES if lo < first <= hi)]
        starts += list(range(lo, min(hi, 0x7F) + 1)) if lo < 0x80 else []
        out[c] = min(out[c], min(map(char_bytes, starts)))
    return tuple(out)


def least_by_label(dfa: DFA) -> dict[int, int]:
    """Return, for each label of an automaton over characters, the bytes of its shortest spelling (Dijkstra from the start)."""
    weights = _class_bytes(dfa.alphabet)
    best = {dfa.start: _QUOTES}
    heap = [(_QUOTES, dfa.start)]
    out: dict[int, int] = {}
    while heap:
        size, state = heapq.heappop(heap)
        if size > best[state]:
            continue
        for label in dfa.labels[state]:
            out.setdefault(label, size)
        for c, target in enumerate(dfa.rows[state]):
            if target and size + weights[c] < best.get(target, _FAR):
                best[target] = size + weights[c]
                heapq.heappush(heap, (best[target], target))
    return out


def least_bytes(language: StringLanguage) -> int:
    """Return the bytes of a shortest spelling among the strings of least length (without a window: among all)."""
    lo, hi = language.min_length, language.max_length
    if language.dfa is None:
        return _QUOTES + lo
    if not lo and hi is None:
        return least_by_label(language.dfa)[0]
    return _QUOTES + _least_of_length(language.dfa, lo)


def _least_of_length(dfa: DFA, lo: int) -> int:
    """Return the least bytes of the accepted strings of the least length >= ``lo``.

    cost_k(s) = min over classes c of weight(c) + cost_{k-1}(next(s, c)). Once a row is the one before plus a constant, so are all later
    ones.
    """
    weights = np.array(_class_bytes(dfa.alphabet), np.int64)
    table = dfa.table.astype(np.int64)
    alive = table != 0
    row = np.where([bool(labels) for labels in dfa.labels], 0, _FAR)
    length = 0
    while True:
        if length >= lo and row[dfa.start] < _FAR:
            return int(row[dfa.start])
        following = np.minimum(np.where(alive, row[table] + weights, _FAR).min(axis=1), _FAR)
        length += 1
        known = row < _FAR
        if length < lo and np.array_equal(known, following < _FAR):
            steps = set((following[known] - row[known]).tolist())
            if len(steps) == 1:
                following = np.where(known, following + steps.pop() * (lo - length), _FAR)
                length = lo
        row = following
