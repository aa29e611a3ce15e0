"""Regularisation: noise while training against learning by heart."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Range
from engine.layers.activation import check_axis
from engine.layers.base import Fraction, Layer, Shape, layer


@layer
class Dropout(Layer):
    """While training y = x · m / (1 − rate), m = 0 with probability `rate`, else 1; otherwise y = x.

    Srivastava et al. 2014, scaled while training as everywhere today.
    """

    FAMILY: ClassVar[str] = "regularization"
    PHASES: ClassVar[bool] = True

    rate: Annotated[Fraction, "Share of the values that are set to zero."] = 0.5

    def shape(self, x: Shape) -> Shape:
        return x

    def brief(self) -> str:
        return f"{self.rate:g}"


@layer
class SpatialDropout(Layer):
    """Dropout of whole channels: while training y[c] = x[c] · m[c] / (1 − rate), otherwise y = x. Tompson et al. 2015.

    Values that lie close together are alike, so dropping one of them alone would hide nothing.
    """

    FAMILY: ClassVar[str] = "regularization"
    PHASES: ClassVar[bool] = True

    rate: Annotated[Fraction, "Share of the channels that are set to zero."] = 0.5
    axis: Annotated[int, "The channels' axis; 0 is the first, -1 the last (features of a sequence)."] = 0

    def shape(self, x: Shape) -> Shape:
        check_axis(self.axis, x)
        return x

    def whole(self, x: Shape) -> tuple[int, ...]:
        """The axes along which values are kept or dropped together."""
        return tuple(axis for axis in range(len(x)) if axis != self.axis % len(x))

    def brief(self) -> str:
        return f"{self.rate:g}"


@layer
class DropPath(Layer):
    """Dropout of whole samples: while training y = x · m / (1 − rate), one m for each sample, otherwise y = x.

    In front of the sum of a residual block it leaves out the block: stochastic depth, Huang et al. 2016.
    """

    FAMILY: ClassVar[str] = "regularization"
    PHASES: ClassVar[bool] = True

    rate: Annotated[Fraction, "Share of the samples that are set to zero."] = 0.1

    def shape(self, x: Shape) -> Shape:
        return x

    def whole(self, x: Shape) -> tuple[int, ...]:
        """The axes along which values are kept or dropped together."""
        return tuple(range(len(x)))

    def brief(self) -> str:
        return f"{self.rate:g}"


@layer
class GaussianNoise(Layer):
    """While training y = x + e, e drawn from a normal distribution of mean 0; otherwise y = x. Bishop 1995."""

    FAMILY: ClassVar[str] = "regularization"
    PHASES: ClassVar[bool] = True

    deviation: Annotated[float, Range(0), "Standard deviation of the noise."] = 0.1

    def shape(self, x: Shape) -> Shape:
        return x

    def brief(self) -> str:
        return f"{self.deviation:g}"
