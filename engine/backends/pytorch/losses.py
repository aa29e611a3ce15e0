"""The losses' rules: means over all positions of a batch, before the factor `weight`."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, batched, function
from engine.layers.loss import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy

NEVER = -(2**31)
"""No target: torch wants some index to ignore."""


@function.register
def softmax_cross_entropy(layer: SoftmaxCrossEntropy, place: Place) -> Function:
    classes = torch.tensor(layer.class_weights, device=place.device) if layer.class_weights else None
    ignored = NEVER if layer.ignore_index is None else layer.ignore_index
    entropy: Function = functools.partial(
        F.cross_entropy, weight=classes, ignore_index=ignored, label_smoothing=layer.label_smoothing
    )
    axis = batched(layer.axis)
    is_last = axis in (-1, len(place.shape()))

    def compare(x: Tensor, target: Tensor) -> Any:
        if is_last:
            scores, target = x.float().flatten(0, -2), target.flatten()
        else:  # torch has the classes behind the batch
            scores = x.float().movedim(axis, 1)
        if layer.ignore_index is None:
            return entropy(scores, target)
        counted = (target != ignored).float()
        if classes is not None:
            counted = counted * classes[torch.where(target == ignored, 0, target)]
        # A batch in which nothing counts has no loss instead of an undefined one.
        return entropy(scores, target, reduction="sum") / counted.sum().clamp(min=1e-30)

    return compare


@function.register
def sigmoid_cross_entropy(layer: SigmoidCrossEntropy, place: Place) -> Function:
    return lambda x, target: F.binary_cross_entropy_with_logits(x.float(), target.reshape(x.shape).float())


@function.register
def mean_squared_error(layer: MeanSquaredError, place: Place) -> Function:
    return lambda x, target: F.mse_loss(x.float(), target.reshape(x.shape))
