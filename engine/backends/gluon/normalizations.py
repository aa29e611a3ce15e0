"""The rules of normalisation."""

from __future__ import annotations

import functools

import numpy as np

from engine.backends.gluon.rules import Place, S, Symbol, symbol
from engine.layers.base import Shape, volume
from engine.layers.normalization import LRN, BatchNorm, LayerNorm


@symbol.register
def batch_norm(layer: BatchNorm, place: Place, x: Symbol) -> Symbol:
    if len(place.shape()) != 2:
        return _batch_norm(layer, place, x)
    # A line is an image of height 1: of a line itself MXNet cannot read the gradient behind two convolutions.
    return S.squeeze(_batch_norm(layer, place, S.expand_dims(x, axis=2)), axis=2)


def _batch_norm(layer: BatchNorm, place: Place, x: Symbol) -> Symbol:
    channels, *positions = place.shape()
    scale, shift = _scale_and_shift(place, (channels,))
    normalize = functools.partial(S.BatchNorm, x, scale, shift, fix_gamma=False, eps=layer.epsilon)
    if not place.is_training:
        return normalize(place.weights["running_mean"], place.weights["running_variance"], use_global_stats=True)
    # MXNet's running variance is a biased one, and its engine does not know when it is written: those it keeps here
    # are not used, and `executor.Average` makes ours.
    y, mean, root = normalize(
        place.constant(np.zeros(channels)), place.constant(np.ones(channels)), momentum=1.0, output_mean_var=True
    )
    count = place.batch * volume(tuple(positions))
    variance = (1 / S.square(root) - layer.epsilon) * (count / max(1, count - 1))  # root is 1 / √(variance + epsilon)
    place.beside.moments[place.site.name] = (mean, variance)
    return y


@symbol.register
def layer_norm(layer: LayerNorm, place: Place, x: Symbol) -> Symbol:
    shape = place.shape()
    kept, size = shape[: -layer.axes], volume(shape[-layer.axes :])
    scale, shift = (S.reshape(weight, shape=(size,)) for weight in _scale_and_shift(place, shape[-layer.axes :]))
    y = S.LayerNorm(place.reshaped(x, (*kept, size)), scale, shift, axis=-1, eps=layer.epsilon)
    return place.reshaped(y, shape)


def _scale_and_shift(place: Place, shape: Shape) -> tuple[Symbol, Symbol]:
    if "scale" in place.weights:
        return place.weights["scale"], place.weights["shift"]
    return S.ones(shape), S.zeros(shape)


@symbol.register
def lrn(layer: LRN, place: Place, x: Symbol) -> Symbol:
    shape = place.shape()
    image = place.reshaped(x, (shape[0], shape[1], volume(shape[2:])))
    return place.reshaped(S.LRN(image, nsize=layer.size, alpha=layer.alpha, beta=layer.beta, knorm=layer.k), shape)
