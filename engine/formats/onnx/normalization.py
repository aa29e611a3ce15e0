"""Normalisation in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.base import Shape
from engine.layers.normalization import LRN, BatchNorm, LayerNorm


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
    centred = to.op("Sub", to.x, to.op("ReduceMean", to.x, axes=axes))
    variance = to.op("ReduceMean", to.op("Mul", centred, centred), axes=axes)
    deviation = to.op("Sqrt", to.op("Add", variance, to.number("epsilon", layer.epsilon)))
    return to.op("Add", to.op("Mul", to.op("Div", centred, deviation), scale), shift)


def _scale_and_shift(to: Scope, shape: Shape) -> tuple[str, str]:
    """The two learned arrays; ones and zeros where the layer learns none."""
    if to.has("scale"):
        return to.weight("scale"), to.weight("shift")
    return to.constant("ones", np.ones(shape, np.float32)), to.constant("zeros", np.zeros(shape, np.float32))


@rule.register
def lrn(layer: LRN, to: Scope) -> str:
    numbers: dict[str, Any] = {"size": layer.size, "alpha": layer.alpha, "beta": layer.beta, "bias": layer.k}
    if len(to.shape()) == 3:
        return to.op("LRN", to.x, **numbers)
    # onnxruntime takes images only: the other axes make one of their own.
    image = to.op("Reshape", to.x, to.whole("as_image", (0, to.shape()[0], -1, 1)))
    return to.op("Reshape", to.op("LRN", image, **numbers), to.op("Shape", to.x))
