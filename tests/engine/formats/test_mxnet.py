"""MXNet: what it wrote is read, what we write it runs, and what is broken says where."""

from __future__ import annotations

import contextlib
import json
import struct
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import active, deployment
from engine.backends import backend
from engine.backends.base import Plan
from engine.backends.graph import graph_of
from engine.conversion import Wish, convert, weights_for
from engine.errors import NetwrightError, Unreadable, Unsupported
from engine.formats import FORMATS, format_of
from engine.formats.mxnet import read
from engine.formats.mxnet.arrays import arrays_of, written
from engine.layers.activation import Softplus
from engine.layers.base import Layer
from engine.layers.convolution import Conv2D
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.loss import Loss, SoftmaxCrossEntropy
from engine.layers.normalization import BatchNorm
from engine.layers.pooling import AvgPool2D, MaxPool2D
from engine.layers.recurrent import GRU, Recurrent
from engine.layers.reshape import Reshape
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.opening import open_model
from engine.report import report_of
from engine.runtimes import open_runtime
from engine.training.recipe import Recipe
from engine.verify import verify
from tests.engine.cases import CASES, Case, case
from tests.engine.formats.session import inputs_and, network_of
from tests.engine.reference import random_input, random_weights, reference
from tests.engine.training.small import ENGINES, needs

FIXTURES = Path("../shared/fixtures/mxnet")
PHOTOS = Path("../shared/data/photos/imagenet20")
GENERATED = FIXTURES / "generated"
SYMBOLS = sorted(path for path in FIXTURES.rglob("*.json") if not path.name.endswith("-shapes.json"))
TOLERANCE = 1e-4
DEPLOYED = tuple(case for case in CASES if case.signals and not isinstance(case.layer, Loss))

needs_fixtures = pytest.mark.skipif(not SYMBOLS, reason="../shared is not here")


def symbol(*nodes: dict[str, Any], heads: list[list[int]] | None = None) -> str:
    """The text of a symbol whose last node is its output."""
    return json.dumps({"nodes": list(nodes), "heads": heads or [[len(nodes) - 1, 0, 0]]})


def variable(name: str, **marks: str) -> dict[str, Any]:
    return {"op": "null", "name": name, "attrs": {f"__{key}__": value for key, value in marks.items()}, "inputs": []}


def operator(kind: str, name: str, *inputs: int, **settings: str) -> dict[str, Any]:
    return {"op": kind, "name": name, "attrs": settings, "inputs": [[place, 0, 0] for place in inputs]}


def layer_of(folder: Path, node: dict[str, Any], *others: dict[str, Any], shape: str = "(0, 3, 9, 9)") -> Layer:
    """What the operator `node` over `x` and further variables is read as."""
    (folder / "m-symbol.json").write_text(symbol(variable("x", shape=shape), *others, node))
    return read(folder / "m-symbol.json").model.network[node["name"]].layer


def weights_of(it: Case) -> dict[str, np.ndarray]:
    drawn = random_weights(it.layer, *(signal.shape for signal in it.signals), seed=3)
    return {f"it/{name}": values.astype(np.float32) for name, values in drawn.items()}


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """max|a − b| / max|b|."""
    assert a.shape == b.shape
    return float(np.abs(a - b).max(initial=0) / max(np.abs(b).max(initial=0), 1e-6))


# What MXNet wrote


@needs_fixtures
@pytest.mark.parametrize("path", SYMBOLS, ids=lambda path: path.stem)
def test_symbols_of_every_version_are_read_without_an_unknown_layer(path: Path) -> None:
    assert format_of(path.read_bytes()[:4096]) is FORMATS["mxnet"]
    imported = read(path)
    assert not [note for note in imported.notes if note.fate == "unknown"]
    assert all(not isinstance(node.layer, Unknown) for node in imported.model.network.nodes)


@needs_fixtures
@pytest.mark.parametrize("name", ["alexnet", "inceptionv3", "mobilenet_v2_0_25", "resnet18_v1"])
def test_parameters_have_the_shapes_that_mxnet_infers(name: str) -> None:
    told = json.loads((GENERATED / f"{name}-shapes.json").read_text())
    sizes = tuple(told["args"].pop("data")[1:])
    model = read(GENERATED / f"{name}-symbol.json").model
    model = replace(model, network=model.network.set_layer("data", Input(sizes=sizes)))
    found = Counter(it.shape for it in graph_of(model.network).parameters.values())
    assert found == Counter(tuple(shape) for shape in (*told["args"].values(), *told["aux"].values()))


