"""What metrics compute, in numpy: sums over the samples of a batch, which add up, and the value those sums stand for.

Either scores are (N, classes) and the target is N indices, or both are numbers of one shape, samples first.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.declare import name_of
from engine.errors import Unsupported
from engine.training.metrics import Accuracy, MeanAbsoluteError, MetricRule, RSquared, TopK

Array = NDArray[Any]
Sums = NDArray[np.float64]


def name_of_metric(rule: MetricRule) -> str:
    """`accuracy`, `top5_accuracy`, `mae`, `r2`."""
    return f"top{rule.k}_accuracy" if isinstance(rule, TopK) else _NAMES[type(rule)]


_NAMES: dict[type[MetricRule], str] = {Accuracy: "accuracy", MeanAbsoluteError: "mae", RSquared: "r2"}


def is_better(name: str, value: float, than: float) -> bool:
    """Whether `value` of the metric (or loss) `name` is better: errors want to be small, scores large."""
    rises = name.endswith(("accuracy", "r2"))
    return value > than if rises else value < than


@singledispatch
def sums(rule: MetricRule, scores: Array, target: Array) -> Sums:
    """The sums of one batch."""
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
def _absolute(rule: MeanAbsoluteError, scores: Array, target: Array) -> Sums:
    error = np.abs(_wide(scores) - _wide(target))
    return np.array([error.sum(), error.size])


@sums.register
def _squares(rule: RSquared, scores: Array, target: Array) -> Sums:
    """n; then for each column Σ(t − p)², Σt, Σt²."""
    rows = len(scores)
    given = _wide(target).reshape(rows, -1)
    error = given - _wide(scores).reshape(rows, -1)
    return np.concatenate([[rows], (error**2).sum(0), given.sum(0), (given**2).sum(0)])


@singledispatch
def value(rule: MetricRule, total: Sums) -> float:
    """The metric over all samples whose sums add up to `total`; NaN where there were none."""
    return float(total[0] / total[1]) if total[1] else float("nan")


@value.register
def _determination(rule: RSquared, total: Sums) -> float:
    rows, columns = total[0], (len(total) - 1) // 3
    error, plain, squared = total[1:].reshape(3, columns)
    spread = (squared - plain**2 / rows).sum()
    return float(1 - error.sum() / spread) if spread > 0 else float("nan")


def _shares(right: Array) -> Sums:
    return np.array([np.count_nonzero(right), right.size], dtype=np.float64)


def _wide(values: Array) -> Array:
    return values.astype(np.float64, copy=False)
