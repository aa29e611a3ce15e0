"""What a source holds, for people: its columns, their kinds, classes, counts, gaps and first values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from engine.data.columns import Array, Column
from engine.data.combined import Around
from engine.data.encoded import Pictures
from engine.data.spec import DataSpec
from engine.data.stock import opened
from engine.data.text import Windows
from engine.layers.base import Shape

Look = Literal["numbers", "indices", "classes", "pictures", "masks", "characters"]

SHOWN = 100_000  # rows that are looked at, where there are more
PICTURES = 256  # the same where each must be decoded
COUNTED = 100  # different whole numbers that are still counted as if they were classes


@dataclass(frozen=True)
class ColumnView:
    """One column: `counts` by class or, of few whole numbers, by number; `low` and `high` of what is known."""

    name: str
    look: Look
    shape: Shape
    classes: tuple[str, ...]
    counts: Mapping[str, int]
    low: float
    high: float
    missing: int
    samples: tuple[Array, ...]
    """The first values; of classes their indices."""

    def spelled(self, sample: Array) -> str:
        """A sample as a cell of a table says it."""
        if self.look == "characters":
            between = "" if max(map(len, self.classes)) == 1 else " "
            return between.join(self.classes[code] for code in sample.tolist())
        if self.look == "classes":
            return self.classes[int(sample)] if sample >= 0 else ""
        return f"{float(sample):g}" if sample.ndim == 0 else " × ".join(map(str, sample.shape))


@dataclass(frozen=True)
class Preview:
    """All columns of a data spec's sources."""

    rows: int
    columns: tuple[ColumnView, ...]
    places: tuple[str, ...]
    """Where the first rows come from."""


def preview(spec: DataSpec, base: Path = Path(), count: int = 20) -> Preview:
    """What the sources of `spec` hold, with the first `count` rows. Raises DataError."""
    columns = opened(spec, base).columns
    rows = len(next(iter(columns.values()), ()))
    first = range(min(count, rows))
    views = tuple(_view(name, column, len(first)) for name, column in columns.items())
    named = next(iter(columns.values()), None)
    return Preview(rows, views, tuple(named.place(row) for row in first) if named else ())


def _view(name: str, column: Column, count: int) -> ColumnView:
    values = _looked_at(column)
    known = values[values >= 0] if column.classes else values[np.isfinite(values)]
    return ColumnView(
        name,
        _look(column),
        column.shape,
        column.classes,
        _counts(column, known),
        float(known.min()) if len(known) else 0.0,
        float(known.max()) if len(known) else 0.0,
        len(column.missing()),
        tuple(np.asarray(column.take(np.array([row])))[0] for row in range(count)),
    )


def _looked_at(column: Column) -> Array:
    """All values, or those of the first rows, in one long array."""
    limit = PICTURES if column.is_lazy else SHOWN
    rows = np.arange(min(len(column), max(1, limit // max(1, int(np.prod(np.abs(column.shape)) // 1024)))))
    taken = column.take(rows)
    return np.concatenate([np.ravel(value) for value in taken]) if isinstance(taken, list) else np.ravel(taken)


def _look(column: Column) -> Look:
    inner = column.inner if isinstance(column, Around) else column
    if isinstance(inner, Pictures) and inner.mode == "index":
        return "masks"
    if isinstance(column, Pictures) or (column.is_whole and len(column.shape) == 3):
        return "pictures"
    if isinstance(column, Windows):
        return "characters"
    if column.classes:
        return "classes"
    return "indices" if column.is_whole and column.shape == () else "numbers"


def _counts(column: Column, known: Array) -> Mapping[str, int]:
    if column.classes:
        held = np.bincount(known.astype(np.int64), minlength=len(column.classes))
        return dict(zip(column.classes, held.tolist(), strict=True))
    if not column.is_whole or (column.shape != () and _look(column) != "masks"):
        return {}
    values, counts = np.unique(known, return_counts=True)
    return dict(zip(map(str, values.tolist()), counts.tolist(), strict=True)) if len(values) <= COUNTED else {}
