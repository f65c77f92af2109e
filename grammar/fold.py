"""From characters to lexemes: regular parts of a grammar become terminals, plain recursion becomes loops.

GBNF and EBNF know only characters. A parser set per character would be slow, and masks inside a string would be walked anew in each.
So, callees first:

1. a rule that is right-linear or left-linear in itself is a loop: ``r ::= A r | B`` is ``A* B``, and ``r ::= r A | B`` is ``B A*`` (Arden
   1961; A and B may be anything that does not mention r);
2. a rule without recursion whose body is regular is put in where it is referred to, up to `INLINE` characters;
3. within a body neighbours and alternatives that are regular are united, up to `WHOLE` characters;
4. what is left of regular text is compiled, one automaton per piece. ``[a-z]{0,2000}`` becomes a counted terminal. Where an automaton
   would have more than `STATES` states the piece stays as it was written.

None of this changes the language. Bodies are folded bottom up over explicit lists.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

import numpy as np

from maskwright.automata.alphabet import BYTES
from maskwright.automata.charset import CharSet
from maskwright.automata.dfa import DFA
from maskwright.automata.program import CountedTerminal, DFATerminal, without_empty
from maskwright.errors import LimitExceeded

from .analysis import components, references, tree_is_nullable
from .regex import compile_node
from .regex_syntax import EPSILON, Alternate, Chars, Concat, Node, alternate, concat
from .regex_syntax import Repeat as TreeRepeat
from .regex_syntax import fold as fold_tree
from .rules import Body, Choice, Empty, Grammar, Lexeme, Reference, Repeat, Sequence, Text

#: characters (repeats unrolled) of a rule that is put in where it is referred to
INLINE = 400
#: characters of one piece of regular text
WHOLE = 4000
#: states of one piece's automaton
STATES = 4000
#: repeats of one character from which on a counter is cheaper than copies
COUNTED = 64
#: alternatives a rule is spread to when looking for linear recursion
SPREAD = 64
#: alternatives from which on a list of plain words is no longer treated as an expression
WORDS = 64


class _Sizes:
    """Characters of syntax trees, repeats unrolled; trees are immutable and kept alive by their bodies."""

    def __init__(self, counters: bool) -> None:
        self._known: dict[int, tuple[int, Node]] = {}
        #: whether long repeats of a character may become counted terminals
        self.counters = counters

    def __call__(self, tree: Node) -> int:
        found = self._known.get(id(tree))
        if found is None:
            found = self._known[id(tree)] = (fold_tree(tree, _count), tree)
        return found[0]

    def note(self, tree: Node, size: int) -> Node:
        """Remember the size of a tree just made of measured ones, so that deep nesting is not measured again at each level."""
        self._known.setdefault(id(tree), (size, tree))
        return tree


def _count(node: Node, values: list[int]) -> int:
    if isinstance(node, Chars):
        return 1
    if isinstance(node, TreeRepeat):
        return values[0] * max(node.hi if node.hi is not None else node.lo, 1)
    return sum(values)


class _Rule(NamedTuple):
    """A folded rule; ``tree`` is its regular expression if it is to be put in where it is referred to."""

    body: Body
    tree: Node | None


def folded(grammar: Grammar, in_json: bool = False) -> Grammar:
    """Return an equivalent grammar whose texts are lexemes; with ``in_json`` lexemes spell them as they stand in a JSON string.

    >>> from .rules import Grammar, Reference, Choice
    >>> digit = Text(Chars(CharSet.of("01")))
    >>> tail = Choice((Sequence((digit, Reference("bits"))), digit))
    >>> [type(body).__name__ for body in folded(Grammar({"bits": tail}, "bits")).rules.values()]
    ['Lexeme']
    """
    done = _folded_rules(grammar, _Sizes(not in_json))
    kept = {name for name, rule in done.items() if rule.tree is None} | {grammar.start}
    names = {id(rule.tree): name for name, rule in done.items() if rule.tree is not None and name != grammar.start}
    lexemes: dict[Hashable, tuple[Body, Node]] = {}
    rules = {name: _lexical(done[name].body, names, lexemes, in_json) for name in grammar.rules if name in kept}
    return Grammar(rules, grammar.start, grammar.places, grammar.marks)


def regular_tree(grammar: Grammar) -> Node | None:
    """Return the grammar as one regular expression, None if it is not found to be one."""
    body = _folded_rules(grammar, _Sizes(False))[grammar.start].body
    return body.tree if isinstance(body, Text) else None


def _folded_rules(grammar: Grammar, sizes: _Sizes) -> dict[str, _Rule]:
    done: dict[str, _Rule] = {}
    for members in components(grammar):
        for name in members:
            body = _folded_body(grammar.rules[name], done, sizes)
            if name in references(body) and len(members) == 1:
                body = _folded_body(_unrecursed(name, body), done, sizes)
            small = isinstance(body, Text) and name not in references(body) and sizes(body.tree) <= INLINE
            done[name] = _Rule(body, body.tree if small and isinstance(body, Text) else None)
    return done


def _folded_body(body: Body, done: dict[str, _Rule], sizes: _Sizes) -> Body:
    """Put regular rules in and unite regular parts, bottom up."""

    def leaf(part: Body) -> Body:
        if isinstance(part, Reference) and part.name in done and (tree := done[part.name].tree) is not None:
            return Text(tree)
        return Text(EPSILON) if isinstance(part, Empty) else part

    def made(part: Sequence | Choice | Repeat, items: list[Body]) -> Body:
        if isinstance(part, Repeat):
            return _repeat(items[0], part.lo, part.hi, sizes)
        return _sequence(items, sizes) if isinstance(part, Sequence) else _choice(items, sizes)

    return _rebuilt(body, leaf, made)


def _rebuilt(body: Body, leaf: Callable[[Body], Body], made: Callable[[Sequence | Choice | Repeat, list[Body]], Body]) -> Body:
    """Build a body anew, bottom up and without recursion: from its leaves, and from its other parts with what their items have become."""
    results: list[Body] = []
    work: list[tuple[Body, bool]] = [(body, False)]
    while work:
        part, entered = work.pop()
        if not isinstance(part, (Sequence, Choice, Repeat)):
            results.append(leaf(part))
            continue
        items = (part.item,) if isinstance(part, Repeat) else part.items
        if entered:
            first = len(results) - len(items)
            results[first:] = [made(part, results[first:])]
        else:
            work.append((part, True))
            work += [(item, False) for item in reversed(items)]
    return results[0]


def _sequence(items: Iterable[Body], sizes: _Sizes) -> Body:
    out: list[Body] = []
    run: list[Node] = []
    size = 0

    def flush() -> None:
        nonlocal size
        if run:
            tree = run[0] if len(run) == 1 else sizes.note(concat(run), size)
            if not (isinstance(tree, Concat) and not tree.items):
                out.append(Text(tree))
        run.clear()
        size = 0

    for item in items:
        for part in item.items if isinstance(item, Sequence) else (item,):
            if isinstance(part, Text):
                more = sizes(part.tree)
                if size + more > WHOLE:
                    flush()
                run.append(part.tree)
                size += more
            else:
                flush()
                out.append(part)
    flush()
    return out[0] if len(out) == 1 else Sequence(tuple(out)) if out else Text(EPSILON)


def _choice(items: Iterable[Body], sizes: _Sizes) -> Body:
    out: list[Body] = []
    trees: list[Node] = []
    words: list[Node] = []
    size = 0
    flat = [part for item in items for part in (item.items if isinstance(item, Choice) else (item,))]
    for part in flat:
        if not isinstance(part, Text):
            out.append(part)
        elif _is_word(part.tree):
            words.append(part.tree)
        elif isinstance(part.tree, Alternate) and all(map(_is_word, part.tree.items)):
            words.extend(part.tree.items)
        else:
            more = sizes(part.tree)
            if size + more > WHOLE:
                out.append(Text(sizes.note(alternate(trees), size)))
                trees, size = [], 0
            trees.append(part.tree)
            size += more
    if len(words) >= WORDS:
        out.append(Text(Alternate(tuple(words))))
    else:
        trees += words
    if trees:
        size += 0 if len(words) >= WORDS else sum(map(sizes, words))
        out.append(Text(trees[0] if len(trees) == 1 else sizes.note(alternate(trees), size)))
    return out[0] if len(out) == 1 else Choice(tuple(out))


def _repeat(item: Body, lo: int, hi: int | None, sizes: _Sizes) -> Body:
    if hi == 0:
        return Text(EPSILON)
    if (lo, hi) == (1, 1):
        return item
    if not isinstance(item, Text):
        return Repeat(item, lo, hi)
    most = lo if hi is None else hi
    if sizes.counters and isinstance(item.tree, Chars) and most > COUNTED and item.tree.charset:
        counted = Lexeme(_counted(item.tree.charset, max(lo, 1), hi))
        return counted if lo else Choice((counted, Text(EPSILON)))
    if sizes(item.tree) * max(most, 1) > WHOLE:
        return Repeat(item, lo, hi)
    return Text(sizes.note(TreeRepeat(item.tree, lo, hi), sizes(item.tree) * max(most, 1)))


def _counted(charset: CharSet, lo: int, hi: int | None) -> CountedTerminal:
    """Return the terminal of ``lo`` to ``hi`` characters of a set, lo >= 1; each counts on its first byte."""
    loop = compile_node(TreeRepeat(Chars(charset), 0, None))
    dfa = loop.to_utf8()
    weights = np.zeros(dfa.table.shape, np.uint8)
    weights[loop.start] = dfa.table[loop.start] != 0
    return CountedTerminal(dfa, weights, lo, hi, f"{lo} to {hi} characters" if hi is not None else f"{lo} characters or more")


# -- recursion


def _unrecursed(name: str, body: Body) -> Body:
    """Return a body without reference to its own rule, where it is linear in it on one side; else the body itself."""
    for last in (True, False):
        loops: list[Body] = []
        rest: list[Body] = []
        branches = _spread(body, name, last)
        for items in branches or ():
            edge = items[-1 if last else 0] if items else None
            inner = items[:-1] if last else items[1:]
            if isinstance(edge, Reference) and edge.name == name and not any(name in references(item) for item in inner):
                if inner:
                    loops.append(Sequence(tuple(inner)))
            elif any(name in references(item) for item in items):
                branches = None
                break
            else:
                rest.append(Sequence(tuple(items)))
        if branches is not None and rest:
            ends = Choice(tuple(rest))
            loop = Repeat(Choice(tuple(loops)), 0, None) if loops else Empty()
            return Sequence((loop, ends) if last else (ends, loop))
    return body


def _spread(body: Body, name: str, last: bool) -> list[list[Body]] | None:
    """Return the alternatives of a body as lists of items, taking choices at their edge apart that mention ``name``; None if many."""
    done: list[list[Body]] = []
    work: list[list[Body]] = [[body]]
    while work:
        items = work.pop()
        edge = items[-1 if last else 0] if items else None
        if isinstance(edge, (Sequence, Choice, Repeat)) and name in references(edge):
            inner = items[:-1] if last else items[1:]
            if isinstance(edge, Repeat):
                if (edge.lo, edge.hi) != (0, 1):
                    return None
                options: list[list[Body]] = [[edge.item], []]
            else:
                options = [list(edge.items)] if isinstance(edge, Sequence) else [[item] for item in edge.items]
            work += [[*inner, *option] if last else [*option, *inner] for option in options]
        else:
            done.append(items)
        if len(done) + len(work) > SPREAD:
            return None
    return done


# -- lexemes


def _lexical(body: Body, names: dict[int, str], known: dict[Hashable, tuple[Body, Node]], in_json: bool) -> Body:
    """Replace the texts of a body by lexemes."""

    def leaf(part: Body) -> Body:
        if not isinstance(part, Text):
            return part
        key: Hashable = part.tree.charset if isinstance(part.tree, Chars) else _word(part.tree) or id(part.tree)
        if key not in known:
            known[key] = (lexeme_of(part.tree, names.get(id(part.tree), ""), in_json), part.tree)
        return known[key][0]

    def made(part: Sequence | Choice | Repeat, items: list[Body]) -> Body:
        return Repeat(items[0], part.lo, part.hi) if isinstance(part, Repeat) else type(part)(tuple(items))

    return _rebuilt(body, leaf, made)


def lexeme_of(tree: Node, name: str = "", in_json: bool = False) -> Body:
    """Return the body of a piece of regular text: a lexeme, or nothing or a lexeme, or where that is too large its parts."""
    if isinstance(tree, Concat) and not tree.items:
        return Empty()
    try:
        dfa = json_dfa(tree) if in_json else text_dfa(tree)
    except LimitExceeded:
        return _structure(tree, in_json)
    if dfa.nullable:
        solid = without_empty(dfa)
        return Empty() if solid.is_empty else Choice((Empty(), Lexeme(DFATerminal(solid, name or written(tree)))))
    return Choice(()) if dfa.is_empty else Lexeme(DFATerminal(dfa, name or written(tree)))


def text_dfa(tree: Node) -> DFA:
    """Return the automaton over bytes of a syntax tree without assertions."""
    if isinstance(tree, Alternate) and len(tree.items) >= WORDS and all(map(_is_word, tree.items)):
        return DFA.from_strings([word.encode() for word in map(_word, tree.items) if word is not None], None, BYTES)
    if (word := _word(tree)) is not None:
        return DFA.from_strings([word.encode()], None, BYTES)
    return compile_node(tree, max_states=STATES).to_utf8()


def json_dfa(tree: Node) -> DFA:
    """Return the automaton over bytes of how a JSON string spells the texts of a tree."""
    from .json_schema.spelling import spell_inside

    return spell_inside(compile_node(tree, max_states=STATES))


def _structure(tree: Node, in_json: bool) -> Body:
    """Return a tree as a body of lexemes of one character each."""

    def visit(node: Node, values: list[Body]) -> Body:
        if isinstance(node, Chars):
            return lexeme_of(node, "", in_json)
        if isinstance(node, TreeRepeat):
            return Repeat(values[0], node.lo, node.hi)
        return Sequence(tuple(values)) if isinstance(node, Concat) else Choice(tuple(values))

    return fold_tree(tree, visit)


def _is_word(tree: Node) -> bool:
    return _letter(tree) is not None or (isinstance(tree, Concat) and all(_letter(item) is not None for item in tree.items))


def _word(tree: Node) -> str | None:
    """Return the one text of a tree that is a word, else None."""
    letters = [_letter(item) for item in (tree.items if isinstance(tree, Concat) else (tree,))]
    return None if None in letters else "".join(letters)  # type: ignore[arg-type]


def _letter(tree: Node) -> str | None:
    if isinstance(tree, Chars) and len(tree.charset.ranges) == 1:
        low, high = tree.charset.ranges[0]
        return chr(low) if low == high else None
    return None


def written(tree: Node, limit: int = 60) -> str:
    """Write a tree as a grammar would, cut at ``limit`` characters.

    >>> written(concat([Chars(CharSet.of("a")), Chars(CharSet.of("b")), TreeRepeat(Chars(CharSet.range("0", "9")), 1, None)]))
    '"ab" [0-9]+'
    """

    def visit(node: Node, values: list[str]) -> str:
        if isinstance(node, Chars):
            letter = _letter(node)
            return _quoted(letter) if letter is not None else _class(node.charset)
        if isinstance(node, TreeRepeat):
            sign = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.lo, node.hi))
            sign = sign or (f"{{{node.lo}}}" if node.lo == node.hi else f"{{{node.lo},{'' if node.hi is None else node.hi}}}")
            bare = isinstance(node.item, Chars) or _word(node.item)
            return (values[0] if bare else f"({values[0]})") + sign
        if isinstance(node, Alternate):
            return _cut(" | ".join(values[:40]), limit)
        shown, letters = [], ""
        for item, value in zip(node.parts[:limit], values):
            letter = _letter(item)
            if letter is None:
                shown += [_quoted(letters)] if letters else []
                shown.append(f"({value})" if isinstance(item, Alternate) else value)
            letters = "" if letter is None else letters + letter
        return _cut(" ".join([*shown, _quoted(letters)] if letters else shown), limit)

    return _cut(fold_tree(tree, visit), limit)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


def _class(charset: CharSet) -> str:
    inverse = ~charset
    negated = len(inverse.ranges) < len(charset.ranges) or not inverse.ranges
    shown = []
    for low, high in (inverse if negated else charset).ranges[:12]:
        ends = [chr(point) if 32 < point < 127 and chr(point) not in "\\]^-" else f"\\x{point:02x}" for point in (low, high)]
        shown.append(ends[0] if low == high else f"{ends[0]}-{ends[1]}" if high > low + 1 else "".join(ends))
    return f"[{'^' if negated else ''}{''.join(shown)}]"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


__all__ = ["folded", "lexeme_of", "text_dfa", "tree_is_nullable", "written"]
