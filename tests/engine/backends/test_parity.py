"""The same weights and inputs give the same outputs and gradients on every backend, and those of the reference."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan, Program
from engine.layers.loss import Loss
from engine.layers.normalization import BatchNorm
from engine.network import Network
from engine.node import WeightRule
from tests.engine.backends.networks import GRADIENTS, gradients, probe, without_noise
from tests.engine.cases import CASES, Case
from tests.engine.reference import random_input, random_weights, reference, running_averages

BATCH = 3
TOLERANCE = 1e-4
LAYERS = tuple(case for case in CASES if case.signals)
LEARNING = tuple(case for case in LAYERS if all(made.values == "number" for made in case.layer.outputs(*case.signals)))

pytestmark = pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")


def difference(a: np.ndarray, b: np.ndarray, least: float = 1e-6) -> float:
    """max|a − b| / max|b|, or / `least` where b is smaller."""
    assert a.shape == b.shape
    return float(np.abs(a - b).max(initial=0) / max(np.abs(b).max(initial=0), least))


def least(gradients: Mapping[str, np.ndarray], name: str) -> float:
    """What counts as nought; keys' biases have no gradient but rounding, for softmax does not see them."""
    if not name.endswith("/key_bias"):
        return 1e-6
    return 1e-2 * max(float(np.abs(gradient).max(initial=0)) for gradient in gradients.values())


def outputs(made: np.ndarray | tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """All that leaves a layer."""
    return made if isinstance(made, tuple) else (made,)


class Probe:
    """A case ready to be run on any backend: its network, its weights, the rows of its inputs, its batch."""

    def __init__(self, case: Case) -> None:
        self.layer = without_noise(case.layer)
        self.outputs = self.layer.outputs(*case.signals)
        self.network = probe(self.layer, case.signals, BATCH)
        self.inputs = [random_input(signal, BATCH, seed=place) for place, signal in enumerate(case.signals)]
        drawn = random_weights(self.layer, *(signal.shape for signal in case.signals), seed=5)
        self.own = {name: np.asarray(values, np.float32) for name, values in drawn.items()}
        self.tables = {
            f"table{place}/weight": np.asarray(x.reshape(BATCH, -1), np.float32)
            for place, (x, signal) in enumerate(zip(self.inputs, case.signals, strict=True))
            if signal.values == "number"
        }
        self.batch = {
            f"input{place}": np.arange(BATCH) if f"table{place}/weight" in self.tables else x
            for place, x in enumerate(self.inputs)
        }
        random = np.random.default_rng(9)
        for place, answer in enumerate(self.answers()):
            if f"target{place or ''}" in self.network:
                self.batch[f"target{place or ''}"] = random.normal(size=answer.shape).astype(np.float32)

    def weights(self) -> dict[str, np.ndarray]:
        return {**{f"it/{name}": values for name, values in self.own.items()}, **self.tables}

    def program(self, name: str) -> Program:
        return backend(name).build(self.network, GRADIENTS, Plan(name), self.weights())

    def expected(self, training: bool = False) -> np.ndarray:
        return self.answers(training)[0]

    def answers(self, training: bool = False) -> tuple[np.ndarray, ...]:
        """What is expected of every output."""
        return outputs(reference(self.layer, self.own, *self.inputs, training=training))

    def loss(self, weights: Mapping[str, np.ndarray]) -> float:
        """What is made small, in float64, for other values of the weights."""
        own = {name: weights[f"it/{name}"] for name in self.own}
        rows = [weights.get(f"table{place}/weight") for place in range(len(self.inputs))]
        inputs = [x if row is None else row.reshape(x.shape) for x, row in zip(self.inputs, rows, strict=True)]
        made = outputs(reference(self.layer, own, *inputs, training=True))
        if isinstance(self.layer, Loss):
            return float(made[0]) * self.layer.weight
        return sum(float(np.mean((y - self.batch[f"target{place or ''}"]) ** 2)) for place, y in enumerate(made))

    def slope(self, name: str, direction: np.ndarray) -> float:
        """How the loss changes when the weight `name` moves in a direction: a central difference."""
        weights, step = {name: np.asarray(values, np.float64) for name, values in self.weights().items()}, 1e-5
        ahead, back = (self.loss({**weights, name: weights[name] + way * direction}) for way in (step, -step))
        return (ahead - back) / (2 * step)


@functools.cache
def probe_of(case: Case) -> Probe:
    return Probe(case)


@pytest.fixture(params=LAYERS, ids=str)
def it(request: pytest.FixtureRequest) -> Probe:
    return probe_of(request.param)


def test_outputs_are_those_of_the_reference_and_have_the_predicted_shape(it: Probe, name: str) -> None:
    names = ("it", *(f"it:{place}" for place in range(1, len(it.answers()))))
    made = it.program(name).predict(it.batch, names)
    if isinstance(it.layer, Loss):
        assert difference(made["it"].reshape(()), it.expected()) < TOLERANCE
        return
    for source, expected, signal in zip(names, it.answers(), it.outputs, strict=True):
        assert made[source].shape == (BATCH, *signal.shape)
        assert difference(made[source], expected) < TOLERANCE


@pytest.mark.parametrize("case", LEARNING, ids=str)
def test_gradients_agree_between_backends_and_with_differences_of_the_reference(case: Case) -> None:
    it = probe_of(case)
    torch, mxnet = (gradients(it.program(name), it.batch) for name in ("torch", "mxnet"))
    assert torch.keys() == mxnet.keys()
    for name, gradient in torch.items():
        assert difference(mxnet[name], gradient, least(torch, name)) < TOLERANCE, name
    random = np.random.default_rng(1)
    for name, gradient in torch.items():
        direction = random.normal(size=gradient.shape)
        along = gradient * direction
        assert abs(it.slope(name, direction) - along.sum()) < TOLERANCE * np.abs(along).sum() + 1e-6, name


@pytest.mark.parametrize("case", [c for c in LAYERS if isinstance(c.layer, BatchNorm)], ids=str)
def test_running_averages_follow_the_batch(case: Case, name: str) -> None:
    it = probe_of(case)
    program = it.program(name)
    program.train_step(it.batch, 0.0, 0).fetch()
    for average, expected in running_averages(it.layer, it.own, it.inputs[0]).items():
        assert difference(program.weights()[f"it/{average}"], expected) < TOLERANCE


@pytest.mark.parametrize("case", [c for c in LAYERS if len(probe_of(c).own) > 1], ids=str)
def test_a_weight_that_learns_alone_has_the_gradient_that_it_has_among_others(case: Case, name: str) -> None:
    it = probe_of(case)
    together = gradients(it.program(name), it.batch)
    for alone in (weight for weight in it.own if f"it/{weight}" in together):
        rules = (WeightRule(learning_rate=0.0), WeightRule(name=alone, learning_rate=0.5))
        frozen = Network(tuple(replace(n, weight=() if n.name == "it" else rules[:1]) for n in it.network.nodes))
        frozen = frozen.change("it", lambda n, rules=rules: replace(n, weight=rules))
        program = backend(name).build(frozen, GRADIENTS, Plan(name), it.weights())
        program.train_step(it.batch, 2.0, 0)
        assert set(program.state()) == {f"it/{alone}/momentum"}
        found = program.state()[f"it/{alone}/momentum"]
        assert difference(found, together[f"it/{alone}"], least(together, f"it/{alone}")) < TOLERANCE
