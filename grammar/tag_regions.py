"""Regions of free text in structural tags: text up to a trigger, tags after it, and what ends it.

A region is one terminal, `free_text`, whose label says which trigger has come; the rest of the begins is one terminal for all tags of a
trigger, so 400 tags cost one step. What follows a trigger must not make a longer one of it: tags whose content could are taken less
those texts (`restricted`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from maskwright.automata.dfa import DFA
from maskwright.automata.limits import Limits
from maskwright.automata.program import DFATerminal
from maskwright.automata.vocabulary import MARK
from maskwright.errors import ConstraintError, UnsatisfiableError, UnsupportedFeatureError

from . import rules
from .analysis import accepts_empty, references
from .free_text import Fire, free_text, shown, symbols
from .lower import GrammarProgram
from .raw_text import counted
from .restricted import Rest, restricted
from .rules import Body, Choice, Embedded, Empty, Grammar, Lexeme, Reference, Repeat


class Tag(NamedTuple):
    """A tag with its begin spelled, and the body of what follows that."""

    begin: bytes
    rest: Body
    pointer: str


class _Shadow(NamedTuple):
    """A rule to be made of another one: its texts that begin with none of some prefixes, which would make a longer trigger."""

    name: str
    rule: str
    prefixes: tuple[bytes, ...]
    pointer: str


class Regions:
    """Makes the bodies of regions.

    Parameters
    ----------
    rules : dict of str to Body
        Those of the grammar under way, to which rules are added.
    literal : callable
        ``literal(bytes) -> Body``.
    names : mapping of bytes to str
        Of the special tokens named so far, by their marks.
    limits : Limits
    """

    def __init__(self, rules: dict[str, Body], literal: Callable[[bytes], Body], names: Mapping[bytes, str], limits: Limits):
        self._rules = rules
        self._literal = literal
        self._tokens = names
        self._limits = limits
        self._shadows: list[_Shadow] = []

    def settle(self, marks: bool) -> None:
        """Make the rules of contents that must not go on so that a longer trigger comes of it; ``marks``: some special token is named.

        Raises
        ------
        UnsupportedFeatureError
            If what follows a trigger may be over before it is clear that it makes no longer one.
        """
        for shadow in self._shadows:
            self._rules[shadow.name] = self._unshadowed_rest(shadow, marks)
        self._shadows.clear()

    def _ended(self, ends: tuple[bytes, ...] | None) -> Body:
        return Empty() if ends is None else Choice(tuple(map(self._literal, ends)))

    def region(
        self,
        by_trigger: Mapping[bytes, Sequence[Tag]],
        ends: tuple[bytes, ...] | None,
        excluded: tuple[bytes, ...],
        loop: bool,
        pointer: str,
    ) -> Body:
        """Return free text with the tags of its triggers in it, up to one of ``ends``; with ``loop`` it goes on after a tag."""
        live = [trigger for trigger, tags in by_trigger.items() if tags]
        for trigger in live:
            if trigger in excluded or trigger in (ends or ()):
                raise ConstraintError(f"{shown(trigger)} is a trigger, and ends the text or is excluded", path=pointer)
        if ends is not None and b"" in ends:
            raise UnsupportedFeatureError("end", pointer=pointer, reason="free text does not end at an empty end")
        dead = tuple(trigger for trigger in by_trigger if not by_trigger[trigger] and trigger not in (ends or ()))
        text = free_text((*live, *(ends or ())), tuple(dict.fromkeys((*excluded, *dead))))
        tagged: list[Body] = []
        closing: list[Body] = []
        for label, fire in enumerate(text.fires):
            lexeme = Lexeme(text.terminal, label)
            if fire.trigger >= len(live):
                if fire.not_before:
                    raise UnsupportedFeatureError("end", pointer=pointer, reason="a longer trigger begins with this end")
                closing.append(lexeme)
                continue
            tags = [self._unshadowed(tag, fire, len(live[fire.trigger])) for tag in by_trigger[live[fire.trigger]]]
            fired = [tag for tag in tags if tag is not None]
            if fired:
                tagged.append(rules.Sequence((lexeme, self.one_of(fired, len(live[fire.trigger])))))
        if ends is None:
            closing = [Empty(), Lexeme(text.terminal, text.plain)]
        if not tagged:
            return Choice(tuple(closing))
        if loop:
            return rules.Sequence((Repeat(Choice(tuple(tagged))), Choice(tuple(closing))))
        return Choice((*closing, rules.Sequence((Choice(tuple(tagged)), self._ended(ends)))))

    def _unshadowed(self, tag: Tag, fire: Fire, skipped: int) -> Tag | None:
        """Return the tag, None if its begin makes a longer trigger; what follows its begin must not make one either."""
        rest = tag.begin[skipped:]
        if any(rest.startswith(longer) for longer in fire.not_before):
            return None
        prefixes = tuple(longer[len(rest) :] for longer in fire.not_before if longer.startswith(rest))
        if not prefixes:
            return tag
        assert isinstance(tag.rest, Reference)
        name = f"tag {len(self._rules)}"
        self._rules[name] = tag.rest
        self._shadows.append(_Shadow(name, tag.rest.name, prefixes, tag.pointer))
        return tag._replace(rest=Reference(name))


    def short_text(self, most: int, ends: tuple[bytes, ...] | None, excluded: tuple[bytes, ...], pointer: str) -> Body:
        """Return free text of at most so many characters, and the first of ``ends`` after it."""
        if ends is not None and b"" in ends:
            raise UnsupportedFeatureError("end", pointer=pointer, reason="free text does not end at an empty end")
        text = free_text(ends or (), excluded)
        plain = counted(text.terminal.dfa.only(text.plain).trim(), 1, most, f"at most {most} characters") if most else None
        short = Empty() if plain is None else Choice((Empty(), Lexeme(plain)))
        if ends is None:
            return short
        closing: list[Body] = []
        for label, fire in enumerate(text.fires):
            end = ends[fire.trigger]
            if fire.not_before:
                raise UnsupportedFeatureError("end", pointer=pointer, reason="a longer trigger begins with this end")
            if MARK not in end:
                size = most + len(end.decode())
                whole = counted(text.terminal.dfa.only(label).trim(), 1, size, f"at most {most} characters, and {shown(end)}")
                closing.append(Lexeme(whole))
            elif end.startswith(MARK) and len(symbols(end)) == 1:  # no text holds a special token, so none ends in the middle of it
                closing.append(rules.Sequence((short, self._literal(end))))
            else:
                reason = "characters before an end of text and special tokens are not counted"
                raise UnsupportedFeatureError("max_chars", pointer=f"{pointer}/max_chars", reason=reason)
        return Choice(tuple(closing))

    def one_of(self, tags: Sequence[Tag], skipped: int = 0) -> Body:
        """Return the choice of ``tags``, the first ``skipped`` bytes of whose begins have been read."""
        begins: dict[bytes, list[Body]] = {}
        found: list[Body] = []
        for tag in tags:
            begin = tag.begin[skipped:]
            if begin:
                begins.setdefault(begin, []).append(tag.rest)
            else:
                found.append(tag.rest)
        if begins:
            names = [shown(begin, self._tokens) for begin in begins]
            terminal = DFATerminal(DFA.from_strings(list(begins), list(range(len(begins)))), names)
            found += [rules.Sequence((Lexeme(terminal, i), rest)) for i, rests in enumerate(begins.values()) for rest in rests]
        return Choice(tuple(found))

    def _unshadowed_rest(self, shadow: _Shadow, marks: bool) -> Body:
        """Return the body of what follows a tag's begin, where that must not go on so that a longer trigger comes of it."""
        needed: dict[str, Body] = {}
        work = [shadow.rule]
        while work:
            name = work.pop()
            if name not in needed:
                needed[name] = self._rules[name]
                work += references(needed[name])
        longest = max(shadow.prefixes, key=len).decode("utf-8", "replace")
        reason = f"it may be over before it is clear whether its begin goes on with {longest!r}, which makes a longer trigger"
        advice = "give the tag a longer begin or trigger"
        try:
            program = GrammarProgram(Grammar(needed, shadow.rule, marks=marks), self._limits)
            if accepts_empty(program):
                raise UnsupportedFeatureError("triggers", pointer=shadow.pointer, reason=reason, hint=advice)
            found = restricted(program, Rest.not_beginning_with(shadow.prefixes), "the content of a tag", self._limits)
        except UnsatisfiableError:
            return Choice(())
        except UnsupportedFeatureError as error:
            raise UnsupportedFeatureError("triggers", pointer=shadow.pointer, reason=reason, hint=advice) from error
        return Reference(shadow.rule) if found is program else Choice(()) if found is None else Embedded(found)
