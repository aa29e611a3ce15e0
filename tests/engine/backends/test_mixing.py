"""Mix-up: the loss is λ·loss(a) + (1 − λ)·loss(b) of blended samples, on every backend, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.backends.base import Batch, Program
from engine.backends.mixing import mixing_of
from engine.declare import name_of
from engine.errors import NetwrightError
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import Focal, Loss, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from engine.layers.reshape import Reshape
from engine.network import Network
from engine.training.recipe import MixUp
from tests.engine.backends.networks import GRADIENTS, gradients, network, node

Build = Callable[..., Program]

SIZE = 6
MIXING = replace(GRADIENTS, mix_up=MixUp(alpha=1.0))


def drawn(target: Target, loss: Loss, *shape: int) -> Network:
    return network(
        node("x", Input(sizes=(SIZE,))),
        node("y", target),
        node("flat", Dense(units=int(np.prod(shape))), "x"),
        node("score", Reshape(sizes=shape), "flat"),
        node("loss", loss, "score", "y"),
    )


random = np.random.default_rng(1)
WEIGHTS = (1.0, 0.5, 3.0)
CASES = [
    (Target(classes=3), SoftmaxCrossEntropy(), (3,), random.integers(0, 3, SIZE)),
    (Target(classes=3), SoftmaxCrossEntropy(class_weights=WEIGHTS, weight=0.3), (3,), random.integers(0, 3, SIZE)),
    (Target(classes=3), SoftmaxCrossEntropy(label_smoothing=0.1), (3,), random.integers(0, 3, SIZE)),
    (
        Target(classes=3, sizes=(4, 2)),
        SoftmaxCrossEntropy(axis=0, ignore_index=1, label_smoothing=0.2, class_weights=WEIGHTS),
        (3, 4, 2),
        random.integers(0, 3, (SIZE, 4, 2)),
    ),
    (Target(classes=2, sizes=(3,)), SigmoidCrossEntropy(), (3,), random.integers(0, 2, (SIZE, 3))),
    (Target(sizes=(3,)), SigmoidCrossEntropy(), (3,), random.random((SIZE, 3))),
]


def named(value: object) -> str:
    return name_of(value) if isinstance(value, Loss) else ""


def shared(mixed: np.ndarray) -> float:
    """The larger share; a sample that is blended with itself is whole."""
    return float(mixed.max(1).min())


def seen(batch: Batch, graph: Network) -> tuple[np.ndarray, float, np.ndarray]:
    """The blended samples of the first step, the larger share, and the order of what has the smaller one."""
    mixing = mixing_of(graph, MIXING)
    assert mixing is not None
    mixed = mixing.mixed(batch, 0)["x"]
    share = shared(mixed)
    rest = mixed.copy()
    rest[np.arange(SIZE), np.arange(SIZE)] -= np.float32(share)
    order = np.where(rest.sum(1) > 1e-4, rest.argmax(1), np.arange(SIZE))
    return mixed, share, order


@pytest.mark.parametrize(
    ("target", "loss", "shape", "y"), CASES, ids=lambda value: name_of(value) if isinstance(value, Loss) else ""
)
def test_the_loss_is_that_of_both_targets_by_their_shares(
    build: Build, target: Target, loss: Loss, shape: tuple[int, ...], y: np.ndarray
) -> None:
    graph, batch = drawn(target, loss, *shape), {"x": np.eye(SIZE, dtype=np.float32), "y": y}
    mixed, share, order = seen(batch, graph)
    assert 0.5 <= share < 1
    assert sorted(order) == list(range(SIZE))
    assert (order != np.arange(SIZE)).any()

    pairs = [{"x": mixed, "y": y}, {"x": mixed, "y": y[order]}]
    wanted = [build(graph, GRADIENTS).evaluate(pair).fetch().loss for pair in pairs]
    found = build(graph, MIXING).train_step(batch, 1.0, 0).fetch()
    assert found.loss == pytest.approx(share * wanted[0] + (1 - share) * wanted[1], rel=1e-5)

    slopes = [gradients(build(graph, GRADIENTS), pair) for pair in pairs]
    for name, slope in gradients(build(graph, MIXING), batch).items():
        np.testing.assert_allclose(
            slope, share * slopes[0][name] + (1 - share) * slopes[1][name], rtol=1e-4, atol=1e-6, err_msg=name
        )


def test_numbers_are_blended_as_the_samples_are(build: Build) -> None:
    graph = drawn(Target(sizes=(3,)), MeanSquaredError(), 3)
    batch = {"x": np.eye(SIZE, dtype=np.float32), "y": random.normal(size=(SIZE, 3)).astype(np.float32)}
    mixed, share, order = seen(batch, graph)
    blend = {"x": mixed, "y": np.float32(share) * batch["y"] + np.float32(1 - share) * batch["y"][order]}
    wanted = build(graph, GRADIENTS).evaluate(blend).fetch().loss
    assert build(graph, MIXING).train_step(batch, 1.0, 0).fetch().loss == pytest.approx(wanted, rel=1e-5)


def test_what_is_blended_follows_from_the_seed_and_the_step() -> None:
    graph, batch = drawn(*CASES[0][:2], 3), {"x": np.eye(SIZE), "y": CASES[0][3]}
    mixing, other = mixing_of(graph, MIXING), mixing_of(graph, replace(MIXING, seed=4))
    assert mixing is not None
    assert other is not None
    one = mixing.mixed(batch, 5)["x"]
    assert (mixing.mixed(batch, 5)["x"] == one).all()
    assert (mixing.mixed(batch, 6)["x"] != one).any()
    assert (other.mixed(batch, 5)["x"] != one).any()


def test_shares_are_drawn_as_the_paper_says() -> None:
    graph, batch = drawn(*CASES[0][:2], 3), {"x": np.eye(SIZE), "y": CASES[0][3]}
    mixing = mixing_of(graph, replace(MIXING, mix_up=MixUp(alpha=0.4)))
    assert mixing is not None
    shares = [shared(mixing.mixed(batch, step)["x"]) for step in range(400)]
    drawn_anew = np.random.default_rng(8).beta(0.4, 0.4, 4000)
    assert np.mean(shares) == pytest.approx(np.maximum(drawn_anew, 1 - drawn_anew).mean(), abs=0.03)


def test_a_validation_sees_samples_as_they_are(build: Build) -> None:
    graph, batch = drawn(*CASES[0][:2], 3), {"x": np.eye(SIZE, dtype=np.float32), "y": CASES[0][3]}
    losses = [build(graph, recipe).evaluate(batch).fetch().loss for recipe in (GRADIENTS, MIXING)]
    assert losses[0] == losses[1]


def test_what_cannot_be_blended_is_refused(build: Build) -> None:
    with pytest.raises(NetwrightError, match="focal has none that could be blended") as refused:
        build(drawn(Target(classes=3), Focal(), 3), MIXING)
    assert refused.value.node == "loss"
