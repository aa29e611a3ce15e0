"""Convolutions and pooling."""

from __future__ import annotations

from typing import Any

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.formats.caffe.message import Message
from engine.layers.base import Layer
from engine.layers.convolution import Conv1D, Conv2D, Conv3D, ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from engine.layers.pooling import AvgPool2D, GlobalAvgPool, GlobalMaxPool, MaxPool2D
from engine.node import Link

CONVOLUTIONS: dict[int, Any] = {1: Conv1D, 2: Conv2D, 3: Conv3D}
TRANSPOSED: dict[int, Any] = {1: ConvTranspose1D, 2: ConvTranspose2D, 3: ConvTranspose3D}


@rule("Convolution")
def convolution(site: Site) -> Link:
    return _convolved(site, CONVOLUTIONS)


@rule("Deconvolution")
def deconvolution(site: Site) -> Link:
    return _convolved(site, TRANSPOSED)


@rule("DepthwiseConvolution", "ConvolutionDepthwise", "DepthwiseConv")
def depthwise(site: Site) -> Link:
    """Of forks: a group for every channel."""
    channels = site.known()[0] if site.shape() is not None else 0
    return _convolved(site, CONVOLUTIONS, groups=channels)


def _convolved(site: Site, layers: dict[int, Any], groups: int = 0) -> Link:
    given = site.param("convolution_param")
    if given.get("axis") not in (1, -3 if site.shape() is None else -len(site.shape() or ())):
        raise NoLayer(f"its channels are axis {given.get('axis')}")
    axes = _axes(site, given)
    stated = given.get("group")
    layer: Layer = layers[axes](
        filters=given.get("num_output"),
        kernel=_sizes(given, "kernel_size", "kernel", axes),
        stride=_sizes(given, "stride", "stride", axes, 1),
        padding=_sizes(given, "pad", "pad", axes, 0) * 2,
        dilation=_sizes(given, "dilation", "", axes, 1),
        groups=stated if given.has("group") or not groups else groups,
        bias=given.get("bias_term"),
    )
    node = site.put(layer)
    names = ("weight", "bias") if given.get("bias_term") else ("weight",)
    site.learns(node, *names, fillers=fillers_of(given))
    return node


def fillers_of(given: Message) -> tuple[Message | None, ...]:
    """The fillers of weight and bias."""
    names = ("weight_filler", "bias_filler")
    return tuple(given.get(name) if given.has(name) else None for name in names)


def _axes(site: Site, given: Message) -> int:
    """Over how many axes the kernel slides."""
    listed = max(len(given.all(name)) for name in ("kernel_size", "pad", "stride", "dilation"))
    shape = site.shape()
    axes = 2 if given.has("kernel_h") else len(shape) - 1 if shape is not None and len(shape) > 1 else max(2, listed)
    if axes not in CONVOLUTIONS:
        raise NoLayer(f"its kernel has {axes} axes")
    return axes


def _sizes(given: Message, name: str, pair: str, axes: int, default: int | None = None) -> tuple[int, ...]:
    """One number for each axis: a list, one for all, or height and width apart."""
    if pair and (given.has(f"{pair}_h") or given.has(f"{pair}_w")):
        other = given.all(name)[-1] if given.all(name) else default or 0
        return tuple(given.get(field) if given.has(field) else other for field in (f"{pair}_h", f"{pair}_w"))
    listed = tuple(given.all(name)) or ((default,) if default is not None else ())
    if len(listed) not in (1, axes):
        raise NoLayer(f"{name} has {len(listed)} numbers for {axes} axes")
    return listed * axes if len(listed) == 1 else listed


@rule("Pooling")
def pooling(site: Site) -> Link:
    given = site.param("pooling_param")
    layers: dict[str, tuple[Any, Any]] = {"MAX": (MaxPool2D, GlobalMaxPool), "AVE": (AvgPool2D, GlobalAvgPool)}
    method = str(given.get("pool"))
    if method not in layers:
        raise NoLayer("it takes a value of each window by chance")
    windowed, whole = layers[method]
    if given.get("global_pooling"):
        return site.put(whole(keep_axes=True))
    padding = _sizes(given, "pad", "pad", 2, 0)
    layer = windowed(
        kernel=_sizes(given, "kernel_size", "kernel", 2),
        stride=_sizes(given, "stride", "stride", 2, 1),
        padding=padding * 2,
        rounding="floor" if _is_floor(given) else "ceil",
    )
    return site.put(layer)


def _is_floor(given: Message) -> bool:
    """As `round_mode` says, or `ceil_mode`, which many forks have."""
    if given.has("ceil_mode"):
        return given.get("ceil_mode") is False or given.get("ceil_mode") == 0
    return bool(given.get("round_mode") == "FLOOR")
