"""Shared grammars and patterns (``MASKWRIGHT_DATA``/sampler-tasks): they load, texts follow the masks, patterns agree with `re`."""

import csv
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest

import maskwright as mw
from maskwright.automata.dfa import DFA
from maskwright.errors import GrammarSyntaxError, LimitExceeded, RegexSyntaxError, UnsupportedFeatureError
from maskwright.grammar.regex import compile_regex

DATA = Path(os.environ.get("MASKWRIGHT_DATA", "")) / "sampler-tasks"
pytestmark = pytest.mark.skipif(not os.environ.get("MASKWRIGHT_DATA") or not DATA.is_dir(), reason="needs MASKWRIGHT_DATA/sampler-tasks")
GRAMMARS = sorted(path.relative_to(DATA).as_posix() for path in DATA.glob("*/*.ebnf")) if DATA.is_dir() else []
VOCABULARY = mw.Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b"(str", b" (", b"))", b"name", b"C=C", b""], eos_ids=[261])


def written(constraint, seed, most=200):
    """Write a text by random tokens, closing within ``most``."""
    draw, state, data = random.Random(seed), constraint.start, b""
    words = np.zeros(VOCABULARY.num_words, np.uint32)
    for left in range(most, -1, -1):
        close = left <= most - 20 and not constraint.fits(state, left - 25)
        constraint.fill_mask(state, words, budget=left if close else None)
        allowed = [t for t in range(VOCABULARY.size) if words[t >> 5] >> (t & 31) & 1]
        token = draw.choice(allowed)
        if token == 261:
            return data
        state = constraint.advance(state, token)
        data += VOCABULARY.token_bytes(token)
    raise AssertionError("the text was not closed in time")


@pytest.mark.parametrize("name", GRAMMARS)
def test_shared_grammars_load_and_generate(name):
    text, syntax = (DATA / name).read_text(encoding="utf-8"), "gbnf" if "l" in name else "ebnf"
    use = None
    if name == "fuzzing/sql.ebnf":  # refers to a rule that it does not define
        with pytest.raises(GrammarSyntaxError, match="rule 'STRING' is not defined"):
            mw.compile(VOCABULARY, grammar=text, syntax=syntax)
        use = {"STRING": mw.regex("'[a-z]*'")}
    constraint = mw.compile(VOCABULARY, grammar=text, syntax=syntax, use=use)
    most = constraint.min_tokens(constraint.start) + 60
    assert constraint.accepts(written(constraint, 1, most))


def test_molecules_of_the_prompts_are_in_their_grammars():
    for name in ("acrylates", "chain_extenders", "isocyanates"):
        constraint = mw.compile(VOCABULARY, grammar=(DATA / "smiles" / f"{name}.ebnf").read_text(encoding="utf-8"), syntax="ebnf")
        prompt = (DATA / "smiles" / f"{name}.txt").read_text(encoding="utf-8")
        molecules = [line.removeprefix("Molecule: ") for line in prompt.splitlines() if line.startswith("Molecule: ") and line[10:].strip()]
        assert len(molecules) > 10
        # the grammars want branches before ring closures
        assert [m for m in molecules if not constraint.accepts(m)] == [m for m in molecules if re.search(r"\d\(", m)]


def samples(dfa: DFA, draw: random.Random) -> set[str]:
    """Return texts of the language by random walks, and texts near them."""
    left = dfa.distance()
    symbols = dfa.alphabet.representatives()
    found = {dfa.shortest_text() or ""}
    for _ in range(12):
        state, text = dfa.start, ""
        while not (dfa.labels[state] and (len(text) > 8 or draw.random() < 0.4)) and len(text) < 14 + left[dfa.start]:
            ways = [c for c, target in enumerate(dfa.rows[state]) if target]
            if not ways:
                break
            c = draw.choice(ways) if len(text) < 8 else min(ways, key=lambda c: left[dfa.rows[state][c]])
            text += chr(symbols[c])
            state = dfa.rows[state][c]
        found.add(text)
    letters = sorted(set("".join(found)))[:20] or ["a"]
    for text in list(found):
        at = draw.randrange(len(text) + 1)
        found |= {text[:at] + draw.choice(letters) + text[at:], text[:at] + text[at + 1 :], text + "\n"}
    return found


def test_shared_patterns_against_re():
    with (DATA / "patterns.csv").open(encoding="utf-8", newline="") as file:
        patterns = [row["regex"] for row in csv.DictReader(file)]
    assert len(patterns) >= 250
    compared = 0
    for number, pattern in enumerate(patterns):
        try:
            python = re.compile(pattern)
        except (re.error, FutureWarning):
            continue
        try:
            dfa = compile_regex(pattern, max_states=3000)
        except (UnsupportedFeatureError, LimitExceeded):
            continue
        except RegexSyntaxError as error:
            pytest.fail(f"{pattern!r}: {error}")
        compared += 1
        if dfa.is_empty:
            continue
        for text in samples(dfa, random.Random(number)):
            assert dfa.accepts(text) == bool(python.fullmatch(text)), (pattern, text)
    assert compared >= 45  # the others are none of `re`, or need backreferences, atomic groups, conditionals
