"""What losses must not do at the edges of what they are made for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import CTC, Contrastive, Dice, Focal, Triplet
from engine.node import WeightRule
from tests.engine.backends.networks import GRADIENTS, gradients, network, node

Build = Callable[..., Program]


@pytest.mark.parametrize("same", [0.0, 1.0])
def test_a_pair_of_equal_vectors_has_finite_gradients(build: Build, same: float) -> None:
    siamese = network(
        node("left", Input(sizes=(3,))),
        node("right", Input(sizes=(3,))),
        node("same", Target()),
        node("one", Dense(units=2), "left"),
        node("other", Dense(units=2), "right", weight=(WeightRule(same_as="one"),)),
        node("loss", Contrastive(), "one", "other", "same"),
    )
    x = np.ones((2, 3), np.float32)
    found = gradients(build(siamese, GRADIENTS), {"left": x, "right": x, "same": np.full(2, same)})
    assert set(found) == {"one/weight", "one/bias"}
    assert all((gradient == 0).all() for gradient in found.values())


def test_a_triplet_of_equal_vectors_costs_the_margin(build: Build) -> None:
    drawn = network(node("x", Input(sizes=(3,))), node("loss", Triplet(margin=0.3, weight=2), "x", "x", "x"))
    assert build(drawn, GRADIENTS).evaluate({"x": np.ones((2, 3))}).fetch().loss == pytest.approx(0.6)


def test_an_empty_mask_that_is_found_empty_costs_nothing(build: Build) -> None:
    drawn = network(node("x", Input(sizes=(4,))), node("mask", Target(sizes=(4,))), node("loss", Dice(), "x", "mask"))
    batch = {"x": np.full((1, 4), -50.0), "mask": np.zeros((1, 4))}
    assert build(drawn, GRADIENTS).evaluate(batch).fetch().loss == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_certainty_that_is_right_has_finite_gradients_under_focal_loss(build: Build, gamma: float) -> None:
    drawn = network(
        node("x", Input(sizes=(2,))),
        node("y", Target(classes=2)),
        node("score", Dense(units=2), "x"),
        node("loss", Focal(gamma=gamma), "score", "y"),
    )
    program = build(drawn, GRADIENTS, {"score/weight": np.eye(2) * 100, "score/bias": np.zeros(2)})
    found = gradients(program, {"x": np.array([[1.0, -1.0]]), "y": np.array([0])})
    assert all(np.isfinite(gradient).all() for gradient in found.values())


@pytest.mark.parametrize(("targets", "cost"), [([[0, 0], [0, 0]], 3 * np.log(4)), ([[1, 1], [2, 2]], 3 * np.log(4))])
def test_what_is_all_blank_or_just_fits_is_read_in_one_way(build: Build, targets: list[list[int]], cost: float) -> None:
    drawn = network(
        node("x", Input(sizes=(3, 4))),
        node("y", Target(classes=4, sizes=(2,))),
        node("score", Dense(units=4), "x"),
        node("loss", CTC(), "score", "y"),
    )
    program = build(drawn, GRADIENTS, {"score/weight": np.zeros((4, 4)), "score/bias": np.zeros(4)})
    batch = {"x": np.ones((2, 3, 4)), "y": np.array(targets)}
    assert program.evaluate(batch).fetch().loss == pytest.approx(cost)
    # One way through three steps of four equal chances: each step pulls its own class up.
    wanted = np.bincount(np.reshape([[a, 0, b] for a, b in targets], -1), minlength=4) / 2
    assert gradients(program, batch)["score/bias"] == pytest.approx(3 / 4 - wanted, abs=1e-6)


def test_targets_that_no_reading_reaches_cost_and_teach_nothing(build: Build) -> None:
    drawn = network(
        node("x", Input(sizes=(3, 4))),
        node("y", Target(classes=4, sizes=(3,))),
        node("until", Input(sizes=(3,))),
        node("score", Dense(units=4), "x"),
        node("loss", CTC(), "score", "y", "mask=until"),
    )
    batch = {"x": np.ones((3, 3, 4)), "y": np.array([[1, 1, 2], [1, 2, 3], [0, 0, 0]])}
    batch["until"] = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0]], np.float32)
    program = build(drawn, GRADIENTS)
    assert program.evaluate(batch).fetch().loss == 0
    assert all((gradient == 0).all() for gradient in gradients(program, batch).values())
