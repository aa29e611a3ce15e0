"""What flows between the operators that are read: samples, arrays, and variables that may become either."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from engine.layers.base import Shape, Signal
from engine.node import Link

Array = NDArray[Any]


class Unmapped(Exception):
    """No layer stands for an operator as it is set, and why."""


@dataclass(frozen=True)
class Wire:
    """What leaves a node: samples of a shape, None where it is not known.

    `batch`: the samples' axis in MXNet's array. `merged`: so many of a sample's first axes MXNet has in that axis too.
    """

    link: Link
    signal: Signal | None
    batch: int = 0
    merged: int = 0

    @property
    def shape(self) -> Shape | None:
        """Of one sample."""
        return self.signal.shape if self.signal else None

    @property
    def known(self) -> Shape:
        """Of one sample. Raises Unmapped where it is not known."""
        if self.signal is None:
            raise Unmapped("the shape of what enters it is not known")
        return self.signal.shape

    @property
    def rank(self) -> int:
        """Axes of MXNet's array. Raises Unmapped."""
        return len(self.known) + 1 - self.merged

    def axis(self, number: int) -> int:
        """An axis of MXNet's array as an axis of a sample; a negative one stays. Raises Unmapped for the samples'."""
        if number < 0 and (self.signal is None or self.batch):
            if self.batch:
                return self.axis(number + self.rank)
            return number
        place = number + self.rank if number < 0 else number
        if place == self.batch:
            raise Unmapped("it works along the samples' axis")
        inner = place - 1 if place > self.batch else place
        if self.signal is not None and not 0 <= inner + self.merged < len(self.signal.shape):
            raise Unmapped(f"axis {number} is not there")
        return inner + self.merged

    def with_shape(self, shape: Shape) -> Wire:
        """The same with another shape."""
        return replace(self, signal=replace(self.signal, shape=shape) if self.signal else Signal(shape))


@dataclass(frozen=True)
class Given:
    """Numbers that do not depend on samples: a variable that the file has values for, or what is made of such.

    `fill`: all of them are this number, where the array is not known because its shape is not. `owner`: the variable.
    """

    array: Array | None = None
    dims: Shape | None = None
    fill: float | None = None
    owner: str = ""
    marks: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.dims or ())


@dataclass(frozen=True)
class Variable:
    """A variable of which is not said yet whether it is an input or an array."""

    name: str
    marks: Mapping[str, str]


@dataclass(frozen=True)
class States:
    """The final states of a recurrent operator: one for every layer and direction, or some of them."""

    wire: Wire
    """What the recurrent layer gives: the final states of its last layer, side by side."""
    layers: int
    directions: int
    begin: int = 0
    end: int = 0
    steps_gone: bool = False
    """Whether the axis of layers and directions has been dropped."""


Value = Wire | Given | Variable | States
