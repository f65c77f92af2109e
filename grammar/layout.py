"""What a finished text consists of beside its answer: a thought before it, calls of tools in it.

`maskwright.compile` gives a constraint its layout (`Constraint.layout`, None where a text is its answer and nothing else); whoever has
the tokens of a text reads it by ``constraint.layout.read(constraint.spell(tokens))``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from maskwright.automata.vocabulary import MARK

from .thinking import ThoughtReader
from .tools import CallReader, ToolCall

_MARKS = re.compile(re.escape(MARK) + rb".{3}", re.DOTALL)


@dataclass(frozen=True)
class Parts:
    """The parts of a text.

    Attributes
    ----------
    answer : str
        The text without its thought and without its calls; special tokens are left out.
    reasoning : str or None
        The thought, None if there is none.
    tool_calls : tuple of ToolCall
    """

    answer: str
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = field(default=())


@dataclass(frozen=True)
class Layout:
    """Readers of the parts; None for parts that a text has not."""

    thoughts: ThoughtReader | None = None
    calls: CallReader | None = None

    def read(self, data: bytes) -> Parts:
        """Read a text, given as the bytes of its tokens with special tokens spelled (`Constraint.spell`); it may be unfinished."""
        reasoning, rest = (None, data) if self.thoughts is None else self.thoughts.split(data)
        if self.calls is None:
            return Parts(_MARKS.sub(b"", rest).decode("utf-8", "replace"), reasoning)
        answer, calls = self.calls.read(rest)
        return Parts(_MARKS.sub(b"", answer.encode("utf-8", "surrogateescape")).decode("utf-8", "replace"), reasoning, calls)
