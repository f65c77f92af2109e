"""The keys of one object as one terminal: declared keys by number, all others through the shared string.

The declared keys, as sorted UTF-8 strings, are a trie without nodes: the keys that share their first ``depth`` bytes are a range
``[lo, hi)``, found by bisection when decoding gets there. A *place* is ``(lo, hi, depth, escape)`` with ``escape`` the part of an
escape sequence read since, ``""`` outside of one; escapes are entered on a backslash only. A key is one key in any spelling:
``"\\u0061"`` and ``"a"`` lead to the same label.

A state is ``(wanted, fallen, *place)``. ``wanted`` numbers the set of declared keys expected now, reduced to the place (all, none, or a
set met at `start`), so that objects that differ elsewhere share the states below. ``fallen`` is the state the terminal of undeclared
keys would be in, 0 if no undeclared key can come of this place. Content that leaves the trie *falls* into that terminal; a declared key
that is not expected has no closing quote, whether undeclared keys are expected or not.

Invariant: a state is live, that is, some way leads to an expected key or to an undeclared one. `_can_fall` decides the latter exactly:
an additional language may consist of declared keys only.

Refused: a trie per set of expected keys (5,000 optional members make 5,000 of them), and a DFA of all keys and spellings at once.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from maskwright.automata import explore
from maskwright.automata.alphabet import NONE
from maskwright.automata.program import FALLEN, Declared, DFATerminal, Fall, LazyState, LazyTerminal

from .spelling import SHORT_ESCAPES, needs_escape
from .strings import string_terminal

_QUOTE, _BACKSLASH = 0x22, 0x5C
_ALL, _NOTHING = 0, 1
_CLOSED, _OPENING = "closed", "opening"
#: bytes saved over the cheapest spelling of a control character: two bytes if it has a short escape, six otherwise
_EXTRA = {point: (1 if point in SHORT_ESCAPES else 5) for point in range(0x20)} | {_QUOTE: 1, _BACKSLASH: 1}
#: bytes of the cheapest spelling, by byte of the UTF-8 form
_SPELLED = np.ones(256, np.uint8)
_SPELLED[list(_EXTRA)] += np.array(list(_EXTRA.values()), np.uint8)

#: bytes of all keys together up to which they are made a trie of nodes, some 40 bytes each
_TRIE_BYTES = 2**20
_SHORT = np.zeros(128, np.uint8)
_SHORT[list(SHORT_ESCAPES)] = [ord(letter) for letter in SHORT_ESCAPES.values()]

Place = tuple[int, int, int, str]
Span = tuple[int, int]


class _Shared(NamedTuple):
    """What is needed of the terminal of undeclared keys.

    Attributes
    ----------
    live : per state the dict of live bytes and their `Fall`
    distance : per state the least number of bytes to acceptance
    steady : per state whether every state from here on, but for accepting ones, has infinitely many ways to go on
    class_of : class of every byte
    """

    live: dict[int, dict[int, Fall]]
    distance: list[int]
    steady: list[bool]
    class_of: list[int]


@lru_cache(maxsize=64)
def _shared(terminal: DFATerminal) -> _Shared:
    dfa = terminal.dfa
    before = explore.predecessors(dfa.rows)
    # states that reach no cycle, from the ends backwards
    waiting = [len(set(row) - {0}) for row in dfa.rows]
    finite = [s for s in range(1, dfa.num_states) if not waiting[s]]
    for state in finite:
        for s in before[state]:
            waiting[s] -= 1
            if not waiting[s]:
                finite.append(s)
    steady = [True] * dfa.num_states
    shaky = [s for s in finite if not dfa.labels[s]]
    for state in shaky:
        steady[state] = False
    for state in shaky:
        for s in before[state]:
            if steady[s]:
                steady[s] = False
                shaky.append(s)
    return _Shared({}, dfa.distance().tolist(), steady, [dfa.alphabet.class_of(byte) for byte in range(256)])


def _escapes(char: str, plain: bool) -> list[str]:
    """Return the escape sequences of a character, hex digits in lower case; ``plain``: if it needs one, and then the shortest."""
    point = ord(char)
    if plain and not needs_escape(point):
        return []
    units = [point] if point < 0x10000 else [0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point & 0x3FF)]
    long = "".join(f"\\u{unit:04x}" for unit in units)
    return ["\\" + SHORT_ESCAPES[point], long][: 1 if plain else 2] if point in SHORT_ESCAPES else [long]


def _length(lead: int) -> int:
    return 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4


class KeyTrieTerminal(LazyTerminal):
    """The keys of an object, quotes included; label i is declared key i.

    Parameters
    ----------
    keys : sequence of str
        Declared keys, distinct. One with a lone surrogate has no spelling and is never accepted.
    additional : DFATerminal, optional
        Every key that may be undeclared, with the one label 0; usually `strings.string_terminal()`.
    plain : bool
        Only spellings without needless escapes; ``additional`` has to agree.

    Examples
    --------
    >>> keys = KeyTrieTerminal(["id", "name"])
    >>> state = keys.start(frozenset({1}))
    >>> sorted(map(chr, keys.expand(keys.expand(state).edges[0x22]).edges))
    ['\\\\', 'n']
    """

    __slots__ = (
        "_additional", "_chars", "_class_of", "_declared", "_fall_known", "_key", "_labels", "_number_of_set", "_packed", "_plain",
        "_positions", "_raws", "_sets", "_shared", "_steps", "_totals", "_trie", "keys",
    )

    def __init__(self, keys: Sequence[str], additional: DFATerminal | None = None, plain: bool = False):
        encoded = []
        for label, text in enumerate(keys):
            try:
                encoded.append((text.encode("utf-8"), label))
            except UnicodeEncodeError:
                continue
        encoded.sort()
        digest = hashlib.blake2b(digest_size=16)
        for text in keys:
            digest.update(b"%d:" % len(text) + text.encode("utf-8", "surrogatepass"))
        key = ("plain keys" if plain else "keys", digest.digest(), additional and additional.key)
        self._raws: list[bytes] | None = [raw for raw, _ in encoded]
        self._packed: tuple[np.ndarray, np.ndarray] | None = None
        self._begin(tuple(keys), np.array([label for _, label in encoded], np.int64), additional, plain, key)

    def _begin(self, keys: tuple[str, ...], labels: np.ndarray, additional: DFATerminal | None, plain: bool, key: Hashable) -> None:
        self.keys = keys
        self._plain = plain
        self._labels = labels
        self._key = key
        self._positions: dict[int, int] | None = None
        self._totals: np.ndarray | None = None
        self._additional = additional
        self._shared = None if additional is None else _shared(additional)
        self._class_of = [] if self._shared is None else self._shared.class_of
        self._sets: list[tuple[int, ...]] = [(), ()]  # of `_ALL` and `_NOTHING`, never looked at
        self._number_of_set: dict[tuple[int, ...], int] = {}
        self._chars: dict[Span, list[tuple[list[str], int, int, int]]] = {}
        self._steps: dict[Place, dict[int, Place | int]] = {}
        self._fall_known: dict[tuple[int, Place], bool] = {}
        self._trie: tuple[np.ndarray, ...] | None = None
        self._declared: Declared | None = None

    @property
    def key(self) -> Hashable:
        return self._key

    @property
    def fallen_terminal(self) -> DFATerminal | None:
        """The terminal of undeclared keys."""
        return self._additional

    @property
    def declared(self) -> Declared | None:
        """The keys as data, where every spelling will do and undeclared ones are any string or none."""
        fit = not self._plain and (self._additional is None or self._additional is string_terminal())
        if self._declared is None and fit:
            data, offsets = self._pack
            if len(data) <= _TRIE_BYTES or self._trie is not None:
                self._declared = Declared(
                    data, offsets, self._labels, self._num_labels, self._additional, _SHORT, self._costs_of, self._trie
                )
        return self._declared

    @property
    def _raw(self) -> list[bytes]:
        """The keys in UTF-8, sorted."""
        if self._raws is None:
            data, offsets = self._pack
            text, bounds = data.tobytes(), offsets.tolist()
            self._raws = [text[first:last] for first, last in pairwise(bounds)]
        return self._raws

    @property
    def _pack(self) -> tuple[np.ndarray, np.ndarray]:
        """The same one after the other, and where each begins (`Declared`)."""
        if self._packed is None:
            raw = self._raw
            offsets = np.zeros(len(raw) + 1, np.int32)
            np.cumsum([len(one) for one in raw], out=offsets[1:])
            self._packed = np.frombuffer(b"".join(raw) + b"\0", np.uint8), offsets
        return self._packed

    @property
    def _position(self) -> dict[int, int]:
        """Where each label stands among the sorted keys; like `_total` made when first asked for, as decoding needs neither."""
        if self._positions is None:
            self._positions = {label: at for at, label in enumerate(self._labels.tolist())}
        return self._positions

    @property
    def _total(self) -> np.ndarray:
        """Least bytes of each sorted key with its quotes."""
        if self._totals is None:
            data, offsets = self._pack
            spent = np.zeros(len(data), np.int64)
            np.cumsum(_SPELLED[data[:-1]], out=spent[1:])
            self._totals = np.diff(spent[offsets]) + 1
        return self._totals

    def _spent(self, key: int, depth: int) -> int:
        """Return the least number of bytes that spell the first ``depth`` of a sorted key."""
        data, offsets = self._pack
        first = int(offsets[key])
        return int(_SPELLED[data[first : first + depth]].sum())

    @property
    def _num_labels(self) -> int:
        return len(self.keys)

    def _costs_of(self, labels: frozenset[int] | bool, fallen: int, low: int, high: int, depth: int) -> dict[int, int]:
        wanted = self._wanted(labels) if isinstance(labels, frozenset) else _ALL if labels else _NOTHING
        return self._costs(wanted, fallen, (low, high, depth, ""))

    def describe(self, label: int) -> str:
        return "another key" if label == FALLEN else f'the key "{self.keys[label]}"'

    # -- the trie of declared keys, whatever is expected

    def _steps_from(self, place: Place) -> dict[int, Place | int]:
        """Return where each byte of the trie leads: a place, or the number of the key that the quote closes."""
        found = self._steps.get(place)
        if found is None:
            found = self._steps[place] = self._escape_steps(place) if place[3] else self._raw_steps(place)
        return found

    def _raw_steps(self, place: Place) -> dict[int, Place | int]:
        lo, hi, depth, _ = place
        out: dict[int, Place | int] = {}
        if lo < hi and len(self._raw[lo]) == depth:
            out[_QUOTE] = int(self._labels[lo])
            lo += 1
        if lo == hi:
            return out
        inside_char = self._raw[lo][depth] & 0xC0 == 0x80
        if not inside_char and (not self._plain or any(escapes for escapes, *_ in self._next_chars(lo, hi, depth))):
            out[_BACKSLASH] = (lo, hi, depth, "\\")
        at = lo
        while at < hi:
            byte = self._raw[at][depth]
            after = bisect_left(self._raw, self._raw[at][:depth] + bytes([byte + 1]), at, hi)
            if byte >= 0x20 and byte not in (_QUOTE, _BACKSLASH):
                out[byte] = (at, after, depth + 1, "")
            at = after
        return out

    def _next_chars(self, lo: int, hi: int, depth: int) -> list[tuple[list[str], int, int, int]]:
        """Return ``(escapes, lo, hi, depth)`` for each next character of the keys ``[lo, hi)``, all longer than ``depth``."""
        found = self._chars.get((lo, depth))
        if found is None:
            found = self._chars[lo, depth] = []
            at = lo
            while at < hi:
                end = depth + _length(self._raw[at][depth])
                prefix = self._raw[at][:end]
                after = bisect_left(self._raw, prefix[:-1] + bytes([prefix[-1] + 1]), at, hi)
                found.append((_escapes(prefix[depth:].decode("utf-8"), self._plain), at, after, end))
                at = after
        return found

    def _escape_steps(self, place: Place) -> dict[int, Place | int]:
        lo, hi, depth, read = place
        out: dict[int, Place | int] = {}
        for escapes, first, last, end in self._next_chars(lo, hi, depth):
            for escape in escapes:
                if not escape.startswith(read):
                    continue
                letter = escape[len(read)]
                done = len(escape) == len(read) + 1
                target = (first, last, end, "") if done else (lo, hi, depth, read + letter)
                out[ord(letter)] = target
                if len(read) % 6 > 1:  # a hex digit
                    out[ord(letter.upper())] = target
        return out

    def _spans(self, place: Place) -> list[Span]:
        """Return the ranges of keys that are still possible."""
        lo, hi, depth, read = place
        if not read:
            return [(lo, hi)]
        out: list[Span] = []
        for escapes, first, last, _ in self._next_chars(lo, hi, depth):
            if any(escape.startswith(read) for escape in escapes):
                if out and out[-1][1] == first:
                    out[-1] = (out[-1][0], last)
                else:
                    out.append((first, last))
        return out

    # -- falling

    def _falls_from(self, state: int) -> dict[int, Fall]:
        """Return the live bytes of a state of the additional terminal."""
        assert self._additional is not None
        assert self._shared is not None
        found = self._shared.live.get(state)
        if found is None:
            row = self._additional.dfa.rows[state]
            targets = ((byte, row[c]) for byte, c in enumerate(self._class_of) if c != NONE)
            found = self._shared.live[state] = {byte: Fall(self._additional, target) for byte, target in targets if target}
        return found

    def _can_fall(self, fallen: int, place: Place) -> bool:
        """Return whether some undeclared key begins like this."""
        if not fallen:
            return False
        live, steps = self._falls_from(fallen), self._steps_from(place)
        if len(live) > len(steps):
            return True
        found = self._fall_known.get((fallen, place))
        if found is None:
            found = self._fall_known[fallen, place] = self._fall_cost(fallen, place) is not None
        return found

    def _fall_cost(self, fallen: int, place: Place) -> int | None:
        """Return the least number of bytes to the end of an undeclared key, None if there is none; breadth first."""
        assert self._shared is not None
        best = None
        seen = {(fallen, place)}
        layer, read = [(fallen, place)], 0
        while layer and (best is None or read + 1 < best):
            following = []
            for state, here in layer:
                steps = self._steps_from(here)
                for byte, fall in self._falls_from(state).items():
                    step = steps.get(byte)
                    if step is None:
                        cost = read + 1 + self._shared.distance[fall.state]
                        best = cost if best is None else min(best, cost)
                    elif isinstance(step, tuple) and (fall.state, step) not in seen:
                        seen.add((fall.state, step))
                        following.append((fall.state, step))
            layer, read = following, read + 1
        return best

    # -- states

    def _wanted(self, labels: frozenset[int]) -> int:
        positions = tuple(sorted(self._position[label] for label in labels if label in self._position))
        if not positions:
            return _NOTHING
        if len(positions) == len(self._labels):
            return _ALL
        number = self._number_of_set.setdefault(positions, len(self._sets))
        if number == len(self._sets):
            self._sets.append(positions)
        return number

    def _reduced(self, wanted: int, spans: Sequence[Span]) -> int:
        """Return ``wanted`` as far as it is about the keys in ``spans``."""
        if wanted in (_ALL, _NOTHING):
            return wanted
        positions = self._sets[wanted]
        inside = sum(bisect_left(positions, last) - bisect_left(positions, first) for first, last in spans)
        return _NOTHING if not inside else _ALL if inside == sum(last - first for first, last in spans) else wanted

    def _state(self, wanted: int, fallen: int, place: Place) -> Hashable | None:
        """Return the state at ``place``, None if it is dead."""
        wanted = self._reduced(wanted, self._spans(place))
        fallen = fallen if self._can_fall(fallen, place) else 0
        return None if wanted == _NOTHING and not fallen else (wanted, fallen, *place)

    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state when the declared keys ``labels`` are expected and, with `FALLEN` among them, undeclared ones."""
        falling = FALLEN in labels and self._additional is not None
        return (_OPENING, self._wanted(labels), falling)

    def expand(self, state: Hashable) -> LazyState:
        """Return the edges of a state."""
        assert isinstance(state, tuple)
        if state[0] == _CLOSED:
            return LazyState({}, (state[1],), None, {state[1]: 0})
        if state[0] == _OPENING:
            return self._expand_opening(state[1], state[2])
        wanted, fallen, place = state[0], state[1], state[2:]
        falls = self._falls_from(fallen) if fallen else {}
        edges: dict[int, Hashable | None] = {}
        for byte, step in self._steps_from(place).items():
            target: Hashable | None
            if isinstance(step, tuple):
                fall = falls.get(byte)
                target = self._state(wanted, 0 if fall is None else fall.state, step)
            else:
                here = self._reduced(wanted, [(place[0], place[0] + 1)])
                target = None if here == _NOTHING else (_CLOSED, step)
            if target is not None or byte in falls:
                edges[byte] = target
        rest = Fall(self._additional, fallen) if fallen and self._additional else None
        return LazyState(edges, (), self._base(fallen), partial(self._costs, wanted, fallen, place), rest)

    def _expand_opening(self, wanted: int, falling: bool) -> LazyState:
        assert not falling or self._additional is not None
        begin = self._additional.dfa.start if falling and self._additional else 0
        fall = self._falls_from(begin).get(_QUOTE) if begin else None
        place: Place = (0, len(self._labels), 0, "")
        inside = self._state(wanted, 0 if fall is None else fall.state, place)
        if inside is None:
            return LazyState({}, (), None, {})
        assert isinstance(inside, tuple)
        costs = {label: cost + 1 for label, cost in self._costs(inside[0], inside[1], place).items()}
        return LazyState({_QUOTE: inside}, (), self._base(begin if inside[1] else 0), costs)

    def _base(self, fallen: int) -> Fall | None:
        """Return the state whose masks may serve here: only if nothing on the way can fail to fall but by closing a key."""
        if not fallen or self._shared is None or self._additional is None or not self._shared.steady[fallen]:
            return None
        return Fall(self._additional, fallen)

    def _costs(self, wanted: int, fallen: int, place: Place) -> dict[int, int]:
        lo, hi, depth, read = place
        out: dict[int, int] = {}
        if wanted != _NOTHING:
            spent = self._spent(lo, depth)
            if not read:
                at = self._members(wanted, lo, hi)
                out = dict(zip(self._labels[at].tolist(), (self._total[at] - spent).tolist()))
            else:
                for escapes, first, last, end in self._next_chars(lo, hi, depth):
                    left = [len(escape) - len(read) for escape in escapes if escape.startswith(read)]
                    if left:
                        at = self._members(wanted, first, last)
                        shift = min(left) - self._spent(first, end)
                        out.update(zip(self._labels[at].tolist(), (self._total[at] + shift).tolist()))
        if fallen:
            cost = self._fall_cost(fallen, place)
            assert cost is not None
            out[FALLEN] = cost
        return out

    def _members(self, wanted: int, lo: int, hi: int) -> np.ndarray:
        """Return the expected positions in ``[lo, hi)``."""
        if wanted == _ALL:
            return np.arange(lo, hi)
        positions = self._sets[wanted]
        return np.array(positions[bisect_left(positions, lo) : bisect_left(positions, hi)], np.int64)
