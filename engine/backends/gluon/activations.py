"""The activations' rules."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from engine.backends.gluon.rules import Place, S, Symbol, batched, symbol
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

PLAIN: dict[type[Activation], Callable[[Symbol], Symbol]] = {
    ReLU: functools.partial(S.Activation, act_type="relu"),
    ReLU6: functools.partial(S.clip, a_min=0, a_max=6),
    SELU: lambda x: 1.0507009873554805 * S.LeakyReLU(x, act_type="elu", slope=1.6732632423543772),
    SiLU: lambda x: x * S.sigmoid(x),
    Mish: lambda x: x * S.tanh(S.Activation(x, act_type="softrelu")),
    HardSwish: lambda x: x * S.clip(x + 3, 0, 6) / 6,
    Sigmoid: functools.partial(S.Activation, act_type="sigmoid"),
    Tanh: functools.partial(S.Activation, act_type="tanh"),
    Softsign: functools.partial(S.Activation, act_type="softsign"),
    Abs: S.abs,
}
"""Those without parameters."""


def plain(layer: Activation, place: Place, x: Symbol) -> Symbol:
    """What MXNet's operators make of `x`."""
    return PLAIN[type(layer)](x)


for kind in PLAIN:
    symbol.register(kind, plain)


def _round(x: Symbol) -> Symbol:
    """To the even one of two that are equally near: MXNet's own goes down (rint) or away from 0 (round)."""
    up = S.floor(x + 0.5)
    is_odd_tie = S.broadcast_mul(up - x == 0.5, up - 2 * S.floor(up / 2) == 1)
    return up - is_odd_tie


ELEMENTARY: dict[str, Callable[[Symbol], Symbol]] = {
    "sin": S.sin,
    "cos": S.cos,
    "erf": S.erf,
    "floor": S.floor,
    "ceil": S.ceil,
    "round": _round,
    "sign": S.sign,
    "step": lambda x: x > 0,
}


@symbol.register
def elementary(layer: Elementary, place: Place, x: Symbol) -> Symbol:
    return ELEMENTARY[layer.function](x)


@symbol.register
def leaky_relu(layer: LeakyReLU, place: Place, x: Symbol) -> Symbol:
    return S.LeakyReLU(x, act_type="leaky", slope=layer.slope)


@symbol.register
def prelu(layer: PReLU, place: Place, x: Symbol) -> Symbol:
    along = (1, -1, *(1 for _ in place.shape()[1:])) if place.shape() else (-1,)
    slope = S.reshape(place.weights["slope"], shape=along)
    return S.relu(x) - S.broadcast_mul(S.relu(-x), slope)


@symbol.register
def elu(layer: ELU, place: Place, x: Symbol) -> Symbol:
    return S.LeakyReLU(x, act_type="elu", slope=layer.alpha)


@symbol.register
def gelu(layer: GELU, place: Place, x: Symbol) -> Symbol:
    if layer.approximation == "none":
        return S.LeakyReLU(x, act_type="gelu")
    return 0.5 * x * (1 + S.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


@symbol.register
def hard_sigmoid(layer: HardSigmoid, place: Place, x: Symbol) -> Symbol:
    return S.clip(layer.slope * x + layer.offset, 0, 1)


@symbol.register
def softplus(layer: Softplus, place: Place, x: Symbol) -> Symbol:
    return S.Activation(layer.beta * x, act_type="softrelu") / layer.beta


@symbol.register
def exp(layer: Exp, place: Place, x: Symbol) -> Symbol:
    return S.exp(_scaled(layer, x))


@symbol.register
def log(layer: Log, place: Place, x: Symbol) -> Symbol:
    return S.log(_scaled(layer, x))


@symbol.register
def power(layer: Power, place: Place, x: Symbol) -> Symbol:
    return _scaled(layer, x) ** layer.power


def _scaled(layer: Exp | Log | Power, x: Symbol) -> Symbol:
    return x * layer.scale + layer.shift


@symbol.register
def clip(layer: Clip, place: Place, x: Symbol) -> Symbol:
    return S.clip(x, layer.low, layer.high)


@symbol.register
def softmax(layer: Softmax, place: Place, x: Symbol) -> Symbol:
    return S.softmax(x, axis=batched(layer.axis))


@symbol.register
def log_softmax(layer: LogSoftmax, place: Place, x: Symbol) -> Symbol:
    return S.log_softmax(x, axis=batched(layer.axis))
