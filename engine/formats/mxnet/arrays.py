"""The files in which MXNet keeps arrays (`.params`), of all versions; the layout is `NDArray::Save`'s.

A list: two numbers, then arrays, then their names. An array: a mark of its version, its storage, its shape, its device,
its type, its values.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Unreadable

Array = NDArray[Any]

LIST = 0x112
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
BEGINS = struct.pack("<QQ", LIST, 0)
"""How every file begins."""
AXES = 32
MOST = 2**20
"""Arrays in one file."""

_TYPES = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8", 7: "?", 8: "<i2", 9: "<u2"}
"""By the number that mshadow gives a type."""
_BFLOAT16 = 12


def arrays_of(data: bytes, path: Path) -> dict[str, Array]:
    """Arrays by name, without a copy; those that no name is given are called by their numbers. Raises Unreadable."""
    return _Cursor(memoryview(data), str(path)).arrays()


def written(arrays: Mapping[str, Array]) -> bytes:
    """The file that holds `arrays` in float32, byte for byte as MXNet 1.9's `nd.save` writes it."""
    parts = [BEGINS, struct.pack("<Q", len(arrays))]
    for array in arrays.values():
        values = np.asarray(array, np.float32)
        values = values.reshape(values.shape or (1,))
        parts.append(struct.pack(f"<IiI{values.ndim}qiii", V2, 0, values.ndim, *values.shape, 1, 0, 0))
        parts.append(values.tobytes())
    parts.append(struct.pack("<Q", len(arrays)))
    for name in arrays:
        text = name.encode()
        parts += (struct.pack("<Q", len(text)), text)
    return b"".join(parts)


class _Cursor:
    """A place in the bytes, and what is read from there on."""

    def __init__(self, data: memoryview, file: str) -> None:
        self._data = data
        self._file = file
        self._place = 0

    def arrays(self) -> dict[str, Array]:
        if self._numbers("<QQ")[0] != LIST:
            raise self._refuse("is no list of MXNet's arrays")
        values = [self._array(number) for number in range(self._count("arrays", 4))]
        names = [self._name(number) for number in range(self._count("names", 8))]
        if names and len(names) != len(values):
            raise self._refuse(f"holds {len(values)} arrays and {len(names)} names")
        return dict(zip(names or map(str, range(len(values))), values, strict=True))

    def _array(self, number: int) -> Array:
        where = f"array {number}"
        (mark,) = self._numbers("<I", where)
        if mark in (V2, V3):
            (storage,) = self._numbers("<i", where)
            if storage > 0:
                raise self._refuse(f"{where} is stored sparsely, which is not read")
        axes = self._numbers("<i", where)[0] if mark in (V1, V2, V3) else mark
        if axes < 0 or (axes == 0 and mark != V3):  # an array without values is its shape alone
            return np.zeros(0, np.float32)
        if axes > AXES:
            raise self._refuse(f"{where} claims {axes} axes")
        shape = self._numbers(f"<{axes}{'q' if mark in (V1, V2, V3) else 'I'}", where)
        _, _, kind = self._numbers("<iii", where)
        return self._values(where, shape, kind)

    def _values(self, where: str, shape: tuple[int, ...], kind: int) -> Array:
        if min(shape, default=0) < 0:
            raise self._refuse(f"{where} claims an axis of {min(shape)}")
        if kind not in _TYPES and kind != _BFLOAT16:
            raise self._refuse(f"{where} holds values of an unknown type {kind}")
        stored = np.dtype(_TYPES.get(kind, "<u2"))
        taken = self._take(math.prod(shape) * stored.itemsize, where)
        values = np.frombuffer(taken, stored).reshape(shape)
        return values if kind != _BFLOAT16 else (values.astype(np.uint32) << 16).view(np.float32)

    def _name(self, number: int) -> str:
        (length,) = self._numbers("<Q", f"name {number}")
        return bytes(self._take(length, f"name {number}")).decode("utf-8", "replace")

    def _count(self, what: str, least: int) -> int:
        """How many follow, each of at least so many bytes."""
        (count,) = self._numbers("<Q", f"the number of {what}")
        if count > MOST or count * least > len(self._data) - self._place:
            raise self._refuse(f"claims {count:,} {what}, more than it has room for")
        return int(count)

    def _numbers(self, layout: str, where: str = "its beginning") -> tuple[Any, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout), where))

    def _take(self, count: int, where: str) -> memoryview:
        left = len(self._data) - self._place
        if count > left:
            raise self._refuse(f"is cut off in {where}: {count:,} bytes are claimed where {left:,} are left")
        begin, self._place = self._place, self._place + count
        return self._data[begin : self._place]

    def _refuse(self, message: str) -> Unreadable:
        return Unreadable(f"{message} (byte {self._place:,})", file=self._file)
