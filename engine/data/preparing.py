"""The transforms at work: one small rule each, over a whole batch (samples first)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import singledispatch

import numpy as np

from engine.data.chance import Draws
from engine.data.columns import Array, Samples, even
from engine.data.resampling import resized
from engine.data.spec import TransformRule
from engine.data.transforms import (
    CenterCrop,
    ChannelOrder,
    Gray,
    Normalize,
    OneHot,
    RandomCrop,
    RandomFlip,
    Reshape,
    Resize,
    Scale,
)
from engine.declare import name_of

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def prepared(rules: Sequence[TransformRule], samples: Samples, draws: Draws) -> Samples:
    """What `rules` make of `samples`, one after the other; of samples of different shapes one by one."""
    for place, rule in enumerate(rules):
        mine = draws.purpose(f"{name_of(rule)} {_ordinal(rules, place)}") if rule.RANDOM else draws
        if isinstance(samples, list):
            samples = even([apply(rule, one[None], mine.only(i))[0] for i, one in enumerate(samples)])
        else:
            samples = apply(rule, samples, mine)
    return samples


def _ordinal(rules: Sequence[TransformRule], place: int) -> int:
    """The how manieth of its kind it is: picture and mask that are both flipped are flipped alike."""
    return sum(type(rule) is type(rules[place]) for rule in rules[:place])


@singledispatch
def apply(rule: TransformRule, batch: Array, draws: Draws) -> Array:
    """`batch` (samples, *shape) transformed; `draws` has the random numbers of each of its samples."""
    raise NotImplementedError(f"no rule for {name_of(rule)}")


@apply.register
def _(rule: Scale, batch: Array, draws: Draws) -> Array:
    scaled = batch * np.float32(rule.by)
    return scaled + np.float32(rule.add) if rule.add else scaled


@apply.register
def _(rule: Normalize, batch: Array, draws: Draws) -> Array:
    mean, deviation = (_broadcast(values, batch) for values in (rule.mean, rule.deviation))
    return (batch.astype(np.float32, copy=False) - mean) / deviation


def _broadcast(values: Sequence[float], batch: Array) -> Array:
    array = np.asarray(values, np.float32)
    return array.reshape(-1, 1, 1) if batch.ndim == 4 else array


@apply.register
def _(rule: Resize, batch: Array, draws: Draws) -> Array:
    height, width = rule.size
    return batch if batch.shape[-2:] == rule.size else resized(batch, height, width, rule.filter)


@apply.register
def _(rule: CenterCrop, batch: Array, draws: Draws) -> Array:
    top, left = ((have - wanted) // 2 for have, wanted in zip(batch.shape[-2:], rule.size, strict=True))
    return batch[..., top : top + rule.size[0], left : left + rule.size[1]]


@apply.register
def _(rule: RandomCrop, batch: Array, draws: Draws) -> Array:
    edge = (rule.padding, rule.padding)
    padded = np.pad(batch, ((0, 0), (0, 0), edge, edge)) if rule.padding else batch
    height, width = rule.size
    tops = draws.below(padded.shape[2] - height + 1)
    lefts = draws.below(padded.shape[3] - width + 1, 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, rule.size, (2, 3))  # type: ignore[call-overload]
    return np.asarray(windows[np.arange(len(batch)), :, tops, lefts])


@apply.register
def _(rule: RandomFlip, batch: Array, draws: Draws) -> Array:
    axes = {"horizontal": (3,), "vertical": (2,), "both": (2, 3)}[rule.axis]
    flipped = batch.copy()
    for axis in axes:
        turned = draws.shares(axis) < 0.5
        flipped[turned] = np.flip(flipped[turned], axis)
    return flipped


@apply.register
def _(rule: Gray, batch: Array, draws: Draws) -> Array:
    return batch if batch.shape[1] == 1 else np.einsum("nchw,c->nhw", batch.astype(np.float32), _LUMA)[:, None]


@apply.register
def _(rule: ChannelOrder, batch: Array, draws: Draws) -> Array:
    return batch[:, ::-1] if rule.order == "bgr" else batch


@apply.register
def _(rule: OneHot, batch: Array, draws: Draws) -> Array:
    return np.equal(batch[..., None], np.arange(rule.classes)).astype(np.float32)


@apply.register
def _(rule: Reshape, batch: Array, draws: Draws) -> Array:
    return batch.reshape(len(batch), *rule.size)


def measured(rule: TransformRule, batches: Callable[[], Iterable[Array]]) -> TransformRule:
    """`rule` with what it takes from the data: `batches` of the training part as they are before it."""
    if isinstance(rule, Normalize) and not (rule.mean and rule.deviation):
        mean, deviation = moments(batches())
        return replace(rule, mean=rule.mean or mean, deviation=rule.deviation or deviation)
    return rule


def moments(batches: Iterable[Array]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel (of images) or feature (along the last axis); 1 for no deviation."""
    count, total, squares, shift = 0, np.zeros(1), np.zeros(1), None
    for batch in batches:
        values = _by_feature(batch)
        shift = values.mean(axis=0) if shift is None else shift  # keeps the squares small, and so exact
        count, total = count + len(values), total + (values - shift).sum(axis=0)
        squares = squares + np.square(values - shift).sum(axis=0)
    if shift is None:
        return (0.0,), (1.0,)
    mean = total / count
    deviation = np.sqrt(np.maximum(0, squares / count - mean**2))
    return _rounded(shift + mean), _rounded(np.where(deviation > 1e-7, deviation, 1))


def _by_feature(batch: Array) -> Array:
    values = np.moveaxis(batch, 1, -1) if batch.ndim == 4 else batch
    return values.reshape(-1, values.shape[-1] if batch.ndim > 1 else 1).astype(np.float64)


def _rounded(values: Array) -> tuple[float, ...]:
    """As float32 has it, in the few digits that tell it: it is written into a run's schema."""
    return tuple(float(str(np.float32(value))) for value in values)
