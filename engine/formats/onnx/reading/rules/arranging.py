"""Operators that only arrange values; where one moves the axis of the samples, it is followed, not refused."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, at, reads
from engine.formats.onnx.reading.values import ANY, SAMPLES, Given, Mixed, Unmapped, Wire
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Slice, Split, Squeeze
from engine.layers.base import volume
from engine.layers.merge import Concat, Multiply
from engine.layers.resampling import PixelShuffle
from engine.layers.reshape import Flatten, Reshape

MOST = 64
"""Parts of which a value is put together by layers."""


def anywhere(op: Operator) -> Wire:
    """The first input, samples along any of its axes."""
    value = op.at(0)
    return value if isinstance(value, Wire) else op.x


@reads("Transpose")
def transpose(op: Operator) -> Made:
    x = anywhere(op)
    perm = tuple(op.get("perm") or reversed(range(x.rank)))
    if sorted(perm) != list(range(x.rank)):
        raise Unmapped(f"orders {len(perm)} axes of {x.rank}")
    batch = None if x.batch is None else perm.index(x.batch)
    order = tuple(axis - (x.batch is not None and axis > x.batch) for axis in perm if axis != x.batch)
    if order == tuple(range(len(order))):
        return at(x, batch)
    return at(op.put(Permute(order), x), batch)


@reads("Unsqueeze")
def unsqueeze(op: Operator) -> Made:
    x = anywhere(op)
    axes = op.numbers(1, "axes") or ()
    rank = x.rank + len(axes)
    made = sorted(axis % rank for axis in axes)
    if x.batch is None:
        return op.put(Expand(tuple(made)), x)
    old = [place for place in range(rank) if place not in made]
    batch = old[x.batch]
    return at(op.put(Expand(tuple(axis - (axis > batch) for axis in made)), x), batch)


@reads("Squeeze")
def squeeze(op: Operator) -> Made:
    x = anywhere(op)
    axes = op.numbers(1, "axes")
    if axes is None:
        if ANY in x.dims:
            raise Unmapped("drops axes of length 1 among axes of any length")
        if x.batch is not None and op.draft.samples == 1:
            raise Mixed("drops the axis of the samples, of which there is one")
        axes = tuple(axis for axis, length in enumerate(x.dims) if length == 1)
    own = tuple(sorted(op.axis(axis, x) for axis in axes))
    if not own:
        return op.put(Identity(), x)
    batch = None if x.batch is None else x.batch - sum(axis % x.rank < x.batch for axis in axes)
    return at(op.put(Squeeze(own), x), batch)


@reads("Flatten")
def flatten(op: Operator) -> Made:
    x, axis = op.x, op.get("axis", 1)
    axis += x.rank * (axis < 0)
    if x.batch is not None:
        if axis != 1:
            raise Mixed("flattens samples together")
        return op.put(Flatten(), x)
    if -1 in x.shape:
        raise Unmapped("flattens axes of any length")
    return op.put(Reshape((math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))), x)


@reads("Reshape")
def reshape(op: Operator) -> Made:
    x = op.x
    wanted = op.numbers(1, "shape")
    if wanted is None:
        raise Unmapped("has no shape")
    if not op.get("allowzero", 0):
        wanted = tuple(x.dims[place] if n == 0 and place < x.rank else n for place, n in enumerate(wanted))
    sizes = wanted if x.batch is None else _kept(op, x, wanted)
    sizes = tuple(-1 if n == ANY else n for n in sizes)
    if sizes.count(-1) > 1 or SAMPLES in sizes or 0 in sizes:
        raise Unmapped(f"has a shape of {len(sizes)} axes of which several follow from its input")
    if sizes == (-1,) or (len(sizes) == 1 and sizes[0] == volume(x.shape)):
        return op.put(Flatten(), x)
    return op.put(Reshape(sizes), x)


def _kept(op: Operator, x: Wire, wanted: Sequence[int]) -> tuple[int, ...]:
    """The new shape of a sample. Raises Mixed where samples are cut or joined."""
    if not wanted:
        raise Mixed("makes a single number of all samples")
    first, rest = wanted[0], tuple(wanted[1:])
    if first == SAMPLES:
        return rest
    if SAMPLES in rest:
        raise Mixed("moves the axis of the samples")
    known = -1 not in x.shape and not any(n in (ANY, -1) for n in rest)
    if first == -1 and known and math.prod(rest) == math.prod(x.shape):
        return rest
    if first == op.draft.samples and (not known or math.prod(rest) == math.prod(x.shape)):
        return rest  # written for a batch of so many
    raise Mixed("cuts or joins samples")


@reads("Concat")
def concat(op: Operator) -> Made:
    computed = [it for it in op.inputs if isinstance(it, Wire)]
    x = computed[0]
    axis = op.axis(op.get("axis", 1), x)
    wires = []
    for it in op.inputs:
        if isinstance(it, Given):
            if x.batch is not None and (not it.rank or it.dims[x.batch] != 1):
                raise Mixed("puts an array beside samples")
            array = it.array if x.batch is None else np.squeeze(it.array, x.batch)
            it = at(op.constant(array), x.batch)
        if it is None or it.batch != x.batch:
            raise Mixed("puts values side by side whose samples lie apart")
        wires.append(it)
    return op.put(Concat(axis=axis), *wires) if len(wires) > 1 else op.put(Identity(), x)


@reads("Split")
def split(op: Operator) -> Made:
    x, count = op.x, len(op.proto.output)
    axis = op.axis(op.get("axis", 0), x)
    sizes = op.numbers(1, "split")
    if sizes is None:
        length = x.shape[axis]
        if length < 0:
            raise Unmapped("cuts an axis of any length")
        part = -(-length // count)
        sizes = tuple(min(part, length - part * place) for place in range(count))
    if min(sizes) < 1:
        raise Unmapped("makes a part of no length")
    if len(sizes) == 1:
        return op.put(Identity(), x)
    alike = len(set(sizes)) == 1
    return op.parts(Split(parts=len(sizes), sizes=() if alike else sizes, axis=axis), x)


@reads("Slice")
def take(op: Operator) -> Made:
    x = op.x
    starts, ends = op.numbers(1, "starts"), op.numbers(2, "ends")
    if starts is None or ends is None:
        raise Unmapped("has no begin or no end")
    axes = op.numbers(3, "axes") or tuple(range(len(starts)))
    steps = op.numbers(4) or (1,) * len(starts)
    made = x
    for begin, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if begin == 0 and end >= 2**31 - 1 and step == 1:
            continue
        made = _sliced(op, made, op.axis(axis, x), begin, end, step)
    return op.put(Identity(), x) if made is x else made


def _sliced(op: Operator, x: Wire, axis: int, begin: int, end: int, step: int) -> Wire:
    length = x.shape[axis]
    if length < 0:
        if step < 1 or SAMPLES <= min(begin, end) <= ANY:
            raise Unmapped("takes places backwards of an axis of any length")
        return op.put(Slice(axis, begin, None if end >= 2**31 - 1 else end, step), x)
    if begin <= ANY or (end <= ANY and step > 0):
        begin, end = max(begin, -length), max(end, -length)
    last = None if step < 0 and end < -length else end
    places = list(range(length))[begin:last:step]
    if not places:
        raise Unmapped("takes nothing")
    if step > 0:
        return op.put(Slice(axis, places[0], None if end >= length else places[-1] + 1, step), x)
    return gathered(op, x, axis, places)


def gathered(op: Operator, x: Wire, axis: int, places: Sequence[int]) -> Wire:
    """Some places of an axis in any order, put together of runs."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    if len(runs) > MOST:
        raise Unmapped(f"takes {len(runs)} places in no order")
    parts = [op.put(Slice(axis, run[0], run[-1] + 1), x) for run in runs]
    return op.put(Concat(axis=axis), *parts) if len(parts) > 1 else parts[0]


