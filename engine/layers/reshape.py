"""Other shapes for the same values."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from engine.declare import Range, Spelled
from engine.errors import FieldError, ShapeError
from engine.layers.base import Layer, Shape, Signal, Slot, layer, volume, written


class Reordering(Layer):
    """What layers have in common that only arrange values: indices stay indices."""

    FAMILY: ClassVar[str] = "reshape"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", values="any"),)

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        (x,) = inputs
        return (replace(x, shape=self.shape(x.shape)),) if x else ()


@layer
class Flatten(Reordering):
    """All values of a sample in one axis, the last axis fastest: (*) → (F)."""

    def shape(self, x: Shape) -> Shape:
        return (-1 if -1 in x else volume(x),)


@layer
class Reshape(Reordering):
    """The same values in another shape, the last axis fastest; one axis may be -1: what is left."""

    sizes: Annotated[tuple[int, ...], Spelled("shape"), Range(-1), "The new sizes; one of them may be -1."] = (-1,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sizes.count(-1) > 1:
            raise FieldError("shape may have one axis of -1, not several", field="sizes")
        if 0 in self.sizes:
            raise FieldError("shape must not have an axis of 0", field="sizes")

    def shape(self, x: Shape) -> Shape:
        if -1 in x:
            if -1 not in self.sizes:
                raise ShapeError(f"needs one axis of -1, for its input is of any length: {written(x)}")
            return self.sizes
        size, known = volume(x), volume(self.sizes)
        if size % known or (-1 not in self.sizes and size != known):
            raise ShapeError(f"{written(x)} has {size} values, and {written(self.sizes)} needs {self._needed(known)}")
        return tuple(size // known if axis < 0 else axis for axis in self.sizes)

    def _needed(self, known: int) -> str:
        return f"a multiple of {known}" if -1 in self.sizes else str(known)

    def brief(self) -> str:
        return " × ".join(map(str, self.sizes))
