"""Convolution, pooling and what else works on images."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.formats.caffe2.draft import Made, Place, Unmapped, reads
from engine.formats.caffe2.filling import Array, Blob
from engine.formats.caffe2.operator import Operator
from engine.layers.arranging import Pad
from engine.layers.base import Layer
from engine.layers.convolution import Conv1D, Conv2D, Conv3D, ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from engine.layers.pooling import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from engine.layers.resampling import Upsample

CONVOLUTIONS: tuple[Any, ...] = (Conv1D, Conv2D, Conv3D)
TRANSPOSED: tuple[Any, ...] = (ConvTranspose1D, ConvTranspose2D, ConvTranspose3D)
MAXIMA: tuple[Any, ...] = (MaxPool1D, MaxPool2D, MaxPool3D)
MEANS: tuple[Any, ...] = (AvgPool1D, AvgPool2D, AvgPool3D)
PADS: dict[str, Any] = {mode: partial(Pad, mode=mode) for mode in ("constant", "reflect", "edge")}
SUPPOSED = 64
"""Filters or units of a layer whose weights are not there."""
EXPLICIT, VALID, SAME, LEGACY = range(4)


def axes_of(op: Operator) -> int:
    """Over how many axes the window slides."""
    return len(op.wholes("kernels")) or 2


def lengths(op: Operator, name: str, default: int, count: int) -> tuple[int, ...]:
    """One number for each axis: `kernel`, `kernels` or `kernel_h` and `kernel_w`."""
    many = op.wholes(f"{name}s")
    if many:
        return many
    if op.has(f"{name}_h") and op.has(f"{name}_w"):
        return (op.whole(f"{name}_h"), op.whole(f"{name}_w"))
    return (op.whole(name, default),) * count


def padding(op: Operator, count: int) -> tuple[int, ...]:
    """All begins, then all ends: `pad`, `pads`, or `pad_t`, `pad_l`, `pad_b` and `pad_r`."""
    many = op.wholes("pads")
    if many:
        return many
    sides = ("pad_t", "pad_l", "pad_b", "pad_r")
    if any(op.has(side) for side in sides):
        return tuple(op.whole(side) for side in sides)
    return (op.whole("pad"),) * (2 * count)


def _window(place: Place, count: int) -> dict[str, Any]:
    op, legacy = place.op, place.op.whole("legacy_pad")
    said: dict[str, Any] = {
        "kernel": lengths(op, "kernel", 0, count),
        "stride": lengths(op, "stride", 1, count),
        "padding": padding(op, count),
    }
    if legacy not in range(4):
        raise Unmapped(f"its legacy_pad is {legacy}")
    if legacy in (VALID, SAME):
        said |= {"auto_pad": "valid" if legacy == VALID else "same", "padding": (0,) * (2 * count)}
    if min(said["kernel"]) < 1 or min(said["stride"]) < 1 or min(said["padding"]) < 0:
        raise Unmapped("its window has no size")
    return said


def _filtered(place: Place, is_spread: bool) -> tuple[dict[str, Any], dict[str, tuple[Blob, Array | None]]]:
    """What the weights tell of a convolution, and the weights in the neutral layout."""
    op = place.op
    groups = op.whole("group", 1)
    kept: dict[str, tuple[Blob, Array | None]] = {}
    blob = place.blob(1)
    shape, array = blob.shape, blob.array
    if shape is not None and op.is_last:
        shape = (shape[0], shape[-1], *shape[1:-1])
        array = None if array is None else array.transpose(0, array.ndim - 1, *range(1, array.ndim - 1))
    if shape is not None and len(shape) < 3:
        raise Unmapped(f"its weights have {len(shape)} axes")
    filters = (shape[1] * groups if is_spread else shape[0]) if shape else _supposed(place, groups)
    kept["weight"] = (blob, array)
    if len(op.inputs) > 2:
        kept["bias"] = (place.blob(2), place.blob(2).array)
    return {"filters": filters, "groups": groups, "bias": len(op.inputs) > 2}, kept


def _supposed(place: Place, groups: int) -> int:
    place.approximated(f"its weights are not in any file: it is drawn as if it had {max(SUPPOSED, groups)} filters")
    return max(SUPPOSED, groups)


@reads("Conv", "Conv1D", "Conv2D", "Conv3D", "ConvRelu", "Int8Conv")
def convolution(place: Place) -> Made:
    op = place.op
    if op.kind in ("ConvRelu", "Int8Conv"):
        raise Unmapped("it computes with whole numbers, or does two things at once")
    count = int(op.kind[4]) if op.kind[4:] else axes_of(op)
    said, weights = _filtered(place, is_spread=False)
    layer = CONVOLUTIONS[count - 1](**_window(place, count), **said, dilation=lengths(op, "dilation", 1, count))
    return place.put(layer, place.image(), weights=weights)


@reads("ConvTranspose")
def transposed(place: Place) -> Made:
    op, count = place.op, axes_of(place.op)
    said, weights = _filtered(place, is_spread=True)
    window = _window(place, count)
    if "auto_pad" in window:
        raise Unmapped("it has a legacy_pad")
    layer = TRANSPOSED[count - 1](**window, **said, output_padding=lengths(op, "adj", 0, count))
    return place.put(layer, place.image(), weights=weights)


@reads(
    "MaxPool", "MaxPool1D", "MaxPool2D", "MaxPool3D", "AveragePool", "AveragePool1D", "AveragePool2D", "AveragePool3D"
)
def pooling(place: Place) -> Made:
    op = place.op
    is_max = op.kind.startswith("Max")
    if op.flag("global_pooling"):
        everywhere: Layer = GlobalMaxPool(keep_axes=True) if is_max else GlobalAvgPool(keep_axes=True)
        return place.put(everywhere, place.image())
    count = int(op.kind[-2]) if op.kind.endswith("D") else axes_of(op)
    if any(it != 1 for it in lengths(op, "dilation", 1, count)):
        raise Unmapped("its windows have gaps")
    said = _window(place, count) | ({"rounding": "ceil"} if op.whole("legacy_pad") == LEGACY else {})
    if not is_max:
        said["count_padding"] = op.flag("count_include_pad")
    return place.put((MAXIMA if is_max else MEANS)[count - 1](**said), place.image())


@reads("ResizeNearest", "ResizeNearest3D")
def resize(place: Place) -> Made:
    op = place.op
    names = (
        ("temporal_scale", "height_scale", "width_scale") if op.kind.endswith("3D") else ("height_scale", "width_scale")
    )
    scales = [op.real(name, 1.0) for name in names]
    if len(op.inputs) > 1 or any(scale < 1 or not scale.is_integer() for scale in scales):
        raise Unmapped("its size is no multiple of what enters it")
    return place.put(Upsample(scale=tuple(map(int, scales))), place.image())


@reads("PadImage")
def pad(place: Place) -> Made:
    mode = place.op.word("mode", "constant")
    if mode not in PADS:
        raise Unmapped(f"its mode is {mode}")
    return place.put(PADS[mode](padding=padding(place.op, 2), value=place.op.real("value", 0.0)), place.image())
