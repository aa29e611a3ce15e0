"""What every program promises: learning, judging, predicting, its weights and state, its random choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan, Program
from engine.errors import DeviceError, NetwrightError, Unsupported
from engine.initializers import Constant
from engine.layers.activation import ReLU, Sigmoid
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.loss import MeanSquaredError, SoftmaxCrossEntropy
from engine.layers.merge import Add
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import AvgPool2D, GlobalAvgPool, MaxPool2D
from engine.layers.recurrent import LSTM
from engine.layers.regularization import Dropout
from engine.layers.reshape import Flatten
from engine.network import Network
from engine.node import Init, WeightRule
from engine.training.optimizers import SGD, Adam
from engine.training.recipe import Optimizer, Recipe
from tests.engine.backends.networks import network, node

Build = Callable[..., Program]

RECIPE = Recipe(optimizer=Optimizer(rule=Adam()), seed=5)


def small() -> Network:
    """A bit of everything that remembers or is random."""
    return network(
        node("image", Input(sizes=(2, 8, 8))),
        node("digit", Target(classes=4)),
        node("conv", Conv2D(filters=5, kernel=3), "image"),
        node("norm", BatchNorm(), "conv"),
        node("relu", ReLU(), "norm"),
        node("pool", MaxPool2D(), "relu"),
        node("flat", Flatten(), "pool"),
        node("drop", Dropout(rate=0.4), "flat"),
        node("score", Dense(units=4), "drop"),
        node("loss", SoftmaxCrossEntropy(), "score", "digit"),
    )


def batch(size: int = 6, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    image = random.normal(size=(size, 2, 8, 8)).astype(np.float32)
    return {"image": image, "digit": random.integers(0, 4, size)}


def learn(program: Program, steps: range) -> Iterator[float]:
    for step in steps:
        yield program.train_step(batch(seed=step), 0.01, step).fetch().loss


def assert_bits(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    assert a.keys() == b.keys()
    for name, values in a.items():
        assert values.tobytes() == b[name].tobytes(), name


def test_training_makes_the_loss_small(build: Build) -> None:
    program = build(small(), RECIPE)
    losses = [program.train_step(batch(), 0.01, step).fetch().loss for step in range(60)]
    assert program.evaluate(batch()).fetch().loss < losses[0] / 10


def test_the_same_seed_gives_the_same_bits(build: Build) -> None:
    first, second = build(small(), RECIPE), build(small(), RECIPE)
    assert list(learn(first, range(6))) == list(learn(second, range(6)))
    assert_bits(first.weights(), second.weights())


def test_another_seed_gives_other_weights_and_other_noise(build: Build) -> None:
    first, other = build(small(), RECIPE), build(small(), replace(RECIPE, seed=6))
    assert (first.weights()["score/weight"] != other.weights()["score/weight"]).any()
    other.load_weights(first.weights())
    assert list(learn(first, range(3))) != list(learn(other, range(3)))


def test_noise_changes_from_step_to_step(build: Build) -> None:
    program = build(small(), RECIPE)
    losses = {program.train_step(batch(), 0.0, step).fetch().loss for step in range(4)}
    assert len(losses) == 4


def test_a_resumed_program_goes_on_with_the_same_bits(build: Build) -> None:
    whole, killed, resumed = (build(small(), RECIPE) for _ in range(3))
    list(learn(whole, range(9)))
    list(learn(killed, range(4)))
    resumed.load_weights(killed.weights())
    resumed.load_state(killed.state())
    list(learn(resumed, range(4, 9)))
    assert_bits(whole.weights(), resumed.weights())
    assert_bits(whole.state(), resumed.state())


def test_evaluating_between_steps_changes_nothing(build: Build) -> None:
    plain, watched = build(small(), RECIPE), build(small(), RECIPE)
    list(learn(plain, range(4)))
    for _ in learn(watched, range(4)):
        watched.evaluate(batch(3)).fetch()
        watched.predict({"image": batch()["image"]}, ("score",))
        assert watched.first_non_finite(batch()) == ""
    assert_bits(plain.weights(), watched.weights())


@pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")
def test_a_training_goes_on_upon_another_backend() -> None:
    quiet = network(*(replace(n, layer=Dropout(rate=0.0)) if n.name == "drop" else n for n in small().nodes))
    recipe = Recipe(optimizer=Optimizer(rule=SGD(momentum=0.9)), seed=5)
    for begins, ends in (("torch", "mxnet"), ("mxnet", "torch")):
        alone, first, second = (backend(name).build(quiet, recipe, Plan(name)) for name in (begins, begins, ends))
        list(learn(alone, range(8)))
        list(learn(first, range(4)))
        second.load_weights(first.weights())
        second.load_state(first.state())
        list(learn(second, range(4, 8)))
        for name, values in alone.weights().items():
            np.testing.assert_allclose(second.weights()[name], values, atol=1e-5)


def test_first_weights_are_drawn_from_the_seed_alone() -> None:
    drawn = [backend(name).build(small(), RECIPE, Plan(name)).weights() for name in available()]
    for weights in drawn[1:]:
        assert_bits(drawn[0], weights)


def test_a_last_batch_may_be_smaller_even_one_sample(build: Build) -> None:
    program = build(small(), RECIPE)
    for size in (6, 6, 2, 1, 6):
        outcome = program.train_step(batch(size), 0.01, 0).fetch()
        assert outcome.outputs["score"].shape == (size, 4)
        assert np.isfinite(outcome.loss)
    assert program.evaluate(batch(1)).fetch().outputs["score"].shape == (1, 4)


def test_one_value_a_channel_leaves_the_running_averages(build: Build) -> None:
    plain = network(
        node("x", Input(sizes=(3,))),
        node("y", Target(sizes=(3,))),
        node("norm", BatchNorm(), "x"),
        node("loss", MeanSquaredError(), "norm", "y"),
    )
    program = build(plain, RECIPE)
    one = {"x": np.ones((1, 3), np.float32), "y": np.zeros((1, 3), np.float32)}
    program.train_step(one, 0.0, 0).fetch()
    assert program.weights()["norm/running_variance"].tolist() == [1, 1, 1]
    program.train_step({name: np.concatenate([v, 3 * v]) for name, v in one.items()}, 0.0, 0).fetch()
    np.testing.assert_allclose(program.weights()["norm/running_mean"], [0.2] * 3, rtol=1e-6)
    np.testing.assert_allclose(program.weights()["norm/running_variance"], [0.9 + 0.1 * 2] * 3, rtol=1e-4)


def test_evaluation_sees_all_weights_that_changed_while_others_are_frozen(build: Build) -> None:
    frozen = small().change("conv", lambda n: replace(n, weight=(WeightRule(learning_rate=0),)))
    program = build(frozen, RECIPE)
    for _ in learn(program, range(4)):
        fresh = build(frozen, RECIPE, program.weights())
        assert program.evaluate(batch()).fetch().loss == fresh.evaluate(batch()).fetch().loss


def test_an_outcome_holds_what_the_losses_were_fed_and_what_was_asked_for(build: Build) -> None:
    program = build(small(), RECIPE, None, ("pool",))
    fed = batch()
    outcome = program.evaluate(fed).fetch()
    assert set(outcome.outputs) == {"score", "digit", "pool"}
    assert outcome.outputs["digit"].tolist() == fed["digit"].tolist()
    assert outcome.outputs["pool"].shape == (6, 5, 3, 3)
    shifted = outcome.outputs["score"] - outcome.outputs["score"].max(1, keepdims=True)
    right = shifted[np.arange(6), fed["digit"]] - np.log(np.exp(shifted).sum(1))
    assert outcome.loss == pytest.approx(-right.mean(), rel=1e-5)


def test_outcomes_keep_their_values_while_training_goes_on(build: Build) -> None:
    program, other = build(small(), RECIPE), build(small(), RECIPE)
    pending = [program.train_step(batch(seed=step), 0.1, step) for step in range(5)]
    fetched = [other.train_step(batch(seed=step), 0.1, step).fetch() for step in range(5)]
    for late, soon in zip(pending, fetched, strict=True):
        outcome = late.fetch()
        assert outcome.loss == soon.loss
        assert (outcome.outputs["score"] == soon.outputs["score"]).all()


def test_what_predicts_has_the_link_of_the_loss_and_needs_no_target(build: Build) -> None:
    program = build(small(), RECIPE)
    given = {"image": batch()["image"]}
    found = program.predict(given, ("score", "score_probability"))
    powers = np.exp(found["score"] - found["score"].max(1, keepdims=True))
    np.testing.assert_allclose(found["score_probability"], powers / powers.sum(1, keepdims=True), rtol=1e-4)
    assert (program.predict(given, ("score",))["score"] == found["score"]).all()


def test_several_losses_are_added_up_by_their_weights(build: Build) -> None:
    two = small().add(
        node("aim", Target(sizes=(4,))),
        node("second", MeanSquaredError(weight=0.25), "score", "aim"),
    )
    fed = batch() | {"aim": np.zeros((6, 4), np.float32)}
    outcome = build(two, RECIPE).evaluate(fed).fetch()
    assert set(outcome.losses) == {"loss", "second"}
    assert outcome.losses["second"] == pytest.approx(0.25 * (outcome.outputs["score"] ** 2).mean(), rel=1e-5)
    assert outcome.loss == pytest.approx(sum(outcome.losses.values()))


def test_nodes_for_training_only_are_left_out_of_evaluation(build: Build) -> None:
    aside = small().add(
        replace(node("helper", Dense(units=4), "flat"), phase="train"),
        node("help", SoftmaxCrossEntropy(weight=0.3), "helper", "digit"),
    )
    program = build(aside, RECIPE)
    assert set(program.train_step(batch(), 0.1, 0).fetch().losses) == {"loss", "help"}
    assert set(program.evaluate(batch()).fetch().losses) == {"loss"}
    assert {name for name in program.state() if name.startswith("helper/")}


def test_shared_weights_are_kept_once_and_learn_from_both_places(build: Build) -> None:
    def siamese(shared: bool) -> Network:
        rules = (WeightRule(same_as="left"),) if shared else ()
        return network(
            node("a", Input(sizes=(3,))),
            node("b", Input(sizes=(3,))),
            node("y", Target(sizes=(2,))),
            node("left", Dense(units=2), "a"),
            node("right", Dense(units=2), "b", weight=rules),
            node("sum", Add(), "left", "right"),
            node("loss", MeanSquaredError(), "sum", "y"),
        )

    random = np.random.default_rng(0)
    fed = {name: random.normal(size=(5, n)).astype(np.float32) for name, n in (("a", 3), ("b", 3), ("y", 2))}
    recipe = Recipe(optimizer=Optimizer(rule=SGD(momentum=0.5)))
    one, two = build(siamese(True), recipe), build(siamese(False), recipe)
    assert set(one.weights()) == {"left/weight", "left/bias"}
    sides, names = ("left", "right"), ("weight", "bias")
    two.load_weights({f"{side}/{name}": one.weights()[f"left/{name}"] for side in sides for name in names})
    for program in (one, two):
        program.train_step(fed, 1.0, 0).fetch()
    for name in names:
        both = two.state()[f"left/{name}/momentum"] + two.state()[f"right/{name}/momentum"]
        np.testing.assert_allclose(one.state()[f"left/{name}/momentum"], both, atol=1e-6)


def test_a_weight_shared_with_a_node_for_training_only_is_deployed(build: Build) -> None:
    plain = network(
        node("x", Input(sizes=(3,))),
        node("y", Target(sizes=(3,))),
        replace(node("aside", Dense(units=3), "x"), phase="train"),
        node("main", Dense(units=3), "x", weight=(WeightRule(same_as="aside"),)),
        node("loss", MeanSquaredError(), "main", "y"),
        node("other", MeanSquaredError(), "aside", "y"),
    )
    program = build(plain, RECIPE)
    fed = {"x": np.ones((2, 3), np.float32), "y": np.zeros((2, 3), np.float32)}
    learned = program.train_step(fed, 0.1, 0).fetch()
    assert set(learned.losses) == {"loss", "other"}
    evaluated = program.evaluate(fed).fetch().outputs["main"]
    weights = program.weights()
    assert set(weights) == {"aside/weight", "aside/bias"}
    np.testing.assert_allclose(evaluated, fed["x"] @ weights["aside/weight"].T + weights["aside/bias"], rtol=1e-5)
    assert (program.predict({"x": fed["x"]}, ("main",))["main"] == evaluated).all()


def test_a_rule_says_how_a_weight_begins(build: Build) -> None:
    half, two = (Init(rule=Constant(value=value)) for value in (0.5, 2.0))
    rules = (WeightRule(init=half), WeightRule(name="bias", init=two))
    weights = build(small().change("score", lambda n: replace(n, weight=rules)), RECIPE).weights()
    assert (weights["score/weight"] == 0.5).all()
    assert (weights["score/bias"] == 2).all()


def test_sequences_may_have_any_length(build: Build) -> None:
    text = network(
        node("words", Input(sizes=(-1,), values="index", classes=7)),
        node("next", Target(classes=7, sizes=(-1,))),
        node("vectors", Embedding(classes=7, units=4), "words"),
        node("read", LSTM(units=5, sequence=True), "vectors"),
        node("score", Dense(units=7), "read"),
        node("loss", SoftmaxCrossEntropy(), "score", "next"),
    )
    program = build(text, RECIPE)
    random = np.random.default_rng(0)
    for length in (3, 8, 3, 5):
        words = random.integers(0, 7, (2, length + 1))
        outcome = program.train_step({"words": words[:, :-1], "next": words[:, 1:]}, 0.01, 0).fetch()
        assert outcome.outputs["score"].shape == (2, length, 7)


def test_images_may_have_any_size(build: Build) -> None:
    anywhere = network(
        node("image", Input(sizes=(2, -1, -1))),
        node("digit", Target(classes=3)),
        node("conv", Conv2D(filters=4, kernel=3, padding=(1, 0, 1, 2)), "image"),
        node("mean", AvgPool2D(kernel=3, stride=2, padding=1, rounding="ceil"), "conv"),
        node("pool", MaxPool2D(kernel=3, stride=2, padding=(2, 0, 0, 1), rounding="ceil"), "mean"),
        node("all", GlobalAvgPool(), "pool"),
        node("score", Dense(units=3), "all"),
        node("loss", SoftmaxCrossEntropy(), "score", "digit"),
    )
    program = build(anywhere, RECIPE)
    for size in ((8, 9), (11, 6)):
        image = np.random.default_rng(1).normal(size=(2, 2, *size)).astype(np.float32)
        shape = program.predict({"image": image}, ("pool",))["pool"].shape[1:]
        sized = replace(anywhere["pool"].layer)
        expected = sized.shape(anywhere["mean"].layer.shape((4, size[0], size[1])))
        assert shape == expected
        program.train_step({"image": image, "digit": np.array([0, 2])}, 0.01, 0).fetch()


def test_dropout_keeps_its_share_and_scales_what_is_left(build: Build) -> None:
    noisy = network(
        node("x", Input(sizes=(1000,))),
        node("y", Target(sizes=(1000,))),
        node("scale", BatchNorm(affine=True), "x"),
        node("drop", Dropout(rate=0.25), "scale"),
        node("loss", MeanSquaredError(), "drop", "y"),
    )
    program = build(noisy, RECIPE, None, ("scale", "drop"))
    random = np.random.default_rng(0)
    fed = {name: random.normal(size=(20, 1000)).astype(np.float32) for name in ("x", "y")}
    outputs = program.train_step(fed, 0.0, 0).fetch().outputs
    kept = outputs["drop"] != 0
    assert kept.mean() == pytest.approx(0.75, abs=0.01)
    np.testing.assert_allclose(outputs["drop"][kept], outputs["scale"][kept] / 0.75, rtol=1e-5)
    evaluated = program.evaluate(fed).fetch().outputs
    assert (evaluated["drop"] == evaluated["scale"]).all()


def test_the_first_node_that_is_not_finite_is_named(build: Build) -> None:
    program = build(small(), RECIPE)
    assert program.first_non_finite(batch()) == ""
    program.load_weights(program.weights() | {"norm/shift": np.full(5, np.nan, np.float32)})
    assert program.first_non_finite(batch()) == "norm"
    fed = batch()
    fed["image"][0, 0, 0, 0] = np.inf
    assert program.first_non_finite(fed) == "image"


def test_a_gradient_that_is_not_finite_is_named(build: Build) -> None:
    steep = network(
        node("x", Input(sizes=(1,))),
        node("y", Target(sizes=(1,))),
        node("first", Dense(units=1, bias=False), "x"),
        node("second", Dense(units=1, bias=False), "first"),
        node("loss", MeanSquaredError(), "second", "y"),
    )
    weights = {"first/weight": np.full((1, 1), 1e-20, np.float32), "second/weight": np.full((1, 1), 1e38, np.float32)}
    fed = {"x": np.ones((1, 1), np.float32), "y": np.zeros((1, 1), np.float32)}
    # second gives 1e18, its square 1e36; the gradient of first is 2 · 1e18 · 1e38.
    assert build(steep, RECIPE, weights).first_non_finite(fed) == "first"


def test_spoilt_numbers_leave_nothing_behind_once_weights_are_loaded(build: Build) -> None:
    program, other = build(small(), RECIPE), build(small(), RECIPE)
    good, state = program.weights(), program.state()
    bad = batch()
    bad["image"][:] = np.nan
    program.train_step(bad, 0.1, 0).fetch()
    assert not np.isfinite(program.weights()["conv/weight"]).any()
    program.load_weights(good)
    program.load_state(state)
    assert list(learn(program, range(3))) == list(learn(other, range(3)))


def test_missing_weights_and_wrong_shapes_are_named(build: Build) -> None:
    program = build(small(), RECIPE)
    weights = program.weights()
    with pytest.raises(NetwrightError, match="no values for score/bias"):
        program.load_weights({name: v for name, v in weights.items() if name != "score/bias"})
    with pytest.raises(NetwrightError, match=r"score/weight is 4x45, and the values given are 45x4"):
        program.load_weights(weights | {"score/weight": weights["score/weight"].T})
    with pytest.raises(NetwrightError, match="score/bias is 4, and the values given are 5"):
        build(small(), RECIPE, {"score/bias": np.zeros(5)})
    with pytest.raises(NetwrightError, match="no values for conv/weight/mean"):
        program.load_state({})


def test_a_batch_that_does_not_fit_is_refused(build: Build) -> None:
    program = build(small(), RECIPE)
    with pytest.raises(NetwrightError, match="digit: nothing feeds it"):
        program.train_step({"image": batch()["image"]}, 0.1, 0)
    with pytest.raises(NetwrightError, match="image: needs samples of 2x8x8, and is fed with 2x8x9"):
        program.train_step(batch() | {"image": np.zeros((6, 2, 8, 9), np.float32)}, 0.1, 0)
    with pytest.raises(NetwrightError, match="differ in length"):
        program.train_step(batch() | {"digit": np.zeros(5, int)}, 0.1, 0)


def test_a_network_without_a_loss_predicts_but_does_not_learn(build: Build) -> None:
    bare = network(node("x", Input(sizes=(3,))), node("y", Sigmoid(), "x"))
    program = build(bare, RECIPE)
    x = np.zeros((2, 3), np.float32)
    assert (program.predict({"x": x}, ("y",))["y"] == 0.5).all()
    with pytest.raises(NetwrightError, match="no loss"):
        program.train_step({"x": x}, 0.1, 0)
    with pytest.raises(NetwrightError, match="there is no output z"):
        program.predict({"x": x}, ("z",))


def test_a_device_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceError, match=rf"{name} finds no device 'cuda:9' here; there are: cpu"):
        backend(name).build(small(), RECIPE, Plan(name, device="cuda:9"))


def test_an_unknown_backend_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(Unsupported, match="no backend named 'caffe'; there are: mxnet, torch"):
        backend("caffe")


@pytest.mark.parametrize("plan", [{"precision": "float16"}, {"layout": "channels_last"}, {"compiled": True}])
def test_mxnet_says_what_of_a_plan_it_does_not_take(plan: dict[str, object]) -> None:
    if "mxnet" not in available():
        pytest.skip("mxnet is not installed")
    with pytest.raises(Unsupported, match="the mxnet backend does not take"):
        backend("mxnet").build(small(), RECIPE, Plan("mxnet", **plan))


def test_a_network_in_which_nothing_learns_is_not_trained(build: Build) -> None:
    frozen = network(
        node("image", Input(sizes=(3,))),
        node("wanted", Target(sizes=(2,))),
        node("score", Dense(units=2), "image", weight=(WeightRule(learning_rate=0.0),)),
        node("loss", MeanSquaredError(), "score", "wanted"),
    )
    given = {"image": np.ones((2, 3), np.float32), "wanted": np.zeros((2, 2), np.float32)}
    with pytest.raises(NetwrightError, match="has no weight that learns"):
        build(frozen, RECIPE).train_step(given, 0.1, 0)
