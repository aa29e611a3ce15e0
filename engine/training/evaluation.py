"""Means of losses and metrics over a part of the data, without learning."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from engine.backends.base import Batch, Outcome, Pending, Program
from engine.training.gauges import Tally

if TYPE_CHECKING:
    from engine.data.part import Part


class Queue:
    """Batches under way, in order: what they gave is fetched while the device works on the next one."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Batch, Pending]] = deque()

    def put(self, batch: Batch, pending: Pending) -> None:
        """One more."""
        self._waiting.append((batch, pending))

    def ready(self, left: int) -> Iterator[tuple[Batch, Outcome]]:
        """What the first ones gave, so that `left` remain."""
        while len(self._waiting) > left:
            batch, pending = self._waiting.popleft()
            yield batch, pending.fetch()

    def __len__(self) -> int:
        return len(self._waiting)


def evaluate(program: Program, batches: Iterable[Batch], tally: Tally) -> dict[str, float]:
    """The means over `batches` of what `tally`, an empty one, measures."""
    queue = Queue()
    for batch in batches:
        queue.put(batch, program.evaluate(batch))
        for done in queue.ready(left=1):
            tally.add(tally.count(*done))
    for done in queue.ready(left=0):
        tally.add(tally.count(*done))
    return tally.means()


def in_order(part: Part, size: int) -> Iterator[Batch]:
    """The samples of a part as they lie, each once."""
    return part.batches(size, seed=0, epoch=0, shuffle=False)
