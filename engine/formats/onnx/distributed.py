"""Layers that are applied to every step, in ONNX: steps become samples, and samples steps again."""

from __future__ import annotations

import sys

from engine.backends.steps import step_of
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.distributed import TimeDistributed


@rule.register
def time_distributed(layer: TimeDistributed, to: Scope) -> str:
    shape = to.op("Shape", to.x)
    each = to.op("Concat", to.whole("steps", (-1,)), _part(to, shape, 2, sys.maxsize), axis=0)
    made = rule(layer.layer, Scope(step_of(layer, to.site), (to.op("Reshape", to.x, each),), to.operators))
    assert isinstance(made, str)
    whole = to.op("Concat", _part(to, shape, 0, 2), _part(to, to.op("Shape", made), 1, sys.maxsize), axis=0)
    return to.op("Reshape", made, whole)


def _part(to: Scope, shape: str, begin: int, end: int) -> str:
    return to.op("Slice", shape, to.whole(f"from{begin}", (begin,)), to.whole(f"to{end}", (end,)))
