"""One rule a layer: the expression that a PyTorch programmer would write for it, and the module that it calls."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.backends.graph import Site
from engine.backends.stated import stated
from engine.backends.steps import step_of
from engine.errors import Unsupported
from engine.formats.pytorch.calls import Step, even, made
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer, Shape
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    Convolution,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
    SeparableConv2D,
    Transposed,
)
from engine.layers.data import Constant
from engine.layers.dense import Bilinear, Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding, PositionalEncoding
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout


@dataclass(frozen=True)
class Place:
    """Where a layer stands."""

    site: Site

    def shape(self, place: int = 0) -> Shape:
        """The shape of a sample of the input at `place`."""
        signal = self.site.inputs[place]
        return signal.shape if signal else ()

    def has(self, place: int) -> bool:
        """Whether something enters the optional slot at `place`."""
        return self.site.sources[place] is not None

    def named(self, **others: str) -> Mapping[str, str]:
        """For each of the layer's weights the name of a module's state: its own, where `others` says nothing."""
        return {weight: others.get(weight, weight) for weight in self.site.weights}


@functools.singledispatch
def rule(layer: Layer, place: Place) -> Step:
    """What `layer` becomes at `place`. Raises Unsupported."""
    raise Unsupported(f"PyTorch export has no rule for {type(layer).__name__}", node=place.site.name)


@rule.register
def constant(layer: Constant, place: Place) -> Step:
    # It takes what enters the network only to learn how many samples there are.
    values = {"values": stated(layer)}
    return Step("{it}({batch})", made("Constant", ("shape", layer.sizes)), values=values)


@rule.register
def dense(layer: Dense, place: Place) -> Step:
    features = (("in_features", place.shape()[-1]), ("out_features", layer.units))
    return Step("{it}({0})", made("nn.Linear", *features, **_unless(bias=layer.bias)), place.named())


@rule.register
def bilinear(layer: Bilinear, place: Place) -> Step:
    features = (("in1_features", place.shape()[-1]), ("in2_features", place.shape(1)[-1]))
    module = made("nn.Bilinear", *features, ("out_features", layer.units), **_unless(bias=layer.bias))
    return Step("{it}({0}, {1})", module, place.named())


@rule.register
def embedding(layer: Embedding, place: Place) -> Step:
    return Step("{it}({0})", made("nn.Embedding", ("classes", layer.classes), ("units", layer.units)), place.named())


@rule.register
def positional_encoding(layer: PositionalEncoding, place: Place) -> Step:
    if layer.kind == "sinusoidal":
        return Step("{it}({0})", made("SinusoidalPositions"))
    length = ("length", layer.length)
    return Step("{it}({0})", made("LearnedPositions", length, ("features", place.shape()[-1])), place.named())


@rule.register(Conv1D)
@rule.register(Conv2D)
@rule.register(Conv3D)
def convolution(layer: Convolution, place: Place) -> Step:
    return _convolved(layer, place, layer.filters, layer.groups, layer.bias)


@rule.register
def depthwise_conv2d(layer: DepthwiseConv2D, place: Place) -> Step:
    channels = place.shape()[0]
    return _convolved(layer, place, channels * layer.multiplier, channels, layer.bias)


def _convolved(layer: Convolution | DepthwiseConv2D, place: Place, filters: int, groups: int, bias: bool) -> Step:
    shape = place.shape()
    padding, before = padded(layer.pads(shape))
    options = sliding(layer, padding) | _unless(groups=(groups, 1)) | _unless(bias=bias)
    module = made(f"nn.Conv{len(shape) - 1}d", ("in_channels", shape[0]), ("out_channels", filters), **options)
    return Step(f"{{it}}({before})", module, place.named())


@rule.register
def separable_conv2d(layer: SeparableConv2D, place: Place) -> Step:
    shape = place.shape()
    padding, before = padded(layer.depth.pads(shape))
    options = sliding(layer.depth, padding) | _unless(multiplier=(layer.multiplier, 1)) | _unless(bias=layer.bias)
    module = made("SeparableConv2d", ("in_channels", shape[0]), ("out_channels", layer.filters), **options)
    states = place.named(depth_weight="depth.weight", weight="point.weight", bias="point.bias")
    return Step(f"{{it}}({before})", module, states)


@rule.register(ConvTranspose1D)
@rule.register(ConvTranspose2D)
@rule.register(ConvTranspose3D)
def transposed(layer: Transposed, place: Place) -> Step:
    shape, axes = place.shape(), len(layer.kernel)
    pads = layer.pads(shape)
    begins, ends, extra, cut = pads[:axes], pads[axes:], layer.output_padding, ""
    if begins != ends:  # torch cuts off as much at the begin as at the end: make all of it, then cut
        inside = (
            f"{begin}:{more - end if end > more else ''}" for begin, end, more in zip(begins, ends, extra, strict=True)
        )
        cut = f"[:, :, {', '.join(inside)}]"
        extra = tuple(max(0, more - end) for more, end in zip(extra, ends, strict=True))
        begins = (0,) * axes
    options = sliding(layer, begins) | _unless(output_padding=(even(extra), 0))
    options |= _unless(groups=(layer.groups, 1)) | _unless(bias=layer.bias)
    channels = (("in_channels", shape[0]), ("out_channels", layer.filters))
    return Step(f"{{it}}({{0}}){cut}", made(f"nn.ConvTranspose{axes}d", *channels, **options), place.named())


def sliding(layer: Any, padding: Shape) -> dict[str, Any]:
    """The options of a window that are not torch's own defaults."""
    ones = _unless(stride=(even(layer.stride), 1)) | _unless(padding=(even(padding), 0))
    return {"kernel_size": even(layer.kernel)} | ones | _unless(dilation=(even(layer.dilation), 1))


