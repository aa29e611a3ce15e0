"""Small networks for the tests of backends, and what a program tells of their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.backends.base import Program
from engine.layers import Layer, Signal
from engine.layers.data import Input, Target
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding
from engine.layers.loss import Loss, MeanSquaredError
from engine.layers.reshape import Reshape
from engine.network import Network
from engine.node import Link, Node, WeightRule
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe

GRADIENTS = Recipe(optimizer=Optimizer(rule=SGD(momentum=0.5)), seed=3)
"""After one step at a rate of 1 the momentum of a weight is its gradient."""


def node(name: str, layer: Layer, *sources: str, weight: tuple[WeightRule, ...] = ()) -> Node:
    return Node(name=name, inputs=tuple(map(Link.parse, sources)), layer=layer, weight=weight)


def network(*nodes: Node) -> Network:
    return Network(nodes)


def gradients(program: Program, batch: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The gradient of every weight that learns, for a program built with `GRADIENTS`."""
    program.train_step(batch, 1.0, 0).fetch()
    return {name.removesuffix("/momentum"): array for name, array in program.state().items()}


def probe(layer: Layer, signals: tuple[Signal, ...], batch: int) -> Network:
    """`layer` as the node `it`, with inputs that learn: numbers come from tables, a row for each sample.

    Behind each output a mean squared error, unless it is a loss itself. Inputs are `input0` … and feed tables with
    indices, or the layer directly where it takes indices; the table before input n is the node `table{n}`.
    """
    nodes: list[Node] = []
    feeds = []
    for place, signal in enumerate(signals):
        if signal.values == "index":
            nodes.append(node(f"input{place}", Input(sizes=signal.shape, values="index", classes=signal.classes)))
            feeds.append(f"input{place}")
        else:
            size = int(np.prod(signal.shape, dtype=int))
            nodes.append(node(f"input{place}", Input(values="index", classes=batch)))
            nodes.append(node(f"table{place}", Embedding(classes=batch, units=size), f"input{place}"))
            nodes.append(node(f"x{place}", Reshape(sizes=signal.shape), f"table{place}"))
            feeds.append(f"x{place}")
    nodes.append(node("it", layer, *feeds))
    if not isinstance(layer, Loss):
        for place, made in enumerate(layer.outputs(*signals)):
            if made.values == "number":  # nothing is learned through indices
                nodes.append(node(f"target{place or ''}", Target(sizes=made.shape)))
                nodes.append(node(f"loss{place or ''}", MeanSquaredError(), f"it:{place}", f"target{place or ''}"))
    return network(*nodes)


def without_noise(layer: Layer) -> Layer:
    """The layer, or, where it is random, one that is not."""
    if isinstance(layer, TimeDistributed):
        return replace(layer, layer=without_noise(layer.layer))
    quiet = {name: 0.0 for name in ("rate", "deviation") if hasattr(layer, name)}
    return replace(layer, **quiet)
