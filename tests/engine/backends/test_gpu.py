"""On a CUDA or Metal device: the numbers of the processor, every precision, resuming, outcomes in their order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan
from engine.errors import Unsupported
from engine.training.optimizers import AdamW
from engine.training.recipe import Average, Clip, Optimizer, Recipe
from tests.engine.backends.networks import GRADIENTS, gradients
from tests.engine.backends.test_parity import LEARNING, Probe, difference, probe_of
from tests.engine.backends.test_precision import are_near
from tests.engine.backends.test_programs import batch, small

pytestmark = pytest.mark.gpu

RECIPE = Recipe(optimizer=Optimizer(rule=AdamW()), average=Average(), clip=Clip(norm=1.0), accumulate=2, batch_size=3)


@pytest.fixture(params=list(BACKENDS))
def device(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A backend and its first device besides the processor."""
    if request.param not in available():
        pytest.skip(f"{request.param} is not installed")
    others = [device for device in backend(request.param).devices() if device != "cpu"]
    if not others:
        pytest.skip(f"{request.param} finds no GPU here")
    return request.param, others[0]


def learned(it: Probe, engine: str, device: str, **plan: Any) -> dict[str, np.ndarray]:
    plans = Plan(engine, device, **plan)
    return gradients(backend(engine).build(it.network, GRADIENTS, plans, it.weights()), it.batch)


def test_gradients_are_those_of_the_processor(device: tuple[str, str]) -> None:
    for case in LEARNING:
        it = probe_of(case)
        plain, there = learned(it, device[0], "cpu"), learned(it, *device)
        for name, gradient in plain.items():
            assert difference(there[name], gradient) < 1e-4, (case, name)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precisions_give_gradients_to_three_digits(device: tuple[str, str], precision: str) -> None:
    if device[0] != "torch":
        pytest.skip("it calculates in float32")
    for case in LEARNING:
        it = probe_of(case)
        plain, there = learned(it, "torch", "cpu"), learned(it, *device, precision=precision)
        if not there.get("scaling/skipped", 0):  # else the factor on the loss has yet to find its size
            are_near(plain, there)


def built(device: tuple[str, str], **plan: Any) -> Any:
    return backend(device[0]).build(small(), RECIPE, Plan(*device, **plan))


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_with_deterministic_algorithms_a_resumed_training_repeats_every_bit(
    device: tuple[str, str], precision: str
) -> None:
    try:
        whole, resumed = (built(device, precision=precision, deterministic=True) for _ in range(2))
    except Unsupported as refused:
        pytest.skip(refused.message)
    for step in range(4):
        if step == 2:
            resumed.load_weights(whole.weights())
            resumed.load_state(whole.state())
        for program in (whole, resumed)[: 1 + (step >= 2)]:
            program.train_step(batch(6, seed=step), 0.01, step).fetch()
    for name, values in {**whole.weights(), **whole.state()}.items():
        np.testing.assert_array_equal({**resumed.weights(), **resumed.state()}[name], values, err_msg=name)


def test_outcomes_that_are_fetched_late_are_those_of_their_steps(device: tuple[str, str]) -> None:
    at_once, late = built(device, deterministic=True), built(device, deterministic=True)
    told = [at_once.train_step(batch(6, seed=step), 0.01, step).fetch() for step in range(5)]
    pending = [late.train_step(batch(6, seed=step), 0.01, step) for step in range(5)]
    for now, then in zip(told, pending, strict=True):
        assert then.fetch().loss == now.loss
        np.testing.assert_array_equal(then.fetch().outputs["digit"], now.outputs["digit"])
