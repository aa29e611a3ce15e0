"""Pooling: the largest value or the mean of a window, of everything, or of as many parts as one wants."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Axes, Nought, Range
from engine.errors import ShapeError
from engine.layers.base import Count, Layer, Shape, layer, written
from engine.layers.window import (
    AutoPad,
    Kernel1D,
    Kernel2D,
    Kernel3D,
    Padding1D,
    Padding2D,
    Padding3D,
    Rounding,
    Window,
    image_of,
    times,
)

SIDE_BY_SIDE = Nought("kernel")

PoolStride1D = Annotated[
    tuple[int, ...], Axes(1), Range(0), SIDE_BY_SIDE, "From one window to the next; 0: the kernel's, side by side."
]
PoolStride2D = Annotated[
    tuple[int, ...],
    Axes(2),
    Range(0),
    SIDE_BY_SIDE,
    "From one window to the next, down and right; 0: the kernel's, side by side.",
]
PoolStride3D = Annotated[
    tuple[int, ...],
    Axes(3),
    Range(0),
    SIDE_BY_SIDE,
    "From one window to the next, along all three axes; 0: the kernel's, side by side.",
]
PoolRounding = Annotated[Rounding, "`ceil`: a last window may overhang the end, as Caffe's always may."]
CountPadding = Annotated[bool, "Whether cells of the padding count in the mean."]
KeepAxes = Annotated[bool, "Keep the axes, each of length 1."]


class Pooling(Layer):
    """What pooling layers with a window have in common."""

    FAMILY: ClassVar[str] = "pooling"

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    auto_pad: AutoPad
    rounding: PoolRounding

    @property
    def strides(self) -> Shape:
        """The stride with the kernel's size in place of 0."""
        return tuple(stride or kernel for stride, kernel in zip(self.stride, self.kernel, strict=True))

    @property
    def window(self) -> Window:
        """What slides."""
        return Window(self.kernel, self.strides, (1,) * len(self.kernel), self.padding, self.auto_pad)

    def pads(self, x: Shape) -> Shape:
        """The cells added around an input of shape `x`: all begins, then all ends."""
        return self.window.pads(image_of(x, len(self.kernel)))

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, len(self.kernel))
        pads = self.window.pads(image)
        if any(pad >= kernel for pad, kernel in zip(pads, self.kernel * 2, strict=True)):
            raise ShapeError(f"a padding of {written(pads)} would leave {written(self.kernel)} windows without a cell")
        return (x[0], *self.window.over(image, self.rounding))

    def brief(self) -> str:
        strides = self.strides
        return f"{times(self.kernel)} / {strides[0] if len(set(strides)) == 1 else times(strides)}"


class MaxPooling(Pooling):
    """The largest value of each window, over any number of axes; padding never wins."""


class AvgPooling(Pooling):
    """The mean of each window, over any number of axes."""

    count_padding: CountPadding


@layer
class MaxPool1D(MaxPooling):
    """The largest value of each window, channel by channel: (C, L) → (C, L'), sizes as MaxPool2D's.

    Padding never wins. Collobert et al. 2011 pool sequences so.
    """

    kernel: Kernel1D = (2,)
    stride: PoolStride1D = (0,)
    padding: Padding1D = (0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"


@layer
class MaxPool2D(MaxPooling):
    """The largest value of each window, channel by channel: (C, H, W) → (C, H', W'); padding never wins.

    Ranzato et al. 2007. H' = (H + pads − kernel) / stride, rounded, + 1; a window that would begin behind the end is
    left out.
    """

    kernel: Kernel2D = (2, 2)
    stride: PoolStride2D = (0, 0)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"


@layer
class MaxPool3D(MaxPooling):
    """The largest value of each window, channel by channel: (C, D, H, W) → (C, D', H', W'), sizes as MaxPool2D's.

    Padding never wins. Ji et al. 2013.
    """

    kernel: Kernel3D = (2, 2, 2)
    stride: PoolStride3D = (0, 0, 0)
    padding: Padding3D = (0, 0, 0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"


@layer
class AvgPool1D(AvgPooling):
    """The mean of each window, channel by channel: (C, L) → (C, L'); sizes and what counts as AvgPool2D's."""

    kernel: Kernel1D = (2,)
    stride: PoolStride1D = (0,)
    padding: Padding1D = (0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"
    count_padding: CountPadding = True


@layer
class AvgPool2D(AvgPooling):
    """The mean of each window, channel by channel: (C, H, W) → (C, H', W'), sizes as MaxPool2D's. LeCun et al. 1989.

    With `count_padding` zeros of the padding count in the mean, what overhangs it does not (Caffe's AVE); without, only
    the image's own cells do.
    """

    kernel: Kernel2D = (2, 2)
    stride: PoolStride2D = (0, 0)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"
    count_padding: CountPadding = True


@layer
class AvgPool3D(AvgPooling):
    """The mean of each window, channel by channel: (C, D, H, W) → (C, D', H', W').

    Sizes and what counts as AvgPool2D's.
    """

    kernel: Kernel3D = (2, 2, 2)
    stride: PoolStride3D = (0, 0, 0)
    padding: Padding3D = (0, 0, 0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"
    count_padding: CountPadding = True


class GlobalPooling(Layer):
    """What pooling over all positions has in common."""

    FAMILY: ClassVar[str] = "pooling"

    keep_axes: KeepAxes = False

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise ShapeError(f"needs channels and positions (C, *), and its input is {written(x)}")
        return (x[0], *(1 for _ in x[1:] if self.keep_axes))


@layer
class GlobalAvgPool(GlobalPooling):
    """The mean of each channel over all positions: (C, *) → (C), or (C, 1, …, 1) with `keep_axes`. Lin et al. 2014."""


@layer
class GlobalMaxPool(GlobalPooling):
    """The largest value of each channel over all positions: (C, *) → (C), or (C, 1, …, 1) with `keep_axes`.

    Of equal values the first one learns. Oquab et al. 2015.
    """


@layer
class AdaptiveAvgPool(Layer):
    """The means of as many parts as `sizes` says, whatever the image's size: (C, *) → (C, *sizes), up to three axes.

    Part i of m covers the cells from ⌊i · n / m⌋ up to, but not with, ⌈(i + 1) · n / m⌉ of n, so parts may overlap (as
    in torch). He et al. 2014.
    """

    FAMILY: ClassVar[str] = "pooling"

    sizes: Annotated[tuple[Count, ...], "Places along each axis; one number stands for all axes."] = (1,)

    def shape(self, x: Shape) -> Shape:
        image_of(x, max(1, min(len(x) - 1, 3)))
        return (x[0], *per_axis(self.sizes, x, "sizes"))

    def brief(self) -> str:
        return times(self.sizes)


def per_axis(values: Shape, x: Shape, what: str) -> Shape:
    """`values`, or one of them repeated, for every axis behind the channels. Raises ShapeError."""
    axes = len(x) - 1
    if len(values) not in (1, axes):
        raise ShapeError(f"has {what} for {len(values)} axes, and its input is {written(x)}")
    return values * axes if len(values) == 1 else values
