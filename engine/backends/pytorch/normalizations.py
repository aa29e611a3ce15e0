"""The rules of normalisation."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, function
from engine.layers.normalization import LRN, BatchNorm, LayerNorm


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
def lrn(layer: LRN, place: Place) -> Function:
    return functools.partial(F.local_response_norm, size=layer.size, alpha=layer.alpha, beta=layer.beta, k=layer.k)
