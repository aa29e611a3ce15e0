"""Messages of Caffe's in protobuf's wire format; the numbers of blobs are looked at where they lie."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from engine.errors import Unreadable
from engine.formats.caffe.message import Declared, Message, Word, numbered, words_of
from engine.formats.wire import BYTES, EIGHT, FOUR, VARINT, Malformed, fields, signed, varints
from engine.schema.text import DEPTH

NUMBERS = frozenset({("BlobProto", name) for name in ("data", "diff", "double_data", "double_diff")})
"""The fields that hold many numbers: their bytes are kept as they are."""

_FORMATS = {"float": ("<f", FOUR), "double": ("<d", EIGHT)}


def message_of(content: bytes | memoryview, type: str, path: Path) -> Message:
    """Bytes as a message. Raises Unreadable naming the place."""
    try:
        return _message(memoryview(content), type, 0)
    except Malformed as error:
        raise Unreadable(f"is damaged: {error}, near byte {error.place:,}", file=str(path)) from None


def _message(content: memoryview, type: str, depth: int) -> Message:
    if depth > DEPTH:
        raise Malformed(f"messages stand more than {DEPTH} deep in each other", 0)
    known = numbered(type)
    made = Message(type)
    for number, kind, value in fields(content):
        field = known.get(number)
        if field is None:
            made.fields.setdefault(f"[{number}]", []).append(value)
        else:
            made.fields.setdefault(field.name, []).extend(_values(type, field, kind, value, depth))
    return made


def _values(type: str, field: Declared, kind: int, value: int | memoryview, depth: int) -> list[Any]:
    if isinstance(value, int):
        return [_number(field, value)]
    if (type, field.name) in NUMBERS:
        return [value]
    if field.is_message:
        return [_message(value, field.type, depth + 1)] if kind == BYTES else []
    if field.type == "string":
        return [str(value, "utf-8", "replace")]
    if field.type == "bytes":
        return [value]
    if field.type in _FORMATS:
        return _floats(field, value)
    return [_number(field, number) for number in varints(value)] if kind == BYTES else []


def _floats(field: Declared, value: memoryview) -> list[float]:
    code, kind = _FORMATS[field.type]
    width = 4 if kind == FOUR else 8
    if len(value) % width:
        raise Malformed(f"{field.name} is cut off", 0)
    return [_shortest(*found) if kind == FOUR else found[0] for found in struct.iter_unpack(code, value)]


def _shortest(value: float) -> float:
    """The number with the fewest digits that is the same in single precision: 0.0001, not 9.99999974e-05."""
    import numpy as np

    return float(str(np.float32(value)))


def _number(field: Declared, value: int) -> Any:
    if field.is_enum:
        word = next((word for word, number in words_of(field.type).items() if number == value), str(value))
        return Word(word)
    return bool(value) if field.type == "bool" else signed(value)


__all__ = ["NUMBERS", "VARINT", "message_of"]
