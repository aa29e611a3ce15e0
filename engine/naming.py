"""Names of nodes: which are allowed, and changing one everywhere in a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.drawing import Drawing, Probe
from engine.errors import NetwrightError
from engine.model import Model
from engine.node import name_refusal
from engine.training.recipe import Metric


def check_name(name: str) -> None:
    """Raises NetwrightError where no node can be called `name`."""
    refusal = name_refusal(name)
    if refusal:
        raise NetwrightError(refusal)


def renamed(model: Model, old: str, new: str) -> Model:
    """With the node `old` called `new` wherever a model speaks of it. Raises NetwrightError."""
    check_name(new)
    called = _calling(old, new)
    feeds = tuple(called(feed, "node") for feed in model.data.feeds)
    metrics = tuple(_metric(metric, old, new) for metric in model.recipe.metrics)
    return replace(
        model,
        network=model.network.rename(old, new),
        data=model.data if feeds == model.data.feeds else replace(model.data, feeds=feeds),
        recipe=model.recipe if metrics == model.recipe.metrics else replace(model.recipe, metrics=metrics),
        drawing=_drawing(model.drawing, old, new),
    )


def _calling(old: str, new: str) -> Callable[[Any, str], Any]:
    def called(record: Any, field: str) -> Any:
        return replace(record, **{field: new}) if getattr(record, field) == old else record

    return called


def _metric(metric: Metric, old: str, new: str) -> Metric:
    links = tuple(replace(link, node=new) if link.node == old else link for link in metric.inputs)
    return metric if links == metric.inputs else replace(metric, inputs=links)


def _drawing(drawing: Drawing, old: str, new: str) -> Drawing:
    called = _calling(old, new)
    return replace(
        drawing,
        places=tuple(called(place, "node") for place in drawing.places),
        reroutes=tuple(called(point, "node") for point in drawing.reroutes),
        probes=tuple(_probe(probe, old, new) for probe in drawing.probes),
    )


def _probe(probe: Probe, old: str, new: str) -> Probe:
    """A probe is at `node:output` or `node/weight`; a weight's name is split at its last `/`."""
    node, mark, rest = probe.at.rpartition(":" if ":" in probe.at else "/")
    if not mark:
        return Probe(new) if probe.at == old else probe
    return Probe(f"{new}{mark}{rest}") if node == old else probe
