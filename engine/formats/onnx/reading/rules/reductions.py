"""Values along axes put together."""

from __future__ import annotations

import functools

from engine.formats.onnx.reading.operator import Made, Operator, reads
from engine.formats.onnx.reading.rules.arranging import MOST, anywhere
from engine.formats.onnx.reading.values import Unmapped, Wire
from engine.layers.activation import Abs, Exp, Log, Power
from engine.layers.arranging import Identity, Reduce, Split, Squeeze
from engine.layers.merge import Add, Multiply, Subtract

_PLAIN = {"ReduceMean": "mean", "ReduceSum": "sum", "ReduceMax": "max", "ReduceMin": "min"}

_AROUND = {
    "ReduceL1": (Abs(), None),
    "ReduceL2": (Power(power=2.0), Power(power=0.5)),
    "ReduceSumSquare": (Power(power=2.0), None),
    "ReduceLogSum": (None, Log()),
}
"""What is done to the values before they are summed up, and to the sum."""


@reads(*_PLAIN)
def reduced(op: Operator) -> Made:
    x, axes = _over(op)
    return op.put(Reduce(_PLAIN[op.kind], axes, _keeps(op)), x) if axes is not None else x  # type: ignore[arg-type]


@reads(*_AROUND)
def summed(op: Operator) -> Made:
    before, after = _AROUND[op.kind]
    x, axes = _over(op)
    x = op.put(before, x) if before else x
    x = op.put(Reduce("sum", axes, _keeps(op)), x) if axes is not None else x
    return op.put(after, x) if after else x


@reads("ReduceLogSumExp")
def log_sum_exp(op: Operator) -> Made:
    x, axes = _over(op)
    if axes is None:
        return x
    highest = op.put(Reduce("max", axes, keep_axes=True), x)
    sums = op.put(Reduce("sum", axes, _keeps(op)), op.put(Exp(), op.put(Subtract(), x, highest)))
    if not _keeps(op):
        highest = op.put(Squeeze(axes or tuple(range(len(x.shape)))), highest) if x.shape else highest
    return op.put(Add(), op.put(Log(), sums), highest)


@reads("ReduceProd")
def product(op: Operator) -> Made:
    x, axes = _over(op)
    if axes is None:
        return x
    over = axes or tuple(range(len(x.shape)))
    for axis in over:
        length = x.shape[axis]
        if not 0 < length <= MOST:
            raise Unmapped(f"multiplies {length} values")
        if length > 1:
            parts = op.parts(Split(parts=length, axis=axis), x)
            x = functools.reduce(functools.partial(op.put, Multiply()), parts)
    return x if _keeps(op) or not over else op.put(Squeeze(over), x)


def _keeps(op: Operator) -> bool:
    return bool(op.get("keepdims", 1))


def _over(op: Operator) -> tuple[Wire, tuple[int, ...] | None]:
    """What is reduced, and over which axes of a sample; None: over none, and it stays. Raises Mixed."""
    x = anywhere(op)
    axes = op.numbers(1, "axes") or ()
    if not axes and op.get("noop_with_empty_axes", 0):
        return op.put(Identity(), x), None
    own = tuple(op.axis(axis, x) for axis in (axes or range(x.rank)))
    if not x.shape:
        return op.put(Identity(), x), None
    if _keeps(op) or x.batch in (None, 0):
        return x, own
    return op.x, own  # Mixed: the axis of the samples would move
