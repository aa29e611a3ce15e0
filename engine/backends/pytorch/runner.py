"""A graph as a function of torch tensors: the rules of its sites, called one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.backends.graph import Graph, Site, Source
from engine.backends.phases import Phase
from engine.backends.pytorch.precision import Precision
from engine.backends.pytorch.rules import Place, function

Values = dict[Source, Tensor]


@dataclass(frozen=True)
class Call:
    """One site ready to be called; `spent` are the values nobody needs after it."""

    site: Site
    function: Callable[..., Any]
    spent: tuple[Source, ...]


class Runner:
    """Runs a graph from given inputs to the values of the sources `kept`."""

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[str, Tensor],
        kept: tuple[Source, ...],
        *,
        is_training: bool,
        device: torch.device,
    ) -> None:
        self.graph = graph
        self.kept = kept
        self.calls = tuple(_calls(graph, tensors, kept, is_training, device))

    def __call__(self, given: Mapping[str, Tensor]) -> Values:
        """The values of the kept sources, for the tensors of the input nodes."""
        values: Values = {(name, 0): tensor for name, tensor in given.items()}
        samples = next(map(len, given.values()), 1)
        for call in self.calls:
            run(call, values, samples)
            for source in call.spent:
                del values[source]
        return {source: values[source] for source in self.kept}


def run(call: Call, values: Values, samples: int) -> None:
    """Computes the outputs of one site into `values`; one that nothing feeds is told how many samples there are."""
    site = call.site
    entering = [None if source is None else values[source] for source in site.sources]
    result = call.function(*entering) if entering else call.function(samples)
    if isinstance(result, tuple):
        values.update({(site.name, place): tensor for place, tensor in enumerate(result)})
    else:
        values[site.name, 0] = result


def total_loss(factors: Mapping[str, float], values: Values) -> Tensor:
    """What is made small: all losses, each times its factor."""
    losses = [values[name, 0] * factor if factor != 1 else values[name, 0] for name, factor in factors.items()]
    return sum(losses[1:], losses[0])


def computed(phase: Phase) -> tuple[Source, ...]:
    """Of what an outcome needs, that which is not fed in."""
    fed = {site.name for site in phase.graph.inputs}
    return tuple(source for source in dict.fromkeys(phase.kept) if source[0] not in fed)


def learn(
    runner: Runner,
    phase: Phase,
    given: Mapping[str, Tensor],
    learned: Sequence[Tensor],
    precision: Precision,
    factor: Tensor | None,
) -> tuple[Values, list[Tensor]]:
    """Forwards and backwards: the values that `runner` keeps, the gradients of all losses, times `factor` if any."""
    with precision():
        values = runner(given)
    total = total_loss(phase.losses, values)
    # What only a mask or an index follows from has a gradient of nought.
    gradients = torch.autograd.grad(total if factor is None else total * factor, learned, materialize_grads=True)
    return {source: tensor.detach() for source, tensor in values.items()}, list(gradients)


def _calls(
    graph: Graph, tensors: Mapping[str, Tensor], kept: tuple[Source, ...], is_training: bool, device: torch.device
) -> Iterator[Call]:
    last = {source: site.name for site in graph.sites for source in site.feeds}
    for site in graph.sites:
        if site.is_fed:
            continue
        weights = {weight: tensors[name] for weight, name in site.weights.items()}
        spent = tuple({source for source in site.feeds if last[source] == site.name and source not in kept})
        yield Call(site, function(site.layer, Place(site, weights, is_training, device)), spent)


def first_non_finite(
    runner: Runner, given: Mapping[str, Tensor], losses: Mapping[str, float], tensors: Mapping[str, Tensor]
) -> str:
    """The first site, in order, with a weight or value that is not finite; else the first with such a gradient."""
    values = runner(given)
    sites = runner.graph.sites
    for site in sites:
        found = [tensors[name] for name in site.weights.values()] + [
            values[site.name, place] for place in range(len(site.outputs))
        ]
        if not all(torch.isfinite(tensor).all() for tensor in found):
            return site.name
    total = total_loss(losses, values)
    for site in sites:
        learned = [tensors[name] for name in site.weights.values() if tensors[name].requires_grad]
        gradients = torch.autograd.grad(total, learned, retain_graph=True, materialize_grads=True) if learned else ()
        if not all(torch.isfinite(gradient).all() for gradient in gradients):
            return site.name
    return ""