@needs_fixtures
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["lenet", "mlp_seq", "res_ceil"])
def test_what_mxnet_computed_is_computed_here_with_its_weights(name: str, engine: str) -> None:
    imported = read(GENERATED / f"{name}-symbol.json")
    golden = np.load(GENERATED / f"{name}_io.npz")
    network = imported.model.network.set_layer("data", Input(sizes=golden["data"].shape[1:]))
    program = backend(engine).build(network, Recipe(), Plan(engine), imported.weights)
    (output,) = map(str, deployment(network).outputs)
    assert difference(program.predict({"data": golden["data"]}, (output,))[output], golden["out"]) < 1e-5


@needs_fixtures
def test_either_of_both_files_opens_both() -> None:
    opened = open_model(GENERATED / "lenet-0000.params")
    assert opened.format == "mxnet"
    assert opened.model == open_model(GENERATED / "lenet-symbol.json").model
    assert opened.weights == GENERATED / "lenet-0000.params"


@needs_fixtures
def test_sides_that_are_not_said_follow_from_the_weights() -> None:
    imported = read(GENERATED / "lenet-symbol.json")
    assert not [problem for problem in report_of(imported.model).problems if problem.severity == "error"]
    assert [note.part for note in imported.notes] == ["data"]


@needs_fixtures
def test_factors_that_old_files_have_at_operators_reach_the_weights() -> None:
    node = read(FIXTURES / "mxnet-0.8-save_000800.json").model.network["fc1"]
    assert (node.rule_for("weight").learning_rate, node.rule_for("weight").decay) == (1.2, 0.3)


# MXNet's own defaults


def test_settings_that_are_not_said_are_mxnets(tmp_path: Path) -> None:
    arrays = [variable(name) for name in ("a_weight", "a_bias", "a_moving_mean", "a_moving_var")]
    norm = layer_of(tmp_path, operator("BatchNorm", "it", 0, 1, 2, 3, 4), *arrays)
    assert isinstance(norm, BatchNorm)
    assert (norm.momentum, norm.epsilon) == (pytest.approx(0.1), 1e-3)
    conv = layer_of(tmp_path, operator("Convolution", "it", 0, 1, 2, kernel="(3,3)", num_filter="4"), *arrays)
    assert conv == Conv2D(filters=4, kernel=(3, 3))
    pool = layer_of(tmp_path, operator("Pooling", "it", 0, kernel="(3, 3)", pool_type="avg", pooling_convention="full"))
    assert pool == AvgPool2D(kernel=3, stride=1, rounding="ceil")
    assert layer_of(tmp_path, operator("Pooling", "it", 0, kernel="(2, 2)")) == MaxPool2D(kernel=2, stride=1)
    assert layer_of(tmp_path, operator("Activation", "it", 0, act_type="softrelu")) == Softplus()


@pytest.mark.parametrize(
    ("codes", "sizes"),
    [
        ("(0, 0, -1)", (3, 81)),
        ("(-1, 27, 9)", (27, 9)),
        ("(0, -3, 9)", (27, 9)),
        ("(0, -4, 3, 1, 9, 9)", (3, 1, 9, 9)),
        ("(0, -4, -1, 3, -2)", (1, 3, 9, 9)),
        ("(-2, 1)", (3, 9, 9, 1)),
    ],
)
def test_codes_in_a_reshape_are_resolved(tmp_path: Path, codes: str, sizes: tuple[int, ...]) -> None:
    assert layer_of(tmp_path, operator("Reshape", "it", 0, shape=codes)) == Reshape(sizes=sizes)


