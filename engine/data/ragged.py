"""Series of unequal lengths: pieces of one long array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.data.columns import Array, Column, Rows, Samples, Values, common, even
from engine.data.sources import Series
from engine.errors import DataError, Problem
from engine.layers.base import Shape, written

CHUNK = 4096


@dataclass(frozen=True)
class Ragged(Column):
    """A column of series, each a piece of `flat` (all steps, *features) from its start to before its stop."""

    flat: Array
    starts: Rows
    stops: Rows
    names: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def shape(self) -> Shape:
        return common(list(self.shapes))

    @cached_property
    def shapes(self) -> Mapping[Shape, int]:
        lengths, rows = np.unique(self.stops - self.starts, return_index=True)
        found = sorted(zip(rows.tolist(), lengths.tolist(), strict=True))
        return {(length, *self.flat.shape[1:]): row for row, length in found}

    @property
    def is_whole(self) -> bool:
        return self.flat.dtype.kind in "iub"

    def lengths(self, rows: Rows) -> Rows:
        return np.asarray(self.stops[rows] - self.starts[rows])

    def take(self, rows: Rows) -> Samples:
        pieces = zip(self.starts[rows].tolist(), self.stops[rows].tolist(), strict=True)
        return even([np.asarray(self.flat[start:stop]) for start, stop in pieces])


def ragged(series: Series, columns: Mapping[str, Values], file: str) -> Ragged:
    """The column `series.name` of `columns` cut into its series. Raises DataError."""
    column = columns[series.name]
    flat = column.array
    if not series.lengths:
        return _padded(flat, _lengths(series, flat, file), column.classes)
    if series.lengths not in columns:
        raise DataError((Problem(f"{file} has no array {series.lengths!r}, the lengths of {series.name!r}"),))
    lengths = np.asarray(columns[series.lengths].array)
    if lengths.ndim == 1 and lengths.dtype.kind in "iu" and lengths.min(initial=1) > 0:
        if int(lengths.sum()) == len(flat):
            stops = np.cumsum(lengths)
            return Ragged(flat, stops - lengths, stops, column.classes)
        if len(lengths) == len(flat) and flat.ndim > 1 and lengths.max(initial=0) <= flat.shape[1]:
            return _padded(flat, lengths, column.classes)
    told = f"{series.lengths!r} of {file} are not the lengths of {series.name!r}, which is {written(flat.shape)}"
    raise DataError((Problem(f"{told}: they are {len(lengths)} and add up to {lengths.sum()}"),))


def _padded(array: Array, lengths: Rows, names: tuple[str, ...]) -> Ragged:
    """Of an array (series, steps, *features) the first steps of each series."""
    starts = np.arange(len(array)) * array.shape[1]
    return Ragged(array.reshape(-1, *array.shape[2:]), starts, starts + lengths, names)


def _lengths(series: Series, array: Array, file: str) -> Rows:
    """How many steps of each series come before those that are NaN to its end. Raises DataError."""
    if array.ndim < 2 or array.dtype.kind != "f":
        told = f"{series.name!r} of {file} is no array of series, filled up with NaN to one length"
        raise DataError((Problem(told, hint='series { name: "…" lengths: "…" } names the array of their lengths'),))
    pieces = (array[start : start + CHUNK] for start in range(0, len(array), CHUNK))
    known = np.concatenate([_known(piece) for piece in pieces])
    lengths = np.where(known.any(axis=1), known.shape[1] - known[:, ::-1].argmax(axis=1), 0)
    if not lengths.all():
        empty = int(np.flatnonzero(lengths == 0)[0])
        raise DataError((Problem(f"series {empty} of {series.name!r} in {file} is empty: it is NaN throughout"),))
    return lengths


def _known(series: Array) -> Array:
    """Which steps (series, steps) hold a value of any feature."""
    return np.asarray(~np.isnan(series).reshape(*series.shape[:2], -1).all(axis=2))
