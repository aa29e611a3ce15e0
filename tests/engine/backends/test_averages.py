"""Where a recipe averages weights, a network learns with its weights and answers with their averages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.backends.base import Batch, Program
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.layers.normalization import BatchNorm
from engine.network import Network
from engine.node import WeightRule
from engine.training.optimizers import Adam
from engine.training.recipe import Average, Optimizer, Recipe
from tests.engine.backends.networks import network, node

STEPS = 12
PLAIN = Recipe(optimizer=Optimizer(rule=Adam(learning_rate=0.05)), seed=2)
AVERAGED = replace(PLAIN, average=Average(decay=0.5))


def small() -> Network:
    still = (WeightRule(name="bias", learning_rate=0.0),)
    return network(
        node("x", Input(sizes=(4,))),
        node("y", Target(sizes=(3,))),
        node("norm", BatchNorm(), "x"),
        node("fit", Dense(units=3), "norm", weight=still),
        node("loss", MeanSquaredError(), "fit", "y"),
    )


def batch(step: int) -> Batch:
    random = np.random.default_rng(step)
    x, y = random.normal(size=(8, 4)), random.normal(size=(8, 3))
    return {"x": np.float32(x * 3 + 1), "y": np.float32(y)}


def train(program: Program, begin: int = 0, end: int = STEPS) -> None:
    for step in range(begin, end):
        program.train_step(batch(step), 0.05, step).fetch()


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_the_weights_of_a_program_are_the_averages_of_those_it_learned(
    build: Callable[..., Program], decay: float
) -> None:
    program, plain = build(small(), replace(AVERAGED, average=Average(decay=decay))), build(small(), PLAIN)
    wanted = {name: np.float64(values) for name, values in plain.weights().items()}
    for t in range(1, STEPS + 1):
        train(program, t - 1, t)
        train(plain, t - 1, t)
        kept = min(decay, t / (t + 9))
        wanted = {name: kept * wanted[name] + (1 - kept) * values for name, values in plain.weights().items()}
    found = program.weights()
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6)
    assert any((found[name] != values).any() for name, values in plain.weights().items())


def test_it_answers_with_the_averages_and_learns_as_if_it_had_not_been_asked(build: Callable[..., Program]) -> None:
    program, quiet, fresh = build(small(), AVERAGED), build(small(), AVERAGED), build(small(), PLAIN)
    for step in range(STEPS):
        train(program, step, step + 1)
        train(quiet, step, step + 1)
        found = program.evaluate(batch(99)).fetch()
        assert program.predict({"x": batch(99)["x"]}, ("fit",))["fit"].shape == (8, 3)
    fresh.load_weights(program.weights())
    assert found.loss == fresh.evaluate(batch(99)).fetch().loss
    np.testing.assert_array_equal(found.outputs["fit"], fresh.predict({"x": batch(99)["x"]}, ("fit",))["fit"])
    for name, values in quiet.weights().items():
        np.testing.assert_array_equal(program.weights()[name], values)


def test_the_state_keeps_the_weights_that_learn(build: Callable[..., Program]) -> None:
    program, plain = build(small(), AVERAGED), build(small(), PLAIN)
    train(program)
    train(plain)
    for when in ("after learning", "after answering"):
        state = program.state()
        for name, values in plain.weights().items():
            np.testing.assert_array_equal(state[f"{name}/learning"], values, err_msg=when)
        program.evaluate(batch(0)).fetch()
    assert set(state) == set(plain.state()) | {f"{name}/learning" for name in plain.weights()}


@pytest.mark.parametrize("asked", [False, True], ids=["learning", "answering"])
def test_another_program_goes_on_with_the_same_bits(build: Callable[..., Program], asked: bool) -> None:
    whole, first, second = (build(small(), AVERAGED) for _ in range(3))
    train(whole)
    train(first, 0, 5)
    train(second, 0, 2)  # what it learned is to be forgotten
    if asked:
        second.evaluate(batch(0)).fetch()
    second.load_weights(first.weights())
    second.load_state(first.state())
    train(second, 5)
    for name, values in whole.weights().items():
        np.testing.assert_array_equal(second.weights()[name], values)


def test_a_weight_that_does_not_learn_does_not_move(build: Callable[..., Program]) -> None:
    program = build(small(), AVERAGED)
    first = {name: values + np.float32(0.1) for name, values in program.weights().items()}
    program.load_weights(first)
    train(program)
    assert (program.weights()["fit/bias"] == first["fit/bias"]).all()
    assert (program.weights()["fit/weight"] != first["fit/weight"]).all()


def test_without_averages_nothing_more_is_kept(build: Callable[..., Program]) -> None:
    assert not any(name.endswith("/learning") for name in build(small(), PLAIN).state())
