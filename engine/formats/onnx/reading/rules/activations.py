"""Functions of each value, and those along an axis."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, reads, short
from engine.formats.onnx.reading.values import Given, Mixed, Unmapped, Wire
from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Elementary,
    Exp,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Log,
    LogSoftmax,
    Mish,
    Power,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from engine.layers.arranging import ArgMax, Identity, Permute
from engine.layers.base import Layer
from engine.layers.embedding import Embedding
from engine.layers.merge import Add, Maximum, Minimum, Multiply
from engine.layers.regularization import Dropout
from engine.layers.reshape import Reshape

_PLAIN: dict[str, Layer] = {
    "Relu": ReLU(),
    "Sigmoid": Sigmoid(),
    "Tanh": Tanh(),
    "Softplus": Softplus(),
    "Softsign": Softsign(),
    "Abs": Abs(),
    "Exp": Exp(),
    "Log": Log(),
    "Mish": Mish(),
    "HardSwish": HardSwish(),
    "Neg": Power(scale=-1.0),
    "Sqrt": Power(power=0.5),
    "Reciprocal": Power(power=-1.0),
    "Identity": Identity(),
    "Sin": Elementary("sin"),
    "Cos": Elementary("cos"),
    "Erf": Elementary("erf"),
    "Floor": Elementary("floor"),
    "Ceil": Elementary("ceil"),
    "Round": Elementary("round"),
    "Sign": Elementary("sign"),
}


@reads(*_PLAIN)
def plain(op: Operator) -> Made:
    return op.unary(_PLAIN[op.kind])


@reads("LeakyRelu")
def leaky_relu(op: Operator) -> Made:
    slope = op.get("alpha", 0.01)
    if slope >= 0:
        return op.unary(LeakyReLU(slope=slope))
    x = op.unary(Identity())  # the negative slope: x − (1 − slope) · min(x, 0) in two halves
    negative = op.put(Power(scale=-slope), op.put(ReLU(), op.put(Power(scale=-1.0), x)))
    return op.put(Add(), op.put(ReLU(), x), negative)


@reads("Elu")
def elu(op: Operator) -> Made:
    return _elu(op, op.get("alpha", 1.0))


def _elu(op: Operator, alpha: float) -> Wire:
    if alpha < 0:
        raise Unmapped(f"has an alpha of {alpha:g}, which ELU has not")
    return op.unary(ELU(alpha=alpha))


@reads("ThresholdedRelu")
def thresholded_relu(op: Operator) -> Made:
    x = op.unary(Identity())
    return op.put(Multiply(), x, _beyond(op, x, op.get("alpha", 1.0)))


@reads("Shrink")
def shrink(op: Operator) -> Made:
    """Nought within lambd of 0, beyond it moved towards 0 by the bias."""
    x, bias, reach = op.unary(Identity()), op.get("bias", 0.0), op.get("lambd", 0.5)
    above = op.put(Multiply(), op.put(Power(shift=-bias), x), _beyond(op, x, reach))
    mirrored = op.put(Power(scale=-1.0), x)
    below = op.put(Multiply(), op.put(Power(shift=bias), x), _beyond(op, mirrored, reach))
    return op.put(Add(), above, below)


def _beyond(op: Operator, x: Wire, limit: float) -> Wire:
    """1 where x is more than a limit, else 0."""
    return op.put(Elementary("step"), op.put(Power(shift=-limit), x))


@reads("Selu")
def selu(op: Operator) -> Made:
    alpha, gamma = op.get("alpha", 1.67326319217681884765625), op.get("gamma", 1.05070102214813232421875)
    if math.isclose(alpha, 1.6732632, rel_tol=1e-5) and math.isclose(gamma, 1.0507010, rel_tol=1e-5):
        return op.unary(SELU())
    return op.put(Power(scale=gamma), _elu(op, alpha))


@reads("Celu")
def celu(op: Operator) -> Made:
    alpha = op.get("alpha", 1.0)
    if alpha == 1:
        return op.unary(ELU())
    return op.put(Power(scale=alpha), op.put(ELU(), op.unary(Power(scale=1 / alpha))))


@reads("Gelu")
def gelu(op: Operator) -> Made:
    return op.unary(GELU(approximation=op.get("approximate", "none")))


@reads("Swish", "QuickGelu")
def swish(op: Operator) -> Made:
    alpha = op.get("alpha", 1.0 if op.kind == "Swish" else 1.702)
    if alpha == 1:
        return op.unary(SiLU())
    x = op.unary(Identity())
    return op.put(Multiply(), x, op.put(Sigmoid(), op.put(Power(scale=alpha), x)))


@reads("HardSigmoid")
def hard_sigmoid(op: Operator) -> Made:
    slope = op.get("alpha", 0.2)
    if slope <= 0:
        raise Unmapped(f"has a slope of {slope:g}")
    return op.unary(HardSigmoid(slope=slope, offset=op.get("beta", 0.5)))


LOWEST, HIGHEST = float(np.finfo(np.float32).min), float(np.finfo(np.float32).max)


@reads("Clip")
def clip(op: Operator) -> Made:
    low, high = (_bound(op, place) for place in (0, 1))
    if isinstance(low, Wire) or isinstance(high, Wire):
        return _between(op, low, high)
    low, high = (LOWEST if low is None else low), (HIGHEST if high is None else high)
    if (low, high) == (0, 6):
        return op.unary(ReLU6())
    if low == 0 and high >= HIGHEST:
        return op.unary(ReLU())
    if low > high:
        return op.put(Power(scale=0.0, shift=high), op.unary(Identity()))
    return op.unary(Clip(low=low, high=high))


def _bound(op: Operator, place: int) -> float | Wire | None:
    attribute = op.get(("min", "max")[place])
    if attribute is not None:
        return float(attribute)
    value = op.at(place + 1)
    if isinstance(value, Given):
        return short(float(value.array.item()))
    return value


def _between(op: Operator, low: float | Wire | None, high: float | Wire | None) -> Wire:
    x = op.x
    for bound, kind in ((low, Maximum), (high, Minimum)):
        if bound is None:
            continue
        if isinstance(bound, float):
            bound = op.constant(np.array(bound, np.float32))
        elif bound.batch is not None:
            raise Mixed("has a bound that is not a sample's")
        x = op.put(kind(), x, replace(bound, batch=x.batch))
    return x


@reads("PRelu")
def prelu(op: Operator) -> Made:
    x, slope = op.x, op.at(1)
    if isinstance(slope, Wire) or slope is None:
        return _slopes(op, x)
    array = slope.array
    if array.size == 1:
        return op.put(PReLU(shared=True), x, slope=Given(array.reshape(1), slope.source))
    sample = op.sample(x)
    aligned = array.reshape((1,) * (x.rank - 1 - array.ndim) + array.shape) if array.ndim < x.rank else array[0]
    if array.ndim >= x.rank and array.shape[0] != 1:
        return _slopes(op, x)
    if op.opset < 7 and array.ndim == 1:
        aligned = array.reshape(-1, *(1,) * (len(sample) - 1))
    if aligned.shape == (sample[0], *(1,) * (len(sample) - 1)):
        return op.each(PReLU(), x, len(sample), slope=Given(aligned.reshape(-1), slope.source))
    return _slopes(op, x)


def _slopes(op: Operator, x: Wire) -> Wire:
    """max(0, x) + slope · min(0, x), where every place has a slope of its own."""
    slope = op.at(1)
    if isinstance(slope, Given):
        array = slope.array
        if x.batch is not None and array.ndim == x.rank and array.shape[0] != 1:
            raise Mixed("has other slopes for each sample")
        slope = replace(op.constant(array[0] if x.batch is not None and array.ndim == x.rank else array), batch=x.batch)
    assert slope is not None
    if slope.batch != x.batch or (x.batch is not None and slope.rank != x.rank):
        raise Mixed("has slopes that are no sample's")
    below = op.put(Power(scale=-1.0), op.put(ReLU(), op.put(Power(scale=-1.0), x)))
    return op.put(Add(), op.put(ReLU(), x), op.put(Multiply(), slope, below))


@reads("Softmax", "LogSoftmax")
def softmax(op: Operator) -> Made:
    value = op.at(0)
    x = value if isinstance(value, Wire) else op.x
    kind = Softmax if op.kind == "Softmax" else LogSoftmax
    axis = op.get("axis", -1 if op.opset >= 13 else 1)
    if op.opset >= 13:
        return op.put(kind(axis=_counted(op.axis(axis, x), x)), x)
    return _coerced(op, x, axis % x.rank, kind)


def _counted(axis: int, x: Wire) -> int:
    """From the end where it is the last, as layers say it."""
    return -1 if axis == len(x.shape) - 1 else axis


def _coerced(op: Operator, x: Wire, axis: int, kind: type[Softmax] | type[LogSoftmax]) -> Wire:
    """Before version 13: over all axes from that one on together."""
    longer = [place for place in range(axis, x.rank) if x.dims[place] != 1]
    if len(longer) <= 1:
        return op.put(kind(axis=_counted(op.axis(longer[0] if longer else x.rank - 1, x), x)), x)
    first = op.axis(axis, x)
    shape = x.shape
    rows = op.put(Reshape((*shape[:first], -1)), x)
    return op.put(Reshape(shape), op.put(kind(), rows))


@reads("Hardmax")
def hardmax(op: Operator) -> Made:
    x = op.x
    if op.opset < 13:
        raise Unmapped("is hardmax as before version 13")
    axis = op.axis(op.get("axis", -1), x)
    length, last = x.shape[axis], len(x.shape) - 1
    best = op.put(ArgMax(axis=axis), x)
    rows = op.put(Embedding(classes=length, units=length), best, weight=np.eye(length, dtype=np.float32))
    order = [*range(axis), last, *range(axis, last)]
    return rows if axis == last else op.put(Permute(tuple(order)), rows)


@reads("Dropout")
def dropout(op: Operator) -> Made:
    if op.opset >= 12 and (training := op.given(2)) is not None and training.item():
        raise Unmapped("drops values in use too")
    ratio = op.given(1) if op.opset >= 12 else None
    rate = short(float(ratio.item())) if ratio is not None else op.get("ratio", 0.5)
    made = op.unary(Dropout(rate=rate) if 0 <= rate < 1 else Identity())
    return (made, op.put(Power(scale=0.0, shift=1.0), made)) if op.used(1) else made  # in use nothing is dropped
