"""Reads tables: numbers and categories, with what is missing marked."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.data.columns import Array, Column, Rows, Table
from engine.data.places import found
from engine.data.sources import CSV, Columns, Missing, TableColumn
from engine.data.tables import by_value, check_fill, folder_of, named, pictured, policy_of, said_of
from engine.errors import DataError, Problem, reason
from engine.layers.base import Shape

SIGNS = {";": ";", "\t": "tab", "|": "|", ",": ","}
"""What may stand between cells, and how it is called."""


@dataclass(frozen=True)
class Cells(Column):
    """A column of a table: numbers (NaN where missing), or indices of categories (-1 where missing)."""

    array: Array
    lines: Array
    told: tuple[Missing, str]
    names: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def policy(self) -> tuple[Missing, str]:
        return self.told

    def __len__(self) -> int:
        return len(self.array)

    @property
    def shape(self) -> Shape:
        return ()

    @property
    def is_whole(self) -> bool:
        return self.array.dtype.kind == "i"

    def take(self, rows: Rows) -> Array:
        return np.asarray(self.array[rows])

    def missing(self) -> Rows:
        return np.flatnonzero(self.array < 0 if self.names else np.isnan(self.array))

    def place(self, row: int) -> str:
        return f"line {self.lines[row]}"


def read(source: CSV, base: Path, wanted: Columns) -> Table:
    """The table of a file, all columns or those that are wanted. Raises DataError with everything that is wrong."""
    path = found(base, source.path)
    lines, names, rows = _rows(source, path)
    table = tabulated(source, path.name, names, rows, lines, wanted, folder_of(source, base, path.parent))
    return replace(table, files=(path, *table.files))


def tabulated(
    source: CSV,
    file: str,
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: Array,
    wanted: Columns,
    folder: Path,
) -> Table:
    """The table of rows of cells, as `source` understands them; pictures lie in `folder`. Raises DataError."""
    cells = dict(zip(names, zip(*rows, strict=True), strict=True))
    problems: list[Problem] = []
    columns: dict[str, Column] = {}
    for name in names if wanted is None else [name for name in names if name in wanted]:
        try:
            columns[name] = _column(source, said_of(source, name), cells[name], lines, folder)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(tuple(problems), file=file)
    return Table(columns, pictured(columns.values()), tuple(names))


def _rows(source: CSV, path: Path) -> tuple[Array, list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            numbered = [(line, row) for line, row in _records(file, source.delimiter) if row]
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise DataError((Problem(f"{path.name} is not a table that can be read: {reason(error)}"),)) from None
    if not numbered:
        raise DataError((Problem(f"{path.name} is empty"),))
    first = numbered[0][1]
    names = [cell.strip() for cell in first] if source.header else [str(place + 1) for place in range(len(first))]
    del numbered[: int(source.header)]
    _check(path, names, numbered)
    return np.array([line for line, _ in numbered], np.int64), names, [row for _, row in numbered]


def _records(file: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, delimiter="\t" if delimiter == "tab" else delimiter, skipinitialspace=True)
    for row in reader:
        yield reader.line_num, row


def _check(path: Path, names: list[str], numbered: list[tuple[int, list[str]]]) -> None:
    if len(names) == 1:
        _check_delimiter(path, names[0])
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [Problem(f"{path.name} has the column {name!r} more than once") for name in twice]
    uneven = [line for line, row in numbered if len(row) != len(names)]
    if uneven:
        odd = next(len(row) for line, row in numbered if line == uneven[0])
        told = f"{path.name} has {len(names)} columns, but not in {_few('line', uneven)}, which has {odd}"
        problems.append(Problem(told, line=uneven[0]))
    if not numbered:
        problems.append(Problem(f"{path.name} has no rows"))
    if problems:
        raise DataError(tuple(problems))


def _check_delimiter(path: Path, head: str) -> None:
    sign = next((name for sign, name in SIGNS.items() if sign in head), "")
    if sign:
        told = f"{path.name} has one column, {head!r}: another sign stands between its cells"
        raise DataError((Problem(told, hint=f'delimiter: "{sign}"'),))


def _few(word: str, numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"{word}{'s' if len(numbers) > 1 else ''} {shown}{more}"


def _column(source: CSV, said: TableColumn, cells: Sequence[str], lines: Array, folder: Path) -> Column:
    blank = frozenset(source.blank)
    texts = [None if text in blank else text for text in (cell.strip() for cell in cells)]
    if said.is_picture:
        return named(source, said, texts, folder, lambda row: f"line {lines[row]}")
    policy = policy_of(source, said)
    if said.kind != "category" and not said.values:
        numbers = _numbers(texts, source.decimal)
        if numbers is not None:
            check_fill(said)
            return Cells(numbers, lines, policy)
        if said.kind == "number":
            strange = [row for row, text in enumerate(texts) if _numbers([text], source.decimal) is None]
            odd = _few("line", [int(lines[row]) for row in strange])
            raise DataError((Problem(f"column {said.name!r} holds {texts[strange[0]]!r}, not a number, in {odd}"),))
    return _categories(said, texts, lines, policy)


def _numbers(texts: Sequence[str | None], decimal: str) -> Array | None:
    """The cells as numbers, NaN where missing; None where some are no numbers."""
    try:
        if decimal == ".":
            return np.array([np.nan if text is None else float(text) for text in texts])
        return np.array([np.nan if text is None else float(text.replace(decimal, ".")) for text in texts])
    except ValueError:
        return None


def _categories(said: TableColumn, texts: Sequence[str | None], lines: Array, policy: tuple[Missing, str]) -> Cells:
    classes = said.values or tuple(sorted({text for text in texts if text is not None}, key=by_value))
    places = {name: place for place, name in enumerate(classes)}
    strange = [row for row, text in enumerate(texts) if text is not None and text not in places]
    if strange:
        odd = _few("line", [int(lines[row]) for row in strange])
        raise DataError(
            (Problem(f"column {said.name!r} holds {texts[strange[0]]!r}, which is none of its values, in {odd}"),)
        )
    codes = np.array([-1 if text is None else places[text] for text in texts], np.int64)
    return Cells(codes, lines, policy, classes)
