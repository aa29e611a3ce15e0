"""The transforms of sequences at work."""

from __future__ import annotations

import numpy as np

from engine.data.applying import apply
from engine.data.chance import Draws
from engine.data.columns import Array, Samples
from engine.data.sequences import Pad, RandomWindow, Truncate
from engine.errors import ShapeError


@apply.register
def _(rule: Pad, batch: Array, draws: Draws) -> Array:
    return padded(rule, batch)


def padded(rule: Pad, samples: Samples) -> Array:
    """Sequences of any lengths as one array (samples, steps, …). Raises ShapeError where one is too long."""
    longest = max(len(sample) for sample in samples)
    if longest > rule.length > 0:
        raise ShapeError(f"a sequence of {longest} steps cannot be padded to {rule.length}")
    first = samples[0]
    steps = rule.length or longest
    found = np.full((len(samples), steps, *first.shape[1:]), rule.value or 0, first.dtype)
    for place, sample in enumerate(samples):
        found[place, : len(sample)] = sample
    return found


@apply.register
def _(rule: Truncate, batch: Array, draws: Draws) -> Array:
    return batch[:, : rule.length] if rule.keep == "first" else batch[:, -rule.length :]


@apply.register
def _(rule: RandomWindow, batch: Array, draws: Draws) -> Array:
    steps = min(rule.length, batch.shape[1])
    starts = draws.below(batch.shape[1] - steps + 1)
    return np.asarray(batch[np.arange(len(batch))[:, None], starts[:, None] + np.arange(steps)])
