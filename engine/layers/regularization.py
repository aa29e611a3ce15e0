"""Regularisation: noise while training against learning by heart."""

from __future__ import annotations

from typing import Annotated, ClassVar

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
