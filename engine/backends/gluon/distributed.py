"""The rule of layers that are applied to every step: steps become samples, and samples steps again."""

from __future__ import annotations

from dataclasses import replace

from engine.backends.gluon.rules import Place, Symbol, symbol
from engine.backends.steps import step_of
from engine.layers.distributed import TimeDistributed


@symbol.register
def time_distributed(layer: TimeDistributed, place: Place, x: Symbol) -> Symbol:
    step = replace(place, site=step_of(layer, place.site), batch=place.samples(place.shape()[0]))
    free = (None,) * (len(step.site.inputs) - 1)
    made = symbol(layer.layer, step, step.reshaped(x, step.shape()), *free)
    return place.reshaped(made, place.site.outputs[0].shape)
