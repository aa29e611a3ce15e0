"""What can be told of each node before anything runs: what leaves it, its weights, its cost for one sample."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.errors import ShapeError
from engine.layers.base import Layer, Signal, Weight
from engine.network import Network
from engine.node import Link, Node

BYTES = 4
"""Of one number in float32, and of an index."""


@dataclass(frozen=True)
class NodeReport:
    """What is known of one node: what leaves it, its weights and its cost for one sample."""

    outputs: tuple[Signal, ...] = ()
    weights: tuple[Weight, ...] = ()
    params: int = 0
    macs: int = 0
    memory: int = 0
    """Bytes of its outputs for one sample, in float32."""


@dataclass(frozen=True)
class Told:
    """What was found of a network; a node whose shape cannot be told has an empty report, and why stands in `errors`.

    Nodes behind one that cannot be told have an empty report and no error of their own.
    """

    nodes: Mapping[str, NodeReport] = field(default_factory=dict)
    errors: Mapping[str, ShapeError] = field(default_factory=dict)


UNTOLD = NodeReport()


def tell(network: Network) -> Told:
    """What can be told of every node, circles and wires from nowhere notwithstanding."""
    nodes: dict[str, NodeReport] = {}
    errors: dict[str, ShapeError] = {}
    for node in sortable(network):
        signals = _entering(node, nodes)
        found = UNTOLD if signals is None else _cost(node.layer, signals)
        if isinstance(found, ShapeError):
            errors[node.name] = found
            found = UNTOLD
        nodes[node.name] = _ruled(found, node, network) if node.weight else found
    return Told(nodes, errors)


def summed(names: Iterable[str], outputs: Iterable[Link], nodes: Mapping[str, NodeReport]) -> NodeReport:
    """The report of several nodes as one with these outputs: what leaves it and costs, but no weights of its own."""
    found = [nodes.get(name, UNTOLD) for name in names]
    signals = [_signal(link, nodes) for link in outputs]
    known = tuple(signal for signal in signals if signal is not None)
    return NodeReport(
        outputs=known if len(known) == len(signals) else (),
        params=sum(node.params for node in found),
        macs=sum(node.macs for node in found),
        memory=sum(node.memory for node in found),
    )


def sortable(network: Network) -> list[Node]:
    """The nodes so that each comes after all that feed it, without those on a circle or behind one."""
    waits = {node.name: _sources(node, network) for node in network.nodes}
    ready = deque(name for name, count in waits.items() if not count)
    ordered = []
    while ready:
        name = ready.popleft()
        ordered.append(network[name])
        for user in network.users[name]:
            waits[user] -= 1
            if not waits[user]:
                ready.append(user)
    return ordered


def _sources(node: Node, network: Network) -> int:
    """How many nodes feed it."""
    if len(node.inputs) == 1:
        return int(node.inputs[0].node in network)
    return len({link.node for link in node.inputs if link.node in network})


def _entering(node: Node, nodes: Mapping[str, NodeReport]) -> tuple[Signal | None, ...] | None:
    """What enters the slots in order; None where one that is needed is free or not known."""
    entering: list[Signal | None] = []
    # node.wires is kept by the node, so that an edit elsewhere does not name the slots again.
    for slot in node.layer.SLOTS:
        wires = [wire for wire in node.wires if wire.slot == slot.name]
        if not wires and not slot.optional:
            return None
        signals = [_signal(wire, nodes) for wire in (wires if slot.many else wires[:1])]
        if None in signals:
            return None
        entering.extend(signals or (() if slot.many else (None,)))
    return tuple(entering)


def _signal(wire: Link, nodes: Mapping[str, NodeReport]) -> Signal | None:
    outputs = nodes.get(wire.node, UNTOLD).outputs
    return outputs[wire.output] if wire.output < len(outputs) else None


@functools.lru_cache(maxsize=1 << 16)
def _cost(layer: Layer, entering: tuple[Signal | None, ...]) -> NodeReport | ShapeError:
    """The report of a node, or why there is none: remembered, for an edit leaves most nodes as they were."""
    shapes = tuple(signal.shape if signal else None for signal in entering)
    try:
        outputs = layer.outputs(*entering)
        weights = layer.weights(*shapes)
        return NodeReport(
            outputs=outputs,
            weights=weights,
            params=sum(weight.size for weight in weights if weight.trainable),
            macs=layer.macs(*shapes),
            memory=BYTES * sum(signal.size for signal in outputs),
        )
    except ShapeError as error:
        return error.with_traceback(None)


def _ruled(report: NodeReport, node: Node, network: Network) -> NodeReport:
    """With the first values that the node's rules say, and without the weights that another node owns."""
    begins = {weight.name: node.rule_for(weight.name).init for weight in report.weights}
    weights = tuple(replace(w, init=init.rule) if (init := begins[w.name]) else w for w in report.weights)
    own = (w for w in weights if w.trainable and network.owner_of(node.name, w.name) == f"{node.name}/{w.name}")
    return replace(report, weights=weights, params=sum(weight.size for weight in own))
