"""Activations: a function of each value, and softmax along an axis."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.declare import Range
from engine.errors import FieldError, ShapeError
from engine.initializers import Constant
from engine.layers.base import Layer, Positive, Shape, Weight, layer, written

Scale = Annotated[float, "Factor on x."]
Shift = Annotated[float, "Added to the scaled x."]


class Activation(Layer):
    """What activations have in common: the shape stays."""

    FAMILY: ClassVar[str] = "activation"

    def shape(self, x: Shape) -> Shape:
        return x


@layer
class ReLU(Activation):
    """y = max(0, x). Nair and Hinton 2010."""


@layer
class ReLU6(Activation):
    """y = min(max(0, x), 6). Krizhevsky 2010; MobileNet's."""


@layer
class LeakyReLU(Activation):
    """y = x where x > 0, else slope · x. Maas et al. 2013."""

    slope: Annotated[float, Range(0), "Factor on negative values."] = 0.01

    def brief(self) -> str:
        return f"{self.slope:g}"


@layer
class PReLU(Activation):
    """y = x where x > 0, else slope · x, the slope learned for each channel, the first axis. He et al. 2015."""

    shared: Annotated[bool, "Learn one slope for all channels."] = False

    def shape(self, x: Shape) -> Shape:
        if not self.shared and (not x or x[0] < 0):
            raise ShapeError(f"needs a known number of channels, the first axis, and its input is {written(x)}")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("slope", (1,) if self.shared else x[:1], Constant(value=0.25)),)


@layer
class ELU(Activation):
    """y = x where x > 0, else alpha · (eˣ − 1). Clevert et al. 2016."""

    alpha: Annotated[float, Range(0), "Minus the limit for large negative values."] = 1.0


@layer
class SELU(Activation):
    """y = λ · x where x > 0, else λ · α · (eˣ − 1), λ = 1.05070098…, α = 1.67326324…. Klambauer et al. 2017."""


@layer
class GELU(Activation):
    """y = x · Φ(x), Φ the normal distribution; `tanh`: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))). Hendrycks 2016."""

    approximation: Annotated[Literal["none", "tanh"], "How Φ is computed."] = "none"


@layer
class SiLU(Activation):
    """y = x / (1 + e⁻ˣ), also called swish. Elfwing et al. 2017."""


@layer
class Mish(Activation):
    """y = x · tanh(ln(1 + eˣ)). Misra 2019."""


@layer
class HardSwish(Activation):
    """y = x · min(max(0, x + 3), 6) / 6. Howard et al. 2019, MobileNet v3."""


@layer
class HardSigmoid(Activation):
    """y = min(max(0, slope · x + offset), 1). Howard et al. 2019; with a slope of 0.2 as in older Keras and ONNX."""

    slope: Annotated[float, Range(above=0), "Factor on x."] = 1 / 6
    offset: Annotated[float, "The value at 0."] = 0.5


@layer
class Sigmoid(Activation):
    """y = 1 / (1 + e⁻ˣ)."""


@layer
class Tanh(Activation):
    """y = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)."""


@layer
class Softplus(Activation):
    """y = ln(1 + exp(beta · x)) / beta. Dugas et al. 2001."""

    beta: Annotated[Positive, "How sharp the bend is."] = 1.0


@layer
class Softsign(Activation):
    """y = x / (1 + |x|). Bergstra et al. 2009."""


@layer
class Exp(Activation):
    """y = exp(shift + scale · x), as Caffe's Exp with base e."""

    scale: Scale = 1.0
    shift: Shift = 0.0


@layer
class Log(Activation):
    """y = ln(shift + scale · x), as Caffe's Log with base e; not a number where the sum is negative."""

    scale: Scale = 1.0
    shift: Shift = 0.0


@layer
class Power(Activation):
    """y = (shift + scale · x)^power, as Caffe's Power; not a number for broken powers of negative sums."""

    power: Annotated[float, "Exponent."] = 1.0
    scale: Scale = 1.0
    shift: Shift = 0.0

    def brief(self) -> str:
        return f"{self.power:g}"


@layer
class Abs(Activation):
    """y = |x|."""


@layer
class Elementary(Activation):
    """y = f(x) by the function's name; erf(x) = 2/√π · ∫₀ˣ exp(−t²) dt, `step` is 1 where x > 0, else 0.

    `round` goes to the even one of two equally near whole numbers. Of floor, ceil, round, sign and step nothing learns.
    """

    function: Annotated[
        Literal["sin", "cos", "erf", "floor", "ceil", "round", "sign", "step"], "What is made of each value."
    ] = "sin"

    def brief(self) -> str:
        return self.function


@layer
class Clip(Activation):
    """y = min(max(low, x), high)."""

    low: Annotated[float, "The smallest value that passes."] = 0.0
    high: Annotated[float, "The largest value that passes."] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise FieldError(
                f"low must not be more than high, and {self.low:g} is more than {self.high:g}", field="low"
            )

    def brief(self) -> str:
        return f"{self.low:g} … {self.high:g}"


class AlongAxis(Activation):
    """What activations have in common that look at all values along an axis."""

    axis: Annotated[int, "Along which axis of a sample; -1 is the last, 0 the channels."] = -1

    def shape(self, x: Shape) -> Shape:
        check_axis(self.axis, x)
        return x


@layer
class Softmax(AlongAxis):
    """yᵢ = exp(xᵢ) / Σ exp(xⱼ) along an axis. Bridle 1990."""


@layer
class LogSoftmax(AlongAxis):
    """yᵢ = xᵢ − ln Σ exp(xⱼ) along an axis: the logarithm of softmax."""


def check_axis(axis: int, x: Shape) -> None:
    """Raises ShapeError when a sample of shape `x` has no such axis."""
    if not -len(x) <= axis < len(x):
        raise ShapeError(f"axis {axis} is not there: its input is {written(x)}")
