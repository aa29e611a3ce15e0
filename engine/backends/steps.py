"""A distributed layer within a step: the same for every backend and format."""

from __future__ import annotations

from dataclasses import replace

from engine.backends.graph import Site
from engine.layers.distributed import TimeDistributed


def step_of(layer: TimeDistributed, site: Site) -> Site:
    """The site of the layer inside, for which all steps of all samples are samples."""
    (x,) = site.inputs
    assert x is not None
    inputs = layer.inside(x)
    sources = (*site.sources, *(None for _ in inputs[1:]))
    return replace(site, layer=layer.layer, sources=sources, inputs=inputs, outputs=layer.layer.outputs(*inputs))