@reads("Pad")
def pad(op: Operator) -> Made:
    x = op.x
    mode = op.get("mode", "constant")
    if mode not in ("constant", "reflect", "edge"):
        raise Unmapped(f"fills in by {mode}")
    cells = op.numbers(1, "pads") if op.get("pads") is not None or op.opset >= 11 else tuple(op.get("paddings", ()))
    if cells is None:
        raise Unmapped("has no pads")
    axes = op.numbers(3) or tuple(range(x.rank))
    begins, ends = [0] * x.rank, [0] * x.rank
    for place, axis in enumerate(axes):
        begins[axis], ends[axis] = cells[place], cells[place + len(axes)]
    if x.batch is not None:
        if begins[0] or ends[0]:
            raise Mixed("adds samples")
        begins, ends = begins[1:], ends[1:]
    value = op.get("value", 0.0) if op.opset < 11 else op.given(2)
    number = float(np.asarray(0.0 if value is None else value).item())
    return _padded(op, x, begins, ends, mode, number)


def _padded(op: Operator, x: Wire, begins: list[int], ends: list[int], mode: str, value: float) -> Wire:
    """Cells cut off where their number is negative, then those added; only the last axes are named."""
    if min(*begins, *ends, 0) < 0:
        x = op.put(Crop(tuple(max(0, -cells) for cells in (*begins, *ends))), x)
        begins, ends = ([max(0, cells) for cells in it] for it in (begins, ends))
    if not any((*begins, *ends)):
        return op.put(Identity(), x)
    first = next(axis for axis, cells in enumerate(zip(begins, ends, strict=True)) if any(cells))
    padding = (*begins[first:], *ends[first:])
    how = {"constant": "constant", "reflect": "reflect", "edge": "edge"}[mode]
    return op.put(Pad(padding, how, value), x)  # type: ignore[arg-type]


