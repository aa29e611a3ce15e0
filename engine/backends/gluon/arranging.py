"""The rules of layers that arrange values, and of those that put values along axes together."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from engine.backends.gluon.rules import Place, S, Symbol, batched, symbol
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze


@symbol.register
def identity(layer: Identity, place: Place, x: Symbol) -> Symbol:
    return x


@symbol.register
def permute(layer: Permute, place: Place, x: Symbol) -> Symbol:
    return S.transpose(x, axes=(0, *(axis + 1 for axis in layer.order(place.shape()))))


@symbol.register(Squeeze)
@symbol.register(Expand)
def reshaped(layer: Squeeze | Expand, place: Place, x: Symbol) -> Symbol:
    return place.reshaped(x, place.site.outputs[0].shape)


@symbol.register
def pad(layer: Pad, place: Place, x: Symbol) -> Symbol:
    shape = [max(0, place.batch), *place.shape()]  # 0: as many samples as enter
    for axis, side in enumerate(layer.pads(place.shape()), 1):
        if layer.mode != "constant" and any(side):
            cells = np.pad(np.arange(shape[axis]), side, mode=layer.mode)
            x = S.take(x, place.constant(cells), axis=axis)
        elif any(side):
            begin, end = (
                [S.full((*shape[:axis], cells, *shape[axis + 1 :]), layer.value)] if cells else [] for cells in side
            )
            x = S.concat(*begin, x, *end, dim=axis)
        shape[axis] += sum(side)
    return x


@symbol.register
def crop(layer: Crop, place: Place, x: Symbol) -> Symbol:
    axes = zip(layer.cuts(place.shape()), place.shape(), strict=True)
    for axis, ((begin, end), length) in enumerate(axes, 1):
        if begin or end:
            x = S.slice_axis(x, axis=axis, begin=begin, end=length - end)
    return x


@symbol.register
def take(layer: Slice, place: Place, x: Symbol) -> Symbol:
    axis = layer.axis % len(place.shape())
    begin, end, step = layer.places.indices(place.shape()[axis])
    before = (None,) * (axis + 1)
    return S.slice(x, begin=(*before, begin), end=(*before, end), step=(*before, step))


@symbol.register
def split(layer: Split, place: Place, x: Symbol) -> tuple[Symbol, ...]:
    lengths = layer.lengths(place.shape())
    ends = itertools.accumulate(lengths)
    axis = batched(layer.axis)
    return tuple(
        S.slice_axis(x, axis=axis, begin=end - length, end=end) for end, length in zip(ends, lengths, strict=True)
    )


@symbol.register
def arg_max(layer: ArgMax, place: Place, x: Symbol) -> Symbol:
    made = S.argmax(x, axis=layer.axis % len(place.shape()) + 1, keepdims=True)
    return place.reshaped(made, place.site.outputs[0].shape)


REDUCTIONS: dict[str, Callable[..., Symbol]] = {"mean": S.mean, "sum": S.sum, "max": S.max, "min": S.min}


@symbol.register
def reduce(layer: Reduce, place: Place, x: Symbol) -> Symbol:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    if not over:  # MXNet would take all axes, the batch's too
        return x
    return place.reshaped(REDUCTIONS[layer.operation](x, axis=over, keepdims=True), place.site.outputs[0].shape)
