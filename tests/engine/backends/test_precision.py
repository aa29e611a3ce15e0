"""Lower precisions: near the plain numbers, weights in float32, a factor on the loss that finds its size."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine.backends import available, backend
from engine.backends.base import Plan
from engine.errors import Unsupported
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.loss import MeanSquaredError
from engine.layers.recurrent import LSTM
from engine.training.optimizers import SGD, AdamW
from engine.training.recipe import Average, Clip, Optimizer, Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, network, node
from tests.engine.backends.test_parity import LEARNING, Probe, probe_of
from tests.engine.backends.test_programs import RECIPE, batch, small

pytestmark = pytest.mark.skipif("torch" not in available(), reason="torch is not installed")

LOWER = ("bfloat16", "float16")


@pytest.fixture(params=LEARNING, ids=str)
def it(request: pytest.FixtureRequest) -> Probe:
    return probe_of(request.param)


def lowered(it: Probe, precision: str) -> Any:
    """The probe's program; None where it is refused, of which there is a test below."""
    with contextlib.suppress(Unsupported):
        return backend("torch").build(it.network, GRADIENTS, Plan("torch", precision=precision), it.weights())
    return None


@pytest.mark.parametrize("precision", LOWER)
def test_lower_precisions_give_gradients_to_three_digits(it: Probe, precision: str) -> None:
    plain = gradients(backend("torch").build(it.network, GRADIENTS, Plan("torch"), it.weights()), it.batch)
    program = lowered(it, precision)
    if program is None:
        return
    lower = gradients(program, it.batch)
    while lower.get("scaling/skipped", 0) and not lower["scaling/since"]:  # the factor was too large
        lower = gradients(program, it.batch)
    are_near(plain, lower)


def are_near(plain: Mapping[str, np.ndarray], lower: Mapping[str, np.ndarray]) -> None:
    largest = max(np.abs(gradient).max(initial=0) for gradient in plain.values())
    for name, gradient in plain.items():
        noise = 0.1 * largest if name.endswith("/key_bias") else 1e-2  # keys' biases have no gradient but rounding
        assert np.abs(lower[name] - gradient).max() < 0.05 * max(np.abs(gradient).max(), noise), name


def build(recipe: Recipe = RECIPE, **plan: Any) -> Any:
    return backend("torch").build(small(), recipe, Plan("torch", **plan))


@pytest.mark.parametrize("precision", LOWER)
def test_a_step_too_small_for_the_precision_is_taken_all_the_same(precision: str) -> None:
    program = build(Recipe(optimizer=Optimizer(rule=SGD(momentum=0.0))), precision=precision)
    if precision == "float16":
        settle(program)
    before = program.weights()["score/weight"]
    program.train_step(batch(), 1e-5, 9).fetch()
    moved = np.abs(program.weights()["score/weight"] - before).max()
    assert 0 < moved < 1e-4 * np.abs(before).max()  # both have 11 bits at most


def settle(program: Any) -> None:
    """Steps until one is taken."""
    while not program.state()["scaling/since"]:
        program.train_step(batch(), 0.0, 0).fetch()


def linear(scale: float) -> Any:
    """A network whose gradient is 2 · `scale`² · the weight, all the way in float16."""
    net = network(
        node("x", Input(sizes=(1,))),
        node("y", Dense(units=1, bias=False), "x"),
        node("z", Dense(units=1, bias=False), "y"),
        node("target", Input(sizes=(1,))),
        node("loss", MeanSquaredError(), "z", "target"),
    )
    recipe = Recipe(optimizer=Optimizer(rule=AdamW(learning_rate=0.1)), average=Average(), clip=Clip(norm=1.0))
    weights = {"y/weight": np.full((1, 1), scale, np.float32), "z/weight": np.ones((1, 1), np.float32)}
    return backend("torch").build(net, recipe, Plan("torch", precision="float16"), weights)


ONE = {"x": np.ones((2, 1), np.float32), "target": np.zeros((2, 1), np.float32)}


def test_where_a_gradient_overflows_nothing_changes_but_the_factor_which_halves() -> None:
    program = linear(100.0)  # the loss has the gradient 200, and 200 · 65536 is no float16
    before, kept = program.weights(), program.state()
    told = program.train_step(ONE, 0.1, 0).fetch()
    assert told.loss == pytest.approx(10_000, rel=1e-3)  # as it is, not times the factor
    after = program.state()
    np.testing.assert_equal(program.weights(), before)
    assert {name for name in kept if (kept[name] != after[name]).any()} == {"scaling/factor", "scaling/skipped"}
    assert (kept["scaling/factor"], after["scaling/factor"], after["scaling/skipped"]) == (65536, 32768, 1)
    while program.state()["scaling/skipped"] == after["scaling/skipped"]:
        after["scaling/skipped"] += 1
        program.train_step(ONE, 0.1, 1).fetch()
    assert program.state()["scaling/factor"] * 200 < 65504
    assert (program.weights()["y/weight"] < before["y/weight"]).all()


def test_after_enough_good_steps_the_factor_doubles() -> None:
    from engine.backends.pytorch import scaling

    program = linear(0.01)
    state = program.state()
    program.load_state({**state, "scaling/since": np.array([scaling.PATIENCE - 2.0], np.float32)})
    factors = []
    for step in range(3):
        program.train_step(ONE, 0.0, step).fetch()
        factors.append((*program.state()["scaling/factor"], *program.state()["scaling/since"]))
    assert factors == [(65536, scaling.PATIENCE - 1), (131072, 0), (131072, 1)]


def test_what_the_processor_does_not_calculate_in_float16_is_refused_by_name() -> None:
    torch = pytest.importorskip("torch")
    if torch.ops.mkldnn._is_mkldnn_fp16_supported():
        pytest.skip("this processor calculates everything in float16")
    steps = network(
        node("x", Input(sizes=(5, 3))),
        node("it", LSTM(units=4), "x"),
        node("y", Input(sizes=(5, 4, 3))),
        node("each", TimeDistributed(layer=LSTM(units=2)), "y"),
        node("loss", MeanSquaredError(), "it", "it"),
        node("other", MeanSquaredError(), "each", "each"),
    )
    with pytest.raises(Unsupported, match=r"these in float16: it \(lstm\), each \(lstm\)"):
        backend("torch").build(steps, RECIPE, Plan("torch", precision="float16"))


@pytest.mark.skipif("mxnet" not in available(), reason="mxnet is not installed")
@pytest.mark.parametrize("precision", LOWER)
def test_mxnet_refuses_what_it_does_not_calculate_in(precision: str) -> None:
    with pytest.raises(Unsupported, match=f"{precision}.*float32"):
        backend("mxnet").build(small(), RECIPE, Plan("mxnet", precision=precision))
