"""Reads tables some thousand rows at a time: numbers, categories and pictures, with what is missing marked."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from engine.data.cells import Categories, Maker, Numbers, few, maker_of
from engine.data.columns import Column, Rows, Table
from engine.data.growing import Growing
from engine.data.places import found
from engine.data.sources import CSV, Columns
from engine.data.tables import folder_of, pictured, said_of
from engine.errors import DataError, Problem, reason

SIGNS = {";": ";", "\t": "tab", "|": "|", ",": ","}
"""What may stand between cells, and how it is called."""
ROWS = 8192
"""Rows that are read at a time."""

Chunks = Callable[[], Iterable[tuple[Rows, Sequence[Sequence[str]]]]]
"""Goes through a table from its first row on: the lines of some rows, and their cells."""


def read(source: CSV, base: Path, wanted: Columns) -> Table:
    """The table of a file, all columns or those that are wanted. Raises DataError with everything that is wrong."""
    path = found(base, source.path)
    sheet = Sheet(path, source, _names(path, source))
    folder = folder_of(source, base, path.parent)
    table = tabulated(source, path.name, sheet.names, sheet.chunks, wanted, folder)
    return replace(table, files=(path, *table.files))


def tabulated(source: CSV, file: str, names: Sequence[str], chunks: Chunks, wanted: Columns, folder: Path) -> Table:
    """The table of rows of cells, as `source` understands them; pictures lie in `folder`. Raises DataError."""
    chosen = [name for name in names if wanted is None or name in wanted]
    lines = Growing(np.int64)
    makers = {name: maker_of(source, said_of(source, name), folder) for name in chosen}
    late = _filled(source, names, makers, chunks, lines) if chosen else {}
    if late:
        _filled(source, names, late, chunks, Growing(np.int64))
    columns = _columns(makers | late, lines, file)
    return Table(columns, pictured(columns.values()), tuple(names))


def _filled(
    source: CSV, names: Sequence[str], makers: dict[str, Maker], chunks: Chunks, lines: Growing
) -> dict[str, Maker]:
    """Gives every maker its cells; returns new ones for columns that turn out late not to be numbers throughout."""
    blank = frozenset(source.blank)
    late: dict[str, Maker] = {}
    for numbers, rows in chunks():
        lines.add(numbers)
        for name, maker in makers.items():
            place = names.index(name)
            cells = (row[place].strip() for row in rows)
            texts = [None if cell in blank else cell for cell in cells]
            if name in late or maker.add(texts, numbers):
                continue
            other = Categories(source, said_of(source, name))
            if isinstance(maker, Numbers) and maker.is_empty:
                makers[name] = other
                other.add(texts, numbers)
            else:
                late[name] = other
    return late


def _columns(makers: dict[str, Maker], lines: Growing, file: str) -> dict[str, Column]:
    where = lines.array()
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for name, maker in makers.items():
        try:
            columns[name] = maker.column(where)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(tuple(problems), file=file)
    return columns


@dataclass(frozen=True)
class Sheet:
    """A file of rows of cells."""

    path: Path
    source: CSV
    names: tuple[str, ...]

    def chunks(self) -> Iterator[tuple[Rows, Sequence[Sequence[str]]]]:
        """Its rows from the first on. Raises DataError, at the end where rows have another number of cells."""
        rows = islice(_records(self.path, self.source), int(self.source.header), None)
        uneven: list[tuple[int, int]] = []
        count = 0
        while piece := list(islice(rows, ROWS)):
            count += len(piece)
            uneven += [(line, len(row)) for line, row in piece if len(row) != len(self.names)]
            if not uneven:
                yield np.array([line for line, _ in piece], np.int64), [row for _, row in piece]
        self._check(count, uneven)

    def _check(self, count: int, uneven: list[tuple[int, int]]) -> None:
        if uneven:
            line, odd = uneven[0]
            where = few("line", [line for line, _ in uneven])
            told = f"{self.path.name} has {len(self.names)} columns, but not in {where}, which has {odd}"
            raise DataError((Problem(told, line=line),))
        if not count:
            raise DataError((Problem(f"{self.path.name} has no rows"),))


def _records(path: Path, source: CSV) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file that are not empty, each with its line. Raises DataError."""
    sign = "\t" if source.delimiter == "tab" else source.delimiter
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=sign, skipinitialspace=True)
            yield from ((reader.line_num, row) for row in reader if row)
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise DataError((Problem(f"{path.name} is not a table that can be read: {reason(error)}"),)) from None


def _names(path: Path, source: CSV) -> tuple[str, ...]:
    """What the columns are called. Raises DataError."""
    first = next((row for _, row in _records(path, source)), None)
    if first is None:
        raise DataError((Problem(f"{path.name} is empty"),))
    names = tuple(cell.strip() for cell in first) if source.header else tuple(map(str, range(1, len(first) + 1)))
    if len(names) == 1:
        _check_delimiter(path, names[0])
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(tuple(Problem(f"{path.name} has the column {name!r} more than once") for name in twice))
    return names


def _check_delimiter(path: Path, head: str) -> None:
    sign = next((name for sign, name in SIGNS.items() if sign in head), "")
    if sign:
        told = f"{path.name} has one column, {head!r}: another sign stands between its cells"
        raise DataError((Problem(told, hint=f'delimiter: "{sign}"'),))
