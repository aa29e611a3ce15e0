"""A layer applied to every step computes what it computes of the steps as samples, while training too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.loss import MeanSquaredError
from engine.layers.normalization import BatchNorm
from engine.layers.recurrent import LSTM
from engine.network import Network
from engine.training.recipe import Recipe
from tests.engine.backends.networks import network, node

Build = Callable[..., Program]

X = np.random.default_rng(4).normal(size=(2, 3, 4, 5)).astype(np.float32)
Y = np.random.default_rng(5).normal(size=(2, 3, 4, 5)).astype(np.float32)


def normalized(shape: tuple[int, ...], layer: BatchNorm | TimeDistributed) -> Network:
    return network(
        node("x", Input(sizes=shape)),
        node("y", Target(sizes=shape)),
        node("it", layer, "x"),
        node("loss", MeanSquaredError(), "it", "y"),
    )


def test_batch_normalization_of_steps_takes_all_steps_for_samples(build: Build) -> None:
    each = build(normalized((3, 4, 5), TimeDistributed(layer=BatchNorm())), Recipe())
    flat = build(normalized((4, 5), BatchNorm()), Recipe())
    for step in range(2):
        given, asked = (array * (1 + step) for array in (X, Y))
        one = each.train_step({"x": given, "y": asked}, 0.1, step).fetch()
        other = flat.train_step({"x": given.reshape(6, 4, 5), "y": asked.reshape(6, 4, 5)}, 0.1, step).fetch()
        assert one.loss == pytest.approx(other.loss, rel=1e-6)
    theirs = flat.weights()
    for name, values in each.weights().items():
        np.testing.assert_allclose(values, theirs[name], rtol=1e-5, atol=1e-7, err_msg=name)


def test_sequences_of_any_length_are_distributed(build: Build) -> None:
    drawn = network(
        node("x", Input(sizes=(-1, -1, 5))),
        node("words", TimeDistributed(layer=LSTM(units=2)), "x"),
        node("it", TimeDistributed(layer=Dense(units=3)), "words"),
    )
    program = build(drawn, Recipe())
    whole = program.predict({"x": X}, ("it",))["it"]
    assert whole.shape == (2, 3, 3)
    np.testing.assert_allclose(program.predict({"x": X[:, :2]}, ("it",))["it"], whole[:, :2], rtol=1e-5, atol=1e-7)
