"""Normalisation: values brought to a common scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from engine.declare import Range
from engine.errors import FieldError, ShapeError
from engine.layers.activation import check_axis
from engine.layers.arranging import axes_of
from engine.layers.base import ONES, ZEROS, Count, Layer, Positive, Shape, Weight, layer, written
from engine.layers.pooling import AvgPool1D, AvgPool2D, AvgPool3D, AvgPooling

Epsilon = Annotated[Positive, "Added to the variance: keeps the division finite."]
LastAxes = Annotated[Count, "How many of the last axes are taken together."]
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
        _check_channels(x)
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

    axes: LastAxes = 1
    epsilon: Epsilon = 1e-05
    affine: Affine = True

    def shape(self, x: Shape) -> Shape:
        _check_last(self.axes, x)
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(self.affine, x[-self.axes :])


@layer
class GroupNorm(Layer):
    """y = scale · (x − mean) / √(variance + epsilon) + shift, mean and variance over a group of each sample's channels.

    (C, *), with a scale and a shift for each channel. Wu and He 2018; the variance is the biased one.
    """

    FAMILY: ClassVar[str] = "normalization"

    groups: Annotated[Count, "How many groups the channels form; must divide them."] = 32
    epsilon: Epsilon = 1e-05
    affine: Affine = True

    def shape(self, x: Shape) -> Shape:
        _check_channels(x)
        if x[0] % self.groups:
            raise ShapeError(f"{self.groups} groups do not divide {x[0]} channels")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(self.affine, x[:1])

    def brief(self) -> str:
        return str(self.groups)


@layer
class InstanceNorm(Layer):
    """y = scale · (x − mean) / √(variance + epsilon) + shift, mean and variance over the positions of each channel.

    (C, *), each sample by itself, in training as in use. Ulyanov et al. 2016; the variance is the biased one.
    """

    FAMILY: ClassVar[str] = "normalization"

    epsilon: Epsilon = 1e-05
    affine: Affine = True

    def shape(self, x: Shape) -> Shape:
        _check_channels(x)
        _check_positions(x)
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return _scale_and_shift(self.affine, x[:1])


@layer
class RMSNorm(Layer):
    """y = scale · x / √(mean of x² + epsilon), the mean over the last axes of each sample. Zhang and Sennrich 2019."""

    FAMILY: ClassVar[str] = "normalization"

    axes: LastAxes = 1
    epsilon: Annotated[Positive, "Added to the mean of the squares: keeps the division finite."] = 1e-05
    affine: Annotated[bool, "Learn a factor (`scale`)."] = True

    def shape(self, x: Shape) -> Shape:
        _check_last(self.axes, x)
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        return (Weight("scale", x[-self.axes :], ONES),) if self.affine else ()


@layer
class L2Normalize(Layer):
    """y = x / √(Σ x² + epsilon), the sum over some axes: vectors of length 1. Liu et al. 2015, ParseNet."""

    FAMILY: ClassVar[str] = "normalization"

    axes: Annotated[tuple[int, ...], "Over which axes of a sample; 0 is the channels; none: over all."] = (0,)
    epsilon: Annotated[Positive, "Added to the sum of the squares: keeps the division finite."] = 1e-10

    def over(self, x: Shape) -> Shape:
        """The axes that are put together, counted from 0. Raises ShapeError."""
        return axes_of(self.axes, x) if self.axes else tuple(range(len(x)))

    def shape(self, x: Shape) -> Shape:
        if not self.over(x):
            raise ShapeError("needs at least one axis, and its input is a single number")
        return x


@layer
class Scale(Layer):
    """y = scale · x + shift, learned for each place of some axes, the channels' where nothing else is said.

    Caffe's Scale and Bias; a layer may have both or one of them.
    """

    FAMILY: ClassVar[str] = "normalization"

    axis: Annotated[int, "The first axis of a sample that has values of its own; 0 is the channels, -1 the last."] = 0
    axes: Annotated[Count, "How many axes, from that one on, have values of their own."] = 1
    scale: Annotated[bool, "Learn a factor (`scale`)."] = True
    shift: Annotated[bool, "Learn a constant (`shift`)."] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.scale or self.shift):
            raise FieldError("shift must be true where scale is false: there is nothing to learn", field="shift")

    def along(self, x: Shape) -> slice:
        """Which axes of `x` have values of their own. Raises ShapeError."""
        check_axis(self.axis, x)
        first = self.axis % len(x)
        if first + self.axes > len(x):
            raise ShapeError(f"has {self.axes} axes from axis {self.axis} on, and its input is {written(x)}")
        return slice(first, first + self.axes)

    def shape(self, x: Shape) -> Shape:
        own = x[self.along(x)]
        if min(own) < 0:
            raise ShapeError(f"needs known lengths of the axes with values of their own, and its input is {written(x)}")
        return x

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        scale, shift = _scale_and_shift(True, x[self.along(x)])
        return (*((scale,) if self.scale else ()), *((shift,) if self.shift else ()))


@layer
class LRN(Layer):
    """y[c] = x[c] / (k + alpha / size · Σ x[c']²)^beta over `size` channels around c. Krizhevsky et al. 2012, 3.3.

    Alpha is divided by the size, as in Caffe, torch and ONNX; the paper's own alpha is alpha / size here. Within a
    channel the sum is over `size` positions along each axis, and alpha is divided by how many these are (Caffe).
    """

    FAMILY: ClassVar[str] = "normalization"

    size: Annotated[Count, "How many channels, an odd number: itself and as many on both sides."] = 5
    alpha: Annotated[float, Range(0), "Factor on the mean of the squares."] = 0.0001
    beta: Annotated[float, Range(0), "Exponent."] = 0.75
    k: Annotated[float, Range(0), "Constant."] = 1.0
    region: Annotated[
        Literal["across_channels", "within_channel"],
        "Whether channels or positions are neighbours; Caffe's norm_region.",
    ] = "across_channels"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size % 2 == 0:
            raise FieldError(f"size must be an odd number, not {self.size}", field="size")

    def shape(self, x: Shape) -> Shape:
        _check_positions(x)
        return x if self.region == "across_channels" else self.near(x).shape(x)

    def near(self, x: Shape) -> AvgPooling:
        """The mean over the neighbours within a channel, noughts beyond the ends counted. Raises ShapeError."""
        if len(x) not in _NEAR:
            raise ShapeError(f"looks within channels along one to three axes, and its input is {written(x)}")
        return _NEAR[len(x)](kernel=self.size, stride=1, padding=self.size // 2)

    def brief(self) -> str:
        return str(self.size)


_NEAR: dict[int, Callable[..., AvgPooling]] = {2: AvgPool1D, 3: AvgPool2D, 4: AvgPool3D}
"""The mean of a window, by the axes of a sample."""


def _check_channels(x: Shape) -> None:
    if not x or x[0] < 0:
        raise ShapeError(f"needs a known number of channels, the first axis, and its input is {written(x)}")


def _check_positions(x: Shape) -> None:
    if len(x) < 2:
        raise ShapeError(f"needs channels and positions (C, *), and its input is {written(x)}")


def _check_last(axes: int, x: Shape) -> None:
    if len(x) < axes or min(x[-axes:]) < 0:
        raise ShapeError(f"needs known lengths of the last {axes} axes, and its input is {written(x)}")


def _scale_and_shift(affine: bool, shape: Shape) -> tuple[Weight, ...]:
    return (Weight("scale", shape, ONES), Weight("shift", shape, ZEROS)) if affine else ()
