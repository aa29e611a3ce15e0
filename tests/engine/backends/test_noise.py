"""What noise does while training, that it is the same noise when a step is taken again, and that it ends with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Outcome, Program
from engine.layers import Layer
from engine.layers.activation import PReLU
from engine.layers.data import Input
from engine.layers.distributed import TimeDistributed
from engine.layers.loss import MeanSquaredError
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.network import Network
from engine.training.recipe import Recipe
from tests.engine.backends.networks import network, node

Build = Callable[..., Program]

BATCH, SHAPE = 200, (8, 3, 5)
NOISES = (
    Dropout(rate=0.3),
    SpatialDropout(rate=0.3),
    DropPath(rate=0.3),
    GaussianNoise(deviation=0.5),
    TimeDistributed(layer=Dropout(rate=0.3)),
)

everywhere = pytest.mark.parametrize("layer", NOISES, ids=lambda layer: type(layer).__name__)


def noisy(layer: Layer) -> Network:
    return network(
        node("x", Input(sizes=SHAPE)),
        node("it", layer, "x"),
        node("other", layer, "x"),
        node("learns", PReLU(shared=True), "it"),
        node("loss", MeanSquaredError(), "learns", "other"),
    )


def outcome(build: Build, layer: Layer, step: int = 0, seed: int = 1) -> Outcome:
    program = build(noisy(layer), Recipe(seed=seed), outputs=("it",))
    return program.train_step({"x": np.ones((BATCH, *SHAPE), np.float32)}, 0.0, step).fetch()


def trained(build: Build, layer: Layer, step: int = 0, seed: int = 1) -> np.ndarray:
    """What leaves the layer in a training step, for ones."""
    return outcome(build, layer, step, seed).outputs["it"]


@everywhere
def test_the_noise_of_a_step_follows_from_seed_and_step(build: Build, layer: Layer) -> None:
    once = trained(build, layer, step=7)
    assert (trained(build, layer, step=7) == once).all()
    assert (trained(build, layer, step=8) != once).any()
    assert (trained(build, layer, step=7, seed=2) != once).any()


@everywhere
def test_two_layers_of_a_network_have_noise_of_their_own(build: Build, layer: Layer) -> None:
    made = outcome(build, layer).outputs
    assert not np.allclose(made["it"], made["other"], atol=0.1)


@everywhere
def test_without_training_there_is_no_noise(build: Build, layer: Layer) -> None:
    x = np.ones((2, *SHAPE), np.float32)
    program = build(noisy(layer), Recipe())
    assert (program.predict({"x": x}, ("it",))["it"] == x).all()
    assert program.evaluate({"x": x}).fetch().loss == 0


@pytest.mark.parametrize(
    ("layer", "alike"),
    [(SpatialDropout(rate=0.3), (2, 3)), (SpatialDropout(rate=0.3, axis=-1), (1, 2)), (DropPath(rate=0.3), (1, 2, 3))],
    ids=["channels", "last axis", "samples"],
)
def test_wholes_are_dropped_or_scaled_so_that_the_mean_stays(
    build: Build, layer: Layer, alike: tuple[int, ...]
) -> None:
    made = trained(build, layer)
    assert np.unique(made) == pytest.approx([0, 1 / 0.7])
    assert np.ptp(made, axis=alike).max() == 0
    wholes = made.mean(alike)
    deviation = np.sqrt(0.3 / 0.7 / wholes.size)
    assert abs(wholes.mean() - 1) < 4 * deviation


def test_gaussian_noise_has_the_deviation_that_is_asked_for(build: Build) -> None:
    noise = trained(build, GaussianNoise(deviation=0.5)) - 1
    assert abs(noise.mean()) < 4 * 0.5 / np.sqrt(noise.size)
    assert abs(noise.std() - 0.5) < 4 * 0.5 / np.sqrt(2 * noise.size)
