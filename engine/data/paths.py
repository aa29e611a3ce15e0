"""Many files in a few bytes each: a Path of its own for each would take a kilobyte."""

from __future__ import annotations

import os
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import overload

import numpy as np


class Listed(Sequence[Path]):
    """Paths that are made when they are asked for."""

    def _at(self, place: int) -> Path:
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Path, ...]: ...
    def __getitem__(self, place: int | slice) -> Path | tuple[Path, ...]:
        if isinstance(place, slice):
            return tuple(map(self._at, range(len(self))[place]))
        return self._at(range(len(self))[place])


class Paths(Listed):
    """The files that `names` call, seen from `folder`."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        encoded = [os.fsencode(name) for name in names]
        self.folder = folder
        self._text = b"".join(encoded)
        self._ends = np.cumsum([0, *map(len, encoded)])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def _at(self, place: int) -> Path:
        return self.folder / os.fsdecode(self._text[self._ends[place] : self._ends[place + 1]])


class Chained(Listed):
    """Files of several sources, one after the other."""

    def __init__(self, parts: Sequence[Sequence[Path]]) -> None:
        self._parts = parts
        self._starts = [0, *accumulate(map(len, parts))]

    def __len__(self) -> int:
        return self._starts[-1]

    def _at(self, place: int) -> Path:
        part = bisect(self._starts, place) - 1
        return self._parts[part][place - self._starts[part]]
