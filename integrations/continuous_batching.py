"""Continuous batching of transformers with a constraint per request.

``model.generate_batch`` drops the processors it is given, and those it does run see no request. What works is a subclass of
transformers' own `ContinuousBatchingLogitsProcessor`, put into the list that a manager builds when it is made: before each pass it is
shown the requests of the batch, with the tokens each has so far. A mask is a function of these tokens; states are kept per request only
to save time, and a request that was preempted and read anew gives the same ones.

This part of transformers is not its public interface. `check_version` looks at every name used here and refuses, naming what is missing,
instead of decoding without a constraint.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import transformers

from maskwright.automata import bitset
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import DeadEnd, OptionError, TokenRejected

from .masks import apply_mask

try:
    from transformers.generation.continuous_batching import cb_logits_processors as _batching
except ImportError:                                              # another version: `check_version` says so
    _batching = None                                             # type: ignore[assignment]

_Base: Any = getattr(_batching, "ContinuousBatchingLogitsProcessor", object)


def check_version(model: Any) -> None:
    """Raise `OptionError` unless this version of transformers batches as this module expects."""
    missing = []
    if _Base is object:
        missing.append("ContinuousBatchingLogitsProcessor")
    else:
        missing += [name for name in ("supported_kwargs", "ignored_kwargs") if name not in _Base.__annotations__]
        missing += [name for name in ("fill_defaults", "prepare_tensor_args", "__call__") if not hasattr(_Base, name)]
        listed = inspect.signature(_batching.ContinuousBatchingLogitsProcessorList.__init__).parameters
        missing += [name for name in ("logits_processor", "drop_unsupported_processors") if name not in listed]
    missing += [name for name in ("init_continuous_batching", "_get_logits_processor") if not hasattr(model, name)]
    if missing:
        raise OptionError(
            "model", f"transformers {transformers.__version__}", f"a version with {', '.join(missing)} (this was written for 5.23)"
        )


class ContinuousBatchingMask(_Base):  # type: ignore[misc]
    """Mask each request by its own constraint, given to ``add_request`` as ``constraint=``.

    Parameters
    ----------
    vocab : Vocabulary
    constraint : Constraint, optional
        Of requests that bring none; without it they are free.
    """

    supported_kwargs = {"constraint": object}                    # noqa: RUF012 (as the base declares it)
    ignored_kwargs: tuple[str, ...] = ()
    supports_continuous_batching = True

    def __init__(self, vocab: Vocabulary, constraint: Any = None):
        self.vocab = vocab
        self.constraint = constraint
        self._every = bitset.from_ids(np.arange(vocab.size), vocab.size)
        self._states: dict[str, tuple[Any, list[int], int]] = {}
        self._words = np.zeros((0, vocab.num_words), np.uint32)

    def fill_defaults(self, int32_tensor: torch.Tensor) -> None:
        """Fill the argument of rows without a request."""
        int32_tensor.fill_(0)

    def prepare_tensor_args(self, requests_with_new_token: Sequence[Any]) -> torch.Tensor:
        """Compute the masks of the next pass; what is passed on to it is which row has which mask."""
        self._words = np.zeros((len(requests_with_new_token), self.vocab.num_words), np.uint32)
        for row, request in enumerate(requests_with_new_token):
            constraint = request.state.logit_processor_kwargs.get("constraint", self.constraint)
            if constraint is None:
                self._words[row] = self._every
            elif constraint.fill_mask(self._state(constraint, request.state), self._words[row]) == 0:
                raise DeadEnd(row, len(_written(request.state)))
        live = {request.state.request_id for request in requests_with_new_token}
        self._states = {name: known for name, known in self._states.items() if name in live}
        return torch.arange(len(requests_with_new_token), dtype=torch.int32)

    def _state(self, constraint: Any, request: Any) -> int:
        tokens = _written(request)
        owner, known, state = self._states.get(request.request_id, (None, [], 0))
        if owner is not constraint or tokens[: len(known)] != known:
            known, state = [], constraint.start
        for position, token in enumerate(tokens[len(known) :], len(known)):
            state = constraint.advance(state, token)
            if state == 0:
                raise TokenRejected(position, token)
        self._states[request.request_id] = (constraint, tokens, state)
        return state

    def __call__(self, scores: torch.Tensor, tensor_arg: torch.Tensor) -> torch.Tensor:
        """Return masked scores; rows beyond the requests are padding."""
        rows = min(len(self._words), scores.shape[0])
        masked = scores.clone()
        masked[:rows] = apply_mask(masked[:rows].clone(), self._words[:rows])
        return masked


def _written(request: Any) -> list[int]:
    """Return the tokens generated so far, those before a preemption included."""
    before = request._true_initial_tokens                        # 0 unless it was preempted
    return (list(request.initial_tokens[before:]) if before else []) + list(request.generated_tokens)


def init_continuous_batching(
    model: Any, vocab: Any, constraint: Any = None, generation_config: Any = None, **options: Any
) -> Any:
    """Make a manager as ``model.init_continuous_batching`` does, whose requests take a ``constraint=``.

    Parameters
    ----------
    model : transformers model
    vocab : Vocabulary or tokenizer
    constraint : Constraint, optional
        Of requests that bring none.
    generation_config : GenerationConfig, optional
    **options
        Fields of transformers' ``ContinuousBatchingConfig``; ``num_blocks`` and ``max_batch_tokens`` bound its memory. Batching ahead and
        CUDA graphs are off, since masks are made on the host between two passes.

    Raises
    ------
    OptionError
        If this version of transformers batches otherwise.
    """
    check_version(model)
    from transformers import ContinuousBatchingConfig

    vocabulary = vocab if isinstance(vocab, Vocabulary) else Vocabulary.from_tokenizer(vocab)
    mask = ContinuousBatchingMask(vocabulary, constraint)
    build = model._get_logits_processor

    def with_mask(*arguments: Any, **keywords: Any) -> Any:
        found = build(*arguments, **keywords)
        found.insert(0, mask)
        return found

    model._get_logits_processor = with_mask
    try:
        settings = ContinuousBatchingConfig(**{"use_async_batching": False, "use_cuda_graph": False, **options})
        manager = model.init_continuous_batching(generation_config=generation_config, continuous_batching_config=settings)
    finally:
        del model._get_logits_processor
    manager.logit_processor.tensors_required += 1
    return manager


def generate_batch(
    model: Any, vocab: Any, inputs: Sequence[Sequence[int]], constraints: Sequence[Any], max_new_tokens: int = 256, **options: Any
) -> list[list[int]]:
    """Generate for several prompts by continuous batching, each under its own constraint (or None); return the generated tokens."""
    if len(inputs) != len(constraints):
        raise OptionError("constraints", f"a list of {len(constraints)}", f"one per prompt: there are {len(inputs)} prompts")
    manager = init_continuous_batching(model, vocab, **options)
    manager.start()
    try:
        names = [
            manager.add_request(list(ids), max_new_tokens=max_new_tokens, **({} if constraint is None else {"constraint": constraint}))
            for ids, constraint in zip(inputs, constraints)
        ]
        found: dict[str, list[int]] = {}
        while len(found) < len(names):
            output = manager.get_result(timeout=1)
            if output is not None and output.is_finished():
                if output.error:
                    raise RuntimeError(f"continuous batching failed: {output.error}")
                found[output.request_id] = list(output.generated_tokens)
            elif output is None and not manager.is_running():
                raise RuntimeError("continuous batching stopped before all requests were finished")
    finally:
        manager.stop(block=True)
    return [found[name] for name in names]
