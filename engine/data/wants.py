"""What a network wants to be fed with: its inputs and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.active import active
from engine.declare import name_of
from engine.layers.base import Signal
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.network import Network
from engine.node import Node


@dataclass(frozen=True)
class Want:
    """An input or target: what flows from it, and indices that all its losses pass over."""

    signal: Signal
    is_target: bool
    ignored: tuple[int, ...] = ()
    padding: int | None = 0
    """What stands for a step that is not there; None where every loss would count it."""


def wants_of(network: Network) -> Mapping[str, Want]:
    """Every input and target that is trained with, by name."""
    trained = active(network)
    return {node.name: _want(trained, node) for node in trained.nodes if isinstance(node.layer, Input | Target)}


def _want(network: Network, node: Node) -> Want:
    signal = node.layer.outputs()[0]
    if isinstance(node.layer, Input) or signal.values == "number":
        return Want(signal, isinstance(node.layer, Target))
    ignored = _ignored(network, node.name)
    return Want(signal, True, ignored, ignored[0] if ignored else 0 if _is_aligned(network, node.name) else None)


def _is_aligned(network: Network, name: str) -> bool:
    """Whether only losses that find the steps themselves use it: in their targets 0 is what is put behind."""
    return {name_of(network[user].layer) for user in network.users[name]} == {"ctc"}


def _ignored(network: Network, name: str) -> tuple[int, ...]:
    losses = [network[user].layer for user in network.users[name]]
    told = {loss.ignore_index if isinstance(loss, SoftmaxCrossEntropy) else None for loss in losses}
    return tuple(index for index in told if index is not None) if None not in told else ()
