"""Works of the JSONSchemaBench runner beside feeding instances: write an output with a model, judge texts with a validator.

Both are what `run` runs: a name for the rows, a group, and the request that a child gets.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from maskwright.integrations.embedded.load import WEIGHTS
from maskwright.integrations.embedded.prompt import format_prompt

from .cases import Case
from .worker import spell

INSTRUCTION = "Write one JSON object that conforms to this JSON Schema. Answer with the JSON only.\n"


class Output(NamedTuple):
    """A prompt and a schema; the row holds what the model wrote under the engine's masks."""

    id: str
    group: str
    load: Callable[[], Any]
    text: Callable[[Any], str]
    max_tokens: int
    embedded: bool

    def request(self) -> dict[str, Any]:
        schema = self.load()
        text = self.text(schema)
        prompt = format_prompt(text, schema) if self.embedded else f"{text}\n{json.dumps(schema, ensure_ascii=False)}\n"
        return {"op": "generate", "schema": schema, "prompt": prompt, "chat": not self.embedded, "max_tokens": self.max_tokens}


class Judgement(NamedTuple):
    """Texts to judge by a schema; the row holds each text's fault, or None."""

    id: str
    group: str
    load: Callable[[], tuple[Any, list[str]]]

    def request(self) -> dict[str, Any]:
        schema, texts = self.load()
        return {"op": "judge", "schema": schema, "texts": texts}


def model_folder(model: str | None) -> str:
    """Return the folder of the model in the loop; the embedded one by default."""
    return str(WEIGHTS if model in (None, "embedded") else Path(model or "").resolve())


def output_of(case: Case, max_tokens: int, embedded: bool) -> Output:
    """Ask for a value of a schema, with no text to read but what the schema says about itself."""
    return Output(case.id, case.group, lambda: case.load()[0], subject if embedded else lambda schema: INSTRUCTION, max_tokens, embedded)


def subject(schema: Any) -> str:
    """Return what the schema says about itself, for a model that reads texts.

    >>> subject({"title": "Person", "description": "Somebody."})
    'Person. Somebody.'
    """
    said = [schema[name] for name in ("title", "description") if isinstance(schema, dict) and isinstance(schema.get(name), str)]
    return ". ".join(said)[:400] or "An example."


def labels_of(case: Case) -> Judgement:
    """Judge the labelled instances of a case."""

    def load() -> tuple[Any, list[str]]:
        schema, tests = case.load()
        return schema, [spell(test["data"]) for test in tests]

    return Judgement(case.id, case.group, load)


def verdict_id(case: str, text: str) -> str:
    """Name the judgement of one text, so that a resumed run finds it."""
    return f"{case}#{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def verdict_of(case: Case, text: str) -> Judgement:
    """Judge one output."""
    return Judgement(verdict_id(case.id, text), case.group, lambda: (case.load()[0], [text]))
