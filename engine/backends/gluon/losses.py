"""The losses' rules: means over all positions of a batch, before the factor `weight`."""

from __future__ import annotations

import numpy as np

from engine.backends.gluon.rules import Place, S, Symbol, batched, symbol
from engine.layers.loss import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy


@symbol.register
def softmax_cross_entropy(layer: SoftmaxCrossEntropy, place: Place, x: Symbol, target: Symbol) -> Symbol:
    axis = batched(layer.axis)
    scores = S.log_softmax(x, axis=axis)
    right = S.pick(scores, target, axis=axis)
    if not layer.class_weights and not layer.label_smoothing and layer.ignore_index is None:
        return -S.mean(right)
    rank, classes = len(place.shape()), place.shape()[layer.axis]
    weights = np.array(layer.class_weights or (1.0,) * classes)
    counted = S.ones_like(target) if layer.ignore_index is None else target != layer.ignore_index
    factors = counted * S.take(place.constant(weights), target, mode="clip")
    losses = (1 - layer.label_smoothing) * factors * right
    if layer.label_smoothing:
        along = [classes if n == layer.axis % rank + 1 else 1 for n in range(rank + 1)]
        spread = S.sum(S.broadcast_mul(scores, place.constant(weights.reshape(along))), axis=axis)
        losses = losses + layer.label_smoothing / classes * counted * spread
    # A batch in which nothing counts has no loss instead of an undefined one.
    return -S.broadcast_div(S.sum(losses), S.maximum(S.sum(factors), 1e-30))


@symbol.register
def sigmoid_cross_entropy(layer: SigmoidCrossEntropy, place: Place, x: Symbol, target: Symbol) -> Symbol:
    target = place.reshaped(target, place.shape())
    # log(1 + eˣ) − t·x without an overflow
    return S.mean(S.relu(x) - x * target + S.Activation(-S.abs(x), act_type="softrelu"))


@symbol.register
def mean_squared_error(layer: MeanSquaredError, place: Place, x: Symbol, target: Symbol) -> Symbol:
    return S.mean(S.square(x - place.reshaped(target, place.shape())))
