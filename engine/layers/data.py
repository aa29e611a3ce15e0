"""Where data enter: inputs, targets, and values that are stated."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from engine.declare import Range, Spelled
from engine.errors import ShapeError
from engine.layers.base import Layer, Natural, Shape, Signal, Slot, Values, layer, volume, written

Sizes = Annotated[tuple[int, ...], Spelled("shape"), Range(-1), "Sizes of one sample's axes, without the batch's."]


@layer
class Input(Layer):
    """What the network is given: samples of a shape, channels first; -1 is any length, no axes a single value."""

    FAMILY: ClassVar[str] = "data"
    SLOTS: ClassVar[tuple[Slot, ...]] = ()
    FED: ClassVar[bool] = True

    sizes: Sizes = ()
    values: Annotated[Values, "Real numbers, or whole numbers that stand for something."] = "number"
    classes: Annotated[Natural, "Indices are below this; 0: not said."] = 0

    @classmethod
    def fresh(cls) -> Self:
        return cls(sizes=(1, 28, 28))

    def shape(self) -> Shape:
        return self.sizes

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        return (Signal(self.sizes, self.values, self.classes if self.values == "index" else 0),)

    def brief(self) -> str:
        return _sizes(self.sizes)


@layer
class Target(Layer):
    """What the network should answer: with `classes` an index below it at every position, else numbers."""

    FAMILY: ClassVar[str] = "data"
    SLOTS: ClassVar[tuple[Slot, ...]] = ()
    FED: ClassVar[bool] = True

    classes: Annotated[Natural, "How many classes there are; 0: the target is numbers."] = 0
    sizes: Sizes = ()

    @classmethod
    def fresh(cls) -> Self:
        return cls(classes=10)

    def shape(self) -> Shape:
        return self.sizes

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        return (Signal(self.sizes, "index" if self.classes else "number", self.classes),)

    def brief(self) -> str:
        classes = f"{self.classes} classes" if self.classes else ""
        return " · ".join(part for part in (classes, _sizes(self.sizes)) if part)


@layer
class Constant(Layer):
    """Stated numbers, the same for every sample: one for all places of the shape, or one for each, last axis first."""

    FAMILY: ClassVar[str] = "data"
    SLOTS: ClassVar[tuple[Slot, ...]] = ()

    value: Annotated[tuple[float, ...], "The numbers."] = (0.0,)
    sizes: Annotated[
        tuple[int, ...], Spelled("shape"), Range(1), "Sizes of one sample's axes, without the batch's."
    ] = ()

    def shape(self) -> Shape:
        if len(self.value) not in (1, volume(self.sizes)):
            wanted = f"{volume(self.sizes)} numbers for {written(self.sizes)}, or one for all"
            raise ShapeError(f"needs {wanted}, and states {len(self.value)}", hint="state as many as the shape holds")
        return self.sizes

    def brief(self) -> str:
        return f"{self.value[0]:g}" if len(self.value) == 1 else _sizes(self.sizes)


def _sizes(sizes: Shape) -> str:
    return " × ".join("any" if size < 0 else str(size) for size in sizes)
