"""One feed at work: what its node wants, its column, its transforms, and whether they fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.data.chance import Draws
from engine.data.columns import Array, Column, Rows, Samples
from engine.data.combined import Beside, Named
from engine.data.preparing import measured, prepared
from engine.data.spec import Feed, Transform, TransformRule
from engine.data.transforms import OneHot
from engine.data.wants import Want
from engine.declare import name_of
from engine.errors import Problem, ShapeError
from engine.layers.base import Shape, Signal, written

CHUNK = 256
MEASURED = 4096  # rows in which a normalisation is measured where every one of them must be decoded
LOOKED_THROUGH = 2**28  # bytes of a column that are looked through for values that are not numbers


@dataclass(frozen=True)
class Feeding:
    """A feed with its column; what is not written in it is filled in by `settled`."""

    feed: Feed
    want: Want
    column: Column

    @property
    def node(self) -> str:
        """The node that is fed."""
        return self.feed.node

    @property
    def name(self) -> str:
        """What the columns are called in a message."""
        return f"column {' + '.join(map(repr, self.feed.names))}"

    @property
    def wants(self) -> Signal:
        """What the node takes."""
        return self.want.signal

    def rules(self, training: bool) -> tuple[TransformRule, ...]:
        """What is done to a sample, while training or always."""
        rules = (step.rule for step in self.feed.transforms if training or step.phase == "always")
        return tuple(rule.on_indices() if self.wants.values == "index" else rule for rule in rules)

    def finished(self, samples: Samples) -> Array:
        """Prepared samples as the network takes them: (samples, *shape) in one piece, float32 or int64."""
        array = np.asarray(samples)
        if array.ndim - 1 != len(self.wants.shape):
            array = array.reshape(len(array), *self.wants.shape)
        return np.ascontiguousarray(array, np.int64 if self.wants.values == "index" else np.float32)

    def settled(self, train: Rows) -> Feeding:
        """With everything that its transforms measure in the rows `train` written down."""
        steps: list[Transform] = []
        for step in self.feed.transforms:
            before = tuple(done.rule for done in steps if done.phase == "always")

            def batches(before: Sequence[TransformRule] = before) -> Iterator[Array]:
                return self._chunks(train, before)

            steps.append(replace(step, rule=measured(step.rule, batches)))
        return replace(self, feed=replace(self.feed, transforms=tuple(steps)))

    def _chunks(self, train: Rows, rules: Sequence[TransformRule]) -> Iterator[Array]:
        if self.column.is_lazy and len(train) > MEASURED:
            train = train[np.linspace(0, len(train) - 1, MEASURED).astype(np.int64)]
        for start in range(0, len(train), CHUNK):
            rows = train[start : start + CHUNK]
            samples = prepared(rules, self.column.take(rows), Draws.at(rows, 0, 0))
            yield from [one[None] for one in samples] if isinstance(samples, list) else [samples]


def feeding(feed: Feed, want: Want, columns: Mapping[str, Column]) -> Feeding:
    """A feed with its column, whose classes are named as the feed says."""
    if feed.columns:
        column: Column = Beside(tuple(columns[name] for name in feed.columns))
    else:
        column = Named(columns[feed.column], feed.labels) if feed.labels else columns[feed.column]
    counted = OneHot(classes=len(column.classes))
    steps = tuple(replace(step, rule=counted) if step.rule == OneHot() else step for step in feed.transforms)
    return Feeding(replace(feed, transforms=steps), want, column)


def problems_of(feeding: Feeding, rows: Rows) -> list[Problem]:
    """Everything about a feed that does not fit, before its values in `rows` are used."""
    problems = [*_shapes(feeding), *_values(feeding, rows)]
    return [replace(problem, node=feeding.node) for problem in problems]


def _shapes(feeding: Feeding) -> Iterator[Problem]:
    made: dict[Shape, int] = {}
    for shape, row in feeding.column.shapes.items():
        for training in (False, True):
            try:
                made.setdefault(through(feeding.rules(training), shape), row)
            except ShapeError as error:
                yield Problem(f"{feeding.name}, {feeding.column.place(row)}: {error.message}", hint=error.hint)
                return
    wrong = next((shape for shape in made if not fits(shape, feeding.wants.shape)), None)
    if wrong is not None:
        yield _wrong_shape(feeding, wrong)
    elif len(made) > 1:
        sizes = " and ".join(map(written, list(made)[:2]))
        hint = "transform { resize { size: [height, width] } } or center_crop brings them to one"
        yield Problem(f"{feeding.name} has samples of different sizes, {sizes}: a batch needs one", hint=hint)


def through(rules: Sequence[TransformRule], shape: Shape) -> Shape:
    """The shape that `rules` make of `shape`. Raises ShapeError."""
    for rule in rules:
        shape = rule.shape(shape)
    return shape


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether a node that wants `wanted` takes `shape`."""
    if (shape, wanted) == ((), (1,)):  # a single value may stand as a row of one
        return True
    if len(shape) == len(wanted) + 1 and shape[0] == 1:  # and a row of one as a single value, a mask without channels
        shape = shape[1:]
    return len(shape) == len(wanted) and all(have == want or want < 0 for have, want in zip(shape, wanted, strict=True))


