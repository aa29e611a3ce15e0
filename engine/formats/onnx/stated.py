"""Constants in ONNX: repeated for as many samples as enter."""

from __future__ import annotations

from engine.backends.stated import stated
from engine.formats.onnx.limits import refusal
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.data import Constant


@rule.register
def constant(layer: Constant, to: Scope) -> str:
    samples = to.operators.entry
    if not samples:
        raise refusal(layer, to)
    ends = (to.whole("first", (0,)), to.whole("second", (1,)))
    shape = to.op("Concat", to.op("Slice", to.op("Shape", samples), *ends), to.whole("shape", layer.sizes), axis=0)
    return to.op("Expand", to.constant("value", stated(layer)[None]), shape)
