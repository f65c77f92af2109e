"""Tests keep out of the user's cache folder."""

from __future__ import annotations

import os
import tempfile

if "MASKWRIGHT_CACHE_DIR" not in os.environ:
    _FOLDER = tempfile.TemporaryDirectory(prefix="maskwright-tests-")
    os.environ["MASKWRIGHT_CACHE_DIR"] = _FOLDER.name
