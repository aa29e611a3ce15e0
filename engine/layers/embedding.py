"""Vectors for indices and positions."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.errors import ShapeError
from engine.initializers import Normal
from engine.layers.base import Count, Layer, Shape, Signal, Slot, Weight, layer, written


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


@layer
class PositionalEncoding(Layer):
    """y[t] = x[t] + p[t]: (T, F) → (T, F). Sinusoidal: p[t, 2i] = sin(t / 10000^(2i/F)), p[t, 2i + 1] its cosine.

    Vaswani et al. 2017, 3.5. Learned: p is the first T rows of a table (length, F).
    """

    FAMILY: ClassVar[str] = "dense"

    kind: Annotated[Literal["sinusoidal", "learned"], "Waves of fixed lengths, or a vector learned for each."] = (
        "sinusoidal"
    )
    length: Annotated[Count, "Learned: how many positions have a vector."] = 512

    def shape(self, x: Shape) -> Shape:
        if len(x) != 2 or x[1] < 0:
            raise ShapeError(f"needs a sequence of steps and features (T, F), and its input is {written(x)}")
        if self.kind == "learned" and x[0] > self.length:
            raise ShapeError(f"has vectors for {self.length} positions, and its input is {written(x)}")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (self.length, x[1]), Normal(deviation=0.02)),) if self.kind == "learned" else ()

    def brief(self) -> str:
        return self.kind
