"""A transformers model as a `maskwright.samplers.protocols.LanguageModel`: particles on a key-value cache.

`TransformersLM` reads its prompt once. `start` copies the prompt's cache, one row per *different* prefix, feeds all prefixes in one pass
and forks the rows that are equal; `extend` is one pass over the batch; `select` indexes the cache. Rows of different lengths live in one
batch with places nobody attends to (`maskwright.integrations.transformers_model.Session`); models that cannot have such gaps are read
anew from the prompt.

Log-probabilities are the model's logits through a float64 log-softmax: a row sums to 1 within 1e-12, over the model's whole head.
The same prefix scored in another batch may differ by what float32 (or bfloat16) arithmetic leaves.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from maskwright.errors import OptionError
from maskwright.samplers.protocols import Usage

from .transformers_model import Session, TransformersModel


class TransformersLM:
    """A prompt and a model, as samplers see them.

    Parameters
    ----------
    model : TransformersModel
        See `maskwright.integrations.transformers_model.load`.
    prompt : sequence of int
        Token ids; at least one.
    """

    def __init__(self, model: TransformersModel, prompt: Sequence[int]):
        if not len(prompt):
            raise OptionError("prompt", prompt, "at least one token")
        self.model = model
        self.prompt = [int(token) for token in prompt]
        self.vocab_size = model.width
        self.usage = Usage()
        self._read: Session | None = None                       # the prompt, but for its last token

    def start(self, prefixes: Sequence[Sequence[int]]) -> TransformersSession:
        return TransformersSession(self, [[int(token) for token in prefix] for prefix in prefixes])

    def open(self, rows: list[list[int]]) -> Session:
        """Return a session that has read the prompt and these continuations, all different."""
        even = len({len(row) for row in rows}) == 1
        if len(self.prompt) == 1 or not (even or self.model.takes_gaps):
            return self._anew(rows)
        if self._read is None:
            self._read = self._counted(Session(self.model, [self.prompt[:-1]], 1), len(self.prompt) - 1)
        if self._read._cache is None:                           # a model without a cache
            return self._anew(rows)
        session = copy.copy(self._read)
        session._cache = copy.deepcopy(self._read._cache)
        session.keep([0] * len(rows))
        session.feed([[self.prompt[-1], *row] for row in rows])
        return self._counted(session, len(rows) + sum(map(len, rows)))

    def _anew(self, rows: list[list[int]]) -> Session:
        whole = [self.prompt + row for row in rows]
        return self._counted(Session(self.model, whole, 1), sum(map(len, whole)))

    def _counted(self, session: Session, tokens: int) -> Session:
        self.usage.calls += 1
        self.usage.tokens += tokens
        return session


class TransformersSession:
    """See `maskwright.samplers.protocols.Session`."""

    def __init__(self, owner: TransformersLM, prefixes: list[list[int]]):
        self._owner = owner
        distinct: dict[tuple[int, ...], int] = {}
        rows = [distinct.setdefault(tuple(prefix), len(distinct)) for prefix in prefixes]
        self._session = owner.open([list(prefix) for prefix in distinct])
        self.logprobs = log_softmax(self._session.logits)
        if len(distinct) < len(rows):
            self.select(rows)

    def extend(self, tokens: Sequence[int] | np.ndarray) -> None:
        newest = np.asarray(tokens, np.int64)
        fed = newest >= 0
        if not fed.any():
            return
        if not fed.all() and not self._owner.model.takes_gaps:
            raise OptionError("align", "rows that wait", '"token" for this model: its attention counts places, so all rows go in step')
        self._session.feed([[int(token)] if token >= 0 else [] for token in newest])
        self._owner.usage.calls += 1
        self._owner.usage.tokens += int(fed.sum())
        fresh = log_softmax(self._session.logits)
        self.logprobs = fresh if fed.all() else np.where(fed[:, None], fresh, self.logprobs)

    def select(self, rows: Sequence[int] | np.ndarray) -> None:
        index = np.asarray(rows, np.int64)
        self._session.keep(index.tolist())
        self.logprobs = self.logprobs[index]


def log_softmax(logits: Any) -> np.ndarray:
    """Return normalised log-probabilities, float64[n, width]; NaN and minus infinity carry no mass."""
    rows = torch.nan_to_num(logits.double(), nan=-torch.inf, neginf=-torch.inf)
    return torch.log_softmax(rows, dim=-1).cpu().numpy()
