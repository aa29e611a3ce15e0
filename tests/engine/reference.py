"""What the core layers compute, once more in plain numpy and float64: the yardstick for every backend.

    reference(layer, weights, *inputs, training=False) -> array

`weights` holds arrays by their neutral names (without the node's), `inputs` the arrays of the layer's slots in order,
each with the batch axis in front. The result has the batch axis too; a loss gives the mean over the batch *before* its
factor `weight`. Noise is left out here, in training as well. `running_averages` says what BatchNorm keeps,
`random_weights` and `random_input` draw what a test feeds. The formulas are those of the docstrings, written without
any framework, in loops where that is plainest: keep the shapes small.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.layers import Layer, Shape, Signal
from engine.layers.activation import PReLU
from engine.layers.attention import MultiHeadAttention
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    Convolution,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
    SeparableConv2D,
    Transposed,
)
from engine.layers.dense import Bilinear, Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding, PositionalEncoding
from engine.layers.loss import Loss, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from engine.layers.merge import Concat
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, Scale
from engine.layers.pooling import AvgPooling, MaxPooling, Pooling
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape
from tests.engine.formulas import FORMULAS, behind_batch, log_softmax, logistic
from tests.engine.reference_losses import loss

Array = NDArray[np.float64]
Weights = Mapping[str, Array]


def reference(layer: Layer, weights: Weights, *inputs: Array, training: bool = False) -> Array | tuple[Array, ...]:
    """The layer's output for a batch, in float64; several outputs as a tuple."""
    doubles = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    arrays = [x if np.issubdtype(x.dtype, np.integer) else x.astype(np.float64) for x in map(np.asarray, inputs)]
    if isinstance(layer, TimeDistributed):
        (x,) = arrays
        made = reference(layer.layer, doubles, x.reshape(-1, *x.shape[2:]), training=training)
        return made.reshape(*x.shape[:2], *made.shape[1:])
    if isinstance(layer, BatchNorm):
        return _batch_norm(layer, doubles, arrays[0], training)
    made = _compute(layer, doubles, *arrays)
    return made if isinstance(made, tuple) else np.asarray(made)


def running_averages(layer: BatchNorm, weights: Weights, x: Array) -> dict[str, Array]:
    """`running_mean` and `running_variance` after one training step on the batch `x`."""
    mean, variance = _moments(np.asarray(x, np.float64))
    count = x.size // x.shape[1]
    share = layer.momentum
    return {
        "running_mean": (1 - share) * weights["running_mean"] + share * mean,
        "running_variance": (1 - share) * weights["running_variance"] + share * variance * count / (count - 1),
    }


def random_weights(layer: Layer, *shapes: Shape, seed: int = 0) -> dict[str, Array]:
    """Weights for inputs of these shapes (without batch axis), none of them special; variances are positive."""
    random = np.random.default_rng(seed)
    drawn = {w.name: random.normal(0, 0.5, w.shape) for w in layer.weights(*shapes)}
    return {name: np.abs(value) + 0.5 if name == "running_variance" else value for name, value in drawn.items()}


def random_input(signal: Signal, batch: int = 2, length: int = 5, seed: int = 0) -> Array:
    """A batch of what flows along a wire; an axis of any length gets `length`."""
    random = np.random.default_rng(seed)
    shape = (batch, *(length if axis < 0 else axis for axis in signal.shape))
    if signal.values == "index":
        return random.integers(0, signal.classes or 10, shape)
    return random.normal(size=shape)


@functools.singledispatch
def _compute(layer: Layer, weights: Weights, *inputs: Array) -> Array:
    raise NotImplementedError(f"no reference for {type(layer).__name__}")


@_compute.register
def _dense(layer: Dense, weights: Weights, x: Array) -> Array:
    return x @ weights["weight"].T + weights.get("bias", 0)


@_compute.register
def _bilinear(layer: Bilinear, weights: Weights, a: Array, b: Array) -> Array:
    return np.einsum("...f,kfg,...g->...k", a, weights["weight"], b) + weights.get("bias", 0)


