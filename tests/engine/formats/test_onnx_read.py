"""ONNX files read: all four forms, what strangers write in many ways, and what is refused at once."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from google.protobuf import json_format, text_format
from onnx import ModelProto, TensorProto, helper, numpy_helper, parser, printer

from engine.active import deployment
from engine.backends import backend
from engine.backends.base import Plan
from engine.backends.graph import graph_of
from engine.conversion import weights_for
from engine.errors import Unreadable
from engine.formats import format_of
from engine.formats.imported import Imported
from engine.formats.onnx import export
from engine.formats.onnx.reading import read
from engine.formats.properties import properties_of
from engine.layers.activation import ELU, GELU, HardSigmoid, HardSwish, Mish, ReLU6, SiLU, Softmax, Softsign
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer
from engine.layers.dense import Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.normalization import GroupNorm, L2Normalize, LayerNorm, RMSNorm
from engine.layers.pooling import AvgPool2D
from engine.layers.recurrent import LSTM
from engine.layers.resampling import Upsample
from engine.layers.unknown import Unknown
from engine.network import Network
from engine.opening import gallery, open_model
from engine.report import report_of
from engine.training.recipe import Recipe
from tests.engine.formats.session import session_of
from tests.engine.training.small import ENGINE

SHARED = Path(__file__).parents[4] / "shared"
FIXTURES = SHARED / "fixtures" / "onnx"
shared = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the folder of real files is not there")

RNG = np.random.default_rng(5)


def parsed(text: str, **arrays: np.ndarray) -> ModelProto:
    """A model from ONNX's own text; arrays that it names as NAME = {NAME} are filled in."""
    model = parser.parse_model(text)
    for name, array in arrays.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
    return model


def graph(body: str, opset: int = 17, **arrays: np.ndarray) -> ModelProto:
    return parsed(f'<ir_version: 8, opset_import: ["" : {opset}]>\n{body}', **arrays)


def perceptron() -> ModelProto:
    return graph(
        """perceptron (float[N, 4] x) => (float[N, 3] y) {
          h = MatMul(x, w1) s = Add(h, b1) r = Relu(s) z = Gemm <transB = 1> (r, w2, b2) y = Softmax <axis = 1> (z)
        }""",
        w1=RNG.normal(size=(4, 8)),
        b1=RNG.normal(size=8),
        w2=RNG.normal(size=(3, 8)),
        b2=RNG.normal(size=3),
    )


def opened(model: ModelProto, folder: Path) -> Imported:
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return read(folder / "m.onnx")


def layers(imported: Imported) -> list[Layer]:
    return [node.layer for node in imported.model.network.nodes if not node.layer.FED]


def computed(network: Network, weights: Mapping[str, Any], feed: Mapping[str, Any], *names: str) -> list[np.ndarray]:
    program = backend(ENGINE).build(network, Recipe(), Plan(ENGINE, threads=1), weights)
    made = program.predict(feed, names)
    return [np.asarray(made[name]) for name in names]


def same_as_onnxruntime(model: ModelProto, folder: Path, **feed: np.ndarray) -> Imported:
    """Reads a batched model, and compares its answers with onnxruntime's."""
    imported = opened(model, folder)
    assert [str(note) for note in imported.notes if note.fate == "unknown"] == []
    wanted = session_of(model).run(None, feed)
    answers = [str(link) for link in deployment(imported.model.network).outputs]
    for made, right in zip(computed(imported.model.network, imported.weights, feed, *answers), wanted, strict=True):
        np.testing.assert_allclose(made, right, rtol=1e-4, atol=1e-5)
    return imported


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


# Forms


