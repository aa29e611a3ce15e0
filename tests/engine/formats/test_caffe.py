"""Caffe: files of all its generations, compared with what the real Caffe made of them."""

import contextlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import active, deployment, executed, validated
from engine.backends import backend
from engine.backends.base import Plan
from engine.data.sizing import instead
from engine.data.spec import Transform
from engine.data.transforms import Scale
from engine.errors import SchemaError, Unreadable
from engine.formats import format_of
from engine.formats.caffe import read
from engine.formats.caffe.textual import message_of
from engine.formats.caffe.upgrade import upgraded
from engine.formats.imported import Imported
from engine.formats.wire import BYTES, written, written_varint
from engine.initializers import Xavier
from engine.layers.data import Input, Target
from engine.layers.loss import Contrastive
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.node import Init, Link, WeightRule
from engine.opening import open_model
from engine.report import report_of
from engine.training.optimizers import SGD, Adadelta, Adagrad, Adam, OptimizerRule, RMSProp
from engine.training.rates import Rates
from engine.training.recipe import Recipe
from engine.weights import read_weights
from tests.engine.training.small import ENGINE, ENGINES

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "caffe"
FILES = sorted(FIXTURES.rglob("*.prototxt")) + sorted(FIXTURES.rglob("*.caffemodel"))
SHAPES: dict[str, Any] = json.loads((FIXTURES / "bvlc_shapes.json").read_text()) if FILES else {}
BUILT = [(name, phase) for name, phases in SHAPES.items() for phase in phases if phase != "error"]
GOLDEN = sorted(path.stem for path in (FIXTURES / "golden").glob("*.caffemodel"))

pytestmark = pytest.mark.skipif(not FILES, reason="the files of other programs are not here")


@cache
def read_once(path: Path) -> Imported:
    return read(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_every_file_is_told_by_its_beginning_and_opens(path: Path) -> None:
    found = format_of(path.read_bytes()[:4096])
    assert found is not None
    assert found.name == "caffe"
    imported = read_once(path)
    assert imported.notes
    unknown = {node.name for node in imported.model.network.nodes if node.layer.FAMILY == "unknown"}
    assert unknown == {note.part for note in imported.notes if note.fate == "unknown"}


def blobs_of(path: Path) -> dict[str, Link]:
    """Where each blob of a net without phases comes from: the last layer that makes it."""
    layers = upgraded(message_of(path.read_text(), "NetParameter", path))
    made = {"input": {top: Link(top) for top in layers[0].all("top")}} if layers[0].get("type") == "Input" else {}
    found = dict(made.get("input", {}))
    for layer in layers:
        if layer.get("type") != "Input":
            split = layer.get("type") == "Slice"
            found |= {top: Link(layer.get("name"), place * split) for place, top in enumerate(layer.all("top"))}
    return found


@pytest.mark.parametrize(("name", "phase"), BUILT)
def test_every_blob_and_weight_has_the_shape_that_caffe_reports(name: str, phase: str) -> None:
    model = read_once(FIXTURES / name).model
    network = active(model.network) if phase == "TRAIN" else validated(model.network)
    told = report_of(replace(model, network=network)).nodes
    truth, places = SHAPES[name][phase], blobs_of(FIXTURES / name)
    splits = [layer for layer, kind, _ in truth["layers"] if kind == "Split"]
    for blob, shape in truth["blobs"].items():
        if not any(blob.startswith(split) for split in splits):
            link = places[blob]
            assert told[link.node].outputs[link.output].shape == tuple(shape[1:]), blob
    for layer, kind, shapes in truth["layers"]:
        if shapes:
            node = network[layer]
            entering = [told[link.node].outputs[link.output].shape for link in node.inputs]
            weights = [list(weight.shape) for weight in node.layer.weights(*entering)]
            assert weights == (shapes[:2] if kind == "BatchNorm" else shapes), layer


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GOLDEN)
def test_golden_nets_give_what_caffe_gave(name: str, engine: str) -> None:
    path = FIXTURES / "golden" / f"{name}.prototxt"
    opened = open_model(path)
    assert opened.weights is not None
    numbers = np.load(path.with_name(f"{name}_io.npz"))
    program = backend(engine).build(opened.model.network, Recipe(), Plan(engine), read_weights(opened.weights))
    wanted = {key.removeprefix("out_"): numbers[key] for key in numbers.files if key.startswith("out_")}
    found = program.predict({"data": numbers["data"]}, tuple(wanted))
    for blob, values in wanted.items():
        assert np.abs(found[blob] - values).max() <= 1e-5 * max(1.0, np.abs(values).max()), blob


LENET = FIXTURES / "bvlc" / "examples" / "mnist" / "lenet_solver.prototxt"
SQUEEZENET = FIXTURES.parents[1] / "data" / "models" / "squeezenet1.1.prototxt"


