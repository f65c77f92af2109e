"""Tasks of ``truth``: a table model and a pattern each, small enough to be enumerated; and those of real models and grammars.

Every table task is a target whose exact law is known. They were chosen for what they punish: walking into a dead end, giving up on small
masses, losing one of two equal tokens, warping on the wrong side of the mask, forgetting to pay the end, seeing a distortion where there
is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import maskwright as mw
from maskwright.samplers.potentials import Predicate
from maskwright.samplers.table_model import TableLM
from maskwright.samplers.target import Target, Warp


class Task(NamedTuple):
    """A target by name, and what it is about."""

    name: str
    about: str
    make: Callable[[], Target]


def vocabulary(tokens: tuple[str, ...]) -> mw.Vocabulary:
    """Return a vocabulary whose last id is the end."""
    return mw.Vocabulary.from_bytes([token.encode() for token in tokens] + [b""], eos_ids=[len(tokens)])


def target(pattern: str, tokens: tuple[str, ...], max_tokens: int, table: Any = None, seed: int = 0, **options: Any) -> Target:
    vocab = vocabulary(tokens)
    model = TableLM.random(vocab.size, 2, seed=seed) if table is None else TableLM(np.asarray(table, float))
    return Target(model, mw.compile(vocab, regex=pattern), max_tokens, **options)


def trap() -> Target:
    """After ``a`` only ``b`` is allowed, which the model writes with probability 1e-3: masks walk in."""
    table = [[0.9, 0.001, 0.05, 0.049], [0.05, 0.05, 0.1, 0.8], [0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1], [0.7, 0.1, 0.2, 0]]
    return target("ab[abc]|c[abc]{0,2}|b", ("a", "b", "c"), 3, table)


def tiny() -> Target:
    """After ``a`` the allowed tokens have 1e-9 of the mass, in all; the predicate takes half of them away."""
    table = [[1 - 1e-9, 0.4e-9, 0.6e-9, 0], [0.2, 0.3, 0.1, 0.4], [0.3, 0.2, 0.3, 0.2], [1, 1, 1, 1], [1 - 1e-6, 0.5e-6, 0.5e-6, 0]]
    spaced = Predicate(lambda text: "bb" not in text, prefix=lambda text: "bb" not in text)
    return target("a?[bc]{1,3}", ("a", "b", "c"), 4, table, potential=spaced)


TASKS = (
    Task("dead-end trap", "a likely token leads where the language needs an unlikely one", trap),
    Task("tiny mass", "a state whose allowed mass is 1e-9, and a predicate", tiny),
    Task("duplicate bytes", "two tokens spell `ab`, two spell `a`: all tokenizations count",
         lambda: target("(ab){1,2}|b+", ("a", "b", "c", "ab", "a", "ab"), 4, seed=5)),
    Task("temperature 1.7", "the warp belongs to the target",
         lambda: target("[ab]*c", ("a", "b", "c"), 4, seed=7, warp=Warp(temperature=1.7))),
    Task("nucleus", "top-p before the constraint", lambda: target("(a|b){2}c?", ("a", "b", "c"), 4, seed=3, warp=Warp(top_p=0.95))),
    Task("one token", "a budget of one token: the end is paid", lambda: target("a|b|ab|abc", ("a", "b", "c", "ab", "abc"), 1, seed=9)),
    Task("masking is exact", "the allowed mass is the same everywhere",
         lambda: target("[ab]{3}", ("a", "b", "c"), 3, [[0.3, 0.2, 0.1, 0.4]] * 2 + [[1, 1, 1, 1]] * 2 + [[0.1, 0.4, 0.1, 0.4]])),
    Task("predicate", "an even number of `a`, asked of a function",
         lambda: target("[abc]{0,3}", ("a", "b", "c"), 3, seed=43,
                        potential=Predicate(lambda text: text.count("a") % 2 == 0, prefix=lambda text: text.count("a") < 3))),
)  # fmt: skip


class Language(NamedTuple):
    """A grammar and a prompt, for the model that comes with the package."""

    name: str
    grammar: str
    prompt: str


def languages(folder: Path, per_kind: int) -> Iterator[Language]:
    """Read grammars (EBNF) and prompts from a ``sampler-tasks`` folder: SLIA, BV4 and SMILES."""
    for kind in ("SLIA", "BV4", "smiles"):
        for path in sorted((folder / kind).glob("*.ebnf"))[:per_kind]:
            prompt = path.with_suffix(".txt")
            yield Language(f"{kind}/{path.stem}", path.read_text(), prompt.read_text() if prompt.exists() else kind)
