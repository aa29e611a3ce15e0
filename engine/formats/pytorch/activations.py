"""The rules of activations and of normalisation."""

from __future__ import annotations

import numpy as np

from engine.formats.pytorch.calls import Made, Step, made
from engine.formats.pytorch.limits import refusal
from engine.formats.pytorch.rules import Place, batched, rule
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
from engine.layers.base import Layer
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RMSNorm, Scale

PLAIN: dict[type[Layer], str] = {
    ReLU: "nn.ReLU",
    ReLU6: "nn.ReLU6",
    SELU: "nn.SELU",
    SiLU: "nn.SiLU",
    Mish: "nn.Mish",
    HardSwish: "nn.Hardswish",
    Sigmoid: "nn.Sigmoid",
    Tanh: "nn.Tanh",
    Softsign: "nn.Softsign",
}
"""Those without parameters."""


def plain(layer: Layer, place: Place) -> Step:
    """The module that torch has for it."""
    return Step("{it}({0})", made(PLAIN[type(layer)]))


for kind in PLAIN:
    rule.register(kind, plain)


@rule.register
def leaky_relu(layer: LeakyReLU, place: Place) -> Step:
    return Step("{it}({0})", made("nn.LeakyReLU", ("negative_slope", layer.slope)))


@rule.register
def prelu(layer: PReLU, place: Place) -> Step:
    (shape,) = (weight.shape for weight in layer.weights(place.shape()))
    call = "{it}({0})" if place.shape() else "{it}({0}[:, None])[:, 0]"
    return Step(call, made("nn.PReLU", ("num_parameters", shape[0])), place.named(slope="weight"))


@rule.register
def elu(layer: ELU, place: Place) -> Step:
    return Step("{it}({0})", made("nn.ELU", ("alpha", layer.alpha)))


@rule.register
def gelu(layer: GELU, place: Place) -> Step:
    approximate = {} if layer.approximation == "none" else {"approximate": layer.approximation}
    return Step("{it}({0})", made("nn.GELU", **approximate))


@rule.register
def hard_sigmoid(layer: HardSigmoid, place: Place) -> Step:
    return Step(f"({layer.slope} * {{0}} + {layer.offset}).clamp(0, 1)")


@rule.register
def softplus(layer: Softplus, place: Place) -> Step:
    return Step("{it}({0})", made("nn.Softplus", beta=layer.beta))


@rule.register
def absolute(layer: Abs, place: Place) -> Step:
    return Step("{0}.abs()")


@rule.register
def exp(layer: Exp, place: Place) -> Step:
    return Step(f"torch.exp({_scaled(layer)})")


@rule.register
def log(layer: Log, place: Place) -> Step:
    return Step(f"torch.log({_scaled(layer)})")


@rule.register
def power(layer: Power, place: Place) -> Step:
    inner = _scaled(layer)
    return Step(f"{inner if inner == '{0}' else f'({inner})'} ** {layer.power}")


def _scaled(layer: Exp | Log | Power) -> str:
    scaled = "{0}" if layer.scale == 1 else f"{{0}} * {layer.scale}"
    return f"{scaled} + {layer.shift}" if layer.shift else scaled


@rule.register
def elementary(layer: Elementary, place: Place) -> Step:
    return Step("torch.relu({0}.sign())" if layer.function == "step" else f"torch.{layer.function}({{0}})")


@rule.register
def clip(layer: Clip, place: Place) -> Step:
    return Step(f"{{0}}.clamp({layer.low}, {layer.high})")


@rule.register
def softmax(layer: Softmax, place: Place) -> Step:
    return Step("{it}({0})", made("nn.Softmax", dim=batched(layer.axis)))


@rule.register
def log_softmax(layer: LogSoftmax, place: Place) -> Step:
    return Step("{it}({0})", made("nn.LogSoftmax", dim=batched(layer.axis)))


# Normalisation


AXES = {1: 1, 2: 1, 3: 2, 4: 3}
"""The number in the name of torch's module, by the axes of a sample."""


@rule.register
def batch_norm(layer: BatchNorm, place: Place) -> Step:
    axes = AXES.get(len(place.shape()))
    if axes is None:
        raise refusal(layer, place.site.name)
    options = _norm(layer.epsilon, layer.affine) | ({} if layer.momentum == 0.1 else {"momentum": layer.momentum})
    states = place.named(scale="weight", shift="bias", running_variance="running_var")
    module = made(f"nn.BatchNorm{axes}d", ("num_features", place.shape()[0]), **options)
    return Step("{it}({0})", module, states, {"num_batches_tracked": np.zeros((), np.int64)})


@rule.register
def layer_norm(layer: LayerNorm, place: Place) -> Step:
    return _by_shape("nn.LayerNorm", layer, place)


@rule.register
def rms_norm(layer: RMSNorm, place: Place) -> Step:
    return _by_shape("nn.RMSNorm", layer, place)


def _by_shape(kind: str, layer: LayerNorm | RMSNorm, place: Place) -> Step:
    shape = place.shape()[-layer.axes :]
    options = {"eps": layer.epsilon} | ({} if layer.affine else {"elementwise_affine": False})
    module = made(kind, ("features", shape[0] if len(shape) == 1 else shape), **options)
    return Step("{it}({0})", module, place.named(scale="weight", shift="bias"))


@rule.register
def group_norm(layer: GroupNorm, place: Place) -> Step:
    return _by_groups(layer.groups, layer, place)


@rule.register
def instance_norm(layer: InstanceNorm, place: Place) -> Step:
    return _by_groups(place.shape()[0], layer, place)


def _by_groups(groups: int, layer: GroupNorm | InstanceNorm, place: Place) -> Step:
    counts = (("num_groups", groups), ("num_channels", place.shape()[0]))
    module = made("nn.GroupNorm", *counts, **_norm(layer.epsilon, layer.affine))
    return Step("{it}({0})", module, place.named(scale="weight", shift="bias"))


def _norm(epsilon: float, affine: bool) -> dict[str, float]:
    return ({} if epsilon == 1e-5 else {"eps": epsilon}) | ({} if affine else {"affine": False})


@rule.register
def scale(layer: Scale, place: Place) -> Step:
    shape = place.shape()
    along = layer.along(shape)
    options = {name: False for name in ("scale", "shift") if name not in place.site.weights}
    module = made("Scale", ("shape", shape[along]), behind=len(shape) - along.stop, **options)
    return Step("{it}({0})", module, place.named())


@rule.register
def lrn(layer: LRN, place: Place) -> Step:
    if layer.region == "across_channels":
        factors = {"alpha": layer.alpha, "beta": layer.beta, "k": layer.k}
        return Step("{it}({0})", made("nn.LocalResponseNorm", ("size", layer.size), **factors))
    return Step(f"{{0}} / ({layer.k} + {layer.alpha} * {{it}}({{0}}.square())) ** {layer.beta}", _near(layer, place))


def _near(layer: LRN, place: Place) -> Made:
    """The mean over the neighbours within a channel, noughts beyond the ends counted."""
    window = {"stride": 1, "padding": layer.size // 2}
    return made(f"nn.AvgPool{len(place.shape()) - 1}d", ("kernel_size", layer.size), **window)