def test_squeezenet_with_its_weights_is_that_of_the_gallery() -> None:
    if not SQUEEZENET.is_file():
        pytest.skip("SqueezeNet's weights are not here")
    ours, theirs = open_model("gallery:squeezenet"), open_model(SQUEEZENET)
    assert ours.weights is not None
    assert theirs.weights is not None
    weights, read_there = read_weights(ours.weights), read_weights(theirs.weights)
    assert sorted(map(_sum, weights.values())) == sorted(map(_sum, read_there.values()))
    pictures = np.random.default_rng(1).normal(size=(1, 3, 227, 227)).astype(np.float32) * 50
    answers = [_answers(opened.model, given, pictures) for opened, given in ((ours, weights), (theirs, read_there))]
    assert answers[0].shape == answers[1].shape == (1, 1000)
    assert np.abs(answers[0] - answers[1]).max() < 1e-6


def _sum(array: Any) -> tuple[int, float]:
    return array.size, float(np.abs(array).sum(dtype=np.float64))


def _answers(model: Model, weights: Any, pictures: Any) -> Any:
    model = executed(model)
    deployed = deployment(model.network)
    program = backend(ENGINE).build(model.network, Recipe(), Plan(ENGINE), weights)
    (name,) = (node.name for node in deployed.network.nodes if not node.inputs)
    (answer,) = map(str, deployed.outputs)
    return program.predict({name: pictures}, (answer,))[answer].reshape(len(pictures), -1)


def test_a_solver_is_the_recipe_of_the_net_that_it_names() -> None:
    model = read_once(LENET).model
    assert model.name == "LeNet"
    recipe = model.recipe
    assert recipe.optimizer.rule == SGD(learning_rate=0.01, momentum=0.9, weight_decay=0.0005)
    assert (recipe.batch_size, recipe.steps, recipe.epochs) == (64, 10_000, 0)
    assert (recipe.validate.every, recipe.validate.per) == (500, "step")
    assert [source.part for source in model.data.sources] == ["train", "validation"]
    assert model.network["conv1"].weight == (
        WeightRule(name="weight", init=Init(rule=Xavier(fan="in"))),
        WeightRule(name="bias", learning_rate=2.0),
    )
    rates = Rates(recipe.schedule.rule, recipe.steps)
    for step in (0, 1, 500, 9_999):
        assert rates.factor(step) * 0.01 == 0.01 * (1 + 0.0001 * step) ** -0.75  # SGDSolver::GetLearningRate, inv


