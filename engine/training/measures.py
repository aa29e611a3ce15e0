"""What metrics compute, in numpy: what a batch adds (`sums`), and the value that all of it together stands for.

Either scores are (N, classes) and the target is N indices, or both are of one shape, samples first: numbers, or for
every score a yes (above 0.5) or no. Scores are what a softmax or sigmoid would be taken of.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.declare import name_of
from engine.errors import NetwrightError, Unsupported
from engine.training.metrics import (
    F1,
    Accuracy,
    ByClass,
    ConfusionMatrix,
    IoU,
    MeanAbsoluteError,
    MetricRule,
    Perplexity,
    Precision,
    Recall,
    RocAuc,
    RootMeanSquaredError,
    RSquared,
    TopK,
)
from engine.training.ranking import area

Array = NDArray[Any]
Numbers = NDArray[np.float64]
Sums = Numbers | tuple[Array, ...]
"""What adds up with `+`: sums, or pieces that only stand behind each other."""

MOST_KEPT = 2**31
"""Bytes of pieces up to which they are kept."""


@singledispatch
def sums(rule: MetricRule, scores: Array, target: Array) -> Sums:
    """What one batch adds."""
    raise Unsupported(f"the metric {name_of(rule)} has no formula")


@sums.register
def _accuracy(rule: Accuracy, scores: Array, target: Array) -> Sums:
    if target.ndim == scores.ndim:
        return _shares((scores > 0) == (target > 0.5))
    return _shares(scores.argmax(-1) == target)


@sums.register
def _top_k(rule: TopK, scores: Array, target: Array) -> Sums:
    index = target[:, None].astype(np.int64)
    own = np.take_along_axis(scores, index, -1)
    # Of equal scores the first wins, as with argmax: so top 1 is accuracy.
    before = (scores > own) | ((scores == own) & (np.arange(scores.shape[-1]) < index))
    return _shares(before.sum(-1) < rule.k)


@sums.register
def _by_class(rule: ByClass, scores: Array, target: Array) -> Sums:
    """For every class how often it was hit, found (right or wrong), given: (3, classes)."""
    if target.ndim == scores.ndim:
        found, given = _columns(scores) > 0, _columns(target) > 0.5
        return np.stack([_wide((found & given).sum(0)), _wide(found.sum(0)), _wide(given.sum(0))])
    found, count = scores.argmax(-1), scores.shape[-1]
    kinds = (target[found == target], found, target)
    return np.stack([np.bincount(kind, minlength=count) for kind in kinds]).astype(np.float64)


@sums.register
def _pairs(rule: ConfusionMatrix, scores: Array, target: Array) -> Sums:
    if target.ndim == scores.ndim:
        found, given, count = (scores > 0).ravel(), (target > 0.5).ravel(), 2
    else:
        found, given, count = scores.argmax(-1), target, scores.shape[-1]
    pairs = np.bincount(given * count + found, minlength=count * count)
    return _wide(pairs.reshape(count, count))


@sums.register
def _ranked(rule: RocAuc, scores: Array, target: Array) -> Sums:
    """The scores of every class, and which are right: (rows, classes) both. In float32, as scores come from a network.

    So what is equal stays so, although the sums in two softmaxes are rounded differently.
    """
    if target.ndim == scores.ndim:
        return _columns(scores), _columns(target) > 0.5
    logs = _log_softmax(scores).astype(np.float32)
    return logs, target[:, None] == np.arange(logs.shape[1])


@sums.register
def _surprise(rule: Perplexity, scores: Array, target: Array) -> Sums:
    if target.ndim == scores.ndim:
        wide = _wide(scores)
        unlikely = np.logaddexp(0, wide) - _wide(target) * wide
    else:
        below = scores - scores.max(-1, keepdims=True)
        own = np.take_along_axis(below, target[:, None], -1)[:, 0]
        unlikely = np.log(np.exp(below).sum(-1, dtype=np.float64)) - own
    return np.array([unlikely.sum(), unlikely.size])


@sums.register
def _absolute(rule: MeanAbsoluteError, scores: Array, target: Array) -> Sums:
    error = np.abs(_wide(scores) - _wide(target))
    return np.array([error.sum(), error.size])


@sums.register
def _squared(rule: RootMeanSquaredError, scores: Array, target: Array) -> Sums:
    error = (_wide(scores) - _wide(target)) ** 2
    return np.array([error.sum(), error.size])


@sums.register
def _squares(rule: RSquared, scores: Array, target: Array) -> Numbers:
    """n; then for each column Σ(t − p)², Σt, Σt²."""
    rows = len(scores)
    given = _wide(target).reshape(rows, -1)
    error = given - _wide(scores).reshape(rows, -1)
    return np.concatenate([[rows], (error**2).sum(0), given.sum(0), (given**2).sum(0)])


@singledispatch
def value(rule: MetricRule, total: Any) -> float:
    """The metric over all samples whose sums add up to `total`; NaN where there were none."""
    return float(total[0] / total[1]) if total[1] else float("nan")


@value.register
def _of_classes(rule: ByClass, total: Numbers) -> float:
    if rule.only is not None:
        total = total[:, rule.only : rule.only + 1]
    elif rule.average == "micro":
        total = total.sum(1, keepdims=True)
    hit, found, given = total[:, (total[1] + total[2]) > 0]
    return float(np.mean(_share(rule, hit, found, given))) if len(hit) else float("nan")


@value.register
def _area(rule: RocAuc, total: tuple[Array, ...]) -> float:
    return area(np.concatenate(total[::2]), np.concatenate(total[1::2]))


@value.register
def _choices(rule: Perplexity, total: Numbers) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(total[0] / total[1])) if total[1] else float("nan")


@value.register
def _root(rule: RootMeanSquaredError, total: Numbers) -> float:
    return float(np.sqrt(total[0] / total[1])) if total[1] else float("nan")


@value.register
def _determination(rule: RSquared, total: Numbers) -> float:
    rows, columns = total[0], (len(total) - 1) // 3
    error, plain, squared = total[1:].reshape(3, columns)
    spread = (squared - plain**2 / rows).sum()
    return float(1 - error.sum() / spread) if spread > 0 else float("nan")


@singledispatch
def _share(rule: ByClass, hit: Numbers, found: Numbers, given: Numbers) -> Numbers:
    """The share of every class; 0 where it has nothing to be a share of."""
    raise Unsupported(f"the metric {name_of(rule)} has no formula")


@_share.register
def _precision(rule: Precision, hit: Numbers, found: Numbers, given: Numbers) -> Numbers:
    return np.divide(hit, np.maximum(found, 1))


@_share.register
def _recall(rule: Recall, hit: Numbers, found: Numbers, given: Numbers) -> Numbers:
    return np.divide(hit, np.maximum(given, 1))


@_share.register
def _f1(rule: F1, hit: Numbers, found: Numbers, given: Numbers) -> Numbers:
    return 2 * hit / (found + given)


@_share.register
def _iou(rule: IoU, hit: Numbers, found: Numbers, given: Numbers) -> Numbers:
    return hit / (found + given - hit)


def check_room(name: str, total: Sums) -> None:
    """Raises NetwrightError when the pieces of the metric `name` are too many to be kept."""
    if isinstance(total, tuple) and sum(piece.nbytes for piece in total) > MOST_KEPT:
        text = f"the metric {name} needs every score at once, and these are more than {MOST_KEPT / 2**30:g} GB"
        raise NetwrightError(text, hint="leave it out, or keep fewer samples for validation")


def _shares(right: Array) -> Numbers:
    return np.array([np.count_nonzero(right), right.size], dtype=np.float64)


def _columns(values: Array) -> Array:
    """A column for every class that is decided on: a sample's only axis, or the channels of its three or more."""
    if values.ndim == 2:
        return values
    if values.ndim < 4:
        return values.reshape(-1, 1)
    return np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])


def _log_softmax(scores: Array) -> Numbers:
    wide = _wide(scores)
    wide = wide - wide.max(-1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(-1, keepdims=True)))


def _wide(values: Array) -> Numbers:
    return values.astype(np.float64, copy=False)
