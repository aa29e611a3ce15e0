"""Normalisation: values brought to a common scale."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Range
from engine.errors import FieldError, ShapeError
from engine.layers.base import ONES, ZEROS, Count, Layer, Positive, Shape, Weight, layer, written

Epsilon = Annotated[Positive, "Added to the variance: keeps the division finite."]
Affine = Annotated[bool, "Learn a factor (`scale`) and a constant (`shift`)."]


@layer
class BatchNorm(Layer):
    """y = scale · (x − mean) / √(variance + epsilon) + shift for each channel, the first axis. Ioffe and Szegedy 2015.

    While training, mean and (biased) variance are the batch's, and the running ones, which are used otherwise, become
    (1 − momentum) · running + momentum · batch, with the variance unbiased.
    """

    FAMILY: ClassVar[str] = "normalization"
    PHASES: ClassVar[bool] = True

    momentum: Annotated[float, Range(0, 1), "Share of the new value in the running averages."] = 0.1
    epsilon: Epsilon = 1e-05
    affine: Affine = True

    def shape(self, x: Shape) -> Shape:
        if not x or x[0] < 0:
            raise ShapeError(f"needs a known number of channels, the first axis, and its input is {written(x)}")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (
            *_scale_and_shift(self.affine, x[:1]),
            Weight("running_mean", x[:1], ZEROS, trainable=False),
            Weight("running_variance", x[:1], ONES, trainable=False),
        )


@layer
class LayerNorm(Layer):
    """y = scale · (x − mean) / √(variance + epsilon) + shift, mean and variance over the last axes of each sample.

    Ba, Kiros and Hinton 2016; the variance is the biased one.
    """

    FAMILY: ClassVar[str] = "normalization"

    axes: Annotated[Count, "How many of the last axes are taken together."] = 1
    epsilon: Epsilon = 1e-05
    affine: Affine = True

    def shape(self, x: Shape) -> Shape:
        if len(x) < self.axes or min(x[-self.axes :]) < 0:
            raise ShapeError(f"needs known lengths of the last {self.axes} axes, and its input is {written(x)}")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(self.affine, x[-self.axes :])


@layer
class LRN(Layer):
    """y[c] = x[c] / (k + alpha / size · Σ x[c']²)^beta over `size` channels around c. Krizhevsky et al. 2012, 3.3.

    Alpha is divided by the size, as in Caffe, torch and ONNX; the paper's own alpha is alpha / size here.
    """

    FAMILY: ClassVar[str] = "normalization"

    size: Annotated[Count, "How many channels, an odd number: itself and as many on both sides."] = 5
    alpha: Annotated[float, Range(0), "Factor on the mean of the squares."] = 0.0001
    beta: Annotated[float, Range(0), "Exponent."] = 0.75
    k: Annotated[float, Range(0), "Constant."] = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % 2 == 0:
            raise FieldError(f"size must be an odd number, not {self.size}", field="size")

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise ShapeError(f"needs channels and positions (C, *), and its input is {written(x)}")
        return x

    def brief(self) -> str:
        return str(self.size)


def _scale_and_shift(affine: bool, shape: Shape) -> tuple[Weight, ...]:
    return (Weight("scale", shape, ONES), Weight("shift", shape, ZEROS)) if affine else ()
