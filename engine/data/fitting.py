"""What of a feed does not fit its node: shapes and values, told with the first place where it is so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.data.columns import Rows
from engine.data.combined import Beside, Named, width
from engine.data.feeding import Feeding, fits, through
from engine.data.looking import Piece, pieces, size_of
from engine.data.sequences import Pad
from engine.data.transforms import OneHot
from engine.declare import name_of
from engine.errors import Problem, ShapeError
from engine.layers.base import Shape, written

LOOKED_THROUGH = 2**28
"""Bytes of a column that are looked through."""


def problems_of(feeding: Feeding, rows: Rows) -> list[Problem]:
    """Everything about a feed that does not fit, before its values in `rows` are used."""
    problems = [*_shapes(feeding), *_values(feeding, rows)]
    return [replace(problem, node=feeding.node) for problem in problems]


def _shapes(feeding: Feeding) -> Iterator[Problem]:
    made: dict[Shape, int] = {}
    is_told = bool(feeding.feed.mask_of)  # of the feed that it is the mask of
    for shape, row in feeding.column.shapes.items():
        for training in (False, True):
            try:
                made.setdefault(through(feeding.rules(training), shape), row)
            except ShapeError as error:
                told = f"{feeding.name}, {feeding.column.place(row)}: {error.message}"
                yield from () if is_told else (Problem(told, hint=error.hint),)
                return
    wrong = next((shape for shape in made if not fits(shape, feeding.wants.shape)), None)
    if wrong is not None:
        yield _wrong_shape(feeding, wrong, made[wrong])
    elif len(made) > 1 and not is_told:
        sizes = " and ".join(map(written, list(made)[:2]))
        is_image = len(next(iter(made))) == 3
        mended = (
            "transform { resize { size: [height, width] } } or center_crop" if is_image else "transform { pad { } }"
        )
        told = f"{feeding.name} has samples of different sizes, {sizes}: a batch needs one"
        yield Problem(told, hint=f"{mended} brings them to one")


def _wrong_shape(feeding: Feeding, shape: Shape, row: int) -> Problem:
    wanted = feeding.wants.shape
    done = " after its transforms" if feeding.feed.transforms else ""
    where = f" in {feeding.column.place(row)}" if len(feeding.column.shapes) > 1 else ""
    return Problem(
        f"needs {written(wanted)}, and {feeding.name} gives {written(shape)}{done}{where}", hint=_mended(feeding, shape)
    )


def _mended(feeding: Feeding, shape: Shape) -> str:
    """What brings a shape to the one that is wanted, where it can be guessed."""
    wanted, column = feeding.wants.shape, feeding.column
    if isinstance(column, Beside):
        parts = zip(feeding.feed.columns, column.parts, strict=True)
        broad = [f"{name!r} has {width(part)}" for name, part in parts if width(part) > 1]
        told = f"a number each, but {', '.join(broad[:5])} (classes, each a number)"
        return f"{told}; kind: number finds the cells that are no numbers" if broad else ""
    if len(shape) != 3 or len(wanted) != 3 or -1 in wanted:
        return ""
    if shape[0] != wanted[0]:
        return "transform { gray { } }" if wanted[0] == 1 else "mode: gray or rgb of the source; or another Input"
    return f"transform {{ resize {{ size: [{wanted[1]}, {wanted[2]}] }} }}"


def _values(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    column = feeding.column
    if isinstance(column, Named):
        yield from _unnamed(feeding, column)
    if feeding.wants.values == "index":
        yield from _padded(feeding)
        yield from _mixed(feeding)
        yield from _indices(feeding, rows)
    elif column.classes and not any(isinstance(rule, OneHot) for rule in feeding.rules(False)):
        hint = "transform { one_hot { } } makes numbers of them; kind: number finds cells that are none"
        yield Problem(f"needs numbers, and {feeding.name} holds {len(column.classes)} classes", hint=hint)
    else:
        yield from _not_finite(feeding, rows)


def _unnamed(feeding: Feeding, column: Named) -> Iterator[Problem]:
    strange = [repr(name) for name in column.inner.classes if name not in column.names]
    if strange:
        yield Problem(f"{feeding.name} holds {', '.join(strange[:10])}, which the feed's labels do not name")


def _padded(feeding: Feeding) -> Iterator[Problem]:
    if any(isinstance(rule, Pad) and rule.value is None for rule in feeding.rules(True)):
        hint = "softmax_cross_entropy { ignore_index: -1 } passes over what is put behind; or pad { value: … }"
        yield Problem(f"{feeding.name} is padded, and its loss counts every index", hint=hint)


def _mixed(feeding: Feeding) -> Iterator[Problem]:
    for rule in feeding.rules(True):
        if rule.MIXES:
            yield Problem(f"takes indices, and {name_of(rule)} of {feeding.name} makes other numbers of them")


def _indices(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    column, limit = feeding.column, feeding.wants.classes
    if len(column.classes) > limit > 0 and not isinstance(column, Named):
        told = ", ".join(column.classes[:10]) + (", …" if len(column.classes) > 10 else "")
        yield Problem(f"has {limit} classes, and {feeding.name} has {len(column.classes)}: {told}")
    elif not column.classes or isinstance(column, Named):  # classes of its own are indices below their number
        yield from _outside(feeding, rows, limit)


@dataclass
class Extent:
    """Smallest and largest of the indices looked at, and the first that is none."""

    low: float = np.inf
    high: float = -np.inf
    odd: float | None = None
    row: int = 0

    def add(self, piece: Piece, ignored: tuple[int, ...], limit: int) -> None:
        """More rows; indices are whole numbers from 0 to below `limit` (0: no limit)."""
        values, counts = piece.values, ~np.isin(piece.values, ignored)
        if counts.any():
            self.low, self.high = (
                min(self.low, float(values[counts].min())),
                max(self.high, float(values[counts].max())),
            )
        if self.odd is None:
            good = (values >= 0) & (values == np.floor(values)) & (values < (limit or np.inf))
            odd = np.flatnonzero(counts & ~good)
            self.odd, self.row = (float(values[odd[0]]), piece.row_of(odd[0])) if len(odd) else (None, 0)


def _outside(feeding: Feeding, rows: Rows, limit: int) -> Iterator[Problem]:
    extent = Extent()
    for piece in pieces(feeding, _looked_through(feeding, rows)):
        extent.add(piece, feeding.want.ignored, limit)
    if extent.odd is None:
        return
    place = feeding.column.place(extent.row)
    if extent.odd != np.floor(extent.odd):
        yield Problem(f"needs whole numbers below {limit or '…'}, and {feeding.name} holds {extent.odd:g} in {place}")
        return
    told = f"takes 0 to {limit - 1}" if limit else "takes whole numbers from 0"
    held = f"{extent.low:g} to {extent.high:g}, first {extent.odd:g} in {place}"
    yield Problem(f"{told}, and {feeding.name} holds {held}", hint=_hint(extent, limit))


def _hint(extent: Extent, limit: int) -> str:
    if extent.low == 1 and extent.high == limit:
        return "they seem to count from 1: transform { scale { add: -1 } } lets them count from 0"
    return "labels count from 0; kind: category numbers a table's values; a mask's 255 may be the loss's ignore_index"


def _not_finite(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    if feeding.column.is_whole or feeding.column.is_lazy:
        return
    for piece in pieces(feeding, _looked_through(feeding, rows)):
        odd = np.flatnonzero(~np.isfinite(piece.values))
        if len(odd):
            place = feeding.column.place(piece.row_of(odd[0]))
            yield Problem(f"{feeding.name} holds values that are no numbers (NaN or infinite), first in {place}")
            return


def _looked_through(feeding: Feeding, rows: Rows) -> Rows:
    """Of a column that is larger than that, the first rows."""
    return rows[: max(1, LOOKED_THROUGH // size_of(feeding.column))]
