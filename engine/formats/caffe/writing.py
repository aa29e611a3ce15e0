"""A deployed network as Caffe's layers: one rule a layer. What BVLC's Caffe has not is refused, with the reason."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.active import deployment
from engine.backends.graph import Site, graph_of
from engine.errors import Unsupported
from engine.formats.caffe.message import Message, Word, declared
from engine.formats.caffe.textual import message_of
from engine.layers import activation, arranging, convolution, merge, normalization, pooling
from engine.layers.base import Layer, Shape
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.regularization import Dropout
from engine.layers.reshape import Flatten, Reshape
from engine.network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = Mapping[str, NDArray[Any]]


@dataclass
class Writing:
    """The layers that have been written, their arrays, and how blobs are called."""

    weights: Weights
    shared: frozenset[str]
    """The weights that several nodes have."""
    layers: list[Message] = field(default_factory=list)
    arrays: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    blobs: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass
class Place:
    """One node while its rule writes it."""

    site: Site
    writing: Writing

    @property
    def bottoms(self) -> list[str]:
        """The blobs that enter it."""
        return [self.writing.blobs[source] for source in self.site.feeds]

    def shape(self, place: int = 0) -> Shape:
        """The shape of what enters it."""
        signal = self.site.inputs[place]
        return signal.shape if signal else ()

    def refuse(self, reason: str) -> Unsupported:
        """What cannot be held, by the node's name."""
        return Unsupported(reason, node=self.site.name)

    def put(
        self,
        type: str,
        *weights: str,
        bottoms: list[str] | None = None,
        suffix: str = "",
        tops: int = 1,
        arrays: list[NDArray[Any]] | None = None,
        **param: Any,
    ) -> list[str]:
        """A layer of a type, with parameters `convolution_param={...}` and the node's weights as its blobs."""
        name = self.site.name + suffix
        made = [name] if tops == 1 else [f"{name}_{place}" for place in range(tops)]
        fields: dict[str, list[Any]] = {"name": [name], "type": [type]}
        entering = self.bottoms if bottoms is None else bottoms
        fields |= {"bottom": entering} if entering else {}
        fields["top"] = list(made)
        owners = [self.site.weights[weight] for weight in weights]
        if any(owner in self.writing.shared for owner in owners):
            fields["param"] = [Message("ParamSpec", {"name": [owner]}) for owner in owners]
        for key, values in param.items():
            fields[key] = [_message(declared("LayerParameter")[key].type, values)]
        self.writing.layers.append(Message("LayerParameter", fields))
        blobs = arrays if arrays is not None else [self.writing.weights[owner] for owner in owners]
        if blobs:
            self.writing.arrays[name] = blobs
        return made


def _message(type: str, values: Mapping[str, Any]) -> Message:
    fields = {name: list(value) if isinstance(value, (tuple, list)) else [value] for name, value in values.items()}
    return Message(type, fields)


def exported(network: Network, weights: Weights, name: str = "") -> tuple[Message, dict[str, list[NDArray[Any]]]]:
    """The net of what is deployed, and the blobs of its layers. Raises Unsupported naming the node."""
    graph = graph_of(deployment(network).network)
    owners = Counter(owner for site in graph.sites for owner in site.weights.values())
    writing = Writing(weights, frozenset(owner for owner, count in owners.items() if count > 1))
    for site in graph.sites:
        place = Place(site, writing)
        for number, blob in enumerate(rule(site.layer, place)):
            writing.blobs[site.name, number] = blob
    kept = {node.name: kept.text for node in network.nodes for kept in node.kept if kept.format == "caffe"}
    layers = [_with_kept(layer, kept.get(layer.get("name"), "")) for layer in writing.layers]
    return Message("NetParameter", {"name": [name], "layer": layers}), writing.arrays


def _with_kept(layer: Message, text: str) -> Message:
    """With the fields that were kept when it was read, as far as BVLC's Caffe has them and nothing else says them."""
    rest = message_of(text, layer.type, Path(layer.get("name")))
    return _merged(layer, rest) if text else layer


