"""What every layer of the catalogue has: a declaration, a shape, weights and costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from engine.declare import Family, Range, Record
from engine.errors import ShapeError
from engine.initializers import Constant, Initializer, Xavier

Shape = tuple[int, ...]
"""Sizes of one sample, without the batch axis; -1 is any length."""

Values = Literal["number", "index"]

Count = Annotated[int, Range(1)]
Natural = Annotated[int, Range(0)]
Fraction = Annotated[float, Range(0, below=1)]
Positive = Annotated[float, Range(above=0)]

CATALOGUE = Family("layer")

FAMILIES = (
    "data",
    "dense",
    "convolution",
    "pooling",
    "normalization",
    "activation",
    "regularization",
    "merge",
    "reshape",
    "recurrent",
    "attention",
    "loss",
)
"""The families in the order in which palettes and pages show them; `Layer.FAMILY` is one of them."""


@dataclass(frozen=True)
class Signal:
    """What flows along a wire: a shape, and numbers or indices below `classes` (0: not known)."""

    shape: Shape
    values: Values = "number"
    classes: int = 0

    @property
    def size(self) -> int:
        """Values in one sample; an axis of any length counts once."""
        return volume(self.shape)


def volume(shape: Shape) -> int:
    """Values of an array of that shape; an axis of any length counts once."""
    return math.prod(max(1, axis) for axis in shape)


def written(shape: Shape) -> str:
    """A shape as a sentence names it: `20x24x24`, `anyx8`, `a single number`."""
    return "x".join("any" if axis < 0 else str(axis) for axis in shape) or "a single number"


@dataclass(frozen=True)
class Slot:
    """One input of a layer: its name, whether it may stay free, whether it takes any number of wires."""

    name: str
    optional: bool = False
    many: bool = False
    values: Values | Literal["any"] = "number"
    """What it takes: most layers calculate and take numbers only."""

    def check(self, signal: Signal) -> None:
        """Raises ShapeError when `signal` does not hold what the slot takes."""
        if self.values == "number" and signal.values == "index":
            raise ShapeError("takes numbers, and its input holds indices", hint="put an Embedding between them")
        if self.values == "index" and signal.values == "number":
            raise ShapeError("takes indices, and its input holds numbers", hint="say `values: index` in the Input")


@dataclass(frozen=True)
class Weight:
    """A learned (or, with `trainable=False`, kept) array of a layer, before it has values."""

    name: str
    shape: Shape
    init: Initializer = Xavier()
    trainable: bool = True

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return volume(self.shape)


ZEROS = Constant(value=0.0)
ONES = Constant(value=1.0)


class Layer(Record):
    """An entry of the catalogue with its parameters. Shapes have no batch axis; inputs come in the order of `SLOTS`.

    Subclasses write `shape(self, x)`, or `shape(self, a, b)` with one argument a slot; `many` gives any number.
    """

    FAMILY: ClassVar[str] = ""
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x"),)
    PHASES: ClassVar[bool] = False
    """Whether it does something else while training (dropout, batch normalisation)."""
    FED: ClassVar[bool] = False
    """Whether its values come with each batch (inputs, targets)."""

    @classmethod
    def fresh(cls) -> Self:
        """The layer as a palette offers it; for most the one without any parameter given."""
        return cls()

    @classmethod
    def slot_at(cls, place: int) -> Slot | None:
        """The slot of the wire at `place`; None beyond the last."""
        if place < len(cls.SLOTS):
            return cls.SLOTS[place]
        return cls.SLOTS[-1] if cls.SLOTS and cls.SLOTS[-1].many else None

    def shape(self, *inputs: Any, **_: Any) -> Shape:
        """Shape of the output for the given input shapes. Raises ShapeError when they do not fit."""
        raise NotImplementedError

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        """What leaves the layer, for what enters it (None for a free optional slot). Raises ShapeError."""
        for place, signal in enumerate(inputs):
            slot = self.slot_at(place)
            if slot is not None and signal is not None:
                slot.check(signal)
        return (Signal(self.shape(*(signal.shape if signal else None for signal in inputs))),)

    def weights(self, *inputs: Any, **_: Any) -> tuple[Weight, ...]:
        """The weights for the given input shapes."""
        return ()

    def macs(self, *inputs: Any, **_: Any) -> int:
        """Multiply-accumulates for one sample of the given input shapes; an axis of any length counts once."""
        return 0

    def brief(self) -> str:
        """The one or two parameters that matter, for the node's right side (`20 · 5×5`)."""
        return ""


layer = CATALOGUE.declare
