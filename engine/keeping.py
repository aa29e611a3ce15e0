"""What a layer keeps of a forward pass for its gradient: inputs, outputs and values of its own.

As torch's operators keep it on the CPU in float32, with the channels first, each storage once. Views (a Flatten, a
Slice) lie in what they look at. Layers that are not told here are taken to keep what enters and leaves them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.layers import (
    activation,
    arranging,
    dense,
    embedding,
    loss,
    merge,
    normalization,
    pooling,
    recurrent,
    resampling,
)
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer, Shape, volume
from engine.layers.convolution import Convolution, DepthwiseConv2D, SeparableConv2D, Transposed
from engine.layers.data import Constant
from engine.layers.distributed import TimeDistributed
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape


@dataclass(frozen=True)
class Kept:
    """What one layer keeps."""

    inputs: bool = False
    output: bool = False
    own: int = 0
    """Numbers a sample that are neither an input nor an output."""
    places: int = 0
    """The same, but whole numbers that say where something was."""
    once: int = 0
    """Numbers a batch, whatever its size."""


NOTHING = Kept()
INPUTS = Kept(inputs=True)
OUTPUT = Kept(output=True)
ALL = Kept(inputs=True, output=True)

Rule = Callable[[Any, tuple[Shape, ...], Shape], Kept]
"""Of a layer, the shapes that enter it and the one that leaves it."""


@functools.lru_cache(maxsize=1 << 14)
def kept(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """What `layer` keeps between shapes without a batch axis."""
    rule = next((RULES[kind] for kind in type(layer).__mro__ if kind in RULES), ALL)
    return rule if isinstance(rule, Kept) else rule(layer, inputs, output)


def is_view(layer: Layer, inputs: int) -> bool:
    """Whether what leaves it lies in what enters it."""
    return isinstance(layer, VIEWS) or (isinstance(layer, HANDED_ON) and inputs == 1)


VIEWS = (
    Flatten,
    Reshape,
    arranging.Identity,
    arranging.Permute,
    arranging.Squeeze,
    arranging.Expand,
    arranging.Crop,
    arranging.Slice,
    arranging.Split,
)
HANDED_ON = (merge.Add, merge.Subtract, merge.Multiply, merge.Divide, merge.Maximum, merge.Minimum)
"""What gives a single input as it is."""


def _own(*shape: int) -> Kept:
    return Kept(own=volume(shape))


def _convolution(layer: Convolution | DepthwiseConv2D, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Its input, or a copy of it with zeros around where they are not as many at the end as at the begin."""
    (channels, *image), pads = inputs[0], layer.pads(inputs[0])
    axes = len(image)
    if pads[:axes] == pads[axes:]:
        return INPUTS
    return _own(channels, *(n + pads[axis] + pads[axes + axis] for axis, n in enumerate(image)))


