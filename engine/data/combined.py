"""Columns made of columns: of several sources one after the other, side by side, with the gaps filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.data.columns import Array, Column, Rows, Samples, common, even
from engine.data.sources import Missing
from engine.layers.base import Shape


def joined(parts: Sequence[Column], sources: Sequence[str]) -> Column:
    """One column of those of several sources; further sources may add classes, behind the first one's."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0].classes
    others = {name for part in parts[1:] for name in part.classes} - set(first)
    return Joined(tuple(parts), (*first, *sorted(others)), tuple(sources))


@dataclass(frozen=True)
class Joined(Column):
    """The same column of several sources, one after the other; classes are those of all."""

    parts: tuple[Column, ...]
    names: tuple[str, ...]
    sources: tuple[str, ...]
    """What each part is read from, for a message."""

    @cached_property
    def _starts(self) -> Rows:
        return np.cumsum([0, *(len(part) for part in self.parts)])

    @cached_property
    def _codes(self) -> tuple[Rows, ...]:
        """For every part the index, among all classes, of each of its own; the last stands for -1, no value."""
        places = {name: place for place, name in enumerate(self.names)}
        return tuple(np.array([*(places[name] for name in part.classes), -1], np.int64) for part in self.parts)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @property
    def is_lazy(self) -> bool:
        return any(part.is_lazy for part in self.parts)

    @property
    def policy(self) -> tuple[Missing, str]:
        return self.parts[0].policy

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def shape(self) -> Shape:
        return common([part.shape for part in self.parts])

    @property
    def shapes(self) -> Mapping[Shape, int]:
        found: dict[Shape, int] = {}
        for start, part in zip(self._starts.tolist(), self.parts, strict=False):
            for shape, row in part.shapes.items():
                found.setdefault(shape, start + row)
        return found

    @property
    def is_whole(self) -> bool:
        return all(part.is_whole for part in self.parts)

    def take(self, rows: Rows) -> Samples:
        found: list[Array] = [np.empty(0)] * len(rows)
        for number, places in self._owners(rows):
            taken = self.parts[number].take(rows[places] - self._starts[number])
            named = self._codes[number][np.asarray(taken)] if self.names else taken
            for place, value in zip(places.tolist(), named, strict=True):
                found[place] = value
        return even(found)

    def lengths(self, rows: Rows) -> Rows:
        found = np.zeros(len(rows), np.int64)
        for number, places in self._owners(rows):
            found[places] = self.parts[number].lengths(rows[places] - self._starts[number])
        return found

    def prints(self, rows: Rows) -> Iterator[bytes]:
        found = [b""] * len(rows)
        for number, places in self._owners(rows):
            for place, one in zip(
                places.tolist(), self.parts[number].prints(rows[places] - self._starts[number]), strict=True
            ):
                found[place] = one
        return iter(found)

    def _owners(self, rows: Rows) -> Iterator[tuple[int, Rows]]:
        """Every part with the places in `rows` that are its own."""
        owners = np.searchsorted(self._starts, rows, side="right") - 1
        for number in np.unique(owners).tolist():
            yield number, np.flatnonzero(owners == number)

    def missing(self) -> Rows:
        starts = self._starts.tolist()
        return np.concatenate([start + part.missing() for start, part in zip(starts, self.parts, strict=False)])

    def place(self, row: int) -> str:
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        return f"{self.sources[number]}, {self.parts[number].place(row - int(self._starts[number]))}"


@dataclass(frozen=True)
class Around(Column):
    """A column seen through something: what is not said otherwise is the inner column's."""

    inner: Column

    @property
    def classes(self) -> tuple[str, ...]:
        return self.inner.classes

    @property
    def is_lazy(self) -> bool:
        return self.inner.is_lazy

    def __len__(self) -> int:
        return len(self.inner)

    @property
    def shape(self) -> Shape:
        return self.inner.shape

    @property
    def shapes(self) -> Mapping[Shape, int]:
        return self.inner.shapes

    @property
    def is_whole(self) -> bool:
        return self.inner.is_whole

    def lengths(self, rows: Rows) -> Rows:
        return self.inner.lengths(rows)

    def prints(self, rows: Rows) -> Iterator[bytes]:
        return self.inner.prints(rows)

    def place(self, row: int) -> str:
        return self.inner.place(row)


@dataclass(frozen=True)
class Filled(Around):
    """A column with `value` wherever it has none."""

    value: float
    extra: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        return (*self.inner.classes, *self.extra)

    def take(self, rows: Rows) -> Samples:
        return self.put(np.asarray(self.inner.take(rows)))

    def abreast(self, parts: tuple[Column, ...]) -> Column | None:
        return self.inner.abreast(parts)

    def put(self, values: Array) -> Array:
        """`values` of the inner column, with `value` wherever there is none."""
        gaps = values < 0 if self.inner.classes else np.isnan(values)
        return np.where(gaps, np.asarray(self.value, values.dtype), values)


def filled(column: Column, train: Rows) -> Column:
    """`column` without gaps, as its policy says; what is measured is measured in the rows `train`."""
    policy, constant = column.policy
    if policy in ("error", "drop"):
        return column
    known = np.asarray(column.take(np.setdiff1d(train, column.missing())))
    if not column.classes:
        return Filled(column, _MEASURES[policy](known) if policy != "constant" and len(known) else float(constant or 0))
    if policy != "constant":
        return Filled(column, int(np.bincount(known, minlength=1).argmax()))
    return _with_class(column, constant or "missing")


_MEASURES = {"mean": lambda values: float(np.mean(values)), "median": lambda values: float(np.median(values))}


def _with_class(column: Column, name: str) -> Column:
    """Gaps filled with the class `name`, which is added where there is none."""
    if name in column.classes:
        return Filled(column, column.classes.index(name))
    return Filled(column, len(column.classes), (name,)) if len(column.missing()) else column


@dataclass(frozen=True)
class Named(Around):
    """A column whose classes are given: texts are looked up among `names`, whole numbers stay the indices they are."""

    names: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    @cached_property
    def _codes(self) -> Rows:
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(name, -1) for name in self.inner.classes], np.int64)

    def take(self, rows: Rows) -> Samples:
        values = self.inner.take(rows)
        if not self.inner.classes:
            return values
        return [self._codes[sample] for sample in values] if isinstance(values, list) else self._codes[values]


def beside(parts: tuple[Column, ...]) -> Column:
    """`parts` side by side, decoded together where that is faster."""
    return parts[0].abreast(parts) or Beside(parts)


@dataclass(frozen=True)
class Beside(Column):
    """Several columns side by side as one row of numbers; categories take a number for each class, one of them 1."""

    parts: tuple[Column, ...]

    @property
    def is_lazy(self) -> bool:
        return any(part.is_lazy for part in self.parts)

    def __len__(self) -> int:
        return len(self.parts[0])

    @property
    def shape(self) -> Shape:
        return (sum(width(part) for part in self.parts),)

    @property
    def is_whole(self) -> bool:
        return False

    def take(self, rows: Rows) -> Samples:
        return np.concatenate([_numbers(part, rows) for part in self.parts], axis=1)

    def place(self, row: int) -> str:
        return self.parts[0].place(row)


def width(column: Column) -> int:
    """How many numbers a column takes beside others."""
    return len(column.classes) or int(np.prod(column.shape, dtype=int))


def _numbers(column: Column, rows: Rows) -> Array:
    values = np.asarray(column.take(rows))
    if column.classes:
        return np.equal(values.reshape(len(rows), 1), np.arange(len(column.classes))).astype(np.float32)
    return values.astype(np.float32).reshape(len(rows), -1)