def padded(pads: Shape, value: str = "") -> tuple[Shape, str]:
    """What torch pads by itself, the same at begin and end; and what enters, padded before where that differs."""
    axes = len(pads) // 2
    if pads[:axes] == pads[axes:]:
        return pads[:axes], "{0}"
    return (0,) * axes, f"F.pad({{0}}, {last_axis_first(pads)}{value})"


def last_axis_first(pads: Shape) -> Shape:
    """All begins, then all ends, as `F.pad` wants them: begin and end of the last axis, then of the one before."""
    axes = len(pads) // 2
    return tuple(cells for axis in reversed(range(axes)) for cells in (pads[axis], pads[axes + axis]))


@rule.register
def dropout(layer: Dropout, place: Place) -> Step:
    return Step("{it}({0})", made("nn.Dropout", ("p", layer.rate)))


@rule.register(SpatialDropout)
@rule.register(DropPath)
def dropout_of_wholes(layer: SpatialDropout | DropPath, place: Place) -> Step:
    whole = tuple(axis + 1 for axis in layer.whole(place.shape()))
    return Step("{it}({0})", made("DropWhole", ("rate", layer.rate), axes=whole))


@rule.register
def gaussian_noise(layer: GaussianNoise, place: Place) -> Step:
    return Step("{it}({0})", made("GaussianNoise", ("deviation", layer.deviation)))


@rule.register
def multi_head_attention(layer: MultiHeadAttention, place: Place) -> Step:
    features = place.shape()[1]
    seen = place.shape(1)[1] if place.has(1) else features
    options = _unless(context=(seen, features)) | _unless(causal=(layer.causal, False)) | _unless(bias=layer.bias)
    others = "".join(f", {name}={{{at}}}" for at, name in ((1, "context"), (2, "mask")) if place.has(at))
    module = made("Attention", ("features", features), heads=layer.heads, **options)
    return Step(f"{{it}}({{0}}{others})", module, {name: name.replace("_", ".") for name in place.site.weights})


@rule.register(RNN)
@rule.register(LSTM)
@rule.register(GRU)
def recurrent(layer: Recurrent, place: Place) -> Step:
    kind = f"nn.{type(layer).__name__}"
    options: dict[str, Any] = _unless(nonlinearity=(getattr(layer, "activation", "tanh"), "tanh"))
    sizes = (("input_size", place.shape()[1]), ("hidden_size", layer.units))
    if place.has(1):
        ways = _unless(layers=(layer.layers, 1)) | _unless(bidirectional=(layer.bidirectional, False))
        module = made("MaskedRecurrent", ("kind", _Kind(kind)), *sizes, sequence=layer.sequence, **ways, **options)
        return Step("{it}({0}, {1})", module, dict(zip(place.site.weights, _masked_states(layer), strict=True)))
    ways = _unless(num_layers=(layer.layers, 1)) | _unless(bidirectional=(layer.bidirectional, False))
    module = made(kind, *sizes, **ways, batch_first=True, **options)
    final = "{it}({0})[1][0]" if isinstance(layer, LSTM) else "{it}({0})[1]"
    # The final states of the uppermost layer, those of both directions side by side.
    last = f"torch.cat(tuple({final}[-2:]), dim=-1)" if layer.bidirectional else f"{final}[-1]"
    states = dict(zip(place.site.weights, _states(layer), strict=True))
    return Step("{it}({0})[0]" if layer.sequence else last, module, states)


class _Kind(str):
    """The name of a class, which stands in the code without quotes."""

    def __repr__(self) -> str:
        return str(self)


OF_A_WAY = ("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l")
"""What torch calls the weights of a recurrent layer, in the catalogue's order."""


def _states(layer: Recurrent) -> list[str]:
    ways = ("", "_reverse")[: layer.directions]
    return [f"{name}{number}{way}" for number in range(layer.layers) for way in ways for name in OF_A_WAY]


def _masked_states(layer: Recurrent) -> list[str]:
    return [f"ways.{way}.{name}0" for way in range(layer.layers * layer.directions) for name in OF_A_WAY]


@rule.register
def time_distributed(layer: TimeDistributed, place: Place) -> Step:
    inner = rule(layer.layer, Place(step_of(layer, place.site)))
    call = inner.call.replace("{0}", "{0}.flatten(0, 1)")
    whole = call if call.startswith("{it}(") and call.count("(") == 2 else f"({call})"
    return Step(f"{whole}.unflatten(0, {{0}}.shape[:2])", inner.made, inner.states, inner.values)


def _unless(**options: Any) -> dict[str, Any]:
    """Of each `name=(value, default)` what is not the default; of a single value, what is false."""
    found = {}
    for name, option in options.items():
        value, default = option if isinstance(option, tuple) and len(option) == 2 else (option, True)
        if not np.array_equal(value, default):
            found[name] = value
    return found


def batched(axis: int) -> int:
    """The axis of a sample as an axis of a batch."""
    return axis + 1 if axis >= 0 else axis
