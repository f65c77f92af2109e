"""A causal transformers model as something to decode with: prompts in, logits out, a cache between.

`TransformersModel` pairs a model with its tokenizer and knows what both must agree on (ends, width of the head, window).
`Session` is one batch under way. Its rows are left-padded; ``attention`` : int64[rows, length] marks real tokens, positions count them,
and the key-value cache holds all but the newest tokens. Rows are dropped as they finish. A model without a cache is fed all tokens anew.

Refused: ``model.generate`` with a processor. The own loop ends rows without a last forward pass, owns its random numbers, and knows the
remaining budget of every row.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import MissingDependencyError, OptionError, TokenizerError

try:
    import torch
    import transformers
except ImportError as error:
    raise MissingDependencyError("transformers", "hf") from error

Chat = Sequence[Mapping[str, Any]]
#: spellings of forced bytes that a model remembers
SPELLINGS_KEPT = 4096


class TransformersModel:
    """A causal language model and its tokenizer.

    Parameters
    ----------
    model : transformers.PreTrainedModel
        Decoder only.
    tokenizer : transformers tokenizer

    Raises
    ------
    OptionError
        If the model is an encoder-decoder.
    TokenizerError
        If the tokenizer has more ids than the model has logits.
    """

    def __init__(self, model: Any, tokenizer: Any):
        if getattr(model.config, "is_encoder_decoder", False):
            raise OptionError("model", type(model).__name__, "a decoder-only language model")
        self.model = model
        self.tokenizer = tokenizer
        self._spelled: dict[bytes, list[int]] = {}
        self.config = model.config.get_text_config()
        self.window: int | None = getattr(self.config, "max_position_embeddings", None)
        head = model.get_output_embeddings()
        self.width = int(head.weight.shape[0]) if head is not None and hasattr(head, "weight") else int(self.config.vocab_size)
        self.vocabulary = Vocabulary.from_tokenizer(tokenizer, generation_config=getattr(model, "generation_config", None))
        if self.vocabulary.size > self.width:
            raise TokenizerError(
                f"the tokenizer has {self.vocabulary.size} ids, but the model only {self.width} logits: they do not belong together"
            )

    @cached_property
    def arguments(self) -> frozenset[str]:
        """Names of the forward pass's parameters."""
        return frozenset(inspect.signature(self.model.forward).parameters)

    def ask(self, prompt: str | Chat, constraint: Mapping[str, Any], in_prompt: bool = False) -> str | Chat:
        """Return the prompt as the model wants to read it: unchanged, for a general model.

        Parameters
        ----------
        prompt : str or chat
        constraint : mapping
            One entry: the kind of constraint ("schema", "regex", ...) and its source.
        in_prompt : bool
            Append a JSON Schema to the last message (of a string: to the text).
        """
        schema = constraint.get("schema")
        if not in_prompt or schema is None:
            return prompt
        spelled = schema if isinstance(schema, str) else json.dumps(schema, default=_number)
        asked = f"Answer with JSON that satisfies this JSON Schema:\n{spelled}"
        if isinstance(prompt, str):
            return f"{prompt}\n\n{asked}\n\n"
        content = prompt[-1].get("content") or ""
        if isinstance(content, str):
            return [*prompt[:-1], {**prompt[-1], "content": f"{content}\n\n{asked}"}]
        return [*prompt[:-1], {**prompt[-1], "content": [*content, {"type": "text", "text": asked}]}]

    def spell(self, data: bytes) -> list[int]:
        """Return the tokens the tokenizer writes ``data`` with, or where they do not spell it (a blank in front), the vocabulary's own."""
        known = self._spelled.get(data)
        if known is None:
            known = [int(t) for t in self.tokenizer.encode(data.decode("utf-8", "replace"), add_special_tokens=False)]
            if not all(0 <= t < self.vocabulary.size for t in known) or self.vocabulary.decode(known) != data:
                known = list(self.vocabulary.encode(data))
            if len(self._spelled) >= SPELLINGS_KEPT:
                self._spelled.clear()
            self._spelled[data] = known
        return known

    def encode(self, prompt: str | Chat) -> list[int]:
        """Turn a prompt into token ids; a chat goes through the tokenizer's template, up to the assistant's turn.

        Raises
        ------
        OptionError
            If the tokenizer has no chat template or it refuses the messages, or the prompt has no token at all.
        """
        if isinstance(prompt, str):
            if any("\ud800" <= c <= "\udfff" for c in prompt):
                raise OptionError("prompt", prompt, "a text without lone surrogates")
            ids = list(self.tokenizer(prompt)["input_ids"])
        elif getattr(self.tokenizer, "chat_template", None) is None:
            raise OptionError("prompt", prompt, "a string: this tokenizer has no chat template")
        else:
            try:
                rendered = self.tokenizer.apply_chat_template(list(prompt), add_generation_prompt=True, tokenize=True, return_dict=True)
            except Exception as error:                          # templates are programs: they refuse roles, and have faults of their own
                why = f"{type(error).__name__}: {error}"
                raise OptionError("prompt", prompt, f"messages that the tokenizer's chat template takes: {why}") from error
            ids = list(rendered["input_ids"])
        if not ids:
            start = self.tokenizer.bos_token_id if self.tokenizer.bos_token_id is not None else self.tokenizer.eos_token_id
            if start is None:
                raise OptionError("prompt", prompt, "at least one token: the tokenizer has no begin token to stand for an empty prompt")
            ids = [start]
        return ids

    @property
    def on_accelerator(self) -> bool:
        """Whether the model works while the interpreter goes on."""
        return bool(self.model.get_input_embeddings().weight.device.type != "cpu")

    @cached_property
    def filler(self) -> int:
        """A token for the places that nobody attends to."""
        pad = getattr(self.tokenizer, "pad_token_id", None)
        return int(pad if pad is not None and pad < self.width else self.vocabulary.eos_ids[0])

    @cached_property
    def takes_gaps(self) -> bool:
        """Whether rows may have unattended places between their tokens: attention to everything before, by position ids."""
        kinds = getattr(self.config, "layer_types", None)
        everything = set(kinds) == {"full_attention"} if kinds else not getattr(self.config, "sliding_window", None)
        return everything and {"attention_mask", "position_ids"} <= self.arguments

    def forward(self, **inputs: Any) -> Any:
        """Run the model."""
        return self.model(**inputs, return_dict=True)

    def start(self, prompts: Sequence[Sequence[int]], copies: int = 1, trail: int = 0) -> Session:
        """Read the prompts; each becomes ``copies`` consecutive rows."""
        return Session(self, prompts, copies, trail)

    def __repr__(self) -> str:
        return f"TransformersModel({type(self.model).__name__}, vocabulary of {self.vocabulary.size})"


