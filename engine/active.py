"""What of a drawn network is executed: opened blocks, nothing muted or bypassed, no losses when deployed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.flat import flat_of
from engine.layers.data import Target
from engine.layers.loss import GIVEN, Loss
from engine.network import Network
from engine.node import Link, Node

if TYPE_CHECKING:
    from engine.model import Model


def active(network: Network) -> Network:
    """The network that is trained.

    Blocks are opened (see `flat_of`). A bypassed node hands on its first input. A muted one is left out with whatever
    only it feeds: every node that loses all wires of an input it needs, and inputs and targets that then feed nothing.
    Works with circles and wires from nowhere, which it leaves as they are; gives the same object where there are no
    blocks and nothing is muted or bypassed.
    """
    network = flat_of(network).network
    if all(node.state == "active" for node in network.nodes):
        return network
    past = passing(network)
    straight = replace(network, nodes=tuple(_rewired(n, past) for n in network.nodes if n.name not in past))
    return _left(straight, {node.name for node in straight.nodes if node.state != "active"})


def executed(model: Model) -> Model:
    """The model with its active network, and with metrics that compare what uses of blocks stand for."""
    flat = flat_of(model.network)
    if flat.network is not model.network and model.recipe.metrics:
        metrics = tuple(replace(it, inputs=tuple(map(flat.source, it.inputs))) for it in model.recipe.metrics)
        model = replace(model, recipe=replace(model.recipe, metrics=metrics))
    return replace(model, network=active(model.network))


def validated(network: Network) -> Network:
    """The network that validation runs: what is trained without the nodes of `phase: train` and what only they feed."""
    trained = active(network)
    gone = {node.name for node in trained.nodes if node.phase == "train"}
    return _left(trained, gone) if gone else trained


def passing(network: Network) -> dict[str, Link]:
    """For every bypassed node that has an input, where what it hands on comes from."""
    first = {node.name: node.wires[0] for node in network.nodes if node.state == "bypassed" and node.inputs}
    return {name: _source(link, first) for name, link in first.items()}


@dataclass(frozen=True)
class Deployment:
    """What is deployed, and the wires that carry its answers."""

    network: Network
    outputs: tuple[Link, ...]
    fed: tuple[Link, ...] = ()
    """For each output what the loss is fed with: the output itself, or what its appended link is fed with."""


def deployment(network: Network) -> Deployment:
    """What predicts and is exported, with its outputs.

    Targets, losses and nodes of `phase: train` are gone, with whatever only they feed, and so is all that no answer
    needs. The answers are what the losses are fed with, or, where there is no loss, the nodes that feed nothing; the
    loss's link (softmax, sigmoid) is appended as `NODE_probability`.
    """
    trained = active(network)
    training_only = {n.name for n in trained.nodes if n.phase == "train" or isinstance(n.layer, (Target, Loss))}
    rest = trained.remove(_starved(trained, training_only))
    outputs: dict[Link, Link] = {}
    for source, loss in _answers(trained, rest):
        rest, answer = _linked(rest, source, loss)
        outputs[answer] = source
    return Deployment(needed(rest, (link.node for link in outputs)), tuple(outputs), tuple(outputs.values()))


def outputs_of(deployed: Deployment) -> tuple[Link, ...]:
    """What the losses are fed with, each followed by what its link, where it has one, makes of it."""
    pairs = zip(deployed.fed, deployed.outputs, strict=True)
    return tuple(dict.fromkeys(link for pair in pairs for link in pair))


def deployed(network: Network) -> Network:
    """The network that predicts and is exported: see `deployment`."""
    return deployment(network).network


def needed(network: Network, names: Iterable[str]) -> Network:
    """The nodes `names` and all they depend on, in the author's order."""
    reached: set[str] = set()
    waiting = [name for name in names if name in network]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(link.node for link in network[name].inputs if link.node in network)
    return replace(network, nodes=tuple(node for node in network.nodes if node.name in reached))


def _rewired(node: Node, past: dict[str, Link]) -> Node:
    """With its wires from bypassed nodes leading to what feeds those."""
    if all(link.node not in past for link in node.inputs):
        return node
    return node.wired(tuple(replace(past.get(wire.node, wire), slot=wire.slot) for wire in node.wires))


def _source(link: Link, first: dict[str, Link]) -> Link:
    passed: set[str] = set()
    while link.node in first and link.node not in passed:  # a circle of bypassed nodes has no source
        passed.add(link.node)
        link = first[link.node]
    return link


def _left(network: Network, names: set[str]) -> Network:
    """Without the nodes `names`, what cannot be without them, and data that then feed nothing."""
    gone = _starved(network, names)
    idle = {node.name for node in network.nodes if node.layer.FAMILY == "data" and _feeds_only(network, node, gone)}
    return network.remove(gone | idle)


def _starved(network: Network, names: set[str]) -> set[str]:
    """The nodes `names` and all that cannot be without them."""
    gone = set(names)
    waiting = list(gone)
    while waiting:
        for name in network.users.get(waiting.pop(), ()):
            if name not in gone and _starves(network[name], gone):
                gone.add(name)
                waiting.append(name)
    return gone


def _starves(node: Node, gone: set[str]) -> bool:
    """Whether an input that it needs has lost its last wire."""
    lost = {wire.slot for wire in node.wires if wire.node in gone}
    kept = {wire.slot for wire in node.wires if wire.node not in gone}
    return any(slot.name in lost - kept and not slot.optional for slot in node.layer.SLOTS)


def _feeds_only(network: Network, node: Node, gone: set[str]) -> bool:
    users = network.users[node.name]
    return bool(users) and gone.issuperset(users)


def _answers(trained: Network, rest: Network) -> list[tuple[Link, Loss | None]]:
    """Where answers come from, each with the loss that they are trained by."""
    losses = [(node, node.layer) for node in trained.nodes if isinstance(node.layer, Loss)]
    if not losses:
        return [(Link(node.name), None) for node in rest.nodes if not rest.users[node.name]]
    fed = [(replace(w, slot=""), loss) for node, loss in losses for w in node.wires if w.slot not in GIVEN]
    return [(source, loss) for source, loss in fed if source.node in rest]


def _linked(network: Network, source: Link, loss: Loss | None) -> tuple[Network, Link]:
    """With the loss's link behind `source`, once, and the wire from it."""
    link = loss.link() if loss else None
    if link is None:
        return network, source
    name = f"{source.node}_probability"
    there = network.by_name.get(name)
    if there is not None and there.inputs == (source,) and there.layer == link:
        return network, Link(name)
    name = network.free_name(name)
    return network.add(Node(name=name, inputs=(source,), layer=link)), Link(name)
