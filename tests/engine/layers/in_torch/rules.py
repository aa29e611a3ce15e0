"""What a layer is in torch's own words: a rule for each, in the modules beside."""

import functools

import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional


@functools.singledispatch
def torch_of(layer, weights, *inputs):
    raise NotImplementedError(type(layer).__name__)


def rule(*kinds):
    """Registers a rule for several layers."""

    def register(function):
        for kind in kinds:
            torch_of.register(kind)(function)
        return function

    return register


def padded(x, pads, value=0.0):
    axes = len(pads) // 2
    sides = [side for axis in reversed(range(axes)) for side in (pads[axis], pads[axes + axis])]
    return F.pad(x, sides, value=value)


def batched(axis):
    """The axis of a sample as an axis of a batch."""
    return axis + 1 if axis >= 0 else axis
