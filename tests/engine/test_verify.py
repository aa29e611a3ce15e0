"""Export and comparison: every gallery model gives elsewhere what it gives here, and a wrong file is found out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from engine.backends import available
from engine.conversion import Wish, convert, weights_for
from engine.errors import NetwrightError, SchemaError, Unreadable
from engine.formats import FORMATS
from engine.opening import Opened, gallery, open_model
from engine.schema.files import load
from engine.verify import verify
from engine.weights import read_weights, write_weights

pytestmark = pytest.mark.skipif(not available(), reason="needs torch or mxnet")

ONNX = FORMATS["onnx"]


def disturbed(opened: Opened, folder: Path) -> Path:
    """Weights of which none is special: running averages and biases too are as after a training."""
    weights, _ = weights_for(opened, None)
    random = np.random.default_rng(0)
    noise = {name: random.normal(0, 0.1 / w[0].size ** 0.5, w.shape).astype(np.float32) for name, w in weights.items()}
    moved = {name: np.abs(w + noise[name]) if "variance" in name else w + noise[name] for name, w in weights.items()}
    write_weights(folder / "w.safetensors", moved)
    return folder / "w.safetensors"


def models() -> list[Any]:
    """The gallery's models; those for ImageNet, which have no data and take their time, in the long tests only."""
    data = {name: load(path).model.data for name, path in gallery().items()}
    return [pytest.param(name, marks=[] if data[name].sources else pytest.mark.soak) for name in data]


@pytest.mark.parametrize("name", models())
def test_a_gallery_model_gives_in_onnxruntime_what_it_gives_here(name: str, tmp_path: Path) -> None:
    opened = open_model(f"gallery:{name}")
    weights = disturbed(opened, tmp_path)
    done = convert(opened, ONNX, Wish(tmp_path / "m.onnx", weights))
    verdict = verify(tmp_path / "m.onnx", opened, weights)
    assert done.files == (tmp_path / "m.onnx",)
    has_data = bool(opened.model.data.sources)
    real = ["data, batch of 1", "data, batch of 3"] if has_data else []
    assert [name for name in verdict.inputs if name.startswith("data")] == real
    assert verdict.max_rel_error < 1e-4
    assert verdict.first_difference is None


def test_a_file_that_computes_something_else_is_found_out_with_its_first_wrong_layer(tmp_path: Path) -> None:
    opened = open_model("gallery:lenet")
    weights = disturbed(opened, tmp_path)
    convert(opened, ONNX, Wish(tmp_path / "m.onnx", weights))
    model = onnx.load(tmp_path / "m.onnx")
    (bias,) = [array for array in model.graph.initializer if array.name == "conv2/bias"]
    values = numpy_helper.to_array(bias).copy()
    values[7] += 1
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    onnx.save(model, tmp_path / "wrong.onnx")
    verdict = verify(tmp_path / "wrong.onnx", opened, weights)
    difference = verdict.first_difference
    assert difference is not None
    assert difference.value == "conv2"
    assert difference.index[1] == 7
    assert difference.found - difference.expected == pytest.approx(1, abs=1e-3)
    assert verdict.max_rel_error > 1e-4


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    lenet = open_model("gallery:lenet")
    convert(lenet, ONNX, Wish(tmp_path / "m.onnx"))
    with pytest.raises(NetwrightError, match="the file and the model take different inputs"):
        verify(tmp_path / "m.onnx", open_model("gallery:char_lstm"))


@pytest.mark.parametrize("content", [None, b"", b"\x08\x08", b"nonsense"])
def test_a_file_that_is_no_onnx_is_told_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(Unreadable, match=r"cannot be read|is not an ONNX file that onnxruntime runs"):
        verify(tmp_path / "m.onnx", open_model("gallery:lenet"))


def test_weights_that_were_never_trained_are_said_to_be(tmp_path: Path) -> None:
    done = convert(open_model("gallery:lenet"), ONNX, Wish(tmp_path))
    assert done.files == (tmp_path / "lenet.onnx",)
    assert done.notes == (
        "the model has no weights yet: these are the first ones, drawn from seed 1",
        "what only training needs is left out: digit, loss",
        "recipe, data and drawing stay behind: ONNX holds a network as it is deployed",
    )


def test_nothing_is_written_over_without_being_asked(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("mine")
    opened = open_model("gallery:lenet")
    with pytest.raises(FileExistsError, match="is there already"):
        convert(opened, ONNX, Wish(tmp_path / "m.onnx"))
    assert (tmp_path / "m.onnx").read_text() == "mine"
    convert(opened, ONNX, Wish(tmp_path / "m.onnx", force=True))
    assert (tmp_path / "m.onnx").read_bytes().startswith(b"\x08")


def test_a_network_that_cannot_run_is_not_exported(tmp_path: Path) -> None:
    (tmp_path / "m.txtpb").write_text(
        'netwright: 1\nnode { name: "x" input { shape: [3] } }\nnode { name: "c" from: "x" conv2d { } }\n'
    )
    with pytest.raises(SchemaError, match="needs channels, height and width"):
        convert(open_model(tmp_path / "m.txtpb"), ONNX, Wish(tmp_path / "m.onnx"))
    assert not (tmp_path / "m.onnx").exists()


def test_a_schema_moves_with_its_weights_and_finds_its_data_again(tmp_path: Path) -> None:
    lenet = open_model("gallery:lenet")
    weights = disturbed(lenet, tmp_path)
    source = replace(lenet.model.data.sources[0].rule, path="here/x.npz")
    data = replace(lenet.model.data, sources=(replace(lenet.model.data.sources[0], rule=source),))
    opened = replace(lenet, model=replace(lenet.model, data=data), path=tmp_path / "lenet.txtpb")
    done = convert(opened, FORMATS["netwright"], Wish(tmp_path / "there" / "m.txtpb", weights))
    model = load(done.files[0]).model
    assert done.files == (tmp_path / "there" / "m.txtpb", tmp_path / "there" / "m.safetensors")
    assert model.data.sources[0].rule.path == str(tmp_path / "here" / "x.npz")
    assert done.notes == ("paths of data are absolute now, for the file lies elsewhere",)
    again = open_model(done.files[0])
    assert again.weights is not None
    assert read_weights(again.weights).keys() == read_weights(weights).keys()
    assert again.model.network == lenet.model.network
