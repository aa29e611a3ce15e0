"""Every optimiser takes the steps of its documented formula, on every backend, while the learning rate changes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.network import Network
from engine.node import WeightRule
from engine.training.optimizers import OPTIMIZERS, SGD, Adam, AdamW, OptimizerRule, RMSProp
from engine.training.recipe import Clip, Optimizer, Recipe
from tests.engine.backends.networks import network, node

Weights = dict[str, np.ndarray]
STEPS = 20

RULES = (
    SGD(momentum=0.0),
    SGD(momentum=0.0, weight_decay=0.1),
    SGD(momentum=0.9),
    SGD(momentum=0.8, weight_decay=0.05),
    SGD(momentum=0.9, nesterov=True),
    SGD(momentum=0.8, nesterov=True, weight_decay=0.05),
    RMSProp(),
    RMSProp(rho=0.7, epsilon=1e-3, weight_decay=0.1),
    Adam(),
    Adam(beta1=0.7, beta2=0.95, epsilon=1e-3, weight_decay=0.1),
    AdamW(),
    AdamW(beta1=0.7, beta2=0.95, epsilon=1e-3, weight_decay=0.2),
)


def rate(step: int) -> float:
    """Up and down, so that a formula with the rate in another place gives other numbers."""
    return 0.02 * (1 + math.sin(step)) + 0.001


def linear(rules: tuple[WeightRule, ...] = ()) -> Network:
    return network(
        node("x", Input(sizes=(4,))),
        node("y", Target(sizes=(3,))),
        node("fit", Dense(units=3), "x", weight=rules),
        node("loss", MeanSquaredError(), "fit", "y"),
    )


@functools.cache
def batches() -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(0)
    return [
        {"x": random.normal(size=(6, 4)).astype(np.float32), "y": random.normal(size=(6, 3)).astype(np.float32)}
        for _ in range(STEPS)
    ]


def gradients(weights: Weights, batch: dict[str, np.ndarray]) -> Weights:
    x, y = np.float64(batch["x"]), np.float64(batch["y"])
    error = 2 * (x @ weights["fit/weight"].T + weights["fit/bias"] - y) / y.size
    return {"fit/weight": error.T @ x, "fit/bias": error.sum(0)}


class Reference:
    """One weight under one rule, in float64 and straight from the docstring."""

    def __init__(self, rule: OptimizerRule) -> None:
        self.rule = rule
        self.first, self.second = 0.0, 0.0

    def step(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, decay: float) -> np.ndarray:
        rule = self.rule
        share = rule.weight_decay * decay
        if isinstance(rule, AdamW):
            w = w - lr * share * w
        else:
            g = g + share * w
        if isinstance(rule, SGD):
            before, self.first = self.first, rule.momentum * self.first + lr * g
            if rule.nesterov:
                return w - (1 + rule.momentum) * self.first + rule.momentum * before
            return w - self.first
        if isinstance(rule, RMSProp):
            self.second = rule.rho * self.second + (1 - rule.rho) * g**2
            return w - lr * g / (np.sqrt(self.second) + rule.epsilon)
        assert isinstance(rule, (Adam, AdamW))
        self.first = rule.beta1 * self.first + (1 - rule.beta1) * g
        self.second = rule.beta2 * self.second + (1 - rule.beta2) * g**2
        mean, square = self.first / (1 - rule.beta1**t), self.second / (1 - rule.beta2**t)
        return w - lr * mean / (np.sqrt(square) + rule.epsilon)


def expected(
    weights: Weights,
    rule: OptimizerRule,
    clip: Callable[[Weights], Weights] = lambda g: g,
    rates: dict[str, float] | None = None,
    decays: dict[str, float] | None = None,
) -> Weights:
    weights = {name: np.float64(values) for name, values in weights.items()}
    rules = {name: Reference(rule) for name in weights}
    for step, batch in enumerate(batches()):
        found = clip(gradients(weights, batch))
        weights = {
            name: rules[name].step(
                w, found[name], rate(step) * (rates or {}).get(name, 1), step + 1, (decays or {}).get(name, 1)
            )
            for name, w in weights.items()
        }
    return weights


def trained(program: Program) -> Weights:
    for step, batch in enumerate(batches()):
        program.train_step(batch, rate(step), step)
    return program.weights()


def assert_same(found: Weights, wanted: Weights) -> None:
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=2e-5 * max(1, np.abs(values).max()))


def recipe(rule: OptimizerRule, clip: Clip | None = None) -> Recipe:
    return Recipe(optimizer=Optimizer(rule=rule), seed=2, clip=clip)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_twenty_steps_are_those_of_the_formula(build: Callable[..., Program], rule: OptimizerRule) -> None:
    program = build(linear(), recipe(rule))
    wanted = expected(program.weights(), rule)
    assert_same(trained(program), wanted)


def test_every_optimizer_is_tried() -> None:
    assert {type(rule) for rule in RULES} == {rule for _, rule in OPTIMIZERS.items()}


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_the_state_has_neutral_names_and_what_another_program_needs_to_go_on(
    build: Callable[..., Program], rule: OptimizerRule
) -> None:
    whole, first, second = (build(linear(), recipe(rule)) for _ in range(3))
    for step, batch in enumerate(batches()):
        whole.train_step(batch, rate(step), step)
        if step == 7:
            second.load_weights(first.weights())
            second.load_state(first.state())
        (first if step < 7 else second).train_step(batch, rate(step), step)
    assert set(second.state()) == {f"{name}/{kept}" for name in second.weights() for kept in rule.state}
    for name, values in whole.weights().items():
        assert (second.weights()[name] == values).all()


@pytest.mark.parametrize("rule", [SGD(weight_decay=0.1), Adam(weight_decay=0.1), AdamW(weight_decay=0.1)], ids=repr)
def test_factors_of_a_weight_scale_its_learning_rate_and_its_decay(
    build: Callable[..., Program], rule: OptimizerRule
) -> None:
    rules = (WeightRule(learning_rate=2.0), WeightRule(name="bias", decay=0.0))
    program = build(linear(rules), recipe(rule))
    rates = {"fit/weight": 2.0, "fit/bias": 2.0}
    wanted = expected(program.weights(), rule, rates=rates, decays={"fit/bias": 0.0})
    assert_same(trained(program), wanted)


def test_a_weight_with_a_learning_rate_of_nought_stays_as_it_is(build: Callable[..., Program]) -> None:
    program = build(linear((WeightRule(name="weight", learning_rate=0.0),)), recipe(AdamW(weight_decay=0.5)))
    before = program.weights()
    after = trained(program)
    assert (after["fit/weight"] == before["fit/weight"]).all()
    assert (after["fit/bias"] != before["fit/bias"]).all()
    assert set(program.state()) == {"fit/bias/mean", "fit/bias/square"}


def test_clipped_values_are_bounded_one_by_one(build: Callable[..., Program]) -> None:
    rule = SGD(momentum=0.5)
    program = build(linear(), recipe(rule, Clip(value=0.2)))
    wanted = expected(program.weights(), rule, clip=lambda g: {n: np.clip(v, -0.2, 0.2) for n, v in g.items()})
    assert_same(trained(program), wanted)


def test_the_clipped_norm_is_that_of_all_gradients_together(build: Callable[..., Program]) -> None:
    def clip(found: Weights) -> Weights:
        norm = math.sqrt(sum((values**2).sum() for values in found.values()))
        return {name: values * min(1, 0.3 / norm) for name, values in found.items()}

    rule = SGD(momentum=0.5, weight_decay=0.1)
    program = build(linear(), recipe(rule, Clip(norm=0.3)))
    wanted = expected(program.weights(), rule, clip=clip)
    assert_same(trained(program), wanted)


def test_accumulated_batches_learn_as_one(build: Callable[..., Program]) -> None:
    rule = SGD()
    program = build(linear(), replace(recipe(rule), accumulate=4))
    wanted = expected(program.weights(), rule)
    outcome = program.train_step(batches()[0], rate(0), 0).fetch()
    whole = build(linear(), recipe(rule)).train_step(batches()[0], rate(0), 0).fetch()
    assert outcome.loss == pytest.approx(whole.loss, rel=1e-6)
    np.testing.assert_allclose(outcome.outputs["fit"], whole.outputs["fit"], rtol=1e-6)
    for step, batch in enumerate(batches()[1:], 1):
        program.train_step(batch, rate(step), step)
    assert_same(program.weights(), wanted)
