"""Exported ONNX: valid, and in onnxruntime what the reference computes."""

import json

import numpy as np
import pytest

from engine.errors import NetwrightError, Unsupported
from engine.formats.onnx import OPSET, OPSETS, export
from engine.formats.properties import properties_of
from engine.layers import CATALOGUE, Signal
from engine.layers.activation import GELU, Softmax
from engine.layers.arranging import Reduce, Split
from engine.layers.attention import MultiHeadAttention
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding, PositionalEncoding
from engine.layers.loss import Loss
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale
from engine.layers.pooling import AdaptiveAvgPool, AvgPool1D, GlobalMaxPool, MaxPool2D
from engine.layers.recurrent import GRU, LSTM
from engine.layers.regularization import Dropout
from engine.layers.resampling import PixelShuffle, Upsample
from engine.layers.reshape import Flatten
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node, WeightRule
from engine.schema.read import read
from tests.engine.cases import CASES, Case, case
from tests.engine.formats.session import inputs_and, network_of, run, session_of
from tests.engine.reference import random_input, random_weights, reference

TOLERANCE = 1e-4
DEPLOYED = tuple(case for case in CASES if case.signals and not isinstance(case.layer, Loss))
ANY_LENGTH = (
    case(LSTM(units=3, sequence=True), (-1, 4)),
    case(GRU(units=3, bidirectional=True), (-1, 4)),
    case(LSTM(units=3, bidirectional=True), (-1, 4), Signal((-1,), "index", 2)),
    case(TimeDistributed(layer=Dense(units=3)), (-1, -1, 4)),
    case(TimeDistributed(layer=Flatten()), (-1, 2, 3)),
    case(Dense(units=3), (-1, 7)),
    case(MultiHeadAttention(heads=2, causal=True), (-1, 6)),
    case(MultiHeadAttention(heads=2), (-1, 6), (-1, 3), Signal((-1,), "index", 2)),
    case(PositionalEncoding(), (-1, 6)),
    case(PositionalEncoding(kind="learned"), (-1, 6)),
    case(LRN(size=3, alpha=0.9), (7, -1)),
    case(BatchNorm(), (4, -1)),
    case(MaxPool2D(), (3, -1, -1)),
    case(AvgPool1D(kernel=3, stride=2, padding=1), (3, -1)),
    case(GlobalMaxPool(), (3, -1, -1)),
    case(AdaptiveAvgPool(), (3, -1, -1)),
    case(Upsample(scale=3), (3, -1)),
    case(Upsample(mode="bilinear"), (3, -1, -1)),
    case(PixelShuffle(), (4, -1, -1)),
    case(GroupNorm(groups=2), (4, -1)),
    case(InstanceNorm(), (4, -1, -1)),
    case(RMSNorm(), (-1, 6)),
    case(L2Normalize(axes=()), (4, -1)),
    case(Scale(), (4, -1, -1)),
    case(LRN(size=3, alpha=0.9, region="within_channel"), (4, -1, -1)),
    case(Embedding(classes=9, units=2), Signal((-1,), "index", 9)),
)


def weights_of(it: Case) -> dict[str, np.ndarray]:
    drawn = random_weights(it.layer, *(signal.shape for signal in it.signals), seed=3)
    return {f"it/{name}": values.astype(np.float32) for name, values in drawn.items()}


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """max|a − b| / max|b|."""
    assert a.shape == b.shape
    return float(np.abs(a - b).max(initial=0) / max(np.abs(b).max(initial=0), 1e-6))


def check(it: Case, opset: int) -> None:
    model = export(inputs_and(it), weights_of(it), opset=opset)
    own = {name.removeprefix("it/"): values for name, values in weights_of(it).items()}
    for batch in (1, 3):
        arrays = {f"x{place}": random_input(signal, batch, seed=place) for place, signal in enumerate(it.signals)}
        expected = reference(it.layer, own, *arrays.values())
        answers = expected if isinstance(expected, tuple) else (expected,)
        made = run(model, [f"y{place}" for place in range(len(answers))], arrays)
        for found, answer in zip(made, answers, strict=True):
            assert difference(found, answer) < TOLERANCE


@pytest.mark.parametrize("it", DEPLOYED, ids=str)
def test_a_layer_computes_in_onnxruntime_what_the_reference_does(it: Case) -> None:
    check(it, OPSET)


@pytest.mark.parametrize("it", ANY_LENGTH, ids=str)
def test_a_length_that_is_not_said_stays_open(it: Case) -> None:
    check(it, OPSET)


DECOMPOSED = (LayerNorm, GroupNorm, RMSNorm, L2Normalize, Upsample, GELU, Reduce, Split)


@pytest.mark.parametrize("it", [it for it in DEPLOYED if isinstance(it.layer, DECOMPOSED)], ids=str)
@pytest.mark.parametrize("opset", [OPSETS[0], 20])
def test_what_older_and_newer_operators_say_otherwise_is_the_same(it: Case, opset: int) -> None:
    check(it, opset)


@pytest.mark.parametrize("opset", OPSETS)
def test_every_opset_runs(opset: int) -> None:
    for it in (DEPLOYED[0], case(LSTM(units=2), (3, 4)), case(Softmax(axis=0), (4, 5))):
        check(it, opset)


def test_every_layer_is_exported_or_says_why_not() -> None:
    tried = {type(it.layer) for it in CASES}
    silent = {name for name, cls in CATALOGUE.items() if cls not in tried}
    assert silent == {"unknown", "use"}