class EmbeddedModel(TransformersModel):
    """The model that comes with the package; it reads text and a sketch of the constraint."""

    def ask(self, prompt: str | Chat, constraint: Mapping[str, Any], in_prompt: bool = False) -> str:
        from maskwright.integrations.embedded.prompt import format_prompt

        text = prompt if isinstance(prompt, str) else "\n".join(map(_text_of, prompt))
        schema = constraint.get("schema")
        if isinstance(schema, str | bytes):
            schema = json.loads(schema)
        choices = [one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in constraint.get("choice", ())] or None
        return format_prompt(text, schema, choices=choices, regex=constraint.get("regex"))

    def forward(self, **inputs: Any) -> Any:
        # a step is too little work to share: two threads gain nothing on an idle machine and wait for each other on a busy one
        # (measured at a load of 6 on two cores: 9 ms a token with one thread, 170 ms with two); the setting is the calling thread's
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return super().forward(**inputs)
        finally:
            torch.set_num_threads(threads)


def _text_of(message: Mapping[str, Any]) -> str:
    """Return the text of a message: its content, or the text parts of it."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    parts: list[Any] = list(content) if isinstance(content, Sequence) else [content]
    if not all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in parts):
        raise OptionError("prompt", message, "messages whose content is a text, or a list of text parts: this model reads nothing else")
    return "\n".join(part["text"] for part in parts)


def _number(value: Any) -> Any:
    """Spell an exact number for `json`; a prompt needs no more digits than a float has."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"a Python {type(value).__name__} in a schema")


