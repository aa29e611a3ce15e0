"""What can be done to a sample before the network gets it, as the schema declares it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from engine.data.spec import TRANSFORMS, TransformRule
from engine.declare import Axes, Range
from engine.errors import ShapeError
from engine.layers.base import Count, Natural, Shape, written

Filter = Literal["nearest", "bilinear", "bicubic"]
Size = Annotated[tuple[int, ...], Axes(2), Range(1), "Height and width."]


def image(x: Shape) -> Shape:
    """`x`, which is that of an image. Raises ShapeError when it is not."""
    if len(x) != 3:
        hint = (
            f"transform {{ reshape {{ size: [1, {x[0]}, {x[1]}] }} }} before it" if len(x) == 2 and min(x) > 0 else ""
        )
        raise ShapeError(f"takes images (channels, height, width), not {written(x)}", hint=hint)
    return x


@TRANSFORMS.declare
class Scale(TransformRule):
    """x·by + add."""

    by: Annotated[float, "Factor."] = 1.0
    add: Annotated[float, "Added after it."] = 0.0


@TRANSFORMS.declare
class Normalize(TransformRule):
    """(x − mean) / deviation for each channel of an image, each feature of a row or sequence.

    What is not given is measured in the training part; a feature that never varies is only shifted.
    """

    MIXES: ClassVar[bool] = True

    mean: Annotated[tuple[float, ...], "One for each channel or feature, or one for all; none: measured."] = ()
    deviation: Annotated[tuple[Annotated[float, Range(above=0)], ...], "The same for what it is divided by."] = ()

    def shape(self, x: Shape) -> Shape:
        features = self.features(x)
        for given in (self.mean, self.deviation):
            if len(given) not in (0, 1, features):
                raise ShapeError(f"has {len(given)} numbers for {features} features")
        return x

    @staticmethod
    def features(x: Shape) -> int:
        """How many channels (of images) or features (along the last axis) a sample has."""
        return 1 if not x else x[0] if len(x) == 3 else x[-1]


@TRANSFORMS.declare
class Resize(TransformRule):
    """Images brought to another size, as Pillow resamples them: smoothed where they become smaller."""

    size: Size = (28, 28)
    filter: Annotated[Filter, "How values between pixels are found."] = "bilinear"

    def shape(self, x: Shape) -> Shape:
        return (image(x)[0], *self.size)

    def on_indices(self) -> Resize:
        return replace(self, filter="nearest")


@TRANSFORMS.declare
class ResizeShorter(TransformRule):
    """Images brought to a size whose shorter side is `size`; the longer one keeps its ratio to it, rounded down."""

    size: Annotated[Count, "Height or width, whichever is less."] = 256
    filter: Annotated[Filter, "How values between pixels are found."] = "bilinear"

    def shape(self, x: Shape) -> Shape:
        channels, height, width = image(x)
        if -1 in (height, width):
            return (channels, -1, -1)
        shorter = min(height, width)
        return (channels, height * self.size // shorter, width * self.size // shorter)

    def on_indices(self) -> ResizeShorter:
        return replace(self, filter="nearest")


@TRANSFORMS.declare
class CenterCrop(TransformRule):
    """The middle of an image."""

    size: Size = (28, 28)

    def shape(self, x: Shape) -> Shape:
        return _cropped(x, self.size, 0)


@TRANSFORMS.declare
class RandomCrop(TransformRule):
    """A piece of an image from a random place, after `padding` of zeros on every side."""

    RANDOM: ClassVar[bool] = True

    size: Size = (28, 28)
    padding: Annotated[Natural, "Zeros added on every side first."] = 0

    def shape(self, x: Shape) -> Shape:
        return _cropped(x, self.size, self.padding)


def _cropped(x: Shape, size: Shape, padding: int) -> Shape:
    for have, wanted in zip(image(x)[1:], size, strict=True):
        if have >= 0 and have + 2 * padding < wanted:
            raise ShapeError(f"cannot cut {written(size)} out of an image of {written(x[1:])}")
    return (x[0], *size)


@TRANSFORMS.declare
class RandomFlip(TransformRule):
    """Images mirrored in every second case, by the throw of a coin."""

    RANDOM: ClassVar[bool] = True

    axis: Annotated[Literal["horizontal", "vertical", "both"], "Left to right, top to bottom."] = "horizontal"

    def shape(self, x: Shape) -> Shape:
        return image(x)


@TRANSFORMS.declare
class Gray(TransformRule):
    """Colours to brightness: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)."""

    MIXES: ClassVar[bool] = True

    def shape(self, x: Shape) -> Shape:
        if image(x)[0] not in (1, 3):
            raise ShapeError(f"takes images of 1 or 3 channels, not {x[0]}")
        return (1, *x[1:])


@TRANSFORMS.declare
class ChannelOrder(TransformRule):
    """The colours of an image, read as red, green, blue, in the order in which a network was trained on them."""

    order: Annotated[Literal["rgb", "bgr"], "`bgr`: blue first, as OpenCV and Caffe have it."] = "rgb"

    def shape(self, x: Shape) -> Shape:
        if image(x)[0] != 3:
            raise ShapeError(f"takes images of 3 channels, not {x[0]}")
        return x


@TRANSFORMS.declare
class OneHot(TransformRule):
    """Each index as a row of zeros with a one in its place, along a new last axis."""

    classes: Annotated[Natural, "How many; 0: as many as the column has."] = 0

    def shape(self, x: Shape) -> Shape:
        return (*x, self.classes)


@TRANSFORMS.declare
class Reshape(TransformRule):
    """The same values in another shape; one axis may be -1."""

    size: Annotated[tuple[int, ...], Range(-1), "The new shape."] = (-1,)

    def shape(self, x: Shape) -> Shape:
        count, known = math.prod(x), math.prod(axis for axis in self.size if axis >= 0)
        if any(axis < 0 for axis in x) or self.size.count(-1) > 1:
            raise ShapeError(f"cannot bring {written(x)} to {written(self.size)}")
        if known == 0 or count % known or (-1 not in self.size and count != known):
            raise ShapeError(f"cannot bring {count} values to {written(self.size)}")
        return tuple(count // known if axis < 0 else axis for axis in self.size)
