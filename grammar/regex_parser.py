"""The parser of regular expressions: Python's `re` and ECMA-262 (with flag u, or Annex B without).

One loop over the pattern with a stack of open groups, no recursion. Word boundaries and multiline anchors become lookarounds:

    \\b    = (?<=w)(?!w) | (?<!w)(?=w)         ^ (multiline) = (?<![^n])        n: line terminators of the dialect
    \\B    = (?<=w)(?=w) | (?<!w)(?!w)         $ (multiline) = (?![^n])

Capturing groups are their content, but for patterns that refer back to them (`Parsed.refers`), whose groups are kept. What a lookaround
captures may be referred to inside of it only: outside, it would matter which of several ways to match is tried first.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from maskwright.automata.charset import CharSet
from maskwright.errors import OptionError, RegexSyntaxError, UnsupportedFeatureError

from .regex_atomic import atomic
from .regex_escapes import Cursor, Flags, Reference, bracket, case_rule, class_escape, escape, literal
from .regex_groups import NOT_QUANTIFIABLE, QUANTIFIABLE, QUANTIFIED, OpenGroup, census
from .regex_syntax import (
    ANY,
    EPSILON,
    REFERENCE,
    Anchor,
    Backreference,
    Chars,
    Group,
    Look,
    Node,
    Repeat,
    alternate,
    concat,
    width,
)
from .regex_unicode import LINE_TERMINATORS, NEWLINE, ignoring_case

_NUMBERS = frozenset("0123456789")
_VERBOSE_SPACE = frozenset(" \t\n\r\v\f")
_PYTHON_FLAGS = {re.I: "i", re.M: "m", re.S: "s", re.X: "x", re.A: "a"}
_FLAG_LETTERS = {"python": "aimsux", "ecma": "imsugdy"}


#: whether this Python's ``\B`` matches in an empty text (it does from 3.14 on)
_INSIDE_NOTHING = re.search(r"\B", "") is not None


#: what ECMA allows in a group's name beyond Python's identifiers
_NAME_EXTRAS = re.compile(r"\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]+\}|[$\u200c\u200d]")


#: what only has a meaning if choices are in the order in which they are tried
_COMMITS = re.compile(r"\(\?>|[*+?}]\+")


class Parsed(NamedTuple):
    """A parsed pattern.

    Attributes
    ----------
    node : Node
    dialect : {"python", "ecma-u", "ecma"}
        ``"ecma"`` says that the pattern did not parse under flag u and was read by Annex B.
    """

    node: Node
    dialect: str

    @property
    def refers(self) -> bool:
        """Whether the pattern has backreferences, so that its language need not be regular."""
        return bool(self.node.has & REFERENCE)


#: what a backreference looks like; groups are kept in patterns in which this is found
_REFERENCE = re.compile(r"\\[1-9k]|\(\?P=")


class _Parser:
    """One pass over one pattern in one dialect."""

    def __init__(self, pattern: str, dialect: str, flags: Flags, path: str, ordered: bool = False, kept: frozenset[int] | None = None):
        self.ordered = ordered
        self.cursor = Cursor(pattern, dialect, *census(pattern, dialect == "python"), path)
        self.dialect = dialect
        self.given = (pattern, dialect, flags, path)
        self.flags = flags
        self.stack = [OpenGroup("", 0, flags, flags)]
        self.names: set[str] = set()  # of groups that can take part together with what comes next
        #: groups that are kept because something refers to them; None in a first pass, which finds out
        self.kept = frozenset() if kept is None and _REFERENCE.search(pattern) is None else kept
        self.num_groups = 0  # so far
        self.looks: list[int] = []  # open lookarounds, by where they open
        self.looks_of: dict[int, tuple[int, ...]] = {}  # lookarounds around each group, by where they open
        self.references: list[tuple[Reference, tuple[int, ...]]] = []  # and around each reference

    def parse(self) -> Node:
        cursor = self.cursor
        pattern = cursor.pattern
        if cursor.python:
            self._global_flags()
        while cursor.at < len(pattern):
            char = pattern[cursor.at]
            group = self.stack[-1]
            if group.flags.x and self._skip_verbose(char):
                continue
            cursor.at += 1
            action = _ACTIONS.get(char)
            if action is None:
                group.add(Chars(literal(ord(char), group.flags, self.dialect)))
            else:
                action(self, group, cursor.at - 1)
        if len(self.stack) > 1:
            cursor.fail("missing ), unterminated group", self.stack[-1].opened)
        if self.kept is None:
            kept = frozenset(number for reference, _ in self.references for number in reference.numbers)
            return _Parser(*self.given, self.ordered, kept).parse()
        for reference, looks in self.references:
            for number in reference.numbers:
                inside = self.looks_of[number]
                if looks[: len(inside)] != inside:
                    cursor.refuse("backreference", f"group {number} is inside a lookaround and the reference is outside of it")
        return self.stack[0].close(self.ordered)

    def _refer(self, group: OpenGroup, reference: Reference) -> None:
        """Add a backreference."""
        if self.cursor.python:
            for number in reference.numbers:
                if number > self.num_groups:
                    self.cursor.fail(f"there is no group {number} yet")
                if any(opened.number == number for opened in self.stack):
                    self.cursor.fail(f"cannot refer to an open group ({number})")
            if any(opened.kind in ("<=", "<!") for opened in self.stack):
                self.cursor.refuse("backreference", "it stands inside a lookbehind")
        self.references.append((reference, tuple(self.looks)))
        group.add(Backreference(reference.numbers, case_rule(group.flags, self.dialect) if group.flags.i else None))

    def _skip_verbose(self, char: str) -> bool:
        cursor = self.cursor
        if char in _VERBOSE_SPACE:
            cursor.at += 1
            return True
        if char == "#":
            end = cursor.pattern.find("\n", cursor.at)
            cursor.at = len(cursor.pattern) if end < 0 else end + 1
            return True
        return False

    # -- single characters

    def dot(self, group: OpenGroup, _: int) -> None:
        if group.flags.s:
            group.add(ANY)
        else:
            group.add(Chars(~(NEWLINE if self.cursor.python else LINE_TERMINATORS)))

    def open_class(self, group: OpenGroup, _: int) -> None:
        group.add(Chars(bracket(self.cursor, group.flags)))

    def backslash(self, group: OpenGroup, begin: int) -> None:
        found = escape(self.cursor, group.flags, False)
        if isinstance(found, int):
            group.add(Chars(literal(found, group.flags, self.dialect)))
        elif isinstance(found, CharSet):
            if group.flags.i and not self.cursor.python and self.cursor.pattern[begin + 1] in "pP":
                found = ignoring_case(found, self.dialect)
            group.add(Chars(found))
        elif isinstance(found, Reference):
            self._refer(group, found)
        elif found in "bB":
            node = _boundary(class_escape("w", group.flags, self.dialect), found == "B")
            if found == "B" and self.cursor.python and not _INSIDE_NOTHING:
                node = concat([node, alternate([Look(ANY, False, False), Look(ANY, True, False)])])
            group.add(node, NOT_QUANTIFIABLE)
        else:
            group.add(Anchor("start" if found == "A" else "end"), NOT_QUANTIFIABLE)

    def stray_bracket(self, group: OpenGroup, begin: int) -> None:
        if self.cursor.strict:
            self.cursor.fail(f"unescaped {self.cursor.pattern[begin]!r} under flag u", begin)
        group.add(Chars(literal(ord(self.cursor.pattern[begin]), group.flags, self.dialect)))

    # -- anchors

    def caret(self, group: OpenGroup, _: int) -> None:
        group.add(self._line_edge(group, False) if group.flags.m else Anchor("start"), NOT_QUANTIFIABLE)

    def dollar(self, group: OpenGroup, _: int) -> None:
        if group.flags.m:
            group.add(self._line_edge(group, True), NOT_QUANTIFIABLE)
        else:
            group.add(Anchor("line end" if self.cursor.python else "end"), NOT_QUANTIFIABLE)

    def _line_edge(self, _: OpenGroup, ahead: bool) -> Node:
        return Look(Chars(~(NEWLINE if self.cursor.python else LINE_TERMINATORS)), ahead, True)

    # -- choice and groups

    def bar(self, group: OpenGroup, _: int) -> None:
        group.branches.append(concat(group.items))
        group.items = []
        if not self.cursor.python:  # ECMA lets branches share names
            self.names.difference_update(group.names)
            group.past_names += group.names
            group.names = []
        group.state = NOT_QUANTIFIABLE

    def open_group(self, group: OpenGroup, begin: int) -> None:
        cursor = self.cursor
        kind, flags, captures = "", group.flags, True
        if cursor.take("?"):
            captures = cursor.peek(2) == "P<" if cursor.python else cursor.peek() == "<" and cursor.peek(2) not in ("<=", "<!")
            kind, flags = self._group_head(group, begin)
        if kind == "comment":
            return
        number = 0
        if captures:
            self.num_groups += 1
            number = self.num_groups
            self.looks_of[number] = tuple(self.looks)
        self.stack.append(OpenGroup(kind, begin, flags, group.flags, number))
        if kind not in ("", ">"):
            self.looks.append(begin)

    def _group_head(self, group: OpenGroup, begin: int) -> tuple[str, Flags]:
        cursor = self.cursor
        for head in ("<=", "<!", "=", "!", ":"):
            if cursor.take(head):
                return "" if head == ":" else head, group.flags
        if cursor.take("P<" if cursor.python else "<"):
            self._name(begin)
            return "", group.flags
        if cursor.python:
            if cursor.take("#"):
                end = cursor.pattern.find(")", cursor.at)
                if end < 0:
                    cursor.fail("missing ), unterminated comment", begin)
                cursor.at = end + 1
                return "comment", group.flags
            if cursor.take(">"):
                return ">", group.flags
            if cursor.take("P="):
                self._named_reference(group, begin)
                return "comment", group.flags
            if cursor.take("("):
                cursor.refuse("conditional", "(?(...)...) asks whether a group took part")
        return "", self._scoped_flags(group, begin)

    def _named_reference(self, group: OpenGroup, begin: int) -> None:
        """Read ``name)`` of ``(?P=name)``."""
        cursor = self.cursor
        end = cursor.pattern.find(")", cursor.at)
        name = cursor.pattern[cursor.at : max(end, cursor.at)]
        if end < 0 or name not in cursor.names:
            cursor.fail(f"there is no group {name!r}", begin)
        self._refer(group, Reference(cursor.names[name]))
        cursor.at = end + 1

    def _name(self, begin: int) -> None:
        cursor = self.cursor
        end = cursor.pattern.find(">", cursor.at)
        name = cursor.pattern[cursor.at : max(end, cursor.at)]
        plain = name if cursor.python else _NAME_EXTRAS.sub("a", name)
        if end < 0 or not plain.isidentifier():
            cursor.fail(f"bad group name {name!r}", begin)
        if name in self.names:
            cursor.fail(f"group name {name!r} used twice", begin)
        self.names.add(name)
        self.stack[-1].names.append(name)
        cursor.at = end + 1

    def _scoped_flags(self, group: OpenGroup, begin: int) -> Flags:
        """Read ``ims-ims:`` of a group whose modifiers hold within it."""
        cursor = self.cursor
        known = frozenset("aLimsux" if cursor.python else "ims")
        on = cursor.take_while(known)
        off = cursor.take_while(frozenset("imsx" if cursor.python else "ims")) if cursor.take("-") else None
        if cursor.python and cursor.peek() == ")" and off is None and on:
            cursor.fail("global flags are not at the start of the expression", begin)
        duplicated = len(set(on + (off or ""))) != len(on + (off or ""))
        if not cursor.take(":") or not (on or off) or (duplicated and not (cursor.python and not set(on) & set(off or ""))) or "L" in on:
            cursor.fail("unknown extension after (?", begin)
        if "a" in on and "u" in on:
            cursor.fail("flags a and u exclude each other", begin)
        return self._with(group.flags, on, off or "")

    @staticmethod
    def _with(flags: Flags, on: str, off: str) -> Flags:
        values = {name: True for name in on if name in "imsxa"} | dict.fromkeys(off, False)
        if "u" in on:
            values["a"] = False
        return flags._replace(**values)

    def _global_flags(self) -> None:
        """Read the ``(?flags)`` at the start of a Python pattern."""
        cursor = self.cursor
        while match := re.match(r"\(\?([aimsux]+)\)", cursor.pattern[cursor.at : cursor.at + 16]):
            self.flags = self._with(self.flags, match[1], "")
            self.stack[0].flags = self.stack[0].outer_flags = self.flags
            cursor.at += match.end()

    def close_group(self, _: OpenGroup, begin: int) -> None:
        if len(self.stack) == 1:
            self.cursor.fail("unbalanced )", begin)
        group = self.stack.pop()
        if group.kind not in ("", ">"):
            self.looks.pop()
        node = group.close(self.ordered)
        if self.kept and group.number in self.kept:
            node = Group(node, group.number)
        outer = self.stack[-1]
        self.names.update(group.past_names)
        inner = group.names + group.past_names
        outer.names += inner
        if group.kind == ">":
            node = self._committed(node, "atomic group", group.opened)
        if group.kind in ("", ">"):
            outer.add(node)
            return
        ahead = group.kind in ("=", "!")
        if not ahead and self.cursor.python:
            least, most = width(node)
            if least != most:
                self.cursor.fail("look-behind requires fixed-width pattern", group.opened)
        # Python repeats any lookaround, Annex B lookaheads, ECMA with flag u none
        repeatable = self.cursor.python or (ahead and not self.cursor.strict)
        outer.add(Look(node, ahead, group.kind in ("!", "<!")), QUANTIFIABLE if repeatable else NOT_QUANTIFIABLE)

    # -- quantifiers

    def star(self, group: OpenGroup, begin: int) -> None:
        self._quantify(group, begin, 0, None)

    def plus(self, group: OpenGroup, begin: int) -> None:
        self._quantify(group, begin, 1, None)

    def question(self, group: OpenGroup, begin: int) -> None:
        self._quantify(group, begin, 0, 1)

    def brace(self, group: OpenGroup, begin: int) -> None:
        bounds = self._bounds(begin)
        if bounds is None:
            if self.cursor.strict:
                self.cursor.fail("unescaped { under flag u", begin)
            group.add(Chars(literal(ord("{"), group.flags, self.dialect)))
            return
        self._quantify(group, begin, *bounds)

    def _bounds(self, begin: int) -> tuple[int, int | None] | None:
        """Read ``n}``, ``n,}``, ``n,m}``, in Python ``,m}`` and ``,}``; anything else is no quantifier."""
        cursor = self.cursor
        lo = cursor.take_while(_NUMBERS)
        comma = cursor.take(",")
        hi = cursor.take_while(_NUMBERS) if comma else lo
        if not cursor.take("}") or (not lo and not (comma and cursor.python)):
            cursor.at = begin + 1
            return None
        least, most = _count(lo) if lo else 0, _count(hi) if hi else None
        if most is not None and least > most:
            cursor.fail("min repeat greater than max repeat", begin)
        return least, most

    def _quantify(self, group: OpenGroup, begin: int, lo: int, hi: int | None) -> None:
        cursor = self.cursor
        if group.state == QUANTIFIED:
            cursor.fail("multiple repeat", begin)
        if group.state == NOT_QUANTIFIABLE:
            cursor.fail("nothing to repeat", begin)
        lazy = cursor.take("?")
        possessive = not lazy and cursor.python and cursor.take("+")
        item = group.items.pop()
        if hi == 0:
            node: Node = EPSILON
        elif (lo, hi) == (1, 1):
            node = item
        else:
            node = Repeat(item, lo, hi, bool(lazy))
        group.add(self._committed(node, "possessive quantifier", begin) if possessive else node, QUANTIFIED)

    def _committed(self, node: Node, feature: str, begin: int) -> Node:
        """Return a node that never takes another way than its first."""
        if self.kept is None:
            return node
        found = atomic(node)
        if found is None:
            held = ", and with it what a group in it holds that is referred to," if node.has & REFERENCE else ""
            reason = f"which way it takes{held} does not follow from the characters that come next, so it is no condition on the text"
            self.cursor.refuse(feature, reason, begin)
        return found


def _count(digits: str) -> int:
    """Read a count; more digits than any budget allows are cut, as they only need to be too many."""
    return int(digits) if len(digits) <= 18 else 10**18


def _boundary(word: CharSet, negative: bool) -> Node:
    inside = Chars(word)

    def edge(before: bool, after: bool) -> Node:
        return concat([Look(inside, False, not before), Look(inside, True, not after)])

    if negative:
        return alternate([edge(True, True), edge(False, False)])
    return alternate([edge(True, False), edge(False, True)])


_ACTIONS = {
    ".": _Parser.dot,
    "[": _Parser.open_class,
    "\\": _Parser.backslash,
    "]": _Parser.stray_bracket,
    "}": _Parser.stray_bracket,
    "^": _Parser.caret,
    "$": _Parser.dollar,
    "|": _Parser.bar,
    "(": _Parser.open_group,
    ")": _Parser.close_group,
    "*": _Parser.star,
    "+": _Parser.plus,
    "?": _Parser.question,
    "{": _Parser.brace,
}


def parse_regex(
    pattern: str, dialect: str = "python", flags: str | int = "", path: str = "", ordered: bool = False, references: bool = False
) -> Parsed:
    """Parse a pattern.

    Parameters
    ----------
    pattern : str
    dialect : {"python", "ecma"}
        ECMA patterns are read under flag u first, then by Annex B without it.
    flags : str or int
        Letters ``imsxa`` (Python; or the flags of `re`), ``imsu`` (ECMA; with ``u`` Annex B is not tried). What only concerns
        searching (``g``, ``d``, Python's ``u``) is ignored.
    path : str
        Where the pattern stands, for errors.
    ordered : bool
        Keep the order of choices, which says what matches first; otherwise single characters are gathered.
    references : bool
        Read backreferences, for a `regex_match.Matcher`; without it they are refused.

    Raises
    ------
    RegexSyntaxError
        When it does not parse; ``position`` counts characters.
    UnsupportedFeatureError
        For conditionals; for atomic groups and possessive quantifiers that are no lookaheads (`regex_atomic`); for backreferences,
        and with ``references`` for those to what a lookaround captured from outside of it.
    """
    parsed = _parsed(pattern, dialect, flags, path, ordered)
    if parsed.refers and not references:
        reason = f"it repeats what a group matched, which no automaton reads (in the pattern {pattern[:80]!r})"
        raise UnsupportedFeatureError("backreference", pointer=path, reason=reason)
    return parsed


def _parsed(pattern: str, dialect: str, flags: str | int, path: str, ordered: bool) -> Parsed:
    if dialect not in ("python", "ecma"):
        raise OptionError("dialect", dialect, "'python' or 'ecma'")
    letters = "".join(v for k, v in _PYTHON_FLAGS.items() if flags & k) if isinstance(flags, int) else flags
    if not set(letters) <= set(_FLAG_LETTERS[dialect]) or "y" in letters:
        raise OptionError("flags", flags, f"letters of {_FLAG_LETTERS[dialect].replace('y', '')!r}")
    given = Flags(*(name in letters for name in Flags._fields))
    if dialect == "python":
        ordered = ordered or _COMMITS.search(pattern) is not None
        return Parsed(_Parser(pattern, "python", given, path, ordered).parse(), "python")
    try:
        return Parsed(_Parser(pattern, "ecma-u", given, path, ordered).parse(), "ecma-u")
    except RegexSyntaxError as strict:
        if "u" in letters:
            raise
        try:
            return Parsed(_Parser(pattern, "ecma", given, path, ordered).parse(), "ecma")
        except RegexSyntaxError:
            raise strict from None
