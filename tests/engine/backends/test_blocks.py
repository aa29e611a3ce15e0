"""Networks of blocks on both backends: the numbers of the same network written out, in use, training and export."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

import resources
from engine.active import active
from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan, Program
from engine.backends.graph import graph_of
from engine.blocks import Block, Use
from engine.formats.onnx import export
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.layers.merge import Add
from engine.network import Network
from engine.node import WeightRule
from engine.schema.read import read
from engine.training.optimizers import SGD
from engine.training.recipe import Optimizer, Recipe
from tests.engine.backends.networks import GRADIENTS, gradients, node
from tests.engine.residual import drawn, plain_name, written_out

Build = Callable[..., Program]

TOLERANCE = 1e-4
RECIPE = Recipe(optimizer=Optimizer(rule=SGD(momentum=0.9)), seed=7)


def batch(size: int = 5) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    image = random.normal(size=(size, 2, 8, 8)).astype(np.float32)
    return {"image": image, "digit": random.integers(0, 3, size)}


def weights() -> dict[str, np.ndarray]:
    """Random values for every weight of the network of blocks, by its names."""
    random = np.random.default_rng(2)
    parameters = graph_of(active(drawn())).parameters
    found = {}
    for name, parameter in parameters.items():
        values = random.normal(0, 0.5, parameter.shape).astype(np.float32)
        found[name] = np.abs(values) + np.float32(0.5) if name.endswith("variance") else values
    return found


def renamed(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {plain_name(name): values for name, values in arrays.items()}


def assert_near(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max()


def test_the_weights_are_named_by_their_way_through_the_blocks(build: Build) -> None:
    names = set(build(active(drawn()), RECIPE).weights())
    assert {"stage1/1/conv1/weight", "stage2/first/norm3/scale", "stage2/rest/0/norm2/running_mean"} <= names


def test_the_same_weights_give_the_same_outputs(build: Build) -> None:
    blocks, plain = build(active(drawn()), RECIPE, weights()), build(written_out(), RECIPE, renamed(weights()))
    found, expected = blocks.evaluate(batch()).fetch(), plain.evaluate(batch()).fetch()
    assert found.loss == expected.loss
    assert found.outputs["score"].tobytes() == expected.outputs["score"].tobytes()
    inner = blocks.predict({"image": batch()["image"]}, ("stage2/rest/0/out",))["stage2/rest/0/out"]
    assert inner.tobytes() == plain.predict({"image": batch()["image"]}, ("d_out",))["d_out"].tobytes()


@pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")
def test_both_backends_agree_on_outputs_and_gradients() -> None:
    torch, mxnet = (backend(it).build(active(drawn()), GRADIENTS, Plan(it), weights()) for it in ("torch", "mxnet"))
    assert_near(mxnet.evaluate(batch()).fetch().outputs["score"], torch.evaluate(batch()).fetch().outputs["score"])
    ours, theirs = gradients(mxnet, batch()), gradients(torch, batch())
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        assert np.abs(ours[name] - expected).max() <= TOLERANCE * max(1.0, np.abs(expected).max()), name


def test_training_steps_are_those_of_the_network_written_out(build: Build) -> None:
    blocks, plain = build(active(drawn()), RECIPE, weights()), build(written_out(), RECIPE, renamed(weights()))
    for step in range(3):
        losses = [program.train_step(batch(), 0.05, step).fetch().loss for program in (blocks, plain)]
        assert losses[0] == losses[1]
    after, expected = renamed(blocks.weights()), plain.weights()
    assert after.keys() == expected.keys()
    assert all(after[name].tobytes() == values.tobytes() for name, values in expected.items())
    assert any((after[plain_name(name)] != values).any() for name, values in weights().items())


def test_an_export_computes_what_the_engine_does(build: Build) -> None:
    program = build(active(drawn()), RECIPE, weights())
    session = onnxruntime.InferenceSession(export(drawn(), weights()).SerializeToString())
    image = {"image": batch()["image"]}
    names = ["score", "score_probability"]
    assert [output.name for output in session.get_outputs()] == names
    expected = program.predict(image, tuple(names))
    for name, found in zip(names, session.run(names, image), strict=True):
        assert_near(found, expected[name])


def test_a_block_that_ends_the_network_is_exported_under_its_inner_name() -> None:
    block = Block("b", (), ("x",), ("d",), (node("d", Dense(units=2), "x"),))
    network = Network((node("x", Input(sizes=(3,))), node("u", Use("b"), "x")), (block,))
    arrays = {"u/d/weight": np.ones((2, 3), np.float32), "u/d/bias": np.zeros(2, np.float32)}
    session = onnxruntime.InferenceSession(export(network, arrays).SerializeToString())
    (found,) = session.run(["u/d"], {"x": np.array([[1, 2, 3]], np.float32)})
    assert found.tolist() == [[6, 6]]


def twins(use: Use, *rules: WeightRule) -> Network:
    """Two uses of one block, side by side; `rules` are the right one's."""
    block = Block("b", (), ("x",), ("d",), (node("d", Dense(units=3), "x"),))
    nodes = (
        node("a", Input(sizes=(3,))),
        node("b", Input(sizes=(3,))),
        node("y", Target(sizes=(3,))),
        node("left", use, "a"),
        node("right", use, "b", weight=rules),
        node("sum", Add(), "left", "right"),
        node("loss", MeanSquaredError(), "sum", "y"),
    )
    return active(Network(nodes, (block,)))


