"""Messages of Caffe's in protobuf's wire format; the numbers of blobs are looked at where they lie."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

from engine.errors import Unreadable
from engine.formats.caffe.message import Declared, Message, Word, numbered, words_of
from engine.formats.wire import BYTES, EIGHT, FOUR, Malformed, fields, gathered, signed, varints
from engine.schema.text import DEPTH

NUMBERS = frozenset({("BlobProto", name) for name in ("data", "diff", "double_data", "double_diff")})
"""The fields that hold many numbers: their bytes are kept as they are."""
SPREAD = {"Argument": (5, "floats")}
"""Fields of many numbers that have a key each: where there are more than MANY bytes, they are kept as one array."""
MANY = 4096

_FORMATS = {"float": ("<f", FOUR), "double": ("<d", EIGHT)}


MESSAGES = 300_000
"""How many messages a file may have: many times what the largest nets have."""


def message_of(content: bytes | memoryview, type: str, path: Path) -> Message:
    """Bytes as a message. Raises Unreadable naming the place."""
    try:
        return _Reader().message(memoryview(content), type, 0)
    except Malformed as error:
        raise Unreadable(f"is damaged: {error}, near byte {error.place:,}", file=str(path)) from None


class _Reader:
    """Reads one file, and counts its messages."""

    def __init__(self) -> None:
        self._count = 0

    def message(self, content: memoryview, type: str, depth: int) -> Message:
        self._count += 1
        if depth > DEPTH or self._count > MESSAGES:
            told = f"stand more than {DEPTH} deep in each other" if depth > DEPTH else f"are more than {MESSAGES:,}"
            raise Malformed(f"its messages {told}", 0)
        known = numbered(type)
        made = Message(type)
        if type in SPREAD and len(content) > MANY:
            number, name = SPREAD[type]
            array, content = gathered(content, number)
            made.fields |= {name: [array]} if len(array) else {}
        for number, kind, value in fields(content):
            field = known.get(number)
            if field is None:
                made.fields.setdefault(f"[{number}]", []).append(value)
            elif field.is_message and (type, field.name) not in NUMBERS:
                inner = [self.message(value, field.type, depth + 1)] if isinstance(value, memoryview) else []
                made.fields.setdefault(field.name, []).extend(inner)
            else:
                made.fields.setdefault(field.name, []).extend(_values(type, field, kind, value))
        return made


def _values(type: str, field: Declared, kind: int, value: int | memoryview) -> list[Any]:
    if isinstance(value, int):
        return [_number(field, value)]
    if (type, field.name) in NUMBERS:
        return [value]
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
