"""Images brought to another size, as Pillow does it: a matrix for the rows, a matrix for the columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.data.columns import Array
from engine.data.transforms import Filter

Floats = NDArray[np.float64]


def _triangle(x: Floats) -> Floats:
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x: Floats, a: float = -0.5) -> Floats:
    """Keys 1981, with a = −0.5 as Pillow has it."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


_KERNELS: dict[str, tuple[Callable[[Floats], Floats], float]] = {"bilinear": (_triangle, 1), "bicubic": (_cubic, 2)}


@lru_cache(maxsize=64)
def weights(have: int, wanted: int, filter: Filter) -> NDArray[np.float32]:
    """The matrix (wanted, have) that resamples one axis; where it shrinks, the filter is stretched, which smooths."""
    scale = have / wanted
    centers = (np.arange(wanted) + 0.5) * scale
    if filter == "nearest":
        return np.asarray(np.floor(centers)[:, None] == np.arange(have), np.float32)
    kernel, support = _KERNELS[filter]
    stretch = max(1.0, scale)
    first = np.maximum(0, np.floor(centers - support * stretch + 0.5))
    last = np.minimum(have, np.floor(centers + support * stretch + 0.5))
    places = np.arange(have)
    matrix = kernel((places + 0.5 - centers[:, None]) / stretch)
    matrix *= (places >= first[:, None]) & (places < last[:, None])
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), np.float32)


def resized(images: Array, height: int, width: int, filter: Filter) -> Array:
    """Images (…, height, width) of another size, as float32."""
    images = images.astype(np.float32, copy=False)
    if images.shape[-2] != height:
        images = weights(images.shape[-2], height, filter) @ images
    if images.shape[-1] != width:
        images = images @ weights(images.shape[-1], width, filter).T
    return images
