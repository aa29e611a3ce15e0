"""Tells by its beginning whether a file is a NetDef."""

from __future__ import annotations

import re

from engine.formats.wire import BYTES, Malformed, varint

_ASIDE = r"(?:\s|\#[^\n]*(?:\n|\Z))*+"
_TEXT = re.compile(
    rf"""{_ASIDE} (?: (?:name|type)\s*:\s*(?:"[^"\n]*"|'[^'\n]*') {_ASIDE} | (?:num_workers)\s*:\s*\d+ {_ASIDE}
    | device_option\s*:?\s*{{[^{{}}]*}} {_ASIDE} | external_(?:in|out)put\s*:\s*"[^"\n]*" {_ASIDE} )*+
    op \s*:?\s*[{{<] {_ASIDE} (?:input|output|name|type|arg|device_option|engine)\b""",
    re.VERBOSE,
)
_KIND = re.compile(rb"[A-Za-z_]\w*")
_ARGUMENT, _TYPE, _OP = 5, 4, 2


def begins(data: bytes) -> bool:
    """Whether a file that begins with these bytes may be a NetDef."""
    return bool(_TEXT.match(data.decode("utf-8", "ignore").removeprefix("\ufeff"))) or _is_binary(memoryview(data))


def _is_binary(data: memoryview) -> bool:
    """Whether the first operator has its type, and its arguments are messages, which tells it from Caffe's layers."""
    names, head = _beginnings(data)
    if _OP not in names or head - {1, 3, 5, 7, 8}:
        return False
    kinds, numbers = _beginnings(names[_OP])
    return _TYPE in kinds and bool(_KIND.fullmatch(kinds[_TYPE])) and not numbers & {_ARGUMENT, 6}


def _beginnings(data: memoryview) -> tuple[dict[int, memoryview], set[int]]:
    """Of the fields up to where `data` is cut off: the first value of those with bytes; the numbers of the others."""
    found: dict[int, memoryview] = {}
    others: set[int] = set()
    place = 0
    try:
        while place < len(data):
            key, place = varint(data, place)
            size, place = varint(data, place)
            if key & 7 != BYTES:
                others.add(key >> 3)
                if key & 7:
                    break
                continue
            found.setdefault(key >> 3, data[place : place + size])
            place += size
    except Malformed:
        pass
    return found, others
