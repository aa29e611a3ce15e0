"""Sines and cosines that tell positions apart: the same for every backend."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

HIDDEN = -1e30
"""The score of what is not to be seen: where nothing is, all count alike instead of not at all."""


@functools.cache
def sinusoids(steps: int, features: int) -> NDArray[np.float32]:
    """(steps, features): sines at even features, cosines at odd ones. Vaswani et al. 2017, 3.5."""
    rates, phases = waves(features)
    table: NDArray[np.float32] = np.sin(np.arange(steps)[:, None] * rates + phases).astype(np.float32)
    return table


def waves(features: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rate and the phase of each feature's sine."""
    even, odd = np.arange(features) // 2 * 2, np.arange(features) % 2
    return 10000.0 ** -(even / features), odd * np.pi / 2
