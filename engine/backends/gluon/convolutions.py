"""The convolutions' rules: MXNet pads the same at begin and end, and spreads over volumes without gaps only."""

from __future__ import annotations

import functools
from dataclasses import replace

from engine.backends.gluon.rules import LIMITS, Place, S, Symbol, padded, symbol, weight_and_bias
from engine.errors import Unsupported
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
    SeparableConv2D,
    Transposed,
)


@symbol.register
def conv1d(layer: Conv1D, place: Place, x: Symbol) -> Symbol:
    # As an image of height 1: MXNet pads and pools nothing else.
    weights = weight_and_bias(place)
    weights["weight"] = S.expand_dims(weights["weight"], axis=2)
    begin, end = layer.pads(place.shape())
    channels, length = place.shape()
    padding, x = padded(place.reshaped(x, (channels, 1, length)), (0, begin, 0, end))
    y = S.Convolution(
        x,
        **weights,
        num_filter=layer.filters,
        kernel=(1, *layer.kernel),
        stride=(1, *layer.stride),
        dilate=(1, *layer.dilation),
        pad=padding,
        num_group=layer.groups,
    )
    return S.squeeze(y, axis=2)


@symbol.register(Conv2D)
@symbol.register(Conv3D)
@symbol.register(DepthwiseConv2D)
def convolution(layer: Conv2D | Conv3D | DepthwiseConv2D, place: Place, x: Symbol) -> Symbol:
    padding, x = padded(x, layer.pads(place.shape()))
    return S.Convolution(
        x,
        **weight_and_bias(place),
        num_filter=place.site.outputs[0].shape[0],
        kernel=layer.kernel,
        stride=layer.stride,
        dilate=layer.dilation,
        pad=padding,
        num_group=place.shape()[0] if isinstance(layer, DepthwiseConv2D) else layer.groups,
    )


@symbol.register
def separable_conv2d(layer: SeparableConv2D, place: Place, x: Symbol) -> Symbol:
    between = layer.depth.outputs(*place.site.inputs)
    site = replace(place.site, layer=layer.depth, outputs=between)
    y = symbol(layer.depth, replace(place, site=site, weights={"weight": place.weights["depth_weight"]}), x)
    return S.Convolution(y, **weight_and_bias(place), num_filter=layer.filters, kernel=(1, 1))


@symbol.register(ConvTranspose1D)
@symbol.register(ConvTranspose2D)
@symbol.register(ConvTranspose3D)
def transposed(layer: Transposed, place: Place, x: Symbol) -> Symbol:
    pads, axes = layer.pads(place.shape()), len(layer.kernel)
    begins, ends = pads[:axes], pads[axes:]
    weights, sliding = weight_and_bias(place), {"kernel": layer.kernel, "dilate": layer.dilation}
    if axes == 3 and max(layer.dilation) > 1:
        raise Unsupported(f"the mxnet backend {LIMITS[ConvTranspose3D]}", node=place.site.name, hint="torch does")
    convolve = functools.partial(
        S.Deconvolution,
        x,
        **weights,
        **sliding,
        num_filter=layer.filters,
        stride=layer.stride,
        num_group=layer.groups,
    )
    if begins == ends:
        return convolve(pad=begins, adj=layer.output_padding)
    # MXNet cuts off as much at the begin as at the end: make all of it, then cut.
    beyond = tuple(max(0, more - end) for more, end in zip(layer.output_padding, ends, strict=True))
    stops = (begin + length for begin, length in zip(begins, place.site.outputs[0].shape[1:], strict=True))
    return S.slice(convolve(adj=beyond), begin=(None, None, *begins), end=(None, None, *stops))
