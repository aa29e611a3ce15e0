"""Pooling: the largest value or the mean of a window."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Axes, Range
from engine.errors import ShapeError
from engine.layers.base import Layer, Shape, layer, written
from engine.layers.window import AutoPad, Kernel2D, Padding2D, Rounding, Window, image_of, times

PoolStride2D = Annotated[
    tuple[int, ...], Axes(2), Range(0), "From one window to the next, down and right; 0: the kernel's, side by side."
]
PoolRounding = Annotated[Rounding, "`ceil`: a last window may overhang the end, as Caffe's always may."]


class Pooling(Layer):
    """What pooling layers with a window have in common."""

    FAMILY: ClassVar[str] = "pooling"

    kernel: Kernel2D = (2, 2)
    stride: PoolStride2D = (0, 0)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    rounding: PoolRounding = "floor"

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


@layer
class MaxPool2D(Pooling):
    """The largest value of each window, channel by channel: (C, H, W) → (C, H', W'); padding never wins.

    Ranzato et al. 2007. H' = (H + pads − kernel) / stride, rounded, + 1; a window that would begin behind the end is
    left out.
    """


@layer
class AvgPool2D(Pooling):
    """The mean of each window, channel by channel: (C, H, W) → (C, H', W'), sizes as MaxPool2D's. LeCun et al. 1989.

    With `count_padding` zeros of the padding count in the mean, what overhangs it does not (Caffe's AVE); without, only
    the image's own cells do.
    """

    count_padding: Annotated[bool, "Whether cells of the padding count in the mean."] = True


@layer
class GlobalAvgPool(Layer):
    """The mean of each channel over all positions: (C, *) → (C), or (C, 1, …, 1) with `keep_axes`. Lin et al. 2014."""

    FAMILY: ClassVar[str] = "pooling"

    keep_axes: Annotated[bool, "Keep the axes, each of length 1."] = False

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise ShapeError(f"needs channels and positions (C, *), and its input is {written(x)}")
        return (x[0], *(1 for _ in x[1:] if self.keep_axes))
