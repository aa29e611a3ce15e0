"""Formulas of layers without weights, in plain numpy and float64: a table for the reference."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Elementary,
    Exp,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Log,
    LogSoftmax,
    Mish,
    Power,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze
from engine.layers.merge import Add, Average, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import L2Normalize
from engine.layers.pooling import AdaptiveAvgPool, GlobalAvgPool, GlobalMaxPool
from engine.layers.resampling import PixelShuffle, Upsample

Array = NDArray[np.float64]


def logistic(x: Array) -> Array:
    return np.exp(-np.logaddexp(0, -x))


def log_softmax(x: Array, axis: int) -> Array:
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


def behind_batch(axis: int) -> int:
    return axis if axis < 0 else axis + 1


def _exponential(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu(layer: GELU, x: Array) -> Array:
    if layer.approximation == "tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x / 2 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))


def _aligned(inputs: tuple[Array, ...]) -> list[Array]:
    """Samples aligned at their last axis: axes of 1 go between the batch axis and the others."""
    rank = max(x.ndim for x in inputs)
    return [x.reshape(len(x), *(1 for _ in range(rank - x.ndim)), *x.shape[1:]) for x in inputs]


def _folded(combine: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    return lambda layer, *inputs: functools.reduce(combine, _aligned(inputs))


def _mat_mul(layer: MatMul, *inputs: Array) -> Array:
    a, b = _aligned(inputs)
    return np.matmul(
        np.swapaxes(a, -1, -2) if layer.transpose_a else a, np.swapaxes(b, -1, -2) if layer.transpose_b else b
    )


def _sides(cells: tuple[int, ...], x: Array) -> list[tuple[int, int]]:
    half = len(cells) // 2
    return [(0, 0)] * (x.ndim - half) + list(zip(cells[:half], cells[half:], strict=True))


def _pad(layer: Pad, x: Array) -> Array:
    more = {"constant_values": layer.value} if layer.mode == "constant" else {}
    return np.pad(x, _sides(layer.padding, x), mode=layer.mode, **more)


def _crop(layer: Crop, x: Array) -> Array:
    sides = zip(_sides(layer.cropping, x), x.shape, strict=True)
    return x[tuple(slice(begin, length - end) for (begin, end), length in sides)]


def _slice(layer: Slice, x: Array) -> Array:
    moved = np.moveaxis(x, behind_batch(layer.axis), 0)[layer.begin : layer.end : layer.step]
    return np.moveaxis(moved, 0, behind_batch(layer.axis))


def _reduce(layer: Reduce, x: Array) -> Array:
    function = getattr(np, layer.operation)
    return np.stack([function(sample, axis=layer.axes or None, keepdims=layer.keep_axes) for sample in x])


def _split(layer: Split, x: Array) -> tuple[Array, ...]:
    parts = np.cumsum(layer.sizes)[:-1] if layer.sizes else layer.parts
    return tuple(np.split(x, parts, behind_batch(layer.axis)))


def _arg_max(layer: ArgMax, x: Array) -> Array:
    return np.argmax(x, axis=behind_batch(layer.axis), keepdims=layer.keep_axes)


def _parts(layer: AdaptiveAvgPool, x: Array) -> Array:
    lengths = x.shape[2:]
    parts = layer.sizes * len(lengths) if len(layer.sizes) == 1 else layer.sizes
    y = np.empty((*x.shape[:2], *parts))
    for place in np.ndindex(*parts):
        begins = [math.floor(i * n / m) for i, n, m in zip(place, lengths, parts, strict=True)]
        ends = [math.ceil((i + 1) * n / m) for i, n, m in zip(place, lengths, parts, strict=True)]
        cells = x[(..., *(slice(b, e) for b, e in zip(begins, ends, strict=True)))]
        y[(..., *place)] = cells.mean(tuple(range(2, x.ndim)))
    return y


def _upsample(layer: Upsample, x: Array) -> Array:
    axes = x.ndim - 2
    for axis, factor in enumerate(layer.scale * axes if len(layer.scale) == 1 else layer.scale, start=2):
        lines = functools.partial(_stretched, layer=layer, factor=factor)
        x = np.apply_along_axis(lines, axis, x)
    return x


def _stretched(line: Array, layer: Upsample, factor: int) -> Array:
    made = np.arange(len(line) * factor)
    if layer.mode == "nearest":
        return line[made // factor]
    corners = np.linspace(0, len(line) - 1, len(made))
    return np.interp(corners if layer.align_corners else (made + 0.5) / factor - 0.5, np.arange(len(line)), line)


def _shuffled(layer: PixelShuffle, x: Array) -> Array:
    f, (n, channels, height, width) = layer.factor, x.shape
    y = np.empty((n, channels // f**2, height * f, width * f))
    for c, i, j in np.ndindex(channels // f**2, f, f):
        y[:, c, i::f, j::f] = x[:, c * f**2 + i * f + j]
    return y


_ELEMENTARY = {
    "sin": np.sin,
    "cos": np.cos,
    "erf": np.vectorize(math.erf),
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "sign": np.sign,
    "step": lambda x: np.heaviside(x, 0),
}

FORMULAS: dict[type[Any], Callable[..., Array]] = {
    ReLU: lambda layer, x: np.maximum(x, 0),
    ReLU6: lambda layer, x: np.clip(x, 0, 6),
    LeakyReLU: lambda layer, x: np.where(x > 0, x, layer.slope * x),
    ELU: lambda layer, x: _exponential(x, layer.alpha),
    SELU: lambda layer, x: 1.0507009873554805 * _exponential(x, 1.6732632423543772),
    GELU: _gelu,
    SiLU: lambda layer, x: x * logistic(x),
    Mish: lambda layer, x: x * np.tanh(np.logaddexp(0, x)),
    HardSwish: lambda layer, x: x * np.clip(x + 3, 0, 6) / 6,
    HardSigmoid: lambda layer, x: np.clip(layer.slope * x + layer.offset, 0, 1),
    Sigmoid: lambda layer, x: logistic(x),
    Tanh: lambda layer, x: np.tanh(x),
    Softplus: lambda layer, x: np.logaddexp(0, layer.beta * x) / layer.beta,
    Softsign: lambda layer, x: x / (1 + np.abs(x)),
    Elementary: lambda layer, x: _ELEMENTARY[layer.function](x),
    Exp: lambda layer, x: np.exp(layer.shift + layer.scale * x),
    Log: lambda layer, x: np.log(layer.shift + layer.scale * x),
    Power: lambda layer, x: (layer.shift + layer.scale * x) ** layer.power,
    Abs: lambda layer, x: np.abs(x),
    Clip: lambda layer, x: np.clip(x, layer.low, layer.high),
    Softmax: lambda layer, x: np.exp(log_softmax(x, behind_batch(layer.axis))),
    LogSoftmax: lambda layer, x: log_softmax(x, behind_batch(layer.axis)),
    Add: _folded(np.add),
    Subtract: _folded(np.subtract),
    Multiply: _folded(np.multiply),
    Divide: _folded(np.divide),
    Maximum: _folded(np.maximum),
    Minimum: _folded(np.minimum),
    Average: lambda layer, *inputs: sum(_aligned(inputs)) / len(inputs),
    MatMul: _mat_mul,
    Identity: lambda layer, x: x,
    Permute: lambda layer, x: np.stack([np.transpose(sample, layer.axes or None) for sample in x]),
    Squeeze: lambda layer, x: np.stack([np.squeeze(sample, layer.axes or None) for sample in x]),
    Expand: lambda layer, x: np.stack([np.expand_dims(sample, layer.axes) for sample in x]),
    Pad: _pad,
    Crop: _crop,
    Slice: _slice,
    Split: _split,
    Reduce: _reduce,
    ArgMax: _arg_max,
    GlobalAvgPool: lambda layer, x: x.mean(tuple(range(2, x.ndim)), keepdims=layer.keep_axes),
    GlobalMaxPool: lambda layer, x: x.max(tuple(range(2, x.ndim)), keepdims=layer.keep_axes),
    AdaptiveAvgPool: _parts,
    Upsample: _upsample,
    PixelShuffle: _shuffled,
    L2Normalize: lambda layer, x: np.stack(
        [each / np.sqrt(np.sum(each**2, layer.axes or None, keepdims=True) + layer.epsilon) for each in x]
    ),
}
"""Each of the layer and its inputs."""
