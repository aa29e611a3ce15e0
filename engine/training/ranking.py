"""The area under the receiver operating characteristic, from the order of all scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def area(scores: Array, right: Array) -> float:
    """The mean over the columns that have both kinds of rows; NaN where none has. Both are (rows, columns)."""
    areas = [_area(own, is_right) for own, is_right in zip(scores.T, right.T, strict=True)]
    there = [found for found in areas if found is not None]
    return float(np.mean(there)) if there else float("nan")


def _area(scores: Array, right: Array) -> float | None:
    """Mann and Whitney 1947: the ranks of the right ones less the least that they could have, for each pair."""
    positive = int(np.count_nonzero(right))
    pairs = positive * (len(right) - positive)
    if not pairs:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2  # equal scores share the middle of their ranks
    return float((ranks[place][right].sum() - positive * (positive + 1) / 2) / pairs)
