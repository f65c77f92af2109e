"""The flat trie agrees with nested dictionaries."""

from __future__ import annotations

import numpy as np
import pytest

from maskwright.automata.trie import Trie, build_trie


def build(tokens):
    offsets = np.cumsum([0, *map(len, tokens)])
    return build_trie(np.frombuffer(b"".join(tokens), np.uint8), offsets)


def reference(tokens):
    """List (bytes of the node, tokens ending there, nodes below) in preorder, from a set of prefixes."""
    prefixes = sorted({token[:i] for token in tokens for i in range(len(token) + 1)} | {b""})
    return [
        (p, [t for t, token in enumerate(tokens) if token == p != b""], sum(q.startswith(p) for q in prefixes))
        for p in prefixes
    ]


def node_bytes(trie, node):
    found = b""
    while node:
        found = bytes([trie.byte[node]]) + found
        node = int(trie.parent[node])
    return found


@pytest.mark.parametrize("seed", range(60))
def test_agrees_with_reference(seed):
    random = np.random.default_rng(seed)
    alphabet = [b"ab", b"\x00\xff", bytes(range(256))][seed % 3]
    tokens = [bytes(random.choice(list(alphabet), random.integers(0, 6)).tolist()) for _ in range(random.integers(0, 60))]
    trie = build(tokens)
    have = [
        (node_bytes(trie, node), trie.tokens_at(node).tolist(), int(trie.size[node])) for node in range(trie.num_nodes)
    ]
    assert have == reference(tokens)
    assert trie.depth.tolist() == [len(node_bytes(trie, node)) for node in range(trie.num_nodes)]
    for node in range(trie.num_nodes):
        prefix = node_bytes(trie, node)
        assert trie.find(prefix) == node
        assert list(trie.children(node)) == [i for i in range(trie.num_nodes) if i and trie.parent[i] == node]
        assert sorted(trie.tokens_below(node).tolist()) == [t for t, token in enumerate(tokens) if token and token.startswith(prefix)]
    assert trie.find(b"absent!") == -1


def test_array_layout():
    """Kernels are compiled for these types; a read-only or strided array would compile them again."""
    trie = build([b"a", b"ab", b"b"])
    for name, dtype in zip(Trie._fields, [np.uint8, np.int32, np.int32, np.int32, np.int32, np.int32]):
        array = getattr(trie, name)
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        assert array.flags.writeable
    assert trie.parent[0] == -1


def test_no_tokens_leave_the_root():
    for tokens in ([], [b""], [b"", b""]):
        trie = build(tokens)
        assert trie.num_nodes == 1
        assert trie.size.tolist() == [1]
        assert trie.token_ids.tolist() == []


def test_long_tokens():
    trie = build([b"x" * 20_000, b"x" * 20_000 + b"y", b"x"])
    assert trie.num_nodes == 20_002
    assert trie.size[0] == 20_002
    assert trie.token_ids.tolist() == [2, 0, 1]
