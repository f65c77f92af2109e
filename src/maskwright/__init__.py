"""maskwright: constrained decoding for language models, exact and fast.

The public names load on first use: ``import maskwright`` itself imports nothing but the exception tree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from .errors import MaskwrightError

__version__ = "0.1.0"

DEAD = 0
END = 1

if TYPE_CHECKING:
    from maskwright.automata.constraint import Constraint, fill_masks
    from maskwright.automata.kernels import warmup
    from maskwright.automata.limits import Limits
    from maskwright.automata.report import Explanation, Report, ReportItem
    from maskwright.automata.vocabulary import Vocabulary
    from maskwright.grammar.compose import Expression, choice, grammar, hole, json, literal, regex
    from maskwright.grammar.json_schema.options import Separators
    from maskwright.grammar.thinking import ThinkingFormat
    from maskwright.grammar.tools import ToolCall, ToolFormat
    from maskwright.integrations.generate import agenerate, astream, generate, stream
    from maskwright.integrations.generator import Generator
    from maskwright.integrations.result import Event, Result
    from maskwright.integrations.sampler_runs import Sampler
    from maskwright.integrations.trace import Trace
    from maskwright.integrations.transformers_plugin import MaskwrightLogitsProcessor

    from .compilation import compile, load

#: public name -> module that has it
_PUBLIC = {
    "compile": "maskwright.compilation",
    "load": "maskwright.compilation",
    "grammar": "maskwright.grammar",
    "literal": "maskwright.grammar.compose",
    "regex": "maskwright.grammar.compose",
    "choice": "maskwright.grammar.compose",
    "json": "maskwright.grammar.compose",
    "hole": "maskwright.grammar.compose",
    "Expression": "maskwright.grammar.compose",
    "Constraint": "maskwright.automata.constraint",
    "fill_masks": "maskwright.automata.constraint",
    "warmup": "maskwright.automata.kernels",
    "Limits": "maskwright.automata.limits",
    "Report": "maskwright.automata.report",
    "ReportItem": "maskwright.automata.report",
    "Explanation": "maskwright.automata.report",
    "Vocabulary": "maskwright.automata.vocabulary",
    "Separators": "maskwright.grammar.json_schema.options",
    "ThinkingFormat": "maskwright.grammar.thinking",
    "ToolCall": "maskwright.grammar.tools",
    "ToolFormat": "maskwright.grammar.tools",
    "generate": "maskwright.integrations.generate",
    "stream": "maskwright.integrations.generate",
    "agenerate": "maskwright.integrations.generate",
    "astream": "maskwright.integrations.generate",
    "Generator": "maskwright.integrations.generator",
    "Result": "maskwright.integrations.result",
    "Sampler": "maskwright.integrations.sampler_runs",
    "Event": "maskwright.integrations.result",
    "Trace": "maskwright.integrations.trace",
    "MaskwrightLogitsProcessor": "maskwright.integrations.transformers_plugin",
}

__all__ = ["DEAD", "END", "MaskwrightError", "__version__", "errors", *_PUBLIC]


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'maskwright' has no attribute {name!r}")
    from importlib import import_module

    found = import_module(module)
    value = globals()[name] = found if name == "grammar" else getattr(found, name)  # the package of that name can be called
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
