"""Attention with free slots in between, and what it can and cannot see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.backends.base import Program
from engine.errors import NetwrightError
from engine.layers.attention import MultiHeadAttention
from engine.layers.data import Input
from engine.layers.embedding import PositionalEncoding
from engine.network import Network
from engine.training.recipe import Recipe
from tests.engine.backends.networks import network, node

Build = Callable[..., Program]

X = np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])


def attending(layer: MultiHeadAttention, *wires: str) -> Network:
    mask = node("padding", Input(sizes=(5,), values="index", classes=2))
    return network(node("x", Input(sizes=(5, 8))), mask, node("it", layer, "x", *wires))


def attended(build: Build, layer: MultiHeadAttention, *wires: str, x: np.ndarray = X) -> np.ndarray:
    program = build(attending(layer, *wires), Recipe(seed=4))
    return program.predict({"x": x, "padding": MASK}, ("it",))["it"]


def test_a_mask_needs_no_context(build: Build) -> None:
    layer = MultiHeadAttention(heads=2)
    masked = attended(build, layer, "mask=padding")
    np.testing.assert_allclose(masked, attended(build, layer, "context=x", "mask=padding"), rtol=1e-5, atol=1e-6)
    plain = attended(build, layer)
    assert np.abs(masked[0] - plain[0]).max() > 1e-3
    np.testing.assert_allclose(masked[1], plain[1], rtol=1e-4, atol=1e-5)


def test_what_is_masked_changes_nothing(build: Build) -> None:
    other = X.copy()
    other[0, 3:] = 7
    layer = MultiHeadAttention(heads=4)
    before, after = (attended(build, layer, "mask=padding", x=x) for x in (X, other))
    np.testing.assert_allclose(before[0, :3], after[0, :3], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("wires", [(), ("mask=padding",)])
def test_causal_attention_does_not_see_what_comes(build: Build, wires: tuple[str, ...]) -> None:
    other = X.copy()
    other[:, 3:] = -5
    before, after = (attended(build, MultiHeadAttention(causal=True), *wires, x=x) for x in (X, other))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-5, atol=1e-6)
    assert np.abs(before[1, 3:] - after[1, 3:]).max() > 1e-3


def test_more_steps_than_learned_positions_are_refused(build: Build) -> None:
    drawn = network(node("x", Input(sizes=(-1, 4))), node("it", PositionalEncoding(kind="learned", length=3), "x"))
    with pytest.raises(NetwrightError, match="it: has vectors for 3 positions"):
        build(drawn, Recipe()).predict({"x": np.zeros((1, 4, 4))}, ("it",))
