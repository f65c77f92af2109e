"""The enumerated laws of the small targets."""

from __future__ import annotations

import pytest

from maskwright.samplers.exact import enumerate_target

from .targets import TARGETS, dead_end_trap


@pytest.fixture(scope="session", params=sorted(TARGETS))
def law(request):
    """The enumerated law of a small target (its model's usage is shared: compare differences only)."""
    return enumerate_target(TARGETS[request.param]())


@pytest.fixture(scope="session")
def trap():
    return enumerate_target(dead_end_trap())
