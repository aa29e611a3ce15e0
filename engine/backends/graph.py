"""A network as backends see it: sites in the order of execution, and the parameters they share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from engine.errors import NetwrightError, ShapeError
from engine.initializers import Initializer
from engine.layers.base import Layer, Shape, Signal, Weight
from engine.network import Network
from engine.node import Link, Node

Source = tuple[str, int]
"""A value that flows: the node it leaves and the number of the output."""


@dataclass(frozen=True)
class Parameter:
    """An array of weights and how it learns: the factors on the learning rate and on the decay."""

    name: str
    shape: Shape
    init: Initializer
    is_trainable: bool = True
    rate: float = 1.0
    decay: float = 1.0

    @property
    def learns(self) -> bool:
        """Whether the optimiser changes it."""
        return self.is_trainable and self.rate > 0


@dataclass(frozen=True)
class Site:
    """A layer in its place: what it is fed with, slot by slot, and the full names of its weights."""

    name: str
    layer: Layer
    sources: tuple[Source | None, ...]
    inputs: tuple[Signal | None, ...]
    outputs: tuple[Signal, ...]
    weights: Mapping[str, str]

    @property
    def is_loss(self) -> bool:
        """Whether its output is a number to be made small."""
        return self.layer.FAMILY == "loss"

    @property
    def is_fed(self) -> bool:
        """Whether a batch brings its values."""
        return self.layer.FED

    @property
    def feeds(self) -> tuple[Source, ...]:
        """The sources that are there."""
        return tuple(source for source in self.sources if source is not None)


@dataclass(frozen=True)
class Graph:
    """The sites in an order in which each comes after all that feed it, and all parameters by full name."""

    sites: tuple[Site, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def leading_to(self, names: Iterable[str]) -> Graph:
        """Only what the sites `names` depend on."""
        wanted = set(names)
        for site in reversed(self.sites):
            if site.name in wanted:
                wanted.update(node for node, _ in site.feeds)
        return _with_used(tuple(site for site in self.sites if site.name in wanted), self.parameters)

    def within(self, whole: Graph) -> Graph:
        """With the weights as they are named in `whole`: the node that owned a shared one may be missing here."""
        weights = {site.name: site.weights for site in whole.sites}
        sites = tuple(replace(site, weights=weights.get(site.name, site.weights)) for site in self.sites)
        return _with_used(sites, whole.parameters)

    @cached_property
    def losses(self) -> tuple[Site, ...]:
        """The sites whose outputs are added up to what is learned from."""
        return tuple(site for site in self.sites if site.is_loss)

    @cached_property
    def inputs(self) -> tuple[Site, ...]:
        """The sites that a batch feeds."""
        return tuple(site for site in self.sites if site.is_fed)

    @cached_property
    def signals(self) -> Mapping[Source, Signal]:
        """What flows from every source."""
        return {(site.name, place): signal for site in self.sites for place, signal in enumerate(site.outputs)}

    def sized(self, shapes: Mapping[str, Shape]) -> Graph:
        """The graph for inputs of these shapes, so that no axis is of any length. Raises ShapeError."""
        signals: dict[Source, Signal] = {}
        sites = []
        for site in self.sites:
            inputs = tuple(source and signals[source] for source in site.sources)
            outputs = _told(site.name, site.layer, inputs)
            if site.name in shapes:
                outputs = (replace(outputs[0], shape=shapes[site.name]),)
            signals |= {(site.name, place): signal for place, signal in enumerate(outputs)}
            sites.append(replace(site, inputs=inputs, outputs=outputs))
        return replace(self, sites=tuple(sites))

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every value that flows."""
        return tuple((site.name, place) for site in self.sites for place in range(len(site.outputs)))


def graph_of(network: Network) -> Graph:
    """`network` ready to be executed. Raises NetwrightError for what keeps it from running."""
    sites: list[Site] = []
    signals: dict[Source, Signal] = {}
    declared: dict[str, Parameter] = {}
    for node in network.order:
        sources = arranged(node)
        inputs = tuple(_signal(signals, source, node) for source in sources)
        outputs = _told(node.name, node.layer, inputs)
        weights = node.layer.weights(*(signal.shape if signal else None for signal in inputs))
        declared |= {f"{node.name}/{weight.name}": _parameter(node, weight) for weight in weights}
        owners = {weight.name: network.owner_of(node.name, weight.name) for weight in weights}
        sites.append(Site(node.name, node.layer, sources, inputs, outputs, owners))
        signals |= {(node.name, place): signal for place, signal in enumerate(outputs)}
    owned = dict.fromkeys(name for site in sites for name in site.weights.values())
    return Graph(tuple(sites), {name: _declared(declared, name) for name in owned})


def arranged(node: Node) -> tuple[Source | None, ...]:
    """What feeds each slot of `node`, None where an optional slot is free; a slot for many has all of its own."""
    wires: dict[str, list[Link]] = {}
    for wire in node.wires:
        wires.setdefault(wire.slot, []).append(wire)
    sources: list[Source | None] = []
    for slot in node.layer.SLOTS:
        found = [(wire.node, wire.output) for wire in wires.get(slot.name, [])]
        sources += found if slot.many or found else [None]
    return tuple(sources)


def random_seed(seed: int, step: int) -> int:
    """The seed of every random choice within a step: 31 bits that follow from the run's seed and the step alone."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{step}".encode(), digest_size=4).digest(), "big") >> 1


def _with_used(sites: tuple[Site, ...], parameters: Mapping[str, Parameter]) -> Graph:
    used = {name for site in sites for name in site.weights.values()}
    return Graph(sites, {name: parameter for name, parameter in parameters.items() if name in used})


def _told(node: str, layer: Layer, inputs: tuple[Signal | None, ...]) -> tuple[Signal, ...]:
    try:
        return layer.outputs(*inputs)
    except ShapeError as error:
        raise ShapeError(error.message, node=node, hint=error.hint) from None


def _parameter(node: Node, weight: Weight) -> Parameter:
    rule = node.rule_for(weight.name)
    return Parameter(
        name=f"{node.name}/{weight.name}",
        shape=weight.shape,
        init=rule.init.rule if rule.init else weight.init,
        is_trainable=weight.trainable,
        rate=rule.learning_rate,
        decay=rule.decay,
    )


def _signal(signals: Mapping[Source, Signal], source: Source | None, node: Node) -> Signal | None:
    if source is None:
        return None
    signal = signals.get(source)
    if signal is None:
        raise NetwrightError(f"is fed by {source[0]}:{source[1]}, which is not there", node=node.name)
    return signal


def _declared(declared: Mapping[str, Parameter], name: str) -> Parameter:
    parameter = declared.get(name)
    if parameter is None:
        raise NetwrightError(f"{name} is to be shared, but there is no such weight", node=name.rpartition("/")[0])
    return parameter
