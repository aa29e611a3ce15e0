"""Pooling in ONNX, with padding at the end instead of `ceil_mode`, which versions of ONNX understand differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.errors import Unsupported
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.pooling import AvgPool2D, GlobalAvgPool, MaxPool2D, Pooling


@rule.register
def max_pool2d(layer: MaxPool2D, to: Scope) -> str:
    begins, ends = _pads(layer, to)
    overhang = _overhang(layer, to)
    return to.op("MaxPool", to.x, **_window(layer, (*begins, *_sums(ends, overhang))))  # padding never wins


@rule.register
def avg_pool2d(layer: AvgPool2D, to: Scope) -> str:
    begins, ends = _pads(layer, to)
    overhang = _overhang(layer, to)
    if not layer.count_padding:
        return to.op("AveragePool", to.x, **_window(layer, (*begins, *_sums(ends, overhang))))
    if not any(overhang):
        return to.op("AveragePool", to.x, **_window(layer, (*begins, *ends)), count_include_pad=1)
    # The padding counts, what overhangs it does not: the first is done before.
    pads = to.whole("pads", (0, 0, *begins, 0, 0, *ends))
    padded = to.op("Pad", to.x, pads) if any((*begins, *ends)) else to.x
    return to.op("AveragePool", padded, **_window(layer, (0, 0, *overhang)))


@rule.register
def global_avg_pool(layer: GlobalAvgPool, to: Scope) -> str:
    mean = to.op("GlobalAveragePool", to.x)
    return mean if layer.keep_axes else to.op("Flatten", mean, axis=1)


def _window(layer: Pooling, pads: Sequence[int]) -> dict[str, Any]:
    return {"kernel_shape": layer.kernel, "strides": layer.strides, "pads": pads}


def _pads(layer: Pooling, to: Scope) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pads = layer.pads(to.shape())
    return pads[:2], pads[2:]


def _overhang(layer: Pooling, to: Scope) -> tuple[int, ...]:
    """By how much the last windows reach beyond the padded image; 0 where they end in it."""
    image = to.shape()[1:]
    if layer.rounding == "floor":
        return (0,) * len(image)
    if -1 in image:
        raise Unsupported(
            "ONNX export rounds pooling up only for images of a known size",
            node=to.site.name,
            hint="give the input's shape, or round down",
        )
    pads = layer.pads(to.shape())
    places = layer.shape(to.shape())[1:]
    axes = zip(places, layer.strides, layer.kernel, image, pads, pads[len(image) :], strict=False)
    return tuple(max(0, (count - 1) * stride + kernel - n - b - e) for count, stride, kernel, n, b, e in axes)


def _sums(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))
