"""Recurrent layers over sequences (T, F), first step first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from engine.errors import ShapeError
from engine.initializers import Uniform
from engine.layers.base import Count, Layer, Shape, Slot, Weight, layer, written


class Recurrent(Layer):
    """What recurrent layers have in common; a gate is one block of `units` rows in their weights.

    Layer n has `input_weight{n}` (gates·units, F), `hidden_weight{n}` (gates·units, units), `input_bias{n}` and
    `hidden_bias{n}` (gates·units); the way back through the sequence `input_weight_reverse{n}` and so on.

    A mask holds something else than 0 for every step that counts; those come first.
    """

    FAMILY: ClassVar[str] = "recurrent"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x"), Slot("mask", optional=True, values="any"))
    GATES: ClassVar[int] = 0

    units: Annotated[Count, "How many numbers its state holds."] = 64
    layers: Annotated[Count, "How many of them stand one above the other."] = 1
    bidirectional: Annotated[bool, "Also from the last step to the first; both states side by side."] = False
    sequence: Annotated[bool, "Give the state at every step (T, F), not the final one alone (F)."] = False

    @property
    def directions(self) -> int:
        """2 where it also reads backwards."""
        return 2 if self.bidirectional else 1

    def shape(self, x: Shape, mask: Shape | None = None) -> Shape:
        if len(x) != 2 or x[1] < 0:
            raise ShapeError(f"needs a sequence of steps and features (T, F), and its input is {written(x)}")
        if mask is not None:
            check_mask(mask, x[0])
        width = self.units * self.directions
        return (x[0], width) if self.sequence else (width,)

    def weights(self, x: Shape, mask: Shape | None = None) -> tuple[Weight, ...]:
        bound = 1 / math.sqrt(self.units)
        return tuple(Weight(name, shape, Uniform(-bound, bound)) for name, shape in self._weights(x[1]))

    def _weights(self, features: int) -> Iterator[tuple[str, Shape]]:
        rows = self.GATES * self.units
        for number in range(self.layers):
            width = self.units * self.directions if number else features
            for way in ("", "_reverse")[: self.directions]:
                yield f"input_weight{way}{number}", (rows, width)
                yield f"hidden_weight{way}{number}", (rows, self.units)
                yield f"input_bias{way}{number}", (rows,)
                yield f"hidden_bias{way}{number}", (rows,)

    def macs(self, x: Shape, mask: Shape | None = None) -> int:
        products = sum(shape[0] * shape[1] for _, shape in self._weights(x[1]) if len(shape) == 2)
        return max(1, x[0]) * products

    def brief(self) -> str:
        return f"{self.units} × {self.layers}" if self.layers > 1 else str(self.units)


@layer
class RNN(Recurrent):
    """h = f(W x + b + U h + d), f the activation; h = 0 at first. (T, F) → (units) or (T, units). Elman 1990.

    With a `mask` (T), 1 for the steps that count and then 0, the final state is that of the last step that counts, the
    way back begins there, and the states behind it are 0.
    """

    GATES: ClassVar[int] = 1

    activation: Annotated[Literal["tanh", "relu"], "What bounds or bends the state."] = "tanh"


@layer
class LSTM(Recurrent):
    """c = f·c + i·g, h = o·tanh(c), each gate from W x + U h + b; i, f, o by sigmoid, g by tanh; h = c = 0 at first.

    Hochreiter and Schmidhuber 1997; Gers et al. 2000. Gates in the order i f g o. (T, F) → (units) or (T, units). A
    `mask` (T) says which steps count: see RNN.
    """

    GATES: ClassVar[int] = 4


@layer
class GRU(Recurrent):
    """h = (1 − z)·n + z·h, n = tanh(W x + b + r·(U h + d)), gates r and z by sigmoid; h = 0 at first.

    Cho et al. 2014, the reset after the product. Gates in the order r z n. (T, F) → (units) or (T, units). A `mask` (T)
    says which steps count: see RNN.
    """

    GATES: ClassVar[int] = 3


def check_mask(mask: Shape, steps: int) -> None:
    """Raises ShapeError when a mask is not a value for each of so many steps (-1: any)."""
    if len(mask) != 1 or (mask[0] != steps and -1 not in (mask[0], steps)):
        raise ShapeError(f"needs a mask of {written((steps,))}, a value for each step, not {written(mask)}")
