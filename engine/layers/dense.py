"""Fully connected layers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.errors import ShapeError
from engine.layers.base import ZEROS, Count, Layer, Shape, Weight, layer


@layer
class Dense(Layer):
    """y = x Wᵀ + b over the last axis: (*, F) → (*, units). Rumelhart et al. 1986."""

    FAMILY: ClassVar[str] = "dense"

    units: Annotated[Count, "How many outputs."] = 64
    bias: Annotated[bool, "Add a learned constant to each output."] = True

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise ShapeError("needs at least one axis, and its input is a single number")
        if x[-1] < 0:
            raise ShapeError("needs a known length of the last axis, and its input's is any")
        return (*x[:-1], self.units)

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.units, x[-1]))
        return (weight, Weight("bias", (self.units,), ZEROS)) if self.bias else (weight,)

    def macs(self, x: Shape) -> int:
        positions = 1
        for axis in x[:-1]:
            positions *= max(1, axis)
        return positions * x[-1] * self.units

    def brief(self) -> str:
        return str(self.units)
