"""What users hold: a compiled constraint whose states are plain integers.

>>> from maskwright.automata.dfa import DFA
>>> from maskwright.automata.program import TerminalProgram
>>> from maskwright.automata.vocabulary import Vocabulary
>>> vocabulary = Vocabulary.from_bytes([b"y", b"yes", b"no", b""], eos_ids=[3])
>>> c = Constraint(vocabulary, TerminalProgram(DFA.from_strings([b"yes", b"no"]), "a choice"))
>>> c.allowed(c.start).tolist(), c.is_accepting(c.advance(c.start, 1))
([0, 1, 2], True)

Because states are integers, forking is copying one, rolling back is keeping an old one, and a batch is an array of them. Numbers are never
reused while the constraint lives. Everything computed lazily is memoised; the warm path is a dictionary lookup and a copy of one row.

One writer at a time works under the constraint's lock and the vocabulary's (in that order); readers of memoised answers take none.
"""

from __future__ import annotations

import json
import operator
import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np

from maskwright.errors import OptionError, StaleStateError

from . import bitset
from .budget import UNREACHABLE, BudgetMasks, Distances
from .kernels import KERNELS
from .lexicon import Lexicon
from .limits import DEFAULT_LIMITS, Limits
from .masks import Mask, MaskBuilder, TerminalWalks
from .parser import Parser
from .precompute import in_background, visit
from .program import Program
from .report import Explanation, Report, ReportItem
from .rows import RowTable, StateSlots, word_rows
from .saving import restore, snapshot, write_saved
from .states import DEAD, END, States
from .vocabulary import MARK, Vocabulary

#: bytes that `forced` looks ahead at most
FORCED_BYTES = 4096
#: bytes a memoised step or row entry costs, for the memory budget
ENTRY_BYTES = 150


def shared_walks(vocabulary: Vocabulary) -> TerminalWalks:
    """Return the tables that new constraints on ``vocabulary`` share.

    Lexer states are never evicted, they are what states mean. So a process that compiles schema after schema starts new tables when
    the old ones have grown large; those live on as long as a constraint uses them.
    """
    with vocabulary._lock:
        if vocabulary._lexicon is None or vocabulary._lexicon.lexicon.is_large:
            vocabulary._lexicon = TerminalWalks(vocabulary, Lexicon())
        return vocabulary._lexicon


