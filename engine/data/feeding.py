"""One feed at work: what its node wants, its column, its transforms, and whether they fit together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from engine.data.augmentations import ColorJitter
from engine.data.chance import Draws
from engine.data.columns import Array, Column, Rows, Samples
from engine.data.combined import Named, beside
from engine.data.preparing import measured, prepared
from engine.data.sequences import Pad
from engine.data.spec import Feed, Transform, TransformRule
from engine.data.transforms import OneHot, Scale
from engine.data.wants import Want
from engine.layers.base import Shape, Signal

CHUNK = 256  # rows that are measured at a time
NUMBERS = 2**22  # in the samples that are measured at a time, at most
MEASURED = 4096  # rows in which a normalisation is measured where every one of them must be decoded


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
        largest = max(math.prod(shape) for shape in self.column.shapes)
        size = max(1, min(CHUNK, NUMBERS // max(1, largest)))
        for start in range(0, len(train), size):
            rows = train[start : start + size]
            samples = prepared(rules, self.column.take(rows), Draws.at(rows, 0, 0))
            yield from [one[None] for one in samples] if isinstance(samples, list) else [samples]


def feeding(feed: Feed, want: Want, columns: Mapping[str, Column]) -> Feeding:
    """A feed with its column, whose classes are named as the feed says."""
    if feed.columns:
        column: Column = beside(tuple(columns[name] for name in feed.columns))
    else:
        column = Named(columns[feed.column], feed.labels) if feed.labels else columns[feed.column]
    steps = tuple(replace(step, rule=_told(step.rule, want, column, _white(feed, step))) for step in feed.transforms)
    return Feeding(replace(feed, transforms=steps), want, column)


def _told(rule: TransformRule, want: Want, column: Column, white: float) -> TransformRule:
    """`rule` with what follows from the column, from what the node wants and from what white has become."""
    if rule == OneHot():
        return OneHot(classes=len(column.classes))
    if isinstance(rule, Pad) and rule.value is None and want.padding is not None:
        return replace(rule, value=float(want.padding))
    if isinstance(rule, ColorJitter) and rule.white is None and white > 0:
        return replace(rule, white=white)
    return rule


def _white(feed: Feed, step: Transform) -> float:
    """What white is when it comes to `step`, where it has only been scaled."""
    white = feed.white
    for before in takewhile(lambda other: other is not step, feed.transforms):
        if isinstance(before.rule, Scale):
            white = white * before.rule.by + before.rule.add
    return white


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
