"""Reads folders of class folders of pictures, in any mode and format that Pillow knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.data.columns import Table, Values
from engine.data.encoded import Files, pictures
from engine.data.places import found
from engine.data.sources import ImageFolder
from engine.errors import DataError, Problem

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})


def read(source: ImageFolder, base: Path) -> Table:
    """The table of a folder. Raises DataError with every picture that cannot be read."""
    folder = found(base, source.path)
    _check_folder(folder)
    classes = source.classes or tuple(sorted(_nested(folder) if source.nested else _classes(folder)))
    if not classes:
        raise DataError((Problem(f"{folder} holds no folder of pictures", hint="make a folder for each class in it"),))
    listed = [(file, place) for place, name in enumerate(classes) for file in _of_class(folder / name, source.nested)]
    if not listed:
        raise DataError((Problem(f"the folders of {folder} hold no pictures"),))
    files = tuple(file for file, _ in listed)
    labels = Values(np.array([place for _, place in listed], np.int64), classes)
    images = pictures(Files(folder, files), source.mode, source.background)
    return Table({"image": images, "label": labels}, files)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise DataError((Problem(f"{folder} is a file, and a folder of class folders is wanted"),))


def _classes(folder: Path) -> Iterator[str]:
    return (path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _nested(folder: Path) -> set[str]:
    """Every folder, however deep, that pictures lie in, seen from `folder`."""
    return {file.parent.relative_to(folder).as_posix() for file in pictures_in(folder) if file.parent != folder}


def _of_class(folder: Path, nested: bool) -> list[Path]:
    if not folder.is_dir():
        raise DataError((Problem(f"there is no folder {folder}"),))
    return [file for file in pictures_in(folder) if not nested or file.parent == folder]


def pictures_in(folder: Path) -> list[Path]:
    """All picture files in a folder, however deep, sorted; hidden ones are none."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in ENDINGS and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def settled(source: ImageFolder, table: Table) -> ImageFolder:
    """With the classes written down."""
    return replace(source, classes=table.columns["label"].classes)
