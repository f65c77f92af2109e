"""maskwright as a model of lm-evaluation-harness: ``generate_until`` under the schema that the document names.

    MaskwrightLM(pretrained="embedded" | DIR, constrained=True, max_tokens=512, **options of maskwright.generate)

A document with ``json_schema`` is answered under that schema, any other without a constraint is refused: there are better wrappers for
that. A schema that does not compile is answered with nothing, which every metric counts as wrong. Log-likelihoods under a constraint are
not defined here and refused.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import maskwright
from maskwright.errors import MaskwrightError, MissingDependencyError, OptionError

try:
    from lm_eval.api.model import LM
    from lm_eval.api.registry import register_model
except ImportError as error:
    raise MissingDependencyError("lm-eval", "lm-eval") from error

from .works import model_folder

SCHEMA_FIELD = "json_schema"


@register_model("maskwright")
class MaskwrightLM(LM):
    """A transformers model whose outputs conform; see the module."""

    def __init__(self, pretrained: str = "embedded", constrained: bool = True, max_tokens: int = 512, **options: Any):
        super().__init__()
        for name in ("batch_size", "max_batch_size", "device"):
            options.pop(name, None)  # given to every model by the harness; prompts are answered one by one
        self.constrained = constrained
        self.max_tokens = max_tokens
        self.options = options
        self.model, self.tokenizer = load(pretrained)

    def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
        """Answer every request; ``max_gen_toks`` of the task wins over ours, ``until`` is not needed by a constraint that ends."""
        from tqdm import tqdm

        return [self.answer(request) for request in tqdm(requests, disable=disable_tqdm or None, file=sys.stderr)]

    def answer(self, request: Any) -> str:
        prompt, settings = request.args
        schema = request.doc.get(SCHEMA_FIELD)
        if schema is None:
            raise OptionError("task", request.task_name, f"documents with a field {SCHEMA_FIELD}")
        budget = int(settings.get("max_gen_toks", self.max_tokens))
        if not self.constrained:
            return self.free(prompt, budget)
        parsed = json.loads(schema) if isinstance(schema, str) else schema
        try:
            chosen: dict[str, Any] = {"model": self.model, "tokenizer": self.tokenizer, "max_tokens": budget, **self.options}
            text: str = maskwright.generate(prompt, schema=parsed, **chosen).text
        except MaskwrightError as error:
            print(f"{error.code}: {error}", file=sys.stderr)
            return ""
        return text

    def free(self, prompt: str, budget: int) -> str:
        """Decode greedily without a constraint, for comparison."""
        ids = self.tokenizer(prompt, return_tensors="pt", return_token_type_ids=False).to(self.model.device)
        out = self.model.generate(**ids, max_new_tokens=budget, do_sample=False)[0, ids["input_ids"].shape[1] :]
        return str(self.tokenizer.decode(out, skip_special_tokens=True))

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = False) -> Any:
        raise OptionError("output_type", "loglikelihood", "generate_until, the only one that is defined under a constraint")

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = False) -> Any:
        raise OptionError("output_type", "loglikelihood_rolling", "generate_until, the only one that is defined under a constraint")


def load(pretrained: str) -> tuple[Any, Any]:
    """Return model and tokenizer of a folder, or the embedded ones."""
    if pretrained == "embedded":
        from maskwright.integrations.embedded.load import load_embedded

        return load_embedded()
    if not Path(pretrained).is_dir():
        raise OptionError("pretrained", pretrained, "the folder of a transformers model, or 'embedded'")
    import transformers

    folder = model_folder(pretrained)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)
