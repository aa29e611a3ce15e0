"""What mix-up needs of a network: samples that can be blended, and targets that can be blended with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.declare import name_of
from engine.errors import Problem
from engine.layers.base import Signal
from engine.layers.data import Input, Target
from engine.layers.loss import (
    CosineSimilarity,
    Dice,
    Huber,
    KLDivergence,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
)
from engine.network import Network

BLENDING = (
    CosineSimilarity,
    Dice,
    Huber,
    KLDivergence,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
)
"""The losses that take a target between two others."""


@dataclass(frozen=True)
class Shares:
    """How an index becomes a share for every class: their number, their axis in a sample, what does not count.

    Of a decision between two classes the index itself is the share of the second: it has no axis.
    """

    classes: int = 0
    axis: int | None = None
    ignored: int | None = None


@dataclass(frozen=True)
class Mixable:
    """What is blended of a network: the nodes that data feed, and of those that hold indices their shares."""

    fed: tuple[str, ...] = ()
    shares: Mapping[str, Shares] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """Why it makes no sense."""


def mixable(network: Network) -> Mixable:
    """What mix-up blends of an active network."""
    fed = {node.name: node.layer.outputs()[0] for node in network.nodes if isinstance(node.layer, (Input, Target))}
    wanted: dict[str, set[Shares]] = {}
    for name, shares in _shares(network, fed):
        wanted.setdefault(name, set()).add(shares)
    told = {name: next(iter(found)) for name, found in wanted.items()}
    return Mixable(tuple(fed), told, tuple(_problems(network, fed, wanted)))


def blended(network: Network) -> Network:
    """The active network as mix-up trains it: what was an index is a share for every class."""
    for name, shares in mixable(network).shares.items():
        sizes = list(network[name].layer.outputs()[0].shape)
        if shares.axis is not None:
            sizes.insert(shares.axis, shares.classes)
        network = network.set_layer(name, Target(sizes=tuple(sizes)))
    return network


def _shares(network: Network, fed: Mapping[str, Signal]) -> Iterator[tuple[str, Shares]]:
    """For every loss whose target is an index that data feed, what it wants of that."""
    for node in network.nodes:
        target = next((wire.node for wire in node.wires if wire.slot == "target"), "")
        if not isinstance(node.layer, BLENDING) or target not in fed or fed[target].values != "index":
            continue
        if isinstance(node.layer, SoftmaxCrossEntropy):
            axis = node.layer.axis % (len(fed[target].shape) + 1)
            yield target, Shares(fed[target].classes, axis, node.layer.ignore_index)
        else:
            yield target, Shares()


def _problems(network: Network, fed: Mapping[str, Signal], wanted: Mapping[str, set[Shares]]) -> Iterator[Problem]:
    for node in network.nodes:
        wires = {wire.slot: wire.node for wire in node.wires}
        if isinstance(node.layer, Loss) and not isinstance(node.layer, BLENDING):
            yield _refused(f"blends targets, and {name_of(node.layer)} has none that could be blended", node.name)
        elif isinstance(node.layer, Loss) and wires.get("target", "") not in fed:
            yield _refused("blends targets, and that of this loss does not come with the data", node.name)
        elif "mask" in wires:
            yield _refused("blends samples, and a mask of two samples is neither's", node.name)
    for name, users in network.users.items():
        if name not in fed or fed[name].values == "number" or not users:
            continue
        is_judged = all(isinstance(network[user].layer, Loss) for user in users)
        if name not in wanted or not is_judged or not fed[name].classes:
            yield _refused("blends numbers, and this holds indices", name)
        elif len(wanted[name]) > 1:
            yield _refused("makes shares of its classes, and its losses do not agree on them", name)


def _refused(reason: str, node: str) -> Problem:
    return Problem(f"mix_up {reason}", node=node, hint="leave mix_up out of the recipe")
