"""Protobuf's wire format: the fields of a message one after the other, looked at where they lie and never copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
"""How a field's value is stored: a number in groups of seven bits, 8 bytes, counted bytes, 4 bytes."""

_LENGTHS = {EIGHT: 8, FOUR: 4}


class Malformed(ValueError):
    """Bytes that are no message; `place` counts them from the beginning of what was looked at."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


def fields(content: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    """Number, kind and value of every field of a message. Raises Malformed."""
    place = 0
    while place < len(content):
        number, kind, value, place = _field(content, place)
        yield number, kind, value


def _field(content: memoryview, begin: int) -> tuple[int, int, int | memoryview, int]:
    """The field at a place, and the place behind it. Raises Malformed."""
    key, place = varint(content, begin)
    number, kind = key >> 3, key & 7
    if number == 0 or kind not in (VARINT, EIGHT, BYTES, FOUR):
        raise Malformed("it is no message", begin)
    if kind == VARINT:
        value, place = varint(content, place)
        return number, kind, value, place
    length, place = varint(content, place) if kind == BYTES else (_LENGTHS[kind], place)
    if length > len(content) - place:
        raise Malformed(f"a field claims {length:,} bytes where {len(content) - place:,} are left", begin)
    return number, kind, content[place : place + length], place + length


def gathered(content: memoryview, number: int) -> tuple[NDArray[Any], memoryview]:
    """The float32 of a field (below 16) that stand one behind the other, each with its key, and all else. Raises
    Malformed.
    """
    import numpy as np

    key, place = number << 3 | FOUR, 0
    while place < len(content) and content[place] != key:
        place = _field(content, place)[-1]
    pairs = np.frombuffer(content, [("key", "u1"), ("value", "<f4")], (len(content) - place) // 5, place)
    others = np.flatnonzero(pairs["key"] != key)
    count = int(others[0]) if others.size else len(pairs)
    rest = bytes(content[:place]) + bytes(content[place + 5 * count :])
    return np.ascontiguousarray(pairs["value"][:count]), memoryview(rest)


def varint(content: memoryview, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and the place behind it. Raises Malformed."""
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(content):
            raise Malformed("it is cut off", place)
        byte = content[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
    raise Malformed("it is no message", place)


def varints(content: memoryview) -> Iterator[int]:
    """Numbers that stand one behind the other (packed). Raises Malformed."""
    place = 0
    while place < len(content):
        number, place = varint(content, place)
        yield number


def signed(number: int) -> int:
    """A number below 2^64 as int32 and int64 mean it."""
    return number - 2**64 if number >= 2**63 else number


def written_varint(number: int) -> bytes:
    """The groups of seven bits of a number; a negative one takes ten of them."""
    number %= 2**64
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes((*groups, number))


def written(number: int, kind: int, value: bytes) -> bytes:
    """A field: its key, and its value as it is stored (of counted bytes with their count)."""
    key = written_varint(number << 3 | kind)
    return key + (written_varint(len(value)) if kind == BYTES else b"") + value
