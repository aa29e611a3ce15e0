"""The transforms at work: one small rule each, over a whole batch (samples first). Those by chance stand elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from engine.data.chance import Draws
from engine.data.columns import Array
from engine.data.resampling import resized
from engine.data.spec import TransformRule
from engine.data.transforms import (
    CenterCrop,
    ChannelOrder,
    Filter,
    Gray,
    Normalize,
    OneHot,
    RandomCrop,
    RandomFlip,
    Reshape,
    Resize,
    ResizeShorter,
    Scale,
)
from engine.declare import name_of
from engine.layers.base import Shape

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""The brightness of red, green and blue (ITU-R BT.601)."""


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
    return _sized(batch, rule.size, rule.filter)


@apply.register
def _(rule: ResizeShorter, batch: Array, draws: Draws) -> Array:
    return _sized(batch, rule.shape(batch.shape[1:])[1:], rule.filter)


def _sized(batch: Array, size: Shape, filter: Filter) -> Array:
    return batch if batch.shape[-2:] == size else resized(batch, size[0], size[1], filter)


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
    return batch if batch.shape[1] == 1 else np.einsum("nchw,c->nhw", batch.astype(np.float32), LUMA)[:, None]


@apply.register
def _(rule: ChannelOrder, batch: Array, draws: Draws) -> Array:
    return batch[:, ::-1] if rule.order == "bgr" else batch


@apply.register
def _(rule: OneHot, batch: Array, draws: Draws) -> Array:
    return np.equal(batch[..., None], np.arange(rule.classes)).astype(np.float32)


@apply.register
def _(rule: Reshape, batch: Array, draws: Draws) -> Array:
    return batch.reshape(len(batch), *rule.size)
