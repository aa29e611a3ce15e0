"""Caffe2: nets and weights in both forms, compared with what the real Caffe2 made of them."""

from pathlib import Path

import numpy as np
import pytest

from engine.active import deployment
from engine.backends import backend
from engine.backends.base import Plan
from engine.conversion import weights_for
from engine.errors import NetwrightError
from engine.formats import format_of
from engine.formats.caffe import textual
from engine.formats.caffe2 import read
from engine.formats.caffe2.encoding import encoded
from engine.formats.caffe2.interpreter import run
from engine.formats.caffe2.nets import init_beside, net_of
from engine.formats.caffe2.operator import operators_of
from engine.formats.caffe2.writing import exported
from engine.layers.data import Input
from engine.opening import open_model
from engine.report import report_of
from engine.training.recipe import Recipe
from engine.weights import read_weights
from tests.engine.training.small import ENGINE, ENGINES

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "caffe2"
FILES = sorted(FIXTURES.rglob("*.pb*"))
GOLDEN = sorted((FIXTURES / "generated").glob("*_predict_net.pb*"))

pytestmark = pytest.mark.skipif(not FILES, reason="the files of other programs are not here")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_told_by_its_beginning_and_opens(path: Path) -> None:
    found = format_of(path.read_bytes()[:4096])
    assert found is not None
    assert found.name == "caffe2"
    imported = read(path)
    unknown = {node.name for node in imported.model.network.nodes if node.layer.FAMILY == "unknown"}
    assert unknown == {note.part for note in imported.notes if note.fate == "unknown"}
    if "mask_rcnn" not in path.name:
        assert not unknown
        assert not [problem for problem in report_of(imported.model).problems if problem.severity == "error"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_the_numbers_are_those_of_the_real_caffe2(path: Path, engine: str) -> None:
    opened = open_model(path)
    assert opened.weights is not None
    saved = np.load(path.with_name(f"{path.name.split('_predict_net')[0]}_io.npz"))
    network = opened.model.network
    program = backend(engine).build(network, Recipe(), Plan(engine), read_weights(opened.weights))
    answer = network.nodes[-1].name
    found = program.predict({"data": saved["data"]}, (answer,))
    np.testing.assert_allclose(found[answer], saved["out"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_the_interpreter_gives_what_the_real_caffe2_gave(path: Path) -> None:
    saved = np.load(path.with_name(f"{path.name.split('_predict_net')[0]}_io.npz"))
    beside = init_beside(path)
    assert beside is not None
    net = net_of(path)
    blobs = run(operators_of(net, ""), operators_of(net_of(beside), ""), {"data": saved["data"]})
    np.testing.assert_allclose(blobs[net.all("external_output")[0]], saved["out"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("order", ["NCHW", "NHWC"])
@pytest.mark.parametrize("legacy", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("engine", ENGINES)
def test_legacy_padding_in_either_order_of_axes_as_the_interpreter_has_it(
    tmp_path: Path, engine: str, kind: str, legacy: int, order: str
) -> None:
    pool = f'arg {{ name: "kernel" i: 3 }} arg {{ name: "stride" i: 2 }} arg {{ name: "order" s: "{order}" }}'
    (tmp_path / "p_predict_net.pbtxt").write_text(
        f'op {{ input: "data" output: "y" type: "{kind}" {pool} arg {{ name: "legacy_pad" i: {legacy} }} }}\n'
    )
    net = net_of(tmp_path / "p_predict_net.pbtxt")
    imported = read(tmp_path / "p_predict_net.pbtxt")
    data = np.random.default_rng(1).normal(size=(1, 3, 224, 224)).astype(np.float32)
    given = data if order == "NCHW" else np.moveaxis(data, 1, -1)
    wanted = run(operators_of(net, ""), (), {"data": given})["y"]
    program = backend(engine).build(imported.model.network, Recipe(), Plan(engine), {})
    found = program.predict({"data": data}, ("y",))["y"]
    np.testing.assert_allclose(found if order == "NCHW" else np.moveaxis(found, 1, -1), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("end", [1, 40, 300, 900])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, end: int) -> None:
    for file in GOLDEN:
        cut = tmp_path / file.name
        cut.write_bytes(file.read_bytes()[:end])
        if file.suffix == ".pb":
            with pytest.raises(NetwrightError):
                read(cut)


def test_the_training_net_brings_its_rule() -> None:
    model = read(FIXTURES / "generated" / "sgd_momentum_train_net.pbtxt").model
    assert [node.layer.FAMILY for node in model.network.nodes].count("loss") == 1
    rule = model.recipe.optimizer.rule
    assert vars(rule)["momentum"] == pytest.approx(0.9)


@pytest.mark.parametrize("name", ["resnet20"])
@pytest.mark.parametrize("ending", ["pb", "pbtxt"])
def test_a_gallery_model_goes_out_computes_the_same_and_comes_back(tmp_path: Path, name: str, ending: str) -> None:
    opened = open_model(f"gallery:{name}")
    weights, _ = weights_for(opened, None)
    nets = dict(zip(("predict_net", "init_net"), exported(opened.model.network, weights, name), strict=True))
    for which, net in nets.items():
        content = encoded(net) if ending == "pb" else textual.written(net).encode()
        (tmp_path / f"{which}.{ending}").write_bytes(content)
    path = tmp_path / f"predict_net.{ending}"
    back = read(path)
    assert not [note for note in back.notes if note.fate in ("unknown", "approximated")]
    source, shape = next((n.name, n.layer.sizes) for n in back.model.network.nodes if isinstance(n.layer, Input))
    batch = {source: np.random.default_rng(3).normal(size=(2, *shape)).astype(np.float32)}
    program = backend(ENGINE).build(deployment(opened.model.network).network, Recipe(), Plan(ENGINE), weights)
    again = backend(ENGINE).build(back.model.network, Recipe(), Plan(ENGINE), back.weights)
    ran = run(operators_of(net_of(path), ""), operators_of(net_of(tmp_path / f"init_net.{ending}"), ""), batch)
    for answer in nets["predict_net"].all("external_output"):
        wanted = program.predict(batch, (answer,))[answer]
        bound = 1e-4 * np.abs(wanted).max()
        assert np.abs(ran[answer] - wanted).max() < bound
        assert np.abs(again.predict(batch, (answer,))[answer] - wanted).max() < bound
