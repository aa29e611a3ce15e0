"""Convolutions, in torch's own words."""

from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
    SeparableConv2D,
)
from tests.engine.layers.in_torch.rules import F, padded, rule, torch


@rule(Conv1D, Conv2D, Conv3D)
def convolution(layer, weights, x):
    if layer.auto_pad == "same" and set(layer.stride) == {1}:
        pads = "same"  # torch finds these itself
    else:
        x, pads = padded(x, layer.pads(tuple(x.shape[1:]))), 0
    function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(layer.kernel)]
    return function(x, weights["weight"], weights.get("bias"), layer.stride, pads, layer.dilation, layer.groups)


@rule(DepthwiseConv2D)
def depthwise(layer, weights, x):
    x, groups = padded(x, layer.pads(tuple(x.shape[1:]))), x.shape[1]
    return F.conv2d(x, weights["weight"], weights.get("bias"), layer.stride, 0, layer.dilation, groups)


@rule(SeparableConv2D)
def separable(layer, weights, x):
    depth, weight = weights["depth_weight"], weights["weight"]
    sides, count = layer.depth.pads(tuple(x.shape[1:])), x.shape[1]
    between = F.conv2d(padded(x, sides), depth, None, layer.stride, 0, layer.dilation, groups=count)
    return F.conv2d(between, weight, weights.get("bias"))


@rule(ConvTranspose1D, ConvTranspose2D, ConvTranspose3D)
def transposed(layer, weights, x):
    axes = len(layer.kernel)
    function = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[axes]
    whole = function(x, weights["weight"], weights.get("bias"), layer.stride, 0, 0, layer.groups, layer.dilation)
    bias = weights.get("bias", torch.zeros(whole.shape[1], dtype=whole.dtype)).reshape(1, -1, *[1] * axes)
    whole = padded(whole - bias, (*[0] * axes, *layer.output_padding)) + bias
    pads = layer.pads(tuple(x.shape[1:]))
    for axis in range(axes):
        whole = whole.narrow(axis + 2, pads[axis], whole.shape[axis + 2] - pads[axis] - pads[axis + axes])
    return whole
