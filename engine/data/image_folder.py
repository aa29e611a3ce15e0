"""Reads folders of class folders of pictures, in any mode and format that Pillow knows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.data.columns import Table, Values
from engine.data.encoded import Files, pictures
from engine.data.paths import Paths
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
    names = {name: _of_class(folder / name, source.nested) for name in classes}
    files = Paths(folder, (f"{name}/{inner}" for name in classes for inner in names[name]))
    if not files:
        raise DataError((Problem(f"the folders of {folder} hold no pictures"),))
    labels = Values(np.repeat(np.arange(len(classes)), [len(names[name]) for name in classes]), classes)
    images = pictures(Files(folder, files), source.mode, source.background)
    return Table({"image": images, "label": labels}, files)


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise DataError((Problem(f"{folder} is a file, and a folder of class folders is wanted"),))


def _classes(folder: Path) -> Iterator[str]:
    return (path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _nested(folder: Path) -> set[str]:
    """Every folder, however deep, that pictures lie in, seen from `folder`."""
    return {name.rpartition("/")[0] for name in names_in(folder)} - {""}


def _of_class(folder: Path, nested: bool) -> list[str]:
    if not folder.is_dir():
        raise DataError((Problem(f"there is no folder {folder}"),))
    return [name for name in names_in(folder) if not nested or "/" not in name]


def pictures_in(folder: Path) -> Paths:
    """All picture files in a folder, however deep, sorted; hidden ones are none."""
    return Paths(folder, names_in(folder))


def names_in(folder: Path) -> list[str]:
    """What they are called, seen from `folder`."""
    found: list[str] = []
    for place, inner, files in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith(".")]
        above = "" if Path(place) == folder else f"{Path(place).relative_to(folder).as_posix()}/"
        shown = (name for name in files if not name.startswith("."))
        found += [above + name for name in shown if name[name.rfind(".") :].lower() in ENDINGS]
    return sorted(found, key=lambda name: name.split("/"))


def settled(source: ImageFolder, table: Table) -> ImageFolder:
    """With the classes written down."""
    return replace(source, classes=table.columns["label"].classes)
