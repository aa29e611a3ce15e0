"""Pooling and finer images, in torch's own words."""

import math

from engine.layers.pooling import (
    AdaptiveAvgPool,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from engine.layers.resampling import PixelShuffle, Upsample
from tests.engine.layers.in_torch.rules import F, padded, rule, torch


def is_symmetric(layer, pads):
    return pads[: len(pads) // 2] == pads[len(pads) // 2 :] and all(
        2 * p <= k for p, k in zip(pads, layer.kernel * 2, strict=True)
    )


MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
MEAN = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
PARTS = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}
LARGEST = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}


@rule(MaxPool1D, MaxPool2D, MaxPool3D)
def max_pool(layer, weights, x):
    pads, ceil, pool = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil", MAX[len(layer.kernel)]
    if is_symmetric(layer, pads):
        return pool(x, layer.kernel, layer.strides, pads[: len(pads) // 2], ceil_mode=ceil)
    return pool(padded(x, pads, -math.inf), layer.kernel, layer.strides, ceil_mode=ceil)


@rule(AvgPool1D, AvgPool2D, AvgPool3D)
def avg_pool(layer, weights, x):
    pads, ceil, pool = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil", MEAN[len(layer.kernel)]
    if is_symmetric(layer, pads):
        return pool(x, layer.kernel, layer.strides, pads[: len(pads) // 2], ceil, layer.count_padding)
    counted = padded(torch.ones_like(x), pads, float(layer.count_padding))
    total, cells = (pool(each, layer.kernel, layer.strides, 0, ceil) for each in (padded(x, pads), counted))
    return total / cells


@rule(GlobalAvgPool, GlobalMaxPool)
def global_pool(layer, weights, x):
    pooled = (PARTS if isinstance(layer, GlobalAvgPool) else LARGEST)[x.ndim - 2](x, 1)
    return pooled if layer.keep_axes else pooled.flatten(1)


@rule(AdaptiveAvgPool)
def adaptive_avg_pool(layer, weights, x):
    axes = x.ndim - 2
    return PARTS[axes](x, layer.sizes * axes if len(layer.sizes) == 1 else layer.sizes)


@rule(Upsample)
def upsample(layer, weights, x):
    factors = tuple(map(float, layer.scale)) * (1 if len(layer.scale) > 1 else x.ndim - 2)
    if layer.mode == "nearest":
        return torch.nn.Upsample(scale_factor=factors)(x)
    mode = {3: "linear", 4: "bilinear", 5: "trilinear"}[x.ndim]
    return torch.nn.Upsample(scale_factor=factors, mode=mode, align_corners=layer.align_corners)(x)


@rule(PixelShuffle)
def pixel_shuffle(layer, weights, x):
    return torch.nn.PixelShuffle(layer.factor)(x)
