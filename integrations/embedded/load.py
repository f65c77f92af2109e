"""Load the embedded model from the package: no network, no cache folder, once per process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from maskwright.errors import MissingDependencyError

WEIGHTS = Path(__file__).parent / "weights"
_LOCK = threading.Lock()
_LOADED: dict[Path, tuple[Any, Any]] = {}


def load_embedded(folder: str | Path | None = None) -> tuple[Any, Any]:
    """Return (model, tokenizer) of the embedded language model.

    Parameters
    ----------
    folder : path, optional
        Another export of `maskwright.integrations.embedded.train`; the package's own weights by default.

    Returns
    -------
    model : transformers.LlamaForCausalLM
        In float32 and evaluation mode, shared by all callers of the process.
    tokenizer : transformers.PreTrainedTokenizerFast

    Raises
    ------
    MissingDependencyError
        If torch or transformers is not installed.
    """
    where = Path(folder).resolve() if folder is not None else WEIGHTS
    with _LOCK:
        if where not in _LOADED:
            _LOADED[where] = _load(where)
        return _LOADED[where]


def _load(folder: Path) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
    except ImportError as error:
        raise MissingDependencyError(error.name or "transformers", "hf") from error
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.eval(), tokenizer
