r"""Regular expressions to automata over characters.

The language of a pattern is either what it matches as a whole, or (``search=True``) every text it has a match in. Three ways, by
what the pattern asserts:

1. nothing, or only neighbours (``^ $ \b``, lookarounds of one character, anywhere): positions with guards (`automata.positions`).
   Anchors at the edges are resolved before; an edge without its anchor is open;
2. lookaheads at the start of an anchored branch, lookbehinds at its end (``^(?!.*--)[a-z-]+$``): intersections and differences of automata;
3. any other lookaround: alternation (`automata.alternating`).

All are exact; a pattern with backreferences has no automaton and is refused here (`regex_around` and `regex_match` are what there is
for it). ``$`` of Python also matches before a final newline, which only a search can tell from the end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from maskwright.automata.alternating import Places, determinize
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DEFAULT_MAX_STATES, DFA
from maskwright.automata.positions import ANY_SIDE, Fragment, Guard, Positions, Side
from maskwright.errors import LimitExceeded

from .regex_parser import Parsed, parse_regex
from .regex_syntax import (
    ANY,
    END,
    EPSILON,
    LINE_END,
    LOOK,
    START,
    Alternate,
    Anchor,
    Chars,
    Concat,
    Look,
    Node,
    Repeat,
    alternate,
    concat,
    fold,
    width,
)

__all__ = ["Compiled", "Parsed", "compile_node", "compile_pattern", "compile_regex", "look_language", "parse_regex"]

#: nesting of groups and lookarounds that the edge analysis follows; deeper patterns go by alternation
_MAX_NESTING = 40
#: places times states of an automaton by alternation
_MOST_WORK = 20_000_000
#: assertions that more than the neighbouring characters decide
_WIDE = LINE_END | LOOK
_NEWLINE = Chars(CharSet.of("\n"))

#: what may follow a branch: nothing, anything, or at most one newline
_NOTHING, _ANYTHING, _NEWLINE_END = "nothing", "anything", "newline"


class Compiled(NamedTuple):
    """A compiled pattern.

    Attributes
    ----------
    dfa : DFA
        Minimal, over characters.
    dialect : {"python", "ecma-u", "ecma"}
        ``"ecma"`` says that the pattern did not parse under flag u.
    """

    dfa: DFA
    dialect: str


def compile_regex(
    pattern: str,
    dialect: str = "python",
    flags: str | int = "",
    search: bool = False,
    max_states: int = DEFAULT_MAX_STATES,
    path: str = "",
) -> DFA:
    r"""Return the automaton over characters of the texts that a pattern matches.

    Parameters
    ----------
    pattern : str
    dialect : {"python", "ecma"}
        Python's `re` (``str`` patterns), or ECMA-262 with flag u and, where that does not parse, without.
    flags : str or int
        See `parse_regex`.
    search : bool
        Accept the texts that contain a match instead of those that are one.
    max_states : int
        Bound of states of every automaton on the way.
    path : str
        Where the pattern stands, for errors.

    Raises
    ------
    RegexSyntaxError, UnsupportedFeatureError
        See `parse_regex`.
    LimitExceeded
        When the automaton is too large: counted repeats are unrolled.

    Examples
    --------
    >>> compile_regex(r"[a-z]+\d?").accepts("ab1")
    True
    >>> compile_regex(r"^(?!.*--)[a-z-]+$", "ecma", search=True).accepts("a--b")
    False
    """
    return compile_pattern(pattern, dialect, flags, search, max_states, path).dfa


def compile_pattern(
    pattern: str,
    dialect: str = "python",
    flags: str | int = "",
    search: bool = False,
    max_states: int = DEFAULT_MAX_STATES,
    path: str = "",
) -> Compiled:
    """Do what `compile_regex` does and say in which dialect the pattern was read; remembered for the last few hundred patterns."""
    try:
        return _compile(pattern, dialect, flags, search, max_states, path)
    except LimitExceeded as error:
        shown = pattern if len(pattern) <= 80 else pattern[:77] + "..."
        error.add_note(f"in the pattern {shown!r}{f' at {path}' if path else ''}")
        raise


@lru_cache(maxsize=512)
def _compile(pattern: str, dialect: str, flags: str | int, search: bool, max_states: int, path: str) -> Compiled:
    parsed = parse_regex(pattern, dialect, flags, path)
    return Compiled(compile_node(parsed.node, search, max_states), parsed.dialect)


def compile_node(node: Node, search: bool = False, max_states: int = DEFAULT_MAX_STATES) -> DFA:
    """Return the automaton of a syntax tree; see `compile_regex`."""
    return _language(node, search, _ANYTHING if search else _NOTHING, max_states, 0)


def look_language(node: Look, max_states: int = DEFAULT_MAX_STATES) -> DFA:
    """Return the automaton of the texts to the right of a position (to its left, if the lookaround looks behind) where ``node`` holds."""
    if node.ahead:
        dfa = _language(node.item, False, _ANYTHING, max_states, 0)
    else:
        dfa = _language(node.item, True, _NOTHING, max_states, 0)
    return dfa.complement() if node.negative else dfa


def _language(node: Node, open_left: bool, right: str, max_states: int, depth: int) -> DFA:
    """Return the language of ``node`` in a text that starts (unless ``open_left``) and ends (as ``right`` says) with it."""
    branches = _branches(node, open_left, right)
    if branches is None:
        branches = [_Branch(node, open_left, right)]
    local = [branch for branch in branches if not branch.node.has & _WIDE]
    out = _local(local, max_states) if local else DFA.empty()
    for branch in branches:
        if branch.node.has & _WIDE:
            out = out.union(_wide(branch, max_states, depth), max_states)
    return out


# -- edges


class _Branch(NamedTuple):
    """A way to match, its edges resolved: whether anything may precede, and what may follow."""

    node: Node
    open_left: bool
    right: str


def _branches(node: Node, open_left: bool, right: str) -> list[_Branch] | None:
    """Resolve the anchors at the edges; None when there are others."""
    lefts: list[tuple[Node | None, bool]] = [(node, open_left)]
    if node.has & START:
        split = _split_left(node, 0)
        if split is None:
            return None
        # where nothing may precede, the edge is the start of the text for both
        lefts = [(split[0], False), (split[1], True)] if open_left else [(_either(*split), False)]
    out = []
    for part, is_open in lefts:
        if part is None:
            continue
        if not part.has & END:
            out.append(_Branch(part, is_open, right))
            continue
        ends = _split_right(part, 0)
        if ends is None:
            return None
        at_end, at_line_end, free = ends
        if right == _NOTHING:
            at_end, at_line_end, free = None, None, _either(_either(at_end, at_line_end), free)
        for piece, follows in ((at_end, _NOTHING), (at_line_end, _NEWLINE_END), (free, right)):
            if piece is not None:
                out.append(_Branch(piece, is_open, follows))
    return out


def _either(a: Node | None, b: Node | None) -> Node | None:
    return b if a is None else a if b is None else alternate([a, b])


def _split_left(node: Node, depth: int) -> tuple[Node | None, Node | None] | None:
    """Split into what matches at the start of the text only, its anchor removed, and what matches anywhere."""
    if not node.has & START:
        return None, node
    if isinstance(node, Anchor):
        return EPSILON, None
    if depth > _MAX_NESTING:
        return None
    if isinstance(node, Alternate):
        anchored = free = None
        for item in node.items:
            split = _split_left(item, depth + 1)
            if split is None:
                return None
            anchored, free = _either(anchored, split[0]), _either(free, split[1])
        return anchored, free
    if isinstance(node, Repeat):
        split = _split_left(node.item, depth + 1)
        if split is None or node.hi != 1:
            return None
        return split if node.lo else (split[0], _either(split[1], EPSILON))
    assert isinstance(node, Concat)
    return _split_concat_left(node, depth)


def _split_concat_left(node: Concat, depth: int) -> tuple[Node | None, Node | None] | None:
    at = 0
    while at < len(node.items) and isinstance(node.items[at], Anchor) and node.items[at].has & START:
        at += 1
    rest = concat(node.items[at:])
    if at:
        if not rest.has & START:
            return rest, None
        split = _split_left(rest, depth + 1)
        return None if split is None else (_either(*split), None)
    tail = concat(node.items[1:])
    split = _split_left(node.items[0], depth + 1)
    if split is None or tail.has & START or not node.items[0].has & START:
        return None
    return tuple(None if part is None else concat([part, tail]) for part in split)  # type: ignore[return-value]


_Ends = tuple[Node | None, Node | None, Node | None]


def _split_right(node: Node, depth: int) -> _Ends | None:
    """Split into what matches at the end of the text, at a line end at the end, and anywhere."""
    if not node.has & END:
        return None, None, node
    if isinstance(node, Anchor):
        return (EPSILON, None, None) if node.where == "end" else (None, EPSILON, None)
    if depth > _MAX_NESTING:
        return None
    if isinstance(node, Alternate):
        ends: _Ends = (None, None, None)
        for item in node.items:
            split = _split_right(item, depth + 1)
            if split is None:
                return None
            ends = tuple(_either(a, b) for a, b in zip(ends, split))  # type: ignore[assignment]
        return ends
    if isinstance(node, Repeat):
        split = _split_right(node.item, depth + 1)
        if split is None or node.hi != 1:
            return None
        return split if node.lo else (split[0], split[1], _either(split[2], EPSILON))
    assert isinstance(node, Concat)
    head, last = concat(node.items[:-1]), node.items[-1]
    if isinstance(last, Anchor) and head.has & END and last.where == "end":
        split = _split_right(head, depth + 1)  # at the end of the text every anchor of the end holds
        return None if split is None else (_either(_either(*split[:2]), split[2]), None, None)
    split = _split_right(last, depth + 1)
    if split is None or head.has & END:
        return None
    return tuple(None if part is None else concat([head, part]) for part in split)  # type: ignore[return-value]


# -- nothing but neighbours to look at: positions


def _guard(node: Anchor | Look) -> Guard:
    if isinstance(node, Look):
        assert node.near is not None
        return Guard(ANY_SIDE, node.near) if node.ahead else Guard(node.near, ANY_SIDE)
    edge = Side(CharSet.NONE, True)
    return Guard(edge, ANY_SIDE) if node.where == "start" else Guard(ANY_SIDE, edge)


def _check_lengths(branches: list[_Branch], max_states: int) -> None:
    """Refuse at once what surely has too many states: a shortest or a longest text passes through a state of its own at each character."""
    widths = [width(branch.node) for branch in branches]
    longest = min(least for least, _ in widths)
    if not any(branch.open_left or branch.right == _ANYTHING for branch in branches):
        ends = [most for _, most in widths if most is not None]
        if len(ends) == len(widths):
            longest = max(ends)
    if longest >= max_states:
        raise LimitExceeded("states", max_states, longest + 1, hint="counted repeats are unrolled; use minLength and maxLength")


def _local(branches: list[_Branch], max_states: int) -> DFA:
    _check_lengths(branches, max_states)
    build = Positions(max_states)

    def visit(node: Node, values: list[Any]) -> Fragment:
        if isinstance(node, Chars):
            return build.symbol(node.charset)
        if isinstance(node, Concat):
            return build.concat(values)
        if isinstance(node, Alternate):
            return build.alternate(values) if values else build.symbol(CharSet.NONE)
        if isinstance(node, Repeat):
            return build.repeat(values[0], node.lo, node.hi)
        assert isinstance(node, (Anchor, Look))
        return build.guard(_guard(node))

    fragments = []
    for branch in branches:
        parts: list[Node] = [Repeat(ANY, 0, None)] if branch.open_left else []
        parts.append(branch.node)
        if branch.right == _NEWLINE_END:
            parts.append(Repeat(_NEWLINE, 0, 1))
        fragments.append((fold(concat(parts), visit, Look), branch.right == _ANYTHING))
    return build.automaton(fragments)


# -- lookarounds at anchored edges: algebra


def _wide(branch: _Branch, max_states: int, depth: int) -> DFA:
    """Take leading lookaheads and trailing lookbehinds off a branch, as intersections with or differences from the rest."""
    if depth > _MAX_NESTING:
        return _alternating(branch.node, branch.open_left, branch.right, max_states)
    items = list(branch.node.items) if isinstance(branch.node, Concat) else [branch.node]
    guards: list[tuple[DFA, bool]] = []
    while items and not branch.open_left and isinstance(look := items[0], Look) and look.ahead:
        guards.append((_language(look.item, False, _ANYTHING, max_states, depth + 1), look.negative))
        del items[0]
    while items and branch.right == _NOTHING and isinstance(look := items[-1], Look) and not look.ahead:
        guards.append((_language(look.item, True, _NOTHING, max_states, depth + 1), look.negative))
        del items[-1]
    if not guards:
        return _alternating(branch.node, branch.open_left, branch.right, max_states)
    out = _language(concat(items), branch.open_left, branch.right, max_states, depth + 1)
    for guard, negative in guards:
        out = out.difference(guard, max_states) if negative else out.intersection(guard, max_states)
    return out


# -- assertions anywhere: alternation


def _alternating(node: Node, open_left: bool, right: str, max_states: int) -> DFA:
    places = Places(4 * max_states)
    begin, body, end = places.place(), places.place(), places.place()
    if open_left:
        skip = places.place()
        places.branch(begin, [body, skip])
        places.read(skip, CharSet.ALL, begin)
    else:
        places.branch(begin, [body])
    if right == _NEWLINE_END:
        newline = places.place()
        places.read(newline, CharSet.of("\n"), Places.END)
        places.branch(end, [Places.END, newline])
    else:
        places.branch(end, [Places.ANYTHING if right == _ANYTHING else Places.END])
    _wire(places, node, body, end)
    return determinize(places, begin, min(max_states, max(1_000, _MOST_WORK // len(places.reads))))


def _wire(places: Places, root: Node, begin: int, end: int) -> None:
    """Wire the ways through ``root`` from one place to another."""
    stack = [(root, begin, end)]
    while stack:
        node, at, target = stack.pop()
        if isinstance(node, Chars):
            if node.charset:
                places.read(at, node.charset, target)
        elif isinstance(node, Concat):
            for item in node.items:
                following = places.place()
                stack.append((item, at, following))
                at = following
            places.branch(at, [target])
        elif isinstance(node, Alternate):
            entries = [places.place() for _ in node.items]
            places.branch(at, entries)
            stack += [(item, entry, target) for item, entry in zip(node.items, entries)]
        elif isinstance(node, Repeat):
            stack += _wire_repeat(places, node, at, target)
        elif isinstance(node, Look):
            stack.append(_wire_look(places, node, at, target))
        else:
            assert isinstance(node, Anchor)
            _wire_anchor(places, node, at, target)


def _wire_repeat(places: Places, node: Repeat, at: int, target: int) -> list[tuple[Node, int, int]]:
    copies = []
    for _ in range(node.lo):
        following = places.place()
        copies.append((node.item, at, following))
        at = following
    if node.hi is None:
        body = places.place()
        places.branch(at, [body, target])
        copies.append((node.item, body, at))
        return copies
    for _ in range(node.hi - node.lo):
        body, following = places.place(), places.place()
        places.branch(at, [body, target])
        copies.append((node.item, body, following))
        at = following
    places.branch(at, [target])
    return copies


def _wire_look(places: Places, node: Look, at: int, target: int) -> tuple[Node, int, int]:
    if node.ahead:
        body = places.place()
        places.ahead(at, body, node.negative, target)
        return node.item, body, Places.ANYTHING
    first, last = places.behind(at, node.negative, target)
    return node.item, first, last


def _wire_anchor(places: Places, node: Anchor, at: int, target: int) -> None:
    if node.where == "start":
        places.at_start(at, target)
        return
    body = places.place()
    places.ahead(at, body, False, target)
    if node.where == "end":
        places.branch(body, [Places.END])
        return
    newline = places.place()
    places.read(newline, CharSet.of("\n"), Places.END)
    places.branch(body, [Places.END, newline])