CLASSIFIER = """\
netwright: 1
node { name: "image" input { shape: [1, 4, 4] } }
node { name: "digit" target { classes: 3 } }
node { name: "flat" from: "image" flatten { } }
node { name: "drop" from: "flat" dropout { } }
node { name: "score" from: "drop" dense { units: 3 } }
node { name: "aux" from: "flat" dense { units: 2 } phase: train }
node { name: "loss" from: "score" from: "digit" softmax_cross_entropy { } }
data {
  source { npz { path: "bundled:digits.npz" } }
  feed {
    node: "image" column: "x"
    transform { scale { by: 0.0625 } }
    transform { random_flip { } phase: train }
  }
  feed { node: "digit" column: "y" label: "null" label: "één" label: "two" }
}
"""


def classifier() -> Model:
    return read(CLASSIFIER).model


def score_weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "score/weight": random.normal(size=(3, 16)).astype(np.float32),
        "score/bias": random.normal(size=3).astype(np.float32),
    }


def test_what_is_deployed_has_no_target_and_no_loss_and_gives_scores_and_probabilities() -> None:
    model = export(classifier().network, score_weights())
    session = session_of(model)
    assert [value.name for value in session.get_inputs()] == ["image"]
    assert session.get_inputs()[0].shape == ["batch", 1, 4, 4]
    assert [value.name for value in session.get_outputs()] == ["score", "score_probability"]
    x = np.random.default_rng(1).normal(size=(5, 1, 4, 4)).astype(np.float32)
    score, probability = session.run(None, {"image": x})
    expected = x.reshape(5, 16) @ score_weights()["score/weight"].T + score_weights()["score/bias"]
    assert difference(score, expected) < TOLERANCE
    assert difference(probability, np.exp(expected) / np.exp(expected).sum(1, keepdims=True)) < TOLERANCE
    assert {array.name for array in model.graph.initializer} == {"score/weight", "score/bias"}


def test_labels_and_preparation_go_along() -> None:
    properties = properties_of(classifier())
    assert json.loads(properties["labels"]) == {key: ["null", "één", "two"] for key in ["score", "score_probability"]}
    assert json.loads(properties["preprocessing"]) == {"image": "scale { by: 0.0625 }"}
    model = export(classifier().network, score_weights(), properties=properties)
    assert {p.key: p.value for p in model.metadata_props}["labels"] == properties["labels"]


def test_labels_that_a_run_found_count_more() -> None:
    assert json.loads(properties_of(classifier(), {"digit": "abc"})["labels"])["score"] == ["a", "b", "c"]


def test_the_same_model_gives_the_same_bytes() -> None:
    files = {export(classifier().network, score_weights()).SerializeToString() for _ in range(3)}
    assert len(files) == 1


def test_shared_weights_are_stored_once() -> None:
    nodes = (
        Node("x", (), Input(sizes=(4,))),
        Node("a", (Link("x"),), Dense(units=4)),
        Node("b", (Link("a"),), Dense(units=4), weight=(WeightRule(same_as="a"),)),
    )
    arrays = {"a/weight": np.eye(4, dtype=np.float32) * 2, "a/bias": np.ones(4, np.float32)}
    model = export(Network(nodes), arrays)
    (made,) = session_of(model).run(["b"], {"x": np.ones((1, 4), np.float32)})
    assert made.tolist() == [[7.0] * 4]
    assert len(model.graph.initializer) == 2


def test_names_of_nodes_and_of_arrays_may_be_alike() -> None:
    nodes = (Node("a/weight", (), Input(sizes=(2,))), Node("a", (Link("a/weight"),), Dense(units=2, bias=False)))
    model = export(Network(nodes), {"a/weight": np.eye(2, dtype=np.float32)})
    (made,) = session_of(model).run(["a"], {"a/weight": np.ones((1, 2), np.float32)})
    assert made.tolist() == [[1.0, 1.0]]


def test_a_layer_that_only_trains_may_be_an_output() -> None:
    nodes = (Node("x", (), Input(sizes=(2,))), Node("drop", (Link("x"),), Dropout()))
    (made,) = session_of(export(Network(nodes), {})).run(["drop"], {"x": np.ones((1, 2), np.float32)})
    assert made.tolist() == [[1.0, 1.0]]


def test_what_cannot_be_exported_says_so() -> None:
    x = Node("x", (), Input(sizes=(3, -1, 8)))
    ceil = Network((x, Node("p", (Link("x"),), MaxPool2D(rounding="ceil"))))
    with pytest.raises(Unsupported, match="p: ONNX export rounds pooling up only for images of a known size"):
        export(ceil, {})
    parts = Network((x, Node("p", (Link("x"),), AdaptiveAvgPool(sizes=2))))
    with pytest.raises(Unsupported, match="p: ONNX export pools into parts only images of a known size"):
        export(parts, {})
    with pytest.raises(NetwrightError, match="opset 5 is not written"):
        export(Network((x,)), {}, opset=5)
    with pytest.raises(NetwrightError, match="no values for it/weight, it/bias"):
        export(network_of(case(Dense(), (4,))), {})
    with pytest.raises(NetwrightError, match="u: no layer of the catalogue stands for whirl"):
        export(Network((x, Node("u", (Link("x"),), Unknown(type="whirl")))), {})