@pytest.mark.parametrize("shared", [twins(Use("b", shared=True)), twins(Use("b"), WeightRule(same_as="left"))])
def test_shared_blocks_are_kept_once_and_learn_from_all_their_places(build: Build, shared: Network) -> None:
    random = np.random.default_rng(0)
    fed = {name: random.normal(size=(4, 3)).astype(np.float32) for name in "aby"}
    one = build(shared, GRADIENTS)
    kept = one.weights()
    assert set(kept) == {"left/d/weight", "left/d/bias"}
    two = build(twins(Use("b")), GRADIENTS, kept | {f"right/d/{it}": kept[f"left/d/{it}"] for it in ("weight", "bias")})
    found, expected = gradients(one, fed), gradients(two, fed)
    for it in ("weight", "bias"):
        assert_near(found[f"left/d/{it}"], expected[f"left/d/{it}"] + expected[f"right/d/{it}"])


@pytest.mark.parametrize(("file", "size"), [("resnet20", 32), ("resnet18", 64)])
def test_the_residual_networks_of_the_gallery_learn(build: Build, file: str, size: int) -> None:
    """On small pictures of their own: a step in each of them takes a while."""
    model = read(resources.path("gallery", f"{file}.txtpb").read_text(encoding="utf-8")).model
    channels = model.network["image"].layer.sizes[0]
    network = active(model.network.set_layer("image", Input(sizes=(channels, size, size))))
    program = build(network, replace(model.recipe, optimizer=Optimizer(rule=SGD(momentum=0.9))))
    random = np.random.default_rng(0)
    (target,) = (node.name for node in network.nodes if isinstance(node.layer, Target))
    fed = {"image": random.normal(size=(4, channels, size, size)).astype(np.float32), target: np.arange(4)}
    losses = [program.train_step(fed, 0.01, step).fetch().loss for step in range(4)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_a_frozen_block_stays_as_it_is(build: Build) -> None:
    frozen = drawn().change("stage1", lambda it: replace(it, weight=(WeightRule(learning_rate=0),)))
    program = build(active(frozen), RECIPE, weights())
    program.train_step(batch(), 0.1, 0).fetch()
    changed = {name for name, values in program.weights().items() if (values != weights()[name]).any()}
    assert all("running" in name for name in changed if name.startswith("stage1/"))
    assert "stage2/first/conv1/weight" in changed
