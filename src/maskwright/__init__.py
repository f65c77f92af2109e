"""maskwright: constrained decoding for language models."""

__version__ = "0.1.0"