@_compute.register
def _attention(
    layer: MultiHeadAttention, weights: Weights, x: Array, context: Array | None = None, mask: Array | None = None
) -> Array:
    seen = x if context is None else context
    query, key, value = (
        given @ weights[f"{name}_weight"].T + weights.get(f"{name}_bias", 0)
        for name, given in (("query", x), ("key", seen), ("value", seen))
    )
    found = np.empty_like(query)
    depth = x.shape[2] // layer.heads
    for n, t, head in np.ndindex(len(x), x.shape[1], layer.heads):
        part = slice(head * depth, (head + 1) * depth)
        scores = key[n, :, part] @ query[n, t, part] / math.sqrt(depth)
        if layer.causal:
            scores[t + 1 :] = -1e30
        if mask is not None:
            scores[(mask[n] if mask.ndim == 2 else mask[n, t]) == 0] = -1e30
        shares = np.exp(scores - scores.max())
        found[n, t, part] = shares / shares.sum() @ value[n, :, part]
    return found @ weights["output_weight"].T + weights.get("output_bias", 0)


@_compute.register
def _positions(layer: PositionalEncoding, weights: Weights, x: Array) -> Array:
    if layer.kind == "learned":
        return x + weights["weight"][: x.shape[1]]
    y = x.copy()
    for t, f in np.ndindex(*x.shape[1:]):
        angle = t / 10000 ** ((f - f % 2) / x.shape[2])
        y[:, t, f] += math.cos(angle) if f % 2 else math.sin(angle)
    return y


@_compute.register
def _embedding(layer: Embedding, weights: Weights, x: Array) -> Array:
    return weights["weight"][x]


@_compute.register(Conv1D)
@_compute.register(Conv2D)
@_compute.register(Conv3D)
def _convolution(layer: Convolution, weights: Weights, x: Array) -> Array:
    image = _pad(x, layer.pads(x.shape[1:]))
    return _slide(image, weights["weight"], layer.stride, layer.dilation, layer.groups) + _bias(weights, x)


@_compute.register
def _depthwise(layer: DepthwiseConv2D, weights: Weights, x: Array) -> Array:
    image = _pad(x, layer.pads(x.shape[1:]))
    return _slide(image, weights["weight"], layer.stride, layer.dilation, x.shape[1]) + _bias(weights, x)


@_compute.register
def _separable(layer: SeparableConv2D, weights: Weights, x: Array) -> Array:
    between = _depthwise(layer.depth, {"weight": weights["depth_weight"]}, x)
    return np.einsum("nihw,oi->nohw", between, weights["weight"][..., 0, 0]) + _bias(weights, x)


@_compute.register(ConvTranspose1D)
@_compute.register(ConvTranspose2D)
@_compute.register(ConvTranspose3D)
def _transposed(layer: Transposed, weights: Weights, x: Array) -> Array:
    kernel, pads = weights["weight"], layer.pads(x.shape[1:])
    parts = zip(np.split(x, layer.groups, 1), np.split(kernel, layer.groups, 0), strict=True)
    whole = np.concatenate([_spread(part, w, layer.stride, layer.dilation) for part, w in parts], axis=1)
    axes = len(layer.kernel)
    whole = _pad(whole, (*(0 for _ in layer.kernel), *layer.output_padding))
    sides = zip(pads[:axes], pads[axes:], whole.shape[2:], strict=True)
    return whole[(..., *(slice(begin, length - end) for begin, end, length in sides))] + _bias(weights, x)


def _slide(x: Array, kernel: Array, stride: Shape, dilation: Shape, groups: int) -> Array:
    """Σ over the cells of the kernel: x (N, C, *), kernel (filters, C/groups, *)."""
    cells = kernel.shape[2:]
    out = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], cells, stride, dilation, strict=True)]
    total = np.zeros((len(x), len(kernel), *out))
    for cell in np.ndindex(*cells):
        begins = [c * d for c, d in zip(cell, dilation, strict=True)]
        seen = x[(..., *(slice(b, b + (n - 1) * s + 1, s) for b, n, s in zip(begins, out, stride, strict=True)))]
        parts = zip(np.split(seen, groups, 1), np.split(kernel[(..., *cell)], groups, 0), strict=True)
        total += np.concatenate([np.einsum("ni...,oi->no...", part, w) for part, w in parts], axis=1)
    return total


