"""The tokenizer of the embedded model: byte-level BPE whose pieces are the same wherever a word stands.

A name in a text follows a space, the same name in JSON follows a quote. Tokenizers that glue the space to the word make two
unrelated tokens of it, and a small model then has to learn every pair by heart before it can copy. Here a space is a token of its
own (or part of a function word, or of the punctuation before it), digits stand alone, and ``unitPrice`` and ``unit_price`` split into
their words, so copying is copying. All 256 bytes are tokens, so any text is spelled.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from .data import sample
from .prompt import ANSWER_MARK, END_MARK, PAD_MARK, SCHEMA_MARK

VOCABULARY_SIZE = 1536
SPECIAL = (END_MARK, PAD_MARK, SCHEMA_MARK, ANSWER_MARK)
FUNCTION_WORDS = (
    "the|a|an|of|for|and|in|on|at|to|is|was|are|it|by|from|with|will|be|has|not|as|that|this|there|they|have|does|no|you|can|do|or|up|all|been|"
    "lives|works|comes|called|years|old|number|date|name|costs|takes|starts|stays|booked|ordered|bought"
)
PIECES = "|".join(
    (
        rf" ?(?:{FUNCTION_WORDS})(?![\p{{L}}\p{{M}}\p{{N}}_]) ?",
        r"\p{Lu}?[\p{Ll}\p{M}]+",
        r"\p{Lu}+(?!\p{Ll})",
        r"[\p{L}\p{M}]",
        r"\p{N}",
        r"[^\s\p{L}\p{N}\p{M}]+(?:\s+[^\s\p{L}\p{N}\p{M}]+| )?",
        r"\s+(?=\s\S)",
        r"\s+",
    )
)


def train_tokenizer(seed: int = 0, samples: int = 40_000) -> Any:
    """Return the fast tokenizer trained on `samples` training samples (seeded)."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    rng = random.Random(seed)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(PIECES), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=list(SPECIAL),
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=16,
    )
    corpus = (
        drawn.prompt.replace(SCHEMA_MARK, "\n").replace(ANSWER_MARK, "\n") + drawn.answer for drawn in (sample(rng) for _ in range(samples))
    )
    tokenizer.train_from_iterator(corpus, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_MARK,
        pad_token=PAD_MARK,
        additional_special_tokens=[SCHEMA_MARK, ANSWER_MARK],
        clean_up_tokenization_spaces=False,
        model_max_length=2048,
    )


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json into `folder`, without notes on where the tokenizer came from."""
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps({k: v for k, v in settings.items() if k not in ("is_local", "local_files_only")}, indent=2) + "\n")
