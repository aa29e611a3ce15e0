"""What a network wants to be fed with: its inputs and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.active import active
from engine.layers.base import Signal
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.network import Network


@dataclass(frozen=True)
class Want:
    """An input or target: what flows from it, and indices that all its losses pass over."""

    signal: Signal
    is_target: bool
    ignored: tuple[int, ...] = ()


def wants_of(network: Network) -> Mapping[str, Want]:
    """Every input and target that is trained with, by name."""
    trained = active(network)
    return {
        node.name: Want(node.layer.outputs()[0], isinstance(node.layer, Target), _ignored(trained, node.name))
        for node in trained.nodes
        if isinstance(node.layer, Input | Target)
    }


def _ignored(network: Network, name: str) -> tuple[int, ...]:
    losses = [network[user].layer for user in network.users[name]]
    told = {loss.ignore_index if isinstance(loss, SoftmaxCrossEntropy) else None for loss in losses}
    return tuple(index for index in told if index is not None) if None not in told else ()
