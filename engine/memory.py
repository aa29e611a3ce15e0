"""The memory of a training before it begins: what is held at once, reckoned from the network and the recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.active import active, needed
from engine.costs import UNTOLD, NodeReport, sortable, tell
from engine.keeping import Kept, is_view, kept
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer, Shape, Signal, Weight
from engine.layers.convolution import Convolution, DepthwiseConv2D, SeparableConv2D, Transposed
from engine.layers.data import Input, Target
from engine.layers.dense import Bilinear, Dense
from engine.layers.loss import Loss
from engine.layers.merge import MatMul
from engine.network import Network
from engine.node import Node

if TYPE_CHECKING:
    from engine.model import Model

FULL, HALF, INDEX = 4, 2, 8
"""Bytes of a float32, of a bfloat16 or float16, and of an index."""

MULTIPLIES = (Dense, Bilinear, MatMul, MultiHeadAttention, Convolution, DepthwiseConv2D, SeparableConv2D, Transposed)
"""What mixed precision calculates in half the bytes; the rest goes on with what it is fed with."""

Source = tuple[str, int]


@dataclass(frozen=True)
class Account:
    """Bytes of the tensors that a training holds, each storage once.

    Activations are what the forward pass leaves for the backward pass, as torch keeps it on the CPU, and the outputs
    that are told. What an operator needs while it runs, and what the framework itself takes, come on top: see
    `engine.training.peak`.
    """

    batch: int
    weights: int
    gradients: int
    optimizer: int
    averages: int
    inputs: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum((self.weights, self.gradients, self.optimizer, self.averages, self.inputs, self.activations))


def account_of(
    model: Model, batch: int = 0, precision: str = "", shapes: Mapping[str, Shape] = MappingProxyType({})
) -> Account:
    """The account of training `model`, with the recipe's batch and precision where no other is given.

    `shapes` are those of inputs and targets whose axes are of any length; else such an axis counts once. A node whose
    shape cannot be told does not count.
    """
    recipe = model.recipe
    network = _sized(_trained(active(model.network)), shapes)
    batch, precision = batch or recipe.batch_size, precision or recipe.precision
    nodes = tell(network).nodes
    owned = list(_owned(network, nodes))
    every = sum(weight.size for _, weight in owned)
    learned = sum(weight.size for node, weight in owned if _learns(node, weight))
    held = _Held(network, nodes, HALF if precision in ("bfloat16", "float16") else FULL)
    return Account(
        batch=batch,
        weights=FULL * every + held.copies,
        gradients=FULL * learned * (2 if recipe.accumulate > 1 else 1),
        optimizer=FULL * learned * len(recipe.optimizer.rule.state),
        averages=FULL * every if recipe.average else 0,
        inputs=batch * recipe.accumulate * held.inputs,
        activations=batch * held.each + held.once,
    )


def _trained(network: Network) -> Network:
    """What the losses need."""
    losses = [node.name for node in network.nodes if isinstance(node.layer, Loss)]
    return needed(network, losses) if losses else network


def _sized(network: Network, shapes: Mapping[str, Shape]) -> Network:
    """With inputs and targets of these shapes."""
    if not shapes:
        return network
    nodes = (
        replace(node, layer=replace(node.layer, sizes=shapes[node.name]))
        if node.name in shapes and isinstance(node.layer, Input | Target)
        else node
        for node in network.nodes
    )
    return replace(network, nodes=tuple(nodes))


def _owned(network: Network, nodes: Mapping[str, NodeReport]) -> Iterator[tuple[Node, Weight]]:
    """All weights with their nodes, shared ones once."""
    for node in network.nodes:
        for weight in nodes.get(node.name, UNTOLD).weights:
            if not node.weight or network.owner_of(node.name, weight.name) == f"{node.name}/{weight.name}":
                yield node, weight


def _learns(node: Node, weight: Weight) -> bool:
    return weight.trainable and node.rule_for(weight.name).learning_rate > 0


def _counted(signal: Signal) -> Shape:
    """Its shape, where an axis of any length counts once."""
    return tuple(max(1, axis) for axis in signal.shape)


@dataclass
class _Held:
    """What the forward pass of `network` leaves, where multiplying is done in numbers of `narrow` bytes."""

    network: Network
    nodes: Mapping[str, NodeReport]
    narrow: int
    each: int = 0
    """Bytes a sample."""
    once: int = 0
    """Bytes a batch."""
    copies: int = 0
    """Bytes of weights that were made narrow."""
    inputs: int = 0
    """Bytes of what is fed, a sample."""
    places: dict[Source, Source] = field(default_factory=dict)
    """Where what flows lies: a view in what it looks at."""
    widths: dict[Source, int] = field(default_factory=dict)
    signals: dict[Source, Signal] = field(default_factory=dict)
    learning: set[str] = field(default_factory=set)
    """The nodes through which gradients flow."""
    held: set[Source] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._fed: set[Source] = set()
        for node in sortable(self.network):
            self._visit(node, self.nodes.get(node.name, UNTOLD))
        self.inputs = sum(map(self._bytes, self._fed))
        self.each += sum(map(self._bytes, self.held - self._fed))

    def _visit(self, node: Node, told: NodeReport) -> None:
        sources = [(wire.node, wire.output) for wire in node.wires]
        self._place(node, told, sources)
        if any(_learns(node, weight) for weight in told.weights) or any(name in self.learning for name, _ in sources):
            self.learning.add(node.name)
            self._keep(node, told, sources)
        if isinstance(node.layer, Loss):
            self.held.update(self.places[source] for source in sources if source in self.places)

    def _place(self, node: Node, told: NodeReport, sources: list[Source]) -> None:
        """Where the outputs of a node lie, and how wide they are."""
        outputs = [(node.name, place) for place in range(len(told.outputs))]
        self.signals |= dict(zip(outputs, told.outputs, strict=True))
        if not sources:
            self._fed.update(outputs)
        viewed = self.places.get(sources[0]) if sources and is_view(node.layer, len(sources)) else None
        for output in outputs:
            self.places[output] = viewed or output
            self.widths[output] = self._width(node.layer, sources)

    def _width(self, layer: Layer, sources: Iterable[Source]) -> int:
        if isinstance(layer, MULTIPLIES):
            return self.narrow
        return max((self.widths.get(source, FULL) for source in sources), default=FULL)

    def _keep(self, node: Node, told: NodeReport, sources: list[Source]) -> None:
        """Counts what a node keeps for its gradient."""
        if not told.outputs or any(source not in self.signals for source in sources):
            return
        shapes = tuple(_counted(self.signals[source]) for source in sources)
        found = kept(node.layer, shapes, _counted(told.outputs[0]))
        width = FULL if isinstance(node.layer, Loss) else self.widths[node.name, 0]
        self.each += found.own * width + found.places * INDEX
        self.once += found.once * FULL
        narrow = isinstance(node.layer, MULTIPLIES) and self.narrow < FULL
        if narrow:
            self.copies += sum(weight.size for weight in told.weights if len(weight.shape) > 1) * self.narrow
        self._hold(found, node.name, sources, narrow)

    def _hold(self, found: Kept, name: str, sources: list[Source], narrow: bool) -> None:
        for source in sources if found.inputs else ():
            if narrow and self.widths[source] > self.narrow:
                self.each += self.signals[source].size * self.narrow  # a copy
            else:
                self.held.add(self.places[source])
        if found.output:
            self.held.add(self.places[name, 0])

    def _bytes(self, source: Source) -> int:
        signal = self.signals[source]
        return signal.size * (INDEX if signal.values == "index" else self.widths[source])
