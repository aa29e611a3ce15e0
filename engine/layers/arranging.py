"""Axes exchanged, dropped and added, ends padded and cut off, values along axes put together."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from engine.declare import Range
from engine.errors import FieldError, ShapeError
from engine.layers.activation import check_axis
from engine.layers.base import Count, Layer, Shape, Signal, layer, written
from engine.layers.reshape import Reordering

Ends = Annotated[tuple[int, ...], Range(0), "Cells at the last axes: all begins, then all ends; four numbers: (H, W)."]


@layer
class Identity(Reordering):
    """y = x: a place to wire to."""

    def shape(self, x: Shape) -> Shape:
        return x


@layer
class Permute(Reordering):
    """The axes in another order: axis i of the output is axis `axes[i]` of the input, as numpy's transpose."""

    axes: Annotated[tuple[int, ...], Range(0), "All axes of a sample, from 0, in their new order; none: reversed."] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if sorted(self.axes) != list(range(len(self.axes))):
            wanted = f"0 to {len(self.axes) - 1} in some order"
            raise FieldError(f"axes must be {wanted}, not {', '.join(map(str, self.axes))}", field="axes")

    def order(self, x: Shape) -> Shape:
        """The axes of the input in the order of the output's."""
        return self.axes or tuple(reversed(range(len(x))))

    def shape(self, x: Shape) -> Shape:
        if len(self.order(x)) != len(x):
            raise ShapeError(f"orders {len(self.axes)} axes, and its input is {written(x)}")
        return tuple(x[axis] for axis in self.order(x))

    def brief(self) -> str:
        return " ".join(map(str, self.axes))


@layer
class Squeeze(Reordering):
    """Without axes of length 1: (C, 1, 1) → (C)."""

    axes: Annotated[tuple[int, ...], "Which axes of a sample, each of length 1; none: all that are."] = ()

    def shape(self, x: Shape) -> Shape:
        if not self.axes:
            if -1 in x:
                raise ShapeError(f"needs known lengths, or axes to drop, and its input is {written(x)}")
            return tuple(length for length in x if length != 1)
        dropped = axes_of(self.axes, x)
        if any(x[axis] != 1 for axis in dropped):
            raise ShapeError(f"drops axes of length 1 only, and its input is {written(x)}")
        return tuple(length for axis, length in enumerate(x) if axis not in dropped)


@layer
class Expand(Reordering):
    """With further axes of length 1, as numpy's expand_dims: (C) → (1, C)."""

    axes: Annotated[tuple[int, ...], "Where in the output they are; -1 is the last."] = (0,)

    def shape(self, x: Shape) -> Shape:
        rank = len(x) + len(self.axes)
        made = axes_of(self.axes, (1,) * rank)
        lengths = iter(x)
        return tuple(1 if axis in made else next(lengths) for axis in range(rank))


@layer
class Pad(Layer):
    """More cells at the ends of the last axes: of one value, mirrored at the last cell (`reflect`), or repeating it."""

    FAMILY: ClassVar[str] = "reshape"

    padding: Ends = (1, 1, 1, 1)
    mode: Annotated[Literal["constant", "reflect", "edge"], "What the new cells hold."] = "constant"
    value: Annotated[float, "What they hold where the mode is `constant`."] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ends(self.padding, "padding")

    def pads(self, x: Shape) -> tuple[tuple[int, int], ...]:
        """Cells in front and behind for each axis of `x`. Raises ShapeError."""
        return ends_of(self.padding, x)

    def shape(self, x: Shape) -> Shape:
        for length, cells in zip(x, self.pads(x), strict=True):
            if self.mode == "reflect" and max(cells) and not max(cells) < length:
                raise ShapeError(f"can mirror fewer cells than an axis has, and its input is {written(x)}")
        return tuple(n if n < 0 else n + sum(cells) for n, cells in zip(x, self.pads(x), strict=True))


