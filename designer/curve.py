"""The points of one line of a plot: all kept, few handed over to be drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

BUCKET = 256
"""How many points share one stored minimum and maximum."""


class Curve:
    """A growing line with ascending x; a gap in it is a y that is not a number."""

    def __init__(self) -> None:
        self._points = np.empty((2, 1024))
        self._extremes = np.empty((2, 2, 16))  # (x or y, of the lowest or highest point, bucket)
        self.count = 0

    @property
    def x(self) -> Points:
        """Every x."""
        return self._points[0, : self.count]

    @property
    def y(self) -> Points:
        """Every y."""
        return self._points[1, : self.count]

    def extend(self, x: Points, y: Points) -> None:
        """Adds points whose x are not below the last one's."""
        start, self.count = self.count, self.count + len(x)
        self._points = _grown(self._points, self.count)
        self._points[0, start : self.count] = x
        self._points[1, start : self.count] = y
        self._summarise(start // BUCKET, self.count // BUCKET)

    def cut(self, x: float) -> None:
        """Forgets the points beyond `x`: a resumed run has gone back to there."""
        self.count = int(np.searchsorted(self.x, x, side="right"))

    def shown(self, left: float, right: float, pixels: int) -> tuple[Points, Points]:
        """The line between two x, as at most about four points a pixel: per column the lowest and the highest."""
        start = max(0, int(np.searchsorted(self.x, left)) - 1)
        end = min(self.count, int(np.searchsorted(self.x, right, side="right")) + 1)
        if end - start > 4 * BUCKET * pixels:
            first, last = start // BUCKET, end // BUCKET
            x, y = self._extremes[:, :, first:last].transpose(0, 2, 1).reshape(2, -1)
            return _extremes(x, y, pixels)
        return _extremes(self.x[start:end], self.y[start:end], pixels)

    def at(self, x: float) -> float:
        """The y of the point nearest to `x`; not a number where there is none."""
        if not self.count:
            return float("nan")
        right = min(int(np.searchsorted(self.x, x)), self.count - 1)
        left = max(0, right - 1)
        return float(self.y[left if abs(self.x[left] - x) <= abs(self.x[right] - x) else right])

    def _summarise(self, first: int, last: int) -> None:
        self._extremes = _grown(self._extremes, last)
        for bucket in range(first, last):
            part = slice(bucket * BUCKET, (bucket + 1) * BUCKET)
            places = bucket * BUCKET + _lowest_and_highest(self._points[1, part])
            self._extremes[:, :, bucket] = self._points[:, np.sort(places)]


def _grown(array: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    if length <= array.shape[-1]:
        return array
    larger = np.empty((*array.shape[:-1], 2 * length))
    larger[..., : array.shape[-1]] = array
    return larger


def _lowest_and_highest(y: Points) -> NDArray[np.intp]:
    known = np.nan_to_num(y, nan=np.inf), np.nan_to_num(y, nan=-np.inf)
    return np.array([known[0].argmin(), known[1].argmax()])


def _extremes(x: Points, y: Points, columns: int) -> tuple[Points, Points]:
    """Of each of `columns` runs of points the lowest and the highest, in their order; few points stay as they are."""
    length = len(x) // max(1, columns)
    if length <= 2:
        return x, y
    whole = len(x) // length * length
    rows = y[:whole].reshape(-1, length)
    low = np.nan_to_num(rows, nan=np.inf).argmin(axis=1)
    high = np.nan_to_num(rows, nan=-np.inf).argmax(axis=1)
    starts = np.arange(len(rows)) * length
    places = np.sort(np.stack([starts + low, starts + high], axis=1), axis=1).ravel()
    places = np.concatenate([places, np.arange(whole, len(x))])
    return x[places], y[places]
