"""The activations' rules."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, batched, function
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

PLAIN: dict[type[Activation], Function] = {
    ReLU: F.relu,
    ReLU6: F.relu6,
    SELU: F.selu,
    SiLU: F.silu,
    Mish: F.mish,
    HardSwish: F.hardswish,
    Sigmoid: torch.sigmoid,
    Tanh: torch.tanh,
    Softsign: F.softsign,
    Abs: torch.abs,
}
"""Those without parameters."""


def plain(layer: Activation, place: Place) -> Function:
    """The function that torch has for it."""
    return PLAIN[type(layer)]


for kind in PLAIN:
    function.register(kind, plain)


@function.register
def leaky_relu(layer: LeakyReLU, place: Place) -> Function:
    return functools.partial(F.leaky_relu, negative_slope=layer.slope)


@function.register
def prelu(layer: PReLU, place: Place) -> Function:
    if place.shape():
        return functools.partial(F.prelu, weight=place.weights["slope"])
    return lambda x: F.prelu(x[:, None], place.weights["slope"])[:, 0]


@function.register
def elu(layer: ELU, place: Place) -> Function:
    return functools.partial(F.elu, alpha=layer.alpha)


@function.register
def gelu(layer: GELU, place: Place) -> Function:
    return functools.partial(F.gelu, approximate=layer.approximation)


@function.register
def hard_sigmoid(layer: HardSigmoid, place: Place) -> Function:
    return lambda x: (layer.slope * x + layer.offset).clamp(0, 1)


@function.register
def softplus(layer: Softplus, place: Place) -> Function:
    return functools.partial(F.softplus, beta=layer.beta)


@function.register
def exp(layer: Exp, place: Place) -> Function:
    return lambda x: torch.exp(_scaled(layer, x))


@function.register
def log(layer: Log, place: Place) -> Function:
    return lambda x: torch.log(_scaled(layer, x))


@function.register
def power(layer: Power, place: Place) -> Function:
    return lambda x: _scaled(layer, x) ** layer.power


def _scaled(layer: Exp | Log | Power, x: Tensor) -> Tensor:
    return x * layer.scale + layer.shift


ELEMENTARY: dict[str, Function] = {
    "sin": torch.sin,
    "cos": torch.cos,
    "erf": torch.erf,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "round": torch.round,
    "sign": torch.sign,
    "step": lambda x: torch.relu(torch.sign(x)),
}


@function.register
def elementary(layer: Elementary, place: Place) -> Function:
    return ELEMENTARY[layer.function]


@function.register
def clip(layer: Clip, place: Place) -> Function:
    return functools.partial(torch.clamp, min=layer.low, max=layer.high)


@function.register
def softmax(layer: Softmax, place: Place) -> Function:
    return functools.partial(F.softmax, dim=batched(layer.axis))


@function.register
def log_softmax(layer: LogSoftmax, place: Place) -> Function:
    return functools.partial(F.log_softmax, dim=batched(layer.axis))
