"""Layers that arrange values, in ONNX, and those that put values along axes together."""

from __future__ import annotations

import sys

from engine.formats.onnx.rules import batched, rule
from engine.formats.onnx.scope import Scope
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze


@rule.register
def identity(layer: Identity, to: Scope) -> str:
    return to.x


@rule.register
def permute(layer: Permute, to: Scope) -> str:
    return to.op("Transpose", to.x, perm=[0, *(axis + 1 for axis in layer.order(to.shape()))])


@rule.register
def squeeze(layer: Squeeze, to: Scope) -> str:
    dropped = layer.axes or [axis for axis, length in enumerate(to.shape()) if length == 1]
    return to.op("Squeeze", to.x, to.whole("axes", [*map(batched, dropped)])) if dropped else to.x


@rule.register
def expand(layer: Expand, to: Scope) -> str:
    return to.op("Unsqueeze", to.x, to.whole("axes", [*map(batched, layer.axes)])) if layer.axes else to.x


@rule.register
def pad(layer: Pad, to: Scope) -> str:
    begins, ends = zip((0, 0), *layer.pads(to.shape()), strict=True)
    value = [to.number("value", layer.value)] if layer.mode == "constant" else []
    return to.op("Pad", to.x, to.whole("pads", (*begins, *ends)), *value, mode=layer.mode)


@rule.register
def crop(layer: Crop, to: Scope) -> str:
    begins, ends = zip((0, 0), *layer.cuts(to.shape()), strict=True)
    stops = [-end if end else sys.maxsize for end in ends]
    axes = to.whole("axes", range(len(begins)))
    return to.op("Slice", to.x, to.whole("begins", begins), to.whole("ends", stops), axes)


@rule.register
def take(layer: Slice, to: Scope) -> str:
    end = sys.maxsize if layer.end is None else layer.end
    numbers = (("begin", layer.begin), ("end", end), ("axis", batched(layer.axis)), ("step", layer.step))
    return to.op("Slice", to.x, *(to.whole(name, [number]) for name, number in numbers))


@rule.register
def split(layer: Split, to: Scope) -> tuple[str, ...]:
    lengths = layer.lengths(to.shape())
    return to.parts("Split", len(lengths), to.x, to.whole("lengths", lengths), axis=batched(layer.axis))


@rule.register
def arg_max(layer: ArgMax, to: Scope) -> str:
    return to.op("ArgMax", to.x, axis=batched(layer.axis), keepdims=int(layer.keep_axes))


REDUCTIONS = {"mean": "ReduceMean", "sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin"}


@rule.register
def reduce(layer: Reduce, to: Scope) -> str:
    over = [axis + 1 for axis in layer.over(to.shape())]
    if not over:
        return to.x
    operator = REDUCTIONS[layer.operation]
    # The axes have become an input: of the sum with opset 13, of the others with 18.
    if to.opset >= 18 or operator == "ReduceSum":
        return to.op(operator, to.x, to.whole("axes", over), keepdims=int(layer.keep_axes))
    return to.op(operator, to.x, axes=over, keepdims=int(layer.keep_axes))
