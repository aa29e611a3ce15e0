"""One rule a layer: the ONNX operators that compute it. The specification is ONNX's `Operators.md`."""

from __future__ import annotations

import functools

from engine.errors import Unsupported
from engine.formats.onnx.scope import Scope
from engine.layers.base import Layer
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
from engine.layers.embedding import Embedding
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape


@functools.singledispatch
def rule(layer: Layer, to: Scope) -> str | tuple[str, ...]:
    """Writes the layer's operators and gives the name of what they make, of several outputs all."""
    raise Unsupported(f"ONNX export has no rule for {type(layer).__name__}", node=to.site.name)


@rule.register
def dense(layer: Dense, to: Scope) -> str:
    if len(to.shape()) == 1:
        return to.op("Gemm", to.x, *to.weights("weight", "bias"), transB=1)
    product = to.op("MatMul", to.x, to.op("Transpose", to.weight("weight"), perm=[1, 0]))
    return to.op("Add", product, to.weight("bias")) if layer.bias else product


@rule.register
def bilinear(layer: Bilinear, to: Scope) -> str:
    product = to.op("Einsum", *to.inputs, to.weight("weight"), equation="...f,...g,kfg->...k")
    return to.op("Add", product, to.weight("bias")) if layer.bias else product


@rule.register
def embedding(layer: Embedding, to: Scope) -> str:
    return to.op("Gather", to.weight("weight"), to.x)


@rule.register(Conv1D)
@rule.register(Conv2D)
@rule.register(Conv3D)
@rule.register(DepthwiseConv2D)
def convolution(layer: Convolution | DepthwiseConv2D, to: Scope) -> str:
    return to.op(
        "Conv",
        to.x,
        *to.weights("weight", "bias"),
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=layer.pads(to.shape()),  # ONNX lists all begins, then all ends (Conv, pads), as we do
        dilations=layer.dilation,
        group=to.shape()[0] if isinstance(layer, DepthwiseConv2D) else layer.groups,
    )


@rule.register
def separable_conv2d(layer: SeparableConv2D, to: Scope) -> str:
    depth = to.op(
        "Conv",
        to.x,
        to.weight("depth_weight"),
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=layer.depth.pads(to.shape()),
        dilations=layer.dilation,
        group=to.shape()[0],
    )
    return to.op("Conv", depth, *to.weights("weight", "bias"), kernel_shape=(1, 1))


@rule.register(ConvTranspose1D)
@rule.register(ConvTranspose2D)
@rule.register(ConvTranspose3D)
def transposed(layer: Transposed, to: Scope) -> str:
    return to.op(
        "ConvTranspose",
        to.x,
        *to.weights("weight", "bias"),
        kernel_shape=layer.kernel,
        strides=layer.stride,
        pads=layer.pads(to.shape()),
        dilations=layer.dilation,
        group=layer.groups,
        output_padding=layer.output_padding,
    )


@rule.register(Dropout)
@rule.register(SpatialDropout)
@rule.register(DropPath)
@rule.register(GaussianNoise)
def noise(layer: Layer, to: Scope) -> str:
    return to.x


FOLDS: dict[type[Layer], str] = {
    Add: "Add",
    Subtract: "Sub",
    Multiply: "Mul",
    Divide: "Div",
    Maximum: "Max",
    Minimum: "Min",
}
"""What combines two inputs, and what that makes with the next."""


def folded(layer: Layer, to: Scope) -> str:
    """All inputs combined one after the other."""
    return functools.reduce(functools.partial(to.op, FOLDS[type(layer)]), _aligned(to))


for kind in FOLDS:
    rule.register(kind, folded)


@rule.register
def average(layer: Average, to: Scope) -> str:
    total = functools.reduce(functools.partial(to.op, "Add"), _aligned(to))
    return to.op("Div", total, to.number("count", len(to.inputs)))


@rule.register
def mat_mul(layer: MatMul, to: Scope) -> str:
    turned = zip(_aligned(to), (layer.transpose_a, layer.transpose_b), strict=True)
    rank = max(len(to.shape(place)) for place in range(2)) + 1
    perm = [*range(rank - 2), rank - 1, rank - 2]
    return to.op("MatMul", *(to.op("Transpose", x, perm=perm) if turn else x for x, turn in turned))


def _aligned(to: Scope) -> list[str]:
    """All inputs with the same number of axes: those with fewer get some of length 1 behind the batch's."""
    most = max(len(to.shape(place)) for place in range(len(to.inputs)))
    return [_with_axes(to, place, most - len(to.shape(place))) for place in range(len(to.inputs))]


def _with_axes(to: Scope, place: int, missing: int) -> str:
    x = to.inputs[place]
    return to.op("Unsqueeze", x, to.whole(f"axes{missing}", range(1, missing + 1))) if missing else x


@rule.register
def concat(layer: Concat, to: Scope) -> str:
    return to.op("Concat", *to.inputs, axis=batched(layer.axis))


@rule.register
def flatten(layer: Flatten, to: Scope) -> str:
    return to.op("Flatten", to.x, axis=1)


@rule.register
def reshape(layer: Reshape, to: Scope) -> str:
    return to.op("Reshape", to.x, to.whole("shape", (0, *layer.sizes)))  # 0: the batch stays as it is


def batched(axis: int) -> int:
    """The axis of a sample as an axis of a batch."""
    return axis + 1 if axis >= 0 else axis
