"""The rules of layers that arrange values, and of those that put values along axes together."""

from __future__ import annotations

import functools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, batched, function
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze


@function.register
def identity(layer: Identity, place: Place) -> Function:
    return lambda x: x


@function.register
def permute(layer: Permute, place: Place) -> Function:
    order = (0, *(axis + 1 for axis in layer.order(place.shape())))
    return functools.partial(torch.permute, dims=order)


@function.register
def squeeze(layer: Squeeze, place: Place) -> Function:
    shape = place.shape()
    dropped = layer.axes or [axis for axis, length in enumerate(shape) if length == 1]
    return functools.partial(torch.squeeze, dim=tuple(map(batched, dropped)))


@function.register
def expand(layer: Expand, place: Place) -> Function:
    rank = len(place.shape()) + len(layer.axes)
    made = {axis % rank + 1 for axis in layer.axes}
    where = tuple(None if axis in made else slice(None) for axis in range(rank + 1))
    return lambda x: x[where]


@function.register
def pad(layer: Pad, place: Place) -> Function:
    sides = layer.pads(place.shape())
    if layer.mode == "constant":
        last_axis_first = [cells for side in reversed(sides) for cells in side]
        return functools.partial(F.pad, pad=last_axis_first, value=layer.value)

    @functools.cache
    def cells(length: int, side: tuple[int, int]) -> Tensor:
        return torch.from_numpy(np.pad(np.arange(length), side, mode=layer.mode)).to(place.device)

    def extended(x: Tensor) -> Tensor:
        for axis, side in enumerate(sides, 1):
            if any(side):
                x = x.index_select(axis, cells(x.shape[axis], side))
        return x

    return extended


@function.register
def crop(layer: Crop, place: Place) -> Function:
    where = tuple(slice(begin, -end if end else None) for begin, end in layer.cuts(place.shape()))
    return lambda x: x[(slice(None), *where)]


@function.register
def take(layer: Slice, place: Place) -> Function:
    where = (slice(None),) * (layer.axis % len(place.shape()) + 1)
    return lambda x: x[(*where, layer.places)]


@function.register
def split(layer: Split, place: Place) -> Function:
    lengths = list(layer.lengths(place.shape()))
    return lambda x: torch.split(x, lengths, dim=batched(layer.axis))


@function.register
def arg_max(layer: ArgMax, place: Place) -> Function:
    return functools.partial(torch.argmax, dim=batched(layer.axis), keepdim=layer.keep_axes)


REDUCTIONS: dict[str, Function] = {"mean": torch.mean, "sum": torch.sum, "max": torch.amax, "min": torch.amin}


@function.register
def reduce(layer: Reduce, place: Place) -> Function:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    if not over:  # torch would take all axes, the batch's too
        return lambda x: x
    return functools.partial(REDUCTIONS[layer.operation], dim=over, keepdim=layer.keep_axes)
