"""Columns of a table made of texts that come a few thousand rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.columns import Array, Column, Rows
from engine.data.growing import Growing
from engine.data.sources import CSV, Missing, TableColumn
from engine.data.tables import by_value, check_fill, named, policy_of
from engine.errors import DataError, Problem
from engine.layers.base import Shape

Texts = Sequence[str | None]
"""The cells of some rows; None where a value is missing."""


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


class Maker:
    """Makes one column."""

    def __init__(self, source: CSV, said: TableColumn) -> None:
        self._source, self._said = source, said
        self._strange: list[int] = []
        self._first: str | None = None

    def add(self, texts: Texts, lines: Rows) -> bool:
        """Take some more cells; False where they show that the column is of another kind, and are not taken."""
        raise NotImplementedError

    def column(self, lines: Array) -> Column:
        """The column of all that was taken, the rows of which stand in `lines`. Raises DataError."""
        raise NotImplementedError

    def _note(self, text: str | None, line: int) -> None:
        self._first = text if not self._strange else self._first
        self._strange.append(line)

    def _check(self, wrong: str) -> None:
        if self._strange:
            where = few("line", self._strange)
            raise DataError((Problem(f"column {self._said.name!r} holds {self._first!r}, {wrong}, in {where}"),))


class Numbers(Maker):
    """A column of numbers, as far as every cell is one."""

    def __init__(self, source: CSV, said: TableColumn) -> None:
        super().__init__(source, said)
        self._found = Growing(np.float64)

    @property
    def is_empty(self) -> bool:
        """Whether there are none yet."""
        return not len(self._found)

    def add(self, texts: Texts, lines: Rows) -> bool:
        numbers = _numbers(texts, self._source.decimal)
        if numbers is None and self._said.kind != "number":
            return False
        if numbers is None:
            odd = (row for row, text in enumerate(texts) if _numbers([text], self._source.decimal) is None)
            for row in odd:
                self._note(texts[row], int(lines[row]))
        self._found.add([np.nan] * len(texts) if numbers is None else numbers)
        return True

    def column(self, lines: Array) -> Column:
        self._check("not a number")
        check_fill(self._said)
        return Cells(self._found.array(), lines, policy_of(self._source, self._said))


def _numbers(texts: Texts, decimal: str) -> Array | None:
    """The cells as numbers, NaN where missing; None where some are no numbers."""
    try:
        if decimal == ".":
            return np.array([np.nan if text is None else float(text) for text in texts])
        return np.array([np.nan if text is None else float(text.replace(decimal, ".")) for text in texts])
    except ValueError:
        return None


class Categories(Maker):
    """A column of categories: those that are said, or all that there are, sorted."""

    def __init__(self, source: CSV, said: TableColumn) -> None:
        super().__init__(source, said)
        self._codes = Growing(np.int32)
        self._places = {name: place for place, name in enumerate(said.values)}

    def add(self, texts: Texts, lines: Rows) -> bool:
        for row, text in enumerate(texts):
            if text is not None and text not in self._places:
                if self._said.values:
                    self._note(text, int(lines[row]))
                else:
                    self._places[text] = len(self._places)
        self._codes.add([-1 if text is None else self._places.get(text, -1) for text in texts])
        return True

    def column(self, lines: Array) -> Column:
        self._check("which is none of its values")
        classes = self._said.values or tuple(sorted(self._places, key=by_value))
        order = {name: place for place, name in enumerate(classes)}
        places = np.array([*(order[name] for name in self._places), -1], np.int32)  # the last for -1, no value
        return Cells(_renumbered(self._codes.array(), places), lines, policy_of(self._source, self._said), classes)


def _renumbered(codes: Array, places: Array) -> Array:
    if np.array_equal(places[:-1], np.arange(len(places) - 1)):
        return codes
    made = Growing(np.int32)
    for start in range(0, len(codes), 2**20):
        made.add(places[codes[start : start + 2**20]])
    return made.array()


class Pictures(Maker):
    """A column of the names of picture files in `folder`."""

    def __init__(self, source: CSV, said: TableColumn, folder: Path) -> None:
        super().__init__(source, said)
        self._folder = folder
        self._names: list[str | None] = []

    def add(self, texts: Texts, lines: Rows) -> bool:
        self._names += texts
        return True

    def column(self, lines: Array) -> Column:
        return named(self._source, self._said, self._names, self._folder, lambda row: f"line {lines[row]}")


def maker_of(source: CSV, said: TableColumn, folder: Path) -> Maker:
    """What makes a column of which so much is said. Raises DataError."""
    if said.kind == "array":
        raise DataError((Problem(f"column {said.name!r} holds arrays: the cells of a CSV hold one value each"),))
    if said.is_picture:
        return Pictures(source, said, folder)
    return Categories(source, said) if said.kind == "category" or said.values else Numbers(source, said)


def few(word: str, numbers: Sequence[int]) -> str:
    """Some of `numbers` in words, and how many more there are."""
    shown = ", ".join(str(number) for number in numbers[:5])
    more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"{word}{'s' if len(numbers) > 1 else ''} {shown}{more}"
