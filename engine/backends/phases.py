"""A network in its three roles: what is trained, what is validated, what is deployed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from engine.active import deployed, validated
from engine.backends.base import Batch
from engine.backends.graph import Graph, Source, graph_of
from engine.backends.mixing import Mixing, mixing_of
from engine.errors import NetwrightError
from engine.mixing import blended
from engine.network import Network
from engine.node import Link
from engine.training.recipe import Recipe


@dataclass(frozen=True)
class Phase:
    """A graph that leads to losses, and the sources whose values an outcome reports."""

    graph: Graph
    reported: tuple[Source, ...]

    @cached_property
    def kept(self) -> tuple[Source, ...]:
        """The sources to be kept while it runs: what is reported, and the losses."""
        return (*self.reported, *((name, 0) for name in self.losses))

    @cached_property
    def losses(self) -> dict[str, float]:
        """The factor of every loss."""
        return {site.name: float(getattr(site.layer, "weight", 1.0)) for site in self.graph.losses}


@dataclass(frozen=True)
class Phases:
    """The graphs of a network: they share their parameters by name."""

    whole: Graph
    training: Phase
    validation: Phase
    deployed: Graph
    mixing: Mixing | None = None

    def training_batch(self, batch: Batch, step: int) -> Batch:
        """What the training phase is fed with in the step `step`."""
        return batch if self.mixing is None else self.mixing.mixed(batch, step)

    def towards(self, outputs: tuple[str, ...]) -> tuple[Graph, tuple[Source, ...]]:
        """What has to be run for `outputs`, as when deployed where that has them. Raises NetwrightError."""
        sources = tuple(source_of(output) for output in outputs)
        for graph in (self.deployed, self.whole):
            there = set(graph.sources)
            if there.issuperset(sources):
                return graph.leading_to(name for name, _ in sources), sources
        absent = next(source for source in sources if source not in there)
        raise NetwrightError(f"there is no output {written(absent)}", node=absent[0])


def phases_of(network: Network, recipe: Recipe, outputs: Iterable[str] = ()) -> Phases:
    """The phases of `network`; `outputs` are values to be reported besides those that losses are fed with."""
    whole, mixing = graph_of(network), mixing_of(network, recipe)
    learning = graph_of(blended(network)).within(whole) if mixing else whole
    lasting, answering = (graph_of(role(network)).within(whole) for role in (validated, deployed))
    asked = tuple(source_of(output) for output in outputs)
    return Phases(whole, _phase(learning, asked), _phase(lasting, asked), answering, mixing)


def source_of(output: str) -> Source:
    """The source that is written `NODE` or `NODE:OUTPUT`."""
    link = Link.parse(output)
    return (link.node, link.output)


def written(source: Source) -> str:
    """How a source is written: `NODE`, or `NODE:OUTPUT` beyond the first."""
    return str(Link(*source))


def _phase(graph: Graph, asked: tuple[Source, ...]) -> Phase:
    names = {site.name for site in graph.sites}
    fed = tuple(source for loss in graph.losses for source in loss.feeds)
    reported = tuple(dict.fromkeys((*fed, *(source for source in asked if source[0] in names))))
    wanted = [*(loss.name for loss in graph.losses), *(name for name, _ in reported)]
    return Phase(graph.leading_to(wanted), reported)


def check_trains(phase: Phase) -> None:
    """Raises NetwrightError where there is nothing to be learned from, or nothing that learns."""
    if not phase.losses:
        raise NetwrightError("has no loss, so there is nothing to learn from", hint="add a loss behind the output")
    if not any(parameter.learns for parameter in phase.graph.parameters.values()):
        raise NetwrightError("has no weight that learns", hint="add a layer with weights, or let one of them learn")
