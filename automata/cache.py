"""Named arrays in the user's cache folder: what is slow to derive and the same in every process.

One entry is one file, ``<cache_dir>/<kind>/<key>.arrays``; the key is a content hash, so an entry never goes stale, it only goes unused.
Layout of a file::

    magic "MWARRAY1" | crc32 of all that follows, uint32 | length of the header, uint32 | header, JSON | arrays, each at a multiple of 64

with the header ``{"meta": {...}, "arrays": [[name, dtype, shape, offset], ...]}``, everything little-endian. Nothing is ever unpickled.

Files are written beside their place and moved there, so a reader sees a whole file or none, and of several writers the last wins with
the same content. The cache is an optimisation: a folder that is missing, full or read-only, and a file that is damaged or of another
version, are logged at debug level and otherwise as if the entry did not exist.

Refused: ``.npz`` (no checksum that is looked at before the arrays are used, slow zip members) and memory maps (read-only arrays make
numba compile every kernel a second time; the 6.5 MB of Llama-3 are read and checked in 2 ms).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskwright.errors import SerializationVersionError

logger = logging.getLogger(__name__)

MAGIC = b"MWARRAY1"
ALIGNMENT = 64
ENVIRONMENT_VARIABLE = "MASKWRIGHT_CACHE_DIR"


class Entry(NamedTuple):
    """What one file holds: arrays by name (C-contiguous, native byte order, writeable), and JSON data."""

    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]


def cache_dir() -> Path | None:
    """Return the cache folder, which need not exist, or None where caching is off.

    ``MASKWRIGHT_CACHE_DIR`` names it; set to the empty string it turns caching off. Otherwise it is ``maskwright`` in the platform's
    folder for caches (``$XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches``, ``%LOCALAPPDATA%``).
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named is not None:
        return Path(named).expanduser() if named.strip() else None
    try:
        home = Path.home()
    except RuntimeError:                                        # no home folder can be told
        return None
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "maskwright" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "maskwright"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else home / ".cache") / "maskwright"


def entry_path(kind: str, key: str) -> Path | None:
    """Return where the entry lies or would lie; None where caching is off. ``kind`` and ``key`` are plain file-name parts."""
    folder = cache_dir()
    return None if folder is None else folder / kind / f"{key}.arrays"


def load(kind: str, key: str) -> Entry | None:
    """Return the entry, or None if there is none that can be read."""
    path = entry_path(kind, key)
    if path is None:
        return None
    try:
        return read_arrays(path)
    except FileNotFoundError:
        return None
    except (OSError, SerializationVersionError) as problem:
        logger.debug("cache entry %s ignored: %s", path, problem)
        return None


def store(kind: str, key: str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None) -> bool:
    """Keep an entry; say whether it was written."""
    path = entry_path(kind, key)
    if path is None:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays, meta)
    except OSError as problem:
        logger.debug("cache entry %s not written: %s", path, problem)
        return False
    return True


def entries() -> list[Path]:
    """Return the files that maskwright keeps in the cache folder: entries, markers of compiled kernels, and left-over partial files."""
    folder = cache_dir()
    if folder is None or not folder.is_dir():
        return []
    return sorted([*folder.glob("*/*.arrays"), *folder.glob("*/.*.part"), *folder.glob("kernels-*")])


def clear() -> int:
    """Remove the `entries` and return how many were removed; other files in the folder stay."""
    removed = 0
    for path in entries():
        try:
            path.unlink()
            removed += 1
        except OSError as problem:
            logger.debug("cache entry %s not removed: %s", path, problem)
    return removed


def write_arrays(path: Path | str, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any] | None = None) -> None:
    """Write one file, atomically.

    Parameters
    ----------
    path : path
        In a folder that exists.
    arrays : mapping of str to ndarray
        Plain numeric or boolean arrays.
    meta : mapping, optional
        JSON data.

    Raises
    ------
    OSError
        If the file cannot be written; no partial file stays behind.
    """
    path = Path(path)
    normal = {name: np.ascontiguousarray(a, a.dtype.newbyteorder("<")).reshape(a.shape) for name, a in arrays.items()}
    layout, end = [], 0
    for name, array in normal.items():
        layout.append([name, array.dtype.str, list(array.shape), end])
        end += _aligned(array.nbytes)
    header = json.dumps({"meta": dict(meta or {}), "arrays": layout}).encode()
    start = _aligned(len(MAGIC) + 8 + len(header))
    header = header.ljust(start - len(MAGIC) - 8)
    parts = [len(header).to_bytes(4, "little"), header]
    for array in normal.values():
        parts += [array.tobytes(), bytes(_aligned(array.nbytes) - array.nbytes)]
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    handle, beside = tempfile.mkstemp(prefix=f".{path.name[:40]}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([MAGIC, checksum.to_bytes(4, "little"), *parts])
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def read_arrays(path: Path | str) -> Entry:
    """Read one file.

    Raises
    ------
    OSError
        If it cannot be read.
    SerializationVersionError
        If it is damaged, or not of this format.
    """
    with open(path, "rb") as file:
        content = np.fromfile(file, np.uint8)
    fixed = len(MAGIC) + 8
    if len(content) < fixed or content[: len(MAGIC)].tobytes() != MAGIC:
        raise SerializationVersionError(f"{path} is not a maskwright array file of this version")
    checksum, header_length = (int(word) for word in content[len(MAGIC) : fixed].view("<u4"))
    if zlib.crc32(content[len(MAGIC) + 4 :].data) != checksum:
        raise SerializationVersionError(f"{path} is damaged: its checksum does not match")
    start = fixed + header_length
    header = json.loads(content[fixed:start].tobytes())
    arrays = {}
    for name, dtype_name, shape, offset in header["arrays"]:
        dtype = np.dtype(dtype_name)
        stop = start + offset + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        array = content[start + offset : stop].view(dtype).reshape(shape)
        arrays[name] = array.astype(dtype.newbyteorder("="), copy=False)
    return Entry(arrays, header["meta"])


def _aligned(length: int) -> int:
    """Round up to a multiple of `ALIGNMENT`."""
    return -(-length // ALIGNMENT) * ALIGNMENT