def _merged(message: Message, rest: Message) -> Message:
    added: dict[str, list[Any]] = {}
    for name, values in rest.fields.items():
        there = message.fields.get(name)
        if there and isinstance(there[0], Message) and isinstance(values[0], Message):
            added[name] = [_merged(there[0], values[0])]
        elif not there and name in declared(message.type):
            added[name] = values
    return message.with_fields(**added)


class _Nothing(dict[str, Any]):
    """Weights of which only the names count."""

    def __missing__(self, name: str) -> None:
        return None


def check(network: Network) -> None:
    """Raises Unsupported naming the node where Caffe cannot hold the network."""
    exported(network, _Nothing())


@functools.singledispatch
def rule(layer: Layer, to: Place) -> list[str]:
    """Writes a layer and gives the blobs that it makes."""
    raise to.refuse(f"Caffe has no layer for {type(layer).__name__}")


@rule.register
def _input(layer: Input, to: Place) -> list[str]:
    if any(size < 0 for size in layer.sizes):
        raise to.refuse("shape: Caffe's inputs are of known lengths")
    return to.put("Input", input_param={"shape": _message("BlobShape", {"dim": (1, *layer.sizes)})})


@rule.register
def _dense(layer: Dense, to: Place) -> list[str]:
    given: dict[str, Any] = {"num_output": layer.units, "bias_term": layer.bias}
    if len(to.shape()) > 1:
        given["axis"] = len(to.shape())
    return to.put("InnerProduct", *to.site.weights, inner_product_param=given)


@rule.register
def _embedding(layer: Embedding, to: Place) -> list[str]:
    given = {"num_output": layer.units, "input_dim": layer.classes, "bias_term": False}
    return to.put("Embed", "weight", embed_param=given)


def _sides(pads: Shape, to: Place) -> Shape:
    """The padding of every axis, which must be the same on both sides."""
    half = len(pads) // 2
    if pads[:half] != pads[half:]:
        raise to.refuse("padding: Caffe pads both sides alike")
    return pads[:half]


def _sized(name: str, values: Shape, wide: str = "") -> dict[str, Any]:
    """One number for all axes; of two axes height and width apart (strictly as BVLC: both or none)."""
    if len(set(values)) == 1:
        return {name: values[0]}
    wide = wide or name
    return {f"{wide}_h": values[0], f"{wide}_w": values[1]} if len(values) == 2 else {name: values}


@rule.register(convolution.Conv1D)
@rule.register(convolution.Conv2D)
@rule.register(convolution.Conv3D)
def _convolution(layer: convolution.Convolution, to: Place) -> list[str]:
    return _convolved("Convolution", layer, to)


@rule.register(convolution.ConvTranspose1D)
@rule.register(convolution.ConvTranspose2D)
@rule.register(convolution.ConvTranspose3D)
def _deconvolution(layer: convolution.Transposed, to: Place) -> list[str]:
    if any(layer.output_padding):
        raise to.refuse("output_padding: Caffe's Deconvolution has none")
    return _convolved("Deconvolution", layer, to)


@rule.register
def _depthwise(layer: convolution.DepthwiseConv2D, to: Place) -> list[str]:
    channels = to.shape()[0]
    return _convolved("Convolution", layer, to, channels * layer.multiplier, channels)


def _convolved(type: str, layer: Any, to: Place, filters: int = 0, groups: int = 0) -> list[str]:
    groups = groups or layer.groups
    given: dict[str, Any] = {"num_output": filters or layer.filters, "bias_term": layer.bias}
    given |= _sized("pad", _sides(layer.pads(to.shape()), to)) | _sized("kernel_size", layer.kernel, "kernel")
    given |= _sized("stride", layer.stride)
    given |= {"group": groups} if groups > 1 else {}
    if set(layer.dilation) != {1}:
        given["dilation"] = layer.dilation[0] if len(set(layer.dilation)) == 1 else layer.dilation
    return to.put(type, *to.site.weights, convolution_param=given)


