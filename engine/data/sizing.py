"""Sizes that a network leaves to its data: an Input of another program's file often says nothing of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.data.feeding import through
from engine.data.spec import Feed
from engine.data.stock import opened
from engine.data.suggest import suggest_spec
from engine.errors import ShapeError
from engine.layers.base import Shape
from engine.layers.data import Input
from engine.model import Model
from engine.network import Network


def sized(model: Model, base: Path) -> Model:
    """With the sizes that the data have after their transforms, in Inputs of which all are any. Raises DataError."""
    network, fed = model.network, {feed.node: feed for feed in model.data.feeds}
    unsaid = [node for node in network.nodes if isinstance(node.layer, Input) and _is_unsaid(node.layer.sizes)]
    columns = opened(model.data, base).columns if any(node.name in fed for node in unsaid) else {}
    for node in unsaid:
        feed = fed.get(node.name)
        if feed is not None and feed.column in columns:
            shape = _made(feed, tuple(columns[feed.column].shapes))
            network = _with(network, node.name, shape)
    return replace(model, network=network)


def _is_unsaid(sizes: Shape) -> bool:
    return bool(sizes) and set(sizes) == {-1}


def _made(feed: Feed, shapes: tuple[Shape, ...]) -> Shape | None:
    """The one shape of all samples; None where there are several, or they do not go through the transforms."""
    rules = tuple(step.rule for step in feed.transforms if step.phase == "always")
    try:
        made = {through(rules, shape) for shape in shapes}
    except ShapeError:
        return None
    return made.pop() if len(made) == 1 else None


def _with(network: Network, name: str, shape: Shape | None) -> Network:
    layer = network[name].layer
    if shape is None or not isinstance(layer, Input):
        return network
    return network.set_layer(name, replace(layer, sizes=shape))


def instead(model: Model, path: Path) -> Model:
    """With a file or folder in place of all sources; what is done to each sample stays. Raises DataError."""
    spec = suggest_spec(path, model.network)
    said = {feed.node: feed for feed in model.data.feeds}
    feeds = tuple(replace(said[feed.node], column=feed.column) if feed.node in said else feed for feed in spec.feeds)
    return sized(replace(model, data=replace(spec, feeds=feeds, note=model.data.note)), path.parent)