FORMS = {
    "binary": lambda model: model.SerializeToString(),
    "textproto": lambda model: text_format.MessageToString(model).encode(),
    "onnx text": lambda model: printer.to_text(model).encode(),
    "json": lambda model: json_format.MessageToJson(model).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_told_by_its_begin_and_holds_the_same(form: str, tmp_path: Path) -> None:
    model = perceptron()
    data = FORMS[form](model)
    (tmp_path / "net").write_bytes(data)
    found = format_of(data[:4096])
    assert found is not None
    assert found.name == "onnx"
    imported, first = open_model(tmp_path / "net"), opened(model, tmp_path)
    assert imported.model == first.model
    assert [type(layer) for layer in layers(first)] == [Dense, type(first.model.network["r"].layer), Dense, Softmax]


def test_a_file_that_breaks_off_says_where(tmp_path: Path) -> None:
    data = perceptron().SerializeToString()
    (tmp_path / "m.onnx").write_bytes(data[:150])
    with pytest.raises(Unreadable, match=r"is damaged or breaks off in graph, \w+ \d+, at byte \d+"):
        read(tmp_path / "m.onnx")


HOSTILE = {
    "braces": (b"ir_version: 8 graph " + b"{" * 10_000_000, "brackets within brackets"),
    "json": (b'{"irVersion": 8, "graph": ' + b"[" * 1_000_000, "brackets within brackets"),
    "onnx text": (b"<ir_version: 8>" + b"(" * 1_000_000, "brackets within brackets"),
    "nonsense": (b"ir_version: 8 graph { nothing }", "is not ONNX"),
    "no graph": (b"\x08\x08\x12\x04none", "holds no network"),
    "length": (b"\x08\x08\x3a\xff\xff\xff\xff\xff\x01ab", r"breaks off in graph, at byte \d+"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    content, message = HOSTILE[name]
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(Unreadable, match=message):
        read(tmp_path / "m")


def test_an_array_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    model = perceptron()
    model.graph.initializer[0].dims[:] = [1 << 20, 1 << 15]
    with pytest.raises(Unreadable, match="w1 cannot be read: it claims 34359738368 values"):
        opened(model, tmp_path)


def test_a_shape_that_would_fill_the_memory_is_not_filled(tmp_path: Path) -> None:
    model = graph(
        "g (float[N, 4] x) => (float[N, 4] y) { s = Constant <value = int64[2] {400000, 400000}> () "
        "c = ConstantOfShape(s) e = Exp(c) y = Add(x, e) }"
    )
    notes = [str(note) for note in opened(model, tmp_path).notes]
    assert any("too many" in note for note in notes), notes


def test_an_opset_that_is_not_known_yet_is_refused(tmp_path: Path) -> None:
    model = perceptron()
    model.opset_import[0].version = 999
    with pytest.raises(Unreadable, match="is written in opset 999, and the newest that is known is"):
        opened(model, tmp_path)


def test_arrays_in_files_beside_are_read_and_those_elsewhere_refused(tmp_path: Path) -> None:
    model = perceptron()
    whole = opened(model, tmp_path)
    (tmp_path / "deep").mkdir()
    path = tmp_path / "deep" / "m.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="arrays.bin", size_threshold=0)
    apart = read(path)
    assert {key: value.tolist() for key, value in apart.weights.items()} == {
        key: value.tolist() for key, value in whole.weights.items()
    }
    stored = ModelProto.FromString(path.read_bytes())
    (tmp_path / "arrays.bin").write_bytes(bytes(4096))
    for tensor in stored.graph.initializer:
        tensor.external_data[0].value = "../arrays.bin"
    path.write_bytes(stored.SerializeToString())
    with pytest.raises(Unreadable, match="lies outside the file's folder"):
        read(path)


def test_functions_are_opened_and_those_that_use_themselves_refused(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17, "own" : 1]>
    g (float[N, 4] x) => (float[N, 4] y) {{ y = own.twice(x) }}
    <domain: "own", opset_import: ["" : 17, "own" : 1]> twice (a) => (b) {{ c = {inner}(a) b = {inner}(c) }}"""
    imported = opened(parsed(text.format(inner="Tanh")), tmp_path)
    assert [type(layer).__name__ for layer in layers(imported)] == ["Tanh", "Tanh"]
    assert any("functions are opened where they are used: twice" in str(note) for note in imported.notes)
    with pytest.raises(Unreadable, match="the function twice uses itself"):
        opened(parsed(text.format(inner="own.twice")), tmp_path)


# What strangers write


SPELLINGS = {
    "m = Mul(x, s) e = Erf(m) p = Add(one, e) h = Mul(x, half) y = Mul(h, p)": GELU(),
    "m = Div(x, r) e = Erf(m) p = Add(e, one) h = Mul(x, p) y = Mul(h, half)": GELU(),
    "q = Pow(x, three) c = Mul(q, k) i = Add(x, c) j = Mul(i, t) e = Tanh(j) p = Add(e, one) h = Mul(half, x) "
    "y = Mul(h, p)": GELU(approximation="tanh"),
    "s1 = Sigmoid(x) y = Mul(s1, x)": SiLU(),
    "p = Softplus(x) e = Tanh(p) y = Mul(x, e)": Mish(),
    "h = HardSigmoid <alpha = 0.16666667, beta = 0.5> (x) y = Mul(x, h)": HardSwish(),
    "p = Add(x, three) c = Clip(p, zero, six) d = Div(c, six) y = Mul(x, d)": HardSwish(),
    "p = Add(x, three) c = Clip(p, zero, six) y = Div(c, six)": HardSigmoid(),
    "c = Max(x, zero) y = Min(c, six)": ReLU6(),
    "a = Abs(x) p = Add(a, one) y = Div(x, p)": Softsign(),
    "c = Relu(x) n = Min(x, zero) e = Exp(n) d = Sub(e, one) y = Add(c, d)": ELU(),
}
NUMBERS = {
    "one": 1, "half": 0.5, "three": 3, "six": 6, "zero": 0, "k": 0.044715, "t": (2 / np.pi) ** 0.5, "s": 0.5**0.5,
    "r": 2**0.5,
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_activation_is_recognised_however_it_is_spelled(spelling: str, tmp_path: Path) -> None:
    used = {
        name: np.array(value) for name, value in NUMBERS.items() if f"{name})" in spelling or f"{name}," in spelling
    }
    model = graph(f"g (float[N, 5] x) => (float[N, 5] y) {{ {spelling} }}", **used)
    imported = same_as_onnxruntime(model, tmp_path, x=normal(3, 5) * 3)
    assert layers(imported) == [SPELLINGS[spelling]]


NORMS = {
    "m = ReduceMean <axes = [-1]> (x) d = Sub(x, m) q = Pow(d, two) v = ReduceMean <axes = [-1]> (q) w = Add(v, eps) "
    "r = Sqrt(w) n = Div(d, r) g1 = Mul(n, gain) y = Add(g1, shift)": LayerNorm(),
    "m = ReduceMean <axes = [2]> (x) d = Sub(x, m) q = Mul(d, d) v = ReduceMean <axes = [2]> (q) w = Add(v, eps) "
    "r = Sqrt(w) y = Div(d, r)": LayerNorm(affine=False),
    "q = Pow(x, two) v = ReduceMean <axes = [-1]> (q) w = Add(v, eps) r = Sqrt(w) n = Div(x, r) y = Mul(n, gain)": (
        RMSNorm()
    ),
    "q = Mul(x, x) a1 = Constant <value = int64[1] {1}> () v = ReduceSum(q, a1) w = Add(v, eps) r = Sqrt(w) "
    "y = Div(x, r)": L2Normalize(axes=(0,), epsilon=1e-05),
}


@pytest.mark.parametrize("spelling", NORMS)
def test_a_norm_is_recognised_from_its_formula(spelling: str, tmp_path: Path) -> None:
    arrays = {"two": np.array(2.0), "eps": np.array(1e-5), "gain": normal(6), "shift": normal(6)}
    used = {name: value for name, value in arrays.items() if f"{name})" in spelling}
    model = graph(f"g (float[N, 3, 6] x) => (float[N, 3, 6] y) {{ {spelling} }}", opset=13, **used)
    imported = same_as_onnxruntime(model, tmp_path, x=normal(2, 3, 6))
    assert layers(imported) == [NORMS[spelling]]


def test_group_norm_as_it_was_exported_for_years(tmp_path: Path) -> None:
    model = graph(
        """g (float[N, 6, 4, 4] x) => (float[N, 6, 4, 4] y) {
          s = Constant <value = int64[3] {0, 3, -1}> () r = Reshape(x, s) i = InstanceNormalization(r, one, zero)
          t = Shape(x) b = Reshape(i, t) m = Mul(b, gain) y = Add(m, shift)
        }""",
        one=np.ones(3), zero=np.zeros(3), gain=normal(6, 1, 1), shift=normal(6, 1, 1),
    )  # fmt: skip
    assert layers(same_as_onnxruntime(model, tmp_path, x=normal(2, 6, 4, 4))) == [GroupNorm(groups=3)]


def test_attention_of_several_heads_is_one_layer(tmp_path: Path) -> None:
    network = Network().add(*_attending())
    weights = {f"it/{it.name}": normal(*it.shape) for it in MultiHeadAttention(heads=2).weights((5, 8))}
    imported = opened(export(network, weights), tmp_path)
    assert imported.model.network["it"].layer == MultiHeadAttention(heads=2)
    for name, array in weights.items():
        np.testing.assert_array_equal(imported.weights[name], array)


def _attending() -> list[Any]:
    from engine.layers.data import Input
    from engine.node import Link, Node

    return [Node("x", (), Input(sizes=(5, 8))), Node("it", (Link("x"),), MultiHeadAttention(heads=2))]


def test_a_sequence_that_is_turned_around_a_recurrent_operator_stays_a_sequence(tmp_path: Path) -> None:
    model = graph(
        """g (float[N, 7, 3] x) => (float[N, 7, 4] y) {
          t = Transpose <perm = [1, 0, 2]> (x) h, last = LSTM <hidden_size = 4> (t, w, r, b)
          a = Constant <value = int64[1] {1}> () s = Squeeze(h, a) y = Transpose <perm = [1, 0, 2]> (s)
        }""",
        w=normal(1, 16, 3), r=normal(1, 16, 4), b=normal(1, 32),
    )  # fmt: skip
    assert layers(same_as_onnxruntime(model, tmp_path, x=normal(2, 7, 3))) == [LSTM(units=4, sequence=True)]


def test_operators_that_mix_samples_make_the_whole_tensor_one_sample(tmp_path: Path) -> None:
    model = graph("g (float[2, 3] x) => (float[3, 2] y) { y = Transpose <perm = [1, 0]> (x) }")
    imported = opened(model, tmp_path)
    x = normal(2, 3)
    assert any("whole tensors are one sample each" in str(note) for note in imported.notes)
    (made,) = computed(imported.model.network, imported.weights, {"x": x[None]}, "y")
    np.testing.assert_array_equal(made[0], x.T)


def test_within_one_sample_convolutions_are_distributed(tmp_path: Path) -> None:
    model = graph(
        "g (float[2, 3, 5, 5] x) => (float z) { y = Conv(x, w) z = ReduceMax <keepdims = 0> (y) }", w=normal(4, 3, 3, 3)
    )
    imported = opened(model, tmp_path)
    assert isinstance(imported.model.network["y"].layer, TimeDistributed)
    x = normal(2, 3, 5, 5)
    (made,) = computed(imported.model.network, imported.weights, {"x": x[None]}, "z")
    np.testing.assert_allclose(made[0], session_of(model).run(None, {"x": x})[0], rtol=1e-4)


def test_shapes_that_are_computed_from_the_batch_are_followed(tmp_path: Path) -> None:
    model = graph(
        """g (float[N, 3, 4] x) => (float[N, 12] y) {
          s = Shape(x) z = Constant <value = int64 {0}> () n = Gather(s, z) a = Constant <value = int64[1] {0}> ()
          u = Unsqueeze(n, a) m = Constant <value = int64[1] {-1}> () c = Concat <axis = 0> (u, m) y = Reshape(x, c)
        }"""
    )
    same_as_onnxruntime(model, tmp_path, x=normal(5, 3, 4))


def test_samples_that_are_joined_are_never_taken_for_one(tmp_path: Path) -> None:
    model = graph(
        "g (float[2, 3] x) => (float[1, 6] y) { s = Constant <value = int64[2] {1, -1}> () y = Reshape(x, s) }"
    )
    imported, x = opened(model, tmp_path), normal(2, 3)
    (made,) = computed(imported.model.network, imported.weights, {"x": x[None]}, "y")
    np.testing.assert_array_equal(made[0], x.reshape(1, 6))


def test_rows_of_a_table_are_an_embedding(tmp_path: Path) -> None:
    model = graph("g (int64[N, 4] x) => (float[N, 4, 3] y) { y = Gather(table, x) }", table=normal(9, 3))
    imported = same_as_onnxruntime(model, tmp_path, x=RNG.integers(0, 9, (2, 4)))
    assert layers(imported) == [Embedding(classes=9, units=3)]


def test_an_array_that_two_layers_learn_is_shared(tmp_path: Path) -> None:
    model = graph(
        "g (float[N, 4] x) => (float[N, 4] y) { a = MatMul(x, w) b = Relu(a) y = MatMul(b, w) }", w=normal(4, 4)
    )
    imported = same_as_onnxruntime(model, tmp_path, x=normal(2, 4))
    assert set(imported.weights) == {"a/weight"}


RESIZES = {
    'mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"': Upsample(scale=(2,)),
    'mode = "nearest"': Upsample(scale=(2,)),
    'mode = "linear"': Upsample(scale=(2,), mode="bilinear"),
    'mode = "linear", coordinate_transformation_mode = "align_corners"': Upsample((2,), "bilinear", True),
    'mode = "cubic"': None,
}


@pytest.mark.parametrize("way", RESIZES)
def test_resize_is_an_upsample_where_it_does_the_same(way: str, tmp_path: Path) -> None:
    model = graph(f"g (float[N, 2, 5, 4] x) => (float[N, 2, 10, 8] y) {{ y = Resize <{way}> (x, , scales) }}",
                  scales=np.array([1, 1, 2, 2]))  # fmt: skip
    imported = same_as_onnxruntime(model, tmp_path, x=normal(2, 2, 5, 4))
    assert RESIZES[way] is None or layers(imported) == [RESIZES[way]]


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 18, 21, 23])
def test_attributes_that_became_inputs_are_read_in_every_version(opset: int, tmp_path: Path) -> None:
    whole = {name: numpy_helper.from_array(np.array(value, np.int64), name) for name, value in {
        "axes": [2], "pads": [0, 0, 1, 0, 0, 1], "starts": [1], "ends": [3], "over": [1]}.items()}  # fmt: skip
    nodes = [
        helper.make_node("Squeeze", ["x", "axes"], ["a"])
        if opset >= 13
        else helper.make_node("Squeeze", ["x"], ["a"], axes=[2]),
        helper.make_node("Slice", ["a", "starts", "ends", "over"], ["b"])
        if opset >= 10
        else helper.make_node("Slice", ["a"], ["b"], starts=[1], ends=[3], axes=[1]),
        helper.make_node("Pad", ["b", "pads"], ["c"])
        if opset >= 11
        else helper.make_node("Pad", ["b"], ["c"], pads=[0, 0, 1, 0, 0, 1]),
        helper.make_node("ReduceMean", ["c", "over"], ["d"])
        if opset >= 18
        else helper.make_node("ReduceMean", ["c"], ["d"], axes=[1]),
        helper.make_node("Clip", ["d", "low"], ["e"])
        if opset >= 11
        else helper.make_node("Clip", ["d"], ["e"], min=-0.5),
        helper.make_node("Dropout", ["e"], ["y"]),
    ]
    body = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4, 1, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [*(whole.values()), numpy_helper.from_array(np.array(-0.5, np.float32), "low")],
    )
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    same_as_onnxruntime(model, tmp_path, x=normal(3, 4, 1, 5))


def test_a_file_that_holds_its_loss_can_be_trained(tmp_path: Path) -> None:
    model = graph(
        "g (float[N, 4] x, int64[N] t) => (float l) { z = MatMul(x, w) l = SoftmaxCrossEntropyLoss(z, t) }",
        w=normal(4, 3),
    )
    network = opened(model, tmp_path).model.network
    assert network["l"].layer == SoftmaxCrossEntropy()
    x, t = normal(6, 4), RNG.integers(0, 3, 6)
    program = backend(ENGINE).build(network, Recipe(), Plan(ENGINE, threads=1), opened(model, tmp_path).weights)
    (wanted,) = session_of(model).run(None, {"x": x, "t": t})
    assert program.evaluate({"x": x, "t": t}).fetch().loss == pytest.approx(float(wanted), rel=1e-5)


def test_what_no_layer_stands_for_is_kept_with_its_text_and_its_reason(tmp_path: Path) -> None:
    model = graph("g (float[N, 4] x) => (float[N, 4] y) { h = Det2 (x) y = Relu(h) }")
    model.graph.node[0].op_type = "Hann"
    imported = opened(model, tmp_path)
    unknown = imported.model.network["h"].layer
    assert isinstance(unknown, Unknown)
    assert (unknown.format, unknown.type) == ("onnx", "Hann")
    assert 'op_type: "Hann"' in unknown.text
    assert next(str(note) for note in imported.notes if note.fate == "unknown") == (
        "h: Hann: no layer of the catalogue stands for it"
    )


def test_names_that_are_not_legal_become_the_nearest_that_are(tmp_path: Path) -> None:
    model = graph('g (float[N, 4] x) => (float[N, 4] "y:0") { "a=b" = Relu(x) "y:0" = Tanh("a=b") }')
    imported = opened(model, tmp_path)
    assert [node.name for node in imported.model.network.nodes] == ["x", "a_b", "y_0"]
    assert any(note.fate == "approximated" and "2 names" in note.text for note in imported.notes)


# Real files


PARAMS = {
    "light_bvlc_alexnet": 60_965_224,
    "light_vgg19": 143_667_240,
    "light_resnet50": 25_557_032,
    "light_squeezenet": 1_235_496,
    "light_inception_v1": 6_998_552,
}
"""As published with the networks; running averages are no parameters."""


@shared
@pytest.mark.parametrize("suffix", [".onnx", ".textproto", ".onnxtxt"])
@pytest.mark.parametrize("name", PARAMS)
def test_well_known_networks_have_no_unknown_part_and_all_their_parameters(name: str, suffix: str) -> None:
    found = open_model(FIXTURES / f"{name}{suffix}")
    assert not [node.name for node in found.model.network.nodes if isinstance(node.layer, Unknown)]
    report = report_of(found.model)
    assert report.params == PARAMS[name]
    assert not [problem for problem in report.problems if problem.severity == "error"]


@shared
def test_every_fixture_opens_and_says_what_became_of_it() -> None:
    files = [path for path in FIXTURES.iterdir() if path.suffix == ".onnx"]
    for path in files:
        found = open_model(path)
        unknown = {node.name for node in found.model.network.nodes if isinstance(node.layer, Unknown)}
        assert unknown <= {note.part for note in found.notes if note.fate == "unknown"}, path.name
    assert len(files) > 70


@shared
def test_squeezenet_with_its_weights_equals_onnxruntime() -> None:
    path = SHARED / "data" / "models" / "squeezenet1.1.onnx"
    imported = read(path)
    model = onnx.load(path)
    x = normal(1, 3, 227, 227) * 50
    (wanted,) = session_of(model).run(None, {model.graph.input[0].name: x})
    (end,) = deployment(imported.model.network).outputs
    (entry,) = (site.name for site in graph_of(imported.model.network).inputs)
    (made,) = computed(imported.model.network, imported.weights, {entry: x}, str(end))
    assert np.abs(made - wanted).max() / np.abs(wanted).max() < 1e-4


@shared
@pytest.mark.parametrize("count", [200, pytest.param(20_000, marks=pytest.mark.soak)])
def test_damaged_files_open_or_are_refused_in_a_sentence(count: int, tmp_path: Path) -> None:
    chance = random.Random(11)
    files = sorted(path for path in FIXTURES.iterdir() if path.suffix != ".md" and path.stat().st_size < 60_000)
    for _ in range(count):
        data = bytearray(chance.choice(files).read_bytes())
        for _ in range(chance.choice((1, 3, 10))):
            place = chance.randrange(len(data))
            data[place : place + chance.choice((0, 1, 9))] = chance.randbytes(chance.choice((0, 1, 5)))
        (tmp_path / "damaged").write_bytes(data)
        with contextlib.suppress(Unreadable):
            read(tmp_path / "damaged")


# There and back


QUICK = ("lenet", "char_lstm", "penguins_mlp", "siamese", "text_classifier", "tabular")
THERE = [pytest.param(name, marks=() if name in QUICK else pytest.mark.soak) for name in gallery()]


@pytest.mark.parametrize("name", THERE)
def test_the_gallery_comes_back_with_its_layers_and_its_numbers(name: str, tmp_path: Path) -> None:
    found = open_model(f"gallery:{name}")
    weights, _ = weights_for(found, None)
    weights = {key: value + 0.01 * normal(*value.shape) ** 2 for key, value in weights.items()}
    deployed = deployment(found.model.network)
    imported = opened(export(found.model.network, weights), tmp_path)
    back = imported.model.network
    kinds = {node.name: type(node.layer) for node in deployed.network.nodes}
    assert {node.name: type(node.layer) for node in back.nodes}.items() <= (
        kinds | {node.name: type(back[node.name].layer) for node in back.nodes if node.name.endswith("_output")}
    ).items() or name in ("vit_tiny",)  # learned places of a known number are a Scale
    feed = {site.name: _fed(site.outputs[0]) for site in graph_of(deployed.network).inputs}
    names = [str(link) for link in deployed.outputs]
    for wanted, made in zip(
        computed(deployed.network, weights, feed, *names), computed(back, imported.weights, feed, *names), strict=True
    ):
        np.testing.assert_allclose(made, wanted, rtol=1e-4, atol=1e-5)


def _fed(signal: Any) -> np.ndarray:
    shape = (2, *(max(3, length) if length < 0 else length for length in signal.shape))
    return RNG.integers(0, signal.classes or 5, shape) if signal.values == "index" else normal(*shape)


def test_how_inputs_are_prepared_comes_back(tmp_path: Path) -> None:
    found = open_model("gallery:squeezenet")
    weights, _ = weights_for(found, None)
    (feed,) = (feed for feed in found.model.data.feeds if feed.transforms and feed.node == "image")
    model = export(found.model.network, weights, properties=properties_of(found.model))
    (back,) = opened(model, tmp_path).model.data.feeds
    assert back.node == "image"
    assert back.transforms == tuple(step for step in feed.transforms if step.phase == "always")


def test_a_mean_of_windows_keeps_what_counts(tmp_path: Path) -> None:
    model = graph(
        "g (float[N, 2, 6, 6] x) => (float[N, 2, 3, 3] y) { "
        "y = AveragePool <kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 0, 0]> (x) }"
    )
    (layer,) = layers(same_as_onnxruntime(model, tmp_path, x=normal(1, 2, 6, 6)))
    assert isinstance(layer, AvgPool2D)
    assert not layer.count_padding
