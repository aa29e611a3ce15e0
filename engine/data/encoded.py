"""Pictures as a column: decoded when they are taken, from files or from bytes that something else holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import IO, TypeVar

import numpy as np

from engine.data.columns import NONE, Array, Column, Rows, Samples, common, even
from engine.data.pictures import Background, Mode, examine, picture
from engine.data.sources import Missing
from engine.errors import DataError, Problem
from engine.layers.base import Shape

KEPT = 256 * 2**20  # bytes of decoded pictures that are kept in memory
EXAMINED = 2**31  # bytes of encoded pictures that are all looked at before the first step
HEADS = 2**14  # pictures in files that are all looked at
SPREAD = 4096  # how many are looked at, evenly spread, where there are more than that
SHOWN = 10
PRINTED = 2**16  # bytes of an encoded picture that tell it from others

T = TypeVar("T")


class Originals:
    """Where each row's encoded picture lies."""

    @property
    def size(self) -> int:
        """Bytes of all of them, as far as looking at one means reading it; 0 for files, which tell in their heads."""
        return 0

    def __len__(self) -> int:
        raise NotImplementedError

    def original(self, row: int) -> Path | IO[bytes]:
        """The file of a row, or its bytes. Raises DataError."""
        raise NotImplementedError

    def place(self, row: int) -> str:
        """What a row's picture is called in a message."""
        raise NotImplementedError

    def missing(self) -> Rows:
        """The rows that have no picture."""
        return NONE

    def prints(self, rows: Rows) -> Iterator[bytes]:
        """For each of `rows` a digest of its encoded picture: of its size and beginning."""
        for row in rows.tolist():
            original = self.original(row)
            with original.open("rb") if isinstance(original, Path) else original as stream:
                beginning = stream.read(PRINTED)
                yield blake2b(beginning, digest_size=16, salt=b"%d" % stream.seek(0, 2)).digest()

    def spread(self, rows: Rows) -> Rows:
        """Those of `rows` that are looked at where all would be too many."""
        return rows[np.linspace(0, len(rows) - 1, SPREAD).astype(np.int64)]


@dataclass(frozen=True)
class Files(Originals):
    """A file a picture, called as it is seen from `folder`."""

    folder: Path
    files: Sequence[Path]

    def __len__(self) -> int:
        return len(self.files)

    def original(self, row: int) -> Path:
        return self.files[row]

    def place(self, row: int) -> str:
        file = self.files[row]
        return (file.relative_to(self.folder) if file.is_relative_to(self.folder) else file).as_posix()


@dataclass(frozen=True)
class Pictures(Column):
    """Encoded pictures, decoded when they are taken and kept while they are few."""

    originals: Originals
    sizes: Array
    """Height and width of every row, (rows, 2); -1 where none was looked at."""
    mode: Mode
    background: Background
    told: tuple[Missing, str] = ("error", "")
    kept: dict[int, Array] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return len(self.originals)

    @property
    def policy(self) -> tuple[Missing, str]:
        return self.told

    @cached_property
    def is_small(self) -> bool:
        """Whether all decoded pictures may stay in memory."""
        known = self.sizes[self.sizes[:, 0] >= 0]
        held = int(known.prod(axis=1).sum()) * (3 if self.mode == "rgb" else 1)
        return len(known) + len(self.missing()) == len(self) and held <= KEPT

    @property
    def is_lazy(self) -> bool:
        return not self.is_small

    @property
    def is_whole(self) -> bool:
        return True

    @cached_property
    def shape(self) -> Shape:
        return common(list(self.shapes))

    @cached_property
    def shapes(self) -> Mapping[Shape, int]:
        sizes, rows = np.unique(self.sizes, axis=0, return_index=True)
        found = ((row, (height, width)) for (height, width), row in zip(sizes.tolist(), rows.tolist(), strict=True))
        return {self._shape(size): row for row, size in sorted(found) if size[0] >= 0}

    def _shape(self, size: Shape) -> Shape:
        return (3 if self.mode == "rgb" else 1, *size)

    def take(self, rows: Rows) -> Samples:
        return even([self._one(row) for row in rows.tolist()])

    @cached_property
    def _gaps(self) -> frozenset[int]:
        return frozenset(self.missing().tolist())

    def _one(self, row: int) -> Array:
        if row in self._gaps:
            return np.full(self._shape((1, 1)), np.nan, np.float32)
        known = self.kept.get(row)
        if known is None:
            known = self._decoded(row)
            if self.is_small:
                self.kept[row] = known
        return known

    def _decoded(self, row: int) -> Array:
        try:
            return picture(self.originals.original(row), self.mode, self.background)
        except DataError as error:  # it was whole, or seemed so, when the data were opened
            raise DataError((Problem(f"{self.place(row)} can no longer be read: {error.message}"),)) from None

    def missing(self) -> Rows:
        return self.originals.missing()

    def prints(self, rows: Rows) -> Iterator[bytes]:
        return self.originals.prints(rows)

    def place(self, row: int) -> str:
        return self.originals.place(row)


def pictures(
    originals: Originals, mode: Mode, background: Background = "white", told: tuple[Missing, str] = ("error", "")
) -> Pictures:
    """The column of `originals`, all or many of them looked at. Raises DataError naming all that cannot be read."""
    rows = np.setdiff1d(np.arange(len(originals)), originals.missing())
    if len(rows) > (SPREAD if originals.size > EXAMINED else HEADS):
        rows = originals.spread(rows)
    sizes = np.full((len(originals), 2), -1, np.int32)
    sizes[rows] = _checked(originals, rows, partial(examine, mode=mode))
    found = Pictures(originals, sizes, mode, background, told)
    if found.is_small:
        decoded = _checked(originals, rows, partial(picture, mode=mode, background=background))
        found.kept.update(zip(rows.tolist(), decoded, strict=True))
    return found


def _checked(originals: Originals, rows: Rows, look: Callable[[Path | IO[bytes]], T]) -> list[T]:
    """What `look` finds in each of `rows`. Raises DataError naming all that cannot be read."""
    with ThreadPoolExecutor() as threads:
        looks = list(threads.map(partial(_looked, originals, look), rows.tolist()))
    bad = [(row, found) for row, found in zip(rows.tolist(), looks, strict=True) if isinstance(found, DataError)]
    if bad:
        shown = "; ".join(f"{originals.place(row)}: {error}" for row, error in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        told = f"{len(bad)} of {len(rows)} pictures cannot be read ({shown}{more})"
        raise DataError((Problem(told, hint="mend them or take them out"),))
    return [found for found in looks if not isinstance(found, DataError)]


def _looked(originals: Originals, look: Callable[[Path | IO[bytes]], T], row: int) -> T | DataError:
    try:
        return look(originals.original(row))
    except DataError as error:
        return error
