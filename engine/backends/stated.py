"""The numbers that a Constant states, as an array: the same for every backend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.layers.base import volume
from engine.layers.data import Constant


def stated(layer: Constant) -> NDArray[np.float32]:
    """In the shape of a sample."""
    values = layer.value * volume(layer.sizes) if len(layer.value) == 1 else layer.value
    return np.array(values, np.float32).reshape(layer.sizes)
