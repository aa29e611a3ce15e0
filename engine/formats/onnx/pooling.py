"""Pooling in ONNX, with padding at the end instead of `ceil_mode`, which versions of ONNX understand differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.backends.resampling import means
from engine.formats.onnx.limits import refusal
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.pooling import AdaptiveAvgPool, AvgPooling, GlobalAvgPool, GlobalMaxPool, MaxPooling, Pooling


@rule.register
def max_pool(layer: MaxPooling, to: Scope) -> str:
    begins, ends = _pads(layer, to)
    overhang = _overhang(layer, to)
    return to.op("MaxPool", to.x, **_window(layer, (*begins, *_sums(ends, overhang))))  # padding never wins


@rule.register
def avg_pool(layer: AvgPooling, to: Scope) -> str:
    begins, ends = _pads(layer, to)
    overhang = _overhang(layer, to)
    if not layer.count_padding:
        return to.op("AveragePool", to.x, **_window(layer, (*begins, *_sums(ends, overhang))))
    if not any(overhang):
        return to.op("AveragePool", to.x, **_window(layer, (*begins, *ends)), count_include_pad=1)
    # The padding counts, what overhangs it does not: the first is done before.
    pads = to.whole("pads", (0, 0, *begins, 0, 0, *ends))
    padded = to.op("Pad", to.x, pads) if any((*begins, *ends)) else to.x
    return to.op("AveragePool", padded, **_window(layer, (*(0 for _ in overhang), *overhang)))


@rule.register(GlobalAvgPool)
@rule.register(GlobalMaxPool)
def global_pool(layer: GlobalAvgPool | GlobalMaxPool, to: Scope) -> str:
    made = to.op("GlobalMaxPool" if isinstance(layer, GlobalMaxPool) else "GlobalAveragePool", to.x)
    return made if layer.keep_axes else to.op("Flatten", made, axis=1)


@rule.register
def adaptive_avg_pool(layer: AdaptiveAvgPool, to: Scope) -> str:
    lengths, parts = to.shape()[1:], to.site.outputs[0].shape[1:]
    if set(parts) == {1}:
        return to.op("GlobalAveragePool", to.x)
    if -1 in lengths:
        raise refusal(layer, to, hint="give the input's shape, or let sizes be 1")
    x = to.x
    for axis, (cells, made) in enumerate(zip(lengths, parts, strict=True), start=2):
        x = x if cells == made else _parts(axis, cells, made, x, to)
    return x


def _parts(axis: int, cells: int, made: int, x: str, to: Scope) -> str:
    """The means of the parts along one axis: its lines times a matrix."""
    last = len(to.shape())
    perm = list(range(last + 1))
    perm[axis], perm[last] = last, axis
    lines = x if axis == last else to.op("Transpose", x, perm=perm)
    means_of_parts = to.op("MatMul", lines, to.constant(f"parts{axis}", means(cells, made).T))
    return means_of_parts if axis == last else to.op("Transpose", means_of_parts, perm=perm)


def _window(layer: Pooling, pads: Sequence[int]) -> dict[str, Any]:
    return {"kernel_shape": layer.kernel, "strides": layer.strides, "pads": pads}


def _pads(layer: Pooling, to: Scope) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pads, axes = layer.pads(to.shape()), len(layer.kernel)
    return pads[:axes], pads[axes:]


def _overhang(layer: Pooling, to: Scope) -> tuple[int, ...]:
    """By how much the last windows reach beyond the padded image; 0 where they end in it."""
    image = to.shape()[1:]
    if layer.rounding == "floor":
        return (0,) * len(image)
    if -1 in image:
        raise refusal(layer, to, hint="give the input's shape, or round down")
    pads = layer.pads(to.shape())
    places = layer.shape(to.shape())[1:]
    axes = zip(places, layer.strides, layer.kernel, image, pads, pads[len(image) :], strict=False)
    return tuple(max(0, (count - 1) * stride + kernel - n - b - e) for count, stride, kernel, n, b, e in axes)


def _sums(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    return tuple(x + y for x, y in zip(a, b, strict=True))
