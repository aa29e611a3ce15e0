"""Reads pictures and their masks from two folders, paired by their names without the ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from engine.data.columns import Array, Rows, Samples, Table, even
from engine.data.combined import Around
from engine.data.encoded import Files, Pictures, pictures
from engine.data.image_folder import pictures_in
from engine.data.places import found
from engine.data.sources import MaskFolders
from engine.errors import DataError, Problem

SHOWN = 5
UNNAMED = 255
"""What a pixel becomes whose value stands for no class, as in VOC; a loss passes over it, or it is an error."""


@dataclass(frozen=True)
class Recoded(Around):
    """A column of masks whose values are brought to the numbers of their classes."""

    values: tuple[int, ...]

    def take(self, rows: Rows) -> Samples:
        taken = self.inner.take(rows)
        return even([self._coded(one) for one in taken])

    def _coded(self, mask: Array) -> Array:
        coded = np.full(mask.shape, UNNAMED, np.int16)
        for place, value in enumerate(self.values):
            coded[mask == value] = place
        return coded


def read(source: MaskFolders, base: Path) -> Table:
    """The table of two folders. Raises DataError with every picture without a partner, or that cannot be read."""
    folders = [found(base, path) for path in (source.images, source.masks)]
    problems = [Problem(f"{folder} is a file, and a folder is wanted") for folder in folders if not folder.is_dir()]
    if problems:
        raise DataError(tuple(problems))
    files = _paired(*folders)
    images, masks = _opened(
        partial(pictures, Files(folders[0], files[0]), source.mode, source.background),
        partial(pictures, Files(folders[1], files[1]), "index"),
    )
    _check_sizes(images, masks)
    column = Recoded(masks, source.values) if source.values else masks
    return Table({"image": images, "mask": column}, (*files[0], *files[1]))


def _opened(*makers: Callable[[], Pictures]) -> list[Pictures]:
    """What they make. Raises DataError with all that is wrong with any."""
    made: list[Pictures] = []
    problems: list[Problem] = []
    for make in makers:
        try:
            made.append(make())
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(tuple(problems))
    return made


def _paired(images: Path, masks: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    named = [_by_name(folder) for folder in (images, masks)]
    problems = [
        *_alone(named[0], named[1], images, masks),
        *_alone(named[1], named[0], masks, images),
    ]
    if not named[0]:
        problems.append(Problem(f"{images} holds no pictures"))
    if problems:
        raise DataError(tuple(problems))
    names = sorted(named[0])
    return tuple(named[0][name] for name in names), tuple(named[1][name] for name in names)


def _by_name(folder: Path) -> Mapping[str, Path]:
    files = pictures_in(folder)
    names = [file.relative_to(folder).with_suffix("").as_posix() for file in files]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError((Problem(f"{folder} has more than one picture called {_few(twice)}"),))
    return dict(zip(names, files, strict=True))


def _alone(these: Mapping[str, Path], others: Mapping[str, Path], folder: Path, other: Path) -> Sequence[Problem]:
    left = [these[name].name for name in sorted(these) if name not in others]
    return [Problem(f"{len(left)} of {folder} have no partner in {other}: {_few(left)}")] if left else []


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _check_sizes(images: Pictures, masks: Pictures) -> None:
    rows = np.flatnonzero((images.sizes != masks.sizes).any(axis=1)).tolist()
    if rows:
        (height, width), (other_height, other_width) = images.sizes[rows[0]], masks.sizes[rows[0]]
        told = f"{images.place(rows[0])} is {height}x{width} and its mask {other_height}x{other_width}"
        more = f", and {len(rows) - 1} more differ so" if len(rows) > 1 else ""
        raise DataError((Problem(told + more, hint="a mask has a pixel for each of its picture's"),))
