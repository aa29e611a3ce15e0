"""A layer applied to every step of a sequence by itself."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import OneOf, name_of
from engine.errors import ShapeError
from engine.layers.base import CATALOGUE, Layer, Shape, Signal, Slot, Weight, layer, written
from engine.layers.dense import Dense

STRANGERS = ("data", "loss", "block", "unknown")
"""Families that do not stand within a step: a block is opened before anything runs, its layers are distributed each."""


@layer
class TimeDistributed(Layer):
    """y[t] = layer(x[t]), with the same weights at every step t: (T, *) → (T, *), as if steps were samples.

    Written `time_distributed { conv2d { filters: 8 } }`. Inside stands a layer of one input and one output, another
    TimeDistributed too; no data, no loss and no block, whose layers may be distributed one by one.
    """

    FAMILY: ClassVar[str] = "recurrent"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", values="any"),)
    PHASES: ClassVar[bool] = True

    layer: Annotated[Layer, OneOf(CATALOGUE), "What is applied to every step."] = Dense()

    def inside(self, x: Signal) -> tuple[Signal | None, ...]:
        """What enters the layer within a step, slot by slot. Raises ShapeError."""
        if not x.shape:
            raise ShapeError(f"needs a sequence of steps (T, *), and its input is {written(x.shape)}")
        others = self.layer.SLOTS[1:]
        if self.layer.FAMILY in STRANGERS or not all(slot.optional for slot in others):
            hint = "distribute a layer of one input and one output"
            raise ShapeError(f"cannot apply {name_of(self.layer)} to every step", hint=hint)
        return (Signal(x.shape[1:], x.values, x.classes), *(None for _ in others))

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        (x,) = inputs
        assert x is not None
        made = self.layer.outputs(*self.inside(x))
        if len(made) != 1:
            raise ShapeError(f"cannot apply {name_of(self.layer)} to every step: it has {len(made)} outputs")
        return (Signal((x.shape[0], *made[0].shape), made[0].values, made[0].classes),)

    def shape(self, x: Shape) -> Shape:
        return self.outputs(Signal(x))[0].shape

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return self.layer.weights(*self._within(x))

    def macs(self, x: Shape) -> int:
        return max(1, x[0]) * self.layer.macs(*self._within(x))

    def _within(self, x: Shape) -> tuple[Shape | None, ...]:
        return tuple(signal.shape if signal else None for signal in self.inside(Signal(x)))

    def brief(self) -> str:
        return " ".join(filter(None, (name_of(self.layer), self.layer.brief())))
