"""Columns of numbers in the same row groups side by side: a group is decoded once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.data.columns import Array, Column, Rows, Samples
from engine.data.combined import Beside, Filled
from engine.data.row_groups import RowGroups, taken

if TYPE_CHECKING:
    from engine.data.grouped import Grouped

TOGETHER = 16  # columns that are brought into rows at a time: a cache line of float32
STRIP = 1024  # rows of them, which stay in a core's cache


@dataclass(frozen=True)
class Abreast(Beside):
    """Numbers of the same row groups as rows, kept as rows too: a batch takes a few whole rows, not every column."""

    columns: tuple[Grouped, ...]
    """Those that `parts` are, without what is put into their gaps."""
    kind: np.dtype[Any]

    @property
    def groups(self) -> RowGroups:
        """Where the columns lie."""
        return self.columns[0].groups

    def take(self, rows: Rows) -> Samples:
        owners = self.groups.owners(rows)
        pieces = [(places, self._matrix(group)[inside]) for group, places, inside in owners]
        return np.asarray(taken(pieces, len(rows))).astype(np.float32, copy=False)

    def _matrix(self, number: int) -> Array:
        """The rows of a group, (rows, columns)."""
        names = tuple(column.name for column in self.columns)
        return np.asarray(self.groups.recent.get((number, names), lambda: self._read(number, names)))

    def _read(self, number: int, names: tuple[str, ...]) -> Array:
        matrix = np.empty((int(np.diff(self.groups.starts)[number]), len(names)), self.kind)
        arrays = self.groups.each(number, names)
        for first in range(0, len(names), TOGETHER):
            few = slice(first, first + TOGETHER)
            values = [
                _filled(part, column.convert(next(arrays)))
                for part, column in zip(self.parts[few], self.columns[few], strict=True)
            ]
            for start in range(0, len(matrix), STRIP):
                strip = slice(start, start + STRIP)
                for place, one in enumerate(values, first):
                    matrix[strip, place] = one[strip]
        return matrix


def _filled(part: Column, values: Array) -> Array:
    return part.put(values) if isinstance(part, Filled) else values
