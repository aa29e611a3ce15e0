"""The rule of layers that are applied to every step: steps become samples, and samples steps again."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, function
from engine.backends.steps import step_of
from engine.layers.distributed import TimeDistributed


@function.register
def time_distributed(layer: TimeDistributed, place: Place) -> Function:
    step = step_of(layer, place.site)
    each = function(layer.layer, replace(place, site=step))
    free = (None,) * (len(step.inputs) - 1)

    def run(x: Tensor) -> Tensor:
        made: Tensor = each(x.flatten(0, 1), *free)
        return made.reshape(*x.shape[:2], *made.shape[1:])

    return run
