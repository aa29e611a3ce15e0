"""How far pooling windows reach, and how many of their cells count: the same arithmetic for every backend."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from engine.layers.base import Shape
from engine.layers.pooling import AvgPooling, Pooling


def reach(layer: Pooling, image: Shape) -> Shape:
    """What to add around `image` so that the last windows end where it ends; less than nought cuts off.

    All begins, then all ends.
    """
    begins = layer.window.pads(image)[: len(image)]
    places = layer.window.over(image, layer.rounding)
    axes = zip(places, layer.strides, layer.kernel, image, begins, strict=True)
    return (*begins, *((count - 1) * stride + kernel - n - begin for count, stride, kernel, n, begin in axes))


def shares(layer: AvgPooling, image: Shape) -> NDArray[np.float32]:
    """At each place, the kernel's cells over those that count: the factor on a mean that has noughts elsewhere."""
    pads = layer.window.pads(image)
    places = layer.window.over(image, layer.rounding)
    counts = [
        _counted(layer, axis, length, count, (pads[axis], pads[axis + len(image)]))
        for axis, (length, count) in enumerate(zip(image, places, strict=True))
    ]
    cells = functools.reduce(np.multiply.outer, counts)
    return (np.prod(layer.kernel) / cells).astype(np.float32)


def _counted(layer: AvgPooling, axis: int, length: int, places: int, pads: tuple[int, int]) -> NDArray[np.int64]:
    """How many cells along one axis count in each window."""
    begins = np.arange(places) * layer.strides[axis] - pads[0]
    ends = begins + layer.kernel[axis]
    first, last = (-pads[0], length + pads[1]) if layer.count_padding else (0, length)
    counted: NDArray[np.int64] = np.minimum(ends, last) - np.maximum(begins, first)
    return counted
