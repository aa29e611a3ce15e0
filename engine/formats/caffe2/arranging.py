"""Operators that join, cut and arrange, and those that reckon with several inputs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from engine.formats.caffe2.draft import Made, Place, Unmapped, Wire, reads
from engine.formats.caffe2.filling import Blob
from engine.layers.arranging import ArgMax, Expand, Permute, Reduce, Slice, Split, Squeeze
from engine.layers.base import Layer
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import Scale
from engine.layers.reshape import Flatten, Reshape

MERGES: dict[str, Any] = {
    "Sum": Add,
    "Add": Add,
    "Sub": Subtract,
    "Mul": Multiply,
    "Div": Divide,
    "Max": Maximum,
    "Min": Minimum,
    "Mean": Average,
}
REDUCTIONS: dict[str, Any] = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min"}


@reads(*MERGES)
def merge(place: Place) -> Made:
    op = place.op
    layer: Layer = MERGES[op.kind]()
    broadcasts, axis = op.flag("broadcast"), op.whole("axis", -1)
    op.word("axis_str")
    second = place.value(1) if len(op.inputs) == 2 else None
    if isinstance(second, Blob) and second.array is not None and op.kind in ("Add", "Mul"):
        scaled = _learned(place, second, axis if broadcasts else -1)
        if scaled is not None:
            return scaled
    wires = [place.either(n) for n in range(len(op.inputs))]
    if len({wire.is_last for wire in wires}) > 1:
        wires = [place.wire(n) for n in range(len(op.inputs))]
    ranks = {len(wire.signal.shape) for wire in wires if wire.signal}
    if len(ranks) > 1:
        if not (broadcasts and axis == 0) or wires[0].is_last:
            raise Unmapped("it repeats one of its inputs along other axes than samples do")
        missing = len(wires[0].shape) - len(wires[1].shape)
        wires[1] = place.put(Reshape(sizes=(*wires[1].shape, *(1,) * missing)), wires[1], mark="wide")
    return place.put(layer, *wires)


def _learned(place: Place, blob: Blob, axis: int) -> Wire | None:
    """A blob of the file that is added, or taken times: a layer that learns it."""
    x = place.either(0)
    array = blob.array
    if array is None or array.ndim != 1 or array.size == 1:
        return None
    rank = len(x.shape)
    start = (axis if axis >= 0 else rank) - 1
    if x.is_last:
        start = 0 if start == rank - 1 else -1
    if not 0 <= start < rank or x.shape[start] not in (-1, array.size):
        return None
    is_factor = place.op.kind == "Mul"
    layer = Scale(axis=start, scale=is_factor, shift=not is_factor)
    return place.put(layer, x, weights={"scale" if is_factor else "shift": (blob, array)})


@reads("Concat", "DepthConcat")
def concat(place: Place) -> Made:
    op = place.op
    if op.flag("add_axis"):
        raise Unmapped("it adds an axis")
    axis = op.whole("axis", 3 if op.is_last and op.has("order") else 1)
    wires = [place.either(n) for n in range(len(op.inputs))]
    if len({wire.is_last for wire in wires}) > 1:
        wires = [place.wire(n) for n in range(len(op.inputs))]
    return (place.put(Concat(axis=_axis(wires[0], axis)), *wires),)


def _axis(x: Wire, axis: int) -> int:
    """An axis of Caffe2's blob as an axis of a sample. Raises Unmapped for the samples'."""
    if x.signal is None:
        if axis == 0 or x.is_last:
            raise Unmapped("the shape of what enters it is not known")
        return axis - 1 if axis > 0 else axis
    rank = len(x.shape)
    place = axis + rank if axis < 0 else axis - 1
    if not 0 <= place < rank:
        raise Unmapped("it works along the samples' axis" if place < 0 else f"axis {axis} is not there")
    return (place + 1) % rank if x.is_last else place


@reads("Split", "DepthSplit")
def split(place: Place) -> Made:
    op = place.op
    if len(op.inputs) > 1 or op.flag("add_axis"):
        raise Unmapped("how long its parts are is computed")
    x, parts = place.either(0), len(op.outputs)
    axis = _axis(x, op.whole("axis", 3 if op.is_last else 1))
    sizes = op.wholes("split")
    layer = Split(sizes=sizes, axis=axis, parts=parts) if sizes else Split(parts=parts, axis=axis)
    return tuple(place.draft.parts(place.put(layer, x), parts, (x,)))


@reads("Slice")
def sliced(place: Place) -> Made:
    op, x = place.op, place.x
    if len(op.inputs) > 1:
        raise Unmapped("where it cuts is computed")
    begins, ends = op.wholes("starts"), op.wholes("ends")
    if len(begins) != len(ends) or not begins:
        raise Unmapped("where it cuts is not said")
    cuts = [(axis, b, e) for axis, (b, e) in enumerate(zip(begins, ends, strict=True)) if (b, e) != (0, -1)]
    made = x
    for n, (axis, begin, end) in enumerate(cuts):
        last = None if end == -1 else end + 1 if end < 0 else end  # -1: up to the end
        made = place.put(
            Slice(axis=_axis(x, axis), begin=begin, end=last), made, mark=f"{n}" if n + 1 < len(cuts) else ""
        )
    return made


@reads("Flatten")
def flatten(place: Place) -> Made:
    if place.op.whole("axis", 1) != 1:
        raise Unmapped("it does not keep samples apart")
    return place.put(Flatten())


@reads("Reshape")
def reshape(place: Place) -> Made:
    op, x = place.op, place.x
    codes = op.wholes("shape")
    if len(op.inputs) > 1 or not codes:
        raise Unmapped("its shape is computed")
    sizes = [x.shape[n - 1] if code == 0 and 0 < n <= len(x.shape) else code for n, code in enumerate(codes)]
    size = math.prod(x.shape)
    rest = math.prod(it for it in sizes[1:] if it > 0)
    if -1 not in x.shape and codes[0] == -1 and -1 not in sizes[1:] and rest == size:
        sizes[0] = 0
    if sizes[0] != 0 and not (-1 not in x.shape and -1 in sizes[1:] and sizes[0] == 1):
        raise Unmapped("it does not keep samples apart")
    if sizes[0] == 1:
        place.approximated("keeps samples apart, where the file has a batch of 1")
    return (place.put(Reshape(sizes=tuple(sizes[1:])) if len(sizes) > 2 or sizes[1:] != [-1] else Flatten(), x),)


@reads("Transpose", "NCHW2NHWC", "NHWC2NCHW")
def transpose(place: Place) -> Made:
    op = place.op
    x = place.either(0)
    if op.kind == "NCHW2NHWC" and not x.is_last:
        return replace(x, is_last=True)
    if op.kind == "NHWC2NCHW" and x.is_last:
        return replace(x, is_last=False)
    x = place.x
    rank = len(x.shape) + 1
    fixed = {"NCHW2NHWC": (0, *range(2, rank), 1), "NHWC2NCHW": (0, rank - 1, *range(1, rank - 1))}
    axes = fixed.get(op.kind) or op.wholes("axes") or tuple(reversed(range(rank)))
    if axes[0] != 0 or sorted(axes) != list(range(rank)):
        raise Unmapped("it does not keep samples apart")
    return place.put(Permute(axes=tuple(axis - 1 for axis in axes[1:])), x)


@reads("Squeeze", "ExpandDims")
def dims(place: Place) -> Made:
    wanted = place.op.wholes("dims")
    if not wanted or min(wanted) < 1:
        raise Unmapped("it works along the samples' axis")
    axes = tuple(axis - 1 for axis in wanted)
    return place.put(Squeeze(axes=axes) if place.op.kind == "Squeeze" else Expand(axes=axes))


@reads(*REDUCTIONS)
def reduce(place: Place) -> Made:
    op, x = place.op, place.x
    axes = op.wholes("axes")
    if not axes:
        raise Unmapped("it works along the samples' axis")
    said = tuple(_axis(x, axis) for axis in axes)
    return place.put(Reduce(operation=REDUCTIONS[op.kind], axes=said, keep_axes=op.flag("keepdims", True)), x)


@reads("ArgMax")
def arg_max(place: Place) -> Made:
    op, x = place.op, place.x
    return place.put(ArgMax(axis=_axis(x, op.whole("axis", -1)), keep_axes=op.flag("keepdims", True)), x)


@reads("BatchMatMul")
def product(place: Place) -> Made:
    op, wires = place.op, (place.wire(0), place.wire(1))
    op.flag("broadcast")
    if any(len(wire.shape) < 2 for wire in wires):
        raise Unmapped("it multiplies samples with each other")
    return place.put(MatMul(transpose_a=op.flag("trans_a"), transpose_b=op.flag("trans_b")), *wires)


@reads("ChannelShuffle")
def shuffle(place: Place) -> Made:
    """Channels of several groups, taken in turn."""
    x, groups = place.image(), place.op.whole("group", 1)
    channels, *image = x.shape
    if channels < 1 or channels % groups or -1 in image:
        raise Unmapped(f"its {channels} channels do not form {groups} groups")
    apart = place.put(Reshape(sizes=(groups, channels // groups, *image)), x, mark="groups")
    axes = (1, 0, *range(2, 2 + len(image)))
    return place.put(Reshape(sizes=(channels, *image)), place.put(Permute(axes=axes), apart, mark="turned"))
