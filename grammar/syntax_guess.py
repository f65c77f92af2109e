"""Which grammar language a text looks like: for hints in error messages, never to choose how a text is read.

A guess counts marks that one language has and the others lack, line by line, outside of string literals. It is made only after a text
failed to parse in the language it was said to be in, so a wrong guess costs a misleading hint and nothing else.
"""

from __future__ import annotations

import re

#: how a language is called in messages, and what to pass as ``syntax=``
NAMES = {
    "lark": "a Lark grammar",
    "gbnf": "GBNF (llama.cpp)",
    "ebnf": "EBNF (W3C-like)",
    "regex": "a regular expression",
    "json": "a JSON Schema",
    "iso": "EBNF with ',' between parts or ';' at the end of rules (ISO 14977)",
    "bnf": "BNF (<name> ::= ...)",
    "peg": "a parsing expression grammar (name <- ...)",
}
#: what to change in a language that is none of ours
_REWRITE = {
    "iso": "leave out the commas between parts and the ';' at the end",
    "bnf": "leave out the < and > of names",
    "peg": "write '|' for '/', where the order of choices says nothing",
}
#: how rules are written in ours
_RULES = dict.fromkeys(("gbnf", "ebnf"), 'name ::= "text" other | "more"') | {"lark": 'name: "text" other | "more"'}

_STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')
_DIRECTIVE = re.compile(r"^\s*%(?:import|ignore|declare|override|extend|json|regex|lark|llguidance)\b")
_COLON_RULE = re.compile(r"^\s*[!?]?[A-Za-z_][A-Za-z0-9_]*(?:\{[^}]*\})?(?:\.-?\d+)?\s*:(?![:=])")
_ARROW_RULE = re.compile(r"^\s*[A-Za-z_][A-Za-z0-9_-]*\s*::=")
_ISO_RULE = re.compile(r"^\s*[A-Za-z_][A-Za-z0-9_\s-]*(?:::|:)?=(?:[^,;]*,|.*;\s*$)")
_ANGLE_RULE = re.compile(r"^\s*<[^<>]+>\s*::=")
_PEG_RULE = re.compile(r"^\s*[A-Za-z_][A-Za-z0-9_]*\s*(?:<-|\u2190)")
#: characters of a line (and its last one), and lines with something in them, that are looked at: some patterns here are quadratic
_LONGEST_LINE = 400
_MOST_LINES = 2000
#: strings, character classes, counts and comments, in which commas mean nothing (``#x2C`` is a character)
_ASIDE = re.compile(rf"{_STRINGS.pattern}|\[(?:\\.|[^\]\\\n])*\]|\{{\d*,?\d*\}}|/\*.*?\*/|(?:#(?!x[0-9A-Fa-f])|//).*")


def guess_syntax(text: str) -> str | None:
    """Return what ``text`` looks like: a key of `NAMES`, or None.

    >>> guess_syntax('root ::= "yes" | "no"'), guess_syntax('start: "yes" | "no"')
    ('gbnf', 'lark')
    """
    stripped = text.strip()
    if stripped.startswith("{") and stripped.endswith("}") and re.search(r'"\$?\w+"\s*:', stripped):
        return "json"
    marks = dict.fromkeys(("lark", "gbnf", "ebnf", *_REWRITE), 0)
    for whole in [line for line in text.splitlines() if line.strip()][:_MOST_LINES]:
        raw = whole if len(whole) <= _LONGEST_LINE else whole[:_LONGEST_LINE] + whole.rstrip()[-1]
        line = _STRINGS.sub('""', raw)
        if _DIRECTIVE.match(line):
            marks["lark"] += 3
        elif _COLON_RULE.match(line):
            marks["lark"] += 2
        elif _ANGLE_RULE.match(line):
            marks["bnf"] += 3
        elif _PEG_RULE.match(line):
            marks["peg"] += 3
        elif _ISO_RULE.match(_ASIDE.sub("", raw)):
            marks["iso"] += 3
        elif _ARROW_RULE.match(line):
            marks["gbnf"] += 2
            marks["ebnf"] += 2
            if re.match(r"^\s*root\s*::=", line):
                marks["gbnf"] += 1
            if re.search(r"/\*|\[\^?[^\]]*#x|#x[0-9A-Fa-f]", line) or _quoted_by_apostrophes(raw):
                marks["ebnf"] += 2
            if re.search(r"\{\d+(?:,\d*)?\}", line):
                marks["gbnf"] += 1
        if line.lstrip().startswith("//"):
            marks["lark"] += 1
    best = max(marks, key=lambda name: marks[name])
    if marks[best]:
        return best
    return "regex" if "\n" not in stripped and re.search(r"\\[dws]|\)[*+?]|\][*+?{]", stripped) else None


def _quoted_by_apostrophes(line: str) -> bool:
    return '"' not in line and re.search(r"'(?:[^'\\\n]|\\.)+'", line) is not None


def dialect_hint(text: str, syntax: str) -> str | None:
    """Return the hint for a text that did not parse as ``syntax`` and looks like something else, or None."""
    found = guess_syntax(text)
    if found is None or found == syntax or {found, syntax} == {"gbnf", "ebnf"}:
        return None
    if found in _REWRITE:
        return f"this looks like {NAMES[found]}; {NAMES[syntax]} writes {_RULES[syntax]}: {_REWRITE[found]}"
    how = {"json": "pass it as schema=", "regex": "pass it as regex="}.get(found, f"pass syntax={found!r}")
    return f"this looks like {NAMES[found]}: {how}"
