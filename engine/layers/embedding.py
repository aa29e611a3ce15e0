"""Vectors for indices."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.errors import ShapeError
from engine.initializers import Normal
from engine.layers.base import Count, Layer, Shape, Signal, Slot, Weight, layer


@layer
class Embedding(Layer):
    """y = W[x], row x of a learned table (classes, units): indices (*) → (*, units). Bengio et al. 2003."""

    FAMILY: ClassVar[str] = "dense"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", values="index"),)

    classes: Annotated[Count, "How many rows the table has; indices are below it."] = 1000
    units: Annotated[Count, "How many numbers stand for one index."] = 64

    def shape(self, x: Shape) -> Shape:
        return (*x, self.units)

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        (x,) = inputs
        if x and x.classes > self.classes:
            raise ShapeError(f"has {self.classes} rows, and its input holds indices below {x.classes}")
        return super().outputs(x)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (self.classes, self.units), Normal(deviation=1.0)),)

    def brief(self) -> str:
        return f"{self.classes} → {self.units}"
