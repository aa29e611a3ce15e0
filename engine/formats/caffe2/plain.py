"""Operators that do the same to every number, and those that do nothing when a net is used."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from engine.formats.caffe2.draft import Made, Place, Unmapped, reads
from engine.formats.caffe2.operator import Operator
from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Exp,
    HardSigmoid,
    LeakyReLU,
    Log,
    Power,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from engine.layers.base import Layer
from engine.layers.regularization import Dropout
from engine.layers.reshape import Flatten, Reshape

_SELU = (1.67326324, 1.05070098)


def _selu(op: Operator) -> Layer:
    said = op.real("alpha", _SELU[0]), op.real("scale", _SELU[1])
    if not all(math.isclose(a, b, rel_tol=1e-5) for a, b in zip(said, _SELU, strict=True)):
        raise Unmapped(f"its alpha and scale are {said}")
    return SELU()


def _clip(op: Operator) -> Layer:
    return Clip(low=op.real("min", -3.4028235e38), high=op.real("max", 3.4028235e38))


def _bounded(op: Operator) -> Layer:
    bound = op.real("n", 6.0)
    return ReLU6() if bound == 6 else Clip(low=0.0, high=bound)


def _gelu(op: Operator) -> Layer:
    return GELU(approximation="tanh" if op.flag("fast_gelu") else "none")


def _power(op: Operator) -> Layer:
    if len(op.inputs) > 1:
        raise Unmapped("its exponent is a blob")
    return Power(power=op.real("exponent", 1.0))


POINTWISE: dict[str, Callable[[Operator], Layer]] = {
    "Relu": lambda op: ReLU(),
    "ReluN": _bounded,
    "LeakyRelu": lambda op: LeakyReLU(slope=op.real("alpha", 0.01)),
    "Elu": lambda op: ELU(alpha=op.real("alpha", 1.0)),
    "Selu": _selu,
    "Gelu": _gelu,
    "Swish": lambda op: SiLU(),
    "HardSigmoid": lambda op: HardSigmoid(slope=op.real("alpha", 0.2), offset=op.real("beta", 0.5)),
    "Sigmoid": lambda op: Sigmoid(),
    "Tanh": lambda op: Tanh(),
    "Softplus": lambda op: Softplus(),
    "Softsign": lambda op: Softsign(),
    "Exp": lambda op: Exp(),
    "Log": lambda op: Log(),
    "Abs": lambda op: Abs(),
    "Sqr": lambda op: Power(power=2.0),
    "Sqrt": lambda op: Power(power=0.5),
    "Rsqrt": lambda op: Power(power=-0.5),
    "Cube": lambda op: Power(power=3.0),
    "Reciprocal": lambda op: Power(power=-1.0),
    "Negative": lambda op: Power(scale=-1.0),
    "Scale": lambda op: Power(scale=op.real("scale", 1.0)),
    "Pow": _power,
    "Clip": _clip,
}


@reads(*POINTWISE)
def pointwise(place: Place) -> Made:
    return place.put(POINTWISE[place.op.kind](place.op), place.either(0))


@reads("Dropout")
def dropout(place: Place) -> Made:
    place.op.flag("is_test")
    made = place.put(Dropout(rate=place.op.real("ratio", 0.5)), place.either(0))
    return (made,)


@reads(
    "Copy",
    "Alias",
    "EnsureCPUOutput",
    "CopyCPUToGPU",
    "CopyGPUToCPU",
    "CopyFromCPUInput",
    "EnsureDense",
    "StopGradient",
)
def copied(place: Place) -> Made:
    value = place.value(0)
    place.draft.tell("ignored", place.name, f"{place.op.kind} only moves its input")
    return place.either(0) if value is None else value


@reads("Softmax")
def softmax(place: Place) -> Made:
    x, axis = place.x, place.op.whole("axis", 1)
    rank = len(x.shape)
    start = axis + rank + 1 if axis < 0 else axis
    if start < 1 or start > rank:
        raise Unmapped("it works along the samples' axis")
    wide = [place for place in range(start - 1, rank) if x.shape[place] != 1]
    if len(wide) <= 1 or start == rank:
        made = place.put(Softmax(axis=wide[0] if wide and rank > 1 else -1), x)
        return replace(made, scores=x)
    if start != 1:
        raise Unmapped("it goes over several axes")
    flat = place.put(Softmax(), place.put(Flatten(), x, mark="flat"), mark="scores")
    return place.put(Reshape(sizes=x.shape), flat)
