"""The embedded language model: small enough to ship, trained to read short texts and fill JSON schemas.

`load_embedded` gives model and tokenizer, `format_prompt` the prompt they expect. What the model is, how it was trained and
what it can do: ``docs/embedded-model.md``.
"""

from .load import load_embedded
from .prompt import format_prompt

__all__ = ["format_prompt", "load_embedded"]
