"""One part of the data: batches in an order that follows from seed and epoch, from any batch on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from engine.data.bucketing import bucketed
from engine.data.chance import Draws, order_of
from engine.data.columns import Array, Rows, Samples, Stretches
from engine.data.feeding import Feeding, through
from engine.data.prefetch import prefetched
from engine.data.preparing import prepared

KEPT = 128 * 2**20  # bytes of prepared samples that a feed keeps in memory


class Stream:
    """What one node is given, for the rows of a part; what is the same in every epoch is prepared once and kept."""

    def __init__(self, feeding: Feeding, rows: Rows, training: bool) -> None:
        rules = feeding.rules(training)
        steady = next((place for place, rule in enumerate(rules) if not rule.is_steady), len(rules))
        self.feeding, self.rows = feeding, rows
        self._steady, self._changing = rules[:steady], rules[steady:]
        self._is_kept = np.zeros(len(rows), bool)

    @property
    def is_ready(self) -> bool:
        """Whether a batch is only picked out of what is kept."""
        return not self._changing and bool(self._is_kept.all())

    def take(self, places: Rows, seed: int, epoch: int) -> Array:
        """The arrays for the rows at `places` of the part, as the network takes them."""
        draws = Draws.at(self.rows[places], seed, epoch)
        return self.feeding.finished(prepared(self._changing, self._begun(places), draws))

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
        return prepared(self._steady, self.feeding.column.take(rows), Draws(rows))

    @cached_property
    def _kept(self) -> Array | None:
        """Room for the samples after the steady transforms, where they have one shape and fit into memory."""
        if len({through(self._steady, shape) for shape in self.feeding.column.shapes}) > 1:
            return None
        first = np.asarray(self._prepared(np.arange(1)))[0]
        room = first.nbytes * len(self.rows) <= KEPT
        return np.empty((len(self.rows), *first.shape), first.dtype) if room else None


@dataclass(frozen=True)
class Sample:
    """One row for people: where it comes from, its values as they were read, and as the nodes get them."""

    place: str
    raw: Mapping[str, Array]
    prepared: Mapping[str, Array]


@dataclass(frozen=True)
class Part:
    """The rows for training, validation or test."""

    name: str
    rows: Rows
    feedings: tuple[Feeding, ...]
    training: bool = False
    """Whether the transforms of the phase `train` are applied."""
    stretches: Stretches | None = None
    """Which rows are read together."""

    @cached_property
    def _streams(self) -> tuple[Stream, ...]:
        return tuple(Stream(feeding, self.rows, self.training) for feeding in self.feedings)

    def __len__(self) -> int:
        return len(self.rows)

    def count(self, size: int) -> int:
        """How many batches of `size` there are; the last may be smaller."""
        return math.ceil(len(self) / size)

    def plain(self) -> Part:
        """The same rows as they are when deployed: without the transforms of the phase `train`."""
        return Part(self.name, self.rows, self.feedings, stretches=self.stretches) if self.training else self

    def batches(
        self, size: int, seed: int = 0, epoch: int = 0, shuffle: bool = False, start: int = 0
    ) -> Iterator[dict[str, Array]]:
        """Batches from number `start` on: by node arrays (batch, *shape), float32 or int64. The rest costs nothing."""
        places = self._order(size, seed, epoch) if shuffle else np.arange(len(self))
        cuts = [places[at : at + size] for at in range(start * size, len(places), size)]
        make = partial(self._batch, seed=seed, epoch=epoch)
        return map(make, cuts) if all(stream.is_ready for stream in self._streams) else prefetched(make, cuts)

    def _order(self, size: int, seed: int, epoch: int) -> Rows:
        mixed = order_of(self.rows, self.stretches, seed, epoch)
        return mixed if self._lengths is None else bucketed(mixed, self._lengths, size, seed, epoch)

    @cached_property
    def _lengths(self) -> Rows | None:
        """How long every sample is in the feed by which batches are put together, where there is one."""
        columns = [feeding.column for feeding in self.feedings if feeding.feed.bucketed]
        return columns[0].lengths(self.rows) if columns else None

    def _batch(self, places: Rows, seed: int, epoch: int) -> dict[str, Array]:
        return {stream.feeding.node: stream.take(places, seed, epoch) for stream in self._streams}

    def sample(self, number: int) -> Sample:
        """The sample at `number`, raw and prepared as in the first epoch."""
        places = np.array([number])
        rows = self.rows[places]
        return Sample(
            self.feedings[0].column.place(int(rows[0])),
            {feeding.node: np.asarray(feeding.column.take(rows))[0] for feeding in self.feedings},
            {node: array[0] for node, array in self._batch(places, 0, 0).items()},
        )
