"""The flat pushdown program that front ends hand to the engine.

A constraint is a set of *rules*. A rule's body is a small automaton ("regular right part") whose states are plain integers of
the program and whose edges either *scan* a terminal with a label or *call* another rule. Rules are named by their start state.
Nothing is materialised up front: the engine asks `Program.expand` for a rule state when it first needs it, so a schema with
thousands of branches costs only what decoding visits.

A *terminal* is a regular language over bytes. Every accepting state carries labels, and the label tells the parser which lexeme
it was: one terminal sorts an object's key into "declared key 3" or "additional". Three kinds exist:

``DFATerminal``      an explicit byte automaton;
``CountedTerminal``  a byte automaton whose edges weigh 0 or 1 and a window [lo, hi] for the total weight (a string's length in
                     characters): a counter beside the state instead of an unrolled copy;
``LazyTerminal``     states made on demand, which may *fall* into a shared terminal (a declared-key trie falls into the general
                     string), so that the shared terminal's masks serve it.

*Residual checks* need the text itself (are the items of this array distinct?). A rule state may then stand for what was read: a scan's
target may be a `Judgement`, a function of the text, and a state may have a ``check`` that the text must pass for the state to be
entered. Programs that use them set ``remembers``, and mark the states that depend on the text so. The text they are given begins at
some point before the outermost such state was entered and is the same one until it is left: offsets into it stay good.

*Open terminals* are holes whose language the text decides: a state with ``opens`` stands for the rule state that the function returns
for the text there. Every state from which a hole can be reached remembers, so the function is given the whole text.

*Marks* are special tokens that a language names: `Vocabulary.mark` spells them by private bytes, which no text holds. A program with
``marks`` is run on `Vocabulary.marked`, where those tokens have these bytes.

Invariants the engine relies on:

* No terminal accepts the empty string, and no called rule derives it (front ends compile nullability away); only the root may be final
  at its start.
* Every rule state is productive: some text finishes its rule. Every state of a terminal is live for the labels it was started with.
* ``RuleState.cost`` is the least number of bytes that finish the rule from there: it drives `min_tokens` and closing under a budget.
  For every state cost = 0 if final, else the minimum over edges of (terminal's least bytes for the label | callee's cost) +
  cost(target).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np

from .dfa import DFA


class Terminal(ABC):
    """A regular language over bytes with labelled accepts. Compared by `key`, which must name its content."""

    __slots__ = ("_hash",)

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """Content identity: equal keys mean equal automata with equal labels."""

    def describe(self, label: int) -> str:
        """Say what the lexeme is, for error messages (``'"name"'``, ``number``)."""
        return "a lexeme"

    def __hash__(self) -> int:
        try:
            return self._hash  # type: ignore[no-any-return, has-type]
        except AttributeError:  # keys may be long: a list of 100,000 strings
            self._hash = hash(self.key)
            return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Terminal) and self.key == other.key)


class DFATerminal(Terminal):
    """An explicit byte automaton.

    Parameters
    ----------
    dfa : DFA
        Over the byte alphabet, trimmed, not accepting the empty string. ``dfa.labels[s]`` holds the labels of state ``s``.
    name : str or sequence of str
        What `describe` says: one name, or one per label.
    """

    __slots__ = ("_key", "dfa", "name")

    def __init__(self, dfa: DFA, name: str | Sequence[str] = "a lexeme"):
        self.dfa = dfa
        self.name = name
        self._key = ("dfa", dfa.table_key())

    @property
    def key(self) -> Hashable:
        return self._key

    def describe(self, label: int) -> str:
        return self.name if isinstance(self.name, str) else self.name[label]


class CountedTerminal(Terminal):
    """A byte automaton with a window on the total weight of its path; its only label is 0.

    Parameters
    ----------
    dfa : DFA
        Over bytes, plain acceptor (label 0).
    weights : uint8[num_states, num_classes]
        Weight 0 or 1 of each transition. A character is counted on its first byte.
    lo, hi : int
        Least and greatest total weight, ``0 <= lo <= hi``; ``hi=None`` means unbounded.
    """

    __slots__ = ("_key", "dfa", "hi", "lo", "name", "weights")

    def __init__(self, dfa: DFA, weights: np.ndarray, lo: int, hi: int | None, name: str = "a string"):
        self.dfa = dfa
        self.weights = weights
        self.lo = lo
        self.hi = hi
        self.name = name
        self._key = ("counted", dfa.table_key(), weights.tobytes(), lo, hi)

    @property
    def key(self) -> Hashable:
        return self._key

    @property
    def language_key(self) -> Hashable:
        """Identity of automaton and weights without the window: windows share states and masks."""
        return self._key[:3]

    def describe(self, label: int) -> str:
        return self.name


#: key of `LazyState.costs` for the least number of bytes to acceptance by the shared terminal one may fall into
FALLEN = -1


class Fall(NamedTuple):
    """A state of the shared terminal (`LazyTerminal.fallen_terminal`), as a target inside a `LazyTerminal`; never state 0 (dead).

    What is accepted after falling carries the label `FALLEN` of the lazy terminal: a rule that expects it has
    ``Scan(lazy, FALLEN, target)``, and need not (must not, unless it also means the plain shared terminal) list the shared one.
    """

    terminal: DFATerminal
    state: int


class LazyState:
    """One expanded state of a `LazyTerminal`.

    Parameters
    ----------
    own : dict[int, Hashable | Fall | None]
        A byte leads to another own state, falls into the shared terminal, or (None) is dead.
    labels : tuple[int, ...]
        Own labels accepted here.
    base : Fall or None
        A state of a shared terminal S with: along every byte string, own state and S either coincide (fallen), or are both
        alive, or the own state accepts/dies where S accepts. Lets masks start from S's mask and redo only the difference.
    costs : dict[int, int], or a function that returns it
        Least number of bytes from here to each own label (of the set the terminal was started with), and under `FALLEN` to
        acceptance after falling, where that is possible.
    rest : Fall or None
        Bytes not in ``own`` go where this state of the shared terminal sends them; None: they are dead.
    """

    __slots__ = ("_costs", "base", "labels", "own", "rest")

    def __init__(
        self,
        own: dict[int, Hashable | None],
        labels: tuple[int, ...],
        base: Fall | None,
        costs: dict[int, int] | Callable[[], dict[int, int]],
        rest: Fall | None = None,
    ):
        self.own = own
        self.labels = labels
        self.base = base
        self.rest = rest
        self._costs = costs

    @property
    def costs(self) -> dict[int, int]:
        """See the parameter; computed when asked for."""
        return self._costs() if callable(self._costs) else self._costs

    @property
    def edges(self) -> dict[int, Hashable]:
        """All live bytes with where they lead: ``own`` over ``rest``. For references; slow."""
        found: dict[int, Hashable] = {}
        if self.rest is not None:
            dfa = self.rest.terminal.dfa
            ways = ((byte, dfa.step(self.rest.state, byte)) for byte in range(256))
            found = {byte: Fall(self.rest.terminal, after) for byte, after in ways if after}
        found.update(self.own)  # type: ignore[arg-type]
        return {byte: to for byte, to in found.items() if to is not None}


class Declared(NamedTuple):
    """Strings that a lazy terminal sorts out from all others, as data: with it the engine grows the states by itself (`keytries`).

    The terminal must read JSON strings, quotes included: label ``labels[i]`` in every spelling of ``raw[i]``; `FALLEN`, where that is
    expected, in every other string of ``additional``. The latter's state after a text must follow from what the text decodes to and from
    how far into an escape sequence it is, and infinitely many of its strings must begin with any text it is alive after.

    Attributes
    ----------
    data, offsets : uint8[total + 1], int32[n + 1]
        The strings in UTF-8, sorted, distinct, one after the other; a byte of padding at the end.
    labels : int64[n]
        Label of each.
    num_labels : int
        Labels are below it; those of no string may be expected, in vain.
    additional : DFATerminal or None
    short : uint8[128]
        Letters of the short escapes by code point, 0 where there is none.
    costs : callable
        ``costs(labels, fallen, low, high, depth)``: least bytes to each label, with strings ``low .. high - 1`` and, if ``fallen`` is
        not 0, undeclared strings possible after ``depth`` bytes. ``labels`` are those expected, or True for all or False for none.
    trie : tuple of arrays, optional
        What `keytries.key_trie` makes of the strings, if that was done before.
    """

    data: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    num_labels: int
    additional: DFATerminal | None
    short: np.ndarray
    costs: Callable[[frozenset[int] | bool, int, int, int, int], dict[int, int]]
    trie: tuple[np.ndarray, ...] | None = None


class LazyTerminal(Terminal):
    """A terminal whose states are made on demand; states are any hashable values.

    An accepting own state has no edges, unless the terminal never falls and gives its states no ``base``.
    """

    __slots__ = ()

    @property
    def fallen_terminal(self) -> DFATerminal | None:
        """The shared terminal (one label, 0) that states may fall into, or None if none ever does."""
        return None

    @property
    def declared(self) -> Declared | None:
        """What the engine may grow the states from in blocks, instead of calling `start` and `expand`."""
        return None

    @abstractmethod
    def start(self, labels: frozenset[int]) -> Hashable:
        """Return the start state when only ``labels`` are expected.

        All states reached from it must be live for them (or fallen), and have no other in their labels and costs.
        """

    @abstractmethod
    def expand(self, state: Hashable) -> LazyState:
        """Return the edges of ``state``. Called once per state; must be deterministic."""


class Judgement(ABC):
    """A target that depends on the text: called with the bytes read so far, the lexeme just scanned included."""

    __slots__ = ()

    #: `RuleState.cost` of what it leads to
    cost: int

    @abstractmethod
    def __call__(self, text: bytes) -> int:
        """Return the rule state to go to."""


class Scan(NamedTuple):
    """Edge of a rule automaton: read a lexeme of ``terminal`` that carries ``label``, go to ``target``."""

    terminal: Terminal
    label: int
    target: int | Judgement


class ScanTable:
    """Scans of one terminal with distinct labels, stretches of which are what many rule states expect: the members of an object.

    Attributes
    ----------
    terminal : Terminal
    labels : list of int
        All labels, in order.
    targets : list of int or None
        Where each leads, as far as that is known; None too where nothing can follow, so that it is not expected at all.
    first, last : int
        Targets ``first`` to ``last - 1`` are known.
    """

    __slots__ = ("first", "labels", "last", "targets", "terminal")

    def __init__(self, terminal: Terminal, labels: list[int]):
        self.terminal = terminal
        self.labels = labels
        self.targets: list[int | None] = [None] * len(labels)
        self.first = self.last = 0

    def gaps(self, first: int, last: int) -> list[int]:
        """Return which targets are missing for scans ``first`` to ``last - 1`` to be known, too; `widen` when they have been put in."""
        if self.first == self.last:
            return list(range(first, last))
        return [*range(first, self.first), *range(self.last, last)]

    def widen(self, first: int, last: int) -> None:
        """Say that these are known."""
        if self.first == self.last:
            self.first, self.last = first, last
        else:
            self.first, self.last = min(first, self.first), max(last, self.last)


class Stretch(Sequence[Scan]):
    """Scans ``first`` to ``last - 1`` (one at least) of a table, then ``more``: as a sequence, and to the engine as one thing.

    What follows the labels of a table the engine keeps once, so a set may know what follows labels that it does not expect. No lexeme
    has such a label, since terminals report just those that they were started with. To the engine goes a stretch all of whose targets
    are there, and ``more`` must have no label of the table with the table's terminal.
    """

    __slots__ = ("first", "last", "more", "table")

    def __init__(self, table: ScanTable, first: int, last: int):
        self.table = table
        self.first = first
        self.last = last
        self.more: list[Scan] = []

    def append(self, scan: Scan) -> None:
        """Add to ``more``."""
        self.more.append(scan)

    def __len__(self) -> int:
        return self.last - self.first - self.table.targets[self.first : self.last].count(None) + len(self.more)

    def __iter__(self) -> Iterator[Scan]:
        terminal = self.table.terminal
        span = slice(self.first, self.last)
        for label, target in zip(self.table.labels[span], self.table.targets[span]):
            if target is not None:
                yield Scan(terminal, label, target)
        yield from self.more

    @overload
    def __getitem__(self, at: int) -> Scan: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Scan]: ...

    def __getitem__(self, at: int | slice) -> Scan | Sequence[Scan]:
        return list(self)[at]


class Call(NamedTuple):
    """Edge of a rule automaton: derive the rule that starts at ``rule``, then go to ``target``."""

    rule: int
    target: int


class RuleState(NamedTuple):
    """One expanded rule state; see the module's invariants.

    Attributes
    ----------
    final, scans, calls, cost
    check : callable or None
        ``check(text) -> bool``: whether the state may be entered after these bytes.
    remembers : bool
        The state stands for something read; so has every state with a check.
    opens : callable or None
        ``opens(text) -> rule state or None``: the state that stands here in this one's place, None if nothing can; then the state
        itself has no edges. It starts a rule, and so do the states returned.
    """

    final: bool
    scans: Sequence[Scan]
    calls: Sequence[Call]
    cost: int
    check: Callable[[bytes], bool] | None = None
    remembers: bool = False
    opens: Callable[[bytes], int | None] | None = None


class Program(ABC):
    """A pushdown program: rule states are integers >= 0, given out by the front end, expanded on demand."""

    #: rule state where the root rule starts
    start: int
    #: whether some target is a `Judgement` or some state has a check or opens
    remembers: bool = False
    #: whether some state opens
    opens: bool = False
    #: whether some terminal spells special tokens
    marks: bool = False

    @abstractmethod
    def expand(self, state: int) -> RuleState:
        """Return the edges of rule state ``state``. Deterministic; may raise `LimitExceeded`, nothing else."""

    def where(self, state: int) -> str:
        """Name the place of the source that rule state ``state`` belongs to: a JSON pointer or a rule name."""
        return ""


class TerminalProgram(Program):
    """The program of a single regular language: what `regex=` and `choice=` come to.

    Parameters
    ----------
    dfa : DFA
        Over bytes; may accept the empty string.
    name : str
        What errors call it.
    """

    def __init__(self, dfa: DFA, name: str):
        self.start = 0
        self._final = dfa.nullable
        self._name = name
        solid = without_empty(dfa) if dfa.nullable else dfa
        if solid.is_empty:
            self._scans: tuple[Scan, ...] = ()
            self._cost = 0
            return
        labels = sorted({label for accepted in solid.labels for label in accepted})
        terminal = DFATerminal(solid, name)
        self._scans = tuple(Scan(terminal, label, 1) for label in labels)
        self._cost = 0 if self._final else int(solid.distance()[solid.start])

    def expand(self, state: int) -> RuleState:
        if state == 1:
            return RuleState(True, (), (), 0)
        return RuleState(self._final, self._scans, (), self._cost)

    def where(self, state: int) -> str:
        return self._name


def without_empty(dfa: DFA) -> DFA:
    """Return the language of ``dfa`` less the empty string: a new start that does not accept."""
    rows = [list(row) for row in dfa.rows]
    rows.append(list(rows[dfa.start]))
    return DFA.from_rows(dfa.alphabet, rows, len(rows) - 1, [*dfa.labels, ()])
