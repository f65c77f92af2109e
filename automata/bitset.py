"""Packed sets of token ids: the rows that masks are made of.

A bitset over a vocabulary of ``V`` tokens is ``uint32[ceil(V / 32)]``; token ``t`` is bit ``t % 32`` of word ``t // 32``, least
significant bit first, 1 = member. This is the mask layout xgrammar, llguidance and vLLM share, so a row can be handed to their
``apply`` kernels as it stands (they read it as int32; the bits are the same).

Invariant: bits at positions >= V are 0. Every function here keeps it, so a popcount of the words is a count of tokens.

Refused: ``np.packbits(...).view(np.uint32)`` on its own, which is right on little-endian machines only; `pack` and `unpack` go
through an explicit ``<u4``.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

WORD_BITS = 32


def num_words(size: int) -> int:
    """Return how many 32-bit words hold ``size`` bits.

    >>> num_words(0), num_words(32), num_words(33)
    (0, 1, 2)
    """
    return -(-size // WORD_BITS)


def pack(members: np.ndarray) -> np.ndarray:
    """Pack a boolean array into words.

    Parameters
    ----------
    members : bool[V] or bool[n, V]
        Membership of each token; the last axis is packed.

    Returns
    -------
    uint32[ceil(V / 32)] or uint32[n, ceil(V / 32)]

    >>> pack(np.array([True, False, True])).tolist()
    [5]
    """
    packed = np.packbits(np.asarray(members, bool), axis=-1, bitorder="little")
    wanted = 4 * num_words(members.shape[-1])
    padding = [(0, 0)] * (packed.ndim - 1) + [(0, wanted - packed.shape[-1])]
    return np.ascontiguousarray(np.pad(packed, padding)).view("<u4").astype(np.uint32, copy=False)


def unpack(words: np.ndarray, size: int) -> np.ndarray:
    """Return the boolean array that `pack` packed.

    Parameters
    ----------
    words : uint32[..., W] or int32[..., W]
        With ``32 * W >= size``; surplus words are ignored.
    size : int
        Number of tokens V.

    Returns
    -------
    bool[..., size]

    >>> unpack(np.array([5], np.uint32), 3).tolist()
    [True, False, True]
    """
    octets = np.ascontiguousarray(words).view(np.uint32).astype("<u4", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=size, bitorder="little").view(bool)


def from_ids(ids: Iterable[int] | np.ndarray, size: int) -> np.ndarray:
    """Return the words of the set ``ids``, each below ``size``.

    >>> from_ids([0, 33], 40).tolist()
    [1, 2]
    """
    members = np.zeros(size, bool)
    members[np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.intp)] = True
    return pack(members)


def to_ids(words: np.ndarray, size: int | None = None) -> np.ndarray:
    """Return the members of one row in ascending order, as int32.

    >>> to_ids(np.array([1, 2], np.uint32)).tolist()
    [0, 33]
    """
    return np.flatnonzero(unpack(words, len(words) * WORD_BITS if size is None else size)).astype(np.int32)


def popcount(words: np.ndarray) -> int:
    """Return the number of members over all words.

    >>> popcount(np.array([5, 1], np.uint32))
    3
    """
    return int(np.bitwise_count(np.ascontiguousarray(words).view(np.uint32)).sum(dtype=np.int64))


def contains(words: np.ndarray, token: int) -> bool:
    """Say whether ``token`` is a member; ids beyond the words are not.

    >>> contains(np.array([4], np.uint32), 2), contains(np.array([4], np.uint32), 99)
    (True, False)
    """
    word = token >> 5
    return 0 <= word < len(words) and bool((int(words[word]) >> (token & 31)) & 1)


def add(words: np.ndarray, token: int) -> None:
    """Make ``token`` a member, in place; ``words`` is uint32 or int32."""
    view = words.view(np.uint32)
    view[token >> 5] |= np.uint32(1 << (token & 31))


def discard(words: np.ndarray, token: int) -> None:
    """Make ``token`` no member, in place; ``words`` is uint32 or int32."""
    view = words.view(np.uint32)
    view[token >> 5] &= np.uint32(0xFFFFFFFF ^ (1 << (token & 31)))
