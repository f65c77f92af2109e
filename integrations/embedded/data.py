"""The synthetic corpus: short English texts, a schema, the JSON that answers it.

A sample is drawn from a seeded generator: a text built from sentences that state attributes of one thing (or of several
records), a schema that asks for some of them under some names in some order, and the answer in one of several JSON layouts.
Nothing is downloaded and nothing is stored: ``sample(rng)`` is the corpus.

Training draws some samples with many optional and nullable fields, and some words glued from the tokenizer's pieces: what a model of
this size reads worst where they are rare. What is evaluated has neither.

The held-out side (``held_out=True``) differs from training in three ways at once: every name, product, place, invented word and
enum literal comes from the held-out part of the pools (`data_words.is_held_out`); the set of keys asked for has a hash that
never occurs in training; and nested samples have a bracket skeleton whose hash never occurs in training.
Design refused: a fixed data set on disk, which a small model starts to memorise and which nobody can extend by a line of code.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Sequence

from . import data_families as families
from . import data_values as make
from .data_shapes import Leaf, Rejected, Sample
from .data_words import PLAIN, Picker, glued
from .prompt import format_prompt

__all__ = ["Leaf", "Sample", "drill", "sample"]

FAMILIES = (families.thing, families.generic, families.records, families.mapping, families.question)
WEIGHTS = (56, 20, 12, 3, 9)
#: Latin, Greek and Cyrillic letters
LETTERS = (range(0xC0, 0x17F), range(0x391, 0x3CA), range(0x410, 0x450))


def sample(
    rng: random.Random, held_out: bool = False, max_fields: int = 8, pieces: Sequence[str] = (), doubtful: bool = False
) -> Sample:
    """Draw one sample.

    Parameters
    ----------
    rng : random.Random
        Source of all choices; equal states give equal samples.
    held_out : bool
        Which side of the split to draw from.
    max_fields : int
        Most fields asked for (the training curriculum starts small).
    pieces : sequence of str
        Pieces of words, of which some invented words are then put together (training only).
    doubtful : bool
        Whether many fields are optional or nullable, stated or not (training only).
    """
    family = rng.choices(FAMILIES, WEIGHTS)[0]
    while True:
        try:
            return family(Picker(rng, held_out, pieces, doubtful), max_fields)
        except Rejected:
            continue


def _spelled_strangely(rng: random.Random, text: str) -> str:
    """Replace some characters by signs and by letters that English does not use."""
    strange = rng.choice((string.punctuation, "".join(map(chr, rng.choice(LETTERS)))))
    return "".join(rng.choice(strange) if rng.random() < 0.2 else c for c in text)


def drill(rng: random.Random, pieces: Sequence[str] = ()) -> Sample:
    """Draw a copying exercise: a run of names, numbers, words and glued `pieces`, once or within an idle sentence, to be repeated."""
    p = Picker(rng, held_out=False)
    first = (make.word, make.phrase, make.person, make.product, make.code, make.integer(0, 10000), make.number(0, 1000), make.date)
    makers = (*first, make.title, make.email, make.city, make.phone, make.street)
    said = " ".join(rng.choice(makers)(p)[1] for _ in range(rng.randint(1, 3)))
    if rng.random() < 0.4:
        said = " ".join(rng.choice(PLAIN) for _ in range(rng.randint(1, 6)))
    if pieces and rng.random() < 0.5:
        said = " ".join(glued(p, pieces) for _ in range(rng.randint(1, 5)))
        if rng.random() < 0.15:
            said = _spelled_strangely(rng, said)
    text = rng.choice(("{v}", "{v}", "Copy: {v}", 'The text is "{v}".', "Say {v}.")).replace("{v}", said)
    if rng.random() < 0.5:
        return Sample(format_prompt(text, {"type": "string"}), json.dumps(said, ensure_ascii=False), {"type": "string"}, said, (), "drill")
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    answer = json.dumps({"text": said}, ensure_ascii=False)
    return Sample(format_prompt(text, schema), answer, schema, {"text": said}, (), "drill")
