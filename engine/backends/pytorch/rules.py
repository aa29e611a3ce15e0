"""One rule a layer: what makes it a function of torch tensors, with weights and constants bound beforehand."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.graph import Site
from engine.backends.stated import stated
from engine.errors import Unsupported
from engine.layers.base import Layer, Shape
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
from engine.layers.data import Constant
from engine.layers.dense import Bilinear, Dense
from engine.layers.embedding import Embedding
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape

Function = Callable[..., Any]
"""Of as many tensors as the layer has wires, giving a tensor, or a tuple of them where it has several outputs.

Of a layer without inputs, of the number of samples.
"""


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its site, its weights by their own names, and whether it is training."""

    site: Site
    weights: Mapping[str, Tensor]
    is_training: bool
    device: torch.device

    def shape(self, place: int = 0) -> Shape:
        """The shape of a sample of the input at `place`."""
        signal = self.site.inputs[place]
        return signal.shape if signal else ()


@functools.singledispatch
def function(layer: Layer, place: Place) -> Function:
    """What `layer` computes at `place`, as a function of its inputs (batch, *shape)."""
    raise Unsupported(f"the torch backend has no rule for {type(layer).__name__}", node=place.site.name)


@function.register
def constant(layer: Constant, place: Place) -> Function:
    tensor = torch.tensor(stated(layer), device=place.device)
    return lambda samples: tensor.expand(samples, *layer.sizes)


@function.register
def dense(layer: Dense, place: Place) -> Function:
    return functools.partial(F.linear, weight=place.weights["weight"], bias=place.weights.get("bias"))


@function.register
def bilinear(layer: Bilinear, place: Place) -> Function:
    return functools.partial(F.bilinear, weight=place.weights["weight"], bias=place.weights.get("bias"))


@function.register
def embedding(layer: Embedding, place: Place) -> Function:
    return functools.partial(F.embedding, weight=place.weights["weight"])


# Convolutions


CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
SPREAD = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@function.register(Conv1D)
@function.register(Conv2D)
@function.register(Conv3D)
@function.register(DepthwiseConv2D)
def convolution(layer: Convolution | DepthwiseConv2D, place: Place) -> Function:
    channels = place.shape()[0]
    padding, pad = _padding(layer.pads(place.shape()))
    convolve: Any = functools.partial(
        CONVOLVE[len(layer.kernel)],
        weight=place.weights["weight"],
        bias=place.weights.get("bias"),
        stride=layer.stride,
        padding=padding,
        dilation=layer.dilation,
        groups=channels if isinstance(layer, DepthwiseConv2D) else layer.groups,
    )
    return _after(pad, convolve)


@function.register
def separable_conv2d(layer: SeparableConv2D, place: Place) -> Function:
    depth = function(layer.depth, replace(place, weights={"weight": place.weights["depth_weight"]}))
    mix = functools.partial(F.conv2d, weight=place.weights["weight"], bias=place.weights.get("bias"))
    return _after(depth, mix)


@function.register(ConvTranspose1D)
@function.register(ConvTranspose2D)
@function.register(ConvTranspose3D)
def transposed(layer: Transposed, place: Place) -> Function:
    pads, axes = layer.pads(place.shape()), len(layer.kernel)
    begins, ends = pads[:axes], pads[axes:]
    convolve: Any = functools.partial(
        SPREAD[axes],
        weight=place.weights["weight"],
        bias=place.weights.get("bias"),
        stride=layer.stride,
        dilation=layer.dilation,
        groups=layer.groups,
    )
    if begins == ends:
        return functools.partial(convolve, padding=begins, output_padding=layer.output_padding)
    # torch cuts off as much at the begin as at the end: make all of it, then cut.
    extra = layer.output_padding
    beyond = tuple(max(0, more - end) for more, end in zip(extra, ends, strict=True))
    inside = tuple(
        slice(begin, more - end if end > more else None) for begin, end, more in zip(begins, ends, extra, strict=True)
    )
    return lambda x: convolve(x, output_padding=beyond)[(..., *inside)]


