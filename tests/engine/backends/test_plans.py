"""What a plan changes: layout, precision, compilation, threads. The numbers stay near those of the plain plan."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.backends import available, backend
from engine.backends.base import Plan
from engine.errors import Unsupported
from engine.layers.regularization import Dropout
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, network
from tests.engine.backends.test_parity import LEARNING, Probe, difference, probe_of
from tests.engine.backends.test_programs import RECIPE, batch, small

pytestmark = pytest.mark.skipif("torch" not in available(), reason="torch is not installed")


@pytest.fixture(params=LEARNING, ids=str)
def it(request: pytest.FixtureRequest) -> Probe:
    return probe_of(request.param)


def learned(it: Probe, **plan: Any) -> dict[str, np.ndarray]:
    return gradients(backend("torch").build(it.network, GRADIENTS, Plan("torch", **plan), it.weights()), it.batch)


def test_channels_last_gives_the_same_gradients(it: Probe) -> None:
    plain, last = learned(it), learned(it, layout="channels_last")
    for name, gradient in plain.items():
        assert difference(last[name], gradient) < 1e-4, name


def test_bfloat16_gives_gradients_to_three_digits(it: Probe) -> None:
    plain, lower = learned(it), learned(it, precision="bfloat16")
    largest = max(np.abs(gradient).max(initial=0) for gradient in plain.values())
    for name, gradient in plain.items():
        noise = 0.1 * largest if name.endswith("/key_bias") else 1e-2  # keys' biases have no gradient but rounding
        assert np.abs(lower[name] - gradient).max() < 0.05 * max(np.abs(gradient).max(), noise), name


@pytest.mark.soak
@pytest.mark.skipif(not shutil.which("g++"), reason="compiling needs a compiler")
def test_a_compiled_program_learns_the_same() -> None:
    quiet = network(*(replace(n, layer=Dropout(rate=0.0)) if n.name == "drop" else n for n in small().nodes))
    recipe = Recipe(optimizer=Optimizer(rule=SGD()))
    plain, compiled = (backend("torch").build(quiet, recipe, Plan("torch", compiled=each)) for each in (False, True))
    for program in (plain, compiled):
        for step in range(3):
            program.train_step(batch(seed=step), 0.01, step).fetch()
    for name, values in plain.weights().items():
        np.testing.assert_allclose(compiled.weights()[name], values, atol=1e-5)


def test_threads_are_those_of_the_plan() -> None:
    import torch

    before = torch.get_num_threads()
    try:
        backend("torch").build(small(), RECIPE, Plan("torch", threads=1))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_a_precision_that_torch_does_not_train_in_is_refused() -> None:
    with pytest.raises(Unsupported, match="does not calculate in float16"):
        backend("torch").build(small(), RECIPE, Plan("torch", precision="float16"))
