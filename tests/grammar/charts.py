"""Random grammars as text, and what they derive, by a chart filled until nothing is added: slow and obvious."""

from __future__ import annotations

from hypothesis import strategies as st

from maskwright.automata.charset import CharSet
from maskwright.grammar.regex_syntax import Chars
from maskwright.grammar.rules import Body, Choice, Empty, Grammar, Reference, Repeat, Sequence, Text

ALPHABET = "abé"
#: an end beyond the text: what is read so far can be gone on with, since every rule derives something
BEYOND = -1


def ends(body: Body, text: str, start: int, table: dict[tuple[str, int], set[int]]) -> set[int]:
    """Return where a sentence of ``body`` that begins at ``start`` may end, by what ``table`` says of the rules.

    `BEYOND` is among them if the sentence may begin with the rest of the text and go on.
    """
    if isinstance(body, Empty) or start == BEYOND:
        return {start}
    if isinstance(body, Text):
        assert isinstance(body.tree, Chars)
        if start == len(text):
            return {BEYOND}
        return {start + 1} if start < len(text) and text[start] in body.tree.charset else set()
    if isinstance(body, Reference):
        return table[body.name, start]
    if isinstance(body, Sequence):
        here = {start}
        for item in body.items:
            here = {end for at in here for end in ends(item, text, at, table)}
        return here
    if isinstance(body, Choice):
        return {end for item in body.items for end in ends(item, text, start, table)}
    assert isinstance(body, Repeat)
    found = {start} if body.lo == 0 else set()
    here, count, seen = {start}, 0, []
    while here and here not in seen and (body.hi is None or count < body.hi):
        if count >= body.lo:
            seen.append(here)
        here = {end for at in here for end in ends(body.item, text, at, table)}
        count += 1
        if count >= body.lo:
            found |= here
    return found


def derives(grammar: Grammar, text: str) -> bool:
    """Whether ``text`` is a sentence."""
    return len(text) in _starts(grammar, text)


def viable(grammar: Grammar, data: bytes) -> bool:
    """Whether a sentence begins with ``data``; the rules are productive."""
    cut = data.endswith("é".encode()[:1])
    try:
        text = (data + "é".encode()[1:] if cut else data).decode()
    except UnicodeDecodeError:
        return False
    found = _starts(grammar, text)
    return BEYOND in found or len(text) in found


def _starts(grammar: Grammar, text: str) -> set[int]:
    """Return where sentences that begin at the start may end."""
    table: dict[tuple[str, int], set[int]] = {(name, at): set() for name in grammar.rules for at in range(len(text) + 1)}
    while True:
        size = sum(map(len, table.values()))
        for (name, at), known in table.items():
            known |= ends(grammar.rules[name], text, at, table)
        if sum(map(len, table.values())) == size:
            return table[grammar.start, 0]


def written(body: Body) -> str:
    """Write a body in the notation that GBNF and EBNF share, with more parentheses than needed."""
    if isinstance(body, Empty):
        return '""'
    if isinstance(body, Text):
        assert isinstance(body.tree, Chars)
        letters = [letter for letter in ALPHABET if letter in body.tree.charset]
        return f'"{letters[0]}"' if len(letters) == 1 else f"[{''.join(letters)}]"
    if isinstance(body, Reference):
        return body.name
    if isinstance(body, Sequence):
        return "(" + " ".join(map(written, body.items)) + ")"
    if isinstance(body, Choice):
        return "(" + " | ".join(map(written, body.items)) + ")"
    assert isinstance(body, Repeat)
    return f"({written(body.item)}){{{body.lo},{'' if body.hi is None else body.hi}}}"


def text_of(grammar: Grammar) -> str:
    """Write a grammar."""
    return "\n".join(f"{name} ::= {written(body)}" for name, body in grammar.rules.items())


def grammars() -> st.SearchStrategy[Grammar]:
    """Draw up to three rules that refer to one another in any way: left, right and mutual recursion, nullable rules, loops of nothing."""
    letter = st.sets(st.sampled_from(ALPHABET), min_size=1).map(lambda letters: Text(Chars(CharSet.of(letters))))

    @st.composite
    def drawn(draw) -> Grammar:
        names = ["root", *(f"r{i}" for i in range(draw(st.integers(0, 2))))]
        leaf = letter | st.sampled_from(names).map(Reference) | st.just(Empty())

        def more(inner: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
            return st.one_of(
                st.lists(inner, min_size=2, max_size=3).map(lambda items: Sequence(tuple(items))),
                st.lists(inner, min_size=2, max_size=3).map(lambda items: Choice(tuple(items))),
                st.builds(Repeat, inner, st.integers(0, 1), st.sampled_from([1, 2, None])),
            )

        return Grammar({name: draw(st.recursive(leaf, more, max_leaves=6)) for name in names}, "root")

    return drawn()
