"""Caffe2 written: a rule a layer, the net as it is deployed and the net that fills its blobs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.active import deployment, outputs_of
from engine.backends.graph import Site, graph_of
from engine.backends.weights import complete
from engine.errors import Unsupported
from engine.formats.caffe.message import Message
from engine.formats.caffe2.filling import Array
from engine.layers.activation import ELU, LeakyReLU, PReLU, ReLU, ReLU6, Sigmoid, Softmax, Tanh
from engine.layers.arranging import Identity, Permute
from engine.layers.base import Layer
from engine.layers.convolution import Convolution, DepthwiseConv2D, Transposed
from engine.layers.dense import Dense
from engine.layers.merge import Add, Concat
from engine.layers.normalization import LRN, BatchNorm
from engine.layers.pooling import AvgPooling, GlobalAvgPool, GlobalMaxPool, MaxPooling
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape
from engine.network import Network
from engine.node import Link


@dataclass
class Scope:
    """Where a rule writes the operators of one layer."""

    site: Site
    inputs: tuple[str, ...]
    arrays: Mapping[str, Array]
    used: dict[str, Array]
    ops: list[Message] = field(default_factory=list)

    def weight(self, name: str) -> str:
        """A blob that is filled."""
        full = self.site.weights[name]
        self.used[full] = self.arrays[full]
        return full

    def op(self, kind: str, *inputs: str, mark: str = "", **arguments: Any) -> str:
        """An operator; the name of what it makes."""
        made = f"{self.site.name}{mark}"
        args = [argument(name, value) for name, value in arguments.items()]
        said: dict[str, list[Any]] = {"input": list(inputs), "output": [made], "type": [kind], "arg": args}
        self.ops.append(Message("OperatorDef").with_fields(**said))
        return made


def argument(name: str, value: Any) -> Message:
    """A setting in the field that its kind has."""
    if isinstance(value, str):
        return Message("Argument", {"name": [name], "s": [value]})
    if isinstance(value, float):
        return Message("Argument", {"name": [name], "f": [value]})
    if isinstance(value, np.ndarray):
        return Message("Argument", {"name": [name], "floats": [float(str(it)) for it in value.ravel()]})
    if isinstance(value, tuple):
        return Message("Argument", {"name": [name], "ints": list(value)})
    return Message("Argument", {"name": [name], "i": [int(value)]})


def exported(network: Network, weights: Mapping[str, Array], name: str) -> tuple[Message, Message]:
    """predict_net and init_net. Raises Unsupported naming the node, and NetwrightError for missing weights."""
    deployed = deployment(network)
    graph = graph_of(deployed.network)
    arrays = complete({key: parameter.shape for key, parameter in graph.parameters.items()}, weights)
    used: dict[str, Array] = {}
    ops: list[Message] = []
    fills: list[Message] = []
    for site in graph.sites:
        if site.is_fed:
            shape = (1, *(max(1, size) for size in site.outputs[0].shape))
            if -1 in site.outputs[0].shape:
                raise Unsupported("has a length that is not said, and Caffe2's weights ask for it", node=site.name)
            fills.append(_fill("ConstantFill", site.name, shape=shape))
            continue
        scope = Scope(site, tuple(str(Link(*source)) for source in site.feeds), arrays, used)
        rule(site.layer, scope)
        ops += scope.ops
    filled = [_fill("GivenTensorFill", key, shape=array.shape, values=array) for key, array in used.items()]
    entering = [site.name for site in graph.inputs] + list(used)
    leaving = [str(link) for link in outputs_of(deployed)]
    net: dict[str, list[Any]] = {
        "name": [name or "network"],
        "op": ops,
        "external_input": entering,
        "external_output": leaving,
    }
    return Message("NetDef", net), Message("NetDef", {"name": [f"{name or 'network'}_init"], "op": [*filled, *fills]})


def _fill(kind: str, name: str, **arguments: Any) -> Message:
    args = [argument(key, value) for key, value in arguments.items()]
    return Message("OperatorDef", {"output": [name], "type": [kind], "arg": args})


@functools.singledispatch
def rule(layer: Layer, to: Scope) -> None:
    """Writes the operators of a layer. Raises Unsupported."""
    raise Unsupported(f"Caffe2 export has no rule for {type(layer).__name__}", node=to.site.name)


def _shape(to: Scope) -> tuple[int, ...]:
    signal = to.site.inputs[0]
    return signal.shape if signal else ()


@rule.register(Convolution)
@rule.register(DepthwiseConv2D)
def convolution(layer: Convolution | DepthwiseConv2D, to: Scope) -> None:
    names = tuple(to.weight(name) for name in ("weight", "bias") if name in to.site.weights)
    said: dict[str, Any] = {"kernels": layer.kernel, "strides": layer.stride, "pads": layer.pads(_shape(to))}
    groups = _shape(to)[0] if isinstance(layer, DepthwiseConv2D) else layer.groups
    is_spread = isinstance(layer, Transposed)
    if isinstance(layer, Transposed):
        if any(it != 1 for it in layer.dilation):
            raise Unsupported("Caffe2's ConvTranspose has no dilation", node=to.site.name)
        said["adjs"] = layer.output_padding
    else:
        said["dilations"] = layer.dilation
    to.op("ConvTranspose" if is_spread else "Conv", *to.inputs, *names, **said, group=groups, order="NCHW")


@rule.register(MaxPooling)
@rule.register(AvgPooling)
def pooling(layer: MaxPooling | AvgPooling, to: Scope) -> None:
    kind = "MaxPool" if isinstance(layer, MaxPooling) else "AveragePool"
    pads, count, image = layer.pads(_shape(to)), len(layer.kernel), _shape(to)[1:]
    said: dict[str, Any] = {"kernels": layer.kernel, "strides": layer.strides, "pads": pads, "order": "NCHW"}
    axes = zip(image, pads, pads[count:], layer.kernel, layer.strides, strict=False)
    if layer.rounding == "ceil" and any((n + b + e - k) % s for n, b, e, k, s in axes):
        if pads[:count] != pads[count:]:
            raise Unsupported("Caffe2 rounds up with equal padding at both ends only", node=to.site.name)
        if isinstance(layer, AvgPooling) and layer.count_padding and any(pads):
            raise Unsupported("Caffe2 does not count padding where it rounds up", node=to.site.name)
        said["legacy_pad"] = 3
    elif isinstance(layer, AvgPooling) and any(pads):
        said["count_include_pad"] = layer.count_padding
    to.op(kind, *to.inputs, **said)


@rule.register(GlobalAvgPool)
@rule.register(GlobalMaxPool)
def everywhere(layer: GlobalAvgPool | GlobalMaxPool, to: Scope) -> None:
    if len(_shape(to)) != 3:
        raise Unsupported("Caffe2 pools images as a whole, nothing of other axes", node=to.site.name)
    kind = "MaxPool" if isinstance(layer, GlobalMaxPool) else "AveragePool"
    made = to.op(kind, *to.inputs, mark="" if layer.keep_axes else "/pool", global_pooling=1, order="NCHW")
    if not layer.keep_axes:
        to.op("Flatten", made, axis=1)


@rule.register
def dense(layer: Dense, to: Scope) -> None:
    bias = to.weight("bias") if layer.bias else ""
    if not bias:  # FC always adds one
        bias = f"{to.site.name}/bias"
        to.used[bias] = np.zeros(layer.units, np.float32)
    to.op("FC", *to.inputs, to.weight("weight"), bias, axis=len(_shape(to)))


@rule.register
def batch_norm(layer: BatchNorm, to: Scope) -> None:
    if not layer.affine:
        raise Unsupported("Caffe2's SpatialBN always has a scale and a shift", node=to.site.name)
    names = tuple(map(to.weight, ("scale", "shift", "running_mean", "running_variance")))
    said: dict[str, Any] = {"epsilon": layer.epsilon, "momentum": 1 - layer.momentum}
    to.op("SpatialBN", *to.inputs, *names, is_test=1, **said, order="NCHW")


@rule.register
def local_response(layer: LRN, to: Scope) -> None:
    if layer.region != "across_channels":
        raise Unsupported("Caffe2 normalises across channels only", node=to.site.name)
    said: dict[str, Any] = {"alpha": layer.alpha, "beta": layer.beta, "bias": layer.k}
    to.op("LRN", *to.inputs, size=layer.size, **said, order="NCHW")


@rule.register
def softmax(layer: Softmax, to: Scope) -> None:
    rank = len(_shape(to))
    if layer.axis % rank != rank - 1:
        raise Unsupported("Caffe2's Softmax goes over the last axis only", node=to.site.name)
    to.op("Softmax", *to.inputs, axis=rank)


PLAIN: dict[type[Layer], str] = {ReLU: "Relu", Sigmoid: "Sigmoid", Tanh: "Tanh", Flatten: "Flatten"}
NOTHING: tuple[type[Layer], ...] = (Identity, SpatialDropout, DropPath, GaussianNoise)


def _plain(layer: Layer, to: Scope) -> None:
    to.op(PLAIN[type(layer)], *to.inputs)


def _unchanged(layer: Layer, to: Scope) -> None:
    to.op("Copy", *to.inputs)


for _kind in PLAIN:
    rule.register(_kind, _plain)
for _kind in NOTHING:
    rule.register(_kind, _unchanged)


@rule.register
def relu6(layer: ReLU6, to: Scope) -> None:
    to.op("Clip", *to.inputs, min=0.0, max=6.0)


@rule.register
def leaky(layer: LeakyReLU, to: Scope) -> None:
    to.op("LeakyRelu", *to.inputs, alpha=layer.slope)


@rule.register
def elu(layer: ELU, to: Scope) -> None:
    to.op("Elu", *to.inputs, alpha=layer.alpha)


@rule.register
def prelu(layer: PReLU, to: Scope) -> None:
    to.op("PRelu", *to.inputs, to.weight("slope"), order="NCHW")


@rule.register
def dropout(layer: Dropout, to: Scope) -> None:
    to.op("Dropout", *to.inputs, ratio=layer.rate, is_test=1)


@rule.register
def add(layer: Add, to: Scope) -> None:
    if len({signal.shape for signal in to.site.inputs if signal}) > 1:
        raise Unsupported("Caffe2's Sum takes inputs of one shape", node=to.site.name)
    to.op("Sum", *to.inputs)


@rule.register
def concat(layer: Concat, to: Scope) -> None:
    to.op("Concat", *to.inputs, axis=layer.axis % len(_shape(to)) + 1)
    to.ops[-1].fields["output"].append(f"{to.site.name}/split_info")


@rule.register
def reshape(layer: Reshape, to: Scope) -> None:
    to.op("Reshape", *to.inputs, shape=(0, *layer.sizes))
    to.ops[-1].fields["output"].append(f"{to.site.name}/old_shape")


@rule.register
def permute(layer: Permute, to: Scope) -> None:
    axes = layer.axes or tuple(reversed(range(len(_shape(to)))))
    to.op("Transpose", *to.inputs, axes=(0, *(axis + 1 for axis in axes)))
