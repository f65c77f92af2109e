"""The synthetic corpus: short English texts, a schema, the JSON that answers it.

A sample is drawn from a seeded generator: a text built from sentences that state attributes of one thing (or of several
records), a schema that asks for some of them under some names in some order, and the answer in one of several JSON layouts.
Nothing is downloaded and nothing is stored: ``sample(rng)`` is the corpus.

The held-out side (``held_out=True``) differs from training in three ways at once: every name, product, place, invented word and
enum literal comes from the held-out part of the pools (`data_words.is_held_out`); the set of keys asked for has a hash that
never occurs in training; and nested samples have a bracket skeleton whose hash never occurs in training.
Design refused: a fixed data set on disk, which a small model starts to memorise and which nobody can extend by a line of code.
"""

from __future__ import annotations

import json
import random

from . import data_families as families
from . import data_values as make
from .data_shapes import Leaf, Rejected, Sample
from .data_words import PLAIN, Picker
from .prompt import format_prompt

__all__ = ["Leaf", "Sample", "drill", "sample"]

FAMILIES = (families.thing, families.generic, families.records, families.mapping, families.question)
WEIGHTS = (56, 20, 12, 3, 9)


def sample(rng: random.Random, held_out: bool = False, max_fields: int = 8) -> Sample:
    """Draw one sample.

    Parameters
    ----------
    rng : random.Random
        Source of all choices; equal states give equal samples.
    held_out : bool
        Which side of the split to draw from.
    max_fields : int
        Most fields asked for (the training curriculum starts small).
    """
    family = rng.choices(FAMILIES, WEIGHTS)[0]
    while True:
        try:
            return family(Picker(rng, held_out), max_fields)
        except Rejected:
            continue


def drill(rng: random.Random) -> Sample:
    """Draw a copying exercise: a run of names, numbers and words, once or within an idle sentence, to be repeated as one string."""
    p = Picker(rng, held_out=False)
    first = (make.word, make.phrase, make.person, make.product, make.code, make.integer(0, 10000), make.number(0, 1000), make.date)
    makers = (*first, make.title, make.email, make.city, make.phone, make.street)
    said = " ".join(rng.choice(makers)(p)[1] for _ in range(rng.randint(1, 3)))
    if rng.random() < 0.4:
        said = " ".join(rng.choice(PLAIN) for _ in range(rng.randint(1, 6)))
    text = rng.choice(("{v}", "{v}", "Copy: {v}", 'The text is "{v}".', "Say {v}.")).replace("{v}", said)
    if rng.random() < 0.5:
        return Sample(format_prompt(text, {"type": "string"}), json.dumps(said, ensure_ascii=False), {"type": "string"}, said, (), "drill")
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    answer = json.dumps({"text": said}, ensure_ascii=False)
    return Sample(format_prompt(text, schema), answer, schema, {"text": said}, (), "drill")
