"""What tables have in common, whatever file they stand in: what is said of their columns, pictures that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.data.columns import Column, Rows, Table
from engine.data.combined import Filled
from engine.data.encoded import Originals, Pictures, pictures
from engine.data.paths import Chained, Paths
from engine.data.places import found
from engine.data.sources import CSV, Kind, Missing, Parquet, TableColumn
from engine.errors import DataError, Problem

Tabular = CSV | Parquet
T = TypeVar("T", CSV, Parquet)


@dataclass(frozen=True)
class Named(Originals):
    """Picture files that a column names, seen from `folder`; None where it names none."""

    folder: Path
    names: tuple[str | None, ...]
    where: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.names)

    def original(self, row: int) -> Path:
        file = self.folder / str(self.names[row])
        if not file.is_file():
            raise DataError((Problem("there is no such file"),))
        return file

    def place(self, row: int) -> str:
        return f"{self.names[row]}, {self.where(row)}" if self.names[row] else self.where(row)

    def missing(self) -> Rows:
        return np.array([row for row, name in enumerate(self.names) if name is None], np.int64)

    @property
    def files(self) -> Sequence[Path]:
        """Every file that is named, once."""
        return Paths(self.folder, dict.fromkeys(name for name in self.names if name is not None))


def named(
    source: Tabular, said: TableColumn, names: Sequence[str | None], folder: Path, where: Callable[[int], str]
) -> Pictures:
    """The column of the picture files in `folder` that it names. Raises DataError naming all that cannot be read."""
    return shown(Named(folder, tuple(names), where), source, said)


def shown(originals: Originals, source: Tabular, said: TableColumn) -> Pictures:
    """A column of pictures, decoded as is said of it. Raises DataError naming all that cannot be read."""
    policy = policy_of(source, said, can_fill=False)
    try:
        return pictures(originals, "index" if said.kind == "mask" else source.mode, source.background, policy)
    except DataError as error:
        raise DataError((Problem(f"column {said.name!r}: {error.message}"),)) from None


def pictured(columns: Iterable[Column]) -> Sequence[Path]:
    """The picture files that columns name."""
    originals = (column.originals for column in columns if isinstance(column, Pictures))
    return Chained([named.files for named in originals if isinstance(named, Named)])


def folder_of(source: Tabular, base: Path, beside: Path) -> Path:
    """Where named pictures lie. Raises DataError."""
    return found(base, source.folder) if source.folder else beside


def said_of(source: Tabular, name: str) -> TableColumn:
    """What `source` says of a column."""
    return next((column for column in source.columns if column.name == name), TableColumn(name=name))


def policy_of(source: Tabular, said: TableColumn, can_fill: bool = True) -> tuple[Missing, str]:
    """What is done where a column has no value; only numbers and categories can be filled. Raises DataError."""
    if can_fill:
        return said.missing or source.missing, said.fill
    if said.missing not in (None, "error", "drop"):
        told = f"column {said.name!r} holds neither numbers nor categories, and its gaps cannot be filled"
        raise DataError((Problem(told, hint="missing: drop leaves such rows out"),))
    return said.missing or ("drop" if source.missing == "drop" else "error"), ""


def check_fill(said: TableColumn) -> None:
    """Raises DataError where a column of numbers would be filled with something else."""
    try:
        float(said.fill or 0)
    except ValueError:
        raise DataError(
            (Problem(f"column {said.name!r} holds numbers and cannot be filled with {said.fill!r}"),)
        ) from None


def by_value(text: str) -> tuple[float, str]:
    """Numbers in their order, other texts behind them in theirs."""
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def settled(source: T, table: Table) -> T:
    """With kind, categories and filling of every column that was read written down."""
    return replace(source, columns=tuple(_settled(name, column) for name, column in table.columns.items()))


def _settled(name: str, column: Column) -> TableColumn:
    told = TableColumn(name=name, kind=_kind(column), values=column.classes, missing=column.policy[0])
    if not isinstance(column, Filled):
        return told
    fill = column.classes[int(column.value)] if column.classes else repr(column.value)
    return replace(told, missing="constant", fill=fill)


def _kind(column: Column) -> Kind:
    if isinstance(column, Pictures):
        return "mask" if column.mode == "index" else "picture"
    if column.classes:
        return "category"
    return "array" if column.shape else "number"