def _separable(layer: SeparableConv2D, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    first = _convolution(layer.depth, inputs, output)
    return Kept(first.inputs, own=first.own + volume(layer.depth.shape(*inputs)))


def _pool(layer: pooling.Pooling, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Its input, or, where torch does not pad by itself, a copy of all that the windows reach."""
    pads, kernel = layer.pads(inputs[0]), layer.kernel
    begins = pads[: len(kernel)]
    if begins == pads[len(kernel) :] and all(2 * pad <= cells for pad, cells in zip(begins, kernel, strict=True)):
        return INPUTS
    axes = zip(output[1:], layer.strides, kernel, strict=True)
    return _own(output[0], *((count - 1) * stride + cells for count, stride, cells in axes))


def _max_pool(layer: pooling.MaxPooling, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Besides that where each of the largest was."""
    return replace(_pool(layer, inputs, output), places=volume(output))


def _avg_pool(layer: pooling.AvgPooling, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Besides that, with a copy, how many cells count at each place."""
    found = _pool(layer, inputs, output)
    return replace(found, once=0 if found.inputs else volume(output[1:]))


def _adaptive(layer: pooling.AdaptiveAvgPool, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return NOTHING if volume(output[1:]) == 1 else INPUTS


def _batch_norm(layer: normalization.BatchNorm, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Besides its input a mean and a deviation for each channel, whatever the batch."""
    return Kept(inputs=True, once=2 * output[0])


def _layer_norm(layer: normalization.LayerNorm, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return Kept(inputs=True, own=2 * volume(output[: len(output) - layer.axes]))


def _rms_norm(layer: normalization.RMSNorm, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """The input, its factor, and the two multiplied where a scale follows."""
    product = volume(output) if layer.affine else 0
    return Kept(inputs=True, own=(volume(output[: len(output) - layer.axes]) + product))


def _group_norm(layer: normalization.GroupNorm, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return Kept(inputs=True, own=2 * layer.groups)


def _instance_norm(layer: normalization.InstanceNorm, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return Kept(inputs=True, own=2 * output[0])


def _l2_normalize(layer: normalization.L2Normalize, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    over = layer.over(output)
    return Kept(inputs=True, own=volume(tuple(length for axis, length in enumerate(output) if axis not in over)))


def _lrn(layer: normalization.LRN, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """The input, its squares (with zeros around the channels), their mean and the power of that."""
    across = layer.region == "across_channels"
    squares = volume((output[0] + layer.size - 1, *output[1:])) if across else volume(output)
    return Kept(inputs=True, own=squares + 2 * volume(output))


def _scale(layer: normalization.Scale, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return INPUTS if any(weight.name == "scale" for weight in layer.weights(*inputs)) else NOTHING


def _of_output(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Something of the output's size that is neither: a mask, a step in between."""
    return _own(*output)


def _input_and_more(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return Kept(inputs=True, own=volume(output))


def _elementary(layer: activation.Elementary, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """What slopes keeps its input; steps, which nothing learns through, at most where they are."""
    return {"sin": INPUTS, "cos": INPUTS, "erf": INPUTS, "step": OUTPUT}.get(layer.function, NOTHING)


def _dropout(layer: Dropout, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return _own(*output) if layer.rate else NOTHING


def _by_channel(layer: Any, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    channels = output[0] if len(output) != 2 else output[-1]
    return _own(channels) if layer.rate else NOTHING


def _reduce(layer: arranging.Reduce, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    return ALL if layer.operation in ("max", "min") else NOTHING


def _chain(layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Its inputs, and what the first made with the second, that with the third and so on, but for the last."""
    between = (layer.shape(*inputs[:count]) for count in range(2, len(inputs)))
    return Kept(inputs=True, own=sum(map(volume, between)))


def _attention(layer: MultiHeadAttention, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """Queries, keys and values, what was found, and of the scores a sum each, or with a mask all of them twice."""
    (steps, _), seen = inputs[0], inputs[1 if len(inputs) > 1 else 0][0]
    units = layer.weights(*inputs)[0].shape[0]
    scores = layer.heads * steps * (2 * seen if len(inputs) > 2 else 1)
    return Kept(inputs=True, own=2 * steps * units + 2 * seen * units + scores)


STATES: dict[type[recurrent.Recurrent], int] = {recurrent.RNN: 1, recurrent.LSTM: 17, recurrent.GRU: 7}
"""Numbers that are kept for each number of the state: gates and steps in between, and what oneDNN works in."""


def _recurrent(layer: recurrent.Recurrent, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """About: oneDNN does not tell what it keeps. Besides the states a copy of the input, steps first."""
    steps, features = (max(1, axis) for axis in inputs[0])
    wide = layer.units * layer.directions
    return _own(steps, features + layer.layers * STATES[type(layer)] * wide + (layer.layers - 1) * wide)


def _distributed(layer: TimeDistributed, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """What the layer inside keeps, for as many samples as there are steps."""
    steps = max(1, inputs[0][0])
    found = kept(layer.layer, (inputs[0][1:],), output[1:])
    return replace(found, own=steps * found.own, places=steps * found.places)


def _softmax_entropy(layer: loss.SoftmaxCrossEntropy, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """The logarithms of the probabilities, how much counts, and the loss."""
    return Kept(own=volume(inputs[0]), once=2)


def _squared(layer: loss.MeanSquaredError, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """The loss lies where the squares lay."""
    return Kept(inputs=True, own=volume(inputs[0]))


def _absolute(layer: loss.MeanAbsoluteError, inputs: tuple[Shape, ...], output: Shape) -> Kept:
    """The differences and the loss."""
    return Kept(own=volume(inputs[0]), once=1)


LOSS = Kept(inputs=True, once=1)


RULES: dict[type[Layer], Kept | Rule] = {
    Constant: NOTHING,
    dense.Dense: INPUTS,
    dense.Bilinear: INPUTS,
    embedding.Embedding: INPUTS,
    embedding.PositionalEncoding: NOTHING,
    Convolution: _convolution,
    DepthwiseConv2D: _convolution,
    SeparableConv2D: _separable,
    Transposed: INPUTS,
    pooling.MaxPooling: _max_pool,
    pooling.AvgPooling: _avg_pool,
    pooling.AdaptiveAvgPool: _adaptive,
    pooling.GlobalAvgPool: NOTHING,
    pooling.GlobalMaxPool: lambda layer, inputs, output: Kept(places=output[0]),
    resampling.Upsample: NOTHING,
    resampling.PixelShuffle: NOTHING,
    normalization.BatchNorm: _batch_norm,
    normalization.LayerNorm: _layer_norm,
    normalization.RMSNorm: _rms_norm,
    normalization.GroupNorm: _group_norm,
    normalization.InstanceNorm: _instance_norm,
    normalization.LRN: _lrn,
    normalization.L2Normalize: _l2_normalize,
    normalization.Scale: _scale,
    activation.Activation: INPUTS,
    activation.ReLU: OUTPUT,
    activation.Sigmoid: OUTPUT,
    activation.Tanh: OUTPUT,
    activation.Exp: OUTPUT,
    activation.Softmax: OUTPUT,
    activation.LogSoftmax: OUTPUT,
    activation.HardSigmoid: _of_output,
    activation.Log: _of_output,
    activation.Power: _of_output,
    activation.Softsign: _input_and_more,
    activation.Elementary: _elementary,
    Dropout: _dropout,
    SpatialDropout: _by_channel,
    DropPath: lambda layer, inputs, output: _own(1) if layer.rate else NOTHING,
    GaussianNoise: NOTHING,
    **dict.fromkeys(VIEWS, NOTHING),
    arranging.Pad: NOTHING,
    arranging.ArgMax: NOTHING,
    arranging.Reduce: _reduce,
    merge.Add: NOTHING,
    merge.Subtract: NOTHING,
    merge.Average: NOTHING,
    merge.Concat: NOTHING,
    merge.Multiply: _chain,
    merge.Divide: _chain,
    merge.Maximum: _chain,
    merge.Minimum: _chain,
    merge.MatMul: INPUTS,
    recurrent.Recurrent: _recurrent,
    TimeDistributed: _distributed,
    MultiHeadAttention: _attention,
    loss.Loss: LOSS,
    loss.SoftmaxCrossEntropy: _softmax_entropy,
    loss.SigmoidCrossEntropy: LOSS,
    loss.MeanSquaredError: _squared,
    loss.MeanAbsoluteError: _absolute,
    loss.Huber: LOSS,
}
