"""Fully connected layers and tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.formats.caffe.message import Message
from engine.formats.caffe.windows import fillers_of
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.normalization import Scale
from engine.layers.reshape import Flatten, Reshape
from engine.node import Link

if TYPE_CHECKING:
    from engine.formats.caffe.building import Blobs


@rule("InnerProduct")
def inner_product(site: Site) -> Link:
    """All axes from `axis` on are one; ours works over the last, so a Flatten stands before it where there are more."""
    given = site.param("inner_product_param")
    node = site.put(Dense(units=given.get("num_output"), bias=given.get("bias_term")), _flat(site, given.get("axis")))
    names = ("weight", "bias") if given.get("bias_term") else ("weight",)
    if given.get("transpose"):
        site.approximated("its weights are stored the other way round, (inputs, outputs), and are turned")
    load = _turned if given.get("transpose") else None
    site.learns(node, *names, fillers=fillers_of(given), load=load)
    return node


def _turned(blobs: Blobs) -> dict[str, Any]:
    """InnerProductLayer with `transpose`: (inputs, outputs)."""
    return dict(zip(("weight", "bias"), (blobs[0].reshape(blobs[0].shape[-2:]).T, *blobs[1:]), strict=False))


def _flat(site: Site, axis: int) -> Link:
    shape, first = site.shape(), site.axis(axis)
    if shape is not None and first == len(shape) - 1:
        return site.inputs[0]
    if first == 0:
        return site.put(Flatten(), suffix="_flatten")
    if shape is None:
        raise NoLayer("the shape of its input is not known")
    return site.put(Reshape(sizes=(*shape[:first], -1)), suffix="_flatten")


@rule("Embed")
def embed(site: Site) -> Link:
    given = site.param("embed_param")
    classes = given.get("input_dim")
    source = site.inputs[0].node
    layer = site.building.nodes[source].layer if source in site.building.nodes else None
    if isinstance(layer, Input):
        site.building.change(source, replace(layer, values="index", classes=classes))
    table = Embedding(classes=classes, units=given.get("num_output"))
    if not given.get("bias_term"):
        node = site.put(table)
        site.learns(node, "weight", fillers=fillers_of(given)[:1])
        return node
    raise NoLayer("it adds a learned constant to the rows of its table")


@rule("Bias")
def bias(site: Site) -> Link:
    given = site.param("bias_param")
    if len(site.inputs) > 1:
        raise NoLayer("it adds a second input along an axis")
    node = site.put(Scale(axis=site.axis(given.get("axis")), axes=_axes(site, given), scale=False))
    site.learns(node, "shift", fillers=(given.get("filler") if given.has("filler") else None,))
    return node


@rule("Scale")
def scale(site: Site) -> Link | tuple[Link, ...]:
    from engine.formats.caffe.merging import scaled

    given = site.param("scale_param")
    if len(site.inputs) > 1:
        return scaled(site, given)
    shift = given.get("bias_term")
    node = site.put(Scale(axis=site.axis(given.get("axis")), axes=_axes(site, given), shift=shift))
    fillers = tuple(given.get(name) if given.has(name) else None for name in ("filler", "bias_filler"))
    site.learns(node, *(("scale", "shift") if shift else ("scale",)), fillers=fillers)
    return node


def _axes(site: Site, given: Message) -> int:
    count = int(given.get("num_axes"))
    if count == 0:
        raise NoLayer("it learns one number for all values")
    return count if count > 0 else len(site.known()) - site.axis(given.get("axis"))
