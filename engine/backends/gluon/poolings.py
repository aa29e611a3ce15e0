"""The rules of pooling: windows that MXNet pads and rounds otherwise are padded before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.backends import windows
from engine.backends.gluon.rules import Place, S, Symbol, extended, symbol
from engine.declare import fields_of
from engine.layers.base import Signal, volume
from engine.layers.pooling import (
    AvgPool1D,
    AvgPool2D,
    AvgPooling,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
    MaxPooling,
    Pooling,
)

LEAST = float(np.finfo(np.float32).min)


IMAGES: dict[type[Pooling], Callable[..., Pooling]] = {MaxPool1D: MaxPool2D, AvgPool1D: AvgPool2D}
"""What pools an image as the other does a line."""


@symbol.register(MaxPool1D)
@symbol.register(AvgPool1D)
def pool1d(layer: MaxPool1D | AvgPool1D, place: Place, x: Symbol) -> Symbol:
    # As an image of height 1: MXNet pads nothing else.
    begin, end = layer.padding
    said = {field.name: getattr(layer, field.name) for field in fields_of(type(layer))}
    said |= {"kernel": (1, *layer.kernel), "stride": (1, *layer.strides), "padding": (0, begin, 0, end)}
    image, (channels, length) = IMAGES[type(layer)](**said), place.shape()
    entering = (Signal((channels, 1, length)),)
    site = replace(place.site, layer=image, inputs=entering, outputs=image.outputs(*entering))
    return S.squeeze(symbol(image, replace(place, site=site), S.expand_dims(x, axis=2)), axis=2)


@symbol.register
def max_pool(layer: MaxPooling, place: Place, x: Symbol) -> Symbol:
    native = _native_pooling(layer, place, ("valid", "full"))
    if native is not None:
        return S.Pooling(x, pool_type="max", **native)
    x = extended(x, windows.reach(layer, place.shape()[1:]), fill=LEAST)
    return S.Pooling(x, pool_type="max", kernel=layer.kernel, stride=layer.strides)


@symbol.register
def avg_pool(layer: AvgPooling, place: Place, x: Symbol) -> Symbol:
    image = place.shape()[1:]
    native = _native_pooling(layer, place, ("valid",))  # its gradient is wrong where a last window overhangs
    if native is None:
        native = {"kernel": layer.kernel, "stride": layer.strides}
        x = extended(x, windows.reach(layer, image))
    mean = S.Pooling(x, pool_type="avg", **native)
    shares = windows.shares(layer, image)  # not MXNet's count_include_pad, which writes a line at every step
    return mean if (shares == 1).all() else S.broadcast_mul(mean, place.constant(shares[None, None]))


@symbol.register
def global_avg_pool(layer: GlobalAvgPool, place: Place, x: Symbol) -> Symbol:
    return S.mean(x, axis=tuple(range(2, len(place.shape()) + 1)), keepdims=layer.keep_axes)


@symbol.register
def global_max_pool(layer: GlobalMaxPool, place: Place, x: Symbol) -> Symbol:
    channels, *positions = place.shape()
    # Not S.max, which lets all of equal values learn.
    image = place.reshaped(x, (channels, 1, volume(tuple(positions))))
    largest = S.Pooling(image, pool_type="max", kernel=(1, 1), global_pool=True)
    return place.reshaped(largest, place.site.outputs[0].shape)


def _native_pooling(layer: Pooling, place: Place, conventions: tuple[str, ...]) -> dict[str, Any] | None:
    """MXNet's own words for the windows; None where it has none: unequal padding, a last window left out."""
    image = place.shape()[1:]
    pads = layer.window.pads(image)
    begins = pads[: len(image)]
    axes = zip(image, begins, layer.kernel, layer.strides, strict=True)
    rooms = [(n + 2 * pad - kernel, stride) for n, pad, kernel, stride in axes]
    places = {
        "valid": tuple(room // stride + 1 for room, stride in rooms),
        "full": tuple(-(-room // stride) + 1 for room, stride in rooms),
    }
    fitting = [each for each in conventions if places[each] == layer.window.over(image, layer.rounding)]
    if begins != pads[len(image) :] or not fitting:
        return None
    return {"kernel": layer.kernel, "stride": layer.strides, "pad": begins, "pooling_convention": fitting[0]}
