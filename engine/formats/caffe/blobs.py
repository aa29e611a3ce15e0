"""Blobs: arrays as Caffe stores them, of the old form (num, channels, height, width) and the new one."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import Unreadable
from engine.formats.caffe import binary
from engine.formats.caffe.message import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 2**40
"""More numbers than any blob has."""

_OLD = ("num", "channels", "height", "width")


def array_of(blob: Message, where: str, file: str = "") -> NDArray[Any]:
    """The numbers of a BlobProto in its shape. Raises Unreadable where they are not as many as the shape asks for."""
    import numpy as np

    wide = blob.all("double_data")
    parts = blob.all("data") or wide
    kind = np.dtype("<f8" if wide and not blob.all("data") else "<f4")
    if parts and all(isinstance(part, memoryview) for part in parts):
        if any(len(part) % kind.itemsize for part in parts):
            raise Unreadable(f"the numbers of {where} are cut off", file=file)
        found = [np.frombuffer(part, kind) for part in parts]
        values = found[0] if len(found) == 1 else np.concatenate(found)
    else:
        values = np.asarray(parts, kind)
    shape = shape_of(blob)
    if any(size < 0 for size in shape) or math.prod(shape) != values.size:
        told = "x".join(map(str, shape)) or "a single number"
        raise Unreadable(f"{where} claims to be {told}, and holds {values.size:,} numbers", file=file)
    return values.astype(np.float32, copy=False).reshape(shape)


def shape_of(blob: Message) -> tuple[int, ...]:
    """Its sizes; of the old form all four."""
    if blob.has("shape"):
        return tuple(blob.get("shape").all("dim"))
    return tuple(blob.get(name) for name in _OLD)


def mean_of(path: Path) -> NDArray[Any]:
    """The mean picture (channels, height, width) of a `.binaryproto`. Raises Unreadable."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None
    mean = array_of(binary.message_of(content, "BlobProto", path), "the mean", str(path))
    return mean.reshape(mean.shape[-3:]) if mean.ndim == 4 and mean.shape[0] == 1 else mean