def _spread(x: Array, kernel: Array, stride: Shape, dilation: Shape) -> Array:
    """Each value times the kernel, added up where they meet: x (N, C, *), kernel (C, filters, *)."""
    cells = kernel.shape[2:]
    out = [(n - 1) * s + d * (k - 1) + 1 for n, k, s, d in zip(x.shape[2:], cells, stride, dilation, strict=True)]
    total = np.zeros((len(x), kernel.shape[1], *out))
    for cell in np.ndindex(*cells):
        places = zip(cell, dilation, x.shape[2:], stride, strict=True)
        where = tuple(slice(c * d, c * d + (n - 1) * s + 1, s) for c, d, n, s in places)
        total[(..., *where)] += np.einsum("ni...,io->no...", x, kernel[(..., *cell)])
    return total


def _pad(x: Array, pads: Shape, value: float = 0.0) -> Array:
    axes = len(pads) // 2
    sides = [(0, 0)] * (x.ndim - axes) + list(zip(pads[:axes], pads[axes:], strict=True))
    return np.pad(x, sides, constant_values=value)


def _bias(weights: Weights, x: Array) -> Array:
    bias = weights.get("bias", np.zeros(1))
    return bias.reshape(-1, *(1 for _ in x.shape[2:]))


@_compute.register
def _max_pool(layer: MaxPooling, weights: Weights, x: Array) -> Array:
    return _windows(layer, x, lambda window, counted: window.max(tuple(range(2, x.ndim))))


@_compute.register
def _avg_pool(layer: AvgPooling, weights: Weights, x: Array) -> Array:
    axes = tuple(range(2, x.ndim))
    if layer.count_padding:
        return _windows(layer, x, lambda window, counted: window.sum(axes) / counted)
    return _windows(layer, x, lambda window, counted: window.mean(axes))


def _windows(layer: Pooling, x: Array, reduce) -> Array:
    """`reduce(cells of the image in the window, how many cells it has within image and padding)` at every place."""
    shape = layer.shape(x.shape[1:])
    pads = layer.pads(x.shape[1:])
    made = np.empty((len(x), *shape))
    for place in np.ndindex(*shape[1:]):
        inside, counted = [], 1
        for axis, at in enumerate(place):
            length = x.shape[2 + axis]
            begin = at * layer.strides[axis] - pads[axis]
            end = min(begin + layer.kernel[axis], length + pads[len(place) + axis])
            counted *= end - begin
            inside.append(slice(max(0, begin), min(end, length)))
        made[(..., *place)] = reduce(x[(..., *inside)], counted)
    return made


def _batch_norm(layer: BatchNorm, weights: Weights, x: Array, training: bool) -> Array:
    mean, variance = _moments(x) if training else (weights["running_mean"], weights["running_variance"])
    column = (-1, *(1 for _ in x.shape[2:]))
    y = (x - mean.reshape(column)) / np.sqrt(variance.reshape(column) + layer.epsilon)
    return y * weights["scale"].reshape(column) + weights["shift"].reshape(column) if layer.affine else y


def _moments(x: Array) -> tuple[Array, Array]:
    others = (0, *range(2, x.ndim))
    return x.mean(others), x.var(others)


@_compute.register
def _layer_norm(layer: LayerNorm, weights: Weights, x: Array) -> Array:
    last = tuple(range(-layer.axes, 0))
    y = (x - x.mean(last, keepdims=True)) / np.sqrt(x.var(last, keepdims=True) + layer.epsilon)
    return y * weights["scale"] + weights["shift"] if layer.affine else y


@_compute.register
def _group_norm(layer: GroupNorm, weights: Weights, x: Array) -> Array:
    return _per_channel(weights, x, _standardized(x, layer.groups, layer.epsilon))


