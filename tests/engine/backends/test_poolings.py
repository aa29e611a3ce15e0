"""What pooling promises beyond its formula: which of equal values learn, and repeats at any scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers import Layer, Signal
from engine.layers.data import Input
from engine.layers.pooling import GlobalMaxPool, MaxPool1D, MaxPool3D
from engine.layers.resampling import Upsample
from engine.training.recipe import Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, network, node, probe


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(GlobalMaxPool(), (1, 2, 3)), (MaxPool1D(kernel=6), (1, 6)), (MaxPool3D(kernel=(1, 2, 3)), (1, 1, 2, 3))],
    ids=lambda it: type(it).__name__,
)
def test_of_equal_values_the_first_learns(build: Callable[..., Program], layer: Layer, shape: tuple[int, ...]) -> None:
    weights = {"table0/weight": np.float32([[0, 1, 0, 1, 1, 0]])}
    program = build(probe(layer, (Signal(shape),), 1), GRADIENTS, weights=weights)
    made = layer.outputs(Signal(shape))[0].shape
    batch = {"input0": np.array([0]), "target": np.zeros((1, *made), np.float32)}
    assert gradients(program, batch)["table0/weight"].tolist() == [[0, 2, 0, 0, 0, 0]]


def test_cells_are_repeated_exactly_at_any_scale(build: Callable[..., Program]) -> None:
    x = np.arange(4, dtype=np.float32).reshape(1, 1, 4)
    for scale in (41, 49, 55, 61):  # whose reciprocals, rounded to float32, are too small
        plain = network(node("x", Input(sizes=(1, 4))), node("it", Upsample(scale=scale), "x"))
        made = build(plain, Recipe()).predict({"x": x}, ("it",))["it"]
        assert made.tolist() == np.repeat(x, scale, axis=2).tolist()
