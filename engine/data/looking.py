"""The values of a column piece by piece, scaled as the network gets them: for whoever looks for odd ones or counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.data.chance import Draws
from engine.data.columns import Array, Column, Rows, Samples
from engine.data.feeding import Feeding
from engine.data.preparing import prepared
from engine.data.transforms import Scale
from engine.layers.base import volume

PIECE = 2**24
"""Bytes that are looked at together."""


@dataclass(frozen=True)
class Piece:
    """All values of some rows, one after the other, and where each row's end."""

    values: Array
    rows: Rows
    ends: Rows

    def row_of(self, place: np.int64) -> int:
        """The row that the value at `place` belongs to."""
        return int(self.rows[np.searchsorted(self.ends, place, side="right")])


def size_of(column: Column) -> int:
    """Bytes of the largest sample, as numbers of 8 bytes."""
    return 8 * max(map(volume, column.shapes), default=1)


def pieces(feeding: Feeding, rows: Rows) -> Iterator[Piece]:
    """The values in `rows`, a few rows at a time."""
    scales = [rule for rule in feeding.rules(False) if isinstance(rule, Scale)]
    step = max(1, PIECE // size_of(feeding.column))
    for start in range(0, len(rows), step):
        taken = rows[start : start + step]
        yield _piece(prepared(scales, feeding.column.take(taken), Draws(taken)), taken)


def _piece(samples: Samples, rows: Rows) -> Piece:
    if isinstance(samples, list):
        ends = np.cumsum([sample.size for sample in samples])
        return Piece(np.concatenate([sample.ravel() for sample in samples]), rows, ends)
    return Piece(samples.ravel(), rows, np.arange(1, len(rows) + 1) * (samples.size // max(1, len(rows))))
