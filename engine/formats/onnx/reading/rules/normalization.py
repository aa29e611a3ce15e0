"""Normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, reads
from engine.formats.onnx.reading.values import Array, Given, Unmapped, Wire
from engine.layers.activation import Abs, Power
from engine.layers.arranging import Reduce
from engine.layers.base import Shape
from engine.layers.merge import Divide, Subtract
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm


@reads("BatchNormalization")
def batch_norm(op: Operator) -> Made:
    if op.get("spatial", 1) == 0:
        raise Unmapped("has averages for every place")
    op.only(0)
    scale, shift, mean, variance = (_array(op, place) for place in range(1, 5))
    # Ours is the share of the new value, ONNX's that of the old one.
    layer = BatchNorm(momentum=_share(1 - op.get("momentum", 0.9)), epsilon=op.get("epsilon", 1e-5))
    x = op.x
    made = op.each(layer, x, len(op.sample(x)), scale=scale, shift=shift, running_mean=mean, running_variance=variance)
    if op.get("training_mode", 0):
        op.tell("approximated", "normalises by the batch in use too; here by the running averages")
    return made


def _share(share: float) -> float:
    return min(1.0, max(0.0, float(f"{share:.6g}")))


@reads("InstanceNormalization")
def instance_norm(op: Operator) -> Made:
    x = op.x
    layer = InstanceNorm(epsilon=op.get("epsilon", 1e-5))
    return op.each(layer, x, len(op.sample(x)), scale=_array(op, 1), shift=_array(op, 2))


@reads("GroupNormalization")
def group_norm(op: Operator) -> Made:
    x, groups = op.x, op.get("num_groups", 1)
    channels = op.sample(x)[0]
    scale, shift = _array(op, 1), _array(op, 2)
    if len(scale.array) == groups != channels:  # before version 21 one for each group
        scale, shift = (Given(np.repeat(it.array, channels // groups)) for it in (scale, shift))
    layer = GroupNorm(groups=groups, epsilon=op.get("epsilon", 1e-5))
    return op.each(layer, x, len(op.sample(x)), scale=scale, shift=shift)


@reads("LayerNormalization", "SimplifiedLayerNormalization")
def layer_norm(op: Operator) -> Made:
    if op.kind == "SimplifiedLayerNormalization":
        return rms_norm(op)
    x = op.x
    epsilon, axes = op.get("epsilon", 1e-5), _last(op, x)
    scale, shift = _array(op, 1), op.at(2)
    over = x.shape[-axes:]
    held: dict[str, Any] = {
        "scale": _whole(scale, over),
        "shift": _whole(shift, over) if shift else np.zeros(over, np.float32),
    }
    made = op.put(LayerNorm(axes=axes, epsilon=epsilon), x, **held)
    if not (op.used(1) or op.used(2)):
        return made
    places = tuple(range(-axes, 0))
    mean = op.put(Reduce("mean", places, keep_axes=True), x)
    squares = op.put(Power(power=2.0), op.put(Subtract(), x, mean))
    variance = op.put(Reduce("mean", places, keep_axes=True), squares)
    return made, mean, op.put(Power(power=-0.5, shift=epsilon), variance)


@reads("RMSNormalization")
def rms_norm(op: Operator) -> Made:
    op.only(0)
    x = op.x
    axes = _last(op, x)
    scale = _whole(_array(op, 1), x.shape[-axes:])
    return op.put(RMSNorm(axes=axes, epsilon=op.get("epsilon", 1e-5)), x, scale=scale)


def _last(op: Operator, x: Wire) -> int:
    """How many axes from the named one on are taken together. Raises Mixed."""
    return len(x.shape) - op.axis(op.get("axis", -1), x)


def _whole(values: object, shape: Shape) -> Given | Array:
    """Values for every place of some axes."""
    if not isinstance(values, Given):
        raise Unmapped("has a factor that is computed, and layers have it fixed")
    if values.dims == shape:
        return values
    try:
        return np.broadcast_to(values.array, shape)
    except ValueError:
        raise Unmapped(f"has a factor of the shape {values.dims} for {shape}") from None


@reads("LRN")
def lrn(op: Operator) -> Made:
    x, size = op.x, op.get("size")
    if size is None or size % 2 == 0:
        raise Unmapped(f"looks at {size} channels, which is no odd number")
    alpha, beta, k = (op.get(name, default) for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0)))
    return op.each(LRN(size=size, alpha=alpha, beta=beta, k=k), x, len(op.sample(x)))


@reads("LpNormalization")
def lp_normalization(op: Operator) -> Made:
    x = op.x
    axis = op.axis(op.get("axis", -1), x)
    if op.get("p", 2) == 2:
        return op.put(L2Normalize(axes=(axis,), epsilon=1e-30), x)
    total = op.put(Reduce("sum", (axis,), keep_axes=True), op.put(Abs(), x))
    return op.put(Divide(), x, op.put(Power(shift=1e-30), total))


@reads("MeanVarianceNormalization")
def mean_variance(op: Operator) -> Made:
    x = op.x
    axes = tuple(op.axis(axis, x) for axis in op.get("axes", (0, 2, 3)))
    apart = op.put(Subtract(), x, op.put(Reduce("mean", axes, keep_axes=True), x))
    variance = op.put(Reduce("mean", axes, keep_axes=True), op.put(Power(power=2.0), apart))
    deviation = op.put(Power(power=0.5), variance)
    return op.put(Divide(), apart, op.put(Power(shift=1e-9), deviation))


def _array(op: Operator, place: int) -> Given:
    if op.given(place) is None:
        raise Unmapped(f"its input {place + 1} is missing")
    value = op.at(place)
    assert isinstance(value, Given)
    return value
