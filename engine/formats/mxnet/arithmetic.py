"""Operators that combine values place by place, and those that combine them with one number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engine.errors import NetwrightError
from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Array, Given, Unmapped, Wire
from engine.layers.activation import Power
from engine.layers.base import Layer
from engine.layers.data import Constant
from engine.layers.merge import Add, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import Scale

TWO: dict[str, type[Layer]] = {
    **dict.fromkeys(("elemwise_add", "broadcast_add", "broadcast_plus", "_plus", "_Plus", "_add", "_grad_add"), Add),
    **dict.fromkeys(("add_n", "ElementWiseSum"), Add),
    **dict.fromkeys(("elemwise_sub", "broadcast_sub", "broadcast_minus", "_minus", "_Minus", "_sub"), Subtract),
    **dict.fromkeys(("elemwise_mul", "broadcast_mul", "_mul", "_Mul"), Multiply),
    **dict.fromkeys(("elemwise_div", "broadcast_div", "_div", "_Div"), Divide),
    **dict.fromkeys(("broadcast_maximum", "_maximum", "_Maximum"), Maximum),
    **dict.fromkeys(("broadcast_minimum", "_minimum", "_Minimum"), Minimum),
}

LEARNED: dict[type[Layer], tuple[str, Callable[[Array], Array]]] = {
    Add: ("shift", lambda values: values),
    Subtract: ("shift", lambda values: -values),
    Multiply: ("scale", lambda values: values),
    Divide: ("scale", lambda values: 1 / values),
}
"""What an array of the file becomes that is combined with samples."""


@reads(*TWO)
def combined(op: Operator) -> Made:
    op.set.word("num_args")
    kind = TWO[op.entry.kind]
    values = [op.value(place) for place in range(len(op.inputs))]
    if len(values) == 2 and kind in LEARNED:
        (first, second), swaps = values, kind in (Add, Multiply)
        if isinstance(first, Given) and isinstance(second, Wire) and swaps:
            first, second = second, first
        if isinstance(first, Wire) and isinstance(second, Given):
            made = _scaled(op, kind, first, second)
            if made is not None:
                return made
    wires = [op.wire(place) for place in range(len(op.inputs))]
    return op.put(kind(), *_beside(op, wires), shape=wires[0].shape)


def _beside(op: Operator, wires: list[Wire]) -> list[Wire]:
    """Constants go with samples along any axis, where these are merged."""
    other = next((wire for wire in wires if not isinstance(op.draft.nodes[wire.link.node].layer, Constant)), wires[0])
    if other.batch:
        return wires
    return [
        replace(wire, merged=other.merged) if isinstance(op.draft.nodes[wire.link.node].layer, Constant) else wire
        for wire in wires
    ]


def _scaled(op: Operator, kind: type[Layer], x: Wire, given: Given) -> Wire | None:
    """A scale, where the array has values for each place of some neighbouring axes and 1 elsewhere."""
    if x.shape is None or x.batch or given.array is None or not given.owner:
        return None
    sizes = given.array.shape
    sizes = (1,) * (x.rank - len(sizes)) + sizes
    own = [place for place, length in enumerate(sizes) if length != 1]
    if len(sizes) != x.rank or not own or own[0] == 0 or own[-1] - own[0] + 1 != len(own):
        return None
    name, change = LEARNED[kind]
    layer = Scale(axis=x.axis(own[0]), axes=len(own), scale=name == "scale", shift=name == "shift")
    try:
        fits = tuple(sizes[place] for place in own) == x.shape[layer.along(x.shape)]
    except NetwrightError:
        return None
    if not fits:
        return None
    values = change(np.asarray(given.array, np.float32)).reshape([sizes[place] for place in own])
    return op.put(layer, x, weights={name: replace(given, array=values, dims=values.shape)})


ONE: dict[str, Callable[[float], Power]] = {
    "_plus_scalar": lambda n: Power(shift=n),
    "_minus_scalar": lambda n: Power(shift=-n),
    "_rminus_scalar": lambda n: Power(scale=-1.0, shift=n),
    "_mul_scalar": lambda n: Power(scale=n),
    "_div_scalar": lambda n: Power(scale=1 / n),
    "_rdiv_scalar": lambda n: Power(power=-1.0, scale=1 / n),
    "_power_scalar": lambda n: Power(power=n),
}
"""What combines samples with a number."""
OLD = {
    "_PlusScalar": "_plus_scalar",
    "_MinusScalar": "_minus_scalar",
    "_RMinusScalar": "_rminus_scalar",
    "_MulScalar": "_mul_scalar",
    "_DivScalar": "_div_scalar",
    "_RDivScalar": "_rdiv_scalar",
    "_PowerScalar": "_power_scalar",
    "_MaximumScalar": "_maximum_scalar",
    "_MinimumScalar": "_minimum_scalar",
}
"""Names before 1.0."""


@reads(*ONE, *OLD, "_maximum_scalar", "_minimum_scalar")
def with_number(op: Operator) -> Made:
    kind, number = OLD.get(op.entry.kind, op.entry.kind), op.set.real("scalar")
    op.set.word("is_int")
    if kind in ("_maximum_scalar", "_minimum_scalar"):
        other = op.draft.constant(f"{op.entry.name}_number", Given(np.array([number])))
        layer = Maximum() if kind == "_maximum_scalar" else Minimum()
        return op.put(layer, op.x, replace(other, batch=op.x.batch, merged=op.x.merged), shape=op.x.shape)
    if number == 0 and kind in ("_div_scalar", "_rdiv_scalar"):
        raise Unmapped("it divides by 0, or 0 by something")
    return op.put(ONE[kind](number), shape=op.x.shape)


@reads("batch_dot", "_linalg_gemm2")
def batch_dot(op: Operator) -> Made:
    op.set.word("forward_stype")
    if op.set.real("alpha", 1.0) != 1 or op.set.whole("axis", -2) != -2:
        raise Unmapped("it has a factor, or another axis")
    layer = MatMul(transpose_a=op.set.flag("transpose_a"), transpose_b=op.set.flag("transpose_b"))
    return op.put(layer, op.wire(0), op.wire(1))
