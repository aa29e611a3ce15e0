"""What further losses compute, in plain numpy and float64: see `reference`, which takes them from here."""

from __future__ import annotations

import functools
import itertools

import numpy as np
from numpy.typing import NDArray

from engine.layers import Layer
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
    Triplet,
)

Array = NDArray[np.float64]


@functools.singledispatch
def loss(layer: Layer, *inputs: Array) -> Array:
    """The mean over the batch, before the factor `weight`."""
    raise NotImplementedError(f"no reference for {type(layer).__name__}")


@loss.register
def _mean_absolute_error(layer: MeanAbsoluteError, x: Array, target: Array) -> Array:
    return np.abs(x - target.reshape(x.shape)).mean()


@loss.register
def _huber(layer: Huber, x: Array, target: Array) -> Array:
    d = np.abs(x - target.reshape(x.shape))
    return np.where(d <= layer.delta, d**2 / 2, layer.delta * (d - layer.delta / 2)).mean()


@loss.register
def _hinge(layer: Hinge, x: Array, target: Array) -> Array:
    sides = np.where(target == 1, 1, -1) if np.issubdtype(target.dtype, np.integer) else target
    return np.maximum(0, 1 - sides.reshape(x.shape) * x).mean()


@loss.register
def _kl_divergence(layer: KLDivergence, x: Array, target: Array) -> Array:
    x, target = _last(layer.axis, x, target)
    own = np.where(target > 0, target * np.log(np.abs(target)), 0)
    return (own - target * _log_softmax(x)).sum(-1).mean()


@loss.register
def _focal(layer: Focal, x: Array, target: Array) -> Array:
    (x,) = _last(layer.axis, x)
    p = np.take_along_axis(np.exp(_log_softmax(x)), target[..., None], -1)
    return (-((1 - p) ** layer.gamma) * np.log(p)).mean()


@loss.register
def _dice(layer: Dice, x: Array, target: Array) -> Array:
    p, t = (1 / (1 + np.exp(-x))).reshape(len(x), -1), target.reshape(len(x), -1)
    return np.mean(1 - (2 * (p * t).sum(1) + layer.smooth) / (p.sum(1) + t.sum(1) + layer.smooth))


@loss.register
def _cosine_similarity(layer: CosineSimilarity, x: Array, target: Array) -> Array:
    x, target = _last(layer.axis, x, target)
    return np.mean(1 - (x * target).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(target, axis=-1))


@loss.register
def _contrastive(layer: Contrastive, a: Array, b: Array, target: Array) -> Array:
    d = np.linalg.norm(a - b, axis=-1)
    t = target.reshape(d.shape)
    return np.mean(t * d**2 / 2 + (1 - t) * np.maximum(0, layer.margin - d) ** 2 / 2)


@loss.register
def _triplet(layer: Triplet, anchor: Array, positive: Array, negative: Array) -> Array:
    near, far = (((anchor - other) ** 2).sum(-1) for other in (positive, negative))
    return np.maximum(0, near - far + layer.margin).mean()


@loss.register
def _ctc(layer: CTC, x: Array, target: Array, mask: Array | None = None) -> Array:
    steps = [x.shape[1]] * len(x) if mask is None else np.count_nonzero(mask, axis=1)
    chances = [
        _read(_log_softmax(scores[:count]), labels) for scores, labels, count in zip(x, target, steps, strict=True)
    ]
    return np.mean([-chance if np.isfinite(chance) else 0 for chance in chances])


def _read(scores: Array, target: Array) -> float:
    """The logarithm of the chance that `scores` (T, C) read a target: the forward recursion of the paper's 4.1."""
    labels = list(itertools.takewhile(bool, target))
    path = [0, *(label for each in labels for label in (each, 0))]
    before = np.full(len(path), -np.inf)
    for t, step in enumerate(scores):
        now = np.full(len(path), -np.inf)
        for s, label in enumerate(path):
            ways = [before[s], before[s - 1] if s else -np.inf]
            if s > 1 and label and label != path[s - 2]:
                ways.append(before[s - 2])
            begins = 0 if t == 0 and s < 2 else -np.inf
            now[s] = step[label] + np.logaddexp.reduce([*ways, begins])
        before = now
    return float(np.logaddexp.reduce(before[-2:])) if len(scores) else -np.inf


def _last(axis: int, *arrays: Array) -> tuple[Array, ...]:
    """The arrays with a sample's axis at the end."""
    return tuple(np.moveaxis(each, axis if axis < 0 else axis + 1, -1) for each in arrays)


def _log_softmax(x: Array) -> Array:
    return x - np.logaddexp.reduce(x, axis=-1, keepdims=True)
