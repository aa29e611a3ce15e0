"""Normalisation in ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.base import Shape
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale


@rule.register
def batch_norm(layer: BatchNorm, to: Scope) -> str:
    scale, shift = _scale_and_shift(to, to.shape()[:1])
    averages = to.weights("running_mean", "running_variance")
    return to.op("BatchNormalization", to.x, scale, shift, *averages, epsilon=layer.epsilon)


@rule.register
def layer_norm(layer: LayerNorm, to: Scope) -> str:
    scale, shift = _scale_and_shift(to, to.shape()[-layer.axes :])
    if to.opset >= 17:
        return to.op("LayerNormalization", to.x, scale, shift, axis=-layer.axes, epsilon=layer.epsilon)
    axes = list(range(-layer.axes, 0))
    centred = to.op("Sub", to.x, _mean(to, to.x, axes))
    variance = _mean(to, to.op("Mul", centred, centred), axes)
    deviation = to.op("Sqrt", to.op("Add", variance, to.number("epsilon", layer.epsilon)))
    return to.op("Add", to.op("Mul", to.op("Div", centred, deviation), scale), shift)


def _scale_and_shift(to: Scope, shape: Shape) -> tuple[str, str]:
    """The two learned arrays; ones and zeros where the layer learns none."""
    if to.has("scale"):
        return to.weight("scale"), to.weight("shift")
    return _ones_and_zeros(to, shape)


def _ones_and_zeros(to: Scope, shape: Shape) -> tuple[str, str]:
    return to.constant("ones", np.ones(shape, np.float32)), to.constant("zeros", np.zeros(shape, np.float32))


@rule.register
def instance_norm(layer: InstanceNorm, to: Scope) -> str:
    return to.op("InstanceNormalization", to.x, *_scale_and_shift(to, to.shape()[:1]), epsilon=layer.epsilon)


@rule.register
def group_norm(layer: GroupNorm, to: Scope) -> str:
    # GroupNormalization has a scale for each channel from opset 21 only: here each group is a channel for a while.
    groups = to.op("Reshape", to.x, to.whole("as_groups", (0, layer.groups, -1)))
    normal = to.op("InstanceNormalization", groups, *_ones_and_zeros(to, (layer.groups,)), epsilon=layer.epsilon)
    return _scaled(to, to.op("Reshape", normal, to.op("Shape", to.x)), slice(0, 1))


@rule.register
def rms_norm(layer: RMSNorm, to: Scope) -> str:
    rank = len(to.shape())
    mean = _mean(to, to.op("Mul", to.x, to.x), range(rank + 1 - layer.axes, rank + 1))
    root = to.op("Sqrt", to.op("Add", mean, to.number("epsilon", layer.epsilon)))
    return _scaled(to, to.op("Div", to.x, root), slice(rank - layer.axes, rank))


def _mean(to: Scope, x: str, axes: Sequence[int]) -> str:
    """Over axes of a batch, which are kept; they have become an input with opset 18."""
    if to.opset >= 18:
        return to.op("ReduceMean", x, to.whole("axes", axes))
    return to.op("ReduceMean", x, axes=list(axes))


@rule.register
def l2_normalize(layer: L2Normalize, to: Scope) -> str:
    over = [axis + 1 for axis in layer.over(to.shape())]
    squares = to.op("ReduceSum", to.op("Mul", to.x, to.x), to.whole("axes", over))
    return to.op("Div", to.x, to.op("Sqrt", to.op("Add", squares, to.number("epsilon", layer.epsilon))))


@rule.register
def scale(layer: Scale, to: Scope) -> str:
    return _scaled(to, to.x, layer.along(to.shape()))


def _scaled(to: Scope, x: str, own: slice) -> str:
    """`x` with the scale and the shift that the layer has, for each place of some of a sample's axes."""
    behind = range(own.stop - own.start, len(to.shape()) - own.start)  # values are aligned at the last axis
    for name, kind in (("scale", "Mul"), ("shift", "Add")):
        if to.has(name):
            values = to.weight(name)
            x = to.op(kind, x, to.op("Unsqueeze", values, to.whole("behind", behind)) if behind else values)
    return x


@rule.register
def lrn(layer: LRN, to: Scope) -> str:
    if layer.region == "within_channel":
        return _within(layer, to)
    numbers: dict[str, Any] = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "bias": layer.k}
    if len(to.shape()) == 3:
        return to.op("LRN", to.x, **numbers)
    # onnxruntime takes images only: the other axes make one of their own.
    image = to.op("Reshape", to.x, to.whole("as_image", (0, to.shape()[0], -1, 1)))
    return to.op("Reshape", to.op("LRN", image, **numbers), to.op("Shape", to.x))


def _within(layer: LRN, to: Scope) -> str:
    squares = replace(to, inputs=(to.op("Mul", to.x, to.x),))
    mean = str(rule(layer.near(to.shape()), squares))
    base = to.op("Add", to.op("Mul", mean, to.number("alpha", layer.alpha)), to.number("k", layer.k))
    return to.op("Div", to.x, to.op("Pow", base, to.number("beta", layer.beta)))
