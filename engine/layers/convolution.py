"""Convolutions: a small kernel of weights applied at every place of an image, channels first.

Their multiply-accumulates are kernel cells × channels in × channels out ÷ groups, at every place; the bias is not
counted, as in the published figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Annotated, ClassVar

from engine.declare import Axes, Range
from engine.errors import ShapeError
from engine.initializers import He
from engine.layers.base import ZEROS, Count, Layer, Shape, Weight, layer, volume, written
from engine.layers.window import (
    AutoPad,
    Dilation1D,
    Dilation2D,
    Dilation3D,
    Kernel1D,
    Kernel2D,
    Kernel3D,
    Padding1D,
    Padding2D,
    Padding3D,
    Stride1D,
    Stride2D,
    Stride3D,
    Window,
    image_of,
    times,
)

Filters = Annotated[Count, "How many channels it makes."]
Groups = Annotated[Count, "Parts of the channels that do not see each other; must divide channels and filters."]
Bias = Annotated[bool, "Add a learned constant to each channel."]
Extra = "Cells added at the end of the result, axis by axis; fewer than the stride."


class Convolution(Layer):
    """What convolutions over any number of axes have in common."""

    FAMILY: ClassVar[str] = "convolution"

    filters: Filters
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    auto_pad: AutoPad
    dilation: tuple[int, ...]
    groups: Groups
    bias: Bias

    @property
    def window(self) -> Window:
        """What slides."""
        return Window(self.kernel, self.stride, self.dilation, self.padding, self.auto_pad)

    def pads(self, x: Shape) -> Shape:
        """The zeros added around an input of shape `x`: all begins, then all ends."""
        return self.window.pads(image_of(x, len(self.kernel)))

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, len(self.kernel))
        _check_groups(self.groups, channels=x[0], filters=self.filters)
        return (self.filters, *self.window.over(image))

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.filters, x[0] // self.groups, *self.kernel))
        return (weight, *_biases(self.bias, self.filters))

    def macs(self, x: Shape) -> int:
        return volume(self.shape(x)) * x[0] // self.groups * volume(self.kernel)

    def brief(self) -> str:
        return f"{self.filters} · {times(self.kernel)}"


@layer
class Conv1D(Convolution):
    """y[o, t] = b[o] + Σ w[o, i, u] · x[i, t·stride + u·dilation − begin]: (C, L) → (filters, L').

    LeCun et al. 1998. Cross-correlation: as usual the kernel is not mirrored.
    """

    filters: Filters = 32
    kernel: Kernel1D = (3,)
    stride: Stride1D = (1,)
    padding: Padding1D = (0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation1D = (1,)
    groups: Groups = 1
    bias: Bias = True


@layer
class Conv2D(Convolution):
    """y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i]: (C, H, W) → (filters, H', W'), H' = ⌊(H + pads − reach) / stride⌋ + 1.

    LeCun et al. 1998; reach = dilation · (kernel − 1) + 1. Cross-correlation: as usual the kernel is not mirrored.
    """

    filters: Filters = 32
    kernel: Kernel2D = (3, 3)
    stride: Stride2D = (1, 1)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation2D = (1, 1)
    groups: Groups = 1
    bias: Bias = True


@layer
class Conv3D(Convolution):
    """y[o] = b[o] + Σᵢ w[o, i] ⋆ x[i]: (C, D, H, W) → (filters, D', H', W'), sizes as Conv2D's. Ji et al. 2013."""

    filters: Filters = 32
    kernel: Kernel3D = (3, 3, 3)
    stride: Stride3D = (1, 1, 1)
    padding: Padding3D = (0, 0, 0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation3D = (1, 1, 1)
    groups: Groups = 1
    bias: Bias = True


class Transposed(Convolution):
    """What transposed convolutions over any number of axes have in common."""

    output_padding: tuple[int, ...]

    def pads(self, x: Shape) -> Shape:
        """The cells cut off from the result: all begins, then all ends."""
        return self.window.spread_pads(self.output_padding)

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, len(self.kernel))
        _check_groups(self.groups, channels=x[0], filters=self.filters)
        if any(extra >= stride for extra, stride in zip(self.output_padding, self.stride, strict=True)):
            extra, stride = written(self.output_padding), written(self.stride)
            raise ShapeError(f"an output_padding of {extra} must be less than the stride of {stride}")
        return (self.filters, *self.window.spread(image, self.output_padding))

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        weight = Weight("weight", (x[0], self.filters // self.groups, *self.kernel))
        return (weight, *_biases(self.bias, self.filters))

    def macs(self, x: Shape) -> int:
        return volume(x) * self.filters // self.groups * volume(self.kernel)


@layer
class ConvTranspose1D(Transposed):
    """The gradient of Conv1D as a layer: (C, L) → (filters, L'), L' = (L − 1)·stride − pads + reach + extra.

    Zeiler et al. 2010. Padding is cut off from the result; `auto_pad: same` makes it `stride` times as long.
    """

    filters: Filters = 32
    kernel: Kernel1D = (2,)
    stride: Stride1D = (2,)
    padding: Annotated[tuple[int, ...], Axes(2, repeats=2), Range(0), "Cells cut off: in front, behind."] = (0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation1D = (1,)
    groups: Groups = 1
    bias: Bias = True
    output_padding: Annotated[tuple[int, ...], Axes(1), Range(0), Extra] = (0,)


@layer
class ConvTranspose2D(Transposed):
    """The gradient of Conv2D as a layer: (C, H, W) → (filters, H', W'), H' = (H − 1)·stride − pads + reach + extra.

    Zeiler et al. 2010. Padding is cut off from the result; `auto_pad: same` makes it `stride` times as large.
    """

    filters: Filters = 32
    kernel: Kernel2D = (2, 2)
    stride: Stride2D = (2, 2)
    padding: Annotated[
        tuple[int, ...], Axes(4, repeats=2), Range(0), "Cells cut off from the result: top, left, bottom, right."
    ] = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation2D = (1, 1)
    groups: Groups = 1
    bias: Bias = True
    output_padding: Annotated[tuple[int, ...], Axes(2), Range(0), Extra] = (0, 0)


@layer
class ConvTranspose3D(Transposed):
    """The gradient of Conv3D as a layer: (C, D, H, W) → (filters, D', H', W'), sizes as ConvTranspose2D's.

    Zeiler et al. 2010. Padding is cut off from the result; `auto_pad: same` makes it `stride` times as large.
    """

    filters: Filters = 32
    kernel: Kernel3D = (2, 2, 2)
    stride: Stride3D = (2, 2, 2)
    padding: Annotated[
        tuple[int, ...], Axes(6, repeats=2), Range(0), "Cells cut off: front, top, left, back, bottom, right."
    ] = (0, 0, 0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation3D = (1, 1, 1)
    groups: Groups = 1
    bias: Bias = True
    output_padding: Annotated[tuple[int, ...], Axes(3), Range(0), Extra] = (0, 0, 0)


@layer
class DepthwiseConv2D(Layer):
    """y[m·c + j] = b + w[m·c + j] ⋆ x[c]: each channel has `multiplier` (m) kernels of its own.

    (C, H, W) → (C·multiplier, H', W'). Sifre 2014; Howard et al. 2017.
    """

    FAMILY: ClassVar[str] = "convolution"

    kernel: Kernel2D = (3, 3)
    stride: Stride2D = (1, 1)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation2D = (1, 1)
    multiplier: Annotated[Count, "How many channels it makes of each."] = 1
    bias: Bias = True

    @property
    def window(self) -> Window:
        """What slides."""
        return Window(self.kernel, self.stride, self.dilation, self.padding, self.auto_pad)

    def pads(self, x: Shape) -> Shape:
        """The zeros added around an input of shape `x`: all begins, then all ends."""
        return self.window.pads(image_of(x, 2))

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, 2)
        return (x[0] * self.multiplier, *self.window.over(image))

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        filters = x[0] * self.multiplier
        # Each output sees one channel only, but Xavier would count the kernels of all channels.
        return (Weight("weight", (filters, 1, *self.kernel), He()), *_biases(self.bias, filters))

    def macs(self, x: Shape) -> int:
        return volume(self.shape(x)) * volume(self.kernel)

    def brief(self) -> str:
        return times(self.kernel)


@layer
class SeparableConv2D(Layer):
    """A DepthwiseConv2D without bias (`depth_weight`), then a Conv2D with a kernel of 1 (`weight`, `bias`).

    (C, H, W) → (filters, H', W'), with C · multiplier channels in between. Sifre 2014; Chollet 2017.
    """

    FAMILY: ClassVar[str] = "convolution"

    filters: Filters = 32
    kernel: Kernel2D = (3, 3)
    stride: Stride2D = (1, 1)
    padding: Padding2D = (0, 0, 0, 0)
    auto_pad: AutoPad = "explicit"
    dilation: Dilation2D = (1, 1)
    multiplier: Annotated[Count, "How many channels it makes of each before they are mixed."] = 1
    bias: Bias = True

    @cached_property
    def depth(self) -> DepthwiseConv2D:
        """What looks at each channel alone."""
        sliding = (self.kernel, self.stride, self.padding, self.auto_pad, self.dilation)
        return DepthwiseConv2D(*sliding, multiplier=self.multiplier, bias=False)

    @cached_property
    def point(self) -> Conv2D:
        """What mixes the channels."""
        return Conv2D(filters=self.filters, kernel=(1, 1), bias=self.bias)

    def shape(self, x: Shape) -> Shape:
        return self.point.shape(self.depth.shape(x))

    def weights(self, x: Shape) -> tuple[Weight, ...]:
        (depth,) = self.depth.weights(x)
        return (replace(depth, name="depth_weight"), *self.point.weights(self.depth.shape(x)))

    def macs(self, x: Shape) -> int:
        return self.depth.macs(x) + self.point.macs(self.depth.shape(x))

    def brief(self) -> str:
        return f"{self.filters} · {times(self.kernel)}"


def _check_groups(groups: int, **divided: int) -> None:
    for what, count in divided.items():
        if count % groups:
            raise ShapeError(f"{groups} groups do not divide {count} {what}")


def _biases(bias: bool, filters: int) -> Sequence[Weight]:
    return (Weight("bias", (filters,), ZEROS),) if bias else ()
