"""``micro``: single operations of maskwright, and start-up, each beside what it is measured against.

Every line is the median of several repeats of a loop; the yardstick (a copy of one row, `np.take` of the same rows, `json.dumps` of the
schema) is measured right beside it in the same process, and the ratio is what carries over between machines.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import maskwright as mw

from .cases import own_tokenizer
from .environment import environment, environment_lines
from .hard_cases import list_of_objects
from .options import save
from .summary import number, table
from .worker import load_encoder

REPEATS = 7
SECONDS = 0.05  # per repeat
BATCHES = (1, 16, 256)
ROWS = 16
FIVE_FIELDS = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "email": {"type": "string", "maxLength": 60},
        "kind": {"enum": ["a", "b", "c"]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
START_UP = """
import time, sys
begun = time.perf_counter()
import maskwright as mw
imported = time.perf_counter()
if sys.argv[1]:
    vocab = mw.Vocabulary.from_file(sys.argv[1])
else:
    vocab = mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))
loaded = time.perf_counter()
import json, numpy
constraint = mw.compile(vocab, schema=json.loads(sys.argv[2]))
constraint.fill_mask(constraint.start, numpy.zeros(vocab.num_words, numpy.uint32))
print(imported - begun, loaded - imported, time.perf_counter() - loaded)
"""


class Measured(NamedTuple):
    """One line: microseconds per call, and of the yardstick."""

    what: str
    microseconds: float
    yardstick: str = ""
    yardstick_microseconds: float = float("nan")

    @property
    def ratio(self) -> float:
        return self.microseconds / self.yardstick_microseconds


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("micro", help="single operations of maskwright, and start-up")
    parser.add_argument("--tokenizer", metavar="DIR", help="folder with tokenizer.json, or 'bytes' (default: llama3 in MASKWRIGHT_DATA)")
    parser.add_argument("--save", metavar="PREFIX", help="write the table to PREFIX.md and PREFIX.json too")
    parser.set_defaults(command=micro)


def micro(arguments: argparse.Namespace) -> int:
    tokenizer = own_tokenizer(arguments.tokenizer)
    mw.warmup()
    lines = [*operations(tokenizer), *start_up(tokenizer)]
    rows = [[m.what, number(m.microseconds), m.yardstick, number(m.yardstick_microseconds), number(m.ratio)] for m in lines]
    blocks = [
        "# Single operations",
        environment_lines(environment(), {"maskwright": mw.__version__}),
        f"Tokenizer: {Path(tokenizer).name if tokenizer else 'bytes'}.",
        table(["operation", "µs", "against", "µs", "ratio"], rows),
    ]
    print("\n\n".join(blocks))
    save(arguments.save, "\n\n".join(blocks), {"environment": environment(), "lines": [m._asdict() for m in lines]})
    return 0


def per_call(call: Callable[[], Any]) -> float:
    """Return the median time of a call in microseconds."""
    timer = timeit.Timer(call)
    loops, taken = timer.autorange()
    loops = max(1, int(loops * SECONDS / max(taken, 1e-9)))
    return statistics.median(timer.repeat(REPEATS, loops)) / loops * 1e6


def open_vocabulary(tokenizer: str | None) -> mw.Vocabulary:
    if tokenizer:
        return mw.Vocabulary.from_file(tokenizer)
    return mw.Vocabulary.from_bytes([bytes([b]) for b in range(256)] + [b""], eos_ids=(256,))


def operations(tokenizer: str | None) -> Iterator[Measured]:
    """Time masks, steps and batches on states that were all visited before, then compiling."""
    vocab = open_vocabulary(tokenizer)
    schema, instances = list_of_objects(60)
    tokens = load_encoder(tokenizer)(json.dumps(instances[0][0]))
    constraint = mw.compile(vocab, schema=schema)
    path = [constraint.start, *constraint.walk(constraint.start, tokens).tolist()][: len(tokens)]
    pool = np.zeros((len(path), vocab.num_words), np.uint32)
    constraint.fill_masks(path, pool)
    row = np.zeros(vocab.num_words, np.uint32)
    middle = len(path) // 2
    state, token = path[middle], tokens[middle]
    copy = per_call(lambda: np.copyto(row, pool[middle]))
    yield Measured("fill_mask, state seen before", per_call(lambda: constraint.fill_mask(state, row)), "copy of a row", copy)
    yield Measured("advance, step seen before", per_call(lambda: constraint.advance(state, token)))
    yield Measured("is_accepting", per_call(lambda: constraint.is_accepting(state)))
    yield from batches(vocab, constraint, schema, path, tokens, pool)
    yield from logits(vocab.num_words)
    text = per_call(lambda: json.dumps(schema))
    yield Measured("compile, same schema again", per_call(lambda: mw.compile(vocab, schema=schema)), "json.dumps of it", text)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "constraint")
        yield Measured("save", per_call(lambda: constraint.save(file)))
        yield Measured("load", per_call(lambda: mw.load(file, vocab)))


def batches(
    vocab: mw.Vocabulary, constraint: mw.Constraint, schema: Any, path: list[int], tokens: list[int], pool: np.ndarray
) -> Iterator[Measured]:
    """Time batches of one constraint and of as many different ones."""
    for size in BATCHES:
        index = np.arange(size) * len(path) // size
        states, chosen = np.asarray(path, np.int32)[index], np.asarray(tokens, np.int32)[index]
        out = np.zeros((size, vocab.num_words), np.uint32)
        take = per_call(partial(np.take, pool, index, axis=0, out=out, mode="clip"))
        filled = per_call(partial(constraint.fill_masks, states, out))
        yield Measured(f"fill_masks, one constraint, rows: {size}", filled, "np.take of the rows", take)
        others = [mw.compile(vocab, schema={**schema, "title": str(i)}) for i in range(size)]
        starts = [other.start for other in others]
        mw.fill_masks(others, starts, out)
        filled = per_call(partial(mw.fill_masks, others, starts, out))
        yield Measured(f"fill_masks, constraints: {size}", filled, "np.take of the rows", take)
        moved = per_call(partial(constraint.advance_many, states, chosen))
        yield Measured(f"advance_many, rows: {size}", moved)


def logits(num_words: int) -> Iterator[Measured]:
    """Time masking sixteen rows of logits beside torch with a ready bool mask, on one thread; nothing where torch is missing."""
    try:
        import torch
    except ImportError:
        return
    from maskwright.integrations.masks import LOGITS, apply_mask, unpack

    LOGITS.compile()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rng, width = np.random.default_rng(0), 32 * num_words
    for share, name in ((100 / width, "100"), (0.5, "half the")):
        words = np.packbits(rng.random((ROWS, width)) < share, axis=1, bitorder="little").view(np.uint32)
        forbidden = ~unpack(words, width, torch.device("cpu"))
        for dtype in (torch.float32, torch.bfloat16, torch.float16):
            batch = torch.randn(ROWS, width).to(dtype)
            masked = per_call(partial(apply_mask, batch.clone(), words))
            filled = per_call(partial(batch.masked_fill_, forbidden, -torch.inf))
            what = f"apply_mask, {ROWS} rows, {str(dtype).removeprefix('torch.')}, {name} tokens"
            yield Measured(what, masked, "masked_fill_ with a ready mask", filled)
    torch.set_num_threads(threads)


def start_up(tokenizer: str | None) -> Iterator[Measured]:
    """Time fresh processes: with what the machine has cached, and with an empty cache of kernels."""
    times = [run_fresh(tokenizer, {}) for _ in range(3)]
    for what, values in zip(("import maskwright", "vocabulary from its cache", "first mask of five fields"), zip(*times)):
        yield Measured(f"start: {what}", statistics.median(values) * 1e6)
    yield Measured("start: all three", statistics.median(map(sum, times)) * 1e6)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "import maskwright as mw; print(mw.warmup())"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "NUMBA_CACHE_DIR": folder})
        yield Measured("compile all kernels, nothing cached", float(done.stdout) * 1e6)
    yield Measured("kernels from numba's cache", float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1e6)


def run_fresh(tokenizer: str | None, more: dict[str, str]) -> tuple[float, ...]:
    command = [sys.executable, "-c", START_UP, tokenizer or "", json.dumps(FIVE_FIELDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **more})
    return tuple(map(float, done.stdout.split()))