@reads("Expand")
def expand(op: Operator) -> Made:
    x = op.x
    wanted = op.numbers(1)
    if wanted is None:
        raise Unmapped("has no shape")
    if x.batch is not None:
        if len(wanted) > x.rank or (len(wanted) == x.rank and wanted[0] not in (1, SAMPLES, op.draft.samples)):
            raise Mixed("repeats samples")
        wanted = wanted[1:] if len(wanted) == x.rank else wanted
    if any(n < 0 for n in wanted) or not wanted:
        if wanted and all(n in (1, m) for n, m in zip(wanted, _lengths(x)[-len(wanted) :], strict=True)):
            return op.put(Identity(), x)
        raise Unmapped("repeats up to a length that is not known")
    ones = at(op.constant(np.ones(wanted, np.float32)), x.batch)
    return op.put(Multiply(), x, ones)


def _lengths(x: Wire) -> tuple[int, ...]:
    """Of a sample, as shapes that are computed have them."""
    return tuple(ANY if n < 0 else n for n in x.shape)


@reads("Tile")
def tile(op: Operator) -> Made:
    x = op.x
    repeats = op.numbers(1)
    if repeats is None or max(repeats) > MOST or min(repeats) < 1:
        raise Unmapped("repeats its input in no way that is known")
    made = x
    for axis, times in enumerate(repeats):
        if times > 1:
            made = op.put(Concat(axis=op.axis(axis, x)), *[made] * times)
    return op.put(Identity(), x) if made is x else made


@reads("DepthToSpace")
def depth_to_space(op: Operator) -> Made:
    x, size = op.x, op.get("blocksize", 1)
    if op.get("mode", "DCR") == "CRD":
        return op.each(PixelShuffle(factor=size), x, 3)
    c, h, w = _image(op, x)
    return _turned(op, x, (size, size, c // size**2, h, w), (2, 3, 0, 4, 1), (c // size**2, h * size, w * size))


@reads("SpaceToDepth")
def space_to_depth(op: Operator) -> Made:
    x, size = op.x, op.get("blocksize", 1)
    c, h, w = _image(op, x)
    parts = (c, h // size, size, w // size, size)
    order = (2, 4, 0, 1, 3) if op.get("mode", "DCR") == "DCR" else (0, 2, 4, 1, 3)
    return _turned(op, x, parts, order, (c * size**2, h // size, w // size))


def _image(op: Operator, x: Wire) -> tuple[int, int, int]:
    if len(x.shape) != 3 or -1 in x.shape:
        raise Mixed("takes whole batches apart") if x.batch is None else Unmapped("takes images of a known size")
    c, h, w = x.shape
    return c, h, w


def _turned(op: Operator, x: Wire, parts: Sequence[int], order: Sequence[int], made: Sequence[int]) -> Wire:
    return op.put(Reshape(tuple(made)), op.put(Permute(tuple(order)), op.put(Reshape(tuple(parts)), x)))


@reads("ArgMax")
def arg_max(op: Operator) -> Made:
    x = op.x
    if op.get("select_last_index", 0):
        raise Unmapped("gives the last of equal places")
    return op.put(ArgMax(op.axis(op.get("axis", 0), x), bool(op.get("keepdims", 1))), x)


@reads("Cast", "CastLike")
def cast(op: Operator) -> Made:
    from onnx import TensorProto

    numbers = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
    x = anywhere(op)
    is_index = x.signal is not None and x.signal.values == "index"
    to = op.get("to", TensorProto.FLOAT)
    if is_index and to in (TensorProto.INT32, TensorProto.INT64):
        return op.put(Identity(), x)
    if is_index or to not in numbers or op.kind == "CastLike":
        raise Unmapped("makes values of another kind")
    made = op.put(Identity(), x)
    if to != TensorProto.FLOAT:
        op.tell("approximated", "all is calculated in float32")
    return made