def _wrong_shape(feeding: Feeding, shape: Shape) -> Problem:
    wanted = feeding.wants.shape
    is_image = len(shape) == len(wanted) == 3 and shape[0] == wanted[0] and -1 not in wanted
    hint = f"transform {{ resize {{ size: [{wanted[1]}, {wanted[2]}] }} }}" if is_image else ""
    done = " after its transforms" if feeding.feed.transforms else ""
    return Problem(f"needs {written(wanted)}, and {feeding.name} gives {written(shape)}{done}", hint=hint)


def _values(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    column = feeding.column
    if isinstance(column, Named):
        yield from _unnamed(feeding, column)
    if feeding.wants.values == "index":
        yield from _mixed(feeding)
        yield from _indices(feeding, rows)
    elif column.classes and not any(isinstance(rule, OneHot) for rule in feeding.rules(False)):
        hint = "transform { one_hot { } } makes numbers of them, or say values: index in the Input"
        yield Problem(f"needs numbers, and {feeding.name} holds {len(column.classes)} classes", hint=hint)
    yield from _not_finite(feeding, rows)


def _unnamed(feeding: Feeding, column: Named) -> Iterator[Problem]:
    strange = [repr(name) for name in column.inner.classes if name not in column.names]
    if strange:
        yield Problem(f"{feeding.name} holds {', '.join(strange[:10])}, which the feed's labels do not name")


def _mixed(feeding: Feeding) -> Iterator[Problem]:
    for rule in feeding.rules(True):
        if rule.MIXES:
            yield Problem(f"takes indices, and {name_of(rule)} of {feeding.name} makes other numbers of them")


def _indices(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    column, limit = feeding.column, feeding.wants.classes
    if len(column.classes) > limit > 0 and not isinstance(column, Named):
        told = ", ".join(column.classes[:10]) + (", …" if len(column.classes) > 10 else "")
        yield Problem(f"has {limit} classes, and {feeding.name} has {len(column.classes)}: {told}")
        return
    low, high, is_whole = _extent(column, rows, feeding.want.ignored)
    if not is_whole:
        yield Problem(f"needs whole numbers below {limit or '…'}, and {feeding.name} holds others")
    elif low < 0 or (limit and high >= limit):
        hint = (
            "labels count from 0; kind: category numbers a table's values; a mask's 255 may be the loss's ignore_index"
        )
        yield Problem(f"takes 0 to {limit - 1}, and {feeding.name} holds {low:.0f} to {high:.0f}", hint=hint)


def _extent(column: Column, rows: Rows, ignored: tuple[int, ...]) -> tuple[float, float, bool]:
    """Smallest and largest value, and whether all are whole. Columns with classes of their own need no look."""
    if column.classes and not isinstance(column, Named):
        return 0, len(column.classes) - 1, True
    low, high, is_whole = 0.0, 0.0, True
    for _, values in _pieces(column, rows):
        counted = values[~np.isin(values, ignored)]
        low, high = min(low, counted.min(initial=0)), max(high, counted.max(initial=0))
        is_whole = is_whole and (column.is_whole or bool(np.all(values == np.floor(values))))
    return low, high, is_whole


def _not_finite(feeding: Feeding, rows: Rows) -> Iterator[Problem]:
    if feeding.column.is_whole or feeding.column.is_lazy:
        return
    for taken, values in _pieces(feeding.column, rows):
        bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(axis=1))
        if len(bad):
            place = feeding.column.place(int(taken[bad[0]]))
            yield Problem(f"{feeding.name} holds values that are no numbers (NaN or infinite), first in {place}")
            return


def _pieces(column: Column, rows: Rows) -> Iterator[tuple[Rows, Any]]:
    """The column's values in `rows` piece by piece, up to a bound for what is larger than that."""
    size = max(1, int(np.prod(np.abs(column.shape), dtype=np.int64)) * 8)
    step = max(1, 2**24 // size)
    for start in range(0, min(len(rows), max(1, LOOKED_THROUGH // size)), step):
        taken = rows[start : start + step]
        yield taken, np.asarray(column.take(taken))
