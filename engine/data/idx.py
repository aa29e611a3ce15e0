"""Reads the IDX format of MNIST and its kin; large files that are not gzipped are mapped.

The format: http://yann.lecun.com/exdb/mnist (two zero bytes, a type, the number of axes, their sizes, the values).
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from engine.data.columns import LOADED, Array, Column, Table, Values
from engine.data.places import found
from engine.data.sources import IDX
from engine.errors import DataError, Problem, reason

GZIP = b"\x1f\x8b"
TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read(source: IDX, base: Path) -> Table:
    """The table of an image file and, where there is one, a label file. Raises DataError."""
    paths = [found(base, path) for path in (source.images, source.labels) if path or path is source.images]
    images = array_of(paths[0])
    if images.ndim == 3:  # grey images without an axis for the channel
        images = images[:, None]
    columns: dict[str, Column] = {"image": Values(images)}
    if len(paths) == 2:
        labels = array_of(paths[1])
        if len(labels) != len(images):
            told = f"{paths[0].name} has {len(images)} images and {paths[1].name} {len(labels)} labels"
            raise DataError((Problem(told),))
        columns["label"] = Values(labels)
    return Table(columns, tuple(paths))


def array_of(path: Path) -> Array:
    """The array in one IDX file. Raises DataError."""
    try:
        return _read(path)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError((Problem(f"{path.name} is not an IDX file that can be read: {reason(error)}"),)) from None


def _read(path: Path) -> Array:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    with gzip.open(path) if packed else path.open("rb") as file:
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not head[3]:
            raise ValueError(
                f"it begins with {head.hex(' ') or 'nothing'}, not with two noughts, a type and a count of axes"
            )
        kind, axes = TYPES[head[2]], head[3]
        sizes = file.read(4 * axes)
        if len(sizes) < 4 * axes:
            raise ValueError("it is cut off in its head")
        shape = tuple(np.frombuffer(sizes, ">u4").tolist())
        start, count = file.tell(), int(np.prod(shape))
        content = file.read() if packed else b""
    held = (len(content) if packed else path.stat().st_size - start) // np.dtype(kind).itemsize
    if held != count:
        raise ValueError(f"its head promises {count} values, and it has {held}")
    if packed or not count:
        return np.frombuffer(content, kind).reshape(shape)
    if path.stat().st_size <= LOADED:
        return np.fromfile(path, kind, offset=start).reshape(shape)
    return np.memmap(path, kind, "r", start, shape)
