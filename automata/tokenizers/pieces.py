"""From the pieces a Hugging Face tokenizer stores (strings) to the bytes they decode to.

A tokenizer.json names a *decoder*: a pipeline over the pieces of a text. The steps that work on one piece at a time tell each
token's bytes:

========================  ================================================================================================
``ByteLevel``             every byte is written as one printable character (GPT-2); a piece with any other character is raw
``ByteFallback``          the piece ``<0xAB>`` is the byte AB
``Metaspace``/``Replace``  ``▁`` is a space
``Fuse``, ``Strip`` after it  touch the ends of the whole text only, and are looked past (see `table`)
========================  ================================================================================================

Anything else (WordPiece, CTC, suffixes of words, patterns) inserts or removes characters by what stands next to a piece, so that a
text is not the concatenation of its tokens; it is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from maskwright.errors import TokenizerError

_BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>\Z")


def byte_characters() -> str:
    """Return the 256 characters of the byte-level alphabet, by byte.

    Bytes that are printable in Latin-1 stand for themselves, the others take U+0100, U+0101, ... in order (GPT-2's ``bytes_to_unicode``).

    >>> byte_characters()[0x20], byte_characters()[0x41]
    ('Ġ', 'A')
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return "".join(chr(byte) if byte in printable else chr(next(spare)) for byte in range(256))


def decode_byte_level(pieces: Sequence[str]) -> list[bytes]:
    """Return the bytes of byte-level pieces, all at once.

    >>> decode_byte_level(["Ġa", "Ã", "日"])
    [b' a', b'\\xc3', b'\\xe6\\x97\\xa5']
    """
    codes = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), "<u4")
    byte_of = np.full(0x200, -1, np.int16)
    byte_of[[ord(character) for character in byte_characters()]] = np.arange(256)
    found = byte_of[np.minimum(codes, 0x1FF)]
    blob = found.astype(np.uint8).tobytes()
    stops = np.cumsum(np.fromiter(map(len, pieces), np.int64, len(pieces)))
    raw = set(np.searchsorted(stops, np.flatnonzero(found < 0), side="right").tolist())
    decoded, start = [], 0
    for i, stop in enumerate(stops.tolist()):
        decoded.append(pieces[i].encode("utf-8", "replace") if i in raw else blob[start:stop])
        start = stop
    return decoded


def decode_pieces(pieces: Sequence[str], decoder: dict[str, Any] | None, source: str) -> list[bytes]:
    """Return the bytes of each piece under a tokenizer.json decoder.

    Parameters
    ----------
    pieces : sequence of str
        As stored in the vocabulary.
    decoder : dict or None
        The ``decoder`` entry of the tokenizer.json.
    source : str
        For messages.

    Raises
    ------
    TokenizerError
        If a step of the decoder is none of those the module docstring lists.
    """
    texts: list[str] = list(pieces)
    fixed: dict[int, bytes] = {}                                # pieces that are bytes already
    fused = False
    for step in _steps(decoder):
        kind = step.get("type")
        if kind == "ByteLevel":
            return [fixed.get(i, token) for i, token in enumerate(decode_byte_level(texts))]
        if kind == "ByteFallback":
            fixed.update((i, bytes.fromhex(m[1])) for i, text in enumerate(texts) if (m := _BYTE_PIECE.match(text)))
        elif kind == "Metaspace":
            texts = [text.replace(step.get("replacement", "▁"), " ") for text in texts]
        elif kind == "Replace" and "String" in step.get("pattern", {}):
            texts = [text.replace(step["pattern"]["String"], step["content"]) for text in texts]
        elif kind == "Strip" and not fused:
            texts = [_strip(text, step) for text in texts]
        elif kind == "Fuse":
            fused = True
        elif kind != "Strip":
            raise _no_concatenation(kind, source)
    if decoder is None:
        raise _no_concatenation("none (words joined by spaces)", source)
    return [fixed[i] if i in fixed else text.encode("utf-8", "replace") for i, text in enumerate(texts)]


def _steps(decoder: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Yield the steps of a decoder in order, sequences opened."""
    pending = [decoder] if decoder else []
    while pending:
        step = pending.pop()
        if step.get("type") == "Sequence":
            pending.extend(reversed(step.get("decoders", [])))
        else:
            yield step


def _strip(text: str, step: dict[str, Any]) -> str:
    """Drop up to ``start`` leading and ``stop`` trailing occurrences of a character."""
    content = step.get("content", " ")
    for _ in range(step.get("start", 0)):
        text = text.removeprefix(content)
    for _ in range(step.get("stop", 0)):
        text = text.removesuffix(content)
    return text


def _no_concatenation(kind: Any, source: str) -> TokenizerError:
    error = TokenizerError(f"the decoder of {source} is {kind}: its texts are not the concatenation of its tokens' bytes")
    error.add_note("if you know the bytes of each token, pass them to Vocabulary.from_bytes")
    return error
