"""Messages of Caffe2's in protobuf's wire format, written."""

from __future__ import annotations

import struct
from typing import Any

from engine.formats.caffe.message import Declared, Message, declared
from engine.formats.wire import BYTES, FOUR, VARINT, written, written_varint


def encoded(message: Message) -> bytes:
    """The bytes of a message of text, whole numbers, float32 and messages; repeated ones with a key each (proto2)."""
    known = declared(message.type)
    parts = (_field(known[name], value) for name, values in message.fields.items() for value in values)
    return b"".join(parts)


def _field(field: Declared, value: Any) -> bytes:
    if isinstance(value, Message):
        return written(field.number, BYTES, encoded(value))
    if isinstance(value, str):
        return written(field.number, BYTES, value.encode())
    if field.type == "float":
        return written(field.number, FOUR, struct.pack("<f", value))
    return written(field.number, VARINT, written_varint(int(value)))
