"""Layers that make images finer, in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.resampling import PixelShuffle, Upsample


@rule.register
def upsample(layer: Upsample, to: Scope) -> str:
    scales = to.constant("scales", np.array((1, 1, *layer.factors(to.shape())), np.float32))
    ways: dict[str, Any]
    if layer.mode == "nearest":
        ways = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        places = "align_corners" if layer.align_corners else "half_pixel"
        ways = {"mode": "linear", "coordinate_transformation_mode": places}
    return to.op("Resize", to.x, "", scales, **ways)


@rule.register
def pixel_shuffle(layer: PixelShuffle, to: Scope) -> str:
    return to.op("DepthToSpace", to.x, blocksize=layer.factor, mode="CRD")
