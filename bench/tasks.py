"""Tasks with known answers, to see what a constraint does to accuracy: built in, or from a user's files.

*Built in*: the held-out side of the embedded model's corpus, a short text and a schema to fill from it
(`maskwright.integrations.embedded`).

*From files*, JSON lines with ``question`` and ``answer`` (or ``input`` and ``target``), in three styles told by ``--task STYLE=FILE``:

    gsm8k       a number; in the file the answer may follow "####"
    letters     a word (last letters, joined)
    objects     one of the options named in the question, "(A)" to "(G)"

Their output is ``{"reasoning": ..., "answer": ...}`` with the answer's type in the schema. The same prompt is used with and without a
constraint and says in words what the schema says, so that the unconstrained model can succeed; its answer is read leniently: the last
JSON object, else what follows the last "answer".
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from maskwright.errors import OptionError
from maskwright.integrations.embedded.data import sample
from maskwright.integrations.embedded.evaluate import grade
from maskwright.integrations.embedded.prompt import SCHEMA_MARK

STYLES = ("gsm8k", "letters", "objects")
OPTION = r"^\([A-G]\)$"


class Task(NamedTuple):
    """One prompt with its schema; ``score(text, ended)`` is 1 for the right answer, 0 for a wrong one, between for partly right ones."""

    id: str
    group: str
    prompt: str
    schema: Any
    chat: bool
    max_tokens: int
    score: Callable[[str, bool], float]

    def request(self) -> dict[str, Any]:
        request = {"op": "generate", "schema": self.schema, "prompt": self.prompt}
        return {**request, "chat": self.chat, "max_tokens": self.max_tokens}


def extraction_tasks(count: int, seed: int, max_tokens: int, embedded: bool) -> list[Task]:
    """Draw extraction tasks that the embedded model has not seen; an answer is right if every field is."""
    rng = random.Random(f"quality {seed}")
    found: list[Task] = []
    while len(found) < count:
        drawn = sample(rng, held_out=True)
        if drawn.schema is None:
            continue

        def score(text: str, ended: bool, drawn: Any = drawn) -> float:
            leaves = grade(drawn, text, ended).leaves
            return sum(right for _, right in leaves) / len(leaves) if leaves else 0.0

        text = drawn.prompt.partition(SCHEMA_MARK)[0]
        asked = f"{text}\n\nAnswer with one JSON value that conforms to this JSON Schema:\n{json.dumps(drawn.schema, ensure_ascii=False)}"
        prompt = drawn.prompt if embedded else asked
        found.append(Task(f"extraction-{len(found)}", "extraction", prompt, drawn.schema, not embedded, max_tokens, score))
    return found


def file_tasks(spec: str, max_tokens: int, limit: int | None) -> list[Task]:
    """Read ``STYLE=FILE``.

    Raises
    ------
    OptionError
        For an unknown style, a missing file, or a line without question and answer.
    """
    style, equals, name = spec.partition("=")
    if not equals or style not in STYLES or not Path(name).is_file():
        raise OptionError("task", spec, f"STYLE=FILE with a style of {', '.join(STYLES)} and a file of JSON lines")
    found = []
    for number, (question, answer) in enumerate(questions(Path(name))):
        if limit is not None and number >= limit:
            break
        schema, words = form(style)
        prompt = f"{question}\n\nThink step by step, then answer with one JSON object of this form:\n{words}"
        want = normal(answer.rpartition("####")[2] if style == "gsm8k" else answer, style)

        def score(text: str, ended: bool, want: str | None = want, style: str = style) -> float:
            return float(want is not None and normal(answer_in(text), style) == want)

        found.append(Task(f"{style}-{number}", style, prompt, schema, True, max_tokens, score))
    return found


def questions(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = json.loads(line)
            pair = next(((row[q], row[a]) for q, a in (("question", "answer"), ("input", "target")) if q in row and a in row), None)
            if pair is None:
                raise OptionError("task", f"{path} line {number}", "an object with question and answer, or input and target")
            yield str(pair[0]), str(pair[1])


def form(style: str) -> tuple[dict[str, Any], str]:
    """Return the schema of a style's answers and its description for the prompt."""
    kinds: dict[str, tuple[dict[str, Any], str]] = {
        "gsm8k": ({"type": "number"}, "a number"),
        "letters": ({"type": "string", "pattern": "^[a-z]+$"}, "a lower-case word"),
        "objects": ({"type": "string", "pattern": OPTION}, "an option, as (A)"),
    }
    kind, words = kinds[style]
    properties = {"reasoning": {"type": "string"}, "answer": kind}
    schema = {"type": "object", "properties": properties, "required": ["reasoning", "answer"], "additionalProperties": False}
    return schema, '{"reasoning": <text>, "answer": <' + words + ">}"


def answer_in(text: str) -> str:
    """Find the answer in an output, constrained or not.

    >>> answer_in('So: {"reasoning": "1+1", "answer": 2} done'), answer_in("The answer is: 42."), answer_in("nothing")
    ('2', '42.', '')
    """
    for brace in reversed(list(re.finditer(r"\{", text))):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, brace.start())
        except ValueError:
            continue
        if isinstance(value, dict) and "answer" in value:
            return str(value["answer"])
    words = re.split(r"answer(?: is)?\W*", text, flags=re.IGNORECASE)
    return words[-1].strip() if len(words) > 1 else ""


def normal(answer: str, style: str) -> str | None:
    """Bring an answer to the form that is compared; None when there is none of the style.

    >>> normal(" 1,200.0 dollars", "gsm8k"), normal("The (B) one", "objects"), normal(" Yd. ", "letters"), normal("?", "gsm8k")
    ('1200', '(B)', 'yd', None)
    """
    if style == "gsm8k":
        found = re.search(r"-?\d[\d,]*(?:\.\d+)?", answer)
        try:
            return format(Decimal(found.group().replace(",", "")).normalize(), "f") if found else None
        except InvalidOperation:
            return None
    if style == "objects":
        found = re.search(r"\(([A-G])\)|\b([A-G])\b", answer)
        return f"({found.group(1) or found.group(2)})" if found else None
    letters = re.sub(r"[^a-z]", "", answer.lower())
    return letters or None
