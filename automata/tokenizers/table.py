"""What every tokenizer reader yields: the exact bytes of each token id, and which ids are not text.

``tokens[t]`` is what token ``t`` adds to the text wherever it stands; it is ``b""`` for ids that are no text at all: special tokens,
end-of-sequence ids, and ids nothing is assigned to. So an id is ordinary text iff its bytes are not empty.

A tokenizer may edit the ends of a text while it decodes (most SentencePiece models drop the first space). The engine's text is the
plain concatenation, so those edits are no part of the table, and the self-check looks past them with an anchor token.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskwright.errors import TokenizerError

#: Names of special tokens that end a message or a text in the chat templates and base models in use.
END_NAMES = (
    "<|eot_id|>", "<|im_end|>", "<|end_of_text|>", "<|endoftext|>", "<end_of_turn>", "<turn|>", "<|eot|>", "<|return|>",
    "<|END_OF_TURN_TOKEN|>", "<|end_of_turn|>", "<|endofturn|>", "<｜end▁of▁sentence｜>", "<eos>", "</s>", "[EOS]",
)  # fmt: skip

#: Ends a message in Phi-3's template, but only a channel in the harmony format, where ``<|return|>`` ends the answer.
AMBIGUOUS_END_NAME = "<|end|>"


@dataclass(frozen=True)
class TokenTable:
    """Token id to bytes, as read from one tokenizer.

    Parameters
    ----------
    tokens : list of bytes
        One per id; ``b""`` where the id is no text.
    special_names : dict of str to int
        The tokenizer's special tokens by name.
    eos_ids : tuple of int
        Ids that end the text.
    decode_runs : callable, optional
        Decodes a list of id runs with the tokenizer itself, special tokens kept and nothing tidied, to a list of str or bytes. What the
        self-check compares with.
    source : str
        What was read, for messages.
    """

    tokens: list[bytes]
    special_names: dict[str, int]
    eos_ids: tuple[int, ...]
    decode_runs: Callable[[list[list[int]]], Sequence[str | bytes]] | None = None
    source: str = "a list of bytes"


def end_ids(
    special_names: Mapping[str, int],
    declared: Iterable[int | None],
    generation_config: Any,
    explicit: Iterable[int] | int | None,
    size: int,
    source: str,
) -> tuple[int, ...]:
    """Collect the end-of-sequence ids of a tokenizer, in ascending order.

    Parameters
    ----------
    special_names : mapping of str to int
        Special tokens by name; those called as in `END_NAMES` count as ends.
    declared : iterable of (int or None)
        What the tokenizer itself says.
    generation_config : object, optional
        Anything with ``eos_token_id`` (attribute or key), or the id or ids themselves.
    explicit : iterable of int or int, optional
        The caller's own choice; where given it is the whole answer.
    size : int
        Number of ids.
    source : str
        For messages.

    Raises
    ------
    TokenizerError
        If there is none, or one is not an id of the vocabulary.
    """
    if explicit is not None:
        found = set(as_ids(explicit))
    else:
        found = {token for token in declared if token is not None} | set(as_ids(generation_config))
        found.update(special_names[name] for name in END_NAMES if name in special_names)
        if AMBIGUOUS_END_NAME in special_names and "<|return|>" not in special_names:
            found.add(special_names[AMBIGUOUS_END_NAME])
    if not found:
        error = TokenizerError(f"no end-of-sequence id is known for {source}")
        error.add_note("pass eos_token_ids=[...]: the ids after which generation stops")
        raise error
    wrong = sorted(token for token in found if not 0 <= token < size)
    if wrong:
        raise TokenizerError(f"end-of-sequence ids {wrong} of {source} are not below its size {size}")
    return tuple(sorted(found))


def as_ids(value: Any) -> list[int]:
    """Return the ids in an int, an iterable of them, a mapping or object with ``eos_token_id``, or None.

    Raises
    ------
    TokenizerError
        If something there is no integer.
    """
    if isinstance(value, Mapping):
        value = value.get("eos_token_id")
    elif hasattr(value, "eos_token_id"):
        value = value.eos_token_id
    if value is None:
        return []
    try:
        return [operator.index(token) for token in (value if isinstance(value, Iterable) else (value,))]
    except TypeError as problem:
        raise TokenizerError(f"end-of-sequence ids {value!r}: expected an int or several") from problem
