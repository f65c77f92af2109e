"""A sparse, bounded trie of what is known about the target under each prefix: shared by ASAp, CARS, SMC and the certificate.

A `Node` stands for a prefix u whose next-token row was seen once. For a few *kept* tokens a it stores ::

    mass[i]   p(a | u)
    upper[i]  a bound from above on h(ua), the probability that the model, from ua on, writes something in the language (times its
    potential) lower[i]  a bound from below on the same

and one number ``rest`` for the mass of all other allowed tokens, whose bounds are 1 and 0. Forbidden tokens are not stored: their bound
is 0. So a node costs a few kilobytes at any vocabulary, not two rows of it. The node's own bounds are sums::

    total(u) = sum mass * upper + rest >= h(u) >= sum mass * lower = floor(u)

and the parent's entry for u is total(u) once the path has been propagated. The *invariant* that exact samplers rely on: an entry
without a node is 1 (never seen), 0 (known dead), or the total its node had when it was made (evicted); an entry with a node is at most
that.

Bounded: beyond ``max_nodes`` the leaves used longest ago are forgotten. Their entry goes back to the total of a new node, so that a
prefix seen again starts consistently; forgetting loses knowledge, never exactness.

Refused: two float32 rows per node (1 MB at 128k tokens); unvisited tokens at a heuristic bound, which is no bound.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskwright.errors import OptionError, SerializationVersionError

SAVE_FORMAT = "maskwright-trie-1"
KEEP = 64
MAX_NODES = 50_000


class Node:
    """One prefix; see the module docstring.

    Attributes
    ----------
    tokens : int32[k]
    mass, upper, lower : float64[k]
    rest : float
    fresh : float
        ``total`` when the node was made.
    children : dict of int to Node
    used : int
        The trie's clock at the last visit.
    """

    __slots__ = ("children", "fresh", "lower", "mass", "rest", "tokens", "upper", "used")

    def __init__(self, tokens: np.ndarray, mass: np.ndarray, lower: np.ndarray, rest: float):
        self.tokens = tokens
        self.mass = mass
        self.upper = np.ones(len(tokens))
        self.lower = lower
        self.rest = rest
        self.fresh = self.total
        self.children: dict[int, Node] = {}
        self.used = 0

    @classmethod
    def from_row(cls, logprobs: np.ndarray, allowed: np.ndarray, is_end: np.ndarray, ends_certain: bool, keep: int = KEEP) -> Node:
        """Make a node from a row.

        Parameters
        ----------
        logprobs : float64[V]
        allowed : bool[V]
        is_end : bool[V]
        ends_certain : bool
            Whether ending here is certainly in the target with weight 1 (there is no potential).
        keep : int
            Tokens stored at most, the likeliest, besides the ends.
        """
        tokens = np.flatnonzero(allowed & (logprobs > -np.inf))
        mass = np.exp(logprobs[tokens])
        rest = 0.0
        if len(tokens) > keep:
            chosen = np.zeros(len(tokens), bool)
            chosen[np.argpartition(mass, -keep)[-keep:]] = True
            chosen |= is_end[tokens]
            rest = float(mass[~chosen].sum())
            tokens, mass = tokens[chosen], mass[chosen]
        lower = np.where(is_end[tokens], 1.0, 0.0) if ends_certain else np.zeros(len(tokens))
        return cls(tokens.astype(np.int32), mass, lower, rest)

    @property
    def total(self) -> float:
        """Bound from above on the probability to end well from here."""
        return float(self.mass @ self.upper) + self.rest

    @property
    def floor(self) -> float:
        """Bound from below on the same."""
        return float(self.mass @ self.lower)

    def find(self, token: int) -> int:
        """Return the place of a token, or -1."""
        found = np.flatnonzero(self.tokens == token)
        return int(found[0]) if len(found) else -1

    def keep(self, token: int, mass: float) -> int:
        """Store a token out of the rest, and return its place."""
        self.tokens = np.append(self.tokens, np.int32(token))
        self.mass = np.append(self.mass, mass)
        self.upper = np.append(self.upper, 1.0)
        self.lower = np.append(self.lower, 0.0)
        self.rest = max(0.0, self.rest - mass)
        return len(self.tokens) - 1

    def bounds(self, logprobs: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """Return log(p * upper) over the vocabulary, -inf where nothing is possible: float64[V]."""
        row = np.where(allowed, logprobs, -np.inf)
        with np.errstate(divide="ignore"):
            row[self.tokens] += np.log(self.upper)
        return row

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return 28 * len(self.tokens)


class Trie:
    """Nodes by prefix.

    Parameters
    ----------
    keep : int
        Tokens stored per node.
    max_nodes : int
        Nodes at most; at least 2.
    """

    def __init__(self, *, keep: int = KEEP, max_nodes: int = MAX_NODES):
        if keep < 1 or max_nodes < 2:
            raise OptionError("max_nodes", (keep, max_nodes), "keep of at least 1 and max_nodes of at least 2")
        self.keep = keep
        self.max_nodes = max_nodes
        self.root: Node | None = None
        self.num_nodes = 0
        self.evicted = 0
        self._clock = 0

    def path(self, tokens: Sequence[int]) -> list[Node]:
        """Return the nodes of the prefixes of ``tokens`` that are known, from the root on."""
        nodes: list[Node] = []
        node = self.root
        for token in tokens:
            if node is None:
                return nodes
            nodes.append(node)
            node = node.children.get(int(token))
        return [*nodes, node] if node is not None else nodes

    def find(self, tokens: Sequence[int]) -> Node | None:
        """Return the node of a prefix, or None."""
        nodes = self.path(tokens)
        return nodes[len(tokens)] if len(nodes) > len(tokens) else None

    def bound(self, tokens: Sequence[int]) -> float:
        """Return the bound from above on h(tokens) that the trie has: the parent's entry, 1 where nothing is known."""
        if not tokens:
            return 1.0 if self.root is None else self.root.total
        parent = self.find(tokens[:-1])
        place = -1 if parent is None else parent.find(tokens[-1])
        return 1.0 if parent is None or place < 0 else float(parent.upper[place])

    def insert(self, tokens: Sequence[int], node: Node, last_mass: float = 0.0) -> bool:
        """Add a node whose parent is known; return False if there is one already, or no parent.

        Parameters
        ----------
        last_mass : float
            p(last token | parent), needed where the parent does not keep that token.
        """
        self._clock += 1
        node.used = self._clock
        if not tokens:
            if self.root is not None:
                return False
            self.root = node
        else:
            parent = self.find(tokens[:-1])
            if parent is None or tokens[-1] in parent.children:
                return False
            if parent.find(tokens[-1]) < 0:
                parent.keep(int(tokens[-1]), last_mass)
            parent.children[int(tokens[-1])] = node
        self.num_nodes += 1
        return True

    def settle(self, tokens: Sequence[int], token: int, upper: float, lower: float, mass: float = 0.0) -> None:
        """Set what is known of one token after a known prefix; ``mass`` is p of a token that may not be kept yet."""
        node = self.find(tokens)
        if node is not None:
            place = node.find(token)
            if place < 0 and mass > 0:
                place = node.keep(token, mass)
            if place >= 0:
                node.upper[place], node.lower[place] = upper, lower

    def propagate(self, tokens: Sequence[int]) -> None:
        """Carry bounds from the deepest known prefix of ``tokens`` up to the root."""
        nodes = self.path(tokens)
        self._clock += 1
        for node in nodes:
            node.used = self._clock
        for depth in range(len(nodes) - 1, 0, -1):
            self._carry(nodes[depth - 1], int(tokens[depth - 1]), nodes[depth])

    @staticmethod
    def _carry(parent: Node, token: int, child: Node) -> None:
        place = parent.find(token)
        parent.upper[place] = child.total
        parent.lower[place] = child.floor

    def shrink(self) -> None:
        """Forget the oldest leaves if there are too many nodes."""
        while self.num_nodes > self.max_nodes:
            edges = ((parent, token, child) for parent in self._nodes() for token, child in parent.children.items())
            leaves = sorted(((c.used, token, parent) for parent, token, c in edges if not c.children), key=lambda leaf: leaf[0])
            for _, token, parent in leaves[: max(self.num_nodes - self.max_nodes, self.max_nodes // 8)]:
                child = parent.children.pop(token)
                place = parent.find(token)
                parent.upper[place], parent.lower[place] = child.fresh, 0.0
                self.num_nodes -= 1
                self.evicted += 1
            self._refresh()

    def _nodes(self) -> Iterator[Node]:
        """All nodes, parents first."""
        stack = [self.root] if self.root is not None else []
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children.values())

    def _refresh(self) -> None:
        """Carry all bounds upwards."""
        for node in reversed(list(self._nodes())):              # parents come first in the list, so children first reversed
            for token, child in node.children.items():
                self._carry(node, token, child)

    @property
    def nbytes(self) -> int:
        """Memory of all nodes' arrays."""
        return sum(node.nbytes for node in self._nodes())

    # saving ----------------------------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str], key: str) -> None:
        """Write the trie.

        Parameters
        ----------
        key : str
            Names what the bounds are about (model, prompt, constraint, budget, warp); `load` asks for the same.
        """
        nodes = list(self._nodes())
        number = {id(node): i for i, node in enumerate(nodes)}
        edges = [(number[id(node)], token, number[id(child)]) for node in nodes for token, child in node.children.items()]
        joined: dict[str, Any] = {name: np.concatenate([getattr(node, name) for node in nodes] or [np.zeros(0)]) for name in _ARRAYS}
        header = json.dumps({"format": SAVE_FORMAT, "key": key, "keep": self.keep, "max_nodes": self.max_nodes})
        target = Path(path)
        partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        with open(partial, "wb") as file:
            np.savez_compressed(
                file,
                header=np.frombuffer(header.encode(), np.uint8),
                lengths=np.array([len(node.tokens) for node in nodes], np.int64),
                rest=np.array([node.rest for node in nodes]),
                fresh=np.array([node.fresh for node in nodes]),
                used=np.array([node.used for node in nodes], np.int64),
                edges=np.array(edges, np.int64).reshape(-1, 3),
                **joined,
            )
        os.replace(partial, target)

    @classmethod
    def load(cls, path: str | os.PathLike[str], key: str) -> Trie:
        """Read a trie that `save` wrote under the same key.

        Raises
        ------
        SerializationVersionError
            If the file is not one, or is about something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                record = {name: file[name] for name in file.files}
            header = json.loads(bytes(record["header"]))
        except (ValueError, KeyError, zipfile.BadZipFile) as error:
            raise SerializationVersionError(f"{os.fspath(path)!r} is not a saved trie") from error
        if header.get("format") != SAVE_FORMAT:
            raise SerializationVersionError(f"{os.fspath(path)!r} has format {header.get('format')!r}, this version reads {SAVE_FORMAT!r}")
        if header["key"] != key:
            raise SerializationVersionError(f"{os.fspath(path)!r} is about {header['key']!r}, not {key!r}: its bounds do not hold here")
        trie = cls(keep=header["keep"], max_nodes=header["max_nodes"])
        ends = np.cumsum(record["lengths"])
        nodes = []
        for i, (end, length) in enumerate(zip(ends.tolist(), record["lengths"].tolist())):
            part = slice(end - length, end)
            tokens, mass, lower = (record[name][part].copy() for name in ("tokens", "mass", "lower"))
            node = Node(tokens, mass, lower, float(record["rest"][i]))
            node.upper = record["upper"][part].copy()
            node.fresh, node.used = float(record["fresh"][i]), int(record["used"][i])
            nodes.append(node)
        for parent, token, child in record["edges"].tolist():
            nodes[parent].children[token] = nodes[child]
        trie.root = nodes[0] if nodes else None
        trie.num_nodes = len(nodes)
        trie._clock = max((node.used for node in nodes), default=0)
        return trie

    def __repr__(self) -> str:
        return f"<Trie {self.num_nodes} nodes, {self.evicted} forgotten>"


_ARRAYS = ("tokens", "mass", "upper", "lower")