def test_lenet_trains_as_it_is_on_other_data(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    digits = {"x": random.integers(0, 255, (20, 1, 28, 28)), "y": np.arange(20) % 10}
    np.savez(tmp_path / "digits.npz", **digits)
    model = instead(read_once(LENET).model, tmp_path / "digits.npz")
    assert [problem for problem in report_of(model).problems if problem.severity == "error"] == []
    assert model.network["data"].layer == Input(sizes=(1, 28, 28))
    assert model.network["label"].layer == Target(classes=10)
    assert [feed.column for feed in model.data.feeds] == ["x", "y"]
    assert model.data.feeds[0].transforms == (Transform(rule=Scale(by=0.00390625)),)


SOLVERS = [
    ('type: "SGD" momentum: 0.9', SGD(learning_rate=0.1, momentum=0.9)),
    ("momentum: 0.8 solver_type: NESTEROV", SGD(learning_rate=0.1, momentum=0.8, nesterov=True)),
    ('type: "AdaGrad" delta: 1e-6', Adagrad(learning_rate=0.1, epsilon=1e-6)),
    ('type: "RMSProp" rms_decay: 0.98', RMSProp(learning_rate=0.1, rho=0.98, epsilon=1e-8)),
    ('type: "AdaDelta" momentum: 0.95', Adadelta(learning_rate=0.1, rho=0.95, epsilon=1e-8)),
    ('type: "Adam" momentum: 0.9', Adam(learning_rate=0.1, beta1=0.9, beta2=0.999, epsilon=1e-8)),
]


@pytest.mark.parametrize(("text", "rule"), SOLVERS)
def test_all_six_solvers_are_read(tmp_path: Path, text: str, rule: OptimizerRule) -> None:
    (tmp_path / "solver.prototxt").write_text(f"base_lr: 0.1 {text}")
    assert read(tmp_path / "solver.prototxt").model.recipe.optimizer.rule == rule


POLICIES = [
    ('"fixed"', lambda t: 1.0),
    ('"step" gamma: 0.1 stepsize: 30', lambda t: 0.1 ** (t // 30)),
    ('"exp" gamma: 0.99', lambda t: 0.99**t),
    ('"inv" gamma: 0.01 power: 0.5', lambda t: (1 + 0.01 * t) ** -0.5),
    ('"multistep" gamma: 0.5 stepvalue: 10 stepvalue: 60', lambda t: 0.5 ** ((t >= 10) + (t >= 60))),
    ('"poly" power: 2 max_iter: 100', lambda t: (1 - t / 100) ** 2),
    ('"sigmoid" gamma: -0.1 stepsize: 50', lambda t: 1 / (1 + math.exp(0.1 * (t - 50)))),
]


@pytest.mark.parametrize(("text", "formula"), POLICIES)
def test_all_policies_are_read(tmp_path: Path, text: str, formula: Callable[[int], float]) -> None:
    (tmp_path / "solver.prototxt").write_text(f"base_lr: 0.1 lr_policy: {text}")
    recipe = read(tmp_path / "solver.prototxt").model.recipe
    rates = Rates(recipe.schedule.rule, 100)
    assert [rates.factor(t) for t in range(100)] == pytest.approx([formula(t) for t in range(100)], rel=1e-15)


NET_NAME = written(1, BYTES, b"net")
HUGE = written_varint(100 * 2**30)
BROKEN = {
    "braces.prototxt": (b"layer " + b"{" * 10_000_000, "has some 10,000,000 fields, and no net has more than 300,000"),
    "layers.caffemodel": (
        NET_NAME + b"\xa2\x06" + HUGE + b"x" * 100,
        "is damaged: a field claims 107,374,182,400 bytes where 100 are left, near byte 5",
    ),
    "blob.caffemodel": (
        NET_NAME + written(100, BYTES, written(1, BYTES, b"c") + written(7, BYTES, b"\x2a" + HUGE + b"zz")),
        "is damaged: a field claims 107,374,182,400 bytes where 2 are left, near byte 0",
    ),
    "number.prototxt": (
        b'layer {\n  name: "a"\n  pooling_param { stride: "a" }\n}',
        'stride must be a whole number, not "a"',
    ),
    "open.prototxt": (b'name: "x"\nlayer { name: "a" type: "Pooling"\n', "layer { is not closed"),
    "type.prototxt": (b'layers { layer { name: "a" type: "wonder" } }', "has a layer of an unknown type, 'wonder'"),
    "solver.prototxt": (b'base_lr: 0.1 type: "Magic"', "has an unknown solver, 'Magic'"),
    "policy.prototxt": (b'base_lr: 0.1 lr_policy: "luck"', "has an unknown lr_policy, 'luck'"),
    "momentum.prototxt": (b"base_lr: 0.1 momentum: 1.5", "momentum must be less than 1, not 1.5"),
    "bytes.prototxt": (b'layer { name: "\xff\xfe" }', "holds the byte 0xff, which is not UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_hostile_and_damaged_files_are_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises((Unreadable, SchemaError)) as caught:
        open_model(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert caught.value.message == message


@pytest.mark.parametrize("name", GOLDEN)
def test_files_cut_off_anywhere_are_refused_or_hold_less(tmp_path: Path, name: str) -> None:
    for source in (FIXTURES / "golden").glob(f"{name}.[cp]*"):
        content = source.read_bytes()
        place = tmp_path / source.name
        for end in range(0, len(content), max(1, len(content) // 40)):
            place.write_bytes(content[:end])
            with contextlib.suppress(Unreadable, SchemaError):
                read(place)


def test_layers_that_training_and_testing_state_apart_are_one_node() -> None:
    network = read_once(FIXTURES / "intel" / "dcgan_generator.prototxt").model.network
    assert network["deconv5_BN"].phase == "always"
    assert "deconv5_BN_2" not in network


def test_weights_that_are_called_alike_are_shared() -> None:
    network = read_once(FIXTURES / "bvlc" / "examples" / "siamese" / "mnist_siamese_train_test.prototxt").model.network
    assert network.owner_of("conv1_p", "weight") == "conv1/weight"
    assert network.owner_of("feat_p", "bias") == "feat/bias"
    assert isinstance(network["loss"].layer, Contrastive)


def test_what_nothing_stands_for_keeps_its_text() -> None:
    network = read_once(FIXTURES / "faster_rcnn" / "ZF_test.prototxt").model.network
    layer = network["roi_pool_conv5"].layer
    assert isinstance(layer, Unknown)
    assert layer.text == "roi_pooling_param { pooled_w: 6 pooled_h: 6 spatial_scale: 0.0625 }"


LOSS = """
input: "x" input_dim: 8 input_dim: 4 input_dim: 3 input_dim: 3
input: "y" input_dim: 8 input_dim: 4 input_dim: 3 input_dim: 3
layer {{ name: "loss" type: "{}" bottom: "x" bottom: "y" top: "loss" {} }}
"""


@pytest.mark.parametrize(
    ("kind", "fields", "weight"),
    [
        ("EuclideanLoss", "", 36 / 2),  # Σ (x − y)² / 2N: half of 36 values a sample
        ("EuclideanLoss", "loss_weight: 0.5", 9),
        ("SigmoidCrossEntropyLoss", "", 36),  # normalised by N alone where nothing is said
        ("SigmoidCrossEntropyLoss", "loss_param { normalization: VALID }", 1),
    ],
)
def test_a_loss_is_weighted_as_caffe_normalises_it(tmp_path: Path, kind: str, fields: str, weight: float) -> None:
    (tmp_path / "loss.prototxt").write_text(LOSS.format(kind, fields))
    network = read(tmp_path / "loss.prototxt").model.network
    assert getattr(network["loss"].layer, "weight", None) == weight
    assert network["y"].layer == Target(sizes=(4, 3, 3))
