"""Surface syntaxes (JSON Schema, regular expressions, choices, rules) to the pushdown program that `automata` runs.

``maskwright.grammar(text, syntax)`` makes a constraint expression (`compose.grammar`): the package can be called, since the name is both.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """A module that makes an expression when called."""

    def __call__(self, text: str, syntax: str | None = None, **options: Any) -> Any:
        from .compose import grammar

        return grammar(text, syntax, **options)


sys.modules[__name__].__class__ = _CallablePackage
