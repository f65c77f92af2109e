"""Language models given by a table: what tests and the benchmark compare samplers on.

`TableLM` is a Markov chain of order k over token ids: ``table : float64[V + 1, ..., V + 1, V]`` (k contexts), where context V stands for
"nothing yet". Its log-probabilities are exact, a session is an integer array of contexts, and a forward pass is one gather.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskwright.errors import OptionError

from .protocols import Usage


class TableLM:
    """A Markov chain over tokens.

    Parameters
    ----------
    table : float[(V + 1) * order, V]
        Probabilities of the next token given the last ``order`` ones (oldest first); index V is "before the beginning". Rows are
        normalised.

    >>> model = TableLM(np.array([[0.5, 0.5], [0.9, 0.1], [0.2, 0.8]]))
    >>> np.exp(model.start([[], [0]]).logprobs).round(2).tolist()
    [[0.2, 0.8], [0.5, 0.5]]
    """

    def __init__(self, table: np.ndarray):
        table = np.asarray(table, np.float64)
        self.vocab_size = table.shape[-1]
        self.order = table.ndim - 1
        if any(size != self.vocab_size + 1 for size in table.shape[:-1]):
            raise OptionError("table", table.shape, f"contexts of size {self.vocab_size + 1}: every token, and the beginning")
        if (table < 0).any() or not (table.sum(axis=-1) > 0).all():
            raise OptionError("table", "a row", "probabilities: none negative, not all zero")
        flat = table.reshape(-1, self.vocab_size)
        with np.errstate(divide="ignore"):
            self._logs = np.log(flat) - np.log(flat.sum(axis=-1, keepdims=True))
        self.usage = Usage()

    @classmethod
    def random(cls, vocab_size: int, order: int = 2, *, seed: int = 0, spread: float = 1.5) -> TableLM:
        """Draw a table whose logits are normal with standard deviation ``spread``."""
        rng = np.random.default_rng(seed)
        logits = rng.normal(0, spread, (vocab_size + 1,) * order + (vocab_size,))
        return cls(np.exp(logits))

    def start(self, prefixes: Sequence[Sequence[int]]) -> TableSession:
        return TableSession(self, prefixes)

    def context(self, prefix: Sequence[int]) -> int:
        """Return the number of the row that follows ``prefix``."""
        number = 0
        for place in range(len(prefix) - self.order, len(prefix)):
            number = number * (self.vocab_size + 1) + (prefix[place] if place >= 0 else self.vocab_size)
        return number


class TableSession:
    """A session of a `TableLM`."""

    def __init__(self, model: TableLM, prefixes: Sequence[Sequence[int]]):
        self._model = model
        self._contexts = np.array([model.context(prefix) for prefix in prefixes], np.int64)
        self._size = (model.vocab_size + 1) ** model.order
        self._read(len(prefixes) + sum(map(len, prefixes)))

    def _read(self, tokens: int) -> None:
        self.logprobs = self._model._logs[self._contexts]
        self._model.usage.calls += 1
        self._model.usage.tokens += tokens

    def extend(self, tokens: Sequence[int] | np.ndarray) -> None:
        newest = np.asarray(tokens, np.int64)
        moved = (self._contexts * (self._model.vocab_size + 1) + newest) % self._size
        self._contexts = np.where(newest >= 0, moved, self._contexts)
        self._read(int((newest >= 0).sum()))

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        index = np.asarray(rows, np.intp)
        self._contexts = self._contexts[index]
        self.logprobs = self.logprobs[index]
