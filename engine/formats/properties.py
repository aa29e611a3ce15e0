"""What an exported file says besides its network: the classes' names, and how inputs are prepared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.active import active, deployment, outputs_of
from engine.data.spec import Feed
from engine.layers.data import Input
from engine.layers.loss import Loss
from engine.model import Model
from engine.network import Network
from engine.node import Link
from engine.schema.write import write_record


def properties_of(model: Model, labels: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """`labels`: JSON, the classes' names by output; `preprocessing`: JSON, transforms as schema text by input.

    `labels` given are by target, as a run keeps them; without them those of the data section count.
    """
    known = {feed.node: feed.labels for feed in model.data.feeds if feed.labels} | dict(labels or {})
    found: dict[str, dict[str, Any]] = {
        "labels": dict(_labels(model.network, known)),
        "preprocessing": {feed.node: text for feed in model.data.feeds if (text := _prepared(feed, model.network))},
    }
    return {key: json.dumps(value, ensure_ascii=False) for key, value in found.items() if value}


def _labels(network: Network, known: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    """Every output that stands for classes, with their names: those of the target that its loss compares it with."""
    deployed = deployment(network)
    targets = dict(_compared(active(network)))
    sources = dict(zip(deployed.outputs, deployed.fed, strict=True))
    for output in outputs_of(deployed):
        names = known.get(targets.get(sources.get(output, output), ""))
        if names:
            yield str(output), list(names)


def _compared(network: Network) -> Iterator[tuple[Link, str]]:
    """What each loss is fed with, and the target that it is compared with."""
    for node in network.nodes:
        if isinstance(node.layer, Loss):
            wires = {wire.slot: wire for wire in node.wires}
            if "x" in wires and "target" in wires:
                yield replace(wires["x"], slot=""), wires["target"].node


def _prepared(feed: Feed, network: Network) -> str:
    """What is done to an input before the network gets it, in use as in training."""
    is_input = feed.node in network and isinstance(network[feed.node].layer, Input)
    return " ".join(write_record(t.rule) for t in feed.transforms if is_input and t.phase == "always")
