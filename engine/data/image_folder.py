"""Reads folders of class folders of pictures, in any mode and format that Pillow knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from engine.data.columns import Array, Column, Rows, Samples, Table, Values, common, even
from engine.data.pictures import Background, Mode, examine, picture
from engine.data.places import found
from engine.data.sources import ImageFolder
from engine.errors import DataError, Problem
from engine.layers.base import Shape

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
KEPT = 256 * 2**20  # bytes of decoded pictures that are kept in memory
SHOWN = 10

T = TypeVar("T")


@dataclass(frozen=True)
class Pictures(Column):
    """Picture files, decoded when they are taken and kept while they are few."""

    files: tuple[Path, ...]
    sizes: tuple[tuple[int, int], ...]
    mode: Mode
    background: Background
    kept: dict[int, Array] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        return len(self.files)

    @cached_property
    def _channels(self) -> int:
        return 3 if self.mode == "rgb" else 1

    @cached_property
    def is_small(self) -> bool:
        """Whether all decoded pictures may stay in memory."""
        return sum(height * width for height, width in self.sizes) * self._channels <= KEPT

    @property
    def is_lazy(self) -> bool:
        return len(self.kept) < len(self.files)

    @property
    def is_whole(self) -> bool:
        return True

    @cached_property
    def shape(self) -> Shape:
        return common(list(self.shapes))

    @cached_property
    def shapes(self) -> Mapping[Shape, int]:
        found: dict[Shape, int] = {}
        for row, size in enumerate(self.sizes):
            found.setdefault((self._channels, *size), row)
        return found

    def take(self, rows: Rows) -> Samples:
        return even([self._one(row) for row in rows.tolist()])

    def _one(self, row: int) -> Array:
        known = self.kept.get(row)
        if known is None:
            known = self._decoded(row)
            if self.is_small:
                self.kept[row] = known
        return known

    def _decoded(self, row: int) -> Array:
        try:
            return picture(self.files[row], self.mode, self.background)
        except DataError as error:  # it was whole, or seemed so, when the data were opened
            raise DataError((Problem(f"{self.files[row]} can no longer be read: {error.message}"),)) from None

    def place(self, row: int) -> str:
        return f"{self.files[row].parent.name}/{self.files[row].name}"


def read(source: ImageFolder, base: Path) -> Table:
    """The table of a folder. Raises DataError with every picture that cannot be read."""
    folder = found(base, source.path)
    classes = source.classes or _classes(folder)
    if not classes:
        raise DataError((Problem(f"{folder} holds no folder of pictures", hint="make a folder for each class in it"),))
    listed = [(file, place) for place, name in enumerate(classes) for file in _pictures(folder / name)]
    if not listed:
        raise DataError((Problem(f"the folders of {folder} hold no pictures"),))
    files = tuple(file for file, _ in listed)
    sizes = tuple(_checked(folder, files, examine))
    pictures = Pictures(files, sizes, source.mode, source.background)
    if pictures.is_small:
        decoded = _checked(folder, files, partial(picture, mode=source.mode, background=source.background))
        pictures.kept.update(enumerate(decoded))
    labels = Values(np.array([place for _, place in listed], np.int64), classes)
    return Table({"image": pictures, "label": labels}, files)


def _classes(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise DataError((Problem(f"{folder} is a file, and a folder of class folders is wanted"),))
    inner = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return tuple(sorted(path.name for path in inner))


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError((Problem(f"there is no folder {folder}"),))
    return sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and not path.name.startswith(".")
    )


def _checked(folder: Path, files: tuple[Path, ...], look: Callable[[Path], T]) -> list[T]:
    """What `look` finds in every file. Raises DataError naming all that cannot be read."""
    with ThreadPoolExecutor() as threads:
        looks = [threads.submit(look, file) for file in files]
    bad = [(file, error) for file, done in zip(files, looks, strict=True) if (error := done.exception())]
    if bad:
        shown = "; ".join(f"{file.relative_to(folder)}: {error}" for file, error in bad[:SHOWN])
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        told = f"{len(bad)} of {len(files)} pictures cannot be read ({shown}{more})"
        raise DataError((Problem(told, hint="mend them or take them out of the folder"),))
    return [done.result() for done in looks]


def settled(source: ImageFolder, table: Table) -> ImageFolder:
    """With the classes written down."""
    return replace(source, classes=table.columns["label"].classes)
