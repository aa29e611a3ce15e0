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
from engine.training.messages import Finished


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
    """Batches, steps, metrics, messages and commands; as the training measures itself, without checkpoints."""
    model = executed(net.model())
    fixed = Plan(**plan)
    program = backend(fixed.backend).build(model.network, model.recipe, fixed)

    def turn(batches: Batches, clock: Clock) -> float:
        samples = len(batches) * net.batch
        data: Any = Fixed(batches, samples)
        *_, last = train(Job(model, program, data, data, clock=clock))
        if not isinstance(last, Finished):
            raise RuntimeError(f"the training failed: {last}")
        return samples / last.samples_per_second

    return turn
