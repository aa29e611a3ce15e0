"""The rules of pooling: windows that MXNet pads and rounds otherwise are padded before."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backends import windows
from engine.backends.gluon.rules import Place, S, Symbol, extended, symbol
from engine.layers.pooling import AvgPool2D, GlobalAvgPool, MaxPool2D, Pooling

LEAST = float(np.finfo(np.float32).min)


@symbol.register
def max_pool2d(layer: MaxPool2D, place: Place, x: Symbol) -> Symbol:
    native = _native_pooling(layer, place, ("valid", "full"))
    if native is not None:
        return S.Pooling(x, pool_type="max", **native)
    x = extended(x, windows.reach(layer, place.shape()[1:]), fill=LEAST)
    return S.Pooling(x, pool_type="max", kernel=layer.kernel, stride=layer.strides)


@symbol.register
def avg_pool2d(layer: AvgPool2D, place: Place, x: Symbol) -> Symbol:
    native = _native_pooling(layer, place, ("valid",))  # its gradient is wrong where a last window overhangs
    if native is not None:
        return S.Pooling(x, pool_type="avg", count_include_pad=layer.count_padding, **native)
    image = place.shape()[1:]
    mean = S.Pooling(
        extended(x, windows.reach(layer, image)), pool_type="avg", kernel=layer.kernel, stride=layer.strides
    )
    return S.broadcast_mul(mean, place.constant(windows.shares(layer, image)[None, None]))


@symbol.register
def global_avg_pool(layer: GlobalAvgPool, place: Place, x: Symbol) -> Symbol:
    return S.mean(x, axis=tuple(range(2, len(place.shape()) + 1)), keepdims=layer.keep_axes)


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
