"""Random spellings of strings in JSON, and a reader that knows what maskwright refuses."""

import json
import random

SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _spelled(rng: random.Random, char: str) -> str:
    way = rng.randrange(3)
    if way == 0 and char in SHORT:
        return SHORT[char]
    if way == 1 and char >= " " and char not in '"\\':
        return char
    point = ord(char)
    units = [point] if point < 0x10000 else [0xD800 + (point - 0x10000 >> 10), 0xDC00 + (point & 0x3FF)]
    return "".join("\\u" + "".join(rng.choice([d, d.upper()]) for d in f"{unit:04x}") for unit in units)


def spellings(rng: random.Random, text: str, count: int) -> list[bytes]:
    """Return ``count`` random spellings of ``text``, quotes included."""
    return [('"' + "".join(_spelled(rng, char) for char in text) + '"').encode() for _ in range(count)]


def decoded(text: bytes) -> str | None:
    """Return the string that a JSON text spells, None if it spells none or one with a lone surrogate."""
    try:
        value = json.loads(text)
        value.encode()
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, str) and text[:1] == b'"' and text[-1:] == b'"' else None
