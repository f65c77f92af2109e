"""Context-free grammars with regular right-hand sides, as the front ends for surface syntaxes hand them to `lower`.

    body := Empty | Text(tree) | Lexeme(terminal, label) | Reference(name) | Embedded(program) | Open(terminal)
          | Sequence(items) | Choice(items) | Repeat(item, lo, hi)

A `Grammar` is a mapping of rule names to bodies and the name of the start rule. Bodies are plain immutable values; nothing is checked here
but what makes them meaningful (see `Grammar.__post_init__`), and nothing recurses over them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from maskwright.automata.dfa import DFA
from maskwright.automata.program import DFATerminal, Program, Terminal
from maskwright.automata.vocabulary import Vocabulary
from maskwright.errors import ConstraintError, OptionError

from .regex_syntax import Node

if TYPE_CHECKING:
    from .open_terminals import OpenTerminal


class Empty(NamedTuple):
    """The empty text."""


class Text(NamedTuple):
    """Text of a regular language, as the syntax tree of a regular expression without assertions; `fold` makes lexemes of it."""

    tree: Node


class Lexeme(NamedTuple):
    """A lexeme of ``terminal`` that carries ``label``. The terminal does not accept the empty text."""

    terminal: Terminal
    label: int = 0


class Reference(NamedTuple):
    """What the rule ``name`` derives."""

    name: str


class Sequence(NamedTuple):
    """The items one after the other."""

    items: tuple[Body, ...]


class Choice(NamedTuple):
    """One of the items."""

    items: tuple[Body, ...]


class Repeat(NamedTuple):
    """The item from ``lo`` to ``hi`` times; ``hi=None``: without end."""

    item: Body
    lo: int = 0
    hi: int | None = None


class Embedded(NamedTuple):
    """What another program derives: a JSON Schema's inside a grammar, say. Programs are compared by identity."""

    program: Program


class Open(NamedTuple):
    """A hole whose language is given when it is reached; see `maskwright.grammar.open_terminals`."""

    terminal: OpenTerminal


Body = Empty | Text | Lexeme | Reference | Sequence | Choice | Repeat | Embedded | Open


def literal(text: str | bytes) -> Body:
    """Return the body that spells ``text``.

    >>> literal("")
    Empty()
    """
    data = text.encode() if isinstance(text, str) else text
    return Lexeme(DFATerminal(DFA.from_strings([data]), repr(text))) if data else Empty()


def mark(vocabulary: Vocabulary, token: int | str) -> Lexeme:
    """Return the lexeme that is one special token, by id or name; the grammar that has it is given ``marks=True``.

    Raises
    ------
    TokenizerError
        If it is no special token, or one that ends the text.
    """
    return Lexeme(DFATerminal(DFA.from_strings([vocabulary.mark(token)]), str(token)))


@dataclass(frozen=True)
class Grammar:
    """Rules by name.

    Attributes
    ----------
    rules : mapping of str to Body
    start : str
    places : mapping of str to str
        Where each rule stands in its source, for messages; the name itself where nothing is given.
    marks : bool
        Whether some lexeme is a special token; see `mark`.

    Raises
    ------
    ConstraintError
        If a rule refers to one that is not defined; the message names the nearest that is.
    """

    rules: Mapping[str, Body]
    start: str
    places: Mapping[str, str] = field(default_factory=dict)
    marks: bool = False

    def __post_init__(self) -> None:
        if self.start not in self.rules:
            raise ConstraintError(f"the start rule {self.start!r} is not defined", hint=self._nearest(self.start))
        for name, body in self.rules.items():
            for part in parts(body):
                if isinstance(part, Reference) and part.name not in self.rules:
                    raise ConstraintError(
                        f"rule {name!r} refers to {part.name!r}, which is not defined",
                        path=self.places.get(name, name),
                        hint=self._nearest(part.name),
                    )
                if isinstance(part, Repeat) and (part.lo < 0 or (part.hi is not None and part.hi < part.lo)):
                    raise OptionError("Repeat", (part.lo, part.hi), "0 <= lo <= hi")

    def _nearest(self, name: str) -> str | None:
        from difflib import get_close_matches

        close = get_close_matches(name, list(self.rules), 1)
        return f"did you mean {close[0]!r}?" if close else None


def parts(body: Body) -> Iterator[Body]:
    """Yield ``body`` and all bodies within it."""
    work = [body]
    while work:
        part = work.pop()
        yield part
        if isinstance(part, (Sequence, Choice)):
            work.extend(part.items)
        elif isinstance(part, Repeat):
            work.append(part.item)
