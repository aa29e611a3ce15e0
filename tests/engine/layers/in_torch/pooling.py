"""Pooling, in torch's own words."""

import math

from engine.layers.pooling import AvgPool2D, GlobalAvgPool, MaxPool2D
from tests.engine.layers.in_torch.rules import F, padded, rule, torch


def is_symmetric(layer, pads):
    return pads[: len(pads) // 2] == pads[len(pads) // 2 :] and all(
        2 * p <= k for p, k in zip(pads, layer.kernel * 2, strict=True)
    )


@rule(MaxPool2D)
def max_pool(layer, weights, x):
    pads, ceil = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil"
    if is_symmetric(layer, pads):
        return F.max_pool2d(x, layer.kernel, layer.strides, pads[:2], ceil_mode=ceil)
    return F.max_pool2d(padded(x, pads, -math.inf), layer.kernel, layer.strides, ceil_mode=ceil)


@rule(AvgPool2D)
def avg_pool(layer, weights, x):
    pads, ceil = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil"
    if is_symmetric(layer, pads):
        return F.avg_pool2d(x, layer.kernel, layer.strides, pads[:2], ceil, layer.count_padding)
    total = F.avg_pool2d(padded(x, pads), layer.kernel, layer.strides, 0, ceil, divisor_override=1)
    counted = padded(torch.ones_like(x), pads, float(layer.count_padding))
    return total / F.avg_pool2d(counted, layer.kernel, layer.strides, 0, ceil, divisor_override=1)


@rule(GlobalAvgPool)
def global_avg_pool(layer, weights, x):
    pooled = (F.adaptive_avg_pool2d if x.ndim == 4 else F.adaptive_avg_pool1d)(x, 1)
    return pooled if layer.keep_axes else pooled.flatten(1)
