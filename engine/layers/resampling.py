"""Finer images: places between those that are there, or channels laid out as places."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.errors import ShapeError
from engine.layers.base import Count, Layer, Shape, layer, written
from engine.layers.pooling import per_axis
from engine.layers.window import image_of, times


@layer
class Upsample(Layer):
    """An image `scale` times as large: (C, *) → (C, scale · *), over one to three axes. Long, Shelhamer, Darrell 2015.

    `nearest`: y[i] = x[⌊i / scale⌋]. `bilinear`: the two neighbours along each axis weighed by nearness (linear over
    one axis, trilinear over three), place i of the result at (i + ½) / scale − ½, and beyond the ends the last cell; or
    with `align_corners` at i · (n − 1) / (scale · n − 1), so that first and last cells stay where they are (as torch).
    """

    FAMILY: ClassVar[str] = "pooling"

    scale: Annotated[tuple[Count, ...], "How many times as long each axis gets; one number stands for all axes."] = (2,)
    mode: Annotated[Literal["nearest", "bilinear"], "Repeat cells, or blend neighbours."] = "nearest"
    align_corners: Annotated[bool, "Where the mode is `bilinear`: the corner cells keep their places."] = False

    def factors(self, x: Shape) -> Shape:
        """How many times as long each axis behind the channels gets. Raises ShapeError."""
        return per_axis(self.scale, x, "a scale")

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, max(1, min(len(x) - 1, 3)))
        return (x[0], *(n if n < 0 else n * factor for n, factor in zip(image, self.factors(x), strict=True)))

    def brief(self) -> str:
        return f"{times(self.scale)} {self.mode}"


@layer
class PixelShuffle(Layer):
    """Channels laid out as places: (C · f², H, W) → (C, H · f, W · f), f the factor. Shi et al. 2016.

    y[c, h·f + i, w·f + j] = x[c·f² + i·f + j, h, w].
    """

    FAMILY: ClassVar[str] = "pooling"

    factor: Annotated[Count, "How many times as high and wide the image gets."] = 2

    def shape(self, x: Shape) -> Shape:
        image = image_of(x, 2)
        if x[0] % self.factor**2:
            raise ShapeError(f"needs a multiple of {self.factor**2} channels, and its input is {written(x)}")
        return (x[0] // self.factor**2, *(n if n < 0 else n * self.factor for n in image))

    def brief(self) -> str:
        return str(self.factor)
