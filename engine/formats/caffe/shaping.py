"""Other shapes for the same values, pieces of them, and values put together along axes."""

from __future__ import annotations

import math

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.layers.activation import Abs, Power
from engine.layers.arranging import Crop, Permute, Reduce, Split
from engine.layers.base import Shape
from engine.layers.reshape import Flatten, Reshape
from engine.node import Link


@rule("Flatten")
def flatten(site: Site) -> Link:
    given = site.param("flatten_param")
    axis, end = given.get("axis"), given.get("end_axis")
    first = site.axis(axis)
    if first == 0 and end == -1:
        return site.put(Flatten())
    shape = site.known()
    last = site.axis(end)
    return site.put(Reshape(sizes=(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])))


@rule("Reshape")
def reshape(site: Site) -> Link:
    """0 copies an axis, -1 is what is left; the batch's axis must stay (ReshapeLayer::Reshape)."""
    given = site.param("reshape_param")
    axis, count = given.get("axis"), given.get("num_axes")
    dims = [int(dim) for dim in given.get("shape").all("dim")]
    if axis == 0:
        return site.put(Reshape(sizes=_whole(site, dims, count)))
    shape = site.known()
    first = site.axis(axis)
    last = len(shape) if count < 0 else first + count
    sizes = _copied(dims, shape[first:last], math.prod(shape[first:last]))
    return site.put(Reshape(sizes=(*shape[:first], *sizes, *shape[last:])))


def _whole(site: Site, dims: list[int], count: int) -> Shape:
    """The sizes behind the batch's axis."""
    if count >= 0 or not dims:
        raise NoLayer("it changes the axis of the samples")
    rest, shape = dims[1:], site.shape()
    if dims[0] == 0 and not any(dim == 0 for dim in rest):
        return tuple(rest)
    shape = site.known()
    volume = math.prod(shape)
    if dims[0] == 0:
        return _copied(rest, shape, volume)
    sizes = _copied(rest, shape, volume) if dims[0] != -1 or -1 not in rest else ()
    if not sizes or math.prod(sizes) != volume or (dims[0] != -1 and -1 in rest and dims[0] != site.building.batch):
        raise NoLayer("it changes the axis of the samples")
    if dims[0] not in (-1, 1):
        site.approximated(f"keeps as many samples as there are, where {dims[0]} are stated")
    return sizes


def _copied(dims: list[int], shape: Shape, volume: int) -> Shape:
    """With the input's sizes for 0 and what is left for -1."""
    if any(dim == 0 and place >= len(shape) for place, dim in enumerate(dims)):
        raise NoLayer("it copies an axis that its input has not")
    sizes = [shape[place] if dim == 0 else dim for place, dim in enumerate(dims)]
    known = math.prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known <= 0 or volume % known:
        raise NoLayer("its sizes do not fit its input")
    return tuple(volume // known if size == -1 else size for size in sizes)


@rule("Permute")
def permute(site: Site) -> Link:
    """Of SSD's fork: all axes in another order."""
    order = [int(axis) for axis in site.param("permute_param").all("order")]
    rank = len(site.shape() or ()) + 1 if site.shape() is not None else max(len(order), 4)
    order += [axis for axis in range(rank) if axis not in order]
    if order[0] != 0 or sorted(order) != list(range(len(order))):
        raise NoLayer("it moves the axis of the samples")
    return site.put(Permute(axes=tuple(axis - 1 for axis in order[1:])))


@rule("Slice")
def slice_(site: Site) -> tuple[Link, ...]:
    given = site.param("slice_param")
    along, tops = site.axis(given.get("slice_dim" if given.has("slice_dim") else "axis")), len(site.tops)
    points = [int(point) for point in given.all("slice_point")]
    shape = site.shape()
    whole = shape[along] if shape is not None and len(shape) > along else -1
    if not points:
        layer = Split(parts=tops, axis=along)
    else:
        end = whole if whole > 0 else 2 * points[-1] - (points[-2] if len(points) > 1 else 0)
        if whole <= 0:
            site.approximated(f"its last part is taken to be as long as the one before it: {end - points[-1]}")
        layer = Split(sizes=tuple(b - a for a, b in zip([0, *points], [*points, end], strict=True)), axis=along)
    if points and len(points) + 1 != tops:
        raise NoLayer(f"has {len(points)} places to cut at for {tops} parts")
    node = site.put(layer)
    return tuple(Link(node.node, place) for place in range(tops))


@rule("Crop")
def crop(site: Site) -> Link:
    """The size of the second input, at an offset; ours states what is cut off."""
    given = site.param("crop_param")
    whole, wanted = site.known(0), site.known(1)
    axis = site.axis(given.get("axis"))
    offsets = [int(offset) for offset in given.all("offset")] or [0]
    axes = range(axis, len(whole))
    if len(whole) != len(wanted) or len(offsets) not in (1, len(axes)):
        raise NoLayer("its inputs have different numbers of axes")
    begins = offsets * len(axes) if len(offsets) == 1 else offsets
    ends = [whole[place] - wanted[place] - begin for place, begin in zip(axes, begins, strict=True)]
    if min(ends, default=0) < 0:
        raise NoLayer("its second input is larger than its first")
    site.building.note_of_many(
        "approximated",
        "crop_param",
        "cuts off as much as the file's sizes ask for, whatever the second input",
        site.name,
    )
    return site.put(Crop(cropping=(*begins, *ends)), site.inputs[0])


@rule("Reduction")
def reduction(site: Site) -> Link:
    given = site.param("reduction_param")
    shape = site.known()
    first = site.axis(given.get("axis"))
    operation = str(given.get("operation"))
    source = site.inputs[0]
    if operation in ("ASUM", "SUMSQ"):
        source = site.put(Abs() if operation == "ASUM" else Power(power=2), suffix="_values")
    factor = given.get("coeff")
    if factor != 1:
        source = site.put(Power(scale=factor), source, suffix="_times")
    axes = tuple(range(first, len(shape)))
    return site.put(Reduce(operation="mean" if operation == "MEAN" else "sum", axes=axes), source)
