"""Networks that could be computed and yet cannot mean what they say."""

from __future__ import annotations

from collections.abc import Iterator

from engine.declare import name_of
from engine.errors import Problem
from engine.layers.convolution import Convolution, DepthwiseConv2D, SeparableConv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import Loss
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import Pooling
from engine.problems.facts import Facts


def nothing(facts: Facts) -> Iterator[Problem]:
    """No nodes at all."""
    if not facts.model.network.nodes:
        yield Problem("the network is empty", "suggestion", hint="begin with an Input, or open a model of the gallery")


def no_input(facts: Facts) -> Iterator[Problem]:
    """Nothing that data enter through."""
    if facts.model.network.nodes and not any(isinstance(node.layer, Input) for node in facts.data_nodes):
        yield Problem("the network has no input", hint="add an Input for the data to enter")


def no_loss(facts: Facts) -> Iterator[Problem]:
    """Nothing that training could make small."""
    if facts.model.network.nodes and not facts.losses:
        hint = "add a Target and a loss, for instance SoftmaxCrossEntropy"
        yield Problem("the network has no loss: it can be run, but not trained", "warning", hint=hint)


def doubled_links(facts: Facts) -> Iterator[Problem]:
    """A softmax in front of a loss that has a softmax of its own; the same for sigmoid."""
    for node, loss in facts.losses:
        for wire in node.wires:
            source = facts.active.by_name.get(wire.node)
            link = loss.link()
            if wire.slot == "x" and source and link and type(source.layer) is type(link):
                name = name_of(link)
                message = f"it computes a {name} itself, and {source.name!r} has computed one before it"
                hint = f"remove {source.name!r}: what is deployed gets its {name} anyway"
                yield Problem(message, "warning", node.name, hint=hint)


def idle_nodes(facts: Facts) -> Iterator[Problem]:
    """Nodes that are computed for nothing."""
    compared = {link.node for metric in facts.model.recipe.metrics for link in metric.inputs}
    drawn = {**facts.flat.network.users, **facts.handed_out}
    for name, users in facts.active.users.items():
        node = facts.active.by_name.get(name)
        if users or drawn.get(name) or node is None or name in compared or isinstance(node.layer, Loss):
            continue
        if isinstance(node.layer, Target):
            yield Problem("no loss compares anything with it", "warning", name, hint="connect it to a loss")
        elif facts.losses:
            yield Problem("it feeds nothing that a loss needs", "warning", name, hint="connect it, or mute it")


def idle_biases(facts: Facts) -> Iterator[Problem]:
    """Biases that batch normalisation takes away again."""
    network = facts.active
    norms = (node for node in network.nodes if isinstance(node.layer, BatchNorm))
    for name in dict.fromkeys(link.node for norm in norms for link in norm.inputs):
        node = network.by_name.get(name)
        if (
            node is None
            or not isinstance(node.layer, (Dense, Convolution, DepthwiseConv2D, SeparableConv2D))
            or not node.layer.bias
        ):
            continue
        if all(isinstance(network[user].layer, BatchNorm) for user in network.users[name]):
            message = "its bias has no effect: the batch normalisation behind it takes it away again"
            yield Problem(message, "suggestion", name, hint="set bias to false")


def idle_padding(facts: Facts) -> Iterator[Problem]:
    """Paddings beside a rule that finds its own."""
    for node in facts.active.nodes:
        if not isinstance(node.layer, (Convolution, DepthwiseConv2D, SeparableConv2D, Pooling)):
            continue
        if node.layer.auto_pad != "explicit" and any(node.layer.padding):
            message = f"its padding is not used, for auto_pad is {node.layer.auto_pad}"
            yield Problem(message, "warning", node.name, hint="set auto_pad to explicit, or padding to 0")


def training_only_sources(facts: Facts) -> Iterator[Problem]:
    """Nodes that stay when those that feed them are left out."""
    training_only = {node.name for node in facts.active.nodes if node.phase == "train"}
    for node in facts.active.nodes if training_only else ():
        if node.phase == "train" or isinstance(node.layer, Loss):
            continue
        for link in node.inputs:
            if link.node in training_only:
                message = f"it is fed by {link.node!r}, which is there only while training, and is not deployed either"
                hint = "let both be there always, or both only while training"
                yield Problem(message, "warning", node.name, hint=hint)


def idle_bypasses(facts: Facts) -> Iterator[Problem]:
    """Bypassed nodes with no input to hand on."""
    for node in facts.model.network.nodes:
        if node.state == "bypassed" and not node.inputs:
            message = "it is bypassed and has no input to hand on: what it feeds is left out"
            yield Problem(message, "warning", node.name, hint="mute it instead")
