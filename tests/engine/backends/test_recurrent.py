"""A mask ends a sequence: what stands behind the end is neither read nor learned from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers.data import Input, Target
from engine.layers.loss import MeanSquaredError
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent
from engine.network import Network
from engine.training.recipe import Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, network, node

Build = Callable[..., Program]

LENGTHS = (5, 2, 0, 1)
X = np.random.default_rng(3).normal(size=(4, 5, 3)).astype(np.float32)
MASK = (np.arange(5) < np.array(LENGTHS)[:, None]).astype(np.float32)

kinds = pytest.mark.parametrize(
    "layer",
    [
        RNN(units=2, bidirectional=True),
        LSTM(units=2, layers=2, bidirectional=True),
        LSTM(units=2, layers=2, sequence=True),
        GRU(units=2, bidirectional=True, sequence=True),
    ],
    ids=lambda layer: f"{type(layer).__name__} {'sequence' if layer.sequence else 'final'}",
)


def masked(layer: Recurrent, length: int = -1) -> Network:
    made = layer.shape((length, 3))
    return network(
        node("x", Input(sizes=(length, 3))),
        node("mask", Input(sizes=(length,))),
        node("y", Target(sizes=made)),
        node("it", layer, "x", "mask=mask"),
        node("loss", MeanSquaredError(), "it", "y"),
    )


@kinds
def test_each_sample_is_read_as_if_it_stood_alone(build: Build, layer: Recurrent) -> None:
    program = build(masked(layer), Recipe())
    together = program.predict({"x": X, "mask": MASK}, ("it",))["it"]
    for made, x, length in zip(together, X, LENGTHS, strict=True):
        behind = made[length:] if layer.sequence else made[:0]
        assert (behind == 0).all()
        if length == 0:
            assert (made == 0).all()
            continue
        alone = program.predict({"x": x[None, :length], "mask": np.ones((1, length), np.float32)}, ("it",))["it"][0]
        np.testing.assert_allclose(made[:length] if layer.sequence else made, alone, rtol=1e-5, atol=1e-6)


@kinds
def test_a_mask_of_ones_changes_nothing(build: Build, layer: Recurrent) -> None:
    plain = network(node("x", Input(sizes=(5, 3))), node("it", layer, "x"))
    program = build(masked(layer, 5), Recipe())
    expected = build(plain, Recipe(), program.weights()).predict({"x": X}, ("it",))["it"]
    found = program.predict({"x": X, "mask": np.ones_like(MASK)}, ("it",))["it"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@kinds
def test_what_fills_a_sequence_up_is_not_learned_from(build: Build, layer: Recurrent) -> None:
    y = np.ones((4, *layer.shape((5, 3))), np.float32)
    found = []
    for filling in (0, 100):
        x = np.where(MASK[..., None] == 0, filling, X).astype(np.float32)
        found.append(gradients(build(masked(layer, 5), GRADIENTS), {"x": x, "mask": MASK, "y": y}))
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-5, atol=1e-7, err_msg=name)
