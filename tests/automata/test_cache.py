"""The cache gives back what was stored or nothing at all, and never raises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maskwright.automata import cache
from maskwright.errors import SerializationVersionError

ARRAYS = {
    "bytes": np.arange(7, dtype=np.uint8),
    "ids": np.arange(12, dtype=np.int32).reshape(3, 4),
    "words": np.array([1, 2**32 - 1], np.uint32),
    "flags": np.array([True, False]),
    "none": np.zeros(0, np.int64),
    "strided": np.arange(10, dtype=np.int32)[::2],
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_round_trip(folder):
    assert cache.load("kind", "key") is None
    assert cache.store("kind", "key", ARRAYS, {"name": "日本", "ids": [1, 2]})
    arrays, meta = cache.load("kind", "key")
    assert meta == {"name": "日本", "ids": [1, 2]}
    assert arrays.keys() == ARRAYS.keys()
    for name, want in ARRAYS.items():
        have = arrays[name]
        assert have.dtype == want.dtype
        assert have.shape == want.shape
        assert (have == want).all()
        assert have.flags.c_contiguous
        assert have.flags.writeable
        assert have.flags.aligned
    assert [path.name for path in (folder / "kind").iterdir()] == ["key.arrays"]


def test_empty_name_turns_it_off(monkeypatch):
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, "")
    assert cache.cache_dir() is None
    assert not cache.store("kind", "key", ARRAYS)
    assert cache.load("kind", "key") is None


def test_default_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv(cache.ENVIRONMENT_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache.cache_dir() == tmp_path / "maskwright"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.cache_dir() == Path.home() / ".cache" / "maskwright"


def test_damaged_files_count_as_absent(folder):
    cache.store("kind", "key", ARRAYS)
    path = cache.entry_path("kind", "key")
    whole = path.read_bytes()
    damaged = [whole[:n] for n in (0, 4, 8, 15, 40, len(whole) // 2, len(whole) - 1)]
    damaged += [whole[:n] + bytes([whole[n] ^ 1]) + whole[n + 1 :] for n in range(0, len(whole), 13)]
    damaged.append(b"{}")
    for content in damaged:
        path.write_bytes(content)
        assert cache.load("kind", "key") is None
        with pytest.raises(SerializationVersionError):
            cache.read_arrays(path)
    assert cache.store("kind", "key", ARRAYS)
    assert cache.load("kind", "key") is not None


def test_folder_that_cannot_be_made(folder):
    folder.write_text("a file where the folder should be")
    assert not cache.store("kind", "key", ARRAYS)
    assert cache.load("kind", "key") is None


def test_folder_that_cannot_be_written(folder):
    cache.store("kind", "key", ARRAYS)
    (folder / "kind").chmod(0o500)
    try:
        if os.access(folder / "kind", os.W_OK):
            pytest.skip("this user may write everywhere")
        assert not cache.store("kind", "other", ARRAYS)
        assert cache.load("kind", "key") is not None
    finally:
        (folder / "kind").chmod(0o700)


def test_failed_write_leaves_nothing(folder, monkeypatch):
    cache.store("kind", "key", ARRAYS)

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    assert not cache.store("kind", "other", ARRAYS)
    assert [path.name for path in (folder / "kind").iterdir()] == ["key.arrays"]


def test_several_processes_write_the_same_entry():
    code = """
import numpy as np
from maskwright.automata import cache
for _ in range(60):
    assert cache.store("kind", "key", {"a": np.arange(50_000)})
    entry = cache.load("kind", "key")
    assert entry is not None and (entry.arrays["a"] == np.arange(50_000)).all()
"""
    writers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
