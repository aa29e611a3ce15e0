"""When numbers stop being finite: where it began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.backends.base import Batch, Program
from engine.training.checkpoints import Snapshot


class Diverged(Exception):
    """A loss is not finite in the step that has `step` steps before it, or a weight after it."""

    def __init__(self, step: int) -> None:
        super().__init__(step)
        self.step = step


def culprit(program: Program, good: Snapshot, batches: Iterator[Batch], rates: Sequence[float], step: int) -> str:
    """The first node with a value that is not finite in `step`; "" where none is found.

    By then the weights are spoilt everywhere, so the training is taken again from the checkpoint `good` with the same
    batches and learning rates: every step gives the same numbers as before, up to the one in question.
    """
    program.load_weights(good.weights)
    program.load_state(good.state)
    for now, (batch, rate) in enumerate(zip(batches, rates, strict=False), good.position["step"]):
        if now == step:
            return program.first_non_finite(batch)
        program.train_step(batch, rate, now).fetch()
    return ""