@rule.register(pooling.MaxPool2D)
@rule.register(pooling.AvgPool2D)
def _pooling(layer: pooling.MaxPool2D | pooling.AvgPool2D, to: Place) -> list[str]:
    pads = _sides(layer.pads(to.shape()), to)
    if isinstance(layer, pooling.AvgPool2D) and not layer.count_padding and any(pads):
        raise to.refuse("count_padding: Caffe's means count the padding")
    given: dict[str, Any] = {"pool": Word("MAX" if isinstance(layer, pooling.MaxPool2D) else "AVE")}
    given |= _sized("pad", pads) | _sized("kernel_size", layer.kernel, "kernel") | _sized("stride", layer.strides)
    wanted = to.site.outputs[0].shape[1:]
    if wanted != _pooled(layer, to.shape()[1:], pads, up=True):
        given["round_mode"] = Word("FLOOR")
        if wanted != _pooled(layer, to.shape()[1:], pads, up=False):
            raise to.refuse("rounding: Caffe would make another number of places")
    return to.put("Pooling", pooling_param=given)


def _pooled(layer: Any, image: Shape, pads: Shape, *, up: bool) -> Shape:
    """PoolingLayer::Reshape."""
    sizes = []
    for length, pad, kernel, stride in zip(image, pads, layer.kernel, layer.strides, strict=True):
        room = length + 2 * pad - kernel
        size = (-(-room // stride) if up else room // stride) + 1
        sizes.append(size - 1 if any(pads) and (size - 1) * stride >= length + pad else size)
    return tuple(sizes)


@rule.register(pooling.GlobalMaxPool)
@rule.register(pooling.GlobalAvgPool)
def _global(layer: pooling.GlobalPooling, to: Place) -> list[str]:
    if len(to.shape()) != 3:
        raise to.refuse("Caffe pools over height and width only")
    kind = Word("MAX" if isinstance(layer, pooling.GlobalMaxPool) else "AVE")
    param = {"pool": kind, "global_pooling": True}
    if layer.keep_axes:
        return to.put("Pooling", pooling_param=param)
    return to.put("Flatten", bottoms=to.put("Pooling", suffix="_pooled", pooling_param=param))


PLAIN: dict[type[Layer], str] = {
    activation.ReLU: "ReLU",
    activation.Sigmoid: "Sigmoid",
    activation.Tanh: "TanH",
    activation.Abs: "AbsVal",
    activation.SiLU: "Swish",
    arranging.Identity: "Split",
    Flatten: "Flatten",
}
"""Layers that are layers of Caffe's without parameters."""


def _plain(layer: Layer, to: Place) -> list[str]:
    return to.put(PLAIN[type(layer)])


for kind in PLAIN:
    rule.register(kind, _plain)


@rule.register
def _leaky(layer: activation.LeakyReLU, to: Place) -> list[str]:
    return to.put("ReLU", relu_param={"negative_slope": layer.slope})


@rule.register
def _prelu(layer: activation.PReLU, to: Place) -> list[str]:
    return to.put("PReLU", "slope", prelu_param={"channel_shared": layer.shared})


@rule.register
def _elu(layer: activation.ELU, to: Place) -> list[str]:
    return to.put("ELU", elu_param={"alpha": layer.alpha})


@rule.register
def _softplus(layer: activation.Softplus, to: Place) -> list[str]:
    if layer.beta != 1:
        raise to.refuse("beta: Caffe's BNLL has none")
    return to.put("BNLL")


@rule.register
def _clip(layer: activation.Clip, to: Place) -> list[str]:
    return to.put("Clip", clip_param={"min": layer.low, "max": layer.high})


@rule.register
def _relu6(layer: activation.ReLU6, to: Place) -> list[str]:
    return to.put("Clip", clip_param={"min": 0.0, "max": 6.0})


@rule.register
def _exp(layer: activation.Exp, to: Place) -> list[str]:
    return to.put("Exp", exp_param={"scale": layer.scale, "shift": layer.shift})


@rule.register
def _log(layer: activation.Log, to: Place) -> list[str]:
    return to.put("Log", log_param={"scale": layer.scale, "shift": layer.shift})


@rule.register
def _power(layer: activation.Power, to: Place) -> list[str]:
    return to.put("Power", power_param={"power": layer.power, "scale": layer.scale, "shift": layer.shift})


@rule.register
def _softmax(layer: activation.Softmax, to: Place) -> list[str]:
    axis = layer.axis % len(to.shape()) + 1
    return to.put("Softmax", softmax_param={"axis": axis}) if axis != 1 else to.put("Softmax")


@rule.register
def _dropout(layer: Dropout, to: Place) -> list[str]:
    return to.put("Dropout", dropout_param={"dropout_ratio": layer.rate})


@rule.register
def _batch_norm(layer: normalization.BatchNorm, to: Place) -> list[str]:
    """Scale and shift are a layer of their own; the third blob is what the averages are divided by."""
    import numpy as np

    owned = [to.writing.weights[to.site.weights[name]] for name in ("running_mean", "running_variance")]
    fraction = round(1 - layer.momentum, 12)
    param = {"moving_average_fraction": fraction, "eps": layer.epsilon}
    suffix = "_normalized" if layer.affine else ""
    arrays = [*owned, np.ones(1, np.float32)]
    normal = to.put("BatchNorm", suffix=suffix, arrays=arrays, batch_norm_param=param)
    return (
        to.put("Scale", "scale", "shift", bottoms=normal, scale_param={"bias_term": True}) if layer.affine else normal
    )


@rule.register
def _scale(layer: normalization.Scale, to: Place) -> list[str]:
    given: dict[str, Any] = {"axis": layer.axis % len(to.shape()) + 1, "num_axes": layer.axes}
    if not layer.scale:
        return to.put("Bias", "shift", bias_param=given)
    return to.put("Scale", *to.site.weights, scale_param=given | {"bias_term": layer.shift})


@rule.register
def _lrn(layer: normalization.LRN, to: Place) -> list[str]:
    given: dict[str, Any] = {"local_size": layer.size, "alpha": layer.alpha, "beta": layer.beta}
    if layer.region == "across_channels":
        return to.put("LRN", lrn_param=given | ({"k": layer.k} if layer.k != 1 else {}))
    if layer.k != 1:
        raise to.refuse("k: Caffe has none within channels")
    return to.put("LRN", lrn_param=given | {"norm_region": Word("WITHIN_CHANNEL")})


@rule.register
def _concat(layer: merge.Concat, to: Place) -> list[str]:
    return to.put("Concat", concat_param={"axis": layer.axis % len(to.shape()) + 1})


@rule.register(merge.Add)
@rule.register(merge.Subtract)
@rule.register(merge.Average)
@rule.register(merge.Multiply)
@rule.register(merge.Maximum)
def _eltwise(layer: merge.Elementwise, to: Place) -> list[str]:
    if len({signal.shape for signal in to.site.inputs if signal}) > 1:
        raise to.refuse("Caffe's Eltwise takes inputs of one shape")
    count = len(to.bottoms)
    if count == 1:
        return to.put("Split")
    words = {merge.Multiply: "PROD", merge.Maximum: "MAX"}
    given: dict[str, Any] = {"operation": Word(words.get(type(layer), "SUM"))}
    factors = {merge.Subtract: (1.0, *(-1.0,) * (count - 1)), merge.Average: (1 / count,) * count}.get(type(layer))
    return to.put("Eltwise", eltwise_param=given | ({"coeff": factors} if factors else {}))


@rule.register
def _split(layer: arranging.Split, to: Place) -> list[str]:
    lengths = layer.lengths(to.shape())
    if len(lengths) == 1:
        return to.put("Split")
    points = [sum(lengths[: place + 1]) for place in range(len(lengths) - 1)]
    given = {"axis": layer.axis % len(to.shape()) + 1, "slice_point": points}
    return to.put("Slice", tops=len(lengths), slice_param=given)


@rule.register(Reshape)
@rule.register(arranging.Squeeze)
@rule.register(arranging.Expand)
def _reshape(layer: Layer, to: Place) -> list[str]:
    sizes = to.site.outputs[0].shape
    if -1 in sizes or math.prod(sizes) == 0:
        raise to.refuse("Caffe reshapes to known lengths only")
    return to.put("Reshape", reshape_param={"shape": _message("BlobShape", {"dim": (0, *sizes)})})
