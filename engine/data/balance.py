"""Class weights counted in the training part, for losses that ask for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from engine.active import active
from engine.data.dataset import Data
from engine.errors import Problem
from engine.layers.loss import SoftmaxCrossEntropy
from engine.model import Model
from engine.network import Network
from engine.node import Node

NAMED = 10
"""Classes up to which a notice tells the weight of each."""


def balanced(model: Model, data: Data) -> tuple[Model, Data]:
    """`model` with the weights of its balanced losses written down, and `data` with what is to be known of them."""
    network, notices = model.network, data.problems
    for node in active(network).nodes:
        if isinstance(node.layer, SoftmaxCrossEntropy) and node.layer.balanced:
            counts = _counts(node, node.layer, network, data)
            weights = _weights(counts)
            network = network.set_layer(node.name, replace(node.layer, class_weights=weights, balanced=False))
            notices = (*notices, *_told(node.name, counts, weights))
    if network is model.network:
        return model, data
    return replace(model, network=network), replace(data, problems=notices)


def _counts(node: Node, loss: SoftmaxCrossEntropy, network: Network, data: Data) -> Mapping[str, int]:
    """How often each class is in the training part, by label; what the loss ignores is never there."""
    target = next(wire.node for wire in node.wires if wire.slot == "target")
    classes = network[target].layer.outputs()[0].classes
    found = data.counts["train"][target]
    counts = {**found, **{str(number): 0 for number in range(len(found), classes)}}
    return {label: n if place != loss.ignore_index else 0 for place, (label, n) in enumerate(counts.items())}


def _weights(counts: Mapping[str, int]) -> tuple[float, ...]:
    """n / (k · n of the class), k the classes that are there. What is not there could weigh anything: 1."""
    total, there = sum(counts.values()), sum(map(bool, counts.values()))
    return tuple(total / (there * count) if count else 1.0 for count in counts.values())


def _told(name: str, counts: Mapping[str, int], weights: tuple[float, ...]) -> Iterator[Problem]:
    pairs = [f"{label} {weight:.4g}" for label, weight in zip(counts, weights, strict=True)]
    more = f" and {len(pairs) - NAMED} more" if len(pairs) > NAMED else ""
    yield Problem(f"its classes weigh {', '.join(pairs[:NAMED])}{more}", "suggestion", name)
