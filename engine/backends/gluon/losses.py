"""The losses' rules: means over all positions of a batch, before the factor `weight`."""

from __future__ import annotations

import numpy as np

from engine.backends.base import Array
from engine.backends.gluon.rules import Place, S, Symbol, batched, symbol
from engine.layers.base import volume
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

NEAR = 1e-12
"""What is below it counts as it: the slope of a root or power would be infinite at nought."""


@symbol.register
def softmax_cross_entropy(layer: SoftmaxCrossEntropy, place: Place, x: Symbol, target: Symbol) -> Symbol:
    axis = batched(layer.axis)
    scores = S.log_softmax(x, axis=axis)
    told = place.site.inputs[1]
    if told and told.values == "number":
        return _shared_entropy(layer, place, scores, target)
    right = S.pick(scores, target, axis=axis)
    if not layer.class_weights and not layer.label_smoothing and layer.ignore_index is None:
        return -S.mean(right)
    classes = place.shape()[layer.axis]
    weights = np.array(layer.class_weights or (1.0,) * classes)
    counted = S.ones_like(target) if layer.ignore_index is None else target != layer.ignore_index
    factors = counted * S.take(place.constant(weights), target, mode="clip")
    losses = (1 - layer.label_smoothing) * factors * right
    if layer.label_smoothing:
        spread = S.sum(S.broadcast_mul(scores, _along(layer, place, weights)), axis=axis)
        losses = losses + layer.label_smoothing / classes * counted * spread
    # A batch in which nothing counts has no loss instead of an undefined one.
    return -S.broadcast_div(S.sum(losses), S.maximum(S.sum(factors), 1e-30))


def _shared_entropy(layer: SoftmaxCrossEntropy, place: Place, scores: Symbol, target: Symbol) -> Symbol:
    """As with an index, for a target that has a share of every class."""
    classes = place.shape()[layer.axis]
    weights = _along(layer, place, np.array(layer.class_weights or (1.0,) * classes))
    spread = layer.label_smoothing / classes * S.sum(target, axis=batched(layer.axis), keepdims=True)
    smooth = S.broadcast_add((1 - layer.label_smoothing) * target, spread)
    losses = S.broadcast_mul(smooth * scores, weights)
    return -S.broadcast_div(S.sum(losses), S.maximum(S.sum(S.broadcast_mul(target, weights)), 1e-30))


def _along(layer: SoftmaxCrossEntropy, place: Place, weights: Array) -> Symbol:
    """A number for each class, on the axis of classes."""
    rank = len(place.shape())
    return place.constant(weights.reshape([-1 if n == layer.axis % rank + 1 else 1 for n in range(rank + 1)]))


@symbol.register
def sigmoid_cross_entropy(layer: SigmoidCrossEntropy, place: Place, x: Symbol, target: Symbol) -> Symbol:
    target = place.reshaped(target, place.shape())
    # log(1 + eˣ) − t·x without an overflow
    return S.mean(S.relu(x) - x * target + S.Activation(-S.abs(x), act_type="softrelu"))


@symbol.register
def mean_squared_error(layer: MeanSquaredError, place: Place, x: Symbol, target: Symbol) -> Symbol:
    return S.mean(S.square(x - place.reshaped(target, place.shape())))


@symbol.register
def mean_absolute_error(layer: MeanAbsoluteError, place: Place, x: Symbol, target: Symbol) -> Symbol:
    return S.mean(S.abs(x - place.reshaped(target, place.shape())))


@symbol.register
def huber(layer: Huber, place: Place, x: Symbol, target: Symbol) -> Symbol:
    distance = S.abs(x - place.reshaped(target, place.shape()))
    near = S.minimum(distance, layer.delta)
    return S.mean(near * (distance - near / 2))


@symbol.register
def hinge(layer: Hinge, place: Place, x: Symbol, target: Symbol) -> Symbol:
    target, told = place.reshaped(target, place.shape()), place.site.inputs[1]
    return S.mean(S.relu(1 - x * (2 * target - 1 if told and told.values == "index" else target)))


