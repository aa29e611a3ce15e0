"""Convolutions, and the cells that their windows and those of pooling add around an image."""

from __future__ import annotations

from typing import Any, Literal

from engine.formats.onnx.reading.operator import Made, Operator, reads
from engine.formats.onnx.reading.values import Given, Unmapped
from engine.layers.base import Layer, Shape
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
)

AutoPad = Literal["explicit", "same", "valid"]
_CONVOLUTIONS: dict[int, Any] = {1: Conv1D, 2: Conv2D, 3: Conv3D}
_TRANSPOSED: dict[int, Any] = {1: ConvTranspose1D, 2: ConvTranspose2D, 3: ConvTranspose3D}


def sliding(op: Operator, kernel: Shape, image: Shape) -> tuple[Shape, Shape, Shape, AutoPad]:
    """Stride, dilation and padding of a window, and how it is padded by itself."""
    ones = (1,) * len(kernel)
    stride, dilation = tuple(op.get("strides", ones)), tuple(op.get("dilations", ones))
    pads = tuple(op.get("pads", (0,) * 2 * len(kernel)))
    way = op.get("auto_pad", "NOTSET")
    if way == "VALID":
        return stride, dilation, (0,) * len(pads), "valid"
    if way == "SAME_UPPER":
        return stride, dilation, (0,) * len(pads), "same"
    if way == "SAME_LOWER":
        return stride, dilation, _lower(kernel, stride, dilation, image), "explicit"
    return stride, dilation, pads, "explicit"


def _lower(kernel: Shape, stride: Shape, dilation: Shape, image: Shape) -> Shape:
    """As SAME_UPPER, with the odd cell at the begin."""
    if min(image) < 0:
        raise Unmapped("pads at the begin for an image of any size")
    axes = zip(kernel, stride, dilation, image, strict=True)
    totals = [max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n) for k, s, d, n in axes]
    return (*(total - total // 2 for total in totals), *(total // 2 for total in totals))


@reads("Conv")
def convolution(op: Operator) -> Made:
    x, weight = op.x, _weight(op)
    shape, axes = op.sample(x), weight.rank - 2
    if axes not in _CONVOLUTIONS:
        raise Unmapped(f"is a convolution over {axes} axes")
    kernel, filters, groups = weight.dims[2:], weight.dims[0], op.get("group", 1)
    stride, dilation, padding, auto_pad = sliding(op, kernel, shape[1:])
    shared: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding, "auto_pad": auto_pad}
    shared |= {"dilation": dilation, "bias": op.at(2) is not None}
    layer: Layer
    if axes == 2 and groups == shape[0] > 1 and filters % groups == 0:
        layer = DepthwiseConv2D(multiplier=filters // groups, **shared)
    else:
        layer = _CONVOLUTIONS[axes](filters=filters, groups=groups, **shared)
    return op.each(layer, x, axes + 1, weight=weight, bias=_bias(op))


@reads("ConvTranspose")
def transposed(op: Operator) -> Made:
    x, weight = op.x, _weight(op)
    shape, axes = op.sample(x), weight.rank - 2
    if axes not in _TRANSPOSED:
        raise Unmapped(f"is a transposed convolution over {axes} axes")
    kernel, groups = weight.dims[2:], op.get("group", 1)
    stride, dilation, padding, auto_pad = sliding(op, kernel, (1,) * axes)
    extra = tuple(op.get("output_padding", (0,) * axes))
    way = op.get("auto_pad", "NOTSET")
    wanted = op.get("output_shape")
    if wanted is None and way in ("SAME_LOWER", "SAME_UPPER"):
        wanted = [n * s for n, s in zip(shape[1:], stride, strict=True)]
    if wanted is not None:
        padding, extra, more = _cut(shape[1:], kernel, stride, dilation, extra, tuple(wanted)[-axes:], way)
        auto_pad = "explicit"
        if more:
            raise Unmapped("makes more cells than its windows reach")
    layer = _TRANSPOSED[axes](
        filters=weight.dims[1] * groups,
        kernel=kernel,
        stride=stride,
        padding=padding,
        auto_pad=auto_pad,
        dilation=dilation,
        groups=groups,
        bias=op.at(2) is not None,
        output_padding=extra,
    )
    return op.each(layer, x, axes + 1, weight=weight, bias=_bias(op))


def _cut(
    image: Shape, kernel: Shape, stride: Shape, dilation: Shape, extra: Shape, wanted: Shape, way: str
) -> tuple[Shape, Shape, bool]:
    """The cells to cut off so that so many are left (ConvTranspose, output_shape), and those to add."""
    begins, ends, added = [], [], []
    for n, k, s, d, more, length in zip(image, kernel, stride, dilation, extra, wanted, strict=True):
        total = s * (n - 1) + more + d * (k - 1) + 1 - length
        added.append(more + max(0, -total))
        total = max(0, total)
        begins.append(total // 2 if way == "SAME_UPPER" else total - total // 2)
        ends.append(total - begins[-1])
    return (*begins, *ends), tuple(added), any(a >= s for a, s in zip(added, stride, strict=True))


def _weight(op: Operator) -> Given:
    op.given(1)
    weight = op.at(1)
    assert isinstance(weight, Given)
    if weight.rank < 3:
        raise Unmapped(f"has a kernel of the shape {weight.dims}")
    return weight


def _bias(op: Operator) -> Given | None:
    op.given(2)
    bias = op.at(2)
    return bias if isinstance(bias, Given) else None