def _padding(pads: Shape) -> tuple[Shape, Function | None]:
    """What torch's functions pad by themselves, the same at begin and end, or else a function that does it before."""
    axes = len(pads) // 2
    if pads[:axes] == pads[axes:]:
        return pads[:axes], None
    return (0,) * axes, functools.partial(F.pad, pad=last_axis_first(pads))


def last_axis_first(pads: Shape) -> list[int]:
    """All begins, then all ends, as `F.pad` wants them: begin and end of the last axis, then of the one before."""
    axes = len(pads) // 2
    return [cells for axis in reversed(range(axes)) for cells in (pads[axis], pads[axes + axis])]


def _after(first: Function | None, then: Function) -> Function:
    return then if first is None else lambda x: then(first(x))


# Regularisation


@function.register
def dropout(layer: Dropout, place: Place) -> Function:
    return functools.partial(F.dropout, p=layer.rate, training=place.is_training)


@function.register(SpatialDropout)
@function.register(DropPath)
def dropout_of_wholes(layer: SpatialDropout | DropPath, place: Place) -> Function:
    whole = layer.whole(place.shape())

    def drop(x: Tensor) -> Tensor:
        lengths = (1 if axis in whole else n for axis, n in enumerate(x.shape[1:]))
        return x * F.dropout(x.new_ones(len(x), *lengths), layer.rate)

    return drop if place.is_training else lambda x: x


@function.register
def gaussian_noise(layer: GaussianNoise, place: Place) -> Function:
    return lambda x: x + layer.deviation * torch.randn_like(x) if place.is_training else x


# Merging and reshaping


FOLDS: dict[type[Layer], Callable[[Tensor, Tensor], Tensor]] = {
    Add: torch.add,
    Subtract: torch.sub,
    Multiply: torch.mul,
    Divide: torch.div,
    Maximum: torch.maximum,
    Minimum: torch.minimum,
}
"""What combines two inputs, and what that makes with the next."""


def folded(layer: Layer, place: Place) -> Function:
    """All inputs combined one after the other."""
    return _folded(FOLDS[type(layer)], place)


for kind in FOLDS:
    function.register(kind, folded)


@function.register
def average(layer: Average, place: Place) -> Function:
    total = _folded(torch.add, place)
    return lambda *inputs: total(*inputs) / len(inputs)


@function.register
def mat_mul(layer: MatMul, place: Place) -> Function:
    turned = (layer.transpose_a, layer.transpose_b)
    product = _folded(torch.matmul, place)
    return lambda *inputs: product(*(x.mT if turn else x for x, turn in zip(inputs, turned, strict=True)))


@function.register
def concat(layer: Concat, place: Place) -> Function:
    return lambda *inputs: torch.cat(inputs, dim=batched(layer.axis))


@function.register
def flatten(layer: Flatten, place: Place) -> Function:
    return lambda x: x.reshape(len(x), -1)


@function.register
def reshape(layer: Reshape, place: Place) -> Function:
    return lambda x: x.reshape(len(x), *layer.sizes)


def _folded(combine: Callable[[Tensor, Tensor], Tensor], place: Place) -> Function:
    """All inputs combined, those with fewer axes given some of length 1 behind the batch's."""
    ranks = [len(signal.shape) for signal in place.site.inputs if signal]
    missing = [max(ranks) - rank for rank in ranks]
    if not any(missing):
        return lambda *inputs: functools.reduce(combine, inputs)
    return lambda *inputs: functools.reduce(combine, map(_with_axes, inputs, missing))


def _with_axes(x: Tensor, count: int) -> Tensor:
    return x.reshape(len(x), *(1,) * count, *x.shape[1:]) if count else x


def batched(axis: int) -> int:
    """The axis of a sample as an axis of a batch."""
    return axis + 1 if axis >= 0 else axis
