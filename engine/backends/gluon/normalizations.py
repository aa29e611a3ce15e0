"""The rules of normalisation."""

from __future__ import annotations

import functools

import numpy as np

from engine.backends.gluon.rules import Moments, Place, S, Symbol, symbol
from engine.layers.base import Shape, volume
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale


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
    if count > 1:  # one value of a channel has no unbiased variance: the running averages then stay
        running = (place.site.weights["running_mean"], place.site.weights["running_variance"])
        place.beside.moments.append(Moments((mean, variance), running, layer.momentum))
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
def group_norm(layer: GroupNorm, place: Place, x: Symbol) -> Symbol:
    return _by_groups(place, x, layer.groups, layer.epsilon)


@symbol.register
def instance_norm(layer: InstanceNorm, place: Place, x: Symbol) -> Symbol:
    return _by_groups(place, x, place.shape()[0], layer.epsilon)


def _by_groups(place: Place, x: Symbol, groups: int, epsilon: float) -> Symbol:
    shape = place.shape()
    size = volume(shape) // groups
    lines = place.reshaped(x, (groups, size))
    y = place.reshaped(S.LayerNorm(lines, S.ones((size,)), S.zeros((size,)), axis=-1, eps=epsilon), shape)
    return _scaled(place, y, slice(0, 1))


@symbol.register
def rms_norm(layer: RMSNorm, place: Place, x: Symbol) -> Symbol:
    rank = len(place.shape())
    own = slice(rank - layer.axes, rank)
    mean = S.mean(S.square(x), axis=tuple(range(own.start + 1, rank + 1)), keepdims=True)
    return _scaled(place, S.broadcast_mul(x, S.rsqrt(mean + layer.epsilon)), own)


@symbol.register
def l2_normalize(layer: L2Normalize, place: Place, x: Symbol) -> Symbol:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    return S.broadcast_mul(x, S.rsqrt(S.sum(S.square(x), axis=over, keepdims=True) + layer.epsilon))


@symbol.register
def scale(layer: Scale, place: Place, x: Symbol) -> Symbol:
    return _scaled(place, x, layer.along(place.shape()))


def _scaled(place: Place, x: Symbol, own: slice) -> Symbol:
    """`x` with the scale and the shift that the layer has, for each place of some of a sample's axes."""
    shape = place.shape()
    along = (1, *(1,) * own.start, *shape[own], *(1,) * (len(shape) - own.stop))
    if "scale" in place.weights:
        x = S.broadcast_mul(x, S.reshape(place.weights["scale"], shape=along))
    return S.broadcast_add(x, S.reshape(place.weights["shift"], shape=along)) if "shift" in place.weights else x


@symbol.register
def lrn(layer: LRN, place: Place, x: Symbol) -> Symbol:
    shape = place.shape()
    if layer.region == "within_channel":
        return x / (layer.k + layer.alpha * symbol(layer.near(shape), place, S.square(x))) ** layer.beta
    if shape[0] == 1:  # of one channel with one value MXNet's gradient is whatever lay in memory
        return x / (layer.k + layer.alpha / layer.size * S.square(x)) ** layer.beta
    image = place.reshaped(x, (shape[0], shape[1], volume(shape[2:])))
    return place.reshaped(S.LRN(image, nsize=layer.size, alpha=layer.alpha, beta=layer.beta, knorm=layer.k), shape)
