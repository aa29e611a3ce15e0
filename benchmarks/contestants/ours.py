"""Netwright: its whole training loop, on batches in memory and without files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contestants.nets import Net
from contestants.turns import Batch, Batches, Clock, Turn
from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan
from engine.training.loop import Job, train
from engine.training.messages import Checkpoint, Epoch


class Fixed:
    """Data that are these batches in this order, and nowhere to keep checkpoints."""

    parts: Mapping[str, Any] = {}
    files = ()

    def __init__(self, batches: Batches, samples: int) -> None:
        self.given = batches
        self.samples = samples

    def part(self, name: str) -> Fixed:
        return self

    def __len__(self) -> int:
        return self.samples

    def batches(self, *_: object, **__: object) -> Iterator[Batch]:
        return iter(self.given)

    def load(self, name: str) -> None:
        return None

    def save(self, name: str, snapshot: object) -> None:
        pass


def loop(net: Net, plan: Mapping[str, Any]) -> Turn:
    """Batches, steps, metrics, messages and commands: from the first checkpoint to the end of the epoch."""
    model = executed(net.model())
    fixed = Plan(**plan)
    program = backend(fixed.backend).build(model.network, model.recipe, fixed)

    def turn(batches: Batches, clock: Clock) -> float:
        data: Any = Fixed(batches, len(batches) * net.batch)
        messages = train(Job(model, program, data, data))
        begin, end, *_ = (clock() for message in messages if isinstance(message, Checkpoint | Epoch))
        return end - begin

    return turn
