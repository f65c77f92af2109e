"""Readers of tokenizers: one module per kind, each yielding a `TokenTable`. No tokenizer library is imported before its kind is met."""

from __future__ import annotations

from .table import TokenTable

__all__ = ["TokenTable"]
