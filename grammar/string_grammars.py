"""Grammars of strings in a JSON Schema, the keyword ``x-grammar``: ``{"syntax": "gbnf", "grammar": "root ::= ..."}``.

The decoded string is a sentence of the grammar; the schema's own machinery escapes it, and combines it with lengths, patterns, ``not`` and
the rest. So the grammar must be regular: rules may refer to one another, and to themselves at one end. A recursive one is refused: as a
part of a constraint expression, `compose.Expression.quoted` takes it.
"""

from __future__ import annotations

from functools import lru_cache

from maskwright.automata.dfa import DFA
from maskwright.errors import UnsupportedFeatureError

from .fold import regular_tree
from .regex import compile_node
from .syntaxes import IN_JSON, Request

#: states of a grammar's automaton
STATES = 20_000


@lru_cache(maxsize=256)
def string_grammar(syntax: str, text: str) -> DFA:
    """Return the automaton over characters of a grammar.

    Raises
    ------
    ConstraintError
        If the grammar is at fault.
    UnsupportedFeatureError
        If it is not regular, or of a syntax without characters.
    """
    from .bnf import read_rules

    if syntax == "gbnf":
        from .gbnf import GBNF as DIALECT
    elif syntax == "ebnf":
        from .ebnf import EBNF as DIALECT
    else:
        raise UnsupportedFeatureError("x-grammar", reason=f"its syntax is {syntax!r}", hint=f"write it as {' or '.join(IN_JSON)}")
    grammar, _ = read_rules(text, Request(syntax), DIALECT)
    tree = regular_tree(grammar)
    if tree is None:
        raise UnsupportedFeatureError(
            "x-grammar",
            reason="the grammar is recursive, or holds more than characters",
            hint="build the JSON around it: '{\"code\": ' + maskwright.grammar(text, syntax).quoted() + '}'",
        )
    return compile_node(tree, max_states=STATES)
