"""A thinking section before the answer: free text up to the end mark, then the constraint.

The section may be there or not (``"optional"``), must be there (``"required"``), or has been begun by the prompt already (``"begun"``: the
text starts inside of it). After it stand at most two newlines. Marks that are special tokens of the vocabulary are written as tokens.

>>> ThinkingFormat().end
'</think>'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from maskwright.automata.limits import Limits
from maskwright.automata.program import Program
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import OptionError

from . import rules
from .lower import GrammarProgram
from .rules import Choice, Embedded, Empty
from .tags import TagReader

MODES = ("optional", "required", "begun")
GAPS = ("", "\n", "\n\n")


@dataclass(frozen=True)
class ThinkingFormat:
    """The marks of a thinking section.

    Attributes
    ----------
    begin, end : str
    mode : "optional", "required" or "begun"
    """

    begin: str = "<think>"
    end: str = "</think>"
    mode: str = "optional"

    def __post_init__(self) -> None:
        if not isinstance(self.begin, str) or not isinstance(self.end, str) or not self.begin or not self.end:
            raise OptionError("thinking", (self.begin, self.end), "two marks, neither of them empty")
        if self.mode not in MODES:
            raise OptionError("thinking", self.mode, "mode " + " or ".join(map(repr, MODES)))


def thinking_format(given: Any) -> ThinkingFormat:
    """Return the format given as one, as a pair of marks, or as True."""
    if isinstance(given, ThinkingFormat):
        return given
    if given is True:
        return ThinkingFormat()
    if isinstance(given, Sequence) and not isinstance(given, str) and len(given) in (2, 3):
        return ThinkingFormat(*given)
    raise OptionError("thinking", given, "a pair of marks, a ThinkingFormat, or True for <think> and </think>")


def with_thinking(program: Program, form: ThinkingFormat, vocabulary: Vocabulary, limits: Limits | None = None) -> GrammarProgram:
    """Return the program of a thinking section and then a text of ``program``."""
    reader = TagReader(vocabulary, limits)
    begin = "" if form.mode == "begun" else form.begin
    section = {"type": "tag", "begin": begin, "content": {"type": "any_text"}, "end": form.end}
    gap = {"type": "choice", "values": list(GAPS)}
    thought = reader.body({"type": "sequence", "elements": [section, gap]}, "/thinking")
    before = Choice((Empty(), thought)) if form.mode == "optional" else thought
    return reader.program(rules.Sequence((before, Embedded(program))))


class ThoughtReader:
    """Splits a text that was written under `with_thinking`."""

    def __init__(self, form: ThinkingFormat, vocabulary: Vocabulary):
        reader = TagReader(vocabulary)
        self._begin = b"" if form.mode == "begun" else reader.spell(form.begin, "/thinking")
        self._end = reader.spell(form.end, "/thinking")

    def split(self, data: bytes) -> tuple[str | None, bytes]:
        """Return the thought (None: there is none) and what comes after it."""
        if not data.startswith(self._begin):
            return None, data
        thought, end, rest = data[len(self._begin) :].partition(self._end)
        if end:
            for gap in reversed(GAPS):
                if rest.startswith(gap.encode()):
                    rest = rest[len(gap) :]
                    break
        return thought.decode("utf-8", "replace"), rest
