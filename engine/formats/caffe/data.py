"""Layers that give data: inputs and targets, and the data section that feeds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.data.spec import DataSpec, Feed, Source
from engine.formats.caffe.building import Building, Site
from engine.formats.caffe.message import Message
from engine.formats.caffe.phases import TEST, TRAIN
from engine.formats.caffe.sources import IMAGES, PARAMETERS, sizes_of, source_of, transforms_of
from engine.formats.caffe.textual import text_of
from engine.layers.base import Shape
from engine.layers.data import Input, Target
from engine.node import Kept, Link, Node

LABELS = {
    "SoftmaxWithLoss": 1,
    "SoftmaxLoss": 1,
    "EuclideanLoss": 1,
    "SigmoidCrossEntropyLoss": 1,
    "HingeLoss": 1,
    "InfogainLoss": 1,
    "MultinomialLogisticLoss": 1,
    "ContrastiveLoss": 2,
    "Accuracy": 1,
}
"""Which input of a layer holds what should have been answered."""

FLAT = frozenset({"InnerProduct", "Embed", "Sigmoid", "TanH", "ReLU", "EuclideanLoss"})
"""Layers that a row of numbers goes into rather than a picture."""


@dataclass
class Data:
    """The data section as it grows."""

    base: Path
    layers: Sequence[Message]
    sources: list[Source] = field(default_factory=list)
    feeds: dict[str, Feed] = field(default_factory=dict)
    batch_size: int = 0

    @property
    def spec(self) -> DataSpec:
        """What has been found."""
        return DataSpec(sources=tuple(self.sources), feeds=tuple(self.feeds.values()))

    def is_label(self, blob: str) -> bool:
        """Whether a blob is used, and only to be compared with what is answered."""
        uses = [
            (layer.get("type"), place)
            for layer in self.layers
            for place, bottom in enumerate(layer.fields.get("bottom", []))
            if bottom == blob and layer.get("type") != "Silence"
        ]
        return bool(uses) and all(LABELS.get(kind) == place for kind, place in uses)

    def first_use(self, blob: str) -> str:
        """The type of the first layer that a blob goes into."""
        return next((str(layer.get("type")) for layer in self.layers if blob in layer.fields.get("bottom", [])), "")


GIVERS = frozenset({"Input", "DummyData", *PARAMETERS})
"""Types of layers that give data."""


def given(site: Site, data: Data) -> tuple[Link, ...]:
    """The nodes of a layer that gives data: one for each blob, shared by both phases."""
    building = site.building
    links = tuple(_node(site, data, place, top) for place, top in enumerate(site.tops))
    if site.type in PARAMETERS:
        _read(site, data, links)
        _keep(building, links, site.message)
    return links


def _node(site: Site, data: Data, place: int, top: str) -> Link:
    building = site.building
    there = building.blobs[TRAIN].get(top) or building.blobs[TEST].get(top)
    if there is not None and there.node in building.nodes and building.nodes[there.node].layer.FED:
        return there
    sizes = _sizes(site, data, place, top)
    is_label = data.is_label(top)
    layer = Target(sizes=sizes) if is_label else Input(sizes=sizes)
    return building.add(Node(building.free(top), (), layer))


def _sizes(site: Site, data: Data, place: int, top: str) -> Shape:
    """Of one sample."""
    message, building = site.message, site.building
    if site.type in ("Input", "DummyData"):
        shapes = _stated(message)
        if not shapes:
            building.note("approximated", site.name, "the file does not say what its sizes are")
            return (-1,)
        dims = shapes[place] if place < len(shapes) else shapes[-1]
        if dims:
            building.batch = building.batch or dims[0]
        if site.type == "DummyData":
            building.note("approximated", site.name, f"{top} is an input: there it is made up")
        return tuple(dim if dim > 0 else -1 for dim in dims[1:])
    if place > 0 or data.is_label(top):
        return ()
    if site.type == "HDF5Data":
        text = "the file does not say of what size its samples are: data that are named tell it"
        building.note("approximated", site.name, text)
        return (-1,) if data.first_use(top) in FLAT else (-1, -1, -1)
    return sizes_of(message, data.base, building)


def _stated(message: Message) -> list[tuple[int, ...]]:
    param = message.get("input_param" if message.get("type") == "Input" else "dummy_data_param")
    shapes = [tuple(shape.all("dim")) for shape in param.all("shape")]
    old = [param.all(name) for name in ("num", "channels", "height", "width")] if param.type != "InputParameter" else []
    return shapes or [tuple(four) for four in zip(*old, strict=False)]


def _read(site: Site, data: Data, links: tuple[Link, ...]) -> None:
    """The source and the feeds; while training as the TRAIN layer says."""
    message, building = site.message, site.building
    batch = message.get(PARAMETERS[site.type]).get("batch_size")
    found = source_of(message, data.base, building)
    is_first = not data.feeds
    if is_first or TRAIN in site.phases:
        data.batch_size = batch
        building.batch = building.batch or batch
    if found is not None:
        part = "all" if len(site.phases) > 1 else "train" if TRAIN in site.phases else "validation"
        source = Source(rule=found[0], part=part)  # type: ignore[arg-type]
        data.sources += [] if source in data.sources else [source]
    columns = found[1] if found is not None else tuple(site.tops)
    for place, link in enumerate(links):
        if link.node in data.feeds:
            continue
        column = columns[place] if place < len(columns) else site.tops[place]
        feed = Feed(node=link.node, column=column)
        if place == 0 and site.type in (*IMAGES, "MemoryData"):
            sizes = building.signals[link].shape
            feed = replace(feed, transforms=transforms_of(message, sizes, data.base, building))
        data.feeds[link.node] = feed


def _keep(building: Building, links: tuple[Link, ...], message: Message) -> None:
    """The layer's own text, on the first of its nodes."""
    for link in links[:1]:
        node = building.nodes[link.node]
        text = text_of(Message("", {"layer": [message]}))
        building.nodes[link.node] = replace(node, kept=(*node.kept, Kept(format="caffe", text=text)))
