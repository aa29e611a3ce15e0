"""Columns and tables: what a source gives when it is opened, whatever it was read from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.sources import Missing
from engine.layers.base import Shape

Array = NDArray[Any]
Rows = NDArray[np.int64]
Samples = Array | list[Array]
"""Samples along the first axis; a list where their shapes differ."""

LOADED = 2**26
"""Bytes up to which an array is read into memory. What is mapped must stay as it is while it is used."""
PRINTED = 256
"""Rows whose digests are made together."""
NONE: Rows = np.empty(0, np.int64)


class Column:
    """One value a row: a number, an array, a picture, or the index of a class where there are `classes`."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that its values are indices of; none where they are just values."""
        return ()

    @property
    def is_lazy(self) -> bool:
        """Whether taking rows means decoding files."""
        return False

    @property
    def policy(self) -> tuple[Missing, str]:
        """What is done where there is no value, and the constant that would be put in place."""
        return "error", ""

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """The shape of one value; -1 along axes in which rows differ."""
        raise NotImplementedError

    @property
    def shapes(self) -> Mapping[Shape, int]:
        """Every shape that there is, each with the first row that has it."""
        return {self.shape: 0}

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        raise NotImplementedError

    def take(self, rows: Rows) -> Samples:
        """The values of `rows`; where there is none NaN, or -1 for a class."""
        raise NotImplementedError

    def abreast(self, parts: tuple[Column, ...]) -> Column | None:
        """`parts`, of which it is the first, side by side; None where nothing is gained by decoding them together."""
        return None

    def lengths(self, rows: Rows) -> Rows:
        """How long the first axis of each of `rows` is."""
        if self.shape[0] >= 0:
            return np.full(len(rows), self.shape[0])
        return np.array([len(sample) for sample in self.take(rows)], np.int64)

    def prints(self, rows: Rows) -> Iterator[bytes]:
        """For each of `rows` a digest; those of equal values are equal."""
        for start in range(0, len(rows), PRINTED):
            for sample in self.take(rows[start : start + PRINTED]):
                yield digest(np.asarray(sample))

    def missing(self) -> Rows:
        """The rows without a value."""
        return NONE

    def place(self, row: int) -> str:
        """Where a row comes from, for a message."""
        return f"row {row}"


@dataclass(frozen=True)
class Values(Column):
    """A column that is an array, in memory or mapped from a file."""

    array: Array
    names: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    def __len__(self) -> int:
        return len(self.array)

    @property
    def shape(self) -> Shape:
        return tuple(self.array.shape[1:])

    @property
    def is_whole(self) -> bool:
        return self.array.dtype.kind in "iub"

    def take(self, rows: Rows) -> Array:
        return np.asarray(self.array[rows])


def digest(sample: Array) -> bytes:
    """A short digest of shape and values."""
    return hashlib.blake2b(sample.tobytes(), digest_size=16, person=repr(sample.shape).encode()[:16]).digest()


def categories(texts: Array) -> Values:
    """A column of texts as indices of its sorted classes."""
    classes, codes = np.unique(texts, return_inverse=True)
    return Values(codes.reshape(texts.shape).astype(np.int64), tuple(str(name) for name in classes))


def common(shapes: Sequence[Shape]) -> Shape:
    """The shape that stands for all of `shapes`, which have one rank: -1 where they differ."""
    return tuple(axes[0] if len(set(axes)) == 1 else -1 for axes in zip(*shapes, strict=True))


def even(samples: Sequence[Array]) -> Samples:
    """One array where all samples have one shape, of a single sample a view; else the list of them."""
    if len(samples) == 1:
        return np.asarray(samples[0])[None]
    return np.stack(samples) if len({np.shape(sample) for sample in samples}) == 1 else list(samples)


@dataclass(frozen=True)
class Stretches:
    """Rows that are read together, where all do not fit into memory: an epoch goes through few stretches at a time."""

    starts: Rows
    """The first row of each."""
    together: int
    """How many are held at once, and mixed."""

    def after(self, rows: int) -> Stretches:
        """The same behind so many other rows."""
        return Stretches(self.starts + rows, self.together)


@dataclass(frozen=True)
class Table:
    """Columns of one length, and the files they were read from."""

    columns: Mapping[str, Column]
    files: Sequence[Path] = ()
    names: tuple[str, ...] = ()
    """All columns that the source has, where only some were read."""
    overlap: int = 0
    """How many rows after one hold some of it again: a split keeps them from different parts."""
    is_ordered: bool = False
    """Whether neighbours belong together, so that a split cuts instead of drawing."""
    stretches: Stretches | None = None
    """Which rows are read together, where taking them from anywhere would cost much."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def known(self) -> tuple[str, ...]:
        """The names of all columns."""
        return self.names or tuple(self.columns)
