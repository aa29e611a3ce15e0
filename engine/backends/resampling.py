"""Means of parts and blends of neighbours along one axis, as matrices: for backends that lack them as operators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
"""(made, cells): the share of each cell in what is made."""


def means(cells: int, parts: int) -> Matrix:
    """What AdaptiveAvgPool makes of an axis."""
    matrix = np.zeros((parts, cells), np.float32)
    for part in range(parts):
        begin, end = part * cells // parts, -(-(part + 1) * cells // parts)
        matrix[part, begin:end] = 1 / (end - begin)
    return matrix


def blends(cells: int, factor: int, *, align_corners: bool) -> Matrix:
    """What Upsample makes of an axis where it blends neighbours."""
    made = np.arange(cells * factor)
    at = made * (cells - 1) / max(1, len(made) - 1) if align_corners else (made + 0.5) / factor - 0.5
    at = np.clip(at, 0, cells - 1)
    before = np.floor(at).astype(int)
    matrix = np.zeros((len(made), cells))
    matrix[made, before] += before + 1 - at
    matrix[made, np.minimum(before + 1, cells - 1)] += at - before
    return matrix.astype(np.float32)
