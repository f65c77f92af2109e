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
    """Build the model from its files directly: `from_pretrained` takes several times as long and draws a progress bar."""
    try:
        import torch
        from safetensors.torch import load_file
        from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    except ImportError as error:
        raise MissingDependencyError(error.name or "transformers", "hf") from error
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    with torch.random.fork_rng(devices=[]):  # the constructor draws weights that are replaced at once
        model = LlamaForCausalLM(LlamaConfig.from_pretrained(folder, dtype=torch.float32)).float()
    weights = {name: weight.float() for name, weight in load_file(folder / "model.safetensors").items()}
    weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
    model.load_state_dict(weights)
    model.generation_config = GenerationConfig.from_pretrained(folder)
    return model.eval(), tokenizer