class Constraint:
    """A token-level automaton over a vocabulary; see `maskwright.compile`.

    Parameters
    ----------
    vocabulary : Vocabulary
    program : Program
        The language.
    kind : str
        What it was compiled from.
    items : sequence of ReportItem, or a function that returns it
        For `report`; called when that is.
    limits : Limits, optional
    source : dict, optional
        What `save` writes, where it can: the arguments of `maskwright.compile`.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        program: Program,
        *,
        kind: str = "grammar",
        items: Sequence[ReportItem] | Callable[[], Sequence[ReportItem]] = (),
        limits: Limits | None = None,
        source: dict[str, Any] | None = None,
        compile_seconds: float = 0.0,
    ):
        self.vocab = vocabulary
        self.kind = kind
        self.limits = limits or DEFAULT_LIMITS
        self._program = program
        self._items = items
        self._source = source
        #: how a finished text is divided into its parts, for whoever reads it (`maskwright.grammar.layout`); None: it is all answer
        self.layout: Any = None
        #: reads the named parts of a finished text (`maskwright.grammar.captures`); None: there are none
        self.captures: Any = None
        self._lock = threading.RLock()
        #: where special tokens that the program names have bytes
        self._spelled = vocabulary.marked if program.marks else vocabulary
        self._walks = shared_walks(self._spelled)
        self._eos = self._walks.eos
        self._eos_ids = frozenset(vocabulary.eos_ids)
        self._offsets = self._spelled.offsets.data
        self._first = 2
        self._compile_seconds = compile_seconds
        KERNELS.prepare()
        started = time.perf_counter()
        with self._lock, vocabulary._lock:
            self._begin()
            self._walks.lexicon.keep_room()
        self._compile_seconds += time.perf_counter() - started

    def _begin(self) -> None:
        self._parser = Parser(self._program, self._walks.lexicon, self.limits)
        self._states = States(self._parser, self._spelled, self.limits, self._first)
        self._builder = MaskBuilder(self._parser, self._walks)
        self._masks: dict[int, Mask] = {}
        self._next: dict[int, dict[int, int]] = {}
        self._forced: dict[int, bytes] = {}
        self._distances: Distances
        self._budgets: BudgetMasks
        self._held: set[int] = set()
        #: steps memoised, and bytes of masks held: in a list, because twins share it
        self._usage = [0, 0]
        self._slots = StateSlots(self._walks.pool.rows)
        self._masks[DEAD] = self._walks.nothing
        self._masks[END] = self._walks.ends
        #: int: the state before any token
        self.start = self._states.start
        own = self.twin()  # tables outlive a reset() of this object where it has twins: they must not call back into it
        own._distances = Distances(self._states, own._text_tokens, own._num_text_tokens, own.advance)
        own._budgets = BudgetMasks(self._states, self._builder, own._distances, own._text_tokens, own.advance)
        self._distances, self._budgets = own._distances, own._budgets

    # states ----------------------------------------------------------------------------------------------------------------------

    def _check(self, state: int) -> None:
        """Raise unless ``state`` is a live one; under the lock, or a `reset` may come between."""
        try:
            if state < self._first:
                what = "is from before reset() of its constraint" if state > 1 else "is no live state of a constraint"
                raise StaleStateError(state, what)
            if state >= self._states.end:
                raise StaleStateError(state, "was never given out by this constraint")
        except TypeError:
            raise OptionError("state", state, "an integer") from None

    def is_ready(self, state: int) -> bool:
        """Whether the mask of ``state`` is at hand, so that `fill_mask` only copies it."""
        return state in self._masks

    def is_accepting(self, state: int) -> bool:
        """Whether the text may end in ``state``."""
        if state in (DEAD, END):
            return bool(state == END)
        with self._lock:
            self._check(_integer("state", state))
            return self._states.is_accepting(int(state))

    def advance(self, state: int, token: int) -> int:
        """Return the state after ``token``: `DEAD` (0) if the mask of ``state`` forbids it, `END` (1) after an end id.

        Raises
        ------
        StaleStateError
            If ``state`` is of an earlier epoch.
        OptionError
            If ``token`` is no id of the vocabulary.
        """
        known = self._next.get(state)
        if known is not None:
            after = known.get(token)
            if after is not None:
                return after
        if type(state) is int and type(token) is int:
            return self._advance(state, token)
        return self._advance(_integer("state", state), _integer("token", token))

    def _advance(self, state: int, token: int) -> int:
        if state == DEAD:
            return DEAD
        if not 0 <= token < self.vocab.size:
            raise OptionError("token", token, f"an id below {self.vocab.size}")
        if token in self._eos_ids:
            return END if self.is_accepting(state) else DEAD
        if state == END or self._offsets[token] == self._offsets[token + 1]:
            return DEAD
        with self._lock, self.vocab._lock:
            states = self._states
            if not self._first <= state < states.end:
                self._check(state)
            after = states.feed(state, token)
            known = self._next.get(state)
            if known is None:
                self._next[state] = {token: after}
            else:
                known[token] = after
            usage = self._usage
            usage[0] += 1
            if usage[0] * ENTRY_BYTES > self.limits.memory_bytes:
                self._evict()
            return after

    def advance_many(self, states: Sequence[int] | np.ndarray, tokens: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the state after each token: int32[n] from states and tokens of length n."""
        sources = _integers("states", states)
        fed = _integers("tokens", tokens, len(sources))
        return np.array([self.advance(state, token) for state, token in zip(sources, fed)], np.int32)

    def walk(self, state: int, tokens: Iterable[int]) -> np.ndarray:
        """Return the states after each of ``tokens`` in turn: int32[n]; `DEAD` from the first forbidden one on."""
        states = []
        for token in _each("tokens", tokens):
            state = self.advance(state, token)
            states.append(state)
        return np.array(states, np.int32)

    def walk_tree(self, state: int, tokens: Sequence[int] | np.ndarray, parents: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the state after each token of a draft tree, int32[n]; `DEAD` below a forbidden token.

        Parameters
        ----------
        tokens : int[n]
        parents : int[n]
            Position of each token's parent, -1 for those that follow ``state``; a parent comes before its children.

        >>> from maskwright.automata.dfa import DFA
        >>> from maskwright.automata.program import TerminalProgram
        >>> vocabulary = Vocabulary.from_bytes([b"a", b"b", b"c", b""], eos_ids=[3])
        >>> c = Constraint(vocabulary, TerminalProgram(DFA.from_strings([b"ab", b"ac"]), "a choice"))
        >>> (c.walk_tree(c.start, [0, 1, 2, 0], [-1, 0, 0, 1]) != DEAD).tolist()
        [True, True, True, False]
        """
        states: list[int] = []
        fed = _integers("tokens", tokens)
        for position, (token, parent) in enumerate(zip(fed, _integers("parents", parents, len(fed)))):
            if not -1 <= parent < position:
                raise OptionError("parents", parent, f"-1 or the position of a token before position {position}")
            states.append(self.advance(state if parent < 0 else states[parent], token))
        return np.array(states, np.int32)

    def fill_draft_masks(
        self, state: int, tokens: Sequence[int] | np.ndarray, out: np.ndarray, parents: Sequence[int] | np.ndarray | None = None
    ) -> np.ndarray:
        """Write the masks of all positions of a draft in one call: before its first token, and after each of them.

        Parameters
        ----------
        tokens : int[n]
            A chain, or a tree where ``parents`` is given; see `walk_tree`.
        out : int32 or uint32[n + 1, words]
            Row 0 is the mask of ``state``, row i + 1 that after token i (empty below a forbidden token).

        Returns
        -------
        int32[n + 1]
            The states of the rows.
        """
        fed = _integers("tokens", tokens)
        chain = range(-1, len(fed) - 1) if parents is None else parents
        states = np.concatenate([np.array([_integer("state", state)], np.int32), self.walk_tree(state, fed, chain)])
        self.fill_masks(states, out)
        return states

    def verify(self, state: int, draft: Iterable[int]) -> int:
        """Return how many leading tokens of ``draft`` are allowed."""
        accepted = 0
        for token in _each("draft", draft):
            state = self.advance(state, token if type(token) is int else _integer("draft", token))
            if state == DEAD:
                break
            accepted += 1
        return accepted

    def spell(self, tokens: Iterable[int]) -> bytes:
        """Return the bytes of ``tokens``, with the special tokens that the language may name as their marks (`Vocabulary.mark`)."""
        try:
            return self._spelled.decode(tokens)
        except (IndexError, TypeError):
            raise OptionError("tokens", tokens, f"ids below {self.vocab.size}") from None

    def accepts(self, data: bytes | str) -> bool:
        """Whether ``data`` (text as UTF-8) is a sentence."""
        with self._lock, self.vocab._lock:
            state, _ = self._states.read(self.start, _bytes("data", data))
            return state != DEAD and self._states.is_accepting(state)

    # masks -----------------------------------------------------------------------------------------------------------------------

    def _mask(self, state: int) -> Mask:
        found = self._masks.get(state)
        return found if found is not None else self._new_mask(state if type(state) is int else _integer("state", state))

    def _new_mask(self, state: int) -> Mask:
        with self._lock, self.vocab._lock:
            if not self._first <= state < self._states.end:
                self._check(state)
            if not KERNELS.compiled:
                KERNELS.expect_work()
            eos = self._eos if self._states.is_accepting(state) else None
            pairs = self._states.pairs(state)
            if self._program.remembers:
                text = self._states.text(state)
                found = self._builder.checked_mask(pairs, eos, text, lambda token: self._states.survives(state, token))
            else:
                found = self._builder.mask(pairs, eos)
            if len(self._masks) == 2:  # those of DEAD and END: this is the first one
                self._parser.go_ahead()
            self._masks[state] = found
            if id(found) not in self._held:  # pooled masks are shared by states: each counts once
                self._held.add(id(found))
                self._usage[1] += found.nbytes
            if len(self._masks) * ENTRY_BYTES + self._usage[1] > self.limits.memory_bytes:
                self._evict()
            return found

    def fill_mask(self, state: int, row: np.ndarray, budget: int | None = None) -> int:
        """Overwrite ``row`` with the mask of ``state``.

        Parameters
        ----------
        state : int
        row : int32 or uint32, at least ceil(V / 32) words, contiguous
            Bit t % 32 of word t // 32 is set iff token t is allowed. Words beyond the vocabulary are cleared.
        budget : int, optional
            Tokens left, this one included: only tokens after which finishing within ``budget - 1`` more is guaranteed are kept.
            End ids cost nothing.

        Returns
        -------
        int
            How many tokens are allowed.
        """
        words = row if type(row) is np.ndarray and row.dtype == np.uint32 and row.ndim == 1 and row.flags.writeable else _words(row)
        if words.shape[0] < self.vocab.num_words:
            raise OptionError("row", words.shape, f"at least {self.vocab.num_words} words")
        mask = self._masks.get(state)
        if mask is None:
            mask = self._new_mask(state if type(state) is int else _integer("state", state))
        if budget is not None and state not in (DEAD, END):
            mask = self._budget_mask(int(state), _integer("budget", budget))
        mask.copy_to(words)
        return mask.num_tokens

    def _budget_mask(self, state: int, budget: int) -> Mask:
        with self._lock, self.vocab._lock:
            self._check(state)
            row = self._budgets.row(state, budget)
            if self._states.is_accepting(state):
                row |= self._eos
            return self._walks.pool.intern(row)

    def fill_masks(self, states: Sequence[int] | np.ndarray, out: np.ndarray) -> np.ndarray:
        """Overwrite row i of ``out`` (int32 or uint32[n, words]) with the mask of ``states[i]``; return the counts, int32[n]."""
        numbers = _state_numbers(states)
        words = word_rows(out, len(numbers), self.vocab.num_words)
        found = self._slots.known(numbers) or self._find_slots(numbers.tolist())
        if found is None:                           # more different masks than a table holds
            return np.array([self.fill_mask(state, row) for state, row in zip(numbers.tolist(), words)], np.int32)
        table, slots = found
        return table.fill(slots, words)

    def _find_slots(self, states: list[int]) -> tuple[RowTable, np.ndarray] | None:
        with self._lock, self.vocab._lock:
            return self._slots.learn(states, [self._mask(state) for state in states])

    def allowed(self, state: int) -> np.ndarray:
        """Return the ids allowed in ``state``, ascending, int32."""
        row = np.empty(self.vocab.num_words, np.uint32)
        self._mask(state).copy_to(row)
        return bitset.to_ids(row, self.vocab.size)

    def _text_tokens(self, state: int) -> np.ndarray:
        tokens = self.allowed(state)
        return tokens[~np.isin(tokens, self.vocab.eos_ids)] if self._states.is_accepting(state) else tokens

    def _num_text_tokens(self, state: int) -> int:
        return self._mask(state).num_tokens - (len(self._eos_ids) if self._states.is_accepting(state) else 0)

    # lookahead -------------------------------------------------------------------------------------------------------------------

    def min_tokens(self, state: int) -> int:
        """Return a number of tokens within which acceptance is guaranteed to be reachable (end ids not counted).

        0 iff accepting; otherwise some allowed token leads to a state with at least one less. Exact where a search over tokens is
        small, else the best tokenisation of a canonical shortest completion.

        Raises
        ------
        OptionError
            For `DEAD`, from which nothing is reachable.
        LimitExceeded
            If the shortest completion is beyond `maskwright.automata.budget.PLAN_BYTES`, or ``Limits.seconds`` are over.
        """
        if state == END:
            return 0
        if state == DEAD:
            raise OptionError("state", state, "a live state: nothing is reachable from DEAD")
        with self._lock, self.vocab._lock:
            self._check(state)
            return self._distances.min_tokens(int(state))

    def least_bytes(self, state: int) -> int:
        """Return a number of bytes that every way from ``state`` to acceptance takes, at once: exact but for residual checks."""
        if state in (DEAD, END):
            return 0
        with self._lock, self.vocab._lock:
            self._check(state)
            return self._distances.least_bytes(int(state))

    def fits(self, state: int, tokens: int) -> bool:
        """Whether ``min_tokens(state) <= tokens``; cheaper than `min_tokens` where the budget is ample."""
        if state in (DEAD, END):
            return bool(state == END)
        with self._lock, self.vocab._lock:
            self._check(state)
            return self._distances.at_most(int(state), tokens if type(tokens) is int else _integer("tokens", tokens))

    def forced(self, state: int) -> bytes:
        """Return the longest bytes that every sentence continues with, at most `FORCED_BYTES` of them; empty in an accepting state."""
        if state in (DEAD, END):
            return b""
        found = self._forced.get(state)
        if found is None:
            with self._lock, self.vocab._lock:
                self._check(state)
                found = self._forced[state] = self._find_forced(int(state))
        return found

    def _find_forced(self, state: int) -> bytes:
        states = self._states
        text = bytearray()
        while not states.is_accepting(state) and len(text) < FORCED_BYTES:
            remembered = states.text(state)
            live = [byte for byte in states.live_bytes(state) if states.next_pairs(states.pairs(state), byte, remembered)]
            if len(live) != 1 or (self._program.marks and live[0] == MARK[0]):  # a special token is no text
                break
            after = states.step(state, live[0])
            if after == DEAD:
                break
            text += bytes(live)
            state = after
        return bytes(text)

    def explain(self, text: bytes | str) -> Explanation:
        """Say where ``text`` leaves the language, and what could stand there."""
        data = _bytes("text", text)
        with self._lock, self.vocab._lock:
            states = self._states
            there, position = states.read(self.start, data)
            accepted = there != DEAD and states.is_accepting(there)
            if there == DEAD:
                there, _ = states.read(self.start, data[:position])
            pairs, remembered = (states.pairs(there), states.text(there)) if there else ((), b"")
            parser, lexicon = self._parser, self._walks.lexicon
            expected: dict[str, None] = {}
            places: dict[str, None] = {}
            for parser_set, state, lo, hi in pairs:
                sets = [(parser_set, lexicon.costs(state, lo, hi))]
                accept = int(lexicon.accept[state])
                if accept and lo == 0:
                    after = parser.scan(parser_set, accept, remembered)
                    sets += [(p, lexicon.costs(s, low, high)) for p, s, low, high in parser.starts(after)]
                    if parser.sets[after].accepting:
                        expected["the end"] = None
                for number, labels in sets:
                    for label in labels:
                        if label in parser.sets[number].moves:
                            expected[lexicon.describe(label)] = None
                            for target, _ in parser.after(number, label):
                                places[self._program.where(target) if isinstance(target, int) and target >= 0 else ""] = None
            place = next((p for p in places if p), "")
            return Explanation(accepted, position, tuple(expected), place, place)

    # care ------------------------------------------------------------------------------------------------------------------------

    @property
    def items(self) -> tuple[ReportItem, ...]:
        """What `report` says of the source, keyword by keyword."""
        with self._lock, self.vocab._lock:
            return tuple(self._items() if callable(self._items) else self._items)

    def report(self) -> Report:
        """Return what is enforced how, and how large the automaton has grown."""
        return Report(
            self.kind,
            self.items,
            {
                "compile_seconds": round(self._compile_seconds, 6),
                "states": len(self._states),
                "parser_sets": len(self._parser.sets),
                "continuations": len(self._parser.contents),
                "lexer_states": self._walks.lexicon.num_states,
                "masks": len(self._masks),
                "kernels": "compiled" if KERNELS.compiled else "interpreted",
            },
        )

    def _evict(self) -> None:
        """Drop what can be computed again: masks and memoised steps."""
        dead, end = self._masks[DEAD], self._masks[END]
        self._masks.clear()
        self._masks.update({DEAD: dead, END: end})
        self._next.clear()
        self._held.clear()
        self._usage[:] = [0, 0]
        self._forced.clear()
        self._builder.clear()
        self._budgets.clear()
        self._distances.clear()

    def reset(self) -> None:
        """Start a new epoch: drop all states. States given out before raise `StaleStateError` from now on."""
        with self._lock, self.vocab._lock:
            self._first += len(self._states)
            self._begin()

    @property
    def is_current(self) -> bool:
        """Whether a constraint made now would share this one's tables."""
        return self._walks is shared_walks(self._spelled)

    def twin(self) -> Constraint:
        """Return another constraint on the same tables: the same states, equally warm, but `reset` leaves the other alone."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)  # what copy.copy comes to, five times as fast
        return other

    def save(self, path: str | os.PathLike[str], warm: bool = False) -> None:
        """Write what `maskwright.load` needs to build this constraint again on the same vocabulary.

        Parameters
        ----------
        path : path
        warm : bool
            Write the states visited so far and their masks too: the loaded constraint knows them from the start.

        Raises
        ------
        OptionError
            If the constraint was built from Python objects that JSON cannot hold.
        """
        try:
            os.fspath(path)
        except TypeError:
            raise OptionError("path", path, "a path") from None
        try:
            if self._source is None:
                raise TypeError
            json.dumps(self._source)
        except (TypeError, ValueError, RecursionError):
            raise OptionError("constraint", self.kind, "one made by maskwright.compile from JSON values") from None
        with self._lock, self.vocab._lock:
            arrays = snapshot(self.start, self._next, self._masks, self.vocab.num_words) if warm else {}
        write_saved(path, self._source, self.vocab, arrays)

    def precompute(self, seconds: float = 1.0, max_states: int = 10_000) -> Future[int]:
        """Visit states in the background, so that their masks are ready when decoding gets there.

        Parameters
        ----------
        seconds : float
            Time to spend.
        max_states : int
            States to visit at most, the start included.

        Returns
        -------
        concurrent.futures.Future of int
            How many states were visited; ``.result()`` waits for it.
        """
        return in_background(lambda: visit(self, seconds, max_states))

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take over the states and masks that ``save(warm=True)`` wrote for an equal constraint."""
        with self._lock, self.vocab._lock:
            steps, masks = restore(
                arrays, self.start, self._states.feed, self._walks.pool, self.vocab.num_words, self.vocab.size
            )
            for state, after in steps.items():
                self._next.setdefault(state, {}).update(after)
                self._usage[0] += len(after)
            self._masks.update(masks)
            self._usage[1] += sum(mask.nbytes for mask in {id(mask): mask for mask in masks.values()}.values())

    def __repr__(self) -> str:
        return f"<Constraint {self.kind}, {self.vocab.size} tokens, {len(self._states)} states so far>"

    def __rich_repr__(self) -> Iterator[Any]:
        yield "kind", self.kind
        yield "vocabulary", self.vocab
        yield "states", len(self._states)
        yield "masks", len(self._masks)


def _state_numbers(states: Sequence[int] | np.ndarray) -> np.ndarray:
    try:
        numbers = np.asarray(states)
        if numbers.ndim == 1 and (numbers.dtype.kind in "iu" or not len(numbers)):
            return numbers.astype(np.int64, copy=False)
    except (TypeError, ValueError):
        pass
    raise OptionError("states", states, "a sequence of integers")


def fill_masks(constraints: Collection[Constraint | None], states: Sequence[int] | np.ndarray, out: np.ndarray) -> np.ndarray:
    """Overwrite row i of ``out`` with the mask of ``states[i]`` under ``constraints[i]``; None allows everything.

    Returns
    -------
    int32[n]
        How many tokens each row allows.

    Raises
    ------
    OptionError
        If `constraints` are not constraints, `states` not one of as many integers, or a row does not fit the vocabulary.
    """
    if not isinstance(constraints, Collection) or not all(issubclass(kind, Constraint | None) for kind in set(map(type, constraints))):
        raise OptionError("constraints", constraints, "a sequence of constraints, None for rows without one")
    numbers = _state_numbers(states).tolist()
    if len(numbers) != len(constraints):
        raise OptionError("states", states, f"one state for each of the {len(constraints)} constraints")
    walks = next((constraint._walks for constraint in constraints if constraint is not None), None)
    words = word_rows(out, len(constraints), walks.vocabulary.num_words if walks is not None else 0)
    found = find_rows(constraints, numbers)
    if found is not None:
        return found[0].fill(found[1], words)
    counts = np.empty(len(constraints), np.int32)
    for i, (constraint, state) in enumerate(zip(constraints, numbers, strict=True)):
        if constraint is None:
            words[i] = 0xFFFFFFFF
            counts[i] = 32 * words.shape[1]
        else:
            counts[i] = constraint.fill_mask(state, words[i])
    return counts


def find_rows(constraints: Collection[Constraint | None], states: Sequence[int]) -> tuple[RowTable, np.ndarray] | None:
    """Return the table of rows and the slots int32[n] of the masks of ``states[i]`` under ``constraints[i]``.

    None if there are none, if a constraint is None, if they do not share their tables, or if their masks do not fit into one table of rows.
    """
    present = [constraint for constraint in constraints if constraint is not None]
    if not present or len(present) < len(constraints):
        return None
    pool = present[0]._walks.pool
    for attempt in range(2):
        table = pool.rows.table
        slots = np.array([constraint._slots.slot(state, table) for constraint, state in zip(present, states, strict=True)], np.int32)
        if table is not None and slots.min() >= 0:
            return table, slots
        if attempt == 0:
            if any(constraint._walks.pool is not pool for constraint in present):
                return None
            for constraint, state, slot in zip(present, states, slots.tolist()):
                if slot < 0:
                    constraint._find_slots([state])
    return None


def _bytes(name: str, text: Any) -> bytes:
    """Return a text as its bytes."""
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if not isinstance(text, bytes | bytearray | memoryview):
        raise OptionError(name, text, "a str or bytes")
    return bytes(text)


def _integer(name: str, value: Any) -> int:
    """Return a state or token as int."""
    try:
        return operator.index(value)
    except TypeError:
        raise OptionError(name, value, "an integer") from None


def _each(name: str, values: Any) -> Iterator[Any]:
    """Iterate over an argument."""
    try:
        return iter(values)
    except TypeError:
        raise OptionError(name, values, "a sequence of integers") from None


def _integers(name: str, values: Any, count: int | None = None) -> list[int]:
    """Return a sequence of integers as a list, ``count`` of them if given."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise OptionError(name, values, "a sequence of integers") from None
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise OptionError(name, values, "a sequence of integers")
    if count is not None and len(array) != count:
        raise OptionError(name, f"{len(array)} integers", f"{count}, as many as there are of what they belong to")
    return array.tolist()  # type: ignore[no-any-return]


def _words(row: Any) -> np.ndarray:
    """View a row of 32-bit integers as uint32."""
    array = row.numpy() if hasattr(row, "numpy") and not isinstance(row, np.ndarray) else row
    if (
        not isinstance(array, np.ndarray)
        or array.dtype not in (np.int32, np.uint32)
        or array.ndim != 1
        or not array.flags.c_contiguous
        or not array.flags.writeable
    ):
        shown = f"{array.dtype}{list(array.shape)}" if isinstance(array, np.ndarray) else type(row).__name__
        raise OptionError("row", shown, "a contiguous, writeable, one-dimensional int32 or uint32 array")
    return array.view(np.uint32)


__all__ = ["DEAD", "END", "UNREACHABLE", "Constraint", "fill_masks", "find_rows", "shared_walks"]
