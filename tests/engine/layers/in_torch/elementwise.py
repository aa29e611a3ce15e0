"""Layers that compute value by value or combine several inputs, in torch's own words."""

import functools

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
from engine.layers.arranging import Identity
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape
from tests.engine.layers.in_torch.rules import F, batched, rule, torch

ELEMENTARY = {name: getattr(torch, name) for name in ("sin", "cos", "erf", "floor", "ceil", "round", "sign")}
ELEMENTARY["step"] = lambda x: torch.heaviside(x, torch.zeros((), dtype=x.dtype))

PLAIN = {
    Identity: lambda layer, x: x,
    ReLU: lambda layer, x: F.relu(x),
    LeakyReLU: lambda layer, x: F.leaky_relu(x, layer.slope),
    ELU: lambda layer, x: F.elu(x, layer.alpha),
    GELU: lambda layer, x: F.gelu(x, approximate=layer.approximation),
    ReLU6: lambda layer, x: F.relu6(x),
    SELU: lambda layer, x: F.selu(x),
    SiLU: lambda layer, x: F.silu(x),
    Mish: lambda layer, x: F.mish(x),
    HardSwish: lambda layer, x: F.hardswish(x),
    HardSigmoid: lambda layer, x: F.hardsigmoid(6 * (layer.slope * x + layer.offset) - 3),
    Sigmoid: lambda layer, x: F.sigmoid(x),
    Tanh: lambda layer, x: F.tanh(x),
    Softplus: lambda layer, x: F.softplus(x, layer.beta),
    Elementary: lambda layer, x: ELEMENTARY[layer.function](x),
    Softsign: lambda layer, x: F.softsign(x),
    Exp: lambda layer, x: torch.exp(layer.shift + layer.scale * x),
    Log: lambda layer, x: torch.log(layer.shift + layer.scale * x),
    Power: lambda layer, x: torch.pow(layer.shift + layer.scale * x, layer.power),
    Abs: lambda layer, x: torch.abs(x),
    Clip: lambda layer, x: F.hardtanh(x, layer.low, layer.high),
    LogSoftmax: lambda layer, x: F.log_softmax(x, batched(layer.axis)),
    Softmax: lambda layer, x: F.softmax(x, batched(layer.axis)),
    Dropout: lambda layer, x: F.dropout(x, layer.rate, training=False),
    SpatialDropout: lambda layer, x: F.dropout1d(x.flatten(2), layer.rate, training=False).reshape(x.shape),
    DropPath: lambda layer, x: x,
    GaussianNoise: lambda layer, x: x,
    Flatten: lambda layer, x: torch.flatten(x, 1) if x.ndim > 1 else x[:, None],
    Reshape: lambda layer, x: x.reshape(len(x), *layer.sizes),
}


@rule(*PLAIN)
def plain(layer, weights, x):
    return PLAIN[type(layer)](layer, x)


@rule(PReLU)
def prelu(layer, weights, x):
    return F.prelu(x, weights["slope"]) if x.ndim > 1 else F.prelu(x[:, None], weights["slope"])[:, 0]


FOLDS = {
    Add: torch.add,
    Subtract: torch.sub,
    Multiply: torch.mul,
    Divide: torch.div,
    Maximum: torch.maximum,
    Minimum: torch.minimum,
}


@rule(*FOLDS)
def elementwise(layer, weights, *inputs):
    samples = zip(*inputs, strict=True)  # without the batch axis torch broadcasts samples by itself
    return torch.stack([functools.reduce(FOLDS[type(layer)], sample) for sample in samples])


@rule(Average)
def average(layer, weights, *inputs):
    samples = zip(*inputs, strict=True)
    return torch.stack([torch.stack(torch.broadcast_tensors(*sample)).mean(0) for sample in samples])


@rule(MatMul)
def mat_mul(layer, weights, a, b):
    left, right = "km" if layer.transpose_a else "mk", "nk" if layer.transpose_b else "kn"
    return torch.stack([torch.einsum(f"...{left},...{right}->...mn", *sample) for sample in zip(a, b, strict=True)])


@rule(Concat)
def concat(layer, weights, *inputs):
    return torch.stack([torch.cat(sample, layer.axis) for sample in zip(*inputs, strict=True)])
