"""What is done to sequences, the first axis of which is time, as the schema declares it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.data.spec import TRANSFORMS, TransformRule
from engine.errors import ShapeError
from engine.layers.base import Count, Natural, Shape, written


class SequenceRule(TransformRule):
    """Something done along the steps of a sequence: (T) or (T, F)."""

    STEPS: ClassVar[bool] = True


def _sequence(x: Shape) -> Shape:
    if len(x) not in (1, 2):
        raise ShapeError(f"takes sequences (steps) or (steps, features), not {written(x)}")
    return x


@TRANSFORMS.declare
class Pad(SequenceRule):
    """Sequences brought to one length, with steps put behind the last one."""

    length: Annotated[Natural, "Steps in the end; 0: as many as the longest of the batch has."] = 0
    value: Annotated[float | None, "What is put there; none: 0, and in a target the index that its loss ignores."] = (
        None
    )

    @property
    def is_steady(self) -> bool:
        return self.length > 0

    def shape(self, x: Shape) -> Shape:
        steps = _sequence(x)[0]
        if steps > self.length > 0:
            hint = f"transform {{ truncate {{ length: {self.length} }} }} before it"
            raise ShapeError(f"cannot be padded to {self.length} steps: it has {steps}", hint=hint)
        return (self.length or -1, *x[1:])


class Shortening(SequenceRule):
    """A piece of `length` steps; of shorter sequences the whole."""

    length: Annotated[Count, "Steps that are kept."] = 128

    def shape(self, x: Shape) -> Shape:
        return (min(_sequence(x)[0], self.length), *x[1:])


@TRANSFORMS.declare
class Truncate(Shortening):
    """The first or last steps of a sequence; shorter ones stay as they are."""

    keep: Annotated[Literal["first", "last"], "Which steps."] = "first"


@TRANSFORMS.declare
class RandomWindow(Shortening):
    """Neighbouring steps from a random place of a sequence; shorter ones stay as they are."""

    RANDOM: ClassVar[bool] = True
