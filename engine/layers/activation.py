"""Activations: a function of each value, and softmax along an axis."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.declare import Range
from engine.errors import ShapeError
from engine.layers.base import Layer, Shape, layer, written


class Activation(Layer):
    """What activations have in common: the shape stays."""

    FAMILY: ClassVar[str] = "activation"

    def shape(self, x: Shape) -> Shape:
        return x


@layer
class ReLU(Activation):
    """y = max(0, x). Nair and Hinton 2010."""


@layer
class LeakyReLU(Activation):
    """y = x where x > 0, else slope · x. Maas et al. 2013."""

    slope: Annotated[float, Range(0), "Factor on negative values."] = 0.01

    def brief(self) -> str:
        return f"{self.slope:g}"


@layer
class ELU(Activation):
    """y = x where x > 0, else alpha · (eˣ − 1). Clevert et al. 2016."""

    alpha: Annotated[float, Range(0), "Minus the limit for large negative values."] = 1.0


@layer
class GELU(Activation):
    """y = x · Φ(x), Φ the normal distribution; `tanh`: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). Hendrycks 2016."""

    approximation: Annotated[Literal["none", "tanh"], "How Φ is computed."] = "none"


@layer
class Sigmoid(Activation):
    """y = 1 / (1 + e⁻ˣ)."""


@layer
class Tanh(Activation):
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""


@layer
class Softmax(Activation):
    """yᵢ = exp(xᵢ) / Σ exp(xⱼ) along an axis. Bridle 1990."""

    axis: Annotated[int, "Along which axis of a sample; -1 is the last, 0 the channels."] = -1

    def shape(self, x: Shape) -> Shape:
        check_axis(self.axis, x)
        return x


def check_axis(axis: int, x: Shape) -> None:
    """Raises ShapeError when a sample of shape `x` has no such axis."""
    if not -len(x) <= axis < len(x):
        raise ShapeError(f"axis {axis} is not there: its input is {written(x)}")
