"""The rules of normalisation."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, function
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale


@function.register
def batch_norm(layer: BatchNorm, place: Place) -> Function:
    scale, shift = place.weights.get("scale"), place.weights.get("shift")
    mean, variance = place.weights["running_mean"], place.weights["running_variance"]

    def normalize(x: Tensor) -> Tensor:
        # One value a channel has no unbiased variance: the running averages then stay.
        keeps = not place.is_training or x.numel() > x.shape[1]
        return torch.batch_norm(
            x,
            scale,
            shift,
            mean if keeps else None,
            variance if keeps else None,
            place.is_training,
            layer.momentum,
            layer.epsilon,
            torch.backends.cudnn.enabled,
        )

    return normalize


@function.register
def layer_norm(layer: LayerNorm, place: Place) -> Function:
    return functools.partial(
        F.layer_norm,
        normalized_shape=place.shape()[-layer.axes :],
        weight=place.weights.get("scale"),
        bias=place.weights.get("shift"),
        eps=layer.epsilon,
    )


@function.register
def group_norm(layer: GroupNorm, place: Place) -> Function:
    return _by_groups(place, layer.groups, layer.epsilon)


@function.register
def instance_norm(layer: InstanceNorm, place: Place) -> Function:
    return _by_groups(place, place.shape()[0], layer.epsilon)


def _by_groups(place: Place, groups: int, epsilon: float) -> Function:
    scale, shift = place.weights.get("scale"), place.weights.get("shift")
    # Not F.group_norm, which refuses a single value.
    return lambda x: torch.group_norm(x, groups, scale, shift, epsilon, torch.backends.cudnn.enabled)


@function.register
def rms_norm(layer: RMSNorm, place: Place) -> Function:
    axes, scale = place.shape()[-layer.axes :], place.weights.get("scale")
    # A scale in another precision than x's would keep torch from its fused kernel.
    return lambda x: F.rms_norm(x, axes, None if scale is None else scale.to(x.dtype), layer.epsilon)


@function.register
def l2_normalize(layer: L2Normalize, place: Place) -> Function:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    return lambda x: x * torch.rsqrt(x.pow(2).sum(over, keepdim=True) + layer.epsilon)


@function.register
def scale(layer: Scale, place: Place) -> Function:
    shape = place.shape()
    behind = (1,) * (len(shape) - layer.along(shape).stop)
    factor, constant = place.weights.get("scale"), place.weights.get("shift")

    def scaled(x: Tensor) -> Tensor:
        y = x if factor is None else x * factor.reshape(*factor.shape, *behind)
        return y if constant is None else y + constant.reshape(*constant.shape, *behind)

    return scaled


@function.register
def lrn(layer: LRN, place: Place) -> Function:
    if layer.region == "across_channels":
        return functools.partial(F.local_response_norm, size=layer.size, alpha=layer.alpha, beta=layer.beta, k=layer.k)
    mean = function(layer.near(place.shape()), place)
    return lambda x: x / (layer.k + layer.alpha * mean(x * x)) ** layer.beta