@_compute.register
def _instance_norm(layer: InstanceNorm, weights: Weights, x: Array) -> Array:
    return _per_channel(weights, x, _standardized(x, x.shape[1], layer.epsilon))


def _standardized(x: Array, groups: int, epsilon: float) -> Array:
    y = np.empty_like(x)
    size = x.shape[1] // groups
    for n, group in np.ndindex(len(x), groups):
        part = x[n, group * size : (group + 1) * size]
        y[n, group * size : (group + 1) * size] = (part - part.mean()) / math.sqrt(part.var() + epsilon)
    return y


def _per_channel(weights: Weights, x: Array, y: Array) -> Array:
    column = (-1, *(1 for _ in x.shape[2:]))
    return y * weights["scale"].reshape(column) + weights["shift"].reshape(column) if weights else y


@_compute.register
def _rms_norm(layer: RMSNorm, weights: Weights, x: Array) -> Array:
    last = tuple(range(-layer.axes, 0))
    return x / np.sqrt((x**2).mean(last, keepdims=True) + layer.epsilon) * weights.get("scale", 1)


@_compute.register
def _scale(layer: Scale, weights: Weights, x: Array) -> Array:
    moved = np.moveaxis(x, [layer.axis % (x.ndim - 1) + 1 + i for i in range(layer.axes)], range(-layer.axes, 0))
    y = moved * weights.get("scale", 1) + weights.get("shift", 0)
    return np.moveaxis(y, range(-layer.axes, 0), [layer.axis % (x.ndim - 1) + 1 + i for i in range(layer.axes)])


@_compute.register
def _lrn(layer: LRN, weights: Weights, x: Array) -> Array:
    half = layer.size // 2
    y, axes = np.empty_like(x), x.shape[1:2] if layer.region == "across_channels" else x.shape[2:]
    first = 1 if layer.region == "across_channels" else 2
    for place in np.ndindex(*axes):
        near = tuple(slice(max(0, at - half), at + half + 1) for at in place)
        here, around = (*[slice(None)] * first, *place), (*[slice(None)] * first, *near)
        squares = (x[around] ** 2).sum(tuple(range(first, first + len(axes))))
        y[here] = x[here] / (layer.k + layer.alpha / layer.size ** len(axes) * squares) ** layer.beta
    return y


for kind, formula in FORMULAS.items():
    _compute.register(kind, lambda layer, weights, *inputs, formula=formula: formula(layer, *inputs))


@_compute.register
def _prelu(layer: PReLU, weights: Weights, x: Array) -> Array:
    slope = weights["slope"].reshape(-1, *(1 for _ in x.shape[2:])) if x.ndim > 1 else weights["slope"]
    return np.where(x > 0, x, slope * x)


@_compute.register(Dropout)
@_compute.register(SpatialDropout)
@_compute.register(DropPath)
@_compute.register(GaussianNoise)
def _noise(layer: Layer, weights: Weights, x: Array) -> Array:
    return x


@_compute.register
def _flatten(layer: Flatten, weights: Weights, x: Array) -> Array:
    return x.reshape(len(x), -1)


@_compute.register
def _reshape(layer: Reshape, weights: Weights, x: Array) -> Array:
    return x.reshape(len(x), *layer.sizes)


@_compute.register
def _concat(layer: Concat, weights: Weights, *inputs: Array) -> Array:
    return np.concatenate(inputs, axis=behind_batch(layer.axis))


@_compute.register(RNN)
@_compute.register(LSTM)
@_compute.register(GRU)
def _recurrent(layer: Recurrent, weights: Weights, x: Array, mask: Array | None = None) -> Array:
    if mask is not None:
        return np.stack([_until(layer, weights, *sample) for sample in zip(x, mask, strict=True)])
    for number in range(layer.layers):
        ways, finals = [], []
        for suffix, order in (("", 1), ("_reverse", -1))[: layer.directions]:
            states = _run(layer, {kind: weights[f"{kind}{suffix}{number}"] for kind in _KINDS}, x[:, ::order])
            finals.append(states[:, -1])
            ways.append(states[:, ::order])
        x = np.concatenate(ways, axis=-1)
    return x if layer.sequence else np.concatenate(finals, axis=-1)


