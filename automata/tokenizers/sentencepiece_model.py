"""Read SentencePiece models: the serialized protocol buffer, from a file or from a live processor.

Of a ``ModelProto`` four things matter: each piece's string and type (field 1), the string of the end piece (trainer_spec, 2.47), and
whether spaces are written ``▁`` (normalizer_spec, 3.5). They are read here directly, in forty lines, so that neither the sentencepiece
package nor protobuf is needed for a file.

Types: a normal or user-defined piece is its UTF-8 with ``▁`` for space; a byte piece ``<0xAB>`` is that byte; control pieces and the
unknown piece are special; unused pieces are nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from maskwright.errors import TokenizerError

from .table import TokenTable, end_ids

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5


def read_processor(processor: Any, eos_token_ids: Iterable[int] | int | None, generation_config: Any) -> TokenTable:
    """Read a `sentencepiece.SentencePieceProcessor`."""
    return read_model(
        processor.serialized_model_proto(), eos_token_ids, generation_config, "SentencePiece model", decode_runs=processor.decode
    )


def read_model(
    proto: bytes, eos_token_ids: Iterable[int] | int | None, generation_config: Any, source: str, decode_runs: Any = None
) -> TokenTable:
    """Read a serialized model.

    Raises
    ------
    TokenizerError
        If it is not one.
    """
    tokens, special, end = model_tokens(proto, source)
    eos_ids = end_ids(special, [end], generation_config, eos_token_ids, len(tokens), source)
    for token in eos_ids:
        tokens[token] = b""
    return TokenTable(tokens, special, eos_ids, decode_runs, source)


def model_tokens(proto: bytes, source: str) -> tuple[list[bytes], dict[str, int], int | None]:
    """Return the bytes of each id, the special ids by name, and the id of the end piece, of a serialized model."""
    try:
        pieces, end_piece, escaped = _parse(proto)
        tokens = [_piece_bytes(text, kind, escaped) for text, kind in pieces]
    except (IndexError, ValueError) as problem:
        raise TokenizerError(f"{source} is not a SentencePiece model: {problem}") from problem
    if not tokens:
        raise TokenizerError(f"{source} is not a SentencePiece model: it has no pieces")
    special = {text: token for token, (text, kind) in enumerate(pieces) if kind in (UNKNOWN, CONTROL)}
    return tokens, special, special.get(end_piece)


def _piece_bytes(text: str, kind: int, escaped: bool) -> bytes:
    """Return what a piece adds to the text."""
    if kind in (NORMAL, USER_DEFINED):
        return (text.replace("▁", " ") if escaped else text).encode()
    if kind == BYTE:
        if len(text) != 6:
            raise ValueError(f"byte piece {text!r}")
        return bytes.fromhex(text[3:5])
    return b""


def _parse(proto: bytes) -> tuple[list[tuple[str, int]], str, bool]:
    """Return the pieces as (string, type), the string of the end piece, and whether ``▁`` stands for space."""
    pieces: list[tuple[str, int]] = []
    end_piece, escaped = "</s>", True
    for number, value in _fields(proto):
        if number == 1 and isinstance(value, bytes):
            text, kind = "", NORMAL
            for inner, part in _fields(value):
                if inner == 1 and isinstance(part, bytes):
                    text = part.decode()
                elif inner == 3 and isinstance(part, int):
                    kind = part
            pieces.append((text, kind))
        elif number == 2 and isinstance(value, bytes):
            end_piece = next((part.decode() for inner, part in _fields(value) if inner == 47 and isinstance(part, bytes)), end_piece)
        elif number == 3 and isinstance(value, bytes):
            escaped = next((bool(part) for inner, part in _fields(value) if inner == 5), escaped)
    return pieces, end_piece, escaped


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield (field number, value) of a protocol buffer message: varints as int, everything else as bytes."""
    position, end = 0, len(message)
    while position < end:
        tag, position = _varint(message, position)
        wire = tag & 7
        if wire == VARINT:
            value, position = _varint(message, position)
            yield tag >> 3, value
            continue
        if wire == LENGTH_DELIMITED:
            length, position = _varint(message, position)
        elif wire in (FIXED32, FIXED64):
            length = 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} at byte {position}")
        if position + length > end:
            raise ValueError(f"a field runs past the end at byte {position}")
        yield tag >> 3, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the base-128 number at ``position`` and the position after it."""
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError(f"a number of more than ten bytes at byte {position}")
