"""``endurance``: one constraint reads a million tokens of random JSON; what does it cost by then, and does its memory stay bounded?

Every text is a value drawn from a seeded generator (nested lists and maps, numbers of every size, texts of many alphabets), written by
`json.dumps` and read token by token, mask and step. The constraint's evictable memory (`Limits.memory_bytes`) is bounded; the second
budget is so small that eviction never ends. Memory is what the process holds above what it held before the first text.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import maskwright as mw
from maskwright.errors import OptionError

from .cases import own_tokenizer
from .child import resident_mib
from .environment import environment, environment_lines
from .micro import open_vocabulary
from .options import save
from .summary import number, table
from .worker import load_encoder

SEED = 5
DEPTH = 5
#: evictable memory of the constraint, MiB
BUDGETS = (32, 1)
PARTS = 10


class Part(NamedTuple):
    """A tenth of the tokens: processor time per token, memory at its end."""

    tokens: int
    microseconds: float
    mib: float
    states: int


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("endurance", help="a million tokens through one constraint: cost per token and memory")
    parser.add_argument("--tokens", type=int, default=1_000_000, help="tokens to read (default %(default)s)")
    parser.add_argument("--tokenizer", metavar="DIR", help="folder with tokenizer.json, or 'bytes' (default: llama3 in MASKWRIGHT_DATA)")
    parser.add_argument("--save", metavar="PREFIX", help="write the table to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=endurance)


def endurance(arguments: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    if arguments.tokens < PARTS:
        raise OptionError("tokens", arguments.tokens, f"a number from {PARTS} on")
    tokenizer = own_tokenizer(arguments.tokenizer)
    mw.warmup()
    parts = {budget: list(read(tokenizer, budget, arguments.tokens)) for budget in BUDGETS}
    rows = [
        [f"{budget} MiB", f"{p.tokens:,}", number(p.microseconds), number(p.mib), f"{p.states:,}"]
        for budget, found in parts.items()
        for p in found
    ]
    blocks = [
        "# One constraint, many texts",
        environment_lines(environment(), {"maskwright": mw.__version__}),
        f"Tokenizer: {Path(tokenizer).name if tokenizer else 'bytes'}. Random JSON values, seed {SEED}; mask and step, processor time.",
        table(["budget", "tokens so far", "µs per token of this part", "MiB above the start", "states"], rows),
    ]
    print("\n\n".join(blocks))
    lines = {budget: [p._asdict() for p in found] for budget, found in parts.items()}
    save(arguments.save, "\n\n".join(blocks), {"environment": environment(), "budgets_mib": lines})
    return 0


def read(tokenizer: str | None, budget: int, tokens: int) -> Iterator[Part]:
    """Read random texts until ``tokens`` are read, with ``budget`` MiB; raise if a mask forbids one."""
    vocabulary, encode, texts = open_vocabulary(tokenizer), load_encoder(tokenizer), random_texts()
    constraint = mw.compile(vocabulary, schema=True, limits=mw.Limits(memory_bytes=budget * 2**20))
    row = np.zeros(vocabulary.num_words, np.uint32)
    before, so_far, taken, mark = resident_mib(), 0, 0.0, 0
    while so_far < tokens:
        ids = encode(next(texts))
        begun = time.process_time()
        state = constraint.start
        for token in ids:
            constraint.fill_mask(state, row)
            state = constraint.advance(state, token)
        taken += time.process_time() - begun
        if not constraint.is_accepting(state):
            raise AssertionError("a text of the language was refused")
        so_far += len(ids)
        if so_far - mark >= tokens / PARTS or so_far >= tokens:
            yield Part(so_far, taken / (so_far - mark) * 1e6, resident_mib() - before, constraint.report().stats["states"])
            mark, taken = so_far, 0.0


def random_texts() -> Iterator[str]:
    """Yield JSON texts, for ever the same."""
    rng = random.Random(SEED)
    while True:
        yield json.dumps(random_value(rng, DEPTH), ensure_ascii=False)


def random_value(rng: random.Random, depth: int) -> Any:
    """Draw a value nested at most ``depth`` deep."""
    kind = rng.random() if depth else 0.0
    if kind < 0.5:
        numbers = rng.randint(-(10**6), 10**6), rng.uniform(-1, 1) * 10.0 ** rng.randint(-5, 12)
        return rng.choice((None, True, False, *numbers, random_text(rng), random_text(rng)))
    if kind < 0.75:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 6))]
    return {random_text(rng): random_value(rng, depth - 1) for _ in range(rng.randint(0, 6))}


def random_text(rng: random.Random) -> str:
    """Draw a text: mostly lower case, some of printable ASCII, some from the alphabets up to U+2FFF."""
    ranges = ((97, 122), (97, 122), (32, 126), (0xA0, 0x2FFF))
    return "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.choice((1, 3, 8, 20))))
