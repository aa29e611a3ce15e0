"""The losses' rules: means over all positions of a batch, before the factor `weight`."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, batched, function
from engine.layers.loss import (
    CTC,
    Contrastive,
    CosineSimilarity,
    Dice,
    Focal,
    Hinge,
    Huber,
    KLDivergence,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Triplet,
)

NEVER = -(2**31)
"""No target: torch wants some index to ignore."""

NEAR = 1e-12
"""What is below it counts as it: the slope of a root or power would be infinite at nought."""


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
        if target.is_floating_point():
            return _shared_entropy(layer, x.float().movedim(axis, -1), target.movedim(axis, -1), classes)
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


def _shared_entropy(layer: SoftmaxCrossEntropy, x: Tensor, target: Tensor, classes: Tensor | None) -> Tensor:
    """As with an index, for a target that has a share of every class along the last axis."""
    factors = torch.ones(x.shape[-1], device=x.device) if classes is None else classes
    spread = layer.label_smoothing / x.shape[-1] * target.sum(-1, keepdim=True)
    smooth = (1 - layer.label_smoothing) * target + spread
    return -(smooth * factors * F.log_softmax(x, -1)).sum() / (factors * target).sum().clamp(min=1e-30)


@function.register
def sigmoid_cross_entropy(layer: SigmoidCrossEntropy, place: Place) -> Function:
    return lambda x, target: F.binary_cross_entropy_with_logits(x.float(), target.reshape(x.shape).float())


@function.register
def mean_squared_error(layer: MeanSquaredError, place: Place) -> Function:
    return lambda x, target: F.mse_loss(x.float(), target.reshape(x.shape))


@function.register
def mean_absolute_error(layer: MeanAbsoluteError, place: Place) -> Function:
    return lambda x, target: F.l1_loss(x.float(), target.reshape(x.shape))


@function.register
def huber(layer: Huber, place: Place) -> Function:
    return lambda x, target: F.huber_loss(x.float(), target.reshape(x.shape), delta=layer.delta)


@function.register
def hinge(layer: Hinge, place: Place) -> Function:
    def compare(x: Tensor, target: Tensor) -> Tensor:
        side = target.reshape(x.shape) if target.is_floating_point() else 2 * target.reshape(x.shape) - 1
        return F.relu(1 - side * x.float()).mean()

    return compare


@function.register
def kl_divergence(layer: KLDivergence, place: Place) -> Function:
    axis = batched(layer.axis)

    def compare(x: Tensor, target: Tensor) -> Tensor:
        known = torch.where(target > 0, target, 1).log()  # t · log t is 0 where t is
        return (target * (known - F.log_softmax(x.float(), axis))).sum(axis).mean()

    return compare


@function.register
def focal(layer: Focal, place: Place) -> Function:
    axis = batched(layer.axis)

    def compare(x: Tensor, target: Tensor) -> Tensor:
        right = F.log_softmax(x.float(), axis).gather(axis, target.unsqueeze(axis))
        return -((-torch.expm1(right)).clamp(min=NEAR).pow(layer.gamma) * right).mean()

    return compare


@function.register
def dice(layer: Dice, place: Place) -> Function:
    def compare(x: Tensor, target: Tensor) -> Tensor:
        guess = torch.sigmoid(x.float()).reshape(len(x), -1)
        target = target.reshape(guess.shape).float()
        common = 2 * (guess * target).sum(1) + layer.smooth
        return (1 - common / (guess.sum(1) + target.sum(1) + layer.smooth)).mean()

    return compare


@function.register
def cosine_similarity(layer: CosineSimilarity, place: Place) -> Function:
    return lambda x, target: 1 - F.cosine_similarity(x.float(), target, batched(layer.axis)).mean()


@function.register
def contrastive(layer: Contrastive, place: Place) -> Function:
    def compare(a: Tensor, b: Tensor, target: Tensor) -> Tensor:
        square = _square(a, b)
        distance = square.clamp(min=NEAR).sqrt()
        target = target.reshape(square.shape)
        return (target * square + (1 - target) * F.relu(layer.margin - distance).square()).mean() / 2

    return compare


@function.register
def triplet(layer: Triplet, place: Place) -> Function:
    return lambda a, positive, negative: F.relu(_square(a, positive) - _square(a, negative) + layer.margin).mean()


@function.register
def ctc(layer: CTC, place: Place) -> Function:
    def compare(x: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        scores = F.log_softmax(x.float(), -1).transpose(0, 1)
        steps = x.shape[1] * target.new_ones(len(x)) if mask is None else (mask != 0).sum(1)
        length = (target != 0).cumprod(1).sum(1)
        return F.ctc_loss(scores, target, steps, length, reduction="none", zero_infinity=True).mean()

    return compare


def _square(a: Tensor, b: Tensor) -> Tensor:
    """The squared distance of vectors along the last axis."""
    return (a.float() - b.float()).square().sum(-1)
