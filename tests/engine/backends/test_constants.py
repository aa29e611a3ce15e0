"""Stated numbers stand beside every sample, whatever the size of the batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.formats.onnx import export
from engine.layers.data import Constant, Input
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.layers.merge import Concat, Multiply
from engine.network import Network
from engine.training.recipe import Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, network, node

Build = Callable[..., Program]

X = np.arange(6, dtype=np.float32).reshape(3, 2)


def joined() -> Network:
    return network(
        node("x", Input(sizes=(2,))),
        node("more", Constant(value=(7, 8, 9), sizes=(3,))),
        node("half", Constant(value=0.5)),
        node("both", Concat(), "x", "more"),
        node("it", Multiply(), "both", "half"),
    )


def expected(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.tile([7, 8, 9], (len(x), 1))], axis=1) / 2


def test_a_constant_is_the_same_for_every_sample(build: Build) -> None:
    program = build(joined(), Recipe())
    for count in (1, 3, 2):
        assert program.predict({"x": X[:count]}, ("it",))["it"].tolist() == expected(X[:count]).tolist()


def test_a_constant_that_no_input_stands_beside_is_there_once(build: Build) -> None:
    assert build(joined(), Recipe()).predict({"x": X}, ("more",))["more"].tolist() == [[7, 8, 9]]


def test_a_constant_may_be_what_is_asked_for(build: Build) -> None:
    drawn = network(
        node("x", Input(sizes=(2,))),
        node("y", Dense(units=1, bias=False), "x"),
        node("two", Constant(value=2, sizes=(1,))),
        node("loss", MeanSquaredError(), "y", "two"),
    )
    program = build(drawn, GRADIENTS, {"y/weight": np.zeros((1, 2), np.float32)})
    assert program.evaluate({"x": X}).fetch().loss == pytest.approx(4)
    assert gradients(program, {"x": X})["y/weight"] == pytest.approx(-4 * X.mean(0, keepdims=True))


def test_a_constant_is_exported_for_batches_of_any_size() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(export(joined(), {}).SerializeToString())
    for count in (1, 3):
        (made,) = session.run(["it"], {"x": X[:count]})
        assert made.tolist() == expected(X[:count]).tolist()
