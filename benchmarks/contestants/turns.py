"""What a contestant is to the contest: something that takes a step for each batch and tells how long that took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

Batch = Mapping[str, NDArray[Any]]
Batches = list[Batch]
Clock = Callable[[], float]
Turn = Callable[[Batches, Clock], float]
"""Takes one step for each batch and gives the seconds from the first step's begin to the last one's end."""


def timed(steps: Callable[[Batches], None]) -> Turn:
    """The turn of what returns when all steps are done."""

    def turn(batches: Batches, clock: Clock) -> float:
        begin = clock()
        steps(batches)
        return clock() - begin

    return turn
