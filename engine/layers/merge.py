"""Several inputs made into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

from engine.errors import ShapeError
from engine.layers.activation import check_axis
from engine.layers.base import Layer, Shape, Signal, Slot, layer, volume, written


class Elementwise(Layer):
    """What layers have in common that combine values at the same place; shapes are broadcast as numpy does."""

    FAMILY: ClassVar[str] = "merge"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", many=True),)

    def shape(self, *inputs: Shape) -> Shape:
        together = inputs[0]
        for shape in inputs[1:]:
            together = _broadcast(together, shape)
        return together


@layer
class Add(Elementwise):
    """y = x₁ + x₂ + …; samples of unequal shape are aligned at their last axis, lengths of 1 are repeated (numpy)."""


@layer
class Multiply(Elementwise):
    """y = x₁ · x₂ · …; samples of unequal shape are aligned at their last axis, lengths of 1 are repeated (numpy)."""


@layer
class Subtract(Elementwise):
    """y = x₁ − x₂ − …; samples of unequal shape are aligned at their last axis, lengths of 1 are repeated (numpy)."""


@layer
class Divide(Elementwise):
    """y = x₁ / x₂ / …; samples of unequal shape are aligned at their last axis, lengths of 1 are repeated (numpy)."""


@layer
class Maximum(Elementwise):
    """y = max(x₁, x₂, …) at each place; samples of unequal shape are broadcast as numpy does."""


@layer
class Minimum(Elementwise):
    """y = min(x₁, x₂, …) at each place; samples of unequal shape are broadcast as numpy does."""


@layer
class Average(Elementwise):
    """y = (x₁ + … + xₙ) / n at each place; samples of unequal shape are broadcast as numpy does."""


@layer
class MatMul(Layer):
    """Matrix product over the last two axes: (*, M, K) · (*, K, N) → (*, M, N); axes before are broadcast (numpy)."""

    FAMILY: ClassVar[str] = "merge"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("a"), Slot("b"))

    transpose_a: Annotated[bool, "Exchange the last two axes of `a` before."] = False
    transpose_b: Annotated[bool, "Exchange the last two axes of `b` before."] = False

    def shape(self, a: Shape, b: Shape) -> Shape:
        rows, within, inner, columns = self._sizes(a, b)
        if _differ(within, inner):
            raise ShapeError(f"cannot multiply {_turned(a, self.transpose_a)} by {_turned(b, self.transpose_b)}")
        return (*_broadcast(a[:-2], b[:-2]), rows, columns)

    def macs(self, a: Shape, b: Shape) -> int:
        return volume(self.shape(a, b)) * max(1, *self._sizes(a, b)[1:3])

    def _sizes(self, a: Shape, b: Shape) -> tuple[int, int, int, int]:
        """The lengths M, K of `a` and K, N of `b`. Raises ShapeError."""
        for shape in (a, b):
            if len(shape) < 2:
                raise ShapeError(f"needs two matrices (M, K) and (K, N), and an input is {written(shape)}")
        return (*_ends(a, self.transpose_a), *_ends(b, self.transpose_b))


@layer
class Concat(Layer):
    """The inputs one behind the other along an axis; all other axes are equal."""

    FAMILY: ClassVar[str] = "merge"
    SLOTS: ClassVar[tuple[Slot, ...]] = (Slot("x", many=True, values="any"),)

    axis: Annotated[int, "Along which axis of a sample; 0 is the channels, -1 the last."] = 0

    def shape(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        check_axis(self.axis, first)
        axis = self.axis % len(first)
        for shape in inputs[1:]:
            if len(shape) != len(first) or any(_differ(a, b) for i, (a, b) in _pairs(first, shape) if i != axis):
                raise ShapeError(f"{written(first)} and {written(shape)} differ in more than axis {axis}")
        columns = zip(*inputs, strict=True)
        return tuple(_sum(sizes) if place == axis else max(sizes) for place, sizes in enumerate(columns))

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        signals = [signal for signal in inputs if signal]
        if len({signal.values for signal in signals}) > 1:
            raise ShapeError("some of its inputs hold numbers, others indices")
        classes = max(signal.classes for signal in signals)
        return (replace(signals[0], shape=self.shape(*(signal.shape for signal in signals)), classes=classes),)


def _ends(x: Shape, transposed: bool) -> tuple[int, int]:
    return (x[-1], x[-2]) if transposed else (x[-2], x[-1])


def _turned(x: Shape, transposed: bool) -> str:
    return written((*x[:-2], *_ends(x, transposed)))


def _broadcast(a: Shape, b: Shape) -> Shape:
    rank = max(len(a), len(b))
    pairs = tuple(zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))
    if any(_differ(m, n) and 1 not in (m, n) for m, n in pairs):
        raise ShapeError(f"{written(a)} and {written(b)} do not go together")
    # Of 1 and another length the other counts; any length beside a known one can only be that one, or 1.
    return tuple(n if m == 1 else m if n == 1 else max(m, n) for m, n in pairs)


def _differ(a: int, b: int) -> bool:
    return a != b and -1 not in (a, b)


def _pairs(a: Shape, b: Shape) -> Sequence[tuple[int, tuple[int, int]]]:
    return tuple(enumerate(zip(a, b, strict=True)))


def _sum(sizes: Sequence[int]) -> int:
    return -1 if -1 in sizes else sum(sizes)
