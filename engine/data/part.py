"""One part of the data: batches in an order that follows from seed and epoch, from any batch on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from engine.data.bucketing import bucketed
from engine.data.chance import order_of
from engine.data.columns import Array, Rows, Stretches
from engine.data.feeding import Feeding
from engine.data.heap import keep_freed
from engine.data.prefetch import Work, cores, prefetched
from engine.data.stream import Made, Stream

AHEAD = 128 * 2**20  # bytes of batches that are made ahead of their use
MOST = 8  # batches that are made ahead, at most
UNTOLD = 3  # as many where their size is not known beforehand


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
        cuts = (places[at : at + size] for at in range(start * size, len(places), size))
        works = map(partial(self._work, seed=seed, epoch=epoch), cuts)
        ready = [stream.is_ready for stream in self._streams]  # all: room for what they keep is made in one thread
        if all(ready):
            return (work.done() for work in works)
        is_cut = any(stream.is_cut for stream in self._streams)
        if is_cut:
            keep_freed()
        return prefetched(works, self._ahead(size), cores() if is_cut else 1)

    def _ahead(self, size: int) -> int:
        """How many batches are made ahead."""
        sizes = [stream.nbytes for stream in self._streams]
        return max(1, min(MOST, AHEAD // (size * sum(sizes)))) if all(sizes) else UNTOLD

    def _order(self, size: int, seed: int, epoch: int) -> Rows:
        mixed = order_of(self.rows, self.stretches, seed, epoch)
        return mixed if self._lengths is None else bucketed(mixed, self._lengths, size, seed, epoch)

    @cached_property
    def _lengths(self) -> Rows | None:
        """How long every sample is in the feed by which batches are put together, where there is one."""
        columns = [feeding.column for feeding in self.feedings if feeding.feed.bucketed]
        return columns[0].lengths(self.rows) if columns else None

    def _work(self, places: Rows, seed: int, epoch: int) -> Work[dict[str, Array]]:
        """What makes the batch of the rows at `places` of the part."""
        made: Made = {}
        pieces = [piece for stream in self._streams for piece in stream.pieces(made, places, seed, epoch)]
        return Work(pieces, lambda: {feeding.node: made[feeding.node] for feeding in self.feedings})

    def sample(self, number: int) -> Sample:
        """The sample at `number`, raw and prepared as in the first epoch."""
        places = np.array([number])
        rows = self.rows[places]
        return Sample(
            self.feedings[0].column.place(int(rows[0])),
            {feeding.node: np.asarray(feeding.column.take(rows))[0] for feeding in self.feedings},
            {node: array[0] for node, array in self._work(places, 0, 0).done().items()},
        )
