"""Operators that cut, join and pad, and those that put values along axes together."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np

from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Given, States, Unmapped, Wire
from engine.layers.arranging import ArgMax, Crop, Expand, Pad, Reduce, Slice, Split, Squeeze
from engine.layers.base import Shape
from engine.layers.merge import Add, Concat
from engine.layers.resampling import Upsample

PARTS = 1024
"""Outputs of one operator."""


@reads("Concat", "concat")
def concat(op: Operator) -> Made:
    op.set.word("num_args")
    values = [op.value(place) for place in range(len(op.inputs))]
    if values and all(isinstance(value, States) for value in values):
        return _whole([value for value in values if isinstance(value, States)])
    wires = tuple(op.wire(place) for place in range(len(values)))
    return op.put(Concat(axis=wires[0].axis(op.set.whole("dim", 1))), *wires)


def _whole(states: list[States]) -> Wire:
    """The final states of the uppermost layer side by side: what a recurrent layer gives."""
    first, last = states[0], states[-1]
    follows = all(a.end == b.begin for a, b in itertools.pairwise(states))
    is_last = (first.begin, last.end) == ((first.layers - 1) * first.directions, first.layers * first.directions)
    if not follows or not is_last or not all(state.steps_gone for state in states):
        raise Unmapped("it takes states of other layers than the last")
    return first.wire


@reads("stack")
def stack(op: Operator) -> Made:
    op.set.word("num_args")
    axis = op.set.whole("axis")
    wires = tuple(op.wire(place) for place in range(len(op.inputs)))
    if axis == 0 or any(wire.batch or wire.merged for wire in wires):
        raise Unmapped("it works along the samples' axis")
    place = axis - 1 if axis > 0 else axis
    layer = Expand(axes=(place,))
    return op.put(Concat(axis=place), *(op.put(layer, wire, suffix=f"x{n}") for n, wire in enumerate(wires)))


@reads("SliceChannel", "split")
def slice_channel(op: Operator) -> Made:
    parts, axis = op.set.whole("num_outputs"), op.x.axis(op.set.whole("axis", 1))
    if parts > PARTS:
        raise Unmapped(f"it has {parts:,} outputs")
    made = op.draft.put(op.entry.name, Split(parts=parts, axis=axis), (op.x,), {})
    if not op.set.flag("squeeze_axis"):
        return made
    squeezed = Squeeze(axes=(axis,))
    return tuple(op.put(squeezed, part, suffix=f"squeezed{n}") for n, part in enumerate(made))


@reads("slice_axis")
def slice_axis(op: Operator) -> Made:
    begin, end = op.set.whole("begin"), op.set.maybe("end")
    value = op.value(0)
    if isinstance(value, States):
        if op.set.whole("axis") != 0 or end is None:
            raise Unmapped("it cuts states apart")
        return replace(value, begin=begin, end=end)
    axis = op.x.axis(op.set.whole("axis"))
    return op.put(Slice(axis=axis, begin=begin, end=end), shape=_any(op.x.shape, axis))


def _any(shape: Shape | None, axis: int) -> Shape | None:
    return None if shape is None else tuple(-1 if n == axis % len(shape) else size for n, size in enumerate(shape))


@reads("slice", "crop")
def slice_(op: Operator) -> Made:
    begins, ends, steps = (op.set.gaps(name) for name in ("begin", "end", "step"))
    made = op.x
    for axis, (begin, end) in enumerate(zip(begins, ends, strict=False)):
        step = (steps[axis] if axis < len(steps) else None) or 1
        if (begin or 0, end, step) == (0, None, 1):
            continue
        if step < 1:
            raise Unmapped("it goes backwards")
        layer = Slice(axis=op.x.axis(axis), begin=begin or 0, end=end, step=step)
        made = op.put(layer, made, suffix="" if made is op.x else f"axis{axis}")
    return made


@reads("Crop")
def crop(op: Operator) -> Made:
    op.set.word("num_args")
    size = op.wire(1).known[1:] if len(op.inputs) > 1 else op.set.wholes("h_w")
    shape = op.x.known
    if len(shape) != 3 or len(size) != 2 or min(*shape[1:], *size) < 1:
        raise Unmapped("how much it cuts off is not known")
    spare = [n - m for n, m in zip(shape[1:], size, strict=True)]
    begins = [n // 2 for n in spare] if op.set.flag("center_crop") else list(op.set.wholes("offset", (0, 0)))
    ends = [n - begin for n, begin in zip(spare, begins, strict=True)]
    return op.put(Crop(cropping=(*begins, *ends)))


@reads("Pad", "pad")
def pad(op: Operator) -> Made:
    widths = op.set.wholes("pad_width")
    sides = dict(enumerate(zip(widths[::2], widths[1::2], strict=True)))
    if op.x.batch or op.x.merged or any(sides.get(0, (0, 0))):
        raise Unmapped("it works along the samples' axis")
    padding = (*widths[2::2], *widths[3::2])
    mode: Any = op.set.word("mode", "constant")  # MXNet's words are ours
    return op.put(Pad(padding=padding, mode=mode, value=op.set.real("constant_value")))


@reads("take")
def take(op: Operator) -> Made:
    op.set.word("mode")
    axis, places = op.x.axis(op.set.whole("axis")), op.given(1)
    rank, length = len(op.x.known), op.x.known[axis]
    if places.array is None or places.array.ndim != 1 or length < 1:
        raise Unmapped("which places it takes is not known")
    wanted = places.array.astype(np.int64)
    modes: tuple[Any, ...] = ("reflect", "edge")
    for mode in modes:
        for begin in range(len(wanted) - length + 1):
            side = (begin, len(wanted) - length - begin)
            if (max(side) < length or mode == "edge") and np.array_equal(np.pad(np.arange(length), side, mode), wanted):
                behind = rank - 1 - axis % rank
                return op.put(Pad(padding=(side[0], *(0,) * behind, side[1], *(0,) * behind), mode=mode))
    raise Unmapped("it takes places in an order of its own")


@reads("expand_dims")
def expand_dims(op: Operator) -> Made:
    axis, x = op.set.whole("axis"), op.x
    rank = x.rank + 1
    place = axis % rank
    if place <= x.batch:
        raise Unmapped("it puts an axis in front of the samples'")
    return op.put(Expand(axes=(place - 1 + x.merged,)))


@reads("squeeze")
def squeeze(op: Operator) -> Made:
    axes = op.set.wholes("axis")
    value = op.value(0)
    if isinstance(value, States):
        gone = replace(value, steps_gone=axes == (0,) and value.end - value.begin == 1)
        return _whole([gone]) if value.directions == 1 else gone
    return op.put(Squeeze(axes=tuple(op.x.axis(axis) for axis in axes)))


REDUCTIONS: dict[str, Any] = {
    "mean": "mean",
    "sum": "sum",
    "sum_axis": "sum",
    "max": "max",
    "max_axis": "max",
    "min": "min",
}


@reads(*REDUCTIONS)
def reduce(op: Operator) -> Made:
    x, named = op.x, op.set.wholes("axis")
    axes = tuple(axis % x.rank for axis in named)
    if op.set.flag("exclude"):
        axes = tuple(axis for axis in range(x.rank) if axis not in axes)
    if not axes:
        raise Unmapped("it works along the samples' axis")
    over, operation = tuple(x.axis(axis) for axis in axes), REDUCTIONS[op.entry.kind]
    return op.put(Reduce(operation=operation, axes=over, keep_axes=op.set.flag("keepdims")))


@reads("argmax")
def arg_max(op: Operator) -> Made:
    axis = op.set.maybe("axis")
    if axis is None:
        raise Unmapped("it works along the samples' axis")
    return op.put(ArgMax(axis=op.x.axis(axis), keep_axes=op.set.flag("keepdims")))


@reads("broadcast_to", "broadcast_like")
def broadcast(op: Operator) -> Made:
    """Stated numbers for every sample: that is what a constant is."""
    for name in op.set.given:
        op.set.word(name)
    value = op.value(0)
    if isinstance(value, Given) and value.array is not None and value.array.shape[:1] == (1,):
        return op.draft.constant(op.entry.name, value)
    wanted = op.set.wholes("shape")
    if isinstance(value, Wire) and wanted and not value.batch and not value.merged:
        kept = tuple(n or m for n, m in zip(wanted[1:], value.known, strict=False))
        if wanted[0] == 0 and kept == value.known:
            return value
        if wanted[0] == 0 and len(kept) == len(value.known):  # a sum repeats lengths of 1
            noughts = op.draft.constant(f"{op.entry.name}_noughts", Given(np.zeros((1, *kept), np.float32)))
            return op.put(Add(), value, noughts)
    raise Unmapped("it repeats samples")


@reads("repeat")
def repeat(op: Operator) -> Made:
    axis, times = op.set.maybe("axis"), op.set.whole("repeats")
    if axis is None or op.x.merged or op.x.batch or not 2 <= len(op.x.known) <= 4 or op.x.axis(axis) == 0:
        raise Unmapped("it repeats something else than the places of an image")
    scale = [1] * (len(op.x.known) - 1)
    scale[op.x.axis(axis) - 1 if axis > 0 else axis] = times
    return op.put(Upsample(scale=tuple(scale)))
