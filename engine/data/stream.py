"""What one node is given, batch by batch: taken from its column, prepared, and kept where it is the same every time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cached_property, partial

import numpy as np

from engine.data.buffers import Buffers
from engine.data.chance import Draws
from engine.data.columns import Array, Rows, Samples
from engine.data.feeding import Feeding, through
from engine.data.preparing import prepared
from engine.errors import DataError, Problem, ShapeError
from engine.layers.base import Shape, written

KEPT = 128 * 2**20  # bytes of prepared samples that a stream keeps in memory
LARGE = 4096  # numbers from which on a sample is worth being prepared apart from the others of its batch
PIECE = 2**20  # numbers in the samples that a thread prepares together: they stay in its core's cache
MOST = 32  # samples that it prepares together

Made = dict[str, Array]


class Stream:
    """What one node is given, for the rows of a part; what is the same in every epoch is prepared once and kept."""

    def __init__(self, feeding: Feeding, rows: Rows, training: bool) -> None:
        self.feeding, self.rows = feeding, rows
        self._rules = rules = feeding.rules(training)
        steady = next((place for place, rule in enumerate(rules) if not rule.is_steady), len(rules))
        self._steady, self._changing = rules[:steady], rules[steady:]
        self._is_kept = np.zeros(len(rows), bool)
        self._known = set(feeding.column.shapes)
        self._buffers = Buffers()

    @property
    def is_ready(self) -> bool:
        """Whether a batch is only picked out of what is kept."""
        return self._kept is not None and not self._changing and bool(self._is_kept.all())

    @cached_property
    def is_cut(self) -> bool:
        """Whether a batch is made in pieces, of which threads do several at once."""
        is_worth_it = self.feeding.column.is_lazy or self._largest >= LARGE
        return is_worth_it and self._example is not None

    @property
    def nbytes(self) -> int:
        """What a sample takes in a batch; 0 where they differ."""
        return 0 if self._example is None else self._example.nbytes

    def pieces(self, made: Made, places: Rows, seed: int, epoch: int) -> Iterator[Callable[[], None]]:
        """What is to be done until `made` holds the arrays for the rows at `places` of the part."""
        if self._example is None or not self.is_cut:
            yield partial(self._put, made, places, seed, epoch)
            return
        room = self._buffers.array((len(places), *self._example.shape), self._example.dtype)
        made[self.feeding.node] = room
        for at in range(0, len(places), self._together):
            piece = slice(at, at + self._together)
            yield partial(self._fill, room[piece], places[piece], seed, epoch)

    def _put(self, made: Made, places: Rows, seed: int, epoch: int) -> None:
        made[self.feeding.node] = self.feeding.finished(self._samples(places, seed, epoch))

    def _fill(self, room: Array, places: Rows, seed: int, epoch: int) -> None:
        room[:] = np.reshape(np.asarray(self._samples(places, seed, epoch)), room.shape)

    def _samples(self, places: Rows, seed: int, epoch: int) -> Samples:
        return prepared(self._changing, self._begun(places), Draws.at(self.rows[places], seed, epoch))

    def _begun(self, places: Rows) -> Samples:
        """The samples after the steady transforms."""
        kept = self._kept
        if kept is None:
            return self._prepared(places)
        new = places[~self._is_kept[places]]
        if len(new):
            kept[new] = self._prepared(new)
            self._is_kept[new] = True
        return np.asarray(kept[places])

    def _prepared(self, places: Rows) -> Samples:
        rows = self.rows[places]
        samples = self.feeding.column.take(rows)
        if self.feeding.column.is_lazy:
            self._look(samples, rows)
        return prepared(self._steady, samples, Draws(rows))

    def _look(self, samples: Samples, rows: Rows) -> None:
        """Raises DataError for a sample that does not fit: of many, not all were looked at before the first step."""
        for sample, row in zip(samples, rows.tolist(), strict=True):
            if sample.shape not in self._known:
                self._check(sample.shape, self.feeding.column.place(row))
                self._known.add(sample.shape)

    def _check(self, shape: Shape, place: str) -> None:
        try:
            made = through(self._rules, shape)
        except ShapeError as error:
            raise DataError((Problem(f"{place}: {error.message}", node=self.feeding.node, hint=error.hint),)) from None
        if {made} != self._made:
            told = f"{place} becomes {written(made)}, and others {' or '.join(map(written, self._made))}"
            raise DataError((Problem(told, node=self.feeding.node),))

    @cached_property
    def _made(self) -> set[Shape]:
        """The shapes that samples have in the end."""
        return {through(self._rules, shape) for shape in self.feeding.column.shapes}

    @cached_property
    def _example(self) -> Array | None:
        """A sample as the network takes it, without its values; None where shapes differ."""
        shape = next(iter(self._made))
        if len(self._made) > 1 or -1 in shape:
            return None
        return np.asarray(self.feeding.finished(np.zeros((1, *shape), np.uint8))[0])

    @cached_property
    def _largest(self) -> int:
        """Numbers of the largest sample that is known of."""
        return max(math.prod(shape) for shape in self.feeding.column.shapes)

    @cached_property
    def _together(self) -> int:
        """How many samples a thread prepares together."""
        return max(1, min(MOST, PIECE // max(1, self._largest)))

    @cached_property
    def _kept(self) -> Array | None:
        """Room for the samples after the steady transforms, where they have one shape and fit into memory."""
        shapes = {through(self._steady, shape) for shape in self.feeding.column.shapes}
        if len(shapes) > 1 or -1 in next(iter(shapes)):
            return None
        first = np.asarray(self._prepared(np.arange(1)))[0]
        room = first.nbytes * len(self.rows) <= KEPT
        return np.empty((len(self.rows), *first.shape), first.dtype) if room else None