def test_a_softmax_output_is_a_loss_with_its_target(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(
        symbol(
            variable("x", shape="(0, 4)"),
            variable("s_weight"),
            variable("s_bias"),
            operator("FullyConnected", "s", 0, 1, 2, num_hidden="3"),
            variable("softmax_label"),
            operator("SoftmaxOutput", "softmax", 3, 4, use_ignore="True", ignore_label="2"),
        )
    )
    model = read(tmp_path / "m.json").model
    assert model.network["softmax"].layer == SoftmaxCrossEntropy(ignore_index=2)
    assert [link.node for link in model.network["softmax"].inputs] == ["s", "softmax_label"]
    assert not [problem for problem in report_of(model).problems if problem.severity == "error"]


def test_what_is_not_known_is_kept_with_its_text_and_the_rest_is_read(tmp_path: Path) -> None:
    node = operator("_contrib_Proposal", "it", 0, scales="(8, 16)")
    (tmp_path / "m.json").write_text(
        symbol(variable("x", shape="(0, 3)"), node, operator("relu", "after", 1), heads=[[2, 0, 0]])
    )
    imported = read(tmp_path / "m.json")
    unknown = imported.model.network["it"].layer
    assert isinstance(unknown, Unknown)
    assert (unknown.format, unknown.type, json.loads(unknown.text)) == ("mxnet", "_contrib_Proposal", node)
    assert [(note.fate, note.part) for note in imported.notes] == [("unknown", "it")]


# What we write


@needs("mxnet", "torch")
@pytest.mark.parametrize("it", DEPLOYED, ids=str)
def test_a_layer_computes_in_mxnet_what_the_reference_does_and_comes_back(it: Case, tmp_path: Path) -> None:
    from engine.formats.mxnet.files import write

    own = {name.removeprefix("it/"): values for name, values in weights_of(it).items()}
    arrays = {f"x{place}": random_input(signal, 3, seed=place) for place, signal in enumerate(it.signals)}
    expected = reference(it.layer, own, *arrays.values())
    answers = expected if isinstance(expected, tuple) else (expected,)
    names = tuple(f"y{place}" for place in range(len(answers)))
    write(tmp_path / "m-symbol.json", Model(network=inputs_and(it)), weights_of(it), {})
    for found, answer in zip(open_runtime(tmp_path / "m-symbol.json").run(arrays, names), answers, strict=True):
        assert difference(found, answer) < TOLERANCE
    imported = read(tmp_path / "m-symbol.json")
    if any(note.fate == "unknown" for note in imported.notes) or "distributed-embedding" in str(it):
        return  # said, not guessed
    program = backend("torch").build(imported.model.network, Recipe(), Plan("torch"), imported.weights)
    given = {name: np.asarray(values) for name, values in arrays.items()}
    for found, answer in zip(program.predict(given, names).values(), answers, strict=True):
        assert difference(found, answer) < TOLERANCE


@needs("mxnet")
@pytest.mark.parametrize(
    "it", [case(GRU(units=3, bidirectional=True), (-1, 4)), case(Dense(units=3), (-1, 7))], ids=str
)
def test_a_length_may_stay_open(it: Case, tmp_path: Path) -> None:
    from engine.formats.mxnet.files import write

    own = {name.removeprefix("it/"): values for name, values in weights_of(it).items()}
    x = random_input(it.signals[0], 3, seed=0)
    write(tmp_path / "m-symbol.json", Model(network=network_of(it)), weights_of(it), {})
    (found,) = open_runtime(tmp_path / "m-symbol.json").run({"x0": x}, ["it"])
    assert difference(found, reference(it.layer, own, x)) < TOLERANCE


@needs("mxnet")
def test_where_a_length_must_be_known_it_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    from engine.formats.mxnet.files import write

    with pytest.raises(Unsupported, match="it: MXNet's operators need known lengths here"):
        write(tmp_path / "m-symbol.json", Model(network=network_of(case(BatchNorm(), (4, -1)))), {}, {})
    assert not list(tmp_path.iterdir())


@needs("mxnet", "torch")
@pytest.mark.parametrize("name", ["lenet", "char_lstm", "siamese", "tabular", "series_cnn"])
def test_a_gallery_model_goes_to_mxnet_and_comes_back(name: str, tmp_path: Path) -> None:
    opened = open_model(f"gallery:{name}")
    done = convert(opened, FORMATS["mxnet"], Wish(tmp_path / "m-symbol.json"))
    assert [file.name for file in done.files] == ["m-symbol.json", "m-0000.params"]
    verdict = verify(tmp_path / "m-symbol.json", opened)
    assert (verdict.runtime.split()[0], verdict.first_difference) == ("mxnet", None)
    back = verify(tmp_path / "m-symbol.json", open_model(tmp_path / "m-symbol.json"))
    assert back.max_rel_error < TOLERANCE


@needs("mxnet")
def test_gluon_imports_what_is_written_and_labels_go_with_it(tmp_path: Path) -> None:
    from engine.backends.gluon.framework import mx

    opened = open_model("gallery:penguins_mlp")
    convert(opened, FORMATS["mxnet"], Wish(tmp_path / "m-symbol.json"))
    files = (str(tmp_path / "m-symbol.json"), ["penguin"], str(tmp_path / "m-0000.params"))
    made = mx.gluon.SymbolBlock.imports(*files)(mx.nd.zeros((2, *opened.model.network["penguin"].layer.sizes)))
    assert made[-1].shape == (2, 3)
    saved = json.loads((tmp_path / "m-symbol.json").read_text())
    assert any("__preprocessing__" in node.get("attrs", {}) for node in saved["nodes"])


@needs("mxnet")
def test_a_wrong_weight_is_found_with_its_layer(tmp_path: Path) -> None:
    opened = open_model("gallery:lenet")
    convert(opened, FORMATS["mxnet"], Wish(tmp_path / "m-symbol.json"))
    file = tmp_path / "m-0000.params"
    arrays = {name: values.copy() for name, values in arrays_of(file.read_bytes(), file).items()}
    weights = {key.removeprefix("arg:"): key for key in arrays}
    assert "conv2_bias" in weights
    before = open_model(tmp_path / "m-symbol.json")
    assert verify(tmp_path / "m-symbol.json", before).first_difference is None
    arrays[weights["conv2_bias"]][7] += 1
    (tmp_path / "n-0000.params").write_bytes(written(arrays))
    (tmp_path / "n-symbol.json").write_bytes((tmp_path / "m-symbol.json").read_bytes())
    difference = verify(tmp_path / "n-symbol.json", before).first_difference
    assert difference is not None
    assert (difference.value, difference.index[1]) == ("conv2", 7)


# Arrays


ARRAYS = {"arg:a": np.arange(6, dtype=np.float32).reshape(2, 3), "aux:b": np.array([1.5], np.float32)}


@needs("mxnet")
def test_arrays_are_written_as_mxnet_writes_them(tmp_path: Path) -> None:
    from engine.backends.gluon.framework import mx

    mx.nd.save(str(tmp_path / "a.params"), {name: mx.nd.array(values) for name, values in ARRAYS.items()})
    assert (tmp_path / "a.params").read_bytes() == written(ARRAYS)


OLD = struct.pack("<QQQ", 0x112, 0, 1)
NAME = struct.pack("<QQ", 1, 1) + b"a"
VALUES = ARRAYS["arg:a"].tobytes()
VERSIONS = {
    "legacy": struct.pack("<IIIiii", 2, 2, 3, 1, 0, 0),
    "V1": struct.pack("<IIqqiii", 0xF993FAC8, 2, 2, 3, 1, 0, 0),
    "V2": struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 2, 3, 1, 0, 0),
    "V3": struct.pack("<Iiiqqiii", 0xF993FACA, 0, 2, 2, 3, 1, 0, 0),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_arrays_of_every_version_are_read(version: str) -> None:
    found = arrays_of(OLD + VERSIONS[version] + VALUES + NAME, Path("a.params"))
    np.testing.assert_array_equal(found["a"], ARRAYS["arg:a"])


@pytest.mark.parametrize("length", range(0, 114, 3))
def test_arrays_that_are_cut_off_say_where(length: int) -> None:
    whole = OLD + VERSIONS["V2"] + VALUES + NAME
    with pytest.raises(Unreadable, match=r"a\.params: .*\(byte "):
        arrays_of(whole[: min(length, len(whole) - 1)], Path("a.params"))


CLAIMS = {
    "a large array": (OLD + struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 10**6, 10**5, 1, 0, 0), "are claimed where"),
    "many arrays": (struct.pack("<QQQ", 0x112, 0, 2**60), "more than it has room for"),
    "many axes": (OLD + struct.pack("<I", 10**6), "claims 1000000 axes"),
    "a negative axis": (OLD + struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, -3, 5, 1, 0, 0), "claims an axis of -3"),
    "another type": (OLD + struct.pack("<IiIqiii", 0xF993FAC9, 0, 1, 1, 1, 0, 77), "of an unknown type 77"),
    "sparse": (OLD + struct.pack("<Ii", 0xF993FAC9, 1), "is stored sparsely"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_arrays_that_claim_what_is_not_there_are_refused(claim: str) -> None:
    data, message = CLAIMS[claim]
    with pytest.raises(Unreadable, match=message):
        arrays_of(data, Path("a.params"))


# What is broken


BROKEN = {
    "nested": (b'{"nodes": ' + b"[" * 5_000_000, "is nested too deep"),
    "cut off": (b'{"nodes": [{"op": "null", "na', "is not JSON"),
    "without nodes": (b'{"nodes": []}', "is a symbol without nodes"),
    "no list": (b'{"nodes": 3}', "it has no list of nodes"),
    "no operator": (b'{"nodes": [3]}', "node 0 has no op and name"),
    "fed by itself": (b'{"nodes": [{"op": "relu", "name": "a", "inputs": [[0, 0, 0]]}]}', "does not stand before it"),
    "a strange input": (b'{"nodes": [{"op": "relu", "name": "a", "inputs": ["x"]}]}', "is no node and output"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_symbol_that_is_none_is_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    content, message = BROKEN[kind]
    (tmp_path / "m-symbol.json").write_bytes(content)
    with pytest.raises(Unreadable, match=message):
        read(tmp_path / "m-symbol.json")


def test_arrays_alone_ask_for_their_symbol(tmp_path: Path) -> None:
    (tmp_path / "m-0000.params").write_bytes(written(ARRAYS))
    with pytest.raises(Unreadable, match="is weights without a network") as caught:
        read(tmp_path / "m-0000.params")
    assert caught.value.hint == "put m-symbol.json beside it"


@needs_fixtures
@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_symbol_is_read_or_refused_but_never_fails(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    data = bytearray((GENERATED / f"{['lenet', 'mlp_seq', 'res_ceil'][seed % 3]}-symbol.json").read_bytes())
    for place in random.integers(0, len(data), 4):
        data[place] = random.choice(list(b'0123456789-(),"[]{}:abxT'))
    (tmp_path / "m-symbol.json").write_bytes(data)
    with contextlib.suppress(NetwrightError):
        report_of(read(tmp_path / "m-symbol.json").model)


def test_the_weights_of_a_recurrent_operator_are_taken_apart(tmp_path: Path) -> None:
    nodes = (
        variable("x", shape="(5, 0, 4)"),
        variable("r_parameters"),
        operator("_zeros", "h", shape="(1, 0, 3)"),
        operator("RNN", "r", 0, 1, 2, mode="gru", state_size="3", num_layers="1"),
    )
    (tmp_path / "m-symbol.json").write_text(symbol(*nodes))
    packed = np.arange(3 * 3 * (4 + 3) + 2 * 9, dtype=np.float32)
    (tmp_path / "m-0000.params").write_bytes(written({"arg:r_parameters": packed}))
    imported = read(tmp_path / "m-symbol.json")
    assert isinstance(imported.model.network["r"].layer, Recurrent)
    assert imported.model.network["x"].layer == Input(sizes=(5, 4))
    np.testing.assert_array_equal(imported.weights["r/hidden_weight0"], packed[36:63].reshape(9, 3))


@needs("mxnet", "torch")
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="../shared is not here")
def test_squeezenet_knows_the_same_photos_after_a_journey_through_mxnet(tmp_path: Path) -> None:
    opened = open_model("gallery:squeezenet")
    convert(opened, FORMATS["mxnet"], Wish(tmp_path / "m-symbol.json"))
    back = open_model(tmp_path / "m-symbol.json")
    (name,) = [str(link) for link in deployment(opened.model.network).outputs]
    pictures = {"image": _photos(opened.model.network["image"].layer.sizes)}
    seen = [
        backend(engine).build(active(model.model.network), Recipe(), Plan(engine), weights_for(model, None)[0])
        for model, engine in ((opened, "torch"), (back, "torch"))
    ]
    answers = [program.predict(pictures, (name,))[name] for program in seen]
    answers += open_runtime(tmp_path / "m-symbol.json").run(pictures, [name])
    best = [np.argsort(-answer, axis=1)[:, :5] for answer in answers]
    assert (best[0] == best[1]).all()
    assert (best[0] == best[2]).all()


def _photos(sizes: tuple[int, ...]) -> np.ndarray:
    """All photos, at the size that the network takes, about as bright as it was trained with."""
    from PIL import Image

    files = sorted(path for path in PHOTOS.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    pictures = [np.asarray(Image.open(file).convert("RGB").resize(sizes[:0:-1])) for file in files]
    return ((np.stack(pictures).transpose(0, 3, 1, 2) / 255 - 0.45) / 0.225).astype(np.float32)
