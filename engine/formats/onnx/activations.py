"""Activations in ONNX."""

from __future__ import annotations

import math

from onnx import TensorProto

from engine.formats.onnx.rules import batched, rule
from engine.formats.onnx.scope import Scope
from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Activation,
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

PLAIN: dict[type[Activation], str] = {
    ReLU: "Relu",
    SELU: "Selu",
    Sigmoid: "Sigmoid",
    Tanh: "Tanh",
    Softsign: "Softsign",
    Abs: "Abs",
}
"""Those that are one operator without parameters."""


def plain(layer: Activation, to: Scope) -> str:
    """The operator of that name."""
    return to.op(PLAIN[type(layer)], to.x)


for kind in PLAIN:
    rule.register(kind, plain)


@rule.register
def elementary(layer: Elementary, to: Scope) -> str:
    if layer.function != "step":
        return to.op(layer.function.capitalize(), to.x)
    return to.op("Cast", to.op("Greater", to.x, to.number("zero", 0.0)), to=TensorProto.FLOAT)


@rule.register
def relu6(layer: ReLU6, to: Scope) -> str:
    return _clipped(to, 0.0, 6.0)


@rule.register
def clip(layer: Clip, to: Scope) -> str:
    return _clipped(to, layer.low, layer.high)


def _clipped(to: Scope, low: float, high: float) -> str:
    return to.op("Clip", to.x, to.number("low", low), to.number("high", high))


@rule.register
def leaky_relu(layer: LeakyReLU, to: Scope) -> str:
    return to.op("LeakyRelu", to.x, alpha=layer.slope)


@rule.register
def prelu(layer: PReLU, to: Scope) -> str:
    slope = to.weight("slope")
    positions = len(to.shape()) - 1  # slopes are aligned at the last axis
    if not layer.shared and positions > 0:
        slope = to.op("Unsqueeze", slope, to.whole("positions", range(1, positions + 1)))
    return to.op("PRelu", to.x, slope)


@rule.register
def elu(layer: ELU, to: Scope) -> str:
    return to.op("Elu", to.x, alpha=layer.alpha)


@rule.register
def gelu(layer: GELU, to: Scope) -> str:
    if to.opset >= 20:
        return to.op("Gelu", to.x, approximate=layer.approximation)
    half = to.op("Mul", to.x, to.number("half", 0.5))
    bent = to.op("Tanh", _cubic(to)) if layer.approximation == "tanh" else to.op("Erf", _times(to, math.sqrt(0.5)))
    return to.op("Mul", half, to.op("Add", bent, to.number("one", 1.0)))


def _cubic(to: Scope) -> str:
    """√(2/π) · (x + 0.044715 x³)."""
    square = to.op("Mul", to.x, to.x)
    factor = to.op("Add", to.op("Mul", square, to.number("cubic", 0.044715)), to.number("one", 1.0))
    return to.op("Mul", _times(to, math.sqrt(2 / math.pi)), factor)


def _times(to: Scope, factor: float) -> str:
    return to.op("Mul", to.x, to.number("factor", factor))


@rule.register
def silu(layer: SiLU, to: Scope) -> str:
    return to.op("Mul", to.x, to.op("Sigmoid", to.x))


@rule.register
def mish(layer: Mish, to: Scope) -> str:
    return to.op("Mul", to.x, to.op("Tanh", to.op("Softplus", to.x)))


@rule.register
def hard_swish(layer: HardSwish, to: Scope) -> str:
    return to.op("Mul", to.x, to.op("HardSigmoid", to.x, alpha=1 / 6, beta=0.5))


@rule.register
def hard_sigmoid(layer: HardSigmoid, to: Scope) -> str:
    return to.op("HardSigmoid", to.x, alpha=layer.slope, beta=layer.offset)


@rule.register
def softplus(layer: Softplus, to: Scope) -> str:
    if layer.beta == 1:
        return to.op("Softplus", to.x)
    beta = to.number("beta", layer.beta)
    return to.op("Div", to.op("Softplus", to.op("Mul", to.x, beta)), beta)


@rule.register
def exp(layer: Exp, to: Scope) -> str:
    return to.op("Exp", _scaled(layer, to))


@rule.register
def log(layer: Log, to: Scope) -> str:
    return to.op("Log", _scaled(layer, to))


@rule.register
def power(layer: Power, to: Scope) -> str:
    return to.op("Pow", _scaled(layer, to), to.number("power", layer.power))


def _scaled(layer: Exp | Log | Power, to: Scope) -> str:
    x = to.x if layer.scale == 1 else _times(to, layer.scale)
    return x if layer.shift == 0 else to.op("Add", x, to.number("shift", layer.shift))


@rule.register
def softmax(layer: Softmax, to: Scope) -> str:
    return to.op("Softmax", to.x, axis=batched(layer.axis))


@rule.register
def log_softmax(layer: LogSoftmax, to: Scope) -> str:
    return to.op("LogSoftmax", to.x, axis=batched(layer.axis))
