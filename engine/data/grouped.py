"""Columns of Parquet's row groups, decoded when they are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from engine.data import arrow
from engine.data.abreast import Abreast
from engine.data.columns import NONE, Column, Rows, Samples, common, even
from engine.data.combined import Filled
from engine.data.encoded import SPREAD, Originals, Pictures
from engine.data.row_groups import Convert, RowGroups, taken
from engine.data.sources import Missing
from engine.errors import DataError, Problem
from engine.layers.base import Shape

SINGLE = np.dtype(np.float32)


@dataclass(frozen=True)
class Grouped(Column):
    """A column of row groups: numbers (NaN where missing), indices of categories (−1 where missing), or arrays."""

    groups: RowGroups
    name: str
    convert: Convert
    forms: Mapping[Shape, int] = field(default_factory=lambda: {(): 0})
    whole: bool = False
    names: tuple[str, ...] = ()
    gaps: Rows = field(default_factory=lambda: NONE)
    told: tuple[Missing, str] = ("error", "")
    counts: Rows = field(default_factory=lambda: NONE)
    """How long the first axis of every row is, where rows differ."""

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def policy(self) -> tuple[Missing, str]:
        return self.told

    def __len__(self) -> int:
        return int(self.groups.starts[-1])

    @cached_property
    def shape(self) -> Shape:
        return common(list(self.forms))

    @property
    def shapes(self) -> Mapping[Shape, int]:
        return self.forms

    @property
    def is_whole(self) -> bool:
        return self.whole

    def take(self, rows: Rows) -> Samples:
        pieces: list[tuple[Rows, Any]] = []
        for group, places, inside in self.groups.owners(rows):
            values = self.groups.values(group, self.name, self.convert)
            held = values[inside] if isinstance(values, np.ndarray) else [values[row] for row in inside.tolist()]
            pieces.append((places, held))
        values = taken(pieces, len(rows))
        return even(values) if isinstance(values, list) else values

    def abreast(self, parts: tuple[Column, ...]) -> Column | None:
        inner = [part.inner if isinstance(part, Filled) else part for part in parts]
        columns = tuple(one for one in inner if isinstance(one, Grouped) and one.is_number_of(self.groups))
        kinds = {column.kind for column in columns}
        narrow = any(kind.itemsize < SINGLE.itemsize for kind in kinds)
        if len(columns) < len(parts) or (narrow and len(kinds) > 1):  # what takes a byte would take four
            return None
        return Abreast(parts, columns, kinds.pop() if narrow else SINGLE)

    def is_number_of(self, groups: RowGroups) -> bool:
        """Whether it holds a number a row, no class, in these row groups."""
        return self.groups is groups and not self.names and self.shape == ()

    @cached_property
    def kind(self) -> np.dtype[Any]:
        """What its values are kept as, as far as they are one array."""
        schema = self.groups.heads[0].schema.to_arrow_schema()
        return np.asarray(self.convert(pa.array([], schema.field(self.name).type))).dtype

    def lengths(self, rows: Rows) -> Rows:
        return self.counts[rows] if len(self.counts) else super().lengths(rows)

    def missing(self) -> Rows:
        return self.gaps

    def place(self, row: int) -> str:
        return self.groups.place(row)


@dataclass(frozen=True)
class Held(Originals):
    """Encoded pictures in a column of bytes, or of bytes beside the paths of files, seen from `folder`."""

    groups: RowGroups
    name: str
    folder: Path
    gaps: Rows

    @cached_property
    def size(self) -> int:
        return sum(self.groups.size(number, self.name) for number in range(len(self.groups)))

    def __len__(self) -> int:
        return int(self.groups.starts[-1])

    def original(self, row: int) -> Path | IO[bytes]:
        ((group, _, inside),) = self.groups.owners(np.array([row]))
        found = arrow.content(self.groups.values(group, self.name, _unchanged)[int(inside[0])])
        if not isinstance(found, str):
            return BytesIO(found)
        if not (self.folder / found).is_file():
            raise DataError((Problem(f"there is no file {self.folder / found}"),))
        return self.folder / found

    def place(self, row: int) -> str:
        return self.groups.place(row)

    def missing(self) -> Rows:
        return self.gaps

    def spread(self, rows: Rows) -> Rows:
        """Those of whole groups, evenly spread: looking at one row reads its group."""
        count = max(1, SPREAD * len(self.groups) // len(self))
        chosen = np.unique(np.linspace(0, len(self.groups) - 1, min(count, len(self.groups))).astype(np.int64))
        return rows[np.isin(np.searchsorted(self.groups.starts, rows, side="right") - 1, chosen)]


def _unchanged(array: pa.Array) -> pa.Array:
    return array


def conversion(column: Column) -> Convert | None:
    """How values of a column are kept; None where they lie in files of their own."""
    if isinstance(column, Grouped):
        return column.convert
    return _unchanged if isinstance(column, Pictures) and isinstance(column.originals, Held) else None
