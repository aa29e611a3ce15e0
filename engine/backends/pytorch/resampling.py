"""The rules of layers that make images finer."""

from __future__ import annotations

import functools

import torch.nn.functional as F  # noqa: N812 - as everywhere

from engine.backends.pytorch.rules import Function, Place, function
from engine.layers.resampling import PixelShuffle, Upsample

LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What torch calls the blend of neighbours, by the number of axes."""


@function.register
def upsample(layer: Upsample, place: Place) -> Function:
    shape = place.shape()
    factors = [float(factor) for factor in layer.factors(shape)]
    if layer.mode == "nearest":
        # Its `nearest` rounds i / scale in float32 and may take the cell before; where the scale is whole, this is what
        # it should be.
        return functools.partial(F.interpolate, scale_factor=factors, mode="nearest-exact")
    return functools.partial(
        F.interpolate, scale_factor=factors, mode=LINEAR[len(factors)], align_corners=layer.align_corners
    )


@function.register
def pixel_shuffle(layer: PixelShuffle, place: Place) -> Function:
    return functools.partial(F.pixel_shuffle, upscale_factor=layer.factor)
