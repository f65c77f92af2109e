"""``grammars``: context-free grammars, engines side by side: right or wrong, first mask, time per token, memory.

Each grammar is written twice, as EBNF (what xgrammar reads) and as Lark (what llguidance reads), with the same sentences; maskwright reads
the EBNF, or with ``--option syntax=lark`` the Lark. The cases are those that cost engines most: words with whitespace ignored between them,
an expression grammar without precedence, rules of one character each, and a list of 10,000 items by right recursion.
"""

from __future__ import annotations

import argparse
import random
import string
from functools import partial
from typing import Any

from .cases import Case, given
from .hard import case_by_case
from .hard_cases import prose
from .options import add_shared


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("grammars", help="context-free grammars, engines side by side")
    parser.add_argument("--case", metavar="WORD[,WORD...]", help="only cases whose name contains one of these")
    add_shared(parser, "maskwright,llguidance,xgrammar")
    parser.set_defaults(command=grammars)


def grammars(arguments: argparse.Namespace) -> int:
    return case_by_case(arguments, "grammars", "Grammars", grammar_cases(arguments.case))


def grammar_cases(words: str | None = None) -> list[Case]:
    """Return the cases whose name contains one of the comma-separated words (None: all)."""
    wanted = words.split(",") if words else [""]
    found = []
    for name, (ebnf, lark, sentences, others) in _CASES.items():
        if any(word in name for word in wanted):
            tests: list[dict[str, Any]] = [{"text": text, "valid": True} for text in sentences]
            tests += [{"text": text, "valid": False} for text in others]
            found.append(Case(name, partial(given, {"$grammar": {"ebnf": ebnf, "lark": lark}}, tests)))
    return found


def _expression(terms: int) -> str:
    draw = random.Random(terms)
    text = ""
    for i in range(terms):
        text += (draw.choice("+*-") if i else "") + (f"({draw.randrange(100)}*x)" if draw.random() < 0.2 else str(draw.randrange(1000)))
    return text


_LETTERS = string.ascii_lowercase
_STATEMENT = "SELECT name , age FROM users , items WHERE age < 30 AND name = other"
_WORDS = prose(1500).strip()

#: name -> EBNF, Lark, sentences, texts that are none
_CASES: dict[str, tuple[str, str, list[str], list[str]]] = {
    "words, whitespace ignored": (
        "root ::= ws (word ws)+\nword ::= [a-z]+\nws ::= [ \\n]*",
        "start: WORD+\nWORD: /[a-z]+/\n%ignore /[ \\n]+/",
        [_WORDS, " a  b\n c "],
        ["a 1"],
    ),
    "statements, whitespace ignored": (
        """root ::= ws "SELECT" ws names ws "FROM" ws names (ws "WHERE" ws condition)? ws
names ::= name (ws "," ws name)*
condition ::= comparison (ws ("AND" | "OR") ws comparison)*
comparison ::= name ws ("=" | "<" | ">") ws (name | number)
name ::= [a-z]+
number ::= [0-9]+
ws ::= [ \\n]*""",
        """start: "SELECT" names "FROM" names ["WHERE" condition]
names: NAME ("," NAME)*
condition: comparison (("AND" | "OR") comparison)*
comparison: NAME ("=" | "<" | ">") (NAME | NUMBER)
NAME: /[a-z]+/
NUMBER: /[0-9]+/
%ignore /[ \\n]+/""",
        [_STATEMENT, _STATEMENT + " AND age > 3 OR x = y" * 30],
        ["SELECT FROM users"],
    ),
    "ambiguous expression": (
        'root ::= e\ne ::= e "+" e | e "*" e | e "-" e | "(" e ")" | "x" | [0-9]+',
        'start: e\ne: e "+" e | e "*" e | e "-" e | "(" e ")" | "x" | /[0-9]+/',
        [_expression(150)],
        ["1+*2", "(1+2"],
    ),
    "rules of one character": (
        "root ::= c root | c\n"
        + "c ::= " + " | ".join(f"l{x}" for x in _LETTERS) + " | sp\n"
        + "\n".join(f'l{x} ::= "{x}"' for x in _LETTERS) + '\nsp ::= " "',
        "start: c start | c\n"
        + "c: " + " | ".join(f"l{x}" for x in _LETTERS) + " | sp\n"
        + "\n".join(f'l{x}: "{x}"' for x in _LETTERS) + '\nsp: " "',
        [prose(600).strip()],
        ["abc1"],
    ),
    "right recursion, 10,000 items": (
        'root ::= item ", " root | item\nitem ::= "(" root ")" | [a-z]+',
        'start: item ", " start | item\nitem: "(" start ")" | /[a-z]+/',
        [", ".join(["ab"] * 10_000)],
        ["ab, "],
    ),
}
