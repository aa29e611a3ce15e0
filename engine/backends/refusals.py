"""What a backend cannot do under a plan, told by the nodes' names before the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.backends.graph import Graph, Site
from engine.declare import name_of
from engine.errors import Unsupported
from engine.layers.base import Layer
from engine.layers.distributed import TimeDistributed

Refusals = Mapping[type[Layer], Callable[[Layer, Site], bool]]
"""By kinds of layers, whether one of the kind is refused where it stands."""


def always(layer: Layer, site: Site) -> bool:
    """Refused wherever it stands."""
    return True


def refuse(graph: Graph, refusals: Refusals, reason: str, hint: str) -> None:
    """Raises Unsupported, naming all nodes of `graph` that are refused: "REASON: NODE (layer), …"."""
    found = [f"{site.name} ({name_of(layer)})" for site, layer in _layers(graph) if _is_refused(layer, site, refusals)]
    if found:
        raise Unsupported(f"{reason}: {', '.join(found)}", hint=hint)


def _is_refused(layer: Layer, site: Site, refusals: Refusals) -> bool:
    return any(isinstance(layer, kind) and is_refused(layer, site) for kind, is_refused in refusals.items())


def _layers(graph: Graph) -> Iterator[tuple[Site, Layer]]:
    """Every layer in its place, and those inside others."""
    for site in graph.sites:
        layer = site.layer
        while isinstance(layer, TimeDistributed):
            layer = layer.layer
        yield site, layer
