"""Pooling; what the catalogue's windows cannot do is done by a power, a mean and a root."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, reads
from engine.formats.onnx.reading.rules.activations import LOWEST
from engine.formats.onnx.reading.rules.arranging import MOST
from engine.formats.onnx.reading.rules.windows import sliding
from engine.formats.onnx.reading.values import Unmapped, Wire
from engine.layers.activation import Abs, Power
from engine.layers.arranging import Pad, Reduce, Slice
from engine.layers.base import Shape, volume
from engine.layers.convolution import Conv1D, Conv2D, Conv3D
from engine.layers.merge import Maximum
from engine.layers.pooling import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from engine.layers.window import Window

_MAX: dict[int, Any] = {1: MaxPool1D, 2: MaxPool2D, 3: MaxPool3D}
_MEAN: dict[int, Any] = {1: AvgPool1D, 2: AvgPool2D, 3: AvgPool3D}
_CONVOLUTIONS: dict[int, Any] = {1: Conv1D, 2: Conv2D, 3: Conv3D}


@reads("MaxPool")
def max_pool(op: Operator) -> Made:
    op.only(0)
    fields, dilation = _window(op)
    if set(dilation) != {1}:
        return _largest(op, fields, dilation)
    return op.each(_MAX[len(dilation)](**fields), op.x, len(dilation) + 1)


def _largest(op: Operator, fields: dict[str, Any], dilation: Shape) -> Wire:
    """The largest of dilated windows: of the image as each of a window's cells sees it."""
    kernel, stride, x = fields["kernel"], fields["stride"], op.x
    axes, image = len(kernel), op.sample(op.x)[1:]
    window = Window(kernel, stride, dilation, fields["padding"], fields["auto_pad"])
    if min(image) < 0 or volume(kernel) > MOST:
        raise Unmapped("pools dilated windows of an image of any size, or of more than 64 cells")
    made, pads = window.over(image, fields["rounding"]), window.pads(image)
    reach = zip(made, stride, dilation, kernel, image, pads[:axes], strict=True)
    ends = tuple(max(0, (m - 1) * s + d * (k - 1) + 1 - n - b) for m, s, d, k, n, b in reach)
    padding = (*pads[:axes], *ends)
    padded = op.put(Pad(padding, value=LOWEST), x) if any(padding) else x
    seen = []
    for cell in itertools.product(*map(range, kernel)):
        y = padded
        for axis, (place, d, s, m) in enumerate(zip(cell, dilation, stride, made, strict=True)):
            y = op.put(Slice(axis - axes, place * d, place * d + (m - 1) * s + 1, s), y)
        seen.append(y)
    return op.put(Maximum(), *seen)


@reads("AveragePool")
def average_pool(op: Operator) -> Made:
    counts = bool(op.get("count_include_pad", 0))
    fields, dilation = _window(op)
    if set(dilation) != {1}:
        return _dilated(op, fields, dilation, counts)
    return op.each(_MEAN[len(dilation)](count_padding=counts, **fields), op.x, len(dilation) + 1)


def _dilated(op: Operator, fields: dict[str, Any], dilation: Shape, counts: bool) -> Wire:
    """Means of dilated windows: a convolution of each channel with equal weights."""
    if fields.pop("rounding") == "ceil" and not _fits(op, fields, dilation):
        raise Unmapped("rounds dilated windows up")
    if (any(fields["padding"]) or fields["auto_pad"] == "same") and not counts:
        raise Unmapped("counts only cells of the image in dilated windows")
    channels, kernel = op.sample(op.x)[0], fields["kernel"]
    weight = np.full((channels, 1, *kernel), 1 / volume(kernel), np.float32)
    layer = _CONVOLUTIONS[len(kernel)](filters=channels, groups=channels, dilation=dilation, bias=False, **fields)
    return op.each(layer, op.x, len(kernel) + 1, weight=weight)


def _fits(op: Operator, fields: dict[str, Any], dilation: Shape) -> bool:
    """Whether windows end where the padded image does, so that rounding changes nothing."""
    image, axes = op.sample(op.x)[1:], len(dilation)
    pads = zip(fields["padding"][:axes], fields["padding"][axes:], strict=True)
    cells = zip(image, pads, fields["kernel"], fields["stride"], dilation, strict=True)
    return all(n >= 0 and (n + sum(pad) - d * (k - 1) - 1) % s == 0 for n, pad, k, s, d in cells)


@reads("LpPool")
def lp_pool(op: Operator) -> Made:
    p = op.get("p", 2)
    fields, dilation = _window(op)
    kernel, axes = fields["kernel"], len(dilation)
    x = op.put(Power(power=float(p)), op.put(Abs(), op.x))
    if set(dilation) != {1}:
        channels = op.sample(x)[0]
        if fields.pop("rounding") == "ceil" and not _fits(op, fields, dilation):
            raise Unmapped("rounds dilated windows up")
        layer = _CONVOLUTIONS[axes](filters=channels, groups=channels, dilation=dilation, bias=False, **fields)
        sums = op.each(layer, x, axes + 1, weight=np.ones((channels, 1, *kernel), np.float32))
        return op.put(Power(power=1 / p), sums)
    if fields["rounding"] == "ceil" and not _fits(op, fields, dilation):
        raise Unmapped("rounds up, and a mean of what overhangs has no fixed count")
    means = op.each(_MEAN[axes](count_padding=True, **fields), x, axes + 1)
    return op.put(Power(power=1 / p, scale=float(volume(kernel))), means)


def _window(op: Operator) -> tuple[dict[str, Any], Shape]:
    kernel = tuple(op.get("kernel_shape", ()))
    if len(kernel) not in _MAX:
        raise Unmapped(f"pools over {len(kernel)} axes")
    if op.get("storage_order", 0):
        op.only(0)
    stride, dilation, padding, auto_pad = sliding(op, kernel, op.sample(op.x)[1:])
    rounding = "ceil" if op.get("ceil_mode", 0) else "floor"
    fields = {"kernel": kernel, "stride": stride, "padding": padding, "auto_pad": auto_pad, "rounding": rounding}
    return fields, dilation


@reads("GlobalAveragePool")
def global_average(op: Operator) -> Made:
    return _global(op, GlobalAvgPool(keep_axes=True))


@reads("GlobalMaxPool")
def global_max(op: Operator) -> Made:
    return _global(op, GlobalMaxPool(keep_axes=True))


def _global(op: Operator, layer: GlobalAvgPool | GlobalMaxPool) -> Wire:
    return op.each(layer, op.x, len(op.sample(op.x)))


@reads("GlobalLpPool")
def global_lp(op: Operator) -> Made:
    p, x = op.get("p", 2), op.x
    axes = tuple(range(1 - x.rank + 1, 0))
    powers = op.put(Power(power=float(p)), op.put(Abs(), x))
    return op.put(Power(power=1 / p), op.put(Reduce("sum", axes, keep_axes=True), powers))
