"""Automata of formats in the user's cache folder: they take up to 400 ms to make and are the same in every process.

An entry holds the automaton over characters and, unless that is very large, the byte automaton of its JSON strings. Its key names the
format, the version, and size and time of every source file that may have a part in making it, so that entries of another version are never
looked at. Refused: automata of patterns, which are as many as schemas have, and most of them quicker made than read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from maskwright.automata import cache
from maskwright.automata.alphabet import BYTES, CHARS, Alphabet
from maskwright.automata.dfa import DFA

from .spelling import SpelledDFA, spell

#: states of a byte automaton up to which it is kept
SPELLED_STATES = 8000
_known: dict[str, DFA] = {}
#: key of an automaton over characters -> its byte automaton
_spelled: dict[bytes, SpelledDFA] = {}


def language(name: str, make: Callable[[], DFA]) -> DFA:
    """Return the automaton ``make()``, from the cache folder if an earlier process has kept it there under ``name``."""
    found = _known.get(name)
    if found is None:
        found = _known[name] = _load(name) or _store(name, make().minimize())
    return found


def spelled(dfa: DFA) -> SpelledDFA:
    """Return ``spell(dfa)``, without computing it where it came with the automaton."""
    return _spelled.get(dfa.key) or spell(dfa)


@lru_cache(maxsize=1)
def _sources() -> str:
    folders = (Path(__file__).parent, Path(__file__).parent.parent, Path(cache.__file__).parent)
    digest = hashlib.blake2b(version("maskwright").encode(), digest_size=12)
    for folder in folders:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                status = os.stat(folder / name)
                digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _load(name: str) -> DFA | None:
    entry = cache.load("formats", f"{name}-{_sources()}")
    if entry is None:
        return None
    dfa = _read(DFA, entry.arrays, "char", CHARS)
    dfa._key = entry.arrays["key"].tobytes()
    if "byte_table" in entry.arrays:
        out = _read(SpelledDFA, entry.arrays, "byte", BYTES)
        assert isinstance(out, SpelledDFA)
        out.weights = entry.arrays["weights"]
        out.opened = entry.meta["opened"]
        out.source = dfa
        out._key = entry.arrays["byte_key"].tobytes()
        _spelled[dfa.key] = out
    return dfa


def _store(name: str, dfa: DFA) -> DFA:
    arrays = {"key": np.frombuffer(dfa.key, np.uint8), **_written("char", dfa)}
    meta = {}
    if dfa.num_states * 8 <= SPELLED_STATES:  # a hint: a character takes some seven states to spell
        out = spell(dfa)
        _spelled[dfa.key] = out
        if out.num_states <= SPELLED_STATES:
            arrays |= {"byte_key": np.frombuffer(out.key, np.uint8), "weights": out.weights, **_written("byte", out)}
            meta["opened"] = int(out.opened)
    cache.store("formats", f"{name}-{_sources()}", arrays, meta)
    return dfa


def _written(prefix: str, dfa: DFA) -> dict[str, np.ndarray]:
    accepting = np.array([bool(labels) for labels in dfa.labels])
    return {
        f"{prefix}_bounds": dfa.alphabet.bounds,
        f"{prefix}_classes": dfa.alphabet.classes,
        f"{prefix}_table": dfa.table,
        f"{prefix}_start": np.array([dfa.start], np.int64),
        f"{prefix}_accepting": accepting.astype(np.uint8),
    }


def _read(kind: type[DFA], arrays: dict[str, np.ndarray], prefix: str, universe: str) -> DFA:
    alphabet = Alphabet(universe, arrays[f"{prefix}_bounds"].tolist(), arrays[f"{prefix}_classes"].tolist())
    labels = [(0,) if accepts else () for accepts in arrays[f"{prefix}_accepting"].tolist()]
    out = kind.from_table(alphabet, arrays[f"{prefix}_table"], int(arrays[f"{prefix}_start"][0]), labels)
    out._minimal = True
    return out
