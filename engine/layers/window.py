"""The arithmetic of windows that slide over images: convolutions, transposed convolutions and pooling share it.

An image is the shape without its channels; -1, any length, stays any. Paddings list all begins, then all ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.declare import Axes, Range
from engine.errors import ShapeError
from engine.layers.base import Shape, written

AutoPad = Annotated[
    Literal["explicit", "same", "valid"],
    "`explicit`: as `padding` says; `same`: ceil(length / stride) places, the odd cell at the end; `valid`: none.",
]
Rounding = Literal["floor", "ceil"]

Kernel1D = Annotated[tuple[int, ...], Axes(1), Range(1), "Length of the window."]
Stride1D = Annotated[tuple[int, ...], Axes(1), Range(1), "From one window to the next."]
Padding1D = Annotated[tuple[int, ...], Axes(2, repeats=2), Range(0), "Zeros added: in front, behind."]
Dilation1D = Annotated[tuple[int, ...], Axes(1), Range(1), "From one cell of the window to the next."]

Kernel2D = Annotated[tuple[int, ...], Axes(2), Range(1), "Height and width of the window."]
Stride2D = Annotated[tuple[int, ...], Axes(2), Range(1), "From one window to the next, down and right."]
Padding2D = Annotated[tuple[int, ...], Axes(4, repeats=2), Range(0), "Cells added: top, left, bottom, right."]
Dilation2D = Annotated[tuple[int, ...], Axes(2), Range(1), "From one cell of the window to the next, down and right."]

Kernel3D = Annotated[tuple[int, ...], Axes(3), Range(1), "Depth, height and width of the window."]
Stride3D = Annotated[tuple[int, ...], Axes(3), Range(1), "From one window to the next, along all three axes."]
Padding3D = Annotated[
    tuple[int, ...], Axes(6, repeats=2), Range(0), "Cells added: front, top, left, back, bottom, right."
]
Dilation3D = Annotated[
    tuple[int, ...], Axes(3), Range(1), "From one cell of the window to the next, along all three axes."
]


@dataclass(frozen=True)
class Window:
    """A window over an image, one entry an axis; dilated by d, a kernel of k reaches over d·(k − 1) + 1 cells."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    padding: Shape
    auto_pad: str = "explicit"

    @property
    def reach(self) -> Shape:
        """Cells from the first to the last that one window sees."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def pads(self, image: Shape) -> Shape:
        """The cells added to `image`: all begins, then all ends. Raises ShapeError."""
        if self.auto_pad == "explicit":
            return self.padding
        if self.auto_pad == "valid":
            return (0,) * len(self.padding)
        # As TensorFlow's SAME and ONNX's SAME_UPPER: n cells give ceil(n / stride) places.
        axes = zip(image, self.reach, self.stride, strict=True)
        return _halved(tuple(max(0, reach - _overlap(n, stride)) for n, reach, stride in axes))

    def over(self, image: Shape, rounding: Rounding = "floor") -> Shape:
        """How many windows fit along each axis of `image`. Raises ShapeError where not even one does.

        Rounding up as Caffe (PoolingLayer::Reshape): a last window may overhang the end, but it must begin inside the
        image or the padding before it.
        """
        pads = self.pads(image)
        begins, ends = pads[: len(image)], pads[len(image) :]
        axes = zip(image, begins, ends, self.reach, self.stride, strict=True)
        places = tuple(-1 if n < 0 else _places(n, b, e, reach, stride, rounding) for n, b, e, reach, stride in axes)
        if 0 in places:
            raise ShapeError(f"a {self._size()} does not fit an image of {_padded(image, pads)}")
        return places

    def spread(self, image: Shape, extra: Shape) -> Shape:
        """The image whose windows, slid over it, have `image` places: what a transposed convolution makes."""
        pads = self.spread_pads(extra)
        begins, ends = pads[: len(image)], pads[len(image) :]
        axes = zip(image, begins, ends, self.reach, self.stride, extra, strict=True)
        made = tuple(-1 if n < 0 else (n - 1) * s - b - e + reach + more for n, b, e, reach, s, more in axes)
        if any(m < 1 <= n for m, n in zip(made, image, strict=True)):
            raise ShapeError(f"the padding of {written(pads)} leaves nothing of what {written(image)} is spread to")
        return made

    def spread_pads(self, extra: Shape) -> Shape:
        """The cells cut off from what a transposed convolution makes: all begins, then all ends. Raises ShapeError."""
        if self.auto_pad == "explicit":
            return self.padding
        if self.auto_pad == "valid":
            return (0,) * len(self.padding)
        # ONNX ConvTranspose, SAME_UPPER: the output is stride times as long as the input.
        cut = tuple(reach - s + more for reach, s, more in zip(self.reach, self.stride, extra, strict=True))
        if min(cut) < 0:
            raise ShapeError(f"auto_pad same needs a kernel of at least the stride, {written(self.stride)}")
        return _halved(cut)

    def _size(self) -> str:
        kernel = f"{written(self.kernel)} kernel"
        return kernel if self.reach == self.kernel else f"{kernel} dilated to {written(self.reach)}"


def _overlap(length: int, stride: int) -> int:
    """Cells of the last window that are inside an unpadded axis when windows begin at every multiple of `stride`."""
    if length < 0 and stride > 1:
        raise ShapeError("auto_pad same with a stride needs a known length, and the input's is any")
    return 1 if length < 0 else length - (-(-length // stride) - 1) * stride


def _halved(cells: Shape) -> Shape:
    return (*(total // 2 for total in cells), *(total - total // 2 for total in cells))


def _places(length: int, begin: int, end: int, reach: int, stride: int, rounding: Rounding) -> int:
    room = length + begin + end - reach
    if room < 0:
        return 0
    if rounding == "floor":
        return room // stride + 1
    places = -(-room // stride) + 1
    return places - 1 if (places - 1) * stride >= length + begin else places


def _padded(image: Shape, pads: Shape) -> str:
    if not any(pads):
        return written(image)
    ends = zip(image, pads[: len(image)], pads[len(image) :], strict=True)
    return f"{written(image)}, {written(tuple(-1 if n < 0 else n + b + e for n, b, e in ends))} with its padding"


IMAGES = {
    1: "channels and length (C, L)",
    2: "channels, height and width (C, H, W)",
    3: "channels, depth, height and width (C, D, H, W)",
}
"""What a window over so many axes needs."""


def image_of(x: Shape, axes: int) -> Shape:
    """The axes behind the channels. Raises ShapeError when `x` is not channels and `axes` axes more."""
    if len(x) != axes + 1:
        raise ShapeError(f"needs {IMAGES[axes]}, and its input is {written(x)}")
    if x[0] < 0:
        raise ShapeError("needs a known number of channels, and its input's is any")
    return x[1:]


def times(values: Shape) -> str:
    """`5×5`, as a node shows it."""
    return "×".join(map(str, values))
