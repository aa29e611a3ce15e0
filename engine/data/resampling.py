"""Images brought to another size, as Pillow does it: every pixel is a weighted mean of those near it, axis by axis.

A row of the result depends on a few rows of the image, so a matrix for all rows would hold almost only zeros; each band
of rows has a small one of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.data.columns import Array
from engine.data.transforms import Filter

BAND = 16  # rows of the result at a time: fewer take more calls, more take more zeros

Floats = NDArray[np.float64]


class Band(NamedTuple):
    """Neighbouring places of the result, the places of the image that they depend on, and how much."""

    made: slice
    taken: slice
    weights: NDArray[np.float32]


def _triangle(x: Floats) -> Floats:
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x: Floats, a: float = -0.5) -> Floats:
    """Keys 1981, with a = −0.5 as Pillow has it."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


_KERNELS: dict[str, tuple[Callable[[Floats], Floats], float]] = {"bilinear": (_triangle, 1), "bicubic": (_cubic, 2)}


@lru_cache(maxsize=256)
def bands(have: int, wanted: int, filter: Filter) -> tuple[Band, ...]:
    """How one axis is resampled; where it shrinks, the filter is stretched, which smooths."""
    first, last, values = _taps(have, wanted, filter)
    spread = np.zeros((wanted, have + values.shape[1]), np.float32)
    spread[np.arange(wanted)[:, None], first[:, None] + np.arange(values.shape[1])] = values
    found = []
    for start in range(0, wanted, BAND):
        made = slice(start, min(start + BAND, wanted))
        taken = slice(int(first[made].min()), int(last[made].max()))
        found.append(Band(made, taken, spread[made, taken].copy()))
    return tuple(found)


def _taps(have: int, wanted: int, filter: Filter) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """For every place of the result the first place it depends on, the one behind the last, and the weights."""
    scale = have / wanted
    centers = (np.arange(wanted) + 0.5) * scale
    if filter == "nearest":
        first = np.floor(centers).astype(np.int64)
        return first, first + 1, np.ones((wanted, 1))
    kernel, support = _KERNELS[filter]
    stretch = max(1.0, scale)
    first = np.maximum(0, np.floor(centers - support * stretch + 0.5)).astype(np.int64)
    last = np.minimum(have, np.floor(centers + support * stretch + 0.5)).astype(np.int64)
    places = first[:, None] + np.arange((last - first).max())
    values = kernel((places + 0.5 - centers[:, None]) / stretch) * (places < last[:, None])
    return first, last, values / values.sum(axis=1, keepdims=True)


def resized(images: Array, height: int, width: int, filter: Filter) -> Array:
    """Images (…, channels, height, width) of another size, as float32."""
    return _columns(_rows(images, height, filter), width, filter)


def _rows(images: Array, height: int, filter: Filter) -> Array:
    if images.shape[-2] == height:
        return np.ascontiguousarray(images, np.float32)
    # Decoders give the channels of a pixel side by side. They stay so while rows are mixed, which is fastest; and what
    # comes otherwise is brought to it, for the last bits depend on how many columns are mixed at once.
    pixels = np.moveaxis(images, -3, -1)
    *samples, _, columns, channels = pixels.shape
    found = np.empty((*samples, channels, height, columns), np.float32)
    for made, taken, weights in bands(images.shape[-2], height, filter):
        rows = np.ascontiguousarray(pixels[..., taken, :, :], np.float32)
        mixed = weights @ rows.reshape(*rows.shape[:-2], columns * channels)
        found[..., made, :] = np.moveaxis(mixed.reshape(*mixed.shape[:-1], columns, channels), -1, -3)
    return found


def _columns(images: Array, width: int, filter: Filter) -> Array:
    if images.shape[-1] == width:
        return images
    found = np.empty((*images.shape[:-1], width), np.float32)
    for made, taken, weights in bands(images.shape[-1], width, filter):
        np.matmul(images[..., taken], weights.T, out=found[..., made])
    return found