@symbol.register
def kl_divergence(layer: KLDivergence, place: Place, x: Symbol, target: Symbol) -> Symbol:
    axis = batched(layer.axis)
    known = S.log(S.where(target > 0, target, S.ones_like(target)))  # t · log t is 0 where t is
    return S.mean(S.sum(target * (known - S.log_softmax(x, axis=axis)), axis=axis))


@symbol.register
def focal(layer: Focal, place: Place, x: Symbol, target: Symbol) -> Symbol:
    axis = batched(layer.axis)
    right = S.pick(S.log_softmax(x, axis=axis), target, axis=axis)
    return -S.mean(S.maximum(-S.expm1(right), NEAR) ** layer.gamma * right)


@symbol.register
def dice(layer: Dice, place: Place, x: Symbol, target: Symbol) -> Symbol:
    size = (volume(place.shape()),)
    guess, target = S.sigmoid(place.reshaped(x, size)), place.reshaped(target, size)
    common = 2 * S.sum(guess * target, axis=1) + layer.smooth
    return 1 - S.mean(common / (S.sum(guess, axis=1) + S.sum(target, axis=1) + layer.smooth))


@symbol.register
def cosine_similarity(layer: CosineSimilarity, place: Place, x: Symbol, target: Symbol) -> Symbol:
    axis = batched(layer.axis)
    lengths = [S.maximum(S.sqrt(S.sum(S.square(each), axis=axis)), 1e-8) for each in (x, target)]
    return 1 - S.mean(S.sum(x * target, axis=axis) / (lengths[0] * lengths[1]))


@symbol.register
def contrastive(layer: Contrastive, place: Place, a: Symbol, b: Symbol, target: Symbol) -> Symbol:
    square = S.sum(S.square(a - b), axis=-1)
    distance = S.sqrt(S.maximum(square, NEAR))
    target = place.reshaped(target, place.shape()[:-1])
    return S.mean(target * square + (1 - target) * S.square(S.relu(layer.margin - distance))) / 2


@symbol.register
def triplet(layer: Triplet, place: Place, anchor: Symbol, positive: Symbol, negative: Symbol) -> Symbol:
    near, far = (S.sum(S.square(anchor - other), axis=-1) for other in (positive, negative))
    return S.mean(S.relu(near - far + layer.margin))


@symbol.register
def ctc(layer: CTC, place: Place, x: Symbol, target: Symbol, mask: Symbol | None) -> Symbol:
    (length, classes), labels = place.shape(), place.shape(1)[0]
    steps = S.full((place.batch,), length) if mask is None else S.sum(mask != 0, axis=1)
    fits = (steps >= _least_steps(target, labels)) * (steps > 0)
    # MXNet writes no gradient of what does not fit, and nothing at all where no target has a label: instead of the one
    # it gets blanks, against the other one more sample, whose target is class 1.
    scores = S.concat(S.swapaxes(x, 0, 1), S.zeros((length, 1, classes)), dim=1)
    read = S.concat(S.broadcast_mul(target, S.expand_dims(fits, axis=1)), place.constant(np.eye(1, labels)), dim=0)
    until = S.concat(S.maximum(steps, 1), S.full((1,), length), dim=0)
    losses = S.CTCLoss(scores, read, until, use_data_lengths=True, blank_label="first")
    return S.mean(S.slice_axis(losses, axis=0, begin=0, end=place.batch) * fits)


def _least_steps(target: Symbol, length: int) -> Symbol:
    """How many steps it takes to read a target: one for each label before the first 0, one between equal ones."""
    labels = S.cumsum(target == 0, axis=1) == 0
    if length == 1:
        return S.sum(labels, axis=1)
    before, behind = (S.slice_axis(target, axis=1, begin=begin, end=begin + length - 1) for begin in (0, 1))
    repeats = (before == behind) * S.slice_axis(labels, axis=1, begin=1, end=length)
    return S.sum(labels, axis=1) + S.sum(repeats, axis=1)
