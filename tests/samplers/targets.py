"""Small targets whose every text is known: a table model and a compiled pattern on a handful of tokens."""

from __future__ import annotations

import numpy as np

import maskwright as mw
from maskwright.samplers.table_model import TableLM
from maskwright.samplers.target import Target, Warp


def make_vocabulary(tokens="abc", extra=()):
    pieces = [t.encode() for t in tokens] + [e.encode() for e in extra] + [b""]
    return mw.Vocabulary.from_bytes(pieces, eos_ids=[len(pieces) - 1])


def make_target(pattern="[abc]{0,4}", tokens="abc", extra=(), *, seed=0, order=2, spread=1.5, max_tokens=4, table=None, **options):
    vocab = make_vocabulary(tokens, extra)
    model = TableLM.random(vocab.size, order, seed=seed, spread=spread) if table is None else TableLM(table)
    return Target(model, mw.compile(vocab, regex=pattern), max_tokens, **options)


def dead_end_trap(small=1e-3):
    """The model loves ``a``, after which the language needs a token the model hardly ever writes: masking walks in, the target does not."""
    # tokens a b c end; context 4 is the beginning
    table = np.array([
        [0.9, small, 0.05, 0.05 - small],  # after a: only b continues
        [0.05, 0.05, 0.1, 0.8],            # after b
        [0.1, 0.2, 0.3, 0.4],              # after c
        [0.25, 0.25, 0.25, 0.25],          # after the end: never read
        [0.7, 0.1, 0.2, 0.0],              # beginning
    ])
    return make_target("ab[abc]|c[abc]{0,2}|b", table=table, max_tokens=3)


TARGETS = {
    "trap": dead_end_trap,
    "counted": lambda: make_target("(a|b){2}c?(a|b)?", seed=3, max_tokens=4),
    "duplicates": lambda: make_target("(ab){1,2}|b+", extra=("ab", "a"), seed=5, max_tokens=4),
    "warm": lambda: make_target("[ab]*c", seed=7, max_tokens=4, warp=Warp(temperature=1.7)),
    "nucleus": lambda: make_target("[abc]{1,3}", seed=8, max_tokens=3, warp=Warp(top_p=0.8, temperature=0.9)),
    "one token": lambda: make_target("a|b|ab|abc", extra=("ab", "abc"), seed=9, max_tokens=1),
}
