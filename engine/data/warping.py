"""Images turned, moved, scaled and slanted, found by Pillow channel by channel: quickly, and beside other threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image

from engine.data.columns import Array
from engine.data.transforms import Filter
from engine.layers.base import Shape

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def warped(image: Array, inverse: Sequence[float], filter: Filter, fill: float) -> Array:
    """`image` (channels, height, width) seen through an affine map; what lies outside is `fill`.

    `inverse` is (a, b, c, d, e, f): what is at (x, y) comes from (ax + by + c, dx + ey + f), in pixels from the corner.
    """
    size = image.shape[:0:-1]
    method, sampling = Image.Transform.AFFINE, Image.Resampling(FILTERS[filter])
    color = round(fill) if image.dtype == np.uint8 else fill
    return _by_channel(image, lambda one: one.transform(size, method, inverse, sampling, fillcolor=color))


def sized(image: Array, size: Shape, filter: Filter) -> Array:
    """`image` (channels, height, width) brought to another size."""
    sampling = FILTERS[filter]
    return _by_channel(image, lambda one: one.resize(size[::-1], sampling))


def _by_channel(image: Array, change: Callable[[Any], Any]) -> Array:
    """Bytes stay bytes; of anything else Pillow takes float32."""
    kept = image if image.dtype == np.uint8 else image.astype(np.float32, copy=False)
    return np.stack([np.asarray(change(Image.fromarray(channel))) for channel in kept])
