"""Every optimiser takes the steps of its documented formula, on every backend, while the learning rate changes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.network import Network
from engine.node import WeightRule
from engine.training.optimizers import (
    LAMB,
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Lion,
    NAdam,
    OptimizerRule,
    RMSProp,
)
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
    Adagrad(),
    Adagrad(epsilon=1e-3, weight_decay=0.1),
    Adadelta(),
    Adadelta(rho=0.7, epsilon=1e-3, weight_decay=0.1),
    NAdam(),
    NAdam(beta1=0.7, beta2=0.95, epsilon=1e-3, psi=0.3, weight_decay=0.1),
    Lion(),
    Lion(beta1=0.7, beta2=0.95, weight_decay=0.2),
    LAMB(),
    LAMB(beta1=0.7, beta2=0.95, epsilon=1e-3, weight_decay=0.2),
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
    """One weight under one rule, in float64 and straight from the docstring; a method for each, named as the rule."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule
        self.first, self.second, self.ahead = 0.0, 0.0, 1.0

    def step(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, decay: float) -> np.ndarray:
        share = self.rule.weight_decay * decay
        method = getattr(self, type(self.rule).__name__.lower())
        if isinstance(self.rule, (AdamW, Lion, LAMB)):
            return method(w, g, lr, t, share)
        return method(w, g + share * w, lr, t)

    def sgd(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        momentum, before = self.rule.momentum, self.first
        self.first = momentum * self.first + lr * g
        return w - ((1 + momentum) * self.first - momentum * before if self.rule.nesterov else self.first)

    def rmsprop(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        self.second = self.rule.rho * self.second + (1 - self.rule.rho) * g**2
        return w - lr * g / (np.sqrt(self.second) + self.rule.epsilon)

    def adam(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        return w - lr * self._adams_step(g, t)

    def adamw(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, share: float) -> np.ndarray:
        return w - lr * share * w - lr * self._adams_step(g, t)

    def adagrad(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        self.second = self.second + g**2
        return w - lr * g / (np.sqrt(self.second) + self.rule.epsilon)

    def adadelta(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        rho, epsilon = self.rule.rho, self.rule.epsilon
        self.second = rho * self.second + (1 - rho) * g**2
        change = g * np.sqrt(self.first + epsilon) / np.sqrt(self.second + epsilon)
        self.first = rho * self.first + (1 - rho) * change**2
        return w - lr * change

    def nadam(self, w: np.ndarray, g: np.ndarray, lr: float, t: int) -> np.ndarray:
        rule = self.rule
        now, following = (rule.beta1 * (1 - 0.5 * 0.96 ** (rule.psi * i)) for i in (t, t + 1))
        self.ahead *= now
        self._follow(g)
        mean = following * self.first / (1 - self.ahead * following) + (1 - now) * g / (1 - self.ahead)
        return w - lr * mean / (np.sqrt(self.second / (1 - rule.beta2**t)) + rule.epsilon)

    def lion(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, share: float) -> np.ndarray:
        direction = np.sign(self.rule.beta1 * self.first + (1 - self.rule.beta1) * g)
        self.first = self.rule.beta2 * self.first + (1 - self.rule.beta2) * g
        return w - lr * (direction + share * w)

    def lamb(self, w: np.ndarray, g: np.ndarray, lr: float, t: int, share: float) -> np.ndarray:
        change = self._adams_step(g, t) + share * w
        of_weight, of_change = np.linalg.norm(w), np.linalg.norm(change)
        return w - lr * change * (of_weight / of_change if of_weight and of_change else 1)

    def _adams_step(self, g: np.ndarray, t: int) -> np.ndarray:
        self._follow(g)
        mean, square = self.first / (1 - self.rule.beta1**t), self.second / (1 - self.rule.beta2**t)
        return mean / (np.sqrt(square) + self.rule.epsilon)

    def _follow(self, g: np.ndarray) -> None:
        self.first = self.rule.beta1 * self.first + (1 - self.rule.beta1) * g
        self.second = self.rule.beta2 * self.second + (1 - self.rule.beta2) * g**2


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


DECAYING = (SGD, Adam, AdamW, Adadelta, NAdam, Lion, LAMB)


@pytest.mark.parametrize("rule", [rule(weight_decay=0.1) for rule in DECAYING], ids=repr)
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


STRANGERS = {
    "Adagrad": (Adagrad(weight_decay=0.1), {}),
    "Adadelta": (Adadelta(weight_decay=0.1), {}),
    "NAdam": (NAdam(weight_decay=0.1), {"momentum_decay": 0.004}),
}


@pytest.mark.parametrize("kind", STRANGERS)
def test_steps_are_those_of_torchs_own_optimizer(build: Callable[..., Program], kind: str) -> None:
    torch = pytest.importorskip("torch")
    rule, named = STRANGERS[kind]
    program = build(linear(), recipe(rule))
    weights = {name: torch.tensor(values) for name, values in program.weights().items()}
    stranger = getattr(torch.optim, kind)(weights.values(), eps=rule.epsilon, weight_decay=rule.weight_decay, **named)
    for step, batch in enumerate(batches()):
        stranger.param_groups[0]["lr"] = rate(step)
        found = gradients({name: np.float64(values) for name, values in weights.items()}, batch)
        for name, tensor in weights.items():
            tensor.grad = torch.tensor(found[name], dtype=torch.float32)
        stranger.step()
    assert_same(trained(program), {name: values.numpy() for name, values in weights.items()})
