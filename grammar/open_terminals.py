"""Open terminals: holes of a grammar whose language a function gives for the text so far.

``fn(text_so_far)`` returns the texts that may stand there (a list, tuple or set), a regular expression (a string in Python's syntax, or a
compiled one), a `Constraint`, or a constraint expression (`compose`). It is asked when the hole is reached, and for the tokens that
would reach it: also for texts that are never written. So it should answer by the text alone; its answers are kept by text, and
languages by content: two texts with the same answer lead to the same states and share their masks. No text at all means that nothing
can stand there, and the tokens that would lead there are not allowed.

A million texts cost a sort (`listed_texts`); the empty text is refused, as no lexeme is empty.

>>> columns = {"users": ["id", "name"], "orders": ["id", "total"]}
>>> hole = OpenTerminal("COLUMN", lambda text: columns[text.split()[-2]])
>>> hole.language(b"from users select ") is hole.language(b"from  users select ")
True
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from maskwright.automata.constraint import Constraint
from maskwright.automata.limits import DEFAULT_LIMITS, Limits
from maskwright.automata.program import Program, TerminalProgram
from maskwright.automata.vocabulary import MARK
from maskwright.errors import MaskwrightError, OpenTerminalError, OptionError

from .analysis import accepts_empty
from .choice import choice_dfa
from .listed_texts import ListedProgram, ListedTexts
from .regex import compile_regex

#: texts of one answer from which on no automaton is built of them
MANY_TEXTS = 2_000
#: texts whose answers are kept
KEPT_TEXTS = 10_000

_MARKS = re.compile(re.escape(MARK) + rb"[\x00-\xff]{3}", re.DOTALL)


class OpenTerminal:
    """A hole and the function that says what may stand there.

    Parameters
    ----------
    name : str
    function : callable
        ``function(text_so_far: str) -> list of str | str | re.Pattern | Constraint``.
    limits : Limits
        ``seconds`` is the most one call may take. A call is not interrupted: what waits for others should have a time limit of its own.
    """

    def __init__(self, name: str, function: Callable[[str], Any], limits: Limits = DEFAULT_LIMITS):
        if not callable(function):
            raise OptionError(f"open_terminals[{name!r}]", function, "a function of the text so far")
        self.name = name
        self.function = function
        self.limits = limits
        self._by_text: OrderedDict[bytes, Program | None] = OrderedDict()
        self._by_content: dict[Hashable, Program | None] = {}
        self._last: tuple[Any, Program | None] = (None, None)

    def language(self, text: bytes) -> Program | None:
        """Return the program of what may follow ``text``, None if nothing can.

        Raises
        ------
        OpenTerminalError
            If the function raises, takes too long, or returns something that is no language.
        """
        if text in self._by_text:
            return self._by_text[text]
        shown = _MARKS.sub(b"", text).decode("utf-8", "replace")
        answer = self._ask(shown)
        try:
            found = self._program(answer)
        except MaskwrightError as error:
            raise OpenTerminalError(self.name, shown, f"gave something unusable: {error}") from error
        if len(self._by_text) >= KEPT_TEXTS:
            self._by_text.popitem(last=False)
        self._by_text[text] = found
        return found

    def _ask(self, text: str) -> Any:
        """Call the function, in this very thread: it may compile constraints on the vocabulary whose lock is held here."""
        started = time.monotonic()
        try:
            answer = self.function(text)
        except Exception as error:
            raise OpenTerminalError(self.name, text, f"raised {type(error).__name__}: {error}") from error
        seconds = time.monotonic() - started
        if seconds > self.limits.seconds:
            reason = f"took {seconds:.3g} s, more than the {self.limits.seconds:.3g} s of limits=Limits(seconds=...)"
            raise OpenTerminalError(self.name, text, reason)
        return answer

    def _program(self, answer: Any) -> Program | None:
        if isinstance(answer, (tuple, frozenset)) and answer is self._last[0]:  # these cannot have changed
            return self._last[1]
        key: Hashable
        if isinstance(answer, Constraint):
            key = ("constraint", answer._program)
        elif hasattr(answer, "parts"):
            key = ("expression", answer)
        elif isinstance(answer, str):
            key = ("regex", answer, 0)
        elif isinstance(answer, re.Pattern):
            key = ("regex", answer.pattern, answer.flags & ~re.UNICODE)
        elif isinstance(answer, (set, frozenset)):
            key = ("texts", frozenset(answer))
        elif isinstance(answer, (list, tuple)):
            key = ("texts", tuple(answer))
        else:
            raise OptionError("answer", answer, "a list of texts, a regular expression or a Constraint")
        if key not in self._by_content:
            self._by_content[key] = self._new_program(key, answer)
        found = self._by_content[key]
        self._last = (answer, found)
        return found

    def _new_program(self, key: tuple, answer: Any) -> Program | None:
        if key[0] in ("constraint", "expression"):
            program = key[1] if key[0] == "constraint" else self._composed(key[1])
            if accepts_empty(program):
                raise OptionError("answer", "", "texts that are not empty")
            return program
        if key[0] == "regex":
            dfa = compile_regex(key[1], flags=key[2]).to_utf8()
        elif not key[1]:
            return None
        elif len(key[1]) > MANY_TEXTS:
            return ListedProgram(ListedTexts(_encoded(key[1]), self.name))
        else:
            dfa = choice_dfa(list(key[1]))
        if dfa.nullable:
            raise OptionError("answer", "", "texts that are not empty")
        return None if dfa.is_empty else TerminalProgram(dfa, self.name)

    def _composed(self, node: Any) -> Program:
        from .compose import Parts

        return Parts(None, self.limits).program(node)


def _encoded(texts: Iterable[Any]) -> list[bytes]:
    try:
        found = [text.encode() for text in texts]
    except (AttributeError, UnicodeEncodeError) as error:
        raise OptionError("answer", type(error).__name__, "texts (str) that can be encoded") from error
    if b"" in found:
        raise OptionError("answer", "", "texts that are not empty")
    return found
