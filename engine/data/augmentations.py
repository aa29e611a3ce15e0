"""What is done to samples by chance, so that a network meets each of them in many ways, as the schema declares it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from engine.data.spec import TRANSFORMS, TransformRule
from engine.data.transforms import Filter, Size, image
from engine.declare import Axes, Range
from engine.errors import ShapeError
from engine.layers.base import Count, Positive, Shape

Angle = Annotated[float, Range(0, 180)]
Probability = Annotated[float, Range(0, 1)]
Share = Annotated[float, Range(above=0, high=1)]
Strength = Annotated[float, Range(0)]
Filling = Annotated[float, "What stands where nothing of the image is."]
Areas = Annotated[tuple[Share, ...], Axes(2), "Least and greatest share of the image's area."]
Aspects = Annotated[tuple[Positive, ...], Axes(2), "Least and greatest width divided by height."]


class Augmentation(TransformRule):
    """Something done to images by chance, with shape and channels kept."""

    RANDOM: ClassVar[bool] = True

    def shape(self, x: Shape) -> Shape:
        return image(x)


@TRANSFORMS.declare
class RandomRotation(Augmentation):
    """Images turned about their middle."""

    degrees: Annotated[Angle, "By up to so many, either way."] = 10.0
    fill: Filling = 0.0
    filter: Annotated[Filter, "How values between pixels are found."] = "bilinear"

    def on_indices(self) -> RandomRotation:
        return replace(self, filter="nearest")


@TRANSFORMS.declare
class RandomAffine(Augmentation):
    """Images turned, moved, made larger or smaller and slanted, about their middle."""

    degrees: Annotated[Angle, "Turned by up to so many, either way."] = 0.0
    translate: Annotated[
        tuple[Probability, ...], Axes(2), "Moved by up to this share of height and width, either way."
    ] = (0.0, 0.0)
    scale: Annotated[tuple[Positive, ...], Axes(2), "Least and greatest factor of its size."] = (1.0, 1.0)
    shear: Annotated[float, Range(0, below=90), "Slanted along the rows by up to so many degrees, either way."] = 0.0
    fill: Filling = 0.0
    filter: Annotated[Filter, "How values between pixels are found."] = "bilinear"

    def shape(self, x: Shape) -> Shape:
        _ascending("scale", self.scale)
        return image(x)

    def on_indices(self) -> RandomAffine:
        return replace(self, filter="nearest")


@TRANSFORMS.declare
class RandomResizedCrop(Augmentation):
    """A piece of an image, of random area, aspect and place, brought to `size` (Szegedy et al. 2015).

    Where ten throws give no piece that fits, it is the middle, in the nearest aspect.
    """

    size: Size = (224, 224)
    area: Areas = (0.08, 1.0)
    aspect: Aspects = (0.75, 4 / 3)
    filter: Annotated[Filter, "How values between pixels are found."] = "bilinear"

    def shape(self, x: Shape) -> Shape:
        _ascending("area", self.area)
        _ascending("aspect", self.aspect)
        return (image(x)[0], *self.size)

    def on_indices(self) -> RandomResizedCrop:
        return replace(self, filter="nearest")


@TRANSFORMS.declare
class RandomErasing(Augmentation):
    """A rectangle of random area, aspect and place put out, in some of the images (Zhong et al. 2017)."""

    probability: Annotated[Probability, "In how many of them."] = 0.5
    area: Areas = (0.02, 0.33)
    aspect: Aspects = (0.3, 3.3)
    fill: Annotated[float, "What is put in its place."] = 0.0

    def shape(self, x: Shape) -> Shape:
        _ascending("area", self.area)
        _ascending("aspect", self.aspect)
        return image(x)


@TRANSFORMS.declare
class CutOut(Augmentation):
    """Squares put out around random pixels; they may reach over the edge (DeVries and Taylor 2017)."""

    size: Annotated[Count, "Pixels along a side."] = 16
    count: Annotated[Count, "How many squares."] = 1
    fill: Annotated[float, "What is put in their place."] = 0.0


@TRANSFORMS.declare
class ColorJitter(Augmentation):
    """Brightness, contrast, saturation and hue of images changed by chance, in this order, then kept from 0 to `white`.

    Brightness is a factor; contrast and saturation keep or lose the distance to the mean brightness of the image and
    to the brightness of the pixel; hue turns the colours about the grey axis (of NTSC's YIQ).
    """

    MIXES: ClassVar[bool] = True

    brightness: Annotated[Strength, "Factor from 1 − b (or 0) to 1 + b."] = 0.0
    contrast: Annotated[Strength, "The same."] = 0.0
    saturation: Annotated[Strength, "The same; of grey images nothing changes."] = 0.0
    hue: Annotated[float, Range(0, 0.5), "Turned by up to this share of the circle, either way."] = 0.0
    white: Annotated[Positive | None, "What white is in the values as they come here; none: what the feed says."] = None

    def shape(self, x: Shape) -> Shape:
        if image(x)[0] not in (1, 3):
            raise ShapeError(f"takes images of 1 or 3 channels, not {x[0]}")
        return x


@TRANSFORMS.declare
class Noise(TransformRule):
    """Gaussian noise added to every value, of images, sequences or rows."""

    RANDOM: ClassVar[bool] = True
    MIXES: ClassVar[bool] = True

    deviation: Annotated[float, Range(0), "Standard deviation, in units of the values as they come here."] = 0.1


def _ascending(name: str, span: tuple[float, ...]) -> None:
    if span[0] > span[1]:
        raise ShapeError(f"its {name} goes from {span[0]:g} down to {span[1]:g}: the least comes first")
