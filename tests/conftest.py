"""Tests keep out of the user's cache folder, and no generated example fails for the time it takes on a busy machine."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

if "MASKWRIGHT_CACHE_DIR" not in os.environ:
    _FOLDER = tempfile.TemporaryDirectory(prefix="maskwright-tests-")
    os.environ["MASKWRIGHT_CACHE_DIR"] = _FOLDER.name
