"""`DecodingLoop`: our own decoding as ``model.generate(..., custom_generate=loop)``.

transformers prepares inputs, configuration, processors and stopping criteria, and calls the loop in place of its own. The loop then
decodes as `generate` does: rows end without a last pass, forced tokens cost no pass of their own, the budget closes the text. What it
takes from the configuration: ``max_length``, ``do_sample``, ``temperature``, ``top_k``, ``top_p``, ``min_p``,
``return_dict_in_generate``; the constraint's ends count as ends. Other processors (penalties, bans) act on the masked logits, as they
would after a mask in the list; they cannot bring back what is forbidden, and where they forbid everything that is left, the mask stands
alone. Random numbers are the loop's own: ``seed`` and the row's number name a stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers

from maskwright.errors import DeadEnd, OptionError, TokenizerError, TruncatedOutput

from .arguments import Truncation
from .decoding import Jump, Row, decode, shortage
from .free import Free
from .sampling import Sampling
from .trace import Clock
from .transformers_model import TransformersModel
from .transformers_plugin import _common_vocabulary

#: processors whose work is that of `Sampling`
_WARPERS = (
    transformers.TemperatureLogitsWarper,
    transformers.TopKLogitsWarper,
    transformers.TopPLogitsWarper,
    transformers.MinPLogitsWarper,
)


class DecodingLoop:
    """Decode under a constraint, with forced tokens and closing.

    Parameters
    ----------
    constraint : Constraint, or sequence of (Constraint or None)
        One for all rows, or one per prompt; with ``num_return_sequences``, each prompt's rows share its constraint.
    vocab : Vocabulary or tokenizer, optional
        Only needed where every constraint is None.
    seed : int, optional
    jump : "tokens", "bytes" or "off"
    on_truncation : "close", "raise" or "return"
    tokenizer : transformers tokenizer, optional
        For ``jump="bytes"``.
    streamer : transformers streamer, optional
        Given here: ``generate`` passes none to a loop.

    Attributes
    ----------
    clock : Clock
        Of the last call.
    finish_reasons : list of str
        Of the rows of the last call.

    Examples
    --------
    ``model.generate(**inputs, custom_generate=DecodingLoop(constraint), max_new_tokens=100)``
    """

    def __init__(
        self,
        constraint: Any,
        vocab: Any = None,
        *,
        seed: int | None = None,
        jump: Jump = "tokens",
        on_truncation: Truncation = "close",
        tokenizer: Any = None,
        streamer: Any = None,
    ):
        if jump not in ("tokens", "bytes", "off"):
            raise OptionError("jump", jump, '"tokens", "bytes" or "off"')
        if jump == "bytes" and tokenizer is None:
            raise OptionError("tokenizer", None, 'the tokenizer, beside jump="bytes"')
        if on_truncation not in ("close", "raise", "return"):
            raise OptionError("on_truncation", on_truncation, '"close", "raise" or "return"')
        self.constraints = tuple(constraint) if isinstance(constraint, Sequence) else (constraint,)
        self.vocab = _common_vocabulary(self.constraints, vocab)
        self.seed, self.jump, self.on_truncation, self.tokenizer, self.streamer = seed, jump, on_truncation, tokenizer, streamer
        self.clock = Clock()
        self.finish_reasons: list[str] = []

    def __call__(
        self,
        model: Any,
        input_ids: torch.Tensor,
        logits_processor: Any = (),
        stopping_criteria: Any = (),
        generation_config: Any = None,
        **model_kwargs: Any,
    ) -> Any:
        """Write all rows; return prompts and texts as ``generate`` does, right-padded."""
        config = generation_config
        if getattr(config, "num_beams", 1) not in (None, 1):
            raise OptionError("num_beams", config.num_beams, "1: for beams, use MaskwrightLogitsProcessor")
        for name in ("output_scores", "output_logits", "output_attentions", "output_hidden_states"):
            if getattr(config, name, False):
                raise OptionError(name, True, "False: this loop returns sequences alone (generate(logprobs=...) has log-probabilities)")
        cache = model_kwargs.get("past_key_values")
        if model_kwargs.get("inputs_embeds") is not None or (cache is not None and cache.get_seq_length()):
            raise OptionError("input_ids", "embeddings or a filled cache", "prompts as token ids, with an empty cache")
        owner = _Owner(model, self.vocab, self.tokenizer)
        prompts = _prompts(input_ids, model_kwargs.get("attention_mask"))
        sampling = _sampling(config, self.seed)
        rows = self._rows(owner, len(prompts), config.max_length - input_ids.shape[1], sampling)
        extra = [p for p in logits_processor if not isinstance(p, _WARPERS)]
        watched = [c for c in stopping_criteria if not isinstance(c, transformers.MaxLengthCriteria | transformers.EosTokenCriteria)]
        self.clock = Clock()

        def adjust(numbers: list[int], logits: torch.Tensor) -> torch.Tensor:
            ids = _padded([prompts[r] + rows[r].tokens for r in numbers], owner.filler, "left").to(logits.device)
            for processor in extra:
                logits = processor(ids, logits)
            return logits

        for r, token in decode(owner, prompts, rows, sampling, self.clock, adjust=adjust if extra else None):
            if self.streamer is not None:
                self.streamer.put(torch.tensor([token]))
            if watched:
                ids = torch.tensor([prompts[r] + rows[r].tokens], device=input_ids.device)
                if any(bool(torch.as_tensor(c(ids, None)).any()) for c in watched) and rows[r].finish_reason is None:
                    rows[r].finish_reason = "length"
        if self.streamer is not None:
            self.streamer.end()
        return self._output(input_ids, rows, owner, config)

    def _rows(self, owner: TransformersModel, count: int, budget: int, sampling: Sampling) -> list[Row]:
        if count % len(self.constraints):
            raise OptionError("constraint", f"a list of {len(self.constraints)}", f"one per prompt: the batch has {count} rows")
        copies = count // len(self.constraints)
        closing = self.on_truncation == "close"
        rows = []
        for r in range(count):
            constraint = self.constraints[r // copies]
            constraint = Free(self.vocab) if constraint is None else constraint
            short = shortage(constraint, budget) if closing else None
            if short is not None:
                raise short
            spell = owner.spell if self.jump == "bytes" else None
            rows.append(Row(constraint, budget, closing, sampling.stream(r), jump=self.jump, spell=spell))
        return rows

    def _output(self, input_ids: torch.Tensor, rows: list[Row], owner: TransformersModel, config: Any) -> Any:
        self.finish_reasons = [str(row.finish_reason) for row in rows]
        for r, row in enumerate(rows):
            if row.finish_reason == "dead_end":
                raise DeadEnd(r, len(row.tokens))
            if row.finish_reason == "length" and self.on_truncation == "raise":
                raise TruncatedOutput(row.data.decode("utf-8", "replace"))
        end = self.vocab.eos_ids[0]
        texts = [[*row.tokens, end] if row.finish_reason == "stop" and row.left > 0 else row.tokens for row in rows]
        new = _padded(texts, owner.filler, "right").to(input_ids.device)
        sequences = torch.cat([input_ids, new], dim=1)
        if getattr(config, "return_dict_in_generate", False):
            return transformers.generation.GenerateDecoderOnlyOutput(sequences=sequences)  # type: ignore
        return sequences


class _Owner(TransformersModel):
    """A model without a tokenizer, as far as decoding needs it."""

    def __init__(self, model: Any, vocab: Any, tokenizer: Any):
        if getattr(model.config, "is_encoder_decoder", False):
            raise OptionError("model", type(model).__name__, "a decoder-only language model")
        self.model, self.vocabulary, self.tokenizer = model, vocab, tokenizer
        self.config = model.config.get_text_config()
        head = model.get_output_embeddings()
        self.width = int(head.weight.shape[0]) if head is not None and hasattr(head, "weight") else int(self.config.vocab_size)
        if vocab.size > self.width:
            raise TokenizerError(f"the tokenizer has {vocab.size} ids, but the model only {self.width} logits: they do not belong together")
        self._spelled = {}


def _prompts(input_ids: torch.Tensor, attention: torch.Tensor | None) -> list[list[int]]:
    """Take the padding off."""
    if attention is None:
        return [list(map(int, row)) for row in input_ids.tolist()]
    return [row[real.bool()].tolist() for row, real in zip(input_ids.cpu(), attention.cpu())]


def _padded(rows: Sequence[Sequence[int]], filler: int, side: str) -> torch.Tensor:
    width = max(map(len, rows), default=0)
    fills = [[filler] * (width - len(row)) for row in rows]
    return torch.tensor([[*fill, *row] if side == "left" else [*row, *fill] for fill, row in zip(fills, rows)], dtype=torch.int64)


def _sampling(config: Any, seed: int | None) -> Sampling:
    if not getattr(config, "do_sample", False):
        return Sampling(seed=seed)
    temperature = 1.0 if config.temperature is None else float(config.temperature)
    top_p = None if config.top_p in (None, 1.0) else float(config.top_p)
    return Sampling(temperature, top_p, config.top_k or None, getattr(config, "min_p", None), seed)