class Session:
    """A batch of texts being written; `logits` are those of each row's next token.

    Rows may be fed different numbers of tokens in one pass: shorter ones are filled up at the left, as prompts are, with places that nobody
    attends to. Places of the cache are then no positions, so models that count places (sliding windows, recurrent states) are fed
    evenly; see `TransformersModel.takes_gaps`.

    Parameters
    ----------
    trail : int
        Keep the logits of so many of the last places of the prompts in `trail`.

    Attributes
    ----------
    logits : float32 tensor [rows, width]
        A copy the caller may overwrite.
    trail : float32 tensor [rows, places, width], or None
        Logits of the places of the last pass, where asked for.
    """

    def __init__(self, owner: TransformersModel, prompts: Sequence[Sequence[int]], copies: int, trail: int = 0):
        self._owner = owner
        self._cache: Any = None
        self._device = owner.model.get_input_embeddings().weight.device
        self._filler = owner.filler
        self._ids, self._attention = self._padded(prompts)
        self._forward(self._ids, trail)
        if copies > 1:
            self._repeat(copies)

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        width = max(map(len, rows))
        ids = [[self._filler] * (width - len(row)) + list(row) for row in rows]
        real = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        return torch.tensor(ids, device=self._device), torch.tensor(real, device=self._device)

    @torch.no_grad()
    def _forward(self, ids: torch.Tensor, trail: int = 0) -> None:
        owner = self._owner
        positions = (self._attention.cumsum(dim=1) - 1).clamp_(min=0)[:, -ids.shape[1] :]
        inputs = {
            "input_ids": ids,
            "attention_mask": self._attention,
            "position_ids": positions,
            "past_key_values": self._cache,
            "use_cache": True,
            "logits_to_keep": max(trail, 1),
        }
        output = owner.forward(**{name: value for name, value in inputs.items() if name in owner.arguments})
        self._cache = getattr(output, "past_key_values", None)
        logits = getattr(output, "logits", None)
        if logits is None:
            raise OptionError("model", type(owner.model).__name__, "a model with logits (AutoModelForCausalLM), not its body alone")
        self.logits = _bounded(logits[:, -1])
        self.trail: torch.Tensor | None = _bounded(logits[:, -trail:]) if trail else None

    def step(self, tokens: Sequence[int]) -> None:
        """Append one token to each row and compute the next logits."""
        self.feed([[token] for token in tokens])

    def feed(self, tokens: Sequence[Sequence[int]], trail: bool = False) -> None:
        """Append tokens to each row, at least one each, and compute the next logits (with ``trail``, those of all the new places)."""
        newest, real = self._padded(tokens)
        self._ids = torch.cat([self._ids, newest], dim=1)
        self._attention = torch.cat([self._attention, real], dim=1)
        self._forward(newest if self._cache is not None else self._ids, newest.shape[1] if trail else 0)

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all other rows."""
        index = torch.tensor(rows, device=self._device)
        self._ids, self._attention = self._ids[index], self._attention[index]
        self.logits = self.logits[index.to(self.logits.device)]
        if self.trail is not None:
            self.trail = self.trail[index.to(self.trail.device)]
        if self._cache is not None:
            self._cache.batch_select_indices(index)

    def _repeat(self, copies: int) -> None:
        self._ids, self._attention, self.logits = (
            tensor.repeat_interleave(copies, dim=0) for tensor in (self._ids, self._attention, self.logits)
        )
        if self.trail is not None:
            self.trail = self.trail.repeat_interleave(copies, dim=0)
        if self._cache is not None:
            self._cache.batch_repeat_interleave(copies)


def _bounded(logits: torch.Tensor) -> torch.Tensor:
    """Copy logits; plus infinity, which half precision overflows into, is the largest number, so that differences stay numbers."""
    return logits.to(torch.float32, copy=True).clamp_(max=torch.finfo(torch.float32).max)


def load(model: Any = None, tokenizer: Any = None) -> TransformersModel:
    """Turn the ``model`` and ``tokenizer`` arguments of `generate` into a `TransformersModel`.

    Parameters
    ----------
    model : TransformersModel, transformers model, path or None
        None is the embedded model. A path (or the name of a model in the Hugging Face cache) is loaded once per process.
    tokenizer : transformers tokenizer, path or None
        None takes the one that belongs to the model.
    """
    if isinstance(model, TransformersModel):
        return model if tokenizer is None else TransformersModel(model.model, _tokenizer(tokenizer))
    if model is None:
        if tokenizer is not None:
            raise OptionError("tokenizer", tokenizer, "a model beside it: the embedded model has its own tokenizer")
        return _embedded()
    if isinstance(model, str | os.PathLike):
        return _from_folder(os.fspath(model), None if tokenizer is None else _tokenizer(tokenizer))
    if not hasattr(model, "forward") or not hasattr(model, "config"):
        raise OptionError("model", model, "a transformers model, the folder of one, or None for the embedded model")
    if tokenizer is None:
        name = getattr(model, "name_or_path", "")
        if not name:
            raise OptionError("tokenizer", None, "the model's tokenizer: a model made in memory does not know it")
        tokenizer = name
    return TransformersModel(model, _tokenizer(tokenizer))


def _tokenizer(tokenizer: Any) -> Any:
    if isinstance(tokenizer, str | os.PathLike):
        return _pretrained(transformers.AutoTokenizer, os.fspath(tokenizer), "tokenizer")
    return tokenizer


def _pretrained(factory: Any, name: str, option: str, **options: Any) -> Any:
    path = os.path.expanduser(name)
    if os.path.isabs(path) and not os.path.exists(path):
        raise OptionError(option, name, "a folder that exists")
    if not os.path.exists(path):
        _expect_hub(name, option)
    try:
        return factory.from_pretrained(name, **options)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:      # the last three from files that lack something
        why = error if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {error}"
        raise OptionError(option, name, f"a folder (or cached name) that transformers can load: {why}") from error


def _expect_hub(name: str, option: str) -> None:
    """Refuse at once a name that is not in the cache while its hub is out of reach.

    Left to itself, the hub's client asks again and again for each file, half a minute in all, before it says so. What is in the cache, and
    every answer of a hub, is its own affair.
    """
    try:
        from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
        from huggingface_hub.utils import validate_repo_id
    except ImportError:                                         # another version: it may take its time
        return
    try:
        validate_repo_id(name)
        if os.path.isdir(os.path.join(constants.HF_HUB_CACHE, f"models--{name.replace('/', '--')}")):
            return
        get_hf_file_metadata(hf_hub_url(name, "config.json"), timeout=constants.HF_HUB_ETAG_TIMEOUT)
    except Exception as error:
        if type(error).__name__ in ("ConnectError", "ConnectTimeout", "ConnectionError"):
            expected = f"a folder that exists, or a name in the Hugging Face cache: there is neither, and no hub can be reached ({error})"
            raise OptionError(option, name, expected) from error


@lru_cache(maxsize=1)
def _embedded() -> TransformersModel:
    from maskwright.integrations.embedded import load_embedded

    return EmbeddedModel(*load_embedded())


@lru_cache(maxsize=2)
def _from_folder(name: str, tokenizer: Any) -> TransformersModel:
    tokenizer = _pretrained(transformers.AutoTokenizer, name, "model") if tokenizer is None else tokenizer
    return TransformersModel(_pretrained(transformers.AutoModelForCausalLM, name, "model", dtype="auto").eval(), tokenizer)
