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
    found = batch.astype(np.float32, order="C")
    found -= mean
    found /= deviation
    return found


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
    places = zip(padded, tops.tolist(), lefts.tolist(), strict=True)
    return _together([image[:, top : top + height, left : left + width] for image, top, left in places])


def _together(images: Sequence[Array]) -> Array:
    """One batch of `images`; of a single one only a view, for what comes next copies it anyway."""
    return np.stack(images) if len(images) > 1 else images[0][None]


@apply.register
def _(rule: RandomFlip, batch: Array, draws: Draws) -> Array:
    down, right = (_steps(draws, axis, rule.axis in names) for axis, names in ((2, _VERTICAL), (3, _HORIZONTAL)))
    return _together([image[:, ::rows, ::columns] for image, rows, columns in zip(batch, down, right, strict=True)])


_VERTICAL, _HORIZONTAL = ("vertical", "both"), ("horizontal", "both")


def _steps(draws: Draws, axis: int, may_turn: bool) -> list[int]:
    """For every sample whether an axis is gone through backwards, -1, or as it is, 1."""
    if not may_turn:
        return [1] * len(draws.rows)
    steps: list[int] = np.where(draws.shares(axis) < 0.5, -1, 1).tolist()
    return steps


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
