"""Reads Caffe's databases: LMDB of Datum, raw or encoded, never written to and never locked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import IO, Any

import lmdb
import numpy as np

from engine.data.columns import Array, Column, Rows, Samples, Table, Values, common, even
from engine.data.datum import ENCODED, KINDS, RAW, Datum, parsed
from engine.data.encoded import Originals, pictures
from engine.data.places import found
from engine.data.sources import LMDB
from engine.errors import DataError, Problem, reason
from engine.layers.base import Shape

SHOWN = 5

_ALONE = Lock()
"""A process must not have a database open twice; closed after every reading, it gives its memory back."""


@dataclass(frozen=True)
class Database:
    """The entries of a database in the order of their keys, which lie end to end in `keys`."""

    path: Path
    keys: bytes
    stops: Rows

    def __len__(self) -> int:
        return len(self.stops)

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.path / "data.mdb" if self.path.is_dir() else self.path

    def key(self, row: int) -> bytes:
        """The key of an entry."""
        return self.keys[self.stops[row - 1] if row else 0 : self.stops[row]]

    def each(self, rows: Rows) -> Iterator[Datum]:
        """The entries of `rows`; each is there until the next one is asked for."""
        try:
            with _reading(self.path) as entries:
                for row in rows.tolist():
                    yield parsed(entries.get(self.key(row), memoryview(b"")))
        except (lmdb.Error, ValueError) as error:  # it was whole when the data were opened
            raise DataError((Problem(f"{self.path.name} can no longer be read: {reason(error)}"),)) from None

    def place(self, row: int) -> str:
        """What an entry is called in a message."""
        return f"entry {self.key(row).decode(errors='replace')!r} of {self.path.name}"


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    with (
        _ALONE,
        lmdb.open(
            str(path), subdir=path.is_dir(), readonly=True, lock=False, readahead=False, create=False
        ) as environment,
        environment.begin(buffers=True) as transaction,
    ):
        _check_size(environment, path)
        yield transaction


def _check_size(environment: Any, path: Path) -> None:
    """Raises lmdb.Error for a file that is cut off: looking behind the end of a mapped file kills the process."""
    promised = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    held = (path / "data.mdb" if path.is_dir() else path).stat().st_size
    if held < promised:
        raise lmdb.Error(f"it is cut off: its head promises {promised} bytes, and it has {held}")


@dataclass(frozen=True)
class Encoded(Originals):
    """Encoded pictures in a database."""

    database: Database

    @property
    def size(self) -> int:
        return self.database.file.stat().st_size

    def __len__(self) -> int:
        return len(self.database)

    def original(self, row: int) -> IO[bytes]:
        (content,) = (bytes(datum.data) for datum in self.database.each(np.array([row])))
        return BytesIO(content)

    def place(self, row: int) -> str:
        return self.database.place(row)


@dataclass(frozen=True)
class Raw(Column):
    """Arrays in a database: (channels, height, width), bytes or floats."""

    database: Database
    sizes: Array
    whole: bool
    is_turned: bool
    """Whether blue comes first."""

    def __len__(self) -> int:
        return len(self.database)

    @cached_property
    def shape(self) -> Shape:
        return common(list(self.shapes))

    @cached_property
    def shapes(self) -> Mapping[Shape, int]:
        sizes, rows = np.unique(self.sizes, axis=0, return_index=True)
        found = sorted(zip(rows.tolist(), sizes.tolist(), strict=True))
        return {tuple(size): row for row, size in found}

    @property
    def is_whole(self) -> bool:
        return self.whole

    def take(self, rows: Rows) -> Samples:
        return even([self._upright(datum.array) for datum in self.database.each(rows)])

    def _upright(self, values: Array) -> Array:
        return (values[::-1] if self.is_turned and len(values) == 3 else values).copy()

    def place(self, row: int) -> str:
        return self.database.place(row)


def read(source: LMDB, base: Path) -> Table:
    """The table of a database. Raises DataError with every entry that is none of Caffe's or unlike the first."""
    path = found(base, source.path)
    try:
        database, kinds, sizes, labels = _looked_through(path)
    except lmdb.Error as error:
        raise DataError((Problem(f"{path.name} is not an LMDB that can be read: {reason(error)}"),)) from None
    _check(database, kinds)
    image: Column = (
        pictures(Encoded(database), source.mode, source.background)
        if kinds[0] == ENCODED
        else Raw(database, sizes, kinds[0] == RAW, source.order == "bgr" and kinds[0] == RAW)
    )
    return Table({"image": image, "label": Values(labels)}, (database.file,))


def _looked_through(path: Path) -> tuple[Database, list[str], Array, Array]:
    """A database with what every entry holds (or what is wrong with it), its shape and its label."""
    keys, kinds, sizes, labels = bytearray(), list[str](), list[int](), list[int]()
    stops: list[int] = []
    with _reading(path) as entries:
        for key, content in entries.cursor():
            keys += key
            stops.append(len(keys))
            try:
                datum = parsed(content)
            except ValueError as error:
                kinds.append(f"it is no Datum, {error}")
                continue
            kinds.append(datum.kind)
            sizes += datum.shape
            labels.append(datum.label)
    database = Database(path, bytes(keys), np.array(stops, np.int64))
    return database, kinds, np.array(sizes, np.int64).reshape(-1, 3), np.array(labels, np.int64)


def _check(database: Database, kinds: list[str]) -> None:
    if not kinds:
        raise DataError((Problem(f"{database.path.name} holds no entries"),))
    wanted = kinds[0] if kinds[0] in KINDS else RAW
    bad = [row for row, kind in enumerate(kinds) if kind != wanted]
    if bad:
        shown = "; ".join(f"{database.key(row).decode(errors='replace')}: {kinds[row]}" for row in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        told = f"{len(bad)} of {len(kinds)} entries of {database.path.name} do not hold {wanted} as Caffe writes them"
        raise DataError((Problem(f"{told} ({shown}{more})"),))
