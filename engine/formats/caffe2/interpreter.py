"""Runs a NetDef in plain numpy, operator by operator, as Caffe2's documentation of the operators defines them.

It shares nothing with the reader but the arguments, so that the one can be checked by the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.errors import Unsupported
from engine.formats.caffe2.filling import Array, blobs_of
from engine.formats.caffe2.operator import Operator
from engine.formats.caffe2.windows import LEGACY, SAME, VALID, axes_of, lengths, padding

Computes = Callable[..., Any]
OPERATORS: dict[str, Computes] = {}


def run(operators: Iterable[Operator], fills: Iterable[Operator], inputs: Mapping[str, Array]) -> dict[str, Array]:
    """All blobs in the end, float32. Raises Unsupported naming an operator that is not known."""
    filled = blobs_of(fills, "")
    blobs: dict[str, Any] = {name: blob.array for name, blob in filled.items() if blob.array is not None}
    blobs |= inputs
    for op in operators:
        compute = OPERATORS.get(op.kind)
        if compute is None:
            raise Unsupported(f"the interpreter does not know {op.kind}", node=op.name or next(iter(op.outputs), ""))
        made = compute(op, *(blobs[name] for name in op.inputs))
        values = made if isinstance(made, tuple) else (made,)
        blobs |= zip(op.outputs, values, strict=False)
    return blobs


def computes(*kinds: str) -> Callable[[Computes], Computes]:
    """Makes a function what the operators called so do."""

    def declared(function: Computes) -> Computes:
        OPERATORS.update(dict.fromkeys(kinds, function))
        return function

    return declared


def _first(op: Operator, x: Array) -> Array:
    return np.moveaxis(x, -1, 1) if op.is_last else x


def _back(op: Operator, y: Array) -> Array:
    return np.moveaxis(y, 1, -1) if op.is_last else y


def _pads(op: Operator, image: tuple[int, ...], reach: tuple[int, ...], stride: tuple[int, ...]) -> list[list[int]]:
    """What is added in front and behind each axis; pooling as Caffe's rounds up by adding more behind."""
    count, legacy = len(image), op.whole("legacy_pad")
    said = padding(op, count)
    pairs = [[said[n], said[n + count]] for n in range(count)]
    for pair, cells, window, step in zip(pairs, image, reach, stride, strict=True):
        if legacy == VALID:
            pair[:] = [0, 0]
        elif legacy == SAME:
            needed = max(0, (math.ceil(cells / step) - 1) * step + window - cells)
            pair[:] = [needed // 2, needed - needed // 2]
        elif legacy == LEGACY:
            places = math.ceil((cells + 2 * pair[0] - window) / step) + 1
            if pair[0] and (places - 1) * step >= cells + pair[0]:
                places -= 1
            pair[1] = max(0, (places - 1) * step + window - cells - pair[0])
    return pairs


def _windows(x: Array, pads: Any, kernel: Any, stride: Any, dilation: Any, fill: float) -> Any:
    """(N, C, *places, *kernel)."""
    count = len(kernel)
    padded = np.pad(x, [(0, 0), (0, 0), *pads], constant_values=fill)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    slides: Any = sliding_window_view
    views = slides(padded, reach, axis=tuple(range(2, 2 + count)))
    steps = [slice(None, None, s) for s in stride]
    return views[(slice(None), slice(None), *steps, *(slice(None, None, d) for d in dilation))]


@computes("Conv")
def conv(op: Operator, x: Array, w: Array, b: Array | None = None) -> Array:
    x, w = _first(op, x), _first(op, w)
    count = w.ndim - 2
    kernel, groups = w.shape[2:], op.whole("group", 1)
    stride, dilation = lengths(op, "stride", 1, count), lengths(op, "dilation", 1, count)
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    seen = _windows(x, _pads(op, x.shape[2:], reach, stride), kernel, stride, dilation, 0.0)
    kernels = tuple(range(2 + count, 2 + 2 * count))
    parts = [
        np.tensordot(s, k, axes=((1, *kernels), tuple(range(1, 2 + count))))
        for s, k in zip(np.split(seen, groups, 1), np.split(w, groups, 0), strict=True)
    ]
    y = np.moveaxis(np.concatenate(parts, -1), -1, 1)
    return _back(op, y if b is None else y + b.reshape(-1, *(1,) * count))


def _cell(w: Any, cell: tuple[int, ...]) -> Any:
    """(C, M) of the kernels (C, M, *kernel)."""
    return w[(..., *cell)]


@computes("ConvTranspose")
def conv_transpose(op: Operator, x: Array, w: Array, b: Array | None = None) -> Array:
    x, w = _first(op, x), _first(op, w)
    count, groups = w.ndim - 2, op.whole("group", 1)
    kernel, stride = w.shape[2:], lengths(op, "stride", 1, count)
    adj, said = lengths(op, "adj", 0, count), padding(op, count)
    whole = [(n - 1) * s + k + a for n, s, k, a in zip(x.shape[2:], stride, kernel, adj, strict=True)]
    y = np.zeros((x.shape[0], w.shape[1] * groups, *whole), np.float32)
    for cell in np.ndindex(*kernel):
        parts = [
            np.moveaxis(np.tensordot(xs, _cell(ws, cell), axes=(1, 0)), -1, 1)
            for xs, ws in zip(np.split(x, groups, 1), np.split(w, groups, 0), strict=True)
        ]
        places = [slice(c, c + (n - 1) * s + 1, s) for c, n, s in zip(cell, x.shape[2:], stride, strict=True)]
        y[(slice(None), slice(None), *places)] += np.concatenate(parts, 1)
    cut = [slice(said[n], whole[n] - said[n + count]) for n in range(count)]
    y = y[(slice(None), slice(None), *cut)]
    return _back(op, y if b is None else y + b.reshape(-1, *(1,) * count))


@computes("MaxPool", "AveragePool")
def pool(op: Operator, x: Array) -> Array:
    x, is_max = _first(op, x), op.kind == "MaxPool"
    count = x.ndim - 2 if op.flag("global_pooling") else axes_of(op)
    axes = tuple(range(2, 2 + count))
    if op.flag("global_pooling"):
        return _back(op, x.max(axes, keepdims=True) if is_max else x.mean(axes, keepdims=True))
    kernel, stride = lengths(op, "kernel", 0, count), lengths(op, "stride", 1, count)
    pads, ones = _pads(op, x.shape[2:], kernel, stride), (1,) * count
    seen = _windows(x, pads, kernel, stride, ones, -np.inf if is_max else 0.0)
    inner = tuple(range(-count, 0))
    if is_max:
        return _back(op, seen.max(inner))
    counted = _windows(np.ones_like(x), pads, kernel, stride, ones, float(op.flag("count_include_pad")))
    return _back(op, seen.sum(inner) / counted.sum(inner))


@computes("FC", "FCTransposed")
def fully_connected(op: Operator, x: Array, w: Array, b: Array | None = None) -> Array:
    axis, cut = op.whole("axis", 1), op.whole("axis_w", 1)
    w = w.reshape(math.prod(w.shape[:cut]), -1)
    lines = x.reshape(math.prod(x.shape[:axis]), -1) @ (w if op.kind == "FCTransposed" else w.T)
    return (lines if b is None else lines + b).reshape(*x.shape[:axis], -1)


@computes("SpatialBN")
def spatial_bn(op: Operator, x: Array, scale: Array, bias: Array, mean: Array, variance: Array) -> Array:
    x = _first(op, x)
    wide = (-1, *(1,) * (x.ndim - 2))
    factor = scale / np.sqrt(variance + op.real("epsilon", 1e-5))
    return _back(op, (x - mean.reshape(wide)) * factor.reshape(wide) + bias.reshape(wide))


@computes("LRN")
def lrn(op: Operator, x: Array) -> tuple[Array, Array]:
    x, size = _first(op, x), op.whole("size")
    half = (size - 1) // 2
    padded = np.pad(np.square(x), [(0, 0), (half, half), *[(0, 0)] * (x.ndim - 2)])
    sums = sliding_window_view(padded, size, axis=1).sum(-1)
    scale = op.real("bias", 1.0) + op.real("alpha", 0.0) / size * sums
    return _back(op, x * scale ** -op.real("beta", 0.0)), _back(op, scale)


@computes("Softmax")
def softmax(op: Operator, x: Array) -> Any:
    lines = x.reshape(math.prod(x.shape[: op.whole("axis", 1)]), -1)
    powers = np.exp(lines - lines.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).reshape(x.shape)


@computes("Relu")
def relu(op: Operator, x: Array) -> Array:
    return np.maximum(x, 0)


@computes("LeakyRelu")
def leaky_relu(op: Operator, x: Array) -> Array:
    return np.where(x > 0, x, op.real("alpha", 0.01) * x)


@computes("PRelu")
def prelu(op: Operator, x: Array, slope: Array) -> Array:
    wide = slope if slope.size == 1 else slope.reshape(-1, *(1,) * (x.ndim - 2))
    return _back(op, np.where(_first(op, x) > 0, _first(op, x), wide * _first(op, x)))


@computes("Elu")
def elu(op: Operator, x: Array) -> Array:
    return np.where(x > 0, x, op.real("alpha", 1.0) * np.expm1(np.minimum(x, 0)))


@computes("Sigmoid")
def sigmoid(op: Operator, x: Array) -> Any:
    return 1 / (1 + np.exp(-np.clip(x, -80, 80)))


@computes("Tanh")
def tanh(op: Operator, x: Array) -> Array:
    return np.tanh(x)


@computes("Dropout", "Copy", "Alias")
def unchanged(op: Operator, x: Array) -> Array:
    if op.kind == "Dropout" and not op.flag("is_test"):
        raise Unsupported("the interpreter knows Dropout with is_test only", node=op.outputs[0])
    return x


@computes("Sum")
def total(op: Operator, *xs: Array) -> Any:
    return sum(xs[1:], xs[0])


@computes("Concat")
def concat(op: Operator, *xs: Array) -> tuple[Array, Array]:
    axis = op.whole("axis", 3 if op.is_last else 1)
    return np.concatenate(xs, axis), np.array([x.shape[axis] for x in xs], np.int32)


@computes("Flatten")
def flatten(op: Operator, x: Array) -> Array:
    return x.reshape(math.prod(x.shape[: op.whole("axis", 1)]), -1)


@computes("Reshape")
def reshape(op: Operator, x: Array) -> tuple[Array, Array]:
    codes = op.wholes("shape")
    sizes = tuple(x.shape[n] if code == 0 else code for n, code in enumerate(codes))
    return x.reshape(sizes), np.array(x.shape, np.int64)


@computes("Transpose")
def transpose(op: Operator, x: Array) -> Array:
    return x.transpose(op.wholes("axes") or None)


@computes("Clip")
def clip(op: Operator, x: Array) -> Array:
    return np.clip(x, op.real("min", -np.inf), op.real("max", np.inf))