@layer
class Crop(Reordering):
    """Without cells at the ends of the last axes."""

    cropping: Ends = (1, 1, 1, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ends(self.cropping, "cropping")

    def cuts(self, x: Shape) -> tuple[tuple[int, int], ...]:
        """Cells cut off in front and behind for each axis of `x`. Raises ShapeError."""
        return ends_of(self.cropping, x)

    def shape(self, x: Shape) -> Shape:
        left = tuple(n if n < 0 else n - sum(cells) for n, cells in zip(x, self.cuts(x), strict=True))
        if any(n == 0 or n < -1 for n in left) or any(m < 0 <= n for m, n in zip(left, x, strict=True)):
            raise ShapeError(f"cropping leaves nothing of {written(x)}")
        return left


@layer
class Slice(Reordering):
    """Some places of one axis, as numpy's x[begin:end:step]: negative numbers count from the end."""

    axis: Annotated[int, "Along which axis of a sample; 0 is the channels, -1 the last."] = 0
    begin: Annotated[int, "The first place."] = 0
    end: Annotated[int | None, "The first place that is left out; none: up to the end."] = None
    step: Annotated[Count, "From one place to the next."] = 1

    @property
    def places(self) -> slice:
        """What is taken along the axis."""
        return slice(self.begin, self.end, self.step)

    def shape(self, x: Shape) -> Shape:
        check_axis(self.axis, x)
        axis = self.axis % len(x)
        count = -1 if x[axis] < 0 else len(range(x[axis])[self.places])
        if count == 0:
            raise ShapeError(f"takes nothing of axis {self.axis}: its input is {written(x)}")
        return (*x[:axis], count, *x[axis + 1 :])

    def brief(self) -> str:
        return f"{self.begin}:{'' if self.end is None else self.end}"


@layer
class Split(Reordering):
    """An axis cut into parts, an output for each: (C, *) → (C / parts, *), or as long as `sizes` says."""

    parts: Annotated[Count, "How many parts of equal length, where no sizes are given."] = 2
    sizes: Annotated[tuple[Count, ...], "The length of every part; none: all equal."] = ()
    axis: Annotated[int, "Along which axis of a sample; 0 is the channels, -1 the last."] = 0

    def lengths(self, x: Shape) -> Shape:
        """The length of every part of an input of shape `x`. Raises ShapeError."""
        check_axis(self.axis, x)
        whole = x[self.axis]
        if whole < 0:
            raise ShapeError(f"needs a known length of axis {self.axis}, and its input is {written(x)}")
        if self.sizes and sum(self.sizes) != whole:
            raise ShapeError(f"has parts of {sum(self.sizes)} together, and axis {self.axis} of its input has {whole}")
        if not self.sizes and whole % self.parts:
            raise ShapeError(f"cannot cut axis {self.axis} of {written(x)} into {self.parts} equal parts")
        return self.sizes or (whole // self.parts,) * self.parts

    def shapes(self, x: Shape) -> tuple[Shape, ...]:
        """The shape of every part. Raises ShapeError."""
        lengths = self.lengths(x)
        axis = self.axis % len(x)
        return tuple((*x[:axis], length, *x[axis + 1 :]) for length in lengths)

    def shape(self, x: Shape) -> Shape:
        return self.shapes(x)[0]

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        (x,) = inputs
        return tuple(replace(x, shape=shape) for shape in self.shapes(x.shape)) if x else ()

    def brief(self) -> str:
        return " + ".join(map(str, self.sizes)) or str(self.parts)


@layer
class Reduce(Layer):
    """The mean, sum, largest or smallest value over some axes."""

    FAMILY: ClassVar[str] = "reshape"

    operation: Annotated[Literal["mean", "sum", "max", "min"], "What is made of the values."] = "mean"
    axes: Annotated[tuple[int, ...], "Over which axes of a sample; none: over all."] = ()
    keep_axes: Annotated[bool, "Keep the axes, each of length 1."] = False

    def over(self, x: Shape) -> Shape:
        """The axes that are put together, counted from 0. Raises ShapeError."""
        return axes_of(self.axes, x) if self.axes else tuple(range(len(x)))

    def shape(self, x: Shape) -> Shape:
        over = self.over(x)
        kept = (1 if axis in over else length for axis, length in enumerate(x) if self.keep_axes or axis not in over)
        return tuple(kept)

    def brief(self) -> str:
        return self.operation


@layer
class ArgMax(Layer):
    """The place of the largest value along an axis, an index, of equal ones the first. Nothing learns through it."""

    FAMILY: ClassVar[str] = "reshape"

    axis: Annotated[int, "Along which axis of a sample; 0 is the channels, -1 the last."] = -1
    keep_axes: Annotated[bool, "Keep the axis, with a length of 1."] = False

    def shape(self, x: Shape) -> Shape:
        check_axis(self.axis, x)
        axis = self.axis % len(x)
        return (*x[:axis], *((1,) if self.keep_axes else ()), *x[axis + 1 :])

    def outputs(self, *inputs: Signal | None) -> tuple[Signal, ...]:
        (made,) = super().outputs(*inputs)
        (x,) = inputs
        return (replace(made, values="index", classes=max(0, x.shape[self.axis]) if x else 0),)


def axes_of(axes: Shape, x: Shape) -> Shape:
    """`axes` counted from 0. Raises ShapeError where `x` lacks one, or one is named twice."""
    for axis in axes:
        check_axis(axis, x)
    found = tuple(sorted(axis % len(x) for axis in axes))
    if len(set(found)) < len(found):
        raise ShapeError(f"names an axis twice: {', '.join(map(str, axes))}")
    return found


def check_ends(cells: Shape, field: str) -> None:
    """Raises FieldError where there are not as many begins as ends."""
    if len(cells) % 2:
        raise FieldError(f"{field} takes as many begins as ends, not {len(cells)} numbers together", field=field)


def ends_of(cells: Shape, x: Shape) -> tuple[tuple[int, int], ...]:
    """Begin and end for each axis of `x`: noughts for those in front. Raises ShapeError."""
    axes = len(cells) // 2
    if axes > len(x):
        raise ShapeError(f"names the ends of {axes} axes, and its input is {written(x)}")
    return (*((0, 0),) * (len(x) - axes), *zip(cells[:axes], cells[axes:], strict=True))
