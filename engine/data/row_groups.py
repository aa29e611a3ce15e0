"""Row groups of Parquet files, decoded when they are needed and forgotten when others are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.data.columns import Array, Rows, Stretches
from engine.errors import DataError, Problem, reason

KEPT = 256 * 2**20  # bytes of decoded groups that are kept in memory
LARGEST = 2**30  # bytes of one group's wanted columns, which are always decoded as a whole

Convert = Callable[[pa.Array], Any]


class Recent:
    """What was made last, up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.nbytes = 0
        """What is held."""
        self._held: OrderedDict[Any, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        """What stands under `key`, made where it is not there."""
        with self._lock:
            if key not in self._held:
                self._held[key] = made = make()
                self.nbytes += size_of(made)
                while len(self._held) > 1 and self.nbytes > self.room:
                    self.nbytes -= size_of(self._held.popitem(last=False)[1])
            self._held.move_to_end(key)
            return self._held[key]


def size_of(values: Any) -> int:
    """Bytes of an array, or of a list of them."""
    return sum(map(size_of, values)) if isinstance(values, list) else int(values.nbytes)


@dataclass(frozen=True)
class RowGroups:
    """The row groups of some files of the same columns, one after the other."""

    files: tuple[Path, ...]
    heads: tuple[pq.FileMetaData, ...]
    recent: Recent = field(default_factory=lambda: Recent(KEPT), compare=False)

    @cached_property
    def _owners(self) -> list[tuple[int, int]]:
        """For every group its file and its number there."""
        return [(file, group) for file, head in enumerate(self.heads) for group in range(head.num_row_groups)]

    @cached_property
    def starts(self) -> Rows:
        """The first row of every group, and at last how many rows there are."""
        return np.cumsum([0, *(self.heads[file].row_group(group).num_rows for file, group in self._owners)])

    def __len__(self) -> int:
        return len(self._owners)

    def values(self, number: int, column: str, convert: Convert) -> Any:
        """What `convert`, always the same for a column, makes of its values in a group; kept for a while."""
        return self.recent.get((number, column), lambda: convert(self.read(number, column)))

    def read(self, number: int, column: str) -> pa.Array:
        """A column of a group as it is. Raises DataError."""
        (read,) = self.each(number, (column,))
        return read

    def each(self, number: int, columns: Sequence[str]) -> Iterator[pa.Array]:
        """Columns of a group as they are, one after the other; opening a file takes as long as decoding one of them."""
        file, group = self._owners[number]
        column = ""
        try:
            with pq.ParquetFile(self.files[file], metadata=self.heads[file]) as opened:
                for column in columns:
                    read = opened.read_row_group(group, [column], use_threads=False).column(0).combine_chunks()
                    yield read.storage if isinstance(read, pa.ExtensionArray) else read
        except (OSError, ValueError, pa.ArrowException) as error:
            named = column or columns[0]
            told = f"row group {group} of {self.files[file].name}, column {named!r}, cannot be read: {reason(error)}"
            raise DataError((Problem(told),)) from None

    def owners(self, rows: Rows) -> Iterator[tuple[int, Rows, Rows]]:
        """Every group that holds some of `rows`: with the places in `rows` that are its own, and its rows."""
        groups = np.searchsorted(self.starts, rows, side="right") - 1
        for number in np.unique(groups).tolist():
            places = np.flatnonzero(groups == number)
            yield number, places, rows[places] - self.starts[number]

    def place(self, row: int) -> str:
        """Where a row is."""
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        file = self._owners[number][0]
        first = self.starts[next(place for place, owner in enumerate(self._owners) if owner[0] == file)]
        return f"row {row - int(first)} of {self.files[file].name}"

    def size(self, number: int, column: str) -> int:
        """Bytes of what is stored of a group's column, unpacked."""
        return sum(chunk.total_uncompressed_size for chunk in self._chunks(number, column))

    def has_gaps(self, number: int, column: str) -> bool:
        """Whether a group's column may have values that are missing: of a picture bytes as well as path."""
        told = [chunk.statistics for chunk in self._chunks(number, column)]
        return all(said is None or not said.has_null_count or said.null_count for said in told)

    def _chunks(self, number: int, column: str) -> Iterator[Any]:
        file, group = self._owners[number]
        head = self.heads[file].row_group(group)
        for place in self._leaves[column]:
            yield head.column(place)

    @cached_property
    def _leaves(self) -> dict[str, list[int]]:
        """The numbers of the columns that a nested one is stored as."""
        found: dict[str, list[int]] = {}
        schema = self.heads[0].schema
        for place in range(len(schema)):
            found.setdefault(schema.column(place).path.split(".")[0], []).append(place)
        return found

    def check_sizes(self, columns: Collection[str]) -> None:
        """Raises DataError where a group with `columns` is too large to be decoded."""
        largest = max(sum(self.size(number, name) for name in columns) for number in range(len(self)))
        if largest > LARGEST:
            told = f"a row group of {self.files[0].name} takes {largest / 2**30:.1f} GB, and is read as a whole"
            raise DataError((Problem(told, hint="write the file with smaller row groups"),))

    def stretches(self, columns: Mapping[str, Convert]) -> Stretches | None:
        """How many groups with `columns` are held at once, the largest as a whole; None where all of them are."""
        growth = {name: self._growth(name, convert) for name, convert in columns.items()}
        sizes = [sum(self.size(number, name) * growth[name] for name in columns) for number in range(len(self))]
        if sum(sizes) <= KEPT:
            return None
        self.recent.room = max(KEPT, int(max(sizes)))
        # While batches are made ahead, the groups that follow are there besides those at work.
        return Stretches(self.starts[:-1], max(1, int(KEPT / 2 / max(sizes))))

    def _growth(self, column: str, convert: Convert) -> float:
        """How much larger a column's values are than what is stored of them: texts are stored once, say."""
        largest = max(range(len(self)), key=lambda number: self.size(number, column))
        return size_of(self.values(largest, column, convert)) / max(1, self.size(largest, column))


def opened(files: tuple[Path, ...]) -> RowGroups:
    """The row groups of Parquet files. Raises DataError with all that cannot be read or differ."""
    heads: list[pq.FileMetaData] = []
    problems: list[Problem] = []
    for file in files:
        try:
            heads.append(pq.read_metadata(file))
        except (OSError, ValueError, pa.ArrowException) as error:
            problems.append(Problem(f"{file.name} is not a Parquet file that can be read: {reason(error)}"))
    kinds = [head.schema.to_arrow_schema() for head in heads]
    for file, kind in zip(files, kinds, strict=False):
        if not problems and not kind.equals(kinds[0]):
            problems.append(Problem(f"{file.name} has other columns than {files[0].name}"))
    if not problems and not sum(head.num_rows for head in heads):
        problems.append(Problem(f"{files[0].name} has no rows"))
    if problems:
        raise DataError(tuple(problems))
    return RowGroups(files, tuple(heads))


def taken(pieces: list[tuple[Rows, Any]], count: int) -> Any:
    """Values of several groups in the order of the rows that were asked for."""
    arrays: list[Array] = [values for _, values in pieces if isinstance(values, np.ndarray)]
    if len(arrays) == len(pieces) and len({array.shape[1:] for array in arrays}) == 1:
        if len(arrays) == 1:
            return arrays[0]
        whole = np.empty((count, *arrays[0].shape[1:]), np.result_type(*arrays))
        for places, values in pieces:
            whole[places] = values
        return whole
    found: list[Any] = [None] * count
    for places, values in pieces:
        for place, value in zip(places.tolist(), values, strict=True):
            found[place] = value
    return found
