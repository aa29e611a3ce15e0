"""The rules of pooling: windows that torch pads and rounds otherwise are padded before."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends import windows
from engine.backends.pytorch.rules import Function, Place, function, last_axis_first
from engine.layers.base import Shape
from engine.layers.pooling import AdaptiveAvgPool, AvgPooling, GlobalAvgPool, GlobalMaxPool, MaxPooling, Pooling

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
MEAN = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
MEANS_OF_PARTS = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


@function.register
def max_pool(layer: MaxPooling, place: Place) -> Function:
    pool, padding = MAX[len(layer.kernel)], _pool_padding(layer, place)
    if padding is not None:
        return functools.partial(pool, **_pooling(layer), padding=padding)

    def largest(x: Tensor) -> Tensor:
        reach = last_axis_first(windows.reach(layer, tuple(x.shape[2:])))
        return pool(F.pad(x, reach, value=-torch.inf), layer.kernel, layer.strides)

    return largest


@function.register
def avg_pool(layer: AvgPooling, place: Place) -> Function:
    pool, padding = MEAN[len(layer.kernel)], _pool_padding(layer, place)
    if padding is not None and not _is_refused(layer, place):
        return functools.partial(pool, **_pooling(layer), padding=padding, count_include_pad=layer.count_padding)

    @functools.cache
    def shares(image: Shape) -> Tensor:
        return torch.tensor(windows.shares(layer, image), device=place.device)

    def mean(x: Tensor) -> Tensor:
        image = tuple(x.shape[2:])
        padded = F.pad(x, last_axis_first(windows.reach(layer, image)))
        return pool(padded, layer.kernel, layer.strides) * shares(image)

    return mean


@function.register
def global_avg_pool(layer: GlobalAvgPool, place: Place) -> Function:
    axes = tuple(range(2, len(place.shape()) + 1))
    return functools.partial(torch.mean, dim=axes, keepdim=layer.keep_axes)


@function.register
def global_max_pool(layer: GlobalMaxPool, place: Place) -> Function:
    kept = (1,) * (len(place.shape()) - 1) if layer.keep_axes else ()
    # Not amax, which lets all of equal values learn.
    return lambda x: x.flatten(2).max(2).values.reshape(*x.shape[:2], *kept)


@function.register
def adaptive_avg_pool(layer: AdaptiveAvgPool, place: Place) -> Function:
    sizes = place.site.outputs[0].shape[1:]
    pool: Any = MEANS_OF_PARTS[len(sizes)]
    return functools.partial(pool, output_size=sizes)


def _is_refused(layer: AvgPooling, place: Place) -> bool:
    """Whether the image may be smaller than the kernel: torch's avg_pool3d then sees no padding."""
    image = place.shape()[1:]
    return len(image) == 3 and any(length < cells for length, cells in zip(image, layer.kernel, strict=True))


def _pooling(layer: Pooling) -> dict[str, Any]:
    return {"kernel_size": layer.kernel, "stride": layer.strides, "ceil_mode": layer.rounding == "ceil"}


def _pool_padding(layer: Pooling, place: Place) -> Shape | None:
    """What torch pads by itself: the same at begin and end, at most half a kernel. None: it has to be done before."""
    pads = layer.pads(place.shape())
    axes = len(pads) // 2
    fits = all(2 * pad <= kernel for pad, kernel in zip(pads[:axes], layer.kernel, strict=True))
    return pads[:axes] if fits and pads[:axes] == pads[axes:] else None