def _until(layer: Recurrent, weights: Weights, x: Array, mask: Array) -> Array:
    """One sample without the steps that do not count, noughts in their place."""
    length = np.count_nonzero(mask)
    if not length:
        return np.zeros(layer.shape(x.shape))
    (made,) = _recurrent(layer, weights, x[None, :length])
    return np.concatenate([made, np.zeros((len(x) - length, made.shape[1]))]) if layer.sequence else made


_KINDS = ("input_weight", "hidden_weight", "input_bias", "hidden_bias")


def _run(layer: Recurrent, weights: Weights, x: Array) -> Array:
    """The states (N, T, units) of one layer in one direction."""
    state = memory = np.zeros((len(x), layer.units))
    states = []
    for t in range(x.shape[1]):
        entering = x[:, t] @ weights["input_weight"].T + weights["input_bias"]
        returning = state @ weights["hidden_weight"].T + weights["hidden_bias"]
        if isinstance(layer, RNN):
            state = np.tanh(entering + returning) if layer.activation == "tanh" else (entering + returning).clip(0)
        else:
            step = _lstm_step if isinstance(layer, LSTM) else _gru_step
            state, memory = step(entering, returning, state, memory)
        states.append(state)
    return np.stack(states, axis=1)


def _lstm_step(entering: Array, returning: Array, state: Array, memory: Array) -> tuple[Array, Array]:
    i, f, g, o = np.split(entering + returning, 4, axis=1)
    memory = logistic(f) * memory + logistic(i) * np.tanh(g)
    return logistic(o) * np.tanh(memory), memory


def _gru_step(entering: Array, returning: Array, state: Array, memory: Array) -> tuple[Array, Array]:
    (r, z, n), (hidden_r, hidden_z, hidden_n) = np.split(entering, 3, axis=1), np.split(returning, 3, axis=1)
    update = logistic(z + hidden_z)
    new = np.tanh(n + logistic(r + hidden_r) * hidden_n)
    return (1 - update) * new + update * state, memory


@_compute.register
def _softmax_cross_entropy(layer: SoftmaxCrossEntropy, weights: Weights, x: Array, target: Array) -> Array:
    axis = behind_batch(layer.axis)
    scores = np.moveaxis(log_softmax(x, axis), axis, -1)
    if target.dtype.kind == "f":
        return _cross_entropy_of_shares(layer, scores, np.moveaxis(target, axis, -1))
    scores, target = scores.reshape(-1, scores.shape[-1]), target.reshape(-1)
    counted = target != layer.ignore_index if layer.ignore_index is not None else np.full(target.shape, True)
    scores, target = scores[counted], target[counted]
    classes = scores.shape[-1]
    factors = np.asarray(layer.class_weights or np.ones(classes))
    smooth = (1 - layer.label_smoothing) * np.eye(classes)[target] + layer.label_smoothing / classes
    return -(smooth * factors * scores).sum() / factors[target].sum()


def _cross_entropy_of_shares(layer: SoftmaxCrossEntropy, scores: Array, target: Array) -> Array:
    factors = np.asarray(layer.class_weights or np.ones(scores.shape[-1]))
    smooth = (1 - layer.label_smoothing) * target + layer.label_smoothing * target.mean(-1, keepdims=True)
    return -(smooth * factors * scores).sum() / max((factors * target).sum(), 1e-30)


@_compute.register
def _sigmoid_cross_entropy(layer: SigmoidCrossEntropy, weights: Weights, x: Array, target: Array) -> Array:
    return (np.logaddexp(0, x) - x * target.reshape(x.shape)).mean()


@_compute.register
def _mean_squared_error(layer: MeanSquaredError, weights: Weights, x: Array, target: Array) -> Array:
    return ((x - target.reshape(x.shape)) ** 2).mean()


@_compute.register
def _other_loss(layer: Loss, weights: Weights, *inputs: Array) -> Array:
    return loss(layer, *inputs)
