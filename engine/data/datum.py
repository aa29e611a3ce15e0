"""Caffe's Datum in protobuf's wire format: an image or an array with its label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.data.columns import Array
from engine.formats import wire
from engine.layers.base import Shape

_CHANNELS, _HEIGHT, _WIDTH, _DATA, _LABEL, _FLOATS, _ENCODED = range(1, 8)  # fields (caffe.proto)

KINDS = ENCODED, RAW, FLOATS = "encoded pictures", "raw bytes", "floats"


@dataclass(frozen=True)
class Datum:
    """One entry: bytes in `data`, of a picture or (channels, height, width), or floats; a label."""

    shape: Shape
    data: memoryview
    floats: Array
    label: int
    is_encoded: bool

    @property
    def kind(self) -> str:
        """What it holds."""
        return ENCODED if self.is_encoded else FLOATS if len(self.floats) else RAW

    @property
    def array(self) -> Array:
        """The values that are not encoded."""
        values = self.floats if len(self.floats) else np.frombuffer(self.data, np.uint8)
        return values.reshape(self.shape)


def parsed(content: memoryview) -> Datum:
    """The Datum in `content`, which it keeps looking at. Raises ValueError where there is none."""
    numbers: dict[int, int] = {}
    data, floats = memoryview(b""), bytearray()
    for field, _, value in wire.fields(content):
        if field == _DATA and isinstance(value, memoryview):
            data = value
        elif field == _FLOATS and isinstance(value, memoryview):
            floats += value
        elif isinstance(value, int):
            numbers[field] = value
    label = (numbers.get(_LABEL, 0) + 2**31) % 2**32 - 2**31
    shape = tuple(numbers.get(field, 0) for field in (_CHANNELS, _HEIGHT, _WIDTH))
    made = Datum(shape, data, np.frombuffer(floats, "<f4"), label, bool(numbers.get(_ENCODED)))
    count = max(len(data), len(made.floats))
    if not count or (not made.is_encoded and count != int(np.prod(shape))):
        raise ValueError(f"it has not the values of {shape[0]}x{shape[1]}x{shape[2]}")
    return made
