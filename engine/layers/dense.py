"""Fully connected layers."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.errors import ShapeError
from engine.layers.base import ZEROS, Count, Layer, Shape, Slot, Weight, layer, volume, written


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


@layer
class Bilinear(Layer):
    """y[k] = aᵀ W[k] b + bias[k] over the last axes: (*, F) and (*, G) → (*, units). Tenenbaum and Freeman 2000."""

    FAMILY: ClassVar[str] = "dense"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("a"), Slot("b"))

    units: Annotated[Count, "How many outputs."] = 64
    bias: Annotated[bool, "Add a learned constant to each output."] = True

    def shape(self, a: Shape, b: Shape) -> Shape:
        pairs = zip(a[:-1], b[:-1], strict=False)
        if not a or len(a) != len(b) or any(m != n and -1 not in (m, n) for m, n in pairs):
            raise ShapeError(f"needs inputs alike but for their last axis, and is given {written(a)} and {written(b)}")
        if a[-1] < 0 or b[-1] < 0:
            raise ShapeError("needs known lengths of the last axes, and an input's is any")
        return (*(max(m, n) for m, n in zip(a[:-1], b[:-1], strict=True)), self.units)

    def weights(self, a: Shape, b: Shape) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.units, a[-1], b[-1]))
        return (weight, Weight("bias", (self.units,), ZEROS)) if self.bias else (weight,)

    def macs(self, a: Shape, b: Shape) -> int:
        return volume(self.shape(a, b)[:-1]) * self.units * a[-1] * (b[-1] + 1)

    def brief(self) -> str:
        return str(self.units)
