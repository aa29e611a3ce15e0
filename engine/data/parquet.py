"""Reads Parquet files larger than memory: numbers, categories, arrays and pictures, by row groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.data import arrow
from engine.data.columns import NONE, Array, Column, Rows, Table
from engine.data.encoded import Pictures
from engine.data.grouped import Grouped, Held, conversion
from engine.data.paths import Chained
from engine.data.places import found
from engine.data.row_groups import RowGroups, opened
from engine.data.sources import Columns, Parquet, TableColumn
from engine.data.tables import by_value, check_fill, folder_of, named, pictured, policy_of, said_of, shown
from engine.errors import DataError, Problem
from engine.layers.base import Shape


def read(source: Parquet, base: Path, wanted: Columns) -> Table:
    """The table of a file, or of all in a folder, one after the other. Raises DataError with all that is wrong."""
    path = found(base, source.path)
    files = tuple(sorted(path.rglob("*.parquet"))) if path.is_dir() else (path,)
    if not files:
        raise DataError((Problem(f"{path} holds no .parquet file"),))
    groups = opened(files)
    kinds = {kind.name: kind.type for kind in groups.heads[0].schema.to_arrow_schema()}
    chosen = {name: kind for name, kind in kinds.items() if wanted is None or name in wanted}
    groups.check_sizes(chosen)
    folder = folder_of(source, base, files[0].parent)
    reader = Reader(
        source, groups, folder, _absent(groups, [n for n, kind in chosen.items() if arrow.is_floating(kind)])
    )
    columns = _columns(reader, chosen, wanted is not None)
    stretches = groups.stretches({name: how for name, column in columns.items() if (how := conversion(column))})
    return Table(columns, Chained((files, pictured(columns.values()))), tuple(kinds), stretches=stretches)


def _absent(groups: RowGroups, names: Sequence[str]) -> Mapping[str, Rows]:
    """The rows in which columns of floating numbers have none, all columns in one go through the file."""
    found: dict[str, list[Rows]] = {name: [NONE] for name in names}
    for group in range(len(groups) if names else 0):
        for name, array in zip(names, groups.each(group, names), strict=True):
            empty = np.flatnonzero(arrow.absent(array))
            if len(empty):
                found[name].append(empty + groups.starts[group])
    return {name: np.concatenate(rows) for name, rows in found.items()}


def _columns(reader: Reader, kinds: Mapping[str, pa.DataType], all_are_wanted: bool) -> dict[str, Column]:
    """The columns of those types; one that cannot be read is an error where it is wanted."""
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for name, kind in kinds.items():
        try:
            column = reader.column(said_of(reader.source, name), kind)
        except DataError as error:
            problems += error.problems
            continue
        if column is not None:
            columns[name] = column
        elif all_are_wanted:
            problems.append(Problem(f"column {name!r} is {kind}, which cannot be read"))
    if problems:
        raise DataError(tuple(problems), file=reader.groups.files[0].name)
    return columns


@dataclass(frozen=True)
class Reader:
    """Makes columns of row groups, by their types and by what is said of them."""

    source: Parquet
    groups: RowGroups
    folder: Path
    absent: Mapping[str, Rows]
    """The rows in which columns of floating numbers have none."""

    def column(self, said: TableColumn, kind: pa.DataType) -> Column | None:
        """The column that is said to be so; None of a type that there is no way to read. Raises DataError."""
        kind = getattr(kind, "storage_type", kind)  # of Arrow's tensors of fixed shape, lists
        rules: tuple[tuple[Callable[[pa.DataType], bool], Callable[[TableColumn, pa.DataType], Column]], ...] = (
            (lambda kind: said.is_picture and arrow.is_text(kind), self._named),
            (lambda kind: said.kind == "category" or bool(said.values), self._categories),
            (lambda kind: said.kind == "number" or arrow.is_number(kind), self._numbers),
            (arrow.is_text, self._categories),
            (arrow.is_bytes, self._pictures),
            (arrow.is_list, self._arrays),
        )
        make = next((make for suits, make in rules if suits(kind)), None)
        return None if make is None else make(said, kind)

    def _numbers(self, said: TableColumn, kind: pa.DataType) -> Column:
        check_fill(said)
        if not arrow.is_number(kind):
            raise DataError((Problem(f"column {said.name!r} is {kind}, and no number"),))
        gaps = self._gaps(said.name)
        whole = not len(gaps) and arrow.is_whole(kind)
        convert = partial(arrow.numbers, exact=whole)
        return Grouped(self.groups, said.name, convert, whole=whole, gaps=gaps, told=policy_of(self.source, said))

    def _categories(self, said: TableColumn, kind: pa.DataType) -> Column:
        classes = said.values or self._classes(said.name)
        convert = partial(arrow.codes, names=pa.array(classes, pa.string()))
        gaps, told = self._gaps(said.name), policy_of(self.source, said)
        column = Grouped(self.groups, said.name, convert, whole=True, names=classes, gaps=gaps, told=told)
        if said.values:
            self._check_known(column)
        return column

    def _classes(self, name: str) -> tuple[str, ...]:
        found: set[str] = set()
        for group in range(len(self.groups)):
            texts = pc.unique(arrow.texts(self.groups.read(group, name))).to_pylist()
            found.update(text for text in texts if text is not None)
        return tuple(sorted(found, key=by_value))

    def _check_known(self, column: Grouped) -> None:
        for group in range(len(self.groups)):
            first = int(self.groups.starts[group])
            rows = np.arange(first, int(self.groups.starts[group + 1]))
            strange = np.setdiff1d(rows[np.asarray(column.take(rows)) < 0], column.gaps)
            if len(strange):
                place = self.groups.place(int(strange[0]))
                raise DataError(
                    (Problem(f"column {column.name!r} holds what is none of its values, first in {place}"),)
                )

    def _arrays(self, said: TableColumn, kind: pa.DataType) -> Column:
        gaps, told = self._gaps(said.name), policy_of(self.source, said, can_fill=False)
        shape = arrow.fixed(kind)
        shapes, counts = ({shape: 0}, NONE) if shape is not None else self._shapes(said.name, gaps)
        gapless = not any(self.groups.has_gaps(group, said.name) for group in range(len(self.groups)))
        whole = arrow.is_whole(arrow.leaf(kind)) and gapless
        return Grouped(self.groups, said.name, arrow.samples, shapes, whole, gaps=gaps, told=told, counts=counts)

    def _shapes(self, name: str, gaps: Rows) -> tuple[Mapping[Shape, int], Rows]:
        """Every shape that a list has, each with the first row that has it, and how long every list is."""
        shapes: dict[Shape, int] = {}
        counts = np.zeros(int(self.groups.starts[-1]), np.int64)
        missing = set(gaps.tolist())
        for group in range(len(self.groups)):
            first = int(self.groups.starts[group])
            try:
                held = self.groups.values(group, name, arrow.samples)
            except DataError as error:
                told = f"column {name!r}, in the group of {self.groups.place(first)}: {error.message}"
                raise DataError((Problem(told),)) from None
            for row, one in enumerate(held, first):
                counts[row] = len(one)
                if row not in missing:
                    shapes.setdefault(one.shape, row)
        if len({len(shape) for shape in shapes}) > 1:
            raise DataError((Problem(f"column {name!r} holds lists of different depth"),))
        return shapes, counts

    def _pictures(self, said: TableColumn, kind: pa.DataType) -> Pictures:
        held = Held(self.groups, said.name, self.folder, self._gaps(said.name))
        return shown(held, self.source, said)

    def _named(self, said: TableColumn, kind: pa.DataType) -> Pictures:
        names = [
            name
            for group in range(len(self.groups))
            for name in arrow.texts(self.groups.read(group, said.name)).to_pylist()
        ]
        return named(self.source, said, names, self.folder, self.groups.place)

    def _gaps(self, name: str) -> Rows:
        """The rows without a value; of numbers also those that are NaN."""
        if name in self.absent:
            return self.absent[name]
        found: list[Array] = [NONE]
        for group in range(len(self.groups)):
            if self.groups.has_gaps(group, name):
                empty = arrow.absent(self.groups.read(group, name))
                found.append(np.flatnonzero(empty) + self.groups.starts[group])
        return np.concatenate(found)
