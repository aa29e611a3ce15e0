"""Samples prepared: one transform after the other, and what some of them measure in the training part first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

import engine.data.augmenting
import engine.data.sequencing  # noqa: F401 - importing adds their rules to `apply`
from engine.data.applying import apply
from engine.data.chance import Draws
from engine.data.columns import Array, Samples, even
from engine.data.sequences import Pad
from engine.data.sequencing import padded
from engine.data.spec import TransformRule
from engine.data.transforms import Normalize
from engine.declare import name_of


def prepared(rules: Sequence[TransformRule], samples: Samples, draws: Draws) -> Samples:
    """What `rules` make of `samples`, one after the other; of samples of different shapes one by one.

    What a transform draws follows from seed, epoch, row, its kind and the how manieth of its kind it is among `rules`:
    two feeds that hold the same ones, of a picture and its mask, are turned, cropped and flipped alike.
    """
    for place, rule in enumerate(rules):
        mine = draws.purpose(f"{name_of(rule)} {_ordinal(rules, place)}") if rule.RANDOM else draws
        if isinstance(rule, Pad):
            samples = padded(rule, samples)
        elif isinstance(samples, list):
            samples = even([apply(rule, one[None], mine.only(i))[0] for i, one in enumerate(samples)])
        else:
            samples = apply(rule, samples, mine)
    return samples


def _ordinal(rules: Sequence[TransformRule], place: int) -> int:
    """The how manieth of its kind it is."""
    return sum(type(rule) is type(rules[place]) for rule in rules[:place])


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
